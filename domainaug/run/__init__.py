"""From a plan to files on disk, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domainaug.run.augment import augment
    from domainaug.run.replay import Difference, ReplayReport, replay
    from domainaug.run.summary import Estimate, Progress, RunSummary

__all__ = ["Difference", "Estimate", "Progress", "ReplayReport", "RunSummary", "augment", "replay"]

_HOME = {
    "augment": "augment",
    "replay": "replay",
    "Difference": "replay",
    "ReplayReport": "replay",
    "Estimate": "summary",
    "Progress": "summary",
    "RunSummary": "summary",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(f"domainaug.run.{_HOME[name]}"), name)
    globals()[name] = found  # over the submodule of the same name
    return found
