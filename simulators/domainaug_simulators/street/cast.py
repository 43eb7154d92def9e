"""Those whom a scenario lists, as things in the street; and the traffic that they leave room for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError
from domainaug_simulators.street.actors import Ego
from domainaug_simulators.street.listing import Listed
from domainaug_simulators.street.mesh import Mesh, turned
from domainaug_simulators.street.scene import Body, Lamp, Thing
from domainaug_simulators.street.town.cycles import bicycle, motorcycle, rider
from domainaug_simulators.street.town.furniture import cone
from domainaug_simulators.street.town.maps import MapRoad, RoadMap
from domainaug_simulators.street.town.people import Looks, person
from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.roads import CURB
from domainaug_simulators.street.town.tags import Tag
from domainaug_simulators.street.town.vehicles import vehicle
from domainaug_simulators.street.tracks import Track, track_of

__all__ = ["Cast", "crowded", "ego_body", "ego_on"]

_TAGS: Final = {"truck": Tag.TRUCK, "bus": Tag.BUS, "cone": Tag.DYNAMIC}
_STRIDE: Final = 1.45  # meters of two steps
_EGO: Final = (4.7, 1.9, 1.6)
_APART: Final = 0.5  # meters between those who are listed and the traffic about them


@dataclass(frozen=True, slots=True, eq=False)
class _Player:
    listed: Listed
    track: Track
    shapes: tuple[tuple[Mesh, Tag], ...]
    lamps: tuple[Lamp, ...] = ()
    looks: Looks | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Those whom a scenario lists.

    Attributes:
        town: Where they are.
        roads: The map that places on lanes count on.
        players: They, with their ways and their shapes.
    """

    town: Town
    roads: RoadMap
    players: tuple[_Player, ...]

    @classmethod
    def of(cls, listed: Sequence[Listed], town: Town, roads: RoadMap, main: MapRoad, seed: int) -> Cast:
        """Return those who are listed; materials of clothes and paint are added to the town's palette.

        Raises:
            DomainAugError: Somebody's place is not on the map, or in somebody else.
        """
        made: list[_Player] = []
        for index, one in enumerate(listed):
            draw = np.random.Generator(np.random.Philox(key=[seed, 5000 + index]))
            made.append(_player(one, track_of(one, roads, main), town, draw))
        cast = cls(town, roads, tuple(made))
        cast._refuse_crowding()
        return cast

    def _refuse_crowding(self) -> None:
        """Refuse two who stand in each other when it begins; what they do later is what the scenario says."""
        outlines: list[tuple[str, list[NDArray[np.float64]]]] = []
        for number, one in enumerate(self.players, start=1):
            alone = Cast(self.town, self.roads, (one,)).at(0.0)
            own = [_outline(thing.body) for thing in alone if thing.body is not None]
            for earlier, (kind, others) in enumerate(outlines, start=1):
                if any(_overlap(mine, theirs) for mine in own for theirs in others):
                    raise DomainAugError(
                        f"actors: number {earlier} ({kind}) and number {number} ({one.listed.kind}) stand in each "
                        "other at the start; move one of them"
                    )
            outlines.append((one.listed.kind, own))

    def at(self, time: float, first: int = 1) -> list[Thing]:
        """Return everybody at a time, numbered from `first`."""
        out: list[Thing] = []
        for one in self.players:
            now = one.track.at(time)
            z = one.listed.z
            if z is None:
                raised = one.listed.kind in ("person", "cone") and self.roads.on_sidewalk(now.x, now.y)
                z = CURB if raised else 0.0
            pose = turned(now.yaw, (now.x, now.y, z))
            shapes, lamps = one.shapes, tuple(_moved(lamp, pose) for lamp in one.lamps)
            if one.looks is not None:
                phase, stride = 2 * np.pi * now.gone / _STRIDE, min(abs(now.speed) / 0.8, 1.0)
                shapes = ((person(one.looks, float(phase), stride=stride), Tag.PEDESTRIAN),)
            velocity = now.speed * float(np.cos(now.yaw)), now.speed * float(np.sin(now.yaw)), 0.0
            for mesh, tag in shapes:
                body = Body.around(mesh, pose, velocity)
                out.append(Thing(mesh.moved(pose), int(tag), first + len(out), lamps, body))
                lamps = ()
        return out


def _player(listed: Listed, track: Track, town: Town, draw: np.random.Generator) -> _Player:
    palette, kind = town.palette, listed.kind
    if kind == "person":
        return _Player(listed, track, (), (), Looks(palette, draw))
    if kind == "cone":
        return _Player(listed, track, ((cone(palette), _TAGS[kind]),))
    if kind in ("bicycle", "motorcycle"):
        motor = kind == "motorcycle"
        seat = (motorcycle if motor else bicycle)(palette, draw).mesh
        mounted = rider(Looks(palette, draw), motor=motor, phase=float(draw.uniform(0, 6.3)))
        return _Player(listed, track, ((seat, Tag.MOTORCYCLE if motor else Tag.BICYCLE), (mounted, Tag.RIDER)))
    made = vehicle(kind, palette, draw)
    lamps = tuple(made.lamps) if listed.speed or listed.path else ()  # who is parked has no lights on
    return _Player(listed, track, ((made.mesh, _TAGS.get(kind, Tag.CAR)),), lamps)


def _moved(lamp: Lamp, pose: NDArray[np.float64]) -> Lamp:
    x, y, z = (pose[:3, :3] @ lamp.place + pose[:3, 3]).tolist()
    toward = (pose[:3, :3] @ lamp.toward).tolist()
    return Lamp((x, y, z), (toward[0], toward[1], toward[2]), lamp.color, lamp.beam, lamp.reach)


def ego_on(track: Track, aside: float, time: float) -> Ego:
    """Return the vehicle with the sensors on its way, `aside` meters left of it."""
    now = track.at(time)
    x, y = now.x - aside * float(np.sin(now.yaw)), now.y + aside * float(np.cos(now.yaw))
    return Ego((x, y, 0.0), now.yaw, now.speed)


def ego_body(ego: Ego) -> Body:
    """Return the box that the vehicle with the sensors fills."""
    return Body(turned(ego.yaw, ego.place), _EGO)


def crowded(traffic: Iterable[Thing], listed: Iterable[Body], apart: float = _APART) -> set[int]:
    """Return the numbers of those in the traffic who come within `apart` meters of somebody who is listed."""
    taken = [_outline(body, apart) for body in listed]
    return {
        thing.instance
        for thing in traffic
        if thing.body is not None and any(_overlap(_outline(thing.body), other) for other in taken)
    }


def _outline(body: Body, more: float = 0.0) -> NDArray[np.float64]:
    """Return the four corners of a body on the ground, (4, 2)."""
    length, width, _ = body.size
    own = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [length / 2 + more, width / 2 + more]
    return np.asarray(own @ body.pose[:2, :2].T + body.pose[:2, 3], np.float64)


def _overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Return whether two rectangles overlap: no line along a side of either parts them."""
    for ring in (one, other):
        for axis in (ring[1] - ring[0], ring[2] - ring[1]):
            a, b = one @ axis, other @ axis
            if a.max() < b.min() or b.max() < a.min():
                return False
    return True
