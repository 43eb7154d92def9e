"""The world's state as every client is sent it, frame by frame."""

from __future__ import annotations

import struct

from domainaug_simulators.carla_server.wire.layouts import Layout
from domainaug_simulators.carla_server.world.actors import Actor, TrafficLight, Vehicle, Walker
from domainaug_simulators.carla_server.world.driving import gear_of
from domainaug_simulators.carla_server.world.episode import Episode
from domainaug_simulators.carla_server.world.frames import ORIGIN, Transform

__all__ = ["head_of", "state_of"]

_ACTIVE, _DORMANT = 1, 2
_MAP_CHANGED, _LIGHTS_PENDING = 1, 2


def head_of(layout: Layout, kind: int, number: int, elapsed: float, transform: Transform = ORIGIN) -> bytes:
    """Return what stands before every message."""
    return layout.header.pack(kind, number, elapsed, *transform.location, *transform.rotation)


def state_of(
    layout: Layout, episode: Episode, number: int, delta: float, clock: float, *, new_map: bool, lamps: bool = False
) -> bytes:
    """Return the message that tells how the world stands.

    Args:
        layout: The client's.
        episode: The world.
        number: The frame.
        delta: Seconds since the frame before.
        clock: Seconds of the machine's clock.
        new_map: Whether the map has changed since the frame before.
        lamps: Whether street lamps were switched since then: clients then ask for them anew.
    """
    changed = _MAP_CHANGED * new_map + _LIGHTS_PENDING * lamps
    parts = [
        head_of(layout, layout.observer, number, episode.elapsed),
        layout.episode.pack(episode.number, clock, delta, 0, 0, 0, changed),
    ]
    for actor in episode.actors.values():
        parts.append(
            layout.actor.pack(
                actor.id,
                _DORMANT if actor.dormant else _ACTIVE,
                *actor.transform.location,
                *actor.transform.rotation,
                *actor.velocity,
                *actor.angular,
                *actor.acceleration,
            )
        )
        parts.append(_special(layout, episode, actor).ljust(layout.special, b"\0"))
    return b"".join(parts)


def _special(layout: Layout, episode: Episode, actor: Actor) -> bytes:
    try:
        if isinstance(actor, Vehicle):
            told = actor.control
            return layout.vehicle.pack(
                told.throttle, told.steer, told.brake, told.hand_brake, told.reverse, told.manual, gear_of(actor),
                actor.speed_limit, int(actor.light_state), actor.at_light != 0, actor.at_light, 0,
            )  # fmt: skip
        if isinstance(actor, Walker):
            return layout.walker.pack(*actor.control.direction, actor.control.speed, actor.control.jump)
        if isinstance(actor, TrafficLight):
            return layout.light.pack(
                actor.sign.encode()[:31], actor.green, actor.yellow, actor.red, actor.elapsed,
                episode.signals.pole(actor), actor.frozen, int(actor.state),
            )  # fmt: skip
    except (struct.error, OverflowError):
        return b""  # a number that a script set and that does not fit: told as nothing
    return b""
