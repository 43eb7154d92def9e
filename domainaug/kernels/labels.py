"""Label masks through a `PixelMap`.

    warp_labels   integer masks: every pixel goes to the label that covers most of it, in one pass for all labels
    coverage      how much one label covers of each output pixel
    thin_labels   the labels that may break up on the way
    labels_in     the labels there are

A result does not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.kernels import whole
from domainaug.kernels.checks import check_array, check_out
from domainaug.kernels.engine import loops
from domainaug.kernels.maps import Mesh, PixelMap
from domainaug.kernels.warp import check_map, warp

__all__ = ["WARMUP", "coverage", "labels_in", "thin_labels", "warp_labels"]

Array = NDArray[Any]

_MASKS: tuple[np.dtype[Any], ...] = tuple(map(np.dtype, ("u1", "i2", "u2", "i4")))
_SHRINKS = 1.05
"""Input pixels in one output pixel, along an axis, from which on one speaks of shrinking."""

_CODES = 1 << 16


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
    check_map(pixel_map, source.shape[-2:], LabelError)
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
    check_map(pixel_map, source.shape, LabelError)
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
    codes, names = _coded(mask)
    there, deep = loops("census").census(codes, len(names))
    some = np.flatnonzero(there)
    return sorted(names[some[10 * deep[some] < there[some]]].tolist())


def labels_in(mask: Array) -> list[int]:
    """Return the distinct labels of a mask, in order.

    Args:
        mask: Integers or truth values, of any shape.
    """
    if not mask.size:
        return []
    codes, names = _coded(mask)
    return sorted(names[loops("census").present(codes, len(names))].tolist())


def _coded(mask: Array) -> tuple[Array, Array]:
    """Return labels as unsigned integers of 8 or 16 bits, if they fit, and what label each of these stands for."""
    mask = np.ascontiguousarray(mask)
    if mask.dtype.itemsize <= 2:
        return mask.view(f"u{mask.dtype.itemsize}"), _names(mask.dtype)
    least, most = int(mask.min()), int(mask.max())
    if most - least < _CODES:
        first = mask.dtype.type(least)  # of the mask's own type: no other holds both ends of 64 bits
        return (mask - first).astype(np.uint16), np.arange(most - least + 1).astype(mask.dtype) + first
    values, codes = np.unique(mask, return_inverse=True)
    return codes.reshape(mask.shape).astype(np.uint16 if len(values) <= _CODES else np.uint32), values


@cache
def _names(dtype: np.dtype[Any]) -> Array:
    bits = np.arange(1 << (8 * dtype.itemsize), dtype=f"u{dtype.itemsize}")
    return bits.astype(dtype) if dtype.kind == "b" else bits.view(dtype)


def _warm(dtype: np.dtype[Any]) -> Callable[[], None]:
    def warm() -> None:
        mask = np.zeros((8, 8), dtype)
        thin_labels(mask)
        labels_in(mask)
        for zoom in (0.9, 4.0):
            warp_labels(mask, PixelMap.of([[zoom, 0.1, 0.3], [-0.1, zoom, 0.4]], (8, 8), (2, 2)), threads=1)
            bent = PixelMap((8, 8), (Mesh(np.zeros((2, 4, 4), np.float32), (8, 8)),))
            warp_labels(mask, PixelMap.of([[zoom, 0, 0.3], [0, zoom, 0.4]], (8, 8), (8, 8)).then(bent), threads=1)

    warm.__name__ = dtype.name
    return warm


WARMUP = tuple(map(_warm, _MASKS))
"""What `domainaug.kernels.engine.warmup` runs: every loop of this file, for every type."""
