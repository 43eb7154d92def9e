"""How much light surfaces send to the eye: sun, sky and what they mirror. Lamps are in lamps.py.

Diffuse light is Lambert's; gloss is the microfacet lobe of Trowbridge and Reitz (GGX) with Schlick's Fresnel term.
Units are those of sky.py: irradiance in klx, radiance in kcd/m2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.grain import fbm2, smoothstep
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.sky import Sky
from domainaug_simulators.street.surfaces import Surfaces

__all__ = ["gloss_of", "lit", "sky_seen"]


ROUGHEST = 0.42
"""Rougher surfaces mirror nothing in particular."""

_BOUNCED = 0.26
"""What walls and ground send back of the light on open ground, where they hide the sky."""


def sky_seen(sky: Sky, directions: Floats, *, clouds: bool = True, time: float = 0.0) -> Floats:
    """Return the radiance of the sky in directions (n, 3); those below the horizon see its rim."""
    out = np.empty((len(directions), 3), np.float32)
    night = np.float32(sky.night)
    toward = sky.sun.astype(np.float32)
    _sky(
        sky.table, directions, toward, sky.sunlight.astype(np.float32), np.float32(sky.clouds), clouds, night, time, out
    )
    return out


@compiled
def _looked_up(table: Any, dx: Any, dy: Any, dz: Any, out: Any) -> None:
    heights, around = table.shape[0], table.shape[1]
    high = np.arcsin(min(max(dz, np.float32(0)), np.float32(1))) * np.float32((heights - 1) / (np.pi / 2))
    turn = np.arctan2(dy, dx) * np.float32(around / (2 * np.pi))
    if turn < 0:
        turn += np.float32(around)
    i, j = min(int(high), heights - 2), int(turn) % around
    f, g = high - np.float32(i), turn - np.floor(turn)
    k = (j + 1) % around
    for c in range(3):
        low = table[i, j, c] * (np.float32(1) - g) + table[i, k, c] * g
        top = table[i + 1, j, c] * (np.float32(1) - g) + table[i + 1, k, c] * g
        out[c] = low * (np.float32(1) - f) + top * f


@compiled
def _sky(
    table: Any, directions: Any, sun: Any, sunlight: Any, cover: Any, with_clouds: Any, night: Any, time: Any, out: Any
) -> None:
    here, zenith = np.empty(3, np.float32), np.empty(3, np.float32)
    _looked_up(table, np.float32(0), np.float32(0), np.float32(1), zenith)
    for r in range(len(directions)):
        dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
        _looked_up(table, dx, dy, dz, here)
        cos = dx * sun[0] + dy * sun[1] + dz * sun[2]
        aureole = np.exp(-max(np.float32(1) - cos, np.float32(0)) * np.float32(900)) * np.float32(0.9)
        disc = smoothstep(np.float32(0.999980), np.float32(0.999988), cos) * np.float32(60)
        if with_clouds and dz > np.float32(0.01) and cover < np.float32(0.97):
            x, y = dx / (dz + np.float32(0.12)), dy / (dz + np.float32(0.12))
            x, y = x * np.float32(1.1) + np.float32(time * 0.003), y * np.float32(1.1)
            wide = np.float32(0.012) / (dz + np.float32(0.05))
            bend = fbm2(x + np.float32(31), y, 3, wide, 5)
            form = fbm2(x + np.float32(0.6) * bend, y + np.float32(0.4) * bend, 6, wide, 3) + np.float32(0.5)
            edge = np.float32(0.86) - np.float32(0.62) * cover
            thick = smoothstep(edge, edge + np.float32(0.30), form)
            shade = fbm2(x + np.float32(0.25) * sun[0], y + np.float32(0.25) * sun[1], 5, wide, 3) + np.float32(0.5)
            bright = np.float32(1) - np.float32(0.5) * smoothstep(edge, edge + np.float32(0.55), shade)
            fade = smoothstep(np.float32(0.01), np.float32(0.16), dz) * (np.float32(1) - smoothstep(0.7, 0.97, cover))
            forward = np.float32(1) + np.float32(1.2) * max(cos, np.float32(0)) ** 6
            for c in range(3):
                own = (sunlight[c] * np.float32(0.085) * forward + zenith[c] * np.float32(0.9)) * bright
                here[c] = here[c] * (np.float32(1) - thick * fade) + own * thick * fade
            hidden = np.float32(1) - thick * fade
            aureole *= hidden
            disc *= hidden
        for c in range(3):
            out[r, c] = here[c] + sunlight[c] * (aureole + disc)


@compiled
def gloss_of(row: Any, dx: Any, dy: Any, dz: Any, lx: Any, ly: Any, lz: Any) -> Any:
    """Return what part of light from l a surface sends towards -d as gloss (GGX, Smith's height-free shadowing)."""
    rough = max(row[6], np.float32(0.06))
    hx, hy, hz = lx - dx, ly - dy, lz - dz
    size = np.sqrt(hx * hx + hy * hy + hz * hz)
    if size < np.float32(1e-6):
        return np.float32(0)
    hx, hy, hz = hx / size, hy / size, hz / size
    nh = max(row[3] * hx + row[4] * hy + row[5] * hz, np.float32(0))
    nv = max(-(row[3] * dx + row[4] * dy + row[5] * dz), np.float32(0.05))
    nl = max(row[3] * lx + row[4] * ly + row[5] * lz, np.float32(0))
    vh = max(-(hx * dx + hy * dy + hz * dz), np.float32(0))
    a = rough * rough
    d = nh * nh * (a * a - np.float32(1)) + np.float32(1)
    spread = a * a / (np.float32(np.pi) * d * d)
    k = a * np.float32(0.5)
    hidden = np.float32(0.25) / ((nl * (np.float32(1) - k) + k) * (nv * (np.float32(1) - k) + k))
    fresnel = row[7] + (np.float32(1) - row[7]) * (np.float32(1) - vh) ** 5
    return min(spread * hidden * fresnel, np.float32(40))


@compiled
def _ambient_at(ambient: Any, nx: Any, ny: Any, nz: Any, out: Any) -> None:
    heights, around = ambient.shape[0], ambient.shape[1]
    high = (np.arcsin(min(max(nz, np.float32(-1)), np.float32(1))) / np.float32(np.pi) + np.float32(0.5)) * np.float32(
        heights - 1
    )
    turn = np.arctan2(ny, nx) * np.float32(around / (2 * np.pi))
    if turn < 0:
        turn += np.float32(around)
    i, j = min(int(high), heights - 2), int(turn) % around
    f, g = high - np.float32(i), turn - np.floor(turn)
    k = (j + 1) % around
    for c in range(3):
        low = ambient[i, j, c] * (np.float32(1) - g) + ambient[i, k, c] * g
        top = ambient[i + 1, j, c] * (np.float32(1) - g) + ambient[i + 1, k, c] * g
        out[c] = low * (np.float32(1) - f) + top * f


@compiled
def _lit(
    rows: Any,
    directions: Any,
    sun: Any,
    sunlight: Any,
    ambient: Any,
    bounced: Any,
    sunned: Any,
    opened: Any,
    mirrored: Any,
    mirrors: Any,
    out: Any,
) -> None:
    near = np.empty(3, np.float32)
    behind = np.empty(3, np.float32)
    for r in range(len(rows)):
        row = rows[r]
        if row[13] == 0 and row[14] == 0 and row[15] == 0:
            continue
        dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
        facing = row[3] * sun[0] + row[4] * sun[1] + row[5] * sun[2]
        lit = sunned[r]
        direct = max(facing, np.float32(0)) * lit / np.float32(np.pi)
        back = row[11] * max(-facing, np.float32(0)) * lit / np.float32(np.pi)
        _ambient_at(ambient, row[3], row[4], row[5], near)
        if row[11] > 0:
            _ambient_at(ambient, -row[3], -row[4], -row[5], behind)
            for c in range(3):
                near[c] = near[c] * (np.float32(1) - row[11] * np.float32(0.5)) + behind[c] * row[11] * np.float32(0.5)
        for c in range(3):
            near[c] = near[c] * opened[r] + bounced[c] * (np.float32(1) - opened[r])
        shine = np.float32(0)
        if lit > 0 and facing > 0 and row[6] < np.float32(0.75):
            shine = gloss_of(row, dx, dy, dz, sun[0], sun[1], sun[2]) * facing * lit
        nv = max(-(row[3] * dx + row[4] * dy + row[5] * dz), np.float32(0))
        smooth = (np.float32(1) - row[6]) * (np.float32(1) - row[6])  # rough ground is no mirror at a glance either
        fresnel = row[7] + (max(smooth, row[7]) - row[7]) * (np.float32(1) - nv) ** 5
        keep = np.float32(1) - fresnel
        clear = smoothstep(np.float32(ROUGHEST), np.float32(ROUGHEST - 0.14), row[6])  # no edge where mirrors end
        for c in range(3):
            body = row[c] * (sunlight[c] * (direct + back) + near[c])
            env = near[c] + (mirrored[r, c] - near[c]) * clear if mirrors[r] else near[c]
            out[r, c] = body * keep + env * fresnel + sunlight[c] * shine + row[8 + c]


def lit(
    surfaces: Surfaces,
    directions: Floats,
    sky: Sky,
    *,
    sunned: Floats,
    opened: Floats,
    mirrored: Floats,
    mirrors: NDArray[np.bool_],
) -> Floats:
    """Return the radiance that surfaces send back along rays, without lamps, (n, 3).

    Args:
        surfaces: The points.
        directions: (n, 3) of the rays that met them.
        sky: Sun and sky.
        sunned: (n,) share of the sun's disc that each sees.
        opened: (n,) share of the sky that each sees.
        mirrored: (n, 3) radiance of what each mirrors.
        mirrors: (n,) for which of them that is known.
    """
    out = np.zeros((len(directions), 3), np.float32)
    sun, light = sky.sun.astype(np.float32), sky.sunlight.astype(np.float32)
    bounced = (_BOUNCED * (sky.ambient[-1, 0] + sky.sunlight * max(sky.sun[2], 0.0) * 0.35 / np.pi)).astype(np.float32)
    _lit(surfaces.rows, directions, sun, light, sky.ambient, bounced, sunned, opened, mirrored, mirrors, out)
    return out
