"""A radar as CARLA's: rays drawn within a cone, and for each that meets something how far, where and how fast."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.sensors.stage import Stage
from domainaug_simulators.carla_server.world.episode import Refused
from domainaug_simulators.carla_server.world.frames import to_street
from domainaug_simulators.street.exact import ranged

__all__ = ["Radar"]

_MOST: Final = 1_000_000
_NUMBERS: Final = 0xFFFF  # what of an actor's number is kept where rays are cast
_TO_STREET: Final = np.array([1.0, -1.0, 1.0])
_NAMES: Final = ("role_name", "ros_name")


@dataclass(frozen=True, slots=True)
class Radar:
    """Detections, with speeds along the ray that are positive for what goes away.

    Attributes:
        stage: What there is to see.
        reach: Meters.
        rate: Rays a second.
        width: Degrees from left to right.
        height: Degrees from top to bottom.
        wait: Seconds between frames; 0 for each frame of the world.
        slow: Whether a frame takes long.
    """

    stage: Stage
    reach: float
    rate: float
    width: float
    height: float
    wait: float
    slow: bool = True

    @classmethod
    def of(cls, stage: Stage, attributes: Mapping[str, str]) -> Radar:
        """Return the radar of a blueprint.

        Raises:
            Refused: Its attributes make no radar.
        """
        names = ("range", "points_per_second", "horizontal_fov", "vertical_fov")
        reach, rate, width, height = (float(attributes[name]) for name in names)
        if not (0 < reach <= 1000 and 0 <= rate <= _MOST and 0 < width < 180 and 0 < height < 180):
            raise Refused(
                f"a radar of {reach:g} m, {rate:g} points a second and {width:g} x {height:g} degrees: its range is to "
                f"1000, its points to {_MOST}, its angles below 180"
            )
        return cls(stage, reach, rate, width, height, float(attributes.get("sensor_tick", "0")))

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return velocity (m/s), azimuth to the right and altitude (radians) and range (m) of each detection."""
        count = round(self.rate * max(world.delta, self.wait))
        directions = self._directions(count, world, own)
        scene, pose = self.stage.scene(world), to_street(own.transform)
        out = (directions * _TO_STREET @ pose[:3, :3].T).astype(np.float32)
        origins = np.broadcast_to(pose[:3, 3].astype(np.float32), out.shape).copy()
        hits = ranged(scene.rays, scene.mesh.corners, origins, out)
        there = np.flatnonzero((hits.face >= 0) & (hits.distance <= self.reach))
        moving = np.zeros((_NUMBERS + 1, 3))
        for seen in world.actors.values():
            moving[seen.id & _NUMBERS] = seen.velocity * _TO_STREET
        mover = moving[scene.instance[hits.face[there]]] - own.velocity * _TO_STREET
        x, y, z = directions[there].T
        told = np.column_stack(
            [(mover * out[there]).sum(axis=1), np.arctan2(y, x), np.arcsin(np.clip(z, -1, 1)), hits.distance[there]]
        )
        return told.astype("<f4").tobytes()

    def _directions(self, count: int, world: Frame, own: Seen) -> NDArray[np.float64]:
        """Return unit vectors (count, 3), x forward, y right, z up, drawn within the cone."""
        drawn = np.random.Generator(np.random.Philox(key=[_number(own), round(world.drawn * 1e6)]))
        far, around = drawn.random(count), drawn.random(count) * 2 * np.pi
        side = np.tan(np.radians(self.width / 2)) * far * np.cos(around)
        up = np.tan(np.radians(self.height / 2)) * far * np.sin(around)
        axes = np.column_stack([np.ones(count), side, up])
        found: NDArray[np.float64] = axes / np.linalg.norm(axes, axis=1, keepdims=True)
        return found


def _number(own: Seen) -> int:
    """Return a number that names a radar by what it is and where, and not by how many actors came before it."""
    told = [(key, value) for key, value in sorted(own.attributes.items()) if key not in _NAMES]
    place = [round(value, 3) for part in (own.transform.location, own.transform.rotation) for value in part]
    return zlib.crc32(repr((told, place)).encode())
