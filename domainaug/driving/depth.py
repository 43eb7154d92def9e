"""How far away is what a picture shows: a depth map, stereo, LiDAR points, or the road's plane; and which it was.

Depth is in meters along the optical axis, float32, infinite for the sky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug.driving.filling import completed, without_shadowed
from domainaug.driving.pinhole import Pinhole
from domainaug.driving.sky_finder import found_sky
from domainaug.errors import ImageError

__all__ = ["Depth", "checked_depth", "depth_from_disparity", "depth_from_ground", "depth_from_points", "depth_given"]

Array = NDArray[np.generic]
Meters = NDArray[np.float32]

_NEAREST, _FURTHEST = 0.3, 2000.0
"""Meters: nothing is closer to the lens of a vehicle's camera, or measurably further."""


@dataclass(frozen=True, slots=True)
class Depth:
    """What is known of distances in a picture.

    Attributes:
        meters: (height, width) along the optical axis; inf is the sky.
        source: "given", "stereo", "lidar" or "ground": where it comes from.
        measured: Share of the pixels that were told, and not filled in.
    """

    meters: Meters
    source: str
    measured: float

    @property
    def sky(self) -> NDArray[np.bool_]:
        """(height, width): where there is nothing."""
        return np.asarray(np.isinf(self.meters))

    def told(self) -> dict[str, str | float]:
        """Return what a record says of it."""
        return {"depth": self.source, "measured": round(self.measured, 4)}


def checked_depth(depth: ArrayLike, shape: tuple[int, ...], where: str = "depth") -> Meters:
    """Return a depth map as float32 meters; 0 and NaN stand for what is not known, and become NaN.

    Args:
        depth: (height, width), or with one channel.
        shape: Of the picture it lies beside.
        where: Begins the message.

    Raises:
        ImageError: It has another size, is of whole numbers, is negative somewhere, or is not in meters.
    """
    given = np.asarray(depth)
    if given.ndim == 3 and given.shape[2] == 1:
        given = given[..., 0]
    if given.shape != tuple(shape[:2]):
        raise ImageError(f"{where}: it has the shape {given.shape}, and the picture {tuple(shape[:2])}")
    if given.dtype.kind != "f":
        raise ImageError(
            f"{where}: meters as floats are needed, got {given.dtype}; convert what is stored first, such as / 256 "
            "for KITTI or / 1000 for millimeters"
        )
    meters = given.astype(np.float32)
    meters[meters == 0] = np.nan
    finite = meters[np.isfinite(meters)]
    if finite.size == 0:
        if np.isinf(meters).all():
            return meters
        raise ImageError(f"{where}: it holds no distance at all")
    if finite.min() < 0 or np.isneginf(meters).any():
        raise ImageError(f"{where}: distances are above 0, got {float(finite.min()):g}")
    middle = float(np.median(finite))
    if middle > _FURTHEST or middle < _NEAREST:
        side = "beyond" if middle > _FURTHEST else "within"
        raise ImageError(
            f"{where}: half of it is {side} {middle:g}, which is not in meters; scale it (millimeters / 1000; shares "
            "times the far plane)"
        )
    return meters


def depth_given(depth: ArrayLike, image: Array, where: str = "depth") -> Depth:
    """Return a depth map, its holes filled along the picture's edges; arguments and errors as `checked_depth`."""
    meters = checked_depth(depth, np.shape(image), where)
    known = ~np.isnan(meters)
    share = float(known.mean())
    return Depth(meters if share == 1 else completed(meters, image), "given", share)


def depth_from_disparity(disparity: ArrayLike, baseline: float, focal: float, image: Array) -> Depth:
    """Return depth from stereo: focal times baseline over disparity.

    Args:
        disparity: (height, width) pixels; 0 or less and NaN stand for no match.
        baseline: Meters between the cameras.
        focal: Pixels.
        image: The picture that the disparity belongs to.

    Raises:
        ImageError: A size does not fit, or nothing was matched.
    """
    if not (baseline > 0 and focal > 0):
        raise ImageError(f"stereo: baseline and focal length are above 0, got {baseline!r} m and {focal!r} px")
    given = np.asarray(disparity, np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        meters = np.where(given > 0, np.float32(focal * baseline) / given, np.float32(np.nan))
    if meters.shape == np.shape(image)[:2] and not np.isfinite(meters).any():
        raise ImageError("stereo: no pixel has a disparity above 0")
    return _filled(checked_depth(meters, np.shape(image), "stereo"), image, "stereo")


def depth_from_points(points: ArrayLike, projection: ArrayLike, image: Array) -> Depth:
    """Return depth from LiDAR points seen by the camera, filled in along the edges of the picture.

    Points that the camera cannot see, because something nearer is in front of them, are left out first.

    Args:
        points: (n, 3) or more columns: x, y, z first, meters.
        projection: (3, 4) or (4, 4): from the points' axes to the picture, depth times (column, row, 1).
        image: The picture.

    Raises:
        ImageError: They are no points, or none lands in the picture.
    """
    cloud, matrix = np.asarray(points, np.float64), np.asarray(projection, np.float64)
    if cloud.ndim != 2 or cloud.shape[1] < 3 or matrix.shape not in ((3, 4), (4, 4)):
        raise ImageError(
            f"LiDAR: points (n, 3) and a projection (3, 4) or (4, 4) are needed, got {cloud.shape} and {matrix.shape}"
        )
    landed = cloud[:, :3] @ matrix[:3, :3].T + matrix[:3, 3]
    landed = landed[landed[:, 2] > _NEAREST]
    places = np.rint(landed[:, :2] / landed[:, 2:]).astype(np.int64)
    rows, columns = np.shape(image)[:2]
    inside = ((places >= 0) & (places < (columns, rows))).all(axis=1)
    if not inside.any():
        raise ImageError("LiDAR: no point lands in the picture; the projection does not belong to these points")
    sparse = np.full((rows, columns), np.inf, np.float32)
    np.minimum.at(sparse, (places[inside, 1], places[inside, 0]), landed[inside, 2].astype(np.float32))
    sparse[np.isinf(sparse)] = np.nan
    return _filled(without_shadowed(sparse), image, "lidar")


def depth_from_ground(camera: Pinhole, image: Array, far: float = 80.0) -> Depth:
    """Return a guess from calibration alone: a level road, what stands at its end, and the sky.

    Cars and houses stand nearer than the road behind them; so this is right for the road, and too far for what
    stands on it.

    Args:
        camera: Its height, pitch and roll make the plane.
        image: The picture, in which the sky is looked for.
        far: Meters to what is not road.
    """
    rows, columns = np.shape(image)[:2]
    camera.for_size(rows, columns, "ground")
    sinking = camera.rays() @ -camera.up.astype(np.float32)
    with np.errstate(divide="ignore"):
        meters = np.where(sinking > 0, np.float32(camera.mounted) / sinking, np.float32(far))
    meters = np.minimum(meters, np.float32(far)).astype(np.float32)
    meters[found_sky(image) & (sinking < 0)] = np.inf
    return Depth(meters, "ground", 0.0)


def _filled(sparse: Meters, image: Array, source: str) -> Depth:
    """Fill in what is not known; the sky is where the picture shows it and nothing was measured."""
    known = np.isfinite(sparse)
    meters = completed(sparse, image)
    meters[found_sky(image, known)] = np.inf
    return Depth(meters, source, float(known.mean()))
