"""From light to values: lens, defocus, electrons, response."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing import Response, to_values
from domainaug.manufacturing.defect import Floats, generator

__all__ = ["Camera"]


@dataclass(frozen=True, slots=True)
class Camera:
    """What a camera makes of light.

    Attributes:
        pitch: Millimeters on the part from pixel to pixel.
        distance: From the lens to the part, in mm.
        aperture: Diameter of the lens's opening, in mm.
        defocus: How far the part is from where it would be sharp, in mm.
        softness: Standard deviation of the blur of a sharp picture, in pixels.
        well: Electrons at white.
        read: Standard deviation of the noise of reading, in electrons.
        noisy: Whether electrons are counted.
        curve: "srgb", "gamma" or "linear".
    """

    pitch: float
    distance: float
    aperture: float = 8.0
    defocus: float = 0.0
    softness: float = 0.5
    well: float = 10_000.0
    read: float = 6.0
    noisy: bool = True
    curve: str = "srgb"

    @property
    def disc_px(self) -> float:
        """Radius of the disc that a point becomes, in pixels."""
        return abs(self.defocus) * self.aperture / self.distance / self.pitch / 2

    def through_lens(self, light: Floats) -> Floats:
        """Return light as the lens blurs it: a disc, and a Gaussian."""
        made = light
        if self.disc_px > 0.3:
            made = cv2.filter2D(made, -1, _disc(self.disc_px), borderType=cv2.BORDER_REFLECT_101)
        if self.softness > 0.1:
            made = cv2.GaussianBlur(made, (0, 0), self.softness, borderType=cv2.BORDER_REFLECT_101)
        return np.asarray(made, np.float32).reshape(light.shape)

    def values(self, light: Floats, key: int) -> NDArray[np.uint8]:
        """Return (H, W[, channels]) values of 8 bits.

        Args:
            light: As a share of white, through the lens.
            key: Of the noise.
        """
        seen = light
        if self.noisy:
            electrons = np.maximum(light, 0) * np.float32(self.well)
            chance = generator(key, "electrons").standard_normal(light.shape, np.float32)
            seen = (electrons + np.sqrt(electrons + np.float32(self.read**2)) * chance) / np.float32(self.well)
        curve = Response(self.curve)  # type: ignore[arg-type]
        return to_values(np.asarray(seen, np.float32), np.zeros(0, np.uint8), curve, (0.0, 255.0))


def _disc(radius: float) -> Floats:
    reach = int(np.ceil(radius + 0.5))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    made = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return np.asarray(made / made.sum(), np.float32)
