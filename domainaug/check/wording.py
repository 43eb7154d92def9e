"""Numbers as a person reads them: effects with their units, limits as sentences, shares as percentages."""

from __future__ import annotations

import math

from domainaug.effects import Effect, Interval
from domainaug.generators import Frame
from domainaug.profile.model import Limit
from domainaug.profile.units import spacing_mm
from domainaug.turns import Islands

__all__ = ["amount", "number", "often", "quantity", "rule"]

_MOST_TOLD = 6  # islands
_SIGNS = {"exponent": "", "share": "%"}


def number(value: float) -> str:
    """Return a number in three digits, without an exponent where people would not write one."""
    if math.isinf(value):
        return "infinity" if value > 0 else "minus infinity"
    if value and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.2g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(row: Effect, value: float) -> float:
    return value * 100 if row.unit == "share" else value


def amount(row: Effect, value: float) -> str:
    """Return one value of an effect with its unit: "45 deg", "12 %", "0.9 x"."""
    sign = _SIGNS.get(row.unit, row.unit)
    return f"{number(_scaled(row, value))} {sign}".rstrip()


def quantity(row: Effect, interval: Interval) -> str:
    """Return a range of an effect in words: "±45 deg", "up to 12 %", "0.9 to 1.1 x", "without a bound"."""
    if row.is_flag:
        return "happens" if interval.high > 0.5 else "does not happen"
    if isinstance(interval, Islands) and all(part.low == part.high for part in interval.parts):
        return _points(row, interval)
    low, high = interval.low, interval.high
    if low == row.lowest and math.isinf(high):
        return "without a bound"
    if low == high:
        return amount(row, high)
    sign = _SIGNS.get(row.unit, row.unit)
    if row.neutral == 0 and math.isclose(-low, high, rel_tol=0.02):
        return f"±{amount(row, high)}"
    if math.isinf(high):
        return f"{amount(row, low)} and more, without a bound"
    if low >= row.neutral and math.isclose(low, row.neutral, abs_tol=row.absent):
        return f"up to {amount(row, high)}"
    if high <= row.neutral and math.isclose(high, row.neutral, abs_tol=row.absent):
        return f"down to {amount(row, low)}"
    return f"{number(_scaled(row, low))} to {number(_scaled(row, high))} {sign}".rstrip()


def _points(row: Effect, islands: Islands) -> str:
    """Return single values in words, such as angles; a half turn, which is at both ends, once."""
    values = [part.low for part in islands.parts if row.is_present(part.low)]
    if len(values) > 1 and (values[0], values[-1]) == (row.lowest, row.highest):
        values = values[1:]
    each = [number(_scaled(row, value)) for value in values]
    if len(each) > _MOST_TOLD:
        each = [*each[: _MOST_TOLD - 2], "...", each[-1]]
    listed = f"{', '.join(each[:-1])} and {each[-1]}" if len(each) > 1 else "".join(each)
    return f"{listed} {_SIGNS.get(row.unit, row.unit)}".rstrip()


def often(probability: float, *, about: bool = False) -> str:
    """Return a probability in words: "in 50 % of outputs"; an estimate is "in about 50 %"."""
    if probability >= 0.9995:
        return "in nearly every output" if about else "in every output"
    percent = probability * 100
    if percent < 1:
        return "in less than 1 % of outputs"
    return f"in {'about ' if about else ''}{percent:.0f} % of outputs"


def rule(limit: Limit, frame: Frame, allowed: Interval) -> str:
    """Return what a limit allows, in its own unit, and what that is in the effect's when they differ.

    Args:
        limit: The rule.
        frame: Gives the spacing that millimeters were converted with.
        allowed: What `bounds` says of it.
    """
    row = limit.effect
    words = _allowed_words(limit, allowed)
    if limit.allow == "range" and limit.unit == "mm":
        words += f" ({quantity(row, allowed)} at {number(spacing_mm(frame))} mm a pixel)"
    if limit.every is not None:
        words += f" around every {number(limit.every)} deg"
    if limit.p_max is None:
        return words
    share = f"in at most {number(limit.p_max * 100)} % of outputs"
    return share if limit.allow == "any" else f"{words}, {share}"


def _allowed_words(limit: Limit, allowed: Interval) -> str:
    if limit.allow == "never":
        return "never"
    if limit.allow == "any":
        return "anything"
    row = limit.effect
    if limit.unit in {"", row.unit}:
        if limit.every is not None:
            allowed = Interval(row.lowest if limit.low is None else limit.low, limit.high or 0.0)
        return _bounded(row, allowed)
    sign = limit.unit
    if limit.low is None or limit.low == 0:
        return f"at most {number(limit.high if limit.high is not None else math.inf)} {sign}"
    if limit.high is None:
        return f"at least {number(limit.low)} {sign}"
    if math.isclose(-limit.low, limit.high):
        return f"±{number(limit.high)} {sign}"
    return f"{number(limit.low)} to {number(limit.high)} {sign}"


def _bounded(row: Effect, allowed: Interval) -> str:
    if row.neutral == 0 and math.isclose(-allowed.low, allowed.high):
        return f"±{amount(row, allowed.high)}"
    if allowed.low <= row.lowest or (allowed.low == row.neutral and row.neutral == 0):
        return f"at most {amount(row, allowed.high)}"
    if allowed.high >= row.highest or math.isinf(allowed.high):
        return f"at least {amount(row, allowed.low)}"
    return (
        f"{number(_scaled(row, allowed.low))} to {number(_scaled(row, allowed.high))} {_SIGNS.get(row.unit, row.unit)}"
    )
