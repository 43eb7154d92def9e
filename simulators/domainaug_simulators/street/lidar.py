"""A spinning LiDAR: pulses cast at the street, what each met, and what the weather makes of them.

A turn is a table of pulses, channels by columns; pulse number `ring * columns + column` keeps its noise and its
particles whatever else is found. The sensor's axes are x forward, y left, z up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.lidar_weather import Beam, Echo, LidarAir, echoes_of
from domainaug.errors import ScenarioError
from domainaug.kernels.random import normals
from domainaug_simulators.street.exact import ranged
from domainaug_simulators.street.materials import COLUMNS, Pattern
from domainaug_simulators.street.mesh import Floats, turned
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.town.tags import Tag

__all__ = ["Cloud", "Lidar", "Turn", "heard", "met", "scanned"]


@dataclass(frozen=True, slots=True)
class Lidar:
    """A spinning LiDAR.

    Attributes:
        place: (3,) meters, in the axes that it is mounted in.
        yaw: Degrees counter-clockwise from +x.
        pitch: Degrees, nose up.
        roll: Degrees.
        angles: Degrees of its channels above the horizon, from the lowest; 64 from -24.8 to 2 by default, as HDL-64E.
        columns: Pulses of a channel in a turn.
        rate: Turns a second.
        reach: Meters beyond which it listens to no echo.
        noise: Standard deviation of a range, meters.
        beam: How its pulses are.
    """

    place: tuple[float, float, float] = (0.0, 0.0, 1.73)
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    angles: tuple[float, ...] = tuple(np.linspace(-24.8, 2.0, 64).tolist())
    columns: int = 1024
    rate: float = 10.0
    reach: float = 120.0
    noise: float = 0.02
    beam: Beam = field(default_factory=Beam)

    def __post_init__(self) -> None:
        """Refuse what is no sensor.

        Raises:
            ScenarioError: No channels, columns, rate or reach, an angle beyond the poles, or a noise below 0.
        """
        if not self.angles or self.columns < 1 or not self.rate > 0 or not self.reach > 0 or not self.noise >= 0:
            raise ScenarioError(
                f"LiDAR: got {len(self.angles)} channels, {self.columns} columns, {self.rate} turns/s, reach "
                f"{self.reach} m, noise {self.noise} m; all but the noise are above 0"
            )
        if not all(-90 < angle < 90 for angle in self.angles):
            raise ScenarioError(f"LiDAR: channels at {self.angles} degrees; each lies between -90 and 90")

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(4, 4) from the sensor's axes to those it is mounted in."""
        return turned(np.radians(self.yaw), self.place, -np.radians(self.pitch), np.radians(self.roll))

    def directions(self) -> NDArray[np.float64]:
        """Return unit vectors of a turn in the sensor's axes, (channels * columns, 3), clockwise from behind."""
        up = np.radians(np.array(self.angles))[:, None]
        around = np.pi - (np.arange(self.columns) + 0.5) * (2 * np.pi / self.columns)
        level = np.cos(up)
        axes = np.broadcast_arrays(level * np.cos(around), level * np.sin(around), np.sin(up))
        return np.stack(axes, axis=-1).reshape(-1, 3)


@dataclass(frozen=True, slots=True)
class Cloud:
    """What a turn brought back, pulse by pulse; pulses without an echo are left out.

    Attributes:
        points: (n, 4) x, y, z in the sensor's axes, meters, and intensity from 0 to 1.
        tag: (n,) class of what sent it back; 0 where that was fog, a drop or a flake.
        instance: (n,) number of the thing, or 0.
        ring: (n,) channel, 0 for the lowest.
        time: (n,) seconds since the turn began.
        kind: (n,) what sent it back, as `domainaug.driving.lidar_weather.Echo` numbers it.
        pulse: (n,) number of the pulse.
    """

    points: Floats
    tag: NDArray[np.uint8]
    instance: NDArray[np.uint16]
    ring: NDArray[np.uint16]
    time: Floats
    kind: NDArray[np.uint8]
    pulse: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the pulses of a turn meet, before air and noise: the truth that all weathers share.

    Attributes:
        away: (pulses,) range of the surface that each meets, meters; inf for none within reach.
        reflectance: (pulses,) of that surface toward the sensor, from 0 to 1.
        tag: (pulses,) its class, 0 for none.
        instance: (pulses,) number of the thing it belongs to, or 0.
    """

    away: NDArray[np.float64]
    reflectance: NDArray[np.float64]
    tag: NDArray[np.uint8]
    instance: NDArray[np.uint16]


def met(
    scene: Scene,
    lidar: Lidar,
    carrier: NDArray[np.float64],
    *,
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Turn:
    """Return what the pulses of a turn meet.

    Args:
        scene: What there is.
        lidar: The sensor.
        carrier: (4, 4) from the axes it is mounted in to the world's, when the turn ends.
        velocity: (3,) of the carrier in the world, m/s, as for `scanned`.
    """
    to_world = carrier @ lidar.matrix
    directions = (lidar.directions() @ to_world[:3, :3].T).astype(np.float32)
    time = _times(lidar)
    origins = to_world[:3, 3] + (time - 1 / lidar.rate)[:, None] * np.array(velocity, np.float64)
    hits = ranged(scene.rays, scene.mesh.corners, origins.astype(np.float32), directions)
    face = np.where(hits.distance <= lidar.reach, hits.face, -1)
    there = face >= 0
    return Turn(
        np.where(there, hits.distance, np.inf).astype(np.float64),
        _reflected(scene, face, directions),
        np.where(there, scene.tag[face], np.uint8(Tag.UNLABELED)),
        np.where(there, scene.instance[face], np.uint16(0)),
    )


def heard(turn: Turn, lidar: Lidar, seed: int, *, air: LidarAir | None = None) -> Cloud:
    """Return what a LiDAR makes of a turn in some air.

    Args:
        turn: What its pulses meet.
        lidar: The sensor.
        seed: Of noise and particles, from 0 to 2^64 - 1; with the same seed, clouds in two airs differ by the air.
        air: Fog, rain and snow; None for clear air.
    """
    own = lidar.directions()
    echoes = echoes_of(turn.away, turn.reflectance, air or LidarAir(), seed, beam=lidar.beam)
    left = np.flatnonzero((echoes.kind != Echo.NOTHING) & (echoes.away <= lidar.reach))
    jitter = normals((len(own),), seed, 1 << 32)[left] * lidar.noise
    found = echoes.away[left] + jitter
    surface = echoes.kind[left] == Echo.SURFACE
    points = np.column_stack([own[left] * found[:, None], echoes.reflectance[left]])
    return Cloud(
        points.astype(np.float32),
        np.where(surface, turn.tag[left], np.uint8(Tag.UNLABELED)),
        np.where(surface, turn.instance[left], np.uint16(0)),
        (left // lidar.columns).astype(np.uint16),
        _times(lidar)[left].astype(np.float32),
        echoes.kind[left],
        left,
    )


def scanned(
    scene: Scene,
    lidar: Lidar,
    carrier: NDArray[np.float64],
    seed: int,
    *,
    air: LidarAir | None = None,
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Cloud:
    """Return one turn of a LiDAR.

    Args:
        scene: What there is.
        lidar: The sensor.
        carrier: (4, 4) from the axes it is mounted in to the world's, when the turn ends.
        seed: Of noise and particles, from 0 to 2^64 - 1.
        air: Fog, rain and snow; None for clear air.
        velocity: (3,) of the carrier in the world, m/s: pulses leave from where it was, and each point is told in
            the sensor's axes of that moment, as a sensor does that knows nothing of its motion.
    """
    return heard(met(scene, lidar, carrier, velocity=velocity), lidar, seed, air=air)


def _times(lidar: Lidar) -> NDArray[np.float64]:
    """Return seconds from the beginning of the turn, pulse by pulse."""
    return (np.arange(len(lidar.angles) * lidar.columns) % lidar.columns) / (lidar.columns * lidar.rate)


def _reflected(scene: Scene, face: NDArray[np.int32], directions: Floats) -> NDArray[np.float64]:
    """Return reflectances toward the sensor: the materials' own, in red light, by the cosine of incidence.

    A glossy surface adds a glint where it is met straight on. Signs are covered with retroreflectors, which send
    light back from wherever it comes.
    """
    out = np.zeros(len(face))
    hit = np.flatnonzero(face >= 0)
    rows = scene.table[scene.mesh.material[face[hit]]].astype(np.float64)
    a, b, c = (scene.mesh.corners[face[hit], i].astype(np.float64) for i in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-20)
    cosine = np.abs(np.einsum("ij,ij->i", normal, directions[hit]))
    sharp = 2 / np.maximum(rows[:, COLUMNS["roughness"]], 0.05) ** 2
    seen = rows[:, COLUMNS["color"]] * cosine + rows[:, COLUMNS["mirror"]] * cosine**sharp
    seen[rows[:, COLUMNS["pattern"]] == Pattern.SIGN] = 1.0
    out[hit] = np.clip(seen, 0, 1)
    return out
