"""Which labels there are, how many pixels each has, and how many of them lie deep inside it, compiled.

Most stretches of a row show one label; one comparison of many pixels at a time finds them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.warp_store import constant

__all__ = ["census", "present"]

STRETCH = 64
ONE, TWO = np.uintp(1), np.uintp(2)  # unsigned places: no index from the end, so SIMD


def census(codes: NDArray[Any], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count pixels; arguments and result as in `domainaug.kernels.plain.census`."""
    there, deep = np.zeros(count, np.int64), np.zeros(count, np.int64)
    _census(constant(codes.reshape(-1)), *codes.shape, there, deep)
    return there, deep


def present(codes: NDArray[Any], count: int) -> NDArray[np.bool_]:
    """Return which codes occur; arguments as in `domainaug.kernels.plain.census`."""
    found = np.zeros(count, np.bool_)
    _present(constant(codes.reshape(-1)), found)
    return found


@compiled
def _present(codes: Any, found: Any) -> None:
    whole = codes.size - codes.size % STRETCH
    for begin in range(0, whole, STRETCH):
        first = codes[begin]
        some = first ^ first
        for i in range(np.uintp(begin), np.uintp(begin + STRETCH)):
            some |= codes[i] ^ first
        found[first] = True
        if some != 0:
            for i in range(np.uintp(begin), np.uintp(begin + STRETCH)):
                found[codes[i]] = True
    for i in range(np.uintp(whole), np.uintp(codes.size)):
        found[codes[i]] = True


@compiled
def _census(codes: Any, height: int, width: int, there: Any, deep: Any) -> None:
    room = width + STRETCH + 2
    tall, turns, edge = np.zeros(room, codes.dtype), np.zeros(room, codes.dtype), np.zeros(room, codes.dtype)
    for y in range(height):
        row = y * width
        _compare(codes, row, width if y > 0 else 0, width if y < height - 1 else 0, width, tall, turns, edge)
        for x in range(0, width, STRETCH):
            some = codes.dtype.type(0)
            for i in range(np.uintp(x), np.uintp(x + STRETCH)):
                some |= edge[i]
            begin, end, rim = x, min(x + STRETCH, width), 0
            if some != 0:
                for i in range(np.uintp(x), np.uintp(end)):
                    rim += 1 if edge[i] != 0 else 0
                    if turns[i + ONE] != 0:
                        code, many = codes[row + begin], int(i) + 1 - begin
                        there[code] += many
                        deep[code] += many - rim
                        begin, rim = begin + many, 0
            if begin < end:
                code = codes[row + begin]
                there[code] += end - begin
                deep[code] += end - begin - rim


@compiled
def _compare(codes: Any, row: int, above: int, below: int, width: int, tall: Any, turns: Any, edge: Any) -> None:
    """Write for each pixel of a row, not 0 where they differ: it and the next one; it and one of those around it.

    Args:
        codes: All pixels.
        row: Where in them the row begins.
        above: How far before it the row above begins, or 0.
        below: How far behind it the row below begins, or 0.
        width: Pixels in the row.
        tall: (width + 2,) to work in.
        turns: (width + 2,) written, from 1 on; the first and last stay 0.
        edge: (width,) written.
    """
    here, up, down = np.uintp(row), np.uintp(row - above), np.uintp(row + below)
    for x in range(np.uintp(width)):
        tall[x + ONE] = (codes[up + x] ^ codes[here + x]) | (codes[down + x] ^ codes[here + x])
    for x in range(np.uintp(width - 1)):
        turns[x + ONE] = codes[here + x] ^ codes[here + x + ONE]
    for x in range(np.uintp(width)):
        edge[x] = tall[x] | tall[x + ONE] | tall[x + TWO] | turns[x] | turns[x + ONE]
