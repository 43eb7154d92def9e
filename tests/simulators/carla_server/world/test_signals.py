"""Traffic lights take turns by themselves, and do as they are told."""

from __future__ import annotations

import math

import pytest
from domainaug_simulators.carla_server.world.actors import Aspect
from domainaug_simulators.carla_server.world.episode import Episode
from domainaug_simulators.carla_server.world.levels import level_named
from domainaug_simulators.carla_server.world.signals import Signals
from domainaug_simulators.carla_server.world.solids import Solid, solid_of

RED, YELLOW, GREEN = Aspect.RED, Aspect.YELLOW, Aspect.GREEN


@pytest.fixture
def signals() -> Signals:
    return Episode(level_named("junction"), 1).signals


def _shown(signals: Signals) -> list[Aspect]:
    groups = sorted({light.group for light in signals.lights})
    shown = [{light.state for light in signals.lights if light.group == group} for group in groups]
    assert all(len(states) == 1 for states in shown)  # those of a group agree
    return [states.pop() for states in shown]


def test_one_pair_goes_at_a_time_with_carlas_seconds(signals: Signals) -> None:
    seen = []
    for tenth in range(320):
        if not seen or seen[-1][1] != _shown(signals):
            seen.append((tenth / 10, _shown(signals)))
        signals.advance(0.1)
    assert seen[:6] == [
        (0.0, [GREEN, RED]), (10.0, [YELLOW, RED]), (13.0, [RED, RED]), (15.0, [RED, GREEN]), (25.0, [RED, YELLOW]),
        (28.0, [RED, RED]),
    ]  # fmt: skip


def test_those_of_a_pair_look_at_each_other(signals: Signals) -> None:
    for light in signals.lights:
        (other,) = [one for one in signals.lights if one.group == light.group and one is not light]
        turn = light.transform.rotation.yaw - other.transform.rotation.yaw
        assert math.cos(math.radians(turn)) == pytest.approx(-1.0)


def test_a_frozen_light_holds_its_junction(signals: Signals) -> None:
    signals.lights[0].frozen = True
    signals.advance(100.0)
    assert _shown(signals) == [GREEN, RED]
    assert signals.lights[0].elapsed == 0.0


def test_a_group_begins_again(signals: Signals) -> None:
    signals.advance(10.0)
    assert _shown(signals) == [YELLOW, RED]
    signals.reset_group(signals.lights[3])
    assert _shown(signals) == [GREEN, RED]
    assert {light.elapsed for light in signals.lights} == {0.0}
    assert {signals.pole(light) for light in signals.lights} == {0, 1, 2, 3}


def test_who_comes_is_held_and_who_has_passed_is_not(signals: Signals) -> None:
    light = signals.lights[0]
    box, yaw = solid_of(light.transform, light.trigger), light.transform.rotation.yaw
    car = Solid(box.x, box.y, 0.7, 2.3, 0.9, 0.7, math.radians(yaw))
    assert signals.holding(car, yaw) is light
    assert signals.holding(car, yaw + 180.0) is None
    way = light.transform.forward
    beyond = Solid(box.x + 20 * way.x, box.y + 20 * way.y, 0.7, 2.3, 0.9, 0.7, math.radians(yaw))
    assert signals.holding(beyond, yaw) is None
