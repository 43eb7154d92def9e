"""What goes into a training set, and what stays out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domainaug.errors import DomainAugError, OutputError, UnreadableInput
from domainaug.integrating.entries import Entry, Source, copy_entry, donors_of, original_entry, root_of
from domainaug.layouts.layout import Item, Layout, SetAside
from domainaug.layouts.splits import SPLITS
from domainaug.review.verdicts import Verdicts, rejected
from domainaug.run.job import hashed, source_digest
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.sets import Place, SetPlan

__all__ = ["Gathered", "gathered"]

_DAMAGED: Final = frozenset(("broken", "damaged", "damaged-pixels", "empty", "not-an-image", "truncated"))
"""Codes of a run that say that a file holds no picture, whoever reads it; a scan, which decodes none, cannot tell."""

_THREADS: Final = 4  # hashing lets go of the interpreter lock


@dataclass(frozen=True, slots=True)
class Gathered:
    """What goes in, and how many copies do not.

    Attributes:
        entries: By part, key and number of the copy.
        digests: SHA-256 of each file of an entry, by where it comes from.
        rejected: Copies that a reviewer rejected.
        held_out: Copies of what is not trained on, or with something in them that was cut from there.
        unreviewed: Copies that nobody accepted.
        damaged: Items that hold no picture, as the run found; left out.
    """

    entries: tuple[Entry, ...]
    digests: Mapping[Path, str]
    rejected: int
    held_out: int
    unreviewed: int
    damaged: tuple[SetAside, ...] = ()


def gathered(
    items: Iterable[Item], plan: SetPlan, layout: Layout, source: Path, out: Path, *, reviewed_only: bool
) -> Gathered:
    """Return every original that the run could read, and the copies of what is trained on that nobody rejected.

    Args:
        items: Those of the source.
        plan: Where they go.
        layout: That of the source.
        source: Where they are.
        out: The output folder of the run.
        reviewed_only: Whether copies that nobody accepted stay out, too.

    Raises:
        DomainAugError: The run is of another source, or of other files than are there now.
        OutputError: Copies are gone or altered.
    """
    places = {place.key: place for place in plan.places}
    known = {item.key: item for item in items}
    against = rejected(out)
    accepted = {(one.key, one.copy, one.sha256) for one in Verdicts(out).counting() if one.answer == "accept"}
    with Ledger(out / LEDGER) as ledger:
        rows = list(ledger.rows())
        aside = tuple(one for one in ledger.set_aside() if one.copy is None and one.code in _DAMAGED)
    damaged = tuple(one for one in aside if one.key in known)
    entries = [
        original_entry(known[key], places[key], layout, root_of(known[key], layout, source))
        for key in known.keys() - {one.key for one in damaged}
    ]
    left: Counter[str] = Counter()
    _check_source(known, {row.key: row.source_sha256 for row in rows}, out)
    for row in rows:
        place = places[row.key]
        verdict = "accepted" if (row.key, row.copy, row.files[0].sha256) in accepted else "unreviewed"
        if place.split != "train" or any(_tested(places, donor) for donor in donors_of(row.record)):
            left["held out"] += 1
        elif (row.key, row.copy) in against:
            left["rejected"] += 1
        else:
            left["unreviewed"] += verdict == "unreviewed"
            if verdict == "accepted" or not reviewed_only:
                own = plan.split == "own"
                entries.append(copy_entry(row, known[row.key], place, layout, out, verdict, own=own))
    order = {part: number for number, part in enumerate(SPLITS)}
    entries.sort(key=lambda one: (order[one.place.split], one.place.key, -1 if one.copy is None else one.copy))
    digests = _digests([file for entry in entries for file in entry.files])
    return Gathered(tuple(entries), digests, left["rejected"], left["held out"], left["unreviewed"], damaged)


def _tested(places: Mapping[str, Place], donor: str) -> bool:
    """Return whether what was pasted comes from an item that is not trained on; of other data sets nobody knows."""
    return donor in places and places[donor].split != "train"


def _check_source(items: Mapping[str, Item], rows: Mapping[str, str], out: Path) -> None:
    """Refuse a run of another source, or of other files than are there."""
    strange = sorted(rows.keys() - items.keys())
    if strange:
        raise DomainAugError(
            f"{out}: {len(strange)} items that the run made copies of are not in the source ({strange[0]} ...); "
            "name the source that was augmented"
        )
    with ThreadPoolExecutor(_THREADS) as threads:
        now = threads.map(lambda key: source_digest(items[key]), rows)
        changed = sorted(key for (key, was), found in zip(rows.items(), now, strict=True) if was != found)
    if changed:
        raise DomainAugError(
            f"{out}: {len(changed)} items changed since they were augmented ({changed[0]} ...); "
            "run the same `domainaug augment` again"
        )


def _digests(files: Sequence[Source]) -> dict[Path, str]:
    """Return the SHA-256 of every file, and refuse copies that are not as the ledger says."""
    with ThreadPoolExecutor(_THREADS) as threads:
        found = {file.path: told for file, told in zip(files, threads.map(_digest, files), strict=True)}
    altered = sorted(file.name for file in files if file.sha256 and found[file.path] != file.sha256)
    if altered:
        raise OutputError(f"{altered[0]}: {len(altered)} files of copies are altered; run `domainaug augment` again")
    return found


def _digest(file: Source) -> str:
    try:
        return hashed(file.path)[0]
    except OSError as error:
        raise UnreadableInput("unreadable", f"{file.name} cannot be read: {error.strerror}") from error
