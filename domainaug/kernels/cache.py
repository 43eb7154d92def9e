"""Where compiled kernels are kept.

The first of these that can be written takes new code; all of them that can be read are read, so that a folder
filled when an image was built serves a container that may not write it:

1. `NUMBA_CACHE_DIR`, where it is set;
2. the user's cache: `XDG_CACHE_HOME` or `~/.cache`, `~/Library/Caches` on macOS, `LOCALAPPDATA` on Windows;
3. a folder of this user in the system's temporary folder, closed to everybody else.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Folders", "folders", "user_cache"]


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of compiled code.

    Attributes:
        write: Where new code goes; None when no folder can be written.
        read: Where code is looked for, in this order.
    """

    write: Path | None
    read: tuple[Path, ...]


@cache
def folders() -> Folders:
    """Return the folders of this process, looked for once."""
    readable: list[Path] = []
    for folder in _candidates():
        if _writable(folder):
            return Folders(folder, (*readable, folder))
        if os.access(folder, os.R_OK | os.X_OK):
            readable.append(folder)
    return Folders(None, tuple(readable))


def _candidates() -> Iterator[Path]:
    if os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(os.environ["NUMBA_CACHE_DIR"]) / "domainaug"
    user = user_cache()
    if user is not None:
        yield user / "domainaug" / "kernels"
    private = _private()
    if private is not None:
        yield private


def user_cache() -> Path | None:
    """Return the folder where this user's programs keep what can be made again, or None where there is none."""
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"])
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else None
    home = os.path.expanduser("~")  # noqa: PTH111  # Path.home() raises where the user has no entry
    if not os.path.isabs(home):  # noqa: PTH117
        return None
    return Path(home) / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _private() -> Path | None:
    """Return a folder in the temporary folder that only this user can write, or None.

    Compiled code is executed: a folder of this name that somebody else made, or can write, is not used.
    """
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    try:
        folder = Path(tempfile.gettempdir()) / f"domainaug-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    if not stat.S_ISDIR(found.st_mode):
        return None
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
        return None
    return folder / "kernels"


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
