"""How much of the sky each point sees: on every second pixel of every second row, then carried to the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.sampling import Samples, hemisphere_pattern
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.surfaces import NORMAL, Surfaces

__all__ = ["openness"]

_REACH = 28.0


def openness(
    scene: Scene, camera: Camera, first: Samples, surfaces: Surfaces, more: Surfaces, pixels: np.ndarray, rays: int
) -> tuple[Floats, Floats]:
    """Return the share of the sky's light that reaches each point, for central samples and for further ones.

    Args:
        scene: What hides the sky.
        camera: Its picture is the grid.
        first: The central samples.
        surfaces: What they met.
        more: What further samples met.
        pixels: The pixels of those.
        rays: How many rays to cast from each point of the coarse grid.
    """
    high, wide = (camera.height + 1) // 2, (camera.width + 1) // 2
    i, j = np.meshgrid(np.arange(high), np.arange(wide), indexing="ij")
    at = (np.minimum(2 * i, camera.height - 1) * camera.width + np.minimum(2 * j, camera.width - 1)).ravel()
    there = np.flatnonzero(first.hits.face[at] >= 0)
    free = np.ones(len(at), np.float32)
    if len(there):
        pattern = hemisphere_pattern(rays)
        turn = ((i % 4) * 4 + (j % 4)).ravel()[there]
        local = pattern[turn]
        flat = surfaces.rows[at[there], NORMAL : NORMAL + 3]
        world = _about(local, flat)
        starts = np.repeat(surfaces.points[at[there]], rays, axis=0)
        hidden = scene.rays.blocked(starts, world.reshape(-1, 3), np.full(len(starts), _REACH, np.float32))
        share = 1 - hidden.reshape(-1, rays).mean(axis=1)
        free[there] = share
    rows = surfaces.rows[at]
    points = surfaces.points[at]
    smooth = _smoothed(high, wide, free, rows[:, NORMAL : NORMAL + 3].copy(), points)
    out = np.ones(len(first), np.float32)
    grid = np.arange(len(first), dtype=np.int32)
    _carried(camera.width, high, wide, smooth, rows, points, surfaces.rows, surfaces.points, grid, out)
    further = np.ones(len(pixels), np.float32)
    _carried(camera.width, high, wide, smooth, rows, points, more.rows, more.points, pixels, further)
    return out, further


def _about(local: Floats, normals: Floats) -> Floats:
    """Turn directions about +z, (n, rays, 3), to be about normals (Duff et al. 2017)."""
    x, y, z = normals[:, 0], normals[:, 1], normals[:, 2]
    sign = np.where(z >= 0, 1.0, -1.0).astype(np.float32)
    a = -1.0 / (sign + z)
    b = x * y * a
    first = np.stack([1 + sign * x * x * a, sign * b, -sign * x], axis=-1)
    second = np.stack([b, sign + y * y * a, -y], axis=-1)
    out = local[..., :1] * first[:, None] + local[..., 1:2] * second[:, None] + local[..., 2:] * normals[:, None]
    return np.asarray(out, np.float32)


@compiled
def _blend(high: Any, wide: Any, values: Any, normals: Any, points: Any, out: Any) -> None:
    for i in range(high):
        for j in range(wide):
            a = i * wide + j
            nx, ny, nz = normals[a, 0], normals[a, 1], normals[a, 2]
            total, weight = np.float32(0), np.float32(0)
            for k in range(max(i - 2, 0), min(i + 2, high)):
                for m in range(max(j - 2, 0), min(j + 2, wide)):
                    b = k * wide + m
                    same = nx * normals[b, 0] + ny * normals[b, 1] + nz * normals[b, 2]
                    off = (
                        nx * (points[b, 0] - points[a, 0])
                        + ny * (points[b, 1] - points[a, 1])
                        + nz * (points[b, 2] - points[a, 2])
                    )
                    if same < np.float32(0.8) or abs(off) > np.float32(0.25):
                        continue
                    total += values[b]
                    weight += np.float32(1)
            out[a] = total / weight if weight > 0 else values[a]


def _smoothed(high: int, wide: int, values: Floats, normals: Floats, points: Floats) -> Floats:
    """Average over four by four neighbors of the same surface: each has other rays, together they have all."""
    out = np.empty_like(values)
    _blend(high, wide, values, normals, points, out)
    return out


@compiled
def _carried(
    width: Any,
    high: Any,
    wide: Any,
    values: Any,
    rows: Any,
    points: Any,
    to_rows: Any,
    to_points: Any,
    pixels: Any,
    out: Any,
) -> None:
    for r in range(len(pixels)):
        flat = to_rows[r, 13] * to_rows[r, 13] + to_rows[r, 14] * to_rows[r, 14] + to_rows[r, 15] * to_rows[r, 15]
        if flat == np.float32(0):
            continue
        i, j = pixels[r] // width, pixels[r] % width
        total, weight = np.float32(0), np.float32(0)
        for k in range(max(i // 2 - 1, 0), min(i // 2 + 2, high)):
            for m in range(max(j // 2 - 1, 0), min(j // 2 + 2, wide)):
                b = k * wide + m
                same = to_rows[r, 3] * rows[b, 3] + to_rows[r, 4] * rows[b, 4] + to_rows[r, 5] * rows[b, 5]
                off = (
                    to_rows[r, 13] * (points[b, 0] - to_points[r, 0])
                    + to_rows[r, 14] * (points[b, 1] - to_points[r, 1])
                    + to_rows[r, 15] * (points[b, 2] - to_points[r, 2])
                )
                di, dj = np.float32(2 * k - i), np.float32(2 * m - j)
                near = np.float32(1) / (np.float32(0.3) + di * di + dj * dj)
                w = near * (max(same, np.float32(0)) ** 8 + np.float32(1e-3)) / (np.float32(1) + 60 * off * off)
                total += values[b] * w
                weight += w
        out[r] = total / weight if weight > 0 else np.float32(0.6)
