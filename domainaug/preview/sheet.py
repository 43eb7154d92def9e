"""A subject and its copies on one sheet, each with what happened to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domainaug.layouts.layout import Sample
from domainaug.preview.drawing import difference, fit, mark
from domainaug.preview.marks import Marks, marks_of
from domainaug.preview.planes import middle_of, plane_of
from domainaug.preview.sources import Subject, pixels_of
from domainaug.preview.variants import Variant
from domainaug.preview.windows import Window, windows_for
from domainaug.profile.contact_sheet import TILE, lay_out
from domainaug.profile.model import Profile

__all__ = ["Look", "picture_of", "sheet_of"]

Picture = NDArray[np.uint8]


class Look:
    """How a subject and its copies are shown: one window, one size and one plane for all.

    Args:
        subject: What is looked at.
        window: What is black and what is white; None for the one that suits it.
        axis: The axis a volume is seen along: 0 slices, 1 rows, 2 columns.
        index: Which plane along it; None for the middle one.
        labels: Whether labels are drawn.
        longest: The longer side of a picture, in pixels.
    """

    __slots__ = ("axis", "index", "labels", "longest", "subject", "window")

    def __init__(
        self,
        subject: Subject,
        *,
        window: Window | None = None,
        axis: int = 0,
        index: int | None = None,
        labels: bool = True,
        longest: int = 512,
    ) -> None:
        self.subject, self.axis, self.labels, self.longest = subject, axis, labels, longest
        windows = {} if window else windows_for(subject.values, subject.unit, subject.sample.value_range)
        self.window = window or next(iter(windows.values()))
        middle = middle_of(subject.values)[axis] if subject.kind != "image" else 0
        self.index = middle if index is None else index

    def bare(self, sample: Sample) -> Picture:
        """Return the pixels of the subject, or of a copy of it, without labels."""
        values = pixels_of(sample)
        if sample.image is not None:
            small = self.window(fit(values, self.longest))  # small first: it costs a tenth of the time
            return _grown(small, self.longest)
        plane = plane_of(values, self.axis, min(self.index, values.shape[self.axis] - 1), self._spacing(sample))
        return np.asarray(plane.fitted(self.window(plane.values), self.longest), np.uint8)

    def __call__(self, sample: Sample) -> Picture:
        """Return the picture of the subject, or of a copy of it, with its labels where they are wanted."""
        picture = self.bare(sample)
        if not self.labels:
            return picture
        marks, values = marks_of(sample), pixels_of(sample)
        if sample.image is not None:
            scale = picture.shape[1] / values.shape[1], picture.shape[0] / values.shape[0]
            return mark(picture, marks, scale=scale)
        index = min(self.index, values.shape[self.axis] - 1)
        plane = plane_of(values, self.axis, index, self._spacing(sample))
        flat = marks.on_slice(self.axis, index)
        numbers = (
            None if flat.numbers is None else plane.fitted(flat.numbers.astype(np.int32), self.longest, labels=True)
        )
        scale = picture.shape[1] / plane.values.shape[1], picture.shape[0] / plane.values.shape[0]
        points = None if flat.points is None or plane.flipped else flat.points
        return mark(picture, Marks(numbers, flat.boxes, flat.curves, points), scale=scale)

    def difference(self, sample: Sample) -> Picture:
        """Return where a copy is lighter or darker than the subject, under the window."""
        return difference(self.bare(self.subject.sample), self.bare(sample))

    def _spacing(self, sample: Sample) -> tuple[float, ...] | None:
        known = sample.spacing if sample.spacing is not None else self.subject.sample.spacing
        return known if known is not None and len(known) == 3 else None


def _grown(picture: Picture, longest: int) -> Picture:
    """Return a small picture larger by a whole number, as large as it may be: lines drawn on it are thin then."""
    times = longest // max(picture.shape[:2])
    return picture if times < 2 else np.repeat(np.repeat(picture, times, axis=0), times, axis=1)


def picture_of(subject: Subject, sample: Sample | None = None, *, longest: int = 512) -> Picture:
    """Return a picture of a subject, or of a copy of it, as it is best seen; (h, w, 3) uint8."""
    return Look(subject, longest=longest)(subject.sample if sample is None else sample)


def sheet_of(
    subject: Subject, profile: Profile, made: tuple[Variant, ...], *, tile: int = TILE, changes: bool = False
) -> Picture:
    """Return a subject and its copies on one sheet, (H, W, 3) uint8.

    Args:
        subject: The original.
        profile: What the copies were made under.
        made: The copies.
        tile: The longer side of a picture, in pixels.
        changes: Whether copies are shown as maps of what differs.
    """
    look = Look(subject, longest=tile)
    shape = " x ".join(map(str, subject.values.shape))
    tiles = [look(subject.sample), *((look.difference if changes else look)(one.sample) for one in made)]
    labels = [("original", f"{shape} {subject.values.dtype}"), *((f"copy {one.copy}", *one.happened) for one in made)]
    return lay_out(tiles, labels, title=f"{profile.title}   {profile.id} {profile.version}", width=tile)
