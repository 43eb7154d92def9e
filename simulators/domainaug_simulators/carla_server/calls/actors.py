"""Calls about any actor: coming, going, where it is, how it moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from domainaug.errors import DomainAugError
from domainaug_simulators.carla_server.calls.forms import (
    box_form,
    description_of,
    transform_form,
    transform_of,
    vector_of,
)
from domainaug_simulators.carla_server.calls.registry import call
from domainaug_simulators.carla_server.world.actors import Actor, Vehicle, Walker
from domainaug_simulators.carla_server.world.frames import Box, Transform, Vector

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__ = ["push", "set_velocity", "spawned"]


def spawned(desk: Desk, description: Sequence[Any], transform: Sequence[Any], parent: int, attachment: int) -> Actor:
    """Put something into the world, with its stream."""
    name, attributes = description_of(description)
    actor = desk.episode.spawn(name, attributes, transform_of(transform), parent, attachment)
    try:
        desk.arrive(actor)
    except DomainAugError:
        desk.remove(actor.id)
        raise
    return actor


@call("spawn_actor")
def _spawn(desk: Desk, description: Sequence[Any], transform: Sequence[Any]) -> list[Any]:
    return desk.form(spawned(desk, description, transform, 0, 0))


@call("spawn_actor_with_parent")
def _spawn_on(
    desk: Desk, description: Sequence[Any], transform: Sequence[Any], parent: int, attachment: int = 0, _bone: str = ""
) -> list[Any]:
    return desk.form(spawned(desk, description, transform, parent, attachment))


@call("destroy_actor")
def _destroy(desk: Desk, number: int) -> bool:
    return desk.remove(number)


@call("get_actors_by_id")
def _by_id(desk: Desk, numbers: Sequence[int]) -> list[Any]:
    return [desk.form(desk.episode.actors[number]) for number in numbers if number in desk.episode.actors]


@call("get_spectator")
def _spectator(desk: Desk) -> list[Any]:
    return desk.form(desk.episode.spectator)


@call("get_actor_bounding_box")
def _box(desk: Desk, number: int) -> list[Any]:
    """Of somebody who has just gone CARLA tells an empty box: traffic managers ask, and die of an error."""
    actor = desk.episode.actors.get(number)
    return box_form(Box() if actor is None else actor.box)


@call("set_actor_transform", form="nothing")
def _set_transform(desk: Desk, number: int, transform: Sequence[Any]) -> None:
    desk.episode.place(desk.episode.find(number, Actor), transform_of(transform))


@call("set_actor_location", form="nothing")
def _set_location(desk: Desk, number: int, location: Sequence[float]) -> None:
    actor = desk.episode.find(number, Actor)
    kept = (actor.relative or actor.transform) if actor.parent else actor.transform
    desk.episode.place(actor, Transform(vector_of(location), kept.rotation))


def set_velocity(actor: Actor, velocity: Vector) -> None:
    """Let an actor go on at a velocity."""
    actor.velocity = velocity
    if isinstance(actor, Vehicle):
        actor.speed = actor.transform.inward(velocity).x


@call("set_actor_target_velocity", form="nothing")
def _velocity(desk: Desk, number: int, velocity: Sequence[float]) -> None:
    set_velocity(desk.episode.find(number, Actor), vector_of(velocity))


@call("set_actor_target_angular_velocity", form="nothing")
def _angular(desk: Desk, number: int, angular: Sequence[float]) -> None:
    desk.episode.find(number, Actor).angular = vector_of(angular)


@call("enable_actor_constant_velocity", form="nothing")
def _constant(desk: Desk, number: int, velocity: Sequence[float]) -> None:
    desk.episode.find(number, Vehicle).constant = vector_of(velocity)


@call("disable_actor_constant_velocity", form="nothing")
def _not_constant(desk: Desk, number: int) -> None:
    desk.episode.find(number, Vehicle).constant = None


def push(actor: Actor, change: Vector) -> None:
    """Change an actor's velocity by a push: newton seconds, in the world's axes."""
    if actor.physics:
        velocity = Vector(*(a + b / actor.mass for a, b in zip(actor.velocity, change, strict=True)))
        set_velocity(actor, velocity)


@call("add_actor_impulse", form="nothing")
def _impulse(desk: Desk, number: int, impulse: Sequence[float], _place: Sequence[float] = ()) -> None:
    push(desk.episode.find(number, Actor), vector_of(impulse))


@call("add_actor_impulse_at_location", form="nothing")
def _impulse_at(desk: Desk, number: int, impulse: Sequence[float], _place: Sequence[float]) -> None:
    push(desk.episode.find(number, Actor), vector_of(impulse))


@call("add_actor_force", form="nothing")
def _force(desk: Desk, number: int, force: Sequence[float]) -> None:
    dt = desk.step
    push(desk.episode.find(number, Actor), Vector(*(part * dt for part in vector_of(force))))


@call("add_actor_force_at_location", form="nothing")
def _force_at(desk: Desk, number: int, force: Sequence[float], _place: Sequence[float]) -> None:
    _force(desk, number, force)


@call("add_actor_angular_impulse", form="nothing")
@call("add_actor_torque", form="nothing")
def _no_turning(desk: Desk, number: int, _turning: Sequence[float]) -> None:
    desk.episode.find(number, Actor)  # vehicles here turn by their wheels alone


@call("set_actor_simulate_physics", form="nothing")
def _physics(desk: Desk, number: int, enabled: bool) -> None:
    """Of somebody who has just gone nothing is said: traffic managers let go of vehicles so, and die of an error."""
    if number in desk.episode.actors:
        desk.episode.actors[number].physics = bool(enabled)


@call("set_actor_enable_gravity", form="nothing")
def _gravity(desk: Desk, number: int, enabled: bool) -> None:
    desk.episode.find(number, Actor).gravity = bool(enabled)


@call("set_actor_collisions", form="nothing")
def _collisions(desk: Desk, number: int, enabled: bool) -> None:
    desk.episode.find(number, Actor).collides = bool(enabled)


@call("set_actor_dead", form="nothing")
def _dead(desk: Desk, number: int) -> None:
    walker = desk.episode.find(number, Walker)
    walker.physics, walker.velocity = False, Vector()


@call("get_actor_component_world_transform")
@call("get_actor_component_relative_transform")
def _component(desk: Desk, number: int, _name: str) -> list[Any]:
    return transform_form(desk.episode.find(number, Actor).transform)


@call("get_actor_component_names")
@call("get_actor_bone_names")
@call("get_actor_socket_names")
@call("get_actor_bone_world_transforms")
@call("get_actor_bone_relative_transforms")
@call("get_actor_socket_world_transforms")
@call("get_actor_socket_relative_transforms")
@call("get_vehicle_bone_world_transforms")
def _no_parts(desk: Desk, number: int) -> list[Any]:
    desk.episode.find(number, Actor)
    return []  # bodies are of one piece


@call("set_ignored_vehicles", form="nothing")
def _ignored(desk: Desk, number: int, _vehicles: Sequence[int]) -> None:
    desk.episode.find(number, Actor)


@call("enable_sensor_for_ros", form="nothing", locked=False)
@call("disable_sensor_for_ros", form="nothing", locked=False)
def _no_ros(desk: Desk, _number: int) -> None:
    """There is no ROS publisher behind this server."""


@call("is_sensor_enabled_for_ros", locked=False)
def _in_ros(desk: Desk, _number: int) -> bool:
    return False
