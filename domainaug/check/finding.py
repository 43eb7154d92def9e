"""A finding: one thing a pipeline does that its profile does not allow."""

from __future__ import annotations

from dataclasses import dataclass
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
        return f"{self.transform}({self.parameter}={self.new!r}) instead of {self.old!r}"


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
