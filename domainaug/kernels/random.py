"""Random numbers that depend on a key and a place, and on nothing else.

Element i of a stream is a function of (key, stream, i): the same for any number of threads, for a whole volume or
one slice of it, compiled or not, on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.checks import check_out, check_shape
from domainaug.kernels.engine import loops
from domainaug.kernels.threads import run_slabs

__all__ = ["WARMUP", "drawn_coarse", "halves", "normals", "uniforms"]

_LEAST = 1 << 16
"""Elements worth a thread: about a tenth of a millisecond."""


def normals(
    shape: Sequence[int],
    key: int,
    stream: int = 0,
    *,
    start: int = 0,
    coarse: bool = False,
    out: NDArray[np.float32] | None = None,
    threads: int | None = None,
) -> NDArray[np.float32]:
    """Return independent normal numbers of mean 0 and standard deviation 1; the largest possible is 6.7.

    Args:
        shape: Shape of the result.
        key: From 0 to 2**64 - 1: other keys, other numbers.
        stream: From 0 to 2**64 - 1: one of the sequences of a key.
        start: Index of the first element in its sequence; with the number of elements before it, a slice is the
            same as in the whole.
        coarse: Other numbers, drawn faster, of which there are only 2048 sizes, up to 4.4: what noise in pictures of
            8 bits is made of.
        out: Array to write into, of this shape, float32, contiguous.
        threads: As in `domainaug.kernels.threads.thread_count`; changes no number.

    Raises:
        ImageError: `out` does not fit, or the result does not fit into memory.
        ValueError: Key, stream or start is out of range.
    """
    return _fill("coarse_normal_row" if coarse else "normal_row", shape, key, stream, start, out, threads)


def uniforms(
    shape: Sequence[int],
    key: int,
    stream: int = 0,
    *,
    start: int = 0,
    out: NDArray[np.float32] | None = None,
    threads: int | None = None,
) -> NDArray[np.float32]:
    """Return independent numbers, uniform from 0 to below 1, multiples of 2**-24; arguments as in `normals`.

    Raises:
        ImageError: As `normals`.
        ValueError: As `normals`.
    """
    return _fill("uniform_row", shape, key, stream, start, out, threads)


def drawn_coarse(dtype: np.dtype[Any]) -> bool:
    """Whether noise that is rounded to a type is made of coarse normals."""
    return dtype == np.uint8


def halves(key: int, name: str = "key") -> tuple[np.uint32, np.uint32]:
    """Return the lower and the upper half of a number of 64 bits, as the loops take it.

    Raises:
        ValueError: Not a whole number from 0 to 2**64 - 1.
    """
    value = _whole(key, 2**64 - 1, name)
    return np.uint32(value & 0xFFFFFFFF), np.uint32(value >> 32)


def _fill(
    row: str,
    shape: Sequence[int],
    key: int,
    stream: int,
    start: int,
    out: NDArray[np.float32] | None,
    threads: int | None,
) -> NDArray[np.float32]:
    shape = check_shape(shape, planes=len(shape))
    count = math.prod(shape)
    key_lo, key_hi = halves(key)
    which = np.uint64(_whole(stream, 2**64 - 1, "stream"))
    first = _whole(start, 2**63 - 1 - count, "start")
    out = check_out(out, shape, np.float32, planes=len(shape))
    flat, write = out.reshape(-1), getattr(loops("random"), row)

    def slab(begin: int, end: int) -> None:
        write(flat[begin:end], end - begin, key_lo, key_hi, which, first + begin)

    run_slabs(slab, count, threads, least=_LEAST)
    return out


def _whole(value: Any, most: int, name: str) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or not 0 <= value <= most:
        raise ValueError(f"{name}={value!r} must be a whole number from 0 to {most}")
    return int(value)


def _normals() -> None:
    normals((8,), 0, threads=1)


def _coarse_normals() -> None:
    normals((8,), 0, coarse=True, threads=1)


def _uniforms() -> None:
    uniforms((8,), 0, threads=1)


WARMUP = (_normals, _coarse_normals, _uniforms)
"""What `domainaug.kernels.engine.warmup` runs: every loop of this file, for every type."""
