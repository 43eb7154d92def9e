"""Files as pictures for the page: windowed alike before and after, so that what differs is what was done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.layouts.images import read_image, read_mask
from domainaug.medical import read_study
from domainaug.preview.drawing import difference

__all__ = ["difference", "load", "outlined", "shown", "window_of"]

Picture = NDArray[np.uint8]


def load(path: Path) -> tuple[NDArray[Any], bool]:
    """Read a file, and say whether its high values are dark (MONOCHROME1).

    Returns:
        (H, W) or (H, W, 3) values in their own unit; the first slice of a series.
    """
    if path.suffix == ".dcm":
        series = read_study(path).series[0]
        return series.pixels()[0], series.photometric == "MONOCHROME1"
    return read_image(path), False


def window_of(values: NDArray[Any]) -> tuple[float, float]:
    """Return the window to show an original in: the whole range of bytes, the inner 99 % of anything else."""
    if values.dtype == np.uint8:
        return 0.0, 255.0
    low, high = np.percentile(values, [0.5, 99.5])
    return float(low), float(max(high, low + 1))


def shown(values: NDArray[Any], window: tuple[float, float], *, inverted: bool = False) -> Picture:
    """Return values as bytes under a window."""
    low, high = window
    share = np.clip((values.astype(np.float32) - low) / (high - low), 0, 1)
    return np.asarray(np.round((1 - share if inverted else share) * 255), np.uint8)


def outlined(picture: Picture, mask_path: Path) -> Picture:
    """Return a picture with the borders of its mask drawn in."""
    mask = read_mask(mask_path)
    color = np.ascontiguousarray(np.repeat(_gray(picture)[..., None], 3, axis=2))
    for label in np.unique(mask[mask > 0]):
        borders, _ = cv2.findContours((mask == label).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(color, borders, -1, (255, 176, 0), 1)
    return color


def _gray(picture: Picture) -> Picture:
    return picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
