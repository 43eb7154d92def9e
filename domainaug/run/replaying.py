"""Making a run again and holding it against what is on the disk: the same bytes, or exactly what differs."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domainaug._version import __version__
from domainaug.errors import DomainAugError, OutputError
from domainaug.layouts import layout_named
from domainaug.layouts.layout import Item, Layout, SetAside
from domainaug.medical.zipped import unpacked
from domainaug.profile import load_profile
from domainaug.profile.model import Profile
from domainaug.run.augmenting import MEMORY_LIMIT, default_workers
from domainaug.run.engines import engine_named
from domainaug.run.job import Job, Made, Task, sealed
from domainaug.run.ledger import LEDGER, Ledger, Row
from domainaug.run.plan import SIMULATION, with_allowed, with_quality
from domainaug.run.proof import Proof, ReplayReport, short
from domainaug.run.rerendering import prove_scenario
from domainaug.run.summary import Progress
from domainaug.run.tailoring import for_profile, with_format, with_study_terms
from domainaug.run.versions import versions

__all__ = ["replay"]


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
        source: Where the inputs are now, or the folder that a scenario's file lay in; by default where they were,
            relative to `out`.
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
        proof = Proof(out, list(ledger.rows()), ledger.whole_files(), progress)
        processes = max(workers or default_workers(), 1)
        if header["layout"] == SIMULATION:
            if profile is not None or layout is not None:
                raise DomainAugError(f"{out}: a scenario's output has neither profile nor layout; leave them out")
            prove_scenario(proof, header, source, engine, processes)
            return proof.report(time.monotonic() - began)
        if header.get("defects") is not None:
            from domainaug.run.defects.running import prove_defects

            place = Path(source) if source is not None else out / header["source"]
            prove_defects(proof, header, _profile(header, out, profile), place, engine, processes)
            return proof.report(time.monotonic() - began)
        used = layout_named(header["layout"]) if layout is None else layout
        used = with_allowed(with_quality(used, header.get("jpeg_quality")), header.get("allow", ()))
        known = _profile(header, out, profile)
        used = for_profile(with_format(used, header.get("format")), known)
        used = with_study_terms(used, header.get("private", ()), header.get("study_salt"))
    place = Path(source) if source is not None else (out / header["source"])
    _Replay(proof, header, used).prove(known, place, engine, processes)
    return proof.report(time.monotonic() - began)


@dataclass(slots=True)
class _Replay:
    """One replay of a data set."""

    proof: Proof
    header: Mapping[str, Any]
    layout: Layout

    def prove(self, profile: Profile, source: Path, engine: str, workers: int) -> None:
        self.proof.compare_versions(self.header["versions"], versions())
        if profile.digest != self.header["profile_digest"]:
            before, after = self.header["profile_digest"], profile.digest
            self.proof.differs("profile changed", profile.id, short(before), short(after))
        self.proof.compare_disk()
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

    def _again(
        self, job: Job, items: Mapping[str, Item], engine: str, workers: int
    ) -> Iterator[tuple[tuple[str, int], Any]]:
        """Make every copy again; yield what a `Labeled` layout says of each."""
        rows = self.proof.rows
        by_place = {(row.key, row.copy): row for row in rows}
        copies: dict[str, list[int]] = {}
        for row in rows:
            copies.setdefault(row.key, []).append(row.copy)
        for key in sorted(copies.keys() - items.keys()):
            self.proof.lost("input missing", key, [row for row in rows if row.key == key])
        tasks = [Task(items[key], tuple(numbers)) for key, numbers in copies.items() if key in items]
        changed: set[str] = set()
        for outcome in engine_named(engine, workers=workers).run(job, tasks, stopping=lambda: False):
            if isinstance(outcome, SetAside):
                numbers = copies[outcome.key] if outcome.copy is None else [outcome.copy]
                lost = [by_place[outcome.key, number] for number in numbers]
                self.proof.lost("set aside", outcome.key, lost, found=f"{outcome.code}: {outcome.reason}")
                self.proof.tell(len(lost))
            else:
                self._compare_copy(by_place[outcome.key, outcome.copy], outcome, changed)
                yield (outcome.key, outcome.copy), outcome.labels
                shutil.rmtree(outcome.folder, ignore_errors=True)
                self.proof.tell()

    def _compare_copy(self, row: Row, made: Made, changed: set[str]) -> None:
        if made.source_sha256 == row.source_sha256:
            self.proof.compare_files(row.files, made.files)
            return
        if row.key not in changed:
            changed.add(row.key)
            self.proof.differs("input changed", row.key, short(row.source_sha256), short(made.source_sha256))
        self.proof.unproven.update(file.path for file in row.files)

    def _compare_whole(self, source: Path, folder: Path, labels: Mapping[tuple[str, int], Any]) -> None:
        if not self.proof.whole:
            return
        items: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.proof.rows:
            entry = {"copy": row.copy, "files": [file.path for file in row.files], "record": row.record}
            items.setdefault(row.key, []).append({**entry, "labels": labels.get((row.key, row.copy), row.labels)})
        self.proof.compare_whole(sealed(folder, path) for path in self.layout.finish(source, folder, items))


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
