"""Three-dimensional boxes of counted things, in the world and before a camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.labels import Box2D
from domainaug_simulators.street.scene import Body, Scene

__all__ = ["Box3D", "BoxBeforeCamera", "bodies_of"]


@dataclass(frozen=True, slots=True)
class BoxBeforeCamera:
    """A box as KITTI writes it, in optical axes: x right, y down, z forward.

    Attributes:
        location: (3,) the middle of its underside, meters.
        rotation_y: Its heading about y, radians from -pi to pi; 0 looks along x.
        alpha: The heading that the picture shows: `rotation_y` less the angle under which it is seen.
    """

    location: tuple[float, float, float]
    rotation_y: float
    alpha: float


@dataclass(frozen=True, slots=True)
class Box3D:
    """The box that a counted thing fills.

    Attributes:
        instance: Its number.
        tag: Its class.
        center: (3,) its middle in the world, meters.
        size: Length, width, height, meters.
        yaw: Its heading, radians counter-clockwise from +x.
        rotation: (3, 3) from its axes (x forward, y left, z up) to the world's.
        velocity: (3,) meters per second, in the world's axes.
        visible: Share of its pixels in the picture that show it; None where it is not in the picture.
    """

    instance: int
    tag: int
    center: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw: float
    rotation: NDArray[np.float64]
    velocity: tuple[float, float, float]
    visible: float | None = None

    @property
    def corners(self) -> NDArray[np.float64]:
        """(8, 3) in the world: the underside first, counter-clockwise from the front left, then the top."""
        half = np.array(self.size) / 2
        signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
        own = np.concatenate([np.column_stack([signs, np.full(4, z)]) for z in (-1, 1)]) * half
        return np.asarray(own @ self.rotation.T + self.center, np.float64)

    def holds(self, points: NDArray[np.floating], margin: float = 0.0) -> NDArray[np.bool_]:
        """Return whether points of the world, (n, 3), lie in it, or within `margin` meters of it."""
        own = (np.asarray(points, np.float64) - self.center) @ self.rotation
        return np.asarray((np.abs(own) <= np.array(self.size) / 2 + margin).all(axis=-1))

    def before(self, camera: Camera) -> BoxBeforeCamera:
        """Return it as a camera sees it."""
        turn, shift = camera.extrinsics[:3, :3], camera.extrinsics[:3, 3]
        under = np.array(self.center) - self.rotation[:, 2] * (self.size[2] / 2)
        x, y, z = (turn @ under + shift).tolist()
        forward = turn @ self.rotation[:, 0]
        heading = float(np.arctan2(-forward[2], forward[0]))
        return BoxBeforeCamera((x, y, z), heading, _wrapped(heading - float(np.arctan2(x, z))))


def bodies_of(scene: Scene, seen: Sequence[Box2D] = ()) -> list[Box3D]:
    """Return the boxes of all counted things, by number; `seen` are their boxes in a picture."""
    visible = {box.instance: 1 - box.occlusion for box in seen}
    return [_box(scene, number, body, visible.get(number)) for number, body in sorted(scene.bodies.items())]


def _box(scene: Scene, number: int, body: Body, visible: float | None) -> Box3D:
    turn = body.pose[:3, :3]
    x, y, z = (body.pose[:3, 3] + turn[:, 2] * (body.size[2] / 2)).tolist()
    faces = scene.spans.of(number)
    tag = int(scene.tag[faces[0]]) if len(faces) else 0
    yaw = float(np.arctan2(turn[1, 0], turn[0, 0]))
    return Box3D(number, tag, (x, y, z), body.size, yaw, turn, body.velocity, visible)


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2 * np.pi) - np.pi)
