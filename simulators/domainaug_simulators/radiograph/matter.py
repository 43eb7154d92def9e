"""From Hounsfield units to how much water and how much bone there is.

A CT's value says how much a voxel attenuates at the scanner's effective energy. Below `SOFT` it is water, thinner or
denser. Above, it is a mixture of soft tissue and cortical bone, more bone the higher the value, that attenuates at that
energy as the value says; from cortical bone on it is bone, denser. The split by value is what simulators of
radiographs from CT do (Unberath et al. 2018, DeepDRR, MICCAI); where the ramp begins is an opinion. Contrast media and
metal count as dense bone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.radiograph.spectrum import DENSITY, attenuation

__all__ = ["AIR", "CT_ENERGY", "SOFT", "densities"]

AIR: Final = -1000.0
"""HU of nothing."""

SOFT: Final = 120.0
"""HU up to which tissue holds no bone mineral."""

CT_ENERGY: Final = 70.0
"""Effective energy of a CT at 120 kV, in keV."""


def densities(hounsfield: NDArray[Any], energy: float = CT_ENERGY) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the density of water and that of bone in every voxel, in g/cm³.

    Args:
        hounsfield: Values in HU; below -1000 counts as air.
        energy: Effective energy of the scanner, in keV.
    """
    at = np.array([energy])
    water, bone = float(attenuation("water", at)[0]), float(attenuation("bone", at)[0])
    soft, solid = 1 + SOFT / 1000, DENSITY["bone"] * bone / water  # attenuation, that of water being 1
    total = np.maximum(hounsfield.astype(np.float32) / np.float32(1000) + np.float32(1), np.float32(0))
    share = np.clip((total - np.float32(soft)) / np.float32(solid - soft), 0, 1)
    mineral = share * np.float32(solid)
    mineral += np.maximum(total - np.float32(solid), 0)  # denser than cortical bone
    return total - mineral, mineral * np.float32(water / bone)
