"""Weather, time of day and road condition of OpenSCENARIO as axes of the street simulator."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Final
from xml.etree import ElementTree as Xml

from domainaug.scenario.axes import Value
from domainaug.scenario.openscenario.parameters import Measure, Parameters

__all__ = ["environment_axes"]

_DEGREES: Final = 180 / math.pi
_OKTAS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")

CLOUDS: Final = Measure("clouds", words={**{f"{word}Oktas": i / 8 for i, word in enumerate(_OKTAS)}, "nineOktas": 1.0})
CLOUD_STATE: Final = Measure("clouds", words={"free": 0.0, "cloudy": 0.6, "overcast": 1.0, "rainy": 1.0})
VISIBILITY: Final = Measure("visibility", high=300_000.0)
ALTITUDE: Final = Measure("sun_altitude", _DEGREES)
AZIMUTH: Final = Measure("sun_azimuth", -_DEGREES, 90.0, 360.0)
"""Counted clockwise from north there, counter-clockwise from east here."""
WIND: Final = Measure("wind")
WIND_FROM: Final = Measure("wind_from", _DEGREES, 0.0, 360.0)
FALLING: Final = {"rain": "rain", "snow": "snowfall"}
OLD_INTENSITY: Final = 50.0
"""Up to 1.0 precipitation is a share of 0 to 1; 1 is taken for 50 mm/h, which weather services call violent rain."""
WET: Final = {"dry": (0.0, 0.0), "moist": (0.5, 0.0), "wetWithPuddles": (1.0, 0.4), "lowFlooded": (1.0, 0.8),
              "highFlooded": (1.0, 1.0)}  # fmt: skip
"""Wetness and puddles for each word of the standard's road conditions."""

OWN: Final = "domainaug:"
"""How names of properties begin that hold the value of an axis."""

_TIME: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?")


def environment_axes(environment: Xml.Element, parameters: Parameters) -> dict[str, Value]:
    """Return the axes that an environment sets.

    Args:
        environment: An <Environment>.
        parameters: What is declared; takes which axes follow parameters, and what is not mapped.

    Raises:
        ValueError: An attribute is not legal.
    """
    parameters.declare(environment)
    found: dict[str, Value] = {}
    weather = environment.find("Weather")
    if weather is not None:
        found |= _weather(weather, parameters)
    time = environment.find("TimeOfDay")
    if time is not None:
        found |= _time(time, parameters, sun="sun_altitude" in found)
    road = environment.find("RoadCondition")
    if road is not None:
        found |= _road(road, parameters)
    return found


def _weather(weather: Xml.Element, parameters: Parameters) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if weather.get("fractionalCloudCover"):
        found["clouds"] = parameters.axis(weather, "fractionalCloudCover", CLOUDS)
    elif weather.get("cloudState", "skyOff").lower() != "skyoff":
        found["clouds"] = parameters.axis(weather, "cloudState", CLOUD_STATE)
    for name in ("temperature", "atmosphericPressure"):
        if weather.get(name):
            parameters.note(f"{name} is not seen in pictures, and is left out")
    for tag, read in (("Sun", _sun), ("Fog", _fog), ("Precipitation", _precipitation), ("Wind", _wind)):
        element = weather.find(tag)
        if element is not None:
            found |= read(element, parameters)
    if weather.find("DomeImage") is not None:
        parameters.note("a <DomeImage> is not shown: the sky follows from sun, clouds and haze")
    return found


def _sun(sun: Xml.Element, parameters: Parameters) -> dict[str, Value]:
    for name in ("intensity", "illuminance"):
        if sun.get(name):
            parameters.note(f"{name} of <Sun> is left out: light follows from the height of the sun")
    return {
        "sun_altitude": parameters.axis(sun, "elevation", ALTITUDE),
        "sun_azimuth": parameters.axis(sun, "azimuth", AZIMUTH),
    }


def _fog(fog: Xml.Element, parameters: Parameters) -> dict[str, Value]:
    if fog.find("BoundingBox") is not None:
        parameters.note("fog in a <BoundingBox> is taken to be everywhere")
    return {"visibility": parameters.axis(fog, "visualRange", VISIBILITY)}


def _precipitation(falling: Xml.Element, parameters: Parameters) -> dict[str, Value]:
    kind = parameters.text(falling, "precipitationType", "dry")
    if falling.get("precipitationType", "").startswith("$"):
        parameters.note(f"the type of precipitation stays {kind!r}: it is no axis")
    if kind == "dry":
        return {}
    if kind not in FALLING:
        raise ValueError(f"precipitationType of <Precipitation>: {kind!r} is none of dry, rain, snow")
    axis = FALLING[kind]
    if falling.get("precipitationIntensity") is not None:
        return {axis: parameters.axis(falling, "precipitationIntensity", Measure(axis))}
    if falling.get("intensity") is None:
        parameters.note(f"{kind} without an intensity is left out")
        return {}
    parameters.note(f"intensity of <Precipitation> is a share: 1 is taken for {OLD_INTENSITY:g} mm/h")
    return {axis: parameters.axis(falling, "intensity", Measure(axis, OLD_INTENSITY))}


def _wind(wind: Xml.Element, parameters: Parameters) -> dict[str, Value]:
    return {
        "wind": parameters.axis(wind, "speed", WIND),
        "wind_from": parameters.axis(wind, "direction", WIND_FROM),
    }


def _time(time: Xml.Element, parameters: Parameters, *, sun: bool) -> dict[str, Value]:
    text = parameters.text(time, "dateTime")
    if time.get("dateTime", "").startswith("$"):
        parameters.note("dateTime of <TimeOfDay> stays as declared: vary `hour` or `day` instead")
    if parameters.text(time, "animation", "false") in ("true", "1"):
        parameters.note("the time of day stands still: animation of <TimeOfDay> is left out")
    if sun:
        parameters.note("<TimeOfDay> is left out: <Sun> says where the sun stands")
        return {}
    match = _TIME.fullmatch(text)
    try:
        assert match is not None
        year, month, day, hour, minute, second = (int(part) for part in match.groups())
        number = date(year, month, day).timetuple().tm_yday
    except (AssertionError, ValueError):
        raise ValueError(f"dateTime of <TimeOfDay>: {text!r} is no time such as 2026-06-21T12:00:00") from None
    parameters.note("the time of <TimeOfDay> is taken for true solar time at the latitude of the axis `latitude`")
    return {"hour": min(round(hour + minute / 60 + second / 3600, 9), 24.0), "day": number}


def _road(road: Xml.Element, parameters: Parameters) -> dict[str, Value]:
    if abs(parameters.number(road, "frictionScaleFactor", "1") - 1) > 1e-9:
        parameters.note("frictionScaleFactor of <RoadCondition> is left out: vehicles here do not slip")
    own = _own(road, parameters)
    if not road.get("wetness"):
        return own
    wet, standing = (
        parameters.axis(road, "wetness", Measure(axis, words={word: both[i] for word, both in WET.items()}))
        for i, axis in enumerate(("wetness", "puddles"))
    )
    return {"wetness": wet, "puddles": standing, **own}


def _own(road: Xml.Element, parameters: Parameters) -> dict[str, Value]:
    """Return the axes that this library wrote as properties, to the last digit."""
    found: dict[str, Value] = {}
    for one in road.findall("Properties/Property"):
        name = one.get("name", "")
        if name.startswith(OWN):
            found[name.removeprefix(OWN)] = parameters.number(one, "value")
        else:
            parameters.note(f"the property {name!r} of <RoadCondition> is left out")
    return found
