"""Random streams, one for each node of a tree of transforms.

albumentations hands one seed to every step, so that two flips at p = 0.5 fall together each time. Here the
stream of a node depends on the entropy of the call and on the position of the node, and on nothing else: both
are hashed (BLAKE2b) into the seeds of its sources.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Stream", "Streams"]


class Stream:
    """The two sources of chance an albumentations transform asks for; each is made when first asked."""

    __slots__ = ("_drawn", "_generator", "_marked", "_name", "_part", "_python")

    def __init__(self, name: bytes, part: int = 0, drawn: dict[bytes, Any] | None = None) -> None:
        self._name, self._part, self._drawn = name, part, drawn
        self._generator: np.random.Generator | None = None
        self._python: random.Random | None = None
        self._marked: Any = None

    @property
    def generator(self) -> np.random.Generator:
        """NumPy's."""
        if self._generator is None:
            self._generator = np.random.Generator(np.random.PCG64(self._sequence(b"numpy")))
        return self._generator

    @property
    def python(self) -> random.Random:
        """Python's; independent of NumPy's."""
        if self._python is None:
            self._python = random.Random(self._words(b"python"))  # noqa: S311 - augmentation, not cryptography
        return self._python

    @property
    def key(self) -> int:
        """64 bits for noise that is counted rather than drawn; independent of both."""
        return int.from_bytes(self._words(b"key")[:8], "little")

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
        whole = np.random.SeedSequence(self._sequence(b"slices").entropy, spawn_key=(self._part,) * bool(self._part))
        return [np.random.Generator(np.random.PCG64(child)) for child in whole.spawn(count)]

    def recall(self) -> dict[str, Any] | None:
        """Return what was drawn here for part 0 and is to hold for the others; None if there is nothing, or for it."""
        found = self._drawn.get(self._name) if self._part and self._drawn else None
        return None if found is None else dict(found)

    def remember(self, params: dict[str, Any]) -> None:
        """Keep what was drawn for part 0."""
        if self._drawn is not None and not self._part:
            self._drawn[self._name] = params

    def apart(self, key: int) -> int:
        """Return the key of a field of noise for the part of a sample that this stream serves; itself for part 0."""
        if not self._part:
            return key
        words = f"{key} {self._part}".encode()
        return int.from_bytes(hashlib.blake2b(words, digest_size=8, person=b"part").digest(), "little")

    def _words(self, use: bytes) -> bytes:
        return hashlib.blake2b(self._name, digest_size=32, person=use).digest()

    def _sequence(self, use: bytes) -> np.random.SeedSequence:
        return np.random.SeedSequence(int.from_bytes(self._words(use), "little"))


class Streams:
    """Every stream of one call.

    Args:
        entropy: Non-negative integers of any size that name the call: seed, sample, copy.
        part: Which part of the sample the call is for; parts share every draw, and have noise of their own.
        drawn: What part 0 drew of places, by stream, to hold for the others.
    """

    __slots__ = ("_drawn", "_part", "entropy")

    def __init__(self, entropy: Sequence[int], part: int = 0, drawn: dict[bytes, Any] | None = None) -> None:
        self.entropy, self._part, self._drawn = tuple(entropy), part, drawn

    def at(self, position: tuple[int, ...]) -> Stream:
        """Return the stream of the node at `position`: indices from the outermost composition inwards."""
        return Stream(repr((self.entropy, position)).encode(), self._part, self._drawn)
