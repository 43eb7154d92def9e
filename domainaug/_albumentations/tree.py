"""From a tree of compositions to the steps of one call.

Which steps run is chance alone and does not depend on the picture, so it is settled first, in one walk; what
each draws is settled when its turn comes. Every node of the tree, composition or transform, has a random
stream of its own, named by its position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from domainaug._albumentations import A
from domainaug._albumentations.streams import Stream, Streams

__all__ = ["Step", "leaves", "plan", "walked_like"]

_AGAIN = 1 << 31  # above any index: marks the second and later turns of one child

Path = tuple[int, ...]
Walk = Callable[[Any, Path, Path, bool, Streams], Iterator["Step"]]


@dataclass(frozen=True, slots=True)
class Step:
    """One transform whose turn has come.

    Attributes:
        leaf: The transform; a composition nobody knows counts as one.
        path: Where it sits: indices from the outermost composition inwards.
        stream: Its chance.
        channels: The channels it works on, or None for all.
    """

    leaf: Any
    path: Path
    stream: Stream
    channels: tuple[int, ...] | None = None


def plan(root: A.BaseCompose, streams: Streams, *, forced: bool = False) -> list[Step]:
    """Return the steps of one call, in order; empty when the outermost `p` says no."""
    return list(_sequence(root, (), (), forced, streams))


def leaves(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every transform below `node` and where it sits."""
    for index, child in enumerate(node.transforms):
        if isinstance(child, A.BaseCompose):
            yield from leaves(child, (*path, index))
        else:
            yield (*path, index), child


def walked_like(walk: Callable[..., Any], pattern: Callable[..., Any]) -> None:
    """Let compositions whose `__call__` is `walk` be walked like those whose `__call__` is `pattern`."""
    _WALKS[walk] = _WALKS[pattern]


def _child(child: Any, path: Path, position: Path, forced: bool, streams: Streams) -> Iterator[Step]:
    # `path` is where the node sits; `position` names its stream, and differs from it on a second turn.
    if isinstance(child, A.BasicTransform):
        stream = streams.at(position)
        if (0 < child.p < 1 and not forced) or type(child).should_apply is not A.BasicTransform.should_apply:
            child.py_random = stream.python  # made only where chance has a say
        if child.should_apply(force_apply=forced):
            yield Step(child, path, stream)
        return
    walk = _WALKS.get(type(child).__call__)
    if walk is None:
        yield Step(child, path, streams.at(position))
    else:
        yield from walk(child, path, position, forced, streams)


def _happens(node: Any, stream: Stream, forced: bool) -> bool:
    return forced or node.p >= 1 or stream.python.random() < node.p


def _sequence(node: Any, path: Path, position: Path, forced: bool, streams: Streams) -> Iterator[Step]:
    if _happens(node, streams.at(position), forced):
        for index, child in enumerate(node.transforms):
            yield from _child(child, (*path, index), (*position, index), False, streams)


def _one_of(node: Any, path: Path, position: Path, forced: bool, streams: Streams) -> Iterator[Step]:
    stream = streams.at(position)
    if node.transforms_ps and _happens(node, stream, forced):
        index = int(stream.generator.choice(len(node.transforms), p=node.transforms_ps))
        yield from _child(node.transforms[index], (*path, index), (*position, index), True, streams)


def _some_of(node: Any, path: Path, position: Path, forced: bool, streams: Streams) -> Iterator[Step]:
    stream = streams.at(position)
    if not _happens(node, stream, False):  # as albumentations has it, SomeOf cannot be forced
        return
    node.random_generator = stream.generator
    turns: dict[int, int] = {}
    for index in map(int, node._get_idx()):
        again = turns[index] = turns.get(index, -1) + 1
        place = (*position, index, _AGAIN + again) if again else (*position, index)
        yield from _child(node.transforms[index], (*path, index), place, False, streams)


def _one_or_other(node: Any, path: Path, position: Path, forced: bool, streams: Streams) -> Iterator[Step]:
    index = 0 if streams.at(position).python.random() < node.p else len(node.transforms) - 1
    yield from _child(node.transforms[index], (*path, index), (*position, index), True, streams)


def _channels(node: Any, path: Path, position: Path, forced: bool, streams: Streams) -> Iterator[Step]:
    for step in _sequence(node, path, position, forced, streams):
        yield replace(step, channels=tuple(node.channels))


_WALKS: dict[Callable[..., Any], Walk] = {
    A.Compose.__call__: _sequence,
    A.ReplayCompose.__call__: _sequence,
    A.Sequential.__call__: _sequence,
    A.OneOf.__call__: _one_of,
    A.SomeOf.__call__: _some_of,  # RandomOrder inherits it, and differs in `_get_idx`
    A.OneOrOther.__call__: _one_or_other,
    A.SelectiveChannelTransform.__call__: _channels,
}
