"""Moving label masks on NumPy: the coverage of one label after another."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.maps import PixelMap
from domainaug.kernels.plain.warp import coordinates, sample
from domainaug.kernels.threads import run_slabs

__all__ = ["BOXED", "FAINT", "TIE", "box", "coverage", "warp_labels"]

Array = NDArray[Any]
Float = NDArray[np.float32]

TIE = 1e-4
"""Coverage counts as equal within the rounding of an interpolation."""
FAINT = 0.1
"""A label that covers less of every pixel is gone: smaller than a tenth of a pixel."""
BOXED = 3.0
"""Pixels of the input in one of the output, along an axis, above which all labels are averaged over them."""


def warp_labels(
    stack: Array, pixel_map: PixelMap, fill: int, thin: Collection[int], out: Array, threads: int | None
) -> None:
    """Move every slice of a mask by one map; each pixel goes to the label that covers most of it.

    Args:
        stack: (D, H, W), integers.
        pixel_map: The map.
        fill: What lies outside, and the label of the background.
        thin: Labels that are averaged over an output pixel's footprint even where it is small.
        out: (D, H', W'), written.
        threads: As everywhere.
    """
    x, y, weight = coordinates(pixel_map, 0, pixel_map.shape[0])
    sides = pixel_map.footprint

    def slab(begin: int, end: int) -> None:
        for z in range(begin, end):
            owner = np.full(pixel_map.shape, fill, stack.dtype)
            best, total = np.zeros((2, *pixel_map.shape), np.float32)
            for value in np.unique(stack[z]):
                if value == fill:
                    continue
                boxed = max(sides) > BOXED or int(value) in thin
                inside = coverage(stack[z], int(value), sides if boxed else (1.0, 1.0))
                plane = sample(inside[..., None], x, y, weight, pixel_map, "linear", np.zeros(1))[..., 0]
                owner[plane > best + TIE] = value
                np.maximum(best, plane, out=best)
                total += plane
            owner[(best < 1.0 - total - TIE) | (best <= FAINT)] = fill
            out[z] = owner

    run_slabs(slab, len(stack), threads)


def coverage(mask: Array, value: int, sides: tuple[float, float]) -> Float:
    """Return how much a label covers of each pixel of (H, W), averaged over a box `sides` wide and tall."""
    inside: Float = np.asarray(mask == value, np.float32)
    if max(sides) <= 1.05:
        return inside
    height, width = inside.shape
    along_x, along_y = box(sides[0], width), box(sides[1], height)
    return np.asarray(cv2.sepFilter2D(inside, -1, along_x, along_y, borderType=cv2.BORDER_REPLICATE))


def box(size: float, length: int) -> Float:
    """Return a box of fractional width as an odd kernel of sum 1, no longer than a frame of a length can tell.

    From wherever in the frame, what is `length - 1` pixels or more away is its edge, or the edge going on outside.
    """
    if size <= 1:
        return np.ones(1, dtype=np.float32)
    side = int(min(np.ceil((size - 1) / 2), length - 1))
    kernel = np.ones(2 * side + 1, dtype=np.float32)
    kernel[0] = kernel[-1] = (size - (2 * side - 1)) / 2
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)
