"""People's yes and no on what a run made, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domainaug.review.intervals import sample_size
    from domainaug.review.reviewing import Review, State
    from domainaug.review.thresholds import Tightening
    from domainaug.review.verdicts import Verdict, rejected

__all__ = ["Review", "State", "Tightening", "Verdict", "rejected", "sample_size"]

_HOME = {
    "Review": "reviewing",
    "State": "reviewing",
    "Tightening": "thresholds",
    "Verdict": "verdicts",
    "rejected": "verdicts",
    "sample_size": "intervals",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(f"domainaug.review.{_HOME[name]}"), name)
    globals()[name] = found
    return found
