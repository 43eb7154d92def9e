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
from domainaug.kernels.jit.warp_rows import PackedMap, fringe, inner, pack, plain_matrix, settle, span, split, trace
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
    matrix = None if nearest else plain_matrix(pixel_map)
    packed = _packed(pixel_map) if matrix is None else None
    floating = True if stack.dtype.kind == "f" else None
    codes, numbers = programs.pack(point, channels, out.dtype, out.size)
    fills, limits = fill.astype(np.float32), ends(out.dtype)
    flat = out.reshape(-1, pixel_map.shape[1] * channels)
    found = tally(counts, pixel_map.shape[0])
    tile = min(shape[2], max(1, programs.MOST // channels))
    block = _STACKED if depth > 1 else 1

    def slab(begin: int, end: int) -> None:
        own = found[begin] if counts is not None else found[0]
        index, shares = np.empty((block, tile), np.uint32), np.empty((3, block, tile), np.float32)
        inside = np.empty((block, 2), np.int64)
        winding = None if packed is None else (*packed, np.empty((2, tile), np.float64))
        u, spare = np.empty(tile * channels, np.float32), np.empty(programs.ROOM, np.float32)
        twos = taps = sixes = single = None
        if channels == 1 and not nearest:
            twos = np.empty(2 * tile, pairs.dtype)
            taps = twos.view(stack.dtype)
        elif channels == 3 and stack.itemsize == 1 and not nearest:
            sixes = np.empty((6, tile), pairs.dtype)
        else:
            single = True
        _warp(
            source, pairs, sizes, matrix, winding, fills, limits, floating, codes, numbers, flat, begin, end, own,
            inside, index, shares, twos, taps, sixes, single, u, spare,
        )  # fmt: skip

    run_slabs(slab, shape[1], threads, least=max(1, _LEAST // (depth * flat.shape[1])))
    if counts is not None:
        counts += found.sum(axis=0)
    return None


def _packed(pixel_map: PixelMap) -> PackedMap:
    """Return a map for `trace`, one type for all: the code that follows has many kinds already."""
    stages, matrices, along_x, along_y = pack(pixel_map)
    return stages, matrices, _NO_DATA if along_x is None else along_x, _NO_DATA if along_y is None else along_y


_NO_DATA = constant(np.zeros(1, np.float32))


def points(array: Array, point: Point, out: Array, threads: int | None, counts: NDArray[np.int64] | None) -> None:
    """Run a program over every value of a (D, H, W, C) array."""
    width, channels = array.shape[2:]
    rows = constant(array.reshape(-1, width * channels))
    flat = out.reshape(rows.shape)
    codes, numbers = programs.pack(point, channels, out.dtype, out.size)
    shape, limits = np.array(array.shape[:3], np.int64), ends(out.dtype)
    floating = True if limits is None else None
    found = tally(counts, len(rows))

    def slab(begin: int, end: int) -> None:
        own = found[begin] if counts is not None else found[0]
        u, spare = None if floating else np.empty(programs.MOST, np.float32), np.empty(programs.ROOM, np.float32)
        _points(rows, flat, channels, shape, codes, numbers, limits, floating, begin, end, own, u, spare)

    run_slabs(slab, len(rows), threads, least=max(1, _LEAST // rows.shape[1]))
    if counts is not None:
        counts += found.sum(axis=0)


@compiled(borrows=True)
def _warp(
    source: Any, pairs: Any, sizes: Any, matrix: Any, packed: Any, fills: Any, limits: Any, floating: Any, codes: Any,
    numbers: Any, out: Any, begin: int, end: int, counts: Any, inside: Any, index: Any, shares: Any, twos: Any,
    taps: Any, sixes: Any, single: Any, u: Any, spare: Any,
) -> None:  # fmt: skip
    """Warp rows begin to end of every slice; what is None is left out of the code.

    `sizes` is (D, H, W, stored H, stored W, C, nearest, around, D', H', W').
    """
    depth, columns, channels = sizes[0], sizes[4], sizes[5]
    plane = sizes[3] * columns * channels
    height, width = sizes[9], sizes[10]
    block, tile = index.shape
    fx, fy, share = shares[0], shares[1], shares[2]
    for top in range(begin, end, block):
        for x in range(0, width, tile):
            n = min(tile, width - x)
            rows = min(block, end - top)
            for r in range(rows):
                _locate(sizes, matrix, packed, top + r, x, n, index[r], fx[r], fy[r], share[r], inside[r])
            for z in range(depth):
                here, two = source[z * plane : (z + 1) * plane], pairs[z * plane : (z + 1) * plane - 1]
                for r in range(rows):
                    row = out[z * height + top + r, x * channels : (x + n) * channels]
                    values = u
                    if floating is not None:
                        values = row  # what is not rounded is worked on where it stays
                    _show(here, two, sizes, n, index[r], fx[r], fy[r], twos, taps, sixes, single, floating, values)
                    _fill(n, channels, share[r], inside[r], fills, values)
                    if codes[0, 0] > 0:
                        programs.run(
                            values, n * channels, channels, codes, numbers, spare, x, top + r, z, sizes[8:], counts
                        )  # fmt: skip
                    if limits is not None:
                        store(values, n * channels, limits, row)


@compiled(borrows=True)
def _points(
    rows: Any, out: Any, channels: int, shape: Any, codes: Any, numbers: Any, limits: Any, floating: Any,
    begin: int, end: int, counts: Any, u: Any, spare: Any,
) -> None:  # fmt: skip
    tile = max(1, programs.MOST // channels)
    for row in range(begin, end):
        z, y = row // shape[1], row % shape[1]
        for x in range(0, shape[2], tile):
            n = min(tile, shape[2] - x) * channels
            source, target = rows[row, x * channels : x * channels + n], out[row, x * channels : x * channels + n]
            if floating is not None:
                _run_into(target, source, n, channels, codes, numbers, spare, x, y, z, shape, counts)
            if limits is not None:
                _run_into(u, source, n, channels, codes, numbers, spare, x, y, z, shape, counts)
                store(u, n, limits, target)


@compiled(borrows=True)
def _run_into(
    u: Any, source: Any, n: int, channels: int, codes: Any, numbers: Any, spare: Any, x: int, y: int, z: int,
    shape: Any, counts: Any,
) -> None:  # fmt: skip
    for i in range(i32(n)):
        u[i] = f32(source[i])
    programs.run(u, n, channels, codes, numbers, spare, x, y, z, shape, counts)


@compiled(borrows=True)
def _locate(
    sizes: Any, matrix: Any, packed: Any, y: int, x: int, n: int, index: Any, fx: Any, fy: Any, share: Any, inside: Any
) -> None:
    """Write which pixels a row takes values from; inside a span, written too, nothing had to be checked or folded."""
    if matrix is not None:
        row = sizes[4] * sizes[5]
        begin, end = span(matrix, y, x, n, sizes[1], sizes[2])
        inner(matrix, y, x, begin, end, row, sizes[5], index, fx, fy)
        for part in range(2):
            low, high = (0, begin) if part == 0 else (end, n)
            if high > low:  # a call for nothing costs a tenth of a microsecond a row
                fringe(matrix, y, x, low, high, sizes[1:], index, fx, fy, share)
        inside[0], inside[1] = begin, end
    if packed is not None:
        _locate_any(sizes, packed, y, x, n, index, fx, fy, share)
        inside[0], inside[1] = n, n


@compiled(borrows=True)
def _locate_any(sizes: Any, packed: Any, y: int, x: int, n: int, index: Any, fx: Any, fy: Any, share: Any) -> None:
    stages, matrices, along_x, along_y, places = packed
    xs, ys = places[0], places[1]
    nearest, around, border = sizes[6] != 0, sizes[7] != 0, stages[-1, 3]
    trace(stages, matrices, along_x, along_y, y, x, n, xs, ys, share)
    if nearest:
        _to_pixels(n, xs, ys, share)
    settle(xs, n, sizes[2], border, around, share)
    settle(ys, n, sizes[1], border, around, share)
    after = 0 if nearest else 1  # a pixel looked at has one after it
    split(xs, ys, n, sizes[3] - 1 - after, sizes[4] - 1 - after, sizes[4] * sizes[5], sizes[5], index, fx, fy)


@compiled(borrows=True)
def _to_pixels(n: int, xs: Any, ys: Any, share: Any) -> None:
    """Round places to pixels; one that less than half of shows the picture shows none of it."""
    for i in range(i32(n)):
        xs[i], ys[i] = np.floor(xs[i] + 0.5), np.floor(ys[i] + 0.5)
        share[i] = f32(1.0) if share[i] > f32(0.5) else f32(0.0)


@compiled(borrows=True)
def _show(
    source: Any, pairs: Any, sizes: Any, n: int, index: Any, fx: Any, fy: Any, twos: Any, taps: Any, sixes: Any,
    single: Any, floating: Any, u: Any,
) -> None:  # fmt: skip
    """Write what n pixels show, channels last: gray, of three channels of 8 bits, or of any others."""
    if twos is not None:
        _gather_pairs(pairs, n, index, np.uint32(sizes[4]), twos)
        _blend_pairs(taps, n, fx, fy, u)
    if sixes is not None:
        _gather_colors(pairs, n, sizes[4] * sizes[5], index, sixes)
        _blend_colors(sixes, n, fx, fy, u)
    if single is not None:
        _look_up(source, sizes, n, index, fx, fy, u)
    if floating is not None:
        _again(source, sizes, n, index, fx, fy, u)


@compiled(borrows=True)
def _look_up(source: Any, sizes: Any, n: int, index: Any, fx: Any, fy: Any, u: Any) -> None:
    """Write what n pixels of any number of channels show, channels last."""
    step, nearest = i32(sizes[5]), sizes[6] != 0
    row = i32(sizes[4]) * step
    for i in range(i32(n)):
        k, at = index[i], i * step
        upper, lower = source[k : k + 2 * step], source[k + row : k + row + 2 * step]
        x, y = fx[i], fy[i]
        if nearest:
            for c in range(step):
                u[at + c] = f32(upper[c])
        else:
            for c in range(step):
                high = f32(upper[c]) + x * (f32(upper[c + step]) - f32(upper[c]))
                low = f32(lower[c]) + x * (f32(lower[c + step]) - f32(lower[c]))
                u[at + c] = high + y * (low - high)


@compiled(borrows=True)
def _fill(n: int, channels: int, share: Any, inside: Any, fills: Any, u: Any) -> None:
    """Mix what is outside into pixels that show some of it."""
    for part in range(2):
        low, high = (0, inside[0]) if part == 0 else (inside[1], n)
        for i in range(low, high):
            w = share[i]
            if w == f32(1.0):
                continue
            for c in range(channels):
                k = i * channels + c
                u[k] = fills[c] if w == f32(0.0) else fills[c] + w * (u[k] - fills[c])


@compiled(borrows=True)
def _gather_colors(pairs: Any, n: int, row: int, index: Any, sixes: Any) -> None:
    """Fetch, two values at a time, the pixels around n places: R G, B R, G B of the upper ones, then the lower ones."""
    a, b, c, d, e, f = sixes[0], sixes[1], sixes[2], sixes[3], sixes[4], sixes[5]
    second, third, lower = pairs[2:], pairs[4:], pairs[row:]
    fifth, sixth = lower[2:], lower[4:]
    for i in range(i32(n)):
        k = index[i]
        a[i], b[i], c[i], d[i], e[i], f[i] = pairs[k], second[k], third[k], lower[k], fifth[k], sixth[k]


@compiled(borrows=True)
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


@compiled(borrows=True)
def _gather_pairs(pairs: Any, n: int, index: Any, row: Any, twos: Any) -> None:
    """Fetch, two at a time, the pixels around n places: upper ones first, then lower ones."""
    upper, lower = twos[:n], twos[n:]
    for i in range(i32(n)):
        k = index[i]
        upper[i], lower[i] = pairs[k], pairs[k + row]


@compiled(borrows=True)
def _blend_pairs(taps: Any, n: int, fx: Any, fy: Any, found: Any) -> None:
    upper, lower = taps[: 2 * n], taps[2 * n :]
    for i in range(i32(n)):
        a, b = f32(upper[i32(2) * i]), f32(upper[i32(2) * i + i32(1)])
        c, d = f32(lower[i32(2) * i]), f32(lower[i32(2) * i + i32(1)])
        high, low = a + fx[i] * (b - a), c + fx[i] * (d - c)
        found[i] = high + fy[i] * (low - high)


@compiled(borrows=True)
def _again(source: Any, sizes: Any, n: int, index: Any, fx: Any, fy: Any, u: Any) -> None:
    """Interpolate once more where a NaN or an infinity came out, without the pixels that have no weight."""
    channels = sizes[5]
    unknown = i32(0)
    for i in range(i32(n * channels)):
        unknown |= i32(u[i] != u[i])
    if unknown == 0 or sizes[6] != 0:
        return
    for i in range(n * channels):
        if u[i] == u[i]:
            continue
        total, pixel = f32(0.0), i // channels
        for tap in range(4):
            wx = fx[pixel] if tap & 1 else f32(1.0) - fx[pixel]
            wy = fy[pixel] if tap & 2 else f32(1.0) - fy[pixel]
            if wx * wy != f32(0.0):
                k = index[pixel] + i % channels + (channels if tap & 1 else 0) + (sizes[4] * channels if tap & 2 else 0)
                total += wx * wy * source[np.uint64(k)]
        u[i] = total
