"""Programs of curves as tables: an 8-bit or 16-bit value can become only so many others."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.plain import point as programs
from domainaug.kernels.plain.warp import stored
from domainaug.kernels.point import Point
from domainaug.kernels.threads import run_slabs

__all__ = ["look_up", "worth_a_table"]

Array = NDArray[Any]

_WORTH = 4 * 2**16  # values from which on a table of 65 536 pays for itself


def worth_a_table(point: Point, array: Array) -> bool:
    """Whether the program, over this array, is faster as a table."""
    small = array.dtype.kind in "iu" and array.dtype.itemsize <= 2
    return point.is_curve and small and (array.dtype.itemsize == 1 or array.size >= _WORTH)


def look_up(array: Array, point: Point, out: Array, threads: int | None, counts: NDArray[np.int64] | None) -> None:
    """Run a program of curves over integers by a table.

    Args:
        array: (..., C) of a type of 8 or 16 bits, contiguous.
        point: Without bias or noise.
        out: Same shape and type, contiguous, written; may be `array`.
        threads: As everywhere.
        counts: (2,) or None, added to.
    """
    channels = array.shape[-1] if point.by_channel else 1
    ends = np.iinfo(array.dtype)
    values = np.repeat(np.arange(ends.min, ends.max + 1, dtype=np.float32)[:, None], channels, axis=1)
    table = stored(programs.run(point, values, None), array.dtype)
    if counts is not None:
        counts += _count(array, point, values, channels)
    flat, flat_out = array.reshape(-1, channels), out.reshape(-1, channels)

    def slab(begin: int, end: int) -> None:
        if array.dtype == np.uint8:
            source = flat[begin:end].reshape(1, -1, channels)
            cv2.LUT(source, table.reshape(1, 256, channels), flat_out[begin:end].reshape(1, -1, channels))
            return
        for c in range(channels):
            index = flat[begin:end, c].astype(np.intp)
            index -= ends.min
            flat_out[begin:end, c] = table[:, c][index]

    run_slabs(slab, len(flat), threads, least=1 << 16)


def _count(array: Array, point: Point, values: Array, channels: int) -> NDArray[np.int64]:
    """Return what the program would count, from how often each value is there."""
    flat = array.reshape(-1, channels)
    found = np.zeros(2, np.int64)
    low = np.iinfo(array.dtype).min
    u = point.counts_from(values)
    after = point.counts_from(programs.run(point, values, None))
    ended = ((after <= 0) | (after >= 1)).astype(np.int64) - ((u <= 0) | (u >= 1))
    for c in range(channels):
        often = np.bincount(flat[:, c].astype(np.intp) - low, minlength=len(values))
        found[0] += often[(u[:, c] < 0) | (u[:, c] > 1)].sum() if point.clip else 0
        found[1] += often @ ended[:, c]
    return found
