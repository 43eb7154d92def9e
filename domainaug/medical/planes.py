"""The images of a series, files or frames of one, read whole into one array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from domainaug.errors import UnreadableInput
from domainaug.kernels.threads import thread_count
from domainaug.medical.alike import Opened, Opener, Picture, Room
from domainaug.medical.instance import Instance
from domainaug.medical.opening import quiet
from domainaug.medical.pixels import Ends, Stored, pixel_type
from domainaug.medical.turns import in_turn

__all__ = ["pictures"]


class _Shelf:
    """Room for the pixels of files: one array as long as they are alike, else one each."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._volume: Stored | None = None

    def room(self, index: int) -> Room:
        """Return what gives the file at `index` its place."""
        return partial(self._part, index)

    def _part(self, index: int, instance: Instance) -> Stored:
        kind, size = pixel_type(instance.storage), instance.file_shape
        if self._volume is None:
            self._volume = np.empty((self._count, *size), kind)
        if self._volume.shape[1:] == size and self._volume.dtype == kind:
            part: Stored = self._volume[index]
            return part
        return np.empty(size, kind)

    def volume(self, parts: Sequence[Stored], frames: Sequence[int]) -> Stored:
        """Return everything as one array, (slices, rows, columns) and samples of color.

        Args:
            parts: The pixels of each file.
            frames: How many frames each of them holds.

        Raises:
            UnreadableInput: They are of different sizes.
        """
        slices = [part[None] if count == 1 else part for part, count in zip(parts, frames, strict=True)]
        if len({one.shape[1:] for one in slices}) > 1:
            raise UnreadableInput("changed", "its images are of different sizes")
        whole = self._volume
        if whole is not None and all(part.base is whole for part in parts):
            return whole if frames[0] == 1 else whole.reshape(-1, *slices[0].shape[1:])
        return np.concatenate(slices)


def pictures(
    files: Sequence[Path], *, chosen: Sequence[int] | None = None, threads: int | None = None
) -> tuple[list[Opened], Stored, list[Ends | None]]:
    """Read images that are one series, whole.

    Args:
        files: In slice order.
        chosen: Which of all frames in them, in slice order; all of them, in the order of the files, by default.
        threads: How many read and decode pixels; as `kernels.threads.thread_count`.

    Returns:
        The headers, one a slice; stored values, (slices, rows, columns) and samples of color; and the lowest and
        highest of each slice, where known.

    Raises:
        UnreadableInput: A file cannot be read or decoded, or they are of different sizes.
    """
    opener, shelf = Opener(thread_count(threads)), _Shelf(len(files))
    found: list[Picture] = []
    known: list[Ends | None] = [None] * len(files)

    def headers() -> Iterator[int]:
        for index, path in enumerate(files):
            found.append(opener.picture(path, shelf.room(index)))
            yield index

    def finish(index: int) -> None:
        known[index] = found[index].finished()

    with quiet():
        in_turn(headers(), finish, threads)
    for index, sound in enumerate(known):
        if sound is None:
            found[index] = opener.strictly(files[index], shelf.room(index))
    frames = [one.opened.instance.frames for one in found]
    volume = shelf.volume([one.plane for one in found], frames)
    opened = [frame for one in found for frame in one.opened.frames()]
    ends = [end if count == 1 else None for end, count in zip(known, frames, strict=True) for _ in range(count)]
    if chosen is None:
        return opened, volume, ends
    if not all(0 <= index < len(opened) for index in chosen):
        raise UnreadableInput("changed", "it has fewer frames than when it was listed")
    return [opened[index] for index in chosen], volume[list(chosen)], [ends[index] for index in chosen]
