"""Warping on NumPy, with OpenCV for the common case."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.maps import Border, Field, Mesh, PixelMap, Stage
from domainaug.kernels.plain import point as programs
from domainaug.kernels.plain import random
from domainaug.kernels.point import Bias, Noise, Point
from domainaug.kernels.random import drawn_coarse
from domainaug.kernels.threads import run_slabs
from domainaug.kernels.whole import fold_index

__all__ = ["coordinates", "fold", "points", "sample", "warp"]

Array = NDArray[Any]
Coordinates = NDArray[np.float64]

_ROWS = 64  # at once: what a row of work needs in float64 stays small
_CV2_BORDERS = {"constant": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT,
                "wrap": cv2.BORDER_WRAP, "reflect101": cv2.BORDER_REFLECT_101}  # fmt: skip
_CV2_MOST = 2**15 - 1  # remap's limit of rows and columns


def warp(
    stack: Array, pixel_map: PixelMap, order: str, fill: Array, point: Point | None, out: Array, threads: int | None,
    counts: NDArray[np.int64] | None,
) -> None:  # fmt: skip
    """Warp every slice of a stack by one map.

    Args:
        stack: (D, H, W, C).
        pixel_map: The map.
        order: How to interpolate.
        fill: (C,) float64.
        point: What happens to the values then.
        out: (D, H', W', C), written.
        threads: As everywhere.
        counts: (2,) or None, added to.
    """
    wanted = 0 if counts is None else -(-pixel_map.shape[0] // _ROWS)
    found = np.zeros((wanted, 2), np.int64)

    def block(index: int) -> None:
        begin, end = index * _ROWS, min((index + 1) * _ROWS, pixel_map.shape[0])
        x, y, weight = coordinates(pixel_map, begin, end)
        for number, picture in enumerate(stack):
            values = sample(picture, x, y, weight, pixel_map, order, fill)
            if point is not None:
                place = _Rows(begin, end, number, out, point)
                values = programs.run(point, values, place, found[index] if wanted else None)
            out[number, begin:end] = stored(values, out.dtype)

    def slab(begin: int, end: int) -> None:
        for index in range(begin, end):
            block(index)

    run_slabs(slab, -(-pixel_map.shape[0] // _ROWS), threads)
    if counts is not None:
        counts += found.sum(axis=0)


def points(array: Array, point: Point, out: Array, threads: int | None, counts: NDArray[np.int64] | None) -> None:
    """Run a program over every value of a (D, H, W, C) array."""
    found = np.zeros((array.shape[0] * array.shape[1], 2), np.int64) if counts is not None else None

    def slab(begin: int, end: int) -> None:
        for row in range(begin, end):
            z, y = divmod(row, array.shape[1])
            place = _Rows(y, y + 1, z, out, point)
            new = programs.run(point, array[z, y : y + 1], place, None if found is None else found[row])
            out[z, y : y + 1] = stored(new, out.dtype)

    run_slabs(slab, array.shape[0] * array.shape[1], threads, least=16)
    if counts is not None and found is not None:
        counts += found.sum(axis=0)


def stored(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return values as a type holds them: rounded half to even and held within it; NaN becomes the low end."""
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    ends = np.iinfo(dtype)
    known = np.where(np.isnan(values), np.float32(ends.min), values)
    return np.clip(np.rint(known), ends.min, ends.max).astype(dtype)


class _Rows:
    """Rows begin to end of slice `number` in an output (D, H, W, C)."""

    def __init__(self, begin: int, end: int, number: int, out: Array, point: Point) -> None:
        first, depth = point.part or (0, len(out))
        self._begin, self._end, self._number, self._shape = begin, end, first + number, (depth, *out.shape[1:])
        self._coarse = drawn_coarse(out.dtype)

    def bias(self, op: Bias) -> Array:
        depth, height, width, _ = self._shape
        z = centered(depth)[self._number]
        return programs.bias_field(
            op, centered(width)[:, None], centered(height)[self._begin : self._end, None, None], z
        )

    def normals(self, op: Noise) -> Array:
        _, height, width, channels = self._shape
        each = 1 if op.gray else channels
        first = (self._number * height + self._begin) * width * each
        shape = (self._end - self._begin, width, each)
        drawn = np.empty(shape, np.float32)
        row = random.coarse_normal_row if self._coarse else random.normal_row
        row(drawn.reshape(-1), drawn.size, op.key & 0xFFFFFFFF, op.key >> 32, op.stream, first)
        return drawn


def centered(count: int) -> Coordinates:
    """Return coordinates from -1 to 1 over an axis; 0 where it has one value."""
    return np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)


def coordinates(pixel_map: PixelMap, begin: int, end: int) -> tuple[Coordinates, Coordinates, Coordinates | None]:
    """Return where the pixels of rows begin to end look, in float64.

    Returns:
        x and y in the input, not yet folded at its border, and the share each pixel shows of the input: less than
        1 where a frame on the way cut it. None when that is 1 everywhere.
    """
    y, x = np.mgrid[begin:end, : pixel_map.shape[1]].astype(np.float64)
    weight: Coordinates | None = None
    for number, stage in enumerate(pixel_map.stages):
        if number:
            before = pixel_map.stages[number - 1]
            if before.border == "constant":
                part = _inside(x, before.frame[1]) * _inside(y, before.frame[0])
                weight = part if weight is None else weight * part
            x, y = fold(x, before.frame[1], before.border), fold(y, before.frame[0], before.border)
        x, y = _through(stage, x, y)
    return x, y, weight


def _through(stage: Stage, x: Coordinates, y: Coordinates) -> tuple[Coordinates, Coordinates]:
    if isinstance(stage, Field):
        at = sample_raw(np.stack([stage.x, stage.y], axis=-1), x, y)
        return at[..., 0], at[..., 1]
    if isinstance(stage, Mesh):
        return _through_mesh(stage, x, y)
    m = stage.matrix
    new_x, new_y = m[0, 0] * x + m[0, 1] * y + m[0, 2], m[1, 0] * x + m[1, 1] * y + m[1, 2]
    if stage.affine:
        return new_x, new_y
    w = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    scale = np.divide(1.0, w, out=np.zeros_like(w), where=w != 0)
    return new_x * scale, new_y * scale


def _through_mesh(stage: Mesh, x: Coordinates, y: Coordinates) -> tuple[Coordinates, Coordinates]:
    _, rows, columns = stage.control.shape
    i, wx = _splines(x, stage.frame[1], columns)
    j, wy = _splines(y, stage.frame[0], rows)
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for a in range(4):
        for b in range(4):
            weight, at = wy[a] * wx[b], (j + a, i + b)
            dx += weight * stage.control[0][at]
            dy += weight * stage.control[1][at]
    return x + dx, y + dy


def _splines(t: Coordinates, length: int, knots: int) -> tuple[NDArray[np.intp], list[Coordinates]]:
    """Return the first of the four knots at work at each place, and their weights."""
    at = np.clip(np.nan_to_num(t), 0, length - 1) * ((knots - 3) / max(length - 1, 1))
    cell = np.minimum(at.astype(np.intp), knots - 4)
    f = at - cell
    return cell, [(1 - f) ** 3 / 6, (3 * f**3 - 6 * f**2 + 4) / 6, (-3 * f**3 + 3 * f**2 + 3 * f + 1) / 6, f**3 / 6]


def _inside(t: Coordinates, length: int) -> Coordinates:
    """Return how much of a place within a pixel of a frame is inside of it, along one axis."""
    beyond = np.maximum(np.maximum(-t, t - (length - 1)), 0)
    return np.where(beyond < 1, 1 - beyond, 0)


def fold(t: Coordinates, length: int, border: Border) -> Coordinates:
    """Return coordinates folded into [0, length - 1] as a border repeats the frame; not finite ones become 0."""
    t = np.where(np.isfinite(t), t, 0)
    if border == "reflect":
        t = t - 2 * length * np.floor((t + 0.5) / (2 * length))
        t = np.where(t > length - 0.5, 2 * length - 1 - t, t)
    elif border == "reflect101" and length > 1:
        turn = 2 * (length - 1)
        t = t - turn * np.floor(t / turn)
        t = np.where(t > length - 1, turn - t, t)
    elif border == "wrap":
        t = t - length * np.floor((t + 0.5) / length)
    return np.clip(t, 0, length - 1)


def sample_raw(values: Array, x: Coordinates, y: Coordinates) -> Array:
    """Return (H, W, C) values looked up linearly; beyond the frame the edge goes on."""
    return _taps(values, x, y, "linear", (1.0, 1.0), "replicate", np.zeros(values.shape[2]))


def sample(
    picture: Array, x: Coordinates, y: Coordinates, weight: Coordinates | None, pixel_map: PixelMap, order: str,
    fill: Array,
) -> Array:  # fmt: skip
    """Return what pixels that look at x and y show of a picture (H, W, C), before the point program."""
    border = pixel_map.stages[-1].border
    sides = pixel_map.footprint if order == "area" else (1.0, 1.0)
    if (
        order == "linear"
        and picture.shape[2] in (1, 3)
        and max(*picture.shape, *x.shape) <= _CV2_MOST
        and exact_remap()
        and _finite(picture)
    ):
        values = _remap(picture, x, y, border, fill)
    else:
        values = _taps(picture, x, y, order, sides, border, fill)
    if weight is None:
        return values
    share = weight[..., None] if order != "nearest" else (weight[..., None] > 0.5).astype(np.float64)
    with np.errstate(invalid="ignore"):
        mixed = fill + share * (values - fill)
    return np.where(share == 0, fill, np.where(share == 1, values, mixed))


def _finite(picture: Array) -> bool:
    """Whether OpenCV can interpolate it: pixels without weight count there, and 0 times NaN is NaN."""
    return picture.dtype.kind != "f" or bool(np.isfinite(picture).all())


def _remap(picture: Array, x: Coordinates, y: Coordinates, border: Border, fill: Array) -> Array:
    length = max(picture.shape) + 2.0
    near = [np.clip(np.nan_to_num(t, nan=-length), -length, 2 * length).astype(np.float32) for t in (x, y)]
    if border in ("reflect", "reflect101", "wrap"):  # OpenCV folds one turn of a mirror
        near = [np.asarray(t, np.float32) for t in (x, y)]
    source = np.ascontiguousarray(picture, np.float32)
    moved = cv2.remap(
        source, near[0], near[1], cv2.INTER_LINEAR, borderMode=_CV2_BORDERS[border], borderValue=tuple(fill)
    )
    return np.asarray(moved).reshape(*x.shape, picture.shape[2])


@cache
def exact_remap() -> bool:
    """Whether this OpenCV interpolates between pixels as closely as floats allow; version 4 does on a 32nd of one."""
    ramp = np.arange(64, dtype=np.float32).reshape(8, 8)
    x, y = (np.full((8, 8), t, np.float32) for t in (2.2578125, 3.0078125))
    return bool(abs(cv2.remap(ramp, x, y, cv2.INTER_LINEAR)[4, 4] - (8 * 3.0078125 + 2.2578125)) < 1e-4)


def _taps(
    picture: Array, x: Coordinates, y: Coordinates, order: str, sides: tuple[float, float], border: Border, fill: Array
) -> Array:
    """Weigh taps along each axis, in float64; a tap without weight does not count, whatever it holds."""
    height, width, channels = picture.shape
    known = np.isfinite(x) & np.isfinite(y)
    at_x, at_y = (np.clip(np.where(known, t, 0), -(2.0**30), 2.0**30) for t in (x, y))
    columns, rows = weights(at_x, order, sides[0]), weights(at_y, order, sides[1])
    total = np.zeros((*x.shape, channels))
    for j, wy in rows:
        row, out_y = fold_index(j, height, border), (j < 0) | (j >= height)
        for i, wx in columns:
            weight = (wy * wx)[..., None]
            value = picture[row, fold_index(i, width, border)]
            if border == "constant":
                value = np.where((out_y | (i < 0) | (i >= width))[..., None], fill, value)
            with np.errstate(invalid="ignore"):
                total += np.where(weight == 0, 0, weight * value)
    return np.where(known[..., None] | (border != "constant"), total, fill)


def weights(t: Coordinates, order: str, side: float = 1.0) -> list[tuple[NDArray[np.intp], Coordinates]]:
    """Return the pixels along one axis that a coordinate takes values from, each with its weight.

    "area" weighs pixels by their overlap with a box `side` wide (Keys 1981 for "cubic", with a = -0.75).
    """
    if order == "nearest":
        return [(np.floor(t + 0.5).astype(np.intp), np.ones_like(t))]
    if order == "area" and side > 1:
        low, high = t - side / 2, t + side / 2
        first = np.floor(low + 0.5).astype(np.intp)
        taps = [first + k for k in range(int(np.floor(side)) + 2)]
        return [(i, np.clip(np.minimum(high, i + 0.5) - np.maximum(low, i - 0.5), 0, 1) / side) for i in taps]
    base = np.floor(t).astype(np.intp)
    f = t - base
    if order != "cubic":
        return [(base, 1 - f), (base + 1, f)]
    a = -0.75
    near = [((a + 2) * d - (a + 3)) * d * d + 1 for d in (f, 1 - f)]
    far = [((a * d - 5 * a) * d + 8 * a) * d - 4 * a for d in (1 + f, 2 - f)]
    return [(base - 1, far[0]), (base, near[0]), (base + 1, near[1]), (base + 2, far[1])]
