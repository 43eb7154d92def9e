"""Sizes of defects: what the user says, or what their own masks show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnknownName

__all__ = [
    "Constant",
    "Empirical",
    "LearnedSizes",
    "LogUniform",
    "Measured",
    "Normal",
    "Size",
    "Sized",
    "Uniform",
    "learn_sizes",
    "learned",
    "measure",
    "size_from",
    "size_of",
]


class Size(Protocol):
    """How a size is drawn."""

    def draw(self, random: np.random.Generator) -> float:
        """Return one."""
        ...

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest there can be."""
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same."""

    value: float

    def draw(self, random: np.random.Generator) -> float:
        """Return it."""
        return self.value

    @property
    def ends(self) -> tuple[float, float]:
        """It, twice."""
        return self.value, self.value


@dataclass(frozen=True, slots=True)
class Uniform:
    """Evenly from `low` to `high`."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self)

    def draw(self, random: np.random.Generator) -> float:
        """Return one."""
        return float(random.uniform(self.low, self.high))

    @property
    def ends(self) -> tuple[float, float]:
        """`low` and `high`."""
        return self.low, self.high


@dataclass(frozen=True, slots=True)
class LogUniform:
    """Evenly in the logarithm: as many from 0.1 to 1 mm as from 1 to 10."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self)
        if self.low <= 0:
            raise ValueError(f"LogUniform: low has to be above 0, got {self.low!r}")

    def draw(self, random: np.random.Generator) -> float:
        """Return one."""
        return float(self.low * (self.high / self.low) ** random.random())

    @property
    def ends(self) -> tuple[float, float]:
        """`low` and `high`."""
        return self.low, self.high


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal, cut off at `low` and `high`."""

    mean: float
    deviation: float
    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self)
        if self.deviation < 0:
            raise ValueError(f"Normal: deviation has to be 0 or more, got {self.deviation!r}")

    def draw(self, random: np.random.Generator) -> float:
        """Return one, by inverting the distribution between its ends."""
        from scipy.special import ndtr, ndtri

        if self.deviation == 0:
            return min(max(self.mean, self.low), self.high)
        ends = ndtr([(end - self.mean) / self.deviation for end in (self.low, self.high)])
        drawn = self.mean + self.deviation * float(ndtri(random.uniform(*ends)))
        return float(min(max(drawn, self.low), self.high))

    @property
    def ends(self) -> tuple[float, float]:
        """`low` and `high`."""
        return self.low, self.high


@dataclass(frozen=True, slots=True)
class Empirical:
    """As often as in a list, with what lies between two neighbors of the list as likely."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("Empirical: at least one value is needed")
        object.__setattr__(self, "values", tuple(sorted(map(float, self.values))))

    def draw(self, random: np.random.Generator) -> float:
        """Return one."""
        place = float(random.random()) * (len(self.values) - 1)
        return float(np.interp(place, np.arange(len(self.values)), self.values))

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest of the list."""
        return self.values[0], self.values[-1]


def _ordered(size: Any) -> None:
    if not size.low <= size.high:
        raise ValueError(f"{type(size).__name__}: low has to be at most high, got {size.low!r} and {size.high!r}")


Sized = float | Sequence[float] | Size
"""What sizes are written as: a number, two (drawn evenly in the logarithm), or a distribution."""


def size_of(name: str, written: Sized, *, least: float = 0.0) -> Size:
    """Return a distribution.

    Args:
        name: Of the size, for errors.
        written: A number; two in order, which are drawn from evenly in the logarithm, or evenly where one is not above
            0; or a distribution.
        least: The smallest legal value.

    Raises:
        ValueError: It is none, or goes below `least`.
    """
    size: Any = written
    if isinstance(written, int | float) and not isinstance(written, bool):
        size = Constant(float(written))
    elif isinstance(written, list | tuple) and len(written) == 2:
        low, high = map(float, written)
        size = LogUniform(low, high) if low > 0 else Uniform(low, high)
    if not hasattr(size, "draw") or not all(map(math.isfinite, size.ends)) or size.ends[0] < least:
        raise ValueError(
            f"{name}: a number from {least:g} up, two in order or a distribution of them are needed, got {written!r}"
        )
    return size  # type: ignore[no-any-return]


_WRITTEN: Mapping[str, tuple[type[Any], int]] = {
    "constant": (Constant, 1),
    "uniform": (Uniform, 2),
    "log-uniform": (LogUniform, 2),
    "normal": (Normal, 4),
    "empirical": (Empirical, 0),
}
"""Name in files to a distribution, and how many numbers it takes; 0 for any."""


def size_from(written: Any) -> Any:
    """Return a size as files write it: numbers stay, `{normal: [mean, deviation, low, high]}` becomes a distribution.

    Raises:
        UnknownName: There is no such distribution.
        ValueError: It takes other numbers.
    """
    if not isinstance(written, Mapping):
        return written
    name = str(next(iter(written), ""))
    if len(written) != 1 or name not in _WRITTEN:
        raise UnknownName("distribution", ", ".join(map(str, written)), _WRITTEN)
    made, count = _WRITTEN[name]
    told = written[name]
    numbers = list(told) if isinstance(told, list | tuple) else [told]
    fits = all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers)
    if not fits or not numbers or (count and len(numbers) != count):
        needed = f"{count} numbers are" if count > 1 else "one number is" if count else "a list of numbers is"
        raise ValueError(f"{name}: {needed} needed, got {written[name]!r}")
    return made(tuple(numbers)) if name == "empirical" else made(*map(float, numbers))


@dataclass(frozen=True, slots=True)
class Measured:
    """One defect of a mask.

    Attributes:
        length_mm: The longer side of the smallest rectangle around it.
        width_mm: Area over length: the mean width of what is long, three quarters of the diameter of what is round.
        area_mm2: Its area.
        elongation: Length over width.
        heading_deg: Direction of the longer side, 0 to 180, counter-clockwise from the picture's right.
        place: Middle, as shares of the picture's height and width.
    """

    length_mm: float
    width_mm: float
    area_mm2: float
    elongation: float
    heading_deg: float
    place: tuple[float, float]


def measure(mask: NDArray[Any], pitch_mm: float) -> tuple[Measured, ...]:
    """Return the size of every connected defect of a mask, largest first.

    Args:
        mask: (H, W); what is above 0 (of boolean and whole numbers), or above half of the largest value where there are
            many values, as in masks that were stored with loss.
        pitch_mm: Millimeters from pixel to pixel.
    """
    inside = binary(mask)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=8)
    found = []
    for label in range(1, count):
        left, top, width, height, area = stats[label].tolist()
        window = labels[top : top + height, left : left + width] == label
        found.append(_measured(window, (top, left), float(area), inside.shape, pitch_mm))
    return tuple(sorted(found, key=lambda one: -one.area_mm2))


def binary(mask: NDArray[Any]) -> NDArray[np.bool_]:
    """Return (H, W): what a mask marks; one with many values, as JPEG leaves, is cut at half of the largest."""
    if mask.ndim == 3:
        mask = mask.max(axis=2)
    if mask.ndim != 2:
        raise LabelError(f"a mask is (height, width), got an array of {mask.ndim} axes")
    if mask.dtype == np.bool_:
        return mask
    largest = float(mask.max()) if mask.size else 0.0
    many = largest > 1 and len(np.unique(mask[mask > 0])) > 8
    return np.asarray(mask > (largest / 2 if many else 0))


def _measured(
    window: NDArray[np.bool_], at: tuple[int, int], area: float, shape: tuple[int, ...], pitch: float
) -> Measured:
    rows, columns = np.nonzero(window)
    points = np.stack([columns, rows], axis=1).astype(np.float32)
    (_, _), sides, angle = cv2.minAreaRect(points)
    long, short = max(sides) + 1.0, min(sides) + 1.0  # pixels have a width
    heading = -angle if sides[0] >= sides[1] else -angle + 90.0
    width = min(area / long, short)
    place = (float(rows.mean()) + at[0] + 0.5) / shape[0], (float(columns.mean()) + at[1] + 0.5) / shape[1]
    return Measured(long * pitch, width * pitch, area * pitch**2, long / width, heading % 180.0, place)


@dataclass(frozen=True, slots=True)
class LearnedSizes:
    """What masks show of one class.

    Attributes:
        length_mm: Of its defects.
        width_mm: Likewise.
        area_mm2: Likewise.
        elongation: Likewise.
        heading_deg: Likewise, and up to 360: those about 0 and about 180 are neighbors, so they are told without a gap.
        places: Where their middles lie, as shares of height and width.
        count: How many there were.
    """

    length_mm: Empirical
    width_mm: Empirical
    area_mm2: Empirical
    elongation: Empirical
    heading_deg: Empirical
    places: tuple[tuple[float, float], ...]
    count: int


def learn_sizes(masks: Iterable[NDArray[Any]], pitch_mm: float, *, least_px: int = 4) -> LearnedSizes:
    """Return the sizes of the defects of masks of one class.

    Args:
        masks: (H, W) each.
        pitch_mm: Millimeters from pixel to pixel.
        least_px: Smaller specks are left out.

    Raises:
        LabelError: No mask marks anything.
    """
    found = [one for mask in masks for one in measure(mask, pitch_mm) if one.area_mm2 >= least_px * pitch_mm**2]
    if not found:
        raise LabelError(f"no mask marks a defect of at least {least_px} pixels, so there is no size to learn")
    return learned(found)


def learned(found: Sequence[Measured]) -> LearnedSizes:
    """Return the sizes and places of defects, at least one, that were measured."""
    columns = {
        name: Empirical(tuple(getattr(one, name) for one in found))
        for name in ("length_mm", "width_mm", "area_mm2", "elongation")
    }
    headings = Empirical(_neighbors(one.heading_deg for one in found))
    return LearnedSizes(**columns, heading_deg=headings, places=tuple(one.place for one in found), count=len(found))


def _neighbors(headings: Iterable[float]) -> tuple[float, ...]:
    """Return headings, 0 to 180, with half turns added to those below the widest gap, so that it is not bridged."""
    told = np.sort(np.fromiter(headings, np.float64))
    gaps = np.diff(told, append=told[0] + 180.0)
    first = (int(gaps.argmax()) + 1) % len(told)
    return tuple(np.concatenate([told[first:], told[:first] + 180.0]).tolist())
