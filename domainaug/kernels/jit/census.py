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
    even, inner = np.empty(width + 2, np.uint8), np.empty(width, np.uint8)
    for y in range(height):
        above = codes[y - 1] if y > 0 else codes[y]
        row = codes[y]
        below = codes[y + 1] if y < height - 1 else row
        plain, first = True, row[0]
        for x in range(width):  # three alike on top of each other
            even[x + 1] = (above[x] == row[x]) & (below[x] == row[x])
            plain &= row[x] == first
        even[0], even[width + 1] = even[1], even[width]
        for x in range(width):
            inner[x] = even[x] & even[x + 1] & even[x + 2]
        begin = 0
        while begin < width:  # labels come in runs, which count as a whole
            code, end = row[begin], width
            if not plain:
                end = begin + 1
                while end < width and row[end] == code:
                    end += 1
            there[code] += end - begin
            deep[code] += _sum(inner, begin + (begin > 0), end - (end < width))
            begin = end


@compiled
def _sum(values: Any, begin: int, end: int) -> int:
    total = np.int32(0)
    for x in range(begin, end):
        total += values[x]
    return int(total)
