"""What a simulator is, and finding one.

A simulator is found by an entry point of the group `domainaug.simulators`, so that the library need not know it:

    [project.entry-points."domainaug.simulators"]
    radiograph = "domainaug_simulators.radiograph:RadiographSimulator"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from domainaug.effects import Interval
from domainaug.errors import DomainAugError, UnknownName
from domainaug.generators import Frame
from domainaug.scenario.axes import Axis, Value

if TYPE_CHECKING:
    from domainaug.scenario.planning import Variant

__all__ = ["GROUP", "Rendered", "Simulator", "Stage", "World", "find_simulators", "simulator_named"]

GROUP = "domainaug.simulators"


@dataclass(frozen=True, slots=True)
class Rendered:
    """One variant on disk.

    Attributes:
        paths: The files, relative to the folder that was given, what a reader lists first at the front.
        record: What it shows and how it was made, JSON-able; free of patient identifiers.
    """

    paths: tuple[Path, ...]
    record: Mapping[str, Any] = field(default_factory=dict)


class Stage(Protocol):
    """A world in memory."""

    def render(self, variant: Variant, number: int, folder: Path) -> Rendered:
        """Write one variant into a folder of its own; the same variant gives the same bytes.

        Args:
            variant: What to show.
            number: Its place among the variants, from 1.
            folder: Where to; empty.

        Raises:
            DomainAugError: It cannot be shown; says why.
        """


class World(Protocol):
    """What stays the same in all variants; small enough to be sent to a worker process."""

    @property
    def digest(self) -> str:
        """SHA-256 of everything that it is made of."""

    @property
    def sources(self) -> Sequence[Path]:
        """Files and folders that it is read from; no output may lie in them, or hold them."""

    @property
    def notes(self) -> Sequence[str]:
        """What its user should know, a sentence each."""

    @property
    def idle(self) -> Mapping[str, str]:
        """Axes that move nothing in this world, and why: a scenario that sets or varies them is refused."""

    @property
    def pictures(self) -> int:
        """How many pictures each variant has; the time that it may take goes with them."""

    def check(self, variant: Variant) -> None:
        """Refuse a variant that cannot be shown, as far as that can be told before it is rendered.

        Asked for the values that a scenario lists, before anything is written; never for those that are drawn.

        Raises:
            DomainAugError: It cannot be shown; says why.
        """

    def frame(self, values: Mapping[str, Value]) -> Frame:
        """Return what a variant's picture is like, which limits in mm and pixels need."""

    def effects(self, values: Mapping[str, Value]) -> Mapping[str, Interval]:
        """Return how a variant differs from the picture at the defaults, in effects that profiles limit."""

    def load(self) -> Stage:
        """Read it; asked for once in a process."""


class Simulator(Protocol):
    """Makes pictures of worlds."""

    @property
    def name(self) -> str:
        """What scenarios call it."""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Everything of its worlds that can be set."""

    def survey(self, world: Mapping[str, Any], folder: Path) -> World:
        """Look at what a scenario says of its world, without reading pixels.

        Args:
            world: What the scenario says.
            folder: Where it lies, and paths in it start.

        Raises:
            DomainAugError: It cannot be used; says why.
        """


def find_simulators() -> dict[str, Any]:
    """Return the entry points of all simulators that are installed, by name; none of them is imported."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def simulator_named(name: str) -> Simulator:
    """Return a simulator.

    Raises:
        UnknownName: None of that name is installed.
        DomainAugError: It cannot be imported.
    """
    found = find_simulators()
    if name not in found:
        raise UnknownName("simulator", name, found)
    try:
        made = found[name].load()()
    except ImportError as error:
        raise DomainAugError(f"the simulator {name!r} cannot be imported: {error}; install what it needs") from error
    return cast(Simulator, made)
