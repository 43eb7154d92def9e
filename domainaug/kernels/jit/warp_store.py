"""What the compiled loops read from and write to: views of one type, and rounding once to the type of the result."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled

__all__ = ["constant", "ends", "padded", "store", "tally"]

Array = NDArray[Any]

i32 = np.int32


def padded(stack: Array, around: bool) -> Array:
    """Return a stack in which every pixel has one after it, along both axes, for the loops to read."""
    if not around and min(stack.shape[1:3]) > 1:
        return stack
    more = [(0, 1 if around or length == 1 else 0) for length in stack.shape[1:3]]
    return np.pad(stack, ((0, 0), *more, (0, 0)), mode="wrap" if around else "edge")


def constant(array: Array) -> Array:
    """Return a view that cannot be written: compiled code has one type for it, whatever the caller gave."""
    view = array.view()
    view.flags.writeable = False
    return view


@cache
def ends(dtype: np.dtype[Any]) -> NDArray[np.float32] | None:
    """Return the ends of a type of integers; None for floats, for which what rounds is not compiled."""
    return np.array((np.iinfo(dtype).min, np.iinfo(dtype).max), np.float32) if dtype.kind in "iu" else None


def tally(counts: Array | None, rows: int) -> NDArray[np.int64]:
    """Return room for what each slab counts, by its first row; (1, 0) where nothing is counted."""
    return _NOTHING if counts is None else np.zeros((rows, 2), np.int64)


_NOTHING = np.zeros((1, 0), np.int64)


@compiled(borrows=True)
def store(u: Any, n: int, limits: Any, out: Any) -> None:
    """Write values as the type of `out` holds them: rounded half to even, held within it, NaN as its low end."""
    if limits is None:
        for i in range(i32(n)):
            out[i] = u[i]
        return
    low, high = limits[0], limits[1]
    for i in range(i32(n)):
        v = u[i] if u[i] > low else low
        v = v if v < high else high
        out[i] = i32(np.rint(v))
