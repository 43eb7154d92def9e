"""Vehicles follow a bicycle model; people go where they are told."""

from __future__ import annotations

import math

import pytest
from domainaug_simulators.carla_server.world.actors import (
    Description,
    Vehicle,
    VehicleControl,
    Walker,
    WalkerControl,
)
from domainaug_simulators.carla_server.world.driving import GRIP, gear_of, stepped, walked
from domainaug_simulators.carla_server.world.frames import Box, Vector


def _car(control: VehicleControl, speed: float = 0.0, look: str = "sedan") -> Vehicle:
    car = Vehicle(1, Description("vehicle.x", look=look), Box(Vector(0, 0, 0.7), Vector(2.3, 1.0, 0.7)))
    car.control, car.speed = control, speed
    return car


def _driven(car: Vehicle, seconds: float, dt: float = 0.05) -> float:
    turned = 0.0
    for _ in range(round(seconds / dt)):
        car.transform, car.speed, turning = stepped(car, dt)
        turned += turning * dt
    return turned


def test_throttle_drives_forward_and_reverse_backward() -> None:
    ahead, back = _car(VehicleControl(throttle=0.5)), _car(VehicleControl(throttle=0.5, reverse=True))
    _driven(ahead, 3.0)
    _driven(back, 3.0)
    assert ahead.transform.location.x > 5
    assert back.transform.location.x < -5
    assert (gear_of(ahead), gear_of(back)) == (1, -1)


@pytest.mark.parametrize("control", [VehicleControl(brake=1.0), VehicleControl(hand_brake=True)])
def test_brakes_stop_and_do_not_drive_back(control: VehicleControl) -> None:
    car = _car(control, speed=10.0)
    _driven(car, 4.0)
    assert car.speed == 0.0
    assert 5 < car.transform.location.x < 15


def test_a_car_at_rest_stays_where_it_is() -> None:
    car = _car(VehicleControl())
    _driven(car, 5.0)
    assert car.transform.location == (0.0, 0.0, 0.0)


def test_steering_to_the_right_turns_clockwise() -> None:
    car = _car(VehicleControl(throttle=0.3, steer=0.3))
    turned = _driven(car, 3.0)
    assert turned > 10
    assert car.transform.location.y > 0
    assert car.transform.rotation.yaw == pytest.approx((turned + 180) % 360 - 180, abs=0.5)


def test_a_circle_has_the_radius_of_its_wheels() -> None:
    """The rear axle of a bicycle turns about (base / tan(wheel)); at 3 m/s tires hold this easily."""
    car = _car(VehicleControl(), speed=3.0)
    car.ackermann = (0.2, 0.0, 3.0, 0.0, 0.0)
    base = 1.2 * car.box.extent.x
    turned = _driven(car, 4.0)
    assert math.radians(turned) == pytest.approx(4.0 * 3.0 * math.tan(0.2) / base, rel=0.01)


def test_tires_hold_only_so_much() -> None:
    car = _car(VehicleControl(throttle=1.0, steer=1.0), speed=25.0)
    _, speed, turning = stepped(car, 0.02)
    assert speed * math.radians(turning) == pytest.approx(GRIP, rel=0.02)


def test_frames_half_as_long_end_at_nearly_the_same_place() -> None:
    coarse, fine = (_car(VehicleControl(throttle=0.6, steer=0.15)) for _ in range(2))
    _driven(coarse, 4.0, 0.1)
    _driven(fine, 4.0, 0.05)
    assert math.dist(coarse.transform.location, fine.transform.location) < 0.03  # after 20 m


def test_a_constant_velocity_is_in_the_vehicles_own_axes() -> None:
    car = _car(VehicleControl(brake=1.0))
    car.constant = Vector(4.0, 1.0, 0.0)
    _driven(car, 2.0)
    assert car.transform.location == pytest.approx((8.0, 2.0, 0.0))


def test_trucks_gain_speed_more_slowly_than_cars() -> None:
    car, truck = _car(VehicleControl(throttle=1.0)), _car(VehicleControl(throttle=1.0), look="truck")
    _driven(car, 3.0)
    _driven(truck, 3.0)
    assert truck.speed < 0.6 * car.speed


def test_somebody_walks_where_they_look() -> None:
    walker = Walker(1, Description("walker.x"))
    walker.control = WalkerControl(Vector(0.0, 2.0, 0.0), 1.5)
    after, velocity = walked(walker, 2.0)
    assert after.location == pytest.approx((0.0, 3.0, 0.0))
    assert after.rotation.yaw == pytest.approx(90.0)
    assert velocity == pytest.approx((0.0, 1.5, 0.0))
