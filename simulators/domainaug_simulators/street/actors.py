"""Who is on the road: vehicles, riders and people of a town, and where each is at any time.

Who drives follows the traffic model of `town.traffic`, the vehicle with the sensors among them; who walks follows a
timetable. Either way every pose follows from the seed and the time, so any frame can be made on its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.lamps import Lamps
from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.mesh import Mesh, turned
from domainaug_simulators.street.scene import Body, Lamp, Thing
from domainaug_simulators.street.town.casting import Cars, Cast, Seats, cast_of
from domainaug_simulators.street.town.cycles import rider
from domainaug_simulators.street.town.paints import Paints
from domainaug_simulators.street.town.people import person
from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.roads import CURB
from domainaug_simulators.street.town.tags import Tag
from domainaug_simulators.street.town.traffic import Moving

__all__ = ["Actors", "Ego"]

_TAGS: Final = {"truck": Tag.TRUCK, "bus": Tag.BUS}
_STRIDE: Final = 1.45  # meters of two steps of somebody 1.75 m tall
_GEAR: Final = 5.6  # meters of a turn of a bicycle's pedals


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


@dataclass(frozen=True, slots=True, eq=False)
class Actors:
    """Everybody who moves in a town, and those who are parked.

    Attributes:
        town: The town.
        palette: Its materials and theirs; those of the town have the same numbers.
        cast: Who is there.
        still: Who never moves, as things numbered from 1.
    """

    town: Town
    palette: Palette
    cast: Cast
    still: tuple[Thing, ...]

    @classmethod
    def of(cls, town: Town, seed: int, density: float, along: float, aside: float = 0.0) -> Actors:
        """Return the traffic that a seed makes.

        Args:
            town: Where it is; it stays as it is.
            seed: Fixes everybody.
            density: 0 none, 1 a usual day.
            along: Where the vehicle with the sensors starts: a share of the stretch it may start on.
            aside: Meters that it keeps left of the middle of its lane.
        """
        palette = town.palette.copy()
        cast = cast_of(town, palette, seed, density, along, aside)
        still = [*_parked(cast, palette), *_waiting(cast)]
        return cls(town, palette, cast, tuple(_numbered(thing, number) for number, thing in enumerate(still, 1)))

    @property
    def count(self) -> int:
        """The highest number that anybody here can have, counted from 1."""
        return len(self.still) + 2 * len(self.cast.rides) + len(self.cast.strolls)

    def ego(self, time: float) -> Ego:
        """Return where the vehicle with the sensors is at a time, in seconds of 0 or more."""
        moving = self.cast.traffic.at(time)[0]
        assert moving is not None
        return Ego((*moving.place, 0.0), moving.yaw, moving.speed)

    def at(self, time: float, first: int = 1) -> list[Thing]:
        """Return everybody at a time, and the traffic lights.

        Args:
            time: Seconds, 0 or more.
            first: Where their numbers begin; everybody has the same number at all times.
        """
        out = [_numbered(thing, thing.instance + first - 1) for thing in self.still]
        number = first + len(self.still)
        swaps = _swaps(self.palette)
        for ride, moving in zip(self.cast.rides, self.cast.traffic.at(time)[1:], strict=True):
            if moving is not None:
                if isinstance(ride, Cars):
                    out.append(_driven(ride, moving, number, swaps))
                else:
                    out += _ridden(ride, moving, number)
            number += 2
        for stroll, looks in zip(self.cast.strolls, self.cast.looks, strict=True):
            there = stroll.at(time)
            if there is not None:
                s, speed = there
                (place,), (heading,) = stroll.walk.path.at(s, stroll.aside)
                pose = turned(float(heading), (*place, stroll.height(s)))
                phase = 2 * np.pi * s / (_STRIDE * looks.height / 1.75)
                mesh = person(looks, phase, stride=min(speed / 1.2, 1.0))
                velocity = speed * float(np.cos(heading)), speed * float(np.sin(heading)), 0.0
                out.append(_placed(mesh, pose, Tag.PEDESTRIAN, number, velocity))
            number += 1
        return [*out, *self.town.lit(time)]


def _numbered(thing: Thing, number: int) -> Thing:
    return Thing(thing.mesh, thing.tag, number, thing.lamps, thing.body)


def _placed(
    mesh: Mesh, pose: NDArray[np.float64], tag: Tag, number: int, velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> Thing:
    return Thing(mesh.moved(pose), int(tag), number, (), Body.around(mesh, pose, velocity))


def _swaps(palette: Palette) -> Mapping[str, tuple[int, int]]:
    """Return which material takes the place of which where a light is switched."""
    pairs = {
        "brakes": (Paints.taillight, Paints.brake_light),
        "left": (Paints.left_light, Paints.turning_light),
        "right": (Paints.right_light, Paints.turning_light),
        "front": (Paints.headlight, Paints.dark_headlight),
        "rear": (Paints.taillight, Paints.dark_taillight),
    }
    return {name: (palette.number(a), palette.number(b)) for name, (a, b) in pairs.items()}


def _driven(car: Cars, moving: Moving, number: int, swaps: Mapping[str, tuple[int, int]]) -> Thing:
    vehicle = car.vehicle
    pose = turned(moving.yaw, (*moving.place, 0.0))
    lit = [
        name for name, on in (("brakes", moving.brakes), ("left", moving.turn > 0), ("right", moving.turn < 0)) if on
    ]
    mesh = vehicle.posed(moving.driven, float(np.clip(moving.steering, -0.4, 0.4)))
    if lit:
        mesh = mesh.repainted(dict(swaps[name] for name in lit))
    lamps = tuple(_moved(lamp, pose) for lamp in vehicle.lamps)
    body = Body.around(vehicle.mesh, pose, moving.velocity)
    return Thing(mesh.moved(pose), int(_TAGS.get(vehicle.kind, Tag.CAR)), number, lamps, body)


def _ridden(seat: Seats, moving: Moving, number: int) -> list[Thing]:
    pose = turned(moving.yaw, (*moving.place, 0.0))
    mount = seat.vehicle.posed(moving.driven, float(np.clip(moving.steering, -0.4, 0.4)))
    mounted = rider(seat.looks, motor=seat.motor, phase=-2 * np.pi * moving.driven / _GEAR, helmet=seat.helmet)
    lamps = tuple(_moved(lamp, pose) for lamp in seat.vehicle.lamps)
    body = Body.around(seat.vehicle.mesh, pose, moving.velocity)
    tag = Tag.MOTORCYCLE if seat.motor else Tag.BICYCLE
    return [
        Thing(mount.moved(pose), int(tag), number, lamps, body),
        _placed(mounted, pose, Tag.RIDER, number + 1, moving.velocity),
    ]


def _parked(cast: Cast, palette: Palette) -> list[Thing]:
    """Return those who are parked, their lights off."""
    swaps = _swaps(palette)
    dark = dict((swaps["front"], swaps["rear"]))
    out = []
    for car, place, yaw in cast.parked:
        pose = turned(yaw, (*place, 0.0))
        out.append(_placed(car.vehicle.mesh.repainted(dark), pose, _TAGS.get(car.vehicle.kind, Tag.CAR), 0))
    return out


def _waiting(cast: Cast) -> list[Thing]:
    """Return those who wait for the bus."""
    return [
        _placed(person(looks, phase, stride=0.0), turned(yaw, (x, y, CURB)), Tag.PEDESTRIAN, 0)
        for (x, y, yaw), looks, phase in cast.waiting
    ]


def _moved(lamp: Lamp, pose: NDArray[np.float64]) -> Lamp:
    place, toward = pose[:3, :3] @ lamp.place + pose[:3, 3], pose[:3, :3] @ lamp.toward
    return Lamp(
        (float(place[0]), float(place[1]), float(place[2])),
        (float(toward[0]), float(toward[1]), float(toward[2])),
        lamp.color,
        lamp.beam,
        lamp.reach,
    )
