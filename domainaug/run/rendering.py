"""A scenario as a run: what there is to render, and rendering one variant."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domainaug.effects import EFFECTS
from domainaug.errors import DomainAugError, OutputError
from domainaug.layouts.layout import Item, SetAside
from domainaug.run.job import Made, Outcome, Task, Work, private_folder, sealed, source_digest
from domainaug.run.ledger import Ledger
from domainaug.run.plan import SIMULATION, copies_for_finish, relative, remaining
from domainaug.run.versions import versions
from domainaug.scenario import Coverage, Scenario, Variant, World, coverage_of
from domainaug.scenario.planning import Variants

__all__ = ["ScenarioPlan"]

_IDENTITY = {
    "simulator": "simulator",
    "world": "the content of the world",
    "scenario": "the scenario",
    "beside": "what is written beside the frames",
    "versions": "versions",
}


@dataclass(frozen=True, slots=True)
class ScenarioPlan:
    """A scenario before its first pixel; what `domainaug.run.plan.Planned` asks for.

    Attributes:
        out: Where variants go.
        scenario: The scenario.
        world: Its world, looked at.
        found: Its variants.
        copies: 1 of each.
        ignored: 0: a scenario has no source in which files might lie.
    """

    out: Path
    scenario: Scenario
    world: World
    found: Variants
    copies: int = 1
    ignored: int = 0

    @property
    def items(self) -> tuple[Item, ...]:
        """What is rendered, one item a variant."""
        return tuple(
            Item(variant.id, (), detail={"number": number}) for number, variant in enumerate(self.found.variants, 1)
        )

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """The variants that a profile's limits do not allow."""
        return tuple(SetAside(one.variant.id, one.code, one.reason) for one in self.found.refused)

    @property
    def coverage(self) -> Coverage:
        """What the variants cover."""
        return coverage_of(self.scenario.spreads, [variant.values for variant in self.found.variants])

    @property
    def header(self) -> dict[str, Any]:
        """What makes this run this run, and what rendering it again takes; folders relative to the output."""
        told = {
            "layout": SIMULATION,
            "simulator": self.scenario.simulator.name,
            "scenario": self.scenario.told(),
            "world": self.world.digest,
            "versions": versions(self.scenario.packages),
        }
        identity = json.dumps(told, sort_keys=True).encode()
        again = {
            "count": self.scenario.sampling.count,
            "world_told": dict(self.scenario.world),
            "beside": "OpenSCENARIO (--xosc)" if self.scenario.world.get("xosc") else None,
            "folder": relative(self.scenario.folder, self.out),
        }
        return {**told, **again, "run": hashlib.sha256(identity).hexdigest()[:16], "copies": self.copies}

    @property
    def identity(self) -> Mapping[str, str]:
        """Which entries of the header another start must share, and what they are in words."""
        return _IDENTITY

    @property
    def growing(self) -> tuple[str, ...]:
        """Which entries of the header a later start may raise."""
        return "copies", "count"

    def tasks(self, done: Iterable[tuple[str, int]] = ()) -> list[Task]:
        """Return what is left to do, when these copies are done."""
        return remaining(self, done)

    def work(self, out: Path, *, memory_limit: int | None, timeout: float | None) -> Work:
        """Return what travels to the workers, who make private folders in `out`."""
        variants = {variant.id: variant for variant in self.found.variants}
        return _Rendering(self.world, variants, out, memory_limit, timeout)

    def finish(self, folder: Path, ledger: Ledger) -> Iterable[Path]:
        """Write what describes all variants that the ledger knows; see `described`."""
        files = {key: entry["files"] for key, (entry,) in copies_for_finish(ledger).items()}
        return self.described(folder, files)

    def described(self, folder: Path, files: Mapping[str, Sequence[str]]) -> list[Path]:
        """Write the scenario as it was resolved, what it covers, and one line a variant.

        Args:
            folder: Where to.
            files: The files of each variant that was rendered, by its id.
        """
        told = {**self.scenario.told(), "world": self.world.digest, "coverage": self.coverage.to_dict()}
        (folder / "scenario.json").write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        variants = {variant.id: variant for variant in self.found.variants}
        with (folder / "variants.jsonl").open("w", encoding="utf-8") as stream:
            for key in sorted(files):
                variant = variants[key]
                row = {"id": key, "labels": variant.labels, "values": dict(variant.values), "files": list(files[key])}
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
            told = {"values": dict(variant.values), "effects": self._effects(variant), **rendered.record}
            record = json.loads(json.dumps(told, sort_keys=True))
            seconds = time.perf_counter() - start
            yield Made(variant.id, copy, folder, files, record, None, source_digest(task.item), seconds)
            start = time.perf_counter()

    def _effects(self, variant: Variant) -> dict[str, Any]:
        """Return the effects of a variant that count, as the record of a pipeline tells them."""
        told: dict[str, Any] = {}
        for name, interval in self.world.effects(variant.values).items():
            ends = [round(end, 6) if math.isfinite(end) else None for end in (interval.low, interval.high)]
            if any(map(EFFECTS[name].is_present, (interval.low, interval.high))):
                told[name] = ends[0] if ends[0] == ends[1] and ends[0] is not None else ends
        return told
