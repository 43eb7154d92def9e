"""The classes of things, numbered as CARLA 0.9.14 and later number them, and their names in Cityscapes."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CITYSCAPES", "COUNTED", "Tag", "cityscapes_of"]


class Tag(IntEnum):
    """A class, by CARLA's number."""

    UNLABELED = 0
    ROAD = 1
    SIDEWALK = 2
    BUILDING = 3
    WALL = 4
    FENCE = 5
    POLE = 6
    TRAFFIC_LIGHT = 7
    TRAFFIC_SIGN = 8
    VEGETATION = 9
    TERRAIN = 10
    SKY = 11
    PEDESTRIAN = 12
    RIDER = 13
    CAR = 14
    TRUCK = 15
    BUS = 16
    TRAIN = 17
    MOTORCYCLE = 18
    BICYCLE = 19
    STATIC = 20
    DYNAMIC = 21
    OTHER = 22
    WATER = 23
    ROAD_LINE = 24
    GROUND = 25
    BRIDGE = 26
    RAIL_TRACK = 27
    GUARD_RAIL = 28


CITYSCAPES: Final = {
    Tag.UNLABELED: 0,
    Tag.ROAD: 7,
    Tag.SIDEWALK: 8,
    Tag.BUILDING: 11,
    Tag.WALL: 12,
    Tag.FENCE: 13,
    Tag.POLE: 17,
    Tag.TRAFFIC_LIGHT: 19,
    Tag.TRAFFIC_SIGN: 20,
    Tag.VEGETATION: 21,
    Tag.TERRAIN: 22,
    Tag.SKY: 23,
    Tag.PEDESTRIAN: 24,
    Tag.RIDER: 25,
    Tag.CAR: 26,
    Tag.TRUCK: 27,
    Tag.BUS: 28,
    Tag.TRAIN: 31,
    Tag.MOTORCYCLE: 32,
    Tag.BICYCLE: 33,
    Tag.STATIC: 4,
    Tag.DYNAMIC: 5,
    Tag.OTHER: 4,
    Tag.WATER: 4,
    Tag.ROAD_LINE: 7,
    Tag.GROUND: 6,
    Tag.BRIDGE: 15,
    Tag.RAIL_TRACK: 10,
    Tag.GUARD_RAIL: 14,
}
"""The label id of Cityscapes for each class."""

COUNTED: Final = (Tag.PEDESTRIAN, Tag.RIDER, Tag.CAR, Tag.TRUCK, Tag.BUS, Tag.MOTORCYCLE, Tag.BICYCLE)
"""Classes whose things have numbers and boxes."""


def cityscapes_of(tags: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return Cityscapes label ids for classes."""
    table = np.zeros(256, np.uint8)
    for tag, number in CITYSCAPES.items():
        table[tag] = number
    return table[tags]
