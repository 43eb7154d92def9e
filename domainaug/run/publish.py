"""Making files visible: only whole ones, only inside the output, and what a dead run left is swept away."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Final

from domainaug.errors import OutputError
from domainaug.run.job import TEMPORARY, File

__all__ = ["publish", "sweep", "temporary_beside", "write_whole"]

_THREADS: Final = 8  # that wait for the disk
_Move = tuple[Path, Path]  # from, to


def publish(copies: Iterable[tuple[Path, Sequence[File]]], out: Path) -> None:
    """Move the files of copies from their private folders to where they belong, flushed to the disk.

    A copy with a folder of its own appears in one step. One whose files go to several places, or that is
    made again, appears file by file, the first (the image that readers list) last: an image is never seen
    without its labels, not even after a power cut, since labels are on the disk before any image is moved.

    Args:
        copies: The private folder of each, and its files, image first.
        out: The output folder.

    Raises:
        OutputError: A name leads out of `out` (a link, `..`), or the file system refuses.
    """
    out, copies = out.resolve(), list(copies)
    try:
        _check_places(copies, out)
        _flush(_sync_file, [folder / file.path for folder, files in copies for file in files])
        first, then = _moves(copies, out)
        _move(first, out)
        _move(then, out)
    except OSError as error:
        raise OutputError(f"{out}: the output cannot be written: {error.strerror or error}") from error
    finally:
        for folder, _ in copies:
            _remove(folder)


def _moves(copies: Iterable[tuple[Path, Sequence[File]]], out: Path) -> tuple[list[_Move], list[_Move]]:
    """Return the renames that show labels and whole folders, and those that then show the images."""
    first: list[_Move] = []
    then: list[_Move] = []
    coming: set[tuple[str, ...]] = set()  # folders that copies before it bring
    for folder, files in copies:
        own = _own_folder(files, out, coming)
        if own is not None:
            first.append((folder / own, out / own))
        else:
            each = [(folder / file.path, out / file.path) for file in files]
            first += each[:0:-1]
            then += each[:1]
        for file in files:
            parts = PurePosixPath(file.path).parent.parts
            coming.update(parts[:length] for length in range(1, len(parts) + 1))
    return first, then


def _check_places(copies: Sequence[tuple[Path, Sequence[File]]], out: Path) -> None:
    for parent in dict.fromkeys(PurePosixPath(file.path).parent for _, files in copies for file in files):
        if not (out / parent).resolve().is_relative_to(out):
            raise OutputError(f"{parent}: the output would lie outside {out}; is there a link in the output folder?")


def _move(moves: Sequence[_Move], out: Path) -> None:
    """Rename files or folders, and flush the folders that name them now, up to `out`."""
    touched: dict[Path, None] = {}
    for origin, target in moves:
        if target.parent not in touched:
            target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(origin, target)  # noqa: PTH105 - one name to inject faults at
        touched.update((folder, None) for folder in target.parents if folder.is_relative_to(out))
    _flush(_sync_folder, list(touched))


def _flush(sync: Callable[[Path], None], paths: Sequence[Path]) -> None:
    """Flush many at once: disks do in one go what is asked for together."""
    if len(paths) > 1:
        with ThreadPoolExecutor(min(_THREADS, len(paths))) as threads:
            list(threads.map(sync, paths))
    else:
        for path in paths:
            sync(path)


def _remove(folder: Path) -> None:
    try:
        folder.rmdir()  # most are empty by now
    except OSError:
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


def _own_folder(files: Sequence[File], out: Path, coming: Set[tuple[str, ...]]) -> str | None:
    """Return the outermost folder that holds all the files and is neither there yet nor coming."""
    parents = [PurePosixPath(file.path).parent.parts for file in files]
    for length in range(1, min(map(len, parents), default=0) + 1):
        place = parents[0][:length]
        if any(parent[:length] != place for parent in parents):
            return None
        if place not in coming and not out.joinpath(*place).exists():
            return "/".join(place)
    return None


def _sync_file(path: Path) -> None:
    _sync(path, os.O_RDWR)


def _sync_folder(folder: Path) -> None:
    if os.name != "nt":  # a folder cannot be opened there
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, how: int) -> None:
    descriptor = os.open(path, how)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
