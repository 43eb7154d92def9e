"""Scattered photons at the detector.

Where the patient lets the share T of the primary beam through, some of the rest was scattered and gets out on the same
side: in proportion to -T ln T, the chance to be hit exactly once (the forward scatter potential of Ohnesorge et al.
1999, Eur. Radiol. 9:563), more, the thicker the body, for photons that were hit more than once, and less where hits
absorb rather than scatter. They leave a layer
at the height h above the detector, and a point of it lights the detector by h / (2 pi (h² + r²)^(3/2)) (the solid angle
of a pixel; Boone and Seibert 1988, Med. Phys. 15:721, fit the same over air gaps). Its Fourier transform is
exp(-2 pi f h), which is how it is applied. So scatter grows with thickness and field, and falls with the air gap.

The numbers (how strong, how high) are fitted to a Monte Carlo count of Compton scattering in slabs of water, 10 to 25
cm thick, at 45 to 80 keV, fields of 15 and 30 cm, air gaps up to 20 cm, and meet it within 15 %; a test repeats it.
Coherent scatter and what scatters in bone otherwise than in water are left out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.radiograph.spectrum import scattering_share

__all__ = ["GRIDS", "height_of", "scattered"]

Plane = NDArray[np.float32]

GRIDS: Final = {"none": (1.0, 1.0), "8:1": (0.72, 0.17), "12:1": (0.68, 0.10)}
"""Grid to the share of primary and of scattered photons that it lets through; typical values, an opinion."""

_ONCE, _AGAIN, _HITS = 0.60, 0.15, 3.7
_OF_BODY, _OF_GAP = 0.22, 0.53
_REACH = 3.0
"""Padding around the picture, in heights: what is beyond comes back from the other side, a tenth as strong."""


def height_of(thickness: float, gap: float) -> float:
    """Return the height of the layer that photons seem to come from, in mm.

    Args:
        thickness: Of the body, as water, in mm.
        gap: Between body and detector, in mm. Scatter goes forward, so it spreads by half of it only.
    """
    return max(_OF_BODY * thickness + _OF_GAP * gap, 5.0)


def scattered(primary: Plane, open_beam: Plane, height: float, pitch: float, energy: float) -> Plane:
    """Return the scatter that reaches the detector, (rows, columns), in the unit of `primary`.

    Args:
        primary: Signal behind the patient.
        open_beam: Signal without a patient, collimated.
        height: See `height_of`.
        pitch: Of the pixels, in mm.
        energy: Mean energy of the beam, in keV.
    """
    import cv2
    from scipy import fft

    coarse = max(1, round(min(height / 8, min(primary.shape) * pitch / 24) / pitch))
    size = (max(1, primary.shape[1] // coarse), max(1, primary.shape[0] // coarse))
    small = cv2.resize(primary, size, interpolation=cv2.INTER_AREA)
    beam = cv2.resize(open_beam, size, interpolation=cv2.INTER_AREA)
    share = np.clip(small / np.maximum(beam, np.float32(1e-12)), np.float32(1e-12), np.float32(1))
    depth = -np.log(share)
    gain = (_ONCE + _AGAIN * depth) * scattering_share(energy) ** _HITS
    potential = beam * share * depth * gain
    steps = (pitch * primary.shape[0] / size[1], pitch * primary.shape[1] / size[0])
    margin = [int(np.ceil(_REACH * height / step)) for step in steps]
    shape = [fft.next_fast_len(n + 2 * m, real=True) for n, m in zip(potential.shape, margin, strict=True)]
    waves = fft.rfft2(potential, s=shape)
    along = [fft.fftfreq(shape[0], steps[0])[:, None], fft.rfftfreq(shape[1], steps[1])[None, :]]
    waves *= np.exp(-2 * np.pi * height * np.hypot(*along))
    veil = fft.irfft2(waves, s=shape)[: potential.shape[0], : potential.shape[1]].astype(np.float32)
    whole = cv2.resize(np.maximum(veil, 0), primary.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.maximum(whole, 0), np.float32)
