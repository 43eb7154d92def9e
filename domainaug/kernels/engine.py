"""Which engine runs the kernels, and compiling them ahead.

There are two engines. "numba" compiles the loops of `domainaug.kernels.jit` for this machine, once, and keeps
the machine code on disk (`domainaug.kernels.cache`). "plain" runs their twins in `domainaug.kernels.plain` on
NumPy, cv2 and SciPy: slower, the same results within the tolerances each kernel states.

numba runs when it is installed. `DOMAINAUG_KERNELS=plain` or `DOMAINAUG_KERNELS=numba` in the environment
decides otherwise.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Literal, cast, get_args

from domainaug.errors import MissingExtra, UnknownName

__all__ = ["Engine", "Warmed", "WarmupReport", "engine", "loops", "using", "warmup"]

Engine = Literal["numba", "plain"]

_FOLDERS = {"numba": "jit", "plain": "plain"}
_chosen: Engine | None = None


def engine() -> Engine:
    """Return the engine of this process; asked for the first time it decides, without importing numba.

    Raises:
        MissingExtra: `DOMAINAUG_KERNELS=numba` asks for numba, which is not installed.
        UnknownName: `DOMAINAUG_KERNELS` names no engine.
    """
    global _chosen
    if _chosen is None:
        _chosen = _decide(os.environ.get("DOMAINAUG_KERNELS", ""))
    return _chosen


@contextmanager
def using(name: Engine) -> Iterator[None]:
    """Run what is inside on this engine, in all threads of the process; for tests and for comparing.

    Raises:
        MissingExtra: numba is asked for and not installed.
        UnknownName: No engine has this name.
    """
    global _chosen
    before, _chosen = _chosen, _decide(name)
    try:
        yield
    finally:
        _chosen = before


def loops(name: str) -> ModuleType:
    """Return the module `name` of the engine in use: `domainaug.kernels.jit.name` or `domainaug.kernels.plain.name`."""
    return import_module(f"domainaug.kernels.{_FOLDERS[engine()]}.{name}")


def _decide(wish: str) -> Engine:
    if wish and wish not in get_args(Engine):
        raise UnknownName("kernel engine", wish, get_args(Engine), where="DOMAINAUG_KERNELS")
    installed = find_spec("numba") is not None
    if wish == "numba" and not installed:
        raise MissingExtra("the kernel engine numba", "fast")
    return cast(Engine, wish or ("numba" if installed else "plain"))


@dataclass(frozen=True, slots=True)
class Warmed:
    """One entry of a module's `WARMUP` after it has run.

    Attributes:
        kernel: Module and entry, "warp.gray_uint8".
        seconds: Wall time it took.
        compiled: How many functions were compiled; 0 when all came from the cache.
    """

    kernel: str
    seconds: float
    compiled: int


@dataclass(frozen=True, slots=True)
class WarmupReport:
    """What `warmup` did.

    Attributes:
        engine: The engine it ran on.
        folder: Where compiled code is kept; None when nothing is kept.
        kernels: One line for each entry, in the order they ran; empty for the plain engine.
    """

    engine: Engine
    folder: Path | None
    kernels: tuple[Warmed, ...]

    @property
    def seconds(self) -> float:
        """Wall time of all entries together."""
        return sum(each.seconds for each in self.kernels)

    @property
    def compiled(self) -> int:
        """How many functions were compiled."""
        return sum(each.compiled for each in self.kernels)


def warmup(
    progress: Callable[[Warmed], None] | None = None, more: Iterable[tuple[str, Callable[[], Any]]] = ()
) -> WarmupReport:
    """Compile every kernel for every type the pipelines use, or load it where that was done before.

    Every module of `domainaug.kernels` may have a tuple `WARMUP` of functions without arguments; each calls its
    kernel on a small input, once for a combination of types. A new kernel is one more entry there.

    Args:
        progress: Called after each entry.
        more: What runs kernels that are elsewhere (`domainaug.scenario.trials`): names and functions.
    """
    from domainaug.kernels.cache import folders

    if engine() == "plain":
        return WarmupReport("plain", None, ())
    from domainaug.kernels.jit import compilations, expected

    expected()
    done = []
    for name, entry in chain(_entries(), more):
        before, began = compilations(), time.perf_counter()
        entry()
        warmed = Warmed(name, time.perf_counter() - began, compilations() - before)
        done.append(warmed)
        if progress is not None:
            progress(warmed)
    return WarmupReport("numba", folders().write, tuple(done))


def _entries() -> Iterator[tuple[str, Callable[[], Any]]]:
    package = import_module("domainaug.kernels")
    for module in iter_modules(package.__path__):
        if not module.ispkg:
            for entry in getattr(import_module(f"domainaug.kernels.{module.name}"), "WARMUP", ()):
                yield f"{module.name}.{entry.__name__.lstrip('_')}", entry
