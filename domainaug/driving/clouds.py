"""Augmenting LiDAR clouds: points, their labels, 3-D boxes and calibration move together, or not at all.

A cloud is told in its sensor's own axes: x forward, y left, z up, the sensor at the origin. What is done keeps it
there: rings and shadows run from the origin, and a cloud that is shifted has them run from where no sensor is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.lidar_weather import Beam, Echo, LidarAir, weathered
from domainaug.effects import CLEAR_AIR_M, Interval
from domainaug.errors import ImageError, LabelError

__all__ = [
    "PIXEL_M",
    "AirIn",
    "Cloud",
    "CloudStep",
    "DropPoints",
    "MirrorCloud",
    "RangeNoise",
    "ScaleCloud",
    "TurnCloud",
]

Array = NDArray[np.float64]
Range = tuple[float, float]

PIXEL_M: Final = 0.2
"""Meters of a pixel of the view from above, in which profiles limit what happens to clouds."""


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """A turn of a LiDAR with what is known of it.

    Attributes:
        points: (n, 4 or more) x, y, z in meters, intensity, and whatever else.
        boxes: (m, 7 or 9) middle x, y, z; length, width, height; heading in radians counter-clockwise from +x;
            velocity along x and y where it is known.
        labels: Arrays of n, one entry a point: classes, numbers of things, rings.
        to_cameras: (4, 4) from these axes to those of each camera beside: x right, y down, z forward.
        full: The intensity of a white surface: 1 in KITTI, 255 in nuScenes.
    """

    points: NDArray[np.float32]
    boxes: Array | None = None
    labels: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    to_cameras: Mapping[str, Array] = field(default_factory=dict)
    full: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no cloud.

        Raises:
            ImageError: The points are no (n, 4 or more) array of finite numbers.
            LabelError: Boxes, labels or calibration are of another shape, or not finite.
        """
        if self.points.ndim != 2 or self.points.shape[1] < 4:
            raise ImageError(
                f"LiDAR cloud: got an array of shape {self.points.shape}; it is (n, 4 or more) finite numbers: x, y, "
                "z, intensity"
            )
        lost = int((~np.isfinite(self.points).all(axis=1)).sum())
        if lost:
            raise ImageError(f"LiDAR cloud: {lost} of {len(self.points)} points are not finite; leave them out first")
        boxes = self.boxes
        if boxes is not None and (boxes.ndim != 2 or boxes.shape[1] not in (7, 9) or not np.isfinite(boxes).all()):
            raise LabelError(f"boxes of a cloud: got shape {boxes.shape}; they are (m, 7 or 9) finite numbers")
        for name, values in self.labels.items():
            if len(values) != len(self.points):
                raise LabelError(f"{name}: {len(values)} labels for {len(self.points)} points; each has one")
        for name, matrix in self.to_cameras.items():
            if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
                raise LabelError(f"camera {name}: got a matrix of shape {matrix.shape}; it is (4, 4) finite numbers")

    def kept(self, rows: NDArray[Any], points: NDArray[np.float32] | None = None) -> Cloud:
        """Return the points of some rows, or others in their place, with the labels of those rows."""
        labels = {name: values[rows] for name, values in self.labels.items()}
        return replace(self, points=self.points[rows] if points is None else points, labels=labels)


class CloudStep(Protocol):
    """Something that may happen to a cloud."""

    @property
    def p(self) -> float:
        """How often it happens, from 0 to 1."""

    def bounds(self) -> Mapping[str, Interval]:
        """Return what it may do at most, in effects that profiles limit."""

    def applied(self, cloud: Cloud, draw: np.random.Generator) -> tuple[Cloud, dict[str, float]]:
        """Return what becomes of a cloud, and how much was done, by effect."""


def _drawn(ends: Range, draw: np.random.Generator) -> float:
    return float(draw.uniform(*ends))


def _ordered(name: str, ends: Range, least: float, most: float) -> None:
    numbers = isinstance(ends, Sequence) and len(ends) == 2 and all(isinstance(one, int | float) for one in ends)
    if not numbers or not least <= ends[0] <= ends[1] <= most:
        raise ImageError(f"{name}: got {ends}; it is a range within {least:g} to {most:g}, the lower end first")


@dataclass(frozen=True, slots=True)
class TurnCloud:
    """The world turns about the sensor's upright axis.

    Attributes:
        degrees: Counter-clockwise, least and most.
        p: How often.
    """

    degrees: Range = (-45.0, 45.0)
    p: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no range."""
        _ordered("degrees", self.degrees, -180, 180)

    def bounds(self) -> Mapping[str, Interval]:
        """Return what it may do at most; see `CloudStep`."""
        return {"rotation": Interval(*self.degrees)}

    def applied(self, cloud: Cloud, draw: np.random.Generator) -> tuple[Cloud, dict[str, float]]:
        """Turn; points still land on the pixels that they landed on, through the cameras that turn along."""
        angle = _drawn(self.degrees, draw)
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        whole = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
        return _moved(cloud, whole, math.radians(angle)), {"rotation": angle}


@dataclass(frozen=True, slots=True)
class MirrorCloud:
    """Left and right change places: traffic drives on the other side.

    Attributes:
        pictures: The user mirrors the pictures of the cameras beside, and their principal points; without it a cloud
            that has cameras is refused.
        p: How often.
    """

    pictures: bool = False
    p: float = 0.5

    def bounds(self) -> Mapping[str, Interval]:
        """Return what it may do at most; see `CloudStep`."""
        return {"mirror_horizontal": Interval(1, 1)}

    def applied(self, cloud: Cloud, draw: np.random.Generator) -> tuple[Cloud, dict[str, float]]:
        """Mirror.

        Raises:
            LabelError: There are cameras, and nobody vouches for their pictures.
        """
        if cloud.to_cameras and not self.pictures:
            raise LabelError(
                f"mirrored cloud: the pictures of {', '.join(sorted(cloud.to_cameras))} would no longer show it; "
                "mirror them too and say pictures=True, or leave their calibration out"
            )
        points = cloud.points.copy()
        points[:, 1] *= -1
        boxes = cloud.boxes
        if boxes is not None:
            boxes = boxes.copy()
            boxes[:, 1] *= -1
            boxes[:, 6] = _wrapped(-boxes[:, 6])
            boxes[:, 8:] *= -1
        left, right = np.diag([1.0, -1.0, 1.0, 1.0]), np.diag([-1.0, 1.0, 1.0, 1.0])
        cameras = {name: np.asarray(right @ matrix @ left) for name, matrix in cloud.to_cameras.items()}
        return replace(cloud, points=points, boxes=boxes, to_cameras=cameras), {"mirror_horizontal": 1.0}


@dataclass(frozen=True, slots=True)
class ScaleCloud:
    """The world grows or shrinks about the sensor, and the sensor's height over the road with it.

    Attributes:
        factor: Least and most.
        p: How often.
    """

    factor: Range = (0.95, 1.05)
    p: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no range."""
        _ordered("factor", self.factor, 0.1, 10)

    def bounds(self) -> Mapping[str, Interval]:
        """Return what it may do at most; see `CloudStep`."""
        return {"scale": Interval(*self.factor)}

    def applied(self, cloud: Cloud, draw: np.random.Generator) -> tuple[Cloud, dict[str, float]]:
        """Scale; cameras move to where their pixels stay true."""
        factor = _drawn(self.factor, draw)
        points = cloud.points.copy()
        points[:, :3] *= np.float32(factor)
        boxes = cloud.boxes
        if boxes is not None:
            boxes = boxes.copy()
            boxes[:, :6] *= factor
            boxes[:, 7:] *= factor
        cameras = {}
        for name, matrix in cloud.to_cameras.items():
            cameras[name] = matrix.copy()
            cameras[name][:3, 3] *= factor
        return replace(cloud, points=points, boxes=boxes, to_cameras=cameras), {"scale": factor}


@dataclass(frozen=True, slots=True)
class DropPoints:
    """Pulses that nothing was heard of.

    Attributes:
        share: Of the points, least and most.
        p: How often.
    """

    share: Range = (0.0, 0.2)
    p: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no range."""
        _ordered("share", self.share, 0, 1)

    def bounds(self) -> Mapping[str, Interval]:
        """Return what it may do at most; see `CloudStep`."""
        return {"occlusion": Interval(*self.share)}

    def applied(self, cloud: Cloud, draw: np.random.Generator) -> tuple[Cloud, dict[str, float]]:
        """Leave points out, each as likely as the other; boxes stay, empty or not."""
        share = _drawn(self.share, draw)
        return cloud.kept(np.flatnonzero(draw.random(len(cloud.points)) >= share)), {"occlusion": share}


@dataclass(frozen=True, slots=True)
class RangeNoise:
    """Ranges are measured less exactly: points move along their pulses, and only along them.

    Attributes:
        deviation: Standard deviation in meters, least and most.
        p: How often.
    """

    deviation: Range = (0.0, 0.03)
    p: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no range."""
        _ordered("deviation", self.deviation, 0, 10)

    def bounds(self) -> Mapping[str, Interval]:
        """Return what it may do at most; see `CloudStep`."""
        low, high = self.deviation
        return {"blur": Interval(low / PIXEL_M, high / PIXEL_M)}

    def applied(self, cloud: Cloud, draw: np.random.Generator) -> tuple[Cloud, dict[str, float]]:
        """Move points."""
        deviation = _drawn(self.deviation, draw)
        away = np.linalg.norm(cloud.points[:, :3].astype(np.float64), axis=1)
        beyond = draw.standard_normal(len(away)) * deviation
        points = cloud.points.copy()
        points[:, :3] *= (1 + beyond / np.maximum(away, 0.1))[:, None].astype(np.float32)
        return replace(cloud, points=points), {"blur": deviation / PIXEL_M}


@dataclass(frozen=True, slots=True)
class AirIn:
    """Fog, rain or snow in the air; see `domainaug.driving.lidar_weather`.

    What fog, drops and flakes send back has 0 for every label.

    Attributes:
        visibility: Meters, least and most; drawn evenly by extinction, and infinite for none.
        rain: mm/h, least and most.
        snowfall: mm/h of water, least and most.
        beam: How the sensor's pulses are.
        p: How often.
    """

    visibility: Range = (math.inf, math.inf)
    rain: Range = (0.0, 0.0)
    snowfall: Range = (0.0, 0.0)
    beam: Beam = field(default_factory=Beam)
    p: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no range."""
        _ordered("visibility", self.visibility, 1, math.inf)
        _ordered("rain", self.rain, 0, 300)
        _ordered("snowfall", self.snowfall, 0, 50)

    def bounds(self) -> Mapping[str, Interval]:
        """Return what it may do at most; see `CloudStep`."""
        told: dict[str, Interval] = {}
        low, high = (min(end, CLEAR_AIR_M) for end in self.visibility)
        if low < CLEAR_AIR_M:
            told["visibility"] = Interval(low, high)
        for name, (least, most) in (("rain", self.rain), ("snowfall", self.snowfall)):
            if most > 0:
                told[name] = Interval(least, most)
        return told

    def applied(self, cloud: Cloud, draw: np.random.Generator) -> tuple[Cloud, dict[str, float]]:
        """Let pulses through the air."""
        near, far = self.visibility
        extinction = _drawn((1 / far if math.isfinite(far) else 0.0, 1 / near if math.isfinite(near) else 0.0), draw)
        air = LidarAir(1 / extinction if extinction else math.inf, _drawn(self.rain, draw), _drawn(self.snowfall, draw))
        made = weathered(cloud.points, air, int(draw.integers(2**63)), beam=self.beam, full=cloud.full)
        out = cloud.kept(made.source, made.points)
        elsewhere = made.kind != Echo.SURFACE
        labels = {name: np.where(elsewhere, np.zeros_like(values), values) for name, values in out.labels.items()}
        amounts = {"visibility": min(air.visibility, CLEAR_AIR_M), "rain": air.rain, "snowfall": air.snowfall}
        return replace(out, labels=labels), {name: amounts[name] for name in self.bounds()}


def _moved(cloud: Cloud, whole: Array, yaw: float) -> Cloud:
    """Return a cloud through a turn about the upright axis."""
    points = cloud.points.copy()
    points[:, :3] = cloud.points[:, :3].astype(np.float64) @ whole[:3, :3].T
    boxes = cloud.boxes
    if boxes is not None:
        boxes = boxes.copy()
        boxes[:, :3] = cloud.boxes[:, :3] @ whole[:3, :3].T  # type: ignore[index]
        boxes[:, 6] = _wrapped(boxes[:, 6] + yaw)
        boxes[:, 7:] = boxes[:, 7:] @ whole[:2, :2].T if boxes.shape[1] == 9 else boxes[:, 7:]
    back = np.linalg.inv(whole)
    cameras = {name: np.asarray(matrix @ back, np.float64) for name, matrix in cloud.to_cameras.items()}
    return replace(cloud, points=points, boxes=boxes, to_cameras=cameras)


def _wrapped(angles: Array) -> Array:
    return np.asarray((angles + math.pi) % (2 * math.pi) - math.pi, np.float64)
