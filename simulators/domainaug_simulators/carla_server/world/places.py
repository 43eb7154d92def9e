"""What a map says of a world: lanes to start on, traffic lights and who stops for them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

import numpy as np

from domainaug.errors import DomainAugError
from domainaug_simulators.carla_server.world.actors import Aspect, Description, TrafficLight
from domainaug_simulators.carla_server.world.frames import Box, Rotation, Transform, Vector, from_street
from domainaug_simulators.carla_server.world.globe import origin_of
from domainaug_simulators.street.town.maps import MapRoad
from domainaug_simulators.street.town.opendrive_reading import read_map
from domainaug_simulators.street.town.roads import CURB, Road

__all__ = ["Places", "places_of"]

_LIGHTS: Final = ("1000001", "1000009", "1000011")
_APART: Final = 12.0  # meters between places to start
_FREE: Final = (8.0, 18.0)  # meters behind and before a place to start that are on the same road
_ABOVE: Final = 0.5  # vehicles start above the road, and settle
_STOP: Final = (6.0, 15.0)  # meters before a light between which vehicles heed it
_USUAL: Final = 50.0
_NO_LIMIT: Final = 130.0


@dataclass(frozen=True, slots=True)
class Places:
    """What a map says.

    Attributes:
        text: The map, OpenDRIVE.
        roads: Roads by id.
        inside: Ids of roads that lead through junctions.
        spawns: Where vehicles may start.
        lights: Traffic lights, not yet in any world.
        speed_limit: Kilometers an hour.
        origin: Latitude and longitude of where the map counts from, degrees.
        crossings: Of each road, whether it begins and whether it ends at a junction where roads cross.
    """

    text: str
    roads: dict[str, Road]
    inside: frozenset[str]
    spawns: tuple[Transform, ...]
    lights: tuple[TrafficLight, ...]
    speed_limit: float
    origin: tuple[float, float]
    crossings: dict[str, tuple[bool, bool]]


def places_of(text: str, where: str = "map") -> Places:
    """Return what a map says.

    Raises:
        DomainAugError: It is no OpenDRIVE map, or has forms that are not read.
    """
    whole = read_map(text, where).roads
    roads = {name: road.plain(0.0) for name, road in whole.items()}
    root = Xml.fromstring(text)  # noqa: S314  (the reader above refused what is dangerous)
    elements = {element.get("id", ""): element for element in root.iter("road")}
    inside = frozenset(name for name, element in elements.items() if element.get("junction", "-1") != "-1")
    spawns = [spawn for name, road in whole.items() if name not in inside for spawn in _spawns(road)]
    if not spawns:
        raise DomainAugError(f"{where}: none of its lanes is long enough to start on; it needs one of 30 m")
    lights = [
        light
        for name, road in roads.items()
        for signal in elements[name].iter("signal")
        if signal.get("type") in _LIGHTS
        for light in [_light(signal, name, road, elements[name])]
    ]
    return Places(
        text, roads, inside, tuple(spawns), tuple(lights), _limit(root), origin_of(text), _crossings(elements)
    )


def _crossings(elements: dict[str, Xml.Element]) -> dict[str, tuple[bool, bool]]:
    """Return which ends of roads meet others at a junction; turning places are none."""
    found: dict[str, list[str]] = {}
    for name, element in elements.items():
        links = (element.find(f"link/{side}") for side in ("predecessor", "successor"))
        found[name] = [
            link.get("elementId", "") if link is not None and link.get("elementType") == "junction" else ""
            for link in links
        ]
    meeting = [junction for ends in found.values() for junction in ends if junction]
    return {name: (meeting.count(ends[0]) > 1, meeting.count(ends[1]) > 1) for name, ends in found.items()}


def _limit(root: Xml.Element) -> float:
    """Return the highest limit that the map names, km/h."""
    factors = {"km/h": 1.0, "mph": 1.609344, "m/s": 3.6, "": 3.6}
    found = []
    for speed in root.iter("speed"):
        told = speed.get("max", "")
        try:
            found.append(float(told) * factors.get(speed.get("unit", ""), 1.0))
        except ValueError:
            found.append(_NO_LIMIT if told == "no limit" else _USUAL)
    return max(found, default=_USUAL)


def _spawns(road: MapRoad) -> list[Transform]:
    """Return places in the middles of lanes, away from the ends, facing the traffic's way."""
    found = []
    for s in np.arange(_FREE[0], road.length - _FREE[0], _APART).tolist():
        section = road.section_at(s)
        for lane in (*section.left, *section.right):
            left = road.length - s if lane.forward else s
            if lane.kind == "driving" and left > _FREE[1]:
                x, y, heading = road.place(lane.number, s)
                found.append(from_street(x, y, _ABOVE, heading))
    return found


def _light(signal: Xml.Element, name: str, road: Road, element: Xml.Element) -> TrafficLight:
    """Return the traffic light of a signal, with the box about the lanes that it holds."""
    s, t, ahead = float(signal.get("s", "0")), float(signal.get("t", "0")), signal.get("orientation", "+") != "-"
    (place,), (heading,) = road.at(s, t)
    transform = from_street(float(place[0]), float(place[1]), CURB, float(heading) + (0.0 if ahead else math.pi))
    edges = [
        edge
        for lane, inner, outer in road.edges("right" if ahead else "left")
        if lane.kind == "driving" and lane.forward == ahead
        for edge in (inner, outer)
    ] or [0.0, -3.5 if ahead else 3.5]
    along = s + (-1 if ahead else 1) * sum(_STOP) / 2
    (middle,), (turn,) = road.at(along, (min(edges) + max(edges)) / 2)
    there = from_street(float(middle[0]), float(middle[1]), 1.0, float(turn) + (0.0 if ahead else math.pi))
    own = transform.inward(Vector(*(a - b for a, b in zip(there.location, transform.location, strict=True))))
    extent = Vector((_STOP[1] - _STOP[0]) / 2, (max(edges) - min(edges)) / 2, 1.5)
    trigger = Box(own, extent, Rotation(0.0, there.rotation.yaw - transform.rotation.yaw, 0.0))
    link = element.find(f"link/{'successor' if ahead else 'predecessor'}")
    return TrafficLight(
        id=0,
        description=Description("traffic.traffic_light", {"role_name": ""}, "traffic_light"),
        box=trigger,  # what CARLA calls a light's bounding box
        tag=7,
        transform=transform,
        physics=False,
        collides=False,
        sign=signal.get("id", ""),
        road=name,
        junction="" if link is None else link.get("elementId", ""),
        state=Aspect.RED,
        trigger=trigger,
    )
