"""The loops that numba compiles; imported only where the engine is numba.

Every function here is decorated with `compiled`: no Python lock held, machine code kept on disk, divisions by
zero give infinities as in NumPy. With `DOMAINAUG_BOUNDSCHECK=1` in the environment every index is checked, for
tests.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeVar, cast, overload

import numba

from domainaug.kernels.jit.stored import StoredCode, compilations, expected

__all__ = ["BOUNDSCHECK", "compilations", "compiled", "expected"]

R = TypeVar("R")

BOUNDSCHECK = os.environ.get("DOMAINAUG_BOUNDSCHECK", "") not in ("", "0")

_UNDEFINED = {"fast", "nnan", "ninf"}
"""With these LLVM flags a NaN in a picture makes the result undefined."""


@overload
def compiled(function: Callable[..., R]) -> Callable[..., R]: ...
@overload
def compiled(
    *, fastmath: Collection[str] = (), inline: bool = False, borrows: bool = False
) -> Callable[[Callable[..., R]], Callable[..., R]]: ...
def compiled(
    function: Callable[..., R] | None = None,
    *,
    fastmath: Collection[str] = (),
    inline: bool = False,
    borrows: bool = False,
) -> Any:
    """Decorate a kernel: compiled on its first call with a combination of types, then kept on disk.

    Used bare, or with options. Type checkers see that the function may be called with numbers of any type.

    Args:
        function: The kernel, where the decorator is used bare.
        fastmath: LLVM's freedoms with floats, such as {"contract", "arcp"}; none by default, so that results are
            the same bits on every machine.
        inline: Put the function into its callers before types are known; for a handful of lines only. LLVM
            inlines most small functions anyway, later and cheaper.
        borrows: The kernel makes no array, so none has to be counted: with counts, every view and every array handed
            on costs two locked instructions, 15 ns. One that makes an array all the same does not compile.

    Raises:
        ValueError: A freedom that would make NaN or infinity undefined.
    """
    if _UNDEFINED & set(fastmath):
        raise ValueError(f"fastmath={set(fastmath)}: {sorted(_UNDEFINED)} leave NaN undefined; name others")
    options: dict[str, Any] = {
        "nogil": True,
        "no_cfunc_wrapper": True,
        "error_model": "numpy",
        "boundscheck": BOUNDSCHECK,
        "fastmath": set(fastmath),
        "inline": "always" if inline else "never",
        "_nrt": not borrows,  # said in both cases: what is not said is taken from the caller
    }
    text = repr((BOUNDSCHECK, sorted(fastmath), *(["borrows"] if borrows else [])))

    def decorate(kernel: Callable[..., R]) -> Callable[..., R]:
        dispatcher: Any = numba.njit(**options)(kernel)
        if not numba.config.DISABLE_JIT:
            dispatcher._cache = StoredCode(dispatcher, text)
            piece: Any = numba.njit(**options, no_cpython_wrapper=True)(kernel)
            piece._cache = StoredCode(piece, text + " piece")
            dispatcher.get_call_template = partial(_called, piece.get_call_template)
            dispatcher.get_overload = piece.get_overload
        return cast(Callable[..., R], dispatcher)

    return decorate if function is None else decorate(function)


def _called(template: Callable[[Any, Any], Any], args: Any, kws: Any) -> Any:
    """Type a call from one kernel to another as if constants were variables.

    numba would compile a function once for `f(x, 1)` and once more for `f(x, n)`. What kernels call is compiled
    without what Python would need to call it, which is a tenth of the time.
    """
    plain = numba.types.unliteral
    return template(tuple(map(plain, args)), {name: plain(kind) for name, kind in kws.items()})
