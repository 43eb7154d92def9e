"""The skin of a part on its chart: slopes, how rough it is below a texel, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing import Defect
from domainaug.manufacturing.defect import Floats, averaged

__all__ = ["Finish", "Skin", "slopes_of"]

_STEEPEST: Final = 2.5  # slope; a wall that is steeper is one
_SMOOTHEST: Final = 0.02  # standard deviation of slopes


@dataclass(frozen=True, slots=True)
class Finish:
    """What a surface is made of.

    Attributes:
        matter: Red, green, blue share of light that comes back from below the surface, from everywhere alike.
        facets: Share that its facets give back as mirrors.
        gloss: Share of the surface that is facets.
    """

    matter: tuple[float, float, float]
    facets: tuple[float, float, float]
    gloss: float

    @property
    def numbers(self) -> NDArray[np.float64]:
        """As the kernel takes it."""
        return np.array([*self.matter, *self.facets, self.gloss])


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """The skin of a part.

    Attributes:
        texels: (H, W, 8) float32: slope to the right and upward, covariance of slopes below a texel (xx, yy, xy), and
            factors on what red, green, blue give back.
        detail: Millimeters from texel to texel.
        finish: What it is made of.
        rough: Standard deviation of slopes below a texel of the good part, along the smoother direction.
    """

    texels: Floats
    detail: float
    finish: Finish
    rough: float

    @classmethod
    def of(
        cls, height: Floats, factor: Floats, rough: tuple[float, float], grain_deg: float, detail: float, finish: Finish
    ) -> Skin:
        """Return a skin.

        Args:
            height: (H, W) in mm.
            factor: (H, W) on what is given back.
            rough: Standard deviation of slopes below a texel, along and across the grain.
            grain_deg: Direction of the grain, counter-clockwise from the chart's right.
            detail: Millimeters from texel to texel.
            finish: What it is made of.
        """
        texels = np.empty((*height.shape, 8), np.float32)
        texels[..., 0], texels[..., 1] = slopes_of(height, detail)
        turn = np.radians(grain_deg)
        along, across = rough[0] ** 2, rough[1] ** 2
        texels[..., 2] = along * np.cos(turn) ** 2 + across * np.sin(turn) ** 2
        texels[..., 3] = along * np.sin(turn) ** 2 + across * np.cos(turn) ** 2
        texels[..., 4] = (along - across) * np.sin(turn) * np.cos(turn)
        texels[..., 5:] = factor[..., None]
        return cls(texels, detail, finish, min(rough))

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the chart."""
        return int(self.texels.shape[0]), int(self.texels.shape[1])

    def with_defects(self, defects: tuple[Defect, ...]) -> Skin:
        """Return a skin that has defects as well; what lies beyond the chart is left out."""
        texels = self.texels.copy()
        for defect in defects:
            _add(texels, defect, self.detail)
        return Skin(texels, self.detail, self.finish, self.rough)


def slopes_of(height: Floats, step: float) -> tuple[Floats, Floats]:
    """Return the slopes of a height map to the right and upward, as far as surfaces are steep."""
    down, right = np.gradient(height, np.float32(step))
    return (
        np.asarray(np.clip(right, -_STEEPEST, _STEEPEST), np.float32),
        np.asarray(np.clip(-down, -_STEEPEST, _STEEPEST), np.float32),
    )


def _add(texels: Floats, defect: Defect, detail: float) -> None:
    """Lay a defect on texels; slopes that are finer than they are make them rougher."""
    top, left, bottom, right = defect.box
    rows, columns = slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))
    there = texels[rows, columns]
    own = slice(max(-top, 0), max(-top, 0) + there.shape[0]), slice(max(-left, 0), max(-left, 0) + there.shape[1])
    if not there.size:
        return
    by = defect.fine
    if defect.height_mm.any():
        right_slope, up_slope = slopes_of(defect.height_mm, detail / by)
        x, y = averaged(right_slope, by)[own], averaged(up_slope, by)[own]
        spread = [
            averaged(one * other, by)[own] - mean
            for one, other, mean in (
                (right_slope, right_slope, x * x),
                (up_slope, up_slope, y * y),
                (right_slope, up_slope, x * y),
            )
        ]
        there[..., 0] += x
        there[..., 1] += y
    if defect.roughness.any():
        rough = np.sqrt((there[..., 2] + there[..., 3]) / 2)
        wanted = np.maximum(rough + averaged(defect.roughness, by)[own], _SMOOTHEST)
        there[..., 2:5] *= ((wanted / rough) ** 2)[..., None]
    if defect.height_mm.any():
        for channel, more in enumerate(spread, 2):
            there[..., channel] += np.maximum(more, 0) if channel < 4 else more
    factor = averaged(defect.albedo, by)[own]
    there[..., 5:] *= factor if factor.ndim == 3 else factor[..., None]
