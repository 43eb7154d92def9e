"""How much of a picture a thing would fill if nothing stood before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.scene import Spans

__all__ = ["Outlines", "outlined", "shown"]

_NEAREST = 0.05
"""Meters before the camera at which triangles are cut off."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """What each counted thing would fill, alone; boxes are left, top, right, bottom.

    Attributes:
        pixels: (things,) how many pixels of the picture have their middles covered.
        inside: (things, 4) around the part that the picture shows.
        whole: (things, 4) around all that lies before the camera, beyond the picture too.
        nearest: (things,) depth of its nearest corner, meters.

    Of what the picture does not show at all, boxes may be (inf, inf, -inf, -inf), and depth inf.
    """

    pixels: NDArray[np.int64]
    inside: NDArray[np.float64]
    whole: NDArray[np.float64]
    nearest: NDArray[np.float64]


def outlined(
    corners: Floats, spans: Spans, camera: Camera, seen: NDArray[np.int64] | None = None, reach: float = math.inf
) -> Outlines:
    """Return what each counted thing would fill, alone.

    Args:
        corners: (faces, 3, 3) meters.
        spans: Which triangles belong to which thing.
        camera: What looks at them.
        seen: (things,) how many pixels show each; None stands for some.
        reach: Meters beyond which what no pixel shows is left out.
    """
    many = len(spans.numbers)
    seen = np.ones(many, np.int64) if seen is None else seen
    nothing = np.tile(np.array([np.inf, np.inf, -np.inf, -np.inf]), (many, 1))
    found = Outlines(np.zeros(many, np.int64), nothing, nothing.copy(), np.full(many, np.inf))
    stamps = np.full((camera.height, camera.width), -1, np.int32)
    _outline(
        corners, spans.faces, spans.starts, seen, reach, camera.extrinsics, camera.focal, stamps, np.empty((5, 8, 3)),
        found.pixels, found.inside, found.whole, found.nearest,
    )  # fmt: skip
    return found


def shown(instance: NDArray[np.uint16], numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many pixels show each number, (n,), and the box around them, (n, 4) left, top, right, bottom."""
    rows = np.full(int(numbers.max()) + 1 if len(numbers) else 1, -1, np.int32)
    rows[numbers] = np.arange(len(numbers))
    pixels, boxes = np.zeros(len(numbers), np.int64), np.zeros((len(numbers), 4), np.int64)
    boxes[:, :2] = np.iinfo(np.int64).max
    _count(instance, rows, pixels, boxes)
    return pixels, boxes


@compiled
def _count(instance: Any, rows: Any, pixels: Any, boxes: Any) -> None:
    for i in range(instance.shape[0]):
        for j in range(instance.shape[1]):
            if instance[i, j] == 0:
                continue
            n = rows[instance[i, j]]
            pixels[n] += 1
            boxes[n, 0], boxes[n, 1] = min(boxes[n, 0], j), min(boxes[n, 1], i)
            boxes[n, 2], boxes[n, 3] = max(boxes[n, 2], j + 1), max(boxes[n, 3], i + 1)


@compiled(borrows=True)
def _outline(
    corners: Any, faces: Any, starts: Any, seen: Any, reach: Any, world: Any, focal: Any, stamps: Any, desk: Any,
    covered: Any, inside: Any, whole: Any, nearest: Any,
) -> None:  # fmt: skip
    solid, ring, flat, part, room = desk[0], desk[1], desk[2], desk[3], desk[4]
    height, width = stamps.shape[0] * 1.0, stamps.shape[1] * 1.0
    x, y, z = _rows(world)
    for n in range(len(covered)):
        own = faces[starts[n] : starts[n + 1]]
        edge, away = _aside(corners, own, (x, y, z), width / focal / 2, height / focal / 2)
        if edge or (away > reach and not seen[n]):
            continue
        for f in range(starts[n], starts[n + 1]):
            many = 3
            depth = _flattened(corners[faces[f]], x, y, z, focal, width, height, flat)
            if depth < _NEAREST:
                _placed(corners[faces[f]], world, solid)
                many = _before(solid, ring)
                depth = math.inf
                for i in range(many):
                    depth = min(depth, ring[i, 2])
                    flat[i, 0] = ring[i, 0] / ring[i, 2] * focal + width / 2
                    flat[i, 1] = ring[i, 1] / ring[i, 2] * focal + height / 2
            nearest[n] = min(nearest[n], depth)
            around = _around(flat, many)
            _widen(whole[n], around)
            if around[0] > width or around[1] > height or around[2] < 0.0 or around[3] < 0.0:
                continue
            if around[0] >= 0.0 and around[1] >= 0.0 and around[2] <= width and around[3] <= height:
                _widen(inside[n], around)
            else:
                _widen(inside[n], _around(part, _within(flat, part, room, many, width, height)))
            for i in range(1, many - 1):
                covered[n] += _stamp(flat[0], flat[i], flat[i + 1], stamps, n)


@compiled(borrows=True)
def _aside(corners: Any, faces: Any, rows: Any, across: Any, down: Any) -> Any:
    """Return whether the box around triangles lies beyond an edge of the picture or behind the camera; its depth."""
    x0, y0, z0, x1, y1, z1 = math.inf, math.inf, math.inf, -math.inf, -math.inf, -math.inf
    for f in range(len(faces)):
        k = faces[f]
        for i in range(3):
            x, y, z = corners[k, i, 0], corners[k, i, 1], corners[k, i, 2]
            x0, y0, z0 = min(x0, x), min(y0, y), min(z0, z)
            x1, y1, z1 = max(x1, x), max(y1, y), max(z1, z)
    left, top, right, bottom, behind, nearest = 0, 0, 0, 0, 0, math.inf
    for corner in range(8):
        x, y, z = (x1 if corner & 1 else x0), (y1 if corner & 2 else y0), (z1 if corner & 4 else z0)
        sideways, under, depth = _along(rows[0], x, y, z), _along(rows[1], x, y, z), _along(rows[2], x, y, z)
        left += sideways < -across * depth
        right += sideways > across * depth
        top += under < -down * depth
        bottom += under > down * depth
        behind += depth < _NEAREST
        nearest = min(nearest, depth)
    return max(left, top, right, bottom, behind) == 8, nearest


@compiled(borrows=True)
def _rows(world: Any) -> Any:
    """Return three rows of a matrix as numbers, which stay in registers where arrays are read again and again."""
    return (
        (world[0, 0], world[0, 1], world[0, 2], world[0, 3]),
        (world[1, 0], world[1, 1], world[1, 2], world[1, 3]),
        (world[2, 0], world[2, 1], world[2, 2], world[2, 3]),
    )


@compiled(borrows=True)
def _along(row: Any, x: Any, y: Any, z: Any) -> Any:
    return row[3] + row[0] * x + row[1] * y + row[2] * z


@compiled(borrows=True)
def _flattened(triangle: Any, x: Any, y: Any, z: Any, focal: Any, width: Any, height: Any, flat: Any) -> Any:
    """Write where the corners of a triangle land; return how far before the camera the nearest is."""
    nearest = math.inf
    for i in range(3):
        a, b, c = triangle[i, 0], triangle[i, 1], triangle[i, 2]
        depth = _along(z, a, b, c)
        nearest = min(nearest, depth)
        flat[i, 0] = _along(x, a, b, c) / depth * focal + width / 2
        flat[i, 1] = _along(y, a, b, c) / depth * focal + height / 2
    return nearest


@compiled(borrows=True)
def _placed(triangle: Any, world: Any, solid: Any) -> None:
    """Write the corners of a triangle in the axes of the camera."""
    for i in range(3):
        for axis in range(3):
            solid[i, axis] = world[axis, 3]
            for other in range(3):
                solid[i, axis] += world[axis, other] * triangle[i, other]


@compiled(borrows=True)
def _around(ring: Any, many: Any) -> Any:
    """Return left, top, right and bottom of a ring."""
    left, top, right, bottom = math.inf, math.inf, -math.inf, -math.inf
    for i in range(many):
        left, top = min(left, ring[i, 0]), min(top, ring[i, 1])
        right, bottom = max(right, ring[i, 0]), max(bottom, ring[i, 1])
    return left, top, right, bottom


@compiled(borrows=True)
def _widen(box: Any, around: Any) -> None:
    """Widen a box so that it holds another."""
    box[0], box[1] = min(box[0], around[0]), min(box[1], around[1])
    box[2], box[3] = max(box[2], around[2]), max(box[3], around[3])


@compiled(borrows=True)
def _within(whole: Any, ring: Any, room: Any, many: Any, width: Any, height: Any) -> Any:
    """Write a convex ring cut off at the four edges of the picture; return how many corners it has left.

    Edge by edge, as Sutherland and Hodgman (1974) do; each adds a corner at most.
    """
    for i in range(many):
        ring[i, 0], ring[i, 1] = whole[i, 0], whole[i, 1]
    for edge in range(4):
        axis, sign = edge % 2, 1.0 if edge < 2 else -1.0
        limit = 0.0 if edge < 2 else (width if axis == 0 else height)
        left = 0
        for i in range(many):
            j = (i + 1) % many
            here, there = sign * (ring[i, axis] - limit), sign * (ring[j, axis] - limit)
            if here >= 0.0:
                room[left, 0], room[left, 1] = ring[i, 0], ring[i, 1]
                left += 1
            if (here >= 0.0) != (there >= 0.0):
                other = 1 - axis
                room[left, other] = ring[i, other] + (ring[j, other] - ring[i, other]) * (here / (here - there))
                room[left, axis] = limit
                left += 1
        many = left
        for i in range(many):
            ring[i, 0], ring[i, 1] = room[i, 0], room[i, 1]
    return many


@compiled(borrows=True)
def _before(solid: Any, ring: Any) -> Any:
    """Write the part of a triangle that lies before the camera; return how many corners it has."""
    many = 0
    for i in range(3):
        j = (i + 1) % 3
        here, there = solid[i, 2] - _NEAREST, solid[j, 2] - _NEAREST
        if here >= 0.0:
            ring[many, 0], ring[many, 1], ring[many, 2] = solid[i, 0], solid[i, 1], solid[i, 2]
            many += 1
        if (here >= 0.0) != (there >= 0.0):
            share = here / (here - there)
            for axis in range(3):
                ring[many, axis] = solid[i, axis] + (solid[j, axis] - solid[i, axis]) * share
            many += 1
    return many


@compiled(borrows=True)
def _span(lowest: Any, highest: Any, size: Any) -> Any:
    """Return the first pixel, and the one after the last, whose middles lie between two places."""
    return math.ceil(max(lowest, 0.0) - 0.5), math.floor(min(highest, size * 1.0) - 0.5) + 1


@compiled(borrows=True)
def _stamp(a: Any, b: Any, c: Any, stamps: Any, number: Any) -> Any:
    """Stamp the pixels whose middles a triangle covers; return how many had no such stamp yet."""
    first, last = _span(min(a[1], b[1], c[1]), max(a[1], b[1], c[1]), stamps.shape[0])
    left, right = _span(min(a[0], b[0], c[0]), max(a[0], b[0], c[0]), stamps.shape[1])
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if first >= last or left >= right or area == 0.0:
        return 0
    sign, count = (1.0 if area > 0.0 else -1.0), 0
    for i in range(first, last):
        y = i + 0.5
        for j in range(left, right):
            x = j + 0.5
            if (
                stamps[i, j] != number
                and sign * ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) >= 0.0
                and sign * ((c[0] - b[0]) * (y - b[1]) - (c[1] - b[1]) * (x - b[0])) >= 0.0
                and sign * ((a[0] - c[0]) * (y - c[1]) - (a[1] - c[1]) * (x - c[0])) >= 0.0
            ):
                stamps[i, j] = number
                count += 1
    return count
