"""What a worker measures of one item: its size, its values, how it looks from afar, and its objects."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.exploring.objects import Thing, things_of
from domainaug.layouts.layout import Item, Jointed, Layout, Sample
from domainaug.run.job import Made, Outcome, Task, set_aside

__all__ = ["BINS", "LOOK", "Measured", "Survey", "measure"]

BINS: Final = 64
"""Bars of a histogram."""

LOOK: Final = 32
"""Rows and columns of what an image is compared by."""

_HU: Final = (-1024.0, 3072.0)
_MOST_COUNTED: Final = 1 << 17  # a span of whole numbers that is counted one by one


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of an item.

    Attributes:
        shape: (rows, columns), or (slices, rows, columns).
        channels: Samples a pixel, or channels and frames of a volume.
        dtype: Type of the values.
        spacing: Millimeters along each axis of `shape`, or None.
        scale: What the histogram spans: "8 bit", "16 bit", "HU", "0 to 1", or "own range".
        lowest: The lowest value.
        highest: The highest.
        mean: Mean of the values, as a share of their range.
        deviation: Standard deviation, likewise.
        dark: Share of values at or below the low end of the range.
        bright: Share at or above its high end.
        histogram: Share of values in each of `BINS` bars.
        look: (LOOK, LOOK) gray levels of the image, or of its middle slice, as bytes; stretched to 0 to 255.
        things: Its objects.
        traits: What its headers say of how it was taken, and not of whom ("body part": "CHEST").
    """

    shape: tuple[int, ...]
    channels: int
    dtype: str
    spacing: tuple[float, ...] | None
    scale: str
    lowest: float
    highest: float
    mean: float
    deviation: float
    dark: float
    bright: float
    histogram: tuple[float, ...]
    look: bytes
    things: tuple[Thing, ...] = ()
    traits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survey:
    """Measures every item; travels to the workers, as `domainaug.run.job.Work` does.

    Attributes:
        layout: Reads the items.
        names: Names of classes by number, where labels hold numbers.
        memory_limit: Bytes a worker may take beyond what it starts with, or None.
        timeout: Seconds that an item may take, or None.
    """

    layout: Layout
    names: Mapping[int, str]
    memory_limit: int | None = None
    timeout: float | None = None
    made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def narrowed(self) -> tuple[str, ...]:
        """Nothing: there is no recipe."""
        return ()

    def rehearse(self) -> None:
        """Do nothing: there is nothing to compile."""

    def perform(self, task: Task) -> Iterator[Outcome]:
        """Measure an item; never raises for a bad one."""
        item, start = task.item, time.perf_counter()
        try:
            measured = measure(self.layout.read(item), item, self.layout, self.names)
        except Exception as error:  # codecs raise anything; one bad file never stops a survey
            yield set_aside(error, item, None, "reading it")
            return
        record = {"measured": measured}
        yield Made(item.key, task.copies[0], Path(), (), record, None, "", time.perf_counter() - start)


def measure(sample: Sample, item: Item, layout: Layout, names: Mapping[int, str]) -> Measured:
    """Return what there is to tell of an item in memory.

    Args:
        sample: What the layout read.
        item: What it is.
        layout: That which read it.
        names: Names of classes by number.
    """
    channels = 1
    first = sample
    if isinstance(sample, Jointed):
        parts = sample.parts()
        first = next(parts)
        channels = 1 + sum(1 for _ in parts)
    values = first.image if first.volume is None else first.volume
    assert values is not None
    planes = 2 if first.volume is None else 3
    shape = tuple(int(length) for length in values.shape[:planes])
    if values.ndim > planes:
        channels *= int(values.shape[planes])
    low, high = _range(first, values.dtype)
    scale, span = _scale(first, item, (low, high), values.dtype)
    levels, counts = _counted(values)
    held = levels[counts > 0]
    total = float(counts.sum())
    mean = float(levels @ counts) / total
    deviation = float(np.sqrt(max(float((levels - mean) ** 2 @ counts) / total, 0.0)))
    wide = max(high - low, 1e-12)
    histogram, _ = np.histogram(np.clip(levels, *span), BINS, span, weights=counts)
    middle = values if planes == 2 else values[shape[0] // 2]
    return Measured(
        shape=shape,
        channels=channels,
        dtype=str(values.dtype),
        spacing=None if first.spacing is None else tuple(float(one) for one in first.spacing),
        scale=scale,
        lowest=float(held[0]),
        highest=float(held[-1]),
        mean=(mean - low) / wide,
        deviation=deviation / wide,
        dark=float(counts[levels <= low].sum()) / total,
        bright=float(counts[levels >= high].sum()) / total,
        histogram=tuple((histogram / total).tolist()),
        look=look_of(middle),
        things=things_of(sample, item, layout, names),
        traits=_traits(sample),
    )


def look_of(image: NDArray[Any]) -> bytes:
    """Return an image as it looks from afar: (LOOK, LOOK) bytes of gray, its darkest 0 and its brightest 255."""
    small = cv2.resize(np.asarray(image, np.float32), (LOOK, LOOK), interpolation=cv2.INTER_AREA)
    if small.ndim == 3:
        small = small.mean(axis=2)
    low, high = float(small.min()), float(small.max())
    stretched: bytes = np.round((small - low) * (255 / max(high - low, 1e-12))).astype(np.uint8).tobytes()
    return stretched


def _range(sample: Sample, dtype: np.dtype[Any]) -> tuple[float, float]:
    if sample.value_range is not None:
        return float(sample.value_range[0]), float(sample.value_range[1])
    if dtype.kind in "iu":
        return float(np.iinfo(dtype).min), float(np.iinfo(dtype).max)
    return 0.0, 1.0


def _scale(
    sample: Sample, item: Item, held: tuple[float, float], dtype: np.dtype[Any]
) -> tuple[str, tuple[float, float]]:
    """Return what histograms of such images span, in a word and in values."""
    unit = item.detail.get("unit", "HU" if item.detail.get("modality") == "CT" else None)
    if unit == "HU":
        return "HU", _HU
    if sample.value_range is None and dtype.kind in "iu":
        return f"{dtype.itemsize * 8} bit", held
    return ("0 to 1" if held == (0.0, 1.0) else "own range"), (held[0], max(held[1], held[0] + 1e-12))


def _counted(values: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return levels and how many values have each: exact for whole numbers, 1024 bars for others."""
    if values.dtype == np.uint8:
        counts = np.bincount(values.ravel(), minlength=256)
        return np.arange(256, dtype=np.float64), counts.astype(np.float64)
    low, high = values.min(), values.max()
    if values.dtype.kind in "iu" and int(high) - int(low) < _MOST_COUNTED:
        counts = np.bincount(values.ravel().astype(np.int64) - int(low))
        return np.arange(len(counts), dtype=np.float64) + float(low), counts.astype(np.float64)
    bars, edges = np.histogram(values, 1024, (float(low), max(float(high), float(low) + 1e-12)))
    middles = (edges[:-1] + edges[1:]) / 2
    middles[0], middles[-1] = edges[0], edges[-1]  # so that what lies at an end counts as being there
    return middles, bars.astype(np.float64)


def _traits(sample: Sample) -> dict[str, str]:
    """Return what DICOM headers say of how an image was taken."""
    from domainaug.exploring.objects import headers_of

    header = headers_of(sample)
    if header is None:
        return {}
    tags = {"body part": "BodyPartExamined", "maker": "Manufacturer", "view": "ViewPosition"}
    found = {name: str(header.get(tag, "") or "").strip().upper() for name, tag in tags.items()}
    return {name: value for name, value in found.items() if value}
