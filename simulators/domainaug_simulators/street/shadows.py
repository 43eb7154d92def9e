"""How much of the sun and of lamps points see: a penumbra without grain where a shadow ends, sharp elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.lamps import Lamps
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.sampling import disc_pattern
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.sky import Sky
from domainaug_simulators.street.surfaces import NORMAL, THROUGH, Surfaces

__all__ = ["lamps_seen", "sunned"]

_RADIUS = np.float32(np.radians(0.267))
_FAR = np.float32(3000)
_WIDEST = 16  # half of the widest penumbra, in steps of two pixels
_WIDEST_OF_LAMPS = 5
_HEADS = np.array([0.22, 0.09], np.float32)  # radii of street lamps' heads and of headlights, meters
_MINOR = np.float32(0.2)  # share of the strongest lamp's light below which shadows stay sharp
_SOFTENED = 30.0  # meters from the camera within which a penumbra is wider than a pixel
_FAINT = np.float32(2e-5)  # lamps that add less throw no shadows


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


def lamps_seen(
    scene: Scene,
    met: Surfaces,
    lamps: Lamps,
    chosen: NDArray[np.int32],
    strength: Floats,
    *,
    camera: Camera | None = None,
    rays: int = 0,
) -> Floats:
    """Return the share of each point's lamps that it sees, (n, most).

    Args:
        scene: What throws shadows.
        met: The points.
        lamps: The lamps.
        chosen: (n, most) the lamps of each point, -1 for none.
        strength: (n, most) what each adds.
        camera: Where the points are those of its pixels: edges of shadows in the picture are softened.
        rays: How many rays to a lamp from each pixel at such an edge.
    """
    free = np.ones(chosen.shape, np.float32)
    told = (chosen >= 0) & (strength > _FAINT)
    points, slots = np.nonzero(told)
    if not len(points):
        return free
    free[points, slots] = _towards(scene, met, lamps, chosen, points, slots, np.zeros((1, 2), np.float32))
    if camera is not None and rays:
        off = met.points - camera.origin
        near = np.einsum("ij,ij->i", off, off) < _SOFTENED**2
        disc, known = disc_pattern(rays), ~(told & near[:, None] & (strength > _MINOR * strength[:, :1]))
        for _ in range(_WIDEST_OF_LAMPS):
            marked = np.zeros(free.shape, np.bool_)
            if not _lamp_borders(camera.height, camera.width, chosen, free, known, told, marked):
                break
            points, slots = np.nonzero(marked)
            free[points, slots] = _towards(scene, met, lamps, chosen, points, slots, disc)
            known |= marked
    return free


def _towards(
    scene: Scene,
    met: Surfaces,
    lamps: Lamps,
    chosen: NDArray[np.int32],
    points: NDArray[np.int64],
    slots: NDArray[np.int64],
    disc: Floats,
) -> Floats:
    """Return the share of places on the heads of lamps that points see; `disc` has the places, of radius 1."""
    rows = lamps.rows[chosen[points, slots]]
    starts = met.points[points]
    middle = rows[:, :3] - starts
    radius = _HEADS[(rows[:, 9] > 0.5).astype(np.intp)][:, None]
    side = np.stack([-middle[:, 1], middle[:, 0], np.zeros(len(middle), np.float32)], axis=-1)
    side /= np.maximum(np.linalg.norm(side, axis=-1, keepdims=True), np.float32(1e-6))
    up = np.cross(middle, side)
    up /= np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), np.float32(1e-6))
    seen = np.zeros(len(points), np.float32)
    for x, y in disc:
        toward = middle + (side * x + up * y) * radius
        away = np.linalg.norm(toward, axis=-1).astype(np.float32)
        toward = np.asarray(toward / np.maximum(away, np.float32(1e-6))[:, None], np.float32)
        seen += ~scene.rays.blocked(starts, toward, np.maximum(away - np.float32(0.25), np.float32(0)))
    return np.asarray(seen / np.float32(len(disc)), np.float32)


@compiled
def _lamp_borders(height: Any, width: Any, chosen: Any, free: Any, known: Any, told: Any, out: Any) -> Any:
    """Mark the lamps of pixels, not known yet, of which a pixel within two sees more or less; return how many."""
    count, most = 0, chosen.shape[1]
    for i in range(height):
        for j in range(width):
            a = i * width + j
            for slot in range(most):
                if known[a, slot]:
                    continue
                lamp, mine = chosen[a, slot], free[a, slot]
                for k in range(max(i - 2, 0), min(i + 3, height)):
                    for m in range(max(j - 2, 0), min(j + 3, width)):
                        b = k * width + m
                        for other in range(most):
                            if chosen[b, other] == lamp and told[b, other] and free[b, other] != mine:
                                out[a, slot] = True
                count += out[a, slot]
    return count
