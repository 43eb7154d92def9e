"""How rain, snow and fog act on light: every relation that images, LiDAR and particles share, each with its source.

Extinction is the share of light lost a meter. Rates are mm/h of water, also of snow.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CONTRAST_EXPONENT",
    "drop_density",
    "drop_slope",
    "drop_speed",
    "extinction_of_rain",
    "extinction_of_snowfall",
    "extinction_of_visibility",
    "flake_density",
    "flake_slope",
    "flake_speed",
    "visibility_of_extinction",
]

CONTRAST_EXPONENT = 3.0
"""-ln 0.05: visibility is where 5 % of contrast is left (Koschmieder 1924; WMO-No. 8, meteorological optical range)."""

_DROPS = 8000.0  # per m3 and mm (Marshall and Palmer 1948)


def extinction_of_visibility(visibility: float) -> float:
    """Return the extinction, 1/m, of air in which one sees `visibility` meters (Koschmieder 1924)."""
    return CONTRAST_EXPONENT / visibility


def visibility_of_extinction(extinction: float) -> float:
    """Return how many meters one sees through air of an extinction, 1/m; infinite through none."""
    return CONTRAST_EXPONENT / extinction if extinction > 0 else math.inf


def drop_slope(rain: float) -> float:
    """Return L of rain, 1/mm: drops of diameter D are as many as exp(-L D) says (Marshall and Palmer 1948).

    Args:
        rain: mm/h, above 0.
    """
    return 4.1 * math.pow(rain, -0.21)


def drop_density(rain: float, smallest: float = 0.0) -> float:
    """Return how many drops of more than `smallest` mm a cubic meter of air holds (Marshall and Palmer 1948)."""
    if rain <= 0:
        return 0.0
    slope = drop_slope(rain)
    return _DROPS / slope * math.exp(-slope * smallest)


def drop_speed(diameter: ArrayLike) -> NDArray[np.float64]:
    """Return how fast drops of diameters in mm fall, m/s (Atlas, Srivastava and Sekhon 1973)."""
    return np.asarray(np.maximum(9.65 - 10.3 * np.exp(-0.6 * np.asarray(diameter, np.float64)), 0.1))


def extinction_of_rain(rain: float) -> float:
    """Return the extinction of rain, 1/m.

    Drops are far larger than the wavelength, so each takes twice its cross section from a beam; over the drops of
    Marshall and Palmer that is pi N0 / L^3, about 3.6e-4 R^0.63. (Measured at 1.55 um: 2.5e-4 R^0.67, Carbonneau and
    Wisely 1998.)

    Args:
        rain: mm/h.
    """
    if rain <= 0:
        return 0.0
    return math.pi * _DROPS / math.pow(drop_slope(rain), 3) * 1e-6  # mm2/m3 to 1/m


def flake_slope(snowfall: float) -> float:
    """Return L of snow, 1/mm of the diameter that a flake has when it has melted (Gunn and Marshall 1958).

    Args:
        snowfall: mm/h of water, above 0.
    """
    return 2.55 * math.pow(snowfall, -0.48)


def flake_density(snowfall: float, smallest: float = 0.0) -> float:
    """Return how many flakes a cubic meter holds that melt to more than `smallest` mm (Gunn and Marshall 1958)."""
    if snowfall <= 0:
        return 0.0
    slope = flake_slope(snowfall)
    return 3800.0 * math.pow(snowfall, -0.87) / slope * math.exp(-slope * smallest)


def flake_speed(diameter: ArrayLike) -> NDArray[np.float64]:
    """Return how fast flakes of diameters in mm fall, m/s (Locatelli and Hobbs 1974, aggregates of dendrites)."""
    return np.asarray(0.8 * np.asarray(diameter, np.float64) ** 0.16)


def extinction_of_snowfall(snowfall: float) -> float:
    """Return the extinction of falling snow in visible light, 1/m (dry snow, ITU-R P.1814: 5.5 S^1.38 dB/km).

    Below 0.5 mm/h the power law, made for more, is held to a straight line through that point.

    Args:
        snowfall: mm/h of water.
    """
    if snowfall <= 0:
        return 0.0
    decibels = 5.526 * math.pow(max(snowfall, 0.5), 1.38) * min(snowfall / 0.5, 1.0)
    return decibels * math.log(10) / 10 / 1000
