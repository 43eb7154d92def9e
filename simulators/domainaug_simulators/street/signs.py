"""The faces of traffic signs, on a unit square about 0: u to the right, v up."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.grain import chance

__all__ = ["sign_at"]

_RED = (np.float32(0.55), np.float32(0.02), np.float32(0.02))
_WHITE = (np.float32(0.8), np.float32(0.8), np.float32(0.8))
_BLACK = (np.float32(0.02), np.float32(0.02), np.float32(0.02))
_BLUE = (np.float32(0.01), np.float32(0.09), np.float32(0.42))
_YELLOW = (np.float32(0.75), np.float32(0.5), np.float32(0.03))
_STROKES = (0x77, 0x24, 0x5D, 0x6D, 0x2E, 0x6B, 0x7B, 0x25, 0x7F, 0x6F)
_THICK = np.float32(0.085)


@compiled
def _across(v: Any) -> Any:
    """Return which of a figure's level strokes (bits 0, 3, 6) a height is on."""
    if abs(v - np.float32(0.4)) < _THICK:
        return 1
    if abs(v) < _THICK:
        return 8
    return 64 if abs(v + np.float32(0.4)) < _THICK else 0


@compiled
def _upright(u: Any, v: Any) -> Any:
    """Return which of a figure's upright strokes (bits 1, 2, 4, 5) a place is on."""
    if abs(v) >= np.float32(0.48):
        return 0
    if abs(u + np.float32(0.2)) < _THICK:
        return 2 if v > 0 else 16
    if abs(u - np.float32(0.2)) < _THICK:
        return 4 if v > 0 else 32
    return 0


@compiled
def _figure(figure: Any, u: Any, v: Any) -> Any:
    """Return whether a place is on a figure's strokes, 0.5 wide and 1 high, as on displays of seven parts."""
    mask = _STROKES[figure % 10]
    level = _across(v) if abs(u) < np.float32(0.2) + _THICK else 0
    return bool(mask & (level | _upright(u, v)))


@compiled
def _limit(number: Any, u: Any, v: Any, away: Any) -> Any:
    if away > np.float32(0.37):
        return _RED
    tens, ones = number // 10, number % 10
    scale = np.float32(2.3) if tens >= 10 else np.float32(2.0)
    on = _figure(ones, (u - np.float32(0.165)) * scale, v * scale) or _figure(
        tens % 10, (u + np.float32(0.165)) * scale, v * scale
    )
    return _BLACK if on else _WHITE


@compiled
def _give_way(u: Any, v: Any) -> Any:
    down = np.float32(0.36) - v
    inside = np.float32(0.1) < down < np.float32(0.6) and abs(u) < np.float32(0.48) - down * np.float32(0.577)
    return _WHITE if inside else _RED


@compiled
def _stop(u: Any, v: Any, away: Any) -> Any:
    """Four white blocks in a red field: letters, from where cars see them."""
    if away >= np.float32(0.45) or abs(v) >= np.float32(0.08) or abs(u) >= np.float32(0.36):
        return _RED
    cell = (u + np.float32(0.36)) / np.float32(0.18)
    return _RED if cell - np.floor(cell) < np.float32(0.18) else _WHITE


@compiled
def _crossing(u: Any, v: Any) -> Any:
    if not np.float32(-0.34) < v < np.float32(0.38) or abs(u) >= (np.float32(0.42) - v) * np.float32(0.5):
        return _BLUE
    half = np.float32(0.05) + np.float32(0.05) * (v < 0)
    return _BLACK if abs(u) < half and np.float32(-0.28) < v < np.float32(0.18) else _WHITE


@compiled
def _direction(seed: Any, u: Any, v: Any) -> Any:
    """Lines of writing on blue, in a white frame."""
    if abs(u) > np.float32(0.47) or abs(v) > np.float32(0.47):
        return _WHITE
    row = v * np.float32(6) - np.floor(v * np.float32(6))
    if np.float32(0.35) < row < np.float32(0.7) and abs(u) < np.float32(0.36) and abs(v) < np.float32(0.34):
        letter = chance(np.int64(np.floor(u * np.float32(22))), np.int64(np.floor(v * np.float32(6))), seed)
        if letter > np.float32(0.3):
            return _WHITE
    return _BLUE


@compiled
def sign_at(kind: Any, number: Any, seed: Any, u: Any, v: Any) -> Any:
    """Return the color of a sign at a place: red, green, blue.

    Args:
        kind: 0 speed limit, 1 give way, 2 stop, 3 crossing, 4 no entry, 5 direction, 6 priority road.
        number: The limit.
        seed: What is written on direction signs.
        u: To the right, -0.5 to 0.5.
        v: Up.
    """
    away = np.sqrt(u * u + v * v)
    if kind == 0:
        return _limit(number, u, v, away)
    if kind == 1:
        return _give_way(u, v)
    if kind == 2:
        return _stop(u, v, away)
    if kind == 3:
        return _crossing(u, v)
    if kind == 4:
        return _WHITE if abs(v) < np.float32(0.09) and abs(u) < np.float32(0.36) else _RED
    if kind == 5:
        return _direction(seed, u, v)
    return _YELLOW if abs(u) + abs(v) < np.float32(0.4) else _WHITE
