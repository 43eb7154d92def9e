"""Houses, trees and lamps beside the roads of a map, where no road runs."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from scipy.spatial import cKDTree

from domainaug_simulators.street.mesh import Mesh
from domainaug_simulators.street.town import buildings, furniture, plants
from domainaug_simulators.street.town.maps import Array, MapRoad, RoadMap
from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.roads import CURB
from domainaug_simulators.street.town.surfacing import SIDES, places_of
from domainaug_simulators.street.town.tags import Tag

__all__ = ["roadsides"]

Side = Literal["left", "right"]


_OPEN: Final = ("rural", "motorway")
_CLEAR: Final = 2.2
"""Meters between points of a road and of what stands beside it; roads are points two meters apart."""


class _Room:
    """Where something can still stand."""

    def __init__(self, roads: RoadMap) -> None:
        self._roads = cKDTree(np.concatenate([places_of(road) for road in roads.roads.values()]))
        self._driven = cKDTree(np.concatenate([places_of(road, drivable=True) for road in roads.roads.values()]))
        self._taken: list[Array] = []

    def take(self, x: float, y: float, yaw: float, length: float, depth: float) -> bool:
        """Take a rectangle about (x, y) if no road and nothing else is there."""
        along, across = (np.linspace(-side / 2, side / 2, max(int(side / 2) + 1, 2)) for side in (length, depth))
        u, v = (grid.ravel() for grid in np.meshgrid(along, across))
        c, s = np.cos(yaw), np.sin(yaw)
        points = np.column_stack([x + u * c - v * s, y + u * s + v * c])
        near = [taken for taken in self._taken if np.abs(taken[0] - [x, y]).max() < 80]
        free = self._roads.query(points)[0].min() > _CLEAR and all(
            cKDTree(taken).query(points)[0].min() > 1.0 for taken in near
        )
        if free:
            self._taken.append(points)
        return bool(free)

    def beside(self, x: float, y: float, away: float) -> bool:
        """Return whether (x, y) is at least so far from where anybody drives, and within nothing that stands."""
        near = [taken for taken in self._taken if np.abs(taken[0] - [x, y]).max() < 80]
        clear = all(cKDTree(taken).query([x, y])[0] > 1.5 for taken in near)
        return clear and bool(self._driven.query([x, y])[0] > away)


def roadsides(town: Town, roads: RoadMap, draw: np.random.Generator) -> None:
    """Line the roads of a map: houses in towns, woods outside, lamps and trees on sidewalks."""
    room = _Room(roads)
    outside = [road for road in roads.roads.values() if not road.junction]
    trees = [plants.tree(town.palette, draw, height=draw.uniform(5.5, 8.0)) for _ in range(4)]
    woods = [plants.wood(24.0, town.palette, draw, depth=10.0).at(-12, -5) for _ in range(3)]
    warm = bool(draw.random() < 0.6)
    for road in outside:
        for side in SIDES:
            if road.kind in _OPEN:
                _woods(town, road, side, room, woods, draw)
            else:
                _houses(town, road, side, room, draw)
    for road in outside:
        for side in SIDES:
            if road.kind not in _OPEN:
                _walk(town, road, side, room, trees, draw, warm=warm)


def _edge(road: MapRoad, side: Side, s: float) -> float:
    right, left = road.reach(road.section_at(s), np.array([s]))
    return float(left[0] if side == "left" else right[0])


def _at(road: MapRoad, s: float, t: float) -> tuple[float, float, float]:
    (place,), (heading,) = road.line.at(s, t)
    return float(place[0]), float(place[1]), float(heading)


def _houses(town: Town, road: MapRoad, side: Side, room: _Room, draw: np.random.Generator) -> None:
    sign, facing = (1.0, 0.0) if side == "left" else (-1.0, np.pi)
    walks = any(lane.kind == "sidewalk" for section in road.sections for lane in (*section.left, *section.right))
    s = float(draw.uniform(2, 6))
    while s < road.length - 8:
        if walks:
            width, depth = float(draw.uniform(10, 19)), float(draw.uniform(10, 13))
            house = buildings.block(width, depth, town.palette, draw).at(0, -depth / 2)
            away = float(draw.choice([2.4, 2.4, 3.2]))
        else:
            house = buildings.cottage(town.palette, draw)
            low, high = house.bounds
            width, depth, away = float(high[0] - low[0]), float(high[1] - low[1]), float(draw.uniform(4, 8))
        middle = min(s + width / 2, road.length)
        x, y, yaw = _at(road, middle, _edge(road, side, middle) + sign * (away + depth / 2))
        if room.take(x, y, yaw, width, depth):
            town.put(house, Tag.BUILDING, x, y, 0.0, yaw + facing)
            s += width + float(draw.uniform(0.3, 1.2) if walks else draw.uniform(6, 12))
        else:
            s += 4.0


def _woods(town: Town, road: MapRoad, side: Side, room: _Room, woods: list[Mesh], draw: np.random.Generator) -> None:
    sign = 1.0 if side == "left" else -1.0
    for s in np.arange(12.0, road.length, 26.0):
        edge = _edge(road, side, float(s))
        x, y, yaw = _at(road, float(s), edge + sign * float(draw.uniform(9, 14)))
        if draw.random() < 0.75 and room.take(x, y, yaw, 24.0, 10.0):
            town.put(woods[draw.integers(len(woods))], Tag.VEGETATION, x, y, 0.0, yaw)


def _walk(
    town: Town, road: MapRoad, side: Side, room: _Room, trees: list[Mesh], draw: np.random.Generator, *, warm: bool
) -> None:
    """Put lamps and trees on a sidewalk, or behind the edge of a road without one."""
    sign = 1.0 if side == "left" else -1.0
    facing = -np.pi / 2 * sign
    for count, s in enumerate(np.arange(6.0 + (6.0 if side == "left" else 0.0), road.length - 4, 13.0)):
        section = road.section_at(float(s))
        edges = road.edges(section, side, np.array([float(s)]))
        walk = next((edge for edge in edges if edge.lane.kind == "sidewalk"), None)
        t = float(walk.inner[0]) + sign * 0.6 if walk is not None else _edge(road, side, float(s)) + sign * 1.0
        x, y, yaw = _at(road, float(s), t)
        if not room.beside(x, y, 0.45):
            continue
        z = CURB if walk is not None else 0.0
        if count % 2 == 0:
            lamp = furniture.street_lamp(town.palette, warm=warm)
            town.post(lamp, Tag.POLE, x, y, z, yaw + facing)
        elif draw.random() < 0.7:
            town.put(trees[draw.integers(len(trees))], Tag.VEGETATION, x, y, z, float(draw.uniform(0, 6.3)))
