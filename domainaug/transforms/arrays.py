"""Arrays of any type and number of channels, through kernels that have code for few."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError, LabelError

__all__ = ["by_channel", "by_coverage", "extent_of", "first_picture", "in_float32"]

Array = NDArray[Any]
Through = Callable[[Array], Array]

_LABELS = {"bool": "uint8", "int8": "int16", "uint32": "int32", "int64": "int32", "uint64": "int32"}
"""Types of masks to the type in which they go through; those not named go as they are."""


def extent_of(data: Mapping[str, Any]) -> tuple[int, ...]:
    """Return (depth, height, width) of the volumes of a call, or (height, width) of its pictures."""
    for name, first, axes in (("volume", 0, 3), ("volumes", 1, 3), ("image", 0, 2), ("images", 1, 2)):
        if name in data:
            return tuple(int(size) for size in np.shape(data[name])[first : first + axes])
    raise ImageError("a transform needs image=, images=, volume= or volumes= to move")


def first_picture(data: Mapping[str, Any]) -> Array:
    """Return the volume or the picture that `extent_of` tells the size of; the first one of several."""
    for name, several in (("volume", False), ("volumes", True), ("image", False), ("images", True)):
        if name in data:
            return np.asarray(data[name][0] if several else data[name])
    raise ImageError("a transform needs image=, images=, volume= or volumes= to look at")


def in_float32(array: Array, function: Through) -> Array:
    """Run a kernel on an array, and on float32 in place of float64, which no kernel has code for."""
    if array.dtype != np.float64:
        return function(array)
    return function(array.astype(np.float32)).astype(np.float64)


def by_channel(array: Array, axes: int, function: Through) -> Array:
    """Run a kernel that knows no channels on each channel of an array with `axes` axes before them, if there are."""
    if array.ndim == axes:
        return function(array)
    return np.stack([function(np.ascontiguousarray(array[..., k])) for k in range(array.shape[-1])], axis=-1)


def by_coverage(mask: Array, axes: int, labels: Through, shares: Through) -> Array:
    """Move a mask: whole numbers are labels, floats are how much is covered.

    Args:
        mask: With `axes` axes, and one of channels if there are; any type of numbers, or truth values.
        axes: 2 or 3.
        labels: Moves labels of 8, 16 or 32 bits.
        shares: Moves float32.

    Raises:
        LabelError: Labels that 32 bits do not hold.
    """
    if mask.dtype.kind == "f":
        return by_channel(mask, axes, lambda part: shares(part.astype(np.float32)).astype(mask.dtype))
    work = np.dtype(_LABELS.get(mask.dtype.name, mask.dtype))
    if work.itemsize < mask.dtype.itemsize or mask.dtype == np.uint32:
        ends = np.iinfo(work)
        if mask.size and not (ends.min <= mask.min() and mask.max() <= ends.max):
            raise LabelError(f"a mask of {mask.dtype} holds labels beyond 32 bits, {mask.max()}: number them anew")
    return by_channel(mask, axes, lambda part: labels(part.astype(work, copy=False)).astype(mask.dtype, copy=False))
