"""Roads: a line on the ground, lanes beside it, and what is painted on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug_simulators.street.materials import Material, Palette
from domainaug_simulators.street.mesh import Mesh, extruded, quad, turned
from domainaug_simulators.street.scene import Thing
from domainaug_simulators.street.town.paints import Paints
from domainaug_simulators.street.town.tags import Tag

__all__ = ["CURB", "Junction", "Lane", "LaneKind", "Road", "arrow", "junction_things", "road_things", "zebra"]

LaneKind = Literal["driving", "cycling", "parking", "shoulder", "sidewalk", "verge", "median"]

CURB = 0.14
"""Height of a curb, meters."""

_ABOVE = 0.012
_DRIVABLE = ("driving", "cycling", "parking", "shoulder")


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane.

    Attributes:
        kind: What it is for.
        width: Meters.
        forward: Whether traffic runs along the road's line; of no meaning for those that carry none.
    """

    kind: LaneKind
    width: float
    forward: bool = True


@dataclass(frozen=True, slots=True)
class Road:
    """A road.

    Attributes:
        start: (x, y) of its line's beginning.
        heading: Radians, of its line's beginning.
        pieces: (length in meters, curvature in 1/m) one after the other: lines and arcs.
        left: Lanes from its line to the left.
        right: Lanes from its line to the right.
    """

    start: tuple[float, float]
    heading: float
    pieces: tuple[tuple[float, float], ...]
    left: tuple[Lane, ...]
    right: tuple[Lane, ...]

    @property
    def length(self) -> float:
        """Meters along its line."""
        return sum(length for length, _ in self.pieces)

    def at(self, s: ArrayLike, t: ArrayLike = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return places (n, 2) and headings (n,) `s` meters along its line and `t` to the left of it."""
        along = np.atleast_1d(np.asarray(s, np.float64))
        aside = np.broadcast_to(np.asarray(t, np.float64), along.shape)
        places, headings = np.empty((len(along), 2)), np.empty(len(along))
        done, (x, y), heading = 0.0, self.start, self.heading
        for index, (length, bend) in enumerate(self.pieces):
            last = index == len(self.pieces) - 1
            here = (along >= done if index else np.ones(len(along), bool)) & ((along < done + length) | last)
            rest = along[here] - done
            places[here] = _on_piece(x, y, heading, rest, bend)
            headings[here] = heading + bend * rest
            (x, y), heading = _on_piece(x, y, heading, np.array([length]), bend)[0], heading + bend * length
            done += length
        places += aside[:, None] * np.stack([-np.sin(headings), np.cos(headings)], axis=-1)
        return places, headings

    def edges(self, side: Literal["left", "right"]) -> list[tuple[Lane, float, float]]:
        """Return the lanes of a side with the offsets of their inner and outer edge (left is positive)."""
        sign, offset, out = (1, 0.0, []) if side == "left" else (-1, 0.0, [])
        for lane in self.left if side == "left" else self.right:
            out.append((lane, sign * offset, sign * (offset + lane.width)))
            offset += lane.width
        return out

    @property
    def lanes(self) -> list[tuple[Lane, float]]:
        """All lanes with the offset of their middle."""
        return [(lane, (a + b) / 2) for side in ("left", "right") for lane, a, b in self.edges(side)]

    @property
    def width(self) -> tuple[float, float]:
        """How far it reaches to the right (negative) and to the left."""
        return -sum(lane.width for lane in self.right), sum(lane.width for lane in self.left)


def _on_piece(x: float, y: float, heading: float, rest: NDArray[np.float64], bend: float) -> NDArray[np.float64]:
    if abs(bend) < 1e-9:
        return np.stack([x + rest * np.cos(heading), y + rest * np.sin(heading)], axis=-1)
    turn = heading + bend * rest
    return np.stack([x + (np.sin(turn) - np.sin(heading)) / bend, y - (np.cos(turn) - np.cos(heading)) / bend], axis=-1)


def _steps(road: Road, begin: float, end: float, most: float = 4.0) -> NDArray[np.float64]:
    """Return where to cut a stretch so that bends look round."""
    if all(abs(bend) < 1e-9 for _, bend in road.pieces):
        return np.array([begin, end])
    return np.linspace(begin, end, max(int((end - begin) / most), 1) + 1)


def strip(
    road: Road, begin: float, end: float, inner: float, outer: float, z: float, material: int, *, zero: float = 0.0
) -> Mesh:
    """Return the band between two offsets; u runs along the road, v across it from `zero`."""
    low, high = min(inner, outer), max(inner, outer)
    steps = _steps(road, begin, end)
    right, _ = road.at(steps, low)
    left, _ = road.at(steps, high)
    near, far = steps[:-1], steps[1:]
    ring = np.stack([right[:-1], right[1:], left[1:], left[:-1]], axis=1)
    low_edge, high_edge = np.full(len(near), low - zero), np.full(len(near), high - zero)
    along = np.stack([near, far, far, near], axis=1)
    across = np.stack([low_edge, low_edge, high_edge, high_edge], axis=1)
    order = np.array([[0, 1, 2], [0, 2, 3]])
    corners = np.concatenate([ring, np.full((len(near), 4, 1), z)], axis=-1)[:, order].reshape(-1, 3, 3)
    uv = np.stack([along, across], axis=-1)[:, order].reshape(-1, 3, 2)
    up = np.zeros(corners.shape, np.float32)
    up[..., 2] = 1.0
    return Mesh(corners.astype(np.float32), up, uv.astype(np.float32), np.full(len(corners), material, np.int16))


def _face(
    road: Road, begin: float, end: float, at: float, low: float, high: float, material: int, *, left: bool
) -> Mesh:
    """Return an upright band along the road that is seen from its left or its right."""
    steps = _steps(road, begin, end)
    line, _ = road.at(steps, at)
    parts = []
    for a, b in pairwise(line):
        p, q = (b, a) if left else (a, b)
        parts.append(quad((*p, low), (*q, low), (*q, high), (*p, high), material))
    return Mesh.joined(parts)


def road_things(
    road: Road, palette: Palette, *, begin: float = 0.0, end: float | None = None, paving: Material = Paints.paving
) -> list[Thing]:
    """Return the surfaces and the markings of a stretch of road."""
    end = road.length if end is None else end
    raised, flat, soft = [], [], []
    slabs, curb = palette.number(paving), palette.number(Paints.curb)
    grass = palette.number(Paints.grass)
    for side in ("left", "right"):
        sign = 1 if side == "left" else -1
        lanes = road.edges(side)
        drivable = [(a, b) for lane, a, b in lanes if lane.kind in _DRIVABLE]
        widths = {lane.width for lane, _, _ in lanes if lane.kind == "driving"}
        if drivable:
            first = drivable[0][0]
            material = palette.number(
                Material(
                    Paints.asphalt.color, pattern=Paints.asphalt.pattern, sizes=(min(widths, default=3.5),), soak=0.9
                )
            )
            flat.append(strip(road, begin, end, first, drivable[-1][1], 0.0, material, zero=first))
        before: str = "driving"
        for lane, a, b in lanes:
            if lane.kind == "sidewalk":
                rim = a + sign * 0.18
                raised.append(strip(road, begin, end, a, rim, CURB, curb))
                raised.append(strip(road, begin, end, rim, b, CURB, slabs))
                raised.append(_face(road, begin, end, a, 0.0, CURB, curb, left=sign < 0))
            elif lane.kind in ("verge", "median"):
                z = CURB if lane.kind == "median" else 0.02
                soft.append(strip(road, begin, end, a, b, z, grass))
                if lane.kind == "median" and before in ("driving", "shoulder"):
                    raised.append(
                        _face(road, begin, end, b if a == 0 else a, 0.0, z, curb, left=(sign > 0) == (a == 0))
                    )
            before = lane.kind
    out = [Thing(Mesh.joined(flat), Tag.ROAD), Thing(_markings(road, palette, begin, end), Tag.ROAD_LINE)]
    out += [Thing(Mesh.joined(raised), Tag.SIDEWALK)] if raised else []
    out += [Thing(Mesh.joined(soft), Tag.TERRAIN)] if soft else []
    return out


def _line(
    road: Road,
    begin: float,
    end: float,
    at: float,
    paint: int,
    *,
    width: float = 0.12,
    dash: float = 0.0,
    gap: float = 0.0,
) -> list[Mesh]:
    if not dash:
        return [strip(road, begin, end, at - width / 2, at + width / 2, _ABOVE, paint)]
    starts = np.arange(np.ceil(begin / (dash + gap)) * (dash + gap), end - dash, dash + gap)
    return [strip(road, s, s + dash, at - width / 2, at + width / 2, _ABOVE, paint) for s in starts]


def _beside(road: Road, lane: Lane, a: float, b: float, begin: float, end: float, paint: int) -> list[Mesh]:
    """Return what is painted on a lane for bicycles or for parking, from `a` to `b` beside the road's line."""
    parts: list[Mesh] = []
    sign = 1 if b > 0 else -1
    if lane.kind == "cycling":
        parts += _line(road, begin, end, b - sign * 0.06, paint, dash=1.0, gap=1.0)
        for s in np.arange(begin + 14.0, end - 8.0, 40.0):
            parts += _bicycle_sign(road, s, (a + b) / 2, sign, paint)
    if lane.kind == "parking":
        parts += [strip(road, s, s + 0.1, a, b, _ABOVE, paint) for s in np.arange(begin + 4, end - 4, 6.0)]
    return parts


def _markings(road: Road, palette: Palette, begin: float, end: float) -> Mesh:
    paint = palette.number(Paints.marking)
    parts: list[Mesh] = []
    for side in ("left", "right"):
        lanes = road.edges(side)
        driving = [(lane, a, b) for lane, a, b in lanes if lane.kind == "driving"]
        sign = 1 if side == "left" else -1
        for (_, _, outer), _next in pairwise(driving):
            parts += _line(road, begin, end, outer, paint, dash=3.0, gap=6.0)
        if driving:
            after = [lane.kind for lane, a, _ in lanes if a == driving[-1][2]]
            at = driving[-1][2] - sign * (0.0 if after and after[0] in _DRIVABLE else 0.25)
            parts += _line(road, begin, end, at, paint)
            if driving[0][1] != 0:
                parts += _line(road, begin, end, driving[0][1] + sign * 0.25, paint)
        for lane, a, b in lanes:
            parts += _beside(road, lane, a, b, begin, end, paint)
    inner = [road.edges(side)[0] for side in ("left", "right") if road.edges(side)]
    if len(inner) == 2 and all(lane.kind == "driving" for lane, _, _ in inner):
        opposite = inner[0][0].forward != inner[1][0].forward
        many = sum(lane.kind == "driving" for lane in road.right) > 1
        if opposite and many:
            parts += _line(road, begin, end, 0.11, paint) + _line(road, begin, end, -0.11, paint)
        else:
            parts += _line(road, begin, end, 0.0, paint, dash=3.0, gap=4.5 if opposite else 6.0)
    return Mesh.joined(parts)


def _bicycle_sign(road: Road, s: float, t: float, sign: int, paint: int) -> list[Mesh]:
    """Return a bicycle painted on its lane: two rings, a frame, handlebars."""
    way = 1.0 if sign < 0 else -1.0
    (place,), (heading,) = road.at(s, t)
    matrix = turned(float(heading) + (0.0 if way > 0 else np.pi) - np.pi / 2, (*place, 0.0))
    parts = []
    for x in (-0.36, 0.36):  # drawn upright for who rides towards it
        for a in np.arange(10) * np.pi / 5:
            p, q = (np.array([x + 0.24 * np.cos(b), 0.34 * np.sin(b)]) for b in (a, a + np.pi / 5))
            parts.append(_stroke(p, q, paint))
    bars = (
        *(((-0.36, 0), (-0.05, 0)), ((-0.05, 0), (-0.2, 0.75)), ((-0.2, 0.62), (0.22, 0.62))),
        *(((-0.05, 0), (0.22, 0.62)), ((0.36, 0), (0.2, 0.85)), ((0.2, 0.85), (0.38, 0.85))),
        ((-0.32, 0.75), (-0.1, 0.75)),
    )
    parts += [_stroke(np.array(a, float), np.array(b, float), paint) for a, b in bars]
    return [part.moved(matrix) for part in parts]


def _stroke(a: NDArray[np.float64], b: NDArray[np.float64], paint: int, width: float = 0.06) -> Mesh:
    along = (b - a) / np.linalg.norm(b - a) * width / 2
    side = np.array([-along[1], along[0]])
    corners = [(*(p + u * along + v * side), _ABOVE) for p, u, v in ((a, -1, -1), (b, 1, -1), (b, 1, 1), (a, -1, 1))]
    return quad(corners[0], corners[1], corners[2], corners[3], paint)


_HEADS = {0: ((0.0, 3.0), 0.0), 1: ((0.55, 1.75), np.pi / 2), -1: ((-0.55, 1.75), -np.pi / 2)}


def arrow(turns: Sequence[int], palette: Palette) -> Mesh:
    """Return an arrow painted on a lane that leads along +x, 4.2 m from the origin.

    Args:
        turns: Where the lane leads: 0 straight on, 1 left, -1 right.
        palette: For the paint.
    """
    paint = palette.number(Paints.marking)
    reach = 3.0 if 0 in turns else 1.75
    parts = [_stroke(np.array([0.0, 0.0]), np.array([reach, 0.0]), paint, 0.16)]
    for turn in turns:
        (aside, ahead), bend = _HEADS[turn]
        if turn:
            parts.append(_stroke(np.array([ahead - 0.75, 0.0]), np.array([ahead, aside]), paint, 0.16))
        wide, long = (0.28, 1.2) if turn == 0 else (0.42, 0.75)
        tip = (long, 0.0, _ABOVE)
        head = quad((0.0, -wide, _ABOVE), tip, tip, (0.0, wide, _ABOVE), paint)
        parts.append(head.moved(turned(bend * 0.72, (ahead, aside, 0.0))))
    return Mesh.joined(parts)


def zebra(
    road: Road, at: float, palette: Palette, *, length: float = 3.5, leaving: Literal["forward", "backward", ""] = ""
) -> list[Thing]:
    """Return a zebra crossing, and the lines before which traffic stops.

    Args:
        road: The road that is crossed.
        at: Where it begins along the road's line.
        palette: For the paint.
        length: Meters along the road.
        leaving: The lanes that come out of a junction there, and have no line.
    """
    paint = palette.number(Paints.marking)
    edges = [(a, b) for side in ("left", "right") for lane, a, b in road.edges(side) if lane.kind in _DRIVABLE]
    low, high = min(min(e) for e in edges), max(max(e) for e in edges)
    bars = [strip(road, at, at + length, t, t + 0.5, _ABOVE, paint) for t in np.arange(low + 0.35, high - 0.5, 1.0)]
    for lane, middle in road.lanes:
        if lane.kind in ("driving", "cycling") and leaving != ("forward" if lane.forward else "backward"):
            s = at - 1.6 if lane.forward else at + length + 1.2
            bars.append(strip(road, s, s + 0.4, middle - lane.width * 0.46, middle + lane.width * 0.46, _ABOVE, paint))
    return [Thing(Mesh.joined(bars), Tag.ROAD_LINE)]


@dataclass(frozen=True, slots=True)
class Junction:
    """A right-angled crossing of two roads with sidewalks.

    Attributes:
        middle: (x, y).
        heading: Radians, of the main road.
        main: (right, left) reach of the main road's asphalt, the first negative.
        cross: The same of the other.
        corner: Width of the sidewalks, and radius of its corners.
    """

    middle: tuple[float, float]
    heading: float
    main: tuple[float, float]
    cross: tuple[float, float]
    corner: float

    def crossed(self, x: float, y: float) -> bool:
        """Return whether (x, y) is on its asphalt, and not beside it or on one of its corners of sidewalk."""
        c, s = float(np.cos(self.heading)), float(np.sin(self.heading))
        away = x - self.middle[0], y - self.middle[1]
        own = away[0] * c + away[1] * s, away[1] * c - away[0] * s
        low = -self.cross[1] - self.corner, self.main[0] - self.corner
        high = -self.cross[0] + self.corner, self.main[1] + self.corner
        if not all(a < p < b for a, p, b in zip(low, own, high, strict=True)):
            return False
        to_corner = [min(p - a, b - p) for a, p, b in zip(low, own, high, strict=True)]
        return float(np.hypot(to_corner[0], to_corner[1])) > self.corner


def junction_things(junction: Junction, palette: Palette) -> list[Thing]:
    """Return the asphalt of a junction and its four corners of sidewalk."""
    (south, north), (east_r, west_l) = junction.main, junction.cross
    # In the junction's own axes the main road runs along x, the other along y: its right is +x.
    left, right = -west_l, -east_r
    asphalt, slabs, curb = (palette.number(m) for m in (Paints.crossing_asphalt, Paints.paving, Paints.curb))
    reach = junction.corner
    floor = quad(
        (left - reach, south - reach, 0),
        (right + reach, south - reach, 0),
        (right + reach, north + reach, 0),
        (left - reach, north + reach, 0),
        asphalt,
    )
    corners = []
    for x, y, begin in (
        (right + reach, north + reach, np.pi),
        (left - reach, north + reach, 1.5 * np.pi),
        (left - reach, south - reach, 0.0),
        (right + reach, south - reach, 0.5 * np.pi),
    ):
        angles = np.linspace(begin, begin + np.pi / 2, 9)
        arc = [(x + reach * np.cos(a), y + reach * np.sin(a)) for a in angles]
        corners.append(extruded([(x, y), *arc], 0.0, CURB, curb, slabs))
    matrix = turned(junction.heading, (*junction.middle, 0.0))
    return [Thing(floor.moved(matrix), Tag.ROAD), Thing(Mesh.joined(corners).moved(matrix), Tag.SIDEWALK)]


def sides(lanes: Sequence[Lane]) -> float:
    """Return the width of lanes together."""
    return sum(lane.width for lane in lanes)
