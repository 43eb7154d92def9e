"""One frame of one camera on disk: the picture, its labels, and what both mean."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.actors import Ego
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.labels import Box2D, Labels
from domainaug_simulators.street.scene import Body, Scene
from domainaug_simulators.street.town.tags import Tag

__all__ = ["FLOW_KIND", "LABEL_KINDS", "ego_told", "encoded", "label_files", "matrix_told", "number_told", "solid_told"]

LABEL_KINDS: Final = ("semantic.png", "cityscapes.png", "instance.png", "depth.png", "objects.json")
"""How the names of a frame's labels end."""

FLOW_KIND: Final = "flow.png"
"""How the name of a frame's optical flow to the next one ends."""


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
        "time_s": number_told(time),
        "camera": {
            "width": camera.width,
            "height": camera.height,
            "intrinsics": matrix_told(camera.intrinsics),
            "world_to_camera": matrix_told(camera.extrinsics),
        },
        "ego": ego_told(ego),
        "objects": [_object(scene, camera, box) for box in boxes],
    }
    text = json.dumps(told, indent=1, sort_keys=True) + "\n"
    pictures: tuple[NDArray[Any], ...] = (labels.semantic, labels.cityscapes, labels.instance, depth.astype(np.uint16))
    return dict(zip(LABEL_KINDS, [*(encoded(picture) for picture in pictures), text.encode()], strict=True))


def _object(scene: Scene, camera: Camera, box: Box2D) -> dict[str, Any]:
    told: dict[str, Any] = {
        "instance": box.instance,
        "class": Tag(box.tag).name.lower(),
        "box": None if box.visible is None else list(box.visible),
        "amodal_box": [number_told(v) for v in box.amodal],
        "whole_box": [number_told(v) for v in box.whole],
        "pixels": box.pixels,
        "occlusion": number_told(box.occlusion),
        "truncation": number_told(box.truncation),
    }
    body = scene.bodies.get(box.instance)
    if body is not None:
        told["box_3d"] = {**solid_told(body), "pose_to_camera": matrix_told(camera.extrinsics @ body.pose)}
    return told


def ego_told(ego: Ego) -> dict[str, Any]:
    """Return the vehicle's pose and velocity as JSON has it."""
    return {
        "place_m": [number_told(v) for v in ego.place],
        "yaw_deg": number_told(np.degrees(ego.yaw)),
        "velocity_mps": [number_told(v) for v in ego.velocity],
    }


def solid_told(body: Body) -> dict[str, Any]:
    """Return a box in space as JSON has it."""
    return {
        "pose_to_world": matrix_told(body.pose),
        "size_lwh_m": [number_told(v) for v in body.size],
        "velocity_mps": [number_told(v) for v in body.velocity],
    }


def matrix_told(values: NDArray[np.float64]) -> list[list[float]]:
    """Return a matrix as JSON has it, to six decimals."""
    return [[number_told(v) for v in row] for row in values]


def number_told(value: float) -> float:
    """Return a number as JSON has it, to six decimals."""
    return round(float(value), 6) + 0.0
