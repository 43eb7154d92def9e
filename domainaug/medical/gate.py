"""The gate: derived images held against their sources by everyone who can be asked.

Validators for errors that the source had not, `verify` for what validators miss, and other programs for whether they
see the same pixels at the same place in the patient.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from pydicom import Dataset

from domainaug.errors import LabelError, MissingExtra, UnreadableInput
from domainaug.medical import other_readers
from domainaug.medical.enhanced.groups import group_of, is_enhanced
from domainaug.medical.labels.grid import Grid
from domainaug.medical.opening import open_dicom
from domainaug.medical.other_readers import Reading, disagreement
from domainaug.medical.series import Series
from domainaug.medical.study import read_study
from domainaug.medical.validators import dcentvfy, find_tool, new_errors
from domainaug.medical.verify import verify_series

__all__ = ["VALIDATORS", "Complaint", "Verdict", "hold", "hold_study"]

VALIDATORS = ("dciodvfy", "dcentvfy")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody has against a derived series.

    Attributes:
        who: "dciodvfy", "dcentvfy", "domainaug", or the name of another reader.
        message: One line. A validator may quote a value in it.
        old: Whether they say the same of its source, so that nothing is wrong with the copy.
    """

    who: str
    message: str
    old: bool = False

    def __str__(self) -> str:
        return f"{self.who}: {self.message}{' (of the source too)' if self.old else ''}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in a folder of derived series.

    Attributes:
        series: How many series were held against their sources.
        images: How many files that were.
        asked: Who was asked.
        complaints: What they had to say, in order.
        orphans: Derived files whose sources are not where they were looked for.
        others: Files that are not derived images.
    """

    series: int
    images: int
    asked: tuple[str, ...]
    complaints: tuple[Complaint, ...]
    orphans: int
    others: int

    @property
    def clean(self) -> bool:
        """Whether something was looked at and nobody complained of anything new."""
        return self.images > 0 and not self.orphans and all(one.old for one in self.complaints)

    def __str__(self) -> str:
        lines = [str(one) for one in self.complaints]
        if self.orphans:
            lines.append(f"{self.orphans} derived files name sources that are not among those given")
        if self.others:
            lines.append(f"{self.others} other files, which are not looked at (labels among them)")
        if self.images:
            lines.append(
                f"{self.images} derived images in {self.series} series, asked {', '.join(self.asked)}: "
                + (f"{len(self.complaints)} complaints" if self.complaints else "nobody complains")
            )
        else:
            lines.append("there is no derived image whose source is known, so nothing was held against anything")
        return "\n".join(lines)


def hold(
    sources: Sequence[Path],
    derived: Sequence[Path],
    *,
    asked: Collection[str] | None = None,
    private: Collection[str] = (),
    progress: Callable[[int], None] | None = None,
) -> tuple[Complaint, ...]:
    """Return what anybody has against a derived series; errors that the source had are none of it.

    What another reader cannot read, or reads otherwise than we do, is told of the copy even where it is so with the
    source: it may be our reading that is wrong.

    Args:
        sources: Files of the source, in order.
        derived: The derived files, in the same order.
        asked: Names out of `VALIDATORS` and `other_readers.READERS`; whoever is installed by default. `verify` is
            always asked.
        private: Private creators whose elements were asked for.
        progress: Called with the number of images that dciodvfy has seen, after each.

    Raises:
        UnreadableInput: One of the files cannot be read.
        MissingExtra: Somebody is asked who is not installed.
    """
    wanted = everybody() if asked is None else tuple(asked)
    untrue = verify_series(sources, derived, private=private)
    found = [Complaint("domainaug", f"{one.code}: {one.message}") for one in untrue]
    if "dciodvfy" in wanted:
        lines: set[str] = set()
        for count, pair in enumerate(zip(sources, derived, strict=True), start=1):
            lines |= set(new_errors(*pair))
            if progress is not None:
                progress(count)
        found += [Complaint("dciodvfy", line) for line in sorted(lines)]
    if "dcentvfy" in wanted:
        found += [Complaint("dcentvfy", line) for line in sorted(_new_disagreements(sources, derived))]
    for name in other_readers.READERS:
        if name in wanted and (otherwise := _read_otherwise(name, derived)):
            before = _read_otherwise(name, sources)
            found += [Complaint(name, line, old=line in before) for line in otherwise]
    return tuple(found)


def _new_disagreements(sources: Sequence[Path], derived: Sequence[Path]) -> frozenset[str]:
    before = dcentvfy(sources)
    lines = dcentvfy([*sources, *derived]) - before
    if any("read failed" in line for line in before):  # what a copy refers to is then missing
        lines = frozenset(line for line in lines if "Missing SOPInstanceUID" not in line)
    return lines


def everybody() -> tuple[str, ...]:
    """Return the names of all validators and readers that are installed."""
    return (*(name for name in VALIDATORS if find_tool(name)), *other_readers.installed())


def hold_study(
    source: Path | str | Iterable[Path | str],
    out: Path | str,
    *,
    private: Collection[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Verdict:
    """Hold every derived series in a folder against the series it came from.

    Args:
        source: The study that was augmented.
        out: The folder with its copies; derived images are known by the sources they name.
        private: Private creators whose elements were asked for.
        progress: Called as images are looked at, with how many were and how many there are.

    Raises:
        UnreadableInput: There is no such file or folder.
        MissingExtra: No validator is installed.
    """
    asked = everybody()
    if not set(asked) & set(VALIDATORS):
        raise MissingExtra("dciodvfy", "dev")
    known = {one.sop_instance_uid: one.path for series in read_study(source).series for one in series.instances}
    study = read_study(out)
    held: list[list[tuple[Path, Path]]] = []
    orphans, others = 0, len(study.set_aside)
    for one in study.series:
        named = [_source_of(path) for path in one.files]
        others += named.count("")
        orphans += sum(1 for uid in named if uid and uid not in known)
        held.append([(known[uid], path) for uid, path in zip(named, one.files, strict=True) if uid in known])
    held = [pairs for pairs in held if pairs]
    complaints: list[Complaint] = []
    images, total = 0, sum(map(len, held))
    for pairs in held:
        told = None if progress is None else partial(_tell, progress, images, total)
        sources, derived = ([pair[side] for pair in pairs] for side in (0, 1))
        complaints += hold(sources, derived, asked=asked, private=private, progress=told)
        images += len(pairs)
        if progress is not None:
            progress(images, total)
    return Verdict(len(held), images, asked, tuple(complaints), orphans, others)


def _tell(progress: Callable[[int, int], None], before: int, total: int, count: int) -> None:
    progress(before + count, total)


def _source_of(path: Path) -> str:
    header: Dataset | None = open_dicom(path, pixels=False)
    if header is not None and is_enhanced(header):
        header = group_of(header, 0, "DerivationImageSequence")
    items = (header.get("SourceImageSequence") if header is not None else None) or []
    return str(items[0].get("ReferencedSOPInstanceUID", "")) if len(items) == 1 else ""


def _read_otherwise(name: str, files: Sequence[Path]) -> list[str]:
    """Return where a reader sees something else in files than we do."""
    found = []
    for series in read_study(files).series:
        try:
            theirs = other_readers.read_with(name, series.files, series.instances[0].storage.stored)
        except UnreadableInput as error:
            found.append(str(error).removeprefix(f"{error.path}: "))
            continue
        difference = disagreement(_our_reading(series, name), theirs)
        if difference:
            found.append(difference)
    return found


def _our_reading(series: Series, name: str) -> Reading:
    """Return what we read, in the values that a reader gives."""
    storage = series.instances[0].storage
    if name == "DCMTK":
        return Reading(series.pixels(stored=True).astype(np.int64) - storage.lowest)
    pixels = series.pixels()
    if name == "GDCM" and series.photometric == "MONOCHROME1":
        pixels = sum(series.value_range) - pixels
    try:
        return Reading(pixels, Grid.of_series(series).matrix)
    except LabelError:
        return Reading(pixels)
