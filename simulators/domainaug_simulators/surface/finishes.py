"""Finishes: brushed and cast metal, paint with orange peel, grained plastic. Heights in mm, from a seed.

The numbers are engineering defaults, looked at and not measured on parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from domainaug.manufacturing.defect import Floats, generator
from domainaug_simulators.surface.skin import Finish, Skin

__all__ = ["COLORS", "FINISHES", "finished"]

_COAT: Final = 0.08  # share of facets of what is coated
_COARSEST: Final = 2.5  # grid steps in the deviation of a blur that noise is made with


@dataclass(frozen=True, slots=True)
class _Ground:
    """A chart to be finished.

    Attributes:
        shape: (H, W).
        detail: Millimeters from texel to texel.
        grain_deg: Direction of the grain.
        seed: Of chance.
    """

    shape: tuple[int, int]
    detail: float
    grain_deg: float
    seed: int

    def noise(self, name: str, along: float, across: float | None = None) -> Floats:
        """Return (H, W) noise of deviation 1, smooth over so many mm along the grain and across it."""
        across = along if across is None else across
        if self.grain_deg % 180 == 90:
            along, across = across, along
        turned = along != across and self.grain_deg % 90 != 0
        height, width = self.shape
        if turned:
            height = width = int(np.ceil(np.hypot(*self.shape))) + 2
        steps = [max(self.detail, sigma / _COARSEST) for sigma in (across, along)]
        size = [
            max(4, int(np.ceil(side * self.detail / step)) + 2)
            for side, step in zip((height, width), steps, strict=True)
        ]
        made = generator(self.seed, name).standard_normal(size, np.float32)
        sigma = [max(wanted / step, 0.3) for wanted, step in zip((across, along), steps, strict=True)]
        made = cv2.GaussianBlur(made, (0, 0), sigmaX=sigma[1], sigmaY=sigma[0], borderType=cv2.BORDER_REFLECT_101)
        made /= np.float32(max(float(made.std()), 1e-6))
        whole = cv2.resize(made, (width, height), interpolation=cv2.INTER_CUBIC)
        if turned:
            matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), self.grain_deg, 1.0)
            matrix[:, 2] += (self.shape[1] - width) / 2, (self.shape[0] - height) / 2
            whole = cv2.warpAffine(whole, matrix, self.shape[::-1], flags=cv2.INTER_LINEAR)
        return np.asarray(whole, np.float32)

    def bumps(self, name: str, length: float, slope: float, across: float | None = None) -> Floats:
        """Return (H, W) heights in mm, smooth over `length` mm, whose steepest slopes have a deviation of `slope`."""
        least = max(min(length, across or length), self.detail)
        return self.noise(name, length, across) * np.float32(slope * least)


def _brushed(ground: _Ground, color: tuple[float, float, float]) -> Skin:
    fine, wide = ground.bumps("fine", 5.0, 0.035, 0.03), ground.bumps("wide", 14.0, 0.02, 0.22)
    tone = 1 + 0.05 * ground.noise("tone", 9.0, 0.05) + 0.05 * ground.noise("bands", 30.0, 0.5)
    made = Finish((0.25 * color[0], 0.25 * color[1], 0.25 * color[2]), color, 0.85)
    return Skin.of(fine + wide, np.clip(tone, 0.5, 1.5), (0.06, 0.17), ground.grain_deg, ground.detail, made)


def _cast(ground: _Ground, color: tuple[float, float, float]) -> Skin:
    height = ground.bumps("grains", 0.1, 0.17) + ground.bumps("sand", 0.35, 0.05) + ground.bumps("waves", 3.0, 0.02)
    tone = (
        1 + 0.07 * ground.noise("specks", 0.15) + 0.07 * ground.noise("clouds", 1.2) + 0.04 * ground.noise("far", 6.0)
    )
    made = Finish((0.7 * color[0], 0.7 * color[1], 0.7 * color[2]), color, 0.3)
    return Skin.of(height, np.clip(tone, 0.4, 1.6), (0.26, 0.26), ground.grain_deg, ground.detail, made)


def _coated(color: tuple[float, float, float], mirror: float) -> Finish:
    """Return matter under a clear surface that gives back a share as a mirror."""
    left = 1 - _COAT
    matter = (color[0] / left, color[1] / left, color[2] / left)
    return Finish(matter, (mirror / _COAT, mirror / _COAT, mirror / _COAT), _COAT)


def _painted(ground: _Ground, color: tuple[float, float, float]) -> Skin:
    height = ground.bumps("peel", 0.5, 0.014) + ground.bumps("flow", 2.2, 0.006)
    tone = 1 + 0.006 * ground.noise("tone", 3.0)
    made = _coated(color, 0.045)
    return Skin.of(height, tone, (0.05, 0.05), ground.grain_deg, ground.detail, made)


def _plastic(ground: _Ground, color: tuple[float, float, float]) -> Skin:
    height = ground.bumps("grain", 0.13, 0.1) + ground.bumps("sink", 5.0, 0.004)
    tone = 1 + 0.012 * ground.noise("tone", 0.12) + 0.01 * ground.noise("flow", 8.0, 1.0)
    made = _coated(color, 0.04)
    return Skin.of(height, tone, (0.15, 0.15), ground.grain_deg, ground.detail, made)


_MAKERS: Final[Mapping[str, Callable[[_Ground, tuple[float, float, float]], Skin]]] = {
    "brushed": _brushed, "painted": _painted, "plastic": _plastic, "cast": _cast,
}  # fmt: skip

FINISHES: Final = tuple(_MAKERS)
"""Every finish."""

COLORS: Final[Mapping[str, tuple[float, float, float]]] = {
    "brushed": (0.60, 0.59, 0.57), "painted": (0.09, 0.16, 0.33), "plastic": (0.30, 0.31, 0.31),
    "cast": (0.33, 0.33, 0.34),
}  # fmt: skip
"""The color of each where nobody names one: light that comes back, not values."""


def finished(
    name: str,
    shape: tuple[int, int],
    detail: float,
    *,
    seed: int = 0,
    grain_deg: float = 0.0,
    color: tuple[float, float, float] | None = None,
    relief: Floats | None = None,
) -> Skin:
    """Return the skin of a good part.

    Args:
        name: One of `FINISHES`.
        shape: (H, W) of the chart in texels.
        detail: Millimeters from texel to texel.
        seed: Of chance.
        grain_deg: Direction of the grain of a brushed finish.
        color: Red, green, blue share of light that comes back; the finish's own when None.
        relief: (H, W) heights in mm of what is embossed.
    """
    made = _MAKERS[name](_Ground(shape, detail, grain_deg, seed), color or COLORS[name])
    if relief is None:
        return made
    from domainaug_simulators.surface.skin import slopes_of

    right, up = slopes_of(relief, detail)
    texels = made.texels
    texels[..., 0] += right
    texels[..., 1] += up
    return made
