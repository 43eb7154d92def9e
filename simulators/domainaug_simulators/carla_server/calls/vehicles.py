"""Calls about vehicles: pedals and wheels, lights, what CARLA calls their physics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from domainaug_simulators.carla_server.calls.forms import vehicle_control_of
from domainaug_simulators.carla_server.calls.registry import call
from domainaug_simulators.carla_server.world.actors import Vehicle, VehicleControl
from domainaug_simulators.carla_server.world.driving import STEERING_CURVE, wheel_angle
from domainaug_simulators.carla_server.world.frames import Vector

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__ = ["apply_ackermann", "apply_control"]

_TORQUE: Final = [[0.0, 500.0], [1890.0, 500.0], [5729.0, 400.0]]
_GEARS: Final = [[4.25, 0.5, 0.65], [2.49, 0.5, 0.65], [1.66, 0.5, 0.65], [1.23, 0.5, 0.65], [1.0, 0.5, 0.65]]
_ACKERMANN: Final = [0.15, 0.0, 0.25, 0.01, 0.0, 0.01]


def apply_control(vehicle: Vehicle, told: Sequence[Any]) -> None:
    """Let a vehicle be driven by pedals and wheel."""
    vehicle.control, vehicle.ackermann = vehicle_control_of(told), None


def apply_ackermann(vehicle: Vehicle, told: Sequence[Any]) -> None:
    """Let a vehicle hold an angle of its wheels (rad) and a speed (m/s)."""
    steer, steer_speed, speed, acceleration, jerk = (float(part) for part in told)
    vehicle.ackermann = steer, steer_speed, speed, abs(acceleration), jerk
    vehicle.control = VehicleControl(reverse=speed < 0)


@call("apply_control_to_vehicle", form="nothing")
def _control(desk: Desk, number: int, told: Sequence[Any]) -> None:
    apply_control(desk.episode.find(number, Vehicle), told)


@call("apply_ackermann_control_to_vehicle", form="nothing")
def _ackermann(desk: Desk, number: int, told: Sequence[Any]) -> None:
    apply_ackermann(desk.episode.find(number, Vehicle), told)


@call("get_ackermann_controller_settings")
def _ackermann_settings(desk: Desk, number: int) -> list[float]:
    desk.episode.find(number, Vehicle)
    return _ACKERMANN


@call("apply_ackermann_controller_settings", form="nothing")
def _set_ackermann_settings(desk: Desk, number: int, _settings: Sequence[float]) -> None:
    desk.episode.find(number, Vehicle)  # the speed is held exactly, with nothing to tune


@call("set_actor_autopilot", form="nothing")
@call("show_vehicle_debug_telemetry", form="nothing")
@call("apply_physics_control", form="nothing")
@call("set_wheel_steer_direction", form="nothing")
@call("set_wheel_pitch_angle", form="nothing")
@call("open_vehicle_door", form="nothing")
@call("close_vehicle_door", form="nothing")
@call("restore_physx_physics", form="nothing")
def _kept_by_the_client(desk: Desk, number: int, *_: Any) -> None:
    """The traffic manager drives from the client; bodies are of one piece, and their physics is fixed."""
    desk.episode.find(number, Vehicle)


@call("get_wheel_steer_angle")
def _wheel(desk: Desk, number: int, _wheel: int) -> float:
    vehicle = desk.episode.find(number, Vehicle)
    return math.degrees(wheel_angle(vehicle))


@call("get_wheel_pitch_angle")
def _wheel_pitch(desk: Desk, number: int, _wheel: int) -> float:
    desk.episode.find(number, Vehicle)
    return 0.0


@call("get_vehicle_light_state")
def _lights(desk: Desk, number: int) -> list[int]:
    return [desk.episode.find(number, Vehicle).lights]


@call("set_vehicle_light_state", form="nothing")
def _set_lights(desk: Desk, number: int, told: Sequence[int]) -> None:
    desk.episode.find(number, Vehicle).lights = int(told[0])


@call("get_vehicle_light_states")
def _all_lights(desk: Desk) -> list[list[int]]:
    return [[vehicle.id, vehicle.lights] for vehicle in desk.episode.each(Vehicle)]


@call("get_physics_control")
def _physics(desk: Desk, number: int) -> list[Any]:
    """What CARLA's own physics would be set to; here it tells mass, wheels and steering, and sets nothing."""
    vehicle = desk.episode.find(number, Vehicle)
    length, width, _ = vehicle.box.extent
    wheels = [
        [3.5, 0.25, 70.0 if front else 0.0, 35.0, 1500.0, 0.0 if front else 3000.0, 3.0, 20.0, 3000.0, place]
        for front, side in ((True, -1), (True, 1), (False, -1), (False, 1))
        for place in [_wheel_place(vehicle, length * (0.6 if front else -0.6), side * width * 0.8)]
    ]
    return [
        _TORQUE, 5750.0, 1.0, 0.15, 2.0, 0.35, True, 0.5, 10.0, 4.0, _GEARS, vehicle.mass, 0.3, [0.0, 0.0, 0.0],
        [list(point) for point in STEERING_CURVE], wheels, False,
    ]  # fmt: skip


def _wheel_place(vehicle: Vehicle, x: float, y: float) -> list[float]:
    """Return where a wheel is, in centimeters of the world, as CARLA tells it."""
    return [part * 100.0 for part in vehicle.transform.point(Vector(x, y, 0.35))]
