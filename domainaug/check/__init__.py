"""Does this pipeline stay inside this profile?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domainaug.check.finding import Finding, Fix
from domainaug.check.report import Report

if TYPE_CHECKING:
    from domainaug.check.examine import check
    from domainaug.check.fix import apply_fixes
    from domainaug.check.narrow import compose_inside
    from domainaug.check.target import Target, load_target

__all__ = ["Finding", "Fix", "Report", "Target", "apply_fixes", "check", "compose_inside", "load_target"]

_LAZY = {
    "check": "examine",
    "apply_fixes": "fix",
    "compose_inside": "narrow",
    "load_target": "target",
    "Target": "target",
}


def __getattr__(name: str) -> Any:
    # albumentations takes its time to import, and a report can be read without it
    from importlib import import_module

    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
