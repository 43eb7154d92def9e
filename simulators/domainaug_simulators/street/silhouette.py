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


def outlined(corners: Floats, spans: Spans, camera: Camera) -> Outlines:
    """Return what each counted thing would fill, alone.

    Args:
        corners: (faces, 3, 3) meters.
        spans: Which triangles belong to which thing.
        camera: What looks at them.
    """
    many = len(spans.numbers)
    nothing = np.tile(np.array([np.inf, np.inf, -np.inf, -np.inf]), (many, 1))
    found = Outlines(np.zeros(many, np.int64), nothing, nothing.copy(), np.full(many, np.inf))
    stamps = np.full((camera.height, camera.width), -1, np.int32)
    _outline(
        corners, spans.faces, spans.starts, camera.extrinsics, camera.focal, stamps, np.empty((5, 8, 3)),
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
    corners: Any, faces: Any, starts: Any, world: Any, focal: Any, stamps: Any, desk: Any, covered: Any, inside: Any,
    whole: Any, nearest: Any,
) -> None:  # fmt: skip
    solid, ring, flat, part, room = desk[0], desk[1], desk[2], desk[3], desk[4]
    height, width = stamps.shape[0] * 1.0, stamps.shape[1] * 1.0
    for n in range(len(covered)):
        if _aside(corners, faces[starts[n] : starts[n + 1]], world, width / focal / 2, height / focal / 2, desk[0]):
            continue
        for f in range(starts[n], starts[n + 1]):
            _placed(corners[faces[f]], world, solid)
            many = _before(solid, ring)
            for i in range(many):
                nearest[n] = min(nearest[n], ring[i, 2])
                flat[i, 0] = ring[i, 0] / ring[i, 2] * focal + width / 2
                flat[i, 1] = ring[i, 1] / ring[i, 2] * focal + height / 2
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
def _aside(corners: Any, faces: Any, world: Any, across: Any, down: Any, ends: Any) -> Any:
    """Return whether the box around triangles lies beyond one edge of the picture, or behind the camera."""
    low, high, seen = ends[0], ends[1], ends[2]
    for axis in range(3):
        low[axis], high[axis] = math.inf, -math.inf
    for f in range(len(faces)):
        for i in range(3):
            for axis in range(3):
                place = corners[faces[f], i, axis]
                low[axis], high[axis] = min(low[axis], place), max(high[axis], place)
    left, top, right, bottom, behind = 0, 0, 0, 0, 0
    for corner in range(8):
        for axis in range(3):
            seen[axis] = world[axis, 3]
            for other in range(3):
                seen[axis] += world[axis, other] * (high[other] if corner >> other & 1 else low[other])
        left += seen[0] < -across * seen[2]
        right += seen[0] > across * seen[2]
        top += seen[1] < -down * seen[2]
        bottom += seen[1] > down * seen[2]
        behind += seen[2] < _NEAREST
    return max(left, top, right, bottom, behind) == 8


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
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    if area == 0.0:
        return 0
    sign, count = (1.0 if area > 0.0 else -1.0), 0
    first, last = _span(min(a[1], b[1], c[1]), max(a[1], b[1], c[1]), stamps.shape[0])
    left, right = _span(min(a[0], b[0], c[0]), max(a[0], b[0], c[0]), stamps.shape[1])
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
