"""Making a run again and holding it against what is on the disk: the same bytes, or exactly what differs."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from domainaug._version import __version__
from domainaug.errors import DomainAugError, OutputError
from domainaug.layouts import layout_named
from domainaug.layouts.layout import Item, Layout, SetAside
from domainaug.medical.zipped import unpacked
from domainaug.profile import load_profile
from domainaug.profile.model import Profile
from domainaug.run.augmenting import MEMORY_LIMIT, default_workers
from domainaug.run.engines import engine_named
from domainaug.run.job import File, Job, Made, Task, hashed, sealed
from domainaug.run.ledger import LEDGER, Ledger, Row
from domainaug.run.plan import SIMULATION, with_allowed, with_quality
from domainaug.run.summary import Progress, in_time
from domainaug.run.tailoring import for_profile, with_format
from domainaug.run.versions import versions

__all__ = ["Difference", "ReplayReport", "replay"]

Kind = Literal[
    "missing", "altered", "input changed", "input missing", "set aside", "not reproduced", "versions changed",
    "profile changed",
]  # fmt: skip


_SHOWN = 20  # differences in the text of a report; `to_dict` has all


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the ledger says.

    Attributes:
        kind: "missing" or "altered" (a file in the output), "input changed" or "input missing" (a source),
            "set aside" (the input is refused now), "not reproduced" (other bytes from the same input),
            "versions changed" or "profile changed" (why that may be).
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
    """

    checked: int
    identical: int
    differences: tuple[Difference, ...]
    seconds: float = 0.0

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
            "seconds": seconds,
        }  # fmt: skip

    def __str__(self) -> str:
        verdict = f"{self.identical} of {self.checked} files identical in {in_time(self.seconds)}"
        shown = [str(difference) for difference in self.differences[:_SHOWN]]
        if len(self.differences) > _SHOWN:
            shown.append(f"... and {len(self.differences) - _SHOWN} more")
        return "\n".join([*shown, verdict])


def replay(
    out: Path | str,
    *,
    source: Path | str | None = None,
    workers: int | None = None,
    profile: Profile | Path | str | None = None,
    engine: str = "local",
    layout: Layout | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> ReplayReport:
    """Make every output of a run again, elsewhere, and compare SHA-256 digests; the output is only read.

    Args:
        out: The output folder of a run.
        source: Where the inputs are now; by default where they were, relative to `out`.
        workers: Processes; as many as processors by default.
        profile: The profile, when it is neither in the catalogue nor where it was.
        engine: "local", or "serial" for a debugger.
        layout: The layout, when it is not one of domainaug's own.
        progress: Called after every copy.

    Raises:
        OutputError: There is no ledger, or it is damaged.
        DomainAugError: The source or the profile is not there any more.
    """
    began = time.monotonic()
    out = Path(out)
    with Ledger(out / LEDGER) as ledger:
        header = ledger.header
        if header["layout"] == SIMULATION:
            raise DomainAugError(
                f"{out}: this is a scenario's output; render the scenario again into another folder and compare"
            )
        used = layout_named(header["layout"]) if layout is None else layout
        used = with_allowed(with_quality(used, header.get("jpeg_quality")), header.get("allow", ()))
        known = _profile(header, out, profile)
        used = for_profile(with_format(used, header.get("format")), known)
        seen = _Replay(out, header, list(ledger.rows()), ledger.whole_files(), used, progress)
    place = Path(source) if source is not None else (out / header["source"])
    seen.prove(known, place, engine, max(workers or default_workers(), 1))
    checked = sum(len(row.files) for row in seen.rows) + len(seen.whole)
    return ReplayReport(
        checked=checked,
        identical=checked - len(seen.unproven),
        differences=tuple(seen.differences),
        seconds=time.monotonic() - began,
    )


@dataclass(slots=True)
class _Replay:
    """One replay, and what it has found so far."""

    out: Path
    header: Mapping[str, Any]
    rows: list[Row]
    whole: tuple[File, ...]
    layout: Layout
    progress: Callable[[Progress], None] | None
    differences: list[Difference] = field(default_factory=list)
    unproven: set[str] = field(default_factory=set)

    def prove(self, profile: Profile, source: Path, engine: str, workers: int) -> None:
        self._compare_versions(profile)
        for file in self._all_files():
            self._compare_with_disk(file)
        if not source.exists():
            raise DomainAugError(f"{source}: the source is not there any more; say where it is with --source")
        source = unpacked(source)
        items = {item.key: item for item in self.layout.scan(source).items}
        with tempfile.TemporaryDirectory(prefix="domainaug-replay-") as folder:
            elsewhere = Path(folder)
            job = Job(
                profile=profile,
                layout=self.layout,
                seed=self.header["seed"],
                strength=self.header["strength"],
                out=elsewhere,
                version=__version__,
                memory_limit=MEMORY_LIMIT,
                timeout=120.0,
            )
            labels = dict(self._again(job, items, engine, workers))
            self._compare_whole(source, elsewhere, labels)

    def _all_files(self) -> Iterator[File]:
        for row in self.rows:
            yield from row.files
        yield from self.whole

    def _compare_versions(self, profile: Profile) -> None:
        was, now = self.header["versions"], versions()
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name):
                self._differs("versions changed", name, was.get(name) or "none", now.get(name) or "none")
        if profile.digest != self.header["profile_digest"]:
            before, after = self.header["profile_digest"], profile.digest
            self._differs("profile changed", profile.id, _short(before), _short(after))

    def _compare_with_disk(self, file: File) -> None:
        try:
            digest, _ = hashed(self.out / file.path)
        except OSError:
            self._differs("missing", file.path)
            self.unproven.add(file.path)
            return
        if digest != file.sha256:
            self._differs("altered", file.path, _short(file.sha256), _short(digest))
            self.unproven.add(file.path)

    def _again(
        self, job: Job, items: Mapping[str, Item], engine: str, workers: int
    ) -> Iterator[tuple[tuple[str, int], Any]]:
        """Make every copy again; yield what a `Labeled` layout says of each."""
        by_place = {(row.key, row.copy): row for row in self.rows}
        copies: dict[str, list[int]] = {}
        for row in self.rows:
            copies.setdefault(row.key, []).append(row.copy)
        for key in sorted(copies.keys() - items.keys()):
            self._lost("input missing", key, [row for row in self.rows if row.key == key])
        tasks = [Task(items[key], tuple(numbers)) for key, numbers in copies.items() if key in items]
        changed: set[str] = set()
        done = 0
        for outcome in engine_named(engine, workers=workers).run(job, tasks, stopping=lambda: False):
            if isinstance(outcome, SetAside):
                numbers = copies[outcome.key] if outcome.copy is None else [outcome.copy]
                lost = [by_place[outcome.key, number] for number in numbers]
                self._lost("set aside", outcome.key, lost, found=f"{outcome.code}: {outcome.reason}")
                done += len(lost)
            else:
                self._compare_copy(by_place[outcome.key, outcome.copy], outcome, changed)
                yield (outcome.key, outcome.copy), outcome.labels
                shutil.rmtree(outcome.folder, ignore_errors=True)
                done += 1
            if self.progress is not None:
                self.progress(Progress(done, len(self.rows), len(self.unproven)))

    def _compare_copy(self, row: Row, made: Made, changed: set[str]) -> None:
        if made.source_sha256 != row.source_sha256:
            if row.key not in changed:
                changed.add(row.key)
                self._differs("input changed", row.key, _short(row.source_sha256), _short(made.source_sha256))
            self.unproven.update(file.path for file in row.files)
            return
        again = {file.path: file.sha256 for file in made.files}
        for file in row.files:
            if again.get(file.path) != file.sha256:
                self._differs("not reproduced", file.path, _short(file.sha256), _short(again.get(file.path, "")))
                self.unproven.add(file.path)

    def _compare_whole(self, source: Path, folder: Path, labels: Mapping[tuple[str, int], Any]) -> None:
        if not self.whole:
            return
        items: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.rows:
            entry = {"copy": row.copy, "files": [file.path for file in row.files], "record": row.record}
            items.setdefault(row.key, []).append({**entry, "labels": labels.get((row.key, row.copy), row.labels)})
        again = {
            file.path: file.sha256 for file in (sealed(folder, x) for x in self.layout.finish(source, folder, items))
        }
        for file in self.whole:
            if again.get(file.path) != file.sha256:
                self._differs("not reproduced", file.path, _short(file.sha256), _short(again.get(file.path, "")))
                self.unproven.add(file.path)

    def _lost(self, kind: Kind, key: str, rows: list[Row], found: str = "") -> None:
        self._differs(kind, key, found=found)
        self.unproven.update(file.path for row in rows for file in row.files)

    def _differs(self, kind: Kind, name: str, expected: str = "", found: str = "") -> None:
        self.differences.append(Difference(kind, name, expected, found))


def _profile(header: Mapping[str, Any], out: Path, given: Profile | Path | str | None) -> Profile:
    if isinstance(given, Profile):
        return given
    how = {"options": header["options"] or None, "waivers": header.get("waivers") or None}
    if given is not None:
        return load_profile(given, **how)
    if header["profile_path"] is None:
        return load_profile(header["profile"], **how)
    path = out / header["profile_path"]
    if not path.is_file():
        raise OutputError(f"{path}: the profile of the run is not there any more; give it with --profile")
    return load_profile(path, **how)


def _short(digest: str) -> str:
    return digest[:12] if digest else "nothing"
