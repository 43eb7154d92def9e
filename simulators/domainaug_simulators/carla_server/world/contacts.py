"""Who runs into whom when vehicles move, and what lies ahead of an obstacle sensor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from domainaug_simulators.carla_server.world.actors import Actor, Vehicle
from domainaug_simulators.carla_server.world.frames import Transform, Vector
from domainaug_simulators.carla_server.world.solids import Solid, Solids, overlap, solid_of

__all__ = ["Contact", "Crowd", "ahead", "meeting"]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody ran into something.

    Attributes:
        one: Who moved.
        other: The number of what was hit; 0 for what belongs to the town.
        tag: The class of what was hit.
        impulse: Newton seconds, on who moved.
    """

    one: int
    other: int
    tag: int
    impulse: Vector


class Crowd:
    """Everybody who is solid, as boxes that are kept where they are."""

    def __init__(self, actors: Iterable[Actor], fixed: Solids) -> None:
        self._actors = [one for one in actors if one.solid]
        self._boxes = Solids([solid_of(one.transform, one.box, one.tag) for one in self._actors])
        self._index = {one.id: index for index, one in enumerate(self._actors)}
        self._fixed = fixed

    def moved(self, actor: Actor) -> None:
        """Take in that somebody is elsewhere."""
        if actor.id in self._index:
            self._boxes.move(self._index[actor.id], solid_of(actor.transform, actor.box, actor.tag))

    def touching(self, actor: Actor, own: Solid) -> list[tuple[Actor | None, int]]:
        """Return who overlaps a box, with their classes, but for its owner and what hangs on that; None is the town."""
        found: list[tuple[Actor | None, int]] = []
        for index in self._boxes.indices(own.x, own.y, own.reach):
            other = self._actors[index]
            apart = other is not actor and other.parent != actor.id and actor.parent != other.id
            if apart and overlap(own, self._boxes.all[index]):
                found.append((other, other.tag))
        hit = self._fixed.hit(own)
        return found if hit is None else [*found, (None, hit.tag)]

    def blocked(self, vehicle: Vehicle, after: Transform) -> tuple[bool, list[Contact]]:
        """Return whether a vehicle cannot go where it would, and what it runs into.

        Who overlaps already may leave. People and light things are run into, and do not hold a vehicle up.
        """
        new = self.touching(vehicle, solid_of(after, vehicle.box))
        if not new:
            return False, []
        old = self.touching(vehicle, solid_of(vehicle.transform, vehicle.box))
        way = vehicle.transform.forward
        contacts, held = [], False
        for other, tag in new:
            if (other, tag) in old:
                continue
            mass = vehicle.mass if other is None else other.mass
            push = -vehicle.speed * min(mass, vehicle.mass)
            impulse = Vector(way.x * push, way.y * push, 0.0)
            contacts.append(Contact(vehicle.id, 0 if other is None else other.id, tag, impulse))
            held |= other is None or mass > 200.0
        return held, contacts


def ahead(
    own: Transform, reach: float, radius: float, boxes: Iterable[tuple[int, Solid]]
) -> tuple[int, int, float] | None:
    """Return (number, class, meters) of the nearest box that a ball meets which is sent straight ahead, or None."""
    best: tuple[int, int, float] | None = None
    for number, box in boxes:
        away = meeting(own, reach, radius, box)
        if away is not None and (best is None or away < best[2]):
            best = (number, box.tag, away)
    return best


def meeting(own: Transform, reach: float, radius: float, box: Solid) -> float | None:
    """Return how far along its ray a ball meets a box, which is grown by the ball's radius."""
    c, s = math.cos(box.yaw), math.sin(box.yaw)
    x, y, z = (a - b for a, b in zip(own.location, (box.x, box.y, box.z), strict=True))
    way = own.forward
    begin = (x * c + y * s, y * c - x * s, z)
    toward = (way.x * c + way.y * s, way.y * c - way.x * s, way.z)
    low, high = 0.0, reach
    for at, step, half in zip(begin, toward, (box.length, box.width, box.height), strict=True):
        if abs(step) < 1e-9:
            if abs(at) > half + radius:
                return None
            continue
        near, far = sorted(((-half - radius - at) / step, (half + radius - at) / step))
        low, high = max(low, near), min(high, far)
    return low if low <= high else None
