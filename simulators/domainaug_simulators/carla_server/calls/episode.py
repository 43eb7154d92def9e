"""Calls about the world as a whole: versions, maps, settings, weather, ticks, files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from domainaug_simulators.carla_server.calls.forms import definition_form, settings_form, settings_of, transform_form
from domainaug_simulators.carla_server.calls.registry import call
from domainaug_simulators.carla_server.wire.rpc import Later
from domainaug_simulators.carla_server.world.blueprints import blueprints
from domainaug_simulators.carla_server.world.episode import Refused
from domainaug_simulators.carla_server.world.levels import levels
from domainaug_simulators.carla_server.world.skies import Sky

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__: list[str] = []

_STRONGEST: Final = 1000.0


@call("version", locked=False)
def _version(desk: Desk) -> str:
    return desk.layout.version


@call("get_episode_info")
def _episode_info(desk: Desk) -> list[Any]:
    return [desk.episode.number, [desk.streams.token(desk.observer)]]


@call("get_sensor_token", locked=False)
def _sensor_token(desk: Desk, stream: int) -> list[Any]:
    """A client asks before it listens; the next frame waits for it (see `Desk.cue`)."""
    desk.streams.expect(stream)
    return [desk.streams.token(stream)]


@call("get_map_info")
def _map_info(desk: Desk) -> list[Any]:
    return [desk.level.path, [transform_form(spawn) for spawn in desk.level.places.spawns]]


@call("get_map_data")
def _map_data(desk: Desk) -> str:
    return desk.level.places.text


@call("get_available_maps", locked=False)
def _available_maps(desk: Desk) -> list[str]:
    return levels()


@call("get_required_files")
def _required_files(desk: Desk, folder: str = "") -> list[str]:
    """The client asks for the map, which it is sent by another call, and for where people walk."""
    return [desk.level.mesh_file] if folder.strip("/\\") == "Nav" and desk.level.mesh else []


@call("request_file")
def _request_file(desk: Desk, name: str) -> bytes:
    if name != desk.level.mesh_file:
        raise Refused(f"there is no file {name!r}; get_required_files tells which there are")
    return desk.level.mesh


@call("get_navigation_mesh")
def _navigation_mesh(desk: Desk) -> bytes:
    return desk.level.mesh


@call("load_new_episode", form="nothing", locked=False)
def _load(desk: Desk, name: str, reset: bool = True, _layers: int = 0) -> Later:
    return Later(lambda: desk.load(name, reset=reset))


@call("copy_opendrive_to_file", form="nothing", locked=False)
def _bring(desk: Desk, text: str, _parameters: Sequence[Any] = ()) -> None:
    desk.bring(text)


@call("load_map_layer", form="nothing")
@call("unload_map_layer", form="nothing")
def _layer(desk: Desk, _layers: int) -> None:
    """Towns have one layer."""


@call("get_episode_settings", locked=False)
def _settings(desk: Desk) -> list[Any] | Later:
    """Traffic managers ask all the time, and crash where they go on while their client changes its map."""
    if desk.changing:
        return Later(lambda: settings_form(desk.settled().settings))
    return settings_form(desk.settings)


@call("set_episode_settings")
def _apply_settings(desk: Desk, told: Sequence[Any]) -> int:
    desk.settings = settings_of(told)
    return desk.frame


@call("tick_cue", locked=False)
def _tick_cue(desk: Desk) -> int:
    return desk.cue()


@call("get_actor_definitions", locked=False)
def _definitions(desk: Desk) -> list[Any]:
    return [definition_form(number, one) for number, one in enumerate(blueprints().values(), 1)]


@call("get_weather_parameters")
def _weather(desk: Desk) -> list[float]:
    return desk.episode.sky.numbers


@call("set_weather_parameters", form="nothing")
def _set_weather(desk: Desk, told: Sequence[float]) -> None:
    sky = Sky.of(told)
    if not all(abs(number) < 1e9 for number in sky.numbers):
        raise Refused("set_weather: a number is not finite")
    lamps, before = desk.episode.lamps, desk.episode.sky
    desk.episode.cover(sky)
    desk.lamps_changed |= lamps.dark(sky) != lamps.dark(before)


@call("get_imui_gravity")
def _gravity(desk: Desk) -> float:
    return desk.gravity


@call("set_imui_gravity", form="nothing")
def _set_gravity(desk: Desk, value: float) -> None:
    if not abs(float(value)) <= _STRONGEST:
        raise Refused(f"set_imu_gravity: {value!r} is no gravity; it is from -{_STRONGEST:g} to {_STRONGEST:g} m/s^2")
    desk.gravity = float(value)


@call("draw_debug_shape", form="nothing", locked=False)
@call("clear_debug_shape", form="nothing", locked=False)
@call("clear_debug_string", form="nothing", locked=False)
@call("set_annotations_traverse_translucency", form="nothing", locked=False)
@call("console_command", form="nothing", locked=False)
def _drawn_on_a_screen(desk: Desk, *_: Any) -> None:
    """There is no screen to draw on."""
