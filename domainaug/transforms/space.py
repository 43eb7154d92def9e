"""Linear maps of a body in millimeters: what they do to voxels, to a slice, and to what is in view.

Axes are those of the array: x along columns, y down the rows, z from slice to slice. Angles are counter-clockwise
looking along the axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug.generators import Frame
from domainaug.kernels.volume_map import VolumeMap

__all__ = ["in_view", "linear_maps", "side_mm", "slice_maps", "tilts", "voxel_map"]

Array = NDArray[np.float64]


def linear_maps(angles: ArrayLike, scales: ArrayLike, shears: ArrayLike = (0.0, 0.0, 0.0)) -> Array:
    """Return R K S, (n, 3, 3): factors first, then shears, then turns. Every map that mirrors nothing is one such.

    Args:
        angles: (n, 3) degrees about x, y and z; R = Rz Rx Ry.
        scales: (n, 3) factors along x, y and z, or one for all.
        shears: (n, 3) degrees by which y leans toward x, z toward x, and z toward y.
    """
    given = (np.asarray(each, np.float64) for each in (angles, scales, shears))
    angles, scales, shears = (np.broadcast_to(each, (1, 3)) if each.ndim < 2 else each for each in given)
    # By the right-hand rule with y down, positive would be clockwise.
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians(angles)).T, -np.sin(np.radians(angles)).T
    turned = np.empty((len(angles), 3, 3))
    turned[:, 0] = np.stack([cz * cy - sz * sx * sy, -sz * cx, cz * sy + sz * sx * cy], axis=1)
    turned[:, 1] = np.stack([sz * cy + cz * sx * sy, cz * cx, sz * sy - cz * sx * cy], axis=1)
    turned[:, 2] = np.stack([-cx * sy, sx, cx * cy], axis=1)
    sheared = np.broadcast_to(np.eye(3), (len(shears), 3, 3)).copy()
    sheared[:, 0, 1], sheared[:, 0, 2], sheared[:, 1, 2] = np.tan(np.radians(shears)).T
    return np.asarray(turned @ sheared * scales[:, None, :])


def voxel_map(
    shape: tuple[int, int, int],
    spacing: Sequence[float],
    linear: ArrayLike,
    center: Sequence[float],
    shift_mm: Sequence[float],
) -> VolumeMap:
    """Return the map of a volume whose points go from p to L (p - c) + c + t.

    Args:
        shape: (slices, rows, columns).
        spacing: Millimeters along (slices, rows, columns).
        linear: L, (3, 3).
        center: c in voxels (x, y, z), the middle of the first one at 0.
        shift_mm: t along x, y and z.
    """
    steps: Array = np.array(spacing[::-1], np.float64)
    forward: Array = np.eye(4)
    forward[:3, :3] = np.asarray(linear, np.float64) * steps / steps[:, None]
    forward[:3, 3] = center + np.asarray(shift_mm) / steps - forward[:3, :3] @ center
    back: Array = np.asarray(np.linalg.inv(forward), np.float64)
    back[3] = (0, 0, 0, 1)
    return VolumeMap(shape, back, shape)


def slice_maps(linear: Array, shifts: Array, aspect: float, away: ArrayLike = (0.0, 0.0)) -> Array:
    """Return what maps of a body do within a slice, as (n, 3, 3) forward maps in frame units.

    Args:
        linear: (n, 3, 3).
        shifts: (n, 2) along x and y, in frame units.
        aspect: Distance of rows over that of columns.
        away: (2,) or (n, 2): how far from the middle the point lies that stays where it is, in frame units.
    """
    maps = np.zeros((len(linear), 3, 3))
    maps[:, 0, 0], maps[:, 0, 1] = linear[:, 0, 0], linear[:, 0, 1] * aspect
    maps[:, 1, 0], maps[:, 1, 1] = linear[:, 1, 0] / aspect, linear[:, 1, 1]
    offset = np.broadcast_to(np.asarray(away, np.float64), shifts.shape)
    maps[:, :2, 2] = shifts + offset - np.einsum("nij,nj->ni", maps[:, :2, :2], offset)
    maps[:, 2, 2] = 1.0
    return maps


def tilts(linear: Array) -> Array:
    """Return the angles in degrees, (n,), between the slices before and after maps (n, 3, 3)."""
    normals = np.cross(linear[:, :, 0], linear[:, :, 1])
    cosine = normals[:, 2] / np.linalg.norm(normals, axis=1)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def side_mm(frame: Frame, plane: Sequence[float]) -> float:
    """Return the side of a slice in mm: what shifts across slices are shares of, as limits in mm have it."""
    return frame.side * float(np.sqrt(plane[0] * plane[1]))


def in_view(found: VolumeMap, steps: int = 24) -> tuple[float, float]:
    """Return the share of the input still in view, and that of the output that shows nothing of it."""

    def grid(shape: Sequence[int]) -> Array:
        axes = [(np.arange(steps) + 0.5) / steps * n - 0.5 for n in shape[::-1]]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)

    def inside(points: Array, shape: Sequence[int]) -> float:
        ends = np.array(shape[::-1]) - 0.5 + 1e-6
        return float(np.all((points >= -0.5 - 1e-6) & (points <= ends), axis=1).mean())

    return inside(found.points(grid(found.frame)), found.shape), 1 - inside(
        found.looks_at(grid(found.shape)), found.frame
    )
