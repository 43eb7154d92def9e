"""Labels of frames that CARLA drew: who is which pixel, boxes, and how much of each is hidden.

CARLA says of a pixel which class it is and which object, by a number that is not that of an actor on every server. Who
it is follows from geometry: where the pixels of an object are in the world, by their depth, and whose box holds them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_adapter.pipe import CARRIER
from domainaug_simulators.carla_server.world.frames import Rotation, Transform, Vector, to_street
from domainaug_simulators.street.recording import LABEL_KINDS, encoded, matrix_told, number_told
from domainaug_simulators.street.town.tags import COUNTED, Tag, cityscapes_of

__all__ = ["Body", "Pinhole", "bodies_of", "decoded_depth", "label_files", "named", "pose_of"]

Floats = NDArray[np.float64]

_OWN: Final = 1
_FAR: Final = 1000.0
_DEPTHS: Final = 256**3 - 1
_OPTICAL: Final = np.array([[0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0], [0, 0, 0, 1.0]])
_SLACK: Final = 0.3  # meters that a pixel may lie outside its box: mirrors, and what half a pixel is far away
_SAMPLE: Final = 400  # pixels of an object that are asked
_MOST: Final = 0.5  # share of them that its box holds at least
_FILLED: Final = 0.75  # share of the outline of a box that a thing fills, where none of it is seen
_REACH: Final = 150.0
_KINDS: Final = {"van": Tag.CAR, "pedestrian": Tag.PEDESTRIAN, "truck": Tag.TRUCK, "bus": Tag.BUS,
                 "motorcycle": Tag.MOTORCYCLE, "bicycle": Tag.BICYCLE}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """Somebody in the world, in a street's axes: x forward, y left, z up.

    Attributes:
        number: That of their pixels.
        actor: What the server calls them; 0 for parts of the map.
        tag: Their class.
        pose: (4, 4) from the middle of their underside to the world.
        size: Length, width, height, meters.
        velocity: Meters a second.
    """

    number: int
    actor: int
    tag: Tag
    pose: Floats
    size: tuple[float, float, float]
    velocity: tuple[float, float, float]

    def holds(self, points: Floats, slack: float = _SLACK) -> NDArray[np.bool_]:
        """Return whether (n, 3) points of the world lie in its box."""
        own = (points - self.pose[:3, 3]) @ self.pose[:3, :3]
        length, width, height = self.size
        low = np.array([-length / 2, -width / 2, 0]) - slack
        return np.asarray(((own > low) & (own < np.array([length / 2, width / 2, height]) + slack)).all(axis=1))

    @property
    def corners(self) -> Floats:
        """(8, 3) corners of its box in the world."""
        length, width, height = self.size
        own = [[x, y, z] for z in (0, height) for y in (-width / 2, width / 2) for x in (-length / 2, length / 2)]
        return np.asarray(np.array(own) @ self.pose[:3, :3].T + self.pose[:3, 3], np.float64)

    def told(self) -> dict[str, Any]:
        """Return its box as JSON has it."""
        return {
            "pose_to_world": matrix_told(self.pose),
            "size_lwh_m": [number_told(v) for v in self.size],
            "velocity_mps": [number_told(v) for v in self.velocity],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Pinhole:
    """A camera of CARLA in a street's axes.

    Attributes:
        pose: (4, 4) from x forward, y left, z up to the world.
        width: Pixels.
        height: Pixels.
        view: Horizontal field of view, degrees.
    """

    pose: Floats
    width: int
    height: int
    view: float

    @property
    def intrinsics(self) -> Floats:
        """(3, 3); the first pixel has its middle at (0.5, 0.5)."""
        focal = self.width / 2 / np.tan(np.radians(self.view) / 2)
        return np.array([[focal, 0, self.width / 2], [0, focal, self.height / 2], [0, 0, 1]])

    @property
    def extrinsics(self) -> Floats:
        """(4, 4) from the world to x right, y down, z forward."""
        return np.asarray(_OPTICAL @ np.linalg.inv(self.pose), np.float64)

    def points(self, rows: NDArray[Any], columns: NDArray[Any], depth: Floats) -> Floats:
        """Return where pixels are in the world, (n, 3)."""
        rays = np.column_stack([columns + 0.5, rows + 0.5, np.ones(len(rows))]) @ np.linalg.inv(self.intrinsics).T
        back = np.linalg.inv(self.extrinsics)
        return np.asarray(rays * depth[:, None] @ back[:3, :3].T + back[:3, 3], np.float64)


def pose_of(numbers: Sequence[float]) -> Floats:
    """Return the (4, 4) pose in a street's axes of x, y, z, pitch, yaw and roll in CARLA's."""
    x, y, z, pitch, yaw, roll = numbers
    return to_street(Transform(Vector(x, y, z), Rotation(pitch, yaw, roll)))


def bodies_of(things: Sequence[Mapping[str, Any]]) -> list[Body]:
    """Return those of whom the client's process told."""
    found = []
    for told in things:
        (cx, cy, cz), (ex, ey, ez) = told["center"], told["extent"]
        under = np.eye(4)
        under[:3, 3] = cx, -cy, cz - ez
        vx, vy, vz = told["velocity"]
        found.append(
            Body(told["number"], told["id"], _KINDS.get(told["kind"], Tag(told["tag"])), pose_of(told["place"]) @ under,
                 (2 * ex, 2 * ey, 2 * ez), (vx, -vy, vz))
        )  # fmt: skip
    return found


def decoded_depth(pixels: NDArray[np.uint8]) -> Floats:
    """Return meters along the optical axis of BGRA pixels; inf where it is the sky, or as far."""
    wide = pixels.astype(np.float64)
    meters = (wide[..., 2] + wide[..., 1] * 256 + wide[..., 0] * 65536) / _DEPTHS * _FAR
    return np.where(meters >= _FAR * 0.9999, np.inf, meters)


def named(
    pixels: NDArray[np.uint8], depth: Floats, camera: Pinhole, bodies: Sequence[Body]
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return the classes of BGRA pixels of the instance camera, and the numbers of who they are; 0 for nobody.

    An object whose pixels lie in nobody's box has no number: its class is all that is known of it.
    """
    tags = pixels[..., 2].copy()
    raw = pixels[..., 1].astype(np.uint32) + (pixels[..., 0].astype(np.uint32) << 8)
    numbers = np.zeros(tags.shape, np.uint16)
    counted = np.isin(tags, [int(tag) for tag in COUNTED]) & np.isfinite(depth)
    rows, columns = np.nonzero(counted)
    order = np.argsort(raw[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    _, starts = np.unique(raw[rows, columns], return_index=True)
    for mine in np.split(np.arange(len(rows)), starts[1:]):
        if not len(mine):
            continue
        asked = mine[:: max(1, len(mine) // _SAMPLE)]
        points = camera.points(rows[asked], columns[asked], depth[rows[asked], columns[asked]])
        shares = [(float(body.holds(points).mean()), -body.number) for body in bodies]
        best, number = max(shares, default=(0.0, 0))
        if best >= _MOST:
            numbers[rows[mine], columns[mine]] = -number
    return tags, numbers


def label_files(
    tags: NDArray[np.uint8], numbers: NDArray[np.uint16], depth: Floats, camera: Pinhole, bodies: Sequence[Body],
    told: Mapping[str, Any],
) -> dict[str, bytes]:  # fmt: skip
    """Return the files of a frame's labels, by how their names end, as the street simulator writes them.

    Args:
        tags: (height, width) CARLA's classes.
        numbers: (height, width) who it is.
        depth: (height, width) meters; inf for the sky.
        camera: What looked.
        bodies: Who is there.
        told: `time_s` and `ego` of the frame.
    """
    own = numbers == CARRIER
    numbers = np.where(own, np.uint16(0), numbers)
    others = [body for body in bodies if body.number != CARRIER]
    objects = [one for one in (_object(body, numbers, depth, camera) for body in others) if one is not None]
    centimeters = np.where(depth < 655.35, np.rint(np.minimum(depth, 655.35) * 100), 0).astype(np.uint16)
    content = {
        **told,
        "camera": {
            "width": camera.width, "height": camera.height, "intrinsics": matrix_told(camera.intrinsics),
            "world_to_camera": matrix_told(camera.extrinsics),
        },
        "objects": objects,
        "boxes_from": "amodal_box and occlusion are estimates from 3-D boxes and depth",
    }  # fmt: skip
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    cityscapes = np.where(own, np.uint8(_OWN), cityscapes_of(tags))
    pictures: tuple[NDArray[Any], ...] = (tags, cityscapes, numbers, centimeters)
    return dict(zip(LABEL_KINDS, [*(encoded(picture) for picture in pictures), text.encode()], strict=True))


def _object(body: Body, numbers: NDArray[np.uint16], depth: Floats, camera: Pinhole) -> dict[str, Any] | None:
    """Return what is told of somebody; None where nothing of them lies in the picture."""
    rows, columns = np.nonzero(numbers == body.number)
    corners = body.corners @ camera.extrinsics[:3, :3].T + camera.extrinsics[:3, 3]
    near = float(corners[:, 2].min())
    if not len(rows) and (near < 0.1 or near > _REACH):
        return None
    seen = [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1] if len(rows) else None
    size = np.array([camera.width, camera.height, camera.width, camera.height], np.float64)
    if near < 0.1:  # it reaches behind the camera: what is seen of it is all that can be said
        assert seen is not None
        whole, hidden = np.array(seen, np.float64), 0.0
    else:
        landed = corners @ camera.intrinsics.T
        landed = landed[:, :2] / landed[:, 2:]
        whole = np.concatenate([landed.min(axis=0), landed.max(axis=0)])
        hidden = _hidden(landed, near, numbers == body.number, depth)
    inside = np.clip(whole, 0, size)
    if seen is None and ((inside[2:] - inside[:2]) < 1).any():
        return None
    if seen is not None:
        inside = np.concatenate([np.minimum(inside[:2], seen[:2]), np.maximum(inside[2:], seen[2:])])
    return {
        "instance": body.number, "class": body.tag.name.lower(), "box": seen, "pixels": len(rows),
        "amodal_box": [number_told(v) for v in inside], "whole_box": [number_told(v) for v in whole],
        "occlusion": number_told(hidden), "truncation": number_told(max(0.0, 1 - _area(inside) / _area(whole))),
        "box_3d": {**body.told(), "pose_to_camera": matrix_told(camera.extrinsics @ body.pose)},
    }  # fmt: skip


def _hidden(landed: Floats, near: float, own: NDArray[np.bool_], depth: Floats) -> float:
    """Return which share of somebody others hide: of what nearer things cover of the outline of their box.

    Where some of it is open, its share that is theirs tells how much of the outline they fill.
    """
    import cv2

    outline = np.zeros(own.shape, np.uint8)
    cv2.fillConvexPoly(outline, cv2.convexHull(np.rint(landed).astype(np.int32)), 1)
    inside = outline.astype(bool)
    before = inside & ~own & (depth < near - max(0.5, 0.03 * near))  # the road at their feet hides nobody
    mine, behind = int(own.sum()), int((inside & ~own & ~before).sum())
    filled = mine / (mine + behind) if mine else _FILLED
    covered = filled * int(before.sum())
    return covered / (covered + mine) if covered + mine > 0 else 1.0


def _area(box: Floats) -> float:
    return max(float((box[2] - box[0]) * (box[3] - box[1])), 1e-9)
