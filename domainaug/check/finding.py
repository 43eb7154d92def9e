"""A finding: one thing a pipeline does that its profile does not allow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from domainaug.effects import Interval

__all__ = ["Finding", "Fix", "Level"]

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Fix:
    """How to mend a finding.

    Attributes:
        action: "clamp" a parameter, or "remove" the transform.
        path: Where the transform sits: indices from the outermost Compose inwards.
        transform: Its class name.
        parameter: The parameter to clamp, or "".
        old: Its value.
        new: The value that keeps the limit.
    """

    action: Literal["clamp", "remove"]
    path: tuple[int, ...]
    transform: str
    parameter: str = ""
    old: Any = None
    new: Any = None

    def __str__(self) -> str:
        if self.action == "remove":
            return f"remove {self.transform}"
        return f"{self.transform}({self.parameter}={shown(self.new)}) instead of {shown(self.old)}"

    def as_dict(self) -> dict[str, Any]:
        """Return the fix as plain data for JSON."""
        return {
            "action": self.action,
            "path": list(self.path),
            "transform": self.transform,
            "parameter": self.parameter,
            "old": plain(self.old),
            "new": plain(self.new),
            "text": str(self),
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a pipeline does that its profile does not allow.

    Attributes:
        code: The code of the rule ("MED101"), or of the check itself ("DA1xx").
        severity: "error", "warning" or "note".
        effect: Name of the effect, or "".
        found: What was found, in words and with units.
        limit: What is allowed, in words and with units.
        reason: Why, in the words of the field.
        citation: Who says so, as readable references.
        where: Which transform does it ("OneOf > Rotate"), or "" for the whole pipeline.
        declared: What the transform says it does, in the effect's unit, or None.
        seen: What it was seen to do, likewise.
        seen_in: (draws it was beyond the limit in, draws made), or None.
        probability: Share of outputs expected beyond the limit, or None.
        fix: How to mend it, or None.
        path: Where the transform sits: indices from the outermost Compose inwards; () for the whole.
        follows: Breaches of the same step that go away with this one's fix, so nobody has to read them twice.
        waived: The reason it is waived, or "".
    """

    code: str
    severity: Level
    effect: str
    found: str
    limit: str
    reason: str
    citation: tuple[str, ...] = ()
    where: str = ""
    declared: Interval | None = None
    seen: Interval | None = None
    seen_in: tuple[int, int] | None = None
    probability: float | None = None
    fix: Fix | None = None
    path: tuple[int, ...] = ()
    follows: tuple[Finding, ...] = field(default=())
    waived: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain data for JSON; an unbounded end is null."""
        return {
            "code": self.code,
            "severity": self.severity,
            "effect": self.effect,
            "found": self.found,
            "limit": self.limit,
            "reason": self.reason,
            "citation": list(self.citation),
            "where": self.where,
            "path": list(self.path),
            "declared": _ends(self.declared),
            "seen": _ends(self.seen),
            "seen_in": list(self.seen_in) if self.seen_in else None,
            "probability": self.probability,
            "fix": self.fix.as_dict() if self.fix else None,
            "follows": [finding.as_dict() for finding in self.follows],
            "waived": self.waived or None,
        }


def shown(value: Any) -> str:
    """Return a parameter's value as a person writes it: no more than six digits, no ghost of binary fractions."""
    if isinstance(value, tuple | list):
        inside = ", ".join(shown(item) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {shown(item)}" for key, item in value.items()) + "}"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _ends(interval: Interval | None) -> list[float | None] | None:
    if interval is None:
        return None
    return [end if math.isfinite(end) else None for end in (interval.low, interval.high)]


def plain(value: Any) -> Any:
    """Return a parameter's value as JSON can hold it: tuples as lists, infinities as null, the rest as text."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
