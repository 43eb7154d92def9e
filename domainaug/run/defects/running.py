"""A run of defects: planned, made in workers, put in place, counted."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError
from domainaug.layouts.layout import Layout, SetAside
from domainaug.profile import load_profile
from domainaug.profile.model import Profile
from domainaug.profile.part import Part
from domainaug.run.augmenting import MEMORY_LIMIT, Run, default_workers
from domainaug.run.defects.asking import DefectRequest
from domainaug.run.defects.counting import DefectSummary, summed_up
from domainaug.run.defects.planning import DefectPlan, make_defect_plan
from domainaug.run.engines import engine_named
from domainaug.run.job import sealed
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.proof import Proof, short
from domainaug.run.summary import Progress
from domainaug.run.versions import versions

__all__ = ["make_defects", "prove_defects", "refuse_others", "with_pitch"]

_TIMEOUT = 120.0


def make_defects(
    source: Path | str,
    out: Path | str,
    defects: DefectRequest | Mapping[str, Any] | Path | str,
    *,
    profile: Profile | Path | str,
    seed: int = 0,
    workers: int | None = None,
    dry_run: bool = False,
    options: Mapping[str, Any] | None = None,
    engine: str = "local",
    memory_limit: int | None = MEMORY_LIMIT,
    timeout: float | None = 60.0,
    layout: Layout | None = None,
    pitch_mm: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> DefectSummary:
    """Write pictures with synthetic defects, made of the good ones of a data set, into `out`.

    The same call again goes on where it stopped, and ends with the same bytes. A defect that the gate refuses is drawn
    again, at most `tries` times; then its picture is set aside with the reason.

    Args:
        source: A data set with pictures of good parts; labeled defects beside them are for the bank.
        out: A new folder, or that of the same run.
        defects: What is wanted; see `DefectRequest`.
        profile: Id, path of a YAML file, or a loaded profile; its part, gate and limits hold, its recipe is not run.
        seed: Fixes every defect, together with the picture's key and the number of the copy.
        workers: Processes; as many as processors by default. The bytes do not depend on it.
        dry_run: Only plan, and measure on a few pictures; nothing is written.
        options: Options of the profile, name to value.
        engine: "local", or "serial" for a debugger.
        memory_limit: Bytes a worker may take, or None.
        timeout: Seconds one picture may take, or None.
        layout: How the source is laid out; found out by default.
        pitch_mm: Millimeters from pixel to pixel, where the profile does not say.
        progress: Called after every picture, in this thread.

    Raises:
        DomainAugError: An argument, the profile, the source or the output folder cannot be used.
    """
    began = time.monotonic()
    if not isinstance(profile, Profile):
        profile = load_profile(profile, options=options)
    elif options:
        raise DomainAugError("options belong to the profile: give them to load_profile, or name the profile here")
    asked = defects if isinstance(defects, DefectRequest) else DefectRequest(defects)
    known = with_pitch(profile, pitch_mm)
    plan = make_defect_plan(Path(source), Path(out), asked, profile=known, seed=seed, layout=layout)
    processes = max(workers or default_workers(), 1)
    run = Run(plan, engine_named(engine, workers=processes), memory_limit, timeout, progress)
    if dry_run:
        return summed_up(plan, run.rehearsed(began, workers=processes), ())
    summary = run.performed(began)
    with Ledger(plan.out / LEDGER) as ledger:
        return summed_up(plan, summary, ledger.rows())


def refuse_others(**given: tuple[Any, Any]) -> None:
    """Refuse arguments that say nothing of defects.

    Args:
        **given: Name to what was given, and what would be by default.

    Raises:
        DomainAugError: One is not as by default.
    """
    wrong = [f"{name}={value}" for name, (value, usual) in given.items() if value != usual]
    if wrong:
        raise DomainAugError(f"{', '.join(wrong)}: with defects, how many are made says the request; leave it out")


def with_pitch(profile: Profile, pitch_mm: float | None) -> Profile:
    """Return a profile whose part has a pitch: as given, or as its option says; itself where neither does.

    Raises:
        DomainAugError: The pitch is none.
    """
    part = profile.part or Part()
    told = profile.options.get("pixel_pitch_mm") if part.pixel_pitch_mm is None else None
    pitch = pitch_mm if pitch_mm is not None else told
    if pitch is None or pitch == part.pixel_pitch_mm:
        return profile
    try:
        return profile.with_part(replace(part, pixel_pitch_mm=float(pitch)))
    except (TypeError, ValueError) as error:
        raise DomainAugError(f"pitch={pitch!r}: {error}") from None


def prove_defects(
    proof: Proof, header: Mapping[str, Any], profile: Profile, source: Path, engine: str, workers: int
) -> None:
    """Make every picture of a ledger again, elsewhere, and note what differs.

    Args:
        proof: The ledger's rows; takes the differences.
        header: The ledger's header.
        profile: That of the run.
        source: Where its source is now.
        engine: Who makes them.
        workers: Processes.

    Raises:
        DomainAugError: The source, its good pictures or its bank are not there any more.
    """
    proof.compare_versions(header["versions"], versions())
    proof.compare_disk()
    if not source.exists():
        raise DomainAugError(f"{source}: the source is not there any more; say where it is with --source")
    told = {**header["defects"], "classes": dict(header["defects"]["classes"])}
    if header["bank"] is not None:
        told["bank"] = proof.out / header["bank"]
    with tempfile.TemporaryDirectory(prefix="domainaug-replay-") as folder:
        known = with_pitch(profile, header["pitch_mm"])
        if known.digest != header["profile_digest"]:
            proof.differs("profile changed", known.id, short(header["profile_digest"]), short(known.digest))
        plan = make_defect_plan(
            source, Path(folder), DefectRequest(**told), profile=known, seed=header["seed"], layout=None
        )
        labels = _made_again(proof, plan, engine, workers)
        if proof.whole:
            rows = ((row.files[0].path, labels.get((row.key, row.copy), row.labels)) for row in proof.rows)
            proof.compare_whole(sealed(plan.out, path) for path in plan.output.finish(plan.out, rows))


def _made_again(proof: Proof, plan: DefectPlan, engine: str, workers: int) -> dict[tuple[str, int], Any]:
    rows = {(row.key, row.copy): row for row in proof.rows}
    planned = {(share.key, share.copy) for share in plan.shares}
    labels: dict[tuple[str, int], Any] = {}
    for place in sorted(rows.keys() - planned):
        proof.lost("not planned", place[0], [rows[place]])
    work = plan.work(plan.out, memory_limit=MEMORY_LIMIT, timeout=_TIMEOUT)
    unmade = planned - rows.keys()
    for outcome in engine_named(engine, workers=workers).run(work, plan.tasks(unmade), stopping=lambda: False):
        if isinstance(outcome, SetAside):
            lost = [row for place, row in rows.items() if place[0] == outcome.key and outcome.copy in (None, place[1])]
            proof.lost("set aside", outcome.key, lost, found=f"{outcome.code}: {outcome.reason}")
        else:
            row = rows[outcome.key, outcome.copy]
            if outcome.source_sha256 != row.source_sha256:
                proof.differs("input changed", row.key, short(row.source_sha256), short(outcome.source_sha256))
            proof.compare_files(row.files, outcome.files)
            labels[outcome.key, outcome.copy] = outcome.labels
            shutil.rmtree(outcome.folder, ignore_errors=True)
        proof.tell()
    return labels
