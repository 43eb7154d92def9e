"""What a plan of a set would take: copies of a few items made for real, in a folder elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domainaug.profile.model import Profile
from domainaug.run.augmenting import augment
from domainaug.run.sets import SetPlan
from domainaug.run.summary import RunSummary

__all__ = ["estimated"]


def estimated(
    source: Path | str,
    plan: SetPlan,
    profile: Profile | Path | str,
    *,
    options: Mapping[str, Any] | None = None,
    engine: str = "local",
    workers: int | None = None,
) -> RunSummary:
    """Return what a dry run of a plan tells: disk and time, from copies of five items; nothing is kept.

    Args:
        source: The data set.
        plan: How many copies each item gets.
        profile: Id, path of a YAML file, or a loaded profile.
        options: Options of the profile, name to value.
        engine: "local", or "serial" for a debugger.
        workers: Processes; as many as processors by default.

    Raises:
        DomainAugError: As `augment` does.
    """
    with tempfile.TemporaryDirectory(prefix="domainaug-") as elsewhere:
        out = Path(elsewhere) / "out"
        return augment(
            source, out, profile=profile, plan=plan, options=options, engine=engine, workers=workers, dry_run=True
        )
