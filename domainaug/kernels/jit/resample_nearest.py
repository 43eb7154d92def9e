"""The nearest voxel, whatever its bits mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.resample_rows import SPAN, interior, lattice_plane, row_pieces

__all__ = ["nearest_rows"]

i32, f64, u64 = np.int32, np.float64, np.uint64
YES = i32(1)


@compiled(borrows=True)
def nearest_rows(
    flat: Any, frame: Any, out: Any, begin: int, end: int, matrix: Any, mesh: Any, edges: Any, held: bool, fill: Any,
    plane: Any, poly: Any, taps: Any, index: Any, seen: Any,
) -> None:  # fmt: skip
    """Give rows begin to end, counted over all slices of the output, the bits of the nearest voxel.

    Args:
        flat: The mask as one row, unsigned.
        frame: (3,) int64, depth, height and width of the mask.
        out: (D, H, W), written.
        begin: The first row.
        end: One beyond the last.
        matrix: (4, 4) float64.
        mesh: As `resample_rows.cut` makes it.
        edges: Likewise.
        held: Whether the border is "replicate".
        fill: What lies outside.
        plane: To work in, as `resample_rows.room` makes it.
        poly: Likewise.
        taps: Likewise.
        index: (SPAN,) int32 or int64, to work in.
        seen: (SPAN,) int32, to work in.
    """
    rows, columns = out.shape[1], out.shape[2]
    before = -1
    for row in range(begin, end):
        z, y = row // rows, row % rows
        if mesh.size and z != before:
            lattice_plane(mesh, plane, z, out.shape[0], taps)
        before = z
        row_pieces(plane, edges, matrix, z, y, rows, taps, poly)
        for x in range(0, columns, SPAN):
            n = min(SPAN, columns - x)
            _locate(poly, edges, x, n, frame, held, index, seen)
            to = out[z, y, x : x + n]
            for i in range(i32(n)):
                to[i] = flat[np.uint64(index[i])]
            for i in range(i32(n)):
                to[i] = to[i] if seen[i] != i32(0) else fill


@compiled(borrows=True)
def _locate(poly: Any, edges: Any, begin: int, n: int, frame: Any, held: bool, index: Any, seen: Any) -> None:
    """Write the voxel nearest to each of a row, the later one at .5; arguments as in `resample_rows.locate`."""
    for j in range(edges.size - 1):
        first, last = max(begin, edges[j]), min(begin + n, edges[j + 1])
        if first >= last:
            continue
        a, d = first - edges[j], last - edges[j]
        b, c = interior(poly, 12 * j, a, d, frame, 0.5)
        to = edges[j] - begin
        if b > a:
            _hold(poly, 12 * j, a, b, frame, held, to, index, seen)
        if c > b:
            _inner(poly, 12 * j, b, c, frame, to, index, seen)
        if d > c:
            _hold(poly, 12 * j, c, d, frame, held, to, index, seen)


@compiled(fastmath={"contract"}, borrows=True)
def _inner(poly: Any, k: int, begin: int, end: int, frame: Any, to: int, index: Any, seen: Any) -> None:
    """Do most of a row: nothing to hold."""
    x0, x1, x2, x3 = poly[k] + 0.5, poly[k + 1], poly[k + 2], poly[k + 3]
    y0, y1, y2, y3 = poly[k + 4] + 0.5, poly[k + 5], poly[k + 6], poly[k + 7]
    z0, z1, z2, z3 = poly[k + 8] + 0.5, poly[k + 9], poly[k + 10], poly[k + 11]
    wide = index.dtype.type
    row, plane = wide(frame[2]), wide(frame[1] * frame[2])
    for i in range(i32(begin), i32(end)):
        t, here = f64(i), u64(to + i)  # unsigned: a number below zero would count from the end
        x = i32(x0 + t * (x1 + t * (x2 + t * x3)))
        y = i32(y0 + t * (y1 + t * (y2 + t * y3)))
        z = i32(z0 + t * (z1 + t * (z2 + t * z3)))
        index[here] = wide(wide(z) * plane) + wide(wide(wide(y) * row) + wide(x))
        seen[here] = YES


@compiled(fastmath={"contract"}, borrows=True)
def _hold(poly: Any, k: int, begin: int, end: int, frame: Any, held: bool, to: int, index: Any, seen: Any) -> None:
    """Do voxels whose coordinates may be outside; NaN counts as outside."""
    x0, x1, x2, x3 = poly[k] + 0.5, poly[k + 1], poly[k + 2], poly[k + 3]
    y0, y1, y2, y3 = poly[k + 4] + 0.5, poly[k + 5], poly[k + 6], poly[k + 7]
    z0, z1, z2, z3 = poly[k + 8] + 0.5, poly[k + 9], poly[k + 10], poly[k + 11]
    wide, always = index.dtype.type, i32(held)
    row, plane = wide(frame[2]), wide(frame[1] * frame[2])
    depth, height, width = f64(frame[0]), f64(frame[1]), f64(frame[2])
    right, bottom, back = width - 0.5, height - 0.5, depth - 0.5
    for i in range(i32(begin), i32(end)):
        t, here = f64(i), u64(to + i)  # unsigned: a number below zero would count from the end
        x = x0 + t * (x1 + t * (x2 + t * x3))
        y = y0 + t * (y1 + t * (y2 + t * y3))
        z = z0 + t * (z1 + t * (z2 + t * z3))
        inside = (x >= 0.0) & (x < width) & (y >= 0.0) & (y < height) & (z >= 0.0) & (z < depth)
        x = x if x > 0.0 else 0.0
        y = y if y > 0.0 else 0.0
        z = z if z > 0.0 else 0.0
        x = x if x < right else right
        y = y if y < bottom else bottom
        z = z if z < back else back
        index[here] = wide(wide(i32(z)) * plane) + wide(wide(wide(i32(y)) * row) + wide(i32(x)))
        seen[here] = i32(inside) | always
