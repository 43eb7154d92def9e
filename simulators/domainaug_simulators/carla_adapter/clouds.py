"""LiDARs and radars of CARLA, in the files of the street simulator, and in the weather.

Weather does nothing to CARLA's own LiDARs. Here its semantic LiDAR tells what pulses meet in clear air, and the echoes
follow as on streets, from the same fog, rain and snow as the pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.lidar_weather import Echo, LidarAir, echoes_of
from domainaug.kernels.random import normals
from domainaug_simulators.carla_adapter.labels import Body
from domainaug_simulators.carla_server.world.frames import Rotation, Transform, Vector
from domainaug_simulators.street.lidar import Lidar
from domainaug_simulators.street.recording import matrix_told, number_told
from domainaug_simulators.street.town.tags import COUNTED, Tag

__all__ = ["Met", "detections", "heard", "met_of", "objects_of", "position_told"]

Floats = NDArray[np.float64]

_ALBEDO: Final = {
    Tag.ROAD: 0.15, Tag.SIDEWALK: 0.3, Tag.BUILDING: 0.4, Tag.VEGETATION: 0.4, Tag.TERRAIN: 0.3, Tag.CAR: 0.5,
    Tag.TRUCK: 0.5, Tag.BUS: 0.5, Tag.TRAFFIC_SIGN: 1.0, Tag.ROAD_LINE: 0.6, Tag.PEDESTRIAN: 0.35,
}  # fmt: skip
_USUAL: Final = 0.3
_GRAVITY: Final = 9.81
_NEAR: Final = 0.5  # meters about a box in which a detection is of who is in it


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """What the pulses of a turn meet in clear air, one row a pulse.

    Attributes:
        directions: (pulses, 3) unit vectors in the sensor's axes.
        away: (pulses,) meters; inf for none.
        reflectance: (pulses,) by the class and the angle: CARLA knows no materials.
        tag: (pulses,) class.
        instance: (pulses,) who it is.
    """

    directions: Floats
    away: Floats
    reflectance: Floats
    tag: NDArray[np.uint8]
    instance: NDArray[np.uint16]


def met_of(points: Floats, lidar: Lidar, bodies: Sequence[Body], place: Floats) -> Met:
    """Return what a turn of CARLA's semantic LiDAR met.

    Args:
        points: (n, 7) x, y, z in CARLA's axes, cosine, actor, class, channel from the highest.
        lidar: The sensor.
        bodies: Who is there.
        place: (4, 4) from the sensor's axes to the world's.
    """
    channels, columns = len(lidar.angles), lidar.columns
    own = points[:, :3] * [1, -1, 1]
    away = np.linalg.norm(own, axis=1)
    around = np.arctan2(own[:, 1], own[:, 0])
    told = (np.pi - around) / (2 * np.pi) * columns
    begun = np.angle(np.exp(2j * np.pi * told).sum()) / (2 * np.pi)  # where in its column a turn began
    column = np.rint(told - begun).astype(np.int64) % columns
    pulse = (channels - 1 - points[:, 6].astype(np.int64)) * columns + column
    order = np.lexsort((away, pulse))
    order = order[away[order] > 0.01]
    pulse, first = np.unique(pulse[order], return_index=True)  # of two in one place, the nearer
    kept = order[first]
    out = Met(
        lidar.directions(), np.full(channels * columns, np.inf), np.zeros(channels * columns),
        np.zeros(channels * columns, np.uint8), np.zeros(channels * columns, np.uint16),
    )  # fmt: skip
    out.directions[pulse] = own[kept] / away[kept, None]
    out.away[pulse] = away[kept]
    out.tag[pulse] = points[kept, 5].astype(np.uint8)
    albedo = np.full(256, _USUAL)
    for tag, share in _ALBEDO.items():
        albedo[tag] = share
    out.reflectance[pulse] = np.clip(albedo[out.tag[pulse]] * np.abs(points[kept, 3]), 0.0, 1.0)
    out.instance[pulse] = _who(points[kept, 4], own[kept], out.tag[pulse], bodies, place)
    return out


def _who(
    actors: Floats, own: Floats, tags: NDArray[np.uint8], bodies: Sequence[Body], place: Floats
) -> NDArray[np.uint16]:
    """Return the number of who sent points back: their actor, if its box holds them, or whose box does."""
    counted = np.isin(tags, [int(tag) for tag in COUNTED])
    world = own @ place[:3, :3].T + place[:3, 3]
    numbers = np.zeros(len(own), np.uint16)
    for body in bodies:
        mine = counted & (numbers == 0) & (np.linalg.norm(world - body.pose[:3, 3], axis=1) < max(body.size) + 1)
        there = np.flatnonzero(mine)
        held = there[body.holds(world[there], 0.05)]
        numbers[held[(actors[held] == body.actor) | (body.actor == 0) | (actors[held] == 0)]] = body.number
    return numbers


def heard(met: Met, lidar: Lidar, seed: int, air: LidarAir) -> dict[str, NDArray[Any]]:
    """Return the arrays of a cloud: what the sensor makes of a turn in some air."""
    echoes = echoes_of(met.away, met.reflectance, air, seed, beam=lidar.beam)
    left = np.flatnonzero((echoes.kind != Echo.NOTHING) & (echoes.away <= lidar.reach))
    found = echoes.away[left] + normals((len(met.away),), seed, 1 << 32)[left] * lidar.noise
    surface = echoes.kind[left] == Echo.SURFACE
    points = np.column_stack([met.directions[left] * found[:, None], echoes.reflectance[left]])
    return {
        "points": points.astype(np.float32),
        "ring": (left // lidar.columns).astype(np.uint16),
        "time": ((left % lidar.columns) / (lidar.columns * lidar.rate)).astype(np.float32),
        "semantic": np.where(surface, met.tag[left], np.uint8(0)),
        "instance": np.where(surface, met.instance[left], np.uint16(0)),
        "echo": echoes.kind[left],
        "pulse": left.astype(np.int32),
    }


def objects_of(met: Met, bodies: Sequence[Body], place: Floats) -> list[dict[str, Any]]:
    """Return the boxes of those whom pulses met in clear air, with how many did."""
    counts = np.bincount(met.instance, minlength=1)
    back = np.linalg.inv(place)
    return [
        {
            "instance": body.number, "class": body.tag.name.lower(), "points": int(counts[body.number]),
            "box_3d": {**body.told(), "pose_to_sensor": matrix_told(back @ body.pose)},
        }
        for body in bodies
        if body.number < len(counts) and counts[body.number]
    ]  # fmt: skip


def detections(
    found: NDArray[Any], bodies: Sequence[Body], place: Floats, velocity: Sequence[float]
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a radar: angles in radians, to the left and up, and speeds of what goes away.

    Nobody moves by physics, so that CARLA takes everybody to stand: speeds follow from how they are posed.

    Args:
        found: (n, 4) velocity, azimuth to the right, altitude, meters.
        bodies: Who is there.
        place: (4, 4) from the sensor's axes to the world's.
        velocity: (3,) of the vehicle in the world, m/s.
    """
    azimuth, altitude, away = (found[:, i].astype(np.float64) for i in (1, 2, 3))
    level = away * np.cos(altitude)
    own = np.column_stack([level * np.cos(azimuth), -level * np.sin(azimuth), away * np.sin(altitude)])
    world = own @ place[:3, :3].T + place[:3, 3]
    tags, numbers = np.zeros(len(own), np.uint8), np.zeros(len(own), np.uint16)
    moving = np.zeros((len(own), 3))
    for body in bodies:
        held = body.holds(world, _NEAR) & (numbers == 0)
        tags[held], numbers[held], moving[held] = body.tag, body.number, body.velocity
    ahead = own @ place[:3, :3].T / np.maximum(away, 1e-6)[:, None]
    radial = ((moving - np.array(velocity, np.float64)) * ahead).sum(axis=1)
    told = {"range": away, "azimuth": -azimuth, "altitude": altitude, "velocity": radial}
    return {**{name: array.astype(np.float32) for name, array in told.items()}, "semantic": tags, "instance": numbers}


def position_told(kind: str, numbers: NDArray[np.float64], moment: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a GNSS receiver or an inertial sensor measured, as JSON has it, in CARLA's axes.

    Nobody moves by physics, so that CARLA's inertial sensor feels the earth, and jumps: what it would feel follows from
    how the vehicle is posed, and it tells the compass alone.

    Args:
        kind: "gnss" or "imu".
        numbers: What the sensor told.
        moment: `ego`, `acceleration` and `turning` of the frame.
    """
    values = [float(v) for v in numbers]
    if kind == "gnss":
        return dict(zip(("latitude_deg", "longitude_deg", "altitude_m"), values, strict=True))
    turn = Transform(rotation=Rotation(*moment["ego"][3:6]))
    x, y, z = moment["acceleration"]
    felt = turn.inward(Vector(x, y, z + _GRAVITY))
    turning = turn.inward(Vector(0.0, 0.0, moment["turning"]))
    return {
        "acceleration_mps2": [number_told(v) for v in felt],
        "turning_radps": [number_told(v) for v in turning],
        "compass_rad": number_told(values[6]),
    }
