"""Which thing the middle of a pixel shows, decided in double precision.

Rays in single precision may pass an edge on either side, and not on the same one on every processor. So where
neighboring pixels show different things, the triangles around the ray are gathered by rays a thousandth of a pixel
beside it, toward each neighbor that shows another thing, and met again in double precision. What labels are made of
is then the same for every engine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.rays import Hits, Rays

__all__ = ["met", "ranged", "settled"]

_BESIDE = ((1e-3, 3e-4), (-3e-4, 1e-3), (-1e-3, -3e-4), (3e-4, -1e-3))
"""Columns and rows beside the middle, in pixels, toward the right, below, the left and above; askew, as edges in towns
run straight."""


@compiled
def met(corners: Any, k: Any, ox: Any, oy: Any, oz: Any, dx: Any, dy: Any, dz: Any) -> Any:
    """Return how far away a ray meets triangle k and where in it, or infinity; all in double precision."""
    ax, ay, az = np.float64(corners[k, 0, 0]), np.float64(corners[k, 0, 1]), np.float64(corners[k, 0, 2])
    e1x, e1y, e1z = corners[k, 1, 0] - ax, corners[k, 1, 1] - ay, corners[k, 1, 2] - az
    e2x, e2y, e2z = corners[k, 2, 0] - ax, corners[k, 2, 1] - ay, corners[k, 2, 2] - az
    px, py, pz = dy * e2z - dz * e2y, dz * e2x - dx * e2z, dx * e2y - dy * e2x
    det = e1x * px + e1y * py + e1z * pz
    if det == 0.0:
        return np.inf, 0.0, 0.0
    inverse = 1.0 / det
    sx, sy, sz = ox - ax, oy - ay, oz - az
    u = (sx * px + sy * py + sz * pz) * inverse
    if u < -1e-9 or u > 1.000000001:
        return np.inf, 0.0, 0.0
    qx, qy, qz = sy * e1z - sz * e1y, sz * e1x - sx * e1z, sx * e1y - sy * e1x
    v = (dx * qx + dy * qy + dz * qz) * inverse
    if v < -1e-9 or u + v > 1.000000001:
        return np.inf, 0.0, 0.0
    t = (e2x * qx + e2y * qy + e2z * qz) * inverse
    return (t if t > 0.0 else np.inf), u, v


@compiled
def _parting(height: Any, width: Any, owner: Any, face: Any, out: Any) -> None:
    """Note toward which neighbors another thing shows: 1 the right, 2 below, 4 the left, 8 above."""
    for i in range(height):
        for j in range(width):
            a = i * width + j
            own = owner[face[a]] if face[a] >= 0 else np.int32(-1)
            if j + 1 < width and own != (owner[face[a + 1]] if face[a + 1] >= 0 else np.int32(-1)):
                out[a] |= 1
                out[a + 1] |= 4
            if i + 1 < height and own != (owner[face[a + width]] if face[a + width] >= 0 else np.int32(-1)):
                out[a] |= 2
                out[a + width] |= 8


@compiled
def _met_again(
    corners: Any, origin: Any, directions: Any, pixels: Any, others: Any, face: Any, away: Any, us: Any, vs: Any
) -> None:
    """Write what rays meet: their own triangle, and for `pixels` the nearest of theirs and of `others` (pixels, n)."""
    ox, oy, oz = np.float64(origin[0]), np.float64(origin[1]), np.float64(origin[2])
    row = 0
    for a in range(len(face)):
        dx, dy, dz = np.float64(directions[a, 0]), np.float64(directions[a, 1]), np.float64(directions[a, 2])
        own = face[a]
        t, u, v = np.inf, 0.0, 0.0
        if own >= 0:
            t, u, v = met(corners, own, ox, oy, oz, dx, dy, dz)
        if row < len(pixels) and pixels[row] == a:
            best = own if t < np.inf else np.int32(-1)
            for n in range(others.shape[1]):
                other = others[row, n]
                if other < 0 or other == own:
                    continue
                to, uo, vo = met(corners, other, ox, oy, oz, dx, dy, dz)
                if to < t or (to == t and to < np.inf and other < best):
                    t, u, v, best = to, uo, vo, other
            row += 1
            face[a] = best
        elif own >= 0 and t == np.inf:
            continue  # an edge within one thing, which single precision hit and double precision misses
        away[a], us[a], vs[a] = t, u, v


@compiled
def _ranged(corners: Any, origins: Any, directions: Any, face: Any, away: Any, us: Any, vs: Any) -> None:
    for a in range(len(face)):
        if face[a] < 0:
            continue
        ox, oy, oz = np.float64(origins[a, 0]), np.float64(origins[a, 1]), np.float64(origins[a, 2])
        dx, dy, dz = np.float64(directions[a, 0]), np.float64(directions[a, 1]), np.float64(directions[a, 2])
        t, u, v = met(corners, face[a], ox, oy, oz, dx, dy, dz)
        if t < np.inf:  # else an edge that single precision hit and double precision misses
            away[a], us[a], vs[a] = t, u, v


def ranged(rays: Rays, corners: Floats, origins: Floats, directions: Floats) -> Hits:
    """Return what rays meet first, with ranges in double precision: the same of every engine and processor.

    Which triangle a ray meets is the engine's word, so what passes an edge by rounding may be another thing.

    Args:
        rays: The triangles, ready to be cast at.
        corners: The same, (faces, 3, 3).
        origins: (3,) or (n, 3) where rays begin.
        directions: (n, 3) unit vectors.
    """
    hits = rays.first(origins, directions)
    if rays.exact or not len(corners):
        return hits
    away, u, v = hits.distance.copy(), hits.u.copy(), hits.v.copy()
    _ranged(corners, np.broadcast_to(origins, directions.shape), directions, hits.face, away, u, v)
    return Hits(hits.face, away, u, v)


def settled(rays: Rays, corners: Floats, owner: NDArray[np.int32], camera: Camera, directions: Floats) -> Hits:
    """Return what the middles of all pixels show.

    Args:
        rays: The triangles, ready to be cast at.
        corners: The same, (faces, 3, 3).
        owner: (faces,) whose each is.
        camera: What looks at them.
        directions: Its rays through the middles of pixels, (height * width, 3), row by row.
    """
    hits = rays.first(camera.origin, directions)
    if rays.exact or not len(corners):
        return hits
    face = hits.face.copy()
    parting = np.zeros(len(face), np.uint8)
    _parting(camera.height, camera.width, owner, face, parting)
    pixels = np.flatnonzero(parting)
    rows, columns = np.divmod(pixels, camera.width)
    others = np.full((len(pixels), len(_BESIDE)), -1, np.int32)
    for n, (x, y) in enumerate(_BESIDE):
        there = np.flatnonzero(parting[pixels] >> n & 1)
        beside = camera.rays(columns[there] + (0.5 + x), rows[there] + (0.5 + y))
        others[there, n] = rays.first(camera.origin, beside).face
    away, u, v = hits.distance.copy(), hits.u.copy(), hits.v.copy()
    _met_again(corners, camera.origin, directions, pixels, others, face, away, u, v)
    return Hits(face, away, u, v)
