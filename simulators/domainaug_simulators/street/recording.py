"""One frame of one camera on disk: the picture, its labels, and what both mean."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.actors import Ego
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.labels import Box2D, Labels
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.town.tags import Tag

__all__ = ["LABEL_KINDS", "encoded", "label_files"]

LABEL_KINDS: Final = ("semantic.png", "cityscapes.png", "instance.png", "depth.png", "objects.json")
"""How the names of a frame's labels end."""


def encoded(picture: NDArray[Any]) -> bytes:
    """Return a picture as PNG; three channels are RGB."""
    import cv2

    done, content = cv2.imencode(".png", picture[..., ::-1] if picture.ndim == 3 else picture)
    assert done
    return bytes(content.tobytes())


def label_files(
    scene: Scene, camera: Camera, ego: Ego, time: float, labels: Labels, boxes: list[Box2D]
) -> dict[str, bytes]:
    """Return the files of a frame's labels, by how their names end.

    Classes are CARLA's and Cityscapes' numbers in 8 bits, things their numbers in 16, depth along the optical axis in
    centimeters in 16 bits, 0 where it is the sky or further than 655 m.
    """
    depth = np.where(np.isfinite(labels.depth) & (labels.depth < 655.35), np.rint(labels.depth * 100), 0)
    told = {
        "time_s": _number(time),
        "camera": {
            "width": camera.width,
            "height": camera.height,
            "intrinsics": _matrix(camera.intrinsics),
            "world_to_camera": _matrix(camera.extrinsics),
        },
        "ego": {"place_m": [_number(v) for v in ego.place], "yaw_deg": _number(np.degrees(ego.yaw)),
                "velocity_mps": [_number(v) for v in ego.velocity]},
        "objects": [_object(scene, camera, box) for box in boxes],
    }  # fmt: skip
    text = json.dumps(told, indent=1, sort_keys=True) + "\n"
    pictures: tuple[NDArray[Any], ...] = (labels.semantic, labels.cityscapes, labels.instance, depth.astype(np.uint16))
    return dict(zip(LABEL_KINDS, [*(encoded(picture) for picture in pictures), text.encode()], strict=True))


def _object(scene: Scene, camera: Camera, box: Box2D) -> dict[str, Any]:
    told: dict[str, Any] = {
        "instance": box.instance,
        "class": Tag(box.tag).name.lower(),
        "box": None if box.visible is None else list(box.visible),
        "amodal_box": [_number(v) for v in box.amodal],
        "whole_box": [_number(v) for v in box.whole],
        "pixels": box.pixels,
        "occlusion": _number(box.occlusion),
        "truncation": _number(box.truncation),
    }
    body = scene.bodies.get(box.instance)
    if body is not None:
        told["box_3d"] = {
            "pose_to_world": _matrix(body.pose),
            "pose_to_camera": _matrix(camera.extrinsics @ body.pose),
            "size_lwh_m": [_number(v) for v in body.size],
            "velocity_mps": [_number(v) for v in body.velocity],
        }
    return told


def _matrix(values: NDArray[np.float64]) -> list[list[float]]:
    return [[_number(v) for v in row] for row in values]


def _number(value: float) -> float:
    return round(float(value), 6) + 0.0
