"""A wish for LLVM about one kernel: vectors of 512 bits, where the processor has them."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["wide_vectors"]

_WISH = '"prefer-vector-width"="512"'


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def wide_vectors(typing: Any) -> Any:
    """Ask for the widest vectors in the loops of the kernel that calls this, which costs nothing when it runs.

    LLVM takes 256 bits on most processors that have 512, as wide instructions once slowed down what follows. A
    polynomial of a dozen terms gains a third all the same; what mostly loads and stores gains little. No result
    changes, and a processor without such vectors takes what it has.

    Args:
        typing: What numba hands to an intrinsic.
    """

    def wish(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        set.add(builder.function.attributes, _WISH)  # llvmlite's own `add` knows only attributes without a value
        return ir.Constant(context.get_value_type(types.none), None)

    return types.none(), wish
