"""Counter-based random numbers, compiled: element i is a function of key, stream and i, and of nothing else.

Philox4x32-7: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC11 (2011); seven rounds are the fewest that they found to pass every test of BigCrush. A block has the counter
(index low, index high, stream low, stream high) and the key (low, high) and gives four words: those of elements
4 * index to 4 * index + 3. Two words make two normals (G. E. P. Box,
M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Statist. 29, 1958).

Logarithm, sine and cosine are polynomials of our own (coefficients: S. L. Moshier, Cephes, single precision):
calls into a library cannot be done sixteen at a time. For values of 8 bits there are normals of half a word and a
table, `coarse_normal_row`. Sums and products are rounded one by one, never contracted,
so that every processor gives the same bits, and so does `domainaug.kernels.plain.random`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.wide import wide_vectors
from domainaug.kernels.plain.random import coarse_table

__all__ = ["MOST", "WIDE", "coarse_normal_row", "draw", "new_room", "normal_row", "philox", "uniform_row"]

MOST = 1024
"""Most normals that `draw` makes at once."""

WIDE = 320
"""Blocks there is room for: those of `MOST` fine normals, and some that a row begins or ends in the middle of."""

BLOCKS = 256
"""Blocks in a batch: 1024 elements, whose buffers stay in the first cache."""

M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)

ONE, HALF_F, MINUS_TWO = np.float32(1.0), np.float32(0.5), np.float32(-2.0)
SQRT_HALF, MANTISSA, EIGHTH = np.int32(0x3F3504F3), np.int32(0x007FFFFF), np.int32(1 << 29)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
RADIANS = np.float32(np.pi / 2**31)
L0, L1, L2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
L3, L4, L5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
L6, L7, L8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)
S0, S1, S2 = np.float32(-1.9515295891e-4), np.float32(8.3321608736e-3), np.float32(-1.6666654611e-1)
C0, C1, C2 = np.float32(2.443315711809948e-5), np.float32(-1.388731625493765e-3), np.float32(4.166664568298827e-2)
UNIT, TINY = np.float32(2.0**-32), np.float32(2.0**-33)
UNIT24 = np.float32(2.0**-24)

COARSE = coarse_table()
SIDE, FIFTEEN, CELL, FIRST = np.int32(16), np.int32(0x7FFF), np.int32(16), np.int32(126 << 7)


@compiled
def new_room() -> Any:
    """Return what `draw` works in: words, and the normals made of them."""
    return np.empty((2, 4 * WIDE), np.float32)


@compiled(borrows=True)
def philox(words: Any, blocks: int, key_lo: int, key_hi: int, stream: int, first: int) -> None:
    """Write the words of `blocks` blocks from block `first` on into `words` (4, at least blocks) uint32.

    Row k holds word k of every block, so that what follows reads neighbors.
    """
    w0, w1, w2, w3 = words[0], words[1], words[2], words[3]
    wide = np.uint64(stream)
    low, high = np.uint32(wide & LOW), np.uint32(wide >> HALF)
    for j in range(np.int32(blocks)):
        index = np.uint64(first) + np.uint64(j)
        c0, c1, c2, c3 = np.uint32(index & LOW), np.uint32(index >> HALF), low, high
        k0, k1 = np.uint32(key_lo), np.uint32(key_hi)
        for _ in range(7):
            p0, p1 = M0 * np.uint64(c0), M1 * np.uint64(c2)
            c0, c2 = np.uint32(p1 >> HALF) ^ c1 ^ k0, np.uint32(p0 >> HALF) ^ c3 ^ k1
            c1, c3 = np.uint32(p1 & LOW), np.uint32(p0 & LOW)
            k0, k1 = np.uint32((np.uint64(k0) + W0) & LOW), np.uint32((np.uint64(k1) + W1) & LOW)
        w0[j], w1[j], w2[j], w3[j] = c0, c1, c2, c3


@compiled(borrows=True)
def _normals(words: Any, blocks: int, out: Any) -> None:
    """Turn the words of `blocks` blocks into normals, `out` (at least 4 * blocks) float32."""
    wide_vectors()
    for half in range(2):
        a, b = words[2 * half], words[2 * half + 1]
        at = np.int32(2 * half)
        for j in range(np.int32(blocks)):
            u = np.float32(a[j]) * UNIT + TINY  # above 0, up to 1
            bits = np.int32(
                np.float32(u).view(np.int32) - SQRT_HALF
            )  # u = 2**e * (1 + t), 1 + t from sqrt(1/2) to sqrt(2)
            e = np.float32(bits >> np.int32(23))
            t = np.int32((bits & MANTISSA) + SQRT_HALF).view(np.float32) - ONE
            z = t * t
            p = L0 * t + L1
            p = p * t + L2
            p = p * t + L3
            p = p * t + L4
            p = p * t + L5
            p = p * t + L6
            p = p * t + L7
            p = p * t + L8
            log = t + (p * t * z + (e * LN2_LOW - HALF_F * z)) + e * LN2_HIGH
            radius = np.sqrt(MINUS_TWO * log)

            # The upper two bits, rounded, are the quarter turn; the rest is an angle within an eighth of a turn.
            turn = np.int32(b[j])
            quarter = np.int32(turn + EIGHTH) >> np.int32(30)
            x = np.float32(np.int32(turn - np.int32(quarter << np.int32(30)))) * RADIANS
            z = x * x
            sine = ((S0 * z + S1) * z + S2) * z * x + x
            cosine = ((C0 * z + C1) * z + C2) * z * z - HALF_F * z + ONE
            odd = (quarter & np.int32(1)) != np.int32(0)
            c = sine if odd else cosine
            s = cosine if odd else sine
            c = -c if ((quarter + np.int32(1)) & np.int32(2)) != np.int32(0) else c
            s = -s if (quarter & np.int32(2)) != np.int32(0) else s
            out[np.int32(4) * j + at] = radius * c
            out[np.int32(4) * j + at + np.int32(1)] = radius * s


@compiled
def normal_row(out: Any, n: int, key_lo: int, key_hi: int, stream: int, start: int) -> None:
    """Write standard normals start, start + 1, ..., start + n - 1 of a stream into `out[:n]`.

    Args:
        out: (at least n,) float32.
        n: How many; 0 writes nothing.
        key_lo: Lower half of the key, uint32.
        key_hi: Upper half of the key, uint32.
        stream: Which sequence of this key, uint64.
        start: Index of the first one, from 0 to 2**63 - 1 - n.
    """
    room = new_room()
    done = np.int64(0)
    while done < n:
        take = min(np.int64(n) - done, np.int64(MOST))
        skip = draw(room, True, None, take, key_lo, key_hi, stream, start + done)
        made = room[1, skip : skip + take]
        for i in range(take):
            out[done + i] = made[i]
        done += take


@compiled
def coarse_normal_row(out: Any, n: int, key_lo: int, key_hi: int, stream: int, start: int) -> None:
    """Write normals for values of 8 bits into `out[:n]`, eight from a block; arguments as in `normal_row`.

    Half a word makes one: the upper bit is its sign, the others, as a float, the cell of `coarse_table` it is in.
    Sixteen blocks side by side are 128 elements: 16 of the lower halves of their first words, of their second
    words, and so on, then those of the upper halves. None is larger than 4.4.
    """
    room = new_room()
    done = np.int64(0)
    while done < n:
        take = min(np.int64(n) - done, np.int64(MOST))
        skip = draw(room, None, True, take, key_lo, key_hi, stream, start + done)
        made = room[1, skip : skip + take]
        for i in range(take):
            out[done + i] = made[i]
        done += take


@compiled(borrows=True)
def draw(room: Any, fine: Any, coarse: Any, n: int, key_lo: int, key_hi: int, stream: int, start: int) -> Any:
    """Make up to `MOST` normals in the second row of `room`; return where there the first one is.

    Args:
        room: `new_room`, to work in.
        fine: True, or None: then what makes fine normals is not compiled.
        coarse: Likewise of coarse normals; one of the two is True.
        n: As in `normal_row`.
        key_lo: Likewise.
        key_hi: Likewise.
        stream: Likewise.
        start: Likewise.
    """
    words, made = room[0].view(np.uint32).reshape(4, WIDE), room[1]
    each, group = (2, 0) if coarse is None else (3, 4)  # normals a block and blocks a group, as powers of two
    skip = np.int64(start) & ((1 << (each + group)) - 1)
    blocks = ((skip + n + (1 << (each + group)) - 1) >> (each + group)) << group
    philox(words, blocks, key_lo, key_hi, stream, (np.int64(start) >> (each + group)) << group)
    if fine is not None:
        _normals(words, blocks, made)
    if coarse is not None:
        _coarse_normals(words, blocks, made)
    return skip


@compiled
def uniform_row(out: Any, n: int, key_lo: int, key_hi: int, stream: int, start: int) -> None:
    """Write uniform numbers from 0 to below 1 into `out[:n]`, multiples of 2**-24; arguments as in `normal_row`."""
    words, made = np.empty((4, BLOCKS), np.uint32), np.empty(4 * BLOCKS, np.float32)
    done = np.int64(0)
    while done < n:
        skip = np.int64(start + done) & np.int64(3)
        take = min(np.int64(n) - done, np.int64(4 * BLOCKS) - skip)
        blocks = (skip + take + 3) >> 2
        philox(words, blocks, key_lo, key_hi, stream, np.int64(start + done) >> 2)
        for j in range(np.int32(blocks)):
            for k in range(4):
                made[np.int32(4) * j + k] = np.float32(words[k, j] >> np.uint32(8)) * UNIT24
        for i in range(take):
            out[done + i] = made[skip + i]
        done += take


@compiled(borrows=True)
def _coarse_normals(words: Any, blocks: int, out: Any) -> None:
    """Turn the words of `blocks` blocks, a multiple of `SIDE`, into coarse normals, `out` (at least 8 * blocks)."""
    for group in range(np.int64(blocks) >> 4):
        for row in range(4):
            own, place = words[row, 16 * group : 16 * group + 16], 128 * group + 16 * row
            one, other = out[place : place + 16], out[place + 64 : place + 80]
            for j in range(SIDE):
                word = np.int32(own[j])
                a, b = np.float32(word & FIFTEEN) + HALF_F, np.float32((word >> CELL) & FIFTEEN) + HALF_F
                x = COARSE[np.uint32((np.int32(np.float32(a).view(np.int32)) >> CELL) - FIRST)]
                y = COARSE[np.uint32((np.int32(np.float32(b).view(np.int32)) >> CELL) - FIRST)]
                one[j] = x if (word & np.int32(0x8000)) != np.int32(0) else -x
                other[j] = y if word < np.int32(0) else -y
