"""Sensors that are made once, moved from frame to frame, and heard by frame."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_adapter.client.mailbox import FrameMissing, Mailbox
from domainaug_simulators.carla_adapter.client.manners import marked
from domainaug_simulators.carla_adapter.faults import Event
from domainaug_simulators.carla_server.world.frames import Rotation, Transform, Vector

__all__ = ["Rig", "array_of", "transform_in", "transform_out"]

_ASTRAY: Final = 0.05  # meters, and shares of a turn's matrix, that a sensor may be measured off its place
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
    _places: dict[str, Transform] = field(default_factory=dict)

    def build(self, place: Transform) -> None:
        """Make the sensors, somewhere.

        Raises:
            LookupError: A blueprint or an attribute is not there; says which.
        """
        library = self.world.get_blueprint_library()
        for told in self.asked:
            name, kind = told["name"], told["blueprint"]
            if not len(library.filter(kind)):
                raise LookupError(f"this server has no {kind}, which {name} needs")
            blueprint = marked(library.find(kind))
            for key, value in told["attributes"].items():
                if not blueprint.has_attribute(key):
                    raise LookupError(f"{kind} of this server has no attribute {key}, which {name} needs")
                blueprint.set_attribute(key, str(value))
            sensor = self.world.spawn_actor(blueprint, transform_out(place))
            self.sensors[name] = sensor
            box = Mailbox(name, partial(self._fault, told))
            self.boxes[name] = box
            sensor.listen(box.put)
        time.sleep(_TRACTION)

    def moves(self, ego: Transform, mounts: Mapping[str, Sequence[float]]) -> list[Any]:
        """Return the commands that put the sensors where they belong on the ego vehicle."""
        import carla

        commands = []
        for name, sensor in self.sensors.items():
            x, y, z, pitch, yaw, roll = mounts[name]
            place = ego @ Transform(Vector(x, y, z), Rotation(pitch, yaw, roll))
            self._places[name] = place
            commands.append(carla.command.ApplyTransform(sensor.id, transform_out(place)))
        return commands

    def grab(self, frame: int, seconds: float) -> dict[str, Any]:
        """Return what all sensors measured at a frame.

        Raises:
            FrameMissing: One of them is not to be had.
        """
        until = time.monotonic() + seconds
        return {name: box.take(frame, until) for name, box in self.boxes.items()}

    def drain(self, frame: int, seconds: float) -> None:
        """Wait until all sensors measured a frame that nobody wants; what is missing is no loss."""
        until = time.monotonic() + seconds
        for box in self.boxes.values():
            try:
                box.take(frame, until)
            except FrameMissing:
                continue

    def events(self) -> list[Event]:
        """Return what happened to frames since this was last asked for."""
        return [event for box in self.boxes.values() for event in box.told()]

    def _fault(self, told: Mapping[str, Any], data: Any) -> str:
        """Return what is wrong with a measurement: its size, or where it was taken."""
        size = told.get("size")
        if size is not None and [data.width, data.height] != list(size):
            return f"it has {data.width} x {data.height} pixels in place of {size[0]} x {size[1]}"
        if size is not None and len(data.raw_data) != 4 * data.width * data.height:
            return f"it has {len(data.raw_data)} bytes"
        place = self._places.get(told["name"])
        if place is not None:
            off = float(np.abs(transform_in(data.transform).matrix - place.matrix).max())
            if off > _ASTRAY:
                return f"it was taken {off:.2f} off the place of its sensor"
        return ""


def array_of(kind: str, data: Any) -> NDArray[Any]:
    """Return a measurement as an array: BGRA, points (n, 6), detections (n, 4), or numbers."""
    match kind:
        case "camera":
            return np.frombuffer(data.raw_data, np.uint8).reshape(data.height, data.width, 4)
        case "lidar":
            points = np.frombuffer(data.raw_data, np.dtype([("p", "<f4", 4), ("i", "<u4", 2)]))
            ring = np.repeat(np.arange(data.channels), [data.get_point_count(i) for i in range(data.channels)])
            return np.column_stack([points["p"], points["i"], ring]).astype(np.float64)
        case "radar":
            return np.frombuffer(data.raw_data, np.float32).reshape(-1, 4)
        case "gnss":
            return np.array([data.latitude, data.longitude, data.altitude])
        case _:
            told = (data.accelerometer, data.gyroscope)
            return np.array([*(v for each in told for v in (each.x, each.y, each.z)), data.compass])
