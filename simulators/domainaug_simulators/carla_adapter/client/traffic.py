"""Traffic that CARLA's TrafficManager drives: taken down once, so that all weathers show the same of it.

The manager lives in this process, on a port of its own, and drives in step with the world. Where everybody was, and
what traffic lights showed, is kept frame by frame; afterwards they are put there again without physics.
"""

from __future__ import annotations

import contextlib
import math
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from domainaug_simulators.carla_adapter.client.cast import Player
from domainaug_simulators.carla_adapter.client.manners import marked, remove
from domainaug_simulators.carla_adapter.faults import CaptureFailed

__all__ = ["STEP", "driven", "lights_of"]

STEP: Final = 0.05  # seconds between what is taken down; TrafficManager is at home there
_LEAD: Final = 5.0  # seconds in which everybody gets going
_HEIGHT: Final = 0.6  # meters over the road where vehicles are dropped
_GAP: Final = 2.5  # meters to who is ahead
_TRIES: Final = 3  # ports: another process may take one in between


def driven(
    client: Any, world: Any, told: Mapping[str, Any], start: Any, cast: Sequence[Player], alive: Callable[[], None]
) -> dict[str, Any]:
    """Let traffic drive, and return who was where: a table of poses, one row a frame, one column each.

    Args:
        client: The `carla.Client`; its world is in synchronous mode with steps of `STEP`.
        world: The `carla.World`, whose traffic lights have just begun anew.
        told: `seed`, `seconds`, `speed` of the vehicle with the sensors, and what it is, `carrier`.
        start: Where the vehicle with the sensors begins, a waypoint.
        cast: The other vehicles; who finds no room stays away.
        alive: Called every now and then.

    Raises:
        CaptureFailed: The vehicle with the sensors finds no room.
        RuntimeError: The server does not answer.
    """
    actors: list[Any] = []
    manager = None
    try:
        drivers = _drivers(world, told["carrier"], start, cast)
        actors = [actor for _, actor in drivers]
        manager = _manager(client)
        manager.set_synchronous_mode(True)
        manager.set_random_device_seed(told["seed"])
        manager.set_global_distance_to_leading_vehicle(_GAP)
        for actor in actors:
            actor.set_autopilot(True, manager.get_port())
        manager.set_desired_speed(actors[0], 3.6 * told["speed"])
        manager.auto_lane_change(actors[0], False)
        lights, poses, shown = lights_of(world), [], []
        for frame in range(math.ceil((_LEAD + told["seconds"]) / STEP) + 1):
            world.tick(told["patience"])
            alive()
            if frame * STEP >= _LEAD - 1e-9:
                poses.append([_pose(actor) for actor in actors])
                shown.append([int(light.get_state()) for light in lights])
    finally:
        _sent_home(client, actors, manager)
    players = [[player.blueprint, player.color] for player, _ in drivers[1:] if player is not None]
    return {"step": STEP, "players": players, "poses": poses, "lights": shown}


def _sent_home(client: Any, actors: list[Any], manager: Any) -> None:
    """Let nobody drive any more, and nothing be left; what a lost server does not do is passed over."""
    steps: list[Callable[[], object]] = [lambda: remove(client, actors)]
    if manager is not None:
        steps = [lambda: manager.set_synchronous_mode(False), *steps, manager.shut_down]
    for step in steps:
        with contextlib.suppress(RuntimeError):
            step()


def _drivers(world: Any, carrier: str, start: Any, cast: Sequence[Player]) -> list[tuple[Player | None, Any]]:
    """Bring everybody in who finds room, the vehicle with the sensors first."""
    library = world.get_blueprint_library()
    own = world.try_spawn_actor(marked(library.find(carrier)), _dropped(start))
    if own is None:
        raise CaptureFailed("the vehicle with the sensors finds no room where it begins; take another seed")
    found: list[tuple[Player | None, Any]] = [(None, own)]
    for player in cast:
        blueprint = marked(library.find(player.blueprint))
        if blueprint.has_attribute("color"):
            colors = blueprint.get_attribute("color").recommended_values
            blueprint.set_attribute("color", colors[player.color % len(colors)])
        actor = world.try_spawn_actor(blueprint, _dropped(player.start))
        if actor is not None:
            found.append((player, actor))
    return found


def _dropped(start: Any) -> Any:
    import carla

    place, turn = start.transform.location, start.transform.rotation
    return carla.Transform(carla.Location(place.x, place.y, place.z + _HEIGHT), carla.Rotation(0.0, turn.yaw, 0.0))


def _manager(client: Any) -> Any:
    """Return a traffic manager on a port that nobody uses."""
    for left in reversed(range(_TRIES)):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        try:
            return client.get_trafficmanager(port)
        except RuntimeError:
            if not left:
                raise
    raise AssertionError


def _pose(actor: Any) -> list[float]:
    transform = actor.get_transform()
    place, turn = transform.location, transform.rotation
    return [place.x, place.y, place.z, turn.pitch, turn.yaw]


def lights_of(world: Any) -> list[Any]:
    """Return the traffic lights of a map, in an order of the map's."""
    found = [actor for actor in world.get_actors() if actor.type_id == "traffic.traffic_light"]
    return sorted(found, key=lambda light: [round(v, 2) for v in _pose(light)])
