"""How things of the world are written into answers and read from arguments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from domainaug_simulators.carla_server.wire.answers import optional
from domainaug_simulators.carla_server.world.actors import Actor, SensorActor, VehicleControl, WalkerControl
from domainaug_simulators.carla_server.world.attributes import Attribute, Kind
from domainaug_simulators.carla_server.world.blueprints import Blueprint, blueprints
from domainaug_simulators.carla_server.world.episode import Settings
from domainaug_simulators.carla_server.world.frames import Box, Rotation, Transform, Vector
from domainaug_simulators.carla_server.world.surroundings import Standing

__all__ = [
    "actor_form",
    "box_form",
    "definition_form",
    "description_of",
    "settings_form",
    "settings_of",
    "standing_form",
    "transform_form",
    "transform_of",
    "vector_of",
    "vehicle_control_of",
    "walker_control_of",
]

_FAR = 1e7
_SHORTEST, _LONGEST = 1e-5, 10.0  # seconds of a frame


def vector_of(told: Sequence[float]) -> Vector:
    """Return a vector.

    Raises:
        ValueError: It is not three finite numbers.
    """
    x, y, z = (float(number) for number in told)
    if not all(abs(number) < _FAR for number in (x, y, z)):  # also what is not a number
        raise ValueError(f"{told!r} is nowhere")
    return Vector(x, y, z)


def transform_of(told: Sequence[Sequence[float]]) -> Transform:
    """Return a transform."""
    location, rotation = told
    return Transform(vector_of(location), Rotation(*vector_of(rotation)))


def transform_form(transform: Transform) -> list[Any]:
    """Write a transform."""
    return [list(transform.location), list(transform.rotation)]


def box_form(box: Box) -> list[Any]:
    """Write a bounding box: three parts, though the client's struct has room for a number."""
    return [list(box.center), list(box.extent), list(box.rotation)]


def vehicle_control_of(told: Sequence[Any]) -> VehicleControl:
    """Return what a driver does; what is beyond the pedals' way is cut."""
    throttle, steer, brake, hand, reverse, manual, gear = told
    return VehicleControl(
        _within(throttle, 0.0, 1.0), _within(steer, -1.0, 1.0), _within(brake, 0.0, 1.0),
        bool(hand), bool(reverse), bool(manual), int(gear),
    )  # fmt: skip


def _within(value: float, low: float, high: float) -> float:
    number = float(value)
    return 0.0 if math.isnan(number) else max(low, min(high, number))


def walker_control_of(told: Sequence[Any]) -> WalkerControl:
    """Return where somebody goes."""
    direction, speed, jump = told
    return WalkerControl(vector_of(direction), _within(speed, 0.0, 50.0), bool(jump))


def settings_of(told: Sequence[Any]) -> Settings:
    """Return how time is to pass."""
    synchronous, no_rendering, delta, *rest = told
    value = float(delta[1]) if delta and delta[0] else None
    if value is not None and not _SHORTEST <= value <= _LONGEST:
        value = None  # CARLA takes 0 for none; the client sends noise near 0 where it was told of none
    return Settings(bool(synchronous), bool(no_rendering), value, *rest)


def settings_form(settings: Settings) -> list[Any]:
    """Write how time passes."""
    return [
        settings.synchronous, settings.no_rendering, optional(settings.delta), settings.substepping,
        settings.max_substep_delta, settings.max_substeps, settings.max_culling, settings.ragdolls,
        settings.tile_distance, settings.active_distance, settings.spectator_as_ego,
    ]  # fmt: skip


def description_of(told: Sequence[Any]) -> tuple[str, dict[str, str]]:
    """Return the name of a blueprint and its attributes."""
    _, name, attributes = told
    return str(name), {str(attribute): str(value) for attribute, _, value in attributes}


def _attribute_form(attribute: Attribute) -> list[Any]:
    return [
        attribute.name, int(attribute.kind), attribute.default, list(attribute.recommended), attribute.modifiable,
        attribute.restrict,
    ]  # fmt: skip


def definition_form(number: int, blueprint: Blueprint) -> list[Any]:
    """Write a blueprint."""
    return [number, blueprint.id, blueprint.tags, [_attribute_form(one) for one in blueprint.attributes]]


def actor_form(actor: Actor, token: bytes) -> list[Any]:
    """Write somebody; `token` tells where a sensor's stream is, and is empty for all others."""
    told, blueprint = actor.description, blueprints().get(actor.description.id)
    kinds = {} if blueprint is None else {one.name: int(one.kind) for one in blueprint.attributes}
    attributes = [[name, kinds.get(name, int(Kind.STRING)), value] for name, value in told.attributes.items()]
    number = 0 if blueprint is None else list(blueprints()).index(told.id) + 1
    stream = token if isinstance(actor, SensorActor) and actor.stream else b""
    return [
        actor.id, actor.parent, [number, told.id, attributes], box_form(actor.box), bytes([actor.tag]) if actor.tag
        else b"", stream,
    ]  # fmt: skip


def standing_form(standing: Standing) -> list[Any]:
    """Write something of the town."""
    return [transform_form(standing.transform), box_form(standing.box), standing.id, standing.name, standing.tag]
