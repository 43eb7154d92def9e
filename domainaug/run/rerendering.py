"""Rendering the variants of a scenario again from their ledger alone, and holding them against what is on the disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError, OutputError
from domainaug.layouts.layout import SetAside
from domainaug.run.augmenting import MEMORY_LIMIT
from domainaug.run.engines import Engine, engine_named
from domainaug.run.job import sealed
from domainaug.run.proof import Proof, short
from domainaug.run.rendering import ScenarioPlan
from domainaug.run.versions import versions
from domainaug.scenario import Scenario, World, plan_variants

__all__ = ["prove_scenario"]

_TIMEOUT = 600.0
_NEEDED = {"count", "folder", "world_told"}


def prove_scenario(
    proof: Proof, header: Mapping[str, Any], source: Path | str | None, engine: str = "local", workers: int = 1
) -> None:
    """Render every variant of a ledger again, elsewhere, and note what differs.

    The scenario is read from the ledger: the file that it came from may be gone, but not what its world is read from.

    Args:
        proof: The ledger's rows; takes the differences.
        header: The ledger's header.
        source: The folder that paths in the world start from; by default where the scenario's file was.
        engine: Who renders.
        workers: Processes; no more than the world's servers, where it is on some.

    Raises:
        OutputError: The ledger does not have what rendering again takes.
        DomainAugError: The world, the simulator or the profile is not there any more.
    """
    if _NEEDED - header.keys():
        raise OutputError(f"{proof.out}: an earlier version wrote this ledger, without the world; render it again")
    proof.compare_disk()
    folder = Path(source) if source is not None else proof.out / header["folder"]
    scenario = Scenario.of_told(header["scenario"], header["world_told"], folder, header["count"])
    proof.compare_versions(header["versions"], versions(scenario.packages))
    world = _surveyed(scenario)
    if world.digest != header["world"]:
        proof.differs("input changed", "the world", short(header["world"]), short(world.digest))
        proof.unproven.update(file.path for file in (*(file for row in proof.rows for file in row.files), *proof.whole))
        return
    proof.notes = tuple(world.notes)
    processes = min(workers, getattr(world, "at_once", workers))
    with tempfile.TemporaryDirectory(prefix="domainaug-replay-") as elsewhere:
        plan = ScenarioPlan(Path(elsewhere), scenario, world, plan_variants(scenario, world))
        _render(proof, plan, engine_named(engine, workers=processes))
        planned = {item.key for item in plan.items}
        files = {row.key: [file.path for file in row.files] for row in proof.rows if row.key in planned}
        proof.compare_whole(sealed(plan.out, path) for path in plan.described(plan.out, files))


def _surveyed(scenario: Scenario) -> World:
    try:
        return scenario.simulator.survey(scenario.world, scenario.folder)
    except DomainAugError:
        if scenario.folder.is_dir():
            raise
        raise DomainAugError(
            f"{scenario.folder}: the folder of the scenario is not there any more; say where it is with --source"
        ) from None


def _render(proof: Proof, plan: ScenarioPlan, engine: Engine) -> None:
    """Render what the ledger has, and compare the bytes."""
    rows = {row.key: row for row in proof.rows}
    refused = {aside.key: f"{aside.code}: {aside.reason}" for aside in plan.set_aside}
    planned = {item.key for item in plan.items}
    for key in sorted(rows.keys() - planned):
        proof.lost("set aside" if key in refused else "not planned", key, [rows[key]], found=refused.get(key, ""))
        proof.tell()
    tasks = [task for task in plan.tasks() if task.item.key in rows]
    work = plan.work(plan.out, memory_limit=MEMORY_LIMIT, timeout=_TIMEOUT)
    for outcome in engine.run(work, tasks, stopping=lambda: False):
        row = rows[outcome.key]
        if isinstance(outcome, SetAside):
            proof.lost("set aside", outcome.key, [row], found=f"{outcome.code}: {outcome.reason}")
        else:
            proof.compare_files(row.files, outcome.files)
            shutil.rmtree(outcome.folder, ignore_errors=True)
        proof.tell()
