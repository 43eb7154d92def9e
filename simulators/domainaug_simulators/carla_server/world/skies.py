"""CARLA's weather in fourteen numbers, and what it is in physical units.

CARLA's percentages have no units. What is here is a reading of them that keeps their order: more is more. Snow is not
among them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

from domainaug.driving.weather import Weather

__all__ = ["CLEAR", "Sky", "sky_of", "weather_of"]

_CLEAR_SIGHT: Final = 30_000.0
_FOG_SIGHT: Final = 40.0
_HARDEST_RAIN: Final = 50.0
_WIND: Final = 0.2


@dataclass(frozen=True, slots=True)
class Sky:
    """CARLA's weather, in the order in which it is sent.

    Attributes:
        cloudiness: 0 to 100.
        precipitation: 0 to 100.
        precipitation_deposits: Puddles, 0 to 100.
        wind_intensity: 0 to 100.
        sun_azimuth_angle: Degrees, clockwise.
        sun_altitude_angle: Degrees.
        fog_density: 0 to 100.
        fog_distance: Meters before which there is none.
        fog_falloff: How fast it thins with height.
        wetness: 0 to 100.
        scattering_intensity: Of light by fog.
        mie_scattering_scale: Of light by haze.
        rayleigh_scattering_scale: Of light by air.
        dust_storm: 0 to 100.
    """

    cloudiness: float = 10.0
    precipitation: float = 0.0
    precipitation_deposits: float = 0.0
    wind_intensity: float = 10.0
    sun_azimuth_angle: float = 300.0
    sun_altitude_angle: float = 45.0
    fog_density: float = 0.0
    fog_distance: float = 0.75
    fog_falloff: float = 0.1
    wetness: float = 0.0
    scattering_intensity: float = 1.0
    mie_scattering_scale: float = 0.03
    rayleigh_scattering_scale: float = 0.0331
    dust_storm: float = 0.0

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Sky:
        """Return the weather that fourteen numbers tell."""
        return cls(*(float(number) for number in numbers))

    @property
    def numbers(self) -> list[float]:
        """Its fourteen numbers."""
        return list(astuple(self))


CLEAR: Final = Sky()
"""The weather that a world begins with."""


def _share(percent: float) -> float:
    return min(max(percent / 100.0, 0.0), 1.0)


def weather_of(sky: Sky) -> Weather:
    """Return the physical weather.

    Fog thickens by a constant factor for each percent, from clear air to 40 m; rain grows with the square, to 50 mm/h;
    dust is fog to eyes. Clouds and wetness are taken as told, and not settled: a script that asks for rain under a
    blue sky gets that.
    """
    dim = max(_share(sky.fog_density), 0.8 * _share(sky.dust_storm))
    sight = _CLEAR_SIGHT * (_FOG_SIGHT / _CLEAR_SIGHT) ** dim
    return Weather(
        visibility=sight,
        rain=_HARDEST_RAIN * _share(sky.precipitation) ** 2,
        wetness=max(_share(sky.wetness), _share(sky.precipitation_deposits)),
        puddles=_share(sky.precipitation_deposits),
        sun_altitude=min(max(sky.sun_altitude_angle, -90.0), 90.0),
        sun_azimuth=-sky.sun_azimuth_angle % 360.0,
        clouds=_share(sky.cloudiness),
        wind=_WIND * 100 * _share(sky.wind_intensity),
    )


def sky_of(weather: Weather) -> Sky:
    """Return CARLA's reading of a physical weather; snow is lost, and all that CARLA does not tell apart."""
    dim = min(max(_log_share(weather.visibility), 0.0), 1.0)
    return Sky(
        cloudiness=100 * weather.clouds,
        precipitation=100 * min(weather.rain / _HARDEST_RAIN, 1.0) ** 0.5,
        precipitation_deposits=100 * weather.puddles,
        wind_intensity=min(weather.wind / _WIND, 100.0),
        sun_azimuth_angle=-weather.sun_azimuth % 360.0,
        sun_altitude_angle=weather.sun_altitude,
        fog_density=100 * dim,
        wetness=100 * weather.wetness,
    )


def _log_share(sight: float) -> float:
    return math.log(sight / _CLEAR_SIGHT) / math.log(_FOG_SIGHT / _CLEAR_SIGHT)
