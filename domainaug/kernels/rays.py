"""Straight rays from a point through a volume to a flat detector: line integrals of values, lengths inside a mask.

Integrals are Joseph's (1982, IEEE Trans. Med. Imaging 1:192): along the axis that a ray follows most, every plane of
voxels is met once, values in it are interpolated linearly, and the sum is times the distance from plane to plane.
Outside the volume values fall to 0 within one voxel. Lengths are Siddon's (1985, Med. Phys. 12:252), exact for voxels
that are boxes. Both engines agree to 1e-4 of the largest value; threads change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError
from domainaug.kernels.checks import check_array, check_matrix, check_shape
from domainaug.kernels.engine import loops
from domainaug.kernels.threads import run_slabs

__all__ = ["WARMUP", "RayVolume", "Rays", "integrals", "lengths"]

Array = NDArray[np.float64]
_FARTHEST = 1e7


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """One ray a pixel, from a point to the pixel's middle; in any coordinates that are straight.

    Attributes:
        source: (3,) where all begin.
        corner: (3,) the middle of the pixel in row 0 and column 0.
        across: (3,) from one column to the next.
        down: (3,) from one row to the next.
        shape: (rows, columns).
    """

    source: Array
    corner: Array
    across: Array
    down: Array
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        for name in ("source", "corner", "across", "down"):
            place = np.array(getattr(self, name), np.float64)
            if place.shape != (3,) or not np.isfinite(place).all() or np.abs(place).max() > _FARTHEST:
                raise ImageError(f"{name} of rays must be three finite numbers below 1e7, and is {place.tolist()}")
            object.__setattr__(self, name, place)
        object.__setattr__(self, "shape", check_shape(self.shape, "a detector"))

    def seen_from(self, matrix: Array) -> Rays:
        """Return the same rays in other coordinates: `matrix` (4, 4) takes those of the new ones to these."""
        inverse = np.linalg.inv(check_matrix(matrix, 4))
        turn, shift = inverse[:3, :3], inverse[:3, 3]
        return Rays(turn @ self.source + shift, turn @ self.corner + shift, turn @ self.across, turn @ self.down,
                    self.shape)  # fmt: skip

    def shifted(self, by: Sequence[float]) -> Rays:
        """Return the rays with `by` taken off every place."""
        away = np.array(by, np.float64)
        return Rays(self.source - away, self.corner - away, self.across, self.down, self.shape)

    def part(self, rows: slice, columns: slice) -> Rays:
        """Return the rays of a rectangle of pixels."""
        top, bottom, _ = rows.indices(self.shape[0])
        left, right, _ = columns.indices(self.shape[1])
        corner = self.corner + top * self.down + left * self.across
        return Rays(self.source, corner, self.across, self.down, (bottom - top, right - left))


@dataclass(frozen=True, slots=True, eq=False)
class RayVolume:
    """Two values a voxel, with a border of zeros, where they lie.

    Attributes:
        padded: (D + 2, H + 2, W + 2, 2) float32.
        matrix: (4, 4) takes voxel indices (x, y, z, 1), of the volume without its border, to millimeters.
    """

    padded: NDArray[np.float32]
    matrix: Array

    @classmethod
    def of(cls, values: Sequence[NDArray[np.float32]], matrix: Array) -> RayVolume:
        """Return the volume of two arrays (D, H, W) of one shape.

        Raises:
            ImageError: They are not.
        """
        pair = [check_array(one, "volume", dtypes=(np.float32,), ndim=3, planes=1) for one in values]
        if len(pair) != 2 or pair[0].shape != pair[1].shape:
            raise ImageError("rays go through two volumes of one shape, and not " + f"{[one.shape for one in pair]}")
        depth, height, width = pair[0].shape
        padded = np.zeros((depth + 2, height + 2, width + 2, 2), np.float32)
        for channel, one in enumerate(pair):
            padded[1:-1, 1:-1, 1:-1, channel] = one
        return cls(padded, check_matrix(matrix, 4))


def integrals(volume: RayVolume, rays: Rays, *, threads: int | None = None) -> NDArray[np.float32]:
    """Return the integrals of both values along every ray, (rows, columns, 2), in value times mm.

    Args:
        volume: The values.
        rays: In millimeters.
        threads: As in `domainaug.kernels.threads.thread_count`.
    """
    inside = rays.seen_from(volume.matrix).shifted((-1.0, -1.0, -1.0))
    out = np.zeros((*rays.shape, 2), np.float32)
    loop, to_mm = loops("rays").joseph, np.ascontiguousarray(volume.matrix[:3, :3])

    def slab(begin: int, end: int) -> None:
        loop(volume.padded, inside.source, inside.corner, inside.across, inside.down, to_mm, out, begin, end)

    run_slabs(slab, rays.shape[0], threads)
    return out


def lengths(
    mask: NDArray[np.bool_] | NDArray[np.uint8], matrix: Array, rays: Rays, *, threads: int | None = None
) -> NDArray[np.float32]:
    """Return how long every ray is inside a mask, (rows, columns), in mm.

    Args:
        mask: (D, H, W); inside where it is not 0.
        matrix: (4, 4) takes voxel indices (x, y, z, 1) to millimeters.
        rays: In millimeters.
        threads: As in `domainaug.kernels.threads.thread_count`.

    Raises:
        ImageError: The mask has another type or number of axes.
    """
    kinds = (np.bool_, np.uint8)
    voxels = check_array(mask, "mask", dtypes=kinds, ndim=3, planes=1).view(np.uint8)
    inside = rays.seen_from(matrix).shifted((-0.5, -0.5, -0.5))  # a voxel from its number to the next
    out = np.zeros(rays.shape, np.float32)
    loop, to_mm = loops("rays").siddon, np.ascontiguousarray(check_matrix(matrix, 4)[:3, :3])

    def slab(begin: int, end: int) -> None:
        loop(voxels, inside.source, inside.corner, inside.across, inside.down, to_mm, out, begin, end)

    run_slabs(slab, rays.shape[0], threads)
    return out


def _few() -> Rays:
    at = np.array
    return Rays(at([0.0, 0, -9]), at([0.0, 0, 9]), at([1.0, 0, 0]), at([0.0, 1, 0]), (2, 2))


def _integrals() -> None:
    one = np.ones((2, 2, 2), np.float32)
    integrals(RayVolume.of((one, one), np.eye(4)), _few(), threads=1)


def _lengths() -> None:
    lengths(np.ones((2, 2, 2), np.uint8), np.eye(4), _few(), threads=1)


WARMUP = (_integrals, _lengths)
"""What `domainaug.kernels.engine.warmup` runs: every loop of this file, for every type."""
