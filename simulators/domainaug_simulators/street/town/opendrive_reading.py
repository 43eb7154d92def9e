"""Roads out of an OpenDRIVE map: lines, arcs, spirals and cubics; sections of lanes whose widths may change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError
from domainaug_simulators.street.town.maps import Cubic, Light, MapLane, MapRoad, Mark, RoadMap, Section
from domainaug_simulators.street.town.roads import LaneKind, Road

__all__ = ["read_map", "read_map_file", "read_opendrive"]

_KINDS: Final[dict[str, LaneKind]] = {
    **{kind: kind for kind in ("driving", "parking", "shoulder", "sidewalk", "median")},
    **dict.fromkeys(("border", "curb", "none", "restricted", "stop"), "verge"),
    **dict.fromkeys(("entry", "exit", "onRamp", "offRamp", "connectingRamp", "bidirectional"), "driving"),
    **dict.fromkeys(("bus", "taxi", "HOV", "slipLane"), "driving"),
    "biking": "cycling",
    "walking": "sidewalk",
}
_LIGHTS: Final = ("1000001", "1000009", "1000011")  # three lamps; two lamps; with arrows
_STEP: Final = 0.5  # meters between points of curves that are neither lines nor arcs
_GAP: Final = 0.5  # meters by which a piece of a line may miss the end of the one before
_LARGEST: Final = 64 << 20


def read_opendrive(text: str, where: str = "map") -> dict[str, Road]:
    """Return the roads of a map by their id, each with the lanes that it has where it begins."""
    return {name: road.plain(0.0) for name, road in read_map(text, where).roads.items()}


def read_map(text: str, where: str = "map") -> RoadMap:
    """Return the roads of a map.

    Args:
        text: The XML.
        where: What errors call it.

    Raises:
        DomainAugError: It is no OpenDRIVE map, or holds a form that is not read: an unknown lane or curve, edges of
            lanes instead of widths, a line that is torn.
    """
    if len(text) > _LARGEST or "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DomainAugError(f"{where}: a map is XML of at most 64 MiB without a document type")
    try:
        root = Xml.fromstring(text)  # noqa: S314  (no document type, so no entities that grow)
    except Xml.ParseError as error:
        raise DomainAugError(f"{where}: it is not well-formed XML ({error})") from error
    if root.tag != "OpenDRIVE":
        raise DomainAugError(f"{where}: it begins with <{root.tag}>, and a map begins with <OpenDRIVE>")
    roads: dict[str, MapRoad] = {}
    for element in root.iter("road"):
        name = element.get("id", "")
        if name in roads:
            raise DomainAugError(f"{where}: two roads have the id {name!r}; each needs its own")
        roads[name] = _road(element, name, f"{where}: road {name}")
    if not roads:
        raise DomainAugError(f"{where}: it has no roads")
    return RoadMap(roads, tuple(_notes(root)))


def read_map_file(path: Path) -> RoadMap:
    """Return the roads of a map file.

    Raises:
        DomainAugError: It cannot be read; names the file.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DomainAugError(f"map {path}: it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DomainAugError(f"map {path}: it is not text in UTF-8") from None
    return read_map(text, f"map {path.name}")


def _notes(root: Xml.Element) -> list[str]:
    """Return what is not shown."""
    found = []
    heights = [cubic for cubic in root.iter("elevation") if any(_is_number(cubic, name) for name in "abcd")]
    banked = [cubic for cubic in root.iter("superelevation") if any(_is_number(cubic, name) for name in "abcd")]
    if heights or banked:
        found.append("the map has hills or banked curves, and streets are drawn level")
    signs = sum(signal.get("type") not in _LIGHTS for signal in root.iter("signal"))
    objects = sum(1 for _ in root.iter("object"))
    if signs or objects:
        found.append(f"of the map {signs} signs and {objects} objects beside the roads are not drawn")
    if any(True for _ in root.iter("railroad")):
        found.append("rails of the map are not drawn")
    return found


def _is_number(element: Xml.Element, name: str) -> bool:
    return element.get(name, "0").strip() not in ("0", "0.0") and abs(_number(element, name, "map", 0.0)) > 1e-9


def _number(element: Xml.Element, name: str, where: str, default: float | None = None) -> float:
    told = element.get(name)
    try:
        value = float(told) if told is not None else default
    except ValueError:
        value = None
    if value is None or not np.isfinite(value):
        raise DomainAugError(f"{where}: {name}={told!r} of <{element.tag}> is not a finite number")
    return value


def _cubics(elements: Sequence[Xml.Element], where: str, begin: float, along: str) -> tuple[Cubic, ...]:
    """Return polynomials; their places count from `begin`."""
    found = [
        Cubic(begin + _number(one, along, where, 0.0),
              (_number(one, "a", where, 0.0), _number(one, "b", where, 0.0),
               _number(one, "c", where, 0.0), _number(one, "d", where, 0.0)))
        for one in elements
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.begin))


def _road(road: Xml.Element, name: str, where: str) -> MapRoad:
    geometries = road.findall("planView/geometry")
    if not geometries:
        raise DomainAugError(f"{where}: it has no line: <planView> needs at least one <geometry>")
    line = _line(geometries, where)
    sections = road.findall("lanes/laneSection")
    if not sections:
        raise DomainAugError(f"{where}: it has no lanes: <lanes> needs at least one <laneSection>")
    begins = [_number(section, "s", where, 0.0) for section in sections]
    if any(after <= before for before, after in pairwise(begins)) or begins[-1] >= line.length:
        raise DomainAugError(f"{where}: its <laneSection>s begin at {begins}; each begins after the one before it")
    forward = "left" if road.get("rule") == "LHT" else "right"
    made = tuple(
        _section(section, begin, end, forward, where)
        for section, begin, end in zip(sections, begins, [*begins[1:], line.length], strict=True)
    )
    kind = road.find("type")
    junction = road.get("junction", "-1")
    return MapRoad(
        name, line, made, _cubics(road.findall("lanes/laneOffset"), where, 0.0, "s"),
        "" if junction == "-1" else junction, "" if kind is None else kind.get("type", ""), _lights(road, where),
    )  # fmt: skip


def _lights(road: Xml.Element, where: str) -> tuple[Light, ...]:
    return tuple(
        Light(_number(one, "s", where), _number(one, "t", where), one.get("orientation", "+") != "-")
        for one in road.findall("signals/signal")
        if one.get("type") in _LIGHTS
    )


def _line(geometries: list[Xml.Element], where: str) -> Road:
    """Return the line of a road, whose pieces go on where the one before ends."""
    x, y, heading = (_number(geometries[0], name, where) for name in ("x", "y", "hdg"))
    pieces: list[tuple[float, float]] = []
    for geometry in sorted(geometries, key=lambda one: _number(one, "s", where, 0.0)):
        if pieces:
            begun = Road((x, y), heading, tuple(pieces), (), ())
            (end,), _ = begun.at(begun.length)
            gap = float(np.hypot(end[0] - _number(geometry, "x", where), end[1] - _number(geometry, "y", where)))
            if gap > _GAP:
                raise DomainAugError(
                    f"{where}: its line is torn: the <geometry> at s={geometry.get('s')} begins {gap:.2f} m from where "
                    "the one before it ends"
                )
        pieces += _pieces(geometry, where)
    return Road((x, y), heading, tuple(pieces), (), ())


def _section(section: Xml.Element, begin: float, end: float, forward: str, where: str) -> Section:
    left, right = (_lanes(section, side, begin, side == forward, where) for side in ("left", "right"))
    middle = section.find("center/lane")
    return Section(begin, end, left, right, () if middle is None else _marks(middle, begin, where))


def _lanes(section: Xml.Element, side: str, begin: float, forward: bool, where: str) -> tuple[MapLane, ...]:
    """Return the lanes of a side, from the middle outwards."""
    out = []
    for lane in sorted(section.findall(f"{side}/lane"), key=lambda one: abs(_number(one, "id", where))):
        kind, number = lane.get("type", "none"), int(_number(lane, "id", where))
        if number == 0 or (number > 0) != (side == "left"):
            raise DomainAugError(f"{where}: lane {number} is listed on the {side}; ids count up from 1 on the left, "
                                 "down from -1 on the right")  # fmt: skip
        if kind not in _KINDS:
            raise DomainAugError(
                f"{where}: a lane of type {kind!r} is not read; these are: {', '.join(sorted(_KINDS))}"
            )
        if lane.find("border") is not None and lane.find("width") is None:
            raise DomainAugError(f"{where}: lane {number} is told by <border>, and only <width> is read")
        widths = _cubics(lane.findall("width"), where, begin, "sOffset")
        if not widths:
            raise DomainAugError(f"{where}: lane {number} has no <width>")
        if widths[0].terms[0] < 0:
            raise DomainAugError(f"{where}: lane {number} is {widths[0].terms[0]} m wide, and widths are 0 or more")
        out.append(MapLane(number, _KINDS[kind], forward, widths, _marks(lane, begin, where)))
    return tuple(out)


def _marks(lane: Xml.Element, begin: float, where: str) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            begin + _number(one, "sOffset", where, 0.0), one.get("type", "none"), one.get("color") == "yellow",
            min(max(_number(one, "width", where, 0.12), 0.05), 0.5) or 0.12,
        )
        for one in lane.findall("roadMark")
    )  # fmt: skip


def _pieces(geometry: Xml.Element, where: str) -> list[tuple[float, float]]:
    """Return the (length, curvature) pieces of a curve; spirals and cubics become short arcs."""
    length = _number(geometry, "length", where)
    if not 0 < length < 1e6:
        raise DomainAugError(f"{where}: a piece of its line is {length} m long, and must be longer than 0 m")
    curve = next((one for one in geometry if one.tag != "userData"), None)
    name = "" if curve is None else curve.tag
    if curve is None or name == "line":
        return [(length, 0.0)]
    if name == "arc":
        return [(length, _number(curve, "curvature", where))]
    count = int(np.ceil(length / _STEP))
    if name == "spiral":
        begin, end = _number(curve, "curvStart", where), _number(curve, "curvEnd", where)
        middle = (np.arange(count) + 0.5) / count
        return [(length / count, float(begin + (end - begin) * share)) for share in middle]
    if name == "poly3":
        a, b, c, d = (_number(curve, part, where, 0.0) for part in "abcd")
        u = np.linspace(0, length, 8 * count + 1)
        return _arcs(u, a + u * (b + u * (c + u * d)), np.arctan(b + u * (2 * c + u * 3 * d)), length)
    if name == "paramPoly3":
        p = np.linspace(0, 1 if curve.get("pRange") == "normalized" else length, 8 * count + 1)
        au, bu, cu, du, av, bv, cv, dv = (
            _number(curve, part + axis, where, 0.0) for axis in "UV" for part in "abcd"
        )  # fmt: skip
        headings = np.unwrap(np.arctan2(bv + p * (2 * cv + p * 3 * dv), bu + p * (2 * cu + p * 3 * du)))
        return _arcs(au + p * (bu + p * (cu + p * du)), av + p * (bv + p * (cv + p * dv)), headings, length)
    raise DomainAugError(f"{where}: a curve <{name}> is not read; line, arc, spiral, poly3 and paramPoly3 are")


def _arcs(
    u: NDArray[np.float64], v: NDArray[np.float64], headings: NDArray[np.float64], length: float
) -> list[tuple[float, float]]:
    """Return arcs through points with headings, until `length` meters of the curve are spent."""
    half = np.diff(headings) / 2
    stretch = np.hypot(np.diff(u), np.diff(v)) / np.sinc(half / np.pi)
    done, out = 0.0, []
    for step, turn in zip(stretch.tolist(), (2 * half).tolist(), strict=True):
        if step < 1e-12:
            continue
        used = min(step, length - done)
        if used <= 1e-9:
            break
        out.append((used, turn / step))
        done += used
    return out
