"""Limits and conditions as a person reads them."""

from __future__ import annotations

import math

from domainaug.effects import Effect, Interval
from domainaug.profile.model import Condition, Limit

__all__ = ["condition_in_words", "limit_in_words", "range_in_words"]

_SIGNS = {"share": "", "x": "x", "exponent": "", "flag": ""}


def limit_in_words(limit: Limit) -> str:
    """Return what a limit allows, in the unit it was written in: "-10 to 10 deg", "never", "at most 5 %"."""
    often = "" if limit.p_max is None else f"in at most {limit.p_max * 100:.4g} % of images"
    if limit.allow == "never":
        return "never"
    if limit.allow == "any":
        return often or "any amount"
    low, high, scale = limit.low, limit.high, 1.0
    unit = limit.unit or limit.effect.unit
    if unit == "share":
        unit, scale = "%", 100.0
    unit = _SIGNS.get(unit, unit)
    if low is None and high is not None:
        words = f"at most {high * scale:.4g} {unit}"
    elif high is None and low is not None:
        words = f"at least {low * scale:.4g} {unit}"
    else:
        words = f"{(low or 0.0) * scale:.4g} to {(high or 0.0) * scale:.4g} {unit}"
    if limit.every is not None:
        words = f"{words.strip()} around every {limit.every:.4g} deg"
    return ", ".join(part for part in (words.strip(), often) if part)


def range_in_words(row: Effect, interval: Interval) -> str:
    """Return what can happen: "-45 to 45 deg", "0 to 28 %", "happens", "without a bound"."""
    if row.is_flag:
        return "happens"
    if math.isinf(interval.high) or interval == row.anything:
        return "without a bound"
    scale, unit = (100.0, "%") if row.unit == "share" else (1.0, _SIGNS.get(row.unit, row.unit))
    return f"{interval.low * scale:.3g} to {interval.high * scale:.3g} {unit}".strip()


def condition_in_words(condition: Condition) -> str:
    """Return a condition as a person reads it: "laterality_free", "symmetry is C4 or D2"."""
    return " and ".join(_one(name, values) for name, values in condition.items())


def _one(name: str, values: tuple[object, ...]) -> str:
    if not values or values == (True,):
        return name
    if values == (False,):
        return f"not {name}"
    return f"{name} is {' or '.join(map(str, values))}"
