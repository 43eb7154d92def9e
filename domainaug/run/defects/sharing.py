"""Sharing what is wanted out among pictures: over lightings, then parts, then pictures, as evenly as it goes.

Evidence for the default of a class without a count: on wafer maps, raising minority classes to half of the majority did
about as well as raising them to all of it (Inha University 2025, abstract read).
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domainaug.layouts.groups import labels_of

__all__ = ["HALF", "Picture", "Share", "labels_of", "shared_out", "wanted_by_default"]

HALF: Final = 0.5
"""Share of the good pictures that a class without a count is brought to."""

_MOST_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a good part.

    Attributes:
        key: Its key.
        group: The part, or whatever must not be split between training and test.
        lighting: How it is lit.
    """

    key: str
    group: str
    lighting: str


@dataclass(frozen=True, slots=True)
class Share:
    """One synthetic picture that is planned.

    Attributes:
        key: The picture it is made from.
        copy: Which of that picture's, from 0.
        name: The class.
        number: Which of that class's, from 0.
    """

    key: str
    copy: int
    name: str
    number: int


def wanted_by_default(good: int, real: int) -> int:
    """Return how many bring a class of `real` pictures to half of the good ones; at least one."""
    return max(math.ceil(HALF * good) - real, 1)


@dataclass(slots=True)
class _Ring:
    """What comes next: a picture, or what comes next in one of several rings, each in its turn."""

    inside: deque[_Ring | str] = field(default_factory=deque)

    def next(self, load: Mapping[str, int], most: float) -> str | None:
        """Return the next picture that has room, or None where none has."""
        while self.inside:
            first = self.inside[0]
            found = first.next(load, most) if isinstance(first, _Ring) else first if load.get(first, 0) < most else None
            if found is not None:
                self.inside.rotate(-1)
                return found
            self.inside.popleft()
        return None


def shared_out(
    pictures: Sequence[Picture], wanted: Mapping[str, int], *, seed: int, cap: int | None = None
) -> tuple[Share, ...]:
    """Return who gets what; fewer than wanted where a cap leaves no room.

    Args:
        pictures: Those there are.
        wanted: Class to count.
        seed: Of the run; which pictures come first where not all can be used as often follows from it.
        cap: Most of a picture.
    """
    load: Counter[str] = Counter()
    shares: list[Share] = []
    ring = _ring(pictures, seed)  # one class begins where another ended, so that no picture gets much more than others
    for name, count in wanted.items():
        for number in range(count):
            key = ring.next(load, math.inf if cap is None else cap)
            if key is None:
                break
            shares.append(Share(key, load[key], name, number))
            load[key] += 1
    return tuple(shares)


def _ring(pictures: Iterable[Picture], seed: int) -> _Ring:
    """Return pictures by lighting, by part, in an order of chance."""

    def chance(text: str) -> str:
        return hashlib.sha256(f"{seed}\n{text}".encode()).hexdigest()

    tree: dict[str, dict[str, list[str]]] = {}
    for each in pictures:
        tree.setdefault(each.lighting, {}).setdefault(each.group, []).append(each.key)

    def ring(names: Iterable[str]) -> _Ring:
        listed: list[_Ring | str] = [*sorted(names, key=chance)]
        return _Ring(deque(listed))

    lightings = [
        _Ring(deque(ring(tree[lighting][group]) for group in sorted(tree[lighting], key=chance)))
        for lighting in sorted(tree, key=chance)
    ]
    return _Ring(deque(lightings))
