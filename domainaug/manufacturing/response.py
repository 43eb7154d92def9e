"""From values to light and back, and what belongs to the part."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError
from domainaug.profile.part import Foreground, Response

__all__ = ["find_part", "to_light", "to_values"]

Array = NDArray[Any]
Floats = NDArray[np.float32]


def to_light(values: Array, response: Response, value_range: tuple[float, float]) -> Floats:
    """Return light as a share of white, from 0 to 1, of values in a range.

    Args:
        values: (..., ) of any type.
        response: How values follow light.
        value_range: Black and white.
    """
    low, high = value_range
    if values.dtype == np.uint8 and (low, high) == (0, 255):
        return np.asarray(cv2.LUT(values, _table(response)), np.float32).reshape(values.shape)
    share = np.asarray((values.astype(np.float32) - low) / (high - low), np.float32)
    return _decoded(share, response)


def to_values(light: Floats, like: Array, response: Response, value_range: tuple[float, float]) -> Array:
    """Return light as values of the type of `like`, rounded and held within the range."""
    low, high = value_range
    values = low + _encoded(np.clip(light, 0.0, 1.0), response) * (high - low)
    return np.rint(values).astype(like.dtype) if like.dtype.kind in "iu" else values.astype(like.dtype)


@lru_cache(maxsize=8)
def _table(response: Response) -> Floats:
    return _decoded(np.asarray(np.arange(256) / 255, np.float32), response)


def _decoded(share: Floats, response: Response) -> Floats:
    share = np.clip(share, 0.0, 1.0)
    if response.inverted:
        share = 1 - share
    if response.curve == "srgb":  # IEC 61966-2-1
        return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4).astype(np.float32)
    if response.curve == "gamma":
        return np.asarray(share**response.gamma, np.float32)
    if response.curve == "log":
        return np.asarray(10 ** ((share - 1) * response.decades), np.float32)
    return share


def _encoded(light: Floats, response: Response) -> Floats:
    if response.curve == "srgb":
        share = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    elif response.curve == "gamma":
        share = light ** (1 / response.gamma)
    elif response.curve == "log":
        share = np.clip(1 + np.log10(np.maximum(light, 1e-9)) / response.decades, 0.0, 1.0)
    else:
        share = light
    return (1 - share if response.inverted else share).astype(np.float32)


def find_part(
    picture: Array, foreground: Foreground, value_range: tuple[float, float], mask: Array | None = None
) -> NDArray[np.bool_]:
    """Return (H, W): what belongs to the part.

    Args:
        picture: (H, W) or (H, W, channels).
        foreground: How it is told from what lies around.
        value_range: Black and white.
        mask: The picture's own mask, for "masks": above 0 is the part.

    Raises:
        ImageError: Nothing belongs to it, or its mask is missing or of another size.
    """
    shape = picture.shape[:2]
    if foreground.by == "none":
        return np.ones(shape, np.bool_)
    if foreground.by == "masks":
        if mask is None or mask.shape[:2] != shape:
            told = "is missing" if mask is None else f"is {mask.shape[:2]} and not {shape}"
            raise ImageError(f"the mask of the part {told}; give one of the picture's size")
        found = np.asarray((mask if mask.ndim == 2 else mask.max(axis=2)) > 0)
    else:
        low, high = value_range
        gray = picture if picture.ndim == 2 else picture.mean(axis=2)
        levels = gray if gray.dtype == np.uint8 and (low, high) == (0, 255) else _levels(gray, low, high)
        cut = 255 * foreground.threshold if foreground.threshold is not None else -1.0
        if foreground.by == "otsu":
            cut, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
        found = levels > cut if foreground.brighter else levels <= cut
        found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    if not found.any():
        raise ImageError(f"no pixel belongs to the part by {foreground.by}; look at threshold, brighter or the mask")
    return np.asarray(found)


def _levels(gray: Array, low: float, high: float) -> NDArray[np.uint8]:
    return np.asarray(np.clip((gray - low) * (255 / (high - low)), 0, 255), np.uint8)
