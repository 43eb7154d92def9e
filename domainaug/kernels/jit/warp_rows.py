"""Where the pixels of an output row look, compiled: stage after stage over buffers of coordinates.

Coordinates are float64, which costs little here and keeps them exact to 1e-9 pixel in any picture; what is left of
them after the whole pixel is float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug.kernels.maps import Field, Mesh, PixelMap

__all__ = [
    "AFFINE",
    "BORDERS",
    "PackedMap",
    "fringe",
    "inner",
    "pack",
    "plain_matrix",
    "settle",
    "span",
    "split",
    "trace",
]

AFFINE, PROJECTIVE, FIELD, MESH = range(4)
BORDERS = ("constant", "replicate", "reflect", "wrap", "reflect101")
CONSTANT, REPLICATE, REFLECT, WRAP, REFLECT101 = range(5)

i32, i64, f32, f64 = np.int32, np.int64, np.float32, np.float64
FRACTION, WHOLE, HALVED, UNIT = i64(0xFFFFFFFF), i64(32), i64(1), f32(2.0**-31)
EDGE = 1e-5  # pixels that the unchecked loop keeps from the border
FAR = 1e8  # pixels: sums of such numbers are off by less than a hundredth of EDGE

PackedMap = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float32] | None, NDArray[np.float32] | None]


def pack(pixel_map: PixelMap) -> PackedMap:
    """Return a map as `trace` takes it.

    Returns:
        stages: (S, 7) int64: kind, height and width of the frame, border, and of what is given by points: where it
            begins, rows, columns.
        matrices: (S, 9) float64.
        along_x: float32, what fields and meshes say of x, one after another; None where there are none, so that
            nothing of them is compiled.
        along_y: Likewise of y.
    """
    stages, matrices, data = [], [], []
    begin = 0
    for stage in pixel_map.stages:
        height, width = stage.frame
        row = [0, height, width, BORDERS.index(stage.border), begin, 1, 1]
        if isinstance(stage, Field | Mesh):
            given = (stage.x, stage.y) if isinstance(stage, Field) else (stage.control[0], stage.control[1])
            row[0], (row[5], row[6]) = FIELD if isinstance(stage, Field) else MESH, given[0].shape
            data.append([np.ascontiguousarray(each, np.float32).ravel() for each in given])
            begin += given[0].size
            matrices.append(_NO_MATRIX)
        else:
            row[0] = AFFINE if stage.affine else PROJECTIVE
            matrices.append(stage.matrix)
        stages.append(row)
    flat = np.array(matrices, np.float64).reshape(len(stages), 9)
    if not data:
        return np.array(stages, np.int64), flat, None, None
    if len(data) == 1:
        xs, ys = data[0]
    else:
        xs, ys = (np.concatenate([each[k] for each in data]) for k in (0, 1))
    return np.array(stages, np.int64), flat, _constant(xs), _constant(ys)


def plain_matrix(pixel_map: PixelMap) -> NDArray[np.float64] | None:
    """Return (7,) float64: six numbers of an affine map, and 1 for a constant border or 0 for a repeated one.

    None for any other map: it takes more code, which is compiled when it is first asked for.
    """
    stage = pixel_map.stages[0]
    if len(pixel_map.stages) > 1 or isinstance(stage, Field | Mesh) or not stage.affine:
        return None
    if stage.border not in ("constant", "replicate"):
        return None
    matrix = np.empty(7, np.float64)
    matrix[:6] = stage.matrix.ravel()[:6]
    matrix[6] = stage.border == "constant"
    return matrix


def _constant(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a view that cannot be written: compiled code has one type for it, whatever the caller gave."""
    view = array.view()
    view.flags.writeable = False
    return view


_NO_MATRIX = np.eye(3)


@compiled(borrows=True)
def trace(
    stages: Any, matrices: Any, along_x: Any, along_y: Any, y: int, x: int, n: int, xs: Any, ys: Any, share: Any
) -> None:
    """Write where pixels x to x + n of row y look, not yet folded at the input's border.

    Args:
        stages: As `pack` makes it.
        matrices: Likewise.
        along_x: Likewise.
        along_y: Likewise.
        y: Row of the output.
        x: First column.
        n: How many pixels.
        xs: (at least n,) float64, written.
        ys: Likewise.
        share: (at least n,) float32, written: how much of each pixel no frame on the way cut.
    """
    for i in range(i32(n)):
        xs[i], ys[i], share[i] = f64(x) + f64(i), f64(y), f32(1.0)
    for s in range(stages.shape[0]):
        kind = stages[s, 0]
        if s > 0:
            settle(xs, n, stages[s - 1, 2], stages[s - 1, 3], False, share)
            settle(ys, n, stages[s - 1, 1], stages[s - 1, 3], False, share)
        if kind == AFFINE:
            _affine(matrices[s], n, xs, ys)
        elif kind == PROJECTIVE:
            _projective(matrices[s], n, xs, ys)
        if along_x is not None:
            _bend(stages[s], s == 0, along_x, along_y, y, x, n, xs, ys)


@compiled(borrows=True)
def _bend(stage: Any, first: bool, along_x: Any, along_y: Any, y: int, x: int, n: int, xs: Any, ys: Any) -> None:
    """Take places through a field or a mesh, if the stage is one."""
    kind, height, width, begin, rows, columns = stage[0], stage[1], stage[2], stage[4], stage[5], stage[6]
    data_x, data_y = along_x[begin : begin + rows * columns], along_y[begin : begin + rows * columns]
    if kind == FIELD:
        _field(data_x, data_y, rows, columns, n, xs, ys)
    elif kind == MESH and first and y < height and x + n <= width:
        _mesh_row(data_x, data_y, rows, columns, height, width, n, xs, ys)
    elif kind == MESH:
        _mesh(data_x, data_y, rows, columns, height, width, n, xs, ys)


@compiled(borrows=True)
def settle(t: Any, n: int, length: int, border: int, around: bool, share: Any) -> None:
    """Fold coordinates into a frame, along one axis.

    Within a pixel outside a constant border a pixel still shows a share of the frame's edge; a share of 1 - d for d
    along each axis is just what interpolating with a constant outside gives.

    Args:
        t: (at least n,) float64, changed.
        n: How many.
        length: Of the frame along this axis.
        border: As numbered in `BORDERS`.
        around: Whether the place between the last pixel and the first is one of its own, for "wrap".
        share: (at least n,) float32, multiplied.
    """
    last, size = f64(length - 1), f64(length)
    if border == CONSTANT:
        for i in range(i32(n)):
            v = t[i]
            held = v if v > 0.0 else 0.0  # NaN is 0, and its share none
            held = held if held < last else last
            beyond = abs(v - held)
            share[i] *= f32(1.0 - beyond if beyond < 1.0 else 0.0)
            t[i] = held
        return
    if border == REFLECT:
        for i in range(i32(n)):
            v = t[i] - 2.0 * size * np.floor((t[i] + 0.5) / (2.0 * size))
            t[i] = 2.0 * size - 1.0 - v if v > size - 0.5 else v
    elif border == REFLECT101 and length > 1:
        for i in range(i32(n)):
            v = t[i] - 2.0 * last * np.floor(t[i] / (2.0 * last))
            t[i] = 2.0 * last - v if v > last else v
    elif border == WRAP:
        shift = 0.0 if around else 0.5
        for i in range(i32(n)):
            t[i] = t[i] - size * np.floor((t[i] + shift) / size)
        last = size if around else last
    for i in range(i32(n)):
        v = t[i] if t[i] > 0.0 else 0.0
        t[i] = v if v < last else last


@compiled(borrows=True)
def _affine(m: Any, n: int, xs: Any, ys: Any) -> None:
    a, b, c, d, e, f = m[0], m[1], m[2], m[3], m[4], m[5]
    for i in range(i32(n)):
        x, y = xs[i], ys[i]
        xs[i], ys[i] = a * x + b * y + c, d * x + e * y + f


@compiled(borrows=True)
def _projective(m: Any, n: int, xs: Any, ys: Any) -> None:
    a, b, c, d, e, f, g, h, k = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    for i in range(i32(n)):
        x, y = xs[i], ys[i]
        w = g * x + h * y + k
        scale = 1.0 / w if w != 0.0 else 0.0
        xs[i], ys[i] = (a * x + b * y + c) * scale, (d * x + e * y + f) * scale


@compiled(borrows=True)
def _field(data_x: Any, data_y: Any, rows: int, columns: int, n: int, xs: Any, ys: Any) -> None:
    """Look both coordinates up, linearly; beyond a field its edge goes on."""
    right, bottom = f64(columns - 1), f64(rows - 1)
    for i in range(i32(n)):
        x = xs[i] if xs[i] > 0.0 else 0.0
        y = ys[i] if ys[i] > 0.0 else 0.0
        x = x if x < right else right
        y = y if y < bottom else bottom
        ix, iy = i64(x), i64(y)
        fx, fy = x - ix, y - iy
        at = np.uint64(iy * columns + ix)
        step = np.uint64(1 if fx > 0.0 else 0)
        down = np.uint64(columns if fy > 0.0 else 0)
        top = data_x[at] + fx * (f64(data_x[at + step]) - data_x[at])
        low = data_x[at + down] + fx * (f64(data_x[at + down + step]) - data_x[at + down])
        xs[i] = top + fy * (low - top)
        top = data_y[at] + fx * (f64(data_y[at + step]) - data_y[at])
        low = data_y[at + down] + fx * (f64(data_y[at + down + step]) - data_y[at + down])
        ys[i] = top + fy * (low - top)


@compiled(borrows=True)
def _spline(t: float, length: int, knots: int, w: Any) -> Any:
    """Return the first of the four knots at work at a place along an axis, and write their weights."""
    t = t if t > 0.0 else 0.0
    t = t if t < length - 1 else f64(length - 1)
    at = t * ((knots - 3) / max(length - 1, 1))
    cell = min(i64(at), i64(knots - 4))
    f = at - cell
    w[0], w[1] = (1.0 - f) ** 3 / 6.0, (3.0 * f**3 - 6.0 * f**2 + 4.0) / 6.0
    w[2], w[3] = (-3.0 * f**3 + 3.0 * f**2 + 3.0 * f + 1.0) / 6.0, f**3 / 6.0
    return cell


@compiled
def _mesh(data_x: Any, data_y: Any, rows: int, columns: int, height: int, width: int, n: int, xs: Any, ys: Any) -> None:
    """Add a spline's displacement at places anywhere."""
    wx, wy = np.empty(4, np.float64), np.empty(4, np.float64)
    for i in range(i32(n)):
        column, row = _spline(xs[i], width, columns, wx), _spline(ys[i], height, rows, wy)
        dx = dy = 0.0
        for b in range(4):
            at = (row + b) * columns + column
            dx += wy[b] * (
                wx[0] * data_x[at] + wx[1] * data_x[at + 1] + wx[2] * data_x[at + 2] + wx[3] * data_x[at + 3]
            )
            dy += wy[b] * (
                wx[0] * data_y[at] + wx[1] * data_y[at + 1] + wx[2] * data_y[at + 2] + wx[3] * data_y[at + 3]
            )
        xs[i] += dx
        ys[i] += dy


@compiled
def _mesh_row(
    data_x: Any, data_y: Any, rows: int, columns: int, height: int, width: int, n: int, xs: Any, ys: Any
) -> None:
    """Add a spline's displacement along a row, where it is one cubic polynomial a cell."""
    wy = np.empty(4, np.float64)
    row = _spline(ys[0], height, rows, wy)
    px, py = np.zeros(columns, np.float64), np.zeros(columns, np.float64)
    for b in range(4):
        for k in range(columns):
            px[k] += wy[b] * data_x[(row + b) * columns + k]
            py[k] += wy[b] * data_y[(row + b) * columns + k]
    pace = (columns - 3) / max(width - 1, 1)
    x = i64(xs[0])
    i = i64(0)
    while i < n:
        cell = min(i64((x + i) * pace), i64(columns - 4))
        end = i64(n) if cell == columns - 4 else min(i64(n), i64(np.ceil((cell + 1) / pace)) - x)
        end = max(end, i + 1)
        _cubic(px[cell : cell + 4], xs[i:end], (x + i) * pace - cell, pace)
        _cubic(py[cell : cell + 4], ys[i:end], (x + i) * pace - cell, pace)
        i = end


@compiled(borrows=True)
def _cubic(p: Any, t: Any, begin: float, pace: float) -> None:
    c0, c1 = (p[0] + 4.0 * p[1] + p[2]) / 6.0, (p[2] - p[0]) / 2.0
    c2, c3 = (p[0] - 2.0 * p[1] + p[2]) / 2.0, (p[3] - 3.0 * p[2] + 3.0 * p[1] - p[0]) / 6.0
    for i in range(i32(t.size)):
        f = begin + pace * f64(i)
        t[i] += c0 + f * (c1 + f * (c2 + f * c3))


@compiled(borrows=True)
def split(xs: Any, ys: Any, n: int, bottom: int, right: int, row: int, step: int, index: Any, fx: Any, fy: Any) -> None:
    """Write the upper left of the four pixels each place lies between, and how far it is from it.

    Args:
        xs: (at least n,) float64, from 0 to right + 1.
        ys: Likewise, to bottom + 1.
        n: How many.
        bottom: The last row that has another one after it.
        right: Likewise of columns.
        row: Values from a row to the next.
        step: Values from a pixel to the next.
        index: (at least n,) uint32, written.
        fx: (at least n,) float32, written: 0 to 1.
        fy: Likewise.
    """
    lowest, last = i32(bottom), i32(right)
    down, aside = i32(row), i32(step)
    for i in range(i32(n)):
        x, y = xs[i], ys[i]
        ix, iy = i32(x), i32(y)
        ix = ix if ix < last else last
        iy = iy if iy < lowest else lowest
        fx[i], fy[i] = f32(x - f64(ix)), f32(y - f64(iy))
        index[i] = np.uint32(iy * down + ix * aside)


@compiled(borrows=True)
def span(m: Any, y: int, x: int, n: int, height: int, width: int) -> Any:
    """Return from which to which of n pixels an affine map looks inside a picture, away from its border."""
    low, high = 0.0, f64(n)
    for axis in range(2):
        slope = m[3 * axis]
        across, shift = m[3 * axis + 1] * y, m[3 * axis + 2]
        if not abs(across) + abs(shift) < FAR:
            return 0, 0
        start = slope * x + across + shift
        end = (width if axis == 0 else height) - 1.0 - EDGE
        if slope == 0.0:
            if not (EDGE <= start <= end):
                return 0, 0
            continue
        one, other = (EDGE - start) / slope, (end - start) / slope
        low, high = max(low, np.ceil(min(one, other))), min(high, np.floor(max(one, other)) + 1.0)
    if not high - low >= 8.0:  # a few are not worth it
        return 0, 0
    return i64(low), i64(high)


@compiled(borrows=True)
def inner(m: Any, y: int, x: int, begin: int, end: int, row: int, step: int, index: Any, fx: Any, fy: Any) -> None:
    """Do what `trace` and `split` do for pixels inside a span, in fixed point with 32 bits behind the point."""
    unit = 4294967296.0
    at = f64(x + begin)
    place_x = i64((m[0] * at + m[1] * y + m[2]) * unit)
    place_y = i64((m[3] * at + m[4] * y + m[5]) * unit)
    slope_x, slope_y = i64(np.rint(m[0] * unit)), i64(np.rint(m[3] * unit))
    down, aside, n = i32(row), i32(step), i32(end - begin)
    index, fx, fy = index[begin:end], fx[begin:end], fy[begin:end]
    for i in range(n):
        here_x, here_y = place_x + slope_x * i64(i), place_y + slope_y * i64(i)
        fx[i] = f32(i32((here_x & FRACTION) >> HALVED)) * UNIT
        fy[i] = f32(i32((here_y & FRACTION) >> HALVED)) * UNIT
        index[i] = np.uint32(i32(here_y >> WHOLE) * down + i32(here_x >> WHOLE) * aside)


@compiled(borrows=True)
def fringe(m: Any, y: int, x: int, begin: int, end: int, sizes: Any, index: Any, fx: Any, fy: Any, share: Any) -> None:
    """Do what `trace`, `settle` and `split` do for pixels that may lie outside of the picture.

    Args:
        m: (7,) as `plain_matrix` returns it.
        y: Row of the output.
        x: Column of its pixel 0.
        begin: First pixel.
        end: The one after the last.
        sizes: Height and width of the input, then of how it is stored, and its channels.
        index: As in `split`.
        fx: Likewise.
        fy: Likewise.
        share: As in `trace`.
    """
    step = i32(sizes[4])
    row = i32(sizes[3]) * step
    right, bottom = f64(sizes[1] - 1), f64(sizes[0] - 1)
    last_x, last_y, cut = i32(sizes[3] - 2), i32(sizes[2] - 2), m[6] != 0.0
    a, b, c, d = m[0], m[1] * y + m[2], m[3], m[4] * y + m[5]
    index, fx, fy, share = index[begin:end], fx[begin:end], fy[begin:end], share[begin:end]
    first = f64(x + begin)
    for i in range(i32(end - begin)):
        at = first + f64(i)
        px, py = a * at + b, c * at + d
        hx = px if px > 0.0 else 0.0
        hx = hx if hx < right else right
        hy = py if py > 0.0 else 0.0
        hy = hy if hy < bottom else bottom
        dx, dy = abs(px - hx), abs(py - hy)
        dx, dy = 1.0 - dx if dx < 1.0 else 0.0, 1.0 - dy if dy < 1.0 else 0.0
        share[i] = f32(dx) * f32(dy) if cut else f32(1.0)
        ix, iy = i32(hx), i32(hy)
        ix = ix if ix < last_x else last_x
        iy = iy if iy < last_y else last_y
        fx[i], fy[i] = f32(hx - f64(ix)), f32(hy - f64(iy))
        index[i] = np.uint32(iy * row + ix * step)
