"""Roads of a town as an OpenDRIVE 1.6 map: lines and arcs, lanes, road marks, junctions with connections, signals."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.roads import Lane, Road
from domainaug_simulators.street.town.ways import Arm, arms_of, between, ways_of

__all__ = ["LANE_TYPES", "opendrive_of"]

LANE_TYPES = {
    "driving": "driving",
    "cycling": "biking",
    "parking": "parking",
    "shoulder": "shoulder",
    "sidewalk": "sidewalk",
    "verge": "border",
    "median": "median",
}
"""What ASAM OpenDRIVE 1.6 (table 40, e_laneType) calls each kind of lane."""

_JUNCTION = "100"
_ZEBRA = (0.7, 4.2)  # meters before a junction between which people cross, as plan.py paints it
_WALKED = ("sidewalk", "verge")
_PAIRS = ((0, 1), (2, 3))  # arms of one road, whose lights change together


def opendrive_of(town: Town) -> str:
    """Return the map of a town as XML; roads are cut where a junction lies on them."""
    root = Xml.Element("OpenDRIVE")
    Xml.SubElement(root, "header", revMajor="1", revMinor="6", name=f"{town.layout} {town.seed}", version="1.0")
    if not town.junctions:
        for number, road in enumerate(town.roads):
            _road(root, number, road)
        return _text(root)
    arms = arms_of(town.roads, town.junctions[0])
    for arm in arms:
        element = _road(root, arm.number, arm.road)
        Xml.SubElement(
            _first(element, "link"), "successor" if arm.last else "predecessor", elementType="junction",
            elementId=_JUNCTION,
        )  # fmt: skip
        _crosswalk(element, arm)
        _signal(element, arm)
    _connections(root, arms)
    return _text(root)


def _text(root: Xml.Element) -> str:
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _first(element: Xml.Element, name: str) -> Xml.Element:
    found = element.find(name)
    return Xml.SubElement(element, name) if found is None else found


def _road(root: Xml.Element, number: int, road: Road, *, junction: str = "-1") -> Xml.Element:
    """Write a road: its line, and one section of lanes."""
    element = Xml.SubElement(
        root, "road", name="", length=repr(road.length), id=str(number), junction=junction, rule="RHT"
    )
    Xml.SubElement(element, "link")
    kind = Xml.SubElement(element, "type", s="0.0", type="town")
    Xml.SubElement(kind, "speed", max="50", unit="km/h")
    view, done = Xml.SubElement(element, "planView"), 0.0
    for length, bend in road.pieces:
        (place,), (heading,) = road.at(done)
        piece = Xml.SubElement(
            view, "geometry", s=repr(done), x=repr(float(place[0])), y=repr(float(place[1])),
            hdg=repr(float(heading)), length=repr(float(length)),
        )  # fmt: skip
        if abs(bend) < 1e-9:
            Xml.SubElement(piece, "line")
        else:
            Xml.SubElement(piece, "arc", curvature=repr(float(bend)))
        done += length
    section = Xml.SubElement(Xml.SubElement(element, "lanes"), "laneSection", s="0.0")
    left = Xml.SubElement(section, "left") if road.left else None
    middle = Xml.SubElement(Xml.SubElement(section, "center"), "lane", id="0", type="none", level="false")
    both = bool(road.left and road.right and road.left[0].kind == road.right[0].kind == "driving")
    _mark(middle, "broken" if both else "none")
    right = Xml.SubElement(section, "right") if road.right else None
    if left is not None:
        for index in reversed(range(len(road.left))):  # from the outermost in, as the standard orders them
            _lane(left, index + 1, road.left, index)
    if right is not None:
        for index in range(len(road.right)):
            _lane(right, -index - 1, road.right, index)
    return element


def _lane(parent: Xml.Element, number: int, lanes: tuple[Lane, ...], index: int) -> None:
    lane = lanes[index]
    element = Xml.SubElement(parent, "lane", id=str(number), type=LANE_TYPES[lane.kind], level="false")
    Xml.SubElement(element, "link")
    Xml.SubElement(element, "width", sOffset="0.0", a=repr(float(lane.width)), b="0.0", c="0.0", d="0.0")
    after = lanes[index + 1].kind if index + 1 < len(lanes) else ""
    drives = lane.kind == "driving"
    _mark(element, ("broken" if after == "driving" else "solid") if drives else "none")


def _mark(lane: Xml.Element, kind: str) -> None:
    Xml.SubElement(
        lane, "roadMark", sOffset="0.0", type=kind, weight="standard", color="standard", width="0.12",
        laneChange="both" if kind == "broken" else "none",
    )  # fmt: skip


def _crosswalk(road: Xml.Element, arm: Arm) -> None:
    """Write the zebra crossing before a junction: its corners, from curb to curb."""
    lanes = [one for side in ("left", "right") for one in arm.road.edges(side)]
    edges = [edge for lane, inner, outer in lanes if lane.kind not in _WALKED for edge in (inner, outer)]
    middle, half = sum(_ZEBRA) / 2, (_ZEBRA[1] - _ZEBRA[0]) / 2
    crossing = Xml.SubElement(
        Xml.SubElement(road, "objects"), "object", type="crosswalk", name="zebra", id=f"{400 + arm.number}",
        s=repr(arm.road.length - middle if arm.last else middle), t="0.0", zOffset="0.0", hdg="0.0", pitch="0.0",
        roll="0.0", orientation="none", length=repr(2 * half), width=repr(float(max(edges) - min(edges))),
    )  # fmt: skip
    outline = Xml.SubElement(crossing, "outline", id="0")
    corners = [(-half, min(edges)), (half, min(edges)), (half, max(edges)), (-half, max(edges)), (-half, min(edges))]
    for along, aside in corners:
        Xml.SubElement(outline, "cornerLocal", u=repr(along), v=repr(float(aside)), z="0.0", height="0.0")


def _signal(road: Xml.Element, arm: Arm) -> None:
    """Write the traffic light that those who come along an arm obey."""
    s = arm.road.length - 0.5 if arm.last else 0.5
    edge = arm.road.width[0] if arm.last else arm.road.width[1]
    signal = Xml.SubElement(
        Xml.SubElement(road, "signals"), "signal", name="traffic light", id=f"{200 + arm.number}", s=repr(s),
        t=repr(float(edge) * 0.95), zOffset="2.45", orientation="+" if arm.last else "-", dynamic="yes",
        type="1000001", subtype="-1", country="OpenDRIVE", value="-1", hOffset="0.0", height="0.92", width="0.3",
    )  # fmt: skip
    held = sorted(number for number, _, _ in arm.lanes(coming=True))
    if held:  # said outright: CARLA's client takes a light without lanes for one of the other side
        Xml.SubElement(signal, "validity", fromLane=str(held[0]), toLane=str(held[-1]))


def _connections(root: Xml.Element, arms: list[Arm]) -> None:
    """Write a road of one lane for every way through the junction, the table of them, and which lights go together."""
    ways = []
    number = 10
    for arm in arms:
        for other in arms:
            for way in ways_of(arm, other):
                line = between(arm.gate(way.inner, coming=True), other.gate(way.outer, coming=False))
                road = Road(line[0], line[1], line[2], (), (way.lane,))
                element = _road(root, number, road, junction=_JUNCTION)
                for name, end in (("predecessor", arm), ("successor", other)):
                    Xml.SubElement(
                        _first(element, "link"), name, elementType="road", elementId=str(end.number),
                        contactPoint="end" if end.last else "start",
                    )  # fmt: skip
                link = element.find("lanes/laneSection/right/lane/link")
                assert link is not None
                Xml.SubElement(link, "predecessor", id=str(way.into))
                Xml.SubElement(link, "successor", id=str(way.out))
                ways.append((arm.number, number, way.into))
                number += 1
    for number, pair in enumerate(_PAIRS):
        controller = Xml.SubElement(root, "controller", id=f"{300 + number}", name="", sequence=str(number))
        for arm in arms:
            if arm.number in pair:
                Xml.SubElement(controller, "control", signalId=f"{200 + arm.number}", type="")
    junction = Xml.SubElement(root, "junction", id=_JUNCTION, name="crossing")
    for index, (incoming, connecting, into) in enumerate(ways):
        connection = Xml.SubElement(
            junction, "connection", id=str(index), incomingRoad=str(incoming), connectingRoad=str(connecting),
            contactPoint="start",
        )  # fmt: skip
        Xml.SubElement(connection, "laneLink", {"from": str(into), "to": "-1"})
    for number in range(len(_PAIRS)):
        Xml.SubElement(junction, "controller", id=f"{300 + number}", type="", sequence=str(number))
