"""What is in the way: boxes that stand on the ground and are turned about the vertical, and who overlaps whom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_server.world.frames import Box, Transform

__all__ = ["Solid", "Solids", "overlap", "solid_of"]


@dataclass(frozen=True, slots=True)
class Solid:
    """An upright box in CARLA's world.

    Attributes:
        x: Its middle.
        y: Its middle.
        z: Its middle.
        length: Half of it.
        width: Half of it.
        height: Half of it.
        yaw: Radians, clockwise.
        tag: Its class.
    """

    x: float
    y: float
    z: float
    length: float
    width: float
    height: float
    yaw: float
    tag: int = 0

    @property
    def reach(self) -> float:
        """How far from its middle it reaches over the ground."""
        return math.hypot(self.length, self.width)


def solid_of(transform: Transform, box: Box, tag: int = 0) -> Solid:
    """Return the upright box of something; pitch and roll move its middle, and are else left out."""
    pitch, turn, roll = transform.rotation
    yaw = math.radians(turn + box.rotation.yaw)
    if pitch or roll:
        return Solid(*transform.point(box.center), *box.extent, yaw, tag)
    (x, y, z), (ahead, aside, up) = transform.location, box.center
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    return Solid(x + ahead * c - aside * s, y + ahead * s + aside * c, z + up, *box.extent, yaw, tag)


def _apart(one: Solid, other: Solid) -> bool:
    """Return whether a side of `one` parts them."""
    c, s = math.cos(one.yaw), math.sin(one.yaw)
    x, y = other.x - one.x, other.y - one.y
    turn = other.yaw - one.yaw
    tc, ts = abs(math.cos(turn)), abs(math.sin(turn))
    return (
        abs(x * c + y * s) > one.length + other.length * tc + other.width * ts
        or abs(y * c - x * s) > one.width + other.length * ts + other.width * tc
    )


def overlap(one: Solid, other: Solid) -> bool:
    """Return whether two boxes have room in common."""
    if abs(one.z - other.z) >= one.height + other.height:
        return False
    if math.hypot(one.x - other.x, one.y - other.y) > one.reach + other.reach:
        return False
    return not (_apart(one, other) or _apart(other, one))


class Solids:
    """Boxes, found by where they are."""

    def __init__(self, all_of: Sequence[Solid]) -> None:
        self.all = list(all_of)
        self._places: NDArray[np.float64] = np.array([(one.x, one.y) for one in self.all]).reshape(-1, 2)
        self._reaches = np.array([one.reach for one in self.all])

    def move(self, index: int, one: Solid) -> None:
        """Put another box in the place of one."""
        self.all[index] = one
        self._places[index], self._reaches[index] = (one.x, one.y), one.reach

    def near(self, x: float, y: float, reach: float) -> list[Solid]:
        """Return the boxes that may reach a circle."""
        return [self.all[index] for index in self.indices(x, y, reach)]

    def indices(self, x: float, y: float, reach: float) -> list[int]:
        """Return which boxes may reach a circle."""
        if not self.all:
            return []
        apart = self._places - (x, y)
        far = self._reaches + reach
        found: list[int] = np.flatnonzero((apart * apart).sum(axis=1) <= far * far).tolist()
        return found

    def hit(self, one: Solid) -> Solid | None:
        """Return the first box that overlaps one, or None."""
        return next((other for other in self.near(one.x, one.y, one.reach) if overlap(one, other)), None)
