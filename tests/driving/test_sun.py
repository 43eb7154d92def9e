"""The sun over the year and the earth."""

from __future__ import annotations

import pytest

from domainaug.driving.sun import sun_position


@pytest.mark.parametrize(("day", "declination"), [(80, 0.0), (172, 23.44), (266, 0.0), (355, -23.44)])
def test_at_noon_it_stands_in_the_south_at_ninety_less_latitude_and_declination(day: int, declination: float) -> None:
    altitude, azimuth = sun_position(12.0, day, 48.0)
    assert altitude == pytest.approx(90 - 48 + declination, abs=0.6)
    assert azimuth == pytest.approx(270.0, abs=1e-6)


def test_mornings_are_in_the_east_and_evenings_in_the_west() -> None:
    morning, evening = sun_position(6.0, 80, 48.0), sun_position(18.0, 80, 48.0)
    assert morning[1] == pytest.approx(0.0, abs=1.0) or morning[1] == pytest.approx(360.0, abs=1.0)
    assert evening[1] == pytest.approx(180.0, abs=1.0)
    assert morning[0] == pytest.approx(evening[0])


def test_beyond_the_polar_circle_it_does_not_set_in_midsummer() -> None:
    assert min(sun_position(hour, 172, 70.0)[0] for hour in range(25)) > 0
    assert max(sun_position(hour, 355, 70.0)[0] for hour in range(25)) < 0


def test_south_of_the_equator_noon_is_in_the_north() -> None:
    assert sun_position(12.0, 355, -40.0)[1] == pytest.approx(90.0)


@pytest.mark.parametrize("wrong", [{"hour": 25.0}, {"hour": 12.0, "day": 0}, {"hour": 12.0, "latitude": 91.0}])
def test_what_is_no_time_or_place_is_named(wrong: dict) -> None:
    with pytest.raises(ValueError, match="an hour of 0 to 24"):
        sun_position(**wrong)
