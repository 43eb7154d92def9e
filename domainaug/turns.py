"""Angles with gaps between them: by which a picture may be turned, or is turned.

A part with six equal sides may be turned by 60 degrees and not by 30. One interval cannot say so. `Islands` are several
intervals apart, and `Turns` are the islands of a set of draws, kept through mirrors and further turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domainaug.effects import Interval
from domainaug.functionals import nearest_affine

__all__ = ["Islands", "Turns", "comes_round", "pieces"]

_MOST = 144  # islands kept; more are taken for one interval
_WIDTH = 1e-9  # degrees closer than which islands are one


@dataclass(frozen=True, slots=True)
class Islands(Interval):
    """Several intervals apart; to whoever knows intervals only, it is their hull.

    Attributes:
        parts: The intervals, in order, no two of which touch.
    """

    parts: tuple[Interval, ...] = ()

    @staticmethod
    def joined(parts: Iterable[Interval]) -> Interval:
        """Return the union of intervals: islands, or one interval where nothing lies between."""
        merged: list[Interval] = []
        for part in sorted(parts, key=lambda each: (each.low, each.high)):
            if merged and part.low <= merged[-1].high + _WIDTH:
                merged[-1] = merged[-1].hull(part)
            else:
                merged.append(Interval(part.low, part.high))
        if len(merged) == 1:
            return merged[0]
        return Islands(merged[0].low, merged[-1].high, tuple(merged))

    def __contains__(self, value: object) -> bool:
        each = pieces(value) if isinstance(value, Interval) else (value,)
        return all(any(one in part for part in self.parts) for one in each)

    def widened(self, by: float) -> Interval:
        """Return the islands with `by` added at every end."""
        return Islands.joined(part.widened(by) for part in self.parts)


def pieces(interval: Interval) -> tuple[Interval, ...]:
    """Return the parts of islands, or the interval itself."""
    return interval.parts if isinstance(interval, Islands) else (interval,)


def comes_round(interval: Interval, every: float) -> Interval:
    """Return an interval of degrees and the same around every multiple of an angle.

    Args:
        interval: Around 0.
        every: Degrees, above 0; a whole number of times in 360.

    Returns:
        Within -180 to 180; both ends are there where a half turn is.
    """
    return Islands.joined(_on_circle(_shifted(interval, k * every) for k in range(round(360 / every))))


def _shifted(interval: Interval, by: float, sign: int = 1) -> Interval:
    ends = sorted((sign * interval.low, sign * interval.high))
    return Interval(ends[0] + by, ends[1] + by)


def _on_circle(parts: Iterable[Interval]) -> Iterator[Interval]:
    """Yield parts brought within -180 to 180, cut where they pass a half turn."""
    for part in parts:
        if part.high - part.low >= 360:
            yield Interval(-180.0, 180.0)
            continue
        low = float(-180.0 + (part.low + 180.0) % 360.0)
        high = low + float(part.high - part.low)
        yield Interval(low, min(high, 180.0))
        if high >= 180.0 - _WIDTH:
            yield Interval(-180.0, max(high - 360.0, -180.0))
        if low <= -180.0 + _WIDTH:
            yield Interval(180.0, 180.0)


@dataclass(frozen=True, slots=True)
class Turns:
    """By how much a set of draws turns a picture.

    Attributes:
        upright: Islands of degrees of draws that keep the hand.
        mirrored: Islands of degrees, after a horizontal mirror, of draws that do not.
    """

    upright: tuple[Interval, ...] = ()
    mirrored: tuple[Interval, ...] = ()

    @classmethod
    def of(cls, maps: NDArray[np.float64], *, apart: bool) -> Turns:
        """Read off maps, (n, 3, 3) in frame units; `apart`: they are all draws there are, and not ends of a range."""
        affine, _ = nearest_affine(maps)
        linear = affine[:, :2, :2]
        flipped = np.linalg.det(linear) < 0
        linear = np.where(flipped[:, None, None], linear * np.array([-1.0, 1.0]), linear)
        across = -np.degrees(np.arctan2(linear[:, 1, 0], linear[:, 0, 0]))
        down = np.degrees(np.arctan2(linear[:, 0, 1], linear[:, 1, 1]))
        angles = across + ((down - across + 180.0) % 360.0 - 180.0) / 2
        groups = [angles[flipped == side] for side in (False, True)]
        if apart:
            return cls(*(_tidy(Interval(x, x) for x in group) for group in groups))
        return cls(*(_tidy([Interval.of(group)]) if len(group) else () for group in groups))

    def then(self, later: Turns) -> Turns:
        """Return what these turns followed by others are; a mirror turns the sign of what came before it."""
        upright = [_shifted_all(a, b, 1) for a in self.upright for b in later.upright]
        upright += [_shifted_all(a, b, -1) for a in self.mirrored for b in later.mirrored]
        mirrored = [_shifted_all(a, b, 1) for a in self.mirrored for b in later.upright]
        mirrored += [_shifted_all(a, b, -1) for a in self.upright for b in later.mirrored]
        return Turns(_tidy(upright), _tidy(mirrored))

    def union(self, other: Turns) -> Turns:
        """Return the turns of a step that is either of two."""
        return Turns(_tidy((*self.upright, *other.upright)), _tidy((*self.mirrored, *other.mirrored)))

    def rotation(self, more: Interval | None = None) -> Interval:
        """Return the effect: as `decompose` reads it, with `more` added where something else turns as well."""
        half = [part for each in self.mirrored for part in _within_quarter(each)]
        parts: Iterable[Interval] = (*self.upright, *half)
        if more is not None:
            parts = _on_circle(_shifted_all(part, more, 1) for part in parts)
        return Islands.joined(parts)


def _shifted_all(earlier: Interval, later: Interval, sign: int) -> Interval:
    turned = _shifted(earlier, 0.0, sign)
    return Interval(turned.low + later.low, turned.high + later.high)


def _within_quarter(part: Interval) -> Iterator[Interval]:
    """Yield a mirrored turn as one of the smaller mirror, horizontal or vertical: within a quarter turn."""
    for low, high, by in ((-180.0, -90.0, 180.0), (-90.0, 90.0, 0.0), (90.0, 180.0, -180.0)):
        if part.low <= high + _WIDTH and part.high >= low - _WIDTH:
            inside = (min(max(end, low), high) + by for end in (part.low, part.high))
            yield Interval(*inside)


def _tidy(parts: Iterable[Interval]) -> tuple[Interval, ...]:
    each = list(parts)
    if not each:
        return ()
    found = pieces(Islands.joined(_on_circle(each)))
    return found if len(found) <= _MOST else (Interval(-180.0, 180.0),)
