"""Sun and sky give the light that they give outdoors."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.lighting import sky_seen
from domainaug_simulators.street.sky import Sky, sky_of


def sphere(count: int) -> np.ndarray:
    """Return directions evenly spread over the sphere."""
    index = np.arange(count) + 0.5
    z, angle = 1 - 2 * index / count, index * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - z * z)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=-1).astype(np.float32)


def without_sun(sky: Sky) -> Sky:
    """Return a sky without the sun itself."""
    return replace(sky, sunlight=np.zeros(3))


def test_the_lower_the_sun_the_less_light() -> None:
    light = [sky_of(altitude, 0).sunlight.sum() for altitude in (70, 50, 30, 15, 5, 1, 0, -0.5, -3, -20)]
    assert all(more > less for more, less in pairwise(light[:-1]))
    assert light[-2:] == [0, 0]


def test_a_low_sun_is_redder() -> None:
    red_to_blue = [np.divide(*sky_of(altitude, 0).sunlight[[0, 2]]) for altitude in (60, 20, 8, 2)]
    assert red_to_blue == sorted(red_to_blue)
    assert red_to_blue[-1] > 3


def test_a_clear_noon_is_about_as_bright_as_handbooks_say() -> None:
    sky = sky_of(60, 0, turbidity=2.5, clouds=0)
    level = sky.sunlight @ [0.2126, 0.7152, 0.0722] * sky.sun[2]
    diffuse = sky.ambient[-1, 0] @ np.array([0.2126, 0.7152, 0.0722]) * np.pi
    assert 60 < level < 110  # klx, direct
    assert 8 < diffuse < 22  # klx, from the sky


@pytest.mark.parametrize("clouds", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("altitude", [55.0, 12.0, -3.0, -20.0])
def test_the_light_on_level_ground_is_the_whole_sky_s(altitude: float, clouds: float) -> None:
    sky = sky_of(altitude, 40, clouds=clouds)
    directions = sphere(20_000)
    up = directions[:, 2] > 0
    seen = sky_seen(without_sun(sky), directions[up], clouds=False)
    summed = (seen * directions[up, 2:]).sum(axis=0) * 4 * np.pi / len(directions)
    np.testing.assert_allclose(sky.ambient[-1, 0] * np.pi, summed, rtol=0.02)


@pytest.mark.parametrize("altitude", [40.0, -12.0])
def test_the_sky_has_no_seam(altitude: float) -> None:
    sky = without_sun(sky_of(altitude, 40))
    around = np.radians(np.arange(0, 360, 0.25))
    for height in (0.0, 0.2, 0.9):
        flat = np.sqrt(1 - height**2)
        ring = np.stack([flat * np.cos(around), flat * np.sin(around), np.full_like(around, height)], axis=-1)
        light = sky_seen(sky, ring.astype(np.float32), clouds=False).sum(axis=1)
        step = np.abs(np.diff(np.append(light, light[0])))
        assert step.max() < 0.02 * light.max()


def test_night_is_darker_than_dusk_than_day() -> None:
    light = [sky_of(altitude, 0).ambient[-1, 0].sum() for altitude in (40, 10, 0, -3, -6, -12)]
    assert light == sorted(light, reverse=True)
    assert light[0] > 1000 * light[-1]


def test_clouds_over_a_town_at_night_are_brighter_and_warmer_than_clear_sky() -> None:
    clear, closed = (sky_of(-15, 0, clouds=clouds).table.reshape(-1, 3).mean(axis=0) for clouds in (0.0, 1.0))
    assert closed.mean() > 2 * clear.mean()
    assert closed[0] / closed[2] > 1.3 * clear[0] / clear[2]


def test_closed_clouds_over_snow_leave_no_horizon() -> None:
    contrast = []
    for albedo in (0.18, 0.7):
        sky = sky_of(20, 0, clouds=1.0, albedo=albedo)
        contrast.append(sky.ground.mean() / sky.table[0].mean())
    assert contrast[0] < 0.5
    assert 0.8 < contrast[1] < 1.2
