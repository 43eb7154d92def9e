"""Trilinear resampling: for each span of a row coordinates, indices, eight corners, three mixes, program, store."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.point import run
from domainaug.kernels.jit.resample_pairs import load_pair
from domainaug.kernels.jit.resample_rows import ONE, SPAN, lattice_plane, locate, row_pieces

__all__ = ["gather", "linear_rows", "store"]

i32, f32 = np.int32, np.float32
NONE, WHOLE = f32(0.0), f32(1.0)
NO = i32(0)


@compiled(borrows=True)
def linear_rows(
    flat: Any, frame: Any, out: Any, begin: int, end: int, matrix: Any, mesh: Any, edges: Any, level: bool, held: bool,
    fill: Any, ends: Any, shape: Any, programmed: bool, codes: Any, numbers: Any, counts: Any, plane: Any, poly: Any,
    taps: Any, index: Any, seen: Any, share: Any, pairs: Any, corners: Any, values: Any, spare: Any,
) -> None:  # fmt: skip
    """Resample rows begin to end, counted over all slices of the output.

    Args:
        flat: The volume as one row; where its width is 1, with one value more.
        frame: (3,) int64, depth, height and width of the volume.
        out: (D, H, W), written.
        begin: The first row.
        end: One beyond the last.
        matrix: (4, 4) float64.
        mesh: As `resample_rows.cut` makes it.
        edges: Likewise.
        level: Whether a slice of the output lies in one plane of constant z.
        held: Whether the border is "replicate".
        fill: float32, what lies outside.
        ends: (2,) float32, see `store`.
        shape: (3,) int64, that of the output.
        programmed: Whether there is a program.
        codes: The program, see `point.run`.
        numbers: Likewise.
        counts: (2,) or (0,) int64, added to.
        plane: To work in, as `resample_rows.room` makes it.
        poly: Likewise.
        taps: Likewise.
        index: (SPAN,) int32 or int64, to work in.
        seen: (SPAN,) int32, to work in.
        share: (3, SPAN) float32, to work in.
        pairs: (4, SPAN) integers as wide as two values, to work in.
        corners: (4, 2 * SPAN), the same memory in the type of the volume.
        values: (SPAN,) float32, to work in.
        spare: (ROOM,) float32, to work in.
    """
    depth, height, width = frame[0], frame[1], frame[2]
    rows, columns = out.shape[1], out.shape[2]
    below, behind = width * min(1, height - 1), height * width * min(1, depth - 1)
    before = -1
    for row in range(begin, end):
        z, y = row // rows, row % rows
        if mesh.size and z != before:
            lattice_plane(mesh, plane, z, out.shape[0], taps)
        before = z
        row_pieces(plane, edges, matrix, z, y, rows, taps, poly)
        for x in range(0, columns, SPAN):
            n = min(SPAN, columns - x)
            locate(poly, edges, x, n, frame, held, index, share, seen)
            gather(flat, index, n, 0, below, pairs, 0)
            four = level and share[2, 0] == NONE  # the slice lies in one slice of the volume
            if four:
                unknown = _mix4(corners, n, share, seen, fill, values)
            else:
                gather(flat, index, n, behind, below, pairs, 2)
                unknown = _mix8(corners, n, share, seen, fill, values)
            if unknown:
                _again(corners, n, four, share, seen, values)
            if programmed:
                run(values, n, ONE, codes, numbers, spare, x, y, z, shape, counts)
            store(values, n, out[z, y, x : x + n], ends[0], ends[1])


@compiled(borrows=True)
def gather(flat: Any, index: Any, n: int, skip: int, below: int, pairs: Any, to: int) -> None:
    """Collect four corners `skip` behind each index: that and the voxel beside it, and the two below them.

    In two loops, as stores that take turns between two places in memory take twice as long.
    """
    for i in range(i32(n)):
        pairs[to, i] = load_pair(flat, np.int64(index[i]) + skip)
    for i in range(i32(n)):
        pairs[to + 1, i] = load_pair(flat, np.int64(index[i]) + (skip + below))


@compiled(fastmath={"contract"}, borrows=True)
def _mixed(a: Any, b: Any, weight: Any) -> Any:
    """Return a + weight (b - a), in two steps of which both are exact where the weight is 0 or 1."""
    return (a - weight * a) + weight * b


@compiled(fastmath={"contract"}, borrows=True)
def _mix4(corners: Any, n: int, share: Any, seen: Any, fill: Any, values: Any) -> bool:
    """Mix the corners of n squares; return whether there is a NaN, which may count too much."""
    unknown = NO
    for i in range(i32(n)):
        left, right = i32(2) * i, i32(2) * i + i32(1)
        a = _mixed(f32(corners[0, left]), f32(corners[0, right]), share[0, i])
        b = _mixed(f32(corners[1, left]), f32(corners[1, right]), share[0, i])
        v = _mixed(a, b, share[1, i])
        unknown = i32(unknown | i32(v != v))
        values[i] = v if seen[i] != NO else fill
    return bool(unknown != NO)


@compiled(fastmath={"contract"}, borrows=True)
def _mix8(corners: Any, n: int, share: Any, seen: Any, fill: Any, values: Any) -> bool:
    """Mix the corners of n cubes, likewise."""
    unknown = NO
    for i in range(i32(n)):
        left, right = i32(2) * i, i32(2) * i + i32(1)
        x, y = share[0, i], share[1, i]
        a = _mixed(f32(corners[0, left]), f32(corners[0, right]), x)
        b = _mixed(f32(corners[1, left]), f32(corners[1, right]), x)
        c = _mixed(f32(corners[2, left]), f32(corners[2, right]), x)
        d = _mixed(f32(corners[3, left]), f32(corners[3, right]), x)
        v = _mixed(_mixed(a, b, y), _mixed(c, d, y), share[2, i])
        unknown = i32(unknown | i32(v != v))
        values[i] = v if seen[i] != NO else fill
    return bool(unknown != NO)


@compiled(borrows=True)
def _again(corners: Any, n: int, four: bool, share: Any, seen: Any, values: Any) -> None:
    """Mix once more what became NaN: what has no weight does not count."""
    for i in range(n):
        if values[i] == values[i] or seen[i] == NO:
            continue
        total = NONE
        for k in range(2 if four else 4):
            part = share[1, i] if k & 1 else WHOLE - share[1, i]
            if not four:
                part *= share[2, i] if k & 2 else WHOLE - share[2, i]
            for side in range(2):
                own = part * (share[0, i] if side else WHOLE - share[0, i])
                total += own * f32(corners[k, 2 * i + side]) if own != NONE else NONE
        values[i] = total


@compiled(borrows=True)
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
