"""Where the sun stands, by hour, day and latitude."""

from __future__ import annotations

import math

__all__ = ["sun_position"]


def sun_position(hour: float, day: int = 172, latitude: float = 48.0) -> tuple[float, float]:
    """Return altitude and azimuth of the sun, degrees; azimuth counter-clockwise from east, as a map is drawn.

    Declination is Spencer's series (1971, "Fourier series representation of the position of the sun"), within 0.05
    degrees; refraction and the sun's own size are left out.

    Args:
        hour: True solar time, hours: at 12 the sun is in the meridian.
        day: Day of the year, 1 to 366; 172 is midsummer of the northern half.
        latitude: Degrees, north positive.

    Raises:
        ValueError: One of them is out of range.
    """
    if not (0 <= hour <= 24 and 1 <= day <= 366 and -90 <= latitude <= 90):
        raise ValueError(
            f"the sun needs an hour of 0 to 24, a day of 1 to 366 and a latitude of -90 to 90, and not hour={hour}, "
            f"day={day}, latitude={latitude}"
        )
    year = 2 * math.pi * (day - 1) / 365
    declination = (
        0.006918
        - 0.399912 * math.cos(year)
        + 0.070257 * math.sin(year)
        - 0.006758 * math.cos(2 * year)
        + 0.000907 * math.sin(2 * year)
        - 0.002697 * math.cos(3 * year)
        + 0.00148 * math.sin(3 * year)
    )
    turn, place = math.radians(15 * (hour - 12)), math.radians(latitude)
    north = math.sin(declination) * math.cos(place) - math.cos(declination) * math.sin(place) * math.cos(turn)
    east = -math.cos(declination) * math.sin(turn)
    up = math.sin(declination) * math.sin(place) + math.cos(declination) * math.cos(place) * math.cos(turn)
    altitude = math.degrees(math.asin(min(max(up, -1.0), 1.0)))
    return altitude, math.degrees(math.atan2(north, east)) % 360
