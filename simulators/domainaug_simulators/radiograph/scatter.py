"""Scattered photons at the detector.

Where the primary beam leaves the patient along a ray that takes the share 1 - T of its photons, some of those that were
taken were scattered once and get out: about as many as -T ln T says, the chance to be hit exactly once (the forward
scatter potential of Ohnesorge et al. 1999, Eur. Radiol. 9:563). They leave a layer at the height h above the detector
in all directions, so a point of the layer lights the detector by h / (2 pi (h² + r²)^(3/2)) (Boone and Seibert 1988,
Med. Phys. 15:721, for the point spread over an air gap). Its Fourier transform is exp(-2 pi f h), which is how it is
applied. So scatter grows with thickness and field and falls with the air gap by itself; one factor, `YIELD`, stands
for photons that were scattered more than once and for what is absorbed. It is set so that 20 cm of water, without
air gap and with a field of 30 x 30 cm, give what our own Monte Carlo count of Compton scattering gives (see the tests).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["GRIDS", "YIELD", "scattered"]

Plane = NDArray[np.float32]

YIELD: Final = 0.9
"""Scattered photons that leave toward the detector for each that the potential counts."""

GRIDS: Final = {"none": (1.0, 1.0), "8:1": (0.72, 0.17), "12:1": (0.68, 0.10)}
"""Grid to the share of primary and of scattered photons that it lets through; typical values, an opinion."""

_REACH = 3.0
"""Padding around the picture, in heights: beyond, less than a tenth of the kernel is left, and nothing is there."""


def scattered(primary: Plane, open_beam: Plane, height: float, pitch: float, *, gain: float = YIELD) -> Plane:
    """Return the scatter that reaches the detector, (rows, columns), in the unit of `primary`.

    Args:
        primary: Signal behind the patient.
        open_beam: Signal without a patient, collimated.
        height: Of the layer that scatters above the detector, in mm.
        pitch: Of the pixels, in mm.
        gain: `YIELD`.
    """
    import cv2
    from scipy import fft

    coarse = max(1, round(min(height / 8, min(primary.shape) * pitch / 24) / pitch))
    size = (max(1, primary.shape[1] // coarse), max(1, primary.shape[0] // coarse))
    small = cv2.resize(primary, size, interpolation=cv2.INTER_AREA)
    beam = cv2.resize(open_beam, size, interpolation=cv2.INTER_AREA)
    share = np.clip(small / np.maximum(beam, np.float32(1e-12)), np.float32(1e-12), np.float32(1))
    potential = beam * (-share * np.log(share))
    steps = (pitch * primary.shape[0] / size[1], pitch * primary.shape[1] / size[0])
    margin = [int(np.ceil(_REACH * height / step)) for step in steps]
    shape = [fft.next_fast_len(n + 2 * m, real=True) for n, m in zip(potential.shape, margin, strict=True)]
    waves = fft.rfft2(potential, s=shape)
    along = [fft.fftfreq(shape[0], steps[0])[:, None], fft.rfftfreq(shape[1], steps[1])[None, :]]
    waves *= np.exp(-2 * np.pi * height * np.hypot(*along))
    veil = fft.irfft2(waves, s=shape)[: potential.shape[0], : potential.shape[1]].astype(np.float32)
    whole = cv2.resize(np.maximum(veil, 0), primary.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.maximum(whole, 0) * np.float32(gain), np.float32)
