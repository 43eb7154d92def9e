"""What is in a data set, before anything is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domainaug.exploring.report import Exploration
    from domainaug.exploring.survey import explore

__all__ = ["Exploration", "explore"]

_HOME = {"Exploration": "report", "explore": "survey"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(f"domainaug.exploring.{_HOME[name]}"), name)
    globals()[name] = found
    return found
