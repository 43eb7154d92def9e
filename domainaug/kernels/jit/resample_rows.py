"""Where the voxels of a row look: coordinates, then indices and weights, each a loop that vectorizes.

Coordinates are float64: float32 is off by 3e-5 voxel at index 512, which is 0.03 of 1000 where neighbors differ
by 1000. They leave this file as an index into memory and a float32 weight from 0 to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["ONE", "SPAN", "all_within", "between", "fill_with", "interior", "lattice_line", "lattice_plane", "look",
           "row_coordinates", "row_start"]  # fmt: skip

SPAN = 512
"""Most voxels of a row that are done at once: the buffers stay in the first cache."""

ONE = np.int64(1)
"""To hand to a compiled function: a literal 1 would be a type of its own, and everything compiled once more."""

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
    done = i32(0)
    for j in range(first, cells):  # within a cell the displacement is one cubic polynomial
        c0, c1, c2, c3 = line[j], line[j + 1], line[j + 2], line[j + 3]
        a0, a1 = (c0 + 4 * c1 + c2) / 6 + start, (c2 - c0) / 2
        a2, a3 = (c0 - 2 * c1 + c2) / 2, (c3 - c0 + 3 * (c1 - c2)) / 6
        end = width if j == cells - 1 else int(np.ceil((j + 1) / pace))
        count = i32(min(end - begin, n) - done)
        origin, part, behind = np.float64(begin + done), at[done:], np.float64(j)
        for i in range(count):
            x = origin + np.float64(i)
            t = x * pace - behind
            part[i] = step * x + (a0 + t * (a1 + t * (a2 + t * a3)))
        done = i32(done + max(count, i32(0)))


@compiled
def row_start(matrix: Any, y: int, z: int, start: Any) -> None:
    """Write where voxel 0 of row y of slice z looks before any mesh, along x, y and z."""
    for axis in range(3):
        start[axis] = matrix[axis, 1] * y + (matrix[axis, 2] * z + matrix[axis, 3])


@compiled
def fill_with(values: Any, value: Any) -> None:
    """Write one value everywhere."""
    for i in range(i32(values.size)):
        values[i] = value


@compiled
def between(at: float, length: int, held: bool) -> tuple[int, Any, int]:
    """Return for one coordinate the voxel below it, the share of the next one, and 1 if it is seen, else 0."""
    inside = (at >= -0.5) & (at < length - 0.5)
    q = min(max(at, 0.0), length - 1.0) if inside or held else 0.0
    low = int(q)
    return low, f32(q - low), 1 if inside or held else 0


@compiled
def look(
    at: Any, begin: int, n: int, step: float, start: float, line: Any, width: int, length: int, stride: int,
    held: bool, index: Any, weight: Any, seen: Any,
) -> None:  # fmt: skip
    """Turn one coordinate of voxels begin to begin + n of a row into memory and weights, added to what others gave.

    Args:
        at: (at least n,) float64, to work in.
        begin: The first voxel.
        n: How many.
        step: As in `row_coordinates`.
        start: Likewise.
        line: Likewise.
        width: Likewise.
        length: Voxels of the input along the axis.
        stride: Distance of neighbors along the axis in memory.
        held: Whether the outermost voxels go on outside the frame.
        index: (at least n,) added to: the voxel below each coordinate, the last but one at most. Its type, int32
            or int64, is the one the indices are counted in.
        weight: (at least n,) float32, written: the share of the voxel above.
        seen: (at least n,) int32, set to 0 where the coordinate is outside [-0.5, length - 0.5).
    """
    if line.size:
        row_coordinates(at, begin, n, step, start, line, width)
        inside, beyond = (0, n) if all_within(at, n, 0.0, length - 1.0) else (n, n)
    else:
        inside, beyond = interior(begin, n, step, start, 0.0, length - 1.0)
        row_coordinates(at, begin, inside, step, start, line, width)
        row_coordinates(at[beyond:], begin + beyond, n - beyond, step, start, line, width)
    _hold(at, inside, length, stride, held, index, weight, seen)
    _hold(at[beyond:], n - beyond, length, stride, held, index[beyond:], weight[beyond:], seen[beyond:])
    wide, count = index.dtype.type(stride), i32(beyond - inside)
    index, weight, at = index[inside:], weight[inside:], at[inside:]
    if line.size:
        for i in range(count):
            low = i32(at[i])
            weight[i] = f32(at[i] - np.float64(low))
            index[i] += wide * index.dtype.type(low)
        return
    origin = i32(begin + inside)
    for i in range(count):  # most of a straight row: nothing to hold, nothing to remember
        p = step * np.float64(origin + i) + start
        low = i32(p)
        weight[i] = f32(p - np.float64(low))
        index[i] += wide * index.dtype.type(low)


@compiled
def interior(begin: int, n: int, step: float, start: float, low: float, high: float) -> Any:
    """Return the first and one beyond the last of n voxels whose coordinates are surely in [low, high)."""
    if step == 0:
        return (0, n) if low <= start < high else (n, n)
    one, other = (low - start) / step - begin, (high - start) / step - begin
    first = min(max(np.ceil(min(one, other)) + 1, 0.0), float(n))  # one voxel short of where rounding could matter
    final = min(max(np.floor(max(one, other)), 0.0), float(n))
    return (int(first), int(final)) if first < final else (n, n)


@compiled
def _hold(at: Any, n: int, length: int, stride: int, held: bool, index: Any, weight: Any, seen: Any) -> None:
    """Add voxels whose coordinates may be outside; NaN counts as outside."""
    last, edge, wide = np.float64(length - 1), np.float64(length) - 0.5, index.dtype.type(stride)
    top = i32(max(length - 2, 0))
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


@compiled
def all_within(at: Any, n: int, low: float, high: float) -> bool:
    """Whether every coordinate is in [low, high)."""
    found = i32(0)
    for i in range(i32(n)):
        found += i32((at[i] >= low) & (at[i] < high))
    return bool(found == i32(n))
