"""The effects of a record, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domainaug.effects import EFFECTS, Effect

__all__ = ["effects_in_words"]

_GAP = "\N{NO-BREAK SPACE}"
_DERIVED = frozenset({"outside", "field_of_view", "tone"})  # they follow from the ones that are named


def effects_in_words(record: Mapping[str, Any]) -> str:
    """Return "rotation -3.1 deg, contrast x 1.08, noise 0.9 %".

    Args:
        record: A pipeline's record; `effects` maps names to a value or to [low, high], None for no bound.
    """
    words = []
    for name, value in record.get("effects", {}).items():
        row = EFFECTS[name]
        if name in _DERIVED:
            continue
        plain = name.replace("_", " ")
        words.append(plain if row.is_flag else f"{plain} {_size(row, value)}")
    return ", ".join(words) or "nothing large enough to see"


def _size(row: Effect, value: Any) -> str:
    if not isinstance(value, list | tuple):
        return _amount(row, value)
    ends = [end for end in value if end is not None]
    return f"up to {_amount(row, max(ends, key=lambda end: abs(end - row.neutral)))}" if len(ends) == 2 else "unbounded"


def _amount(row: Effect, value: float) -> str:
    if row.unit == "share":
        return f"{value * 100:.1f}{_GAP}%"
    if row.unit in ("x", "exponent"):
        return f"x{_GAP}{value:.2f}" if row.unit == "x" else f"{value:.2f}"
    return f"{value:.1f}{_GAP}{row.unit}"
