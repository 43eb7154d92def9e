"""The four labels around a place as one number, so that one comparison tells whether they are alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from domainaug.kernels.jit import compiled

__all__ = ["CHUNK", "ONES", "differing", "fetch"]

ONES = {1: np.uint32(0x01010101), 2: np.uint64(0x0001000100010001), 4: np.uint64(0x0000000100000001)}
"""For labels of so many bytes: what a label is multiplied by to be the number of four like it."""

_QUADS = {8: types.uint32, 16: types.uint64, 32: types.uint64}


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def load_quad(typing: Any, labels: Any, upper: Any, lower: Any) -> Any:
    """Return two neighbors in each of two rows as one number.

    Args:
        typing: What numba hands to an intrinsic.
        labels: Contiguous unsigned integers of 1, 2 or 4 bytes.
        upper: int64, where the first two begin, from 0 to size - 2; not checked.
        lower: Likewise, of those below.

    Returns:
        The four labels; of those of 4 bytes the upper two where the lower two are the same, and else 1, which is no
        number of four that are alike.
    """
    bits = labels.dtype.bitwidth

    def load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(labels)(context, builder, arguments[0])

        def pair(at: Any) -> Any:
            place = builder.bitcast(builder.gep(array.data, [at]), ir.IntType(2 * bits).as_pointer())
            return builder.load(place, align=bits // 8)

        high, low = pair(arguments[1]), pair(arguments[2])
        if bits == 32:
            return builder.select(builder.icmp_unsigned("==", high, low), high, ir.Constant(high.type, 1))
        wide = ir.IntType(4 * bits)
        return builder.or_(builder.zext(high, wide), builder.shl(builder.zext(low, wide), ir.Constant(wide, 2 * bits)))

    return _QUADS[bits](labels, upper, lower), load


CHUNK = 32
"""How many are looked at together."""


@compiled
def fetch(source: Any, start: int, row: int, index: Any, n: int, quads: Any) -> None:
    """Write the four labels at each of some places; one store each, as two cost twice as much.

    Args:
        source: Masks as one row.
        start: Where in it the one looked at begins.
        row: Labels from a row to the next.
        index: (at least n,) uint32, the upper left of the four.
        n: How many.
        quads: (at least n,), written.
    """
    for i in range(np.uintp(n)):
        at = start + np.int64(index[i])
        quads[i] = load_quad(source, at, at + row)


@compiled
def differing(quads: Any, ones: Any, n: int, out: Any, start: int, where: Any) -> int:
    """Write the label of each place whose four labels are one, and list the others.

    Args:
        quads: (at least n + CHUNK,), as `fetch` makes them; overwritten.
        ones: What is in `ONES`.
        n: How many.
        out: Labels, written.
        start: Where in it the first place has its own.
        where: (at least n + 1,) int32, written.

    Returns:
        How many are listed.
    """
    label, quad = out.dtype.type, quads.dtype.type
    to = np.uintp(start)
    for i in range(np.uintp(n)):
        first = label(quads[i])
        out[to + i] = first
        quads[i] ^= quad(quad(first) * ones)
    count = 0
    for chunk in range(0, n, CHUNK):
        some = quad(0)
        for i in range(np.uintp(chunk), np.uintp(chunk + CHUNK)):
            some |= quads[i]
        if some != 0:
            for i in range(chunk, min(chunk + CHUNK, n)):
                where[count] = i
                count += 1 if quads[i] != 0 else 0
    return count
