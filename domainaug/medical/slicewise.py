"""A derived series made a few slices at a time: for whatever keeps every slice in its place.

The only volume in memory is that of the stored values, and each slice of it is replaced by what was made of it
while that is in the cache. The files are those that `write_series` gives for the same slices, byte for byte: they are
written when all slices are known, because every UID depends on every pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from domainaug.errors import ImageError
from domainaug.kernels.threads import run_slabs
from domainaug.medical.loading import Loaded
from domainaug.medical.pixels import Array, differ, digest
from domainaug.medical.splice import DerivedFile
from domainaug.medical.turns import in_turn
from domainaug.medical.writer import NewPixels

__all__ = ["Each", "new_pixels", "write_files"]

Each = Callable[[int, Array], Array]
"""Takes the place of a slice, from 0, and (n, rows, columns) physical values of it and of those that follow, dark to
bright, which it may change; returns an array of the same shape, which may be the same array. What becomes of a slice
must not depend on which others come with it. Called from several threads at once."""

_AT_ONCE = 1 << 20
"""Pixels: where each looks is worked out once for all slices of a block, and a block stays in the cache."""


def new_pixels(loaded: Loaded, each: Each, *, moved: bool, keep: bool = False, threads: int | None = None) -> NewPixels:
    """Return what is made of every slice of a series.

    Args:
        loaded: The source.
        each: Makes slices.
        moved: Whether content moves.
        keep: Whether the stored values of the source are still needed; if not, they are replaced.
        threads: How many work on it; as `kernels.threads.thread_count`. The pixels do not depend on it.

    Raises:
        ImageError: Slices have another shape than their source, or hold a value that is not finite.
    """
    work = _Work(loaded, each, moved, keep)
    run_slabs(work.slices, len(work.stored), threads, least=work.most)
    return NewPixels(work.stored, int(work.beyond.sum()), work.changed, tuple(work.digests), work.slopes)


def write_files(
    files: Iterable[DerivedFile], paths: Iterable[Path], *, durable: bool = False, threads: int | None = None
) -> None:
    """Write files side by side, each as soon as it is made.

    Args:
        files: The files; each is made when its turn has come, one after the other.
        paths: As many new files, in folders that exist.
        durable: Whether to return only when they are on the disk.
        threads: How many work on it; as `kernels.threads.thread_count`.

    Raises:
        OSError: A file cannot be written.
    """

    def write(pair: tuple[DerivedFile, Path]) -> None:
        file, path = pair
        file.write(path, durable=durable)

    in_turn(zip(files, paths, strict=True), write, threads)


class _Work:
    """What becomes of the slices of a series."""

    def __init__(self, loaded: Loaded, each: Each, moved: bool, keep: bool) -> None:
        self._view, self._each, self._moved = loaded.view, each, moved
        self.stored = np.empty_like(loaded.view.stored) if keep else loaded.view.stored
        count, rows, columns = self.stored.shape
        self.most = max(1, min(count, _AT_ONCE // (rows * columns)))
        self.beyond = np.zeros(count, np.int64)
        self.changed = np.zeros(count, bool)
        self.slopes: dict[int, float] = {}
        self.digests = [b""] * count

    def slices(self, begin: int, end: int) -> None:
        """Make slices `begin` to `end`, the last one not included."""
        view = self._view
        after = np.empty_like(view.stored[0])
        room = np.empty((min(self.most, end - begin), *after.shape), view.dtype)
        for first in range(begin, end, self.most):
            seen = room[: end - first]
            for index, plane in enumerate(seen, start=first):
                view.seen_plane(index, view.stored[index], plane)
            made = self._each(first, seen)
            if made.shape != seen.shape:
                raise ImageError(f"slices {seen.shape} came back as {made.shape}; keep the grid")
            for index, plane in enumerate(made, start=first):
                before = view.stored[index]
                slope = view.wider_slope(index, plane)
                if slope is not None:
                    self.slopes[index] = slope
                self.beyond[index] = view.stored_plane(index, plane, before, after, moved=self._moved, slope=slope)
                self.changed[index] = differ(after, before)
                self.digests[index] = digest(after)
                self.stored[index] = after
