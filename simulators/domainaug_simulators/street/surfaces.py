"""What a ray meets: color, normal and gloss of the point, and then what weather has left of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.mesh import Floats, Mesh
from domainaug_simulators.street.patterns import pattern_at
from domainaug_simulators.street.rays import Hits
from domainaug_simulators.street.weathering import Ground, left_by_weather

__all__ = ["Ground", "Met", "Surfaces", "met_at", "surfaces_at", "weathered"]

ALBEDO, NORMAL, ROUGH, MIRROR, LIGHT, THROUGH, PUDDLE, FLAT = 0, 3, 6, 7, 8, 11, 12, 13
"""Where each value stands in a row of `Surfaces.rows`; FLAT is the normal of the face itself."""


@dataclass(frozen=True, slots=True)
class Surfaces:
    """Points that rays met.

    Attributes:
        rows: (n, 16) color, normal, roughness, mirror, own light, light let through, puddle, the face's own normal.
        points: (n, 3) meters.
    """

    rows: Floats
    points: Floats


@dataclass(frozen=True, slots=True)
class Met:
    """Points that rays met, dry and by day: what every weather and hour of a scene begins with.

    Attributes:
        dry: The points; a row of what met nothing is 0.
        marks: (n, 5) texture coordinates, what a pixel sees (m), how much the point is glass, number of the material.
    """

    dry: Surfaces
    marks: Floats


def met_at(mesh: Mesh, table: Floats, hits: Hits, origins: Floats, directions: Floats, pixel: float) -> Met:
    """Return what rays met.

    Args:
        mesh: The triangles.
        table: The materials, as `Palette.table` gives them.
        hits: What the rays met.
        origins: (n, 3) or (3,) where they began.
        directions: (n, 3) unit vectors.
        pixel: Angle of a pixel, radians: how much one sees of a pattern.
    """
    count = len(hits.face)
    rows, points = np.zeros((count, 16), np.float32), np.zeros((count, 3), np.float32)
    marks = np.zeros((count, 5), np.float32)
    starts = np.ascontiguousarray(np.broadcast_to(origins, directions.shape), np.float32)
    _met(
        *(mesh.corners, mesh.normals, mesh.uv, mesh.material, table),
        *(hits.face, hits.distance, hits.u, hits.v),
        *(starts, directions, np.float32(pixel), rows, points, marks),
    )
    return Met(Surfaces(rows, points), marks)


def weathered(met: Met, table: Floats, ground: Ground) -> Surfaces:
    """Return points as weather and night leave them; `met` is not changed."""
    rows = met.dry.rows.copy()
    weather = np.array([ground.wet, ground.puddles, ground.snow, ground.night], np.float32)
    left_by_weather(rows, met.dry.points, met.marks, table, weather)
    return Surfaces(rows, met.dry.points)


def surfaces_at(
    mesh: Mesh, table: Floats, hits: Hits, origins: Floats, directions: Floats, pixel: float, ground: Ground
) -> Surfaces:
    """Return what rays met, as weather has left it: `met_at` and `weathered` in one."""
    return weathered(met_at(mesh, table, hits, origins, directions, pixel), table, ground)


@compiled
def _mixed(values: Any, k: Any, axis: Any, a: Any, b: Any, c: Any) -> Any:
    return values[k, 0, axis] * a + values[k, 1, axis] * b + values[k, 2, axis] * c


@compiled
def _met(
    corners: Any, normals: Any, uvs: Any, material: Any, table: Any, face: Any, distance: Any, us: Any, vs: Any,
    origins: Any, directions: Any, pixel: Any, rows: Any, points: Any, marks: Any,
) -> None:  # fmt: skip
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
        marks[r, 0], marks[r, 1], marks[r, 2], marks[r, 3] = u, v, width, glass
        marks[r, 4] = np.float32(material[k])
        row[13], row[14], row[15] = gx, gy, gz
        points[r, 0] = x + gx * np.float32(1e-3)
        points[r, 1] = y + gy * np.float32(1e-3)
        points[r, 2] = z + gz * np.float32(1e-3)
