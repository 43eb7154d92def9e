"""What a ray meets: color, normal, gloss and own light of the point, as weather has left it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.grain import chance, fbm2, smoothstep, value2
from domainaug_simulators.street.mesh import Floats, Mesh
from domainaug_simulators.street.patterns import pattern_at
from domainaug_simulators.street.rays import Hits

__all__ = ["Ground", "Surfaces", "surfaces_at"]

ALBEDO, NORMAL, ROUGH, MIRROR, LIGHT, THROUGH, PUDDLE, FLAT = 0, 3, 6, 7, 8, 11, 12, 13
"""Where each value stands in a row of `Surfaces.rows`; FLAT is the normal of the face itself."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What weather has left on surfaces.

    Attributes:
        wet: 0 dry to 1 soaked.
        puddles: Share of level ground under water, 0 to 1.
        snow: Share of level ground under snow, 0 to 1.
        night: Whether lamps burn, 0 to 1.
    """

    wet: float = 0.0
    puddles: float = 0.0
    snow: float = 0.0
    night: float = 0.0


@dataclass(frozen=True, slots=True)
class Surfaces:
    """Points that rays met.

    Attributes:
        rows: (n, 16) color, normal, roughness, mirror, own light, light let through, puddle, the face's own normal.
        points: (n, 3) meters.
    """

    rows: Floats
    points: Floats


def surfaces_at(
    mesh: Mesh, table: Floats, hits: Hits, origins: Floats, directions: Floats, pixel: float, ground: Ground
) -> Surfaces:
    """Return what rays met; rows of rays that met nothing are 0.

    Args:
        mesh: The triangles.
        table: The materials, as `Palette.table` gives them.
        hits: What the rays met.
        origins: (n, 3) or (3,) where they began.
        directions: (n, 3) unit vectors.
        pixel: Angle of a pixel, radians: how much one sees of a pattern.
        ground: What weather has left.
    """
    count = len(hits.face)
    rows, points = np.zeros((count, 16), np.float32), np.zeros((count, 3), np.float32)
    starts = np.ascontiguousarray(np.broadcast_to(origins, directions.shape), np.float32)
    weather = np.array([ground.wet, ground.puddles, ground.snow, ground.night], np.float32)
    _surfaces(
        *(mesh.corners, mesh.normals, mesh.uv, mesh.material, table),
        *(hits.face, hits.distance, hits.u, hits.v, starts, directions),
        *(np.float32(pixel), weather, rows, points),
    )
    return Surfaces(rows, points)


@compiled
def _mixed(values: Any, k: Any, axis: Any, a: Any, b: Any, c: Any) -> Any:
    return values[k, 0, axis] * a + values[k, 1, axis] * b + values[k, 2, axis] * c


@compiled
def _own_light(m: Any, u: Any, v: Any, glass: Any, night: Any, row: Any) -> None:
    """Write the light that a surface gives of itself."""
    glow = int(m[17])
    share = np.float32(0)
    if glow == 1:
        share = np.float32(1)
    elif glow == 2 or glow == 3:
        share = night
    elif glow == 4 and night > np.float32(0) and glass > np.float32(0):
        i, j = np.int64(np.floor(u / m[9])), np.int64(np.floor(v / m[10]))
        each = chance(i, j, int(m[13]) + 17)
        if each > np.float32(0.62):
            warm = chance(j, i, int(m[13]) + 5)
            blind = np.float32(0.35) + np.float32(0.65) * chance(i + 7, j, 9)
            strength = glass * night * blind * (np.float32(0.5) + each)
            row[8] = m[14] * strength
            row[9] = m[15] * strength * (np.float32(0.72) + np.float32(0.28) * warm)
            row[10] = m[16] * strength * (np.float32(0.42) + np.float32(0.58) * warm)
        return
    row[8], row[9], row[10] = m[14] * share, m[15] * share, m[16] * share


@compiled
def _soaked(m: Any, row: Any, x: Any, y: Any, up: Any, wet: Any, puddles: Any, width: Any) -> None:
    """Make a surface wet: darker, glossier, and water where it gathers."""
    soak = m[19] * wet
    dark = np.float32(1) - np.float32(0.5) * soak
    row[0], row[1], row[2] = row[0] * dark, row[1] * dark, row[2] * dark
    film = wet * smoothstep(np.float32(0.6), np.float32(0.98), up) * min(m[19] * np.float32(1.4), np.float32(1))
    row[6] = row[6] * (np.float32(1) - film) + np.float32(0.23) * film
    if up > np.float32(0.97) and m[19] > np.float32(0.2) and puddles > np.float32(0):
        low = fbm2(x * np.float32(0.21), y * np.float32(0.33), 4, width * np.float32(0.3), 77) + np.float32(0.5)
        edge = np.float32(0.85) - np.float32(0.55) * puddles
        pool = smoothstep(edge, edge + np.float32(0.08), low)
        row[12] = pool
        keep = np.float32(1) - np.float32(0.35) * pool
        row[0], row[1], row[2] = row[0] * keep, row[1] * keep, row[2] * keep
        row[6] = row[6] * (np.float32(1) - pool) + np.float32(0.02) * pool
        row[3] *= np.float32(1) - pool
        row[4] *= np.float32(1) - pool


@compiled
def _snowed(m: Any, row: Any, u: Any, v: Any, x: Any, y: Any, z: Any, up: Any, snow: Any, width: Any) -> None:
    """Lay snow on what faces up, thinner where wheels and feet go."""
    drift = fbm2(x * np.float32(0.4), y * np.float32(0.4), 5, width * np.float32(0.4), 91)
    fine = fbm2(x * np.float32(4), y * np.float32(4), 3, width * np.float32(4), 92)
    hold = m[18] * smoothstep(np.float32(0.35), np.float32(0.8), up + np.float32(0.12) * fine)
    level = snow * np.float32(1.55) + np.float32(0.55) * drift + np.float32(0.25) * fine
    lane, pressed = m[9], np.float32(0)
    if int(m[8]) == 1 and lane > np.float32(0):
        wander = np.float32(0.10) * (value2(x * np.float32(0.05), np.floor(v / lane), 95) - np.float32(0.5))
        middle = v / lane - np.floor(v / lane) - np.float32(0.5) + wander
        off = abs(abs(middle) - np.float32(0.23))
        pressed = smoothstep(np.float32(0.125), np.float32(0.05), off + np.float32(0.04) * fine)
        level -= pressed * np.float32(1.15)
    cover = hold * smoothstep(np.float32(0.35), np.float32(0.75), level)
    slush = pressed * snow * hold * (np.float32(1) - cover)
    white = np.float32(0.86) - np.float32(0.05) * fine
    keep = (np.float32(1) - cover) * (np.float32(1) - np.float32(0.45) * slush)
    row[0] = row[0] * keep + white * cover
    row[1] = row[1] * keep + white * cover
    row[2] = row[2] * keep + (white + np.float32(0.03)) * cover
    row[6] = row[6] * (np.float32(1) - cover) + np.float32(0.85) * cover
    row[6] = row[6] * (np.float32(1) - np.float32(0.6) * slush) + np.float32(0.15) * slush
    row[7] *= np.float32(1) - cover
    row[3] += np.float32(0.12) * cover * fine
    row[4] += np.float32(0.12) * cover * drift
    row[8], row[9], row[10] = row[8] * keep, row[9] * keep, row[10] * keep
    row[12] *= np.float32(1) - cover


@compiled
def _surfaces(
    corners: Any,
    normals: Any,
    uvs: Any,
    material: Any,
    table: Any,
    face: Any,
    distance: Any,
    us: Any,
    vs: Any,
    origins: Any,
    directions: Any,
    pixel: Any,
    weather: Any,
    rows: Any,
    points: Any,
) -> None:
    wet, puddles, snow, night = weather[0], weather[1], weather[2], weather[3]
    for r in range(len(face)):
        k = face[r]
        if k < 0:
            continue
        b, c = us[r], vs[r]
        a = np.float32(1) - b - c
        t, row, m = distance[r], rows[r], table[material[k]]
        dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
        x, y, z = origins[r, 0] + dx * t, origins[r, 1] + dy * t, origins[r, 2] + dz * t
        nx, ny, nz = (_mixed(normals, k, 0, a, b, c), _mixed(normals, k, 1, a, b, c), _mixed(normals, k, 2, a, b, c))
        e1x, e1y, e1z = (
            corners[k, 1, 0] - corners[k, 0, 0],
            corners[k, 1, 1] - corners[k, 0, 1],
            corners[k, 1, 2] - corners[k, 0, 2],
        )
        e2x, e2y, e2z = (
            corners[k, 2, 0] - corners[k, 0, 0],
            corners[k, 2, 1] - corners[k, 0, 1],
            corners[k, 2, 2] - corners[k, 0, 2],
        )
        gx, gy, gz = e1y * e2z - e1z * e2y, e1z * e2x - e1x * e2z, e1x * e2y - e1y * e2x
        size = np.float32(1) / max(np.sqrt(gx * gx + gy * gy + gz * gz), np.float32(1e-12))
        if gx * dx + gy * dy + gz * dz > 0:  # seen from behind
            size, nx, ny, nz = -size, -nx, -ny, -nz
        gx, gy, gz = gx * size, gy * size, gz * size
        if nx * dx + ny * dy + nz * dz > np.float32(-0.02):
            nx, ny, nz = gx, gy, gz
        slope = max(-(gx * dx + gy * dy + gz * dz), np.float32(0.02))
        width = t * pixel / np.sqrt(slope)
        u, v = _mixed(uvs, k, 0, a, b, c), _mixed(uvs, k, 1, a, b, c)
        red, green, blue, rough, glass, _ = pattern_at(m, k, u, v, x, y, z, width)
        row[0], row[1], row[2] = max(red, np.float32(0)), max(green, np.float32(0)), max(blue, np.float32(0))
        row[3], row[4], row[5] = nx, ny, nz
        row[6] = rough * (np.float32(1) - glass) + np.float32(0.02) * glass
        row[7] = m[7] * (np.float32(1) - glass) + np.float32(0.055) * glass
        row[11] = m[20]
        _own_light(m, u, v, glass, night, row)
        if wet > np.float32(0):
            _soaked(m, row, x, y, nz, wet, puddles, width)
        if snow > np.float32(0) and nz > np.float32(0.2):
            _snowed(m, row, u, v, x, y, z, nz, snow, width)
        size = np.float32(1) / np.sqrt(row[3] * row[3] + row[4] * row[4] + row[5] * row[5])
        row[3], row[4], row[5] = row[3] * size, row[4] * size, row[5] * size
        row[13], row[14], row[15] = gx, gy, gz
        points[r, 0] = x + gx * np.float32(1e-3)
        points[r, 1] = y + gy * np.float32(1e-3)
        points[r, 2] = z + gz * np.float32(1e-3)
