"""Who is in an OpenSCENARIO file, where they begin and which way they go."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as Xml

from domainaug.scenario.openscenario.parameters import Parameters
from domainaug.scenario.openscenario.positions import place_of

__all__ = ["actors_and_ego"]

_KINDS: Final = {
    "bicycle": "bicycle", "bus": "bus", "car": "sedan", "motorbike": "motorcycle", "truck": "truck",
    "semitrailer": "truck", "van": "van",
}  # fmt: skip
_EGO: Final = ("ego", "egovehicle", "ego_vehicle", "ego-vehicle", "hero", "host", "sut", "vut")
_CATALOG: Final = {
    "VehicleCatalog": "Vehicle", "PedestrianCatalog": "Pedestrian", "MiscObjectCatalog": "MiscObject",
}  # fmt: skip
_LARGEST: Final = 4 << 20
_MOST: Final = 64


def actors_and_ego(root: Xml.Element, parameters: Parameters, folder: Path) -> dict[str, Any]:
    """Return the keys `actors` and `ego` of a world.

    Args:
        root: The file.
        parameters: What is declared; takes what is not mapped.
        folder: Where paths of catalogs start.

    Raises:
        ValueError: An attribute is not legal.
    """
    kinds = {
        one.get("name", ""): _kind(one, root, parameters, folder) for one in root.findall("Entities/ScenarioObject")
    }
    for one in root.findall("Entities/EntitySelection"):
        parameters.note(f"the selection {one.get('name')!r} of entities is left out")
    begun = _begun(root, parameters)
    for name, (place, way) in list(begun.items()):
        ahead = _ahead(root, name, parameters)
        begun[name] = _from_middle(place, ahead), _from_middle(way or _way(root, name, parameters), ahead)
    ego = _ego(list(kinds), kinds)
    found: dict[str, Any] = {"actors": []}
    for name, kind in kinds.items():
        place, way = begun.get(name, (None, None))
        told = way or place
        if told is None:
            parameters.note(f"{name!r} has no place to begin at, and is left out")
        elif name == ego:
            found["ego"] = told
        elif kind is not None:
            found["actors"].append({"kind": kind, "name": name, **told})
    if ego is not None and ego.lower() not in _EGO:
        parameters.note(f"none of the entities is called Ego; the sensors are on {ego!r}, the first vehicle")
    return found


def _ahead(root: Xml.Element, name: str, parameters: Parameters) -> float:
    """Return how far the middle of an entity is ahead of the place that it is told by: of vehicles, the rear axle."""
    for entity in root.findall("Entities/ScenarioObject"):
        center = entity.find("*/BoundingBox/Center")
        if entity.get("name") == name and center is not None:
            return parameters.number(center, "x", "0")
    return 0.0


def _from_middle(told: dict[str, Any] | None, ahead: float) -> dict[str, Any] | None:
    """Return a place, or a way, of the middle of somebody."""
    if told is None or ahead == 0:
        return told
    if "at" in told:
        x, y, yaw = told["at"]
        angle = math.radians(yaw)
        return {**told, "at": [round(x + ahead * math.cos(angle), 9), round(y + ahead * math.sin(angle), 9), yaw]}
    if "lane" in told:
        lane = told["lane"]
        along = ahead if lane["lane"] <= 0 else -ahead
        return {**told, "lane": {**lane, "s": max(lane["s"] + along, 0.0)}}
    path = told["path"]
    moved = []
    for i, (time, x, y) in enumerate(path):
        before, after = path[max(i - 1, 0)], path[min(i + 1, len(path) - 1)]
        angle = math.atan2(after[2] - before[2], after[1] - before[1])
        moved.append([time, round(x + ahead * math.cos(angle), 9), round(y + ahead * math.sin(angle), 9)])
    return {**told, "path": moved}


def _ego(names: list[str], kinds: dict[str, str | None]) -> str | None:
    named = [name for name in names if name.lower() in _EGO]
    vehicles = [name for name in names if kinds[name] in {*_KINDS.values()}]
    return next(iter(named or vehicles), None)


def _kind(entity: Xml.Element, root: Xml.Element, parameters: Parameters, folder: Path) -> str | None:
    """Return what an entity is shown as; None for what is not shown."""
    name = entity.get("name", "")
    if entity.find("ObjectController") is not None:
        parameters.note("controllers of entities are left out: they keep their speed, or follow their trajectory")
    told = next((one for one in entity if one.tag in (*_CATALOG.values(), "ExternalObjectReference")), None)
    reference = entity.find("CatalogReference")
    if told is None and reference is not None:
        told = _from_catalog(reference, root, parameters, folder)
        if told is None:
            parameters.note(f"the catalog entry {reference.get('entryName')!r} of {name!r} was not found; it is shown "
                            "as a car")  # fmt: skip
            return "sedan"
    if told is None or told.tag == "ExternalObjectReference":
        parameters.note(f"{name!r} is no vehicle, pedestrian or object that is known, and is left out")
        return None
    read = {"Vehicle": _vehicle, "Pedestrian": _pedestrian}.get(told.tag, _object)
    return read(told, name, parameters)


def _vehicle(told: Xml.Element, name: str, parameters: Parameters) -> str | None:
    category = parameters.text(told, "vehicleCategory", "car")
    if category not in _KINDS:
        parameters.note(f"{name!r} is a {category}, of which there are none here, and is left out")
    elif category == "semitrailer":
        parameters.note(f"{name!r} is a semitrailer, and is shown as a truck")
    return _KINDS.get(category)


def _pedestrian(told: Xml.Element, name: str, parameters: Parameters) -> str | None:
    category = parameters.text(told, "pedestrianCategory", "pedestrian")
    if category == "animal":
        parameters.note(f"{name!r} is an animal, of which there are none here, and is left out")
        return None
    if category != "pedestrian":
        parameters.note(f"{name!r} is a {category}, and is shown as a person on foot")
    return "person"


def _object(told: Xml.Element, name: str, parameters: Parameters) -> str | None:
    if "cone" in f"{name} {told.get('name', '')}".lower():
        return "cone"
    parameters.note(f"{name!r} is an object of category {told.get('miscObjectCategory')!r}, and is left out")
    return None


def _from_catalog(
    reference: Xml.Element, root: Xml.Element, parameters: Parameters, folder: Path
) -> Xml.Element | None:
    """Return the entry of a catalog that lies in one of the folders that the file names."""
    catalog, entry = parameters.text(reference, "catalogName"), parameters.text(reference, "entryName")
    for kind, tag in _CATALOG.items():
        place = root.find(f"CatalogLocations/{kind}/Directory")
        if place is None:
            continue
        inside = (folder / parameters.text(place, "path")).resolve()
        for path in sorted(inside.glob("*.xosc"))[:_MOST] if inside.is_dir() else ():
            for one in _catalogs(path):
                if one.get("name") == catalog:
                    for found in one.findall(tag):
                        if found.get("name") == entry:
                            return found
    return None


def _catalogs(path: Path) -> Iterator[Xml.Element]:
    try:
        if path.stat().st_size > _LARGEST:
            return
        text = path.read_text(encoding="utf-8-sig")
        if "<!DOCTYPE" not in text and "<!ENTITY" not in text:
            yield from Xml.fromstring(text).iter("Catalog")  # noqa: S314  (no document type)
    except (OSError, UnicodeDecodeError, Xml.ParseError):
        return


def _begun(root: Xml.Element, parameters: Parameters) -> dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    """Return where entities begin, with their speed, and their way if one is told."""
    found: dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]] = {}
    places: dict[str, dict[str, Any]] = {}
    speeds: dict[str, float] = {}
    waiting = root.findall("Storyboard/Init/Actions/Private")
    for last in (False, True):  # a second time for those who count from others that are told later
        for private in waiting:
            name = parameters.text(private, "entityRef")
            position = private.find("PrivateAction/TeleportAction/Position")
            if name in places or position is None:
                continue
            noted = len(parameters.notes)
            place = place_of(position, parameters, places)
            if place is not None:
                places[name] = place
            elif not last:
                del parameters.notes[noted:]
    for private in waiting:
        name = parameters.text(private, "entityRef")
        way: dict[str, Any] | None = None
        for action in private.findall("PrivateAction"):
            target = action.find("LongitudinalAction/SpeedAction/SpeedActionTarget/AbsoluteTargetSpeed")
            if target is not None:
                speeds[name] = parameters.number(target, "value")
            way = way or _trajectory(action, parameters)
            _unread(action, name, parameters)
        place = places.get(name)
        if place is not None and speeds.get(name):
            place = {**place, "speed": speeds[name]}
        found[name] = place, way
    return found


def _unread(action: Xml.Element, name: str, parameters: Parameters) -> None:
    """Name the actions at the beginning that are not read."""
    read = (
        "TeleportAction", "LongitudinalAction/SpeedAction/SpeedActionTarget/AbsoluteTargetSpeed",
        "RoutingAction/FollowTrajectoryAction",
    )  # fmt: skip
    if not any(action.find(path) is not None for path in read):
        tags = "/".join(one.tag for one in _first(action))
        parameters.note(f"<{tags}> of {name!r} is left out")


def _first(action: Xml.Element) -> Iterator[Xml.Element]:
    one: Xml.Element | None = next(iter(action), None)
    for _ in range(2):
        if one is not None:
            yield one
            one = next(iter(one), None)


def _way(root: Xml.Element, name: str, parameters: Parameters) -> dict[str, Any] | None:
    """Return the trajectory that a story gives to an entity."""
    for group in root.iter("ManeuverGroup"):
        actors = [parameters.text(one, "entityRef") for one in group.findall("Actors/EntityRef")]
        for action in group.iter("PrivateAction"):
            way = _trajectory(action, parameters) if name in actors else None
            if way is not None:
                parameters.note("who follows a trajectory sets off at time 0: triggers are not read")
                return way
    return None


def _trajectory(action: Xml.Element, parameters: Parameters) -> dict[str, Any] | None:
    """Return a path with times from a polyline in world coordinates."""
    follow = action.find("RoutingAction/FollowTrajectoryAction")
    if follow is None:
        return None
    vertices = list(follow.iter("Vertex"))
    places = [one.find("Position/WorldPosition") for one in vertices]
    timed = [one.get("time") for one in vertices]
    if len(vertices) < 2 or None in places or None in timed:
        parameters.note("a trajectory that is not a polyline of <WorldPosition>s with times is left out")
        return None
    path = [
        [parameters.number(vertex, "time"), parameters.number(place, "x"), parameters.number(place, "y")]
        for vertex, place in zip(vertices, places, strict=True)
        if place is not None
    ]
    return {"path": path}
