"""Which place of a part each sample of a picture shows, compiled.

A sample's record has 12 numbers: its place (3) and axes (along the chart's rows, 3; outward, 3) in millimeters of the
station, its place on the chart (right and up from the middle, in mm), and 1 or -1 where the chart is mirrored. Where
the part is not seen, the outward axis is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["see_mesh", "see_smooth"]


@compiled
def see_smooth(view: Any, window: Any, pose: Any, half: Any, radius: Any, out: Any) -> None:
    """Fill `out` (h, w, 12) with what a plane or a cylinder along its first axis shows.

    Args:
        view: rows, columns, pitch, working distance, 1 of a telecentric lens.
        window: First row and column of the picture, and samples in a pixel along an axis.
        pose: (3, 4) from the part's millimeters to the station's.
        half: Half of the chart's width and height, in mm.
        radius: Of the cylinder; 0 of a plane.
        out: (h, w, 12) float32, zeros.
    """
    rows, columns, pitch, distance, telecentric = view
    turn, place = pose[:, :3], pose[:, 3]
    for i in range(out.shape[0]):
        y = -(window[0] + (i + 0.5) / window[2] - rows / 2) * pitch
        for j in range(out.shape[1]):
            x = (window[1] + (j + 0.5) / window[2] - columns / 2) * pitch
            ox, oy, oz = (x, y, distance) if telecentric else (0.0, 0.0, distance)
            wx, wy, wz = (0.0, 0.0, -1.0) if telecentric else (x, y, -distance)
            px, py, pz = ox - place[0], oy - place[1], oz - place[2]
            sx = turn[0, 0] * px + turn[1, 0] * py + turn[2, 0] * pz
            sy = turn[0, 1] * px + turn[1, 1] * py + turn[2, 1] * pz
            sz = turn[0, 2] * px + turn[1, 2] * py + turn[2, 2] * pz
            dx = turn[0, 0] * wx + turn[1, 0] * wy + turn[2, 0] * wz
            dy = turn[0, 1] * wx + turn[1, 1] * wy + turn[2, 1] * wz
            dz = turn[0, 2] * wx + turn[1, 2] * wy + turn[2, 2] * wz
            if radius > 0:
                a, b, c = dy * dy + dz * dz, sy * dy + sz * dz, sy * sy + sz * sz - radius * radius
                root = b * b - a * c
                if root <= 0 or a == 0:
                    continue
                t = (-b - np.sqrt(root)) / a
            else:
                if dz >= 0:
                    continue
                t = -sz / dz
            if t <= 0:
                continue
            lx, ly, lz = sx + t * dx, sy + t * dy, sz + t * dz
            up, ny, nz = ly, 0.0, 1.0
            if radius > 0:
                up, ny, nz = radius * np.arctan2(ly, lz), ly / radius, lz / radius
            if abs(lx) > half[0] or abs(up) > half[1]:
                continue
            for k in range(3):
                out[i, j, k] = turn[k, 0] * lx + turn[k, 1] * ly + turn[k, 2] * lz + place[k]
                out[i, j, 3 + k] = turn[k, 0]
                out[i, j, 6 + k] = turn[k, 1] * ny + turn[k, 2] * nz
            out[i, j, 9] = lx
            out[i, j, 10] = up
            out[i, j, 11] = 1.0


@compiled
def see_mesh(
    view: Any, window: Any, corners: Any, normals: Any, charts: Any, tangents: Any, hands: Any, depth: Any, out: Any
) -> None:
    """Fill `out` with what triangles show, the nearest of them.

    Args:
        view: As above.
        window: Likewise.
        corners: (n, 3, 3) of triangles, in the station's millimeters.
        normals: (n, 3, 3) at their corners, outward.
        charts: (n, 3, 2) places of their corners on the chart.
        tangents: (n, 3) along the chart's rows.
        hands: (n,) -1 where the chart is mirrored, else 1.
        depth: (h, w) float64, infinities; distances along rays.
        out: (h, w, 12) float32, zeros.
    """
    rows, columns, pitch, distance, telecentric = view
    height, width = depth.shape
    for face in range(len(corners)):
        a, b, c = corners[face, 0], corners[face, 1], corners[face, 2]
        if not telecentric and max(a[2], b[2], c[2]) >= distance - 1e-6:
            continue
        low_x, high_x, low_y, high_y = np.inf, -np.inf, np.inf, -np.inf
        for k in range(3):
            corner = corners[face, k]
            share = 1.0 if telecentric else distance / (distance - corner[2])
            px = (corner[0] * share / pitch + columns / 2 - window[1]) * window[2] - 0.5
            py = (rows / 2 - corner[1] * share / pitch - window[0]) * window[2] - 0.5
            low_x, high_x = min(low_x, px), max(high_x, px)
            low_y, high_y = min(low_y, py), max(high_y, py)
        if high_x < 0 or high_y < 0 or low_x > width - 1 or low_y > height - 1:
            continue
        e1x, e1y, e1z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        e2x, e2y, e2z = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        for i in range(max(0, int(np.ceil(low_y))), min(height - 1, int(np.floor(high_y))) + 1):
            y = -(window[0] + (i + 0.5) / window[2] - rows / 2) * pitch
            for j in range(max(0, int(np.ceil(low_x))), min(width - 1, int(np.floor(high_x))) + 1):
                x = (window[1] + (j + 0.5) / window[2] - columns / 2) * pitch
                ox, oy = (x, y) if telecentric else (0.0, 0.0)
                dx, dy, dz = (0.0, 0.0, -1.0) if telecentric else (x, y, -distance)
                hx, hy, hz = dy * e2z - dz * e2y, dz * e2x - dx * e2z, dx * e2y - dy * e2x
                det = e1x * hx + e1y * hy + e1z * hz
                if det <= 1e-12:  # edge on, or seen from behind
                    continue
                qx, qy, qz = ox - a[0], oy - a[1], distance - a[2]
                u = (qx * hx + qy * hy + qz * hz) / det
                rx, ry, rz = qy * e1z - qz * e1y, qz * e1x - qx * e1z, qx * e1y - qy * e1x
                v = (dx * rx + dy * ry + dz * rz) / det
                if u < -1e-9 or v < -1e-9 or u + v > 1 + 1e-9:
                    continue
                t = (e2x * rx + e2y * ry + e2z * rz) / det
                if t <= 0 or t >= depth[i, j]:
                    continue
                depth[i, j] = t
                _record(out[i, j], face, 1 - u - v, u, v, corners, normals, charts, tangents, hands)


@compiled
def _record(
    sample: Any, face: Any, w: Any, u: Any, v: Any, corners: Any, normals: Any, charts: Any, tangents: Any, hands: Any
) -> None:
    """Fill a sample's record from the shares of a triangle's corners."""
    length = 0.0
    for k in range(3):
        sample[k] = w * corners[face, 0, k] + u * corners[face, 1, k] + v * corners[face, 2, k]
        sample[6 + k] = w * normals[face, 0, k] + u * normals[face, 1, k] + v * normals[face, 2, k]
        length += sample[6 + k] ** 2
    length = np.sqrt(max(length, 1e-20))
    along = 0.0
    for k in range(3):
        sample[6 + k] /= length
        along += tangents[face, k] * sample[6 + k]
    length = 0.0
    for k in range(3):
        sample[3 + k] = tangents[face, k] - along * sample[6 + k]
        length += sample[3 + k] ** 2
    length = np.sqrt(max(length, 1e-20))
    for k in range(3):
        sample[3 + k] /= length
    for k in range(2):
        sample[9 + k] = w * charts[face, 0, k] + u * charts[face, 1, k] + v * charts[face, 2, k]
    sample[11] = hands[face]
