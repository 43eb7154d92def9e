"""Spinning LiDARs as CARLA's: so many points a second over channels, the head where the last frame left it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.sensors.stage import Stage
from domainaug_simulators.carla_server.wire.layouts import Layout
from domainaug_simulators.carla_server.world.episode import Refused
from domainaug_simulators.carla_server.world.frames import to_street
from domainaug_simulators.street.exact import ranged

__all__ = ["Head", "RayCast", "SemanticRayCast"]

_MOST: Final = 4_000_000
_TO_STREET: Final = np.array([1.0, -1.0, 1.0])


@dataclass(slots=True)
class Head:
    """What turns, and where it looks.

    Attributes:
        channels: How many lasers, from the highest to the lowest.
        reach: Meters.
        rate: Points a second, of all channels together.
        turns: Turns a second.
        upper: Degrees of the highest above the horizon.
        lower: Degrees of the lowest.
        width: Degrees that a turn covers.
        wait: Seconds between frames; 0 for each frame of the world.
        angle: Degrees from where a turn begins, now.
    """

    channels: int
    reach: float
    rate: float
    turns: float
    upper: float
    lower: float
    width: float
    wait: float
    angle: float = 0.0
    _before: float | None = None

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Head:
        """Return the head of a blueprint.

        Raises:
            Refused: Its attributes make no LiDAR.
        """
        names = ("range", "points_per_second", "rotation_frequency", "upper_fov", "lower_fov", "horizontal_fov")
        reach, rate, turns, upper, lower, width = (float(attributes[name]) for name in names)
        channels = int(attributes["channels"])
        head = cls(channels, reach, rate, turns, upper, lower, width, float(attributes.get("sensor_tick", "0")))
        right = 1 <= channels <= 512 and 0 < reach <= 1000 and 0 <= rate <= _MOST and 0 < turns <= 1000
        if not (right and -90 <= lower <= upper <= 90 and 0 < width <= 360):
            raise Refused(
                f"a LiDAR of {channels} channels, {rate:g} points and {turns:g} turns a second, {reach:g} m, {lower:g} "
                f"to {upper:g} and over {width:g} degrees: channels are from 1 to 512, points to {_MOST}, turns and "
                "range to 1000, angles within a sphere"
            )
        return head

    def turned(self, world: Frame) -> tuple[NDArray[np.float64], int]:
        """Turn on, and return unit vectors (channels * points, 3), x forward, y right, z up, and points of a channel.

        It turns for as long as has passed since the frame before, a turn at most.
        """
        passed = max(world.delta, self.wait) if self._before is None else round(world.elapsed - self._before, 9)
        self._before = world.elapsed
        passed = min(max(passed, 0.0), 1.0 / self.turns)
        count = round(self.rate * passed / self.channels)
        way = self.turns * self.width * passed
        around = np.radians((self.angle + way * np.arange(count) / max(count, 1)) % self.width - self.width / 2)
        self.angle = round(self.angle + way, 6) % self.width  # else turns that are whole creep on
        up = np.radians(np.linspace(self.upper, self.lower, self.channels))[:, None]
        level = np.cos(up)
        axes = np.broadcast_arrays(level * np.cos(around), level * np.sin(around), np.sin(up))
        return np.stack(axes, axis=-1).reshape(-1, 3), count


@dataclass(frozen=True, slots=True)
class _Met:
    """What rays met: for each its direction, channel and range, and the cosine, number and class of what it met."""

    directions: NDArray[np.float64]
    channel: NDArray[np.int64]
    away: NDArray[np.float64]
    cosine: NDArray[np.float64]
    instance: NDArray[np.uint16]
    tag: NDArray[np.uint8]


def _met(stage: Stage, head: Head, world: Frame, own: Seen) -> _Met:
    directions, count = head.turned(world)
    scene, pose = stage.scene(world), to_street(own.transform)
    out = (directions * _TO_STREET @ pose[:3, :3].T).astype(np.float32)
    origins = np.broadcast_to(pose[:3, 3].astype(np.float32), out.shape).copy()
    hits = ranged(scene.rays, scene.mesh.corners, origins, out)
    there = np.flatnonzero((hits.face >= 0) & (hits.distance <= head.reach))
    face = hits.face[there]
    a, b, c = (scene.mesh.corners[face, corner].astype(np.float64) for corner in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-20)
    return _Met(
        directions[there],
        there // max(count, 1),
        hits.distance[there].astype(np.float64),
        np.abs(np.einsum("ij,ij->i", normal, out[there])),
        scene.instance[face],
        scene.tag[face],
    )


def _message(layout: Layout, head: Head, channel: NDArray[np.int64], points: bytes) -> bytes:
    counts = np.bincount(channel, minlength=head.channels).astype("<u4")
    return layout.lidar.pack(math.radians(head.angle), head.channels) + counts.tobytes() + points


@dataclass(slots=True)
class RayCast:
    """Points with what the air leaves of each pulse: exp(-rate * range), as CARLA's documentation has it.

    Attributes:
        stage: What there is to see.
        layout: The client's.
        attributes: The blueprint's.
        head: What turns.
        slow: Whether a frame takes long.
    """

    stage: Stage
    layout: Layout
    attributes: Mapping[str, str]
    head: Head
    slow: bool = True

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return x, y, z and intensity of those points that are not dropped, channel by channel."""
        names = ("atmosphere_attenuation_rate", "dropoff_general_rate", "dropoff_intensity_limit",
                 "dropoff_zero_intensity", "noise_stddev", "noise_seed")  # fmt: skip
        fading, general, limit, zero, noise, seed = (float(self.attributes[name]) for name in names)
        found = _met(self.stage, self.head, world, own)
        drawn = np.random.Generator(np.random.Philox(key=[int(seed) & 0xFFFFFFFF, round(world.drawn * 1e6)]))
        intensity = np.exp(-fading * found.away)
        weak = 1.0 - zero * np.maximum(0.0, 1.0 - intensity / limit) if limit > 0 else np.ones(len(intensity))
        chance = drawn.random((2, len(intensity)))
        kept = (chance[0] >= general) & (chance[1] < weak)
        away = found.away + noise * drawn.standard_normal(len(intensity))
        points = np.column_stack([found.directions * away[:, None], intensity])[kept].astype("<f4")
        return _message(self.layout, self.head, found.channel[kept], points.tobytes())


@dataclass(slots=True)
class SemanticRayCast:
    """Points with the cosine at which each was met, and the number and class of what it met; none is dropped.

    Attributes:
        stage: What there is to see.
        layout: The client's.
        head: What turns.
        slow: Whether a frame takes long.
    """

    stage: Stage
    layout: Layout
    head: Head
    slow: bool = True

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return x, y, z, cosine, number and class of all points, channel by channel."""
        found = _met(self.stage, self.head, world, own)
        told = np.zeros(len(found.away), np.dtype([("at", "<f4", 3), ("cosine", "<f4"), ("id", "<u4"), ("tag", "<u4")]))
        told["at"] = found.directions * found.away[:, None]
        told["cosine"], told["id"], told["tag"] = found.cosine, found.instance, found.tag
        return _message(self.layout, self.head, found.channel, told.tobytes())
