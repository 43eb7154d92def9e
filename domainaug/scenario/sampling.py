"""Points in the unit cube, in an order that does not depend on how many are taken where that is possible."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import numpy as np

from domainaug.errors import DomainAugError
from domainaug.scenario.axes import Value
from domainaug.scenario.spreads import Spread

__all__ = ["LONGEST_GRID", "METHODS", "Method", "points"]

Method = Literal["grid", "latin-hypercube", "sobol", "random"]
METHODS: Final[tuple[Method, ...]] = ("grid", "latin-hypercube", "sobol", "random")
LONGEST_GRID: Final = 1_000_000


def points(spreads: Mapping[str, Spread], method: Method, count: int, seed: int) -> Iterator[dict[str, Value]]:
    """Yield points, without end but for a grid.

    The first n of "sobol" and "random" are the same however many are taken, so that a run can grow. Of
    "latin-hypercube", every `count` in a row hold each of `count` parts of every axis once.

    Args:
        spreads: Axis to how it varies.
        method: How points are chosen.
        count: How many are wanted; only "latin-hypercube" looks at it.
        seed: Of the run.

    Raises:
        DomainAugError: A grid would be too long, or an axis of it has no steps.
    """
    names = list(spreads)
    if method == "grid":
        yield from _grid(spreads)
        return
    for shares in _shares(len(names), method, count, seed):
        yield {name: spreads[name].at(float(share)) for name, share in zip(names, shares, strict=True)}


def _grid(spreads: Mapping[str, Spread]) -> Iterator[dict[str, Value]]:
    places: list[tuple[Value, ...]] = []
    for name, spread in spreads.items():
        try:
            places.append(spread.grid())
        except ValueError as error:
            raise DomainAugError(f"{name}: {error}") from None
    size = float(np.prod([len(one) for one in places], dtype=float))
    if size > LONGEST_GRID:
        raise DomainAugError(f"the grid has {size:.3g} points; at most {LONGEST_GRID:,} are taken: fewer steps or axes")
    for values in itertools.product(*places):
        yield dict(zip(spreads, values, strict=True))


def _shares(axes: int, method: Method, count: int, seed: int) -> Iterator[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    from scipy.stats import qmc

    if not axes:
        yield from itertools.repeat(np.empty(0))
    if method == "sobol":
        engine = qmc.Sobol(axes, scramble=True, seed=np.random.default_rng(seed))
        while True:
            yield from engine.random(64)  # a power of two at a time, or SciPy warns
    rounds = itertools.count()
    while method == "latin-hypercube":
        stream = np.random.default_rng([seed, next(rounds)])
        yield from qmc.LatinHypercube(axes, seed=stream).random(count)
    stream = np.random.default_rng(seed)
    while True:
        yield stream.random(axes)
