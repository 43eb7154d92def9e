"""Labels of a picture, from one ray through the middle of each pixel: exact, and the same in every weather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.sampling import Samples
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.silhouette import outlined, shown
from domainaug_simulators.street.town.tags import Tag, cityscapes_of

__all__ = ["Box2D", "Labels", "boxes_of", "labels_of", "normals_of"]

_SKY = int(Tag.SKY)


@dataclass(frozen=True, slots=True)
class Box2D:
    """A thing in a picture; boxes are (left, top, right, bottom), in pixels, right and bottom just outside.

    Attributes:
        instance: Its number.
        tag: Its class.
        visible: Around the pixels that show it; None where none does.
        amodal: Around all of it that lies in the picture, hidden or not.
        whole: Around all of it that lies before the camera, as if the picture went on.
        pixels: How many pixels show it.
        occlusion: Share of its pixels in the picture that others hide.
        truncation: Share of the whole box that lies outside the picture.
    """

    instance: int
    tag: int
    visible: tuple[int, int, int, int] | None
    amodal: tuple[float, float, float, float]
    whole: tuple[float, float, float, float]
    pixels: int
    occlusion: float
    truncation: float


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of every pixel.

    Attributes:
        semantic: (height, width) classes, CARLA's numbers.
        instance: (height, width) numbers of things, 0 for none.
        depth: (height, width) meters along the optical axis; inf for the sky.
        range: (height, width) meters along the ray; inf for the sky.
    """

    semantic: NDArray[np.uint8]
    instance: NDArray[np.uint16]
    depth: Floats
    range: Floats

    @property
    def cityscapes(self) -> NDArray[np.uint8]:
        """(height, width) label ids of Cityscapes."""
        return cityscapes_of(self.semantic)


def labels_of(scene: Scene, camera: Camera, first: Samples) -> Labels:
    """Return the labels of the central samples of a picture."""
    shape, forward = (camera.height, camera.width), camera.matrix[:3, 0].astype(np.float32)
    out = Labels(
        np.empty(shape, np.uint8), np.empty(shape, np.uint16), np.empty(shape, np.float32),
        first.hits.distance.reshape(shape),
    )  # fmt: skip
    flat = (out.semantic.reshape(-1), out.instance.reshape(-1), out.depth.reshape(-1))
    _label(first.hits.face, first.hits.distance, first.directions, forward, scene.tag, scene.instance, *flat)
    return out


@compiled
def _label(
    face: Any, distance: Any, directions: Any, forward: Any, tags: Any, instances: Any, tag: Any, instance: Any,
    depth: Any,
) -> None:  # fmt: skip
    for i in range(len(face)):
        if face[i] < 0:
            tag[i], instance[i], depth[i] = _SKY, 0, np.float32(np.inf)
            continue
        tag[i], instance[i] = tags[face[i]], instances[face[i]]
        along = directions[i, 0] * forward[0] + directions[i, 1] * forward[1] + directions[i, 2] * forward[2]
        depth[i] = distance[i] * along


def normals_of(scene: Scene, camera: Camera, first: Samples) -> Floats:
    """Return the unit normals of what pixels show, (height, width, 3), toward the camera, in the world's axes.

    They are those of the triangles, not the rounded ones of shading; 0 for the sky.
    """
    face = first.hits.face
    out = np.zeros((len(face), 3), np.float32)
    hit = face >= 0
    a, b, c = (scene.mesh.corners[face[hit], i] for i in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-20)
    away = np.einsum("ij,ij->i", normal, first.directions[hit]) > 0
    out[hit] = np.where(away[:, None], -normal, normal)
    return out.reshape(camera.height, camera.width, 3)


def boxes_of(scene: Scene, camera: Camera, labels: Labels, *, reach: float = 150.0) -> list[Box2D]:
    """Return a box for every counted thing that lies in the picture, hidden ones too.

    Args:
        scene: What there is.
        camera: What looks at it.
        labels: Its labels.
        reach: Meters beyond which things that no pixel shows are left out.
    """
    spans = scene.spans
    pixels, visible = shown(labels.instance, spans.numbers)
    alone = outlined(scene.mesh.corners, spans, camera, pixels, reach)
    size = np.array([camera.width, camera.height, camera.width, camera.height], np.float64)
    cut = np.clip(alone.whole, 0, size)
    out = []
    for n, number in enumerate(spans.numbers.tolist()):
        covered, seen = int(alone.pixels[n]), int(pixels[n])
        if (covered == 0 and seen == 0) or (seen == 0 and alone.nearest[n] > reach):
            continue
        out.append(
            Box2D(
                number,
                int(scene.tag[spans.faces[spans.starts[n]]]),
                _whole_numbers(visible[n]) if seen else None,
                _edges(alone.inside[n]),
                _edges(alone.whole[n]),
                seen,
                1 - seen / max(covered, seen),
                1 - _area(cut[n]) / _area(alone.whole[n]),
            )
        )
    return out


def _whole_numbers(box: NDArray[np.int64]) -> tuple[int, int, int, int]:
    return int(box[0]), int(box[1]), int(box[2]), int(box[3])


def _edges(box: NDArray[np.float64]) -> tuple[float, float, float, float]:
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def _area(box: NDArray[np.float64]) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
