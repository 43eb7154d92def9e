"""The maps of draws that cut, pad and resize: shifts by whole pixels, and stretches between pixel edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import cv2
import numpy as np

from domainaug.kernels.maps import Border, PixelMap, Projective

__all__ = [
    "BORDERS",
    "Size",
    "crop",
    "crop_and_pad",
    "limited",
    "pad",
    "resized",
    "scaled",
    "shifted",
    "sized_crop",
    "sized_safe_crop",
]

Size = tuple[int, int]
Params = Mapping[str, Any]

BORDERS: tuple[Border, ...] = get_args(Border)
"""The name of each of OpenCV's border modes, by its number."""

_BY_AREA = ("image", "image_mask")


def shifted(frame: Size, shape: Size, left: int, top: int, border: Border = "constant") -> PixelMap | None:
    """Return the map that cuts `shape` out of `frame` from (left, top) on, which may be outside; None if empty."""
    if shape[0] < 1 or shape[1] < 1:
        return None
    matrix = np.array([[1.0, 0.0, left], [0.0, 1.0, top], [0.0, 0.0, 1.0]])
    return PixelMap(shape, (Projective(matrix, frame, border),))


def _stretched(frame: Size, shape: Size, interpolation: int) -> PixelMap | None:
    """Return the map of `cv2.resize`, which keeps the edges of the picture in place; None if empty.

    Its nearest neighbor is the odd one out: it looks at floor(x * scale), half a pixel to the upper left of the
    others. A quarter of the least step between two fractions keeps whole numbers on their side of the rounding.
    """
    (height, width), (tall, wide) = frame, shape
    if tall < 1 or wide < 1:
        return None
    if frame == shape:
        return PixelMap.identity(shape)
    across, down = width / wide, height / tall
    if interpolation == cv2.INTER_NEAREST:
        left, top = 0.25 / wide - 0.5, 0.25 / tall - 0.5
    else:
        left, top = (across - 1) / 2, (down - 1) / 2
    matrix = np.array([[across, 0.0, left], [0.0, down, top], [0.0, 0.0, 1.0]])
    return PixelMap(shape, (Projective(matrix, frame, "replicate"),))


def _one_after_the_other(first: PixelMap | None, second: PixelMap | None) -> PixelMap | None:
    return None if first is None or second is None else first.then(second)


# -- crops ---------------------------------------------------------------------------------------------


def crop(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of a crop, from a padded picture where the draw says so; None where it reaches outside."""
    left, top, right, bottom = map(int, params["crop_coords"])
    height, width = shape
    padding = params.get("pad_params")
    above = before = 0
    border: Border = "constant"
    if padding is not None:
        above, before = padding["pad_top"], padding["pad_left"]
        height += above + padding["pad_bottom"]
        width += before + padding["pad_right"]
        border = BORDERS[leaf.border_mode]
    if left < 0 or top < 0 or right > width or bottom > height:
        return None
    return shifted(shape, (bottom - top, right - left), left - before, top - above, border)


def sized_crop(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of a crop that is resized to `leaf.size`; None where it shrinks by area."""
    cut = crop(leaf, params, shape)
    if cut is None:
        return None
    size = (int(leaf.size[0]), int(leaf.size[1]))
    if leaf.area_for_downscale in _BY_AREA and (cut.shape[0] > size[0] or cut.shape[1] > size[1]):
        return None
    return _one_after_the_other(cut, _stretched(cut.shape, size, leaf.interpolation))


def sized_safe_crop(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of a crop around boxes that is resized to (leaf.height, leaf.width)."""
    cut = crop(leaf, params, shape)
    return cut and _one_after_the_other(cut, _stretched(cut.shape, (leaf.height, leaf.width), leaf.interpolation))


def crop_and_pad(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of CropAndPad, whose crop ends where its padding begins."""
    left, top, right, bottom = params["crop_params"] or (0, 0, shape[1], shape[0])
    cut = shifted(shape, (bottom - top, right - left), left, top)
    above, below, before, after = params["pad_params"] or (0, 0, 0, 0)
    if cut is None or min(left, top, above, below, before, after) < 0 or right > shape[1] or bottom > shape[0]:
        return None
    height, width = cut.shape
    if above or below or before or after:
        grown = (height + above + below, width + before + after)
        cut = _one_after_the_other(cut, shifted(cut.shape, grown, -before, -above, BORDERS[leaf.border_mode]))
    if cut is None or not leaf.keep_size:
        return cut
    return _one_after_the_other(cut, _stretched(cut.shape, shape, leaf.interpolation))


# -- padding and resizing ------------------------------------------------------------------------------


def pad(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of Pad and PadIfNeeded."""
    above, before = int(params["pad_top"]), int(params["pad_left"])
    below, after = int(params["pad_bottom"]), int(params["pad_right"])
    if min(above, before, below, after) < 0:
        return None
    grown = (shape[0] + above + below, shape[1] + before + after)
    return shifted(shape, grown, -before, -above, BORDERS[leaf.border_mode])


def resized(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of Resize; None where it shrinks by area."""
    if leaf.area_for_downscale in _BY_AREA and (leaf.height < shape[0] or leaf.width < shape[1]):
        return None
    return _stretched(shape, (leaf.height, leaf.width), leaf.interpolation)


def scaled(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of RandomScale, which cuts fractions of a pixel off; None where it shrinks by area."""
    scale = params["scale"]
    if scale < 1 and leaf.area_for_downscale in _BY_AREA:
        return None
    return _stretched(shape, (int(shape[0] * scale), int(shape[1] * scale)), leaf.interpolation)


def limited(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of LongestMaxSize and SmallestMaxSize, which round; None where they shrink by area."""
    scale = params["scale"]
    if scale < 1 and leaf.area_for_downscale in _BY_AREA:
        return None
    size = (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)))
    return _stretched(shape, size, leaf.interpolation)
