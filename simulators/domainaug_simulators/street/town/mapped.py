"""A town about the roads of a map: surfaces and markings as the map says, houses, trees and lamps drawn beside them."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from domainaug.errors import DomainAugError
from domainaug_simulators.street.mesh import Mesh, polygon
from domainaug_simulators.street.scene import Thing
from domainaug_simulators.street.town import furniture
from domainaug_simulators.street.town.maps import Array, MapRoad, RoadMap
from domainaug_simulators.street.town.paints import Paints
from domainaug_simulators.street.town.plan import Town, far_away
from domainaug_simulators.street.town.roads import CURB
from domainaug_simulators.street.town.roadside import roadsides
from domainaug_simulators.street.town.surfacing import places_of, surfaces
from domainaug_simulators.street.town.tags import Tag

__all__ = ["main_road", "town_on"]

_UNDER: Final = -0.008
"""Asphalt that fills a junction between the ways through it lies a little lower than they do."""


def main_road(roads: RoadMap) -> MapRoad:
    """Return the road that the ego vehicle drives on where nothing else is said: the longest with a lane forward.

    Raises:
        DomainAugError: No road outside of junctions has one.
    """
    fit = [
        road
        for road in roads.roads.values()
        if not road.junction and any(lane.kind == "driving" and lane.forward for lane, _ in road.plain().lanes)
    ]
    if not fit:
        raise DomainAugError("the map has no road outside of junctions with a lane to drive on along its line")
    return max(fit, key=lambda road: road.length)


def town_on(roads: RoadMap, seed: int) -> Town:
    """Return the town that stands about the roads of a map.

    Args:
        roads: The map.
        seed: Fixes houses, trees and furniture.

    Raises:
        DomainAugError: Nobody can drive on it.
    """
    draw = np.random.Generator(np.random.Philox(key=[seed, 97]))
    main = main_road(roads)
    plain = main.plain()
    others = [road.plain() for road in roads.roads.values() if not road.junction and road.id != main.id]
    town = Town("map", seed, [plain, *others], ahead=(min(8.0, 0.2 * plain.length), 0.7 * plain.length))
    for road in roads.roads.values():
        town.things += surfaces(road, town.palette, _driven_beside(road, roads))
    for name in sorted({road.junction for road in roads.roads.values()} - {""}):
        town.things += _floor([road for road in roads.roads.values() if road.junction == name], town)
    for road in roads.roads.values():
        _lights(town, road, ours=road.id == main.id)
    roadsides(town, roads, draw)
    outline = np.concatenate([places_of(road) for road in roads.roads.values()])
    low, high = outline.min(axis=0), outline.max(axis=0)
    middle = (low + high) / 2
    spread = float(np.hypot(*(high - low))) / 2
    far_away(town, draw, (float(middle[0]), float(middle[1])), max(spread - 250.0, 0.0))
    return town


def _driven_beside(road: MapRoad, roads: RoadMap) -> Array | None:
    """Return points all over the other ways of a road's junction; None outside of junctions."""
    ways = [way for way in roads.roads.values() if road.junction and way.junction == road.junction and way is not road]
    return np.concatenate([places_of(way, drivable=True, apart=1.0) for way in ways]) if ways else None


def _floor(ways: list[MapRoad], town: Town) -> list[Thing]:
    """Return the asphalt between the ways through a junction."""
    points: Array = np.concatenate([places_of(way, drivable=True) for way in ways])
    try:
        hull = points[ConvexHull(points).vertices]  # counter-clockwise
    except QhullError:
        return []  # a single straight way has no floor of its own
    floor: Mesh = polygon([(float(x), float(y)) for x, y in hull], _UNDER, town.palette.number(Paints.crossing_asphalt))
    return [Thing(floor, Tag.ROAD)]


def _lights(town: Town, road: MapRoad, *, ours: bool) -> None:
    """Put up traffic lights: who comes along the main road may go."""
    for light in road.lights:
        (place,), (heading,) = road.line.at(light.s, light.t)
        facing = float(heading) + (np.pi if light.along else 0.0)
        where = float(place[0]), float(place[1]), CURB, facing
        town.post(furniture.traffic_light(town.palette), Tag.TRAFFIC_LIGHT, *where)
        town.put(furniture.signal_heads(town.palette, "green" if ours else "red"), Tag.TRAFFIC_LIGHT, *where)
