"""Lines that vehicles and people move along: points a hand's breadth apart, found by distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug_simulators.street.town.roads import Road

__all__ = ["STEP", "Path", "path_of", "stretch"]

STEP: Final = 0.25
"""Meters from one point to the next, but for rounding at the end."""

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A line with a direction.

    Attributes:
        points: (n, 2) evenly spaced, meters.
        headings: (n,) radians, without jumps.
        length: Meters.
    """

    points: Points
    headings: NDArray[np.float64]
    length: float

    @property
    def step(self) -> float:
        """Meters from one point to the next."""
        return self.length / (len(self.points) - 1)

    def at(self, s: ArrayLike, aside: ArrayLike = 0.0) -> tuple[Points, NDArray[np.float64]]:
        """Return places (n, 2) and headings (n,) `s` meters along it and `aside` to its left; straight beyond ends."""
        along = np.atleast_1d(np.asarray(s, np.float64))
        at = np.clip(along / self.step, 0, len(self.points) - 1)
        low = np.minimum(at.astype(np.int64), len(self.points) - 2)
        share = (at - low)[:, None]
        places = self.points[low] * (1 - share) + self.points[low + 1] * share
        headings = self.headings[low] * (1 - share[:, 0]) + self.headings[low + 1] * share[:, 0]
        over = (along - np.clip(along, 0, self.length))[:, None]
        ahead = np.stack([np.cos(headings), np.sin(headings)], axis=-1)
        left = np.stack([-ahead[:, 1], ahead[:, 0]], axis=-1)
        return places + over * ahead + np.broadcast_to(np.asarray(aside, np.float64), along.shape)[
            :, None
        ] * left, headings

    @property
    def bends(self) -> NDArray[np.float64]:
        """(n,) curvature, 1/m."""
        return np.gradient(self.headings, self.step)


def path_of(points: Sequence[Sequence[float]] | Points, *, rounding: float = 0.0) -> Path:
    """Return the path through points.

    Args:
        points: (n, 2), two or more, no two the same in a row.
        rounding: Meters over which corners are rounded.
    """
    raw = np.asarray(points, np.float64)
    if rounding > 0:
        fine = _even(raw, 0.1)
        wide = max(int(rounding / 0.1), 1) | 1
        padded = np.concatenate([np.repeat(fine[:1], wide // 2, 0), fine, np.repeat(fine[-1:], wide // 2, 0)])
        raw = np.stack([np.convolve(padded[:, i], np.full(wide, 1 / wide), "valid") for i in (0, 1)], axis=-1)
    even = _even(raw, STEP)
    ahead = np.gradient(even, axis=0)
    length = float(np.linalg.norm(np.diff(even, axis=0), axis=1).sum())
    return Path(even, np.unwrap(np.arctan2(ahead[:, 1], ahead[:, 0])), length)


def _even(points: Points, step: float) -> Points:
    apart = np.linalg.norm(np.diff(points, axis=0), axis=1)
    keep = np.concatenate([[True], apart > 1e-9])
    points = points[keep]
    along = np.concatenate([[0.0], np.cumsum(apart[keep[1:]])])
    grid = np.linspace(0, along[-1], max(round(along[-1] / step), 1) + 1)
    return np.stack([np.interp(grid, along, points[:, i]) for i in (0, 1)], axis=-1)


def stretch(road: Road, begin: float, end: float, t: float) -> Points:
    """Return points beside a road's line, from `begin` to `end` meters along it, which may run against it."""
    s = np.linspace(begin, end, max(int(abs(end - begin) / (STEP / 2)), 1) + 1)
    return road.at(s, t)[0]
