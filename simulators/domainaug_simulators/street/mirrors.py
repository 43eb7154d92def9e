"""What glossy points mirror: one bounce.

A smooth point casts one ray. A rough one casts a few into its lobe (GGX), each pixel of four by four others than its
neighbors, and neighbors on the same surface share what they found: blurred, and without grain. What lamps themselves
would leave as sparks is cut: their gloss is worked out from the lamps (`lighting.lamp_light`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.lighting import ROUGHEST
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.sampling import Samples
from domainaug_simulators.street.surfaces import MIRROR, NORMAL, ROUGH, Surfaces

__all__ = ["Mirrored", "mirrored"]

_SMOOTH, _WORTH = 0.1, 0.012
_ORDER = np.array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5], np.int64)  # Bayer's four by four matrix

Bounce = Callable[[Floats, Floats], Floats]
"""The light that rays find: from where (n, 3), which way (n, 3)."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What points mirror.

    Attributes:
        seen: (n, 3) radiance.
        known: (n,) where it was looked for.
        rough: (n,) where it is blurred.
    """

    seen: Floats
    known: NDArray[np.bool_]
    rough: NDArray[np.bool_]


def mirrored(
    samples: Samples,
    met: Surfaces,
    shape: tuple[int, int],
    bounce: Bounce,
    white: float,
    rays: int,
    *,
    first: Mirrored | None,
) -> Mirrored:
    """Return what points mirror.

    Args:
        samples: The rays that met them.
        met: The points.
        shape: Height and width of the picture.
        bounce: The light that rays find.
        white: Radiance of a white wall; what is much brighter counts less, so that no pixel sparkles.
        rays: How many rays into the lobe of a rough point.
        first: What the central samples mirror, for further samples; those of rough pixels see the same.
    """
    rows = met.rows
    facing = np.einsum("ij,ij->i", rows[:, NORMAL : NORMAL + 3], samples.directions)
    fresnel = rows[:, MIRROR] + (1 - rows[:, MIRROR]) * (1 - np.clip(-facing, 0, 1)) ** 5
    glossy = samples.hits.face >= 0
    glossy &= (rows[:, ROUGH] < ROUGHEST) & (fresnel * (1 - rows[:, ROUGH]) > _WORTH)
    blurred = glossy & (rows[:, ROUGH] > _SMOOTH)
    seen = np.zeros((len(samples), 3), np.float32)
    todo = blurred
    if first is not None:
        same = blurred & first.rough[samples.pixel]
        seen[same] = first.seen[samples.pixel[same]]
        todo, rays = blurred & ~same, 1
    for chosen, turns in ((np.flatnonzero(glossy & ~blurred), 0), (np.flatnonzero(todo), rays)):
        if len(chosen):
            seen[chosen] = _looked(samples, met, chosen, shape[1], bounce, turns, np.float32(white * 20))
    if first is None and glossy.any():
        shared = np.empty_like(seen)
        _shared(*shape, glossy, seen, rows, met.points, shared)
        seen = shared
    return Mirrored(_opened(seen, np.float32(white * 20)), glossy, blurred)


def _pressed(light: Floats, most: np.float32) -> Floats:
    """Press light of 0 to infinity into 0 to `most`, so that a mean over it is not that of its sparks."""
    return np.asarray(light / (1 + light / most), np.float32)


def _opened(pressed: Floats, most: np.float32) -> Floats:
    """Undo `_pressed`, to eight times `most` at the most."""
    return np.asarray(pressed / np.maximum(1 - pressed / most, np.float32(1 / 9)), np.float32)


def _looked(
    samples: Samples,
    met: Surfaces,
    chosen: NDArray[np.int64],
    width: int,
    bounce: Bounce,
    turns: int,
    most: np.float32,
) -> Floats:
    """Return the pressed light that chosen points mirror; over a lobe for `turns` of 1 or more."""
    total = np.zeros((len(chosen), 3), np.float32)
    points = met.points[chosen]
    for turn in range(max(turns, 1)):
        away = np.empty((len(chosen), 3), np.float32)
        _away(met.rows, samples.directions, samples.pixel, chosen, width, turn, turns, away)
        total += _pressed(bounce(points, away), most)
    return total / np.float32(max(turns, 1))


@compiled
def _away(rows: Any, directions: Any, pixel: Any, chosen: Any, width: Any, turn: Any, turns: Any, out: Any) -> None:
    """Write where rays go that surfaces throw back: straight, or for a turn of some into their lobes."""
    for r in range(len(chosen)):
        a = chosen[r]
        row = rows[a]
        dx, dy, dz = directions[a, 0], directions[a, 1], directions[a, 2]
        nx, ny, nz = row[3], row[4], row[5]
        if turns:
            slot = (pixel[a] // width % 4) * 4 + pixel[a] % width % 4
            index = np.float32(_ORDER[slot] * turns + turn)
            share = (index + np.float32(0.5)) / np.float32(16 * turns) * np.float32(0.86)
            angle = index * np.float32(2.3999632)
            tip = row[6] * row[6] * np.sqrt(share / (np.float32(1) - share))
            sx, sy = ny, -nx + np.float32(1e-3)  # a vector across the normal: n x up
            size = np.float32(1) / np.sqrt(sx * sx + sy * sy)
            sx, sy = sx * size, sy * size
            tx, ty, tz = -sy * nz, sx * nz, sy * nx - sx * ny
            c, s = tip * np.cos(angle), tip * np.sin(angle)
            nx, ny, nz = nx + c * sx + s * tx, ny + c * sy + s * ty, nz + s * tz
            size = np.float32(1) / np.sqrt(nx * nx + ny * ny + nz * nz)
            nx, ny, nz = nx * size, ny * size, nz * size
        twice = np.float32(2) * (dx * nx + dy * ny + dz * nz)
        wx, wy, wz = dx - twice * nx, dy - twice * ny, dz - twice * nz
        under = min(wx * row[13] + wy * row[14] + wz * row[15] - np.float32(0.02), np.float32(0))
        wx, wy, wz = wx - under * row[13], wy - under * row[14], wz - under * row[15]
        size = np.float32(1) / np.sqrt(wx * wx + wy * wy + wz * wz)
        out[r, 0], out[r, 1], out[r, 2] = wx * size, wy * size, wz * size


@compiled
def _shared(height: Any, width: Any, glossy: Any, seen: Any, rows: Any, points: Any, out: Any) -> None:
    """Blur what rough points mirror over neighbors of the same surface, more up and down, as gloss on ground is."""
    for i in range(height):
        for j in range(width):
            a = i * width + j
            rough = rows[a, 6]
            if not glossy[a] or rough <= np.float32(_SMOOTH):
                out[a, 0], out[a, 1], out[a, 2] = seen[a, 0], seen[a, 1], seen[a, 2]
                continue
            tall, wide = np.float32(2.2) + np.float32(6) * rough, np.float32(1.5) + np.float32(1.5) * rough
            reach, side = int(tall * np.float32(1.9)), int(wide * np.float32(1.9))
            red, green, blue, weight = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for k in range(max(i - reach, 0), min(i + reach + 1, height)):
                for m in range(max(j - side, 0), min(j + side + 1, width)):
                    b = k * width + m
                    if not glossy[b] or rows[b, 6] <= np.float32(_SMOOTH) or abs(rows[b, 6] - rough) > np.float32(0.12):
                        continue
                    same = rows[a, 13] * rows[b, 13] + rows[a, 14] * rows[b, 14] + rows[a, 15] * rows[b, 15]
                    off = (
                        rows[a, 13] * (points[b, 0] - points[a, 0])
                        + rows[a, 14] * (points[b, 1] - points[a, 1])
                        + rows[a, 15] * (points[b, 2] - points[a, 2])
                    )
                    if same < np.float32(0.9) or abs(off) > np.float32(0.15):
                        continue
                    di, dj = np.float32(k - i) / tall, np.float32(m - j) / wide
                    w = np.float32(1) - (di * di + dj * dj) * np.float32(1 / 3.61)
                    if w <= 0:
                        continue
                    w *= w
                    red, green, blue = red + w * seen[b, 0], green + w * seen[b, 1], blue + w * seen[b, 2]
                    weight += w
            out[a, 0], out[a, 1], out[a, 2] = red / weight, green / weight, blue / weight
