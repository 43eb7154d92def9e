"""Axes that are drawn from distributions: normal, Poisson, a histogram, words and numbers with weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from domainaug.scenario.axes import Axis, Range, Value, rounded

__all__ = ["Histogram", "Normal", "Poisson", "Weighted", "distribution_of", "is_distribution"]

_BINS: Final = 8
_MOST: Final = 1_000
_NO_GRID: Final = "a grid takes no distribution; write a list of values, or sample by sobol, latin-hypercube or random"


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal distribution, cut off at two ends.

    Attributes:
        mean: Of the distribution before it is cut off.
        deviation: Its standard deviation.
        low: The least value.
        high: The greatest.
    """

    mean: float
    deviation: float
    low: float
    high: float

    def at(self, share: float) -> Value:
        """Return the value below which a share of the distribution lies."""
        from scipy.special import ndtri

        begin, end = self._ends
        found = self.mean + self.deviation * float(ndtri(begin + share * (end - begin)))
        return rounded(min(max(found, self.low), self.high))

    def share(self, value: Value) -> float:
        """Return the share of the distribution below a value."""
        begin, end = self._ends
        return (_below((float(value) - self.mean) / self.deviation) - begin) / (end - begin)

    @property
    def _ends(self) -> tuple[float, float]:
        return _below((self.low - self.mean) / self.deviation), _below((self.high - self.mean) / self.deviation)

    @property
    def bins(self) -> int:
        """Into how many parts, each as probable, coverage divides it."""
        return _BINS

    def label(self, number: int) -> str:
        """Return a part in words."""
        low, high = (self.at(end / self.bins) for end in (number, number + 1))
        return f"{low:.4g} to {high:.4g}"

    def grid(self) -> tuple[Value, ...]:
        """Refuse.

        Raises:
            ValueError: Always.
        """
        raise ValueError(_NO_GRID)

    @property
    def written(self) -> dict[str, Any]:
        """It as a scenario writes it."""
        return {"mean": self.mean, "deviation": self.deviation, "from": self.low, "to": self.high}


@dataclass(frozen=True, slots=True)
class Histogram:
    """Ranges with weights; within a range every value is as probable.

    Attributes:
        edges: (n + 1,) rising.
        weights: (n,) of each range, 0 or more, not all 0.
    """

    edges: tuple[float, ...]
    weights: tuple[float, ...]

    def at(self, share: float) -> Value:
        """Return the value below which a share of the distribution lies."""
        number, rest = _found(self.weights, share)
        low, high = self.edges[number : number + 2]
        return rounded(low + rest * (high - low))

    def share(self, value: Value) -> float:
        """Return where a value lies, range by range: each is as long as every other."""
        last = len(self.weights) - 1
        number = next((i for i in range(last) if float(value) < self.edges[i + 1]), last)
        low, high = self.edges[number : number + 2]
        return (number + min(max((float(value) - low) / (high - low), 0.0), 1 - 1e-9)) / (last + 1)

    @property
    def bins(self) -> int:
        """Into how many parts coverage divides it: its ranges."""
        return len(self.weights)

    def label(self, number: int) -> str:
        """Return a part in words."""
        return f"{self.edges[number]:.4g} to {self.edges[number + 1]:.4g}"

    def grid(self) -> tuple[Value, ...]:
        """Refuse.

        Raises:
            ValueError: Always.
        """
        raise ValueError(_NO_GRID)

    @property
    def written(self) -> dict[str, Any]:
        """It as a scenario writes it."""
        ends = zip(self.edges, self.edges[1:], self.weights, strict=False)
        return {"bins": [[low, high, weight] for low, high, weight in ends]}


@dataclass(frozen=True, slots=True)
class Weighted:
    """Values with weights.

    Attributes:
        values: Each once.
        weights: Of each, above 0.
    """

    values: tuple[Value, ...]
    weights: tuple[float, ...]

    def at(self, share: float) -> Value:
        """Return the value at a share of all weights."""
        return self.values[_found(self.weights, share)[0]]

    def share(self, value: Value) -> float:
        """Return where a value lies, 0 to 1: in the middle of its part, each as long as every other."""
        return (self.values.index(value) + 0.5) / len(self.values)

    @property
    def bins(self) -> int:
        """Into how many parts coverage divides it."""
        return len(self.values)

    def label(self, number: int) -> str:
        """Return a part in words."""
        return str(self.values[number])

    def grid(self) -> tuple[Value, ...]:
        """Return the places of a grid: every value, whatever its weight."""
        return self.values

    @property
    def written(self) -> dict[str, Any]:
        """It as a scenario writes it."""
        return {"weights": [[value, weight] for value, weight in zip(self.values, self.weights, strict=True)]}


@dataclass(frozen=True, slots=True)
class Poisson:
    """A Poisson distribution of whole numbers, cut off at two ends.

    Attributes:
        mean: Of the distribution before it is cut off.
        low: The least number.
        high: The greatest.
    """

    mean: float
    low: int
    high: int

    def _weighted(self) -> Weighted:
        middle = int(min(max(self.mean, self.low), self.high))
        reach = 12 * int(math.sqrt(self.mean) + 2)
        numbers = range(max(self.low, middle - reach), min(self.high, middle + reach) + 1)
        logs = [number * math.log(self.mean) - math.lgamma(number + 1) for number in numbers]
        return Weighted(tuple(numbers), tuple(math.exp(log - max(logs)) for log in logs))

    def at(self, share: float) -> Value:
        """Return the number below which a share of the distribution lies."""
        return self._weighted().at(share)

    @property
    def _usual(self) -> Range:
        """The numbers of all but two draws in a thousand."""
        low, high = int(self.at(0.001)), int(self.at(0.999))
        return Range(low, max(high, low + 1), whole=True)

    def share(self, value: Value) -> float:
        """Return where a number lies among the usual ones, 0 to 1."""
        return min(max(self._usual.share(value), 0.0), 1.0)

    @property
    def bins(self) -> int:
        """Into how many parts coverage divides the usual numbers."""
        return self._usual.bins

    def label(self, number: int) -> str:
        """Return a part in words."""
        return self._usual.label(number)

    def grid(self) -> tuple[Value, ...]:
        """Refuse.

        Raises:
            ValueError: Always.
        """
        raise ValueError(_NO_GRID)

    @property
    def written(self) -> dict[str, Any]:
        """It as a scenario writes it."""
        return {"poisson": self.mean, "from": self.low, "to": self.high}


def _below(deviations: float) -> float:
    """Return the share of a normal distribution below so many deviations."""
    return 0.5 * math.erfc(-deviations / math.sqrt(2))


def _found(weights: Sequence[float], share: float) -> tuple[int, float]:
    """Return which weight a share of all of them falls into, and how far into it."""
    wanted, last = share * sum(weights), max(i for i, weight in enumerate(weights) if weight > 0)
    for number, weight in enumerate(weights[:last]):
        if wanted < weight:
            return number, wanted / weight
        wanted -= weight
    return last, min(wanted / weights[last], 1.0)


def is_distribution(written: Any) -> bool:
    """Return whether an entry under `vary` is meant as a distribution."""
    return isinstance(written, Mapping) and bool({"mean", "deviation", "poisson", "bins", "weights"} & set(written))


def distribution_of(axis: Axis, written: Mapping[str, Any]) -> Normal | Histogram | Poisson | Weighted:
    """Return the distribution of an axis.

    Args:
        axis: The axis.
        written: `{mean: 10 mm/h, deviation: 3 mm/h}`, `{poisson: 4}`, both with `from` and `to` if they are cut off
            before the axis ends; `{bins: [[0, 2, 0.7], [2, 20, 0.3]]}` as low, high, weight;
            `{weights: [[noon, 3], [snow, 1]]}`.

    Raises:
        ValueError: It is none, or a value is not legal.
    """
    kind, keys = next(
        (name, keys)
        for name, keys in (("weights", ()), ("bins", ()), ("poisson", ("from", "to")), ("mean", _NORMAL))
        if name in written or name == "mean"
    )
    for key in written:
        if key != kind and key not in keys:
            raise ValueError(f"a distribution by {kind!r} has no {key!r}; it has {', '.join((kind, *keys))}")
    if kind == "weights":
        return _weighted(axis, written["weights"])
    if axis.choices:
        raise ValueError(f"{axis.name} is a word; its distribution is {{weights: [[{axis.choices[0]}, 1], ...]}}")
    if kind == "bins":
        return _histogram(axis, written["bins"])
    low, high = (
        float(axis.value(written[end])) if end in written else default
        for end, default in (("from", axis.low), ("to", axis.high))
    )
    if not low < high:
        raise ValueError(f"{axis.name} is drawn from {low:g} to {high:g}; the first must be the smaller")
    return _normal(axis, written, low, high) if kind == "mean" else _poisson(axis, written, low, high)


_NORMAL: Final = ("deviation", "from", "to")


def _normal(axis: Axis, written: Mapping[str, Any], low: float, high: float) -> Normal:
    if axis.whole:
        raise ValueError(f"{axis.name} is a whole number; its distribution is {{poisson: 3}} or {{weights: ...}}")
    if not {"mean", "deviation"} <= set(written):
        raise ValueError(f"{axis.name}: a normal distribution has a mean and a deviation")
    mean, deviation = axis.amount(written["mean"]), axis.amount(written["deviation"])
    if deviation <= 0:
        raise ValueError(f"{axis.name}: deviation={deviation:g}: it is above 0")
    made = Normal(mean, deviation, low, high)
    begin, end = made._ends
    if end - begin < 1e-6:
        raise ValueError(f"{axis.name}: nothing of the normal distribution lies between {low:g} and {high:g}")
    return made


def _poisson(axis: Axis, written: Mapping[str, Any], low: float, high: float) -> Poisson:
    mean = axis.amount(written["poisson"])
    if not 0 < mean <= 1e6:
        raise ValueError(f"{axis.name}: poisson={mean:g}: its mean is above 0 and at most a million")
    ends = max(math.ceil(max(low, 0.0)), 0), int(min(high, 2e6))
    if ends[0] > ends[1]:
        raise ValueError(f"{axis.name}: no number from 0 on lies between {low:g} and {high:g}")
    return Poisson(mean, *ends)


def _rows(written: Any, size: int, what: str) -> list[Sequence[Any]]:
    right = isinstance(written, list) and all(isinstance(row, list | tuple) and len(row) == size for row in written)
    if not right or not 1 <= len(written) <= _MOST:
        raise ValueError(f"{what}, and not {written!r:.60}")
    return list(written)


def _weight(written: Any) -> float:
    if isinstance(written, bool) or not isinstance(written, int | float) or not 0 <= written <= 1e12:
        raise ValueError(f"a weight is a number from 0 on, and not {written!r}")
    return float(written)


def _weighted(axis: Axis, written: Any) -> Weighted:
    rows = _rows(written, 2, f"weights of {axis.name} are a list of [value, weight]")
    values, weights = tuple(axis.value(row[0]) for row in rows), tuple(_weight(row[1]) for row in rows)
    if len(set(values)) < len(values) or not all(weights):
        raise ValueError(f"{axis.name}: each value has one weight, above 0")
    return Weighted(values, weights)


def _histogram(axis: Axis, written: Any) -> Histogram:
    rows = _rows(written, 3, f"bins of {axis.name} are a list of [low, high, weight]")
    ends = [(float(axis.value(low)), float(axis.value(high))) for low, high, _ in rows]
    weights = tuple(_weight(row[2]) for row in rows)
    if axis.whole or not any(weights) or any(low >= high for low, high in ends):
        raise ValueError(f"{axis.name}: bins have a low end, a high end above it, weights not all 0, and no whole axis")
    if any(before[1] != after[0] for before, after in pairwise(ends)):
        raise ValueError(f"{axis.name}: each bin begins where the one before it ends")
    return Histogram((ends[0][0], *(high for _, high in ends)), weights)
