"""A scenario file, read and resolved against the axes of its simulator."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domainaug.errors import DomainAugError, ProfileError, ScenarioError, UnknownName
from domainaug.profile.reading import Document, read_document
from domainaug.scenario.axes import Axis, Value
from domainaug.scenario.constraints import Constraint
from domainaug.scenario.openscenario import read_openscenario
from domainaug.scenario.sampling import Method
from domainaug.scenario.simulator import Simulator, World, simulator_named
from domainaug.scenario.spreads import Spread, spread_of

__all__ = ["Sampling", "Scenario", "ScenarioFile", "read_scenario"]

_MOST = 1_000_000


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SampleEntry(_Entry):
    """How points are chosen."""

    method: Literal["grid", "latin-hypercube", "sobol", "random"] = "sobol"
    count: int = Field(default=16, ge=1, le=_MOST)


class ScenarioFile(_Entry):
    """The keys of a scenario file."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9/._-]{0,63}$")
    title: str = ""
    simulator: str
    seed: int = Field(default=0, ge=0, le=2**63 - 1)
    world: dict[str, Any] = Field(default_factory=dict)
    fixed: dict[str, Any] = Field(default_factory=dict)
    vary: dict[str, Any] = Field(default_factory=dict)
    sample: SampleEntry = Field(default_factory=SampleEntry)
    constraints: list[str] = Field(default_factory=list)
    limits: str | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How points are chosen.

    Attributes:
        method: "grid", "latin-hypercube", "sobol" or "random".
        count: How many; of a grid it is all.
    """

    method: Method
    count: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, resolved.

    Attributes:
        id: Its name.
        title: In words.
        simulator: Who renders it.
        seed: Fixes the points, and with a variant's id everything random in it.
        world: What the simulator is told of its world.
        folder: Where paths in `world` start.
        fixed: A value for every axis that is not varied.
        spreads: Axis to how it varies.
        sampling: How points are chosen.
        constraints: What every point fulfils.
        limits: A profile that variants are held against, or None.
        notes: What of the file it was read from is not shown, a sentence each.
        file: The file it was read from, or None.
        world_line: The line of `world` in it, or None.
    """

    id: str
    title: str
    simulator: Simulator
    seed: int
    world: Mapping[str, Any]
    folder: Path
    fixed: Mapping[str, Value]
    spreads: Mapping[str, Spread]
    sampling: Sampling
    constraints: tuple[Constraint, ...] = ()
    limits: str | None = None
    notes: tuple[str, ...] = ()
    file: Path | None = None
    world_line: int | None = None

    @property
    def axes(self) -> dict[str, Axis]:
        """The axes of its worlds, by name."""
        return {axis.name: axis for axis in self.simulator.axes}

    @property
    def packages(self) -> tuple[str, ...]:
        """Distributions beside domainaug's own that its pictures depend on, if its simulator names some."""
        return tuple(getattr(self.simulator, "packages", ()))

    def told(self) -> dict[str, Any]:
        """Return everything that decides its variants, but how many there are and the world, as JSON-able data."""
        return {
            "id": self.id,
            "simulator": self.simulator.name,
            "seed": self.seed,
            "fixed": dict(sorted(self.fixed.items())),
            "vary": [{"axis": name, "over": spread.written} for name, spread in self.spreads.items()],
            "method": self.sampling.method,
            "constraints": [constraint.text for constraint in self.constraints],
            "limits": self.limits,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of `told`."""
        return hashlib.sha256(json.dumps(self.told(), sort_keys=True).encode()).hexdigest()

    @classmethod
    def of_told(cls, told: Mapping[str, Any], world: Mapping[str, Any], folder: Path, count: int) -> Scenario:
        """Return the scenario that `told` describes.

        Args:
            told: What `told` returned.
            world: What its simulator is told of its world.
            folder: Where paths in `world` start.
            count: How many points are taken.

        Raises:
            UnknownName: Its simulator is not installed, or does not have one of its axes.
            DomainAugError: Its simulator does not take one of its values.
        """
        simulator = simulator_named(told["simulator"])
        axes = {axis.name: axis for axis in simulator.axes}
        spreads: dict[str, Spread] = {}
        try:
            for entry in told["vary"]:
                if entry["axis"] not in axes:
                    raise UnknownName(f"axis of {simulator.name}", entry["axis"], axes)
                spreads[entry["axis"]] = spread_of(axes[entry["axis"]], entry["over"])
            defaults = {name: axis.default for name, axis in axes.items()}
            constraints = tuple(Constraint.of(text, defaults) for text in told["constraints"])
        except ValueError as error:
            raise DomainAugError(f"{told['id']}: {error}") from None
        sampling = Sampling(told["method"], count)
        return cls(
            told["id"], "", simulator, told["seed"], world, folder, told["fixed"], spreads, sampling, constraints,
            told["limits"],
        )  # fmt: skip

    def surveyed(self) -> World:
        """Return its world, looked at.

        Raises:
            ScenarioError: The simulator does not take the world; names the line of `world`.
            DomainAugError: What the world is read from cannot be used.
        """
        try:
            return self.simulator.survey(self.world, self.folder)
        except DomainAugError as error:
            if self.file is None or not str(error).startswith(("world: ", "world (")):
                raise
            raise ScenarioError(str(error), path=self.file, line=self.world_line) from None

    def with_sampling(self, *, count: int | None = None, seed: int | None = None) -> Scenario:
        """Return it with another number of points, or another seed.

        Raises:
            DomainAugError: They are out of range.
        """
        if count is not None and not 1 <= count <= _MOST:
            raise DomainAugError(f"count={count!r}; it is a whole number from 1 to {_MOST}")
        if seed is not None and not 0 <= seed < 2**63:
            raise DomainAugError(f"seed={seed!r}; it is a whole number from 0 to 2^63 - 1")
        sampling = self.sampling if count is None else replace(self.sampling, count=count)
        return replace(self, sampling=sampling, seed=self.seed if seed is None else seed)


def read_scenario(
    path: Path | str, *, simulator: str | None = None, folder: Path | None = None, within: Path | None = None
) -> Scenario:
    """Read a scenario file.

    Args:
        path: The YAML file, or an OpenSCENARIO file (`.xosc`).
        simulator: Overrides the file's.
        folder: Where paths in it start; its own folder by default.
        within: A folder that no other file read with an OpenSCENARIO file may lie outside of; None where any may.

    Raises:
        ScenarioError: It cannot be used; names the line.
        UnknownName: No such simulator is installed.
    """
    path = Path(path)
    if not path.is_file():
        raise ScenarioError("there is no such scenario file", path=path)
    if path.suffix.lower() == ".xodr":
        raise ScenarioError(
            f"a map is no scenario; name it in one: {{simulator: street, world: {{map: {path.name}}}}}", path=path
        )
    if path.suffix.lower() == ".xosc":
        data, notes = read_openscenario(path, folder=folder, within=within)
        document = Document(data, path)  # without lines: its keys were made, not read
        return replace(_resolved(document, simulator, folder), notes=notes)
    try:
        document = read_document(path)
    except ProfileError as error:
        place = ":".join(str(part) for part in (error.path, error.line, error.column) if part is not None)
        message = str(error).removeprefix(f"{place}: ").replace("a profile", "a scenario")
        message = message.replace("leave the end out or say `allow: any`", "write a number, or leave it out")
        raise ScenarioError(message, path=path, line=error.line, column=error.column) from None
    return _resolved(document, simulator, folder)


def _shape(document: Document) -> ScenarioFile:
    try:
        return ScenarioFile.model_validate(document.data)
    except ValidationError as error:
        first = error.errors()[0]
        where = tuple(first["loc"])
        if first["type"] == "extra_forbidden":
            legal = SampleEntry.model_fields if where[:1] == ("sample",) else ScenarioFile.model_fields
            unknown = UnknownName("key of a scenario", str(where[-1]), legal)
            raise _fault(document, str(unknown), *where, key=True) from None
        name = ".".join(map(str, where))
        raise _fault(document, f"{name}: {first['msg'].lower()}", *where) from None


def _resolved(document: Document, renderer: str | None, start: Path | None) -> Scenario:
    """Return what a file says, rendered by another simulator and from another folder if there is one."""
    entry = _shape(document)
    simulator = simulator_named(renderer or entry.simulator)
    axes = {axis.name: axis for axis in simulator.axes}
    fixed: dict[str, Value] = {name: axis.default for name, axis in axes.items()}
    spreads: dict[str, Spread] = {}
    for part, given in (("fixed", entry.fixed), ("vary", entry.vary)):
        for name, written in given.items():
            try:
                if name not in axes:
                    raise UnknownName(f"axis of {simulator.name}", name, axes)
                if name in spreads or (part == "vary" and name in entry.fixed):
                    raise ValueError(f"{name} is fixed and varied; it can be only one of them")
                if part == "fixed":
                    fixed[name] = axes[name].value(written)
                else:
                    spreads[name] = spread_of(axes[name], written)
                    del fixed[name]
            except (ValueError, UnknownName) as error:
                raise _fault(document, str(error), part, name, key=isinstance(error, UnknownName)) from None
    defaults = {name: axis.default for name, axis in axes.items()}
    constraints = []
    for place, text in enumerate(entry.constraints):
        try:
            constraints.append(Constraint.of(text, defaults))
        except (ValueError, DomainAugError) as error:
            raise _fault(document, str(error), "constraints", place) from None
    folder = (document.path or Path()).parent if start is None else start
    line = document.mark(("world",), key=True)[0] if entry.world and document.values else None
    return Scenario(
        entry.id, entry.title, simulator, entry.seed, entry.world, folder, fixed, spreads,
        Sampling(entry.sample.method, entry.sample.count), tuple(constraints), entry.limits,
        file=document.path, world_line=line,
    )  # fmt: skip


def _fault(document: Document, message: str, *where: str | int, key: bool = False) -> ScenarioError:
    if not document.values:
        return ScenarioError(message, path=document.path)
    line, column = document.mark(where, key=key)
    return ScenarioError(message, path=document.path, line=line, column=column)
