"""What the gate says of a defect, in words: every number it measured beside what it asks for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from domainaug.manufacturing.gate import Gate, Refusal, Verdict

__all__ = ["Criterion", "criteria_of", "reason_of", "summary_of"]

_REASONS = {
    "off-part": "It lies beside the part, or beyond the picture",
    "empty": "Its mask marks nothing",
    "invisible": "Nobody would see it: the label would mark nothing",
    "seam": "It ends at an edge that a real one has not",
    "outside": "Something changed far from its mask",
    "mask-unchanged": "Its mask marks what did not change",
    "mask-misses": "Something changed that its mask does not mark",
    "too-small": "It is smaller than the class is",
    "too-large": "It is larger than the class is",
    "unlike-real": "Real defects of the class look otherwise",
    "no-room": "The part has no room for it there",
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing the gate looks at.

    Attributes:
        asks: What has to be so.
        measured: What was measured, in words.
        limit: What would pass, in words.
        passed: Whether it does.
    """

    asks: str
    measured: str
    limit: str
    passed: bool


def reason_of(refusal: Refusal) -> str:
    """Return a refusal as a sentence without its full stop."""
    return _REASONS.get(refusal.code, refusal.code)


def summary_of(verdict: Verdict) -> str:
    """Return what the gate says, as a sentence or two."""
    if verdict.accepted:
        return "Accepted: it lies on the part, can be seen, and its mask is true."
    return f"Refused. {'. '.join(map(reason_of, verdict.refusals))}."


def criteria_of(verdict: Verdict, gate: Gate) -> tuple[Criterion, ...]:
    """Return everything the gate looked at, in its own order; nothing where there was nothing to look at.

    Args:
        verdict: What it said.
        gate: Its thresholds.
    """
    if "no-room" in verdict.codes or "empty" in verdict.codes:
        return ()
    return tuple(_criteria(verdict, gate))


def _criteria(verdict: Verdict, gate: Gate) -> Iterator[Criterion]:
    seen = verdict.measures
    yield _least("It lies on the part", seen.on_part, gate.on_part, _share("of the mask"))
    yield _least("It can be seen", seen.contrast, gate.contrast, _times("the texture around"))
    if math.isfinite(gate.seam):
        yield _most("It has no seam", seen.seam, gate.seam, _times("as steep along its rim"))
    yield _most("Nothing else changed", seen.outside, gate.outside, _share("of the change is beside the mask"))
    yield _least("Its mask marks what changed", seen.mask_changed, gate.mask_changed, _share("of the mask changed"))
    yield _least("What changed is marked", seen.change_marked, gate.change_marked, _share("of the change is marked"))
    for name, ends, unit in (("length", gate.length_mm, "mm"), ("area", gate.area_mm2, "mm²")):
        value = seen.length_mm if name == "length" else seen.area_mm2
        if ends is not None:
            low, high = ends
            told = f"{low:.3g} to {high:.3g} {unit}"
            yield Criterion(f"Its {name} is of the class", f"{value:.3g} {unit}", told, low <= value <= high)
    if gate.real is not None:
        yield _most("It looks like the real ones", verdict.distance, gate.distance, lambda x: f"{x:.2g} deviations off")


def _least(asks: str, value: float, limit: float, told: Callable[[float], str]) -> Criterion:
    return Criterion(asks, told(value), f"at least {_bare(told, limit)}", value >= limit)


def _most(asks: str, value: float, limit: float, told: Callable[[float], str]) -> Criterion:
    return Criterion(asks, told(value), f"at most {_bare(told, limit)}", value <= limit)


def _bare(told: Callable[[float], str], limit: float) -> str:
    """Return a limit with its unit, and without what it is a share of."""
    words = told(limit).split()
    return " ".join(words[:2]) if words[1:2] == ["%"] else words[0]


def _share(of: str) -> Callable[[float], str]:
    return lambda value: f"{100 * value:.3g} % {of}"


def _times(what: str) -> Callable[[float], str]:
    return lambda value: f"{value:.2f} times {what}"
