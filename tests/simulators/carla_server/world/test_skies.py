"""CARLA's fourteen numbers and weather in physical units."""

from __future__ import annotations

import pytest
from domainaug_simulators.carla_server.world.skies import CLEAR, Sky, sky_of, weather_of
from hypothesis import given
from hypothesis import strategies as st

from domainaug.driving.weather import PRESETS

PERCENT = st.floats(0.0, 100.0)


@given(PERCENT, PERCENT)
def test_more_fog_is_less_sight_and_more_precipitation_is_more_rain(one: float, other: float) -> None:
    low, high = sorted((one, other))
    thin, thick = weather_of(Sky(fog_density=low)), weather_of(Sky(fog_density=high))
    assert thick.visibility <= thin.visibility
    assert weather_of(Sky(precipitation=low)).rain <= weather_of(Sky(precipitation=high)).rain


@given(st.lists(st.floats(-1e6, 1e6), min_size=14, max_size=14))
def test_whatever_a_script_sets_is_some_weather(numbers: list[float]) -> None:
    weather_of(Sky.of(numbers))


def test_the_numbers_come_back_in_carlas_order() -> None:
    numbers = [float(i) for i in range(14)]
    sky = Sky.of(numbers)
    assert sky.numbers == numbers
    assert (sky.cloudiness, sky.sun_altitude_angle, sky.dust_storm) == (0.0, 5.0, 13.0)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_physical_weather_survives_but_for_snow(name: str) -> None:
    weather = PRESETS[name]
    back = weather_of(sky_of(weather))
    for part in ("visibility", "rain", "puddles", "sun_altitude", "sun_azimuth", "clouds", "wind"):
        if not (part == "visibility" and weather.visibility > 30_000):
            assert getattr(back, part) == pytest.approx(getattr(weather, part), rel=1e-6, abs=1e-6), part
    assert back.wetness >= weather.wetness - 1e-9
    assert back.snowfall == back.snow_cover == 0.0


def test_the_presets_of_the_official_client_are_read() -> None:
    carla = pytest.importorskip("carla", reason="the wheel of CARLA's client is not installed for this Python")
    preset = carla.WeatherParameters.HardRainNoon
    names = list(Sky.__dataclass_fields__)
    sky = Sky.of([getattr(preset, name) for name in names])
    weather = weather_of(sky)
    assert weather.rain == pytest.approx(50.0)
    assert weather.clouds == pytest.approx(1.0)
    assert weather.puddles == pytest.approx(0.9)
    night = carla.WeatherParameters.ClearNight
    assert weather_of(Sky.of([getattr(night, name) for name in names])).sun_altitude < 0
    assert weather_of(CLEAR).rain == 0
