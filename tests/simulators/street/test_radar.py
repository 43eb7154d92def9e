"""A radar tells ranges and radial velocities of what is there."""

import numpy as np
import pytest
from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.mesh import box, quad, turned
from domainaug_simulators.street.radar import Radar, detected, reach_in
from domainaug_simulators.street.scene import Body, Scene, Thing
from domainaug_simulators.street.town.tags import Tag

from domainaug.errors import ScenarioError

EXACT = Radar(place=(0.0, 0.0, 0.6), noise=(0.0, 0.0, 0.0))


def street(x: float = 30.0, y: float = 0.0, velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Scene:
    pose, own = turned(0, (x, y, 0)), box((4, 6, 3), 0)
    truck = Thing(own.moved(pose), Tag.TRUCK, 5, (), Body.around(own, pose, velocity))
    ground = quad((-300, -300, 0), (300, -300, 0), (300, 300, 0), (-300, 300, 0), 0)
    return Scene.of([Thing(ground, Tag.ROAD), truck], Palette())


def test_ranges_and_angles_put_detections_on_the_thing() -> None:
    found = detected(street(), EXACT, np.eye(4), 1)
    assert len(found) > 20
    assert (found.instance == 5).all()
    assert (found.tag == Tag.TRUCK).all()
    assert np.allclose(found.range * np.cos(found.altitude) * np.cos(found.azimuth), 28, atol=1e-3)
    assert np.abs(found.range * np.sin(found.azimuth)).max() <= 3.001


def test_velocity_is_along_the_ray_and_against_the_carrier() -> None:
    found = detected(street(velocity=(8.0, 1.0, 0.0)), EXACT, np.eye(4), 1, velocity=(10.0, 0.0, 0.0))
    level = np.cos(found.altitude)
    expected = -2.0 * level * np.cos(found.azimuth) + 1.0 * level * np.sin(found.azimuth)
    assert np.allclose(found.velocity, expected, atol=1e-4)


def test_a_turned_sensor_sees_to_its_side() -> None:
    left = Radar(place=(0.0, 0.0, 0.6), yaw=90.0, noise=(0.0, 0.0, 0.0))
    assert len(detected(street(0, 30), left, np.eye(4), 1)) > 20
    assert len(detected(street(0, 30), EXACT, np.eye(4), 1)) == 0
    assert len(detected(street(0, 30), EXACT, turned(np.pi / 2), 1)) > 20


def test_noise_is_as_wide_as_it_says() -> None:
    noisy = detected(street(), Radar((0.0, 0.0, 0.6), cells=(900, 60), noise=(0.5, 0.0, 0.3)), np.eye(4), 3)
    clean = detected(street(), Radar((0.0, 0.0, 0.6), cells=(900, 60), noise=(0.0, 0.0, 0.0)), np.eye(4), 3)
    assert (noisy.range - clean.range).std() == pytest.approx(0.5, rel=0.1)
    assert (noisy.velocity - clean.velocity).std() == pytest.approx(0.3, rel=0.1)
    assert not np.array_equal(
        noisy.range, detected(street(), Radar((0.0, 0.0, 0.6), cells=(900, 60)), np.eye(4), 4).range
    )


@pytest.mark.parametrize(
    "wrong", [{"view": (0.0, 10.0)}, {"cells": (0, 4)}, {"reach": 0.0}, {"noise": (-1.0, 0.0, 0.0)}]
)
def test_what_is_no_sensor_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ScenarioError, match="radar: "):
        Radar(**wrong)  # type: ignore[arg-type]


def test_rain_shortens_the_reach_by_what_it_takes_on_both_ways() -> None:
    assert reach_in(150.0, 0.0) == pytest.approx(150.0)
    for rain in (5.0, 25.0, 100.0):
        reach = reach_in(150.0, rain)
        lost = 2 * 1.13 * rain**0.712 * reach / 1000
        assert 40 * np.log10(150 / reach) == pytest.approx(lost, abs=1e-6)
    assert reach_in(150.0, 25.0) == pytest.approx(127.3, abs=0.1)
