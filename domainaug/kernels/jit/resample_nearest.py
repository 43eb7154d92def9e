"""The nearest voxel, whatever its bits mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.resample_rows import (
    ONE,
    SPAN,
    all_within,
    between,
    interior,
    lattice_line,
    lattice_plane,
    row_coordinates,
    row_start,
)

__all__ = ["nearest_rows"]

i32, f32 = np.int32, np.float32
NO, YES = i32(0), i32(1)


@compiled
def nearest_rows(
    flat: Any, frame: Any, out: Any, begin: int, end: int, matrix: Any, mesh: Any, level: bool, held: bool, fill: Any,
    index: Any,
) -> None:  # fmt: skip
    """Give rows begin to end, counted over all slices of the output, the bits of the nearest voxel.

    Args:
        flat: The mask as one row, unsigned.
        frame: (3,) int64, depth, height and width of the mask.
        out: (D, H, W), written.
        begin: The first row.
        end: One beyond the last.
        matrix: (4, 4) float64.
        mesh: (3, gz, gy, gx) float32, or (3, 0, 0, 0).
        level: Whether a slice of the output lies in one plane of constant z.
        held: Whether the border is "replicate".
        fill: What lies outside.
        index: (SPAN,) int32 or int64, to work in.
    """
    depth, height, width = frame[0], frame[1], frame[2]
    rows, columns = out.shape[1], out.shape[2]
    at, seen, start = np.empty(SPAN, np.float64), np.empty(SPAN, np.int32), np.empty(3, np.float64)
    plane = np.zeros((3, mesh.shape[2], mesh.shape[3]), np.float64)
    line = np.zeros((3, mesh.shape[3]), np.float64)
    before, base, shown = -1, 0, 1
    for row in range(begin, end):
        z, y = row // rows, row % rows
        row_start(matrix, y, z, start)
        if mesh.size:
            if z != before:
                lattice_plane(mesh, plane, z, out.shape[0])
            lattice_line(plane, line, y, rows)
        if level and z != before:
            low, share, shown = between(start[2], depth, held)
            base = (low + int(share >= f32(0.5))) * height * width
        before = z
        for x in range(0, columns, SPAN):
            n = min(SPAN, columns - x)
            for i in range(i32(n)):
                index[i], seen[i] = 0, shown
            _look(at, x, n, matrix[0, 0], start[0], line[0], columns, width, ONE, held, index, seen)
            _look(at, x, n, matrix[1, 0], start[1], line[1], columns, height, width, held, index, seen)
            if not level:
                _look(
                    at, x, n, matrix[2, 0], start[2], line[2], columns, depth, height * width, held, index, seen
                )  # fmt: skip
            part, to = flat[base:], out[z, y, x : x + n]
            for i in range(i32(n)):
                to[i] = part[np.uint64(index[i])]
            for i in range(i32(n)):
                to[i] = to[i] if seen[i] != i32(0) else fill


@compiled
def _look(
    at: Any, begin: int, n: int, step: float, start: float, line: Any, width: int, length: int, stride: int,
    held: bool, index: Any, seen: Any,
) -> None:  # fmt: skip
    """Add the nearest voxel along an axis, the later one at .5; arguments as in `resample_rows.look`."""
    edge, wide = length - 0.5, index.dtype.type(stride)
    if line.size:
        row_coordinates(at, begin, n, step, start, line, width)
        inside, beyond = (0, n) if all_within(at, n, -0.5, edge) else (n, n)
    else:
        inside, beyond = interior(begin, n, step, start, -0.5, edge)
        row_coordinates(at, begin, inside, step, start, line, width)
        row_coordinates(at[beyond:], begin + beyond, n - beyond, step, start, line, width)
    _hold(at, inside, length, stride, held, index, seen)
    _hold(at[beyond:], n - beyond, length, stride, held, index[beyond:], seen[beyond:])
    count, index, at = i32(beyond - inside), index[inside:], at[inside:]
    if line.size:
        for i in range(count):
            index[i] += wide * index.dtype.type(i32(at[i] + 0.5))
        return
    origin = i32(begin + inside)
    for i in range(count):
        p = step * np.float64(origin + i) + start
        index[i] += wide * index.dtype.type(i32(p + 0.5))


@compiled
def _hold(at: Any, n: int, length: int, stride: int, held: bool, index: Any, seen: Any) -> None:
    last, edge, wide = np.float64(length - 1), np.float64(length) - 0.5, index.dtype.type(stride)
    for i in range(i32(n)):
        p = at[i]
        inside = YES if (p >= -0.5) & (p < edge) else NO
        q = p if p > 0.0 else 0.0
        q = q if q < last else last
        index[i] += wide * index.dtype.type(i32(q + 0.5))
        seen[i] = seen[i] & (inside | i32(held))
