"""A zip file as a source: unpacked once a process, held against what zip files can do to a disk.

What is unpacked lies in a private folder of the system's temporary files (mode 0700) until the process ends.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final

from domainaug.errors import UnreadableInput

__all__ = ["unpacked"]

_MOST_FILES: Final = 100_000
_MOST_TIMES: Final = 200  # what it unpacks to, over its own size, beyond the first 100 MB: pictures reach 20
_FREELY: Final = 100 * 10**6


def unpacked(source: Path) -> Path:
    """Return the folder that a zip file was unpacked into, and anything else as it is.

    Args:
        source: A file or folder.

    Raises:
        UnreadableInput: The zip file is damaged, encrypted, leads out of its folder, names a file twice, or would
            unpack to far more than it is (`zip-...`).
    """
    if not source.is_file() or not zipfile.is_zipfile(source):
        return source
    stat = source.stat()
    return _unpacked(source.resolve(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=16)
def _unpacked(source: Path, size: int, changed: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="domainaug-zip-"))
    atexit.register(_remove, folder, os.getpid())
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check(source, members, size)
            for member in members:
                archive.extract(member, folder)
    except UnreadableInput:
        raise
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise UnreadableInput("zip-damaged", f"it cannot be unpacked ({type(error).__name__})", path=source) from None
    except OSError as error:
        message = f"it cannot be unpacked into {folder.parent}: {error.strerror or type(error).__name__}"
        raise UnreadableInput("zip-no-room", message, path=source) from None
    return folder


def _check(source: Path, members: list[zipfile.ZipInfo], size: int) -> None:
    def refuse(code: str, message: str) -> None:
        raise UnreadableInput(f"zip-{code}", message, path=source)

    if len(members) > _MOST_FILES:
        refuse("too-many", f"it holds {len(members)} files; at most {_MOST_FILES} are unpacked")
    if any(member.flag_bits & 1 for member in members):
        refuse("encrypted", "it is encrypted; unpack it yourself and name the folder")
    total = sum(member.file_size for member in members)
    if total > _FREELY + _MOST_TIMES * size:
        refuse(
            "too-large", f"it would unpack to {total // max(size, 1)} times its size; unpack it yourself if it should"
        )
    names = [PurePosixPath(member.filename.replace("\\", "/")) for member in members]
    if any(name.is_absolute() or ".." in name.parts for name in names):
        refuse("outside", "it names files outside of its folder")
    if len(set(names)) < len(names):
        refuse("twice", "it holds two files of one name")


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # not in a process that was forked meanwhile
        shutil.rmtree(folder, ignore_errors=True)
