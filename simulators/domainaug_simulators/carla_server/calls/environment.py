"""Calls about what of the town stands still, and about rays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from domainaug_simulators.carla_server.calls.forms import box_form, standing_form, vector_of
from domainaug_simulators.carla_server.calls.registry import call
from domainaug_simulators.carla_server.world.contacts import meeting
from domainaug_simulators.carla_server.world.frames import Rotation, Transform, Vector
from domainaug_simulators.carla_server.world.solids import solid_of
from domainaug_simulators.street.town.tags import Tag

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__: list[str] = []

_ANY: Final = 255


@call("get_all_level_BBs")
def _boxes(desk: Desk, tag: int) -> list[Any]:
    return [box_form(one.box) for one in desk.level.standing if tag in (one.tag, _ANY)]


@call("get_environment_objects")
def _objects(desk: Desk, tag: int) -> list[Any]:
    return [standing_form(one) for one in desk.level.standing if tag in (one.tag, _ANY)]


@call("enable_environment_objects", form="nothing")
def _enable(desk: Desk, numbers: Sequence[int], enable: bool) -> None:
    known = {one.id for one in desk.level.standing}
    chosen = known & set(numbers)
    desk.episode.hidden = desk.episode.hidden - chosen if enable else desk.episode.hidden | chosen


@call("get_names_of_all_objects")
def _names(desk: Desk) -> list[str]:
    return [one.name for one in desk.level.standing]


def _hits(desk: Desk, start: Vector, end: Vector) -> list[tuple[float, Vector, int]]:
    """Return how far along, where, and what class of thing a stretch meets; the ground is level."""
    way = Vector(*(b - a for a, b in zip(start, end, strict=True)))
    length = way.length
    if length == 0:
        return []
    pitch = math.degrees(math.asin(max(-1.0, min(1.0, way.z / length))))
    own = Transform(start, Rotation(pitch, math.degrees(math.atan2(way.y, way.x)), 0.0))
    middle = [(a + b) / 2 for a, b in zip(start, end, strict=True)]
    boxes = [(0, one) for one in desk.level.solids.near(middle[0], middle[1], length / 2)]
    boxes += [(one.id, solid_of(one.transform, one.box, one.tag)) for one in desk.episode.actors.values() if one.solid]
    found = [(away, box.tag) for _, box in boxes if (away := meeting(own, length, 0.0, box)) is not None]
    if start.z > 0 >= end.z:
        found.append((length * start.z / (start.z - end.z), int(Tag.ROAD)))
    return [(away, Vector(*(a + b / length * away for a, b in zip(start, way, strict=True))), tag)
            for away, tag in sorted(found)]  # fmt: skip


@call("cast_ray")
def _cast(desk: Desk, start: Sequence[float], end: Sequence[float]) -> list[Any]:
    return [[list(place), tag] for _, place, tag in _hits(desk, vector_of(start), vector_of(end))]


@call("project_point")
def _project(desk: Desk, place: Sequence[float], direction: Sequence[float], reach: float) -> list[Any]:
    start, way = vector_of(place), vector_of(direction)
    length = way.length or 1.0
    end = Vector(*(a + b / length * float(reach) for a, b in zip(start, way, strict=True)))
    hits = _hits(desk, start, end)
    return [True, [list(hits[0][1]), hits[0][2]]] if hits else [False, [[0.0, 0.0, 0.0], 0]]
