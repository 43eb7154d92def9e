"""Making files visible: only whole ones, only inside the output, and what a dead run left is swept away."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from domainaug.errors import OutputError
from domainaug.run.job import TEMPORARY, File

__all__ = ["publish", "sweep", "temporary_beside", "write_whole"]


def publish(folder: Path, files: Sequence[File], out: Path) -> None:
    """Move the files of one copy from its private folder to where they belong.

    A copy with a folder of its own appears in one step. One whose files go to several places, or that is
    made again, appears file by file, the first (the image that readers list) last: an image is never seen
    without its labels.

    Raises:
        OutputError: A name leads out of `out` (a link, `..`), or the file system refuses.
    """
    out = out.resolve()
    try:
        for file in files:
            _inside(out, file.path)
        own = _own_folder(files, out)
        if own is not None:
            (out / own).parent.mkdir(parents=True, exist_ok=True)
            os.replace(folder / own, out / own)  # noqa: PTH105 - one name to inject faults at
            _sync_folder((out / own).parent)
        else:
            for file in reversed(files):
                target = out / file.path
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(folder / file.path, target)  # noqa: PTH105
                _sync_folder(target.parent)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{out}: the output cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    name = temporary_beside(path)
    try:
        with name.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            name.unlink()
        raise
    _sync_folder(path.parent)


def temporary_beside(path: Path) -> Path:
    """Return a name that no reader looks at and every start sweeps away; `mkstemp` would hide it from the group."""
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")


def sweep(out: Path) -> None:
    """Remove what runs that died left behind."""
    for left in out.glob(f"{TEMPORARY}*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _inside(out: Path, relative: str) -> None:
    if not (out / relative).resolve().is_relative_to(out):
        raise OutputError(f"{relative}: the output would lie outside {out}; is there a link in the output folder?")


def _own_folder(files: Sequence[File], out: Path) -> str | None:
    """Return the outermost folder that holds all the files and is not there yet."""
    parents = [PurePosixPath(file.path).parent.parts for file in files]
    for length in range(1, min(map(len, parents), default=0) + 1):
        place = parents[0][:length]
        if any(parent[:length] != place for parent in parents):
            return None
        if not out.joinpath(*place).exists():
            return "/".join(place)
    return None


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
