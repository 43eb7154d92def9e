"""A calibrated camera on a vehicle: where its rays go, and where points land in its picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug.errors import ImageError

__all__ = ["Pinhole"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pinhole:
    """A pinhole camera. Optical axes: x right, y down, z forward; the middle of the first pixel is at (0, 0).

    Attributes:
        width: Pixels of a row.
        height: Rows.
        focal_x: Focal length along rows, pixels.
        focal_y: Along columns.
        center_x: Column of the optical axis.
        center_y: Its row.
        mounted: Meters above the road.
        pitch: Degrees, nose up.
        roll: Degrees, clockwise seen from behind the camera.

    Raises:
        ImageError: A size or a focal length is not above 0, or an angle is no number.
    """

    width: int
    height: int
    focal_x: float
    focal_y: float
    center_x: float
    center_y: float
    mounted: float = 1.5
    pitch: float = 0.0
    roll: float = 0.0

    def __post_init__(self) -> None:
        for name in ("width", "height", "focal_x", "focal_y", "mounted"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ImageError(f"camera: {name} has to be above 0, got {value!r}")
        for name in ("center_x", "center_y", "pitch", "roll"):
            if not math.isfinite(getattr(self, name)):
                raise ImageError(f"camera: {name} has to be a finite number, got {getattr(self, name)!r}")

    @classmethod
    def of_view(cls, width: int, height: int, view: float, **mounting: float) -> Pinhole:
        """Return a camera by its horizontal field of view, degrees, with its axis in the middle of the picture."""
        if not 1.0 <= view <= 170.0:
            raise ImageError(f"camera: a horizontal field of view is 1 to 170 degrees, got {view!r}")
        focal = width / 2 / math.tan(math.radians(view) / 2)
        return cls(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2, **mounting)

    @classmethod
    def of_matrix(cls, matrix: ArrayLike, width: int, height: int, **mounting: float) -> Pinhole:
        """Return a camera by its matrix, (3, 3) or the left of (3, 4): focal lengths and center in pixels.

        Raises:
            ImageError: It is no such matrix, or has skew.
        """
        k = np.asarray(matrix, np.float64)
        if k.ndim != 2 or k.shape[0] < 3 or k.shape[1] < 3 or not np.isfinite(k).all():
            raise ImageError(f"camera: a matrix of 3 x 3 finite numbers is needed, got shape {k.shape}")
        if abs(k[0, 1]) > 1e-3 * abs(k[0, 0]) or np.abs(k[2, :3] - [0, 0, 1]).max() > 1e-6 or abs(k[1, 0]) > 1e-6:
            raise ImageError(
                "camera: the matrix has to be [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]; rectify the picture first"
            )
        return cls(width, height, float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2]), **mounting)

    @property
    def matrix(self) -> Floats:
        """(3, 3) from optical axes to pixels."""
        return np.array([[self.focal_x, 0, self.center_x], [0, self.focal_y, self.center_y], [0, 0, 1.0]])

    @property
    def up(self) -> Floats:
        """(3,) unit vector away from the ground, in optical axes."""
        pitch, roll = math.radians(self.pitch), math.radians(self.roll)
        # nose up by p turns the vertical toward the camera's back; roll then turns it about the axis
        return np.array(
            [-math.sin(roll) * math.cos(pitch), -math.cos(roll) * math.cos(pitch), math.sin(pitch)], np.float64
        )

    def pose(self, along: float = 0.0) -> Floats:
        """Return (4, 4) from optical axes to a world with z up, x ahead, and the road at z = 0.

        Args:
            along: Meters driven.
        """
        up = self.up
        ahead = np.array([0.0, 0.0, 1.0]) - up[2] * up
        ahead /= np.linalg.norm(ahead)
        out = np.eye(4)
        out[:3, :3] = np.stack([ahead, np.cross(up, ahead), up])
        out[:3, 3] = (along, 0.0, self.mounted)
        return out

    def rays(self) -> NDArray[np.float32]:
        """Return (height, width, 3) rays through pixel centers, with 1 along the optical axis."""
        x = (np.arange(self.width) - self.center_x) / self.focal_x
        y = (np.arange(self.height) - self.center_y) / self.focal_y
        out = np.ones((self.height, self.width, 3), np.float32)
        out[..., 0], out[..., 1] = x, y[:, None]
        return out

    def stretch(self) -> NDArray[np.float32]:
        """Return (height, width): by how much the way to a place is longer than its depth along the axis."""
        return np.asarray(np.linalg.norm(self.rays(), axis=2))

    def seen(self, points: ArrayLike) -> tuple[Floats, Floats]:
        """Return where points (n, 3) in optical axes land, (n, 2) columns and rows, and their depth, (n,) meters.

        What is not in front of the camera lands at NaN.
        """
        flat = np.asarray(points, np.float64).reshape(-1, 3)
        depth = flat[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(depth[:, None] > 1e-6, flat[:, :2] / depth[:, None], np.nan)
        return share * [self.focal_x, self.focal_y] + [self.center_x, self.center_y], depth

    def for_size(self, height: int, width: int, where: str) -> Pinhole:
        """Return it, if a picture has its size.

        Raises:
            ImageError: It has another.
        """
        if (height, width) != (self.height, self.width):
            raise ImageError(
                f"{where}: the camera is calibrated for {self.width} x {self.height} pixels, and the picture has "
                f"{width} x {height}; move the calibration along (domainaug.driving.rig.moved)"
            )
        return self

    def but(self, **changes: Any) -> Pinhole:
        """Return it with other numbers."""
        return replace(self, **changes)
