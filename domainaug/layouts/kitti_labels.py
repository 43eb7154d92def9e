"""The text files of KITTI object: labels and calibration, and how they follow a picture.

The numbers are those of the development kit of Geiger, Lenz and Urtasun ("Are we ready for autonomous driving?",
CVPR 2012): 2-D boxes in pixels with centers at whole numbers, 3-D boxes in meters in the rectified camera (x right,
y down, z forward), turned by an angle about the y axis.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.mirroring import mirrored_pose, mirrored_projection, mirrored_yaw, reflection
from domainaug.layouts.placing import Placing

__all__ = ["Calibration", "KittiObject", "read_calibration", "read_objects"]

Array = NDArray[np.float64]

_SHAPES = {"R0_rect": (3, 3), "R_rect": (3, 3)}


@dataclass(frozen=True, slots=True)
class KittiObject:
    """A line of a label file.

    Attributes:
        kind: Car, Pedestrian, DontCare ...
        truncated: Share that lies outside the picture, 0 to 1; negative where unknown.
        occluded: 0 visible, 1 partly, 2 largely hidden, 3 unknown, -1 not said.
        alpha: Angle it is seen under, radians.
        box: Left, top, right, bottom.
        size: Height, width, length, meters.
        place: Middle of its bottom, meters.
        turn: Angle about the camera's y axis, radians.
        score: Confidence of a detection, or None.
    """

    kind: str
    truncated: float
    occluded: int
    alpha: float
    box: tuple[float, float, float, float]
    size: tuple[float, float, float]
    place: tuple[float, float, float]
    turn: float
    score: float | None = None

    @property
    def solid(self) -> bool:
        """Whether it has a 3-D box; DontCare regions, and data sets with 2-D boxes only, have none."""
        return min(self.size) > 0

    @property
    def counts(self) -> bool:
        """Whether it is an object, rather than a region that does not count."""
        return self.kind != "DontCare"

    def moved(self, placing: Placing) -> KittiObject:
        """Return it as the copy shows it, apart from its 2-D box: mirrored with the world, and further cut off."""
        cut = self.truncated
        if cut >= 0:
            cut = 1 - (1 - cut) * placing.share_inside(self.box)
        if not placing.mirrored:
            return replace(self, truncated=cut)
        alpha = self.alpha if self.alpha <= -10 else mirrored_yaw(self.alpha)
        if not self.solid:
            return replace(self, truncated=cut, alpha=alpha)
        x, y, z = self.place
        return replace(self, truncated=cut, alpha=alpha, place=(-x, y, z), turn=mirrored_yaw(self.turn))

    def line(self) -> str:
        """Return its line in a label file."""
        score = () if self.score is None else (self.score,)
        numbers = (self.alpha, *self.box, *self.size, *self.place, self.turn, *score)
        return " ".join([self.kind, _number(self.truncated), str(self.occluded), *map(_number, numbers)])


def read_objects(text: str) -> tuple[KittiObject, ...]:
    """Return the objects of a label file.

    Raises:
        ValueError: A line is none; says which.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        kind, *rest = line.split()
        try:
            values = [float(value) for value in rest]
        except ValueError:
            values = []
        if len(values) not in (14, 15) or not all(map(math.isfinite, values)):
            raise ValueError(f"line {number} of its labels is not a class and 14 numbers, or 15 with a score")
        left, top, right, bottom = values[3:7]
        if right < left or bottom < top:
            raise ValueError(f"line {number} of its labels has a box whose right or bottom lies before its left or top")
        height, width, length, x, y, z, turn = values[7:14]
        found.append(
            KittiObject(
                kind, values[0], int(values[1]), values[2], (left, top, right, bottom),
                (height, width, length), (x, y, z), turn, values[14] if len(values) == 15 else None,
            )
        )  # fmt: skip
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The matrices of a calibration file, by name: P0 to P3, R0_rect, Tr_velo_to_cam, Tr_imu_to_velo."""

    matrices: Mapping[str, Array]

    @property
    def camera(self) -> Array:
        """(3, 4) projection of points in the rectified camera into `image_2`."""
        return self.matrices["P2"]

    @property
    def to_camera(self) -> Array | None:
        """(4, 4) from the LiDAR to the rectified camera, or None where the file does not say."""
        rectified, mounted = self.matrices.get("R0_rect"), self.matrices.get("Tr_velo_to_cam")
        if rectified is None or mounted is None:
            return None
        return _square(rectified) @ _square(mounted)

    def project(self, points: Array) -> Array:
        """Return where (n, 3) points in the rectified camera land: x, y and depth."""
        seen = np.column_stack([points, np.ones(len(points))]) @ self.camera.T
        return np.column_stack([seen[:, :2] / seen[:, 2:], seen[:, 2]])

    def reflection(self) -> Array | None:
        """Return the (4, 4) that mirrors LiDAR points as a mirrored copy mirrors the world; None without the LiDAR."""
        forth = self.to_camera
        return None if forth is None else reflection(forth)

    def moved(self, placing: Placing, shape: tuple[int, int]) -> Calibration:
        """Return that of a copy: the matrix of its picture takes up the move.

        The other cameras' pictures are not copied; their matrices stay, unless the world is mirrored: then so are they.

        Args:
            placing: Where places of the picture went.
            shape: (height, width) of the picture.
        """
        told = dict(self.matrices)
        for name in ("P0", "P1", "P2", "P3"):
            if name not in told:
                continue
            pixels = placing.matrix if name == "P2" else None
            if placing.mirrored:
                told[name] = mirrored_projection(told[name], shape[1], pixels)
            elif pixels is not None:
                told[name] = pixels @ told[name]
        back = self.reflection() if placing.mirrored else None
        if back is not None and "Tr_imu_to_velo" in told:
            told["Tr_imu_to_velo"] = mirrored_pose(_square(told["Tr_imu_to_velo"]), back)[:3]
        return Calibration(told)

    def text(self) -> str:
        """Return the file."""
        lines = (f"{name}: " + " ".join(f"{v:.12e}" for v in each.ravel()) for name, each in self.matrices.items())
        return "\n".join(lines) + "\n"


def read_calibration(text: str) -> Calibration:
    """Return what a calibration file says.

    Raises:
        ValueError: It is none, or lacks P2.
    """
    found: dict[str, Array] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, colon, rest = line.partition(":")
        if not colon:
            if line.strip():
                raise ValueError(f'line {number} of its calibration is not "name: numbers"')
            continue
        shape = _SHAPES.get(name.strip(), (3, 4))
        try:
            values = np.array([float(value) for value in rest.split()])
        except ValueError:
            values = np.zeros(0)
        if len(values) != shape[0] * shape[1] or not np.isfinite(values).all():
            raise ValueError(f"line {number} of its calibration does not have {shape[0] * shape[1]} finite numbers")
        found[name.strip()] = values.reshape(shape)
    if "P2" not in found:
        raise ValueError("its calibration has no P2, which image_2 is seen through")
    return Calibration(found)


def _square(matrix: Array) -> Array:
    whole = np.eye(4)
    whole[: matrix.shape[0], : matrix.shape[1]] = matrix
    return whole


def _number(value: float) -> str:
    """Return a number with two digits behind the point, or as many as it needs up to six; -1 and -1000 as such."""
    if value in (-1.0, -10.0, -1000.0):
        return str(int(value))
    whole, _, digits = f"{value:.6f}".partition(".")
    return f"{whole}.{digits.rstrip('0').ljust(2, '0')}"
