"""Pictures that look alike: near duplicates, among pictures that all look somewhat alike.

Hashes of 64 bits take every good part on a fixture for every other: what they keep of a picture is what all have in
common. Here the mean of all looks is taken away first, and what is left of two pictures is correlated; noise and
texture, which are of one exposure, decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug.exploring.measuring import LOOK

__all__ = ["ALIKE", "near_pairs"]

ALIKE: Final = 0.95
"""Correlation from which on two pictures are near duplicates.

Of 84 photographs of magnetic tiles, the tiles that were photographed twice are alike by 0.922 to 0.998, and the first
two that are different tiles by 0.912.
"""

_SHRINK: Final = 2.0  # pictures; the mean of two duplicates is not to be all that they show
_BLOCK: Final = 2048
_FLAT: Final = 1.0  # levels of 255 that a look must differ from the mean by, or it says nothing


def near_pairs(looks: Sequence[bytes], threshold: float = ALIKE) -> tuple[tuple[int, int, float], ...]:
    """Return the pairs of pictures that are nearly the same: numbers of both, and how alike they are, 0 to 1.

    A picture that was scaled, compressed, made lighter or darker, or cut by a hair is found; one that was turned,
    mirrored or cut by more is not.

    Args:
        looks: As `domainaug.exploring.measuring.look_of` gives them.
        threshold: How alike, as a correlation.
    """
    if len(looks) < 2:
        return ()
    rest, told = _left(looks)
    pairs = [pair for pair in _compared(rest, threshold) if told[pair[0]] and told[pair[1]]]
    return tuple(sorted(pairs))


def _left(looks: Sequence[bytes]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return what is left of each look without what all share, at unit length, and whether it tells anything."""
    pixels = np.frombuffer(b"".join(looks), np.uint8).reshape(len(looks), LOOK * LOOK).astype(np.float32)
    pixels -= pixels.mean(axis=1, keepdims=True)
    pixels -= pixels.mean(axis=0) * (len(looks) / (len(looks) + _SHRINK))
    lengths = np.linalg.norm(pixels, axis=1, keepdims=True)
    told = lengths[:, 0] > _FLAT * LOOK
    return pixels / np.maximum(lengths, 1e-6), told


def _compared(rest: NDArray[np.float32], threshold: float) -> Iterator[tuple[int, int, float]]:
    """Yield pairs, some rows against all that follow at a time."""
    for start in range(0, len(rest), _BLOCK):
        block = rest[start : start + _BLOCK]
        for then in range(start, len(rest), _BLOCK):
            likeness = block @ rest[then : then + _BLOCK].T
            for row, column in zip(*np.nonzero(likeness >= threshold), strict=True):
                one, other = start + int(row), then + int(column)
                if one < other:
                    yield one, other, min(float(likeness[row, column]), 1.0)
