"""What a transform does to an image, held as the things that cause effects rather than as their sizes.

A `Generators` is a set of possible draws: geometric maps, tone curves, and intervals for what neither
explains. A transform declares the corners of its draws; the record of one image is a set of one. Steps are
composed map with map and curve with curve, in order, and only then are effects read off. So a rotation that
two steps share adds up, a mirror turns the sign of the rotation before it, and clipping does not cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from domainaug.effects import EFFECTS, Effect, EffectRanges, Interval, applicable, effect
from domainaug.functionals import LEVELS, decompose, field_of_view, tone_effects
from domainaug.turns import Turns

__all__ = ["Frame", "Generators", "present", "read_together"]

Array = NDArray[np.float64]

_IDENTITY_MAP: Array = np.eye(3)[None]
_IDENTITY_CURVE: Array = LEVELS[None]
_MOST = 64  # draws kept of each kind; beyond it only the extreme ones of every effect and an even spread
_INTERPOLATION_BLUR = 0.5  # px sigma that one bilinear resampling adds at most, measured
_INTERPOLATION_NOISE = 0.6  # what one bilinear resampling leaves of white noise, measured (.62 at 7 degrees)


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
        scene: Whether it shows a scene under the sky, which has weather.
        part: Whether it shows a part that is inspected, which may get defects.
    """

    height: int = 512
    width: int = 512
    channels: int = 1
    spacing: tuple[float, float] | None = None
    low: float = 0.0
    high: float = 255.0
    unit: str = "level"
    volume: bool = False
    scene: bool = False
    part: bool = False

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


@dataclass(frozen=True, slots=True, eq=False)
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
        exact: What is given is what happens; False where one draw is known only by what its step can do at most.
        turns: By how much the picture turns, where there are gaps between the angles; else None, and they are all
            that lies between those of the maps.
    """

    maps: Array = field(default_factory=lambda: _IDENTITY_MAP)
    curves: Array = field(default_factory=lambda: _IDENTITY_CURVE)
    ranges: Mapping[str, Interval] = field(default_factory=dict)
    tail: bool = False
    content: bool = False
    resamples: bool = False
    exact: bool = True
    turns: Turns | None = None

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
        resamples = not _on_grid(maps)
        seen = {"field_of_view": Interval.of(kept), "outside" if fills else "duplicated": Interval.of(empty)}
        if resamples:
            zoom = float(np.sqrt(np.abs(np.linalg.det(maps[:, :2, :2]))).max())
            seen["blur"] = Interval(0.0, _INTERPOLATION_BLUR * max(1.0, 0.8 * zoom))
        return cls(maps=_thin_maps(maps), ranges={**seen, **ranges}, resamples=resamples)

    @classmethod
    def each_of(cls, maps: Array) -> Generators:
        """Return a step that draws one of these maps, (n, 3, 3) in frame units, and nothing in between."""
        return cls(maps=maps, turns=Turns.of(maps, apart=True), resamples=not _on_grid(maps))

    @classmethod
    def tonal(cls, curves: Array, **ranges: Interval) -> Generators:
        """Return a step that maps levels to levels; `curves` is (m, k) at `LEVELS`, clipped to [0, 1] here."""
        clipped = np.clip(np.atleast_2d(np.asarray(curves, dtype=np.float64)), 0, 1)
        return cls(curves=_thin_curves(clipped), ranges=ranges)

    @classmethod
    def bounds(
        cls,
        *more: Mapping[str, Interval | float] | Mapping[str, Interval],
        tail: bool = False,
        content: bool = False,
        **ranges: Interval | float,
    ) -> Generators:
        """Return a step known only by intervals; a single number stands for neutral to that number.

        Args:
            more: Intervals by effect name; `ranges` wins over them.
            tail: See the class.
            content: See the class.
            ranges: Intervals by effect name.
        """
        full: dict[str, Interval] = {}
        given = {name: value for mapping in (*more, ranges) for name, value in mapping.items()}
        for name, value in given.items():
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
            maps=_joined(self.maps, other.maps, _thin_maps),
            curves=_joined(self.curves, other.curves, _thin_curves),
            ranges=ranges,
            tail=self.tail or other.tail,
            content=self.content or other.content,
            resamples=self.resamples or other.resamples,
            exact=self.exact and other.exact,
            turns=self._turns().union(other._turns()) if self._apart(other) else None,
        )

    def then(self, later: Generators) -> Generators:
        """Return the draws of this step followed by `later`."""
        ranges = self._carried_through(later)
        for name, interval in later.ranges.items():
            earlier = ranges.get(name)
            ranges[name] = interval if earlier is None else EFFECTS[name].then(earlier, interval)
        apart = self.turns is not None or later.turns is not None
        if not apart and _turns_past_half(self.maps, later.maps):
            ranges["rotation"] = EFFECTS["rotation"].anything
        return Generators(
            maps=_composed_maps(self.maps, later.maps),
            curves=_composed_curves(self.curves, later.curves),
            ranges=ranges,
            tail=self.tail or later.tail,
            content=self.content or later.content,
            resamples=self.resamples or later.resamples,
            exact=self.exact and later.exact,
            turns=self._turns().then(later._turns()) if apart else None,
        )

    def _turns(self) -> Turns:
        return self.turns if self.turns is not None else Turns.of(self.maps, apart=len(self.maps) == 1)

    def _apart(self, other: Generators) -> bool:
        """Whether there are gaps between the angles of two branches: of mirrors and quarter turns that may happen."""
        if self.turns is not None or other.turns is not None:
            return True
        if self.maps is other.maps or not len(self.maps) == len(other.maps) == 1:
            return False
        return _on_grid(self.maps) and _on_grid(other.maps)

    def _carried_through(self, later: Generators) -> dict[str, Interval]:
        """What the effects so far become under a later step: enlarged, smoothed or hidden by it."""
        ranges = dict(self.ranges)
        if not ranges:
            return ranges
        softens = later.resamples or "blur" in later.ranges
        if later.maps is not _IDENTITY_MAP or "scale" in later.ranges:
            scale = later._scale()
            for name, power in _GROWS_WITH_SCALE.items():
                if name in ranges:
                    low, high = ranges[name].low * scale.low**power, ranges[name].high * scale.high**power
                    ranges[name] = Interval(min(low, EFFECTS[name].highest), min(high, EFFECTS[name].highest))
        if softens or "noise" in later.ranges:
            for name in _HIDDEN_BY_SMOOTHING:
                if name in ranges:
                    ranges[name] = EFFECTS[name].still.hull(ranges[name])
        if "noise" in ranges:
            ranges["noise"] = _noise_through(ranges["noise"], later)
        return ranges

    def _scale(self) -> Interval:
        scale = Interval.of(np.sqrt(np.abs(np.linalg.det(self.maps[:, :2, :2]))))
        return EFFECTS["scale"].then(scale, self.ranges["scale"]) if "scale" in self.ranges else scale

    def effects(self, frame: Frame | None = None) -> EffectRanges:
        """Read every effect that can be away from neutral, thresholds not applied.

        Args:
            frame: The frame. Its aspect matters to shifts (a square is assumed without it), and what cannot
                happen to it is left out: color effects of a gray picture, turns of a picture that has no depth.
        """
        return read_together([(self, frame)])[0]

    def present(self, frame: Frame | None = None) -> EffectRanges:
        """Read the effects that are far enough from neutral to be reported."""
        return present(self.effects(frame))


def present(effects: EffectRanges) -> EffectRanges:
    """Return those of the effects read that are far enough from neutral to be reported."""
    return {
        name: interval
        for name, interval in effects.items()
        if EFFECTS[name].is_present(interval.low) or EFFECTS[name].is_present(interval.high)
    }


def read_together(sets: Sequence[tuple[Generators, Frame | None]]) -> list[EffectRanges]:
    """Read the effects of several sets, each in its frame, as `Generators.effects` does.

    The steps of a record are read at once: what reading takes hardly depends on how many draws there are.
    """
    columns: list[dict[str, Array]] = [{} for _ in sets]
    moving = [at for at, (one, _) in enumerate(sets) if one.maps is not _IDENTITY_MAP]
    if moving:
        aspects = [np.full(len(one.maps), frame.aspect if frame else 1.0) for one, frame in (sets[at] for at in moving)]
        maps = [sets[at][0].maps for at in moving]
        _share_out(
            decompose(np.concatenate(maps), aspect=np.concatenate(aspects)), maps, [columns[at] for at in moving]
        )
    toning = [at for at, (one, _) in enumerate(sets) if one.curves is not _IDENTITY_CURVE]
    if toning:
        curves = [sets[at][0].curves for at in toning]
        _share_out(tone_effects(np.concatenate(curves)), curves, [columns[at] for at in toning])
    return [_found(one, frame, own) for (one, frame), own in zip(sets, columns, strict=True)]


def _share_out(values: Mapping[str, Array], parts: Iterable[Array], columns: Iterable[dict[str, Array]]) -> None:
    """Give each part of what was read together its own columns."""
    begin = 0
    for part, own in zip(parts, columns, strict=True):
        end = begin + len(part)
        own.update((name, column[begin:end]) for name, column in values.items())
        begin = end


def _found(generators: Generators, frame: Frame | None, columns: Mapping[str, Array]) -> EffectRanges:
    found = {name: _spanned(name, column) for name, column in columns.items()}
    if len(generators.maps) > 1 and found["rotation"].high > 180 - 1e-6:  # a half turn is one to either side
        found["rotation"] = EFFECTS["rotation"].anything
    if generators.turns is not None and "rotation" in found:
        found["rotation"] = generators.turns.rotation(generators.ranges.get("rotation"))
    for name, interval in generators.ranges.items():
        if name == "rotation" and generators.turns is not None:
            continue
        found[name] = EFFECTS[name].then(found[name], interval) if name in found else interval
    possible = _possible(frame.channels > 1, frame.volume) if frame else EFFECTS.values()
    return {row.name: found[row.name] for row in possible if row.name in found and found[row.name] != row.still}


_GROWS_WITH_SCALE = {"blur": 1, "motion_blur": 1, "local_warp": 1, "shift": 1, "occlusion": 2, "foreign_content": 2}
_HIDDEN_BY_SMOOTHING = ("compression", "loss_of_levels", "pixelation", "impulse_noise")


@lru_cache(maxsize=4)
def _possible(color: bool, volume: bool) -> tuple[Effect, ...]:
    return tuple(applicable(color=color, volume=volume, scene=True, part=True))  # who declares it knows what is shown


def _spanned(name: str, column: Array) -> Interval:
    """The interval of an effect over draws; the least of a magnitude is not at the extreme draws, so it is neutral."""
    row = EFFECTS[name]
    hull = Interval.of(column)
    return hull.hull(row.still) if len(column) > 1 and row.neutral == row.lowest and not row.is_flag else hull


def _noise_through(noise: Interval, later: Generators) -> Interval:
    """What earlier noise becomes: scaled by the tone curve's slope, and smoothed."""
    low, high = noise.low, noise.high
    if later.curves is not _IDENTITY_CURVE:
        slopes = np.abs(np.diff(later.curves, axis=1)) / np.diff(LEVELS)
        low, high = low * float(slopes.min()), high * float(slopes.max())
    contrast = later.ranges.get("contrast", EFFECTS["contrast"].still)
    low, high = low * contrast.low, high * contrast.high if high else 0.0
    if later.resamples:
        low *= _INTERPOLATION_NOISE
    blur = later.ranges.get("blur", EFFECTS["blur"].still)
    if blur.high > _INTERPOLATION_BLUR:
        # White noise through a Gaussian keeps 1 / (2 sqrt(pi) sigma) of its deviation.
        low /= 2 * np.sqrt(np.pi) * blur.high * 1.2
    if blur.low > _INTERPOLATION_BLUR:
        high /= max(1.0, 2 * np.sqrt(np.pi) * blur.low * 0.8)
    return Interval(min(low, high), high)


def _on_grid(maps: Array) -> bool:
    """Whether every map is a mirror or quarter turn, which moves pixels whole."""
    linear = np.abs(maps[:, :2, :2])
    whole = np.all((np.abs(linear) < 1e-9) | (np.abs(linear - 1) < 1e-9))
    return bool(whole and np.all(np.abs(maps[:, :2, 2]) < 1e-9) and np.all(np.abs(maps[:, 2, :2]) < 1e-12))


def _joined(one: Array, other: Array, thin: Callable[[Array], Array]) -> Array:
    return one if one is other else thin(np.concatenate([one, other]))


def _composed_maps(first: Array, second: Array) -> Array:
    if second is _IDENTITY_MAP:
        return first
    if first is _IDENTITY_MAP:
        return second
    return _thin_maps((second[:, None] @ first[None]).reshape(-1, 3, 3))


def _composed_curves(first: Array, second: Array) -> Array:
    if second is _IDENTITY_CURVE:
        return first
    if first is _IDENTITY_CURVE:
        return second
    after = np.stack([np.interp(first, LEVELS, curve) for curve in second])
    return _thin_curves(after.reshape(-1, len(LEVELS)))


def _turns_past_half(first: Array, second: Array) -> bool:
    """Whether turns add up beyond 180 degrees, where the hull of wrapped angles would have a gap."""
    if first is _IDENTITY_MAP or second is _IDENTITY_MAP or len(first) * len(second) == 1:
        return False
    widest = [np.abs(decompose(maps)["rotation"]).max() for maps in (first, second)]
    return bool(sum(widest) > 180)


def _thin_maps(maps: Array) -> Array:
    if len(maps) <= _MOST:
        return maps
    values = decompose(maps)
    mirrored = values["mirror_horizontal"] + values["mirror_vertical"] > 0.5
    signed = np.stack([*values.values(), maps[:, 0, 2], maps[:, 1, 2]])
    return maps[_extremes(signed, mirrored)]


def _thin_curves(curves: Array) -> Array:
    if len(curves) <= _MOST:
        return curves
    nine = curves[:, 4::7].T  # levels from a sixteenth up, which move with brightness and tone
    first, middle, last = curves[:, 16], curves[:, 32], curves[:, 48]
    signs = [last - first, 2 * middle - first - last, np.abs(nine - LEVELS[4::7, None]).max(axis=0)]
    return curves[_extremes(np.concatenate([nine, signs]), curves[:, -1] < curves[:, 0])]


def _extremes(columns: Array, group: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the draws at either end of any column (of each group), and an even spread of others."""
    count = columns.shape[1]
    kept = [np.linspace(0, count - 1, _MOST // 4).astype(np.intp)]
    for side in (True, False):
        members = np.flatnonzero(group == side)
        if len(members):
            values = columns[:, members]
            kept += [members[values.argmin(axis=1)], members[values.argmax(axis=1)]]
    return np.unique(np.concatenate(kept))
