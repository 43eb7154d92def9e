"""A close look at one copy: planes through a volume, and the values at a point of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from domainaug.app.pictures import show_picture
from domainaug.app.words import plain
from domainaug.layouts.layout import Sample
from domainaug.preview.planes import middle_of, value_at
from domainaug.preview.sheet import Look
from domainaug.preview.sources import Subject, pixels_of
from domainaug.preview.variants import Variant
from domainaug.preview.windows import Window

__all__ = ["Point", "choose_point", "show_planes", "show_point"]

_NAMES = ("slice", "row", "column")
_LONGEST = 400
_CROSS = (0, 200, 200)


@dataclass(frozen=True, slots=True)
class Point:
    """A place: slice, row and column of a volume, row and column of a picture.

    Attributes:
        at: The numbers, from 0.
    """

    at: tuple[int, ...]

    def within(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the nearest place that lies in an array of this shape."""
        return tuple(min(at, length - 1) for at, length in zip(self.at, shape, strict=False))


def choose_point(subject: Subject) -> Point:
    """Draw a slider for each axis, and return the place they meet at."""
    axes = 3 if subject.kind != "image" else 2
    shape, names = subject.values.shape[:axes], _NAMES[-axes:]
    middle = middle_of(subject.values) if axes == 3 else tuple(length // 2 for length in shape)
    found = []
    for column, name, length, usual in zip(st.columns(axes), names, shape, middle, strict=True):
        key = f"{name}_{length}"
        if length < 2:
            found.append(0)
        else:
            found.append(column.slider(name.capitalize(), 0, length - 1, usual, key=key, bind="query-params"))
    return Point(tuple(found))


def show_planes(subject: Subject, variant: Variant, point: Point, window: Window, *, labels: bool) -> None:
    """Draw three planes of the subject, and below them those of a copy."""
    for title, sample in (("Original", subject.sample), (f"Copy {variant.copy}", variant.sample)):
        st.markdown(f"**{title}** · {_told(subject, sample, point)}")
        shape = pixels_of(sample).shape[:3]
        at = point.within(shape)
        for axis, column in enumerate(st.columns(3)):
            look = Look(subject, window=window, axis=axis, index=at[axis], labels=labels, longest=_LONGEST)
            down, across = (other for other in range(3) if other != axis)
            cross = (at[down] + 0.5) / shape[down], (at[across] + 0.5) / shape[across]
            picture = _crossed(look(sample), (1 - cross[0], cross[1]) if axis else cross)
            alt = f"{title} of {subject.item.key}, {_NAMES[axis]} {at[axis]}"
            show_picture(column, picture, alt)
            column.caption(f"{_NAMES[axis].capitalize()} {at[axis]}")


def show_point(subject: Subject, variant: Variant, point: Point, look: Look) -> None:
    """Draw the subject beside a copy, a cross where the values are read."""
    both = (("Original", subject.sample), (f"Copy {variant.copy}", variant.sample))
    for column, (title, sample) in zip(st.columns(2), both, strict=True):
        shape = pixels_of(sample).shape[:2]
        at = point.within(shape)
        picture = _crossed(look(sample), ((at[0] + 0.5) / shape[0], (at[1] + 0.5) / shape[1]))
        show_picture(column, picture, f"{title} of {subject.item.key}")
        column.markdown(f"**{title}** · {_told(subject, sample, point)}")


def _told(subject: Subject, sample: Sample, point: Point) -> str:
    where = ", ".join(f"{name} {at}" for name, at in zip(_NAMES[-len(point.at) :], point.at, strict=True))
    return plain(f"{value_at(pixels_of(sample), point.at, subject.unit)} at {where}")


def _crossed(picture: NDArray[np.uint8], cross: tuple[float, float]) -> NDArray[np.uint8]:
    """Return a picture with thin lines that meet at a place, open in the middle so that nothing is hidden there.

    Args:
        picture: (h, w, 3).
        cross: How far down and across, as shares.
    """
    out = np.ascontiguousarray(picture).copy()
    height, width = out.shape[:2]
    y, x = int(cross[0] * height), int(cross[1] * width)
    gap = max(6, min(height, width) // 20)
    lines = (((0, y), (x - gap, y)), ((x + gap, y), (width, y)), ((x, 0), (x, y - gap)), ((x, y + gap), (x, height)))
    for start, end in lines:
        cv2.line(out, start, end, _CROSS, max(1, round(width / 400)))
    return out
