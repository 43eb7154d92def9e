"""Optical flow: where what a pixel shows will be in the next picture.

The street stands still and its flow is the camera's. Counted things carry their triangles along: a point of a
triangle is followed to the same triangle a frame later, so that legs and wheels move too. Where a thing has other
triangles later, it is followed as a rigid body.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.sampling import Samples
from domainaug_simulators.street.scene import Scene

__all__ = ["Fate", "Flow", "flow_of", "moved_between"]


class Fate(IntEnum):
    """What becomes of a point in the next picture."""

    SEEN = 0
    HIDDEN = 1
    OUTSIDE = 2
    GONE = 3


@dataclass(frozen=True, slots=True)
class Flow:
    """Flow from one picture to the next.

    Attributes:
        pixels: (height, width, 2) how far points move right and down, in pixels; NaN where they come behind the
            camera, or are gone.
        fate: (height, width) what becomes of each, as `Fate` numbers it.
    """

    pixels: Floats
    fate: NDArray[np.uint8]

    @property
    def kitti(self) -> NDArray[np.uint16]:
        """(height, width, 3) as KITTI stores it: right and down as 64 v + 2^15, and 1 where both pictures show it."""
        seen = self.fate == Fate.SEEN
        moved = np.nan_to_num(np.where(seen[..., None], self.pixels, 0))
        coded = np.clip(np.rint(moved * 64 + 32768), 0, 65535)
        return np.concatenate([coded * seen[..., None], seen[..., None]], axis=-1).astype(np.uint16)


_SKY = 1e7  # meters: so far away that shifts of the camera do not count
_SLACK = 0.02  # meters and share of the range by which a point may lie behind what is seen


def flow_of(before: Scene, camera: Camera, first: Samples, after: Scene, next_camera: Camera) -> Flow:
    """Return the flow of a picture.

    Args:
        before: What there is.
        camera: What looks at it.
        first: The rays through the middles of its pixels, and what they meet.
        after: What there is a frame later: the same street and the same numbers of things.
        next_camera: What looks at it then.
    """
    points, there = _followed(before, camera, first, after)
    moved, places, depth = _moved(camera, first, points, next_camera)
    ahead = there & (depth > 0)
    inside = ahead & (places >= 0).all(axis=-1) & (places < [next_camera.width, next_camera.height]).all(axis=-1)
    fate = np.full(len(first), Fate.OUTSIDE, np.uint8)
    fate[inside] = Fate.SEEN
    fate[~there] = Fate.GONE
    asked = np.flatnonzero(inside)
    toward = points[asked] - np.array(next_camera.place)
    away = np.linalg.norm(toward, axis=-1)
    reach = away - _SLACK * np.maximum(1, away / 50)
    directions = (toward / away[:, None]).astype(np.float32)
    hidden = after.rays.blocked(next_camera.origin, directions, reach.astype(np.float32))
    fate[asked[hidden]] = Fate.HIDDEN
    moved[~ahead] = np.nan
    shape = camera.height, camera.width
    return Flow(moved.astype(np.float32).reshape(*shape, 2), fate.reshape(shape))


def moved_between(before: Scene, camera: Camera, first: Samples, after: Scene, next_camera: Camera) -> Floats:
    """Return `Flow.pixels` alone, (height, width, 2): without the rays that tell what hides what.

    What is gone later is taken for standing still. Later may as well be earlier. The arguments are those of `flow_of`.
    """
    points, _ = _followed(before, camera, first, after)
    moved, _, depth = _moved(camera, first, points, next_camera)
    moved[depth <= 0] = np.nan
    return moved.astype(np.float32).reshape(camera.height, camera.width, 2)


def _moved(
    camera: Camera, first: Samples, points: NDArray[np.float64], next_camera: Camera
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return how far points move in the picture, (n, 2), and where they are in the next, (n, 2), and how deep, (n,)."""
    places, depth = next_camera.seen(points)
    rows, columns = np.divmod(first.pixel, camera.width)
    return places - np.column_stack([columns + 0.5, rows + 0.5]), places, depth


def _followed(
    before: Scene, camera: Camera, first: Samples, after: Scene
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return where the points of a picture are a frame later, (n, 3), and whether they still are anywhere."""
    hits = first.hits
    away = np.where(hits.face >= 0, hits.distance, _SKY).astype(np.float64)
    points = np.array(camera.place) + first.directions * away[:, None]
    sky = hits.face < 0
    there = np.ones(len(points), np.bool_)
    owner = np.where(sky, np.uint16(0), before.instance[hits.face])
    for number in (np.flatnonzero(np.bincount(owner)[1:]) + 1).tolist():
        mine = np.flatnonzero(owner == number)
        old, new = before.spans.of(number), after.spans.of(number)
        if not len(new):
            there[mine] = False
        elif len(old) == len(new):
            face = new[np.searchsorted(old, hits.face[mine])]
            a, b, c = (after.mesh.corners[face, i].astype(np.float64) for i in range(3))
            u, v = hits.u[mine, None].astype(np.float64), hits.v[mine, None].astype(np.float64)
            points[mine] = a + (b - a) * u + (c - a) * v
        elif number in before.bodies and number in after.bodies:
            move = after.bodies[number].pose @ np.linalg.inv(before.bodies[number].pose)
            points[mine] = points[mine] @ move[:3, :3].T + move[:3, 3]
    return points, there
