"""Pictures and stacks of slices through a `PixelMap`, with a `Point` program in the same pass.

    warp          images: interpolated once, then the program, then rounded once to the type
    apply_point   the program alone

NaN in a floating picture reaches the pixels it has a share in, and no integer result: there it is the type's low
end. A result does not depend on the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError, UnknownName
from domainaug.kernels import whole
from domainaug.kernels.checks import check_array, check_out
from domainaug.kernels.engine import loops
from domainaug.kernels.maps import Field, Mesh, PixelMap, Stage
from domainaug.kernels.point import Noise, Point

__all__ = ["WARMUP", "Order", "apply_point", "check_map", "warp"]

Array = NDArray[Any]
Order = Literal["nearest", "linear", "cubic", "area"]
"""How to interpolate; "cubic" is Keys (1981) with a = -0.75, "area" averages what one output pixel sees."""

_ORDERS = ("nearest", "linear", "cubic", "area")
_PICTURES: tuple[np.dtype[Any], ...] = tuple(map(np.dtype, ("u1", "u2", "i2", "f4")))


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
    check_map(pixel_map, source.shape[stack : 2 + stack], ImageError)
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


def _fills(fill: float | Sequence[float], channels: int) -> NDArray[np.float64]:
    values = np.empty(channels, np.float64)
    if not isinstance(fill, int | float) and np.ndim(fill) and len(fill) != channels:
        raise ImageError(
            f"fill={fill!r} has {len(fill)} values and the picture {channels} channels: give one a channel"
        )
    values[:] = fill
    return values


def check_map(pixel_map: PixelMap, shape: Sequence[int], error: type[Exception]) -> None:
    """Refuse a map for another frame, or one that leads nowhere.

    Args:
        pixel_map: The map.
        shape: Height and width of what it is to move.
        error: What to raise.
    """
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


def _warm(dtype: str, order: Order, channels: int = 1, bent: bool = False) -> None:
    image = np.zeros((4, 5, channels), dtype)
    slanted = PixelMap.of([[0.9, 0.1, 0.3], [-0.1, 0.9, 0.4]], (4, 5))
    mesh = PixelMap((4, 5), (Mesh(np.zeros((2, 4, 4), np.float32), (4, 5)),))
    warp(image, mesh if bent else slanted, order=order, point=Point((Noise(0.1, 1),)), threads=1)


def _warm_points(dtype: str) -> None:
    apply_point(np.zeros((4, 5), dtype), Point((Noise(0.1, 1),)), channels_last=False, threads=1)


def _entries() -> Iterator[Callable[[], None]]:
    order: Order
    for dtype in ("uint8", "uint16", "int16", "float32"):
        for bent in (False, True):  # one matrix inside a plain border has loops of its own
            for layout, channels in (("gray", 1), ("colors", 3)):
                name = f"linear_{layout}_{dtype}" + "_bent" * bent
                yield _named(name, partial(_warm, dtype, "linear", channels, bent))
        for order in ("nearest", "cubic"):  # the loops of the latter do "area", too
            yield _named(f"{order}_{dtype}", partial(_warm, dtype, order))
        yield _named(f"points_{dtype}", partial(_warm_points, dtype))


def _named(name: str, entry: partial[None]) -> Callable[[], None]:
    entry.__name__ = name  # type: ignore[attr-defined]
    return entry


WARMUP = tuple(_entries())
"""What `domainaug.kernels.engine.warmup` runs: every loop of this file, for every type."""
