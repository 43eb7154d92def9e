"""The weather of a scene, in physical units: one state for simulators, photographs, video and LiDAR alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final

from domainaug.driving.physics import (
    extinction_of_rain,
    extinction_of_snowfall,
    extinction_of_visibility,
    visibility_of_extinction,
)
from domainaug.driving.sun import sun_position
from domainaug.errors import DomainAugError, UnknownName

__all__ = ["PRESETS", "RANGES", "Weather", "weather_named"]

RANGES: Final[Mapping[str, tuple[str, float, float]]] = MappingProxyType(
    {
        "visibility": ("m", 5.0, 300_000.0),
        "rain": ("mm/h", 0.0, 200.0),
        "snowfall": ("mm/h", 0.0, 20.0),
        "snow_cover": ("", 0.0, 1.0),
        "wetness": ("", 0.0, 1.0),
        "puddles": ("", 0.0, 1.0),
        "sun_altitude": ("deg", -90.0, 90.0),
        "sun_azimuth": ("deg", 0.0, 360.0),
        "clouds": ("", 0.0, 1.0),
        "turbidity": ("", 1.8, 10.0),
        "wind": ("m/s", 0.0, 40.0),
        "wind_from": ("deg", 0.0, 360.0),
    }
)
"""Unit, least and greatest value of each number of a weather."""


@dataclass(frozen=True, slots=True)
class Weather:
    """A weather. Directions count counter-clockwise from the world's +x, which maps call east.

    Attributes:
        visibility: How far one sees through haze and fog, meters: where 5 % of contrast is left. Rain and snow in the
            air take their own share (`seen` is what is left).
        rain: mm/h.
        snowfall: mm/h of water.
        snow_cover: Share of level ground under snow.
        wetness: 0 dry to 1 soaked.
        puddles: Share of level ground under water.
        sun_altitude: Height of the sun over the horizon, degrees; negative at night.
        sun_azimuth: Direction of the sun, degrees.
        clouds: Share of the sky that they hide.
        turbidity: Haze of the clear sky: 2 very clear, 3 clear, 6 hazy, 10 thin fog.
        wind: m/s.
        wind_from: Where it comes from, degrees.

    Raises:
        DomainAugError: A number is out of range.
    """

    visibility: float = 30_000.0
    rain: float = 0.0
    snowfall: float = 0.0
    snow_cover: float = 0.0
    wetness: float = 0.0
    puddles: float = 0.0
    sun_altitude: float = 50.0
    sun_azimuth: float = 60.0
    clouds: float = 0.1
    turbidity: float = 3.0
    wind: float = 2.0
    wind_from: float = 70.0

    def __post_init__(self) -> None:
        for name, (unit, low, high) in RANGES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise DomainAugError(
                    f"weather: {name} is a number from {low:g} to {high:g} {unit}".rstrip() + f", and not {value!r}"
                )

    # -- what follows from it -------------------------------------------------------------------------------

    @property
    def extinction(self) -> float:
        """Share of light that haze, fog, rain and snow in the air take a meter."""
        falling = extinction_of_rain(self.rain) + extinction_of_snowfall(self.snowfall)
        return extinction_of_visibility(self.visibility) + falling

    @property
    def seen(self) -> float:
        """How far one sees through all that is in the air, meters."""
        return visibility_of_extinction(self.extinction)

    @property
    def wind_toward(self) -> tuple[float, float]:
        """Where the wind blows, m/s along x and y."""
        angle = math.radians(self.wind_from)
        return -self.wind * math.cos(angle), -self.wind * math.sin(angle)

    def settled(self) -> Weather:
        """Return the weather with what its rain, snow and fog bring with them, where it says less.

        Rain wets the ground (a millimeter an hour to nine tenths), stands in puddles when it is heavy, and needs a
        closed sky, as snow and thick fog do; ground under snow has no open water.
        """
        falling = self.rain + self.snowfall
        closed = max(1 - math.exp(-4.0 * falling), min(max(1.5 - self.seen / 1000, 0.0), 1.0))
        wet = max(1 - math.exp(-2.3 * self.rain), 0.35 * (1 - math.exp(-self.snowfall)), 0.25 * self.snow_cover)
        standing = 0.75 * (1 - math.exp(-self.rain / 12))
        return replace(
            self,
            clouds=max(self.clouds, closed),
            wetness=max(self.wetness, wet),
            puddles=min(max(self.puddles, standing), 1 - self.snow_cover),
        )

    def contradictions(self) -> tuple[str, ...]:
        """Return what of it cannot be, a sentence each; `settled` leaves none."""
        settled = self.settled()
        found = []
        for name in ("clouds", "wetness", "puddles"):
            stated, needed = getattr(self, name), getattr(settled, name)
            if abs(stated - needed) > 0.1:
                word = "at least" if needed > stated else "at most"
                found.append(f"{name} is {stated:g}, and what falls and lies leaves {word} {needed:.2g}")
        return tuple(found)

    def at(self, hour: float, day: int = 172, latitude: float = 48.0) -> Weather:
        """Return the weather at another time of day: see `domainaug.driving.sun.sun_position`."""
        altitude, azimuth = sun_position(hour, day, latitude)
        return replace(self, sun_altitude=round(altitude, 9), sun_azimuth=round(azimuth, 9))

    # -- in and out -----------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, float]:
        """Return it as JSON-able data."""
        return {name: float(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Weather:
        """Return the weather that `to_dict` told; what is left out stands at its default, `preset` names a start.

        Raises:
            UnknownName: A key, or the preset, is unknown.
            DomainAugError: A value is out of range.
        """
        legal = [one.name for one in fields(cls)]
        for key in data:
            if key != "preset" and key not in legal:
                raise UnknownName("part of a weather", str(key), [*legal, "preset"])
        start = weather_named(str(data["preset"])) if "preset" in data else cls()
        return replace(start, **{key: value for key, value in data.items() if key != "preset"})


PRESETS: Final[Mapping[str, Weather]] = MappingProxyType(
    {
        "noon": Weather(),
        "low-sun": Weather(sun_altitude=9.0, sun_azimuth=165.0, clouds=0.2, turbidity=3.5),
        "overcast": Weather(clouds=1.0, sun_altitude=35.0, visibility=15_000.0),
        "dusk": Weather(sun_altitude=-3.0, sun_azimuth=20.0, clouds=0.3),
        "night": Weather(sun_altitude=-15.0),
        "fog-light": Weather(visibility=400.0, clouds=1.0, sun_altitude=30.0, wind=0.5),
        "fog-dense": Weather(visibility=70.0, clouds=1.0, sun_altitude=30.0, wind=0.3),
        "fog-night": Weather(visibility=120.0, clouds=1.0, sun_altitude=-15.0, wind=0.3),
        "rain-light": Weather(rain=2.0, clouds=1.0, sun_altitude=35.0, visibility=8000.0, wetness=0.9, puddles=0.15),
        "rain-heavy": Weather(
            rain=25.0, clouds=1.0, sun_altitude=30.0, visibility=4000.0, wetness=1.0, puddles=0.65, wind=6.0
        ),
        "rain-night": Weather(
            rain=10.0, clouds=1.0, sun_altitude=-15.0, visibility=5000.0, wetness=1.0, puddles=0.5, wind=4.0
        ),
        "after-rain": Weather(wetness=0.8, puddles=0.4, clouds=0.4, sun_altitude=25.0),
        "snow": Weather(
            snowfall=1.5, snow_cover=0.8, clouds=1.0, sun_altitude=20.0, visibility=4000.0, wetness=0.3, wind=3.0
        ),
        "snow-lying": Weather(snow_cover=0.8, clouds=0.15, sun_altitude=15.0, wetness=0.2),
        "snow-night": Weather(
            snowfall=1.5, snow_cover=0.7, clouds=1.0, sun_altitude=-15.0, visibility=4000.0, wetness=0.3, wind=3.0
        ),
    }
)
"""Weathers by name."""


def weather_named(name: str) -> Weather:
    """Return a weather of `PRESETS`.

    Raises:
        UnknownName: There is none of that name.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise UnknownName("weather", name, PRESETS) from None
