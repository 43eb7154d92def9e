"""Augmenting a data set: plan it, do it in workers, put every finished copy in place, and write it down."""

from __future__ import annotations

import os
import signal
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from domainaug.errors import DomainAugError, OutputError
from domainaug.layouts.layout import Layout, SetAside
from domainaug.profile.model import Profile
from domainaug.run.clerk import Clerk
from domainaug.run.engines import Engine, engine_named
from domainaug.run.job import TEMPORARY, Made, Outcome, Task, Work, sealed
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.plan import LOCK, Planned, check_same_run, copies_of, make_plan, standing
from domainaug.run.publish import publish, sweep
from domainaug.run.sets import SetPlan
from domainaug.run.summary import Estimate, Progress, RunSummary

__all__ = ["MEMORY_LIMIT", "Run", "augment", "default_workers", "held_lock"]

MEMORY_LIMIT = 4 << 30
"""Bytes a worker may take, unless told otherwise."""

_SAMPLED = 5  # items of which a dry run makes a copy, spread over their sizes


def augment(
    source: Path | str,
    out: Path | str,
    *,
    profile: Profile | Path | str,
    copies: int = 1,
    seed: int = 0,
    strength: float = 1.0,
    workers: int | None = None,
    dry_run: bool = False,
    options: Mapping[str, Any] | None = None,
    engine: str = "local",
    memory_limit: int | None = MEMORY_LIMIT,
    timeout: float | None = 60.0,
    layout: Layout | None = None,
    jpeg_quality: int | None = None,
    allow: Collection[str] = (),
    file_format: str | None = None,
    keep_private: Collection[str] = (),
    new_study: str | None = None,
    plan: SetPlan | Path | str | None = None,
    defects: Any = None,
    pitch_mm: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> RunSummary:
    """Write augmented copies of everything in `source` into `out`.

    The same call again goes on where it stopped, and ends with the same bytes as an undisturbed run. What
    cannot be read or augmented is set aside with a reason; the rest goes on.

    Args:
        source: A folder of images, a COCO data set, or a DICOM study; or a zip file of one.
        out: A new folder, or that of the same run.
        profile: Id, path of a YAML file, or a loaded profile.
        copies: Copies of each item. More than last time adds to what is there.
        seed: Fixes every draw, together with the item's key and the number of the copy.
        strength: 0 leaves images alone, 1 is the recipe.
        workers: Processes; as many as processors by default. The bytes do not depend on it.
        dry_run: Only say what would be done, and measure on a few items; nothing is written.
        options: Options of the profile, name to value.
        engine: "local", or "serial" for a debugger.
        memory_limit: Bytes a worker may take, or None.
        timeout: Seconds one copy may take, or None.
        layout: How the source is laid out; found out by default.
        jpeg_quality: Write copies of JPEG pictures as JPEG of this quality, 1 to 100. None, the default, writes all
            losslessly: compressing twice is an effect too. Masks are lossless always.
        allow: Findings that would set a DICOM stack aside and are accepted ("gantry-tilt", or "tilt").
        file_format: "nifti" writes copies of DICOM series, and their segmentations, as NIfTI; None as what they were.
        keep_private: Private creators ("SIEMENS CSA HEADER") whose elements derived DICOM keeps; it has none else.
        new_study: Derived DICOM lies in studies of its own, named by hashes of its source's and this text; in those
            of its source if None.
        plan: How many copies each item gets, as `domainaug.run.sets.plan_set` reckons it, or the file it was saved to;
            takes the place of `copies`.
        defects: Instead of copies, make pictures with synthetic defects of the good parts of the source:
            "scratch:200,dent:100", a mapping of classes to counts or settings, the path of a YAML file of one, or a
            `domainaug.run.defects.asking.DefectRequest`. The profile's part, gate and limits hold; its recipe does not
            run.
        pitch_mm: With `defects`, millimeters from pixel to pixel where the profile does not say.
        progress: Called after every copy, in this thread.

    Returns:
        What was done, skipped and set aside.

    Raises:
        DomainAugError: An argument, the profile, the source or the output folder cannot be used.
        OutputError: The output cannot be written, is another run's, or another run is writing there.
    """
    began = time.monotonic()
    if defects is not None:
        from domainaug.run.defects.running import make_defects, refuse_others

        refuse_others(
            copies=(copies, 1), strength=(strength, 1.0), jpeg_quality=(jpeg_quality, None), allow=(tuple(allow), ()),
            file_format=(file_format, None), keep_private=(tuple(keep_private), ()), new_study=(new_study, None),
            plan=(plan, None),
        )  # fmt: skip
        return make_defects(
            source, out, defects, profile=profile, seed=seed, workers=workers, dry_run=dry_run, options=options,
            engine=engine, memory_limit=memory_limit, timeout=timeout, layout=layout, pitch_mm=pitch_mm,
            progress=progress,
        )  # fmt: skip
    if pitch_mm is not None:
        raise DomainAugError(f"pitch_mm={pitch_mm!r}: it goes with defects; copies take the pitch from the profile")
    processes = max(workers or default_workers(), 1)
    chosen = engine_named(engine, workers=processes)
    planned = make_plan(
        source, out, profile=profile, copies=copies, seed=seed, strength=strength, options=options, layout=layout,
        jpeg_quality=jpeg_quality, allow=allow, file_format=file_format, keep_private=keep_private, new_study=new_study,
        plan=plan,
    )  # fmt: skip
    run = Run(planned, chosen, memory_limit, timeout, progress)
    return run.rehearsed(began, workers=processes) if dry_run else run.performed(began)


@dataclass(slots=True)
class Run:
    """One start of a run."""

    plan: Planned
    engine: Engine
    memory_limit: int | None
    timeout: float | None
    progress: Callable[[Progress], None] | None
    made: int = 0
    repaired: int = 0
    finished: int = 0
    interrupts: int = 0
    narrowed: tuple[str, ...] = ()
    soft_masks: int = 0
    aside: list[SetAside] = field(default_factory=list)

    def job(self, out: Path) -> Work:
        """Return what travels to the workers."""
        return self.plan.work(out, memory_limit=self.memory_limit, timeout=self.timeout)

    def performed(self, began: float) -> RunSummary:
        """Do the run while nobody else writes into its folder."""
        plan = self.plan
        with _locked(plan.out):
            fresh = not (plan.out / LEDGER).exists()
            try:
                return self.done(began)
            except OutputError:
                raise
            except DomainAugError:  # a recipe that cannot be composed: mended, it is another one, and would be refused
                if fresh and not self.made:
                    (plan.out / LEDGER).unlink(missing_ok=True)
                raise

    def done(self, began: float) -> RunSummary:
        """Do what the ledger has not."""
        plan = self.plan
        path = plan.out / LEDGER
        with Ledger(path, writable=True) if path.exists() else Ledger.create(path, plan.header) as ledger:
            check_same_run(plan, ledger)
            sweep(plan.out)
            found = standing(plan, ledger)
            for name in plan.growing:
                ledger.set_header(name, plan.header[name])
            ledger.set_header("planned", self.total)
            ledger.forget_set_aside()
            for aside in plan.set_aside:
                self._withdraw(aside, ledger, found.broken)
                ledger.add_set_aside(aside)
                self._count_aside(aside)
            self.finished += len(found.done)
            try:
                with self._interruptible():
                    self._work(ledger, found.done, found.broken)
                ledger.set_header("narrowed", self.narrowed)
                if not self.interrupts:
                    self._finish(ledger)
                self.soft_masks = len({row.key for row in ledger.rows() if row.record.get("soft_mask")})
                ledger.export()
                ledger.settle()
            finally:
                sweep(plan.out)
        return RunSummary(
            out=plan.out,
            items=len(plan.items),
            copies=plan.copies,
            done=self.made,
            skipped=len(found.done),
            repaired=self.repaired,
            set_aside=tuple(sorted(self.aside, key=lambda aside: (aside.key, aside.copy or 0))),
            interrupted=self.interrupts > 0,
            seconds=time.monotonic() - began,
            narrowed=self.narrowed,
            soft_masks=self.soft_masks,
            ignored=plan.ignored,
            planned=_planned(plan),
        )

    def _work(self, ledger: Ledger, done: frozenset[tuple[str, int]], broken: frozenset[tuple[str, int]]) -> None:
        job = self.job(self.plan.out)
        self.narrowed = tuple(ledger.header.get("narrowed", ()))  # of an earlier start, when nothing is left to do
        self._tell()
        with Clerk(partial(self._settle, ledger, broken)) as clerk:

            def stopping() -> bool:  # asked often, and in this thread
                self._note(clerk.settled(), broken)
                return self.interrupts > 0

            outcomes = self.engine.run(job, self.plan.tasks(done), stopping=stopping)
            try:
                for outcome in outcomes:
                    clerk.take(outcome)
            except KeyboardInterrupt:  # the second Ctrl-C
                self.interrupts += 1
            finally:
                self.narrowed = job.narrowed or self.narrowed
                outcomes.close()  # type: ignore[attr-defined]
        self._note(clerk.settled(), broken)

    def _settle(self, ledger: Ledger, broken: Set[tuple[str, int]], outcomes: Sequence[Outcome]) -> None:
        """Put copies in place, then write all down; what the clerk does."""
        copies = [outcome for outcome in outcomes if isinstance(outcome, Made)]
        publish([(made.folder, made.files) for made in copies], self.plan.out)
        ledger.add(*copies)
        for outcome in outcomes:
            if isinstance(outcome, SetAside):
                self._withdraw(outcome, ledger, broken)
                ledger.add_set_aside(outcome)

    def _note(self, settled: Iterable[Outcome], broken: Set[tuple[str, int]]) -> None:
        """Count what is settled, and tell of each."""
        for outcome in settled:
            if isinstance(outcome, Made):
                self.made += 1
                self.repaired += (outcome.key, outcome.copy) in broken
                self.finished += 1
            else:
                self._count_aside(outcome)
            self._tell()

    def _withdraw(self, aside: SetAside, ledger: Ledger, broken: Set[tuple[str, int]]) -> None:
        """Take back copies that an earlier start made of what is now set aside."""
        for key, copy in sorted(broken):
            if key == aside.key and aside.copy in (None, copy):
                for file in ledger.files(key, copy):
                    (self.plan.out / file.path).unlink(missing_ok=True)
                ledger.forget(key, copy)

    def _count_aside(self, aside: SetAside) -> None:
        self.aside.append(aside)
        self.finished += copies_of(self.plan)(aside.key) if aside.copy is None else 1

    @property
    def total(self) -> int:
        """Copies in all, those of inputs that are set aside included."""
        number = copies_of(self.plan)
        keys = [*(item.key for item in self.plan.items), *(aside.key for aside in self.plan.set_aside)]
        return sum(map(number, keys))

    def _tell(self) -> None:
        if self.progress is not None:
            total = self.total
            self.progress(Progress(min(self.finished, total), total, len(self.aside)))

    def _finish(self, ledger: Ledger) -> None:
        folder = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=self.plan.out))
        paths = self.plan.finish(folder, ledger)
        files = tuple(sealed(folder, path) for path in paths)
        publish([(folder, files)], self.plan.out)
        ledger.add_whole(files)

    def rehearsed(self, began: float, *, workers: int) -> RunSummary:
        """Make a few copies in a folder elsewhere, and reckon from them what all would take."""
        plan = self.plan
        sizes: dict[str, int] = {}
        seconds: dict[str, float] = {}
        aside = list(plan.set_aside)
        done: frozenset[tuple[str, int]] = frozenset()
        if (plan.out / LEDGER).is_file():
            with Ledger(plan.out / LEDGER) as ledger:
                check_same_run(plan, ledger)
                done = standing(plan, ledger).done
        tasks = plan.tasks(done)
        with tempfile.TemporaryDirectory(prefix="domainaug-") as elsewhere:
            # The first copy that a process makes is slow; the faster of two tells what the others will take.
            sample = [Task(task.item, (task.copies[0], task.copies[0] + 1)) for task in _spread(tasks)]
            wanted = {task.item.key: task.copies[0] for task in sample}
            job = self.job(Path(elsewhere))
            for outcome in self.engine.run(job, sample, stopping=lambda: False):
                if isinstance(outcome, Made):
                    sizes[outcome.key] = sum(file.size for file in outcome.files)
                    seconds[outcome.key] = min(outcome.seconds, seconds.get(outcome.key, outcome.seconds))
                elif outcome.copy in (None, wanted[outcome.key]):
                    aside.append(outcome)
        share = sum(len(task.copies) for task in tasks) / max(len(sizes), 1)
        taken = sum(seconds.values()) * share / min(workers, max(len(tasks), 1))
        estimate = Estimate(len(sizes), round(sum(sizes.values()) * share), taken)
        return RunSummary(
            out=plan.out,
            items=len(plan.items),
            copies=plan.copies,
            skipped=len(done),
            set_aside=tuple(aside),
            seconds=time.monotonic() - began,
            estimate=estimate,
            narrowed=job.narrowed,
            ignored=plan.ignored,
            planned=_planned(plan),
        )

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Count Ctrl-C: the first lets the copies at hand finish, the second stops at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def note(*_: object) -> None:
            self.interrupts += 1
            if self.interrupts > 1:
                raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _planned(plan: Planned) -> int | None:
    """Return how many copies a plan of the set wants in all; None without one."""
    quotas = getattr(plan, "quotas", None)
    return None if quotas is None else sum(quotas.values())


def _spread(tasks: list[Task]) -> list[Task]:
    """Return a few tasks that stand for all: in the middle of as many parts of equal count, from small to large."""

    def size(task: Task) -> int:
        return sum(path.stat().st_size if path.is_file() else 0 for path in task.item.files)

    by_size = sorted(tasks, key=size)
    places = {(2 * part + 1) * len(tasks) // (2 * _SAMPLED) for part in range(_SAMPLED)}
    return [by_size[place] for place in sorted(places) if place < len(tasks)]


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with held_lock(out / LOCK):
            yield
    except Timeout:
        raise OutputError(f"{out}: another run is writing into this folder; wait for it or choose another") from None
    except OutputError:
        raise
    except (OSError, sqlite3.Error) as error:
        what = getattr(error, "strerror", None) or error
        raise OutputError(f"{out}: the output cannot be written: {what}; the same command goes on later") from error


@contextmanager
def held_lock(path: Path) -> Iterator[None]:
    """Hold a lock whose file is gone afterwards.

    It is removed while it is held. Who opened it before then gets the lock of a file that is not there any more,
    which keeps nobody out; so whoever gets a lock looks whether the file is there, and tries again if it is not.

    Raises:
        filelock.Timeout: Somebody else holds it.
    """
    while True:
        lock = FileLock(path, timeout=0)
        lock.acquire()
        if path.exists():
            break
        lock.release()
    try:
        yield
    finally:
        with suppress(OSError):  # Windows does not remove open files; releasing does it there
            path.unlink()
        lock.release()


def default_workers() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
