"""Who is on the road: vehicles, riders and people of a town, and where each is at any time.

Every vehicle of a lane drives at the lane's speed, so that nobody runs into anybody; every pose is a function of time
alone, so that any frame can be made on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.lamps import Lamps
from domainaug_simulators.street.mesh import Mesh, turned
from domainaug_simulators.street.scene import Body, Lamp, Thing
from domainaug_simulators.street.town.cycles import bicycle, motorcycle, rider
from domainaug_simulators.street.town.people import Looks, person
from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.roads import CURB, Road
from domainaug_simulators.street.town.tags import Tag
from domainaug_simulators.street.town.vehicles import KINDS, Vehicle, vehicle

__all__ = ["Actors", "Ego", "ego_of"]

_MIX = {"van": 0.12, "truck": 0.08, "bus": 0.05}
_TAGS = {"truck": Tag.TRUCK, "bus": Tag.BUS}
_FAST = {"highway": 27.0, "suburb": 8.0}
_EACH = 3  # looks of each kind of vehicle in a town
_STRIDE = 1.45  # meters of two steps
_ROOM = 11.0  # meters about the ego vehicle that stay free


@dataclass(frozen=True, slots=True)
class Ego:
    """Where the vehicle with the sensors is, and how it moves.

    Attributes:
        place: (3,) the middle of the vehicle on the road, meters.
        yaw: Radians counter-clockwise from +x.
        speed: Meters a second along its heading.
    """

    place: tuple[float, float, float]
    yaw: float
    speed: float

    @property
    def velocity(self) -> tuple[float, float, float]:
        """(3,) meters a second."""
        return self.speed * float(np.cos(self.yaw)), self.speed * float(np.sin(self.yaw)), 0.0

    def lamps(self) -> Lamps:
        """Return its low beams."""
        c, s = float(np.cos(self.yaw)), float(np.sin(self.yaw))
        x, y, _ = self.place
        rows = [
            Lamp((x + 2.2 * c - t * s, y + 2.2 * s + t * c, 0.68), (c, s, -0.012), (17.0, 16.4, 15.2), True, 75.0).row()
            for t in (-0.62, 0.62)
        ]
        return Lamps(np.array(rows, np.float32))


def _ego_lane(road: Road) -> float:
    return [middle for lane, middle in road.lanes if lane.kind == "driving" and lane.forward][-1]


def ego_of(town: Town, along: float, aside: float, time: float) -> Ego:
    """Return where the ego vehicle is: in its lane of the first road, at the lane's speed.

    Args:
        town: Where it is.
        along: Share of the stretch it may start on.
        aside: Meters left of the middle of its lane.
        time: Seconds.
    """
    road, speed = town.roads[0], _FAST.get(town.layout, 11.0)
    start = town.ahead[0] + along * (town.ahead[1] - town.ahead[0])
    (place,), (heading,) = road.at((start + speed * time) % road.length, _ego_lane(road) + aside)
    return Ego((float(place[0]), float(place[1]), 0.0), float(heading), speed)


@dataclass(frozen=True, slots=True)
class _Actor:
    """Somebody on the first road."""

    shapes: tuple[tuple[Mesh, Tag], ...]
    s: float
    t: float
    z: float
    speed: float
    turned: float
    lamps: tuple[Lamp, ...] = ()
    looks: Looks | None = None
    phase: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Actors:
    """Everybody on the first road of a town.

    Attributes:
        town: The town.
        cast: Who is there.
    """

    town: Town
    cast: tuple[_Actor, ...]

    @classmethod
    def of(cls, town: Town, seed: int, density: float, along: float) -> Actors:
        """Return the traffic that a seed makes.

        Args:
            town: Where it is; materials of clothes and paint are added to its palette.
            seed: Fixes everybody.
            density: 0 none, 1 a usual day.
            along: Where the ego vehicle starts, as for `ego_of`: the road about it is left free.
        """
        road = town.roads[0]
        start = town.ahead[0] + along * (town.ahead[1] - town.ahead[0])
        cast: list[_Actor] = []
        fleet = _Fleet(town, seed)
        if density > 0:
            for index, (lane, middle) in enumerate(road.lanes):
                draw = np.random.Generator(np.random.Philox(key=[seed, 1000 + index]))
                turn = 0.0 if lane.forward else float(np.pi)
                if lane.kind == "driving":
                    free = start if middle == _ego_lane(road) else None
                    speed = _FAST.get(town.layout, 11.0) * (1 if lane.forward else -1)
                    cast += _driving(town, fleet, middle, speed, turn, free, density, draw)
                elif lane.kind == "parking":
                    cast += _parked(town, fleet, middle, density, draw)
                elif lane.kind == "sidewalk":
                    cast += _walking(town, middle, lane.width, density, draw)
        return cls(town, tuple(cast))

    def at(self, time: float, first: int = 1) -> list[Thing]:
        """Return everybody at a time, numbered from `first`."""
        number, out, road = first, [], self.town.roads[0]
        for one in self.cast:
            (place,), (heading,) = road.at((one.s + one.speed * time) % road.length, one.t)
            z = one.z if one.looks is None else self.town.ground(float(place[0]), float(place[1]))
            pose = turned(float(heading) + one.turned, (float(place[0]), float(place[1]), z))
            ahead = abs(one.speed) * pose[:3, 0]
            shapes = one.shapes
            if one.looks is not None:
                step = one.phase + 2 * np.pi * abs(one.speed) * time / _STRIDE
                shapes = ((person(one.looks, float(step)), Tag.PEDESTRIAN),)
            lamps = tuple(_moved(lamp, pose) for lamp in one.lamps)
            for mesh, tag in shapes:
                body = Body.around(mesh, pose, (float(ahead[0]), float(ahead[1]), 0.0))
                out.append(Thing(mesh.moved(pose), int(tag), number, lamps, body))
                number, lamps = number + 1, ()
        return out


def _moved(lamp: Lamp, pose: NDArray[np.float64]) -> Lamp:
    place, toward = pose[:3, :3] @ lamp.place + pose[:3, 3], pose[:3, :3] @ lamp.toward
    return Lamp(
        (float(place[0]), float(place[1]), float(place[2])),
        (float(toward[0]), float(toward[1]), float(toward[2])),
        lamp.color,
        lamp.beam,
        lamp.reach,
    )


def _places(length: float, gap: float, draw: np.random.Generator) -> list[float]:
    """Return places along a road, at least 12 m from each other and across its end."""
    out, s = [], float(draw.uniform(0, gap))
    while s < length - 12:
        out.append(s)
        s += 12.0 + float(draw.exponential(max(gap - 12.0, 1.0)))
    return out


class _Fleet:
    """Vehicles of a town, a few of each kind, made when the first of them is met."""

    def __init__(self, town: Town, seed: int) -> None:
        self._palette, self._seed = town.palette, seed
        self._made: dict[tuple[str, int], Vehicle] = {}

    def one(self, kind: str, draw: np.random.Generator) -> Vehicle:
        key = kind, int(draw.integers(_EACH))
        if key not in self._made:
            own = np.random.Generator(np.random.Philox(key=[self._seed, 2000 + KINDS.index(kind) * _EACH + key[1]]))
            self._made[key] = vehicle(kind, self._palette, own)
        return self._made[key]


def _driving(
    town: Town,
    fleet: _Fleet,
    middle: float,
    speed: float,
    turn: float,
    free: float | None,
    density: float,
    draw: np.random.Generator,
) -> list[_Actor]:
    palette, road, out = town.palette, town.roads[0], []
    cars = [kind for kind in KINDS if kind not in _MIX]
    shares = [*(((1 - sum(_MIX.values())) / len(cars),) * len(cars)), *_MIX.values()]
    for s in _places(road.length, (70.0 if town.layout == "highway" else 32.0) / density, draw):
        if free is not None and abs((s - free + road.length / 2) % road.length - road.length / 2) < _ROOM:
            continue
        if town.layout != "highway" and draw.random() < 0.12:
            motor = bool(draw.random() < 0.5)
            seat = (motorcycle if motor else bicycle)(palette, draw)
            mounted = rider(Looks(palette, draw), motor=motor, phase=float(draw.uniform(0, 6.3)))
            shapes = ((seat, Tag.MOTORCYCLE if motor else Tag.BICYCLE), (mounted, Tag.RIDER))
            out.append(_Actor(shapes, s, middle, 0.0, speed, turn))
            continue
        made = fleet.one(str(draw.choice([*cars, *_MIX], p=shares)), draw)
        alone = ((made.mesh, _TAGS.get(made.kind, Tag.CAR)),)
        out.append(_Actor(alone, s, middle, 0.0, speed, turn, tuple(made.lamps)))
    return out


def _parked(town: Town, fleet: _Fleet, middle: float, density: float, draw: np.random.Generator) -> list[_Actor]:
    out = []
    cars = [kind for kind in KINDS if kind not in _MIX]
    for s in np.arange(5.0, town.roads[0].length - 5, 6.4):
        taken = draw.random() < min(0.62 * density, 0.95)
        if taken and not any(begin < s < end for begin, end in town.clear):
            made = fleet.one(str(draw.choice(cars)), draw)
            shapes = ((made.mesh, Tag.CAR),)
            turn = 0.0 if middle < 0 else float(np.pi)
            out.append(_Actor(shapes, float(s + draw.uniform(-0.3, 0.3)), middle, 0.0, 0.0, turn))
    return out


def _walking(town: Town, middle: float, width: float, density: float, draw: np.random.Generator) -> list[_Actor]:
    """People keep to their side of the middle by where they go, so that they pass each other."""
    out = []
    speed = float(draw.uniform(1.25, 1.45))
    for s in _places(town.roads[0].length, (24.0 if town.layout == "suburb" else 14.0) / density, draw):
        along = 1.0 if draw.random() < 0.5 else -1.0
        t = middle - along * width * 0.16
        turn = 0.0 if along > 0 else float(np.pi)
        looks = Looks(town.palette, draw)
        out.append(_Actor((), s, t, CURB, speed * along, turn, (), looks, float(draw.uniform(0, 6.3))))
    return out
