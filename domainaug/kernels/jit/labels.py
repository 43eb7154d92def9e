"""Moving label masks, compiled: the pixels around each place vote for their labels, one pass for all labels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.warp_rows import pack, settle, split, trace
from domainaug.kernels.jit.warp_store import constant, padded
from domainaug.kernels.jit.warp_taps import fold_tap
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.plain.labels import BOXED, FAINT, TIE, box
from domainaug.kernels.threads import run_slabs

__all__ = ["warp_labels"]

Array = NDArray[Any]

i32, i64, f32, f64 = np.int32, np.int64, np.float32, np.float64
CONSTANT = 0
TILE = 1024


def warp_labels(
    stack: Array, pixel_map: PixelMap, fill: int, thin: Collection[int], out: Array, threads: int | None
) -> None:
    """Move every slice of a mask by one map; arguments as in `domainaug.kernels.plain.labels`."""
    depth, height, width = stack.shape
    sides = pixel_map.footprint
    boxed = max(sides) > BOXED
    around = pixel_map.stages[-1].border == "wrap"
    special = np.array(sorted(thin), np.int64)
    sizes = np.array((depth, height, width, height, width, around, *pixel_map.shape), np.int64)
    packed = pack(pixel_map)
    flat = out.reshape(-1, pixel_map.shape[1])
    if boxed or (len(special) and max(sides) > 1.05):
        source, kernels = constant(stack.reshape(-1)), (box(sides[0]), box(sides[1]))

        def slab(begin: int, end: int) -> None:
            _vote_boxed(source, sizes, *packed, *kernels, special, boxed, fill, flat, begin, end)
    else:
        stored = padded(stack[..., None], around)[..., 0]
        sizes[3:5] = stored.shape[1:]
        source = constant(stored.reshape(-1))

        def slab(begin: int, end: int) -> None:
            _vote(source, sizes, *packed, fill, flat, begin, end)

    run_slabs(slab, pixel_map.shape[0], threads, least=max(1, (1 << 15) // (depth * pixel_map.shape[1])))


@compiled
def _vote(
    source: Any, sizes: Any, stages: Any, matrices: Any, along_x: Any, along_y: Any, fill: int, out: Any, begin: int,
    end: int,
) -> None:  # fmt: skip
    """Let the four pixels around each place vote; `sizes` is (D, H, W, stored H, stored W, around, H', W')."""
    depth, row, width = sizes[0], sizes[4], sizes[7]
    plane = sizes[3] * row
    tile = min(width, TILE)
    xs, ys = np.empty(tile, np.float64), np.empty(tile, np.float64)
    index, share = np.empty(tile, np.uint32), np.empty(tile, np.float32)
    fx, fy = np.empty(tile, np.float32), np.empty(tile, np.float32)
    for y in range(begin, end):
        for x in range(0, width, tile):
            n = min(tile, width - x)
            trace(stages, matrices, along_x, along_y, y, x, n, xs, ys, share)
            settle(xs, n, sizes[2], stages[-1, 3], sizes[5] != 0, share)
            settle(ys, n, sizes[1], stages[-1, 3], sizes[5] != 0, share)
            split(xs, ys, n, sizes[3:5] - 2, row, 1, index, fx, fy)
            for z in range(depth):
                here = source[z * plane : (z + 1) * plane]
                _four(here, n, np.uint32(row), index, fx, fy, share, fill, out[z * sizes[6] + y, x : x + n])


@compiled
def _four(source: Any, n: int, row: Any, index: Any, fx: Any, fy: Any, share: Any, fill: int, out: Any) -> None:
    """Give n pixels to the label that has most of four; the usual case is one label, wholly inside."""
    names, weights = np.empty(4, np.int64), np.empty(4, np.float32)
    one = np.uint32(1)
    half = f32(0.5 * (1.0 - TIE))  # a label alone is beaten where it covers less than the background does
    for i in range(i32(n)):
        k = index[i]
        a, b, c, d = source[k], source[k + one], source[k + row], source[k + row + one]
        if a == b and a == c and a == d:
            out[i] = a if share[i] >= half else fill
            continue
        u, v, w = fx[i], fy[i], share[i]
        other = b if b != a else (c if c != a else d)
        two = ((c == a) | (c == other)) & ((d == a) | (d == other))
        if two:  # an edge between two, which is nearly every other case
            rest = (u * (f32(1.0) - v) if b != a else f32(0.0)) + ((f32(1.0) - u) * v if c != a else f32(0.0))
            rest = (rest + (u * v if d != a else f32(0.0))) * w
            out[i] = _better(a, w - rest, other, rest, fill)
            continue
        names[0], names[1], names[2], names[3] = a, b, c, d
        weights[0], weights[1] = (f32(1.0) - u) * (f32(1.0) - v) * w, u * (f32(1.0) - v) * w
        weights[2], weights[3] = (f32(1.0) - u) * v * w, u * v * w
        out[i] = _elect(names, weights, 4, fill)


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
    source: Any, sizes: Any, stages: Any, matrices: Any, along_x: Any, along_y: Any, box_x: Any, box_y: Any,
    special: Any, boxed: bool, fill: int, out: Any, begin: int, end: int,
) -> None:  # fmt: skip
    """Let all pixels vote that an output pixel sees: for every label, or for special ones only."""
    depth, height, width, border = sizes[0], sizes[1], sizes[2], stages[-1, 3]
    tile = min(sizes[7], TILE)
    xs, ys, share = np.empty(tile, np.float64), np.empty(tile, np.float64), np.empty(tile, np.float32)
    at_x, at_y = np.empty(2 * box_x.size, np.int64), np.empty(2 * box_y.size, np.int64)
    near_x, near_y = np.empty(2 * box_x.size, np.float32), np.empty(2 * box_y.size, np.float32)
    wide_x, wide_y = np.empty(2 * box_x.size, np.float32), np.empty(2 * box_y.size, np.float32)
    most = at_x.size * at_y.size
    names, weights = np.empty(most, np.int64), np.empty(most, np.float32)
    for y in range(begin, end):
        for x in range(0, sizes[7], tile):
            n = min(tile, sizes[7] - x)
            trace(stages, matrices, along_x, along_y, y, x, n, xs, ys, share)
            for z in range(depth):
                here = source[z * height * width : (z + 1) * height * width]
                for i in range(n):
                    columns = _reach(xs[i], width, border, box_x, at_x, near_x, wide_x)
                    rows = _reach(ys[i], height, border, box_y, at_y, near_y, wide_y)
                    votes = 0
                    for b in range(rows):
                        line = at_y[b] * width
                        for a in range(columns):
                            name = i64(here[line + at_x[a]])
                            everything = boxed or _among(name, special)
                            weight = wide_x[a] * wide_y[b] if everything else near_x[a] * near_y[b]
                            if weight != f32(0.0) and name != fill:
                                votes = _add(names, weights, votes, name, weight * share[i])
                    out[z * sizes[6] + y, x + i] = _elect(names, weights, votes, fill)


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
        for s in range(-side, side + 1):
            at[k] = min(max(center + s, 0), length - 1)
            near[k] = weight if s == 0 else f32(0.0)
            wide[k] = weight * kernel[s + side]
            k += 1
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
