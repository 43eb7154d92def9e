"""What decides the machine code of a function, apart from types, options and processor.

Its own bytecode, the constants and global values it uses, the functions it calls, theirs in turn, and the versions
of what compiles it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import llvmlite
import numba
import numpy as np

__all__ = ["fingerprint"]

_VERSIONS = repr((numba.__version__, llvmlite.__version__, np.__version__, sys.version_info[:2], numba.config.OPT))
_FOREIGN = ("numpy", "math", "numba", "cmath", "operator", "builtins")
"""What is compiled in from these is decided by their versions."""


def fingerprint(dispatcher: Any) -> str:
    """Return a text that is equal in two processes when they would compile the same code."""
    digest = hashlib.sha256(_VERSIONS.encode())
    for part in _function(dispatcher.py_func, set()):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _function(function: FunctionType, seen: set[int]) -> Iterator[str]:
    if id(function) in seen:
        return
    seen.add(id(function))
    yield f"{function.__module__}.{function.__qualname__}"
    yield repr(function.__defaults__)
    for name, value in _free(function):
        yield name
        yield from _value(value, seen)
    yield from _code(function.__code__)


def _code(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield repr(sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant)


def _free(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Name and value of everything a function uses that is not its own."""
    if function.__closure__:
        for name, cell in zip(function.__code__.co_freevars, function.__closure__, strict=True):
            yield name, cell.cell_contents
    names = sorted(set(_names(function.__code__)))
    for name in names:
        if name in function.__globals__:
            value = function.__globals__[name]
            yield name, value
            if isinstance(value, ModuleType) and value.__name__.partition(".")[0] not in _FOREIGN:
                for each in names:
                    if hasattr(value, each):
                        yield f"{name}.{each}", getattr(value, each)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _value(value: Any, seen: set[int]) -> Iterator[str]:
    called = getattr(value, "py_func", None) or getattr(value, "_defn", None)  # a compiled function; an intrinsic
    if isinstance(called, FunctionType):
        value = called
    if isinstance(value, FunctionType):
        if value.__module__.partition(".")[0] not in _FOREIGN:
            yield from _function(value, seen)
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}{hashlib.sha256(value.tobytes()).hexdigest()}"
    elif isinstance(value, tuple):
        for each in value:
            yield from _value(each, seen)
    elif isinstance(value, ModuleType):
        yield value.__name__
    elif isinstance(value, (int, float, complex, bool, str, bytes, np.generic)) or value is None:
        yield f"{type(value).__name__} {value!r}"
    else:
        yield f"{type(value).__module__}.{type(value).__qualname__} {getattr(value, '__name__', '')}"
