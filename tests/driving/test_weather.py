"""One weather in physical units."""

from __future__ import annotations

import json
import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domainaug.driving import PRESETS, Weather, weather_named
from domainaug.driving.weather import RANGES
from domainaug.errors import DomainAugError, UnknownName

weathers = st.builds(Weather, **{name: st.floats(low, high) for name, (_, low, high) in RANGES.items()})


def test_every_number_has_a_range_and_its_default_lies_in_it() -> None:
    assert [one.name for one in fields(Weather)] == list(RANGES)
    assert Weather() == weather_named("noon")


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("wrong", [-1000.0, 1e9, math.nan, True, "much"])
def test_what_is_out_of_range_is_named(name: str, wrong: object) -> None:
    with pytest.raises(DomainAugError, match=f"weather: {name} is a number from"):
        Weather(**{name: wrong})  # type: ignore[arg-type]


@given(weathers)
def test_told_and_read_it_is_the_same(weather: Weather) -> None:
    assert Weather.from_dict(json.loads(json.dumps(weather.to_dict()))) == weather


def test_a_preset_can_be_the_start_of_what_is_told() -> None:
    assert Weather.from_dict({"preset": "night", "rain": 3.0}) == Weather(sun_altitude=-15.0, rain=3.0)


def test_unknown_words_get_the_nearest_right_ones() -> None:
    with pytest.raises(UnknownName, match="did you mean 'visibility'"):
        Weather.from_dict({"visibilty": 100.0})
    with pytest.raises(UnknownName, match="no weather is called 'rain-hevy'; did you mean 'rain-heavy'"):
        Weather.from_dict({"preset": "rain-hevy"})


@given(weathers)
def test_what_has_settled_holds_no_contradiction_and_stays(weather: Weather) -> None:
    settled = weather.settled()
    assert settled.contradictions() == ()
    assert settled.settled() == settled


@pytest.mark.parametrize("name", PRESETS)
def test_presets_contradict_nothing(name: str) -> None:
    assert PRESETS[name].contradictions() == ()


def test_rain_out_of_a_blue_sky_onto_a_dry_road_is_told() -> None:
    found = " ".join(Weather(rain=20.0).contradictions())
    for word in ("clouds is 0.1", "wetness is 0", "puddles is 0"):
        assert word in found
    assert Weather(snow_cover=1.0, puddles=0.8, wetness=1.0).settled().puddles == 0.0


@given(weathers)
def test_rain_and_snow_in_the_air_shorten_what_is_seen(weather: Weather) -> None:
    assert weather.seen <= weather.visibility * (1 + 1e-9)
    assert weather.extinction == pytest.approx(3 / weather.seen)


def test_the_hour_moves_the_sun_and_nothing_else() -> None:
    noon, midnight = PRESETS["rain-heavy"].at(12.0), PRESETS["rain-heavy"].at(0.0)
    assert noon.sun_altitude > 60
    assert midnight.sun_altitude < -15
    assert {name for name in RANGES if getattr(noon, name) != getattr(midnight, name)} == {
        "sun_altitude",
        "sun_azimuth",
    }


def test_the_wind_blows_away_from_where_it_comes() -> None:
    x, y = Weather(wind=5.0, wind_from=90.0).wind_toward
    assert (x, y) == pytest.approx((0.0, -5.0))
