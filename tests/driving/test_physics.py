"""Rain, snow and fog against numbers that others published."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate

from domainaug.driving import physics


@pytest.mark.parametrize("visibility", [30.0, 1000.0, 30_000.0])
def test_five_percent_of_contrast_are_left_at_the_visibility(visibility: float) -> None:
    left = math.exp(-physics.extinction_of_visibility(visibility) * visibility)
    assert left == pytest.approx(0.05, abs=0.001)
    assert physics.visibility_of_extinction(physics.extinction_of_visibility(visibility)) == pytest.approx(visibility)


def test_through_empty_air_one_sees_without_end() -> None:
    assert physics.visibility_of_extinction(0.0) == math.inf


@pytest.mark.parametrize("rain", [1.0, 5.0, 25.0, 100.0])
def test_drops_take_twice_their_cross_section_from_a_beam(rain: float) -> None:
    """The closed form against the integral over drops."""
    slope = physics.drop_slope(rain)
    area, _ = integrate.quad(lambda d: 2 * math.pi / 4 * (d / 1000) ** 2 * 8000 * math.exp(-slope * d), 0, 30)
    assert physics.extinction_of_rain(rain) == pytest.approx(area, rel=1e-6)


@pytest.mark.parametrize("rain", [1.0, 5.0, 25.0, 100.0])
def test_extinction_of_rain_is_near_what_was_measured(rain: float) -> None:
    """1.076 R^0.67 dB/km, Carbonneau and Wisely 1998."""
    measured = 1.076 * rain**0.67 * math.log(10) / 10 / 1000
    assert 0.6 < physics.extinction_of_rain(rain) / measured < 1.7


@pytest.mark.parametrize("rain", [2.0, 10.0, 50.0])
def test_the_drops_that_hang_in_the_air_bring_the_rain_that_falls(rain: float) -> None:
    """Marshall's and Palmer's drops at the speeds of Atlas et al. bring about R mm/h to the ground."""
    slope = physics.drop_slope(rain)

    def water(d: float) -> float:  # m3 of water a m2 and second, for a mm of diameter
        return math.pi / 6 * (d / 1000) ** 3 * 8000 * math.exp(-slope * d) * float(physics.drop_speed(d))

    fallen, _ = integrate.quad(water, 0.1, 10)
    assert fallen * 1000 * 3600 == pytest.approx(rain, rel=0.25)


def test_drops_are_counted_from_a_smallest_one() -> None:
    slope = physics.drop_slope(10.0)
    assert physics.drop_density(10.0) == pytest.approx(8000 / slope)
    assert physics.drop_density(10.0, 1.0) == pytest.approx(8000 / slope * math.exp(-slope))
    assert physics.drop_density(0.0) == physics.flake_density(0.0) == 0.0


def test_speeds_of_fall_are_those_of_the_tables() -> None:
    """Gunn and Kinzer 1949 measured 4.03 m/s at 1 mm, 6.49 at 2 mm and 9.09 at 5 mm."""
    assert physics.drop_speed([1.0, 2.0, 5.0]) == pytest.approx([4.03, 6.49, 9.09], rel=0.03)
    flakes = physics.flake_speed([1.0, 4.0, 10.0])
    assert (flakes > 0.7).all()
    assert (flakes < 1.3).all()
    assert (np.diff(flakes) > 0).all()


def test_snow_hides_more_than_rain_of_the_same_water() -> None:
    """Moderate snow, 1 to 2.5 mm/h, is seen through for some 500 to 2500 m; rain of that rate for more."""
    for rate in (1.0, 2.5):
        assert 500 < physics.visibility_of_extinction(physics.extinction_of_snowfall(rate)) < 2500
        assert physics.extinction_of_snowfall(rate) > physics.extinction_of_rain(rate)


@pytest.mark.parametrize("law", [physics.extinction_of_rain, physics.extinction_of_snowfall])
def test_more_that_falls_takes_more_light_without_a_jump(law) -> None:
    rates = np.linspace(0, 5, 501)
    taken = np.array([law(float(rate)) for rate in rates])
    assert taken[0] == 0
    assert (np.diff(taken) > 0).all()
    assert np.diff(taken).max() < 3e-4
