"""Where people walk, as the mesh that CARLA's client plans their ways on.

Walkers' controllers live in the client. They need a mesh in the form in which Recast's sample programs save it: one
file that holds tiles of Detour (version 7) after a head "MSET". Here it is one tile without a tree of boxes: sidewalks,
crossings before junctions, lanes and verges, each of convex polygons that share their corners.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import Final

import numpy as np

from domainaug_simulators.carla_server.world.places import Places
from domainaug_simulators.street.town.roads import CURB, Road

__all__ = ["Area", "Paving", "navigation_of", "paving_of"]

_SET: Final = struct.Struct("<4s2i3f2f2i")
_TILE: Final = struct.Struct("<Ii")
_HEAD: Final = struct.Struct("<4s5i9i3f3f3ff")
_POLYGON: Final = struct.Struct("<I6H6HHBB")
_DETAIL: Final = struct.Struct("<IIBB2x")
_LINK_SIZE: Final = 12
_MOST: Final = 6
_POLYGONS: Final = 1 << 14  # what a number of a polygon has room for
_NOWHERE: Final = 0xFFFFFFFF

_CHUNK: Final = 10.0  # meters of one polygon along a road
_CROSSING: Final = (0.7, 4.2)  # meters before a junction between which people cross
_NEAR: Final = 0.6  # meters within which the ends of two sidewalks are one corner
_CELL: Final = 16.0
_HEIGHT, _RADIUS, _CLIMB = 1.8, 0.3, 0.3


class Area(IntEnum):
    """What a polygon is, as CARLA numbers it."""

    SIDEWALK = 1
    CROSSING = 2
    ROAD = 3
    GRASS = 4

    @property
    def flag(self) -> int:
        """What ways are filtered by."""
        return 1 << int(self)


Point = tuple[float, float]


@dataclass(slots=True)
class Paving:
    """Polygons that share corners, in CARLA's axes.

    Attributes:
        corners: Places.
        polygons: Numbers of corners of each, counterclockwise as seen from above, and what it is.
    """

    corners: list[Point] = field(default_factory=list)
    polygons: list[tuple[tuple[int, ...], Area]] = field(default_factory=list)
    _known: dict[tuple[int, int], int] = field(default_factory=dict, repr=False)
    _cells: dict[tuple[int, int], list[int]] = field(default_factory=dict, repr=False)

    def add(self, points: list[Point], area: Area) -> None:
        """Add a convex polygon of three to six corners."""
        numbers = list(dict.fromkeys(self._number(point) for point in points))
        if len(numbers) < 3:
            return
        places = [self.corners[number] for number in numbers]
        turn = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(places, [*places[1:], places[0]], strict=True))
        if abs(turn) > 1e-3:
            self.polygons.append((tuple(numbers if turn < 0 else numbers[::-1]), area))
            for cell in _cells_of(places):
                self._cells.setdefault(cell, []).append(len(self.polygons) - 1)

    def _number(self, point: Point) -> int:
        key = round(point[0] * 100), round(point[1] * 100)
        if key not in self._known:
            self._known[key] = len(self.corners)
            self.corners.append(point)
        return self._known[key]

    def neighbors(self) -> list[list[int]]:
        """Return, for each edge of each polygon, the number of the polygon beyond it from 1, or 0."""
        owners: dict[tuple[int, int], int] = {}
        for number, (corners, _) in enumerate(self.polygons):
            for edge in zip(corners, (*corners[1:], corners[0]), strict=True):
                owners[edge] = number + 1
        return [
            [owners.get((b, a), 0) for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)]
            for corners, _ in self.polygons
        ]

    def at(self, x: float, y: float) -> Area | None:
        """Return what is at a place, or None beside all of it."""
        for number in self._cells.get((int(x // _CELL), int(y // _CELL)), ()):
            corners, area = self.polygons[number]
            if self._holds(corners, x, y):
                return area
        return None

    def _holds(self, corners: tuple[int, ...], x: float, y: float) -> bool:
        places = [self.corners[number] for number in corners]
        return all(
            (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) <= 0
            for a, b in zip(places, [*places[1:], places[0]], strict=True)
        )


def _cells_of(places: list[Point]) -> list[tuple[int, int]]:
    """Return the squares of a grid that a polygon may reach."""
    xs, ys = ([int(place[axis] // _CELL) for place in places] for axis in (0, 1))
    return [(x, y) for x in range(min(xs), max(xs) + 1) for y in range(min(ys), max(ys) + 1)]


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a sidewalk at a junction: its corner away from the road, and the one at the curb."""

    outer: Point
    curb: Point


def paving_of(places: Places) -> Paving:
    """Return where people can be on a map."""
    paving, ends = Paving(), []
    for name, road in places.roads.items():
        if name not in places.inside:
            ends += list(_paved(paving, road, places.crossings[name]))
    for index, one in enumerate(ends):
        for other in ends[index + 1 :]:
            if math.dist(one.outer, other.outer) < _NEAR:
                paving.add(_corner(one, other), Area.SIDEWALK)
    return paving


def _paved(paving: Paving, road: Road, junctions: tuple[bool, bool]) -> Iterator[_End]:
    """Add a road's lanes; yields the ends of its sidewalks at junctions."""
    cuts, crossings = _cuts(road, junctions)
    for edges in (road.edges("left"), road.edges("right")):
        for lane, inner, outer in edges:
            near, far = ([_place(road, s, t) for s in cuts] for t in (inner, outer))
            for i, (s, after) in enumerate(pairwise(cuts)):
                crossed = any(begin - 1e-6 <= s and after <= end + 1e-6 for begin, end in crossings)
                paving.add([near[i], near[i + 1], far[i + 1], far[i]], _area(lane.kind, crossed))
            if lane.kind == "sidewalk":
                if junctions[0]:
                    yield _End(far[0], near[0])
                if junctions[1]:
                    yield _End(far[-1], near[-1])


def _area(kind: str, crossed: bool) -> Area:
    if kind == "sidewalk":
        return Area.SIDEWALK
    if crossed:
        return Area.CROSSING
    return Area.GRASS if kind in ("verge", "median") else Area.ROAD


def _cuts(road: Road, junctions: tuple[bool, bool]) -> tuple[list[float], list[tuple[float, float]]]:
    """Return where a road is cut along its line, and from where to where people cross it."""
    crossings = []
    if road.length > 3 * _CROSSING[1]:
        near, far = _CROSSING
        crossings += [(near, far)] if junctions[0] else []
        crossings += [(road.length - far, road.length - near)] if junctions[1] else []
    marks = sorted({0.0, road.length, *(s for pair in crossings for s in pair)})
    cuts: list[float] = []
    for begin, end in pairwise(marks):
        cuts += np.linspace(begin, end, max(1, math.ceil((end - begin) / _CHUNK)) + 1)[:-1].tolist()
    return [*cuts, road.length], crossings


def _place(road: Road, s: float, t: float) -> Point:
    (place,), _ = road.at(s, t)
    return float(place[0]), -float(place[1])


def _corner(one: _End, other: _End) -> list[Point]:
    """Return the sidewalk about a corner: its outer point, and curbs that bend from one street to the other."""
    x, y = one.outer
    a, b = (math.atan2(end.curb[1] - y, end.curb[0] - x) for end in (one, other))
    radii = [math.dist(end.curb, one.outer) for end in (one, other)]
    turn = (b - a + math.pi) % (2 * math.pi) - math.pi
    shares = (0.25, 0.5, 0.75)
    bent = [
        (x + r * math.cos(a + turn * share), y + r * math.sin(a + turn * share))
        for share in shares
        for r in [radii[0] + (radii[1] - radii[0]) * share]
    ]
    return [one.outer, one.curb, *bent, other.curb]


def navigation_of(paving: Paving) -> bytes:
    """Return the mesh as a file of Recast; empty where nobody can walk beside a road."""
    if not any(area == Area.SIDEWALK for _, area in paving.polygons) or len(paving.polygons) >= _POLYGONS:
        return b""
    corners = np.array(paving.corners)
    low = [float(corners[:, 0].min()) - 1, -1.0, float(corners[:, 1].min()) - 1]
    high = [float(corners[:, 0].max()) + 1, 3.0, float(corners[:, 1].max()) + 1]
    tile = _tile(paving, low, high)
    size = max(high[0] - low[0], high[2] - low[2]) + 1
    head = _SET.pack(b"TESM", 1, 1, *low, size, size, 1, _POLYGONS)
    return head + _TILE.pack(_POLYGONS, len(tile)) + tile  # tile 0, salt 1


def _tile(paving: Paving, low: list[float], high: list[float]) -> bytes:
    edges = sum(len(corners) for corners, _ in paving.polygons)
    triangles = sum(len(corners) - 2 for corners, _ in paving.polygons)
    count = len(paving.polygons)
    parts = [
        _HEAD.pack(
            b"VAND", 7, 0, 0, 0, 0, count, len(paving.corners), edges, count, 0, triangles, 0, 0, count,
            _HEIGHT, _RADIUS, _CLIMB, *low, *high, 10.0,
        ),
        b"".join(struct.pack("<3f", x, CURB, y) for x, y in paving.corners),
    ]  # fmt: skip
    for (corners, area), beyond in zip(paving.polygons, paving.neighbors(), strict=True):
        filled = [*corners, *[0] * (_MOST - len(corners))]
        others = [*beyond, *[0] * (_MOST - len(beyond))]
        parts.append(_POLYGON.pack(_NOWHERE, *filled, *others, area.flag, len(corners), int(area)))
    parts.append(bytes(_LINK_SIZE * edges))
    first = 0
    for corners, _ in paving.polygons:
        parts.append(_DETAIL.pack(0, first, 0, len(corners) - 2))
        first += len(corners) - 2
    parts += [_triangle(number, len(corners)) for corners, _ in paving.polygons for number in range(2, len(corners))]
    return b"".join(parts)


def _triangle(number: int, corners: int) -> bytes:
    """Return a triangle of a fan about a polygon's first corner, with the sides that are the polygon's own."""
    sides = 1 << 2 | (1 if number == 2 else 0) | (1 << 4 if number == corners - 1 else 0)
    return bytes([0, number - 1, number, sides])
