"""Where on the globe a map lies, as CARLA's client works it out: a sphere's transverse Mercator about the origin."""

from __future__ import annotations

import math
import re
from typing import Final

from domainaug_simulators.carla_server.world.frames import Vector

__all__ = ["geolocation", "origin_of", "with_origin"]

_RADIUS: Final = 6_378_137.0 * 0.9996  # meters: the equator of WGS 84, as UTM shrinks it
_TOLD: Final = re.compile(r"\+(lat|lon)_0=([-+0-9.eE]+)")
_HEADER: Final = re.compile(r"<header\b[^>]*?(/>|>)")
_REFERENCE: Final = "<geoReference><![CDATA[+proj=tmerc +lat_0=0.0 +lon_0=0.0 +datum=WGS84]]></geoReference>"


def origin_of(text: str) -> tuple[float, float]:
    """Return latitude and longitude of a map's origin; 0, 0 where it does not tell."""
    begin, end = text.find("<geoReference"), text.find("</geoReference>")
    told = dict(_TOLD.findall(text[begin:end])) if 0 <= begin < end else {}
    return float(told.get("lat", 0.0)), float(told.get("lon", 0.0))


def with_origin(text: str) -> str:
    """Return a map that tells where on the globe it lies; the client warns of one that does not."""
    found = _HEADER.search(text)
    if "<geoReference" in text or found is None:
        return text
    begun = found[0].removesuffix("/>").removesuffix(">").rstrip()
    closing = "</header>" if found[1] == "/>" else ""
    head = f"{begun}>{_REFERENCE}{closing}"
    return text[: found.start()] + head + text[found.end() :]


def geolocation(place: Vector, origin: tuple[float, float]) -> tuple[float, float, float]:
    """Return latitude, longitude (degrees) and height (m) of a place.

    CARLA 0.9.16 counts y to the north here, though its worlds have it to the right of x; a position that did otherwise
    would not be where the client's map has it.
    """
    north = place.y / _RADIUS + math.radians(origin[0])
    east = place.x / _RADIUS
    latitude = math.asin(math.sin(north) / math.cosh(east))
    longitude = math.radians(origin[1]) + math.atan2(math.sinh(east), math.cos(north))
    return math.degrees(latitude), math.degrees(longitude), place.z
