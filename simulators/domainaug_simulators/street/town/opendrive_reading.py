"""Roads out of an OpenDRIVE map: lines, arcs, spirals and cubics; lanes of constant width in one section."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError
from domainaug_simulators.street.town.roads import Lane, LaneKind, Road

__all__ = ["read_opendrive"]

_KINDS: dict[str, LaneKind] = {
    **{kind: kind for kind in ("driving", "parking", "shoulder", "sidewalk", "median")},
    **dict.fromkeys(("border", "curb", "none", "restricted", "stop"), "verge"),
    **dict.fromkeys(("entry", "exit", "onRamp", "offRamp", "connectingRamp", "bidirectional"), "driving"),
    "biking": "shoulder",
    "walking": "sidewalk",
}
_STEP = 0.5  # meters between points of curves that are neither lines nor arcs
_LARGEST = 64 << 20


def read_opendrive(text: str, where: str = "map") -> dict[str, Road]:
    """Return the roads of a map by their id.

    Args:
        text: The XML.
        where: What errors call it.

    Raises:
        DomainAugError: It is no OpenDRIVE map, or holds a road of a form that is not read: more than one section of
            lanes, widths that change, a shifted line, an unknown lane or curve.
    """
    if len(text) > _LARGEST or "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DomainAugError(f"{where}: a map is XML of at most 64 MiB without a document type")
    try:
        root = Xml.fromstring(text)  # noqa: S314  (no document type, so no entities that grow)
    except Xml.ParseError as error:
        raise DomainAugError(f"{where}: it is not well-formed XML ({error})") from error
    if root.tag != "OpenDRIVE":
        raise DomainAugError(f"{where}: it begins with <{root.tag}>, and a map begins with <OpenDRIVE>")
    roads = {road.get("id", ""): _road(road, f"{where}: road {road.get('id')}") for road in root.iter("road")}
    if not roads:
        raise DomainAugError(f"{where}: it has no roads")
    return roads


def _number(element: Xml.Element, name: str, where: str, default: float | None = None) -> float:
    told = element.get(name)
    try:
        value = float(told) if told is not None else default
    except ValueError:
        value = None
    if value is None or not np.isfinite(value):
        raise DomainAugError(f"{where}: {name}={told!r} of <{element.tag}> is not a finite number")
    return value


def _road(road: Xml.Element, where: str) -> Road:
    geometries = road.findall("planView/geometry")
    sections = road.findall("lanes/laneSection")
    if not geometries:
        raise DomainAugError(f"{where}: it has no line: <planView> needs at least one <geometry>")
    if len(sections) != 1:
        raise DomainAugError(f"{where}: it has {len(sections)} sections of lanes, and roads with one are read")
    for offset in road.findall("lanes/laneOffset"):
        if any(_number(offset, name, where, 0.0) for name in "abcd"):
            raise DomainAugError(f"{where}: its lanes are shifted by <laneOffset>, which is not read: set it to 0")
    pieces = [piece for geometry in geometries for piece in _pieces(geometry, where)]
    x, y, heading = (_number(geometries[0], name, where) for name in ("x", "y", "hdg"))
    left, right = (_lanes(sections[0], side, where) for side in ("left", "right"))
    return Road((x, y), heading, tuple(pieces), left, right)


def _lanes(section: Xml.Element, side: str, where: str) -> tuple[Lane, ...]:
    """Return the lanes of a side, from the middle outwards."""
    out = []
    for lane in sorted(section.findall(f"{side}/lane"), key=lambda one: abs(_number(one, "id", where))):
        kind = lane.get("type", "none")
        if kind not in _KINDS:
            raise DomainAugError(
                f"{where}: a lane of type {kind!r} is not read; these are: {', '.join(sorted(_KINDS))}"
            )
        widths = lane.findall("width")
        if len(widths) != 1 or any(_number(widths[0], name, where, 0.0) for name in "bcd"):
            raise DomainAugError(
                f"{where}: lane {lane.get('id')} has no width that stays the same; only those are read"
            )
        width = _number(widths[0], "a", where)
        if width < 0:
            raise DomainAugError(f"{where}: lane {lane.get('id')} is {width} m wide, and widths are 0 or more")
        out.append(Lane(_KINDS[kind], width, side == "right"))
    return tuple(out)


def _pieces(geometry: Xml.Element, where: str) -> list[tuple[float, float]]:
    """Return the (length, curvature) pieces of a curve; spirals and cubics become short arcs."""
    length = _number(geometry, "length", where)
    if not 0 < length < 1e6:
        raise DomainAugError(f"{where}: a piece of its line is {length} m long, and must be longer than 0 m")
    curve = next(iter(geometry), None)
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
