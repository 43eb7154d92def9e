"""One draw of the symmetries of a cube: which of the 48 it was, as mirrors, turns in the slice and tilt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.registry import reads
from domainaug.declare.sets import Array
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators

__all__ = ["symmetry"]

_MIRRORS = ("mirror_superior_inferior", "mirror_anterior_posterior", "mirror_left_right")  # along z, y, x


@cache
def _place() -> NDArray[np.float32]:
    coordinates = np.stack(np.meshgrid(*[np.arange(3) - 1] * 3, indexing="ij"), axis=-1)
    return coordinates.astype(np.float32)


def symmetry(index: int) -> Array:
    """Return where element `index` sends the axes (z, y, x): a 3x3 signed permutation."""
    moved = A.augmentations.transforms3d.functional.transform_cube(_place(), index)
    # The output at a place shows the input at another: solve for that map, then invert it.
    backward, *_ = np.linalg.lstsq(_place().reshape(-1, 3), np.asarray(moved).reshape(-1, 3), rcond=None)
    return np.rint(np.linalg.inv(backward.T))


@reads("CubicSymmetry")
def _cube(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    forward = symmetry(int(params["index"]))
    ranges: dict[str, Interval] = {}
    turn = forward
    if np.linalg.det(forward) < 0:
        # Of the three mirrors, the one that leaves the smallest turn (the largest trace).
        left = [forward @ np.diag([-1.0 if axis == other else 1.0 for other in range(3)]) for axis in range(3)]
        best = int(np.argmax([np.trace(rest) for rest in left]))
        turn = left[best]
        ranges[_MIRRORS[best]] = Interval(1, 1)
    tilt = float(np.degrees(np.arccos(np.clip(turn[0, 0], -1, 1))))
    ranges["tilt"] = Interval(tilt, tilt)
    maps = np.eye(3)
    if abs(forward[0, 0]) > 0.5:  # slices stay slices: (y, x) to (x, y) order
        maps[:2, :2] = forward[1:, 1:][::-1, ::-1]
    return Generators(maps=maps[None], ranges=ranges)
