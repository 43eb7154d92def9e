"""Compiled loops over triangles: skins over rings of points, and meshes moved.

People are made anew for every moment of their step, of a dozen skins each: this is what a moment of a street costs.
Sums run in a fixed order, where BLAS sums as its build likes, so that corners are the same bits everywhere.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["cap", "move", "skin", "soften"]

_FLATTEST = 1e-12
"""Twice the area in square meters of the least triangle that is kept."""


@compiled
def _put(corner: Any, uv: Any, count: Any, corners: Any, normals: Any, places: Any) -> Any:
    """Write a triangle with its flat normal, unless it has no area; return how many there are."""
    ax, ay, az = corner[1, 0] - corner[0, 0], corner[1, 1] - corner[0, 1], corner[1, 2] - corner[0, 2]
    bx, by, bz = corner[2, 0] - corner[0, 0], corner[2, 1] - corner[0, 1], corner[2, 2] - corner[0, 2]
    x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    length = math.sqrt(x * x + y * y + z * z)
    if length <= _FLATTEST:
        return count
    for i in range(3):
        for axis in range(3):
            corners[count, i, axis] = corner[i, axis]
        normals[count, i, 0], normals[count, i, 1], normals[count, i, 2] = x / length, y / length, z / length
        places[count, i, 0], places[count, i, 1] = uv[i, 0], uv[i, 1]
    return count + 1


@compiled
def _apart(a: Any, b: Any) -> Any:
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return math.sqrt(x * x + y * y + z * z)


@compiled
def _middle(ring: Any, out: Any) -> None:
    for axis in range(3):
        total = 0.0
        for p in range(len(ring)):
            total += ring[p, axis]
        out[axis] = total / len(ring)


@compiled
def skin(grid: Any, corners: Any, normals: Any, places: Any) -> Any:
    """Write the skin over rings of points, (rings, points, 3), two triangles a cell; return how many there are."""
    rings, points = grid.shape[0], grid.shape[1]
    around, along = np.zeros((rings, points + 1)), np.zeros(rings)
    before, here = np.empty(3), np.empty(3)
    for r in range(rings):
        for p in range(points):
            around[r, p + 1] = around[r, p] + _apart(grid[r, (p + 1) % points], grid[r, p])
        _middle(grid[r], here)
        if r:
            along[r] = along[r - 1] + _apart(here, before)
        before[:] = here
    corner, uv, count = np.empty((3, 3)), np.empty((3, 2)), 0
    for r in range(rings - 1):
        for p in range(points):
            for half in range(2):
                for i in range(3):  # a b c of a cell, then a c d
                    step = i if half == 0 else (0, 2, 3)[i]
                    up, on = 1 if step >= 2 else 0, 1 if step == 1 or step == 2 else 0
                    corner[i] = grid[r + up, (p + on) % points]
                    uv[i, 0], uv[i, 1] = around[r + up, p + on], along[r + up]
                count = _put(corner, uv, count, corners, normals, places)
    return count


@compiled
def cap(ring: Any, count: Any, corners: Any, normals: Any, places: Any) -> Any:
    """Write a fan over a ring of points, (points, 3), after `count` triangles; return how many there are."""
    corner, uv, middle = np.empty((3, 3)), np.empty((3, 2)), np.empty(3)
    _middle(ring, middle)
    for p in range(len(ring)):
        corner[0], corner[1], corner[2] = middle, ring[p], ring[(p + 1) % len(ring)]
        for i in range(3):
            uv[i, 0], uv[i, 1] = corner[i, 0] - middle[0], corner[i, 1] - middle[1]
        count = _put(corner, uv, count, corners, normals, places)
    return count


@compiled
def _found(keys: Any, table: Any, place: Any) -> Any:
    """Return the first corner of those at the same place as corner `place`; it is put into a table of hashes."""
    mask = len(table) - 1
    x, y, z = keys[place, 0], keys[place, 1], keys[place, 2]
    slot = (x * 73856093 ^ y * 19349663 ^ z * 83492791) & mask
    while table[slot] >= 0:
        other = table[slot]
        if keys[other, 0] == x and keys[other, 1] == y and keys[other, 2] == z:
            return other
        slot = (slot + 1) & mask
    table[slot] = place
    return place


@compiled
def soften(corners: Any, normals: Any, table: Any, sharpest: Any) -> None:
    """Average normals, (n, 3, 3), where corners meet within 0.1 mm, but not across edges sharper than `sharpest`.

    Args:
        corners: (n, 3, 3) meters, float32.
        normals: (n, 3, 3); averaged in place.
        table: (a power of two above 3 n,) of -1.
        sharpest: Cosine of the largest angle over which they are averaged.
    """
    many = len(corners) * 3
    keys, where = np.empty((many, 3), np.int64), np.empty(many, np.int64)
    total, flat = np.zeros((many, 3)), normals.copy()
    for k in range(many):
        for axis in range(3):
            keys[k, axis] = np.int64(np.rint(corners[k // 3, k % 3, axis] * np.float32(1e4)))
        where[k] = _found(keys, table, k)
    for f in range(len(corners)):
        a, b, c = corners[f, 0], corners[f, 1], corners[f, 2]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        area = np.float64(np.sqrt(x * x + y * y + z * z))
        for i in range(3):
            for axis in range(3):
                total[where[3 * f + i], axis] += flat[f, i, axis] * area
    for k in range(many):
        mean, own = total[where[k]], flat[k // 3, k % 3]
        length = max(math.sqrt(mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]), 1e-9)
        if (mean[0] / length) * own[0] + (mean[1] / length) * own[1] + (mean[2] / length) * own[2] > sharpest:
            for axis in range(3):
                normals[k // 3, k % 3, axis] = mean[axis] / length


@compiled
def move(points: Any, matrix: Any, unit: Any, out: Any) -> None:
    """Write points (n, 3) under a (3, 4) matrix; of length 1 where they are normals."""
    for k in range(len(points)):
        x, y, z = np.float64(points[k, 0]), np.float64(points[k, 1]), np.float64(points[k, 2])
        a = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z + matrix[0, 3]
        b = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z + matrix[1, 3]
        c = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z + matrix[2, 3]
        if unit:
            length = max(math.sqrt(a * a + b * b + c * c), 1e-9)
            a, b, c = a / length, b / length, c / length
        out[k, 0], out[k, 1], out[k, 2] = a, b, c
