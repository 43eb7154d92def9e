"""From radiance to a picture: exposure, glare, noise, tone curve."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.mesh import Floats

__all__ = ["Film", "developed", "exposure_of"]

_LUMA = np.array([0.2126, 0.7152, 0.0722])
_KNEE, _SLOPE = 0.75, np.float32(0.42)  # where highlights begin to be pressed together, and how hard


@dataclass(frozen=True, slots=True)
class Film:
    """How a camera records.

    Attributes:
        exposure: Factor on radiance, or None to measure each picture.
        noise: Noise of the sensor as a share of full scale at daylight's gain; it grows with gain.
        glare: Share of light that the lens spreads.
        vignetting: Loss of light in the corners.
    """

    exposure: float | None = None
    noise: float = 0.004
    glare: float = 0.05
    vignetting: float = 0.12


def exposure_of(radiance: Floats) -> float:
    """Return the factor that puts a picture's middle gray where a viewer expects it.

    The key falls with the light, so that dusk is dusky and night stays night (after Krawczyk, Myszkowski and Seidel
    2005, "Perceptual effects in real-time tone mapping", which fits it to what people prefer).
    """
    light = np.maximum(radiance.reshape(-1, 3) @ _LUMA, 1e-7)
    middle, high = np.percentile(light, [50, 97])
    mean = float(np.exp(np.log(np.minimum(light, high)).mean()))
    candela = np.log10(mean * 1000)
    day, lit = _between(0.8, 3.4, candela), _between(0.3, 1.3, candela)
    exposure = (0.045 + 0.125 * day) / mean
    held = min(1.0, (0.6 + 0.55 * day) / max(float(high), float(middle)) / exposure)
    return float(exposure * held**lit)  # walls in the sun stay walls, and the sky of dusk keeps its colors


def _between(low: float, high: float, x: float) -> float:
    """Return 0 below `low`, 1 above `high`, and a smooth way between."""
    share = float(np.clip((x - low) / (high - low), 0, 1))
    return share * share * (3 - 2 * share)


def developed(radiance: Floats, film: Film, noise: np.random.Generator) -> NDArray[np.uint8]:
    """Return the picture of radiance (height, width, 3) as sRGB bytes."""
    exposure = film.exposure if film.exposure is not None else exposure_of(radiance)
    light = radiance.astype(np.float32) * np.float32(exposure)
    light = _with_glare(light, film.glare)
    light *= _vignette(light.shape[0], light.shape[1], film.vignetting)
    if film.noise:
        gain = np.clip(exposure / 0.1, 0.3, 3000.0) ** 0.2  # longer exposure and cleaning take most of it
        deviation = film.noise * np.float32(gain) * np.sqrt(0.02 + np.minimum(light, 1.5))
        light += deviation * noise.standard_normal(light.shape, np.float32)
    tone = _filmic(_held(np.maximum(light, 0)))
    return np.asarray(np.clip(_gamma(tone) * 255 + 0.5, 0, 255), np.uint8)


def _with_glare(light: Floats, share: float) -> Floats:
    bright = np.minimum(np.maximum(light - 1.2, 0), 24.0)
    scale = light.shape[1] / 640
    small = cv2.resize(bright, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    halo = sum(
        weight * cv2.GaussianBlur(small, (0, 0), max(sigma * scale, 0.6))
        for weight, sigma in ((0.55, 0.8), (0.3, 2.5), (0.15, 8.0))
    )
    spread = cv2.resize(np.asarray(halo, np.float32), (light.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(light + spread * np.float32(share * 2))


def _vignette(height: int, width: int, loss: float) -> Floats:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.asarray(1 - loss * (x * x + y * y)[..., None] / 2, np.float32)


def _held(light: Floats) -> Floats:
    """Return light whose highlights are pressed together, as cameras of vehicles do over their 120 dB.

    What is bright keeps its color: the lit lamp of a brake is red, and a van before one's own beams has its shape.
    """
    level = light @ np.array([0.3, 0.5, 0.2], np.float32)
    over = np.maximum(level - np.float32(_KNEE), 0)
    held = np.where(over > 0, np.float32(_KNEE) + _SLOPE * np.log1p(over / _SLOPE), level)
    return np.asarray(light * (held / np.maximum(level, np.float32(1e-6)))[..., None], np.float32)


def _filmic(x: Floats) -> Floats:
    """Return the tone curve that Narkowicz fitted to ACES (2015)."""
    return np.minimum((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), np.float32(1))


def _gamma(x: Floats) -> Floats:
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.power(np.maximum(x, 1e-8), 1 / 2.4) - 0.055)
