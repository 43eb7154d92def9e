"""A derived series made slice by slice: for whatever keeps every slice in its place.

The only volume in memory is that of the stored values, and each slice of it is replaced by what was made of it.
The files are those that `write_series` gives for the same slices, byte for byte: they are written when all slices
are known, because every UID depends on every pixel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from domainaug.errors import ImageError
from domainaug.kernels.threads import run_slabs
from domainaug.medical.loading import Loaded
from domainaug.medical.pixels import Array, differ, physical_type
from domainaug.medical.writer import Told, files_of

__all__ = ["Each", "augment_slices"]

Each = Callable[[int, Array], Array]
"""Takes the place of a slice, from 0, and its (rows, columns) physical values, dark to bright, which it may change;
returns an array of the same shape, which may be the same array. Called from several threads at once."""


def augment_slices(
    loaded: Loaded, each: Each, told: Told, paths: Iterable[Path], *, durable: bool = False, threads: int | None = None
) -> None:
    """Write a derived series of which every slice is made from the same slice of the source.

    Args:
        loaded: The source. Its stored values are used up: it can be derived from only once.
        each: Makes a slice; what it returns must depend on its arguments alone.
        told: The run, and what `each` does.
        paths: New files, in slice order, in folders that exist.
        durable: Whether to return only when the files are on the disk.
        threads: How many work on it; as `kernels.threads.thread_count`. The files do not depend on it.

    Raises:
        LabelError: The copy would say something untrue.
        ImageError: A slice has another shape than its source, or holds a value that is not finite.
        OSError: A file cannot be written.
    """
    work = _Work(loaded, each, told.moved)
    run_slabs(work.slices, len(loaded.view.stored), threads)
    files = files_of(loaded, loaded.view.stored, int(work.beyond.sum()), told, changed=work.changed)
    turn = threading.Lock()
    pairs = list(paths)
    taken = iter(zip(files, pairs, strict=True))

    def write(begin: int, end: int) -> None:
        for _ in range(begin, end):
            with turn:  # headers are made one after the other, files are written side by side
                file, path = next(taken)
            file.write(path, durable=durable)

    run_slabs(write, len(pairs), threads)


class _Work:
    """What becomes of the slices of a series."""

    def __init__(self, loaded: Loaded, each: Each, moved: bool) -> None:
        self._view, self._each, self._moved = loaded.view, each, moved
        count = len(loaded.view.stored)
        self.beyond = np.zeros(count, np.int64)
        self.changed = np.zeros(count, bool)

    def slices(self, begin: int, end: int) -> None:
        """Replace slices `begin` to `end`, the last one not included, by what is made of them."""
        view = self._view
        after = np.empty_like(view.stored[0])
        for index in range(begin, end):
            plane = view.stored[index]
            seen = np.empty(plane.shape, physical_type(view.series.instances[index].storage))
            made = self._each(index, view.seen_plane(index, plane, seen))
            if made.shape != plane.shape:
                raise ImageError(f"slice {index} of {plane.shape} came back as {made.shape}; keep the grid")
            self.beyond[index] = view.stored_plane(index, made, plane, after, moved=self._moved)
            self.changed[index] = differ(after, plane)
            plane[...] = after
