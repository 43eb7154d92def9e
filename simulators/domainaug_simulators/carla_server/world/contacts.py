"""Who runs into whom when vehicles move, and what lies ahead of an obstacle sensor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from domainaug_simulators.carla_server.world.actors import Actor, Vehicle
from domainaug_simulators.carla_server.world.frames import Transform, Vector
from domainaug_simulators.carla_server.world.solids import Solid, Solids, overlap, solid_of

__all__ = ["Contact", "ahead", "blocked", "meeting", "touching"]


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


def touching(own: Solid, actor: Actor, others: Iterable[Actor], fixed: Solids) -> list[tuple[int, int]]:
    """Return (number, class) of all that overlap a box; 0 for what belongs to the town."""
    found = [
        (other.id, other.tag)
        for other in others
        if other is not actor and _related(other, actor) and overlap(own, solid_of(other.transform, other.box))
    ]
    hit = fixed.hit(own)
    return found if hit is None else [*found, (0, hit.tag)]


def _related(other: Actor, actor: Actor) -> bool:
    return other.solid and other.parent != actor.id and actor.parent != other.id


def blocked(vehicle: Vehicle, after: Transform, others: Iterable[Actor], fixed: Solids) -> tuple[bool, list[Contact]]:
    """Return whether a vehicle cannot go where it would, and what it runs into.

    Who overlaps already may leave. People and light things are run into, and do not hold a vehicle up.
    """
    new = touching(solid_of(after, vehicle.box), vehicle, others, fixed)
    if not new:
        return False, []
    old = set(touching(solid_of(vehicle.transform, vehicle.box), vehicle, others, fixed))
    met = [one for one in new if one not in old]
    masses = {one.id: one.mass for one in others}
    way = vehicle.transform.forward
    contacts, held = [], False
    for number, tag in met:
        mass = masses.get(number, vehicle.mass)
        push = -vehicle.speed * min(mass, vehicle.mass)
        contacts.append(Contact(vehicle.id, number, tag, Vector(way.x * push, way.y * push, 0.0)))
        held |= number == 0 or mass > 200.0
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
