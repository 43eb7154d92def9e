"""The beam of an X-ray tube: its spectrum, what materials take from it, what a detector makes of the rest.

The spectrum is Kramers' law (1923, Phil. Mag. 46:836) behind the tube's filters; tungsten's lines are left out. Mass
attenuation and energy absorption coefficients are those of NIST (Hubbell and Seltzer, Tables of X-Ray Mass Attenuation
Coefficients, NISTIR 5632), between energies on lines of logarithms. They were written down from memory and are held to
what others measured: half value layer and photons per air kerma of the beam qualities of IEC 61267 (see the tests).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["DENSITY", "Beam", "attenuation", "beam_of", "scattering_share"]

Array = NDArray[np.float64]

_ENERGIES = (10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 150.0)  # keV
_ATTENUATION: Mapping[str, tuple[float, ...]] = {  # cm²/g
    "water": (5.329, 1.673, 0.8096, 0.3756, 0.2683, 0.2269, 0.2059, 0.1837, 0.1707, 0.1505),
    "bone": (28.51, 9.032, 4.001, 1.331, 0.6655, 0.4242, 0.3148, 0.2229, 0.1855, 0.1480),  # cortical, ICRU 44
    "aluminum": (26.23, 7.955, 3.441, 1.128, 0.5685, 0.3681, 0.2778, 0.2018, 0.1704, 0.1378),
    "copper": (215.9, 74.05, 33.79, 10.92, 4.862, 2.613, 1.593, 0.7630, 0.4584, 0.2217),
    "air": (5.120, 1.614, 0.7779, 0.3538, 0.2485, 0.2080, 0.1875, 0.1662, 0.1541, 0.1356),
}
_ABSORBED_IN_AIR = (4.742, 1.334, 0.5389, 0.1537, 0.06833, 0.04098, 0.03041, 0.02407, 0.02325, 0.02496)  # cm²/g
DENSITY: Mapping[str, float] = {"water": 1.0, "bone": 1.92, "aluminum": 2.699, "copper": 8.96, "air": 0.001205}
"""g/cm³."""

_STEP = 2.5  # keV
_JOULE = 1.602176634e-16  # a keV


def attenuation(material: str, energies: Array) -> Array:
    """Return the mass attenuation coefficient at energies in keV, in cm²/g."""
    return _between(_ATTENUATION[material], energies)


def scattering_share(energy: float) -> float:
    """Return how many of the photons that water takes from a beam of one energy, in keV, it scatters (Compton).

    Klein and Nishina's (1929, Z. Phys. 52:853) cross section, of 3.343e23 electrons a gram, over all attenuation.
    """
    a = energy / 510.999
    whole = (1 + a) / a**2 * (2 * (1 + a) / (1 + 2 * a) - np.log(1 + 2 * a) / a)
    whole += np.log(1 + 2 * a) / (2 * a) - (1 + 3 * a) / (1 + 2 * a) ** 2
    scattered = 2 * np.pi * 2.8179403e-13**2 * whole * 3.343e23
    return float(scattered / attenuation("water", np.array([energy]))[0])


def _between(known: tuple[float, ...], energies: Array) -> Array:
    return np.asarray(np.exp(np.interp(np.log(energies), np.log(_ENERGIES), np.log(known))))


@dataclass(frozen=True, slots=True, eq=False)
class Beam:
    """A beam without a patient.

    Attributes:
        energies: Middles of the bins, in keV.
        photons: Share of the photons in each; they add up to 1.
        water: Mass attenuation of water, in cm²/g.
        bone: That of cortical bone.
        photons_per_ugy: Photons a mm² for one µGy of air kerma.
    """

    energies: Array
    photons: Array
    water: Array
    bone: Array
    photons_per_ugy: float

    @property
    def mean_energy(self) -> float:
        """Mean energy of a photon, in keV."""
        return float(self.photons @ self.energies)

    def signal(
        self, water: NDArray[np.float32], bone: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what a detector that weighs photons by their energy gets, as shares of the open beam.

        Args:
            water: Mass of water a cm² of cross section along each ray, in g/cm².
            bone: The same of bone.

        Returns:
            The signal, and the sum of squared energies (what its variance follows), each 1 in the open beam.
        """
        first = np.zeros(np.shape(water), np.float32)
        second = np.zeros(np.shape(water), np.float32)
        by_energy = self.photons * self.energies
        by_square = by_energy * self.energies
        for k in range(len(self.energies)):
            passed = np.exp(-(np.float32(self.water[k]) * water + np.float32(self.bone[k]) * bone))
            first += np.float32(by_energy[k] / by_energy.sum()) * passed
            second += np.float32(by_square[k] / by_square.sum()) * passed
        return first, second

    @property
    def swank(self) -> float:
        """Squared mean energy over mean squared energy: what weighing by energy leaves of the photons' information."""
        return float((self.photons @ self.energies) ** 2 / (self.photons @ self.energies**2))

    def half_value_layer(self, material: str = "aluminum") -> float:
        """Return the thickness in mm that halves the air kerma."""
        kerma = self.photons * self.energies * _between(_ABSORBED_IN_AIR, self.energies)
        each_mm = attenuation(material, self.energies) * DENSITY[material] / 10
        low, high = 0.0, 100.0
        for _ in range(60):
            middle = (low + high) / 2
            halved = (kerma * np.exp(-each_mm * middle)).sum() < kerma.sum() / 2
            low, high = (low, middle) if halved else (middle, high)
        return (low + high) / 2


@lru_cache(maxsize=64)
def beam_of(kvp: float, aluminum_mm: float = 4.0, copper_mm: float = 0.0) -> Beam:
    """Return the beam of a tube voltage and its filters.

    Args:
        kvp: Peak voltage in kV, 40 to 150.
        aluminum_mm: All that the target, the tube and its filters take, as aluminum.
        copper_mm: Copper besides.
    """
    energies = np.arange(10.0 + _STEP / 2, kvp, _STEP)
    through = attenuation("aluminum", energies) * DENSITY["aluminum"] * aluminum_mm / 10
    through = through + attenuation("copper", energies) * DENSITY["copper"] * copper_mm / 10
    photons = (kvp / energies - 1) * np.exp(-through)
    photons = photons / photons.sum()
    keep = photons > 1e-7 * photons.max()
    energies, photons = energies[keep], photons[keep] / photons[keep].sum()
    # keV/mm² x cm²/g = 100 keV/g; in Gy = J/kg
    gray = float((photons * energies * _between(_ABSORBED_IN_AIR, energies)).sum()) * 100 * _JOULE * 1000
    return Beam(energies, photons, attenuation("water", energies), attenuation("bone", energies), 1e-6 / gray)
