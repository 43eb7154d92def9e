"""What a part looks like where something was taken away: its own surface from nearby, joined without a seam."""

from __future__ import annotations

import cv2
import numpy as np

from domainaug.kernels.paste import paste
from domainaug.manufacturing.defect import Floats, Mask

__all__ = ["refill"]

_DIRECTIONS = 16
_UNLIKE = 0.35  # of the light at the rim: a neighbor that differs more shows something else
_RIM = 4  # pixels around a hole that a neighbor is compared on


def refill(light: Floats, hole: Mask, avoid: Mask | None = None) -> Floats:
    """Return light with a hole filled by the neighbor whose rim is most like the hole's.

    The neighbor keeps its own texture and noise, and takes the level around the hole (a membrane over the differences
    at the rim). Where no neighbor fits into the window, the rim is drawn in smoothly, with grain from around.

    Args:
        light: (h, w) or (h, w, channels); the window has to show what is around the hole.
        hole: (h, w): what to fill.
        avoid: (h, w): what no neighbor may show, such as other components.
    """
    if not hole.any():
        return light
    grown = cv2.dilate(hole.astype(np.uint8), np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)) > 0
    kept_out = hole if avoid is None else hole | avoid
    best, least = None, np.inf
    for down, right in _shifts(hole):
        shifted = _shifted(grown, down, right)
        if shifted is None or (shifted & kept_out).any():
            continue
        rim = grown & ~kept_out
        if rim.sum() < 8:
            continue
        there = _taken(light, down, right)
        apart = there[rim] - light[rim]
        off = float(np.mean((apart - apart.mean(axis=0)) ** 2) + 0.2 * np.mean(apart.mean(axis=0) ** 2))
        if off < least:
            best, least = there, off
    if best is None or least > (_UNLIKE * float(light[grown & ~kept_out].mean())) ** 2:
        return _drawn_in(light, hole, kept_out)
    filled, _ = paste(light, np.ascontiguousarray(best), hole, (0, 0), blend="membrane")
    return np.asarray(np.maximum(filled, 0.0), np.float32)


def _shifts(hole: Mask) -> list[tuple[int, int]]:
    """Return (down, right) to where neighbors are, the nearest first."""
    rows, columns = np.nonzero(hole)
    tall, wide = int(np.ptp(rows)) + 1 + 2 * _RIM, int(np.ptp(columns)) + 1 + 2 * _RIM
    found = []
    for far in (1.05, 1.6, 2.3):
        for turn in np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS):
            down, right = np.sin(turn), np.cos(turn)
            size = far / max(abs(down) / tall, abs(right) / wide)  # until the box has left itself
            found.append((round(size * down), round(size * right)))
    return found


def _shifted(mask: Mask, down: int, right: int) -> Mask | None:
    """Return where a mask would be taken from, or None where that is not all in the window."""
    rows, columns = np.nonzero(mask)
    if rows.min() + down < 0 or columns.min() + right < 0:
        return None
    if rows.max() + down >= mask.shape[0] or columns.max() + right >= mask.shape[1]:
        return None
    out = np.zeros_like(mask)
    out[rows + down, columns + right] = True
    return out


def _taken(light: Floats, down: int, right: int) -> Floats:
    """Return (h, w): at each place the light `down` and `right` of it."""
    rows = np.clip(np.arange(light.shape[0]) + down, 0, light.shape[0] - 1)
    columns = np.clip(np.arange(light.shape[1]) + right, 0, light.shape[1] - 1)
    return light[rows][:, columns]


def _drawn_in(light: Floats, hole: Mask, unknown: Mask) -> Floats:
    """Return light with a hole filled from what is known around, by averages over ever wider surroundings.

    The grain of what is known (its departure from its own average) goes over the hole, turned by a half turn, so that
    the fill is no smoother than the rest.
    """
    known = (~unknown).astype(np.float32)
    if not known.any():
        return light
    smooth = _averaged(light, known, hole)
    level = _averaged(light, known, ~unknown)
    grain = (light - level) * (known[..., None] if light.ndim == 3 else known)
    turned = grain[::-1, ::-1]
    there = known[::-1, ::-1][hole]
    missing = np.flatnonzero(there == 0)
    drawn = turned[hole]
    if len(missing) and len(missing) < len(there):
        full = np.flatnonzero(there)
        drawn[missing] = drawn[full[np.arange(len(missing)) % len(full)]]
    out = light.copy()
    out[hole] = np.maximum(smooth[hole] + drawn, 0.0)
    return out


def _averaged(light: Floats, known: Floats, wanted: Mask) -> Floats:
    """Return light where it is wanted, averaged over what is known nearby."""
    out, sigma, missing = light.copy(), 2.0, wanted.copy()
    wide = known[..., None] if light.ndim == 3 else known
    while missing.any() and sigma < 4 * max(light.shape[:2]):
        weight = cv2.GaussianBlur(known, (0, 0), sigma)
        total = cv2.GaussianBlur(light * wide, (0, 0), sigma).reshape(light.shape)
        now = missing & (weight > 0.02)
        out[now] = total[now] / (weight[now][:, None] if light.ndim == 3 else weight[now])
        missing &= ~now
        sigma *= 2
    return out
