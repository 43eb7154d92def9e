"""Which sensor measures what: from the name of a blueprint to what makes its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domainaug_simulators.carla_server.sensors.events import CollisionSensor, ObstacleSensor
from domainaug_simulators.carla_server.sensors.interface import Sensor
from domainaug_simulators.carla_server.sensors.position import Gnss, Imu
from domainaug_simulators.carla_server.world.actors import SensorActor

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__ = ["sensor_for"]


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
        case _:
            return None
