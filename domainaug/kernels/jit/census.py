"""How many pixels each label has, and how many of them lie deep inside it, compiled: one look at every pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled

__all__ = ["census"]


def census(codes: NDArray[Any], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count pixels; arguments and result as in `domainaug.kernels.plain.census`."""
    there, deep = np.zeros(count, np.int64), np.zeros(count, np.int64)
    _census(codes.view(f"u{codes.itemsize}"), there, deep)
    return there, deep


@compiled
def _census(codes: Any, there: Any, deep: Any) -> None:
    height, width = codes.shape
    even = np.empty(width, np.uint8)
    for y in range(height):
        above = codes[y - 1] if y > 0 else codes[y]
        row = codes[y]
        below = codes[y + 1] if y < height - 1 else row
        for x in range(width):  # three alike on top of each other
            even[x] = (above[x] == row[x]) & (below[x] == row[x])
        begin = 0
        while begin < width:  # labels come in runs, which count as a whole
            code = row[begin]
            end = begin + 1
            while end < width and row[end] == code:
                end += 1
            there[code] += end - begin
            inner = 0
            for x in range(begin if begin == 0 else begin + 1, end if end == width else end - 1):
                inner += even[x] & even[max(x - 1, 0)] & even[min(x + 1, width - 1)]
            deep[code] += inner
            begin = end
