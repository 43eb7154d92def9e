"""Sensors that tell only when something happens: collisions, and obstacles ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgpack

from domainaug_simulators.carla_server.calls.forms import actor_form
from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.world.actors import Actor, Description, SensorActor
from domainaug_simulators.carla_server.world.contacts import ahead
from domainaug_simulators.carla_server.world.solids import Solid, solid_of
from domainaug_simulators.street.town.tags import Tag

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__ = ["CollisionSensor", "ObstacleSensor"]


def _named(desk: Desk, number: int, tag: int) -> list[Any]:
    """Write what was met: somebody, or a thing of the town, which CARLA calls static and numbers 0."""
    actor = desk.episode.actors.get(number)
    if actor is None:
        name = Tag(tag).name.lower().replace("_", "")
        actor = Actor(0, Description(f"static.{name}"), tag=tag)
    return actor_form(actor, b"")


@dataclass(frozen=True, slots=True)
class CollisionSensor:
    """Tells whom its parent ran into, or who ran into its parent; one message a frame, the hardest.

    Attributes:
        desk: The world.
    """

    desk: Desk
    slow: bool = False

    def frame(self, world: Frame, own: Seen) -> bytes | None:
        """Return whom, and the impulse on the parent; None where nobody."""
        parent = self.desk.episode.actors[own.id].parent
        met = [
            (contact.impulse.length, contact.other, contact.tag, contact.impulse)
            for contact in self.desk.episode.contacts
            if contact.one == parent
        ]
        met += [
            (contact.impulse.length, contact.one, 0, type(contact.impulse)(*(-part for part in contact.impulse)))
            for contact in self.desk.episode.contacts
            if contact.other == parent and parent
        ]
        if not met:
            return None
        _, number, tag, impulse = max(met, key=lambda one: one[0])
        told = [_named(self.desk, parent, 0), _named(self.desk, number, tag), list(impulse)]
        return bytes(msgpack.packb(told, use_bin_type=True))


@dataclass(frozen=True, slots=True)
class ObstacleSensor:
    """Tells what is straight ahead, and how far.

    Attributes:
        desk: The world.
        attributes: The blueprint's.
    """

    desk: Desk
    attributes: Mapping[str, str]
    slow: bool = False

    def frame(self, world: Frame, own: Seen) -> bytes | None:
        """Return what is nearest ahead; None where nothing is."""
        reach, radius = float(self.attributes["distance"]), float(self.attributes["hit_radius"])
        parent = self.desk.episode.actors[own.id].parent
        boxes: list[tuple[int, Solid]] = [
            (one.id, solid_of(one.transform, one.box, one.tag))
            for one in self.desk.episode.actors.values()
            if one.solid and one.id not in (parent, own.id) and not isinstance(one, SensorActor)
        ]
        if self.attributes["only_dynamics"].lower() != "true":
            x, y, _ = own.transform.location
            boxes += [(0, solid) for solid in self.desk.level.solids.near(x, y, reach + radius)]
        found = ahead(own.transform, reach, radius, boxes)
        if found is None:
            return None
        number, tag, away = found
        told = [_named(self.desk, parent, 0), _named(self.desk, number, tag), away]
        return bytes(msgpack.packb(told, use_bin_type=True))
