"""Small renderings of simulators that reach all of their kernels: what `domainaug warmup` compiles them with."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError, MissingExtra
from domainaug.scenario.planning import Variant
from domainaug.scenario.simulator import Simulator, find_simulators, simulator_named

__all__ = ["Trial", "simulator_trials"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A small rendering.

    Attributes:
        name: What it shows.
        world: What the simulator is told of its world.
        values: Values of axes that are not their defaults.
    """

    name: str
    world: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def simulator_trials() -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the trials of all simulators that have some, in an attribute `trials`: name, and what renders it.

    Simulators that cannot be imported have none.
    """
    for name in find_simulators():
        try:
            simulator = simulator_named(name)
        except DomainAugError:
            continue
        for trial in getattr(simulator, "trials", ()):
            yield f"{name}.{trial.name}", partial(_render, simulator, trial)


def _render(simulator: Simulator, trial: Trial) -> None:
    values = {axis.name: axis.default for axis in simulator.axes} | dict(trial.values)
    variant = Variant(trial.name, values, key=1, labels=trial.name)
    with tempfile.TemporaryDirectory(prefix="domainaug-warmup-") as folder:
        try:
            simulator.survey(trial.world, Path(folder)).load().render(variant, 1, Path(folder))
        except MissingExtra:
            return
