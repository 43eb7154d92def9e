"""Originals and accepted copies in one training set: parted by groups, only train augmented, nothing on both sides."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError, OutputError
from domainaug.integrating.defective import check_written
from domainaug.integrating.gathering import gathered
from domainaug.integrating.index import JOURNAL, earlier_parts
from domainaug.integrating.placing import WAYS
from domainaug.integrating.summary import SetSummary
from domainaug.integrating.writing import TrainingSet
from domainaug.layouts import layout_for
from domainaug.layouts.layout import Layout
from domainaug.medical.zipped import unpacked
from domainaug.run.job import TEMPORARY
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.plan import LOCK, SIMULATION
from domainaug.run.sets import SetPlan, plan_for, plan_set
from domainaug.run.summary import Progress

__all__ = ["integrate"]


def integrate(
    source: Path | str,
    out: Path | str,
    train: Path | str,
    *,
    plan: SetPlan | Path | str | None = None,
    split: str = "auto",
    test: float = 0.2,
    val: float = 0.0,
    seed: int = 0,
    group: str | None = None,
    reviewed_only: bool = False,
    link: str = "auto",
    copy_weight: float = 1.0,
    dry_run: bool = False,
    layout: Layout | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> SetSummary:
    """Put originals and accepted copies into one training set.

    Items are parted by patient, part or drive, or as the data set itself says; copies of what is trained on go beside
    it, all others and those that a reviewer rejected are left out. The same call again goes on where it stopped, and
    brings the set up to date with later verdicts; nobody changes sides.

    Args:
        source: The data set that was augmented.
        out: The output folder of the run.
        train: A new folder, or that of the same set.
        plan: The plan of the set, or its file; has to be given where the run was made with one.
        split: Without a plan: "own" takes the data set's own parts, "new" makes others, "auto" its own if there are.
        test: Share of items to test on, for a new split.
        val: Share of items to validate on, likewise.
        seed: Fixes which group goes where.
        group: What tells the group: an expression for keys with one group, or "table.csv:column" with keys in `image`.
        reviewed_only: Whether copies that nobody accepted stay out, too.
        link: How files are placed: "auto", "reflink", "hardlink" or "copy".
        copy_weight: What the manifest says a copy weighs; an original weighs 1.
        dry_run: Only say what would be done; nothing is written.
        layout: How the source is laid out; found out by default.
        progress: Called after every file, in this thread.

    Raises:
        DomainAugError: An argument is of no use, the run is of another source, or something would be on both sides.
        OutputError: The set cannot be written, or the folder holds other things.
    """
    began = time.monotonic()
    if link not in WAYS:
        raise DomainAugError(f"link={link!r}: files are placed by {', '.join(WAYS)}")
    if not 0 <= copy_weight <= 1:
        raise DomainAugError(f"copy_weight={copy_weight:g}: a copy weighs from 0 up to 1, as much as an original")
    source, out, train = Path(source), Path(out), Path(train)
    with Ledger(out / LEDGER) as ledger:
        header = ledger.header
    if header["layout"] == SIMULATION:
        how = "`domainaug export` makes a data set of those of a street"
        raise DomainAugError(f"{out}: what is rendered has no originals to lie beside; {how}")
    _check_folder(source, out, train)
    place = unpacked(source)
    layout = layout_for(place) if layout is None else layout
    _check_run(header, layout, out)
    scan = layout.scan(place)
    if plan is not None:
        planned = plan_for(plan, (item.key for item in scan.items), source)
    else:
        told = group or (header.get("defects") or {}).get("group")  # parts that were told for the run stay whole here
        planned = plan_set(source, split=split, test=test, val=val, seed=seed, group=told, layout=layout)
    if header.get("plan") is not None and header["plan"] != planned.digest:
        raise DomainAugError(f"{out}: the run was made with a plan, and this is another; give the one that it had")
    found = gathered(scan.items, planned, layout, place, out, reviewed_only=reviewed_only)
    aside = (*scan.set_aside, *found.damaged)
    made = TrainingSet(train, planned, found, layout, place, header, link, copy_weight, aside)
    made.check(earlier_parts(train))
    return made.summary(began, dry_run=True) if dry_run else made.written(began, progress)


def _check_folder(source: Path, out: Path, train: Path) -> None:
    """Refuse a folder that lies in the source or the run, holds one, or holds what is not ours."""
    real = train.resolve()
    for other, what in ((source.resolve(), "the source"), (out.resolve(), "the run")):
        if real.is_relative_to(other) or other.is_relative_to(real):
            raise OutputError(f"{train}: the set and {what} would lie in each other; choose another folder")
    if train.exists() and not train.is_dir():
        raise OutputError(f"{train}: this is a file; the set is a folder")
    if train.is_dir() and not (train / JOURNAL).is_file():
        strangers = [one.name for one in train.iterdir() if one.name != LOCK and not one.name.startswith(TEMPORARY)]
        if strangers:
            shown = ", ".join(sorted(strangers)[:3])
            raise OutputError(f"{train}: the folder holds other things ({shown}); choose a new or empty one")


def _check_run(header: Mapping[str, Any], layout: Layout, out: Path) -> None:
    """Refuse copies that are laid out otherwise than the originals."""
    if header["layout"] != layout.name or header.get("format") not in (None, "dicom"):
        have = "nifti" if header.get("format") == "nifti" else header["layout"]
        raise DomainAugError(
            f"{out}: its copies are laid out as {have}, and the source as {layout.name}; one set has one layout"
        )
    check_written(header, layout.name, out)
