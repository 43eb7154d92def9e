"""Which sensor measures what: from the name of a blueprint to what makes its messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domainaug_simulators.carla_server.sensors.events import CollisionSensor, ObstacleSensor
from domainaug_simulators.carla_server.sensors.interface import Sensor
from domainaug_simulators.carla_server.sensors.position import Gnss, Imu
from domainaug_simulators.carla_server.world.actors import SensorActor
from domainaug_simulators.carla_server.world.episode import Refused
from domainaug_simulators.carla_server.world.levels import Level

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk
    from domainaug_simulators.carla_server.sensors.stage import Stage

__all__ = ["Looks", "sensor_for"]


def sensor_for(actor: SensorActor, desk: Desk) -> Sensor | None:
    """Return what measures for a sensor that was spawned; None for those that measure nothing here."""
    attributes = actor.description.attributes
    match actor.description.id:
        case "sensor.other.gnss":
            return Gnss(attributes, desk.level.places.origin)
        case "sensor.other.imu":
            return Imu(attributes, lambda: desk.gravity)
        case "sensor.other.collision":
            return CollisionSensor(desk)
        case "sensor.other.obstacle":
            return ObstacleSensor(desk, attributes)
        case str(name) if name.startswith("sensor.camera."):
            return _camera(name, desk, attributes)
        case "sensor.lidar.ray_cast" | "sensor.lidar.ray_cast_semantic":
            return _lidar(actor.description.id, desk, attributes)
        case "sensor.other.radar":
            from domainaug_simulators.carla_server.sensors.radar import Radar

            return Radar.of(desk.looks.stage, attributes)
        case _:
            return None


def _lidar(name: str, desk: Desk, attributes: Mapping[str, str]) -> Sensor:
    """Return a LiDAR.

    Raises:
        MissingExtra: The packages that cast rays are not installed.
    """
    from domainaug_simulators.carla_server.sensors import lidars

    head = lidars.Head.of(attributes)
    if name.endswith("semantic"):
        return lidars.SemanticRayCast(desk.looks.stage, desk.layout, head)
    return lidars.RayCast(desk.looks.stage, desk.layout, attributes, head)


def _camera(name: str, desk: Desk, attributes: Mapping[str, str]) -> Sensor:
    """Return a camera.

    Raises:
        MissingExtra: The packages that draw are not installed.
    """
    from domainaug_simulators.carla_server.sensors import cameras
    from domainaug_simulators.carla_server.sensors.dvs import EventCamera
    from domainaug_simulators.carla_server.sensors.motion import FlowCamera
    from domainaug_simulators.street.render import QUALITIES

    _refuse_size(attributes)
    stage = desk.looks.stage
    match name.rpartition(".")[2]:
        case "rgb" | "dvs" as kind:
            eye = cameras.RgbCamera(stage, desk.layout, attributes, QUALITIES[desk.quality])
            return eye if kind == "rgb" else EventCamera(eye)
        case "depth":
            return cameras.DepthCamera(stage, desk.layout)
        case "semantic_segmentation":
            return cameras.SemanticCamera(stage, desk.layout)
        case "normals":
            return cameras.NormalsCamera(stage, desk.layout)
        case "optical_flow":
            return FlowCamera(stage, desk.layout)
        case _:
            return cameras.InstanceCamera(stage, desk.layout)


def _refuse_size(attributes: Mapping[str, str]) -> None:
    width, height, view = (float(attributes[name]) for name in ("image_size_x", "image_size_y", "fov"))
    if not (1 <= width <= 4096 and 1 <= height <= 4096 and 1 <= view <= 170):
        raise Refused(
            f"a camera of {width:g} x {height:g} pixels and {view:g} degrees: image_size_x and image_size_y are from "
            "1 to 4096, fov from 1 to 170"
        )


@dataclass(slots=True)
class Looks:
    """A map as sensors see it, made when the first of them asks.

    Attributes:
        level: The map.
    """

    level: Level
    _stage: Stage | None = None

    @property
    def stage(self) -> Stage:
        """What there is to see.

        Raises:
            MissingExtra: The packages that draw are not installed.
        """
        if self._stage is None:
            from domainaug_simulators.carla_server.sensors.stage import Stage

            self._stage = Stage(self.level)
        return self._stage
