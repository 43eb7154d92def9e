"""Many commands in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from domainaug.errors import DomainAugError
from domainaug_simulators.carla_server.calls.actors import push, set_velocity, spawned
from domainaug_simulators.carla_server.calls.forms import transform_of, vector_of, walker_control_of
from domainaug_simulators.carla_server.calls.lights import show
from domainaug_simulators.carla_server.calls.registry import call
from domainaug_simulators.carla_server.calls.vehicles import apply_ackermann, apply_control
from domainaug_simulators.carla_server.calls.walkers import lead
from domainaug_simulators.carla_server.wire.answers import outcome
from domainaug_simulators.carla_server.world.actors import Actor, TrafficLight, Vehicle, Walker
from domainaug_simulators.carla_server.world.frames import Transform, Vector

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__: list[str] = []

_SELF: Final = 0  # commands after a spawn name the actor that is not there yet by this number


def _destroy(desk: Desk, number: int) -> None:
    if not desk.remove(number):
        desk.episode.find(number, Actor)


def _locate(desk: Desk, number: int, location: Sequence[float]) -> None:
    actor = desk.episode.find(number, Actor)
    desk.episode.place(actor, Transform(vector_of(location), actor.transform.rotation))


def _control_walker(desk: Desk, number: int, told: Sequence[Any]) -> None:
    desk.episode.find(number, Walker).control = walker_control_of(told)


def _turn(desk: Desk, number: int, angular: Sequence[float]) -> None:
    desk.episode.find(number, Actor).angular = vector_of(angular)


def _force(desk: Desk, number: int, told: Sequence[float]) -> None:
    push(desk.episode.find(number, Actor), Vector(*(part * desk.step for part in vector_of(told))))


def _physics(desk: Desk, number: int, enabled: bool) -> None:
    desk.episode.find(number, Actor).physics = bool(enabled)


def _gravity(desk: Desk, number: int, enabled: bool) -> None:
    desk.episode.find(number, Actor).gravity = bool(enabled)


def _light(desk: Desk, number: int, bits: int) -> None:
    desk.episode.find(number, Vehicle).lights = int(bits)


def _none(desk: Desk, number: int, *_: Any) -> None:
    desk.episode.find(number, Actor)


_COMMANDS: Final[dict[int, Callable[..., None]]] = {
    1: _destroy,
    2: lambda desk, number, told: apply_control(desk.episode.find(number, Vehicle), told),
    3: lambda desk, number, told: apply_ackermann(desk.episode.find(number, Vehicle), told),
    4: _control_walker,
    5: _none,  # physics of vehicles are fixed
    6: lambda desk, number, told: desk.episode.place(desk.episode.find(number, Actor), transform_of(told)),
    7: lambda desk, number, told, speed: lead(
        desk, desk.episode.find(number, Walker), transform_of(told), float(speed)
    ),
    8: lambda desk, number, told: set_velocity(desk.episode.find(number, Actor), vector_of(told)),
    9: _turn,
    10: lambda desk, number, told: push(desk.episode.find(number, Actor), vector_of(told)),
    11: _force,
    12: _none,
    13: _none,
    14: _physics,
    15: _gravity,
    16: _none,  # the traffic manager is told of autopilots by the client
    17: _none,
    18: _light,
    19: _locate,
    21: lambda desk, number, state: show(desk.episode.find(number, TrafficLight), state),
}
"""What each command does, by CARLA's number; 0 spawns, 20 is for a console that is not there."""


@call("apply_batch", form="raw", locked=False)
def _batch(desk: Desk, commands: Sequence[Any], tick: bool = False) -> list[Any]:
    with desk.lock:
        results = [_one(desk, command[0]) for command in commands]
    if tick:
        desk.cue()
    return results


def _one(desk: Desk, command: Sequence[Any]) -> list[Any]:
    kind, told = command
    number = 0
    try:
        if kind == 0:
            description, transform, parent, attachment, _bone, after = told
            on = parent[1] if parent and parent[0] else 0
            number = spawned(desk, description, transform, on, attachment).id
            for follower in after:
                then, arguments = follower[0]
                failed = _one(desk, [then, [number if arguments[0] == _SELF else arguments[0], *arguments[1:]]])
                if failed[0][0] == 0:
                    return failed
        elif kind in _COMMANDS:
            number = int(told[0])
            _COMMANDS[kind](desk, *told)
    except DomainAugError as error:
        return outcome(number, str(error))
    except (TypeError, ValueError, KeyError, IndexError, OverflowError):
        return outcome(number, f"command {kind}: its arguments are not those of CARLA {desk.layout.version}")
    return outcome(number)
