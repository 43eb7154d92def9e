"""What a set of variants covers of the space that a scenario spans."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.scenario.axes import Choices, Value
from domainaug.scenario.distributions import Weighted
from domainaug.scenario.spreads import Spread

__all__ = ["Coverage", "coverage_of"]

_COARSE = 4
"""Parts of an axis in pairs: 16 cells, of which a few dozen points can meet each."""
_MOST = 2000
"""Points whose discrepancy is worked out; it takes time with their square."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What variants cover.

    Attributes:
        points: How many there are.
        axes: Axis to how many of them lie in each of its parts, named.
        pairs: Pair of axes to the share of their cells (4 x 4; a list of values has a part each) that any is in.
        discrepancy: Centered L2 discrepancy of the points in the unit cube (Hickernell 1998): 0 is even; None
            for no axis, or no point.
        empty: Cells of pairs that nothing is in, in words; the first twenty.
    """

    points: int
    axes: Mapping[str, Mapping[str, int]]
    pairs: Mapping[tuple[str, str], float]
    discrepancy: float | None
    empty: tuple[str, ...] = ()

    @property
    def pairwise(self) -> float:
        """Share of the cells of all pairs that any point is in; 1 where there is no pair."""
        return float(np.mean(list(self.pairs.values()))) if self.pairs else 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "points": self.points,
            "axes": {name: dict(counts) for name, counts in self.axes.items()},
            "pairs": {f"{one} x {other}": round(share, 6) for (one, other), share in self.pairs.items()},
            "pairwise": round(self.pairwise, 6),
            "discrepancy": None if self.discrepancy is None else round(self.discrepancy, 9),
            "empty": list(self.empty),
        }

    def __str__(self) -> str:
        lines = []
        for name, counts in self.axes.items():
            most = max(counts.values(), default=0) or 1
            lines += [f"  {name}:"] + [
                f"    {label:>20} {count:5d} {'#' * round(30 * count / most)}" for label, count in counts.items()
            ]
        if self.pairs:
            lines.append(f"  pairs of axes: {self.pairwise:.0%} of cells met")
        if self.discrepancy is not None:
            lines.append(f"  discrepancy {self.discrepancy:.4g}")
        return "\n".join(lines)


def coverage_of(spreads: Mapping[str, Spread], points: Sequence[Mapping[str, Value]]) -> Coverage:
    """Return what points cover.

    Args:
        spreads: Axis to how it varies.
        points: Each with a value on every axis.
    """
    shares = np.array([[spread.share(point[name]) for name, spread in spreads.items()] for point in points])
    shares = np.clip(shares.reshape(len(points), len(spreads)), 0.0, 1.0)
    axes: dict[str, dict[str, int]] = {}
    for column, (name, spread) in enumerate(spreads.items()):
        counts = np.bincount(_parts(shares[:, column], spread.bins), minlength=spread.bins)
        axes[name] = {spread.label(number): int(count) for number, count in enumerate(counts)}
    pairs, empty = _pairs(spreads, shares)
    return Coverage(len(points), axes, pairs, _discrepancy(shares), tuple(empty[:20]))


def _parts(shares: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    return np.minimum((shares * count).astype(np.int64), count - 1)


def _pairs(
    spreads: Mapping[str, Spread], shares: NDArray[np.float64]
) -> tuple[dict[tuple[str, str], float], list[str]]:
    found: dict[tuple[str, str], float] = {}
    empty: list[str] = []
    for (i, one), (j, other) in itertools.combinations(enumerate(spreads), 2):
        sizes = [_coarse(spreads[name]) for name in (one, other)]
        met = np.zeros(sizes, bool)
        met[_parts(shares[:, i], sizes[0]), _parts(shares[:, j], sizes[1])] = True
        found[one, other] = float(met.mean())
        empty += [
            f"{one} {_told(spreads[one], a, sizes[0])} with {other} {_told(spreads[other], b, sizes[1])}"
            for a, b in np.argwhere(~met).tolist()
        ]
    return found, empty


def _coarse(spread: Spread) -> int:
    return spread.bins if isinstance(spread, Choices | Weighted) else min(_COARSE, spread.bins)


def _told(spread: Spread, part: int, parts: int) -> str:
    if parts == spread.bins:
        return spread.label(part)
    low, high = (spread.at(min((part + end) / parts, 1.0)) for end in (0, 1))
    return f"{low:.4g} to {high:.4g}"


def _discrepancy(shares: NDArray[np.float64]) -> float | None:
    from scipy.stats import qmc

    if not shares.size:
        return None
    return float(qmc.discrepancy(shares[:_MOST], method="CD"))
