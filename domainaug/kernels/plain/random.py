"""Counter-based random numbers on NumPy: the same words and, bit for bit, the same numbers as the compiled ones.

The constants and the order of every sum and product are those of `domainaug.kernels.jit.random`, which says where
they come from; NumPy rounds each of them to float32, as the compiled code does.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["coarse_normal_row", "coarse_table", "normal_row", "philox", "uniform_row"]

Words = NDArray[np.uint32]
Floats = NDArray[np.float32]

_BLOCKS = 1 << 14
"""Blocks in a batch: some megabytes, whatever the size of the result."""

_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_M0, _M1, _W0, _W1 = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85

_LOGARITHM = tuple(
    map(
        np.float32,
        (7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
         2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
    )
)  # fmt: skip
_SINE = tuple(map(np.float32, (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)))
_COSINE = tuple(map(np.float32, (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)))
_SQRT_HALF, _MANTISSA = np.int32(0x3F3504F3), np.int32(0x007FFFFF)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_RADIANS = np.float32(np.pi / 2**31)
_SIDE = 16
_ONE, _ONE_HALF, _MINUS_TWO = np.float32(1.0), np.float32(0.5), np.float32(-2.0)


def philox(words: Words, blocks: int, key_lo: int, key_hi: int, stream: int, first: int) -> None:
    """Write the words of `blocks` blocks from block `first` on into `words` (4, at least blocks) uint32."""
    index = np.arange(blocks, dtype=np.uint64) + np.uint64(first)
    c0, c1 = index & _LOW, index >> _HALF
    c2 = np.full(blocks, int(stream) & 0xFFFFFFFF, np.uint64)
    c3 = np.full(blocks, int(stream) >> 32, np.uint64)
    k0, k1 = int(key_lo), int(key_hi)
    for _ in range(7):
        p0, p1 = c0 * np.uint64(_M0), c2 * np.uint64(_M1)
        c0, c2 = (p1 >> _HALF) ^ c1 ^ np.uint64(k0), (p0 >> _HALF) ^ c3 ^ np.uint64(k1)
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    for row, word in enumerate((c0, c1, c2, c3)):
        words[row, :blocks] = word


def normal_row(out: Floats, n: int, key_lo: int, key_hi: int, stream: int, start: int) -> None:
    """Write standard normals start, ..., start + n - 1 of a stream into `out[:n]`; see the compiled function."""
    _row(out, n, (key_lo, key_hi, stream), start, _normals)


def uniform_row(out: Floats, n: int, key_lo: int, key_hi: int, stream: int, start: int) -> None:
    """Write uniform numbers from 0 to below 1 into `out[:n]`, multiples of 2**-24; see the compiled function."""
    _row(out, n, (key_lo, key_hi, stream), start, _uniforms)


def coarse_normal_row(out: Floats, n: int, key_lo: int, key_hi: int, stream: int, start: int) -> None:
    """Write normals for values of 8 bits into `out[:n]`; see the compiled function."""
    words = np.empty((4, _BLOCKS), np.uint32)
    done = 0
    while done < n:
        skip = (start + done) % (8 * _SIDE)
        take = min(n - done, 8 * _BLOCKS - skip)
        blocks = -(-(skip + take) // (8 * _SIDE)) * _SIDE
        philox(words, blocks, key_lo, key_hi, stream, (start + done) // (8 * _SIDE) * _SIDE)
        out[done : done + take] = _coarse_normals(words[:, :blocks]).ravel()[skip : skip + take]
        done += take


def _coarse_normals(words: Words) -> Floats:
    """Return words (4, blocks) as coarse normals (groups, halves, words, places)."""
    whole = words.reshape(4, -1, _SIDE).swapaxes(0, 1)
    both = np.stack([whole & np.uint32(0xFFFF), whole >> np.uint32(16)], axis=1)
    size = coarse_table()[_cells(both & np.uint32(0x7FFF))]
    return np.where(both > 0x7FFF, size, -size)


def _cells(numbers: NDArray[Any]) -> NDArray[np.int32]:
    """Return the cells of `coarse_table` that numbers of 15 bits are in."""
    return ((numbers.astype(np.float32) + _ONE_HALF).view(np.int32) >> 16) - np.int32(126 << 7)


@cache
def coarse_table() -> Floats:
    """Return the sizes of coarse normals, (2048,): of each cell the mean of a normal there.

    Number a of 15 bits stands for the sizes that a share (32767 - a) / 32768 to (32768 - a) / 32768 of all normals
    are below. Numbers are cells of their own up to 128, from there on 2, 4, 8 ... share one: as floats, they have
    their exponent and 7 bits in common. The variance is 1. All are multiples of 2**-12: no last bit of a machine's
    logarithm decides any.
    """
    often = np.bincount(_cells(np.arange(1 << 15)), minlength=2048)
    share = (1 << 16) - np.concatenate([[0], np.cumsum(often)])  # of 2**16 normals, how many are below
    normal = NormalDist()
    density = np.array([normal.pdf(normal.inv_cdf(each / 65536)) if each < 65536 else 0.0 for each in share.tolist()])
    sizes = np.diff(density) * 65536 / np.maximum(often, 1)
    sizes /= np.sqrt((often * sizes**2).sum() / often.sum())
    return np.asarray(np.rint(sizes * 4096) / 4096, np.float32)


def _row(out: Floats, n: int, keys: tuple[int, int, int], start: int, numbers: Any) -> None:
    words = np.empty((4, _BLOCKS), np.uint32)
    done = 0
    while done < n:
        skip = (start + done) & 3
        take = min(n - done, 4 * _BLOCKS - skip)
        blocks = (skip + take + 3) >> 2
        philox(words, blocks, *keys, (start + done) >> 2)
        out[done : done + take] = numbers(words[:, :blocks]).ravel()[skip : skip + take]
        done += take


def _uniforms(words: Words) -> Floats:
    """Return words (4, blocks) as numbers (blocks, 4)."""
    return (words.T >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def _normals(words: Words) -> Floats:
    """Return words (4, blocks) as normals (blocks, 4)."""
    out = np.empty((words.shape[1], 4), np.float32)
    for half in (0, 2):
        radius = np.sqrt(
            _MINUS_TWO * _log(words[half].astype(np.float32) * np.float32(2.0**-32) + np.float32(2.0**-33))
        )
        cosine, sine = _turned(words[half + 1])
        out[:, half], out[:, half + 1] = radius * cosine, radius * sine
    return out


def _polynomial(coefficients: tuple[np.float32, ...], x: Floats) -> Floats:
    value = np.full_like(x, coefficients[0])
    for each in coefficients[1:]:
        value = value * x + each
    return value


def _log(u: Floats) -> Floats:
    bits = u.view(np.int32) - _SQRT_HALF  # u = 2**e * (1 + t), 1 + t from sqrt(1/2) to sqrt(2)
    e = (bits >> 23).astype(np.float32)
    t = ((bits & _MANTISSA) + _SQRT_HALF).view(np.float32) - _ONE
    z = t * t
    return t + (_polynomial(_LOGARITHM, t) * t * z + (e * _LN2_LOW - _ONE_HALF * z)) + e * _LN2_HIGH


def _turned(word: Words) -> tuple[Floats, Floats]:
    """Return cosine and sine of a word's share of a turn."""
    turn = word.view(np.int32)
    quarter = (turn + np.int32(1 << 29)) >> 30  # wraps around, as it should
    x = (turn - (quarter << 30)).astype(np.float32) * _RADIANS
    z = x * x
    sine = _polynomial(_SINE, z) * z * x + x
    cosine = _polynomial(_COSINE, z) * z * z - _ONE_HALF * z + _ONE
    odd = (quarter & 1) != 0
    c, s = np.where(odd, sine, cosine), np.where(odd, cosine, sine)
    return np.where((quarter + 1) & 2, -c, c), np.where(quarter & 2, -s, s)
