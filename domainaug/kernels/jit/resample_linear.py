"""Trilinear resampling: for each span of a row coordinates, indices, eight corners, three mixes, program, store."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.point import run
from domainaug.kernels.jit.resample_pairs import load_pair
from domainaug.kernels.jit.resample_rows import (
    ONE,
    SPAN,
    between,
    fill_with,
    lattice_line,
    lattice_plane,
    look,
    row_start,
)

__all__ = ["gather", "linear_rows", "store"]

i32, f32 = np.int32, np.float32
NONE, WHOLE = f32(0.0), f32(1.0)


@compiled
def linear_rows(
    flat: Any, frame: Any, out: Any, begin: int, end: int, matrix: Any, mesh: Any, level: bool, held: bool, fill: Any,
    ends: Any, shape: Any, programmed: bool, codes: Any, numbers: Any, counts: Any, index: Any, pairs: Any,
    corners: Any,
) -> None:  # fmt: skip
    """Resample rows begin to end, counted over all slices of the output.

    Args:
        flat: The volume as one row; where its width is 1, with one value more.
        frame: (3,) int64, depth, height and width of the volume.
        out: (D, H, W), written.
        begin: The first row.
        end: One beyond the last.
        matrix: (4, 4) float64.
        mesh: (3, gz, gy, gx) float32, or (3, 0, 0, 0).
        level: Whether a slice of the output lies in one plane of constant z.
        held: Whether the border is "replicate".
        fill: float32, what lies outside.
        ends: (2,) float32, see `store`.
        shape: (3,) int64, that of the output.
        programmed: Whether there is a program.
        codes: The program, see `point.run`.
        numbers: Likewise.
        counts: (2,) or (0,) int64, added to.
        index: (SPAN,) int32 or int64, to work in.
        pairs: (4, SPAN) integers as wide as two values, to work in.
        corners: (4, 2 * SPAN), the same memory in the type of the volume.
    """
    depth, height, width = frame[0], frame[1], frame[2]
    rows, columns = out.shape[1], out.shape[2]
    at, seen, start = np.empty(SPAN, np.float64), np.empty(SPAN, np.int32), np.empty(3, np.float64)
    wx, wy, wz = np.empty(SPAN, np.float32), np.empty(SPAN, np.float32), np.empty(SPAN, np.float32)
    values, spare = np.empty(SPAN, np.float32), np.empty(1024, np.float32)
    plane = np.zeros((3, mesh.shape[2], mesh.shape[3]), np.float64)
    line = np.zeros((3, mesh.shape[3]), np.float64)
    below, behind = width * min(1, height - 1), height * width * min(1, depth - 1)
    before, base, four, shown = -1, 0, False, 1
    for row in range(begin, end):
        z, y = row // rows, row % rows
        row_start(matrix, y, z, start)
        if mesh.size:
            if z != before:
                lattice_plane(mesh, plane, z, out.shape[0])
            lattice_line(plane, line, y, rows)
        if level and z != before:
            low, share, shown = between(start[2], depth, held)
            base, four = low * height * width, share == 0
            fill_with(wz, share)
        before = z
        for x in range(0, columns, SPAN):
            n = min(SPAN, columns - x)
            for i in range(i32(n)):
                index[i], seen[i] = 0, shown
            look(at, x, n, matrix[0, 0], start[0], line[0], columns, width, ONE, held, index, wx, seen)
            look(at, x, n, matrix[1, 0], start[1], line[1], columns, height, width, held, index, wy, seen)
            if not level:
                look(at, x, n, matrix[2, 0], start[2], line[2], columns, depth, height * width, held, index, wz, seen)
            gather(flat[base:], index, n, below, pairs)
            if four:  # the slice lies in one slice of the volume
                _mix4(corners, n, wx, wy, seen, fill, values)
            else:
                gather(flat[base + behind :], index, n, below, pairs[2:])
                _mix8(corners, n, wx, wy, wz, seen, fill, values)
            if programmed:
                run(values, n, ONE, codes, numbers, spare, x, y, z, shape, counts)
            store(values, n, out[z, y, x : x + n], ends[0], ends[1])


@compiled
def gather(flat: Any, index: Any, n: int, below: int, pairs: Any) -> None:
    """Collect four corners at each index: it and the voxel beside it, and the two below them."""
    here, there, under = pairs[0], pairs[1], flat[below:]
    for i in range(i32(n)):
        k = np.int64(index[i])
        here[i] = load_pair(flat, k)
        there[i] = load_pair(under, k)


@compiled
def _mixed(a: Any, b: Any, weight: Any) -> Any:
    """Return a + weight (b - a); what has no weight does not count, not even NaN."""
    v = a + weight * (b - a)
    v = b if weight == WHOLE else v
    return a if weight == NONE else v


@compiled
def _mix4(corners: Any, n: int, wx: Any, wy: Any, seen: Any, fill: Any, values: Any) -> None:
    c0, c1 = corners[0], corners[1]
    for i in range(i32(n)):
        left, right = i32(2) * i, i32(2) * i + i32(1)
        a, b = _mixed(f32(c0[left]), f32(c0[right]), wx[i]), _mixed(f32(c1[left]), f32(c1[right]), wx[i])
        v = _mixed(a, b, wy[i])
        values[i] = v if seen[i] != i32(0) else fill


@compiled
def _mix8(corners: Any, n: int, wx: Any, wy: Any, wz: Any, seen: Any, fill: Any, values: Any) -> None:
    c0, c1, c2, c3 = corners[0], corners[1], corners[2], corners[3]
    for i in range(i32(n)):
        left, right = i32(2) * i, i32(2) * i + i32(1)
        x, y = wx[i], wy[i]
        a, b = _mixed(f32(c0[left]), f32(c0[right]), x), _mixed(f32(c1[left]), f32(c1[right]), x)
        c, d = _mixed(f32(c2[left]), f32(c2[right]), x), _mixed(f32(c3[left]), f32(c3[right]), x)
        v = _mixed(_mixed(a, b, y), _mixed(c, d, y), wz[i])
        values[i] = v if seen[i] != i32(0) else fill


@compiled
def store(values: Any, n: int, out: Any, low: Any, high: Any) -> None:
    """Write values as a type holds them: rounded half to even and held within it; NaN becomes the low end.

    Args:
        values: (at least n,) float32.
        n: How many.
        out: (n,), written.
        low: float32, the least value of the type; -inf for float32 itself, which keeps every value.
        high: float32, the largest.
    """
    if low == -np.inf:
        for i in range(i32(n)):
            out[i] = values[i]
        return
    for i in range(i32(n)):
        v = np.rint(values[i])
        v = v if v > low else low
        v = v if v < high else high
        out[i] = i32(v)
