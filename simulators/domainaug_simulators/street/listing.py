"""Who a scenario lists by name: actors and the vehicle with the sensors, each with a place, a speed or a path."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from domainaug.errors import DomainAugError, UnknownName

__all__ = ["ACTORS", "LanePlace", "Listed", "Pose", "read_actors", "read_ego"]

ACTORS: Final = (
    "bicycle", "bus", "cone", "estate", "hatchback", "motorcycle", "person", "sedan", "suv", "truck", "van",
)  # fmt: skip
"""Kinds of actors; here, so that a scenario can be read without the packages that build them."""

_FAR: Final = 1e6
_KEYS: Final = ("at", "kind", "lane", "name", "path", "speed", "z")
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Pose:
    """A place in the world.

    Attributes:
        x: Meters.
        y: Meters.
        yaw: Degrees counter-clockwise from +x.
    """

    x: float
    y: float
    yaw: float = 0.0


@dataclass(frozen=True, slots=True)
class LanePlace:
    """A place on a lane of the map.

    Attributes:
        road: The id of the road; None for the road that the ego vehicle drives on where nothing is said.
        lane: The id of the lane: negative on the right of the road's line, positive on its left.
        s: Meters along the road's line.
        aside: Meters to the left of the lane's middle, looking along the line.
        yaw: Degrees that it is turned by from the way its lane runs.
    """

    road: str | None
    lane: int
    s: float
    aside: float = 0.0
    yaw: float = 0.0


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody that a scenario lists.

    Attributes:
        name: What errors and tables call them.
        kind: One of `ACTORS`; "ego" for the vehicle with the sensors.
        place: Where they are at time 0.
        speed: Meters a second, ahead or along the lane.
        path: (seconds, x, y) points of their way; empty for the way ahead. They stand before the first and after the
            last of them.
        z: Meters over the road, or None for where one stands there.
    """

    name: str
    kind: str
    place: Pose | LanePlace
    speed: float = 0.0
    path: tuple[tuple[float, float, float], ...] = ()
    z: float | None = None


def read_actors(told: Any) -> tuple[Listed, ...]:
    """Return the actors that a world lists.

    Args:
        told: `[{kind: bus, at: [40, -1.7, 0], speed: 8}, {kind: person, lane: {lane: -3, s: 20}}]`.

    Raises:
        UnknownName: A kind or a key is unknown.
        DomainAugError: A value is not legal.
    """
    if not isinstance(told, list) or len(told) > _MOST:
        raise DomainAugError(
            f"world: actors is a list of at most {_MOST} such as [{{kind: bus, at: [40, -1.7]}}], and not {told!r:.60}"
        )
    return tuple(_one(entry, f"world: actor {number}") for number, entry in enumerate(told, 1))


def read_ego(told: Any) -> Listed | None:
    """Return the vehicle with the sensors as a world lists it; None where it does not.

    Args:
        told: `{at: [40, -1.7, 0], speed: 8}`, `{lane: {lane: -1, s: 20}}`, `{path: [[0, 5, -1.7], [3, 38, -1.7]]}`.

    Raises:
        UnknownName: A key is unknown.
        DomainAugError: A value is not legal.
    """
    if told is None:
        return None
    if isinstance(told, Mapping) and ("kind" in told or "z" in told):
        raise DomainAugError("world: ego is where the sensors are; it has no kind and no z, only at, lane, path, speed")
    return _one(told, "world: ego", kind="ego")


def _one(entry: Any, where: str, kind: Literal["", "ego"] = "") -> Listed:
    if not isinstance(entry, Mapping):
        raise DomainAugError(f"{where} is a mapping such as {{kind: bus, at: [40, -1.7, 0]}}, and not {entry!r:.80}")
    for key in entry:
        if key not in _KEYS:
            raise UnknownName("key of an actor", str(key), _KEYS, where=where)
    named = kind or entry.get("kind")
    if not kind and named not in ACTORS:
        raise UnknownName("kind of actor", str(named), ACTORS, where=where)
    if sum(key in entry for key in ("at", "lane", "path")) != 1:
        raise DomainAugError(
            f"{where} has one of: at [x, y, degrees], lane {{road, lane, s}}, path [[seconds, x, y], ...]"
        )
    speed = _number(entry.get("speed", 0.0), f"{where}: speed", -70.0, 70.0)
    path: tuple[tuple[float, float, float], ...] = ()
    place: Pose | LanePlace
    if "at" in entry:
        place = _pose(entry["at"], where)
    elif "lane" in entry:
        place = _lane(entry["lane"], where)
    else:
        path = _path(entry["path"], where, speed if "speed" in entry else None)
        (_, x, y), (_, ahead_x, ahead_y) = path[:2]
        place = Pose(x, y, math.degrees(math.atan2(ahead_y - y, ahead_x - x)))
    z = entry.get("z")
    return Listed(
        str(entry.get("name", where.removeprefix("world: "))), str(named), place, speed, path,
        None if z is None else _number(z, f"{where}: z", -5.0, 50.0),
    )  # fmt: skip


def _number(value: Any, what: str, low: float, high: float) -> float:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not low <= value <= high:
        raise DomainAugError(f"{what} is a number from {low:g} to {high:g}, and not {value!r}")
    return float(value)


def _pose(told: Any, where: str) -> Pose:
    if not isinstance(told, list) or len(told) not in (2, 3):
        raise DomainAugError(f"{where}: at is [x, y] or [x, y, degrees], and not {told!r:.60}")
    x, y, yaw = (*told, 0.0)[:3]
    return Pose(
        _number(x, f"{where}: x", -_FAR, _FAR), _number(y, f"{where}: y", -_FAR, _FAR),
        _number(yaw, f"{where}: heading", -360.0, 360.0),
    )  # fmt: skip


def _lane(told: Any, where: str) -> LanePlace:
    legal = ("aside", "lane", "road", "s", "yaw")
    if not isinstance(told, Mapping) or not {"lane", "s"} <= set(told):
        raise DomainAugError(f"{where}: lane is a mapping such as {{road: 1, lane: -1, s: 20}}, and not {told!r:.60}")
    for key in told:
        if key not in legal:
            raise UnknownName("key of a place on a lane", str(key), legal, where=where)
    lane = told["lane"]
    if type(lane) is not int or abs(lane) > 100:
        raise DomainAugError(f"{where}: lane is a whole number from -100 to 100, and not {lane!r}")
    road = told.get("road")
    return LanePlace(
        None if road is None else str(road), lane, _number(told["s"], f"{where}: s", 0.0, _FAR),
        _number(told.get("aside", 0.0), f"{where}: aside", -20.0, 20.0),
        _number(told.get("yaw", 0.0), f"{where}: yaw", -360.0, 360.0),
    )  # fmt: skip


def _path(told: Any, where: str, speed: float | None) -> tuple[tuple[float, float, float], ...]:
    """Return a path with times; of points without, they follow from the speed."""
    size = 3 if speed is None else 2
    shape = "[seconds, x, y]" if speed is None else "[x, y], passed at `speed`"
    right = isinstance(told, list) and len(told) >= 2 and all(isinstance(p, list) and len(p) == size for p in told)
    if not right or len(told) > 10_000:
        raise DomainAugError(f"{where}: path is two or more points {shape}, and not {told!r:.60}")
    points = [[_number(value, f"{where}: path", -_FAR, _FAR) for value in point] for point in told]
    if speed is not None:
        if speed <= 0:
            raise DomainAugError(f"{where}: speed={speed:g}: along a path it is above 0 m/s")
        passed = [0.0]
        for (x, y), (after_x, after_y) in pairwise(points):
            passed.append(passed[-1] + math.hypot(after_x - x, after_y - y) / speed)
        points = [[time, *point] for time, point in zip(passed, points, strict=True)]
    if any(after[0] <= before[0] for before, after in pairwise(points)):
        raise DomainAugError(f"{where}: path: each point is later than the one before it, and at another place if a "
                             "speed is given")  # fmt: skip
    if points[0][1:] == points[1][1:]:
        raise DomainAugError(f"{where}: path: its first two points are one place; say where it goes from the start")
    return tuple((time, x, y) for time, x, y in points)
