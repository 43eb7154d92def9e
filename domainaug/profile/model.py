"""What a profile is, once read: limits on effects, each with a reason, and a recipe inside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from domainaug.effects import Effect, Interval, applicable
from domainaug.generators import Frame

__all__ = ["Allow", "Condition", "Evidence", "Limit", "Profile", "Severity", "Strength", "ValueRange"]

Strength = Literal["strong", "moderate", "opinion"]
Severity = Literal["error", "warning"]
Allow = Literal["never", "any", "range"]

Condition = Mapping[str, tuple[Any, ...]]
"""Option name to the values that fulfil it; every option named must fulfil its part."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who says so.

    Attributes:
        cite: Key of an entry in `profiles/references.bib`; empty for an opinion of ours.
        strength: How well it is supported.
        note: What was found there, in a few words.
    """

    cite: str
    strength: Strength
    note: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule of a profile, for one effect.

    Attributes:
        effect: The effect it limits.
        code: Its stable code ("MED101"); a rule that speaks of several effects has one code for all.
        allow: "never" (stays neutral), "any" (the field tolerates it) or "range".
        low: Lower end in `unit`, for a range.
        high: Upper end in `unit`, for a range.
        unit: Unit of the ends: the effect's own, or mm, %, px, HU where they convert.
        p_max: How often, at most, the effect may happen (share of outputs), or None.
        unless: The rule is lifted when these options are so.
        when: The rule holds only when these options are so.
        severity: What a breach is.
        reason: Why, in the words of the field.
        evidence: Who supports it.
        counter_evidence: Who does otherwise.
        origin: Where it was written: profile id and line.
    """

    effect: Effect
    code: str
    allow: Allow
    reason: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    p_max: float | None = None
    unless: Condition | None = None
    when: Condition | None = None
    severity: Severity = "error"
    evidence: tuple[Evidence, ...] = ()
    counter_evidence: tuple[Evidence, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ValueRange:
    """What pixel values mean in a field.

    Attributes:
        low: Dark end of the range, in `unit`; None to take it from the image's type or tags.
        high: Bright end, likewise.
        unit: What values count ("HU", "level" ...).
        fill: The value outside the field of view, in `unit`; None for the low end.
    """

    low: float | None = None
    high: float | None = None
    unit: str = "level"
    fill: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """The limits of one field, resolved: parents merged in, options and waivers applied.

    Attributes:
        id: "medical/chest-xray".
        version: Semantic version of the file.
        title: A name for people.
        abstract: Only there to be extended.
        parents: Ids of what it extends, nearest first.
        applies_to: What it is for; free-form, and `dicom` holds tag values.
        frame: The image the check assumes when it is told nothing else.
        value_range: What pixel values mean.
        limits: Every rule, in order; several rules may bind one effect.
        recipe: The pipeline, as written: a list of one-key mappings.
        options: Name to value in force.
        option_help: Name to what it means.
        waivers: Code to the reason it is waived.
        path: The file it was read from.
        digest: SHA-256 of the resolved content, hex.
    """

    id: str
    version: str
    title: str
    limits: tuple[Limit, ...]
    recipe: tuple[Mapping[str, Any], ...] = ()
    abstract: bool = False
    parents: tuple[str, ...] = ()
    applies_to: Mapping[str, Any] = field(default_factory=dict)
    frame: Frame = field(default_factory=Frame)
    value_range: ValueRange = field(default_factory=ValueRange)
    options: Mapping[str, Any] = field(default_factory=dict)
    option_help: Mapping[str, str] = field(default_factory=dict)
    waivers: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None
    digest: str = ""

    def in_force(self, effect_name: str) -> tuple[Limit, ...]:
        """Return the rules that bind `effect_name` under the options in force, waived ones included."""
        return tuple(x for x in self.limits if x.effect.name == effect_name and self._holds(x))

    def _holds(self, limit: Limit) -> bool:
        if limit.when is not None and not self._fulfilled(limit.when):
            return False
        return not (limit.unless is not None and self._fulfilled(limit.unless))

    def _fulfilled(self, condition: Condition) -> bool:
        return all(self.options.get(name) in values for name, values in condition.items())

    def unspoken(self) -> Iterator[Effect]:
        """Yield the effects that can happen to this kind of image and that no rule mentions."""
        spoken = {limit.effect.name for limit in self.limits}
        for row in applicable(color=self.frame.channels > 1, volume=self.frame.volume):
            if row.name not in spoken:
                yield row

    def with_frame(self, frame: Frame) -> Profile:
        """Return the profile for images like `frame`."""
        return replace(self, frame=frame)


def bounds(limit: Limit, frame: Frame) -> Interval:
    """Return what `limit` allows, in the effect's own unit.

    Args:
        limit: The rule.
        frame: Gives the pixel spacing and value range that mm and HU need.

    Raises:
        domainaug.errors.ProfileError: The unit does not convert to the effect's.
    """
    from domainaug.profile.units import to_effect_unit

    if limit.allow == "never":
        return limit.effect.still
    if limit.allow == "any":
        return limit.effect.anything
    low = limit.effect.lowest if limit.low is None else to_effect_unit(limit.low, limit.unit, limit.effect, frame)
    high = limit.effect.highest if limit.high is None else to_effect_unit(limit.high, limit.unit, limit.effect, frame)
    return Interval(low, high)
