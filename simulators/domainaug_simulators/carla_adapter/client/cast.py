"""Who is in the world and where: places that follow from the map, a seed and the time, on any server alike.

Nothing is left to physics: vehicles follow their lanes and people their sidewalks at a speed of their own, on the map
that the client reads. A world is therefore the same after a restart, on another server, and in every weather.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

__all__ = ["Driven", "Player", "Spot", "cast_of", "ego_at", "ego_of", "followed", "who_is_away"]

_PEOPLE: Final = 5000  # from where on people are numbered
_STEP: Final = 4.0  # meters along a lane after which its next piece is asked for
_EGO: Final = (5.0, 2.2)  # length and width of the vehicle that carries the sensors, meters
_ROOM: Final = 0.6  # meters that are kept free about everybody
_STRETCH: Final = 100.0  # meters of road that the axis `along` covers


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in CARLA's axes, and a heading.

    Attributes:
        x: Meters.
        y: Meters, to the right.
        z: Meters.
        yaw: Degrees, clockwise.
        pitch: Degrees of the road.
    """

    x: float
    y: float
    z: float
    yaw: float
    pitch: float = 0.0


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody who is on the road.

    Attributes:
        number: That of their pixels: of vehicles from 1, of people from 5000.
        blueprint: What they are.
        start: Where their lane is entered, a waypoint.
        speed: m/s.
        choice: Which way they take where there are several.
        color: Which of the colors that a blueprint has.
    """

    number: int
    blueprint: str
    start: Any
    speed: float
    choice: int
    color: int

    def at(self, time: float) -> Spot:
        """Return where they are after some seconds."""
        return followed(self.start, self.speed * time, self.choice)


@dataclass(frozen=True, slots=True)
class Driven:
    """Somebody whom TrafficManager drove.

    Attributes:
        number: That of their pixels.
        blueprint: What they are.
        color: Which of the colors that a blueprint has.
        poses: Where they were: x, y, z, pitch, yaw, one a step.
        step: Seconds from one to the next.
    """

    number: int
    blueprint: str
    color: int
    poses: Sequence[Sequence[float]]
    step: float

    def at(self, time: float) -> Spot:
        """Return where they were after some seconds; who drove no longer stands where they came to."""
        place = min(max(time / self.step, 0.0), len(self.poses) - 1.0)
        before, share = int(place), place - int(place)
        here, there = self.poses[before], self.poses[min(before + 1, len(self.poses) - 1)]
        x, y, z, pitch, yaw = (a + share * _way(a, b, turning=i > 2) for i, (a, b) in
                               enumerate(zip(here, there, strict=True)))  # fmt: skip
        return Spot(x, y, z, yaw, pitch)


def _way(a: float, b: float, *, turning: bool) -> float:
    return (b - a + 180) % 360 - 180 if turning else b - a


def cast_of(world_map: Any, library: Any, ego: Any, seed: int, vehicles: int, walkers: int) -> list[Player]:
    """Return everybody, those near the ego vehicle's start.

    Args:
        world_map: A `carla.Map`.
        library: The blueprints.
        ego: Where the ego vehicle begins, a waypoint.
        seed: Who it is.
        vehicles: How many, at most.
        walkers: How many, at most.
    """
    random = Random(f"carla/{seed}/cast")  # noqa: S311  (places, not secrets)
    cars = sorted(each.id for each in library.filter("vehicle.*"))
    people = sorted(each.id for each in library.filter("walker.pedestrian.*"))
    ahead = followed(ego, 0.6 * _STRETCH)
    starts = [world_map.get_waypoint(one.location) for one in _points(world_map)]
    starts = sorted(
        (one for one in starts if one is not None),
        key=lambda one: math.hypot(one.transform.location.x - ahead.x, one.transform.location.y - ahead.y),
    )
    found: list[Player] = []
    for start in _drawn(random, starts, vehicles):
        found.append(Player(len(found) + 1, random.choice(cars), start, random.uniform(5.0, 10.0), random.randrange(60),
                            random.randrange(60)))  # fmt: skip
    beside = [one for one in map(_sidewalk, starts) if one is not None]
    for start in _drawn(random, beside, walkers):
        found.append(Player(_PEOPLE + len(found), random.choice(people), start, random.uniform(0.8, 1.6), 0, 0))
    return found


def ego_of(world_map: Any, seed: int) -> Any:
    """Return where the ego vehicle begins, a waypoint."""
    points = _points(world_map)
    chosen = Random(f"carla/{seed}/ego").randrange(len(points))  # noqa: S311  (a place, no secret)
    return world_map.get_waypoint(points[chosen].location)


def followed(start: Any, meters: float, choice: int = 0, aside: float = 0.0) -> Spot:
    """Return the place some meters along a lane; who comes to its end stays there.

    Args:
        start: A waypoint.
        meters: How far.
        choice: Which way is taken where there are several.
        aside: Meters to the left of the lane's middle.
    """
    here, left = start, max(meters, 0.0)
    while left > 0.01:
        ahead = here.next(min(_STEP, left))
        if not ahead:
            break
        ordered = sorted(ahead, key=lambda one: (one.road_id, one.lane_id))
        here, left = ordered[choice % len(ordered)], left - _STEP
    place, turn = here.transform.location, here.transform.rotation
    yaw = math.radians(turn.yaw)
    return Spot(place.x + aside * math.sin(yaw), place.y - aside * math.cos(yaw), place.z, turn.yaw, turn.pitch)


def ego_at(start: Any, values: Mapping[str, float], time: float, speed: float) -> Spot:
    """Return where the ego vehicle is, from a waypoint on or as TrafficManager drove it."""
    if not isinstance(start, Driven):
        return followed(start, values["along"] * _STRETCH + speed * time, 0, values["aside"])
    spot, yaw = start.at(time), math.radians(start.at(time).yaw)
    aside = values["aside"]
    return replace(spot, x=spot.x + aside * math.sin(yaw), y=spot.y - aside * math.cos(yaw))


def who_is_away(
    moments: Sequence[tuple[Spot, Sequence[Spot]]],
    sizes: Sequence[tuple[float, float]],
    own: tuple[float, float] = _EGO,
) -> set[int]:
    """Return the indices of those who would stand in another, or in the ego vehicle, in any of some moments.

    Args:
        moments: Where the ego vehicle is, and everybody.
        sizes: Length and width of each, meters.
        own: Those of the ego vehicle.
    """
    away: set[int] = set()
    for ego, spots in moments:
        kept = [(ego, own)]
        for index, (spot, size) in enumerate(zip(spots, sizes, strict=True)):
            if index in away:
                continue
            if any(_meet(spot, size, *other) for other in kept):
                away.add(index)
            else:
                kept.append((spot, size))
    return away


def _meet(one: Spot, size: tuple[float, float], other: Spot, other_size: tuple[float, float]) -> bool:
    """Return whether two rectangles meet, as their circles and the axes of both tell."""
    dx, dy = other.x - one.x, other.y - one.y
    if math.hypot(dx, dy) > (math.hypot(*size) + math.hypot(*other_size)) / 2 + _ROOM:
        return False
    turn = math.radians(other.yaw - one.yaw)
    c, s = abs(math.cos(turn)), abs(math.sin(turn))
    for yaw, own, strange in ((one.yaw, size, other_size), (other.yaw, other_size, size)):
        ahead, across = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
        if abs(dx * ahead + dy * across) > (own[0] + strange[0] * c + strange[1] * s) / 2 + _ROOM:
            return False
        if abs(-dx * across + dy * ahead) > (own[1] + strange[0] * s + strange[1] * c) / 2 + _ROOM:
            return False
    return True


def _points(world_map: Any) -> list[Any]:
    def key(point: Any) -> tuple[float, ...]:
        return tuple(round(v, 2) for v in (point.location.x, point.location.y, point.location.z, point.rotation.yaw))

    return sorted(world_map.get_spawn_points(), key=key)


def _drawn(random: Random, starts: Sequence[Any], most: int) -> list[Any]:
    """Return some of the nearer starts, no two of them within 7 m."""
    near = list(starts[: 2 * most])
    random.shuffle(near)
    found: list[Any] = []
    for start in near:
        place = start.transform.location
        if len(found) < most and all(place.distance(other.transform.location) > 7.0 for other in found):
            found.append(start)
    return found


def _sidewalk(start: Any) -> Any:
    """Return the sidewalk to the right of a lane, or None."""
    here = start
    for _ in range(6):
        here = here.get_right_lane()
        if here is None:
            return None
        if str(here.lane_type) == "Sidewalk":
            return here
    return None
