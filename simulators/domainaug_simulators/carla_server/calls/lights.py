"""Calls about traffic lights and street lamps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from domainaug_simulators.carla_server.calls.forms import box_form
from domainaug_simulators.carla_server.calls.registry import call
from domainaug_simulators.carla_server.world.actors import Aspect, TrafficLight
from domainaug_simulators.carla_server.world.episode import Refused
from domainaug_simulators.carla_server.world.frames import Box, Vector
from domainaug_simulators.carla_server.world.lamps import LampState

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__ = ["show"]

_BRIGHTEST: Final = 1e7


def show(light: TrafficLight, state: int) -> None:
    """Let a light show something, from now on."""
    light.state, light.elapsed = Aspect(state), 0.0


@call("set_traffic_light_state", form="nothing")
def _state(desk: Desk, number: int, state: int) -> None:
    show(desk.episode.find(number, TrafficLight), state)


@call("set_traffic_light_green_time", form="nothing")
def _green(desk: Desk, number: int, seconds: float) -> None:
    desk.episode.find(number, TrafficLight).green = float(seconds)


@call("set_traffic_light_yellow_time", form="nothing")
def _yellow(desk: Desk, number: int, seconds: float) -> None:
    desk.episode.find(number, TrafficLight).yellow = float(seconds)


@call("set_traffic_light_red_time", form="nothing")
def _red(desk: Desk, number: int, seconds: float) -> None:
    desk.episode.find(number, TrafficLight).red = float(seconds)


@call("freeze_traffic_light", form="nothing")
def _freeze(desk: Desk, number: int, frozen: bool) -> None:
    for light in desk.episode.signals.of_junction(desk.episode.find(number, TrafficLight)):
        light.frozen = bool(frozen)


@call("freeze_all_traffic_lights", form="nothing")
def _freeze_all(desk: Desk, frozen: bool) -> None:
    for light in desk.episode.signals.lights:
        light.frozen = bool(frozen)


@call("reset_traffic_light_group", form="nothing")
def _reset_group(desk: Desk, number: int) -> None:
    desk.episode.signals.reset_group(desk.episode.find(number, TrafficLight))


@call("reset_all_traffic_lights", form="nothing")
def _reset_all(desk: Desk) -> None:
    desk.episode.signals.reset()


@call("get_group_traffic_lights")
def _group(desk: Desk, number: int) -> list[int]:
    return [light.id for light in desk.episode.signals.of_junction(desk.episode.find(number, TrafficLight))]


@call("get_light_boxes")
def _boxes(desk: Desk, number: int) -> list[Any]:
    """The heads of a light, in the world."""
    place = desk.episode.find(number, TrafficLight).transform
    box = Box(place.point(Vector(0.1, 0.0, 2.9)), Vector(0.15, 0.2, 0.46), place.rotation)
    return [box_form(box)]


@call("query_lights_state")
def _lamps(desk: Desk, _client: str) -> list[Any]:
    return [
        [lamp.id, list(lamp.place), lamp.intensity, lamp.group, list(lamp.color), lamp.active]
        for lamp in desk.episode.lamps.now(desk.episode.sky)
    ]


@call("update_lights_state", form="nothing")
def _switch(desk: Desk, _client: str, told: Sequence[Any], _discard: bool = False) -> None:
    states = [
        LampState(number, Vector(*place), float(intensity), (color[0], color[1], color[2]), group, bool(active))
        for number, place, intensity, group, color, active in told
    ]
    if not all(0 <= state.intensity < _BRIGHTEST for state in states):
        raise Refused(f"a light's intensity is from 0 to {_BRIGHTEST:g}, in candela")
    desk.episode.lamps.change(states)
    desk.lamps_changed = True


@call("update_day_night_cycle", form="nothing")
def _by_dusk(desk: Desk, _client: str, active: bool) -> None:
    desk.episode.lamps.follow_dusk(desk.episode.sky, bool(active))
    desk.lamps_changed = True
