"""What mirroring a calibrated picture does to the world before it, for rigs and data sets alike.

Left and right of the camera change places. Angles, poses and points follow; sensors have their own left and right
exchanged as well, so that their axes stay right-handed.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["MIRROR", "mirrored_column", "mirrored_pose", "mirrored_projection", "mirrored_yaw", "reflection"]

Array = NDArray[np.float64]

MIRROR: Final = np.diag([-1.0, 1.0, 1.0, 1.0])
"""(4, 4) of points in optical axes (x right, y down, z forward): left and right exchanged."""

_LEFT: Final = np.diag([1.0, -1.0, 1.0, 1.0])  # the same of axes whose y points left


def mirrored_column(column: float, width: int) -> float:
    """Return where a place along the rows of a picture goes; pixel centers are whole numbers."""
    return width - 1 - column


def mirrored_projection(projection: Array, width: int, pixels: Array | None = None) -> Array:
    """Return the projection of a mirrored world.

    Args:
        projection: (3, 4), from optical axes to a picture.
        width: Of that picture.
        pixels: (3, 3), where its places go, where more happens to it than the mirror.
    """
    if pixels is None:
        pixels = np.array([[-1.0, 0.0, mirrored_column(0.0, width)], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(pixels @ projection @ MIRROR, np.float64)


def mirrored_yaw(yaw: float) -> float:
    """Return an angle about the axis down, or one that something is seen under, -pi to pi radians."""
    return (2 * math.pi - yaw) % (2 * math.pi) - math.pi


def mirrored_pose(pose: Array, mirror: Array = MIRROR) -> Array:
    """Return the (4, 4) pose of a sensor whose y points left, told in axes that `mirror` mirrors."""
    return np.asarray(mirror @ pose @ _LEFT, np.float64)


def reflection(to_camera: Array) -> Array:
    """Return the (4, 4) that mirrors points of a sensor which keeps its (4, 4) pose `to_camera`."""
    return np.asarray(np.linalg.inv(to_camera) @ MIRROR @ to_camera, np.float64)
