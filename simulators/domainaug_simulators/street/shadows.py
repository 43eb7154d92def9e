"""How much of the sun's disc points see: sharp far from edges, and a penumbra without grain where a shadow ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.sampling import disc_pattern
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.sky import Sky
from domainaug_simulators.street.surfaces import NORMAL, THROUGH, Surfaces

__all__ = ["sunned"]

_RADIUS = np.float32(np.radians(0.267))
_FAR = np.float32(3000)
_WIDEST = 16  # half of the widest penumbra, in steps of two pixels


def sunned(scene: Scene, met: Surfaces, sky: Sky, *, camera: Camera | None = None, rays: int = 0) -> Floats:
    """Return the share of the sun's disc that each point sees, (n,).

    Args:
        scene: What throws shadows.
        met: The points.
        sky: Where the sun is.
        camera: Where the points are those of its pixels: edges of shadows in the picture are softened.
        rays: How many rays to the disc from each pixel at such an edge.
    """
    out = np.zeros(len(met.points), np.float32)
    if sky.sunlight.max() <= 0:
        return out
    sun = sky.sun.astype(np.float32)
    facing = met.rows[:, NORMAL : NORMAL + 3] @ sun
    toward = np.flatnonzero((facing > 0) | ((met.rows[:, THROUGH] > 0) & (facing != 0)))
    if not len(toward):
        return out
    side = np.where(facing[toward] > 0, 0, 4e-3).astype(np.float32)  # through a leaf that is lit from behind
    starts = np.asarray(met.points[toward] + side[:, None] * sun, np.float32)
    far = np.full(len(starts), _FAR, np.float32)
    out[toward] = ~scene.rays.blocked(starts, np.broadcast_to(sun, starts.shape), far)
    if camera is not None and rays:
        _soften(scene, camera, met, sun, facing, rays, out)
    return out


@compiled
def _borders(height: Any, width: Any, lit: Any, facing: Any, known: Any, out: Any) -> Any:
    """Mark the pixels, not known yet, within two of which the sun is seen more or less; return how many they are."""
    count = 0
    for i in range(height):
        for j in range(width):
            a = i * width + j
            out[a] = False
            if known[a] or facing[a] <= 0:
                continue
            for k in range(max(i - 2, 0), min(i + 3, height)):
                for m in range(max(j - 2, 0), min(j + 3, width)):
                    if lit[k * width + m] != lit[a]:
                        out[a] = True
            count += out[a]
    return count


def _soften(scene: Scene, camera: Camera, met: Surfaces, sun: Floats, facing: Floats, rays: int, out: Floats) -> None:
    """Cast many rays to the disc where a shadow ends, and on from there as far as the penumbra goes.

    The rays are the same for every point, so that there is no grain.
    """
    across = np.cross(sun, [0.0, 0.0, 1.0] if abs(sun[2]) < 0.999 else [1.0, 0.0, 0.0])
    across /= np.linalg.norm(across)
    disc = disc_pattern(rays) * _RADIUS
    aimed = sun + disc[:, :1] * across + disc[:, 1:] * np.cross(across, sun)
    aimed = (aimed / np.linalg.norm(aimed, axis=-1, keepdims=True)).astype(np.float32)
    known, marked = np.zeros(len(out), np.bool_), np.zeros(len(out), np.bool_)
    for _ in range(_WIDEST):
        if not _borders(camera.height, camera.width, out, facing, known, marked):
            return
        border = np.flatnonzero(marked)
        starts = np.repeat(met.points[border], rays, axis=0)
        hidden = scene.rays.blocked(starts, np.tile(aimed, (len(border), 1)), np.full(len(starts), _FAR, np.float32))
        out[border] = 1 - hidden.reshape(-1, rays).mean(axis=1)
        known[border] = True
