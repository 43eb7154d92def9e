"""Where key points and boxes go, given where points go."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lands", "boxes_landed", "key_points_landed"]

Array = NDArray[np.float64]

Lands = Callable[[Array], Array]
"""Takes points of the input, (n, d) with x first, in pixels, to where they lie in the output."""

_STEP = 0.5  # pixels over which directions and sizes are read
_ALONG = np.linspace(0.0, 1.0, 17)


def key_points_landed(points: NDArray[np.floating], lands: Lands, axes: int) -> NDArray[np.float32]:
    """Return key points moved, with their angles and sizes as the picture turns and grows there.

    Args:
        points: (n, 5 or more): x, y, z in pixels, angle from x toward y in radians, size, and what else there is.
        lands: Where points go.
        axes: 2 for pictures, whose z stays, 3 for volumes.
    """
    out = np.array(points, np.float32)
    place = np.asarray(points[:, :axes], np.float64)
    moved = lands(place)
    out[:, :axes] = moved
    along = [lands(place + _STEP * np.eye(axes)[axis]) - moved for axis in (0, 1)]
    slope = np.stack([each[:, :2] for each in along], axis=2) / _STEP
    angle = np.asarray(points[:, 3], np.float64)
    heading = np.einsum("nij,jn->ni", slope, np.stack([np.cos(angle), np.sin(angle)]))
    out[:, 3] = np.mod(np.arctan2(heading[:, 1], heading[:, 0]), 2 * np.pi)
    out[:, 4] = points[:, 4] * np.sqrt(np.abs(np.linalg.det(slope)))
    return out


def boxes_landed(
    boxes: NDArray[np.floating], shape: tuple[int, int], into: tuple[int, int], lands: Lands
) -> NDArray[np.float32]:
    """Return the smallest upright boxes around what boxes became; they may reach over the frame.

    Args:
        boxes: (n, 4 or more): left, top, right, bottom as shares of the frame, and what else there is.
        shape: (height, width) of the frame.
        into: That of the frame in which they land.
        lands: Where points go.
    """
    size = np.array([shape[1], shape[0], shape[1], shape[0]], np.float64)
    left, top, right, bottom = (np.asarray(boxes[:, :4], np.float64) * size - 0.5).T
    across = left[:, None] + (right - left)[:, None] * _ALONG
    down = top[:, None] + (bottom - top)[:, None] * _ALONG
    x = np.concatenate([across, across, np.repeat(left[:, None], 17, 1), np.repeat(right[:, None], 17, 1)], axis=1)
    y = np.concatenate([np.repeat(top[:, None], 17, 1), np.repeat(bottom[:, None], 17, 1), down, down], axis=1)
    moved = lands(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(*x.shape, 2)
    out = np.array(boxes, np.float32)
    arrived = np.array([into[1], into[0], into[1], into[0]], np.float64)
    out[:, :4] = (np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1) + 0.5) / arrived
    return out
