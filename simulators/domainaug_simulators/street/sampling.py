"""Which rays a picture is made of: one through every pixel's middle, more where edges run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.exact import settled
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.rays import Hits
from domainaug_simulators.street.scene import Scene

__all__ = ["Samples", "central", "disc_pattern", "edges", "hemisphere_pattern", "refined"]


@dataclass(frozen=True, slots=True)
class Samples:
    """Rays and what they met.

    Attributes:
        pixel: (n,) which pixel each counts for.
        directions: (n, 3) unit vectors.
        hits: What they met.
    """

    pixel: NDArray[np.int32]
    directions: Floats
    hits: Hits

    def __len__(self) -> int:
        return len(self.pixel)


def central(scene: Scene, camera: Camera) -> Samples:
    """Return one ray through the middle of every pixel: labels are made of these alone."""
    directions = camera.centers()
    hits = settled(scene.rays, scene.mesh.corners, scene.owner, camera, directions)
    return Samples(np.arange(len(directions), dtype=np.int32), directions, hits)


@compiled
def _edges(height: Any, width: Any, owner: Any, distance: Any, normals: Any, out: Any) -> None:
    for i in range(height - 1):
        for j in range(width - 1):
            a = i * width + j
            for b in (a + 1, a + width):
                if owner[a] != owner[b]:
                    out[a] = out[b] = True
                    continue
                if owner[a] < 0:
                    continue
                same = normals[a, 0] * normals[b, 0] + normals[a, 1] * normals[b, 1] + normals[a, 2] * normals[b, 2]
                ratio = distance[a] / distance[b]
                if same < np.float32(0.93) or ratio > np.float32(1.12) or ratio < np.float32(0.89):
                    out[a] = out[b] = True


def edges(scene: Scene, camera: Camera, first: Samples) -> NDArray[np.int32]:
    """Return the pixels in which more than one surface may be seen."""
    face = first.hits.face
    owner = np.where(face >= 0, scene.mesh.material[face].astype(np.int32) * 65536 + scene.instance[face], -1)
    out = np.zeros(len(face), np.bool_)
    normals = np.where((face >= 0)[:, None], scene.mesh.normals[face, 0], 0).astype(np.float32)
    _edges(camera.height, camera.width, owner, first.hits.distance, normals, out)
    return np.flatnonzero(out).astype(np.int32)


_OFFSETS = np.array([[-0.375, -0.125], [0.125, -0.375], [0.375, 0.125], [-0.125, 0.375]])
_MORE = np.array([[-0.1875, 0.0625], [0.0625, 0.1875], [0.1875, -0.0625], [-0.0625, -0.1875]])


def refined(scene: Scene, camera: Camera, pixels: NDArray[np.int32], many: int) -> Samples:
    """Return `many` (4 or 8) more rays through each of some pixels, on a rotated grid."""
    offsets = np.concatenate([_OFFSETS, _MORE + _OFFSETS[::-1] * 0.4])[:many]
    rows, columns = np.divmod(pixels, camera.width)
    x = (columns[:, None] + 0.5 + offsets[:, 0]).ravel()
    y = (rows[:, None] + 0.5 + offsets[:, 1]).ravel()
    directions = camera.rays(x, y)
    return Samples(np.repeat(pixels, many), directions, scene.rays.first(camera.origin, directions))


def hemisphere_pattern(rays: int, turns: int = 16) -> Floats:
    """Return directions about +z, (turns, rays, 3), as dense as their cosine; each turn fills gaps of the others."""
    count = rays * turns
    index = np.arange(count)
    radius = np.sqrt((index + 0.5) / count)
    angle = index * 2.399963229728653  # the golden angle
    flat = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.sqrt(1 - radius**2)], axis=-1)
    order = np.random.default_rng(5).permutation(turns)
    return flat.reshape(rays, turns, 3).swapaxes(0, 1)[order].astype(np.float32)


def disc_pattern(rays: int) -> Floats:
    """Return points of the unit disc, (rays, 2), evenly spread."""
    index = np.arange(rays)
    radius, angle = np.sqrt((index + 0.5) / rays), index * 2.399963229728653
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).astype(np.float32)
