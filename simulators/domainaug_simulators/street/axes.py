"""Everything about a street scene that a scenario can set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domainaug.driving.weather import PRESETS, RANGES, Weather
from domainaug.scenario import Axis, Value

__all__ = ["AS_SET", "AXES", "BY_ANGLES", "weather_of"]

AS_SET: Final = "as-set"
"""The value of the axis `weather` that names no preset."""

BY_ANGLES: Final = -1.0
"""The value of the axis `hour` that leaves the sun where its angles say."""

_MEANINGS = {
    "visibility": "How far one sees through haze and fog; rain and snow in the air take their own share.",
    "rain": "Rain.",
    "snowfall": "Snow that falls, as the water it melts to.",
    "snow_cover": "Share of level ground under snow.",
    "wetness": "0 dry to 1 soaked; rain brings what it brings.",
    "puddles": "Share of level ground under water.",
    "sun_altitude": "Height of the sun over the horizon; negative at night.",
    "sun_azimuth": "Direction of the sun, counter-clockwise from east (+x), along which streets begin.",
    "clouds": "Share of the sky that clouds hide.",
    "turbidity": "Haze of the clear sky: 2 very clear, 10 thin fog.",
    "wind": "Wind.",
    "wind_from": "Where the wind comes from, counter-clockwise from east.",
}


def _moving(
    name: str, meaning: str, default: float, unit: str, low: float, high: float, *, whole: bool = False
) -> Axis:
    return Axis(name, meaning, default, unit, low, high, whole=whole, moves_labels=True)


_CLEAR = Weather()

AXES: Final = (
    Axis("weather", "A weather by name; an axis below that does not stand at its default wins over it.", AS_SET,
         choices=(AS_SET, *PRESETS)),
    *(Axis(name, _MEANINGS[name], getattr(_CLEAR, name), *RANGES[name]) for name in RANGES),
    Axis("hour", "True solar time, which moves the sun; -1 leaves it where its angles say.", BY_ANGLES, "h", -1, 24),
    Axis("day", "Day of the year, for the hour.", 172, "", 1, 366, whole=True),
    Axis("latitude", "North positive, for the hour.", 48.0, "deg", -90, 90),
    _moving("along", "Where the vehicle stands: share of the stretch of road it may start on.", 0.3, "", 0, 1),
    _moving("aside", "How far the vehicle is left of the middle of its lane.", 0.0, "m", -1.5, 1.5),
    _moving("time", "Seconds since the traffic was placed.", 0.0, "s", 0, 3600),
    _moving("density", "Traffic and people: 0 none, 1 a usual day.", 1.0, "", 0, 3),
    _moving("camera_height", "Of the cameras over the road.", 1.5, "m", 0.3, 6),
    _moving("camera_pitch", "Nose up, added to every camera's own.", 0.0, "deg", -45, 45),
    _moving("camera_yaw", "Counter-clockwise, added to every camera's own.", 0.0, "deg", -180, 180),
    _moving("camera_roll", "Added to every camera's own.", 0.0, "deg", -45, 45),
    _moving("view", "Horizontal field of view of cameras that name none.", 75.0, "deg", 10, 150),
    _moving("width", "Columns of pictures of cameras that name none.", 640, "px", 16, 4096, whole=True),
    _moving("height", "Rows of pictures of cameras that name none.", 384, "px", 16, 4096, whole=True),
    Axis("exposure", "Stops brighter than a camera that meters by itself.", 0.0, "EV", -6, 6),
    Axis("noise", "Noise of the sensor, as a factor on the usual; 0 is none.", 1.0, "", 0, 10),
    Axis("lens_drops", "Share of the lens under drops of water.", 0.0, "", 0, 0.5),
    Axis("quality", "How much work a picture is worth.", "normal", choices=("draft", "normal", "high")),
)  # fmt: skip
"""In the order reports list them."""


def weather_of(values: Mapping[str, Value]) -> Weather:
    """Return the weather of a point: the preset, then what the other axes say, settled.

    Raises:
        DomainAugError: A value is out of range.
    """
    named = str(values["weather"])
    start = _CLEAR if named == AS_SET else PRESETS[named]
    told = {name: float(values[name]) for name in RANGES if values[name] != getattr(_CLEAR, name)}
    weather = Weather(**{**start.to_dict(), **told})
    if float(values["hour"]) >= 0:
        weather = weather.at(float(values["hour"]), int(values["day"]), float(values["latitude"]))
    return weather.settled()
