"""The patterns of materials, worked out at a point: (red, green, blue, roughness, how much it is glass, relief).

Each is seen through a pixel `width` meters wide: what is finer than that is its mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.grain import chance, fbm2, fbm3, smoothstep, value2
from domainaug_simulators.street.signs import sign_at

__all__ = ["pattern_at"]


@compiled
def _line(x: Any, half: Any, soft: Any) -> Any:
    """Return how much of a line of half width `half` about 0 a pixel of half width `soft` sees at x."""
    away = abs(x)
    seen = smoothstep(half + soft, half - soft, away) if soft < half else smoothstep(half + soft, np.float32(0), away)
    share = half / (half + soft)
    return seen if soft < half else seen * share


@compiled
def _asphalt(m: Any, u: Any, v: Any, x: Any, y: Any, width: Any) -> Any:
    grain = fbm2(x * np.float32(22), y * np.float32(22), 3, width * np.float32(22), 11)
    patches = fbm2(x * np.float32(0.16), y * np.float32(0.16), 4, width * np.float32(0.16), 12)
    tone = np.float32(1) + np.float32(0.30) * grain + np.float32(0.22) * patches
    lane = m[9]
    if lane > np.float32(0):  # rubber where wheels run, oil between them
        from_middle = v / lane - np.floor(v / lane) - np.float32(0.5)
        off = abs(abs(from_middle) - np.float32(0.24))
        tone *= np.float32(1) - np.float32(0.13) * smoothstep(np.float32(0.13), np.float32(0.02), off)
        tone *= np.float32(1) - np.float32(0.10) * smoothstep(np.float32(0.10), np.float32(0.0), abs(from_middle))
    crack = abs(fbm2(x * np.float32(0.5) + np.float32(9), y * np.float32(0.5), 5, width * np.float32(0.5), 14))
    there = smoothstep(np.float32(0.05), np.float32(0.35), patches)
    fade = np.float32(1) - smoothstep(np.float32(0.01), np.float32(0.06), width)
    tone *= np.float32(1) - np.float32(0.55) * smoothstep(np.float32(0.010), np.float32(0.002), crack) * there * fade
    if value2(np.floor(x * np.float32(0.11)), np.floor(y * np.float32(0.35)), 31) > np.float32(0.93):  # mended
        tone *= np.float32(0.90)
    return m[0] * tone, m[1] * tone, m[2] * tone, m[6], np.float32(0), grain


@compiled
def _paving(m: Any, u: Any, v: Any, x: Any, y: Any, width: Any) -> Any:
    a, b = x / m[9], y / m[10]
    i, j = np.floor(a), np.floor(b)
    f, g = a - i - np.float32(0.5), b - j - np.float32(0.5)
    soft = width * np.float32(0.5)
    joint_x = _line((np.float32(0.5) - abs(f)) * m[9], np.float32(0.007), soft)
    joint_y = _line((np.float32(0.5) - abs(g)) * m[10], np.float32(0.007), soft)
    joint = max(joint_x, joint_y)
    fade = np.float32(1) - smoothstep(np.float32(0.3), np.float32(1.2), width / m[9])
    tone = np.float32(1) + np.float32(0.22) * (chance(np.int64(i), np.int64(j), 5) - np.float32(0.5)) * fade
    tone += np.float32(0.12) * fbm2(x * np.float32(1.1), y * np.float32(1.1), 4, width * np.float32(1.1), 6)
    k = np.float32(1) - joint * np.float32(0.55)
    return m[0] * tone * k, m[1] * tone * k, m[2] * tone * k, m[6], np.float32(0), -joint


@compiled
def _bricks(m: Any, u: Any, v: Any, width: Any, length: Any, height: Any) -> Any:
    """Return the color of a wall of bricks in stretcher bond: each its own shade, mortar between."""
    row = np.floor(v / height)
    a = u / length + np.float32(0.5) * (row - np.float32(2) * np.floor(row * np.float32(0.5)))
    i = np.floor(a)
    f = (np.float32(0.5) - abs(a - i - np.float32(0.5))) * length
    g = (np.float32(0.5) - abs(v / height - row - np.float32(0.5))) * height
    soft = width * np.float32(0.5)
    joint = max(_line(f, np.float32(0.006), soft), _line(g, np.float32(0.006), soft)) * np.float32(0.8)
    fade = np.float32(1) - smoothstep(np.float32(0.3), np.float32(1.2), width / length)
    own = chance(np.int64(i), np.int64(row), int(m[13])) - np.float32(0.5)
    tone = np.float32(1) + np.float32(0.5) * own * fade
    tone += np.float32(0.14) * fbm2(u * np.float32(0.4), v * np.float32(0.4), 4, width * np.float32(0.4), int(m[13]))
    mortar, keep = np.float32(0.36) * joint, tone * (np.float32(1) - joint)
    return m[0] * keep + mortar, m[1] * keep + mortar * np.float32(0.95), m[2] * keep + mortar * np.float32(0.87)


@compiled
def _brick(m: Any, u: Any, v: Any, width: Any) -> Any:
    red, green, blue = _bricks(m, u, v, width, m[9], m[10])
    return red, green, blue, m[6], np.float32(0), np.float32(0)


@compiled
def _dressed(seed: Any, beside: Any, over: Any, half_w: Any, half_h: Any, storey: Any, width: Any) -> Any:
    """Return how much shutters or stone cover a wall of a house about its windows, and their color.

    Lengths are meters: `beside` from a window's edge outward, `over` from its middle up.
    """
    style, tint, soft = chance(seed, 2, 62), chance(seed, 3, 63), width * np.float32(0.5)
    if style < np.float32(0.28):  # shutters, that stand open
        there = smoothstep(-soft, soft, beside - np.float32(0.03))
        there *= smoothstep(np.float32(0.9) * half_w + soft, np.float32(0.9) * half_w - soft, beside)
        there *= smoothstep(half_h + soft, half_h - soft, abs(over))
        slat = over / np.float32(0.08)
        groove = _line((slat - np.floor(slat) - np.float32(0.5)) * np.float32(0.08), np.float32(0.012), soft)
        tone = np.float32(1) - np.float32(0.3) * groove
        if tint < np.float32(0.35):
            return there, (np.float32(0.09) * tone, np.float32(0.15) * tone, np.float32(0.22) * tone)
        if tint < np.float32(0.6):
            return there, (np.float32(0.20) * tone, np.float32(0.09) * tone, np.float32(0.05) * tone)
        return there, (np.float32(0.07) * tone, np.float32(0.16) * tone, np.float32(0.10) * tone)
    stone = np.float32(0)
    if style < np.float32(0.62):  # molded surrounds, and a course between storeys
        edge = np.float32(0.15)
        stone = smoothstep(edge + soft, edge - soft, beside)
        stone *= smoothstep(edge + soft, edge - soft, abs(over) - half_h)
        stone = max(stone, _line(over + np.float32(0.5) * storey, np.float32(0.11), soft)) * np.float32(0.85)
    return stone, (np.float32(0.64), np.float32(0.62), np.float32(0.57))


@compiled
def _facade(m: Any, u: Any, v: Any, width: Any) -> Any:
    """A plastered or bricked wall with windows, frames, sills and a plinth; glass is the window's pane."""
    seed = int(m[13])
    bay, storey = m[9], m[10]
    i, j = np.floor(u / bay), np.floor(v / storey)
    f, g = u / bay - i - np.float32(0.5), v / storey - j - np.float32(0.53)
    half_w, half_h = m[11] * np.float32(0.5), m[12] * np.float32(0.5)
    soft_w, soft_h = width / bay * np.float32(0.5), width / storey * np.float32(0.5)
    inside_w = smoothstep(half_w + soft_w, half_w - soft_w, abs(f))
    inside_h = smoothstep(half_h + soft_h, half_h - soft_h, abs(g))
    window = inside_w * inside_h
    frame_x, frame_y = np.float32(0.07) / bay, np.float32(0.07) / storey
    pane = smoothstep(half_w - frame_x + soft_w, half_w - frame_x - soft_w, abs(f)) * smoothstep(
        half_h - frame_y + soft_h, half_h - frame_y - soft_h, abs(g)
    )
    pane *= np.float32(1) - _line(f * bay, np.float32(0.03), width * np.float32(0.5))
    if chance(seed, 1, 61) > np.float32(0.5):  # a transom
        cross = (g - half_h * np.float32(0.42)) * storey
        pane *= np.float32(1) - _line(cross, np.float32(0.025), width * np.float32(0.5))
    sill = _line((g + half_h) * storey + np.float32(0.05), np.float32(0.05), width * np.float32(0.5)) * smoothstep(
        half_w + np.float32(0.03) + soft_w, half_w + np.float32(0.03) - soft_w, abs(f)
    )
    band = _line(v - np.floor(v / storey) * storey, np.float32(0.07), width * np.float32(0.5)) * np.float32(0.5)
    dirt = fbm2(u * np.float32(0.35), v * np.float32(0.25), 4, width * np.float32(0.35), seed)
    tone = np.float32(1) + np.float32(0.13) * dirt - np.float32(0.18) * smoothstep(np.float32(0.9), np.float32(0.0), v)
    tone *= np.float32(1) - np.float32(0.18) * band
    light = np.float32(0.75)
    wall = (m[0], m[1], m[2])
    if int(m[8]) == 16:
        wall = _bricks(m, u, v, width, np.float32(0.24), np.float32(0.077))
    r = wall[0] * tone * (np.float32(1) - sill) + light * sill
    g2 = wall[1] * tone * (np.float32(1) - sill) + light * sill
    b = wall[2] * tone * (np.float32(1) - sill) + light * sill
    dress, tint = _dressed(seed, (abs(f) - half_w) * bay, g * storey, half_w * bay, half_h * storey, storey, width)
    r, g2, b = (
        r * (np.float32(1) - dress) + tint[0] * dress,
        g2 * (np.float32(1) - dress) + tint[1] * dress,
        b * (np.float32(1) - dress) + tint[2] * dress,
    )
    framed = window - pane if window > pane else np.float32(0)
    r = r * (np.float32(1) - window) + m[3] * framed
    g2 = g2 * (np.float32(1) - window) + m[4] * framed
    b = b * (np.float32(1) - window) + m[5] * framed
    curtain = chance(np.int64(i), np.int64(j), seed + 3)
    if curtain > np.float32(0.55):  # curtains and blinds behind the glass
        drawn = np.float32(0.5) - curtain
        cover = (
            smoothstep(np.float32(0.0), np.float32(0.02), g - half_h * (np.float32(1) + np.float32(4) * drawn))
            if curtain > np.float32(0.8)
            else smoothstep(half_w * np.float32(0.45), half_w * np.float32(0.55), abs(f))
        )
        white = np.float32(0.35) * pane * cover
        r, g2, b = r + white, g2 + white * np.float32(0.97), b + white * np.float32(0.9)
    r, g2, b = r + np.float32(0.02) * pane, g2 + np.float32(0.022) * pane, b + np.float32(0.025) * pane
    return r, g2, b, m[6], pane, np.float32(0)


@compiled
def _curtain_wall(m: Any, u: Any, v: Any, width: Any) -> Any:
    seed = int(m[13])
    i, j = np.floor(u / m[9]), np.floor(v / m[10])
    f, g = u / m[9] - i, v / m[10] - j
    soft = width * np.float32(0.5)
    bar = max(
        _line(min(f, np.float32(1) - f) * m[9], np.float32(0.035), soft), _line(g * m[10], np.float32(0.05), soft)
    )
    spandrel = smoothstep(np.float32(0.24), np.float32(0.22), g)
    shade = np.float32(0.8) + np.float32(0.4) * chance(np.int64(i), np.int64(j), seed)
    pane = (np.float32(1) - bar) * (np.float32(1) - np.float32(0.35) * spandrel)
    k = (np.float32(0.5) + np.float32(0.5) * spandrel) * shade
    r = m[0] * k * (np.float32(1) - bar) + m[3] * bar
    g2 = m[1] * k * (np.float32(1) - bar) + m[4] * bar
    b = m[2] * k * (np.float32(1) - bar) + m[5] * bar
    return r, g2, b, m[6], pane, np.float32(0)


@compiled
def _grass(m: Any, x: Any, y: Any, width: Any) -> Any:
    fine = fbm2(x * np.float32(9), y * np.float32(9), 3, width * np.float32(9), 41)
    wide = fbm2(x * np.float32(0.35), y * np.float32(0.35), 4, width * np.float32(0.35), 42)
    tone = np.float32(1) + np.float32(0.55) * fine + np.float32(0.35) * wide
    dry = smoothstep(np.float32(0.1), np.float32(0.5), wide)
    r = m[0] * tone * (np.float32(1) - dry) + m[3] * tone * dry
    g = m[1] * tone * (np.float32(1) - dry) + m[4] * tone * dry
    b = m[2] * tone * (np.float32(1) - dry) + m[5] * tone * dry
    return r, g, b, m[6], np.float32(0), fine


@compiled
def _leaflet(x: Any, y: Any, z: Any, seed: Any) -> Any:
    """Return the shade of the leaf, a few centimeters wide, that a place in a tuft belongs to; dark where none is."""
    a, b = (x + np.float32(0.6) * z) * np.float32(11), (y - np.float32(0.6) * z + np.float32(0.4) * x) * np.float32(11)
    i, j = np.floor(a), np.floor(b)
    best, second, own = np.float32(9), np.float32(9), np.float32(0)
    for k in range(-1, 2):
        for n in range(-1, 2):
            p, q = np.int64(i) + k, np.int64(j) + n
            f = np.float32(p) + chance(p, q, seed) - a
            g = np.float32(q) + chance(p, q, seed + 1) - b
            away = f * f + g * g
            if away < best:
                best, second, own = away, best, chance(p, q, seed + 2)
            elif away < second:
                second = away
    gap = smoothstep(np.float32(0.0), np.float32(0.18), np.sqrt(second) - np.sqrt(best))
    return (np.float32(0.62) + np.float32(0.9) * own) * (np.float32(0.35) + np.float32(0.65) * gap)


@compiled
def _leaves(m: Any, x: Any, y: Any, z: Any, face: Any, width: Any) -> Any:
    each = chance(np.int64(face // 2), 7, int(m[13])) - np.float32(0.5)
    cluster = fbm3(
        x * np.float32(1.3), y * np.float32(1.3), z * np.float32(1.3), 3, width * np.float32(1.3), int(m[13])
    )
    tone = np.float32(1) + np.float32(0.5) * each + np.float32(0.4) * cluster
    near = np.float32(1) - smoothstep(np.float32(0.012), np.float32(0.05), width)
    if near > np.float32(0):
        tone *= np.float32(1) + near * (_leaflet(x, y, z, int(m[13])) - np.float32(1))
    warm = np.float32(1) + np.float32(0.35) * each
    return m[0] * tone * warm, m[1] * tone, m[2] * tone, m[6], np.float32(0), np.float32(0)


@compiled
def _grained(m: Any, x: Any, y: Any, z: Any, across: Any, up: Any, amount: Any, width: Any) -> Any:
    noise = fbm3(x * across, y * across, z * up, 4, width * across, int(m[13]))
    tone = np.float32(1) + amount * noise
    return m[0] * tone, m[1] * tone, m[2] * tone, m[6], np.float32(0), noise


@compiled
def _worn_paint(m: Any, x: Any, y: Any, width: Any) -> Any:
    wear = fbm2(x * np.float32(5), y * np.float32(5), 4, width * np.float32(5), 51)
    wide = fbm2(x * np.float32(0.3), y * np.float32(0.3), 3, width * np.float32(0.3), 52)
    left = np.float32(1) - np.float32(0.75) * smoothstep(
        np.float32(0.12), np.float32(0.42), wear + np.float32(0.35) * wide
    )
    under = np.float32(1) - left
    return (
        m[0] * left + m[3] * under,
        m[1] * left + m[4] * under,
        m[2] * left + m[5] * under,
        m[6],
        np.float32(0),
        np.float32(0),
    )


@compiled
def _tiles(m: Any, u: Any, v: Any, width: Any) -> Any:
    row = np.floor(v / m[9])
    g = v / m[9] - row
    wave = np.float32(0.5) + np.float32(0.5) * np.cos(u / m[10] * np.float32(6.2832))
    fade = np.float32(1) - smoothstep(np.float32(0.3), np.float32(1.0), width / m[9])
    tone = (
        np.float32(1)
        - fade * (np.float32(0.4) * smoothstep(np.float32(0.2), np.float32(0.0), g))
        - fade * np.float32(0.2) * (np.float32(1) - wave)
    )
    tone += np.float32(0.2) * fbm2(u * np.float32(0.7), v * np.float32(0.7), 3, width * np.float32(0.7), int(m[13]))
    return m[0] * tone, m[1] * tone, m[2] * tone, m[6], np.float32(0), np.float32(0)


@compiled
def _plain(m: Any) -> Any:
    return m[0], m[1], m[2], m[6], np.float32(0), np.float32(0)


@compiled
def _sign(m: Any, u: Any, v: Any) -> Any:
    red, green, blue = sign_at(int(m[9]), int(m[10]), int(m[13]), u, v)
    return red, green, blue, np.float32(0.45), np.float32(0), np.float32(0)


@compiled
def _stripes(m: Any, u: Any, v: Any) -> Any:
    if np.floor((u + v) / m[9]) % 2 == 0:
        return _plain(m)
    return m[3], m[4], m[5], m[6], np.float32(0), np.float32(0)


@compiled
def _built(kind: Any, m: Any, u: Any, v: Any, x: Any, y: Any, width: Any) -> Any:
    """Return what is laid in rows: roads, walls, roofs."""
    if kind == 1:
        return _asphalt(m, u, v, x, y, width)
    if kind == 2:
        return _paving(m, u, v, x, y, width)
    if kind == 3:
        return _brick(m, u, v, width)
    if kind == 4 or kind == 16:
        return _facade(m, u, v, width)
    if kind == 5:
        return _curtain_wall(m, u, v, width)
    if kind == 9:
        return _worn_paint(m, x, y, width)
    if kind == 10:
        return _tiles(m, u, v, width)
    return _sign(m, u, v)


@compiled
def _grown(kind: Any, m: Any, face: Any, u: Any, v: Any, x: Any, y: Any, z: Any, width: Any) -> Any:
    """Return what has a grain: plants, wood, stone, cloth."""
    if kind == 6:
        return _grass(m, x, y, width)
    if kind == 7:
        return _leaves(m, x, y, z, face, width)
    if kind == 8:
        return _grained(m, x, y, z, np.float32(14), np.float32(2), np.float32(0.6), width)
    if kind == 12:
        return _grained(m, x, y, z, np.float32(1.7), np.float32(0.9), np.float32(0.25), width)
    if kind == 13:
        return _grained(m, x, y, z, np.float32(9), np.float32(5), np.float32(0.2), width)
    return _grained(m, u, v, z, np.float32(1.5), np.float32(9), np.float32(0.4), width)


@compiled
def pattern_at(m: Any, face: Any, u: Any, v: Any, x: Any, y: Any, z: Any, width: Any) -> Any:
    """Return what a material is at a point: red, green, blue, roughness, glass (0 to 1), relief.

    Args:
        m: The row of the material, see `materials.COLUMNS`.
        face: The triangle.
        u: Texture coordinates, meters; from -0.5 to 0.5 on signs.
        v: Likewise.
        x: The place in the world, meters.
        y: Likewise.
        z: Likewise.
        width: What a pixel sees of it, meters.
    """
    kind = int(m[8])
    if kind == 0:
        return _plain(m)
    if kind == 15:
        return _stripes(m, u, v)
    if kind == 6 or kind == 7 or kind == 8 or 12 <= kind <= 14:
        return _grown(kind, m, face, u, v, x, y, z, width)
    return _built(kind, m, u, v, x, y, width)
