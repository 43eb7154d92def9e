"""What a photograph says of its camera and light: blur, noise, and where the light comes from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing.defect import Floats, Mask
from domainaug.profile.part import Lighting

__all__ = ["Optics", "light_direction", "optics_of"]

_LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_REBLUR = 1.0  # pixels: how much an edge is blurred again to see how sharp it was
_SHARPEST, _SOFTEST = 0.35, 2.5
_WITHOUT_EDGES = 0.7  # pixels of blur of a camera whose pixels are well used
_FAINT = 0.03  # change of the logarithm of light over the picture, below which it says nothing of the direction


@dataclass(frozen=True, slots=True)
class Optics:
    """A camera, as its photograph shows it.

    Attributes:
        blur_px: Sigma of the Gaussian that fits how soft edges are.
        noise: Standard deviation of noise, in light as a share of white, at the level around.
        level: Light around, as a share of white.
        white: Light that the camera still tells from more.
    """

    blur_px: float = 0.6
    noise: float = 0.0
    level: float = 0.5
    white: float = 1.0

    def noise_at(self, light: Floats) -> Floats:
        """Return the deviation of noise where light is so much: photons and electronics share it half and half."""
        more = np.clip(light / max(self.level, 1e-4), 0.05, 20.0)
        return np.asarray(self.noise * np.sqrt(0.5 + 0.5 * more), np.float32)


def optics_of(light: Floats, ring: Mask | None = None) -> Optics:
    """Estimate blur and noise of a piece of a photograph.

    Noise is the robust deviation of what a difference of Laplacians leaves, which lines along rows or columns do not
    move (J. Immerkaer, Fast noise variance estimation, 1996). Blur is what the sharpest edges keep when they are
    blurred once more (S. Zhuo and T. Sim, Defocus map estimation from a single image, 2011); 0.7 pixels without edges.

    Args:
        light: (h, w) or (h, w, channels).
        ring: (h, w): where to look; everywhere when None.
    """
    gray = np.ascontiguousarray(light if light.ndim == 2 else light.mean(axis=2), np.float32)
    looked = np.ones(gray.shape, np.bool_) if ring is None or ring.sum() < 25 else ring
    found = cv2.filter2D(gray, -1, _LAPLACIAN)[looked]
    noise = float(np.median(np.abs(found))) / 0.6745 / 6.0
    level = float(gray[looked].mean())
    return Optics(_blur(gray, looked, noise), noise, level)


def _blur(gray: Floats, looked: Mask, noise: float) -> float:
    steep = _steepness(gray)
    again = _steepness(cv2.GaussianBlur(gray, (0, 0), _REBLUR))
    edges = looked & (steep > max(float(np.quantile(steep[looked], 0.98)), 12 * noise))
    if edges.sum() < 8:
        return _WITHOUT_EDGES
    ratio = float(np.median(steep[edges] / np.maximum(again[edges], 1e-9)))
    if ratio <= 1.02:
        return _SOFTEST
    return float(np.clip(_REBLUR / np.sqrt(ratio**2 - 1), _SHARPEST, _SOFTEST))


def _steepness(gray: Floats) -> Floats:
    return np.asarray(
        np.hypot(
            cv2.Sobel(gray, -1, 1, 0, ksize=3, scale=1 / 8, borderType=cv2.BORDER_REFLECT_101),
            cv2.Sobel(gray, -1, 0, 1, ksize=3, scale=1 / 8, borderType=cv2.BORDER_REFLECT_101),
        ),
        np.float32,
    )


def light_direction(light: Floats, part: Mask | None, lighting: Lighting) -> NDArray[np.float64]:
    """Return the unit vector toward the light: x right, y up, z toward the camera.

    What the lighting does not say of its azimuth is read off the photograph: the side toward which the part gets
    brighter, by the plane that fits the logarithm of light best. Where that says nothing, light comes from above. What
    it does not say of its elevation is 60 degrees in bright field and 20 in dark field.

    Args:
        light: (H, W) or (H, W, channels), the whole picture or a small copy of it.
        part: (H, W): what belongs to the part, or None for all.
        lighting: How it is lit.
    """
    elevation = lighting.elevation_deg
    if elevation is None:
        elevation = {"dark-field": 20.0, "dome": 90.0, "back-light": 90.0, "x-ray": 90.0}.get(lighting.kind, 60.0)
    azimuth = lighting.azimuth_deg
    if azimuth is None:
        azimuth = _brighter_side(light, part)
    up, turn = np.radians(elevation), np.radians(azimuth)
    return np.array([np.cos(up) * np.cos(turn), np.cos(up) * np.sin(turn), np.sin(up)])


def _brighter_side(light: Floats, part: Mask | None) -> float:
    gray = light if light.ndim == 2 else light.mean(axis=2)
    small = cv2.resize(gray, (32, 32), interpolation=cv2.INTER_AREA)
    inside = np.ones((32, 32), np.bool_)
    if part is not None:
        inside = cv2.resize(part.astype(np.float32), (32, 32), interpolation=cv2.INTER_AREA) > 0.9
    if inside.sum() < 32:
        return 90.0
    y, x = np.mgrid[:32, :32] / 31.0 - 0.5
    columns = np.stack([x[inside], -y[inside], np.ones(int(inside.sum()))], axis=1)
    slope, *_ = np.linalg.lstsq(columns, np.log(np.maximum(small[inside], 1e-4)), rcond=None)
    if float(np.hypot(*slope[:2])) < _FAINT:
        return 90.0
    return float(np.degrees(np.arctan2(slope[1], slope[0])))
