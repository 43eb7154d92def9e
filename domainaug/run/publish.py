"""Making files visible: only whole ones, only inside the output, and what a dead run left is swept away."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from domainaug.errors import OutputError
from domainaug.run.job import TEMPORARY, File

__all__ = ["publish", "sweep", "temporary_beside", "write_whole"]

_THREADS: Final = 8  # that wait for the disk
_Copy = tuple[Path, Sequence[File]]
_Move = tuple[Path, str]  # the private folder, and what in it; strings, since paths take as long as renaming


def publish(copies: Iterable[_Copy], out: Path) -> None:
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
        with ThreadPoolExecutor(_THREADS) as threads:
            _flush(_sync_file, [f"{folder}/{file.path}" for folder, files in copies for file in files], threads)
            for moves in _moves(copies, out):
                _flush(_sync_folder, _moved(moves, out), threads)
    except OSError as error:
        raise OutputError(f"{out}: the output cannot be written: {error.strerror or error}") from error
    finally:
        for folder, _ in copies:
            _remove(folder)


def _check_places(copies: Iterable[_Copy], out: Path) -> None:
    for parent in dict.fromkeys(_parent(file.path) for _, files in copies for file in files):
        if not (out / parent).resolve().is_relative_to(out):
            raise OutputError(f"{parent}: the output would lie outside {out}; is there a link in the output folder?")


def _moves(copies: Iterable[_Copy], out: Path) -> tuple[list[_Move], list[_Move]]:
    """Return the renames that show labels and whole folders, and those that then show the images."""
    first: list[_Move] = []
    then: list[_Move] = []
    coming: set[str] = set()  # folders that copies before it bring
    for folder, files in copies:
        own = _own_folder(files, out, coming)
        if own is not None:
            first.append((folder, own))
        else:
            first += [(folder, file.path) for file in files[:0:-1]]
            then += [(folder, file.path) for file in files[:1]]
        for file in files:
            coming.update(_folders(_parent(file.path)))
    return first, then


def _moved(moves: Iterable[_Move], out: Path) -> list[str]:
    """Rename files or folders, and return the folders that name them now, up to `out`."""
    touched: dict[str, None] = {}
    for folder, name in moves:
        parent = _parent(name)
        if parent not in touched:
            (out / parent).mkdir(parents=True, exist_ok=True)
            touched.update(dict.fromkeys((parent, *_folders(parent), "")))
        os.replace(f"{folder}/{name}", f"{out}/{name}")  # noqa: PTH105 - one name to inject faults at
    return [f"{out}/{name}" for name in touched]


def _flush(sync: Callable[[str], None], paths: Sequence[str], threads: ThreadPoolExecutor) -> None:
    """Flush many at once: disks do in one go what is asked for together."""

    def some(start: int) -> None:
        for path in paths[start::_THREADS]:
            sync(path)

    list(threads.map(some, range(min(_THREADS, len(paths)))))


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
    _sync_folder(str(path.parent))


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


def _own_folder(files: Sequence[File], out: Path, coming: Set[str]) -> str | None:
    """Return the outermost folder that holds all the files and is neither there yet nor coming."""
    parents = {_parent(file.path) for file in files}
    if not parents or "" in parents:
        return None
    shared = set.intersection(*(set(_folders(parent)) for parent in parents))
    places = (place for place in sorted(shared, key=len) if place not in coming)
    return next((place for place in places if not (out / place).exists()), None)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _folders(path: str) -> list[str]:
    """Return a folder and those around it: "a/b" gives "a" and "a/b", "" gives none."""
    parts = path.split("/") if path else []
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _sync_file(path: str) -> None:
    _sync(path, os.O_RDWR)


def _sync_folder(path: str) -> None:
    if os.name != "nt":  # a folder cannot be opened there
        _sync(path, os.O_RDONLY)


def _sync(path: str, how: int) -> None:
    descriptor = os.open(path, how)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
