"""Sensors of one's own motion: satellite position and inertia."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgpack
import numpy as np

from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.world.frames import Vector
from domainaug_simulators.carla_server.world.globe import geolocation

__all__ = ["Gnss", "Imu"]


def _noise(seed: str, world: Frame, count: int) -> list[float]:
    """Return normal numbers that the seed and the time in the episode fix."""
    key = [int(float(seed)) & 0xFFFFFFFF, round(world.drawn * 1e6)]
    drawn: list[float] = np.random.Generator(np.random.Philox(key=key)).standard_normal(count).tolist()
    return drawn


@dataclass(frozen=True, slots=True)
class Gnss:
    """Tells where it is on the globe.

    Attributes:
        attributes: The blueprint's.
        origin: Latitude and longitude of where the map counts from, degrees.
        slow: Whether a frame takes long.
    """

    attributes: Mapping[str, str]
    origin: tuple[float, float]
    slow: bool = False

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return latitude, longitude and height, with the noise that was asked for."""
        true = geolocation(own.transform.location, self.origin)
        noise = _noise(self.attributes["noise_seed"], world, 3)
        told = [
            value + float(self.attributes[f"noise_{name}_bias"]) + float(self.attributes[f"noise_{name}_stddev"]) * one
            for value, name, one in zip(true, ("lat", "lon", "alt"), noise, strict=True)
        ]
        return bytes(msgpack.packb(told))


@dataclass(slots=True)
class Imu:
    """Tells how it is moved and turned: acceleration with gravity, turning, and where north is.

    Attributes:
        attributes: The blueprint's.
        gravity: What to take for gravity, m/s^2.
        slow: Whether a frame takes long.
    """

    attributes: Mapping[str, str]
    gravity: Callable[[], float]
    slow: bool = False
    _before: Vector | None = None

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return acceleration (m/s^2), turning (rad/s) and compass (rad from north), in the sensor's axes."""
        velocity, dt = own.velocity, world.delta
        before = velocity if self._before is None else self._before
        self._before = velocity
        pushed = [(a - b) / dt if dt > 0 else 0.0 for a, b in zip(velocity, before, strict=True)]
        felt = own.transform.inward(Vector(pushed[0], pushed[1], pushed[2] + self.gravity()))
        turning = own.transform.inward(Vector(*map(math.radians, own.angular)))
        noise = _noise(self.attributes["noise_seed"], world, 6)
        told = [
            [
                value + self._number("accel_stddev", axis) * one
                for value, axis, one in zip(felt, "xyz", noise, strict=False)
            ],
            [
                value + self._number("gyro_bias", axis) + self._number("gyro_stddev", axis) * one
                for value, axis, one in zip(turning, "xyz", noise[3:], strict=True)
            ],
            (math.radians(own.transform.rotation.yaw) + math.pi / 2) % (2 * math.pi),
        ]
        return bytes(msgpack.packb(told))

    def _number(self, name: str, axis: str) -> float:
        return float(self.attributes[f"noise_{name}_{axis}"])
