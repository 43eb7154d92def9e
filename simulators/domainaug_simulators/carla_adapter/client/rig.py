"""Sensors that are made once, moved from frame to frame, and heard by frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from domainaug_simulators.carla_adapter.client.mailbox import FrameMissing, Mailbox
from domainaug_simulators.carla_adapter.client.manners import marked, remove
from domainaug_simulators.carla_adapter.client.plausible import Doubts
from domainaug_simulators.carla_adapter.faults import Event
from domainaug_simulators.carla_server.world.frames import ORIGIN, Rotation, Transform, Vector

__all__ = ["Rig", "transform_in", "transform_out"]

_TRACTION: Final = 0.05  # seconds until the streams of new sensors are open


def transform_in(transform: Any) -> Transform:
    """Return a `carla.Transform` as ours."""
    place, turn = transform.location, transform.rotation
    return Transform(Vector(place.x, place.y, place.z), Rotation(turn.pitch, turn.yaw, turn.roll))


def transform_out(transform: Transform) -> Any:
    """Return a transform as `carla.Transform`."""
    import carla

    x, y, z = transform.location
    pitch, yaw, roll = transform.rotation
    return carla.Transform(carla.Location(x, y, z), carla.Rotation(pitch, yaw, roll))


@dataclass(slots=True, eq=False)
class Rig:
    """The sensors of a world.

    Attributes:
        world: The `carla.World`.
        asked: What the sensors were made from; others need a rig of their own.
        sensors: They themselves: one that nobody holds falls silent.
        boxes: Where their frames arrive.
    """

    world: Any
    asked: Sequence[Mapping[str, Any]]
    sensors: dict[str, Any] = field(default_factory=dict)
    boxes: dict[str, Mailbox] = field(default_factory=dict)
    _doubts: dict[str, Doubts] = field(default_factory=dict)

    def build(self, place: Transform) -> None:
        """Make the sensors, somewhere.

        Raises:
            LookupError: A blueprint or an attribute is not there; says which.
        """
        geography = self.world.get_map()

        def globe(where: Transform) -> tuple[float, float]:
            found = geography.transform_to_geolocation(transform_out(where).location)
            return found.latitude, found.longitude

        for told in self.asked:
            name = told["name"]
            self._doubts[name] = doubts = Doubts(told, globe=globe)
            self.boxes[name] = Mailbox(name, _held_against(doubts))
            self._make(told, place)
        time.sleep(_TRACTION)

    def renew(self, client: Any, name: str, frame: int) -> None:
        """Make a sensor again, where it is, in place of one that is silent.

        Args:
            client: The `carla.Client`.
            name: Which.
            frame: At which frame it failed.

        Raises:
            LookupError: Its blueprint is gone.
            RuntimeError: The server does not make it.
        """
        remove(client, [self.sensors.pop(name)])
        told = next(each for each in self.asked if each["name"] == name)
        self._make(told, self._doubts[name].place or ORIGIN)
        self.boxes[name].note(Event("renewed", name, frame, "its sensor was made anew"))
        time.sleep(_TRACTION)

    def _make(self, told: Mapping[str, Any], place: Transform) -> None:
        library, name, kind = self.world.get_blueprint_library(), told["name"], told["blueprint"]
        if not len(library.filter(kind)):
            raise LookupError(f"this server has no {kind}, which {name} needs")
        blueprint = marked(library.find(kind))
        for key, value in told["attributes"].items():
            if not blueprint.has_attribute(key):
                raise LookupError(f"{kind} of this server has no attribute {key}, which {name} needs")
            blueprint.set_attribute(key, str(value))
        self.sensors[name] = sensor = self.world.spawn_actor(blueprint, transform_out(place))
        sensor.listen(self.boxes[name].put)

    def moves(self, ego: Transform, mounts: Mapping[str, Sequence[float]]) -> list[Any]:
        """Return the commands that put the sensors where they belong on the ego vehicle."""
        import carla

        commands = []
        for name, sensor in self.sensors.items():
            x, y, z, pitch, yaw, roll = mounts[name]
            place = ego @ Transform(Vector(x, y, z), Rotation(pitch, yaw, roll))
            self._doubts[name].place = place
            commands.append(carla.command.ApplyTransform(sensor.id, transform_out(place)))
        return commands

    def grab(self, frame: int, seconds: float, alive: Callable[[], None] = lambda: None) -> dict[str, Any]:
        """Return what all sensors measured at a frame.

        Args:
            frame: Which.
            seconds: How long nothing may come from any of them before one is given up.
            alive: Called every now and then meanwhile.

        Raises:
            FrameMissing: One of them is not to be had.
        """
        began = time.monotonic()

        def until() -> float:
            alive()
            return max(began, *(box.last for box in self.boxes.values())) + seconds

        return {name: box.take(frame, until) for name, box in self.boxes.items()}

    def compare(self, frame: int, measured: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Hold pictures of a world that stands still against those of the frame before.

        Raises:
            FrameMissing: One is another picture.
        """
        for name, data in measured.items():
            fault = self._doubts[name].unlike(data, before[name])
            if fault:
                event = Event("wrong", name, frame, fault)
                self.boxes[name].note(event)
                raise FrameMissing(event)

    def events(self) -> list[Event]:
        """Return what happened to frames since this was last asked for."""
        return [event for box in self.boxes.values() for event in box.told()]


def _held_against(doubts: Doubts) -> Callable[[Any], str]:
    return lambda data: doubts.fault(data, transform_in(data.transform))
