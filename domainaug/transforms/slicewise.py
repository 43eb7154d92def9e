"""Transforms that work on one picture or slice at a time, as acquisition does, each with noise of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import Own, spacing_of

__all__ = ["SliceWise", "needed_spacing"]

Array = NDArray[Any]
Plane = NDArray[np.float32]


class SliceWise(Own):
    """Mixed into an albumentations class, before it; a new transform draws, has `plane`, and says what it does.

    Pictures beside each other (`images`, `volumes`) go by one draw and get the same noise; slices of one volume
    differ. What is acquired is gray: channels are taken for copies of one picture, and stay equal where they are.

    Attributes:
        gray: What it says of itself is said of gray pictures.
    """

    gray: ClassVar[bool] = True

    def plane(self, values: Plane, params: Drawn, stream: int) -> Array:
        """Return one plane as it becomes.

        Args:
            values: (rows, columns), in their unit; not written to.
            params: What was drawn, and what `prepared` made of it.
            stream: Number of the slice, which has that sequence of a key.
        """
        raise TypeError(f"{type(self).__name__} says nothing about what it does: give it a method plane()")

    def prepared(self, params: dict[str, Any], array: Array, axes: int) -> dict[str, Any]:
        """Return `params` with what all planes of `array`, which has `axes` axes before its channels, share."""
        return params

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture changed."""
        changed: Array = self._changed(img[None], self.prepared(params, img, 2))[0]
        return changed

    def apply_to_volume(self, volume: Array, **params: Any) -> Array:
        """Return a volume changed, slice by slice."""
        return self._changed(volume, self.prepared(params, volume, 3))

    def _changed(self, stack: Array, params: dict[str, Any]) -> Array:
        out = np.empty_like(stack)
        ends = np.iinfo(stack.dtype) if stack.dtype.kind in "iu" else None
        channels = stack.shape[3] if stack.ndim > 3 else 1
        for number in range(len(stack)):
            for channel in range(channels):
                place = (number, ..., channel) if stack.ndim > 3 else (number,)
                plane = np.ascontiguousarray(stack[place], np.float32)
                made = self.plane(plane, params, number)
                out[place] = made if ends is None else np.clip(np.rint(made), ends.min, ends.max)
        return out


def needed_spacing(owner: Any, data: Mapping[str, Any], own: tuple[float, ...] | None) -> tuple[float, float]:
    """Return mm from row to row and from column to column.

    Raises:
        ImageError: Nothing tells, or what is told is no distance.
    """
    spacing = spacing_of(data, own, 2)
    if spacing is None or not all(0 < each < math.inf for each in spacing):
        raise ImageError(
            f"{type(owner).__name__} has to know how many mm a pixel is: pass spacing=([slices,] rows, columns) to the "
            f"call or to the transform; got {spacing}"
        )
    return spacing[0], spacing[1]
