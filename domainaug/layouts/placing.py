"""Where points of a picture went, for labels that are coordinates rather than pixels.

Coordinates are (x, y) with pixel centers at whole numbers, the first pixel at (0, 0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.kernels.maps import PixelMap

__all__ = ["Placing", "area", "clipped", "placing_of"]

Array = NDArray[np.float64]

_STILL = 1e-9  # pixels that a product of matrices may be off where nothing moved
_NEAR = 1e-6  # share of the middle's depth below which a point lies behind the horizon of a perspective


@dataclass(frozen=True, slots=True)
class Placing:
    """One matrix from the places of a picture to those of its copy.

    Attributes:
        matrix: (3, 3), takes (x, y, 1) of the source to the copy.
        shape: (height, width) of the copy.
    """

    matrix: Array
    shape: tuple[int, int]

    @property
    def still(self) -> bool:
        """Whether nothing moved."""
        return bool(np.abs(self.matrix - np.eye(3)).max() < _STILL)

    @property
    def mirrored(self) -> bool:
        """Whether left and right, or up and down, are exchanged."""
        return bool(np.linalg.det(self.matrix) < 0)

    @property
    def upright(self) -> bool:
        """Whether it is a zoom and a shift along rows and columns only: no turn, shear, perspective or mirror."""
        (a, b, _), (c, d, _), (e, f, g) = self.matrix.tolist()
        return bool(abs(b) + abs(c) + abs(e) + abs(f) + abs(g - 1) < _STILL and a > 0 and d > 0)

    def points(self, places: Array) -> Array:
        """Return where (n, 2) places went.

        Raises:
            LabelError: One went behind the horizon of a perspective.
        """
        whole = np.column_stack([places, np.ones(len(places))]) @ self.matrix.T
        if (whole[:, 2] < _NEAR).any():
            raise LabelError("a perspective took labels behind its horizon; narrow it")
        moved: Array = whole[:, :2] / whole[:, 2:]
        return moved

    def box(self, box: Sequence[float]) -> tuple[float, float, float, float]:
        """Return the upright box around a moved one; both are left, top, right, bottom."""
        left, top, right, bottom = box
        moved = self.points(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64))
        return (*moved.min(axis=0).tolist(), *moved.max(axis=0).tolist())

    def share_inside(self, box: Sequence[float]) -> float:
        """Return the share of a moved box that lies in the copy."""
        left, top, right, bottom = self.box(box)
        area = (right - left) * (bottom - top)
        wide = min(right, self.shape[1] - 0.5) - max(left, -0.5)
        tall = min(bottom, self.shape[0] - 0.5) - max(top, -0.5)
        return max(wide, 0.0) * max(tall, 0.0) / area if area > 0 else 0.0


def placing_of(maps: Sequence[Any], shape: tuple[int, int]) -> Placing | None:
    """Return what maps amount to, or None where that is no matrix (a deformation).

    Args:
        maps: Those that the picture went through, in turn, from copy to source.
        shape: (height, width) of the picture.
    """
    back = np.eye(3)
    for one in maps:
        if not isinstance(one, PixelMap) or one.matrix is None:
            return None
        back, shape = back @ one.matrix, one.shape
    if abs(np.linalg.det(back)) < 1e-12:
        return None
    forward: Array = np.asarray(np.linalg.inv(back), np.float64)
    return Placing(np.asarray(forward / (forward[2, 2] or 1.0), np.float64), shape)


def clipped(polygon: Array, shape: tuple[int, int]) -> Array:
    """Return the part of a polygon that lies in a picture, as one polygon; (0, 2) where nothing does.

    Parts that come apart stay joined by lines of no width along the border of the picture (Sutherland and Hodgman,
    "Reentrant polygon clipping", 1974).

    Args:
        polygon: (n, 2) corners as x, y.
        shape: (height, width); the picture reaches half a pixel beyond its outermost centers.
    """
    ring = polygon
    for axis, edge, sign in ((0, -0.5, 1), (1, -0.5, 1), (0, shape[1] - 0.5, -1), (1, shape[0] - 0.5, -1)):
        if not len(ring):
            break
        inside = sign * (ring[:, axis] - edge)
        kept: list[Array] = []
        for here, there, at, to in zip(ring, np.roll(ring, -1, axis=0), inside, np.roll(inside, -1), strict=True):
            if at >= 0:
                kept.append(here)
            if (at >= 0) != (to >= 0):
                crossing = here + (there - here) * (at / (at - to))
                crossing[axis] = edge
                kept.append(crossing)
        ring = np.array(kept, np.float64).reshape(-1, 2)
    return ring if len(ring) >= 3 and area(ring) > 0 else np.zeros((0, 2))


def area(polygon: Array) -> float:
    """Return the area of a polygon, in square pixels."""
    x, y = polygon.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)
