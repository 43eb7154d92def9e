"""An OpenSCENARIO file as the keys of a scenario."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as Xml

from domainaug.errors import ScenarioError
from domainaug.scenario.openscenario.entities import actors_and_ego
from domainaug.scenario.openscenario.environment import environment_axes
from domainaug.scenario.openscenario.parameters import Parameters
from domainaug.scenario.openscenario.varying import Varied, constraints_of, varied

__all__ = ["read_openscenario"]

_LARGEST: Final = 16 << 20
_VERSIONS: Final = ("0", "1", "2", "3", "4")


@dataclass(frozen=True, slots=True)
class _Paths:
    """Where what a file names lies.

    Attributes:
        file: It.
        start: Where its paths start.
        folder: Where those of the scenario that it varies start.
        within: What none may lead out of, or None.
    """

    file: Path
    start: Path
    folder: Path
    within: Path | None


def read_openscenario(
    path: Path, *, folder: Path | None = None, within: Path | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the keys of a scenario for the street simulator, and what does not map, a sentence each.

    Args:
        path: A scenario, or a file of parameter values that names one.
        folder: Where paths in it start; its own by default.
        within: A folder that nothing it names may lie outside of; None where it may name anything.

    Raises:
        ScenarioError: It cannot be used; names the file.
    """
    root = _root(path)
    distribution = root.find("ParameterValueDistribution")
    start = path.parent if folder is None else folder
    scenario, folder = root, start
    if distribution is not None:
        scenario, folder = _scenario_of(distribution, path, start, within)
    if root.find("Catalog") is not None or scenario.find("Storyboard") is None:
        raise ScenarioError("it has no <Storyboard>, and so is no scenario", path=path)
    parameters = Parameters()
    parameters.declare(scenario)
    try:
        for place in scenario.findall("CatalogLocations/*/Directory"):
            _placed(parameters.text(place, "path"), folder, within, path)
        found = _keys(scenario, distribution, parameters, _Paths(path, start, folder, within))
    except ValueError as error:
        raise ScenarioError(str(error), path=path) from None
    return found, tuple(parameters.notes)


def _root(path: Path) -> Xml.Element:
    try:
        if path.stat().st_size > _LARGEST:
            raise ScenarioError(f"it is larger than {_LARGEST >> 20} MiB", path=path)
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ScenarioError(f"it cannot be read: {error.strerror}", path=path) from None
    except UnicodeDecodeError:
        raise ScenarioError("it is not text in UTF-8", path=path) from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ScenarioError("it has a document type, which OpenSCENARIO files do not", path=path)
    try:
        root = Xml.fromstring(text)  # noqa: S314  (no document type, so no entities that grow)
    except Xml.ParseError as error:
        raise ScenarioError(f"it is not well-formed XML ({error})", path=path) from None
    if root.tag != "OpenSCENARIO":
        raise ScenarioError(f"it begins with <{root.tag}>, and a scenario begins with <OpenSCENARIO>", path=path)
    header = root.find("FileHeader")
    version = ("", "") if header is None else (header.get("revMajor", ""), header.get("revMinor", ""))
    if version[0] != "1" or version[1] not in _VERSIONS:
        raise ScenarioError(f"it is OpenSCENARIO {'.'.join(version)}, and 1.0 to 1.4 are read", path=path)
    return root


def _placed(told: str, folder: Path, within: Path | None, path: Path) -> Path:
    """Return where a path that a file names leads.

    Raises:
        ScenarioError: It leads out of the folder that the file is held to.
    """
    there = (folder / told.replace("\\", "/")).resolve()
    if within is not None and not there.is_relative_to(within.resolve()):
        raise ScenarioError(f"it names {told!r}, which lies outside the folder that it is held to", path=path)
    return there


def _scenario_of(distribution: Xml.Element, path: Path, start: Path, within: Path | None) -> tuple[Xml.Element, Path]:
    """Return the scenario that a file of parameter values varies, and its folder."""
    file = distribution.find("ScenarioFile")
    told = "" if file is None else file.get("filepath", "")
    there = _placed(told, start, within, path)
    if not told or not there.is_file():
        raise ScenarioError(f"it varies the scenario {told!r}, and there is no such file", path=path)
    return _root(there), there.parent


def _keys(
    scenario: Xml.Element, distribution: Xml.Element | None, parameters: Parameters, paths: _Paths
) -> dict[str, Any]:
    world: dict[str, Any] = _roads(scenario, parameters, paths)
    world |= actors_and_ego(scenario, parameters, paths.folder)
    fixed: dict[str, Any] = {"density": 0.0}
    for environment in scenario.findall("Storyboard/Init/Actions/GlobalAction/EnvironmentAction"):
        own = environment.find("Environment")
        if own is None:
            parameters.note("an <EnvironmentAction> that refers to a catalog is left out")
        else:
            fixed |= environment_axes(own, parameters)
    _stories(scenario, parameters)
    found = Varied() if distribution is None else varied(distribution, parameters)
    for axis in found.vary:
        fixed.pop(axis, None)
    header = scenario.find("FileHeader")
    title = "" if header is None else header.get("description", "")
    name = re.sub(r"[^a-z0-9._-]+", "-", paths.file.stem.lower()).strip("-._")[:64] or "scenario"
    return {
        "id": name, "title": title, "simulator": "street", "world": world, "fixed": {**fixed, **found.fixed},
        "vary": found.vary, "constraints": [*found.constraints, *constraints_of(scenario, parameters)],
        **({"sample": found.sample} if found.vary else {}), **({} if found.seed is None else {"seed": found.seed}),
    }  # fmt: skip


def _roads(scenario: Xml.Element, parameters: Parameters, paths: _Paths) -> dict[str, Any]:
    """Return where roads run: the map that the file names, as a path from where the scenario's paths start."""
    network = scenario.find("RoadNetwork")
    file = None if network is None else network.find("LogicFile")
    for name, what in (("SceneGraphFile", "a model of the surroundings"), ("TrafficSignals", "phases of lights"),
                       ("UsedArea", "the area that is used")):  # fmt: skip
        if network is not None and network.find(name) is not None:
            parameters.note(f"<{name}>, {what}, is left out")
    told = "" if file is None else parameters.text(file, "filepath", "").strip()
    if not told:
        parameters.note("it names no map: a city street is laid out instead")
        return {"layout": "city"}
    there = _placed(told, paths.folder, paths.within, paths.file)
    return {"map": told.replace("\\", "/") if paths.folder == paths.start else str(there)}


def _stories(scenario: Xml.Element, parameters: Parameters) -> None:
    """Name what happens later, which pictures of the beginning do not show."""
    for action in scenario.findall("Storyboard/Init/Actions/GlobalAction"):
        kind = next(iter(action), None)
        if kind is not None and kind.tag != "EnvironmentAction":
            parameters.note(f"<{kind.tag}> is left out")
    for story in scenario.findall("Storyboard/Story"):
        tags = sorted({
            one.tag for part in ("PrivateAction", "GlobalAction", "UserDefinedAction") for held in story.iter(part)
            for one in held if held.find("RoutingAction/FollowTrajectoryAction") is None
        })  # fmt: skip
        told = f" ({', '.join(tags)})" if tags else ""
        if tags:
            parameters.note(f"what the story {story.get('name')!r} does later is left out{told}")
    for ends in scenario.iterfind("Storyboard/StopTrigger//SimulationTimeCondition"):
        after = parameters.number(ends, "value", "0")
        if after > 0:
            parameters.note(f"it ends after {after:g} s, and its beginning is shown: a clip is what frames and dt say")
    for name in ("VariableDeclarations", "MonitorDeclarations"):
        if scenario.find(name) is not None:
            parameters.note(f"<{name}> are left out")
