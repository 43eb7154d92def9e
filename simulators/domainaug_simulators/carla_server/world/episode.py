"""The world between two frames: who is in it, what the weather is, and what one step of time does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, TypeVar

from domainaug.errors import DomainAugError
from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.world.actors import (
    Actor,
    Aspect,
    Attachment,
    Description,
    SensorActor,
    TrafficLight,
    Vehicle,
    Walker,
)
from domainaug_simulators.carla_server.world.blueprints import Blueprint, Shape, blueprints, shape_of
from domainaug_simulators.carla_server.world.contacts import Contact, Crowd
from domainaug_simulators.carla_server.world.driving import stepped, walked
from domainaug_simulators.carla_server.world.frames import ORIGIN, Box, Transform, Vector
from domainaug_simulators.carla_server.world.lamps import StreetLamps
from domainaug_simulators.carla_server.world.levels import Level
from domainaug_simulators.carla_server.world.signals import Signals
from domainaug_simulators.carla_server.world.skies import CLEAR, Sky
from domainaug_simulators.carla_server.world.solids import solid_of

__all__ = ["COLLIDES", "Episode", "Refused", "Settings"]

COLLIDES: Final = "Spawn failed because of collision at spawn position"
"""What CARLA says where there is no room."""

_MOST: Final = 4096
_FASTEST: Final = 70.0  # m/s; what moves further in a frame was put there
ActorT = TypeVar("ActorT", bound=Actor)


class Refused(DomainAugError):
    """Something that was asked of the world and cannot be."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How time passes.

    Attributes:
        synchronous: Whether it waits for a client.
        no_rendering: Whether cameras are off.
        delta: Seconds of one frame, or None for as long as it took.
        substepping: Kept for the client; steps are always fine.
        max_substep_delta: The same.
        max_substeps: The same.
        max_culling: The same.
        ragdolls: The same.
        tile_distance: The same.
        active_distance: The same.
        spectator_as_ego: The same.
    """

    synchronous: bool = False
    no_rendering: bool = False
    delta: float | None = None
    substepping: bool = True
    max_substep_delta: float = 0.01
    max_substeps: int = 10
    max_culling: float = 0.0
    ragdolls: bool = True
    tile_distance: float = 3000.0
    active_distance: float = 2000.0
    spectator_as_ego: bool = True


@dataclass(slots=True, eq=False)
class Episode:
    """A world from when its map was loaded.

    Attributes:
        level: The map.
        number: Its number.
        ids: Where numbers of actors come from; never used twice, so that no client mistakes one for another.
        sky: The weather.
        elapsed: Seconds since it began.
        covered: When in these its weather was set last.
        begun: When clouds, drops and noise began anew: their time counts from there.
        actors: Everybody, by number, in the order in which they came.
        contacts: Who ran into whom in the last step.
        hidden: Numbers of things of the town that are switched off.
        signals: The traffic lights.
        lamps: The street lamps.
        spectator: Whoever looks on.
    """

    level: Level
    number: int
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    sky: Sky = CLEAR
    elapsed: float = 0.0
    covered: float = -1.0
    begun: float = 0.0
    actors: dict[int, Actor] = field(default_factory=dict)
    contacts: list[Contact] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    signals: Signals = field(init=False)
    lamps: StreetLamps = field(init=False)
    spectator: Actor = field(init=False)

    def __post_init__(self) -> None:
        lights = [replace(light, id=next(self.ids)) for light in self.level.places.lights]
        self.signals, self.lamps = Signals(lights), StreetLamps(self.level.lamps)
        begin = self.level.places.spawns[0].location
        high = Transform(Vector(begin.x, begin.y, begin.z + 30.0), self.level.places.spawns[0].rotation)
        self.spectator = Actor(next(self.ids), Description("spectator"), transform=high, physics=False, collides=False)
        for one in (*lights, self.spectator):
            self.actors[one.id] = one

    def find(self, number: int, kind: type[ActorT]) -> ActorT:
        """Return somebody.

        Raises:
            Refused: There is nobody of that number, or they are of another kind.
        """
        found = self.actors.get(number)
        if found is None:
            raise Refused(f"actor {number} not found: it was destroyed, or belongs to a map that was left")
        if not isinstance(found, kind):
            raise Refused(f"actor {number} is {found.description.id}, and the call is for a {kind.__name__.lower()}")
        return found

    # -- coming and going -----------------------------------------------------------------------------------

    def spawn(
        self,
        name: str,
        attributes: dict[str, str],
        transform: Transform,
        parent: int = 0,
        attachment: int = 0,
    ) -> Actor:
        """Put something into the world.

        Args:
            name: The blueprint.
            attributes: What is set of it; the rest is as the blueprint has it.
            transform: Where; on its parent, if it has one.
            parent: The number of what it hangs on, or 0.
            attachment: How it hangs on it.

        Raises:
            Refused: There is no such blueprint or parent, or no room.
        """
        blueprint = blueprints().get(name)
        if blueprint is None:
            raise Refused(f"blueprint {name!r} not found: get_blueprint_library() lists what there is")
        if len(self.actors) >= _MOST:
            raise Refused(f"there are {len(self.actors)} actors already; destroy some")
        set_to = {one.name: attributes.get(one.name, one.default) for one in blueprint.attributes}
        made = _made(blueprint, next(self.ids), {**attributes, **set_to})
        made.transform = transform
        if parent:
            self.find(parent, Actor)
            made.parent, made.relative, made.attachment = parent, transform, _attachment(attachment)
            self._hang(made)
        elif shape_of(name) in (Shape.VEHICLE, Shape.WALKER) and self._taken(made):
            raise Refused(COLLIDES)
        if isinstance(made, Vehicle):
            made.speed_limit = self.level.places.speed_limit
        self.actors[made.id] = made
        return made

    def _taken(self, made: Actor) -> bool:
        crowd = Crowd(self.actors.values(), self.level.solids)
        return bool(crowd.touching(made, solid_of(made.transform, made.box)))

    def destroy(self, number: int) -> list[Actor]:
        """Take something out of the world with all that hangs on it; returns what is gone, nothing if it was not."""
        if number not in self.actors or isinstance(self.actors[number], TrafficLight) or number == self.spectator.id:
            return []
        gone = [self.actors.pop(number)]
        for child in [one.id for one in self.actors.values() if one.parent == number]:
            gone += self.destroy(child)
        return gone

    def place(self, actor: Actor, transform: Transform) -> None:
        """Put somebody elsewhere; what hangs on something is moved on it, as CARLA does."""
        if actor.parent:
            actor.relative = transform
            self._hang(actor)
        else:
            actor.transform = transform
        for child in self.actors.values():
            if child.parent == actor.id:
                self._hang(child)

    def _hang(self, actor: Actor) -> None:
        parent = self.actors.get(actor.parent)
        if parent is not None and actor.relative is not None:
            actor.transform = parent.transform @ actor.relative
            actor.velocity, actor.angular, actor.acceleration = parent.velocity, parent.angular, parent.acceleration

    # -- time -----------------------------------------------------------------------------------------------

    def step(self, dt: float) -> None:
        """Let time pass."""
        self.elapsed += dt
        self.contacts = []
        self.signals.advance(dt)
        crowd = Crowd(self.actors.values(), self.level.solids)
        for actor in list(self.actors.values()):
            if isinstance(actor, Vehicle) and not actor.parent:
                self._drive(actor, dt, crowd)
            elif isinstance(actor, Walker) and not actor.parent:
                _walk(actor, dt, self.level)
        for actor in self.actors.values():
            if actor.parent:
                self._hang(actor)

    def _drive(self, vehicle: Vehicle, dt: float, crowd: Crowd) -> None:
        before = vehicle.velocity
        if not vehicle.physics:
            _carried(vehicle, dt)
        else:
            after, speed, turning = stepped(vehicle, dt)
            vehicle.speed = speed if vehicle.constant is None else vehicle.constant.x
            x, y, z = after.location
            if vehicle.gravity:
                after = Transform(Vector(x, y, max(0.0, z - 9.81 * dt)), after.rotation)
            held, contacts = crowd.blocked(vehicle, after) if vehicle.collides else (False, [])
            self.contacts += contacts
            if held:
                vehicle.speed, turning = 0.0, 0.0
            else:
                vehicle.transform = after
                crowd.moved(vehicle)
            way = vehicle.transform.forward
            vehicle.velocity = Vector(way.x * vehicle.speed, way.y * vehicle.speed, 0.0)
            vehicle.angular = Vector(0.0, 0.0, turning)
            change = [(a - b) / dt if dt > 0 else 0.0 for a, b in zip(vehicle.velocity, before, strict=True)]
            vehicle.acceleration = Vector(*change)
        vehicle.before = vehicle.transform
        solid = solid_of(vehicle.transform, vehicle.box)
        light = self.signals.holding(solid, vehicle.transform.rotation.yaw)
        vehicle.at_light = 0 if light is None else light.id
        vehicle.light_state = Aspect.GREEN if light is None else light.state

    # -- what is seen of it ---------------------------------------------------------------------------------

    def cover(self, sky: Sky) -> None:
        """Set the weather; one that is set twice in a frame begins clouds, drops and the noise of sensors anew.

        So a client gets the same pictures whatever was before, and one that changes the weather frame by frame gets
        clouds that go on.
        """
        if self.covered == self.elapsed:
            self.begun = self.elapsed
        self.sky, self.covered = sky, self.elapsed

    def frame(self, number: int, delta: float) -> Frame:
        """Return how it is now."""
        seen = {one.id: _seen(one) for one in self.actors.values()}
        drawn = round(self.elapsed - self.begun, 6)
        hidden, lamps = frozenset(self.hidden), self.lamps.touched
        return Frame(self.number, number, self.elapsed, delta, self.sky, seen, hidden, drawn, lamps)

    def each(self, kind: type[ActorT], keep: Callable[[ActorT], bool] = lambda _: True) -> list[ActorT]:
        """Return everybody of a kind."""
        return [one for one in self.actors.values() if isinstance(one, kind) and keep(one)]


def _made(blueprint: Blueprint, number: int, attributes: dict[str, str]) -> Actor:
    description = Description(blueprint.id, attributes, blueprint.look)
    length, width, height = blueprint.size
    extent = Vector(length / 2, width / 2, height / 2)
    shape = shape_of(blueprint.id)
    if shape == Shape.VEHICLE:
        return Vehicle(number, description, Box(Vector(0.0, 0.0, height / 2), extent), int(blueprint.tag))
    if shape == Shape.WALKER:  # people are placed by their middles
        return Walker(number, description, Box(Vector(), extent), int(blueprint.tag))
    if blueprint.id.startswith("sensor."):
        return SensorActor(number, description, physics=False, collides=False)
    box = Box(Vector(0.0, 0.0, height / 2), extent)
    return Actor(number, description, box, int(blueprint.tag), ORIGIN, physics=False)


def _attachment(told: int) -> Attachment:
    """Return how something hangs; commands of a batch that leave it out send whatever lay in the client's memory."""
    return Attachment(told) if told in tuple(Attachment) else Attachment.RIGID


def _carried(vehicle: Vehicle, dt: float) -> None:
    """Tell the velocity of a vehicle that a script moves; who is put far away has none."""
    last = vehicle.transform if vehicle.before is None else vehicle.before
    way = [(a - b) / dt if dt > 0 else 0.0 for a, b in zip(vehicle.transform.location, last.location, strict=True)]
    velocity = Vector(*way)
    vehicle.velocity = velocity if velocity.length < _FASTEST else Vector()
    vehicle.speed = vehicle.transform.inward(vehicle.velocity).x
    vehicle.angular, vehicle.acceleration = Vector(), Vector()


def _walk(walker: Walker, dt: float, level: Level) -> None:
    if walker.led:  # its controller has placed it
        walker.led = False
        walker.walked += walker.velocity.length * dt
        return
    if not walker.physics:
        walker.velocity = Vector()
        return
    after, velocity = walked(walker, dt)
    if walker.gravity:
        x, y, z = after.location
        floor = level.floor(x, y) + walker.box.extent.z
        after = Transform(Vector(x, y, max(floor, z - 9.81 * dt)), after.rotation)
    walker.transform, walker.velocity = after, velocity
    walker.walked += velocity.length * dt


def _seen(actor: Actor) -> Seen:
    lights, gone = 0, 0.0
    if isinstance(actor, Vehicle):
        lights = actor.lights
    elif isinstance(actor, TrafficLight):
        lights = int(actor.state)
    elif isinstance(actor, Walker):
        gone = actor.walked
    told = actor.description
    return Seen(
        actor.id, told.id, told.attributes, told.look, actor.tag, actor.transform, actor.box, actor.velocity,
        actor.angular, actor.acceleration, lights, gone,
    )  # fmt: skip
