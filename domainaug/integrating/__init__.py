"""One training set of originals and accepted copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domainaug.integrating.composing import integrate
    from domainaug.integrating.summary import SetSummary

__all__ = ["SetSummary", "integrate"]

_HOME = {"SetSummary": "summary", "integrate": "composing"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(f"domainaug.integrating.{_HOME[name]}"), name)
    globals()[name] = found
    return found
