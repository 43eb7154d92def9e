"""Positions of OpenSCENARIO as places of the street simulator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as Xml

from domainaug.scenario.openscenario.parameters import Parameters

__all__ = ["place_of"]

Place = dict[str, Any]


def place_of(position: Xml.Element, parameters: Parameters, known: Mapping[str, Place]) -> Place | None:
    """Return `{at: [x, y, degrees]}` or `{lane: {road, lane, s, aside}}`; None for what has no place here.

    Args:
        position: A <Position>.
        parameters: What is declared; takes what is not mapped.
        known: Places of entities that were told before, for those that count from them.

    Raises:
        ValueError: An attribute is not legal.
    """
    told = next(iter(position), None)
    if told is None:
        return None
    read = {
        "WorldPosition": _world, "LanePosition": _lane, "RoadPosition": _road,
        "RelativeWorldPosition": _beside, "RelativeObjectPosition": _beside, "RelativeLanePosition": _along,
    }.get(told.tag)  # fmt: skip
    found = None if read is None else read(told, parameters, known)
    if found is None:
        parameters.note(f"a <{told.tag}> could not be placed")
    return found


def _degrees(angle: float) -> float:
    return round((math.degrees(angle) + 180) % 360 - 180, 9)


def _world(told: Xml.Element, parameters: Parameters, known: Mapping[str, Place]) -> Place:
    x, y, heading = parameters.number(told, "x"), parameters.number(told, "y"), parameters.number(told, "h", "0")
    if any(abs(parameters.number(told, name, "0")) > 1e-6 for name in ("p", "r")):
        parameters.note("pitch and roll of a <WorldPosition> are left out: streets are level")
    if abs(parameters.number(told, "z", "0")) > 0.5:
        parameters.note("z of a <WorldPosition> is left out: all stand on the road")
    return {"at": [x, y, _degrees(heading)]}


def _lane(told: Xml.Element, parameters: Parameters, known: Mapping[str, Place]) -> Place | None:
    try:
        lane = int(parameters.text(told, "laneId"))
    except ValueError:
        raise ValueError(f"laneId of <LanePosition>: {told.get('laneId')!r} is not a whole number") from None
    place = {
        "road": parameters.text(told, "roadId"), "lane": lane, "s": parameters.number(told, "s"),
        "aside": parameters.number(told, "offset", "0"),
    }  # fmt: skip
    return _turned(told, place, math.pi if lane > 0 else 0.0, parameters)


def _road(told: Xml.Element, parameters: Parameters, known: Mapping[str, Place]) -> Place | None:
    place = {
        "road": parameters.text(told, "roadId"), "lane": 0, "s": parameters.number(told, "s"),
        "aside": parameters.number(told, "t"),
    }  # fmt: skip
    return _turned(told, place, 0.0, parameters)


def _turned(told: Xml.Element, place: dict[str, Any], along: float, parameters: Parameters) -> Place | None:
    """Return a place on a lane with its heading, which counts from the road's line and not from traffic."""
    orientation = told.find("Orientation")
    if orientation is None:
        return {"lane": place}
    if parameters.text(orientation, "type", "absolute") != "relative":
        parameters.note(f"an absolute <Orientation> in a <{told.tag}> is left out: the lane says where one looks")
        return {"lane": place}
    return {"lane": {**place, "yaw": _degrees(parameters.number(orientation, "h", "0") - along)}}


def _beside(told: Xml.Element, parameters: Parameters, known: Mapping[str, Place]) -> Place | None:
    other = known.get(parameters.text(told, "entityRef"))
    if other is None or "at" not in other:
        return None
    x, y, yaw = other["at"]
    dx, dy = parameters.number(told, "dx", "0"), parameters.number(told, "dy", "0")
    if told.tag == "RelativeObjectPosition":
        c, s = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
        dx, dy = dx * c - dy * s, dx * s + dy * c
    orientation = told.find("Orientation")
    heading = yaw
    if orientation is not None:
        own = math.degrees(parameters.number(orientation, "h", "0"))
        heading = own + (yaw if parameters.text(orientation, "type", "absolute") == "relative" else 0.0)
    return {"at": [round(x + dx, 9), round(y + dy, 9), _degrees(math.radians(heading))]}


def _along(told: Xml.Element, parameters: Parameters, known: Mapping[str, Place]) -> Place | None:
    other = known.get(parameters.text(told, "entityRef"))
    if other is None or "lane" not in other:
        return None
    start = other["lane"]
    try:
        steps = int(parameters.text(told, "dLane"))
    except ValueError:
        raise ValueError(f"dLane of <RelativeLanePosition>: {told.get('dLane')!r} is not a whole number") from None
    lane = start["lane"] + steps
    if (lane > 0) != (start["lane"] > 0) or lane == 0:
        lane += 1 if steps > 0 else -1  # lane 0 is the line between the sides
    along = parameters.number(told, "ds", told.get("dsLane", "0"))
    place = {**start, "lane": lane, "s": start["s"] + along, "aside": parameters.number(told, "offset", "0")}
    place.pop("yaw", None)
    return {"lane": place}
