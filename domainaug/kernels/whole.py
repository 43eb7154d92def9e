"""Maps that move whole pixels: mirrors, quarter turns, crops, pads and shifts copy values of any type exactly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.maps import Border, PixelMap, Projective

__all__ = ["fold_index", "moved", "moves_whole"]

Array = NDArray[Any]
Axis = tuple[int, int]  # (step, start): position t of the output shows pixel step * t + start

_SLACK = 1e-6  # pixels


def moves_whole(pixel_map: PixelMap) -> bool:
    """Whether every output pixel shows one input pixel, or what lies outside."""
    return all(_axes(stage) is not None for stage in pixel_map.stages)


def moved(stack: Array, pixel_map: PixelMap, fill: Array) -> Array | None:
    """Return a stack (D, H, W, C) after a map of whole pixels, as a view where possible; None for other maps.

    Args:
        stack: Of any type.
        pixel_map: The map.
        fill: (C,) values outside.
    """
    axes = [_axes(stage) for stage in pixel_map.stages]
    shapes = [pixel_map.shape, *(stage.frame for stage in pixel_map.stages)]
    if None in axes:
        return None
    for number in reversed(range(len(axes))):
        turn = axes[number]
        assert turn is not None
        stack = _shift(stack, turn, shapes[number], pixel_map.stages[number].border, fill)
    return stack


def _axes(stage: Any) -> tuple[bool, Axis, Axis] | None:
    """Return whether a stage swaps the axes, and the step and start of columns and rows; None if it cuts pixels."""
    if not isinstance(stage, Projective) or not stage.affine:
        return None
    (a, b, c), (d, e, f) = stage.matrix[:2].tolist()
    near = _SLACK / max(1, *stage.frame)
    if (
        not math.isfinite(c + f)
        or abs(abs(a) - abs(e)) > near
        or abs(c - round(c)) > _SLACK
        or abs(f - round(f)) > _SLACK
    ):
        return None
    if abs(abs(a) - 1) < near and abs(abs(e) - 1) < near and abs(b) < near and abs(d) < near:
        return False, (round(a), round(c)), (round(e), round(f))
    if abs(abs(b) - 1) < near and abs(abs(d) - 1) < near and abs(a) < near and abs(e) < near:
        return True, (round(b), round(c)), (round(d), round(f))
    return None


def _shift(stack: Array, turn: tuple[bool, Axis, Axis], shape: tuple[int, int], border: Border, fill: Array) -> Array:
    swapped, columns, rows = turn
    if swapped:  # the columns of the input run down the output
        stack = stack.swapaxes(1, 2)
        columns, rows = rows, columns
    begin_y, end_y, source_y = _overlap(rows, shape[0], stack.shape[1])
    begin_x, end_x, source_x = _overlap(columns, shape[1], stack.shape[2])
    if (begin_y, begin_x, end_y, end_x) == (0, 0, *shape):
        return stack[:, source_y, source_x]
    if border != "constant":
        ys = fold_index(rows[0] * np.arange(shape[0]) + rows[1], stack.shape[1], border)
        xs = fold_index(columns[0] * np.arange(shape[1]) + columns[1], stack.shape[2], border)
        return np.take(np.take(stack, ys, axis=1), xs, axis=2)
    out = np.empty((stack.shape[0], *shape, stack.shape[3]), stack.dtype)
    out[...] = held(fill, stack.dtype)
    if begin_y < end_y and begin_x < end_x:
        out[:, begin_y:end_y, begin_x:end_x] = stack[:, source_y, source_x]
    return out


def _overlap(axis: Axis, count: int, length: int) -> tuple[int, int, slice]:
    """Return the positions from begin to end that show pixels of an axis, and the slice of pixels they show."""
    step, start = axis
    begin = max(0, -start if step == 1 else start - length + 1)
    end = min(count, length - start if step == 1 else start + 1)
    after = step * end + start
    return begin, max(begin, end), slice(step * begin + start, after if after >= 0 else None, step)


def held(fill: Array, dtype: np.dtype[Any]) -> Array:
    """Return fill values as a type holds them."""
    if dtype.kind not in "iu":
        return fill.astype(dtype)
    ends = np.iinfo(dtype)
    inside = np.clip(np.rint(np.nan_to_num(fill, nan=ends.min)), ends.min, ends.max)
    return np.asarray(inside.astype(dtype))


def fold_index(index: NDArray[np.intp], length: int, border: Border) -> NDArray[np.intp]:
    """Return whole coordinates folded into a frame; a constant border is folded like "replicate"."""
    if border == "reflect":
        index = index % (2 * length)
        return np.where(index >= length, 2 * length - 1 - index, index)
    if border == "reflect101" and length > 1:
        turn = 2 * (length - 1)
        index = index % turn
        return np.where(index >= length, turn - index, index)
    return index % length if border == "wrap" else np.clip(index, 0, length - 1)
