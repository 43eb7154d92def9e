"""Rendering a scenario: plan its variants, render them in workers, put each in place, and write it down."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError, OutputError
from domainaug.layouts.layout import Item, SetAside
from domainaug.run.augmenting import MEMORY_LIMIT, Run, default_workers
from domainaug.run.engines import engine_named
from domainaug.run.job import Made, Outcome, Task, Work, private_folder, sealed, source_digest
from domainaug.run.ledger import Ledger
from domainaug.run.plan import SIMULATION, check_out, copies_for_finish, remaining
from domainaug.run.summary import Progress, RunSummary
from domainaug.run.versions import versions
from domainaug.scenario import Coverage, Scenario, Variant, World, coverage_of, plan_variants, read_scenario
from domainaug.scenario.planning import Variants

__all__ = ["SimulationSummary", "simulate"]

_IDENTITY = {
    "simulator": "simulator",
    "world": "the content of the world",
    "scenario": "the scenario",
    "versions": "versions",
}


@dataclass(frozen=True, slots=True)
class SimulationSummary:
    """What rendering a scenario came to.

    Attributes:
        run: Counts, what was set aside, the time.
        coverage: What the variants cover.
        left_out: Points that constraints left out.
        notes: What is worth knowing of the world, a sentence each.
    """

    run: RunSummary
    coverage: Coverage
    left_out: int
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all well, 1 something was set aside, 130 interrupted."""
        return self.run.exit_code

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        counts = {"variants": self.run.items, "left_out": self.left_out, "notes": list(self.notes)}
        return {**self.run.to_dict(), **counts, "coverage": self.coverage.to_dict()}

    def __str__(self) -> str:
        left = f"; constraints left {self.left_out} points out" if self.left_out else ""
        return f"{self.run}{left}"


def simulate(
    scenario: Scenario | Path | str,
    out: Path | str,
    *,
    simulator: str | None = None,
    count: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    dry_run: bool = False,
    engine: str = "local",
    memory_limit: int | None = MEMORY_LIMIT,
    timeout: float | None = 600.0,
    progress: Callable[[Progress], None] | None = None,
) -> SimulationSummary:
    """Render every variant of a scenario into `out`.

    The same call again goes on where it stopped, and ends with the same bytes as an undisturbed run.

    Args:
        scenario: The YAML file, or a scenario that was read.
        out: A new folder, or that of the same scenario.
        simulator: Overrides the file's.
        count: Overrides how many points are taken. More than last time adds to what is there, for methods whose
            points stay ("sobol", "random").
        seed: Overrides the file's.
        workers: Processes; as many as processors by default. The bytes do not depend on it.
        dry_run: Only say what would be rendered, and measure on a few; nothing is written.
        engine: "local", or "serial" for a debugger.
        memory_limit: Bytes a worker may take, or None.
        timeout: Seconds one variant may take, or None; the first of a process reads the world.
        progress: Called after every variant, in this thread.

    Raises:
        ScenarioError: The file cannot be used.
        DomainAugError: The world, or the output folder, cannot be used; or constraints leave nothing.
        OutputError: The output cannot be written, is another run's, or another run is writing there.
    """
    began = time.monotonic()
    if isinstance(scenario, Scenario):
        if simulator is not None and simulator != scenario.simulator.name:
            raise DomainAugError(f"simulator={simulator!r}: the scenario was read for {scenario.simulator.name!r}")
    else:
        scenario = read_scenario(scenario, simulator=simulator)
    scenario = scenario.with_sampling(count=count, seed=seed)
    processes = max(workers or default_workers(), 1)
    chosen = engine_named(engine, workers=processes)
    world = scenario.simulator.survey(scenario.world, scenario.folder)
    plan = _Plan(Path(out), scenario, world, plan_variants(scenario, world))
    for source in world.sources or (None,):
        check_out(source, plan.out)
    run = Run(plan, chosen, memory_limit, timeout, progress)
    summary = run.rehearsed(began, workers=processes) if dry_run else run.performed(began)
    return SimulationSummary(summary, plan.coverage, plan.found.left_out, tuple(world.notes))


@dataclass(frozen=True, slots=True)
class _Plan:
    """A scenario before its first pixel; what `domainaug.run.plan.Planned` asks for."""

    out: Path
    scenario: Scenario
    world: World
    found: Variants
    copies: int = 1
    ignored: int = 0

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(
            Item(variant.id, (), detail={"number": number}) for number, variant in enumerate(self.found.variants, 1)
        )

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        return tuple(SetAside(one.variant.id, one.code, one.reason) for one in self.found.refused)

    @property
    def coverage(self) -> Coverage:
        return coverage_of(self.scenario.spreads, [variant.values for variant in self.found.variants])

    @property
    def header(self) -> dict[str, Any]:
        told = {
            "layout": SIMULATION,
            "simulator": self.scenario.simulator.name,
            "scenario": self.scenario.told(),
            "world": self.world.digest,
            "versions": versions(),
        }
        identity = json.dumps(told, sort_keys=True).encode()
        return {**told, "run": hashlib.sha256(identity).hexdigest()[:16], "copies": self.copies}

    @property
    def identity(self) -> Mapping[str, str]:
        return _IDENTITY

    def tasks(self, done: Iterable[tuple[str, int]] = ()) -> list[Task]:
        return remaining(self, done)

    def work(self, out: Path, *, memory_limit: int | None, timeout: float | None) -> Work:
        variants = {variant.id: variant for variant in self.found.variants}
        return _Rendering(self.world, variants, out, memory_limit, timeout)

    def finish(self, folder: Path, ledger: Ledger) -> Iterable[Path]:
        """Write the scenario as it was resolved, what it covers, and one line a variant."""
        told = {**self.scenario.told(), "world": self.world.digest, "coverage": self.coverage.to_dict()}
        (folder / "scenario.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        variants = {variant.id: variant for variant in self.found.variants}
        with (folder / "variants.jsonl").open("w", encoding="utf-8") as stream:
            for key, (entry,) in sorted(copies_for_finish(ledger).items()):
                variant = variants[key]
                row = {"id": key, "labels": variant.labels, "values": dict(variant.values), "files": entry["files"]}
                stream.write(json.dumps(row, sort_keys=True) + "\n")
        return [Path("scenario.json"), Path("variants.jsonl")]


@dataclass(frozen=True, slots=True)
class _Rendering:
    """What travels to the workers."""

    world: World
    variants: Mapping[str, Variant]
    out: Path
    memory_limit: int | None
    timeout: float | None
    made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    narrowed: tuple[str, ...] = ()

    def rehearse(self) -> None:
        """Nothing: the world is read under the limits that bind what is read from files."""

    def perform(self, task: Task) -> Iterator[Outcome]:
        """Render one variant.

        Raises:
            OutputError: The output cannot be written.
            DomainAugError: The world cannot be read.
        """
        start = time.perf_counter()
        if "stage" not in self.made:
            self.made["stage"] = self.world.load()
        variant = self.variants[task.item.key]
        for copy in task.copies:
            folder = private_folder(self.out)
            place = folder / "variants" / variant.id
            try:
                place.mkdir(parents=True)
                rendered = self.made["stage"].render(variant, int(task.item.detail["number"]), place)
                files = tuple(sealed(folder, Path("variants", variant.id, path)) for path in rendered.paths)
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise OutputError(f"the output cannot be written: {error.strerror or error}") from error
            except MemoryError:
                shutil.rmtree(folder, ignore_errors=True)
                yield SetAside(variant.id, "memory", "rendering it took more memory than allowed", copy)
                continue
            except DomainAugError as error:
                shutil.rmtree(folder, ignore_errors=True)
                yield SetAside(variant.id, "refused", str(error), copy)
                continue
            record = json.loads(json.dumps({"values": dict(variant.values), **rendered.record}, sort_keys=True))
            seconds = time.perf_counter() - start
            yield Made(variant.id, copy, folder, files, record, None, source_digest(task.item), seconds)
            start = time.perf_counter()
