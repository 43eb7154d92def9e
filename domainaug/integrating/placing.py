"""Putting files in place: shared with the source where the disk can, copied where not, and never half there."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from domainaug.errors import DomainAugError, OutputError
from domainaug.run.job import hashed
from domainaug.run.publish import temporary_beside

__all__ = ["WAYS", "place_file", "settle"]

WAYS: Final = ("auto", "reflink", "hardlink", "copy")
"""How files are placed; "auto" takes the first of the others that works."""

_CLONE: Final = 0x40049409  # FICLONE of <linux/fs.h>


def place_file(source: Path, target: Path, how: str = "auto") -> str:
    """Put a file in place, whole or not at all, and return how: "reflink", "hard link" or "copy".

    A reflink shares blocks until one of the two is written to. A hard link is the same file under two names: who
    writes into one, rather than replacing it, changes both.

    Args:
        source: What is placed.
        target: Where to; what is there is replaced.
        how: One of `WAYS`.

    Raises:
        DomainAugError: There is no such way, or the disk does not know the one that was asked for.
        OutputError: The disk refuses.
    """
    if how not in WAYS:
        raise DomainAugError(f"link={how!r}: files are placed by {', '.join(WAYS)}")
    if target.is_symlink():
        raise OutputError(f"{target}: there is a link in the set; remove it")
    temporary = temporary_beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        done = _placed(source, temporary, how)
        if not (target.exists() and target.samefile(temporary)):
            os.replace(temporary, target)  # noqa: PTH105 - one name to inject faults at
        return done
    except OSError as error:
        raise OutputError(f"{target}: the set cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def settle(folders: Iterable[Path]) -> None:
    """Flush the names in folders to the disk, so that an index written after this names nothing lost."""
    for folder in sorted(set(folders)) if os.name != "nt" else ():  # a folder cannot be opened there
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _placed(source: Path, target: Path, how: str) -> str:
    if how in ("auto", "reflink"):
        if _cloned(source, target):
            return "reflink"
        if how == "reflink":
            raise DomainAugError("link='reflink': this disk shares no blocks between files; take 'auto'")
    if how in ("auto", "hardlink"):
        try:
            os.link(source.resolve(), target)
            return "hard link"
        except OSError as error:
            if how == "hardlink":
                raise DomainAugError(f"link='hardlink': {error.strerror}; take 'auto'") from error
    before = hashed(source)
    shutil.copyfile(source, target)
    if hashed(target) != before:
        raise OutputError(f"{target}: what was copied is not what is there; is the disk sound?")
    with target.open("rb+") as stream:
        os.fsync(stream.fileno())
    return "copy"


def _cloned(source: Path, target: Path) -> bool:
    """Share the blocks of a file, where the disk can (btrfs, XFS, bcachefs on Linux)."""
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        with source.open("rb") as taken, target.open("xb") as made:
            fcntl.ioctl(made.fileno(), _CLONE, taken.fileno())
            os.fsync(made.fileno())
        return True
    except OSError:
        target.unlink(missing_ok=True)
        return False
