"""The images of a series, read whole into one array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from domainaug.errors import UnreadableInput
from domainaug.medical.alike import Opened, Opener, Picture, Room
from domainaug.medical.instance import Instance
from domainaug.medical.opening import quiet
from domainaug.medical.pixels import Ends, Stored, pixel_type
from domainaug.medical.turns import in_turn

__all__ = ["pictures"]


class _Shelf:
    """Room for the planes of a series: one array as long as they are alike, else one each."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._volume: Stored | None = None

    def room(self, index: int) -> Room:
        """Return what gives the image at `index` its place."""
        return partial(self._plane, index)

    def _plane(self, index: int, instance: Instance) -> Stored:
        kind, size = pixel_type(instance.storage), (instance.rows, instance.columns)
        if self._volume is None:
            self._volume = np.empty((self._count, *size), kind)
        if self._volume.shape[1:] == size and self._volume.dtype == kind:
            plane: Stored = self._volume[index]
            return plane
        return np.empty(size, kind)

    def volume(self, planes: Sequence[Stored]) -> Stored:
        """Return all planes as one array, (slices, rows, columns).

        Raises:
            UnreadableInput: They are of different sizes.
        """
        if len({plane.shape for plane in planes}) > 1:
            raise UnreadableInput("changed", "its images are of different sizes")
        if self._volume is not None and all(plane.base is self._volume for plane in planes):
            return self._volume
        return np.stack(planes)


def pictures(files: Sequence[Path], *, threads: int | None = None) -> tuple[list[Opened], Stored, list[Ends | None]]:
    """Read images that are one series, whole.

    Args:
        files: In slice order.
        threads: How many read and decode pixels; as `kernels.threads.thread_count`.

    Returns:
        The headers; stored values, (slices, rows, columns); and the lowest and highest of each slice, where known.

    Raises:
        UnreadableInput: A file cannot be read or decoded, or they are of different sizes.
    """
    opener, shelf = Opener(), _Shelf(len(files))
    found: list[Picture] = []
    ends: list[Ends | None] = [None] * len(files)

    def headers() -> Iterator[int]:
        for index, path in enumerate(files):
            found.append(opener.picture(path, shelf.room(index)))
            yield index

    def finish(index: int) -> None:
        ends[index] = found[index].finished()

    with quiet():
        in_turn(headers(), finish, threads)
    for index, sound in enumerate(ends):
        if sound is None:
            found[index] = opener.strictly(files[index], shelf.room(index))
    return [one.opened for one in found], shelf.volume([one.plane for one in found]), ends
