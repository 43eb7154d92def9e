"""Warping by any number of taps along each axis, compiled: cubic interpolation, and averaging over a footprint."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit import point as programs
from domainaug.kernels.jit.warp_rows import pack, trace
from domainaug.kernels.jit.warp_store import constant, ends, store, tally
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.point import Point
from domainaug.kernels.threads import run_slabs

__all__ = ["fold_tap", "warp_by_taps"]

Array = NDArray[Any]

i32, i64, f32, f64 = np.int32, np.int64, np.float32, np.float64
CONSTANT, REPLICATE, REFLECT, WRAP = range(4)
FAR = 2.0**30  # pixels: where nothing of a picture is, and 32 bits still count


def warp_by_taps(
    stack: Array, pixel_map: PixelMap, order: str, fill: Array, point: Point | None, out: Array, threads: int | None,
    counts: NDArray[np.int64] | None,
) -> None:  # fmt: skip
    """Warp every slice of a stack by one map; arguments as in `domainaug.kernels.plain.warp`."""
    depth, height, width, channels = stack.shape
    sides = np.maximum(pixel_map.footprint, 1.0) if order == "area" else np.zeros(2)
    sizes = np.array((depth, height, width, channels, depth, *pixel_map.shape), np.int64)
    source, flat = constant(stack.reshape(-1)), out.reshape(-1, pixel_map.shape[1] * channels)
    packed = pack(pixel_map)
    codes, numbers = programs.pack(point, channels, out.dtype, out.size)
    limits, found = ends(out.dtype), tally(counts, pixel_map.shape[0])

    def slab(begin: int, end: int) -> None:
        own = found[begin] if counts is not None else found[0]
        _warp(source, sizes, sides, *packed, fill, limits, codes, numbers, flat, begin, end, own)

    run_slabs(slab, pixel_map.shape[0], threads)
    if counts is not None:
        counts += found.sum(axis=0)


@compiled
def _warp(
    source: Any, sizes: Any, sides: Any, stages: Any, matrices: Any, along_x: Any, along_y: Any, fill: Any,
    limits: Any, codes: Any, numbers: Any, out: Any, begin: int, end: int, counts: Any,
) -> None:  # fmt: skip
    """Warp rows begin to end of every slice; `sizes` is (D, H, W, C, D', H', W')."""
    depth, channels, width = sizes[0], sizes[3], sizes[6]
    plane = sizes[1] * sizes[2] * channels
    tile = min(width, max(1, programs.MOST // channels))
    xs, ys, share = np.empty(tile, np.float64), np.empty(tile, np.float64), np.empty(tile, np.float32)
    u, spare = np.empty(tile * channels, np.float32), np.empty(programs.ROOM, np.float32)
    weights_x = np.empty(max(4, int(sides[0]) + 2), np.float64)
    weights_y = np.empty(max(4, int(sides[1]) + 2), np.float64)
    for y in range(begin, end):
        for x in range(0, width, tile):
            n = min(tile, width - x)
            trace(stages, matrices, along_x, along_y, y, x, n, xs, ys, share)
            for z in range(depth):
                here = source[z * plane : (z + 1) * plane]
                for i in range(n):
                    left = _weigh(xs[i], sides[0], weights_x)
                    top = _weigh(ys[i], sides[1], weights_y)
                    for c in range(channels):
                        v = _sum(here, sizes, stages[-1, 3], c, left, weights_x, top, weights_y, fill[c])
                        w = f64(share[i])
                        mixed = fill[c] if w == 0.0 else fill[c] + w * (v - fill[c])
                        u[i * channels + c] = f32(v if w == 1.0 else mixed)
                if codes[0, 0] > 0:
                    programs.run(u, n * channels, channels, codes, numbers, spare, x, y, z, sizes[4:], counts)
                row = out[z * sizes[5] + y]
                store(u, n * channels, limits, row[x * channels : (x + n) * channels])


@compiled
def _weigh(t: float, side: float, weights: Any) -> Any:
    """Return the first pixel along an axis that a place takes values from, and write the weights of it and the next.

    Of a box `side` wide they are the overlaps; of side 0, Keys's cubic with a = -0.75. A place that is nowhere has
    no weights.
    """
    if not abs(t) < FAR:
        weights[:] = 0.0
        return -(2**30)
    if side > 0.0:
        low, high = t - side / 2.0, t + side / 2.0
        first = i64(np.floor(low + 0.5))
        for k in range(weights.size):
            overlap = min(high, first + k + 0.5) - max(low, first + k - 0.5)
            weights[k] = max(overlap, 0.0) / side
        return first
    base = i64(np.floor(t))
    f = t - base
    a = -0.75
    g = 1.0 - f
    weights[0] = ((a * (1.0 + f) - 5.0 * a) * (1.0 + f) + 8.0 * a) * (1.0 + f) - 4.0 * a
    weights[1] = ((a + 2.0) * f - (a + 3.0)) * f * f + 1.0
    weights[2] = ((a + 2.0) * g - (a + 3.0)) * g * g + 1.0
    weights[3] = ((a * (1.0 + g) - 5.0 * a) * (1.0 + g) + 8.0 * a) * (1.0 + g) - 4.0 * a
    return base - 1


@compiled
def _sum(
    source: Any, sizes: Any, border: int, c: int, left: int, weights_x: Any, top: int, weights_y: Any, fill: float
) -> Any:
    """Return the weighted sum of what is around a place; a pixel without weight does not count, whatever it holds."""
    height, width, channels = sizes[1], sizes[2], sizes[3]
    total = 0.0
    if left < -FAR / 2 or top < -FAR / 2:
        return fill if border == CONSTANT else f64(source[c])
    inside = left >= 0 and left + weights_x.size <= width and top >= 0 and top + weights_y.size <= height
    for j in range(weights_y.size):
        wy = weights_y[j]
        if wy == 0.0:
            continue
        y = top + j if inside else fold_tap(top + j, height, border)
        for i in range(weights_x.size):
            wx = weights_x[i]
            if wx == 0.0:
                continue
            x = left + i if inside else fold_tap(left + i, width, border)
            if x < 0 or y < 0:
                total += wy * wx * fill
            else:
                total += wy * wx * source[np.uint64((y * width + x) * channels + c)]
    return total


@compiled
def fold_tap(index: int, length: int, border: int) -> int:
    """Return a pixel's place in a frame; -1 where a constant is."""
    if 0 <= index < length:
        return index
    if border == CONSTANT:
        return -1
    if border == REPLICATE or length == 1:
        return 0 if index < 0 else length - 1
    if border == REFLECT:
        index %= 2 * length
        return 2 * length - 1 - index if index >= length else index
    if border == WRAP:
        return index % length
    index %= 2 * (length - 1)
    return 2 * (length - 1) - index if index >= length else index
