"""Rendering a scenario: plan its variants, render them in workers, put each in place, and write it down."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError
from domainaug.run.augmenting import MEMORY_LIMIT, Run, default_workers
from domainaug.run.engines import engine_named
from domainaug.run.plan import check_out
from domainaug.run.rendering import ScenarioPlan
from domainaug.run.summary import Progress, RunSummary
from domainaug.scenario import Coverage, Scenario, plan_variants, read_scenario

__all__ = ["SimulationSummary", "simulate"]


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
    xosc: bool = False,
    world: Mapping[str, Any] | None = None,
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
        xosc: Also write each variant as OpenSCENARIO with its map, of simulators of streets; as `xosc: true` in the
            world does.
        world: Overrides what the file says of the world, key by key: where servers are, say.
        engine: "local", or "serial" for a debugger.
        memory_limit: Bytes a worker may take, or None.
        timeout: Seconds one variant of a single picture may take, or None; the first of a process reads the world.
            Each further picture of a clip, or of another camera, adds a tenth of it.
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
    if xosc or world:
        scenario = replace(scenario, world={**scenario.world, **(world or {}), **({"xosc": True} if xosc else {})})
    surveyed = scenario.surveyed()
    processes = max(workers or default_workers(), 1)
    processes = min(processes, getattr(surveyed, "at_once", processes))  # a world on servers says how many there are
    chosen = engine_named(engine, workers=processes)
    plan = ScenarioPlan(Path(out), scenario, surveyed, plan_variants(scenario, surveyed))
    for source in surveyed.sources or (None,):
        check_out(source, plan.out)
    allowed = None if timeout is None else timeout * (1 + (surveyed.pictures - 1) / 10)
    run = Run(plan, chosen, memory_limit, allowed, progress)
    summary = run.rehearsed(began, workers=processes) if dry_run else run.performed(began)
    return SimulationSummary(summary, plan.coverage, plan.found.left_out, (*scenario.notes, *surveyed.notes))
