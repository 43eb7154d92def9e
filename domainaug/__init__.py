"""Augmentation that knows what its field allows.

    import domainaug as da

    profile = da.load_profile("medical/chest-xray")
    pipeline = profile.compose(seed=7)       # an albumentations.Compose
    report = profile.check(my_pipeline)      # what it does that the field does not allow, and why

Names are imported when they are first used, so that `import domainaug` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domainaug._version import __version__

if TYPE_CHECKING:
    from domainaug import effects, transforms
    from domainaug.check.finding import Finding
    from domainaug.check.report import Report
    from domainaug.exploring import explore
    from domainaug.integrating import integrate
    from domainaug.medical import read_study
    from domainaug.pipeline import Pipeline
    from domainaug.profile import Profile, list_profiles, load_profile
    from domainaug.review import Review
    from domainaug.run import augment, replay, simulate

__all__ = [
    "Finding",
    "Pipeline",
    "Profile",
    "Report",
    "Review",
    "__version__",
    "augment",
    "effects",
    "explore",
    "integrate",
    "list_profiles",
    "load_profile",
    "read_study",
    "replay",
    "simulate",
    "transforms",
]

_HOME = {
    "Finding": "domainaug.check.finding",
    "Pipeline": "domainaug.pipeline",
    "Profile": "domainaug.profile.model",
    "Report": "domainaug.check",
    "Review": "domainaug.review",
    "augment": "domainaug.run",
    "explore": "domainaug.exploring",
    "integrate": "domainaug.integrating",
    "list_profiles": "domainaug.profile.catalogue",
    "load_profile": "domainaug.profile.catalogue",
    "read_study": "domainaug.medical",
    "replay": "domainaug.run",
    "simulate": "domainaug.run",
}
"""Where each public name lives. `check` is a package of that name; the function is `Profile.check`."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("effects", "transforms"):
        return import_module(f"domainaug.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'domainaug' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
