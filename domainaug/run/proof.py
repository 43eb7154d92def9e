"""What making a run again shows: which files are proven, and exactly what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from domainaug.run.job import File, hashed
from domainaug.run.ledger import Row
from domainaug.run.summary import Progress, in_time

__all__ = ["Difference", "Proof", "ReplayReport", "short"]

Kind = Literal[
    "missing", "altered", "input changed", "input missing", "set aside", "not reproduced", "not planned",
    "versions changed", "profile changed",
]  # fmt: skip


_SHOWN = 20  # differences in the text of a report; `to_dict` has all


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the ledger says.

    Attributes:
        kind: "missing" or "altered" (a file in the output), "input changed" or "input missing" (a source),
            "set aside" (the input is refused now), "not reproduced" (other bytes from the same input),
            "not planned" (a variant that the scenario does not come to any more), "versions changed" or "profile
            changed" (why that may be).
        name: The output file, the item, the package, or the profile.
        expected: What the ledger says.
        found: What was found.
    """

    kind: Kind
    name: str
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        if not self.expected:
            return f"{self.kind}: {self.name}" + (f": {self.found}" if self.found else "")
        return f"{self.kind}: {self.name}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What making a run again showed.

    Attributes:
        checked: Output files in the ledger.
        identical: How many of them are on the disk as written, and came out the same when made again.
        differences: Everything that differs.
        seconds: How long it took.
        notes: What is to be known where something did not come out alike, a sentence each.
    """

    checked: int
    identical: int
    differences: tuple[Difference, ...]
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every file was proven."""
        return self.identical == self.checked and not any(
            difference.kind not in ("versions changed", "profile changed") for difference in self.differences
        )

    @property
    def exit_code(self) -> int:
        """0 if every file was proven, else 1."""
        return 0 if self.ok else 1

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-able data."""
        rows = [
            {"kind": each.kind, "name": each.name, "expected": each.expected, "found": each.found}
            for each in self.differences
        ]
        seconds = round(self.seconds, 3)
        return {
            "ok": self.ok, "checked": self.checked, "identical": self.identical, "differences": rows,
            "seconds": seconds, "notes": list(self.notes),
        }  # fmt: skip

    def __str__(self) -> str:
        verdict = f"{self.identical} of {self.checked} files identical in {in_time(self.seconds)}"
        shown = [str(difference) for difference in self.differences[:_SHOWN]]
        if len(self.differences) > _SHOWN:
            shown.append(f"... and {len(self.differences) - _SHOWN} more")
        if any(difference.kind == "not reproduced" for difference in self.differences):
            shown += [f"note: {note}" for note in self.notes]
        return "\n".join([*shown, verdict])


@dataclass(slots=True)
class Proof:
    """What a ledger says against what is on the disk and what was made again.

    Attributes:
        out: The output folder.
        rows: The copies in the ledger.
        whole: The files that describe the whole output.
        progress: Told of every copy.
        differences: What differs, so far.
        unproven: Files that are not as they were, or did not come out alike.
        notes: What is to be known where something does not come out alike.
    """

    out: Path
    rows: list[Row]
    whole: tuple[File, ...]
    progress: Callable[[Progress], None] | None = None
    differences: list[Difference] = field(default_factory=list)
    unproven: set[str] = field(default_factory=set)
    notes: tuple[str, ...] = ()
    _done: int = 0

    def compare_versions(self, was: Mapping[str, str], now: Mapping[str, str]) -> None:
        """Name the packages that are not what they were."""
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name):
                self.differs("versions changed", name, was.get(name) or "none", now.get(name) or "none")

    def compare_disk(self) -> None:
        """Hold every file of the output against its digest."""
        for file in self._files():
            try:
                digest, _ = hashed(self.out / file.path)
            except OSError:
                self._unproven("missing", file)
                continue
            if digest != file.sha256:
                self._unproven("altered", file, digest)

    def compare_files(self, files: Iterable[File], again: Iterable[File]) -> None:
        """Hold files of the ledger against what was made again in their place."""
        found = {file.path: file.sha256 for file in again}
        for file in files:
            if found.get(file.path) != file.sha256:
                self._unproven("not reproduced", file, found.get(file.path, ""))

    def compare_whole(self, again: Iterable[File]) -> None:
        """Hold the files that describe the whole output against what was made again."""
        self.compare_files(self.whole, again)

    def lost(self, kind: Kind, key: str, rows: Iterable[Row], found: str = "") -> None:
        """Note that copies could not be made again."""
        self.differs(kind, key, found=found)
        self.unproven.update(file.path for row in rows for file in row.files)

    def differs(self, kind: Kind, name: str, expected: str = "", found: str = "") -> None:
        """Note a difference."""
        self.differences.append(Difference(kind, name, expected, found))

    def tell(self, copies: int = 1) -> None:
        """Note that copies are done, and tell of it."""
        self._done += copies
        if self.progress is not None:
            self.progress(Progress(self._done, len(self.rows), len(self.unproven)))

    def report(self, seconds: float) -> ReplayReport:
        """Return what was found."""
        checked = sum(1 for _ in self._files())
        return ReplayReport(checked, checked - len(self.unproven), tuple(self.differences), seconds, self.notes)

    def _files(self) -> Iterator[File]:
        for row in self.rows:
            yield from row.files
        yield from self.whole

    def _unproven(self, kind: Kind, file: File, found: str | None = None) -> None:
        if found is None:
            self.differs(kind, file.path)
        else:
            self.differs(kind, file.path, short(file.sha256), short(found))
        self.unproven.add(file.path)


def short(digest: str) -> str:
    """Return the start of a digest, for people."""
    return digest[:12] if digest else "nothing"
