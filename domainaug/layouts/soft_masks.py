"""Gray masks: telling labels from edges that were smoothed, and from pictures that hold no labels at all.

Labels fill areas: many of their pixels have only their own value around them. Values that an editor or a resize put
between two labels lie along edges, and none of them fills an area. Taken for labels, they would be moved one by one
(some hundred of them, at fifty times the cost), and a training would learn classes that there are not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnreadableInput
from domainaug.kernels.labels import labels_in

__all__ = ["as_labels"]

Labels = NDArray[np.integer[Any]]

_FEW: Final = 16  # values that are labels whatever they look like: thin defects of a few classes fill no area either
_MANY: Final = 64
_ENDS: Final = 0.9  # share of the picture that 0 and the highest value take in an anti-aliased mask
_RARE: Final = 0.005  # each value between takes less
_AREA: Final = 0.1  # of the pixels between, so many lie inside areas of their value where they are labels


def as_labels(mask: Labels, path: Path) -> tuple[Labels, bool]:
    """Read an anti-aliased mask as the two values that it was drawn with, and leave labels alone.

    Args:
        mask: (H, W) integers, as stored.
        path: The file; named in errors.

    Returns:
        The labels, and whether they were anti-aliased: 0 below half of the highest value, that value from there on.

    Raises:
        UnreadableInput: `mask-not-labels`: more than 64 values none of which fills an area, and not the edges of two.
    """
    if len(labels_in(mask)) <= _FEW:
        return mask, False
    values, counts = np.unique(mask, return_counts=True)
    between = (mask != 0) & (mask != values[-1])
    if (_inside(mask) & between).sum() >= _AREA * between.sum():
        return mask, False
    shares = counts / mask.size
    ends = float(shares[values == 0].sum() + shares[-1])
    if mask.dtype == np.uint8 and ends >= _ENDS and shares[(values != 0) & (values != values[-1])].max() < _RARE:
        highest = values[-1]
        return np.where(mask >= highest / 2, highest, mask.dtype.type(0)).astype(mask.dtype), True
    if len(values) > _MANY:
        message = f"{len(values)} values, none of which fills an area, are no labels; save one value for each class"
        raise UnreadableInput("mask-not-labels", message, path=path)
    return mask, False


def _inside(mask: Labels) -> NDArray[np.bool_]:
    """Return the pixels whose eight neighbors have their value."""
    square = np.ones((3, 3), np.uint8)
    wide = mask if mask.dtype.itemsize <= 2 else mask.astype(np.float64)
    inside: NDArray[np.bool_] = cv2.erode(wide, square) == cv2.dilate(wide, square)
    return inside
