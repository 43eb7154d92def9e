"""What a pipeline is shown of a series, and the way back to stored values.

A pipeline sees physical values (HU), dark to bright, with a range that fits the content and without padding.
What it returns goes back to stored values by the very rescale it came by, so an image left alone comes back
bit for bit. Whole numbers (CT, mostly) are shown as 16-bit integers: half the memory, and what a step makes of
them is rounded once, as it would be to be stored.

The range is `(low, high)` in the unit of the values:

* **CT in HU**: -1024 to 3071, the scale of 12 bits, widened to what the series holds (metal, untagged corners)
  and narrowed to what its bits and rescale can hold.
* **CR, DX, MG, US and SC** of up to 12 bits: all that their bits can hold. Beyond that few detectors use the whole
  word, so the first window and the content together.
* **PT, MR**, and CT without a rescale: from 0 to the brightest pixel of the series.
* **Color**: all that its bits can hold, in the type it is stored in, red, green and blue last.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.valuerep import format_number_as_ds

from domainaug.errors import ImageError
from domainaug.kernels.threads import run_slabs
from domainaug.medical.pixels import (
    WHOLE,
    Array,
    Ends,
    Stored,
    ends_of,
    is_padding,
    is_whole,
    may_hold_padding,
    physical_type,
    pixel_type,
    to_physical,
    to_stored,
    wrapped,
)
from domainaug.medical.plausible import IN_TIME, PROJECTIONS
from domainaug.medical.series import Series

__all__ = ["AIR_HU", "View"]

AIR_HU = -1000.0
_CT_RANGE = (-1024.0, 3071.0)


@dataclass(frozen=True, slots=True)
class View:
    """How a series is shown.

    Attributes:
        series: The series.
        stored: Its stored values, (slices, rows, columns), and samples of color.
        low: Dark end of the range.
        high: Bright end of the range.
        fill: What lies outside the field of view.
        turned: Whether low stored values are bright (MONOCHROME1) and were turned round.
        dtype: The type of what is shown.
    """

    series: Series
    stored: Stored
    low: float
    high: float
    fill: float
    turned: bool
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, series: Series, planes: Sequence[Stored] | Stored, ends: Sequence[Ends | None] = ()) -> View:
        """Return how a series is shown.

        Args:
            series: The series.
            planes: Its decoded images; an array of them is taken as it is.
            ends: The lowest and highest stored value of each, where that is known already.
        """
        stored = planes if isinstance(planes, np.ndarray) else np.stack(planes)
        known = [given or ends_of(plane) for plane, given in zip(stored, ends or [None] * len(stored), strict=True)]
        low, high = _range(series, stored, known)
        turned = series.photometric == "MONOCHROME1"
        fill = _fill(series, low, high, turned)
        return cls(series, stored, low, high, fill, turned, _shown_type(series, low, high, fill))

    def seen(self, *, threads: int | None = None) -> Array:
        """Return what the pipeline is given, (slices, rows, columns), and samples of color.

        Args:
            threads: How many work on it; as `kernels.threads.thread_count`.
        """
        out: Array = np.empty(self.stored.shape, self.dtype)

        def show(begin: int, end: int) -> None:
            for index in range(begin, end):
                self.seen_plane(index, self.stored[index], out[index])

        run_slabs(show, len(self.stored), threads)
        return out

    def seen_plane(self, index: int, plane: Stored, out: Array) -> Array:
        """Write what the pipeline is given of one slice into `out`, and return that."""
        storage = self.series.instances[index].storage
        to_physical(plane, storage, out)
        if self.turned:
            if out.dtype == WHOLE:
                np.subtract(wrapped(self.low + self.high), out, out=out)
            else:
                out[...] = (self.low + self.high - out.astype(np.float64)).astype(physical_type(storage))
        if may_hold_padding(plane, storage):
            out[is_padding(plane, storage)] = self.fill
        return out

    def wider_slope(self, index: int, seen: NDArray[Any]) -> float | None:
        """Return the rescale slope that a PET slice needs for values that its own cannot hold; None where it can.

        Scanners scale every slice to its own brightest pixel, and content that moves brings a brighter one.

        Args:
            index: Which slice gives the rescale.
            seen: (rows, columns) what a pipeline made of it.
        """
        storage = self.series.instances[index].storage
        if self.series.modality != "PT" or self.series.enhanced or storage.lookup or storage.intercept:
            return None
        most = float(seen.max())
        if not math.isfinite(most) or storage.slope <= 0 or round(most / storage.slope) <= storage.highest:
            return None
        return float(format_number_as_ds(most / storage.highest))

    def stored_again(
        self,
        seen: NDArray[Any],
        *,
        moved: bool,
        slices: Sequence[int] | None = None,
        slopes: Mapping[int, float] = MappingProxyType({}),
        threads: int | None = None,
    ) -> tuple[Stored, int]:
        """Return the stored values of what a pipeline gave back.

        Padding stays padding, and nothing else becomes it, as long as content has not moved; once it has, what
        was padding is whatever the pipeline made of the fill value.

        Args:
            seen: As `seen`, of the same shape.
            moved: Whether content moved.
            slices: For a copy on another grid, which slice gives each of its own the rescale; `seen` may then have
                any number of slices, rows and columns.
            slopes: Of slices that have another rescale slope than their source, by their place in `seen`.
            threads: How many work on it; as `kernels.threads.thread_count`.

        Returns:
            Stored values, and how many did not fit and were set to the nearest end.

        Raises:
            ImageError: The shape is another one, or a value is not finite.
        """
        if slices is None and seen.shape != self.stored.shape:
            raise ImageError(
                f"the augmented series is {_by(seen.shape)} and its source {_by(self.stored.shape)}; a derived series "
                "keeps the grid of its source unless the record of the pipeline tells its own"
            )
        kinds = [pixel_type(instance.storage) for instance in self.series.instances]
        out = np.empty(seen.shape, np.result_type(*kinds).newbyteorder("<"))
        beyond = np.zeros(len(out), np.int64)

        def store(begin: int, end: int) -> None:
            for index in range(begin, end):
                from_, still = (index, moved) if slices is None else (slices[index], True)
                # On another grid no pixel is that of the source with its row and column, and none padding as that was.
                before = self.stored[index] if slices is None else out[index]
                slope = slopes.get(index)
                beyond[index] = self.stored_plane(from_, seen[index], before, out[index], moved=still, slope=slope)

        run_slabs(store, len(out), threads)
        return out, int(beyond.sum())

    def stored_plane(
        self, index: int, seen: NDArray[Any], before: Stored, out: Stored, *, moved: bool, slope: float | None = None
    ) -> int:
        """Write the stored values of one slice into `out`, and return how many did not fit.

        Args:
            index: Which slice.
            seen: (rows, columns) what a pipeline made of it.
            before: (rows, columns) its stored values as they were.
            out: (rows, columns) is written.
            moved: Whether content moved.
            slope: The rescale slope, if it is not that of the source.

        Raises:
            ImageError: A value is not finite.
        """
        storage = self.series.instances[index].storage
        storage = storage if slope is None else replace(storage, slope=slope)
        values = self.low + self.high - seen.astype(np.float64) if self.turned else seen
        _, count = to_stored(values, storage, out)
        if storage.padding is None or moved:
            return count
        low, high = storage.padding
        if may_hold_padding(out, storage):
            aside = high + 1 if high < storage.highest else low - 1
            out[is_padding(out, storage) & ~is_padding(before, storage)] = aside
        if may_hold_padding(before, storage):
            padding = is_padding(before, storage)
            out[padding] = before[padding]
        return count


def _shown_type(series: Series, low: float, high: float, fill: float) -> np.dtype[Any]:
    """Return the type that values are shown in: `WHOLE` where it holds them, and twice as much to either side.

    A result that comes to an end of the type has then left the range by as much as the range is wide.
    """
    storages = {instance.storage for instance in series.instances}
    if series.color:
        return np.result_type(*map(pixel_type, storages))
    ends, room = np.iinfo(WHOLE), high - low
    if (
        all(map(is_whole, storages))
        and all(value.is_integer() for value in (low, high, fill))
        and low - room > ends.min
        and high + room < ends.max
    ):
        return WHOLE
    return np.result_type(*map(physical_type, storages))


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _observed(series: Series, stored: Stored, ends: Sequence[Ends]) -> tuple[float, float]:
    """Return the lowest and highest physical value of the image, padding left out."""
    seen: list[float] = []
    for plane, both, instance in zip(stored, ends, series.instances, strict=True):
        storage = instance.storage
        if may_hold_padding(np.array(both), storage):
            image = plane[~is_padding(plane, storage)]
            if not image.size:
                continue
            both = ends_of(image)
        seen.extend(map(float, to_physical(np.array(both, plane.dtype), storage)))
    return (min(seen), max(seen)) if seen else (0.0, 0.0)


def _range(series: Series, stored: Stored, ends: Sequence[Ends]) -> tuple[float, float]:
    first = series.instances[0]
    if series.color:
        return series.value_range
    lowest, highest = series.value_range
    if first.storage.lookup:
        lowest, highest = float(first.storage.lowest), float(first.storage.highest)
    low, high = _observed(series, stored, ends)
    if series.unit == "HU":
        low, high = min(low, _CT_RANGE[0]), max(high, _CT_RANGE[1])
    elif series.modality in (*PROJECTIONS, *IN_TIME):
        if first.storage.stored <= 12:
            low, high = lowest, highest
        elif first.window is not None and not first.storage.lookup:
            low, high = min(low, first.window[0]), max(high, first.window[1])
    else:
        low = min(low, 0.0)
    low, high = max(low, lowest), min(high, highest)
    return low, high if high > low else low + 1.0


def _fill(series: Series, low: float, high: float, turned: bool) -> float:
    storage = series.instances[0].storage
    if storage.padding is not None:
        value = float(to_physical(np.array([storage.padding[0]]), storage)[0])
        value = low + high - value if turned else value
        if low <= value <= high:
            return value
    if series.unit == "HU":
        return max(AIR_HU, low)
    return max(0.0, low) if series.modality == "PT" else low
