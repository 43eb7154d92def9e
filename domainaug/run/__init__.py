"""From a plan to files on disk, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domainaug.run.augmenting import augment
    from domainaug.run.calibrating import SetCalibration, calibrate_set
    from domainaug.run.proof import Difference, ReplayReport
    from domainaug.run.replaying import replay
    from domainaug.run.simulating import SimulationSummary, simulate
    from domainaug.run.summary import Estimate, Progress, RunSummary

__all__ = [
    "Difference",
    "Estimate",
    "Progress",
    "ReplayReport",
    "RunSummary",
    "SetCalibration",
    "SimulationSummary",
    "augment",
    "calibrate_set",
    "replay",
    "simulate",
]

_HOME = {
    "augment": "augmenting",
    "calibrate_set": "calibrating",
    "SetCalibration": "calibrating",
    "replay": "replaying",
    "simulate": "simulating",
    "SimulationSummary": "simulating",
    "Difference": "proof",
    "ReplayReport": "proof",
    "Estimate": "summary",
    "Progress": "summary",
    "RunSummary": "summary",
}
"""Name to the file it is in; no file has the name of a function, which importing it would put in its place."""


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(f"domainaug.run.{_HOME[name]}"), name)
    globals()[name] = found
    return found
