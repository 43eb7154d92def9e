"""Pictures as layouts take and write them: the range of their values, and what a copy is written as."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from domainaug.layouts import images
from domainaug.layouts.layout import Item

__all__ = ["float_range", "quality_for", "write_image"]

_JPEG_SUFFIXES: Final = frozenset({".jpg", ".jpeg"})


def float_range(image: np.ndarray[Any, Any]) -> tuple[float, float] | None:
    """Return the range of a float image that does not lie in [0, 1]: its own lowest and highest value."""
    if image.dtype.kind != "f":
        return None
    low, high = float(image.min()), float(image.max())
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, max(high, low + 1))


def quality_for(item: Item, jpeg_quality: int | None) -> int | None:
    """Return the JPEG quality for the copies of an item; None, which is lossless, unless it is named as a JPEG."""
    return jpeg_quality if item.files[0].suffix.lower() in _JPEG_SUFFIXES else None


def write_image(pixels: np.ndarray[Any, Any], folder: Path, stem: str, *, jpeg_quality: int | None = None) -> Path:
    """Write an image into `folder`, losslessly unless told otherwise, and return its path relative to it."""
    suffix, data = images.encode(pixels, jpeg_quality=jpeg_quality)
    relative = Path(f"{stem}{suffix}")
    (folder / relative).parent.mkdir(parents=True, exist_ok=True)
    (folder / relative).write_bytes(data)
    return relative
