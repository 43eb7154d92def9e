"""Surfaces and markings of a road whose lanes may change their width along it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from scipy.spatial import cKDTree

from domainaug_simulators.street.materials import Material, Palette
from domainaug_simulators.street.mesh import Mesh
from domainaug_simulators.street.scene import Thing
from domainaug_simulators.street.town.maps import Array, Edges, MapRoad, Mark, Section
from domainaug_simulators.street.town.paints import Paints
from domainaug_simulators.street.town.roads import CURB
from domainaug_simulators.street.town.tags import Tag

__all__ = ["DRIVABLE", "SIDES", "places_of", "steps_of", "surfaces"]

SIDES: Final[tuple[Literal["left", "right"], ...]] = ("left", "right")
DRIVABLE: Final = ("driving", "parking", "shoulder", "cycling")
_ABOVE, _RIM, _VERGE = 0.012, 0.18, 0.02
_DASH, _GAP = 3.0, 6.0
_CROSSED: Final = 0.75  # meters from points a meter apart within which a place is among them
_YELLOW: Final = replace(Paints.marking, color=(0.66, 0.44, 0.03))


def steps_of(road: MapRoad, begin: float, end: float, most: float = 20.0) -> Array:
    """Return where to cut a stretch so that bends and widths that change look round."""
    bent = any(abs(bend) > 1e-9 for _, bend in road.line.pieces)
    lanes = [lane for section in road.sections for lane in (*section.left, *section.right)]
    cubics = [*road.shifts, *(cubic for lane in lanes for cubic in lane.widths)]
    step = min(2.0, most) if bent or any(any(cubic.terms[1:]) for cubic in cubics) else most
    cuts = {begin, end, *(cubic.begin for cubic in cubics if begin < cubic.begin < end)}
    return np.unique(np.concatenate([[*cuts], np.linspace(begin, end, max(int(np.ceil((end - begin) / step)), 1) + 1)]))


def places_of(road: MapRoad, *, drivable: bool = False, apart: float = 2.0) -> Array:
    """Return points (n, 2) all over a road, at most `apart` meters from each other along it and across it."""
    parts = []
    for section in road.sections:
        s = steps_of(road, section.begin, section.end, apart)
        parts.append(road.line.at(s, road.middle(s))[0])
        for side in SIDES:
            for edge in road.edges(section, side, s):
                if drivable and edge.lane.kind not in DRIVABLE:
                    continue
                count = max(int(np.ceil(np.abs(edge.outer - edge.inner).max() / apart)), 1)
                shares = np.linspace(0, 1, count + 1)
                parts += [road.line.at(s, edge.inner + (edge.outer - edge.inner) * share)[0] for share in shares]
    return np.concatenate(parts)


def ribbon(
    road: MapRoad, s: Array, low: Array, high: Array, z: float, material: int, zero: Array | None = None
) -> Mesh:
    """Return the level band between two offsets; u runs along the road, v across it from `zero`.

    Args:
        road: The road.
        s: (n,) meters along its line.
        low: (n,) offset of its right edge.
        high: (n,) offset of its left edge.
        z: Meters.
        material: Its number.
        zero: (n,) where v is 0; the right edge by default.
    """
    right, left = road.line.at(s, low)[0], road.line.at(s, high)[0]
    base = low if zero is None else zero
    ring = np.stack([right[:-1], right[1:], left[1:], left[:-1]], axis=1)
    along = np.stack([s[:-1], s[1:], s[1:], s[:-1]], axis=1)
    across = np.stack([(low - base)[:-1], (low - base)[1:], (high - base)[1:], (high - base)[:-1]], axis=1)
    order = np.array([[0, 1, 2], [0, 2, 3]])
    corners = np.concatenate([ring, np.full((len(ring), 4, 1), z)], axis=-1)[:, order].reshape(-1, 3, 3)
    uv = np.stack([along, across], axis=-1)[:, order].reshape(-1, 3, 2)
    return _level(corners, uv, material)


def _level(corners: Array, uv: Array, material: int) -> Mesh:
    sides = corners[:, 1:] - corners[:, :1]
    real = np.abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]) > 1e-9  # where a lane is 0 wide
    up = np.zeros((int(real.sum()), 3, 3), np.float32)
    up[..., 2] = 1.0
    return Mesh(corners[real].astype(np.float32), up, uv[real].astype(np.float32), np.full(len(up), material, np.int16))


def _wall(road: MapRoad, s: Array, at: Array, low: float, high: float, material: int, *, left: bool) -> Mesh:
    """Return an upright band along an offset, seen from its left or its right."""
    line = road.line.at(s, at)[0]
    a, b = (line[1:], line[:-1]) if left else (line[:-1], line[1:])
    ring = np.stack(
        [np.column_stack([p, np.full(len(p), z)]) for p, z in ((a, low), (b, low), (b, high), (a, high))], 1
    )
    normal = np.cross(ring[:, 1] - ring[:, 0], ring[:, 3] - ring[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    order = np.array([[0, 1, 2], [0, 2, 3]])
    corners = ring[:, order].reshape(-1, 3, 3)
    along = np.stack([s[:-1], s[1:], s[1:], s[:-1]], axis=1)
    across = np.broadcast_to([low, low, high, high], (len(ring), 4))
    uv = np.stack([along, across], axis=-1)[:, order].reshape(-1, 3, 2)
    normals = np.repeat(normal, 2, axis=0)[:, None].repeat(3, axis=1)
    return Mesh(
        corners.astype(np.float32), normals.astype(np.float32), uv.astype(np.float32),
        np.full(len(corners), material, np.int16),
    )  # fmt: skip


def surfaces(road: MapRoad, palette: Palette, driven: Array | None = None) -> list[Thing]:
    """Return the surfaces and the markings of a road.

    Args:
        road: The road.
        palette: Takes its materials.
        driven: (n, 2) points all over other ways of its junction, at most a meter apart; nothing is painted there.
    """
    parts: dict[Tag, list[Mesh]] = {tag: [] for tag in (Tag.ROAD, Tag.ROAD_LINE, Tag.SIDEWALK, Tag.TERRAIN)}
    for section in road.sections:
        s = steps_of(road, section.begin, section.end)
        for side in SIDES:
            before = "driving"
            for edge in road.edges(section, side, s):
                for tag, mesh in _lane(road, s, edge, before, palette):
                    parts[tag].append(mesh)
                before = edge.lane.kind
    parts[Tag.ROAD_LINE] += _markings(road, palette, None if driven is None else cKDTree(driven))
    return [Thing(Mesh.joined(meshes), tag) for tag, meshes in parts.items() if any(len(mesh) for mesh in meshes)]


def _lane(road: MapRoad, s: Array, edge: Edges, before: str, palette: Palette) -> Iterable[tuple[Tag, Mesh]]:
    low, high = np.minimum(edge.inner, edge.outer), np.maximum(edge.inner, edge.outer)
    kind, left = edge.lane.kind, edge.lane.number > 0
    curb = palette.number(Paints.curb)
    if kind in DRIVABLE:
        width = float(round(float((high - low).max()), 2)) or 3.5
        sizes = (width,) if kind == "driving" else Paints.asphalt.sizes
        paint = palette.number(Material(Paints.asphalt.color, pattern=Paints.asphalt.pattern, sizes=sizes, soak=0.9))
        yield Tag.ROAD, ribbon(road, s, low, high, 0.0, paint)
    elif kind == "sidewalk":
        rim = edge.inner + (1 if left else -1) * np.minimum(_RIM, high - low)
        yield Tag.SIDEWALK, ribbon(road, s, np.minimum(edge.inner, rim), np.maximum(edge.inner, rim), CURB, curb)
        slabs = palette.number(Paints.paving)
        yield Tag.SIDEWALK, ribbon(road, s, np.minimum(rim, edge.outer), np.maximum(rim, edge.outer), CURB, slabs)
        yield Tag.SIDEWALK, _wall(road, s, edge.inner, 0.0, CURB, curb, left=not left)
        yield Tag.SIDEWALK, _wall(road, s, edge.outer, 0.0, CURB, curb, left=left)
    else:
        z = CURB if kind == "median" else _VERGE
        yield Tag.TERRAIN, ribbon(road, s, low, high, z, palette.number(Paints.grass))
        if kind == "median":
            yield Tag.SIDEWALK, _wall(road, s, low, 0.0, z, curb, left=False)
            yield Tag.SIDEWALK, _wall(road, s, high, 0.0, z, curb, left=True)


def _markings(road: MapRoad, palette: Palette, driven: cKDTree | None) -> list[Mesh]:
    parts: list[Mesh] = []
    for section in road.sections:
        parts += _painted(road, section, section.middle, None, palette, driven)
        for lane in (*section.left, *section.right):
            parts += _painted(road, section, lane.marks, lane.number, palette, driven)
    return parts


def _painted(
    road: MapRoad, section: Section, marks: Sequence[Mark], lane: int | None, palette: Palette, driven: cKDTree | None
) -> Iterable[Mesh]:
    """Yield what is painted along the outer edge of a lane, or along the middle."""
    ends = [*(mark.begin for mark in marks), section.end]
    for mark, (begin, end) in zip(marks, pairwise(ends), strict=True):
        paint = palette.number(_YELLOW if mark.yellow else Paints.marking)
        for kind, shift in _strokes(mark):
            most = math.inf if driven is None else 1.0
            for low, high in _stretches(kind, max(begin, section.begin), min(end, section.end), most):
                s = steps_of(road, low, high)
                at = _edge(road, section, lane, s) + shift
                if driven is not None:
                    middle = road.line.at((low + high) / 2, float(at.mean()))[0]
                    if driven.query(middle)[0][0] < _CROSSED:
                        continue
                yield ribbon(road, s, at - mark.width / 2, at + mark.width / 2, _ABOVE, paint)


def _edge(road: MapRoad, section: Section, lane: int | None, s: Array) -> Array:
    if lane is None:
        return road.middle(s)
    edges = road.edges(section, "left" if lane > 0 else "right", s)
    return next(edge.outer for edge in edges if edge.lane.number == lane)


def _strokes(mark: Mark) -> list[tuple[str, float]]:
    """Return the lines of a mark, and how far left of its middle each is."""
    kinds = [kind for kind in mark.kind.replace("botts dots", "broken").split() if kind in ("solid", "broken")]
    if len(kinds) < 2:
        return [(kind, 0.0) for kind in kinds]
    return [(kinds[0], mark.width), (kinds[1], -mark.width)]


def _stretches(kind: str, begin: float, end: float, most: float) -> list[tuple[float, float]]:
    """Return where a line is painted, in pieces of at most `most` meters if it is solid."""
    if kind == "solid":
        if end - begin < 1e-6:
            return []
        return list(pairwise(np.linspace(begin, end, max(math.ceil((end - begin) / most), 1) + 1).tolist()))
    starts = np.arange(np.ceil(begin / (_DASH + _GAP)) * (_DASH + _GAP), end - _DASH, _DASH + _GAP)
    return [(float(s), float(s) + _DASH) for s in starts]
