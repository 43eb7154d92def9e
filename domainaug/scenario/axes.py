"""What of a world can vary, and the plain ways of varying it: a range, a list."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from domainaug.errors import nearest

__all__ = ["Axis", "Choices", "Range", "Value", "rounded"]

Value = float | int | str
"""A point's place on an axis."""

_AMOUNT = re.compile(
    r"\s*([-+]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][-+]?\d{1,2})?)\s*(\D.{0,15})?\s*", re.ASCII
)
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing of a simulator's worlds that can be set.

    Attributes:
        name: As scenarios write it.
        meaning: What it is, in one sentence.
        default: Where it stands when a scenario does not say.
        unit: What numbers count ("deg", "mm", "kV" ...), or "".
        low: The least legal number.
        high: The greatest.
        choices: The legal words, of an axis that is no number.
        whole: Whether only whole numbers are legal.
        moves_labels: Whether labels depend on it. Variants that differ along other axes alone have the same labels,
            byte for byte.
    """

    name: str
    meaning: str
    default: Value
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    whole: bool = False
    moves_labels: bool = False

    def value(self, written: Any) -> Value:
        """Return what a scenario means by `written`: 12, "12 deg", a word.

        Raises:
            ValueError: It is not legal here; the message says what is.
        """
        if self.choices:
            if isinstance(written, str) and written in self.choices:
                return written
            near = nearest(str(written), self.choices)
            hint = f"did you mean {near!r}?" if near else "known: " + ", ".join(self.choices)
            raise ValueError(f"{self.name} is a word and not {written!r}; {hint}")
        number = self.amount(written)
        if not self.low <= number <= self.high:
            raise ValueError(f"{self.name} lies between {self.low:g} and {self.high:g} {self.unit}".rstrip() +
                             f", and not at {number:g}")  # fmt: skip
        if self.whole:
            if number != round(number):
                raise ValueError(f"{self.name} is a whole number, and not {number:g}")
            return round(number)
        return rounded(number)

    def amount(self, written: Any) -> float:
        """Return the number that `written` tells, legal or not: 12, "12 deg".

        Raises:
            ValueError: It is no number, or in another unit.
        """
        default = f"{self.default:g}" if isinstance(self.default, float) else self.default
        example = f"{default}{' ' if self.unit else ''}{self.unit}"
        if isinstance(written, int | float) and not isinstance(written, bool) and math.isfinite(written):
            return float(written)
        found = _AMOUNT.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            raise ValueError(f"{self.name} is an amount such as {example}, and not {written!r}")
        unit = (found.group(2) or "").strip()
        if unit not in ("", self.unit):
            raise ValueError(
                f"{self.name} counts {self.unit or 'nothing'}, and {written!r} is in {unit!r}; write it like {example}"
            )
        return float(found.group(1))


def rounded(number: float) -> float:
    """Return a number as scenarios, ids and records tell it: to 12 digits."""
    return float(f"{number:.{_DIGITS}g}")


@dataclass(frozen=True, slots=True)
class Range:
    """An axis varied between two ends.

    Attributes:
        low: One end.
        high: The other, above it.
        scale: "linear", or "log" for even steps in the logarithm.
        steps: How many places a grid takes, both ends among them.
        whole: Whether only whole numbers are taken.
    """

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"
    steps: int | None = None
    whole: bool = False

    def at(self, share: float) -> Value:
        """Return the value at a share of the way, 0 to below 1."""
        if self.whole:
            return min(int(self.low) + int(share * (self.high - self.low + 1)), int(self.high))
        if self.scale == "log":
            return rounded(self.low * (self.high / self.low) ** share)
        return rounded(self.low + (self.high - self.low) * share)

    def share(self, value: Value) -> float:
        """Return where a value lies, 0 to 1; in the middle of its step, of whole numbers."""
        number = float(value)
        if self.whole:
            return (number - self.low + 0.5) / (self.high - self.low + 1)
        if self.scale == "log":
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    @property
    def written(self) -> dict[str, Any]:
        """As a scenario file has it: `spread_of` reads it back."""
        ends = {"from": self.low, "to": self.high}
        return {**ends, "scale": self.scale, **({} if self.steps is None else {"steps": self.steps})}

    @property
    def bins(self) -> int:
        """Into how many parts coverage divides it."""
        return min(_BINS, int(self.high - self.low) + 1) if self.whole else _BINS

    def label(self, number: int) -> str:
        """Return a part in words."""
        ends = [self.at(min(share, 1.0)) for share in (number / self.bins, (number + 1) / self.bins)]
        return str(ends[0]) if self.whole and self.bins > self.high - self.low else f"{ends[0]:.4g} to {ends[1]:.4g}"

    def grid(self) -> tuple[Value, ...]:
        """Return the places of a grid.

        Raises:
            ValueError: It has no steps.
        """
        if self.steps is None:
            raise ValueError("a grid needs `steps` here, 2 or more, or a list of values in place of the range")
        ends = np.geomspace if self.scale == "log" else np.linspace
        places = [rounded(float(value)) for value in ends(self.low, self.high, self.steps)]
        return tuple(dict.fromkeys(round(value) if self.whole else value for value in places))


@dataclass(frozen=True, slots=True)
class Choices:
    """An axis varied over a list of values.

    Attributes:
        values: The values, each once.
    """

    values: tuple[Value, ...]

    def at(self, share: float) -> Value:
        """Return the value at a share of the way, 0 to below 1."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]

    def share(self, value: Value) -> float:
        """Return where a value lies, 0 to 1: in the middle of its part."""
        return (self.values.index(value) + 0.5) / len(self.values)

    @property
    def written(self) -> list[Value]:
        """As a scenario file has it: `spread_of` reads it back."""
        return list(self.values)

    @property
    def bins(self) -> int:
        """Into how many parts coverage divides it."""
        return len(self.values)

    def label(self, number: int) -> str:
        """Return a part in words."""
        return str(self.values[number])

    def grid(self) -> tuple[Value, ...]:
        """Return the places of a grid."""
        return self.values


_BINS = 8
