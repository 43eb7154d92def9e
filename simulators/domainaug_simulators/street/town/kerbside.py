"""What lies between traffic and houses: lane arrows, bus stops, roadworks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from domainaug_simulators.street.mesh import Mesh, ellipsoid
from domainaug_simulators.street.scene import Thing
from domainaug_simulators.street.town import furniture
from domainaug_simulators.street.town.paints import Paints
from domainaug_simulators.street.town.roads import CURB, LaneKind, Road, arrow, strip
from domainaug_simulators.street.town.tags import Tag
from domainaug_simulators.street.town.ways import arms_of, ways_of

if TYPE_CHECKING:
    from domainaug_simulators.street.town.plan import Town

__all__ = ["along", "arrows", "bus_stops", "roadworks"]


def along(road: Road, s: float, t: float, facing: float = 0.0) -> tuple[float, float, float]:
    """Return place and heading beside a road's line, turned by `facing`."""
    (place,), (heading,) = road.at(s, t)
    return float(place[0]), float(place[1]), float(heading) + facing


def arrows(town: Town) -> None:
    """Paint on every lane that leads into the junction where it leads, twice."""
    arms = arms_of(town.roads, town.junctions[0])
    for arm in arms:
        turns: dict[float, set[int]] = {}
        for other in arms:
            for way in ways_of(arm, other):
                if way.lane.kind == "driving":
                    turns.setdefault(way.inner, set()).add(way.turn)
        for inner, where in turns.items():
            (x, y, yaw), half = arm.gate(inner, coming=True), 3.3 / 2
            for back in (14.0, 34.0):
                away = -back * np.cos(yaw) + half * np.sin(yaw), -back * np.sin(yaw) - half * np.cos(yaw)
                mesh = arrow(sorted(where), town.palette)
                town.put(mesh, Tag.ROAD_LINE, x + float(away[0]), y + float(away[1]), 0.0, yaw)


def bus_stops(town: Town, road: Road, places: Sequence[tuple[int, float]]) -> None:
    """Put bus stops along a road: a shelter and a sign on the sidewalk, and room to stop instead of parked cars.

    Args:
        town: The town.
        road: The road.
        places: (1 left or -1 right, meters along the road).
    """
    paint = town.palette.number(Paints.marking)
    for side, s in places:
        edges = road.edges("left" if side > 0 else "right")
        inner = next(a for lane, a, _ in edges if lane.kind == "sidewalk")
        bay = next((a, b) for lane, a, b in edges if lane.kind == "parking")
        town.closed.append(((bay[0] + bay[1]) / 2, s - 11.0, s + 11.0))
        town.stands.append((side, s))
        zigzag = [strip(road, s + u, s + u + 0.12, bay[0], bay[1], 0.012, paint) for u in (-11.0, 11.0)]
        town.things.append(Thing(Mesh.joined(zigzag), Tag.ROAD_LINE))
        outer = next(b for lane, _, b in edges if lane.kind == "sidewalk")
        x, y, yaw = along(road, s, outer - side * 0.75, 0.0 if side > 0 else np.pi)
        town.put(furniture.bus_stop(town.palette), Tag.STATIC, x, y, CURB, yaw)
        for u in (-1.9, -0.9, 0.0, 0.9, 1.9):
            place = along(road, s + u, outer - side * 0.75)
            town.obstacles.append((place[0], place[1], 0.75))
        x, y, yaw = along(road, s + 4.0 * (-side), inner + side * 0.45, 0.0 if side > 0 else np.pi)
        town.post(furniture.stop_sign(town.palette), Tag.TRAFFIC_SIGN, x, y, CURB, yaw)
        town.obstacles.append((x, y, 0.1))
        for u in (-1.1, 0.3, 1.2):
            town.stops.append(along(road, s + u, outer - side * 1.0, -np.pi / 2 * side))


def roadworks(town: Town, road: Road, kind: LaneKind, s: float, *, length: float = 12.0) -> None:
    """Close a lane beside traffic for some meters: cones about it, a barrier before it, a heap of soil."""
    palette = town.palette
    lane, a, b = next(edge for edge in road.edges("right") if edge[0].kind == kind)
    town.closed.append(((a + b) / 2, s, s + length))
    spots = [(s + u, a - 0.25) for u in np.arange(0.0, length + 0.1, 2.0 if length < 20 else 5.0)]
    spots += [(s - 2.0 * v, a - 0.25 - v * (lane.width - 0.6)) for v in (0.33, 0.66, 1.0)]
    for at, t in spots:
        x, y, yaw = along(road, at, t)
        town.put(furniture.cone(palette), Tag.STATIC, x, y, 0.0, yaw)
    x, y, yaw = along(road, s + 1.2, (a + b) / 2, np.pi / 2)
    town.put(furniture.barrier(palette, lane.width - 0.7), Tag.STATIC, x, y, 0.0, yaw)
    x, y, yaw = along(road, s + length * 0.6, (a + b) / 2)
    heap = ellipsoid((3.0, 1.4, 1.1), palette.number(Paints.soil), points=14, rings=8)
    town.put(heap, Tag.STATIC, x, y, 0.0, yaw)
