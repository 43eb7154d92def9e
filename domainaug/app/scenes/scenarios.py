"""Scenarios on a page, YAML or OpenSCENARIO: read, held to the root, and planned."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from domainaug.app.root import Root
from domainaug.app.words import plain
from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.profile import list_profiles
from domainaug.scenario import Coverage, Scenario, coverage_of, plan_variants, read_scenario
from domainaug.scenario.planning import Variants

__all__ = ["FOLDER", "SUFFIXES", "Planned", "Told", "is_openscenario", "named", "planned", "scenarios_under"]

FOLDER = "scenarios"
"""Below the root: where those are kept that were pasted and are rendered."""

SUFFIXES = (".yaml", ".yml", ".xosc")
"""Of scenarios."""

MOST_POINTS = 2_000
"""Variants that a page plans."""

_HEAD, _XML_HEAD = 4_096, 65_536  # bytes: a license may stand before what tells a catalog from a scenario
_CATALOG = re.compile(rb"<Catalog\s")


@dataclass(frozen=True, slots=True)
class Told:
    """A scenario as somebody gave it.

    Attributes:
        text: What it says.
        file: Its name below the root; "" for one that was pasted or uploaded.
        called: What an upload is called, without its ending.
        beside: Files that were uploaded with it, maps and catalogs: name and content.
        simulator: Who renders it in place of whom it names; "" for that one.
        servers: HOST:PORT of CARLA servers, in place of those it names.
        count: How many points are taken, in place of what it says.
    """

    text: str
    file: str = ""
    simulator: str = ""
    servers: tuple[str, ...] = ()
    count: int | None = None
    called: str = "scenario"
    beside: tuple[tuple[str, bytes], ...] = ()

    @property
    def suffix(self) -> str:
        """How its file ends."""
        return ".xosc" if is_openscenario(self.text) else ".yaml"


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """What a scenario comes to.

    Attributes:
        scenario: It.
        variants: Its variants.
        coverage: What they cover.
        notes: What is worth knowing of its world, a sentence each.
    """

    scenario: Scenario
    variants: Variants
    coverage: Coverage
    notes: tuple[str, ...]


def scenarios_under(root: Root) -> tuple[str, ...]:
    """Return the files under the root that are scenarios, by name."""
    return tuple(name for name in root.files(SUFFIXES) if _is_scenario(root.folder / name))


def is_openscenario(text: str) -> bool:
    """Whether a text is OpenSCENARIO: it is XML, which YAML never begins as."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def planned(told: Told, root: Root) -> Planned:
    """Return what a scenario comes to; kept for a while, since a world is looked at for it.

    Raises:
        ScenarioError: It cannot be used; names the line.
        UnknownName: Its simulator is not installed.
        DomainAugError: Its world names a command, or something outside the root; it has too many points; or the world,
            or a point, cannot be shown.
    """
    return _planned(told, root)


@st.cache_resource(show_spinner=False, max_entries=8, ttl=120)
def _planned(told: Told, _root: Root) -> Planned:
    with _laid_out(told, _root) as (path, folder, within):
        scenario = read_scenario(path, simulator=told.simulator or None, folder=folder, within=within)
        world = {**scenario.world, **({"servers": list(told.servers)} if told.servers else {})}
        scenario = replace(scenario.with_sampling(count=told.count), world=world)
        _hold(scenario, _root, within)
        looked_at = scenario.surveyed()
        variants = plan_variants(scenario, looked_at)
    coverage = coverage_of(scenario.spreads, [variant.values for variant in variants.variants])
    return Planned(scenario, variants, coverage, (*scenario.notes, *looked_at.notes))


@contextmanager
def _laid_out(told: Told, root: Root) -> Iterator[tuple[Path, Path, Path]]:
    """Yield the file of a scenario, where its paths start, and the folder that they stay in."""
    if told.file:
        path = root.inside(told.file)
        yield path, path.parent, root.folder
        return
    with tempfile.TemporaryDirectory(prefix="domainaug-scenario-") as name:
        folder = Path(name).resolve()
        for beside, content in told.beside:
            (folder / beside).write_bytes(content)
        path = folder / f"{told.called}{told.suffix}"
        path.write_text(told.text, encoding="utf-8")
        yield (path, folder, folder) if told.beside else (path, root.folder / FOLDER, root.folder)


def _hold(scenario: Scenario, root: Root, within: Path) -> None:
    """Refuse what a page must not do for whoever can paste into it."""
    if scenario.world.get("restart"):
        raise DomainAugError(
            "world: restart is a command, and the app runs none; leave it out here, and say --restart-command to "
            "`domainaug simulate`"
        )
    for text in _words(scenario.world):
        place = (scenario.folder / text).resolve() if "\0" not in text else scenario.folder
        if place.exists() and not place.is_relative_to(within):
            raise UnreadableInput("outside", f"world: {text}: lies outside the folder that the app was started for")
    if scenario.limits is not None and scenario.limits not in list_profiles():
        root.inside(scenario.limits)
    points = _points(scenario)
    if points > MOST_POINTS:
        raise DomainAugError(
            f"{scenario.id}: it has {points:,} points, and a page plans {MOST_POINTS:,} at most; take fewer, or "
            "render it with `domainaug simulate`"
        )


def _points(scenario: Scenario) -> int:
    if scenario.sampling.method != "grid":
        return scenario.sampling.count if scenario.spreads else 1
    try:
        return math.prod(len(spread.grid()) for spread in scenario.spreads.values())
    except ValueError:
        return 0  # one of them has no steps: it is refused with its name when variants are planned


def _words(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, Mapping):
        for value in told.values():
            yield from _words(value)
    elif isinstance(told, list):
        for value in told:
            yield from _words(value)


@st.cache_data(show_spinner=False, ttl=5)
def _is_scenario(path: Path) -> bool:
    """Whether a file names a simulator, or is OpenSCENARIO and no catalog; what cannot be read is none."""
    xml = path.suffix.lower() == ".xosc"
    try:
        with path.open("rb") as file:
            head = file.read(_XML_HEAD if xml else _HEAD)
    except OSError:
        return False
    if xml:
        return b"<OpenSCENARIO" in head and not _CATALOG.search(head)
    return any(line.startswith(b"simulator:") for line in head.splitlines())


def named(scenario: Scenario) -> str:
    """Return what a scenario is called, for a heading."""
    return plain(scenario.title or scenario.id)
