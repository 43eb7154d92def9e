"""Resampling with more than two voxels along an axis: cubic convolution, and the mean of a box."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.point import ROOM, run
from domainaug.kernels.jit.resample_linear import store
from domainaug.kernels.jit.resample_rows import ONE, SPAN, lattice_plane, row_coordinates, row_pieces

__all__ = ["taps_rows"]

f32 = np.float32
KEYS = -0.75  # the slope of the cubic kernel at 1, as in OpenCV


@compiled
def taps_rows(
    flat: Any, frame: Any, out: Any, begin: int, end: int, matrix: Any, mesh: Any, edges: Any, sides: Any, held: bool,
    fill: Any, ends: Any, shape: Any, programmed: bool, codes: Any, numbers: Any, counts: Any,
) -> None:  # fmt: skip
    """Resample rows begin to end, counted over all slices of the output.

    Args as in `resample_linear.linear_rows`; `sides` is (3,) float64, the extent of the box along x, y and z, or
    zeros for the cubic kernel.
    """
    rows, columns = out.shape[1], out.shape[2]
    most = 4 if sides[0] == 0 else int(sides.max()) + 2
    at, near, weight = np.empty((3, SPAN), np.float64), np.empty((3, most), np.int64), np.empty((3, most), np.float64)
    used = np.zeros(3, np.int64)
    values, spare = np.empty(SPAN, np.float32), np.empty(ROOM, np.float32)
    plane, poly = np.empty(mesh.shape[1:], np.float64), np.empty(12 * (edges.size - 1), np.float64)
    taps = np.empty(4, np.float64)
    before = -1
    for row in range(begin, end):
        z, y = row // rows, row % rows
        if mesh.size and z != before:
            lattice_plane(mesh, plane, z, out.shape[0], taps)
        before = z
        row_pieces(plane, edges, matrix, z, y, rows, taps, poly)
        for x in range(0, columns, SPAN):
            n = min(SPAN, columns - x)
            row_coordinates(poly, edges, x, n, at)
            for i in range(n):
                seen = True
                for axis in range(3):
                    length, p = frame[2 - axis], at[axis, i]
                    seen = seen and (held or (p >= -0.5 and p < length - 0.5))
                    used[axis] = _taps(p, length, sides[axis], near[axis], weight[axis])
                values[i] = _total(flat, frame, near, weight, used) if seen else fill
            if programmed:
                run(values, n, ONE, codes, numbers, spare, x, y, z, shape, counts)
            store(values, n, out[z, y, x : x + n], ends[0], ends[1])


@compiled
def _taps(at: float, length: int, side: float, near: Any, weight: Any) -> int:
    """Write the voxels along one axis that a coordinate takes values from, with their weights; return how many."""
    last = length - 1
    p = at if at > 0.0 else 0.0
    p = p if p < last else float(last)
    if side == 0:
        low = int(np.floor(p))
        t = p - low
        for k in range(4):
            d = abs(t + 1 - k)
            if d < 1:
                weight[k] = ((KEYS + 2) * d - (KEYS + 3)) * d * d + 1
            else:
                weight[k] = ((KEYS * d - 5 * KEYS) * d + 8 * KEYS) * d - 4 * KEYS
            near[k] = min(max(low - 1 + k, 0), last)
        return 4
    if side <= 1:
        low = int(np.floor(p))
        near[0], near[1] = low, min(low + 1, last)
        weight[0], weight[1] = 1 - (p - low), p - low
        return 2
    left, right = p - side / 2, p + side / 2
    first, count = int(np.floor(left + 0.5)), int(side) + 2
    for k in range(count):
        here = first + k
        share = min(right, here + 0.5) - max(left, here - 0.5)
        weight[k] = min(max(share, 0.0), 1.0) / side
        near[k] = min(max(here, 0), last)
    return count


@compiled
def _total(flat: Any, frame: Any, near: Any, weight: Any, used: Any) -> Any:
    """Return the weighted sum of a neighborhood; what has no weight does not count, not even NaN."""
    total = 0.0
    for k in range(used[2]):
        for j in range(used[1]):
            share = weight[2, k] * weight[1, j]
            base = (near[2, k] * frame[1] + near[1, j]) * frame[2]
            for i in range(used[0]):
                part = share * weight[0, i]
                if part != 0:
                    total += part * np.float64(flat[base + near[0, i]])
    return f32(total)
