"""What a callable was seen to do over many draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domainaug.check.measured.one_draw import Measured
from domainaug.effects import EFFECTS, EffectRanges, Interval

__all__ = ["Observation", "Problem", "summed_up"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a callable does that no effect describes.

    Attributes:
        kind: "raises", "returns-nothing", "other-type", "not-finite", "other-rank", "destroys",
            "changes-input", "out-of-range", "not-copied".
        message: One sentence.
        count: In how many draws.
    """

    kind: str
    message: str
    count: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What was seen.

    Attributes:
        ranges: Effect name to the hull over the analyzed draws, for effects that were present in one.
        draws: Draws made and screened.
        analyzed: Draws looked at closely.
        counts: Effect name to the number of draws it was present in. Draws that were only screened count as
            the analyzed draw they look most like.
        per_draw: What was read in each analyzed draw.
        silence: What it means that an effect was not seen.
        problems: What else went wrong.
        unreadable: Why nothing could be read at all, or None.
        seconds: How long it took.
        style: How the callable was called.
        labeled: Whether labels travel with the picture, so that the map is exact.
        withheld: Effects that no draw could be judged on.
        like: For each draw, the analyzed draw it looks most like, and its exact geometry where masks tell it.
    """

    ranges: EffectRanges = field(default_factory=dict)
    draws: int = 0
    analyzed: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    per_draw: tuple[Measured, ...] = ()
    silence: str = ""
    problems: tuple[Problem, ...] = ()
    unreadable: str | None = None
    seconds: float = 0.0
    style: str = ""
    labeled: bool = False
    withheld: frozenset[str] = frozenset()
    like: tuple[tuple[int, Mapping[str, float] | None], ...] = ()

    def beyond(self, effect: str, allowed: Interval) -> tuple[int, int]:
        """Return in how many draws the effect was outside `allowed`, and how many could be judged on it."""
        outside = judged = 0
        for index, geometry in self.like:
            value = value_of(self.per_draw[index], geometry, effect)
            if value is not None:
                judged += 1
                outside += value not in allowed
        return outside, judged


def value_of(measured: Measured, geometry: Mapping[str, float] | None, effect: str) -> float | None:
    """Return what a draw's effect was, neutral when nothing was read, or None when it could not be judged."""
    if geometry is not None and effect in geometry and not measured.astray:
        return geometry[effect]
    if measured.unreadable or effect in measured.withheld:
        return None
    return float(measured.values.get(effect, EFFECTS[effect].neutral))


def summed_up(
    per_draw: list[Measured], like: list[tuple[int, Mapping[str, float] | None]], extra: list[Measured]
) -> tuple[dict[str, Interval], dict[str, int], frozenset[str]]:
    """Return the hull and the count of every effect that was present, and the effects never judged.

    Args:
        per_draw: The analyzed draws.
        like: Which of them each draw looks like, with its exact geometry where known.
        extra: Draws on other pictures; they widen the hull and are not counted.
    """
    ranges: dict[str, Interval] = {}
    counts: dict[str, int] = {}
    withheld = set()
    for name, row in EFFECTS.items():
        values = [value_of(measured, None, name) for measured in [*per_draw, *extra]]
        known = [value for value in values if value is not None]
        if not known:
            withheld.add(name)
            continue
        if any(row.is_present(value) for value in known):
            ranges[name] = Interval.of(known)
            seen = [value_of(per_draw[index], geometry, name) for index, geometry in like]
            counts[name] = sum(1 for value in seen if value is not None and row.is_present(value))
    return ranges, counts, frozenset(withheld)
