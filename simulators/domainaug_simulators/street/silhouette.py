"""How much of a picture a thing would fill if nothing stood before it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.scene import Spans

__all__ = ["outlined", "shown"]

_NEAREST = 0.05
"""Meters before the camera at which triangles are cut off."""


def outlined(
    corners: Floats, spans: Spans, camera: Camera
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return what each counted thing would fill, alone.

    Args:
        corners: (faces, 3, 3) meters.
        spans: Which triangles belong to which thing.
        camera: What looks at them.

    Returns:
        (things,) pixels of the picture whose middles it covers; (things, 4) left, top, right, bottom, beyond the
        picture too; (things,) depth of its nearest corner, meters, inf for what lies behind the camera.
    """
    many = len(spans.numbers)
    covered, nearest = np.zeros(many, np.int64), np.full(many, np.inf)
    box = np.tile(np.array([np.inf, np.inf, -np.inf, -np.inf]), (many, 1))
    stamps = np.full((camera.height, camera.width), -1, np.int32)
    _outline(corners, spans.faces, spans.starts, camera.extrinsics, camera.focal, stamps, covered, box, nearest)
    return covered, box, nearest


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


@compiled
def _outline(
    corners: Any, faces: Any, starts: Any, world: Any, focal: Any, stamps: Any, covered: Any, box: Any, nearest: Any
) -> None:
    solid, ring, flat = np.empty((3, 3)), np.empty((4, 3)), np.empty((4, 2))
    for n in range(len(covered)):
        for f in range(starts[n], starts[n + 1]):
            k = faces[f]
            for i in range(3):
                for axis in range(3):
                    solid[i, axis] = world[axis, 3]
                    for other in range(3):
                        solid[i, axis] += world[axis, other] * corners[k, i, other]
            many = _before(solid, ring)
            for i in range(many):
                nearest[n] = min(nearest[n], ring[i, 2])
                flat[i, 0] = ring[i, 0] / ring[i, 2] * focal + stamps.shape[1] / 2
                flat[i, 1] = ring[i, 1] / ring[i, 2] * focal + stamps.shape[0] / 2
                box[n, 0], box[n, 1] = min(box[n, 0], flat[i, 0]), min(box[n, 1], flat[i, 1])
                box[n, 2], box[n, 3] = max(box[n, 2], flat[i, 0]), max(box[n, 3], flat[i, 1])
            for i in range(1, many - 1):
                covered[n] += _stamp(flat[0], flat[i], flat[i + 1], stamps, n)


@compiled
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


@compiled
def _span(lowest: Any, highest: Any, size: Any) -> Any:
    """Return the first pixel, and the one after the last, whose middles lie between two places."""
    return math.ceil(max(lowest, 0.0) - 0.5), math.floor(min(highest, size * 1.0) - 0.5) + 1


@compiled
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
