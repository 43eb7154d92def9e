"""What of a town stands still, as boxes: what vehicles run into, and what scripts ask the level for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_server.world.frames import Box, Rotation, Transform, Vector
from domainaug_simulators.carla_server.world.solids import Solid
from domainaug_simulators.street.scene import Thing
from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.tags import Tag

__all__ = ["FIRST", "Standing", "solids_of", "standing_in"]

FIRST: Final = 40_000
"""The number of a town's first thing; instances of a picture tell them from actors, which count from 1."""

_HARD: Final = (
    Tag.BUILDING, Tag.WALL, Tag.FENCE, Tag.POLE, Tag.TRAFFIC_LIGHT, Tag.TRAFFIC_SIGN, Tag.STATIC, Tag.GUARD_RAIL,
    Tag.VEGETATION, Tag.BRIDGE,
)  # fmt: skip
_TALL: Final = 2.2  # what is higher up nobody runs into
_LONGEST: Final = 120.0  # longer ones are the ground's edge, not things


@dataclass(frozen=True, slots=True)
class Standing:
    """Something of a town that does not move.

    Attributes:
        id: Its number, the same each time the town is built: its place among the town's things, from `FIRST`.
        name: What it is called.
        tag: Its class.
        box: The box about it, in the world.
    """

    id: int
    name: str
    tag: int
    box: Box

    @property
    def transform(self) -> Transform:
        """Where it stands: under the middle of its box."""
        low = Vector(self.box.center.x, self.box.center.y, self.box.center.z - self.box.extent.z)
        return Transform(low, self.box.rotation)


def _around(points: NDArray[np.float32], low: float, high: float) -> Box:
    """Return the smallest upright box about points of a street, (n, 2), in CARLA's axes."""
    (x, y), (length, width), angle = cv2.minAreaRect(np.ascontiguousarray(points, np.float32))
    if width > length:
        length, width, angle = width, length, angle + 90.0
    yaw = -(angle + 90.0) % 180.0 - 90.0
    extent = Vector(max(length, 0.02) / 2, max(width, 0.02) / 2, max(high - low, 0.02) / 2)
    return Box(Vector(x, -y, (low + high) / 2), extent, Rotation(0.0, yaw, 0.0))


def standing_in(town: Town) -> tuple[Standing, ...]:
    """Return everything of a town that stands still and can be told apart; ground and far woods are left out."""
    found = []
    for number, thing in enumerate(town.things):
        if not len(thing.mesh) or thing.tag in (Tag.TERRAIN, Tag.GROUND):
            continue
        points = thing.mesh.corners.reshape(-1, 3)
        box = _around(points[:, :2], float(points[:, 2].min()), float(points[:, 2].max()))
        if thing.tag == Tag.VEGETATION and box.extent.x > _LONGEST:
            continue
        found.append(Standing(FIRST + number, f"{Tag(thing.tag).name.title()}_{number + 1}", int(thing.tag), box))
    return tuple(found)


def solids_of(town: Town) -> list[Solid]:
    """Return what vehicles run into: of each thing what is lower than they are, part by part."""
    found = []
    for thing in town.things:
        if thing.tag in _HARD and len(thing.mesh):
            found += [_solid(part, thing.tag) for part in _low_parts(thing)]
    return [one for one in found if max(one.length, one.width) < _LONGEST]


def _solid(points: NDArray[np.float32], tag: int) -> Solid:
    box = _around(points[:, :2], float(points[:, 2].min()), float(points[:, 2].max()))
    return Solid(*box.center, *box.extent, math.radians(box.rotation.yaw), tag)


def _low_parts(thing: Thing) -> list[NDArray[np.float32]]:
    """Return the corners of what stands in the way of vehicles; what does not touch is apart."""
    corners = thing.mesh.corners
    low = corners[corners[..., 2].min(axis=1) < _TALL]
    if not len(low):
        return []
    if thing.tag in (Tag.BUILDING, Tag.VEGETATION, Tag.WALL, Tag.FENCE, Tag.GUARD_RAIL):
        return [low.reshape(-1, 3)]
    return _clusters(low)


def _clusters(faces: NDArray[np.float32], gap: float = 0.8) -> list[NDArray[np.float32]]:
    """Return faces, (n, 3, 3), in heaps whose middles are within a gap of each other, as points."""
    middles = faces[..., :2].mean(axis=1)
    heaps: list[list[int]] = []
    places: list[NDArray[np.float32]] = []
    for index, middle in enumerate(middles):
        for heap, place in zip(heaps, places, strict=True):
            if np.abs(place - middle).max() < gap:
                heap.append(index)
                break
        else:
            heaps.append([index])
            places.append(middle)
    return [faces[heap].reshape(-1, 3) for heap in heaps]
