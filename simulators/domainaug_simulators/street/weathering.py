"""What weather and night make of a surface: wet and puddled, under snow, lit from inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.grain import chance, fbm2, smoothstep, value2

__all__ = ["Ground", "left_by_weather"]


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


@compiled
def _shop(u: Any, v: Any, width: Any, seed: Any) -> Any:
    """Return the light of a shop behind its pane, 0 to 1, and its tint: shelves of goods, and walls between them."""
    bay = np.int64(np.floor(u / np.float32(1.9)))
    wall = np.float32(0.34) + np.float32(0.4) * smoothstep(np.float32(1.2), np.float32(2.6), v)  # lit from above
    wall *= np.float32(0.75) + np.float32(0.5) * chance(bay, 4, seed + 31)
    if chance(bay, 5, seed + 31) > np.float32(0.62) or v > np.float32(2.25):
        return wall, np.float32(1), np.float32(0.95), np.float32(0.86)
    across, up = u / np.float32(0.21), v / np.float32(0.47)
    i, j = np.floor(across), np.floor(up)
    f, g = across - i, up - j
    own = chance(np.int64(i), np.int64(j), seed + 37)
    tall = np.float32(0.35) + np.float32(0.5) * own
    soft = min(width / np.float32(0.42), np.float32(0.5))
    there = smoothstep(tall + soft, tall - soft, g) * smoothstep(
        np.float32(0.45) + soft, np.float32(0.45), abs(f - 0.5)
    )
    board = smoothstep(np.float32(0.05) + soft, np.float32(0.05), np.float32(1) - g)
    there *= np.float32(1) - smoothstep(np.float32(0.1), np.float32(0.3), width) * np.float32(0.5)
    red = np.float32(0.10) + np.float32(0.75) * chance(np.int64(i), np.int64(j), seed + 41)
    green = np.float32(0.08) + np.float32(0.50) * chance(np.int64(i), np.int64(j), seed + 43)
    blue = np.float32(0.06) + np.float32(0.42) * chance(np.int64(i), np.int64(j), seed + 47)
    gray = np.float32(0.45) * (red + green + blue) / np.float32(3)  # few goods are gaudy
    red, green, blue = red * np.float32(0.55) + gray, green * np.float32(0.55) + gray, blue * np.float32(0.55) + gray
    keep = (np.float32(1) - there) * np.float32(0.7)  # the shelves' own back
    light = wall * (np.float32(1) - np.float32(0.55) * board)
    return light, red * there + keep, green * there + keep * np.float32(0.94), blue * there + keep * np.float32(0.84)


@compiled
def _window(m: Any, row: Any, u: Any, v: Any, width: Any, glass: Any, night: Any) -> None:
    """Light some windows: each has its own lamp, curtain and hour of going to bed; floors of offices go together."""
    i, j = np.int64(np.floor(u / m[9])), np.int64(np.floor(v / m[10]))
    seed = int(m[13])
    office = int(m[8]) == 5
    if office and np.float32(2) < m[10] < np.float32(3.2):  # a pane as high as a ground floor
        shown, red, green, blue = _shop(u, v, width, seed)
        shown *= np.float32(0.10) * glass * night
        row[8], row[9], row[10] = m[14] * shown * red, m[15] * shown * green, m[16] * shown * blue
        return
    group = np.int64(np.floor(np.float32(i) / np.float32(4))) if office else i
    if chance(group, j, seed + 17) > np.float32(0.36) or (office and chance(i, j, seed + 23) > np.float32(0.8)):
        return
    own, warm = chance(i + 7, j, seed + 9), chance(j, group, seed + 5)
    drawn = chance(i, j, seed + 3)  # a curtain, as the pattern of facades has it
    strength = np.float32(0.18) + np.float32(0.82) * own * own
    height = v / m[10] - np.floor(v / m[10])
    if office:  # rows of lights under the ceiling, desks below
        ceiling = smoothstep(np.float32(0.62), np.float32(0.72), height)
        strength = (np.float32(0.035) + np.float32(0.10) * ceiling) * (np.float32(0.6) + np.float32(0.4) * own)
    elif drawn > np.float32(0.8):
        strength *= np.float32(0.55)
    strength *= np.float32(0.45) + np.float32(0.75) * smoothstep(np.float32(0.15), np.float32(0.85), height)
    inside = fbm2(u * np.float32(2.1), v * np.float32(2.1), 3, np.float32(0.1), seed + j)  # furniture, walls
    strength *= (np.float32(1) + np.float32(0.5) * inside) * glass * night
    row[8] = m[14] * strength
    row[9] = m[15] * strength * (np.float32(0.74) + np.float32(0.26) * warm)
    row[10] = m[16] * strength * (np.float32(0.46) + np.float32(0.54) * warm)


@compiled
def _own_light(m: Any, row: Any, u: Any, v: Any, width: Any, glass: Any, night: Any) -> None:
    """Set what a surface sends out by itself."""
    glow = int(m[17])
    if glow == 4:
        if night > np.float32(0) and glass > np.float32(0):
            _window(m, row, u, v, width, glass, night)
        return
    share = np.float32(0)
    if glow == 1:
        share = np.float32(1)
    elif glow == 2 or glow == 3:
        share = night
    row[8], row[9], row[10] = m[14] * share, m[15] * share, m[16] * share


@compiled
def _soaked(m: Any, row: Any, x: Any, y: Any, up: Any, wet: Any, puddles: Any, width: Any) -> None:
    """Make a surface wet: darker, glossier, and water where it gathers."""
    soak = m[19] * wet
    dark = np.float32(1) - np.float32(0.5) * soak
    row[0], row[1], row[2] = row[0] * dark, row[1] * dark, row[2] * dark
    level = smoothstep(np.float32(0.6), np.float32(0.98), up)
    film = wet * level * min(max(m[19] - np.float32(0.36), np.float32(0)) * np.float32(2.2), np.float32(1))  # no lawn
    patches = fbm2(x * np.float32(0.9), y * np.float32(0.9), 3, width * np.float32(0.9), 78)
    gloss = np.float32(0.27) + np.float32(0.10) * patches
    row[6] = row[6] * (np.float32(1) - film) + gloss * film
    if up > np.float32(0.97) and m[19] > np.float32(0.36) and puddles > np.float32(0):
        low = fbm2(x * np.float32(0.21), y * np.float32(0.33), 5, width * np.float32(0.3), 77) + np.float32(0.5)
        edge = np.float32(0.92) - np.float32(0.5) * puddles
        pool = smoothstep(edge, edge + np.float32(0.14), low)
        row[12] = pool
        keep = np.float32(1) - np.float32(0.35) * pool
        row[0], row[1], row[2] = row[0] * keep, row[1] * keep, row[2] * keep
        row[6] = row[6] * (np.float32(1) - pool) + np.float32(0.05) * pool
        row[3] *= np.float32(1) - pool
        row[4] *= np.float32(1) - pool
        ripple = np.float32(0.012) * pool  # of wind and drops
        row[3] += ripple * fbm2(x * np.float32(3), y * np.float32(3), 3, width * np.float32(3), 79)
        row[4] += ripple * fbm2(x * np.float32(3), y * np.float32(3), 3, width * np.float32(3), 80)


@compiled
def _pressed(m: Any, x: Any, y: Any, v: Any, width: Any, soft: Any) -> Any:
    """Return how much wheels have pressed the snow of a lane, 0 to 1: two tracks, each of many passes."""
    lane = m[9]
    if int(m[8]) != 1 or lane <= np.float32(0):
        return np.float32(0)
    along = np.floor(v / lane)
    wander = np.float32(0.09) * (value2(x * np.float32(0.045), along + y * np.float32(0.01), 95) - np.float32(0.5))
    middle = v / lane - along - np.float32(0.5) + wander
    off = abs(abs(middle) - np.float32(0.23))
    blur = min(width / lane, np.float32(0.2))
    deep = smoothstep(np.float32(0.115) + blur, np.float32(0.02), off + np.float32(0.022) * soft)
    once = smoothstep(np.float32(0.19) + blur, np.float32(0.07), off + np.float32(0.05) * soft)
    return np.float32(0.62) * deep + np.float32(0.38) * once


@compiled
def _snowed(m: Any, row: Any, v: Any, x: Any, y: Any, up: Any, snow: Any, width: Any) -> None:
    """Lay snow on what faces up, thinner where wheels and feet go."""
    drift = fbm2(x * np.float32(0.4), y * np.float32(0.4), 5, width * np.float32(0.4), 91)
    fine = fbm2(x * np.float32(3), y * np.float32(3), 4, width * np.float32(3), 92)
    kind = int(m[8])
    low, high = np.float32(0.35), np.float32(0.8)
    if kind == 0:  # what is plain may drive: its snow goes along, and lies on panes and curved sheets too
        drift, fine, low, high = np.float32(0.1), np.float32(0.0), np.float32(0.2), np.float32(0.62)
    elif kind == 7:  # twigs: each leaf holds some, those on top all they can
        drift, low, high = np.float32(0.25), np.float32(-0.15), np.float32(0.75)
    hold = m[18] * smoothstep(low, high, up + np.float32(0.12) * fine)
    level = snow * np.float32(1.55) + np.float32(0.45) * drift + np.float32(0.14) * fine
    pressed = _pressed(m, x, y, v, width, fine + drift)
    level -= pressed * (np.float32(1.25) - np.float32(0.35) * snow)
    cover = hold * smoothstep(np.float32(0.2), np.float32(0.85), level)
    slush = pressed * snow * hold * (np.float32(1) - cover)
    gray = cover * pressed * np.float32(0.32)  # what wheels leave is packed and dirty
    white = (np.float32(0.82) + np.float32(0.05) * fine) * (np.float32(1) - gray)
    keep = (np.float32(1) - cover) * (np.float32(1) - np.float32(0.45) * slush)
    row[0] = row[0] * keep + white * cover * np.float32(0.985)
    row[1] = row[1] * keep + white * cover
    row[2] = row[2] * keep + white * cover * np.float32(1.03)
    row[6] = row[6] * (np.float32(1) - cover) + np.float32(0.85) * cover
    row[6] = row[6] * (np.float32(1) - np.float32(0.5) * slush) + np.float32(0.19) * slush
    row[7] *= np.float32(1) - cover
    row[3] += np.float32(0.22) * cover * fine * (np.float32(1) - np.float32(0.5) * pressed)
    row[4] += np.float32(0.22) * cover * drift
    row[8], row[9], row[10] = row[8] * keep, row[9] * keep, row[10] * keep
    row[12] *= np.float32(1) - cover


@compiled
def left_by_weather(rows: Any, points: Any, marks: Any, table: Any, weather: Any) -> None:
    """Change rows of surfaces as weather and night do.

    Args:
        rows: (n, 16), see `surfaces.Surfaces`; written.
        points: (n, 3) meters.
        marks: (n, 5), see `surfaces.Met`.
        table: The materials.
        weather: (4,) wet, puddles, snow, night.
    """
    wet, puddles, snow, night = weather[0], weather[1], weather[2], weather[3]
    for r in range(len(rows)):
        row = rows[r]
        if row[13] == 0 and row[14] == 0 and row[15] == 0:
            continue
        m = table[int(marks[r, 4])]
        v, width, up = marks[r, 1], marks[r, 2], row[5]
        _own_light(m, row, marks[r, 0], v, width, marks[r, 3], night)
        if wet > np.float32(0):
            _soaked(m, row, points[r, 0], points[r, 1], up, wet, puddles, width)
        if snow > np.float32(0) and up > np.float32(-0.1):
            _snowed(m, row, v, points[r, 0], points[r, 1], up, snow, width)
        size = np.float32(1) / np.sqrt(row[3] * row[3] + row[4] * row[4] + row[5] * row[5])
        row[3], row[4], row[5] = row[3] * size, row[4] * size, row[5] * size
