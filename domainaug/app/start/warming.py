"""What takes seconds the first time, done while nobody waits: imports, and the code of the commonest kernels."""

from __future__ import annotations

import importlib
import threading
from contextlib import suppress

__all__ = ["is_warm", "warm", "warm_beside"]

_HEAVY = (
    "domainaug._albumentations",
    "domainaug.declare",
    "domainaug.medical",
    "domainaug.pipeline",
    "domainaug.preview",
)
_done = threading.Event()
_alone = threading.Lock()


def is_warm() -> bool:
    """Return whether everything was loaded."""
    return _done.is_set()


def warm() -> None:
    """Load everything, once a process; whoever comes while it is being done waits."""
    with _alone:
        if _done.is_set():
            return
        for name in _HEAVY:
            importlib.import_module(name)
        _done.set()
    with suppress(Exception):  # pages meet it again, and tell
        from domainaug.run.rehearsal import rehearse_kernels

        rehearse_kernels()


def warm_beside() -> None:
    """Begin to load everything in a thread of its own, and then the server that processes are forked from."""
    threading.Thread(target=_warm_all, name="warming", daemon=True).start()


def _warm_all() -> None:
    warm()
    from domainaug.preview.apart import get_ready

    get_ready()
