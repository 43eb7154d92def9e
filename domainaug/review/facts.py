"""What a reviewer is told of a copy: what was drawn on it, what it was rendered with, what happened to it."""

from __future__ import annotations

from typing import Any, Final

from domainaug.profile.contact_sheet import happened
from domainaug.review.candidates import Candidate

__all__ = ["facts_of"]

_SHOWN: Final = 4


def facts_of(one: Candidate) -> str:
    """Return a copy in words: "scratch; rotation 4.1 deg, noise 2 %", or "dent; light ring, defect size 2.8"."""
    varied = {name: value for name, value in one.varied.items() if value != one.stratum.kind}
    words = sorted(varied.items(), key=lambda each: not isinstance(each[1], str))  # names first, then numbers
    told = [f"{name.replace('_', ' ')} {_short(value)}" for name, value in words[:_SHOWN]]
    if len(words) > _SHOWN:
        told.append(f"+{len(words) - _SHOWN} more")
    if one.effects or not told:
        told += happened({"effects": one.effects})
    said = ", ".join(told)
    return f"{one.stratum.kind}; {said}" if one.stratum.kind else said


def _short(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"
