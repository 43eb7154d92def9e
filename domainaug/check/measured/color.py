"""Color: cast, hue, saturation, and channels mixed, swapped or lost, read from the colored discs."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.tone import DiscReading
from domainaug.functionals import LEVELS

__all__ = ["color_effects"]

Values = NDArray[np.float64]

_NINE = np.linspace(0.1, 0.9, 9)


def color_effects(reading: DiscReading, curves: Values) -> dict[str, float]:
    """Read the effects on color.

    Args:
        reading: The discs of a three-channel chart.
        curves: (3, k) tone curve of each channel at `LEVELS`.
    """
    nine = np.array([np.interp(_NINE, LEVELS, curve) for curve in curves])
    found = {"color_cast": float(np.sort(np.ptp(nine, axis=0))[-2])}
    slope = np.ptp(nine, axis=1)
    lost = (slope < 0.03) & (slope < 0.2 * slope.max())
    if lost.any():
        return found | {"channel_lost": 1.0}
    colored = ~reading.is_gray
    if colored.sum() < 4:
        return found
    was, now = reading.was[colored], reading.medians[colored]
    expected = _toned(was, curves)
    chroma = np.abs(_wheel(expected))
    usable = chroma > 0.04
    if usable.sum() < 4:
        return found
    return found | _turn_and_strength(was[usable], now[usable], expected[usable], curves)


def _turn_and_strength(was: Values, now: Values, expected: Values, curves: Values) -> dict[str, float]:
    before, after = _wheel(expected), _wheel(now)
    strength = float(np.median(np.abs(after) / np.abs(before)))
    if strength < 0.06:
        return {"saturation": 0.0, "loss_of_color": 1.0}
    order = _order(was, now, curves)
    if order != (0, 1, 2):
        swapped = _wheel(_toned(was[:, order], curves))
        return {"channel_order": 1.0, "saturation": float(np.median(np.abs(after) / np.maximum(np.abs(swapped), 1e-3)))}
    difference = np.degrees(np.angle(after / before))
    middle = float(np.degrees(np.angle(np.sum(np.exp(1j * np.radians(difference))))))
    hue = middle + float(np.median((difference - middle + 180) % 360 - 180))
    hue = (hue + 180) % 360 - 180
    turned = before * strength * np.exp(1j * np.radians(hue))
    unexplained = float(np.sqrt(np.mean(np.abs(after - turned) ** 2) / np.mean(np.abs(before) ** 2)))
    return {"saturation": strength, "hue": hue, "channel_mixing": unexplained}


def _wheel(colors: Values) -> NDArray[np.complex128]:
    """Return (n, 3) colors on the color wheel of HSV: the angle is the hue, the length the chroma."""
    high, low = colors.max(axis=1), colors.min(axis=1)
    span = np.maximum(high - low, 1e-9)
    r, g, b = colors.T
    sector = np.where(high == r, ((g - b) / span) % 6, np.where(high == g, (b - r) / span + 2, (r - g) / span + 4))
    return np.asarray(span * np.exp(1j * np.pi / 3 * sector))


def _toned(colors: Values, curves: Values) -> Values:
    return np.stack([np.interp(colors[:, k], LEVELS, curves[k]) for k in range(3)], axis=1)


def _order(was: Values, now: Values, curves: Values) -> tuple[int, int, int]:
    """Return which input channel each output channel shows, when another order explains the colors far better."""
    errors = {order: float(np.abs(_toned(was[:, order], curves) - now).mean()) for order in permutations(range(3))}
    best = min(errors, key=lambda order: errors[order])
    straight = (0, 1, 2)
    if best != straight and errors[best] < 0.03 and errors[best] < 0.3 * errors[straight]:
        return best[0], best[1], best[2]
    return straight
