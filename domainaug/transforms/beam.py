"""An X-ray beam: its spectrum, what materials take from it, and what a scanner reads that calls everything water.

Mass attenuation coefficients are those of NIST (Hubbell and Seltzer, Tables of X-Ray Mass Attenuation Coefficients,
NISTIR 5632), between energies on a line of logarithms. The spectrum is Kramers' law (1923) behind aluminum, read by a
detector that weighs a photon by its energy. Only ratios to water at one energy count, so no density is needed: a path
is told in millimeters of water that attenuate alike at the effective energy, which is what Hounsfield units say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["METALS", "Beam", "beam_of"]

Array = NDArray[np.float64]

_ENERGIES = (20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 150.0)  # keV
_MASS_ATTENUATION: Mapping[str, tuple[float, ...]] = {  # cm²/g
    "water": (0.8096, 0.3756, 0.2683, 0.2269, 0.2059, 0.1837, 0.1707, 0.1505),
    "bone": (4.001, 1.331, 0.6655, 0.4242, 0.3148, 0.2229, 0.1855, 0.1480),  # cortical, ICRU 44
    "aluminum": (3.441, 1.128, 0.5685, 0.3681, 0.2778, 0.2018, 0.1704, 0.1378),
    "titanium": (15.85, 4.972, 2.214, 1.213, 0.7661, 0.4052, 0.2721, 0.1649),
    "iron": (25.68, 8.176, 3.629, 1.958, 1.205, 0.5952, 0.3717, 0.1964),
}
_DENSITY = {"aluminum": 2.699, "titanium": 4.54, "iron": 7.874}  # g/cm³
_FILTER_CM = 0.8
_REFERENCE_MM = 200.0
"""The path of water for which the scanner is calibrated."""

METALS = ("titanium", "iron")
"""What implants are made of; steel attenuates as iron does."""


@dataclass(frozen=True, slots=True, eq=False)
class Beam:
    """A beam as a scanner's detector weighs it.

    Attributes:
        weights: Share of the unattenuated signal at each energy; they add up to 1.
        water: Attenuation of water at each energy, per mm.
        effective: Attenuation of water, per mm, that Hounsfield units are reckoned with: the mean over 200 mm of it.
        ratios: Material to its attenuation at each energy, that at the effective energy being `effective`.
        times_water: Material to how often it attenuates as much as water, at the effective energy, as a solid piece.
    """

    weights: Array
    water: Array
    effective: float
    ratios: Mapping[str, Array]
    times_water: Mapping[str, float]

    def measured(self, paths: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return minus the logarithm of the share of the signal that gets through.

        Args:
            paths: Material to its path, in mm of water that attenuates alike at the effective energy.
        """
        signal = np.zeros(np.broadcast_shapes(*(path.shape for path in paths.values())), np.float32)
        for k, weight in enumerate(self.weights):
            depth = sum(np.float32(self.ratios[material][k]) * path for material, path in paths.items())
            signal += np.float32(weight) * np.exp(-depth)
        return np.asarray(-np.log(np.maximum(signal, np.float32(1e-30))), np.float32)

    def corrected(self, measured: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what a scanner makes of measured values by its calibration with water: exact where all is water."""
        paths = np.concatenate([np.linspace(0.0, 600.0, 301), np.linspace(610.0, 6000.0, 540)]).astype(np.float32)
        known = self.measured({"water": paths})
        made: NDArray[np.float32] = np.interp(measured, known, paths * self.effective).astype(np.float32)
        return made


@lru_cache(maxsize=16)
def beam_of(kvp: float) -> Beam:
    """Return the beam of a tube voltage.

    Args:
        kvp: Peak voltage in kV, 60 to 150.
    """
    energies = np.arange(20.0, kvp + 0.1, 5.0)
    attenuation = {name: _at(energies, name) for name in _MASS_ATTENUATION}
    photons = (kvp - energies + 2.5) / energies * np.exp(-attenuation["aluminum"] * _DENSITY["aluminum"] * _FILTER_CM)
    signal = photons * energies
    weights, water = signal / signal.sum(), attenuation["water"] / 10
    effective = float(-np.log((weights * np.exp(-water * _REFERENCE_MM)).sum()) / _REFERENCE_MM)
    energy = float(np.interp(-effective, -water, energies))  # attenuation falls
    at_effective = {name: float(_at(np.array([energy]), name)[0]) for name in _MASS_ATTENUATION}
    ratios = {name: attenuation[name] * (effective / at_effective[name]) for name in ("bone", *METALS)}
    times = {name: at_effective[name] * _DENSITY[name] / (10 * effective) for name in METALS}
    return Beam(weights, water, effective, {"water": water, **ratios}, times)


def _at(energies: Array, material: str) -> Array:
    known = np.log(_MASS_ATTENUATION[material])
    return np.asarray(np.exp(np.interp(np.log(energies), np.log(_ENERGIES), known)))
