"""What pixel values mean, and taking them to [0, 1] and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError

if TYPE_CHECKING:
    from domainaug.profile.model import Profile

__all__ = [
    "Values",
    "cast",
    "check_range",
    "check_spacing",
    "check_unit",
    "profile_range",
    "resolve_values",
    "working_dtype",
]

Array = NDArray[Any]

_DEPTHS = (12, 14, 16)
"""Bits that cameras and detectors fill of wider integers."""

_BYTES = (0.0, 255.0, "level")

_MOST_OUTSIDE = 0.01
"""Share of pixels that may lie outside a profile's range: metal saturates, but not a whole picture."""

_WARPABLE = frozenset(map(np.dtype, ("uint8", "uint16", "int16", "float32", "float64")))


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type OpenCV can work in that holds every value of `dtype` (64-bit integers up to 2^53)."""
    if dtype in _WARPABLE:
        return dtype
    return np.dtype(np.float32) if dtype == np.float16 else np.dtype(np.float64)


@dataclass(frozen=True, slots=True)
class Values:
    """The range of the values of one call.

    Attributes:
        dtype: The type the picture came in.
        low: The dark end, in the unit of the values; None when nothing says.
        high: The bright end, likewise.
        fill: What lies outside the picture, in the unit of the values; None leaves it to the transform.
    """

    dtype: np.dtype[Any]
    low: float | None
    high: float | None
    fill: float | None

    @property
    def is_unit(self) -> bool:
        """Whether a stock transform may take the values as they are."""
        if self.dtype == np.uint8:
            return (self.low, self.high) == (0.0, 255.0)
        return self.dtype == np.float32 and (self.low, self.high) == (0.0, 1.0)

    def ends(self, asking: str) -> tuple[float, float]:
        """Return both ends of the range.

        Raises:
            ImageError: Nothing says what they are; `asking` names the transform that has to know.
        """
        if self.low is None or self.high is None:
            raise ImageError(
                f"{asking} needs to know what the values mean, and {self.dtype} alone does not tell; pass "
                "value_range=(low, high) to the pipeline or the call, such as (-1024, 3071) for CT in HU"
            )
        return self.low, self.high

    def to_unit(self, array: Array, asking: str) -> tuple[Array, int]:
        """Return the values as float32 shares of the range, and how many lay outside it and were clipped."""
        low, high = self.ends(asking)
        wide = array.dtype if array.dtype == np.float64 else np.dtype(np.float32)
        unit = np.subtract(array, low, dtype=wide)
        unit *= 1.0 / (high - low)
        clipped = 0
        if unit.size and (unit.min() < 0 or unit.max() > 1):
            clipped = int(np.count_nonzero((unit < 0) | (unit > 1)))
            np.clip(unit, 0, 1, out=unit)
        return np.ascontiguousarray(unit, dtype=np.float32), clipped

    def from_unit(self, unit: Array) -> Array:
        """Return shares of the range as values of the working type, integers rounded to the nearest."""
        low, high = self.ends("the way back")
        work = working_dtype(self.dtype)
        exact = np.multiply(unit, high - low, dtype=np.float64 if work == np.float64 else np.float32)
        exact += low
        return cast(exact, self.dtype).astype(work, copy=False)

    def fill_in(self, unit: bool) -> float | None:
        """Return the fill as a value, or as a share of the range."""
        if self.fill is None or not unit:
            return self.fill
        low, high = self.ends("the fill")
        return min(max((self.fill - low) / (high - low), 0.0), 1.0)


def cast(array: Array, dtype: np.dtype[Any]) -> Array:
    """Return `array` as `dtype`; integers are rounded and kept within the type."""
    if array.dtype == dtype:
        return array
    if dtype.kind == "b":
        return array >= 0.5
    if dtype.kind in "ui" and array.dtype.kind == "f":
        limits = np.iinfo(dtype)
        # float(2^63 - 1) is 2^63, which would wrap: stay one float below.
        top = float(limits.max) if limits.bits <= 32 else float(np.nextafter(float(limits.max), 0))
        return np.clip(np.rint(array), float(limits.min), top).astype(dtype)
    return array.astype(dtype)


def resolve_values(
    array: Array,
    extent: tuple[float, float] | None,
    *,
    value_range: tuple[float, float] | None,
    fill: float | None,
    profile: Profile | None,
) -> Values:
    """Return what the values of `array` mean: as told, else as the profile says, else as the type says.

    A profile says what values mean whatever their type, but for levels 0 to 255: those are bytes, and the profile
    means the whole range of whatever holds the picture. Unsigned integers span 8, 12, 14 or 16 bits, the
    fewest that hold the picture, because cameras and detectors of 12 and 14 bits write into 16; floats within
    [0, 1] span that; other floats and signed integers mean nothing by themselves.

    Args:
        array: The picture.
        extent: Its smallest and largest value, for floats and wide unsigned integers.
        value_range: What the call or the pipeline was told.
        fill: Likewise.
        profile: The profile of the pipeline.
    """
    dtype = array.dtype
    ends = value_range or _of_profile(dtype, extent, profile) or _of_type(dtype, extent)
    low, high = ends or (None, None)
    if fill is None and profile is not None:
        fill = profile.value_range.fill
    # An unknown range has its dark end at the smallest value: a bare 0 would be water in CT.
    if fill is None and low is None and extent is not None:
        fill = extent[0]
    return Values(dtype, low, high, low if fill is None else float(fill))


def profile_range(profile: Profile | None) -> tuple[float, float] | None:
    """Return the range a profile gives to every type, or None."""
    if profile is None or profile.value_range.low is None or profile.value_range.high is None:
        return None
    low, high = float(profile.value_range.low), float(profile.value_range.high)
    return None if (low, high, profile.value_range.unit) == _BYTES else (low, high)


def _of_profile(
    dtype: np.dtype[Any], extent: tuple[float, float] | None, profile: Profile | None
) -> tuple[float, float] | None:
    told = profile_range(profile)
    if told is not None or profile is None or profile.value_range.high is None:
        return told
    low, high, _ = _BYTES
    in_bytes = dtype.kind == "f" and extent is not None and extent[1] > 1 and low <= extent[0] and extent[1] <= high
    return (low, high) if in_bytes or dtype == np.uint8 else None


def _of_type(dtype: np.dtype[Any], extent: tuple[float, float] | None) -> tuple[float, float] | None:
    if dtype.kind == "b":
        return 0.0, 1.0
    if dtype.kind == "u":
        most = np.iinfo(dtype).bits
        bits = next((n for n in _DEPTHS if n < most and extent is not None and extent[1] < 2**n), most)
        return 0.0, float(2**bits - 1)
    if dtype.kind == "f" and extent is not None and extent[0] >= 0 and extent[1] <= 1:
        return 0.0, 1.0
    return None


def check_unit(name: str, array: Array, profile: Profile | None) -> None:
    """Refuse a picture whose values are not in the unit that the profile says they are in.

    Args:
        name: What the caller called it.
        array: The picture.
        profile: The profile of a pipeline that was told no range.

    Raises:
        ImageError: Over 1 % of the values lie outside the range, they are shares of one, or 8 bits cannot hold it.
    """
    told = profile_range(profile)
    if told is None or profile is None or profile.value_range.unit == "level":
        return
    (low, high), unit = told, profile.value_range.unit
    if array.dtype.kind == "f" and high - low > 10 and array.max() > 0 and array.min() >= 0 and array.max() <= 1:
        raise ImageError(
            f"{name}: floats within [0, 1] are shares and no {unit}, which {profile.id} expects ({low:g} to {high:g}); "
            f"convert to {unit} or pass value_range=(0, 1)"
        )
    if array.dtype == np.uint8 and (low < 0 or high > 255):
        raise ImageError(
            f"{name}: 8 bits cannot hold {unit} from {low:g} to {high:g}, which {profile.id} expects; "
            f"convert to {unit}, or pass value_range=(0, 255) if the picture is windowed"
        )
    # One value far below is padding, as scanners write it around their round field of view.
    below = (array < low) & (array > array.min())
    outside = int(np.count_nonzero(below | (array > high)))
    if outside > _MOST_OUTSIDE * array.size:
        raise ImageError(
            f"{name}: {100 * outside / array.size:.4g} % of the values lie outside {low:g} to {high:g} {unit}, which "
            f"{profile.id} expects; pass value_range=(low, high) or convert to {unit}"
        )


def check_spacing(spacing: Any) -> tuple[float, ...] | None:
    """Return millimeters from one pixel to the next as floats, or None.

    Raises:
        ValueError: It is not two or three finite numbers above 0.
    """
    if spacing is None:
        return None
    try:
        found = tuple(float(each) for each in spacing)
    except (TypeError, ValueError):
        found = ()
    if len(found) not in (2, 3) or not all(0 < each < np.inf for each in found):
        raise ValueError(
            "spacing: millimeters above 0, (rows, columns) or (slices, rows, columns), are needed, "
            f"got {spacing!r}; leave it out where it is not known"
        )
    return found


def check_range(value_range: Any, where: str) -> tuple[float, float] | None:
    """Return (low, high) as floats, or raise `ValueError` when it is not two finite numbers in order."""
    if value_range is None:
        return None
    try:
        low, high = (float(x) for x in value_range)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: value_range needs two numbers (low, high), got {value_range!r}") from None
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"{where}: value_range needs finite low < high, got {value_range!r}")
    return low, high
