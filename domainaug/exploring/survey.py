"""Exploring a data set: every item is read by workers with limits, and what they measure is summed up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.exploring.alike import ALIKE
from domainaug.exploring.measuring import Measured, Survey
from domainaug.exploring.report import Exploration
from domainaug.exploring.summing import Found, summed
from domainaug.layouts import layout_for
from domainaug.layouts.classes import classes_of, names_of
from domainaug.layouts.groups import groups_of, united
from domainaug.layouts.layout import Layout, SetAside
from domainaug.layouts.splits import own_splits
from domainaug.layouts.within import held_within
from domainaug.medical.zipped import unpacked
from domainaug.run.augmenting import MEMORY_LIMIT, default_workers
from domainaug.run.engines import engine_named
from domainaug.run.job import Made, Task
from domainaug.run.sets import same_bytes
from domainaug.run.summary import Progress

__all__ = ["explore"]


def explore(
    source: Path | str,
    *,
    group: str | None = None,
    near: float | None = ALIKE,
    workers: int | None = None,
    engine: str = "local",
    memory_limit: int | None = MEMORY_LIMIT,
    timeout: float | None = 60.0,
    layout: Layout | None = None,
    within: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Exploration:
    """Return what is in a data set: sizes, values, classes, groups, duplicates, leaks, and which profile fits.

    Every item is read once, by worker processes; nothing is written. What it says of groups are numbers and counts:
    no patient is named, not even by a digest, which could be guessed.

    Args:
        source: A data set in any layout, or a zip file of one.
        group: What tells the group: an expression for keys with one group, or "table.csv:column" with keys in `image`.
        near: From which likeness on two items are near duplicates, up to 1; None does not compare them.
        workers: Processes; as many as processors by default. What is found does not depend on it.
        engine: "local", or "serial" for a debugger.
        memory_limit: Bytes a worker may take, or None.
        timeout: Seconds an item may take, or None.
        layout: How the source is laid out; found out by default.
        within: What is outside this folder, where links lead to, is set aside; None follows links everywhere.
        progress: Called after every item, in this thread.

    Raises:
        UnreadableInput: There is no data set.
        DomainAugError: An argument is of no use.
    """
    began = time.monotonic()
    if near is not None and not 0 < near <= 1:
        raise DomainAugError(f"near={near:g}: a likeness lies above 0 and up to 1; None compares nothing")
    place = unpacked(Path(source))
    layout = layout_for(place) if layout is None else layout
    scan = layout.scan(place) if within is None else held_within(layout.scan(place), within)
    if not scan.items and not scan.set_aside:
        raise UnreadableInput("no-layout", "nothing that can be read was found here", path=source)
    told = groups_of(layout, scan.items, group)
    chosen = engine_named(engine, workers=max(workers or default_workers(), 1))
    job = Survey(layout, names_of(layout, place), memory_limit, timeout)
    measured: dict[str, Measured] = {}
    aside: list[SetAside] = list(scan.set_aside)
    tasks = [Task(item, (0,)) for item in scan.items]
    for outcome in chosen.run(job, tasks, stopping=lambda: False):
        if isinstance(outcome, Made):
            measured[outcome.key] = outcome.record["measured"]
        else:
            aside.append(outcome)
        if progress is not None:
            progress(Progress(len(measured) + len(aside), len(tasks) + len(scan.set_aside), len(aside)))
    read = tuple(item for item in scan.items if item.key in measured)
    found = Found(
        name="DICOM study" if layout.name == "dicom-study" else Path(source).resolve().name,  # may name a patient
        layout=layout.name,
        items=read,
        measured=measured,
        classes=classes_of(layout, place, read),
        groups=_of(united(told), measured),
        known=any(told.values()),
        parts=_of(own_splits(layout, place, scan.items), measured),
        same=same_bytes(read),
        near=near,
    )
    return summed(found, tuple(sorted(aside, key=lambda one: one.key)), scan.ignored, began)


def _of(told: Mapping[str, Any], keys: Mapping[str, Measured]) -> dict[str, Any]:
    return {key: told[key] for key in sorted(keys) if key in told}
