"""Writing a training set: nothing half there, nothing of others touched, and an index when all is in place."""

from __future__ import annotations

import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import Timeout

from domainaug._version import __version__
from domainaug.errors import DomainAugError, OutputError
from domainaug.integrating.entries import Source
from domainaug.integrating.gathering import Gathered
from domainaug.integrating.index import index_of, own_files, write_journal
from domainaug.integrating.placing import place_file, settle
from domainaug.integrating.summary import Part, SetSummary
from domainaug.integrating.wholes import write_wholes
from domainaug.layouts.layout import Layout, SetAside
from domainaug.layouts.splits import SPLITS
from domainaug.run.augmenting import held_lock
from domainaug.run.job import File, hashed, private_folder, sealed
from domainaug.run.ledger import MANIFEST
from domainaug.run.plan import LOCK
from domainaug.run.publish import publish, sweep, write_whole
from domainaug.run.sets import SetPlan
from domainaug.run.summary import Progress

__all__ = ["TrainingSet"]

_EXAMPLES: Final = 2


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """A training set that is to be.

    Attributes:
        train: Its folder.
        plan: Which part each item goes to.
        gathered: What goes in.
        layout: That of the source.
        source: Where the items are.
        run: What the ledger of the run says of it.
        link: How files are placed.
        copy_weight: Weight of a copy in the manifest.
        set_aside: What of the source cannot be read.
    """

    train: Path
    plan: SetPlan
    gathered: Gathered
    layout: Layout
    source: Path
    run: Mapping[str, Any]
    link: str
    copy_weight: float
    set_aside: tuple[SetAside, ...]

    @property
    def prefixes(self) -> dict[str, str]:
        """What names of files begin with, by part: own parts are told by the names that files have."""
        return {part: "" if self.plan.split == "own" else f"{part}/" for part in SPLITS}

    def targets(self) -> dict[str, Source]:
        """Return every file of an entry by its path in the set, labels before images."""
        prefixes = self.prefixes
        return {
            prefixes[entry.place.split] + file.name: file
            for entry in self.gathered.entries
            for file in entry.files[::-1]
        }

    def check(self, earlier: Mapping[str, str]) -> None:
        """Refuse whatever would be on both sides, or in two places.

        Raises:
            DomainAugError: Something would; names examples.
        """
        entries, digests = self.gathered.entries, self.gathered.digests
        for entry in entries:
            was = earlier.get(entry.place.key, entry.place.split)
            if was != entry.place.split:
                raise DomainAugError(
                    f"{self.train}: {entry.place.key} was in {was} and would go to {entry.place.split}; "
                    "who changes sides has been seen by both: take a new folder"
                )
        sides: dict[str, dict[str, str]] = defaultdict(dict)
        for entry in entries:
            sides[digests[entry.files[0].path]].setdefault(entry.place.split, entry.place.key)
        torn = [found for found in sides.values() if len(found) > 1]
        if torn:
            shown = "; ".join(" and ".join(f"{key} ({part})" for part, key in one.items()) for one in torn[:_EXAMPLES])
            raise DomainAugError(f"{len(torn)} images are on both sides of the split, for one {shown}; make a new plan")
        taken: dict[str, set[Path]] = defaultdict(set)
        for entry in entries:
            for file in entry.files:
                taken[(self.prefixes[entry.place.split] + file.name).casefold()].add(file.path)
        twice = sorted(name for name, paths in taken.items() if len(paths) > 1)
        if twice:
            raise DomainAugError(f"{len(twice)} names would be taken twice ({twice[0]} ...); rename some")

    def summary(
        self, began: float, *, dry_run: bool, placed: Mapping[str, int] | None = None, removed: int = 0
    ) -> SetSummary:
        """Return what became of the set, or would."""
        targets = self.targets()
        return SetSummary(
            train=self.train,
            split=self.plan.split,
            parts={part: self._part(part) for part in SPLITS},
            rejected=self.gathered.rejected,
            held_out=self.gathered.held_out,
            unreviewed=self.gathered.unreviewed,
            set_aside=self.set_aside,
            files=len(targets),
            bytes=sum(file.size for file in targets.values()),
            placed=dict(placed or {}),
            removed=removed,
            seconds=time.monotonic() - began,
            dry_run=dry_run,
        )

    def _part(self, part: str) -> Part:
        inside = [entry for entry in self.gathered.entries if entry.place.split == part]
        classes = Counter(name for entry in inside for name in entry.classes)
        copies = sum(entry.copy is not None for entry in inside)
        return Part(len(inside) - copies, copies, len({entry.place.group for entry in inside}), dict(classes))

    def written(self, began: float, progress: Callable[[Progress], None] | None) -> SetSummary:
        """Write the set while nobody else does."""
        try:
            self.train.mkdir(parents=True, exist_ok=True)
            with held_lock(self.train / LOCK):
                return self._written(began, progress)
        except Timeout:
            raise OutputError(
                f"{self.train}: somebody else is writing into this folder; wait, or take another"
            ) from None
        except OSError as error:
            if isinstance(error, DomainAugError):
                raise
            what = error.strerror or error
            raise OutputError(
                f"{self.train}: the set cannot be written: {what}; the same command goes on later"
            ) from error

    def _written(self, began: float, progress: Callable[[Progress], None] | None) -> SetSummary:
        sweep(self.train)
        targets = self.targets()
        folder = private_folder(self.train)
        try:
            wholes = write_wholes(self.layout, self.source, self.gathered.entries, self.prefixes, folder)
            seals = tuple(sealed(folder, Path(name)) for name in wholes)
            wanted = {*targets, *wholes}
            stale = own_files(self.train) - wanted
            digests = {name: self.gathered.digests[file.path] for name, file in targets.items()}
            index = self._index(digests)
            missing = [name for name, file in targets.items() if not self._there(name, file)]
            changed = [file for file in seals if not _is(self.train / file.path, file)]
            current = self.train / MANIFEST
            if missing or changed or stale or not current.is_file() or current.read_bytes() != index:
                current.unlink(missing_ok=True)  # a set without an index is not to be trained on
                write_journal(self.train, wanted | stale)
                removed = _removed(self.train, stale)
                placed = self._place(missing, targets, progress)
                settle((self.train / name).parent for name in missing)
                publish([(folder, changed)], self.train)
                write_journal(self.train, wanted)
                write_whole(current, index)
            else:
                placed, removed = {}, 0
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return self.summary(began, dry_run=False, placed=placed, removed=removed)

    def _index(self, digests: Mapping[str, str]) -> bytes:
        told = {name: self.run.get(name) for name in ("run", "profile", "profile_version", "profile_digest", "seed")}
        header = {
            **told,
            "layout": self.layout.name,
            "split": self.plan.split,
            "parts": {part: self._part(part).originals for part in SPLITS},
            "version": __version__,
        }
        return index_of(self.gathered.entries, self.prefixes, digests, header, copy_weight=self.copy_weight)

    def _there(self, name: str, file: Source) -> bool:
        return _is(self.train / name, File(name, self.gathered.digests[file.path], file.size), file.path)

    def _place(
        self, missing: Sequence[str], targets: Mapping[str, Source], progress: Callable[[Progress], None] | None
    ) -> dict[str, int]:
        placed: Counter[str] = Counter()
        for number, name in enumerate(missing, 1):
            placed[place_file(targets[name].path, self.train / name, self.link)] += 1
            if progress is not None:
                progress(Progress(number, len(missing), 0))
        return dict(placed)


def _is(target: Path, file: File, source: Path | None = None) -> bool:
    """Return whether a file is there as it should be."""
    try:
        if target.is_symlink() or target.stat().st_size != file.size:
            return False
        if source is not None and target.samefile(source):
            return True
        return hashed(target)[0] == file.sha256
    except OSError:
        return False


def _removed(train: Path, names: Iterable[str]) -> int:
    """Remove files that an earlier start placed and that are no part of the set now, and folders that empties."""
    count = 0
    for name in sorted(names):
        path = train / name
        if path.is_file() or path.is_symlink():
            path.unlink()
            count += 1
        for parent in path.parents:
            if parent == train:
                break
            with suppress(OSError):
                parent.rmdir()
    return count
