"""Roads that end are given a turning place, so that traffic never runs out of road.

CARLA's TrafficManager takes vehicles out of the traffic where a lane leads nowhere, and streets of a town end at its
edge. Where two lanes meet at such an end, one that leads out and one that leads in, a loop joins them: a little to the
right, around, and a little to the right again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

from domainaug_simulators.street.town.opendrive_reading import read_opendrive
from domainaug_simulators.street.town.roads import Lane, Road

__all__ = ["Loop", "loops_of", "without_dead_ends"]

_FIRST: Final = 9000  # ids of what is added
_RADIUS: Final = 18.0  # meters, of the innermost loop: what traffic managers take at 40 km/h


@dataclass(frozen=True, slots=True)
class Loop:
    """A way back.

    Attributes:
        road: The id of the road that ends.
        point: Which end of it: "start" or "end".
        into: The lane that leads into the loop.
        out: The lane that the loop leads into.
        line: The loop, whose line is the middle of its lane.
        width: Meters.
    """

    road: str
    point: str
    into: int
    out: int
    line: Road
    width: float

    @property
    def surface(self) -> Road:
        """The loop as a road whose lane is about its line."""
        half = self.width / 2
        lanes = (Lane("driving", half),), (Lane("driving", half),)
        return Road(self.line.start, self.line.heading, self.line.pieces, *lanes)


def loops_of(text: str) -> list[Loop]:
    """Return the loops that a map lacks."""
    roads = read_opendrive(text)
    root = Xml.fromstring(text)  # noqa: S314  (the reader above refused what is dangerous)
    found = []
    for element in root.findall("road"):
        if element.get("junction", "-1") != "-1":
            continue
        for name, point in (("predecessor", "start"), ("successor", "end")):
            if element.find(f"link/{name}") is None:
                own = element.get("id", "")
                found += [_loop(roads[own], own, point, way) for way in _ways(roads[own], point)]
    return found


def _ways(road: Road, point: str) -> list[tuple[int, int, float, float, float]]:
    """Return (lane out of the road, lane into it, width, offsets of their middles), innermost first."""
    leading: dict[bool, list[tuple[int, float, float]]] = {True: [], False: []}
    for sign, edges in ((-1, road.edges("right")), (1, road.edges("left"))):
        for index, (lane, inner, outer) in enumerate(edges):
            if lane.kind == "driving":
                leading[lane.forward == (point == "end")].append((sign * (index + 1), (inner + outer) / 2, lane.width))
    pairs = zip(leading[True], leading[False], strict=False)
    return [(a[0], b[0], min(a[2], b[2]), a[1], b[1]) for a, b in pairs]


def _loop(road: Road, own: str, point: str, way: tuple[int, int, float, float, float]) -> Loop:
    into, out, width, leaving, coming = way
    end = point == "end"
    (place,), (heading,) = road.at(road.length if end else 0.0, leaving)
    aside = (coming - leaving) * (1 if end else -1)
    half = abs(aside) / 2
    radius = _RADIUS + half
    # the loop's middle lies straight ahead, twice the radius from the middle of the first bend
    first = math.acos((half + radius) / (2 * radius))
    bend = math.copysign(1 / radius, aside)
    pieces = ((radius * first, -bend), (radius * (math.pi + 2 * first), bend), (radius * first, -bend))
    line = Road((float(place[0]), float(place[1])), float(heading) + (0.0 if end else math.pi), pieces, (), ())
    return Loop(own, point, into, out, line, width)


def without_dead_ends(text: str, loops: list[Loop]) -> str:
    """Return a map with loops added, a junction for each end that has some."""
    if not loops:
        return text
    root = Xml.fromstring(text)  # noqa: S314  (`loops_of` had it read)
    ends: dict[tuple[str, str], list[Loop]] = {}
    for loop in loops:
        ends.setdefault((loop.road, loop.point), []).append(loop)
    elements = {element.get("id", ""): element for element in root.findall("road")}
    last = list(root).index(root.findall("road")[-1])
    number = _FIRST
    for (own, point), those in ends.items():
        junction = Xml.SubElement(root, "junction", id=str(number), name="turn")
        link = elements[own].find("link")
        if link is None:
            link = Xml.Element("link")
            elements[own].insert(0, link)
        side = "successor" if point == "end" else "predecessor"
        Xml.SubElement(link, side, elementType="junction", elementId=str(number))
        for index, loop in enumerate(those):
            last += 1
            root.insert(last, _element(loop, str(number + 1 + index), str(number)))
            connection = Xml.SubElement(
                junction, "connection", id=str(index), incomingRoad=own, connectingRoad=str(number + 1 + index),
                contactPoint="start",
            )  # fmt: skip
            Xml.SubElement(connection, "laneLink", {"from": str(loop.into), "to": "-1"})
        number += 1 + len(those)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _element(loop: Loop, number: str, junction: str) -> Xml.Element:
    """Write a loop as a road of one lane about its line."""
    line = loop.line
    element = Xml.Element("road", name="", length=repr(line.length), id=number, junction=junction, rule="RHT")
    link = Xml.SubElement(element, "link")
    for name in ("predecessor", "successor"):
        Xml.SubElement(link, name, elementType="road", elementId=loop.road, contactPoint=loop.point)
    Xml.SubElement(Xml.SubElement(element, "type", s="0.0", type="town"), "speed", max="20", unit="km/h")
    view, done = Xml.SubElement(element, "planView"), 0.0
    for length, bend in line.pieces:
        (place,), (heading,) = line.at(done)
        piece = Xml.SubElement(
            view, "geometry", s=repr(done), x=repr(float(place[0])), y=repr(float(place[1])),
            hdg=repr(float(heading)), length=repr(length),
        )  # fmt: skip
        Xml.SubElement(piece, "arc", curvature=repr(bend))
        done += length
    lanes = Xml.SubElement(element, "lanes")
    Xml.SubElement(lanes, "laneOffset", s="0.0", a=repr(loop.width / 2), b="0.0", c="0.0", d="0.0")
    section = Xml.SubElement(lanes, "laneSection", s="0.0")
    middle = Xml.SubElement(Xml.SubElement(section, "center"), "lane", id="0", type="none", level="false")
    Xml.SubElement(middle, "roadMark", sOffset="0.0", type="none", weight="standard", color="standard", width="0.12")
    lane = Xml.SubElement(Xml.SubElement(section, "right"), "lane", id="-1", type="driving", level="false")
    ends = Xml.SubElement(lane, "link")
    Xml.SubElement(ends, "predecessor", id=str(loop.into))
    Xml.SubElement(ends, "successor", id=str(loop.out))
    Xml.SubElement(lane, "width", sOffset="0.0", a=repr(loop.width), b="0.0", c="0.0", d="0.0")
    return element
