"""Calls about people; controllers that lead them live in the client, and place them by batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from domainaug_simulators.carla_server.calls.forms import walker_control_of
from domainaug_simulators.carla_server.calls.registry import call
from domainaug_simulators.carla_server.world.actors import Walker, WalkerControl
from domainaug_simulators.carla_server.world.episode import Refused
from domainaug_simulators.carla_server.world.frames import Transform, Vector

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__ = ["lead"]


def lead(desk: Desk, walker: Walker, told: Transform, speed: float) -> None:
    """Put somebody where their controller has their feet."""
    way, (x, y, _) = told.forward, told.location
    place = Vector(x, y, desk.level.floor(x, y) + walker.box.extent.z)
    walker.transform, walker.led = Transform(place, told.rotation), True
    walker.velocity = Vector(way.x * speed, way.y * speed, 0.0)
    walker.control = WalkerControl(way, speed)


@call("apply_control_to_walker", form="nothing")
def _control(desk: Desk, number: int, told: Sequence[Any]) -> None:
    desk.episode.find(number, Walker).control = walker_control_of(told)


@call("get_bones_transform")
def _bones(desk: Desk, number: int) -> list[Any]:
    desk.episode.find(number, Walker)
    return [[]]  # people here have joints of their own, which cannot be moved


@call("set_bones_transform", form="nothing")
@call("blend_pose", form="nothing")
@call("get_pose_from_animation", form="nothing")
def _no_bones(desk: Desk, _number: int, *_: Any) -> None:
    raise Refused("people's bones cannot be moved: the street simulator lets them walk by itself")
