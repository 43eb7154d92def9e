"""Rain and snow before a camera, and drops on its lens, without a street."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.lamps import Lamps
from domainaug_simulators.street.lens import with_drops
from domainaug_simulators.street.precipitation import with_precipitation
from domainaug_simulators.street.scene import Lamp
from domainaug_simulators.street.views import light_of

from domainaug.driving import Weather

CAMERA = Camera((0.0, 0.0, 1.5), width=160, height=96)
DARK = np.full((96, 160, 3), 0.001, np.float32)
FAR = np.full((96, 160), np.inf, np.float32)


def shown(
    weather: Weather, depth: np.ndarray = FAR, camera: Camera = CAMERA, lamps: Lamps | None = None, **more: float
) -> np.ndarray:
    told = {"time": 0.0, "key": 3, **more}
    speed = (more.pop("speed", 0.0), 0.0, 0.0)
    told.pop("speed", None)
    settled = weather.settled()
    none = lamps or Lamps.none()
    return with_precipitation(DARK, depth, camera, speed, settled, light_of(settled), none, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize("weather", [Weather(rain=30.0), Weather(snowfall=3.0)])
def test_drops_and_flakes_are_bright_before_what_is_dark(weather: Weather) -> None:
    picture = shown(weather)
    assert np.isfinite(picture).all()
    assert (picture >= DARK * 0.99).all()
    assert (picture.mean(axis=2) > 0.003).mean() > 0.01


@pytest.mark.parametrize("weather", [Weather(rain=30.0), Weather(snowfall=3.0)])
def test_behind_a_near_wall_none_is_seen(weather: Weather) -> None:
    near = np.full((96, 160), 0.3, np.float32)
    assert (shown(weather, near) == DARK).all()


def test_more_rain_is_more_of_it_and_none_is_none() -> None:
    light = [float(shown(Weather(rain=rain)).mean()) for rain in (2.0, 10.0, 50.0)]
    assert light == sorted(light)
    assert (shown(Weather()) == DARK).all()


def test_a_moment_is_the_same_whoever_asks_and_another_moment_is_not() -> None:
    rain = Weather(rain=20.0)
    assert (shown(rain) == shown(rain)).all()
    assert (shown(rain) != shown(rain, time=0.1)).any()
    assert (shown(rain) != shown(rain, key=4)).any()


def test_a_flake_stays_where_it_is_in_the_world_when_the_camera_moves() -> None:
    """Moved by a step along its axis toward the same flakes, a camera sees them further from the middle."""
    snow = Weather(snowfall=2.0, wind=0.0)
    still, closer = shown(snow), shown(snow, camera=Camera((0.02, 0.0, 1.5), width=160, height=96))
    other = shown(snow, key=4)
    same = np.corrcoef(still[..., 1].ravel(), closer[..., 1].ravel())[0, 1]
    foreign = np.corrcoef(still[..., 1].ravel(), other[..., 1].ravel())[0, 1]
    assert same > 0.3
    assert same > foreign + 0.2


def test_at_night_lamps_light_what_falls_near_them() -> None:
    night = Weather(snowfall=3.0, sun_altitude=-15.0)
    lamp = Lamp((4.0, 0.0, 4.0), (0.0, 0.0, -1.0), (2.0, 1.6, 1.0))
    dark, lit = shown(night), shown(night, lamps=Lamps(np.array([lamp.row()], np.float32)))
    assert lit.mean() > 1.3 * dark.mean()


def test_drops_on_the_lens_cover_about_their_share_and_show_the_scene_upside_down() -> None:
    halves = np.full((240, 400, 3), 0.1, np.float32)
    halves[:120] = 1.0  # the sky is up
    wet = with_drops(halves, 0.2, 7)
    changed = np.abs(wet - halves).max(axis=2) > 0.05
    assert 0.04 < changed.mean() < 0.3
    lower = wet[180:, :, 0]
    assert lower.max() > 0.5, "drops below show the sky"
    assert (with_drops(halves, 0.2, 7) == wet).all()
    assert not np.array_equal(with_drops(halves, 0.2, 7, lens=1), wet), "another lens has other drops"
    assert (with_drops(halves, 0.0, 7) == halves).all()
