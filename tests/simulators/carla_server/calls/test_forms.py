"""What clients send is read as they mean it, and what cannot be is refused."""

from __future__ import annotations

import math

import pytest
from domainaug_simulators.carla_server.calls.forms import (
    settings_form,
    settings_of,
    transform_form,
    transform_of,
    vehicle_control_of,
    walker_control_of,
)
from domainaug_simulators.carla_server.world.episode import Settings
from domainaug_simulators.carla_server.world.frames import Rotation, Transform, Vector


@pytest.mark.parametrize("settings", [Settings(), Settings(synchronous=True, delta=0.05, no_rendering=True)])
def test_settings_come_back_as_they_went(settings: Settings) -> None:
    assert settings_of(settings_form(settings)) == settings


@pytest.mark.parametrize("delta", [[False], [True, 0.0], [True, 4.6e-310], [True, -1.0], [True, math.nan], []])
def test_a_step_that_is_none_is_none(delta: list[object]) -> None:
    """A script that restores the settings it found sends what its client made of a missing number."""
    told = settings_form(Settings())
    told[2] = delta
    assert settings_of(told).delta is None


def test_pedals_go_as_far_as_they_go() -> None:
    control = vehicle_control_of([2.0, -3.0, math.nan, True, False, True, 3])
    assert (control.throttle, control.steer, control.brake) == (1.0, -1.0, 0.0)
    assert (control.hand_brake, control.reverse, control.manual, control.gear) == (True, False, True, 3)


def test_a_transform_comes_back_as_it_went() -> None:
    transform = Transform(Vector(1.0, 2.0, 3.0), Rotation(4.0, 5.0, 6.0))
    assert transform_of(transform_form(transform)) == transform


@pytest.mark.parametrize("number", [math.nan, math.inf, -1e30])
def test_what_is_nowhere_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="is nowhere"):
        transform_of([[0.0, number, 0.0], [0.0, 0.0, 0.0]])
    with pytest.raises(ValueError, match="is nowhere"):
        walker_control_of([[number, 0.0, 0.0], 1.0, False])
