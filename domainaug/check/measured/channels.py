"""Reductions over the channels of a picture, several times faster than NumPy's over a short last axis."""

from __future__ import annotations

from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["largest", "mean", "spread"]

Array = NDArray[np.float32]


def mean(picture: Array) -> Array:
    """Return the mean over channels of (h, w, c), as (h, w) float32."""
    count = picture.shape[2]
    if count == 1:
        return np.ascontiguousarray(picture[..., 0], np.float32)
    weights = np.full((1, count), 1 / count, np.float32)
    return np.asarray(cv2.transform(np.ascontiguousarray(picture, np.float32), weights), np.float32)


def largest(picture: Array) -> Array:
    """Return the largest channel of (h, w, c), as (h, w)."""
    return reduce(np.maximum, (picture[..., k] for k in range(picture.shape[2])))


def spread(picture: Array) -> Array:
    """Return the largest less the smallest channel of (h, w, c), as (h, w)."""
    return largest(picture) - reduce(np.minimum, (picture[..., k] for k in range(picture.shape[2])))
