"""What a picture of a calibrated camera may become, so that calibration, boxes in space and points stay true.

Cropping and resizing change the calibration; mirroring and turning about the optical axis change the world as well,
boxes and points with it. Whatever else moves a picture has no camera that would have taken it, and is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.mirroring import MIRROR, mirrored_column, mirrored_pose
from domainaug.driving.pinhole import Pinhole
from domainaug.errors import LabelError

__all__ = ["Box3D", "Crop", "Mirror", "Move", "Resize", "Roll", "Seen", "moved", "needs_options"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Box3D:
    """A box in space, in optical axes: x right, y down, z forward.

    Attributes:
        center: (x, y, z) meters.
        size: (length, width, height) meters; the length is along x of the box.
        turn: (3, 3) columns are the box's axes (along, across, down) in optical axes.
        label: Its class, or "".
    """

    center: tuple[float, float, float]
    size: tuple[float, float, float]
    turn: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    label: str = ""

    @classmethod
    def of_kitti(
        cls, bottom: tuple[float, float, float], size: tuple[float, float, float], yaw: float, label: str = ""
    ) -> Box3D:
        """Return the box of a KITTI label: the middle of its bottom, (height, width, length), and rotation_y."""
        height, width, length = size
        x, y, z = bottom
        cos, sin = math.cos(yaw), math.sin(yaw)
        turn = ((cos, sin, 0.0), (0.0, 0.0, 1.0), (-sin, cos, 0.0))
        return cls((x, y - height / 2, z), (length, width, height), turn, label)

    @property
    def yaw(self) -> float:
        """rotation_y of a KITTI label: radians about the axis down, -pi to pi."""
        return math.atan2(-self.turn[2][0], self.turn[0][0])

    def corners(self) -> Array:
        """Return (8, 3) corners in optical axes."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
        return np.asarray(signs * np.array(self.size) / 2 @ np.array(self.turn).T + self.center)


@dataclass(frozen=True, slots=True)
class Mirror:
    """Left and right change places. Traffic changes sides, and signs read backwards.

    Attributes:
        side_free: The user vouches that nothing depends on the side of the road.
        sign_free: Likewise on lettering, arrows or plates.
    """

    side_free: bool = False
    sign_free: bool = False


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of the picture: from column `x` and row `y`, so wide and high."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Resize:
    """The picture in another size."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Roll:
    """A turn about the optical axis, degrees; what is seen turns counter-clockwise."""

    degrees: float


Move: TypeAlias = Mirror | Crop | Resize | Roll


@dataclass(frozen=True, slots=True)
class Seen:
    """A calibrated picture's labels, all in its camera's axes.

    Attributes:
        camera: The calibration.
        boxes: In space.
        points: (n, 3) or more columns, x, y and z first, or None. What follows them stays.
        from_lidar: (4, 4) from the axes of a LiDAR that keeps its own points, or None.
    """

    camera: Pinhole
    boxes: tuple[Box3D, ...] = ()
    points: NDArray[Any] | None = None
    from_lidar: Array | None = None


def needs_options(move: Move) -> tuple[str, ...]:
    """Return which options of a profile the user has to give before this may happen."""
    if isinstance(move, Mirror):
        return tuple(name for name in ("side_free", "sign_free") if not getattr(move, name))
    return ()


def moved(seen: Seen, move: Move) -> Seen:
    """Return what calibration, boxes and points become when the picture moves.

    A point that landed on a pixel lands on the pixel that this one became.

    Args:
        seen: What belongs to the picture.
        move: What happens to it.

    Raises:
        LabelError: No camera could have taken such a picture, an option is missing, or a crop leaves it.
    """
    lacking = needs_options(move)
    if lacking:
        raise LabelError(
            f"mirror: traffic would change sides and signs read backwards; where labels depend on neither, say so: "
            f"{', '.join(f'{name}=True' for name in lacking)}"
        )
    camera = seen.camera
    if isinstance(move, Mirror):
        there = camera.but(center_x=mirrored_column(camera.center_x, camera.width), roll=-camera.roll)
        return _through(seen, there, MIRROR)
    if isinstance(move, Roll):
        return _rolled(seen, move.degrees)
    if isinstance(move, Crop):
        return replace(seen, camera=_cropped(camera, move))
    if isinstance(move, Resize):
        return replace(seen, camera=_resized(camera, move))
    raise LabelError(
        f"{type(move).__name__}: no calibrated camera takes such a picture, so that boxes in space and points would "
        "be wrong; mirror, crop, resize and roll about the optical axis are what can be"
    )


def _cropped(camera: Pinhole, move: Crop) -> Pinhole:
    inside = move.x >= 0 and move.y >= 0 and move.x + move.width <= camera.width
    if not inside or move.y + move.height > camera.height or move.width < 1 or move.height < 1:
        raise LabelError(
            f"crop: {move.width} x {move.height} pixels from ({move.x}, {move.y}) do not lie in a picture of "
            f"{camera.width} x {camera.height}"
        )
    return camera.but(
        width=move.width, height=move.height, center_x=camera.center_x - move.x, center_y=camera.center_y - move.y
    )


def _resized(camera: Pinhole, move: Resize) -> Pinhole:
    if move.width < 1 or move.height < 1:
        raise LabelError(f"resize: a size of at least 1 x 1 is needed, got {move.width} x {move.height}")
    across, down = move.width / camera.width, move.height / camera.height
    return camera.but(
        width=move.width,
        height=move.height,
        focal_x=camera.focal_x * across,
        focal_y=camera.focal_y * down,
        center_x=(camera.center_x + 0.5) * across - 0.5,  # pixels have areas: their edges are what scales
        center_y=(camera.center_y + 0.5) * down - 0.5,
    )


def _rolled(seen: Seen, degrees: float) -> Seen:
    """Turn about the optical axis, which has to pierce the picture where it turns: at its own center."""
    camera = seen.camera
    if not math.isfinite(degrees):
        raise LabelError(f"roll: a finite number of degrees is needed, got {degrees!r}")
    if abs(camera.focal_x - camera.focal_y) > 1e-3 * camera.focal_x:
        raise LabelError(
            f"roll: pixels are not square (focal lengths {camera.focal_x:g} and {camera.focal_y:g}), so that a turned "
            "picture has no calibration; resize it first"
        )
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.eye(4)
    turn[:2, :2] = [[cos, sin], [-sin, cos]]  # y points down
    return _through(seen, camera.but(roll=camera.roll + degrees), turn)


def _through(seen: Seen, camera: Pinhole, turn: Array) -> Seen:
    """Take boxes and points through a (4, 4) about the camera."""
    points = seen.points
    if points is not None:
        points = points.copy()
        points[:, :3] = points[:, :3] @ turn[:3, :3].T
    from_lidar = seen.from_lidar
    if from_lidar is not None:
        from_lidar = mirrored_pose(from_lidar) if turn is MIRROR else turn @ from_lidar
    return Seen(camera, tuple(_box_through(box, turn[:3, :3]) for box in seen.boxes), points, from_lidar)


def _box_through(box: Box3D, turn: Array) -> Box3D:
    axes = turn @ np.array(box.turn)
    if np.linalg.det(turn) < 0:  # a mirrored box is a box whose own left and right are exchanged
        axes = axes * np.array([1.0, -1.0, 1.0])
    x, y, z = (turn @ np.array(box.center)).tolist()
    one, two, three = ((a, b, c) for a, b, c in axes.tolist())
    return replace(box, center=(x, y, z), turn=(one, two, three))
