"""A whole series in memory: its pixels in one array, and the headers that copies of it are derived from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from pydicom import Dataset

from domainaug.medical.alike import Opened
from domainaug.medical.placed import Placed
from domainaug.medical.planes import pictures
from domainaug.medical.series import Series
from domainaug.medical.straighten import straightening_of
from domainaug.medical.view import View

__all__ = ["Loaded", "load"]


class Loaded:
    """A series in memory: how it is shown, and the headers that its copies are derived from.

    Attributes:
        view: How it is shown to a pipeline.
        opened: Its headers, one a slice and in slice order, decoded and as they are written.
        places: Where the images that are shown lie, if not where those of the files do; else None.
        key: That of the series as it is in the files.
    """

    __slots__ = ("key", "opened", "places", "view")

    def __init__(self, view: View, opened: Sequence[Opened]) -> None:
        self.view, self.opened = view, tuple(opened)
        self.places: tuple[Placed, ...] | None = None
        self.key = view.series.key

    @property
    def headers(self) -> tuple[Dataset, ...]:
        """One data set per image, in slice order."""
        return tuple(one.dataset for one in self.opened)

    def straightened(self, allow: Collection[str], *, threads: int | None = None) -> Loaded:
        """Return the series as a volume, if findings that can be mended were allowed; itself where there are none.

        Args:
            allow: Codes of findings.
            threads: As for `load`.

        Raises:
            UnreadableInput: It cannot be mended without making things up.
        """
        plan = straightening_of(self.view.series, allow)
        if plan is None:
            return self
        found = Loaded(plan.seen_through(self.view, threads=threads), self.opened)
        found.places, found.key = plan.places, self.key
        return found


def load(files: Iterable[Path], *, chosen: Sequence[int] | None = None, threads: int | None = None) -> Loaded:
    """Read images that are one series, in slice order, whole.

    Args:
        files: The files.
        chosen: Which of all frames in them, in slice order, as `Series.chosen` says; all of them by default.
        threads: How many decode compressed pixels; as `kernels.threads.thread_count`.

    Raises:
        UnreadableInput: A file cannot be read or decoded.
    """
    opened, stored, ends = pictures(list(files), chosen=chosen, threads=threads)
    return Loaded(View.of(Series.of([one.instance for one in opened]), stored, ends), opened)
