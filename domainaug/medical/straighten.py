"""Bringing a stack whose slices do not make a volume onto an even, upright grid, where somebody allowed it.

What is done is the least that makes the geometry true:

* **gantry-tilt, shifted-slices**: slices are parallel, and each is shifted within its own plane, by fractions of a
  pixel and linear interpolation. No slice takes from another one, and the grid grows so that nothing is cut off.
* **missing-slice, uneven-spacing**: slices at even distances, linear between the two around; those that lie on the
  new grid stay as they are.
* **duplicate-position**: one of several that show the same is taken. Where they differ, nobody can say which is true,
  and the stack stays refused.

The result is a series whose headers say where its images lie, and it is treated like any other from there on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnreadableInput
from domainaug.kernels.threads import run_slabs
from domainaug.medical.findings import SeriesFinding
from domainaug.medical.pixels import Stored, is_padding, may_hold_padding, physical_type
from domainaug.medical.placed import Placed, series_on
from domainaug.medical.series import Series
from domainaug.medical.stacks import SAME_PLACE, SPACING_TOLERANCE, StackGeometry
from domainaug.medical.view import View

__all__ = ["Straightening", "refusal_of", "straightening_of", "upright"]

_SHIFTING = frozenset(("gantry-tilt", "shifted-slices"))
_SPACING = frozenset(("missing-slice", "uneven-spacing"))
_DUPLICATES = "duplicate-position"
_STILL = 0.01  # pixels: a smaller shift is how positions are rounded
_MOST_SLICES = 2.0  # of the result, for each of the source: beyond, most of it would be made up
_MOST_GROWTH = 3.0  # of rows and columns: beyond, slices hardly overlap

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Straightening:
    """How a stack becomes a volume.

    Attributes:
        source: The stack.
        places: Where the slices of the result lie.
        shares: For each of them, which slices of the stack it shows, and how much of each.
        shifts: (n, 2) for each slice of the stack, by how many rows and columns it is shifted.
        twins: Pairs of slices that have to show the same.
    """

    source: Series
    places: tuple[Placed, ...]
    shares: tuple[tuple[tuple[int, float], ...], ...]
    shifts: NDArray[np.float64]
    twins: tuple[tuple[int, int], ...]

    @property
    def size(self) -> tuple[int, int, int]:
        """Slices, rows, columns of the result."""
        return len(self.places), self.places[0].rows, self.places[0].columns

    def seen_through(self, view: View, *, threads: int | None = None) -> View:
        """Return how the result is shown.

        Args:
            view: Of the stack.
            threads: How many work on it; as `kernels.threads.thread_count`.

        Raises:
            UnreadableInput: Two slices at one place show different things.
        """
        for one, other in self.twins:
            alike = self.source.instances[one].storage == self.source.instances[other].storage
            if not (alike and np.array_equal(view.stored[one], view.stored[other])):
                raise UnreadableInput(
                    _DUPLICATES,
                    f"slices {one + 1} and {other + 1} lie at one place and show different things, so nobody can say "
                    "which is true: take one of them out of the study",
                )
        series = series_on(self.source, self.places)
        stored: Stored = np.empty(self.size, view.stored.dtype)

        def make(begin: int, end: int) -> None:
            for index in range(begin, end):
                self._make(view, index, stored[index])

        run_slabs(make, len(stored), threads)
        return View.of(series, stored)

    def _make(self, view: View, index: int, out: Stored) -> None:
        """Write the stored values of one slice of the result."""
        shape = self.size[1:]
        header = self.shares[index][0][0]
        total: NDArray[np.float64] = np.zeros(shape, np.float64)
        for number, share in self.shares[index]:
            storage = self.source.instances[number].storage
            seen = view.seen_plane(number, view.stored[number], np.empty(self.source.size[1:], physical_type(storage)))
            total += share * _shifted(seen, self.shifts[number], shape, view.fill)
        view.stored_plane(header, total, out, out, moved=True)
        storage = self.source.instances[header].storage
        if storage.padding is not None:
            before = view.stored[header]
            padding = is_padding(before, storage) if may_hold_padding(before, storage) else np.zeros(before.shape, bool)
            nearest = np.rint(self.shifts[header] + 0.0)
            out[_shifted(padding.astype(np.float32), nearest, shape, 1.0) > 0.5] = storage.padding[0]


def refusal_of(series: Series, allow: Collection[str] = ()) -> SeriesFinding | None:
    """Return why a stack may not be augmented as a volume, the gravest first; None where it may.

    Args:
        series: The stack.
        allow: Codes of findings that are accepted.
    """
    found = next((x for x in series.findings if x.refuses and x.code not in allow), None)
    if found is not None:
        return found
    kept, _ = _distinct(series)
    if len(kept) < len(series.instances):  # what duplicates hid of the distances
        found = refusal_of(Series.of([series.instances[index] for index in kept]), allow)
        if found is not None:
            return found
    try:
        straightening_of(series, allow)
    except UnreadableInput as error:
        return SeriesFinding(error.code, str(error), refuses=True)
    return None


def upright(series: Series, allow: Collection[str] = ()) -> Series:
    """Return a series as it will be augmented: itself, or what becomes of it once it is straightened."""
    plan = straightening_of(series, allow)
    return series if plan is None else series_on(series, plan.places)


def straightening_of(series: Series, allow: Collection[str] = ()) -> Straightening | None:
    """Return how a stack becomes a volume; None where it is one, or nothing that can be mended was allowed.

    Raises:
        UnreadableInput: Most of the result would be made up, or its slices hardly overlap.
    """
    geometry = series.geometry
    codes = {finding.code for finding in series.findings if finding.refuses}
    if geometry is None or not codes & {_DUPLICATES, *_SHIFTING, *_SPACING} or not codes <= set(allow):
        return None
    kept, twins = _distinct(series)
    found = codes | {x.code for x in Series.of([series.instances[index] for index in kept]).findings if x.refuses}
    shifts, heights, corner = _laid(series, geometry, kept)
    levels = _even(heights) if found & _SPACING else heights
    grown = np.ceil(shifts[list(kept)].max(axis=0) - _STILL).astype(int)
    shape = int(series.size[1] + grown[0]), int(series.size[2] + grown[1])
    _check(series, len(levels), len(kept), shape)
    shares = tuple(_shares(level, heights, kept) for level in levels)
    whole = not (shifts % 1).any() and all(len(each) == 1 for each in shares)
    base = Placed(
        (0,),
        *shape,
        None,
        between=float(levels[1] - levels[0]) if len(levels) > 1 else None,
        interpolated=not whole,
        straightened=bool(found & _SHIFTING),
        why=_words(found, series, shape, len(levels)),
    )
    places = []
    for level, each in zip(levels, shares, strict=True):
        x, y, z = (corner + np.array(geometry.normal) * level).tolist()
        places.append(replace(base, sources=tuple(index for index, _ in each), position=(x, y, z)))
    return Straightening(series, tuple(places), shares, shifts, twins)


def _laid(
    series: Series, geometry: StackGeometry, kept: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return by how many rows and columns each slice is shifted on the grid that holds all, and where they lie.

    Returns:
        (n, 2) shifts, none below zero; heights along the normal of those that are kept, mm from the first; and the
        middle of the first pixel of the grid at height 0, mm in the patient.
    """
    first = np.array(geometry.origin)
    axes = np.stack([geometry.column, geometry.row, geometry.normal], axis=1)
    away = (np.array([one.position for one in series.instances], np.float64) - first) @ axes
    shifts = away[:, :2] / geometry.spacing
    if np.ptp(shifts[list(kept)], axis=0).max() < _STILL:
        shifts = np.zeros_like(shifts)
    start = shifts[list(kept)].min(axis=0)
    shifts = shifts - start
    shifts = np.where(np.abs(shifts - np.rint(shifts)) < _STILL / 10, np.rint(shifts), shifts)
    heights = away[list(kept), 2]
    if len(heights) > 1 and np.diff(heights).min() < SAME_PLACE:
        raise UnreadableInput(_DUPLICATES, "slices lie beside each other at one height, and no stack is made of them")
    return shifts, heights, first + axes[:, :2] @ (start * geometry.spacing)


def _distinct(series: Series) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Return the slices without those that lie where another one does, and each of these with the one that stays."""
    kept: list[int] = []
    twins = []
    for index, one in enumerate(series.instances):
        if kept and one.position is not None:
            last = series.instances[kept[-1]].position
            if last is not None and np.abs(np.subtract(one.position, last)).max() < SAME_PLACE:
                twins.append((kept[-1], index))
                continue
        kept.append(index)
    return tuple(kept), tuple(twins)


def _even(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return even heights between the same ends, about as far apart as the heights are."""
    whole = heights[-1] - heights[0]
    count = max(round(whole / float(np.median(np.diff(heights)))), 1)
    return np.linspace(heights[0], heights[-1], count + 1)


def _shares(level: float, heights: NDArray[np.float64], kept: tuple[int, ...]) -> tuple[tuple[int, float], ...]:
    """Return which slices are shown at a height, the nearest first, and how much of each."""
    above = int(np.clip(np.searchsorted(heights, level), 1, max(len(heights) - 1, 1)))
    if len(heights) == 1:
        return ((kept[0], 1.0),)
    low, high = heights[above - 1], heights[above]
    share = float((level - low) / (high - low))
    if share < SPACING_TOLERANCE:
        return ((kept[above - 1], 1.0),)
    if share > 1 - SPACING_TOLERANCE:
        return ((kept[above], 1.0),)
    both = ((kept[above - 1], 1 - share), (kept[above], share))
    return both if share <= 0.5 else both[::-1]


def _check(series: Series, slices: int, kept: int, shape: tuple[int, int]) -> None:
    if slices > _MOST_SLICES * kept:
        raise UnreadableInput(
            "missing-slice",
            f"an even grid would have {slices} slices where there are {kept}, and more of them made up than seen: "
            "look for the missing slices, or take the stack apart",
        )
    if shape[0] > _MOST_GROWTH * series.size[1] or shape[1] > _MOST_GROWTH * series.size[2]:
        raise UnreadableInput(
            "shifted-slices",
            "its slices are shifted so far against each other that they hardly overlap",
        )


def _words(found: set[str], series: Series, shape: tuple[int, int], slices: int) -> str:
    """Return what is done, in words."""
    old = series.size
    told = []
    if _DUPLICATES in found:
        told.append("of slices that are there twice one was taken")
    if found & _SHIFTING:
        told.append("slices shifted within their planes onto one upright grid, linear interpolation")
    if found & _SPACING:
        told.append("slices brought to even distances, linear interpolation between the two around")
    size = " x ".join(map(str, (slices, *shape)))
    return f"{'; '.join(told)}; {' x '.join(map(str, old))} became {size} ({', '.join(sorted(found))} allowed)"


def _shifted(plane: Array, shift: NDArray[np.float64], shape: tuple[int, ...], fill: float) -> Array:
    """Return a plane shifted down and to the right, linear, on a larger one; an edge stays sharp."""
    out = plane
    for axis, (by, size) in enumerate(zip(shift, shape, strict=True)):
        out = _along(out, np.arange(size) - by, axis)
    for axis, (by, size) in enumerate(zip(shift, shape, strict=True)):
        at = np.arange(size) - by
        outside = (at < -0.5) | (at >= plane.shape[axis] - 0.5)
        if axis == 0:
            out[outside] = fill
        else:
            out[:, outside] = fill
    return out


def _along(plane: Array, at: NDArray[np.float64], axis: int) -> Array:
    """Return a plane as it is at places along an axis; beyond its ends it is as there."""
    last = plane.shape[axis] - 1
    at = np.clip(at, 0, last)
    low = np.floor(at).astype(np.intp)
    share = (at - low).astype(plane.dtype).reshape((-1, 1) if axis == 0 else (1, -1))
    lower = np.take(plane, low, axis)
    if not share.any():
        return lower
    upper = np.take(plane, np.minimum(low + 1, last), axis)
    mixed: Array = lower + share * (upper - lower)
    return mixed
