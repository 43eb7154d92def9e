"""What a whole pipeline does: its tree of transforms, walked by the rules albumentations runs it by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import islice, permutations
from math import perm

import numpy as np

from domainaug._albumentations import A
from domainaug.declare.registry import declare
from domainaug.effects import EFFECTS
from domainaug.generators import Frame, Generators

__all__ = ["Leaf", "Path", "Walked", "compose_walk"]

Path = tuple[int, ...]
"""Where a transform sits: indices from the outermost Compose inwards; () is the pipeline itself."""

Unknown = Callable[[A.BasicTransform, Path], Generators]

_MOST_ORDERS = 24


@dataclass(frozen=True, slots=True)
class Leaf:
    """One transform of a pipeline.

    Attributes:
        path: Where it sits.
        name: Its class name, with the containers it is in ("OneOf > Rotate"), the outermost left out.
        transform: The transform itself, not a copy.
        probability: The chance that it runs for an output.
        alone: What it does when it runs.
        known: Whether it is declared; False when `alone` came from `unknown`.
    """

    path: Path
    name: str
    transform: A.BasicTransform
    probability: float
    alone: Generators
    known: bool


@dataclass(frozen=True, slots=True)
class Walked:
    """What a pipeline does.

    Attributes:
        total: The whole, in order, every branch allowed for.
        leaves: Every transform that can run, in order.
    """

    total: Generators
    leaves: tuple[Leaf, ...]


def compose_walk(
    pipeline: A.BaseCompose | A.BasicTransform, frame: Frame, *, unknown: Callable[[A.BasicTransform, Path], Generators]
) -> Walked:
    """Walk a pipeline and put together what its transforms do.

    Args:
        pipeline: A Compose of any kind, or one transform. It is not run and not changed.
        frame: The image it works on.
        unknown: Called for each transform that is not declared, with its path; returns what it does at p = 1.

    Returns:
        The whole and the parts. What has p = 0 does not appear.
    """
    walker = _Walker(frame, unknown)
    total = walker.visit(pipeline, (), (), chance=1.0, forced=False)
    return Walked(total, tuple(walker.leaves))


@dataclass(slots=True)
class _Walker:
    frame: Frame
    unknown: Unknown
    leaves: list[Leaf] = field(default_factory=list)

    def visit(
        self, node: A.BaseCompose | A.BasicTransform, path: Path, names: tuple[str, ...], *, chance: float, forced: bool
    ) -> Generators:
        """Return what `node` does where it stands, its own p included unless it is forced to run."""
        gate = 1.0 if forced and not _ignores_force(node) else float(node.p)
        if isinstance(node, A.OneOrOther):
            return self._one_or_other(node, path, names, chance)
        if gate <= 0 or chance <= 0:
            return Generators.nothing()
        inside = self._inside(node, path, names, chance * gate)
        return inside if gate >= 1 else inside.maybe()

    def _inside(
        self, node: A.BaseCompose | A.BasicTransform, path: Path, names: tuple[str, ...], chance: float
    ) -> Generators:
        if isinstance(node, A.OneOf):
            return self._one_of(node, path, names, chance)
        if isinstance(node, A.SomeOf):
            return self._some_of(node, path, names, chance)
        if isinstance(node, A.Compose | A.Sequential | A.SelectiveChannelTransform):
            steps = self._children(node, path, names, [chance] * len(node.transforms))
            whole = _in_order(steps)
            selective = isinstance(node, A.SelectiveChannelTransform)
            return self._selected(node.channels, whole) if selective else whole
        return self._leaf(node, path, names, chance)

    def _leaf(self, node: A.BasicTransform, path: Path, names: tuple[str, ...], chance: float) -> Generators:
        alone = declare(node, self.frame) if isinstance(node, A.BasicTransform) else None
        known = alone is not None
        if alone is None:
            alone = self.unknown(node, path)
        name = " > ".join((*names[1:], type(node).__name__))
        self.leaves.append(Leaf(path, name, node, chance, alone, known))
        return alone

    def _children(
        self,
        node: A.BaseCompose,
        path: Path,
        names: tuple[str, ...],
        chances: Sequence[float],
        *,
        forced: bool = False,
    ) -> list[Generators]:
        inner = (*names, type(node).__name__)
        return [
            self.visit(child, (*path, index), inner, chance=chance, forced=forced)
            for index, (child, chance) in enumerate(zip(node.transforms, chances, strict=True))
        ]

    def _one_of(self, node: A.OneOf, path: Path, names: tuple[str, ...], chance: float) -> Generators:
        weights = [float(weight) for weight in node.transforms_ps]
        branches = self._children(node, path, names, [chance * weight for weight in weights], forced=True)
        return _any_of(branch for branch, weight in zip(branches, weights, strict=True) if weight > 0)

    def _one_or_other(self, node: A.OneOrOther, path: Path, names: tuple[str, ...], chance: float) -> Generators:
        first = min(max(float(node.p), 0.0), 1.0)
        chances = [0.0] * len(node.transforms)
        chances[0] += chance * first
        chances[-1] += chance * (1 - first)
        branches = self._children(node, path, names, chances, forced=True)
        return _any_of(branch for branch, likely in zip(branches, chances, strict=True) if likely > 0)

    def _some_of(self, node: A.SomeOf, path: Path, names: tuple[str, ...], chance: float) -> Generators:
        count, n = len(node.transforms), int(node.n)
        if not count:
            return Generators.nothing()
        first_leaf = len(self.leaves)
        chosen = 1 - (1 - 1 / count) ** n if node.replace else n / count
        steps = self._children(node, path, names, [chance * chosen] * count)
        if node.replace:
            self._repeat_chances(first_leaf, chance, chosen, count, n)
        if isinstance(node, A.RandomOrder):
            return _any_order(steps, n, replace=node.replace)
        return _subsets(steps, n, replace=node.replace)

    def _repeat_chances(self, first_leaf: int, chance: float, chosen: float, count: int, n: int) -> None:
        # With replacement a step gets up to n tries, each with its own p, so chances are not mere products.
        for index in range(first_leaf, len(self.leaves)):
            leaf = self.leaves[index]
            once = leaf.probability / (chance * chosen)
            again = chance * (1 - (1 - once / count) ** n)
            self.leaves[index] = replace(leaf, probability=again)

    def _selected(self, channels: Sequence[int], whole: Generators) -> Generators:
        """Only some channels go through it, and never a label."""
        ranges = dict(whole.ranges)
        moves = len(whole.maps) > 1 or not np.allclose(whole.maps[0], np.eye(3))
        moves = moves or any(name in ranges for name in ("shift", "local_warp", "permutation", "misregistration"))
        if moves:
            ranges["misregistration"] = EFFECTS["misregistration"].anything
        if set(range(self.frame.channels)) <= {channel % self.frame.channels for channel in channels}:
            return replace(whole, ranges=ranges)
        for name in ("color_cast", "channel_mixing"):
            ranges[name] = EFFECTS[name].anything.hull(ranges.get(name, EFFECTS[name].still))
        ranges.setdefault("hue", EFFECTS["hue"].anything)
        ranges.setdefault("saturation", EFFECTS["saturation"].anything)
        if moves:
            ranges["chromatic_shift"] = EFFECTS["chromatic_shift"].anything
        return replace(whole, ranges=ranges).maybe()


def _ignores_force(node: A.BaseCompose | A.BasicTransform) -> bool:
    return isinstance(node, A.SomeOf)


def _in_order(steps: Iterable[Generators]) -> Generators:
    return reduce(Generators.then, steps, Generators.nothing())


def _any_of(branches: Iterable[Generators]) -> Generators:
    found = list(branches)
    return reduce(Generators.union, found) if found else Generators.nothing()


def _subsets(steps: Sequence[Generators], n: int, *, replace: bool) -> Generators:
    """Every choice of `n` steps, in the order they are listed: row k holds what k chosen steps so far can do."""
    chosen: list[Generators | None] = [Generators.nothing(), *[None] * n]
    for step in steps:
        if replace:
            for k in range(n):  # ascending: a step may follow itself
                chosen[k + 1] = _either(chosen[k + 1], chosen[k], step)
        else:
            for k in reversed(range(n)):
                chosen[k + 1] = _either(chosen[k + 1], chosen[k], step)
    return chosen[n] or Generators.nothing()


def _either(so_far: Generators | None, before: Generators | None, step: Generators) -> Generators | None:
    if before is None:
        return so_far
    extended = before.then(step)
    return extended if so_far is None else so_far.union(extended)


def _any_order(steps: Sequence[Generators], n: int, *, replace: bool) -> Generators:
    """Every choice of `n` steps in every order; where those are many, each pair in both orders at least."""
    if replace:
        total = Generators.nothing()
        for _ in range(n):
            total = _any_of(total.then(step) for step in steps)
        return total
    if perm(len(steps), n) <= _MOST_ORDERS:
        return _any_of(_in_order(order) for order in permutations(steps, n))
    shuffled = np.random.default_rng(0)
    orders = [list(steps), list(reversed(steps))]
    orders += [[steps[i] for i in shuffled.permutation(len(steps))] for _ in range(6)]
    return _any_of(_subsets(order, n, replace=False) for order in islice(orders, 8))
