"""The effects of a record, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domainaug.effects import EFFECTS, Effect

__all__ = ["effects_in_words"]

_DERIVED = frozenset({"outside", "field_of_view", "tone"})  # they follow from the ones that are named


def effects_in_words(record: Mapping[str, Any]) -> str:
    """Return "rotation -3.1 deg, contrast x 1.08, noise 0.9 %", present effects only.

    Args:
        record: A pipeline's record; `effects` maps names to a value or to [low, high].
    """
    words = []
    for name, value in record.get("effects", {}).items():
        row = EFFECTS[name]
        low, high = value if isinstance(value, list | tuple) else (value, value)
        if name in _DERIVED or not (row.is_present(low) or row.is_present(high)):
            continue
        size = _amount(row, low) if low == high else f"up to {_amount(row, high)}"
        words.append(name.replace("_", " ") if row.is_flag else f"{name.replace('_', ' ')} {size}")
    return ", ".join(words) or "nothing large enough to see"


def _amount(row: Effect, value: float) -> str:
    if row.unit == "share":
        return f"{value * 100:.1f} %"
    if row.unit in ("x", "exponent"):
        return f"x {value:.2f}" if row.unit == "x" else f"{value:.2f}"
    return f"{value:.1f} {row.unit}"
