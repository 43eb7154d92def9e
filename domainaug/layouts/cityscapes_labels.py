"""What Cityscapes calls its classes and how its label files follow a picture.

Ids, training ids and colors are those of the data set's own scripts (Cordts et al., "The Cityscapes Dataset for
Semantic Urban Scene Understanding", CVPR 2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domainaug.layouts.placing import Placing, clipped

__all__ = ["CLASSES", "CityscapesClass", "camera_of", "classes_of", "colored", "polygons_of", "trained"]

_IGNORED: Final = 255


class CityscapesClass(NamedTuple):
    """A class.

    Attributes:
        id: In `labelIds`; -1 is drawn in no picture.
        train: In `labelTrainIds`; 255 is not trained on.
        name: In English.
        color: In `color`, red, green, blue.
        counted: Whether its things have numbers.
    """

    id: int
    train: int
    name: str
    color: tuple[int, int, int]
    counted: bool = False


CLASSES: Final = (
    CityscapesClass(0, 255, "unlabeled", (0, 0, 0)),
    CityscapesClass(1, 255, "ego vehicle", (0, 0, 0)),
    CityscapesClass(2, 255, "rectification border", (0, 0, 0)),
    CityscapesClass(3, 255, "out of roi", (0, 0, 0)),
    CityscapesClass(4, 255, "static", (0, 0, 0)),
    CityscapesClass(5, 255, "dynamic", (111, 74, 0)),
    CityscapesClass(6, 255, "ground", (81, 0, 81)),
    CityscapesClass(7, 0, "road", (128, 64, 128)),
    CityscapesClass(8, 1, "sidewalk", (244, 35, 232)),
    CityscapesClass(9, 255, "parking", (250, 170, 160)),
    CityscapesClass(10, 255, "rail track", (230, 150, 140)),
    CityscapesClass(11, 2, "building", (70, 70, 70)),
    CityscapesClass(12, 3, "wall", (102, 102, 156)),
    CityscapesClass(13, 4, "fence", (190, 153, 153)),
    CityscapesClass(14, 255, "guard rail", (180, 165, 180)),
    CityscapesClass(15, 255, "bridge", (150, 100, 100)),
    CityscapesClass(16, 255, "tunnel", (150, 120, 90)),
    CityscapesClass(17, 5, "pole", (153, 153, 153)),
    CityscapesClass(18, 255, "polegroup", (153, 153, 153)),
    CityscapesClass(19, 6, "traffic light", (250, 170, 30)),
    CityscapesClass(20, 7, "traffic sign", (220, 220, 0)),
    CityscapesClass(21, 8, "vegetation", (107, 142, 35)),
    CityscapesClass(22, 9, "terrain", (152, 251, 152)),
    CityscapesClass(23, 10, "sky", (70, 130, 180)),
    CityscapesClass(24, 11, "person", (220, 20, 60), counted=True),
    CityscapesClass(25, 12, "rider", (255, 0, 0), counted=True),
    CityscapesClass(26, 13, "car", (0, 0, 142), counted=True),
    CityscapesClass(27, 14, "truck", (0, 0, 70), counted=True),
    CityscapesClass(28, 15, "bus", (0, 60, 100), counted=True),
    CityscapesClass(29, 255, "caravan", (0, 0, 90), counted=True),
    CityscapesClass(30, 255, "trailer", (0, 0, 110), counted=True),
    CityscapesClass(31, 16, "train", (0, 80, 100), counted=True),
    CityscapesClass(32, 17, "motorcycle", (0, 0, 230), counted=True),
    CityscapesClass(33, 18, "bicycle", (119, 11, 32), counted=True),
    CityscapesClass(-1, -1, "license plate", (0, 0, 142)),
)
"""Every class of the data set."""

_TRAIN: Final = np.full(256, _IGNORED, np.uint8)
_COLOR: Final = np.zeros((256, 3), np.uint8)
for _each in CLASSES:
    if _each.id >= 0:
        _TRAIN[_each.id], _COLOR[_each.id] = _each.train, _each.color


def classes_of(instances: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
    """Return label ids for `instanceIds`, where a counted thing is a thousand times its class and its number."""
    whole = np.where(instances < 1000, instances, instances // 1000)
    return whole.astype(np.uint8)


def trained(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return training ids for label ids."""
    return _TRAIN[classes]


def colored(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the (height, width, 3) picture of label ids."""
    return _COLOR[classes]


def polygons_of(told: Mapping[str, Any], placing: Placing) -> dict[str, Any]:
    """Return what a file of polygons says of a copy: moved, cut at its edges, on whole pixels as in the source.

    Args:
        told: Of the source; a picture's size and its objects, the farthest first.
        placing: Where places went.
    """
    objects = []
    for each in told["objects"]:
        ring = clipped(placing.points(np.array(each["polygon"], np.float64)), placing.shape)
        corners = np.clip(np.round(ring), 0, (placing.shape[1] - 1, placing.shape[0] - 1)).astype(int)
        if len(corners):
            objects.append({**each, "polygon": corners.tolist()})
    return {**told, "imgHeight": placing.shape[0], "imgWidth": placing.shape[1], "objects": objects}


def camera_of(told: Mapping[str, Any], placing: Placing) -> dict[str, Any] | None:
    """Return what a file of a camera says of a copy; None where four numbers cannot say it.

    Args:
        told: Of the source; `intrinsic` has the focal lengths `fx`, `fy` and the middle `u0`, `v0` in pixels.
        placing: Where places went.
    """
    if not placing.upright:
        return None
    (wide, _, right), (_, tall, down), _ = placing.matrix.tolist()
    inner = dict(told["intrinsic"])
    inner["fx"], inner["fy"] = inner["fx"] * wide, inner["fy"] * tall
    inner["u0"], inner["v0"] = inner["u0"] * wide + right, inner["v0"] * tall + down
    return {**told, "intrinsic": inner}
