"""From the unit a limit is written in to the unit its effect is measured in.

| written | effect's unit | what it takes |
|---|---|---|
| % | share, x | nothing |
| px | share (lengths) | the size of the frame |
| % or share | px | the size of the frame |
| mm | px, share (lengths) | the pixel spacing; the size of the frame for shares |
| HU, level | share (of the value range) | the value range; the amounts are differences |

A share of length counts in sides, and a side is the square root of the frame's area, as in `Frame.side`.
Where rows and columns have different spacing, the geometric mean stands for both.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from domainaug.effects import Effect, Interval
from domainaug.errors import ProfileError
from domainaug.generators import Frame
from domainaug.turns import comes_round

if TYPE_CHECKING:
    from domainaug.profile.model import Limit

__all__ = ["ASSUMED_SPACING_MM", "LENGTHS", "VALUES", "assumptions", "bounds", "spacing_mm", "to_effect_unit"]

ASSUMED_SPACING_MM = 1.0
"""Spacing that stands in where nobody gave one: the coarse end of what clinical and inspection images have.

Coarse is the safe side: the coarser the pixels, the fewer of them a limit in mm allows.
"""

LENGTHS = frozenset({"shift", "perspective", "local_warp"})
"""Effects in shares that are shares of a length."""

VALUES = frozenset({"brightness", "tone", "local_gain", "color_cast", "noise", "streaks"})
"""Effects in shares that are shares of the value range."""


def spacing_mm(frame: Frame) -> float:
    """Return millimeters a pixel, assumed where the frame has none."""
    if frame.spacing is None:
        return ASSUMED_SPACING_MM
    return math.sqrt(frame.spacing[0] * frame.spacing[1])


def to_effect_unit(value: float, unit: str, effect: Effect, frame: Frame) -> float:
    """Return `value` in the unit that `effect` is measured in.

    Args:
        value: The amount.
        unit: What it is written in; "" for the effect's own.
        effect: Whose unit is wanted.
        frame: Size, spacing and value range.

    Raises:
        ProfileError: The unit does not convert; the message names those that do.
    """
    if unit in ("", effect.unit):
        return value
    factor = _factor(unit, effect, frame)
    if factor is None:
        legal = ", ".join(convertible(effect))
        raise ProfileError(f"{effect.name} is measured in {effect.unit}, {unit} does not convert to it; legal: {legal}")
    return value * factor


def convertible(effect: Effect) -> tuple[str, ...]:
    """Return the units a limit on `effect` may be written in, the effect's own first."""
    if effect.unit == "share":
        extra = ("px", "mm") if effect.name in LENGTHS else ("HU", "level") if effect.name in VALUES else ()
        return ("share", "%", *extra)
    return {"x": ("x", "%"), "px": ("px", "mm", "share", "%")}.get(effect.unit, (effect.unit,))


def _factor(unit: str, effect: Effect, frame: Frame) -> float | None:
    if unit not in convertible(effect):
        return None
    if effect.unit == "px":
        return {"mm": 1 / spacing_mm(frame), "share": frame.side, "%": frame.side / 100}[unit]
    if unit in ("HU", "level"):
        return 1 / frame.span
    return {"%": 0.01, "px": 1 / frame.side, "mm": 1 / (frame.side * spacing_mm(frame))}[unit]


def bounds(limit: Limit, frame: Frame) -> Interval:
    """Return what `limit` allows, in the effect's own unit: one interval, or several apart.

    Args:
        limit: The rule.
        frame: Gives the pixel spacing and value range that mm and HU need.

    Raises:
        ProfileError: The unit does not convert to the effect's.
    """
    row = limit.effect
    if limit.allow == "never":
        return row.still
    if limit.allow == "any":
        return row.anything
    low = row.lowest if limit.low is None else to_effect_unit(limit.low, limit.unit, row, frame)
    high = row.highest if limit.high is None else to_effect_unit(limit.high, limit.unit, row, frame)
    once = Interval(low, high)
    return once if limit.every is None else comes_round(once, limit.every)


def assumptions(limit: Limit, frame: Frame) -> str | None:
    """Return what `bounds` had to assume about the image to judge `limit`, in one sentence, or None."""
    if limit.allow != "range" or limit.unit in ("", limit.effect.unit):
        return None
    if limit.unit == "mm" and frame.spacing is None:
        return f"pixel spacing is not known: {ASSUMED_SPACING_MM:g} mm a pixel is assumed for {limit.code}"
    if limit.unit in ("HU", "level") and limit.unit != frame.unit:
        return (
            f"values are in {frame.unit}, {limit.code} is in {limit.unit}: "
            f"a range of {frame.low:g} to {frame.high:g} {limit.unit} is assumed"
        )
    return None
