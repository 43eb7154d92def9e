"""Which labels there are, how many pixels each has, and how many of them lie deep inside it, on NumPy and OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["census", "present"]

Array = NDArray[Any]

_FEW = 8  # labels, beyond which a histogram is quicker


def census(codes: Array, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the pixels of each label, and those whose eight neighbors all have it too.

    Args:
        codes: (H, W) integers from 0 to `count` - 1; nothing beyond the frame is a neighbor.
        count: How many labels there may be.

    Returns:
        Two arrays of `count` numbers.
    """
    core = np.ones(codes.shape, np.bool_)
    beside = codes[:, 1:] == codes[:, :-1]
    core[:, 1:] &= beside
    core[:, :-1] &= beside
    alike = core.copy()  # the row around a pixel
    below = codes[1:] == codes[:-1]
    core[1:] &= below & alike[:-1]
    core[:-1] &= below & alike[1:]
    return _how_often(codes, None, count), _how_often(codes, core, count)


def present(codes: Array, count: int) -> NDArray[np.bool_]:
    """Return which codes occur.

    Args:
        codes: Integers from 0 to `count` - 1.
        count: How many labels there may be.
    """
    found = np.zeros(count, np.bool_)
    if codes.dtype == np.uint8:
        # Taking one value out of a string of bytes costs a tenth of a histogram, and most masks have few.
        left = codes.tobytes()
        while left and np.count_nonzero(found) < _FEW:
            found[left[0]] = True
            left = left.translate(None, left[:1])
        if not left:
            return found
    return np.bincount(codes.ravel(), minlength=count) > 0


def _how_often(codes: Array, among: NDArray[np.bool_] | None, count: int) -> NDArray[np.int64]:
    if codes.dtype == np.uint8 and codes.size < 2**24:  # OpenCV counts in float32
        chosen = None if among is None else among.view(np.uint8)
        found = cv2.calcHist([np.ascontiguousarray(codes)], [0], chosen, [256], [0, 256])
        return np.asarray(found, np.int64).reshape(-1)
    return np.bincount(codes.ravel() if among is None else codes[among], minlength=count)
