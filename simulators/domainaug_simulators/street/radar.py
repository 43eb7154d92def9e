"""A simple automotive radar: points with range, angles and radial velocity.

It is a ray caster's radar: one echo for each cell of its angular grid, from the surface that the cell's ray meets, as
strong as metal, size and aspect let it be. There are no side lobes, no multipath and no range cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ScenarioError
from domainaug.kernels.random import normals, uniforms
from domainaug_simulators.street.exact import ranged
from domainaug_simulators.street.mesh import Floats, turned
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.town.tags import Tag

__all__ = ["Detections", "Radar", "detected", "reach_in"]


@dataclass(frozen=True, slots=True)
class Radar:
    """A forward-looking radar.

    Attributes:
        place: (3,) meters, in the axes that it is mounted in.
        yaw: Degrees counter-clockwise from +x.
        view: Horizontal and vertical field of view, degrees.
        cells: Rays across and up.
        reach: Meters.
        noise: Standard deviations of range (m), angles (degrees) and velocity (m/s).
    """

    place: tuple[float, float, float] = (2.2, 0.0, 0.6)
    yaw: float = 0.0
    view: tuple[float, float] = (60.0, 12.0)
    cells: tuple[int, int] = (120, 12)
    reach: float = 150.0
    noise: tuple[float, float, float] = (0.15, 0.2, 0.1)

    def __post_init__(self) -> None:
        """Refuse what is no sensor.

        Raises:
            ScenarioError: No view, cells or reach, or a noise below 0.
        """
        whole = 0 < self.view[0] <= 180 and 0 < self.view[1] < 180 and min(self.cells) > 0 and self.reach > 0
        if not whole or not min(self.noise) >= 0:
            raise ScenarioError(
                f"radar: got view {self.view} degrees, cells {self.cells}, reach {self.reach} m, noise {self.noise}; "
                "views are up to 180 degrees and all but the noise is above 0"
            )


@dataclass(frozen=True, slots=True)
class Detections:
    """What a radar tells, detection by detection.

    Attributes:
        range: (n,) meters.
        azimuth: (n,) radians counter-clockwise from its axis.
        altitude: (n,) radians up.
        velocity: (n,) meters per second along the ray, positive for what goes away.
        tag: (n,) class of what sent it back.
        instance: (n,) number of the thing, or 0.
    """

    range: Floats
    azimuth: Floats
    altitude: Floats
    velocity: Floats
    tag: NDArray[np.uint8]
    instance: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.range)


_FOUND: Final = {
    Tag.CAR: 0.9,
    Tag.TRUCK: 0.95,
    Tag.BUS: 0.95,
    Tag.MOTORCYCLE: 0.7,
    Tag.BICYCLE: 0.4,
    Tag.RIDER: 0.35,
    Tag.PEDESTRIAN: 0.35,
    Tag.GUARD_RAIL: 0.6,
    Tag.POLE: 0.5,
    Tag.TRAFFIC_SIGN: 0.6,
    Tag.TRAFFIC_LIGHT: 0.5,
    Tag.BUILDING: 0.25,
    Tag.WALL: 0.25,
    Tag.FENCE: 0.25,
    Tag.VEGETATION: 0.05,
}
"""How often an echo straight from a surface of each class is found: an opinion, metal before all else."""


def reach_in(reach: float, rain: float) -> float:
    """Return how far a radar hears in rain what it hears at `reach` in clear air, both in meters.

    An echo falls with the fourth power of range, and with 1.13 R^0.712 dB/km on each way at 77 GHz (ITU-R P.838-3,
    between its two polarizations), R in mm/h.
    """
    loss = 2 * 1.13 * rain**0.712 / 1000  # dB a meter of range, there and back
    low, high = 0.0, reach
    for _ in range(40):
        middle = (low + high) / 2
        heard = 40 * math.log10(middle) + loss * middle <= 40 * math.log10(reach)
        low, high = (middle, high) if heard else (low, middle)
    return high


def detected(
    scene: Scene,
    radar: Radar,
    carrier: NDArray[np.float64],
    seed: int,
    *,
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0),
    rain: float = 0.0,
) -> Detections:
    """Return what a radar finds.

    Args:
        scene: What there is; counted things move as their bodies say.
        radar: The sensor.
        carrier: (4, 4) from the axes it is mounted in to the world's.
        seed: Of noise and of what is missed, from 0 to 2^64 - 1.
        velocity: (3,) of the carrier in the world, m/s.
        rain: mm/h, which shortens its reach; fog and dry snow are as good as nothing to its 4 mm waves.
    """
    pose = carrier @ turned(np.radians(radar.yaw), radar.place)
    across, up = (np.radians((np.arange(n) + 0.5) / n - 0.5) * v for n, v in zip(radar.cells, radar.view, strict=True))
    azimuth, altitude = (grid.ravel() for grid in np.meshgrid(across, up))
    level = np.cos(altitude)
    own = np.stack([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(altitude)], axis=-1)
    directions = (own @ pose[:3, :3].T).astype(np.float32)
    hits = ranged(scene.rays, scene.mesh.corners, pose[:3, 3].astype(np.float32), directions)
    corners = scene.mesh.corners[hits.face].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-20)
    facing = np.abs(np.einsum("ij,ij->i", normal, directions))
    table = np.zeros(256)
    for tag, share in _FOUND.items():
        table[tag] = share
    chance = table[scene.tag[hits.face]] * np.sqrt(facing)
    heard = (hits.face >= 0) & (hits.distance <= reach_in(radar.reach, rain))
    left = np.flatnonzero(heard & (uniforms((len(own),), seed, 0) < chance))
    instance = scene.instance[hits.face[left]]
    moving = np.zeros((65536, 3))
    for number, body in scene.bodies.items():
        moving[number] = body.velocity
    radial = ((moving[instance] - np.array(velocity)) * directions[left]).sum(axis=-1)
    jitter = normals((4, len(own)), seed, 1)[:, left]
    angular = np.radians(radar.noise[1])
    return Detections(
        (hits.distance[left] + jitter[0] * radar.noise[0]).astype(np.float32),
        (azimuth[left] + jitter[1] * angular).astype(np.float32),
        (altitude[left] + jitter[2] * angular).astype(np.float32),
        (radial + jitter[3] * radar.noise[2]).astype(np.float32),
        scene.tag[hits.face[left]],
        instance,
    )
