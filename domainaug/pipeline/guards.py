"""What a pipeline refuses to take, in one sentence each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError

__all__ = ["RANKS", "checked_image", "checked_mask"]

Array = NDArray[Any]

RANKS = {"image": (2, 3), "images": (3, 4), "volume": (3, 4), "volumes": (4, 5)}
"""Kind of picture to the numbers of dimensions it may have; the larger one has channels last."""

_AXES = {
    "image": "(H, W) or (H, W, C)",
    "images": "(N, H, W) or (N, H, W, C)",
    "volume": "(D, H, W) or (D, H, W, C)",
    "volumes": "(N, D, H, W) or (N, D, H, W, C)",
}


def checked_image(name: str, kind: str, value: Any) -> tuple[Array, tuple[float, float] | None]:
    """Return a private, contiguous copy of a picture in native byte order, and its extent.

    Args:
        name: What the caller called it.
        kind: "image", "images", "volume" or "volumes".
        value: What was given.

    Raises:
        ImageError: It is no array of numbers, has the wrong rank, no pixels, or values that are no numbers.
    """
    if isinstance(value, list | tuple) and kind == "images" and len({np.shape(x) for x in value}) == 1:
        value = np.stack(value)
    if not isinstance(value, np.ndarray):
        raise ImageError(f"{name}: a NumPy array {_AXES[kind]} is needed, got {type(value).__name__}")
    if value.ndim not in RANKS[kind]:
        raise ImageError(f"{name}: an array {_AXES[kind]} is needed, got shape {value.shape}")
    if value.size == 0:
        raise ImageError(f"{name}: an array with pixels is needed, got shape {value.shape}")
    if value.dtype.kind not in "buif" or value.dtype.itemsize > 8:
        raise ImageError(f"{name}: integers or floats up to 64 bits are needed, got {value.dtype}")
    copied = np.array(value, dtype=value.dtype.newbyteorder("="), order="C", copy=True, subok=False)
    if copied.dtype.kind not in "uf" or copied.dtype == np.uint8:
        return copied, None
    extent = float(copied.min()), float(copied.max())
    if not (np.isfinite(extent[0]) and np.isfinite(extent[1])):
        wrong = int(copied.size - np.count_nonzero(np.isfinite(copied)))
        raise ImageError(f"{name}: every value has to be a finite number, got {wrong} NaN or infinite of {copied.size}")
    return copied, extent


def checked_mask(name: str, value: Any) -> Array:
    """Return a private, contiguous copy of a mask in native byte order.

    Raises:
        ImageError: It is no array of numbers, or has no pixels.
    """
    if not isinstance(value, np.ndarray):
        raise ImageError(f"{name}: a NumPy array is needed, got {type(value).__name__}")
    if value.dtype.kind not in "buif" or value.dtype.itemsize > 8:
        raise ImageError(f"{name}: a mask of integers, booleans or floats is needed, got {value.dtype}")
    if value.ndim < 2 or value.size == 0:
        raise ImageError(f"{name}: a mask with pixels is needed, got shape {value.shape}")
    return np.array(value, dtype=value.dtype.newbyteorder("="), order="C", copy=True, subok=False)
