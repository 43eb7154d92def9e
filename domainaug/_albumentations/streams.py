"""Random streams, one for each node of a tree of transforms.

albumentations hands one seed to every step, so that two flips at p = 0.5 fall together each time. Here the
stream of a node depends on the entropy of the call and on the position of the node, and on nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Stream", "Streams"]


class Stream:
    """The two sources of chance an albumentations transform asks for; each is made when first asked."""

    __slots__ = ("_entropy", "_generator", "_made", "_marked", "_position", "_python")

    def __init__(self, entropy: tuple[int, ...], position: tuple[int, ...]) -> None:
        self._entropy, self._position = entropy, position
        self._made: np.random.SeedSequence | None = None
        self._generator: np.random.Generator | None = None
        self._python: random.Random | None = None
        self._marked: Any = None

    @property
    def _sequence(self) -> np.random.SeedSequence:
        if self._made is None:
            self._made = np.random.SeedSequence(self._entropy, spawn_key=self._position)
        return self._made

    @property
    def generator(self) -> np.random.Generator:
        """NumPy's."""
        if self._generator is None:
            self._generator = np.random.Generator(np.random.PCG64(self._sequence))
        return self._generator

    @property
    def python(self) -> random.Random:
        """Python's; seeded from the same words by way of SHA-512, so that the two are independent."""
        if self._python is None:
            words = self._sequence.generate_state(4).astype("<u4").tobytes()
            self._python = random.Random(words)  # noqa: S311 - augmentation, not cryptography
        return self._python

    def mark(self) -> None:
        """Remember where Python's source stands."""
        self._marked = self.python.getstate()

    def from_mark(self) -> random.Random:
        """Return a source that goes on from the mark, as often as asked."""
        again = random.Random()  # noqa: S311
        again.setstate(self._marked)
        return again

    def slice_generators(self, count: int) -> list[np.random.Generator]:
        """Return one generator for each of `count` slices."""
        children = np.random.SeedSequence(self._sequence.generate_state(4).tolist()).spawn(count)
        return [np.random.Generator(np.random.PCG64(child)) for child in children]


class Streams:
    """Every stream of one call.

    Args:
        entropy: Non-negative integers of any size that name the call: seed, sample, copy.
    """

    __slots__ = ("entropy",)

    def __init__(self, entropy: Sequence[int]) -> None:
        self.entropy = tuple(entropy)

    def at(self, position: tuple[int, ...]) -> Stream:
        """Return the stream of the node at `position`: indices from the outermost composition inwards."""
        return Stream(self.entropy, position)
