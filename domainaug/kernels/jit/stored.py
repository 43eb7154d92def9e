"""Compiled code on disk: one file for a function and a combination of types.

numba's own cache keeps an index beside the code. Two processes that compile at the same time may overwrite each
other's index and then load the code of other types; a damaged file raises; a folder that cannot be written raises;
and a kernel is not compiled again when a kernel it calls has changed, or when bounds checks are switched on. So
here the name of a file is made of all that decides the code, its last bytes are a checksum, and whatever is wrong
with a file means that it is not there.

One process compiles at a time for a folder; the others wait for what it writes, and load that.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from numba.core import event
from numba.core.caching import IndexDataCacheFile, _Cache
from numba.core.compiler import CompileResult

from domainaug.kernels.cache import folders
from domainaug.kernels.jit.fingerprint import fingerprint

__all__ = ["StoredCode", "compilations", "expected"]

_LOG = logging.getLogger("domainaug.kernels")

_PATIENCE = 1.0
"""Seconds of compiling after which a line says what is going on."""

_LONGEST_WAIT = 60.0
"""Seconds others are waited for, once in a process; afterwards all compile, which is slower and as right."""

_CHECKSUM = 32


class StoredCode(_Cache):  # type: ignore[misc]
    """The stored code of one compiled function, in the place of numba's own cache.

    Args:
        dispatcher: The function as `numba.njit` returns it.
        options: Compiler options, in one text; other options are other code.
    """

    def __init__(self, dispatcher: Any, options: str) -> None:
        self._dispatcher, self._options = dispatcher, options
        self._enabled = True

    @property
    def cache_path(self) -> str:
        """The folder that takes new code, or ""."""
        return str(folders().write or "")

    def enable(self) -> None:
        """Store and load from now on."""
        self._enabled = True

    def disable(self) -> None:
        """Neither store nor load from now on."""
        self._enabled = False

    def flush(self) -> None:
        """Delete the stored code of this function that this process can delete."""
        for folder in folders().read:
            for path in folder.glob(f"{self._stem()}-*.nbc"):
                path.unlink(missing_ok=True)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code for the types `sig`, or None where it must be compiled; called by numba."""
        target_context.refresh()
        if self._enabled:
            name = self._name(sig, target_context.codegen())
            found = _load(name, target_context)
            if found is None and not _TURN.mine:
                found = _TURN.wait(lambda: _load(name, target_context))
            if found is not None:
                return found
        _TURN.begin()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep code that was just compiled for the types `sig`; called by numba."""
        try:
            if self._enabled and not data.library.has_dynamic_globals:
                _save(self._name(sig, data.codegen), data)
        finally:
            _TURN.end(done=1)

    def _stem(self) -> str:
        function = self._dispatcher.py_func
        return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"

    def _name(self, sig: Any, codegen: Any) -> str:
        what = (fingerprint(self._dispatcher), self._options, repr(sig), repr(codegen.magic_tuple()))
        return f"{self._stem()}-{hashlib.sha256(repr(what).encode()).hexdigest()[:32]}.nbc"


class _CheckedFile(IndexDataCacheFile):  # type: ignore[misc]
    """numba's way of writing code to a file, all or nothing, with a checksum at its end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), "", None)

    def _dump(self, obj: Any) -> bytes:
        code: bytes = super()._dump(obj)
        return code + hashlib.sha256(code).digest()

    def read(self, name: str) -> Any:
        """Return what was written, or None when the file is not there or not whole."""
        try:
            written = Path(self._data_path(name)).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(written[:-_CHECKSUM]).digest() != written[-_CHECKSUM:]:
            return None
        return self._load_data(name)

    def write(self, name: str, data: Any) -> None:
        """Write a file, whole or not at all."""
        self._save_data(name, data)


def _load(name: str, target_context: Any) -> Any:
    for folder in folders().read:
        try:
            data = _CheckedFile(folder).read(name)
            if data is not None:
                return CompileResult._rebuild(target_context, *data)
        except Exception as error:  # whatever a foreign or outdated file does, the code can be made again
            _LOG.debug("stored code %s in %s is not usable: %r", name, folder, error)
    return None


def _save(name: str, data: Any) -> None:
    folder = folders().write
    if folder is None:
        _tell(_HOMELESS)
        return
    try:
        _CheckedFile(folder).write(name, data._reduce())
    except OSError as error:
        why = error.strerror or type(error).__name__
        _tell(f"compiled kernels cannot be kept in {folder} ({why}): set NUMBA_CACHE_DIR to another folder")


class _Turn(event.Listener):  # type: ignore[misc]
    """Whose turn it is to compile, and how long this process has been at it.

    numba compiles one function at a time in a process, so nothing here is done by two threads at once; functions
    called by a function are compiled while it is.
    """

    def __init__(self) -> None:
        self._depth, self._spent, self._began = 0, 0.0, 0.0
        self._lock: FileLock | None = None
        self._notice: threading.Timer | None = None
        self._tired = False
        self.compiled = 0

    @property
    def mine(self) -> bool:
        """Whether this process compiles now, and so need not wait for another."""
        return self._depth > 0 or self._lock is not None

    def wait(self, look: Callable[[], Any]) -> Any:
        """Wait until no other process compiles or `look` finds what it looks for; return what was found."""
        folder = folders().write
        if folder is None or self._tired:
            return None
        lock = FileLock(folder / "compiling.lock")
        deadline = time.monotonic() + _LONGEST_WAIT
        while time.monotonic() < deadline:
            try:
                lock.acquire(timeout=0.1, poll_interval=0.02)
            except Timeout:
                found = look()
                if found is not None:
                    return found
            except (OSError, NotImplementedError):
                return None  # a file system without locks
            else:
                self._lock = lock
                found = look()  # it may have been written between looking and locking
                if found is not None:
                    self._release()
                return found
        self._tired = True  # whoever holds the lock may be stopped for good
        return None

    def begin(self) -> None:
        """Note that a function is about to be compiled."""
        if self._depth == 0:
            self._began = time.monotonic()
            self._notice = threading.Timer(max(0.0, _PATIENCE - self._spent), _explain)
            self._notice.daemon = True
            self._notice.start()
        self._depth += 1

    def end(self, done: int) -> None:
        """Note that a function has been compiled (`done` 1) or could not be (0)."""
        self.compiled += done
        self._depth = max(0, self._depth - 1)
        if self._depth == 0:
            self._spent += time.monotonic() - self._began
            if self._notice is not None:
                self._notice.cancel()
            self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def on_start(self, event: Any) -> None:
        """Do nothing: `begin` has been called."""

    def on_end(self, event: Any) -> None:
        """Give up the turn after a function that could not be compiled; nothing is saved then."""
        failed = event._exc_details is not None  # `is_failed` says the opposite, in numba 0.68 and before
        if failed and isinstance(getattr(event.data["dispatcher"], "_cache", None), StoredCode):
            self.end(done=0)


_COMPILING = (
    "compiling the kernels for this processor, once; it takes up to half a minute, "
    "and `domainaug warmup` does it ahead for all of them"
)
_HOMELESS = (
    "compiling the kernels, again in every process, because no folder can take the code: "
    "set NUMBA_CACHE_DIR to a folder that can be written"
)
_TURN = _Turn()
_told: set[str] = set()
event.register("numba:compile", _TURN)


def compilations() -> int:
    """Return how many functions this process has compiled because no stored code was found."""
    return _TURN.compiled


def _explain() -> None:
    _tell(_HOMELESS if folders().write is None else _COMPILING)


def expected() -> None:
    """Say nothing while compiling: whoever asked for it knows."""
    _told.add(_COMPILING)


def _tell(what: str) -> None:
    """Say something once; a warning, because that is what Python shows where logging was not set up."""
    if what not in _told:
        _told.add(what)
        _LOG.warning(what)
