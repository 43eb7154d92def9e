"""Where the voxels of a row look: coordinates, then indices and weights, each a loop that vectorizes.

Coordinates are float64: float32 is off by 3e-5 voxel at index 512, which is 0.03 of 1000 where neighbors differ
by 1000. They leave this file as an index into memory and a float32 weight from 0 to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["SPAN", "lattice_line", "lattice_plane", "place", "row_coordinates"]

SPAN = 512
"""Most voxels of a row that are done at once: the buffers stay in the first cache."""

i32, f32 = np.int32, np.float32
NO, YES = i32(0), i32(1)


@compiled
def lattice_plane(mesh: Any, plane: Any, z: int, depth: int) -> None:
    """Sum the control points (3, gz, gy, gx) around slice z of an output of `depth` slices into (3, gy, gx)."""
    taps = np.empty(4, np.float64)
    cell = _taps(z, depth, mesh.shape[1], taps)
    for c in range(3):
        for j in range(mesh.shape[2]):
            for i in range(mesh.shape[3]):
                total = 0.0
                for k in range(4):
                    total += taps[k] * np.float64(mesh[c, cell + k, j, i])
                plane[c, j, i] = total


@compiled
def lattice_line(plane: Any, line: Any, y: int, height: int) -> None:
    """Sum the control points (3, gy, gx) around row y of an output of `height` rows into (3, gx)."""
    taps = np.empty(4, np.float64)
    cell = _taps(y, height, plane.shape[1], taps)
    for c in range(3):
        for i in range(plane.shape[2]):
            total = 0.0
            for k in range(4):
                total += taps[k] * plane[c, cell + k, i]
            line[c, i] = total


@compiled
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


@compiled
def row_coordinates(at: Any, begin: int, n: int, step: float, start: float, line: Any, width: int) -> None:
    """Write one coordinate of voxels begin to begin + n of a row.

    Args:
        at: (at least n,) float64, written.
        begin: The first voxel.
        n: How many.
        step: How much the coordinate grows from voxel to voxel.
        start: The coordinate at voxel 0.
        line: (gx,) control points along the row, whose spline is added; (0,) for none.
        width: Voxels in the whole row.
    """
    if line.size == 0:
        for i in range(i32(n)):
            at[i] = step * np.float64(i32(begin) + i) + start
        return
    cells = line.size - 3 if width > 1 else 1
    pace = cells / max(width - 1, 1) if width > 1 else 0.0
    first = min(int(begin * pace), cells - 1)
    i = i32(0)
    for j in range(first, cells):  # within a cell the displacement is one cubic polynomial
        c0, c1, c2, c3 = line[j], line[j + 1], line[j + 2], line[j + 3]
        a0, a1 = (c0 + 4 * c1 + c2) / 6, (c2 - c0) / 2
        a2, a3 = (c0 - 2 * c1 + c2) / 2, (c3 - c0 + 3 * (c1 - c2)) / 6
        end = width if j == cells - 1 else int(np.ceil((j + 1) / pace))
        end = min(end, begin + n) - begin
        behind = np.float64(j)
        for k in range(i, i32(end)):
            x = np.float64(i32(begin) + k)
            t = x * pace - behind
            at[k] = step * x + start + (a0 + t * (a1 + t * (a2 + t * a3)))
        i = max(i, i32(end))


@compiled
def place(at: Any, n: int, length: int, stride: int, held: bool, index: Any, weight: Any, seen: Any) -> None:
    """Turn coordinates along an axis into memory and weights, and add them to what other axes gave.

    Args:
        at: (at least n,) float64 coordinates; NaN counts as 0.
        n: How many.
        length: Voxels along the axis.
        stride: Distance of neighbors along the axis in memory.
        held: Whether the outermost voxels go on outside the frame.
        index: (at least n,) added to: the voxel below each coordinate, the last but one at most. Its type, int32
            or int64, is the one the indices are counted in.
        weight: (at least n,) float32, written: the share of the voxel above.
        seen: (at least n,) int32, set to 0 where the coordinate is outside [-0.5, length - 0.5).
    """
    last, edge = np.float64(length - 1), np.float64(length) - 0.5
    top = i32(max(length - 2, 0))
    wide = index.dtype.type(stride)
    for i in range(i32(n)):
        p = at[i]
        inside = YES if (p >= -0.5) & (p < edge) else NO
        q = p if p > 0.0 else 0.0
        q = q if q < last else last
        low = i32(q)
        low = low if low < top else top
        weight[i] = f32(q - np.float64(low))
        index[i] += wide * index.dtype.type(low)
        seen[i] = seen[i] & (inside | i32(held))
