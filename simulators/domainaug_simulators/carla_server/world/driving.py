"""How vehicles and people move: a bicycle model on level ground.

The rear axle follows the heading; the front wheels turn by up to 70 degrees, less at speed as CARLA's steering curve
has it, and never more than tires hold. There are no gears, springs or masses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from domainaug_simulators.carla_server.world.actors import Vehicle, Walker
from domainaug_simulators.carla_server.world.frames import Rotation, Transform, Vector

__all__ = ["GRIP", "STEERING_CURVE", "gear_of", "stepped", "walked", "wheel_angle"]

STEERING_CURVE: Final = ((0.0, 1.0), (20.0, 0.9), (60.0, 0.8), (120.0, 0.7))
"""Share of the wheels' turn that is left at a speed (km/h)."""

GRIP: Final = 10.0
"""Sideways acceleration that tires hold, m/s^2."""

_LOCK: Final = 70.0
_STEP: Final = 0.02
_IDLE: Final = 0.02


@dataclass(frozen=True, slots=True)
class _Power:
    """What an engine and brakes can do: meters a second squared, and the speed at which thrust has fallen to 0."""

    thrust: float = 5.0
    top: float = 55.0
    brake: float = 9.0
    hand: float = 6.0


_POWERS: Final = {
    "truck": _Power(2.2, 30.0, 6.0), "bus": _Power(2.0, 28.0, 6.0), "van": _Power(3.5, 42.0, 8.0),
    "bicycle": _Power(1.2, 9.0, 4.0, 3.0), "motorcycle": _Power(6.0, 60.0, 8.0),
}  # fmt: skip
_CAR: Final = _Power()


def gear_of(vehicle: Vehicle) -> int:
    """Return the gear that an automatic would be in."""
    if vehicle.control.manual:
        return vehicle.control.gear
    if vehicle.control.reverse:
        return -1
    return 0 if abs(vehicle.speed) < 0.05 and vehicle.control.throttle == 0 else 1 + min(int(abs(vehicle.speed) / 8), 5)


def _wheel(steer: float, speed: float) -> float:
    """Return the turn of the front wheels, radians, to the right."""
    at = abs(speed) * 3.6
    share = STEERING_CURVE[-1][1]
    for (low, above), (high, below) in pairwise(STEERING_CURVE):
        if low <= at < high:
            share = above + (below - above) * (at - low) / (high - low)
            break
    return math.radians(max(-1.0, min(1.0, steer)) * _LOCK * share)


def wheel_angle(vehicle: Vehicle) -> float:
    """Return how far a vehicle's front wheels are turned, radians, to the right."""
    if vehicle.ackermann is not None:
        return vehicle.ackermann[0]
    return _wheel(vehicle.control.steer, vehicle.speed)


def _pushed(vehicle: Vehicle, speed: float, dt: float) -> float:
    """Return the speed after a while."""
    control, power = vehicle.control, _POWERS.get(vehicle.description.look, _CAR)
    if vehicle.ackermann is not None:
        wanted, limit = vehicle.ackermann[2], vehicle.ackermann[3] or power.thrust
        return speed + max(-limit * dt, min(limit * dt, wanted - speed))
    way = -1.0 if control.reverse else 1.0
    left = max(0.0, 1.0 - abs(speed) / power.top)
    push = way * power.thrust * left * max(0.0, min(1.0, control.throttle))
    hold = power.brake * max(0.0, min(1.0, control.brake)) + power.hand * control.hand_brake
    drag = 0.10 + 0.0006 * speed * speed + (0.6 if control.throttle <= 0 else 0.0)
    after = speed + push * dt
    slowed = (hold + (drag if abs(after) > _IDLE or push == 0 else 0.0)) * dt
    return math.copysign(max(0.0, abs(after) - slowed), after)


def stepped(vehicle: Vehicle, dt: float) -> tuple[Transform, float, float]:
    """Return where a vehicle is after a while, its speed, and its turning (degrees a second, to the right)."""
    if vehicle.constant is not None:
        return _kept(vehicle, dt)
    transform, speed, turning = vehicle.transform, vehicle.speed, 0.0
    x, y, z = transform.location
    yaw, base = math.radians(transform.rotation.yaw), max(1.2 * vehicle.box.extent.x, 0.6)
    steer = vehicle.control.steer if vehicle.ackermann is None else 0.0
    for part in range(max(1, math.ceil(dt / _STEP - 1e-9))):
        step = min(_STEP, dt - part * _STEP)
        speed = _pushed(vehicle, speed, step)
        wheel = vehicle.ackermann[0] if vehicle.ackermann is not None else _wheel(steer, speed)
        turning = speed * math.tan(wheel) / base
        most = GRIP / max(abs(speed), 0.5)
        turning = max(-most, min(most, turning))
        rear_x, rear_y = x - base / 2 * math.cos(yaw), y - base / 2 * math.sin(yaw)
        rear_x += speed * math.cos(yaw + turning * step / 2) * step
        rear_y += speed * math.sin(yaw + turning * step / 2) * step
        yaw += turning * step
        x, y = rear_x + base / 2 * math.cos(yaw), rear_y + base / 2 * math.sin(yaw)
    turned = Rotation(0.0, _wrapped(math.degrees(yaw)), 0.0)
    return Transform(Vector(x, y, z), turned), speed, math.degrees(turning)


def _kept(vehicle: Vehicle, dt: float) -> tuple[Transform, float, float]:
    assert vehicle.constant is not None
    way = vehicle.transform.matrix[:3, :3] @ vehicle.constant * dt
    x, y, z = (way + vehicle.transform.location).tolist()
    return Transform(Vector(x, y, z), vehicle.transform.rotation), vehicle.constant.x, 0.0


def walked(walker: Walker, dt: float) -> tuple[Transform, Vector]:
    """Return where somebody is after a while, and how fast."""
    direction, speed = walker.control.direction, walker.control.speed
    flat = math.hypot(direction.x, direction.y)
    if flat < 1e-9 or speed == 0:
        return walker.transform, Vector()
    velocity = Vector(direction.x / flat * speed, direction.y / flat * speed, 0.0)
    x, y, z = walker.transform.location
    turned = Rotation(0.0, math.degrees(math.atan2(direction.y, direction.x)), 0.0)
    return Transform(Vector(x + velocity.x * dt, y + velocity.y * dt, z), turned), velocity


def _wrapped(degrees: float) -> float:
    return (degrees + 180.0) % 360.0 - 180.0
