"""Sun and sky: how bright each direction is, by the sun's height, haze and clouds.

Clear skies follow Preetham, Shirley and Smits 1999 ("A practical analytic model for daylight"), overcast ones the CIE
(1 + 2 sin h) / 3. Below the horizon the sun hands over to a twilight and a night that are drawn by eye. Radiance is
in units of 1000 cd/m2 (kcd), linear RGB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug_simulators.street.mesh import Floats

__all__ = ["Sky", "sky_of"]

_XYZ_TO_RGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
_NIGHT = np.array([0.00010, 0.00014, 0.00025])  # a clear sky over a town: about 0.13 cd/m2
_BETWEEN = 0.6  # of what the ground sends up, the share that closed clouds send down again
_USUAL = _BETWEEN * 0.18 / (1 - _BETWEEN * 0.18)  # over bare ground, which the overcast sky has in it already
_AS_MEASURED = 0.45  # brings the model's clear sky to the 10 to 20 klx that it gives on level ground by day
_TOWN_ON_CLOUDS = np.array([0.00066, 0.00053, 0.00042])  # its lamps from below: several times a clear sky (Kyba 2011)
_TWILIGHT = np.array([0.075, 0.145, 0.34])


@dataclass(frozen=True, slots=True)
class Sky:
    """What lights a scene from far away.

    Attributes:
        sun: (3,) unit vector towards the sun.
        sunlight: (3,) irradiance of the sun on a surface that faces it, RGB; 0 below the horizon.
        table: (heights, azimuths, 3) radiance of directions, from the horizon to the zenith.
        ambient: (heights, azimuths, 3) irradiance / pi from the whole sphere on a surface with that normal, from
            straight down to straight up, the ground's own light included.
        clouds: Share of the sky that clouds hide, 0 to 1.
        ground: (3,) radiance of open ground far away.
        night: 0 by day to 1 at night: whether lamps burn.
    """

    sun: NDArray[np.float64]
    sunlight: NDArray[np.float64]
    table: Floats
    ambient: Floats
    clouds: float
    ground: NDArray[np.float64]
    night: float


def sky_of(
    altitude: float, azimuth: float, *, turbidity: float = 3.0, clouds: float = 0.1, albedo: float = 0.18
) -> Sky:
    """Return sun and sky.

    Args:
        altitude: Height of the sun over the horizon, degrees; negative at night.
        azimuth: Its direction, degrees counter-clockwise from +x.
        turbidity: Haze: 2 very clear, 3 clear, 6 hazy, 10 thin fog.
        clouds: Share of the sky that they hide.
        albedo: How much light the ground gives back.
    """
    high, around = np.radians(altitude), np.radians(azimuth)
    sun = np.array([np.cos(high) * np.cos(around), np.cos(high) * np.sin(around), np.sin(high)])
    direct = _sunlight(altitude, turbidity) * (1 - clouds) ** 1.5
    heights, azimuths = np.radians(np.linspace(0, 90, 64)), np.radians(np.arange(0, 360, 360 / 128))
    h, a = np.meshgrid(heights, azimuths, indexing="ij")
    directions = np.stack([np.cos(h) * np.cos(a), np.cos(h) * np.sin(a), np.sin(h)], axis=-1)
    table = radiance(directions, sun, altitude, turbidity, clouds, albedo)
    upward = _irradiance(table, directions, h, np.array([[0.0, 0.0, 1.0]]))[0]
    ground = albedo * (upward + direct * max(sun[2], 0.0)) / np.pi
    return Sky(
        sun=sun,
        sunlight=direct,
        table=table.astype(np.float32),
        ambient=_ambient(table, directions, h, ground),
        clouds=clouds,
        ground=ground,
        night=float(np.clip((2.0 - altitude) / 6.0, 0, 1)),
    )


def radiance(
    directions: ArrayLike,
    sun: NDArray[np.float64],
    altitude: float,
    turbidity: float,
    clouds: float,
    albedo: float = 0.18,
) -> NDArray[np.float64]:
    """Return the radiance of directions above the horizon, (..., 3), without the sun's disc and single clouds."""
    d = np.asarray(directions, np.float64)
    day = float(np.clip((altitude + 4) / 7, 0, 1))
    clear = _AS_MEASURED * _preetham(d, sun, max(altitude, 1.0), turbidity) if day > 0 else np.zeros(d.shape)
    dusk = float(np.exp(-(((altitude + 1.5) / (5.0 if altitude > -1.5 else 3.7)) ** 2)))
    up = np.clip(d[..., 2:], 0, 1)
    toward = np.clip((d[..., :2] @ sun[:2] / max(np.hypot(*sun[:2]), 1e-9))[..., None] * 0.5 + 0.5, 0, 1)
    glow = np.array([1.0, 0.52, 0.22]) * np.exp(-7 * up) * toward**3 * 0.75
    twilight = dusk * (_TWILIGHT * (0.3 + 0.7 * np.exp(-2.2 * up)) * (0.4 + 0.6 * toward) + glow) * 1.1
    city = np.array([1.0, 0.80, 0.56]) * 0.00055 * np.exp(-6 * up)
    dark = _NIGHT * (0.6 + 0.4 * up) + city
    open_sky = clear * day**2 + twilight * (1 - day**2 * 0.9) + dark
    mean = open_sky.reshape(-1, 3).mean(axis=0)
    gray = mean.mean() * 0.5 + mean * 0.5 + _sunlight(altitude, turbidity) * max(sun[2], 0.03) * 0.10
    back = _BETWEEN * albedo  # what clouds send down again of the ground's own light: over snow it is all white
    overcast = gray * ((1 + 1.4 * up) / 2.4 * 1.15 + 0.78 * (back / (1 - back) - _USUAL))
    overcast += _TOWN_ON_CLOUDS * (1.25 - 0.5 * up) * (1 - day)
    return np.asarray(open_sky * (1 - clouds) + overcast * clouds)


def _sunlight(altitude: float, turbidity: float) -> NDArray[np.float64]:
    """Return the sun's irradiance through the air, RGB, 1000 cd/m2 sr: about 100 klx at noon."""
    if altitude < -0.8:
        return np.zeros(3)
    high = np.radians(max(altitude, 0.2))
    mass = 1.0 / (np.sin(high) + 0.15 * (np.degrees(high) + 3.885) ** -1.253)
    wave = np.array([0.650, 0.550, 0.450])  # micrometers
    rayleigh = np.exp(-0.008735 * wave**-4.08 * mass)
    aerosol = np.exp(-(0.04608 * turbidity - 0.04586) * wave**-1.3 * mass)
    rising = float(np.clip((altitude + 0.8) / 1.2, 0, 1))
    return np.asarray(np.array([128.0, 126.0, 122.0]) * rayleigh * aerosol * rising)


def _perez(turbidity: float) -> NDArray[np.float64]:
    """Return the five coefficients of luminance and of the two chromaticities, (3, 5)."""
    slope = np.array(
        [
            [0.1787, -0.3554, -0.0227, 0.1206, -0.0670],
            [-0.0193, -0.0665, -0.0004, -0.0641, -0.0033],
            [-0.0167, -0.0950, -0.0079, -0.0441, -0.0109],
        ]
    )
    start = np.array(
        [
            [-1.4630, 0.4275, 5.3251, -2.5771, 0.3703],
            [-0.2592, 0.0008, 0.2125, -0.8989, 0.0452],
            [-0.2608, 0.0092, 0.2102, -1.6537, 0.0529],
        ]
    )
    return np.asarray(slope * turbidity + start)


def _zenith(angle: float, turbidity: float) -> NDArray[np.float64]:
    t = np.array([turbidity**2, turbidity, 1.0])
    s = np.array([angle**3, angle**2, angle, 1.0])
    chi = (4 / 9 - turbidity / 120) * (np.pi - 2 * angle)
    luminance = (4.0453 * turbidity - 4.9710) * np.tan(chi) - 0.2155 * turbidity + 2.4192
    x = t @ np.array(
        [[0.00166, -0.00375, 0.00209, 0], [-0.02903, 0.06377, -0.03202, 0.00394], [0.11693, -0.21196, 0.06052, 0.25886]]
    )
    y = t @ np.array(
        [[0.00275, -0.00610, 0.00317, 0], [-0.04214, 0.08970, -0.04153, 0.00516], [0.15346, -0.26756, 0.06670, 0.26688]]
    )
    return np.array([luminance, x @ s, y @ s])


def _preetham(
    directions: NDArray[np.float64], sun: NDArray[np.float64], altitude: float, turbidity: float
) -> NDArray[np.float64]:
    angle = np.radians(90 - altitude)
    toward = np.array([*(sun[:2] / max(np.hypot(*sun[:2]), 1e-9) * np.sin(angle)), np.cos(angle)])
    cosine = np.clip(directions[..., 2], 0.01, 1)
    gamma = np.arccos(np.clip(directions @ toward, -1, 1))
    out = []
    for (a, b, c, d, e), zenith in zip(_perez(turbidity), _zenith(angle, turbidity), strict=True):

        def distribution(cos_theta: ArrayLike, off: ArrayLike) -> NDArray[np.float64]:
            haze = 1 + c * np.exp(d * np.asarray(off)) + e * np.cos(off) ** 2  # noqa: B023
            return np.asarray((1 + a * np.exp(b / np.asarray(cos_theta))) * haze)  # noqa: B023

        out.append(zenith * distribution(cosine, gamma) / distribution(1.0, angle))
    luminance, x, y = np.maximum(out[0], 1e-4), out[1], np.maximum(out[2], 1e-4)
    xyz = np.stack([x / y * luminance, luminance, (1 - x - y) / y * luminance], axis=-1)
    rgb = np.maximum(xyz @ _XYZ_TO_RGB.T, 0)
    pale = 0.90 + 0.11 * np.exp(-5 * np.clip(directions[..., 2], 0, 1))  # the fit is a little pink near the rim
    rgb[..., 1] = np.maximum(rgb[..., 1], np.sqrt(rgb[..., 0] * rgb[..., 2]) * pale)
    # cameras set their white in the shade bluer than the sun's
    return np.asarray(rgb * 0.72 + luminance[..., None] * 0.28)


def _irradiance(
    table: NDArray[np.float64],
    directions: NDArray[np.float64],
    heights: NDArray[np.float64],
    normals: NDArray[np.float64],
) -> NDArray[np.float64]:
    step = (np.pi / 2 / (table.shape[0] - 1)) * (2 * np.pi / table.shape[1])
    area = (np.cos(heights) * step).ravel()
    area[: table.shape[1]] *= 0.5
    facing = np.maximum(normals @ directions.reshape(-1, 3).T, 0)
    return np.asarray((facing * area) @ table.reshape(-1, 3))


def _ambient(
    table: NDArray[np.float64],
    directions: NDArray[np.float64],
    heights: NDArray[np.float64],
    ground: NDArray[np.float64],
) -> Floats:
    h, a = np.meshgrid(np.radians(np.linspace(-90, 90, 17)), np.radians(np.arange(0, 360, 22.5)), indexing="ij")
    normals = np.stack([np.cos(h) * np.cos(a), np.cos(h) * np.sin(a), np.sin(h)], axis=-1)
    from_sky = _irradiance(table[::2, ::2], directions[::2, ::2], heights[::2, ::2], normals.reshape(-1, 3))
    from_ground = np.pi * ground * (1 - normals.reshape(-1, 3)[:, 2:]) / 2
    return np.asarray(((from_sky + from_ground) / np.pi).reshape(17, 16, 3), np.float32)
