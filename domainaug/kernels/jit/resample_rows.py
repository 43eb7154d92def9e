"""Where the voxels of a row look: indices and weights along all three axes, in one loop that vectorizes.

Along a row each coordinate is a polynomial: a straight one of the matrix, and within a cell of a mesh a cubic one. So
a row is a list of pieces, and no coordinate is ever held in memory.

Coordinates are float64: float32 is off by 3e-5 voxel at index 512, which is 0.03 of 1000 where neighbors differ
by 1000. They leave this file as an index into memory and float32 weights from 0 to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug.kernels.volume_map import VolumeMap

__all__ = ["ONE", "SPAN", "cut", "interior", "lattice_plane", "locate", "room", "row_coordinates", "row_pieces"]

SPAN = 512
"""Most voxels of a row that are done at once: the buffers stay in the first cache."""

ONE = np.int64(1)
"""To hand to a compiled function: a literal 1 would be a type of its own, and everything compiled once more."""

i32, f32, f64, u64 = np.int32, np.float32, np.float64, np.uint64
NO, YES = i32(0), i32(1)
SLACK = 1e-6
"""Voxels that the unchecked loop keeps from the last voxel, so that no rounding leads beyond it."""
FAR = 1e8
"""Voxels that the first of a row, and a straight row from end to end, stay below, or every voxel is checked.

A place in the frame is then off by less than SLACK: where it enters and leaves is one quotient, where it lies one
product and one sum, which makes three roundings of 1.1e-16 of a number below FAR and the frame, 3e-8 voxel. A bent
row is held to the frame from its first voxel on, and so is every term of its sum.
"""


def cut(volume_map: VolumeMap) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return what a mesh adds to the coordinates along a row, as polynomials.

    Returns:
        mesh: (gz, gy, pieces * 3 * 4) float64: for each control point along z and y, piece of a row and axis x, y, z
            the polynomial in voxels from the first of the piece, lowest power first; (0, 0, 12) for none.
        edges: (pieces + 1,) int64, the first voxel of each piece, and the number of voxels.
    """
    width = volume_map.shape[2]
    if volume_map.mesh is None or not volume_map.mesh.any():
        return np.zeros((0, 0, 12)), np.array([0, width], np.int64)
    control = volume_map.mesh.astype(np.float64)
    cells = control.shape[3] - 3
    pace = cells / max(width - 1, 1)
    edges = np.minimum(np.ceil(np.arange(cells + 1) / pace), width).astype(np.int64)
    edges[-1] = width
    c0, c1, c2, c3 = (control[..., k : k + cells] for k in range(4))
    a0, a1, a2, a3 = (c0 + 4 * c1 + c2) / 6, (c2 - c0) / 2, (c0 - 2 * c1 + c2) / 2, (c3 - c0 + 3 * (c1 - c2)) / 6
    t = edges[:-1] * pace - np.arange(cells)
    moved = np.stack(
        [a0 + t * (a1 + t * (a2 + t * a3)), pace * (a1 + t * (2 * a2 + t * 3 * a3)), pace**2 * (a2 + 3 * t * a3),
         pace**3 * a3], axis=-1,
    )  # fmt: skip
    along = moved.transpose(1, 2, 3, 0, 4)  # (gz, gy, pieces, axes, powers)
    return np.ascontiguousarray(along).reshape(*along.shape[:2], -1), edges


def room(mesh: NDArray[np.float64], edges: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
    """Return arrays to work in: the polynomials around a slice, those of a row, and four weights."""
    return np.empty(mesh.shape[1:]), np.empty(12 * (edges.size - 1)), np.empty(4)


@compiled(borrows=True)
def lattice_plane(mesh: Any, plane: Any, z: int, depth: int, taps: Any) -> None:
    """Sum the polynomials (gz, gy, k) around slice z of an output of `depth` slices into (gy, k)."""
    cell = _taps(z, depth, mesh.shape[0], taps)
    for j in range(plane.shape[0]):
        for i in range(i32(plane.shape[1])):
            low = taps[0] * mesh[cell, j, i] + taps[1] * mesh[cell + 1, j, i]
            plane[j, i] = low + (taps[2] * mesh[cell + 2, j, i] + taps[3] * mesh[cell + 3, j, i])


@compiled(borrows=True)
def row_pieces(plane: Any, edges: Any, matrix: Any, z: int, y: int, height: int, taps: Any, poly: Any) -> None:
    """Write the polynomials of row y of slice z of an output of `height` rows.

    Args:
        plane: What `lattice_plane` wrote; (0, k) for no mesh.
        edges: As `cut` makes them.
        matrix: (4, 4) float64.
        z: The slice.
        y: The row.
        height: How many rows a slice has.
        taps: (4,) float64, to work in.
        poly: (pieces * 12,) float64, written: for each piece, along x, y and z, four factors, lowest power first.
    """
    cell = _taps(y, height, plane.shape[0], taps) if plane.size else 0
    for i in range(i32(plane.shape[1]) if plane.size else NO):
        low = taps[0] * plane[cell, i] + taps[1] * plane[cell + 1, i]
        poly[i] = low + (taps[2] * plane[cell + 2, i] + taps[3] * plane[cell + 3, i])
    for axis in range(3):
        step = matrix[axis, 0]
        start = matrix[axis, 1] * y + (matrix[axis, 2] * z + matrix[axis, 3])
        if plane.size == 0:
            k = 4 * axis
            poly[k], poly[k + 1], poly[k + 2], poly[k + 3] = start, step, 0.0, 0.0
            continue
        for j in range(edges.size - 1):
            k = 12 * j + 4 * axis
            poly[k] += step * edges[j] + start
            poly[k + 1] += step


@compiled(borrows=True)
def _taps(position: int, n: int, control: int, taps: Any) -> int:
    """Write the weights of the four control points at work at a position; return the first of them."""
    along = position * ((control - 3) / max(n - 1, 1))
    cell = min(int(along), control - 4)
    t = along - cell
    taps[0] = (1 - t) ** 3 / 6
    taps[1] = (4 + t * t * (3 * t - 6)) / 6
    taps[2] = (1 + t * (3 + t * (3 - 3 * t))) / 6
    taps[3] = t**3 / 6
    return cell


@compiled(borrows=True)
def row_coordinates(poly: Any, edges: Any, begin: int, n: int, at: Any) -> None:
    """Write the coordinates of voxels begin to begin + n of a row into `at`, (3, at least n) float64."""
    for j in range(edges.size - 1):
        first, last = max(begin, edges[j]), min(begin + n, edges[j + 1])
        for axis in range(3):
            k = 12 * j + 4 * axis
            for x in range(first, last):
                t = f64(x - edges[j])
                at[axis, x - begin] = poly[k] + t * (poly[k + 1] + t * (poly[k + 2] + t * poly[k + 3]))


@compiled(borrows=True)
def locate(
    poly: Any, edges: Any, begin: int, n: int, frame: Any, held: bool, index: Any, share: Any, seen: Any
) -> None:
    """Write where voxels begin to begin + n of a row look.

    Args:
        poly: What `row_pieces` wrote.
        edges: As `cut` makes them.
        begin: The first voxel.
        n: How many.
        frame: (3,) int64, depth, height and width of the input.
        held: Whether the outermost voxels go on outside the frame.
        index: (at least n,) written: the voxel below each coordinate, the last but one at most. Its type, int32 or
            int64, is the one the indices are counted in.
        share: (3, at least n) float32, written: the share of the voxel above along x, y and z.
        seen: (at least n,) int32, written: 0 where a coordinate is outside [-0.5, length - 0.5), else 1.
    """
    for j in range(edges.size - 1):
        first, last = max(begin, edges[j]), min(begin + n, edges[j + 1])
        if first >= last:
            continue
        a, d = first - edges[j], last - edges[j]
        b, c = interior(poly, 12 * j, a, d, frame, 0.0)
        to = edges[j] - begin
        if b > a:
            _hold(poly, 12 * j, a, b, frame, held, to, index, share, seen)
        if c > b:
            _inner(poly, 12 * j, b, c, frame, to, index, share, seen)
        if d > c:
            _hold(poly, 12 * j, c, d, frame, held, to, index, share, seen)


@compiled(borrows=True)
def interior(poly: Any, k: int, begin: int, end: int, frame: Any, margin: float) -> Any:
    """Return the first and one beyond the last of a run of voxels surely within the frame and a margin.

    Of a bent piece all or none, by the control points of the curve, which lies between them.

    Args:
        poly: What `row_pieces` wrote.
        k: Where the piece begins in it.
        begin: The first voxel, counted from the first of the piece.
        end: One beyond the last.
        frame: (3,) int64, depth, height and width of the input.
        margin: How far outside the outermost voxels is still within.
    """
    low, high = f64(begin), f64(end)
    for axis in range(3):
        p0, p1, p2, p3 = poly[k + 4 * axis], poly[k + 4 * axis + 1], poly[k + 4 * axis + 2], poly[k + 4 * axis + 3]
        least, most = -margin, frame[2 - axis] - 1 + margin - SLACK
        if not (abs(p0) < FAR and abs(p1 * end) < FAR):  # what overflowed is infinite or NaN, and beyond
            return end, end
        if p2 == 0 and p3 == 0 and p1 != 0:
            one, other = (least - p0) / p1, (most - p0) / p1
            low, high = max(low, np.ceil(min(one, other))), min(high, np.floor(max(one, other)) + 1)
            continue
        t = f64(end)
        p1, p2, p3 = p1 * t, p2 * t * t, p3 * t * t * t
        q1, q2, q3 = p0 + p1 / 3, p0 + (2 * p1 + p2) / 3, p0 + p1 + p2 + p3
        if not (min(min(p0, q1), min(q2, q3)) >= least and max(max(p0, q1), max(q2, q3)) < most):
            return end, end
    return (int(low), int(high)) if low < high else (end, end)


@compiled(fastmath={"contract"}, borrows=True)
def _inner(poly: Any, k: int, begin: int, end: int, frame: Any, to: int, index: Any, share: Any, seen: Any) -> None:
    """Do most of a row: nothing to hold."""
    x0, x1, x2, x3 = poly[k], poly[k + 1], poly[k + 2], poly[k + 3]
    y0, y1, y2, y3 = poly[k + 4], poly[k + 5], poly[k + 6], poly[k + 7]
    z0, z1, z2, z3 = poly[k + 8], poly[k + 9], poly[k + 10], poly[k + 11]
    wide = index.dtype.type
    row, plane = wide(frame[2]), wide(frame[1] * frame[2])
    for i in range(i32(begin), i32(end)):
        t, here = f64(i), u64(to + i)  # unsigned: a number below zero would count from the end
        x = x0 + t * (x1 + t * (x2 + t * x3))
        y = y0 + t * (y1 + t * (y2 + t * y3))
        z = z0 + t * (z1 + t * (z2 + t * z3))
        ix, iy, iz = i32(x), i32(y), i32(z)
        share[0, here], share[1, here], share[2, here] = f32(x - f64(ix)), f32(y - f64(iy)), f32(z - f64(iz))
        index[here] = wide(wide(iz) * plane) + wide(wide(wide(iy) * row) + wide(ix))
        seen[here] = YES


@compiled(fastmath={"contract"}, borrows=True)
def _hold(
    poly: Any, k: int, begin: int, end: int, frame: Any, held: bool, to: int, index: Any, share: Any, seen: Any
) -> None:
    """Do voxels whose coordinates may be outside; NaN counts as outside."""
    x0, x1, x2, x3 = poly[k], poly[k + 1], poly[k + 2], poly[k + 3]
    y0, y1, y2, y3 = poly[k + 4], poly[k + 5], poly[k + 6], poly[k + 7]
    z0, z1, z2, z3 = poly[k + 8], poly[k + 9], poly[k + 10], poly[k + 11]
    wide, always = index.dtype.type, i32(held)
    row, plane = wide(frame[2]), wide(frame[1] * frame[2])
    right, bottom, back = f64(frame[2] - 1), f64(frame[1] - 1), f64(frame[0] - 1)
    rightmost, lowest, last = i32(max(frame[2] - 2, 0)), i32(max(frame[1] - 2, 0)), i32(max(frame[0] - 2, 0))
    edge_x, edge_y, edge_z = right + 0.5, bottom + 0.5, back + 0.5
    for i in range(i32(begin), i32(end)):
        t, here = f64(i), u64(to + i)  # unsigned: a number below zero would count from the end
        x = x0 + t * (x1 + t * (x2 + t * x3))
        y = y0 + t * (y1 + t * (y2 + t * y3))
        z = z0 + t * (z1 + t * (z2 + t * z3))
        inside = (x >= -0.5) & (x < edge_x) & (y >= -0.5) & (y < edge_y) & (z >= -0.5) & (z < edge_z)
        x = x if x > 0.0 else 0.0
        y = y if y > 0.0 else 0.0
        z = z if z > 0.0 else 0.0
        x = x if x < right else right
        y = y if y < bottom else bottom
        z = z if z < back else back
        ix, iy, iz = i32(x), i32(y), i32(z)
        ix = ix if ix < rightmost else rightmost
        iy = iy if iy < lowest else lowest
        iz = iz if iz < last else last
        share[0, here], share[1, here], share[2, here] = f32(x - f64(ix)), f32(y - f64(iy)), f32(z - f64(iz))
        index[here] = wide(wide(iz) * plane) + wide(wide(wide(iy) * row) + wide(ix))
        seen[here] = i32(inside) | always
