"""Calls of CARLA's recorder, and others that are refused in a sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from domainaug_simulators.carla_server.calls.registry import call
from domainaug_simulators.carla_server.world.episode import Refused

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__: list[str] = []


@call("start_recorder", locked=False)
@call("show_recorder_file_info", locked=False)
@call("show_recorder_collisions", locked=False)
@call("show_recorder_actors_blocked", locked=False)
@call("replay_file", locked=False)
def _recorder(desk: Desk, *_: Any) -> NoReturn:
    raise Refused(
        "the recorder is not served: save positions in the script, or render variants with domainaug simulate"
    )


@call("stop_recorder", form="nothing", locked=False)
@call("stop_replayer", form="nothing", locked=False)
@call("set_replayer_time_factor", form="nothing", locked=False)
@call("set_replayer_ignore_hero", form="nothing", locked=False)
@call("set_replayer_ignore_spectator", form="nothing", locked=False)
def _nothing_to_stop(desk: Desk, *_: Any) -> None:
    """Nothing is ever recorded or replayed; scripts that stop it to be sure are not disturbed."""


@call("enable_carsim", form="nothing", locked=False)
@call("use_carsim_road", form="nothing", locked=False)
@call("enable_chrono_physics", form="nothing", locked=False)
def _other_physics(desk: Desk, *_: Any) -> NoReturn:
    raise Refused("CarSim and Chrono are not served: vehicles follow a bicycle model")


@call("apply_color_texture_to_objects", form="nothing", locked=False)
@call("apply_float_color_texture_to_objects", form="nothing", locked=False)
def _textures(desk: Desk, *_: Any) -> NoReturn:
    raise Refused("textures cannot be set: the street simulator paints by rules")


@call("enable_gbuffers", form="nothing", locked=False)
def _gbuffers(desk: Desk, *_: Any) -> NoReturn:
    raise Refused("G-buffers are not served: use the depth, semantic and instance cameras")


@call("are_gbuffers_enabled", locked=False)
def _no_gbuffers(desk: Desk, *_: Any) -> bool:
    return False
