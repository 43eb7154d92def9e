"""Warping, compiled: where pixels look, what they find there, the point program and rounding, row by row.

Each of these is a loop of its own over buffers in the first cache, so that all but the gathering runs many pixels
at a time. Of a gray picture, two neighbors are fetched as one number of twice the size, and of a color picture of 8
bits the six values of two neighbors as three such numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit import point as programs
from domainaug.kernels.jit.warp_rows import AFFINE, fringe, inner, pack, settle, span, split, trace
from domainaug.kernels.jit.warp_store import constant, ends, padded, store, tally
from domainaug.kernels.jit.warp_taps import warp_by_taps
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.point import Point
from domainaug.kernels.threads import run_slabs

__all__ = ["points", "warp"]

Array = NDArray[Any]

i32, f32 = np.int32, np.float32
BYTE, BITS = i32(255), i32(8)
_STACKED = 16
"""Rows done in one slice before the next of a stack: their coordinates are used again, and so is the cache."""
_LEAST = 1 << 15
"""Values worth a thread."""
_PAIRS = {1: np.uint16, 2: np.uint32, 4: np.uint64}


def warp(
    stack: Array, pixel_map: PixelMap, order: str, fill: Array, point: Point | None, out: Array, threads: int | None,
    counts: NDArray[np.int64] | None,
) -> None:  # fmt: skip
    """Warp every slice of a stack by one map; arguments as in `domainaug.kernels.plain.warp`."""
    depth, height, width, channels = stack.shape
    if order == "cubic" or (order == "area" and max(pixel_map.footprint) > 1):
        return warp_by_taps(stack, pixel_map, order, fill, point, out, threads, counts)
    nearest = order == "nearest"
    around = pixel_map.stages[-1].border == "wrap"
    stack = padded(stack, around and not nearest)
    rows, columns = stack.shape[1:3]
    source = constant(stack.reshape(-1))
    pairs = constant(np.ndarray((stack.size - 1,), _PAIRS[stack.itemsize], source, 0, (stack.itemsize,)))
    shape = (depth, *pixel_map.shape)
    sizes = np.array((depth, height, width, rows, columns, channels, nearest, around and not nearest, *shape), np.int64)
    packed = pack(pixel_map)
    codes, numbers = programs.pack(point, channels, out.dtype, out.size)
    fills, limits = fill.astype(np.float32), ends(out.dtype)
    flat = out.reshape(-1, pixel_map.shape[1] * channels)
    found = tally(counts, pixel_map.shape[0])

    def slab(begin: int, end: int) -> None:
        own = found[begin] if counts is not None else found[0]
        _warp(source, pairs, sizes, *packed, fills, limits, codes, numbers, flat, begin, end, own)

    run_slabs(slab, shape[1], threads, least=max(1, _LEAST // (depth * flat.shape[1])))
    if counts is not None:
        counts += found.sum(axis=0)
    return None


def points(array: Array, point: Point, out: Array, threads: int | None, counts: NDArray[np.int64] | None) -> None:
    """Run a program over every value of a (D, H, W, C) array."""
    width, channels = array.shape[2:]
    rows = constant(array.reshape(-1, width * channels))
    flat = out.reshape(rows.shape)
    codes, numbers = programs.pack(point, channels, out.dtype, out.size)
    shape, limits = np.array(array.shape[:3], np.int64), ends(out.dtype)
    found = tally(counts, len(rows))

    def slab(begin: int, end: int) -> None:
        own = found[begin] if counts is not None else found[0]
        _points(rows, flat, channels, shape, codes, numbers, limits, begin, end, own)

    run_slabs(slab, len(rows), threads, least=max(1, _LEAST // rows.shape[1]))
    if counts is not None:
        counts += found.sum(axis=0)


@compiled
def _warp(
    source: Any, pairs: Any, sizes: Any, stages: Any, matrices: Any, along_x: Any, along_y: Any, fills: Any,
    limits: Any, codes: Any, numbers: Any, out: Any, begin: int, end: int, counts: Any,
) -> None:  # fmt: skip
    """Warp rows begin to end of every slice.

    `sizes` is (D, H, W, stored H, stored W, C, nearest, around, D', H', W').
    """
    depth, columns, channels = sizes[0], sizes[4], sizes[5]
    plane = sizes[3] * columns * channels
    height, width = sizes[9], sizes[10]
    block = _STACKED if depth > 1 else 1
    tile = min(width, max(1, programs.MOST // channels))
    xs, ys = np.empty(tile, np.float64), np.empty(tile, np.float64)
    index = np.empty((block, tile), np.uint32)
    fx, fy = np.empty((block, tile), np.float32), np.empty((block, tile), np.float32)
    share = np.empty((block, tile), np.float32)
    spans = np.empty((block, 2), np.int64)
    u, line = np.empty(tile * channels, np.float32), np.empty(tile, np.float32)
    spare = np.empty(programs.MOST, np.float32)
    taps = np.empty(4 * tile, source.dtype)
    twos = np.empty(2 * tile, pairs.dtype)
    colors = pairs.itemsize == 2 and channels == 3 and sizes[6] == 0
    sixes = np.empty((6, tile if colors else 0), pairs.dtype)
    program = codes[0, 0] > 0
    for top in range(begin, end, block):
        for x in range(0, width, tile):
            n = min(tile, width - x)
            rows = min(block, end - top)
            for r in range(rows):
                _locate(
                    sizes, stages, matrices, along_x, along_y, top + r, x, n, xs, ys, index[r], fx[r], fy[r], share[r],
                    spans[r],
                )  # fmt: skip
            for z in range(depth):
                here, two = source[z * plane : (z + 1) * plane], pairs[z * plane : (z + 1) * plane - 1]
                for r in range(rows):
                    _show(
                        here, two, sizes, n, index[r], fx[r], fy[r], share[r], spans[r], fills, limits.size == 0, taps,
                        twos, sixes, line, u,
                    )  # fmt: skip
                    if program:
                        programs.run(
                            u, n * channels, channels, codes, numbers, spare, x, top + r, z, sizes[8:], counts
                        )  # fmt: skip
                    row = out[z * height + top + r]
                    store(u, n * channels, limits, row[x * channels : (x + n) * channels])


@compiled
def _points(
    rows: Any, out: Any, channels: int, shape: Any, codes: Any, numbers: Any, limits: Any, begin: int, end: int,
    counts: Any,
) -> None:  # fmt: skip
    tile = max(1, programs.MOST // channels)
    u, spare = np.empty(max(programs.MOST, channels), np.float32), np.empty(programs.MOST, np.float32)
    for row in range(begin, end):
        for x in range(0, shape[2], tile):
            n = min(tile, shape[2] - x) * channels
            values = rows[row, x * channels : x * channels + n]
            for i in range(i32(n)):
                u[i] = f32(values[i])
            z, y = row // shape[1], row % shape[1]
            programs.run(u, n, channels, codes, numbers, spare, x, y, z, shape, counts)
            store(u, n, limits, out[row, x * channels : x * channels + n])


@compiled
def _locate(
    sizes: Any, stages: Any, matrices: Any, along_x: Any, along_y: Any, y: int, x: int, n: int, xs: Any, ys: Any,
    index: Any, fx: Any, fy: Any, share: Any, inside: Any,
) -> None:  # fmt: skip
    """Write which pixels a row takes values from; inside a span, written too, nothing had to be checked or folded."""
    step = sizes[5]
    row = sizes[4] * step
    begin = end = 0
    border = stages[-1, 3]
    if stages.shape[0] == 1 and stages[0, 0] == AFFINE and sizes[6] == 0:
        begin, end = span(matrices[0], y, x, n, sizes[1], sizes[2])
        if end > begin:
            inner(matrices[0], y, x, begin, end, row, step, index, fx, fy)
    inside[0], inside[1] = begin, end
    if end > begin and border <= 1:
        fringe(matrices[0], y, x, 0, begin, sizes[1:], border, index, fx, fy, share)
        fringe(matrices[0], y, x, end, n, sizes[1:], border, index, fx, fy, share)
        return
    lasts = sizes[3:5] - (1 if sizes[6] != 0 else 2)
    around = sizes[7] != 0
    for part in range(2):
        low, high = (0, begin) if part == 0 else (end, n)
        if high <= low:
            continue
        m = high - low
        trace(stages, matrices, along_x, along_y, y, x + low, m, xs, ys, share[low:high])
        if sizes[6] != 0:
            _to_pixels(m, xs, ys, share[low:high])
        settle(xs, m, sizes[2], border, around, share[low:high])
        settle(ys, m, sizes[1], border, around, share[low:high])
        split(xs, ys, m, lasts, row, step, index[low:high], fx[low:high], fy[low:high])


@compiled
def _to_pixels(n: int, xs: Any, ys: Any, share: Any) -> None:
    """Round places to pixels; one that less than half of shows the picture shows none of it."""
    for i in range(i32(n)):
        xs[i], ys[i] = np.floor(xs[i] + 0.5), np.floor(ys[i] + 0.5)
        share[i] = f32(1.0) if share[i] > f32(0.5) else f32(0.0)


@compiled
def _show(
    source: Any, pairs: Any, sizes: Any, n: int, index: Any, fx: Any, fy: Any, share: Any, inside: Any, fills: Any,
    floating: bool, taps: Any, twos: Any, sixes: Any, line: Any, u: Any,
) -> None:  # fmt: skip
    """Write what n pixels show, channels last."""
    channels = sizes[5]
    if sixes.shape[1] > 0:
        _look_up_colors(pairs, n, sizes[4] * channels, index, fx, fy, share, inside, fills, sixes, u)
        return
    for c in range(channels):
        kept = u if channels == 1 else line
        _look_up(
            source, pairs, sizes, sizes[6] != 0, c, n, index, fx, fy, share, inside, fills[c], floating, taps, twos,
            kept,
        )  # fmt: skip
        if channels > 1:
            for i in range(i32(n)):
                u[i * i32(channels) + i32(c)] = line[i]


@compiled
def _look_up(
    source: Any, pairs: Any, sizes: Any, nearest: bool, c: int, n: int, index: Any, fx: Any, fy: Any, share: Any,
    inside: Any, fill: Any, floating: bool, taps: Any, twos: Any, found: Any,
) -> None:  # fmt: skip
    """Write what one channel of n pixels shows."""
    step = sizes[5]
    row = sizes[4] * step
    if nearest:
        for i in range(i32(n)):
            found[i] = f32(source[index[i] + np.uint32(c)])
    elif step == 1:
        _gather_pairs(pairs, n, index, np.uint32(row), twos)
        _blend_pairs(twos.view(source.dtype), n, fx, fy, found)
    else:
        _gather(source, n, index, np.uint32(c), np.uint32(row), np.uint32(step), taps)
        _blend(taps, n, fx, fy, found)
    if floating and not nearest and _unknown(found, n):
        _again(source, n, index, c, row, step, fx, fy, found)
    for part in range(2):
        low, high = (0, inside[0]) if part == 0 else (inside[1], n)
        for i in range(i32(low), i32(high)):
            v, w = found[i], share[i]
            mixed = fill + w * (v - fill)
            mixed = fill if w == f32(0.0) else mixed
            found[i] = v if w == f32(1.0) else mixed


@compiled
def _look_up_colors(
    pairs: Any, n: int, row: int, index: Any, fx: Any, fy: Any, share: Any, inside: Any, fills: Any, sixes: Any, u: Any
) -> None:
    """Write what the three channels of n pixels of 8 bits show, channels last."""
    _gather_colors(pairs, n, row, index, sixes)
    _blend_colors(sixes, n, fx, fy, u)
    for part in range(2):
        low, high = (0, inside[0]) if part == 0 else (inside[1], n)
        for i in range(low, high):
            w = share[i]
            if w == f32(1.0):
                continue
            for c in range(3):
                v, fill = u[3 * i + c], fills[c]
                u[3 * i + c] = fill if w == f32(0.0) else fill + w * (v - fill)


@compiled
def _gather_colors(pairs: Any, n: int, row: int, index: Any, sixes: Any) -> None:
    """Fetch, two values at a time, the pixels around n places: R G, B R, G B of the upper ones, then the lower ones."""
    a, b, c, d, e, f = sixes[0], sixes[1], sixes[2], sixes[3], sixes[4], sixes[5]
    second, third, lower = pairs[2:], pairs[4:], pairs[row:]
    fifth, sixth = lower[2:], lower[4:]
    for i in range(i32(n)):
        k = index[i]
        a[i], b[i], c[i], d[i], e[i], f[i] = pairs[k], second[k], third[k], lower[k], fifth[k], sixth[k]


@compiled
def _blend_colors(sixes: Any, n: int, fx: Any, fy: Any, u: Any) -> None:
    one, two, three, four, five, six = sixes[0], sixes[1], sixes[2], sixes[3], sixes[4], sixes[5]
    for i in range(i32(n)):
        a, b, c = i32(one[i]), i32(two[i]), i32(three[i])
        d, e, f = i32(four[i]), i32(five[i]), i32(six[i])
        x, y = fx[i], fy[i]
        red, green, blue = f32(i32(a & BYTE)), f32(i32(a >> BITS)), f32(i32(b & BYTE))
        red += x * (f32(i32(b >> BITS)) - red)
        green += x * (f32(i32(c & BYTE)) - green)
        blue += x * (f32(i32(c >> BITS)) - blue)
        low_red, low_green, low_blue = f32(i32(d & BYTE)), f32(i32(d >> BITS)), f32(i32(e & BYTE))
        low_red += x * (f32(i32(e >> BITS)) - low_red)
        low_green += x * (f32(i32(f & BYTE)) - low_green)
        low_blue += x * (f32(i32(f >> BITS)) - low_blue)
        k = i32(3) * i
        u[k] = red + y * (low_red - red)
        u[k + i32(1)] = green + y * (low_green - green)
        u[k + i32(2)] = blue + y * (low_blue - blue)


@compiled
def _gather_pairs(pairs: Any, n: int, index: Any, row: Any, twos: Any) -> None:
    """Fetch, two at a time, the pixels around n places: upper ones first, then lower ones."""
    upper, lower = twos[:n], twos[n:]
    for i in range(i32(n)):
        k = index[i]
        upper[i], lower[i] = pairs[k], pairs[k + row]


@compiled
def _blend_pairs(taps: Any, n: int, fx: Any, fy: Any, found: Any) -> None:
    upper, lower = taps[: 2 * n], taps[2 * n :]
    for i in range(i32(n)):
        a, b = f32(upper[i32(2) * i]), f32(upper[i32(2) * i + i32(1)])
        c, d = f32(lower[i32(2) * i]), f32(lower[i32(2) * i + i32(1)])
        high, low = a + fx[i] * (b - a), c + fx[i] * (d - c)
        found[i] = high + fy[i] * (low - high)


@compiled
def _gather(source: Any, n: int, index: Any, c: Any, row: Any, step: Any, taps: Any) -> None:
    """Fetch one channel of the pixels around n places."""
    one, two, three, four = taps[:n], taps[n : 2 * n], taps[2 * n : 3 * n], taps[3 * n :]
    for i in range(i32(n)):
        k = index[i] + c
        one[i], two[i], three[i], four[i] = source[k], source[k + step], source[k + row], source[k + row + step]


@compiled
def _blend(taps: Any, n: int, fx: Any, fy: Any, found: Any) -> None:
    one, two, three, four = taps[:n], taps[n : 2 * n], taps[2 * n : 3 * n], taps[3 * n :]
    for i in range(i32(n)):
        a, b, c, d = f32(one[i]), f32(two[i]), f32(three[i]), f32(four[i])
        high, low = a + fx[i] * (b - a), c + fx[i] * (d - c)
        found[i] = high + fy[i] * (low - high)


@compiled
def _unknown(found: Any, n: int) -> Any:
    """Whether there is a NaN."""
    some = i32(0)
    for i in range(i32(n)):
        some |= i32(found[i] != found[i])
    return some != 0


@compiled
def _again(source: Any, n: int, index: Any, c: int, row: int, step: int, fx: Any, fy: Any, found: Any) -> None:
    """Interpolate once more where a NaN or an infinity came out, without the pixels that have no weight."""
    for i in range(n):
        if found[i] == found[i]:
            continue
        total = f32(0.0)
        for tap in range(4):
            wx = fx[i] if tap & 1 else f32(1.0) - fx[i]
            wy = fy[i] if tap & 2 else f32(1.0) - fy[i]
            if wx * wy != f32(0.0):
                k = np.uint64(index[i]) + np.uint64(c + (step if tap & 1 else 0) + (row if tap & 2 else 0))
                total += wx * wy * source[k]
        found[i] = total
