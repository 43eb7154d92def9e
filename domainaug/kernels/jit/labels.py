"""Moving label masks, compiled: the pixels around each place vote for their labels, one pass for all labels.

Nearly everywhere the four pixels around a place have one label. So all four are fetched as one number, a loop that
does many at a time tells where they differ, and only there anything is weighed. Labels are worked on as their bits;
where their order counts, they are counted from the least one of their type.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.quads import CHUNK, ONES, differing, fetch
from domainaug.kernels.jit.warp_rows import pack, plain_matrix, settle, split, trace
from domainaug.kernels.jit.warp_store import constant, padded
from domainaug.kernels.jit.warp_taps import fold_tap
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.plain.labels import BOXED, FAINT, TIE, box
from domainaug.kernels.threads import run_slabs

__all__ = ["warp_labels"]

Array = NDArray[Any]

i32, i64, f32, f64 = np.int32, np.int64, np.float32, np.float64
BLOCK = 2048  # pixels that are worked on together: their buffers stay in the first cache
EDGE = 1e-5  # pixels that what is surely inside keeps from the border


def warp_labels(
    stack: Array, pixel_map: PixelMap, fill: int, thin: Collection[int], out: Array, threads: int | None
) -> None:
    """Move every slice of a mask by one map; arguments as in `domainaug.kernels.plain.labels`."""
    depth, height, width = stack.shape
    sides = pixel_map.footprint
    boxed = max(sides) > BOXED
    around = pixel_map.stages[-1].border == "wrap"
    least = int(np.iinfo(stack.dtype).min)
    ground = fill - least
    sizes = np.array((depth, height, width, height, width, around, *pixel_map.shape), np.int64)
    stack = stack.view(f"u{stack.itemsize}")
    flat = out.view(stack.dtype).reshape(-1)
    if boxed or (len(thin) and max(sides) > 1.05):
        source, kernels = constant(stack.reshape(-1)), (box(sides[0], width), box(sides[1], height))
        special, packed = np.array(sorted(thin), np.int64) - least, pack(pixel_map)
        alike = constant(_alike(stack, *(kernel.size for kernel in kernels)).reshape(-1))

        def slab(begin: int, end: int) -> None:
            _vote_boxed(source, alike, sizes, *packed, *kernels, special, boxed, ground, -least, flat, begin, end)
    else:
        stored = padded(stack[..., None], around)[..., 0]
        sizes[3:5] = stored.shape[1:]
        source, ones, matrix = constant(stored.reshape(-1)), ONES[stack.itemsize], plain_matrix(pixel_map)
        winding = pack(pixel_map) if matrix is None else None

        def slab(begin: int, end: int) -> None:
            _vote(source, sizes, matrix, winding, ground, -least, ones, flat, begin, end)

    run_slabs(slab, pixel_map.shape[0], threads, least=max(1, (1 << 15) // (depth * pixel_map.shape[1])))


def _alike(stack: Array, wide: int, tall: int) -> NDArray[np.uint8]:
    """Return (D, H, W), 1 where boxes about a pixel and those right of it and below see one label, whoever is asked.

    Args:
        stack: (D, H, W) labels.
        wide: How many pixels the box has along a row; odd.
        tall: Likewise down a column.
    """
    differs = np.zeros(stack.shape, np.uint8)
    differs[:, :, :-1] = stack[:, :, 1:] != stack[:, :, :-1]
    differs[:, :-1] |= stack[:, 1:] != stack[:, :-1]
    square = np.ones((tall + 1, wide + 1), np.uint8)
    for plane in differs:
        cv2.dilate(plane, square, dst=plane, anchor=(wide // 2, tall // 2), borderValue=0)
    return np.asarray(differs == 0).view(np.uint8)


@compiled
def _vote(
    source: Any, sizes: Any, matrix: Any, packed: Any, fill: int, flip: int, ones: Any, out: Any, begin: int, end: int
) -> None:
    """Let the four pixels around each place vote, in blocks of rows: calls and slices cost as much as a short row.

    `sizes` is (D, H, W, stored H, stored W, around, H', W'); `flip`, 0 or the bit of a sign, turns bits to counts. Of
    `matrix`, as `plain_matrix` makes it, and `packed`, as `pack` does, one is None, and nothing of it is compiled.
    """
    width, row = sizes[7], sizes[4]
    tile, block = min(width, BLOCK), max(1, BLOCK // width)
    fx, fy, share = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    xs, ys, index = np.empty(tile, np.float64), np.empty(tile, np.float64), np.empty(BLOCK, np.uint32)
    quads, where = np.full(BLOCK + CHUNK, ones), np.empty(BLOCK + 1, np.int32)
    names, weights = np.empty(4, np.int64), np.empty(4, np.float32)
    for top in range(begin, end, block):
        rows = min(block, end - top)
        for x in range(0, width, tile):
            n = min(tile, width - x)
            size = rows * n
            for r in range(rows):
                if matrix is not None:
                    _straight(matrix, top + r, x, n, sizes, r * n, index)
                if packed is not None:
                    _winding(packed, top + r, x, n, sizes, r * n, xs, ys, index, fx, fy, share)
            for z in range(sizes[0]):
                here, to = z * sizes[3] * row, (z * sizes[6] + top) * width + x
                fetch(source, here, row, index, size, quads)
                if matrix is not None and matrix[6] != 0:
                    _cut(matrix, top, rows, x, n, sizes, quads, source.dtype.type(fill ^ flip) * ones)
                if packed is not None:
                    _doubt(share, size, quads)
                count = differing(quads, ones, size, out, to, where)
                if matrix is not None:
                    _measure(matrix, top, x, n, sizes, where, count, fx, fy, share)
                _weigh(source, here, row, where, count, index, fx, fy, share, names, weights, fill, flip, out, to)


@compiled
def _straight(m: Any, y: int, x: int, n: int, sizes: Any, start: int, index: Any) -> None:
    """Write the upper left of the four pixels around each place of a row that an affine map makes; at most the last."""
    along, across = m[0], m[3]
    px, py = along * x + m[1] * y + m[2], across * x + m[4] * y + m[5]
    right, bottom, down, to = f64(sizes[4] - 2), f64(sizes[3] - 2), i32(sizes[4]), np.uintp(start)
    for i in range(np.uintp(n)):
        hx, hy = px + along * f64(i32(i)), py + across * f64(i32(i))
        hx = hx if hx > 0.0 else 0.0
        hx = hx if hx < right else right
        hy = hy if hy > 0.0 else 0.0
        hy = hy if hy < bottom else bottom
        index[to + i] = np.uint32(i32(hy) * down + i32(hx))


@compiled
def _winding(
    packed: Any, y: int, x: int, n: int, sizes: Any, start: int, xs: Any, ys: Any, index: Any, fx: Any, fy: Any,
    share: Any,
) -> None:  # fmt: skip
    """Write for a row of any map the upper left pixels, how far the places are from them, and what no frame cuts."""
    stages, matrices, along_x, along_y = packed
    stop, border, around = start + n, stages[-1, 3], sizes[5] != 0
    near = share[start:stop]
    trace(stages, matrices, along_x, along_y, y, x, n, xs, ys, near)
    settle(xs, n, sizes[2], border, around, near)
    settle(ys, n, sizes[1], border, around, near)
    split(xs, ys, n, sizes[3] - 2, sizes[4] - 2, sizes[4], 1, index[start:stop], fx[start:stop], fy[start:stop])


@compiled
def _cut(m: Any, top: int, rows: int, x: int, n: int, sizes: Any, quads: Any, outside: Any) -> None:
    """Let what lies outside the mask be the fill, and what its border cuts differ from all others, to be weighed."""
    doubtful = quads.dtype.type(1)
    for r in range(rows):
        first, last = _within(m, top + r, x, n, sizes, -1.0 - EDGE)
        low, high = _within(m, top + r, x, n, sizes, EDGE)
        low, high = (low, high) if low < high else (last, last)
        _paint(quads, r * n, r * n + first, outside)
        _paint(quads, r * n + first, r * n + low, doubtful)
        _paint(quads, r * n + high, r * n + last, doubtful)
        _paint(quads, r * n + last, r * n + n, outside)


@compiled
def _paint(quads: Any, begin: int, end: int, value: Any) -> None:
    for i in range(np.uintp(begin), np.uintp(end)):
        quads[i] = value


@compiled
def _within(m: Any, y: int, x: int, n: int, sizes: Any, margin: float) -> Any:
    """Return from which to which of n pixels an affine map looks inside a mask and `margin` away from its border."""
    low, high = 0.0, float(n)
    for axis in range(2):
        slope, end = m[3 * axis], sizes[2 - axis] - 1.0 - margin
        start = slope * x + m[3 * axis + 1] * y + m[3 * axis + 2]
        if slope == 0.0:
            high = high if margin <= start <= end else 0.0
            continue
        one, other = (margin - start) / slope, (end - start) / slope
        low, high = max(low, np.ceil(min(one, other))), min(high, np.floor(max(one, other)) + 1.0)
    return (i64(low), i64(high)) if high > low else (0, 0)


@compiled
def _doubt(share: Any, n: int, quads: Any) -> None:
    """Let places that a frame cuts differ from all others: they are weighed, like those between two labels."""
    for i in range(np.uintp(n)):
        quads[i] = quads[i] if share[i] == f32(1.0) else quads.dtype.type(1)


@compiled
def _measure(
    m: Any, top: int, x: int, n: int, sizes: Any, where: Any, count: int, fx: Any, fy: Any, share: Any
) -> None:  # fmt: skip
    """Do for the listed places of rows that `_straight` made what `_winding` does for all.

    Its sums are those of `_straight`, term by term: near a whole number, others would be a rounding off and have the
    fraction of one pixel weigh the labels of the next.
    """
    right, bottom = sizes[2] - 1.0, sizes[1] - 1.0
    r, begin = 0, 0
    for j in range(i32(count)):
        i = i64(where[j])
        while i >= begin + n:
            r, begin = r + 1, begin + n
        at, y = f64(i - begin), top + r
        px, py = m[0] * x + m[1] * y + m[2] + m[0] * at, m[3] * x + m[4] * y + m[5] + m[3] * at
        hx, hy = min(max(px, 0.0), right), min(max(py, 0.0), bottom)
        fx[i], fy[i] = f32(hx - min(i64(hx), sizes[4] - 2)), f32(hy - min(i64(hy), sizes[3] - 2))
        share[i] = f32(max(1.0 - abs(px - hx), 0.0) * max(1.0 - abs(py - hy), 0.0)) if m[6] != 0 else f32(1.0)


@compiled
def _weigh(
    source: Any, start: int, row: int, where: Any, count: int, index: Any, fx: Any, fy: Any, share: Any, names: Any,
    weights: Any, fill: int, flip: int, out: Any, to: int,
) -> None:  # fmt: skip
    """Give those pixels that `where` lists to the label that has most of four."""
    for j in range(i32(count)):
        i = i64(where[j])
        k = start + i64(index[i])
        a, b = i64(source[k]) ^ flip, i64(source[k + 1]) ^ flip
        c, d = i64(source[k + row]) ^ flip, i64(source[k + row + 1]) ^ flip
        u, v, w = fx[i], fy[i], share[i]
        other = b if b != a else (c if c != a else d)
        two = ((c == a) | (c == other)) & ((d == a) | (d == other))
        if two:  # an edge between two, which is nearly every case
            rest = (u * (f32(1.0) - v) if b != a else f32(0.0)) + ((f32(1.0) - u) * v if c != a else f32(0.0))
            rest = (rest + (u * v if d != a else f32(0.0))) * w
            out[to + i] = _better(a, w - rest, other, rest, fill) ^ flip
            continue
        names[0], names[1], names[2], names[3] = a, b, c, d
        weights[0], weights[1] = (f32(1.0) - u) * (f32(1.0) - v) * w, u * (f32(1.0) - v) * w
        weights[2], weights[3] = (f32(1.0) - u) * v * w, u * v * w
        out[to + i] = _elect(names, weights, 4, fill) ^ flip


@compiled
def _better(one: Any, weight: Any, other: Any, rest: Any, fill: int) -> Any:
    """Return which of two labels has most weight, by the rules of `_elect`."""
    low, high = (one, other) if one < other else (other, one)
    least, most = (weight, rest) if one < other else (rest, weight)
    best, total, owner = f32(0.0), f32(0.0), i64(fill)
    if low != fill and least > f32(TIE):
        best, owner = least, i64(low)
    total += least if low != fill else f32(0.0)
    if high != fill and most > best + f32(TIE):
        best, owner = most, i64(high)
    total += most if high != fill else f32(0.0)
    beaten = best < f32(1.0 - TIE) - total or best <= f32(FAINT)
    return i64(fill) if beaten else owner


@compiled
def _elect(names: Any, weights: Any, n: int, fill: int) -> Any:
    """Return the label that has most weight, all votes together being 1; the rules are those of `warp_labels`."""
    best, total, owner = f32(0.0), f32(0.0), fill
    for i in range(1, n):  # in order of the labels
        name, weight = names[i], weights[i]
        k = i
        while k > 0 and names[k - 1] > name:
            names[k], weights[k] = names[k - 1], weights[k - 1]
            k -= 1
        names[k], weights[k] = name, weight
    i = 0
    while i < n:
        name, weight = names[i], f32(0.0)
        while i < n and names[i] == name:
            weight += weights[i]
            i += 1
        if name == fill:
            continue
        owner = name if weight > best + f32(TIE) else owner
        best = weight if weight > best else best
        total += weight
    beaten = best < f32(1.0 - TIE) - total or best <= f32(FAINT)
    return fill if beaten else owner


@compiled
def _vote_boxed(
    source: Any, alike: Any, sizes: Any, stages: Any, matrices: Any, along_x: Any, along_y: Any, box_x: Any, box_y: Any,
    special: Any, boxed: bool, fill: int, flip: int, out: Any, begin: int, end: int,
) -> None:  # fmt: skip
    """Let all pixels vote that an output pixel sees, for every label or for special ones only, where two differ."""
    depth, height, width, border = sizes[0], sizes[1], sizes[2], stages[-1, 3]
    tile = min(sizes[7], BLOCK)
    xs, ys, share = np.empty(tile, np.float64), np.empty(tile, np.float64), np.empty(tile, np.float32)
    most_x, most_y = 2 * min(box_x.size, width), 2 * min(box_y.size, height)
    at_x, at_y = np.empty(most_x, np.int64), np.empty(most_y, np.int64)
    near_x, near_y = np.empty(most_x, np.float32), np.empty(most_y, np.float32)
    wide_x, wide_y = np.empty(most_x, np.float32), np.empty(most_y, np.float32)
    most = min(most_x * most_y, height * width)
    names, weights = np.empty(most, np.int64), np.empty(most, np.float32)
    for y in range(begin, end):
        for x in range(0, sizes[7], tile):
            n = min(tile, sizes[7] - x)
            trace(stages, matrices, along_x, along_y, y, x, n, xs, ys, share)
            for z in range(depth):
                here = source[z * height * width : (z + 1) * height * width]
                calm = alike[z * height * width : (z + 1) * height * width]
                for i in range(n):
                    to = (z * sizes[6] + y) * sizes[7] + x + i
                    if share[i] == f32(1.0) and 0.0 <= xs[i] < width - 1 and 0.0 <= ys[i] < height - 1:
                        at = i64(ys[i]) * width + i64(xs[i])
                        if calm[at] != 0:
                            out[to] = here[at]
                            continue
                    columns = _reach(xs[i], width, border, box_x, at_x, near_x, wide_x)
                    rows = _reach(ys[i], height, border, box_y, at_y, near_y, wide_y)
                    votes = 0
                    for b in range(rows):
                        line = at_y[b] * width
                        for a in range(columns):
                            name = i64(here[line + at_x[a]]) ^ flip
                            everything = boxed or _among(name, special)
                            weight = wide_x[a] * wide_y[b] if everything else near_x[a] * near_y[b]
                            if weight != f32(0.0) and name != fill:
                                votes = _add(names, weights, votes, name, weight * share[i])
                    out[to] = _elect(names, weights, votes, fill) ^ flip


@compiled
def _reach(t: float, length: int, border: int, kernel: Any, at: Any, near: Any, wide: Any) -> int:
    """Write the pixels along an axis that a place sees, and what it weighs them by, without the box and with it.

    A place lies between two pixels, and the box stands around each of them; beyond the frame it sees the edge.
    Returns how many there are.
    """
    known = abs(t) < 2.0**30
    base = i64(np.floor(t)) if known else i64(-(2**30))
    f = f32(t - base) if known else f32(0.0)
    side = kernel.size // 2
    if base - side >= 0 and base + 1 + side < length:  # both boxes in one
        for k in range(kernel.size + 1):
            at[k], near[k], wide[k] = base - side + k, f32(0.0), f32(0.0)
        for k in range(kernel.size):
            wide[k] += (f32(1.0) - f) * kernel[k]
            wide[k + 1] += f * kernel[k]
        near[side], near[side + 1] = f32(1.0) - f, f
        return int(kernel.size + 1)
    k = 0
    for tap in range(2):
        center = fold_tap(base + tap, length, border)
        weight = f32(1.0) - f if tap == 0 else f
        weight = f32(0.0) if center < 0 else weight
        center = max(center, 0)
        first = k
        for s in range(-side, side + 1):
            place = min(max(center + s, 0), length - 1)
            if k == first or at[k - 1] != place:  # all that lies beyond an edge is one pixel
                at[k], near[k], wide[k] = place, f32(0.0), f32(0.0)
                k += 1
            near[k - 1] += weight if s == 0 else f32(0.0)
            wide[k - 1] += weight * kernel[s + side]
    return k


@compiled
def _among(name: int, special: Any) -> bool:
    found = False
    for k in range(special.size):  # a handful
        found |= special[k] == name
    return found


@compiled
def _add(names: Any, weights: Any, n: int, name: int, weight: Any) -> int:
    """Add a vote to those of its label; return how many labels there are."""
    for k in range(n):
        if names[k] == name:
            weights[k] += weight
            return n
    names[n], weights[n] = name, weight
    return n + 1
