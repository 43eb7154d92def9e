"""Pictures, stacks of slices and label masks through a `PixelMap`, with a `Point` program in the same pass.

    warp          images: interpolated once, then the program, then rounded once to the type
    apply_point   the program alone
    warp_labels   integer masks: every pixel goes to the label that covers most of it, in one pass for all labels
    coverage      how much one label covers of each output pixel
    thin_labels   the labels that may break up on the way

NaN in a floating picture reaches the pixels it has a share in, and no integer result: there it is the type's low
end. A result does not depend on the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError, LabelError, UnknownName
from domainaug.kernels import whole
from domainaug.kernels.checks import check_array, check_out
from domainaug.kernels.engine import loops
from domainaug.kernels.maps import Field, Mesh, PixelMap, Stage
from domainaug.kernels.point import Noise, Point

__all__ = ["WARMUP", "Order", "apply_point", "coverage", "thin_labels", "warp", "warp_labels"]

Array = NDArray[Any]
Order = Literal["nearest", "linear", "cubic", "area"]
"""How to interpolate; "cubic" is Keys (1981) with a = -0.75, "area" averages what one output pixel sees."""

_COMPILED: tuple[Order, ...] = ("linear", "cubic")
_ORDERS = ("nearest", "linear", "cubic", "area")
_PICTURES: tuple[np.dtype[Any], ...] = tuple(map(np.dtype, ("u1", "u2", "i2", "f4")))
_MASKS: tuple[np.dtype[Any], ...] = tuple(map(np.dtype, ("u1", "i2", "u2", "i4")))
_SHRINKS = 1.05
"""Input pixels in one output pixel, along an axis, from which on one speaks of shrinking."""


def warp(
    image: Array,
    pixel_map: PixelMap,
    *,
    order: Order = "linear",
    fill: float | Sequence[float] = 0.0,
    point: Point | None = None,
    stack: bool = False,
    out: Array | None = None,
    threads: int | None = None,
    counts: NDArray[np.int64] | None = None,
) -> Array:
    """Return a picture, or every slice of a stack, as a map shows it.

    Args:
        image: (H, W) or (H, W, C), with `stack` (D, H, W) or (D, H, W, C); uint8, uint16, int16 or float32. A map
            that moves whole pixels takes any type, when there is no program.
        pixel_map: Where output pixels look; its frame is (H, W).
        order: How to interpolate.
        fill: What lies outside a constant border, in the unit of the values: one number or one a channel.
        point: What happens to each value before it is rounded. Noise is drawn by the place in the whole output.
        stack: Whether the first axis counts slices; all go through the same map.
        out: Array for the result, or None for a new one.
        threads: How many at most; None decides as `threads.thread_count` does.
        counts: (2,) int64 or None. Added to: values outside [low, high] on entry of a clipping program; values at
            an end of the range after the program, less those before it.

    Returns:
        (H', W') and so on, in the type of the image.

    Raises:
        ImageError: A type, shape or size that has no kernel, or a map for another frame.
        UnknownName: No order has this name.
    """
    if order not in _ORDERS:
        raise UnknownName("order of interpolation", order, _ORDERS)
    whole_pixels = whole.moves_whole(pixel_map)
    any_type = whole_pixels and point is None and isinstance(image, np.ndarray)
    source = check_array(
        image, dtypes=(image.dtype,) if any_type else _PICTURES, ndim=(2 + stack, 3 + stack), planes=int(stack)
    )
    _check_map(pixel_map, source.shape[stack : 2 + stack], ImageError)
    channels = source.shape[-1] if source.ndim == 3 + stack else 1
    pixels = source.reshape(-1, *pixel_map.frame, channels)
    if point is not None:
        point.check(channels)
    fills = _fills(fill, channels)
    shape = (*source.shape[:stack], *pixel_map.shape, *source.shape[2 + stack :])
    result = check_out(out, shape, source.dtype, sources=(source,), planes=int(stack))
    target = result.reshape(len(pixels), *pixel_map.shape, channels)
    if not whole_pixels:
        loops("warp").warp(pixels, pixel_map, order, fills, point, target, threads, counts)
        return result
    moved = whole.moved(pixels, pixel_map, fills)
    assert moved is not None
    np.copyto(target, moved)
    if point is not None:
        _apply(target, point, target, threads, counts)
    return result


def apply_point(
    array: Array,
    point: Point,
    *,
    channels_last: bool,
    out: Array | None = None,
    threads: int | None = None,
    counts: NDArray[np.int64] | None = None,
) -> Array:
    """Return an array after a point program.

    Args:
        array: Of 1 to 4 axes, the last three of them depth, height and width; uint8, uint16, int16 or float32.
        point: The program.
        channels_last: Whether the last axis counts channels, one more than the axes above.
        out: Array for the result, or None for a new one; may be `array`.
        threads: As in `warp`.
        counts: As in `warp`.

    Returns:
        Same shape and type.

    Raises:
        ImageError: A type or shape that has no kernel.
    """
    axes = [n + channels_last for n in (1, 2, 3)]
    source = check_array(array, "array", dtypes=_PICTURES, ndim=axes, planes=max(0, np.ndim(array) - 2 - channels_last))
    spatial = source.shape[: source.ndim - channels_last]
    channels = source.shape[-1] if channels_last else 1
    point.check(channels)
    inside = out is not None and out is array
    result = check_out(out, source.shape, source.dtype, sources=() if inside else (source,), planes=source.ndim - 1)
    whole_shape = (1,) * (3 - len(spatial)) + spatial + (channels,)
    _apply(source.reshape(whole_shape), point, result.reshape(whole_shape), threads, counts)
    return result


def _apply(source: Array, point: Point, out: Array, threads: int | None, counts: NDArray[np.int64] | None) -> None:
    """Run a program over (D, H, W, C); `out` may be the source."""
    from domainaug.kernels import table

    if table.worth_a_table(point, source):
        table.look_up(source, point, out, threads, counts)
    else:
        loops("warp").points(source, point, out, threads, counts)


def warp_labels(
    mask: Array,
    pixel_map: PixelMap,
    *,
    fill: int = 0,
    thin: Collection[int] | None = None,
    stack: bool = False,
    out: Array | None = None,
    threads: int | None = None,
) -> Array:
    """Return a mask of labels as a map shows it, in one pass however many labels there are.

    The pixels an output pixel takes values from vote with their weights. Ties go to labels over background, and to
    the low label over the high one. A pixel stays background where its best label covers a tenth of it or less, or
    less than the background does. Where the map shrinks threefold or more, all that an output pixel sees votes.

    Args:
        mask: (H, W), with `stack` (D, H, W); uint8, int16, uint16 or int32. A map that moves whole pixels takes
            any type.
        pixel_map: Where output pixels look; its frame is (H, W).
        fill: What lies outside a constant border; also the label of the background.
        thin: Labels that are averaged over what an output pixel sees even where the map shrinks less than
            threefold; those of `thin_labels` when None.
        stack: Whether the first axis counts slices.
        out: Array for the result, or None for a new one.
        threads: As in `warp`.

    Raises:
        LabelError: A type, shape or size that has no kernel, a fill the type does not hold, or a map for another
            frame.
    """
    whole_pixels = whole.moves_whole(pixel_map)
    any_type = whole_pixels and isinstance(mask, np.ndarray)
    types = (mask.dtype,) if any_type else _MASKS
    source = check_array(mask, "mask", dtypes=types, ndim=2 + stack, planes=int(stack), error=LabelError)
    _check_map(pixel_map, source.shape[-2:], LabelError)
    if source.dtype.kind in "iu" and not np.iinfo(source.dtype).min <= fill <= np.iinfo(source.dtype).max:
        raise LabelError(f"fill={fill!r} is no {source.dtype}, the type of the mask: choose a label it can hold")
    shape = (*source.shape[:-2], *pixel_map.shape)
    result = check_out(out, shape, source.dtype, sources=(source,), planes=int(stack), error=LabelError)
    planes, target = source.reshape(-1, *pixel_map.frame), result.reshape(-1, *pixel_map.shape)
    if whole_pixels:
        moved = whole.moved(planes[..., None], pixel_map, np.full(1, fill))
        assert moved is not None
        np.copyto(target, moved[..., 0])
        return result
    if thin is None:
        thin = thin_labels(source, stack=stack) if max(pixel_map.footprint) > _SHRINKS else ()
    loops("labels").warp_labels(planes, pixel_map, int(fill), thin, target, threads)
    return result


def coverage(
    mask: Array, value: int, pixel_map: PixelMap, *, out: Array | None = None, threads: int | None = None
) -> NDArray[np.float32]:
    """Return how much of each output pixel one label covers, from 0 to 1.

    Where the map shrinks, coverage is averaged over all an output pixel sees.

    Args:
        mask: (H, W), integers or truth values.
        value: The label.
        pixel_map: Where output pixels look.
        out: (H', W') float32 for the result, or None.
        threads: As in `warp`.

    Raises:
        LabelError: A mask without two axes or values, or a map for another frame.
    """
    from domainaug.kernels.plain import labels

    types = (*_MASKS, *map(np.dtype, ("bool", "i1", "u4", "i8", "u8")))
    source = check_array(mask, "mask", dtypes=types, ndim=2, error=LabelError)
    _check_map(pixel_map, source.shape, LabelError)
    plane = labels.coverage(source, value, pixel_map.footprint)
    return warp(plane, pixel_map, out=out, threads=threads)


def thin_labels(mask: Array, *, stack: bool = False) -> list[int]:
    """Return the labels, in order, of which little is further than a pixel from their edge.

    A pixel is further if all of its eight neighbors have its label; less than a tenth of a thin label's pixels are.

    Args:
        mask: (H, W), with `stack` (D, H, W), integers.
        stack: Whether the first axis counts slices; a label is thin if it is in any of them.
    """
    if stack:
        return sorted({value for plane in mask for value in thin_labels(plane)})
    if mask.dtype.itemsize > 2:
        values, codes = np.unique(mask, return_inverse=True)
        there, deep = loops("census").census(codes.reshape(mask.shape), len(values))
        return [int(value) for value in values[10 * deep < there]]
    bits = 8 * mask.dtype.itemsize
    there, deep = loops("census").census(np.ascontiguousarray(mask).view(f"u{mask.dtype.itemsize}"), 1 << bits)
    found = [int(code) for code in np.flatnonzero(10 * deep < there)]
    signed = mask.dtype.kind == "i"
    return sorted(code - (1 << bits) if signed and code >> (bits - 1) else code for code in found)


def _fills(fill: float | Sequence[float], channels: int) -> NDArray[np.float64]:
    values = np.empty(channels, np.float64)
    if not isinstance(fill, int | float) and np.ndim(fill) and len(fill) != channels:
        raise ImageError(
            f"fill={fill!r} has {len(fill)} values and the picture {channels} channels: give one a channel"
        )
    values[:] = fill
    return values


def _check_map(pixel_map: PixelMap, shape: Sequence[int], error: type[Exception]) -> None:
    """Refuse a map for another frame, or one that leads nowhere."""
    if tuple(shape) != tuple(pixel_map.frame):
        raise error(f"the map is for a {tuple(pixel_map.frame)} picture and this one is {tuple(shape)} (height, width)")
    for stage in pixel_map.stages:
        wrong = _wrong_with(stage)
        if wrong:
            raise error(wrong)


def _wrong_with(stage: Stage) -> str:
    if isinstance(stage, Field):
        if stage.x.ndim != 2 or stage.x.shape != stage.y.shape or not stage.x.size:
            return f"a field's x {stage.x.shape} and y {stage.y.shape} must be one (height, width), not empty"
    elif isinstance(stage, Mesh):
        if stage.control.ndim != 3 or stage.control.shape[0] != 2 or min(stage.control.shape[1:]) < 4:
            return f"a mesh is (2, ny, nx) with 4 control points or more along an axis, not {stage.control.shape}"
        if not np.isfinite(stage.control).all():
            return "a mesh has values that are not finite: every displacement must be a number of pixels"
        if stage.folds():
            return "a mesh folds, so that two places show one: make its displacements smaller, or its cells larger"
    else:
        first, second, third = stage.matrix.tolist()
        if not math.isfinite(sum(first) + sum(second) + sum(third)) or not any(third):
            return f"a map's matrix must be finite and must not end in zeros, and is {stage.matrix.tolist()}"
    return ""


def _warm(dtype: str, order: Order) -> None:
    image = np.zeros((4, 5), dtype)
    slanted = PixelMap.of([[0.9, 0.1, 0.3], [-0.1, 0.9, 0.4]], (4, 5))
    warp(image, slanted, order=order, point=Point((Noise(0.1, 1),)), threads=1)


def _warm_labels(dtype: str) -> None:
    mask = np.zeros((8, 8), dtype)
    thin_labels(mask)
    for zoom in (0.9, 4.0):
        warp_labels(mask, PixelMap.of([[zoom, 0.1, 0.3], [-0.1, zoom, 0.4]], (8, 8), (2, 2)), threads=1)


def _warm_points(dtype: str) -> None:
    apply_point(np.zeros((4, 5), dtype), Point((Noise(0.1, 1),)), channels_last=False, threads=1)


def _entries() -> Iterator[Callable[[], None]]:
    for dtype in ("uint8", "uint16", "int16", "float32"):
        for order in _COMPILED:  # "nearest" runs in the loops of the one, "area" in those of the other
            yield _named(f"{order}_{dtype}", partial(_warm, dtype, order))
        yield _named(f"points_{dtype}", partial(_warm_points, dtype))
    for dtype in ("uint8", "int16", "uint16", "int32"):
        yield _named(f"labels_{dtype}", partial(_warm_labels, dtype))


def _named(name: str, entry: partial[None]) -> Callable[[], None]:
    entry.__name__ = name  # type: ignore[attr-defined]
    return entry


WARMUP = tuple(_entries())
"""What `domainaug.kernels.engine.warmup` runs: every loop of this file, for every type."""
