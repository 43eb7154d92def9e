"""What a transform does to an image, held as the things that cause effects rather than as their sizes.

A `Generators` is a set of possible draws: geometric maps, tone curves, and intervals for what neither
explains. A transform declares the corners of its draws; the record of one image is a set of one. Steps are
composed map with map and curve with curve, in order, and only then are effects read off. So a rotation that
two steps share adds up, a mirror turns the sign of the rotation before it, and clipping does not cancel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from domainaug.effects import EFFECTS, EffectRanges, Interval, effect
from domainaug.functionals import LEVELS, decompose, field_of_view, tone_effects

__all__ = ["Frame", "Generators"]

Array = NDArray[np.float64]

_IDENTITY_MAP: Array = np.eye(3)[None]
_IDENTITY_CURVE: Array = LEVELS[None]
_MOST = 192  # draws kept of each kind; beyond it only the extreme ones of every effect and an even spread


@dataclass(frozen=True, slots=True)
class Frame:
    """The image that effects are reckoned for.

    Attributes:
        height: Rows.
        width: Columns.
        channels: Channels; 1 is gray.
        spacing: Millimeters from one pixel to the next, (rows, columns), or None when unknown.
        low: The value at the dark end of the range.
        high: The value at the bright end of the range.
        unit: What values count ("level", "HU" ...).
        volume: Whether the image is one of a stack of slices.
    """

    height: int = 512
    width: int = 512
    channels: int = 1
    spacing: tuple[float, float] | None = None
    low: float = 0.0
    high: float = 255.0
    unit: str = "level"
    volume: bool = False

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def side(self) -> float:
        """The length that shares are shares of, in pixels: the square root of the area."""
        return float(np.sqrt(self.width * self.height))

    @property
    def span(self) -> float:
        """The length of the value range, in its unit."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Generators:
    """A set of draws.

    Attributes:
        maps: (n, 3, 3) forward maps in frame units (see `functionals`).
        curves: (m, k) tone curves at `LEVELS`.
        ranges: What maps and curves do not explain, as intervals; also bounds on any effect when no map or
            curve can be given.
        tail: The draw has no bound, and what is given holds all but a few in a million draws.
        content: What happens depends on what is in the picture.
        resamples: The picture is interpolated, which eats a third of white noise and blurs a little.
    """

    maps: Array = field(default_factory=lambda: _IDENTITY_MAP)
    curves: Array = field(default_factory=lambda: _IDENTITY_CURVE)
    ranges: Mapping[str, Interval] = field(default_factory=dict)
    tail: bool = False
    content: bool = False
    resamples: bool = False

    @classmethod
    def nothing(cls) -> Generators:
        """Return the set that leaves every image alone."""
        return cls()

    @classmethod
    def geometric(cls, maps: Array, frame: Frame, *, fills: bool = True, **ranges: Interval) -> Generators:
        """Return a geometric step, with the field of view it keeps.

        Args:
            maps: (n, 3, 3) forward maps in frame units.
            frame: The frame it happens in.
            fills: Whether what comes from outside is filled (`outside`) or reflected (`duplicated`).
            ranges: Further effects.
        """
        maps = np.asarray(maps, dtype=np.float64).reshape(-1, 3, 3)
        kept, empty = field_of_view(maps, aspect=frame.aspect)
        seen = {"field_of_view": Interval.of(kept), "outside" if fills else "duplicated": Interval.of(empty)}
        return cls(maps=maps, ranges={**seen, **ranges}, resamples=not _on_grid(maps))

    @classmethod
    def tonal(cls, curves: Array, **ranges: Interval) -> Generators:
        """Return a step that maps levels to levels; `curves` is (m, k) at `LEVELS`, clipped to [0, 1] here."""
        return cls(curves=np.clip(np.atleast_2d(np.asarray(curves, dtype=np.float64)), 0, 1), ranges=ranges)

    @classmethod
    def bounds(cls, *, tail: bool = False, content: bool = False, **ranges: Interval | float) -> Generators:
        """Return a step known only by intervals; a single number stands for neutral to that number."""
        full: dict[str, Interval] = {}
        for name, value in ranges.items():
            row = effect(name)
            full[name] = value if isinstance(value, Interval) else row.still.hull(Interval(value, value))
        return cls(ranges=full, tail=tail, content=content)

    def with_ranges(self, **ranges: Interval) -> Generators:
        """Return the set with further intervals, which may also bound what maps and curves say."""
        return replace(self, ranges={**self.ranges, **ranges})

    def maybe(self) -> Generators:
        """Return the set of draws of a step that may be left out (p < 1)."""
        return self.union(Generators.nothing())

    def union(self, other: Generators) -> Generators:
        """Return the draws of a step that is either this or `other`."""
        names = {*self.ranges, *other.ranges}
        ranges = {
            name: self.ranges.get(name, EFFECTS[name].still).hull(other.ranges.get(name, EFFECTS[name].still))
            for name in names
        }
        return Generators(
            maps=_thin_maps(np.concatenate([self.maps, other.maps])),
            curves=_thin_curves(np.concatenate([self.curves, other.curves])),
            ranges=ranges,
            tail=self.tail or other.tail,
            content=self.content or other.content,
            resamples=self.resamples or other.resamples,
        )

    def then(self, later: Generators) -> Generators:
        """Return the draws of this step followed by `later`."""
        maps = (later.maps[:, None] @ self.maps[None]).reshape(-1, 3, 3)
        after = np.stack([np.interp(self.curves, LEVELS, curve) for curve in later.curves])
        ranges = self._carried_through(later)
        for name, interval in later.ranges.items():
            earlier = ranges.get(name)
            ranges[name] = interval if earlier is None else EFFECTS[name].then(earlier, interval)
        return Generators(
            maps=_thin_maps(maps),
            curves=_thin_curves(after.reshape(-1, len(LEVELS))),
            ranges=ranges,
            tail=self.tail or later.tail,
            content=self.content or later.content,
            resamples=self.resamples or later.resamples,
        )

    def _carried_through(self, later: Generators) -> dict[str, Interval]:
        """What earlier noise, blur and warps become under later contrast, scale, resampling and blur."""
        ranges = dict(self.ranges)
        scale = later._read("scale") if later.resamples else None
        for name in ("blur", "motion_blur", "local_warp") if scale is not None else ():
            if name in ranges and scale is not None:
                ranges[name] = Interval(ranges[name].low * scale.low, ranges[name].high * scale.high)
        if "noise" in ranges:
            contrast = later._read("contrast")
            steepest = max(1.0, _steepest(later.curves)) if contrast.high > 1 else contrast.high
            low, high = ranges["noise"].low * contrast.low, ranges["noise"].high * steepest
            if later.resamples:
                low *= 0.6
            sharpest = later.ranges.get("blur", EFFECTS["blur"].still)
            if sharpest.high > 0.3:
                low /= 2 * np.sqrt(np.pi) * max(sharpest.high, 0.3)
            if sharpest.low > 0.3:
                high /= max(1.0, 2 * np.sqrt(np.pi) * sharpest.low * 0.8)
            ranges["noise"] = Interval(min(low, high), high)
        return ranges

    def _read(self, name: str) -> Interval:
        return self.effects().get(name, EFFECTS[name].still)

    def effects(self, frame: Frame | None = None) -> EffectRanges:
        """Read every effect that can be away from neutral, thresholds not applied.

        Args:
            frame: The frame; only its aspect matters here, and a square is assumed without it.
        """
        found: dict[str, Interval] = {}
        if self.maps is not _IDENTITY_MAP:
            values = decompose(self.maps, aspect=frame.aspect if frame else 1.0)
            found.update((name, Interval.of(column)) for name, column in values.items())
        if self.curves is not _IDENTITY_CURVE:
            found.update((name, Interval.of(column)) for name, column in tone_effects(self.curves).items())
        for name, interval in self.ranges.items():
            found[name] = EFFECTS[name].then(found[name], interval) if name in found else interval
        return {name: found[name] for name in EFFECTS if name in found and found[name] != EFFECTS[name].still}

    def present(self, frame: Frame | None = None) -> EffectRanges:
        """Read the effects that are far enough from neutral to be reported."""
        return {
            name: interval
            for name, interval in self.effects(frame).items()
            if EFFECTS[name].is_present(interval.low) or EFFECTS[name].is_present(interval.high)
        }


def _on_grid(maps: Array) -> bool:
    """Whether every map is a mirror or quarter turn, which moves pixels whole."""
    linear = np.abs(maps[:, :2, :2])
    whole = np.all((np.abs(linear) < 1e-9) | (np.abs(linear - 1) < 1e-9))
    return bool(whole and np.all(np.abs(maps[:, :2, 2]) < 1e-9) and np.all(np.abs(maps[:, 2, :2]) < 1e-12))


def _steepest(curves: Array) -> float:
    return float(np.max(np.abs(np.diff(curves, axis=1)) / np.diff(LEVELS)))


def _thin_maps(maps: Array) -> Array:
    if len(maps) <= _MOST:
        return maps
    columns = decompose(maps)
    signed = [*columns.values(), maps[:, 0, 2], maps[:, 1, 2]]
    return maps[_extremes(signed, len(maps))]


def _thin_curves(curves: Array) -> Array:
    if len(curves) <= _MOST:
        return curves
    return curves[_extremes(tone_effects(curves).values(), len(curves))]


def _extremes(columns: Iterable[Array], count: int) -> NDArray[np.intp]:
    """Return the draws that are among the four lowest or highest of any column, and an even spread of others."""
    kept: set[int] = set(np.linspace(0, count - 1, _MOST // 3).astype(int).tolist())
    for column in columns:
        order = np.argsort(column, kind="stable")
        kept.update(order[:4].tolist(), order[-4:].tolist())
    return np.array(sorted(kept), dtype=np.intp)
