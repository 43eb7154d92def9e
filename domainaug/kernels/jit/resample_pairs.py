"""Two neighbors in one read: half the reads of an interpolation, which are most of its time."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["load_pair"]

_WIDE = {8: types.int16, 16: types.int32, 32: types.int64}


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def load_pair(typing: Any, values: Any, index: Any) -> Any:
    """Return values[index] and values[index + 1] as one integer of twice their width, in the order of memory.

    Args:
        typing: What numba hands to an intrinsic.
        values: Contiguous values of 1, 2 or 4 bytes.
        index: int64, from 0 to size - 2; not checked.
    """
    bits = values.dtype.bitwidth

    def load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(values)(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        wide = builder.bitcast(place, ir.IntType(2 * bits).as_pointer())
        return builder.load(wide, align=bits // 8)

    return _WIDE[bits](values, index), load
