"""What a flat detector reads: blur, photon noise, electronic noise, and the response that becomes stored values.

The order is nature's: what blurs before the photons are counted (the focal spot, the pixel) blurs the signal; then
photons are counted; then light spreads in the scintillator and blurs signal and noise alike; then the electronics add
noise of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.random import normals

__all__ = ["Detector", "blurred", "processed", "response", "stored"]

Plane = NDArray[np.float32]

_DECADES: Final = 4.0
"""Powers of ten of exposure that a logarithmic response spans."""

_HEADROOM: Final = 1.25
"""Exposure at the upper end of the stored values, as a multiple of the open beam."""


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector.

    Attributes:
        pitch: Of the pixels, in mm.
        efficiency: Share of the photons that are counted.
        spread: H in mm² of the scintillator's transfer 1 / (1 + H f²), f in cycles a mm; 0.3 makes 0.77 at 1 cycle/mm.
        electronic: Standard deviation of the electronics' noise, in counted photons.
    """

    pitch: float
    efficiency: float = 0.65
    spread: float = 0.3
    electronic: float = 4.0

    def read(
        self, kerma: Plane, square: Plane, photons_per_ugy: float, focus_mm: float, key: int, *, noisy: bool = True
    ) -> Plane:
        """Return the kerma that the detector reads at every pixel, in µGy.

        Args:
            kerma: That arrives, in µGy, middle by middle of the pixels.
            square: What the variance follows, in the same unit: as `kerma`, but with photons weighed by the square of
                their energy.
            photons_per_ugy: Photons a mm² for a µGy.
            focus_mm: Standard deviation of the focal spot's blur at the detector.
            key: Of the noise.
            noisy: Whether to count photons.
        """
        counted = photons_per_ugy * self.pitch**2 * self.efficiency
        seen = blurred(kerma, self.pitch, lambda f, g: _gauss(f, g, focus_mm) * _aperture(f, g, self.pitch))
        if noisy:
            deviation: Plane = np.sqrt(np.maximum(square, 0, dtype=np.float32) / np.float32(counted))
            seen += deviation * normals(seen.shape, key, 0)
        read = blurred(seen, self.pitch, lambda f, g: 1 / (1 + self.spread * (f**2 + g**2)))
        if noisy and self.electronic:
            read = read + np.float32(self.electronic / counted) * normals(read.shape, key, 1)
        return np.asarray(read, np.float32)


def _gauss(f: Any, g: Any, sigma: float) -> Any:
    return np.exp(-2 * (np.pi * sigma) ** 2 * (f**2 + g**2))


def _aperture(f: Any, g: Any, pitch: float) -> Any:
    return np.sinc(f * pitch) * np.sinc(g * pitch)


def blurred(picture: Plane, pitch: float, transfer: Any) -> Plane:
    """Return a picture filtered by a transfer function that is even in both frequencies; borders reflect.

    Args:
        picture: (rows, columns).
        pitch: In mm.
        transfer: Takes frequencies along rows and columns, in cycles a mm.
    """
    from scipy import fft

    waves = fft.dctn(picture, norm="ortho")
    rows, columns = (np.arange(n, dtype=np.float32) / (2 * n * pitch) for n in picture.shape)
    waves *= np.asarray(transfer(rows[:, None], columns[None, :]), np.float32)
    return np.asarray(fft.idctn(waves, norm="ortho"), np.float32)


def response(kerma: Plane, full: float, kind: str) -> Plane:
    """Return how far up its range the detector's output is, 0 to 1, rising with kerma.

    Args:
        kerma: Read at every pixel.
        full: Kerma of the open beam; the range ends a quarter above it.
        kind: "linear"; or "log": four powers of ten.
    """
    share = kerma / np.float32(full * _HEADROOM)
    if kind == "log":
        share = 1 + np.log10(np.maximum(share, np.float32(10.0**-_DECADES))) / np.float32(_DECADES)
    return np.asarray(np.clip(share, 0, 1), np.float32)


def processed(output: Plane, pitch: float, body: NDArray[np.bool_]) -> Plane:
    """Return a logarithmic output as systems show it: large differences flattened, small ones lifted.

    Of what is coarser than 40 mm a third is taken away, what is finer than 1.2 mm is raised by half; both are opinions,
    as every maker has their own. What is more or less exposed than the body counts as its ends.

    Args:
        output: Share of the range, rising with kerma.
        pitch: In mm.
        body: Where the patient is.
    """
    low, high = np.percentile(output[body] if body.any() else output, [0.1, 99.9]).astype(np.float32)
    held = np.clip(output, low, high)
    coarse = blurred(held, pitch, lambda f, g: _gauss(f, g, 40.0))
    fine = output - blurred(output, pitch, lambda f, g: _gauss(f, g, 1.2))
    flat = output - np.float32(0.35) * (coarse - coarse.mean()) + np.float32(0.5) * fine
    return np.asarray(np.clip(flat, 0, 1), np.float32)


def stored(output: Plane, bits: int, *, inverted: bool) -> NDArray[np.uint16]:
    """Return whole numbers of so many bits; `inverted`: they fall with kerma, so that bones have high values."""
    top = (1 << bits) - 1
    level = output * np.float32(top)
    return np.asarray(np.rint(top - level if inverted else level), np.uint16)
