"""A pinhole camera: its place, its rays, and where points of the world land in its picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.mesh import Floats, turned

__all__ = ["Camera"]

F = TypeVar("F", bound=np.floating[Any])


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera.

    Attributes:
        place: (3,) meters.
        yaw: Degrees counter-clockwise from +x.
        pitch: Degrees, nose up.
        roll: Degrees.
        width: Pixels.
        height: Pixels.
        view: Horizontal field of view, degrees.
    """

    place: tuple[float, float, float]
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    width: int = 640
    height: int = 384
    view: float = 75.0

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return float(self.width / 2 / np.tan(np.radians(self.view) / 2))

    @property
    def pixel(self) -> float:
        """Angle of a pixel in the middle, radians."""
        return 1.0 / self.focal

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(4, 4) from the camera's axes (x forward, y left, z up) to the world's."""
        yaw, pitch, roll = np.radians([self.yaw, self.pitch, self.roll])
        return turned(yaw, self.place, -pitch, roll)

    @property
    def intrinsics(self) -> NDArray[np.float64]:
        """(3, 3) for points in optical axes: x right, y down, z forward; pixel centers at whole numbers plus a half."""
        return np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1]])

    @property
    def extrinsics(self) -> NDArray[np.float64]:
        """(4, 4) from the world to optical axes."""
        optical = np.array([[0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1.0]])
        return np.asarray(optical @ np.linalg.inv(self.matrix), np.float64)

    @property
    def origin(self) -> Floats:
        """(3,) where rays begin."""
        return np.array(self.place, np.float32)

    def rays(self, columns: ArrayLike, rows: ArrayLike) -> Floats:
        """Return unit vectors through places of the picture; (0.5, 0.5) is the middle of the first pixel."""
        x = (np.asarray(columns, np.float64) - self.width / 2) / self.focal
        y = (np.asarray(rows, np.float64) - self.height / 2) / self.focal
        return _combined(_unit(x, y), self.matrix[:3, :3], np.float32)

    def centers(self) -> Floats:
        """Return the rays through all pixel centers, (height * width, 3), row by row."""
        return _combined(_centers(self.width, self.height, self.focal), self.matrix[:3, :3], np.float32)

    def seen(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where points (n, 3) land, (n, 2) columns and rows, and their depth along the optical axis, meters."""
        flat = np.asarray(points, np.float64).reshape(-1, 3)
        optical = _combined(flat, self.extrinsics[:3, :3], np.float64) + self.extrinsics[:3, 3]
        depth = optical[:, 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        return optical[:, :2] / safe[:, None] * self.focal + [self.width / 2, self.height / 2], depth


def _unit(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors in the camera's axes to places of the picture at focal length 1."""
    own = np.stack([np.ones_like(x), -x, -y], axis=-1)
    return own / np.sqrt(1 + x * x + y * y)[..., None]


def _combined(vectors: NDArray[np.float64], turn: NDArray[np.float64], dtype: type[F]) -> NDArray[F]:
    """Return turned vectors; sums in a fixed order, where BLAS sums as its build and its threads like."""
    out = np.empty(vectors.shape, dtype)
    _turn(vectors.reshape(-1, 3), turn, out.reshape(-1, 3))
    return out


@compiled
def _turn(vectors: Any, turn: Any, out: Any) -> None:
    for i in range(len(vectors)):
        x, y, z = vectors[i, 0], vectors[i, 1], vectors[i, 2]
        out[i, 0] = x * turn[0, 0] + y * turn[0, 1] + z * turn[0, 2]
        out[i, 1] = x * turn[1, 0] + y * turn[1, 1] + z * turn[1, 2]
        out[i, 2] = x * turn[2, 0] + y * turn[2, 1] + z * turn[2, 2]


@lru_cache(maxsize=8)
def _centers(width: int, height: int, focal: float) -> NDArray[np.float64]:
    x, y = np.meshgrid((np.arange(width) + 0.5 - width / 2) / focal, (np.arange(height) + 0.5 - height / 2) / focal)
    out = _unit(x.ravel(), y.ravel())
    out.flags.writeable = False
    return out
