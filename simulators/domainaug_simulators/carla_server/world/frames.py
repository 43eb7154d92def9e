"""Places and turns in CARLA's world, and the way from there to the street simulator's and back.

CARLA's axes are left-handed: x forward, y to the right, z up; yaw turns clockwise as seen from above, pitch lifts the
nose, roll leans to the right, all in degrees. Streets are right-handed, with y to the left: y changes its sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVEL", "NO_BOX", "ORIGIN", "ZERO", "Box", "Rotation", "Transform", "Vector", "from_street", "to_street"]


class Vector(NamedTuple):
    """Three numbers: meters, meters a second, or degrees a second."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0

    @property
    def length(self) -> float:
        """Its length."""
        return math.sqrt(self.x * self.x + self.y * self.y + self.z * self.z)


class Rotation(NamedTuple):
    """A turn, degrees."""

    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0


ZERO: Final = Vector()
"""No way at all."""

LEVEL: Final = Rotation()
"""No turn at all."""


@dataclass(frozen=True, slots=True)
class Transform:
    """A place and a turn.

    Attributes:
        location: Meters.
        rotation: Degrees.
    """

    location: Vector = ZERO
    rotation: Rotation = LEVEL

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(4, 4) from its own axes to those it is given in."""
        pitch, yaw, roll = (math.radians(angle) for angle in self.rotation)
        (sp, cp), (sy, cy), (sr, cr) = ((math.sin(a), math.cos(a)) for a in (pitch, yaw, roll))
        return np.array(
            [
                [cp * cy, cy * sp * sr - sy * cr, -cy * sp * cr - sy * sr, self.location.x],
                [cp * sy, sy * sp * sr + cy * cr, -sy * sp * cr + cy * sr, self.location.y],
                [sp, -cp * sr, cp * cr, self.location.z],
                [0.0, 0.0, 0.0, 1.0],
            ]
        )

    @property
    def forward(self) -> Vector:
        """Where it looks, of length 1."""
        pitch, yaw = math.radians(self.rotation.pitch), math.radians(self.rotation.yaw)
        return Vector(math.cos(pitch) * math.cos(yaw), math.cos(pitch) * math.sin(yaw), math.sin(pitch))

    @classmethod
    def of_matrix(cls, matrix: NDArray[np.float64]) -> Transform:
        """Return the transform of a (4, 4) matrix that turns and shifts."""
        m = matrix.tolist()
        pitch = math.asin(max(-1.0, min(1.0, m[2][0])))
        if abs(m[2][0]) < 0.999999:
            yaw, roll = math.atan2(m[1][0], m[0][0]), math.atan2(-m[2][1], m[2][2])
        else:  # straight up or down: yaw and roll turn about one axis
            yaw, roll = math.atan2(-m[0][1], m[1][1]), 0.0
        turn = Rotation(math.degrees(pitch), math.degrees(yaw), math.degrees(roll))
        return cls(Vector(m[0][3], m[1][3], m[2][3]), turn)

    def __matmul__(self, other: Transform) -> Transform:
        """Return `other`, which is given in the axes of this one, in the axes that this one is given in."""
        return Transform.of_matrix(self.matrix @ other.matrix)

    def point(self, own: Vector) -> Vector:
        """Return a point of its own axes in those it is given in."""
        x, y, z = (self.matrix[:3, :3] @ own + self.location).tolist()
        return Vector(x, y, z)

    def inward(self, direction: Vector) -> Vector:
        """Return a direction of the axes it is given in, in its own."""
        x, y, z = (self.matrix[:3, :3].T @ direction).tolist()
        return Vector(x, y, z)


ORIGIN: Final = Transform()
"""The place where everything counts from."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box about something.

    Attributes:
        center: Its middle, in the axes of what it is about.
        extent: Half of its length, width and height, meters.
        rotation: Its turn in those axes, degrees.
    """

    center: Vector = ZERO
    extent: Vector = ZERO
    rotation: Rotation = LEVEL


NO_BOX: Final = Box()
"""The box about what fills no room."""


_MIRROR: Final = np.diag([1.0, -1.0, 1.0, 1.0])


def to_street(transform: Transform) -> NDArray[np.float64]:
    """Return the (4, 4) pose in a street's axes: x forward, y left, z up."""
    return np.asarray(_MIRROR @ transform.matrix @ _MIRROR)


def from_street(x: float, y: float, z: float = 0.0, heading: float = 0.0) -> Transform:
    """Return the transform of a place on a street and a heading in radians, counter-clockwise from +x."""
    return Transform(Vector(x, -y, z), Rotation(0.0, -math.degrees(heading), 0.0))
