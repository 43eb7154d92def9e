"""Exposure, noise and tone: day looks like day, night like night."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.film import Film, developed, exposure_of


def scene(level: float) -> np.ndarray:
    """Return a picture of grays about a level of radiance, kcd/m2."""
    steps = np.exp(np.linspace(-1.5, 1.5, 64 * 48)).reshape(48, 64)
    return (level * steps[..., None] * np.ones(3)).astype(np.float32)


def draw() -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=7))


def test_night_stays_darker_than_dusk_and_dusk_than_day() -> None:
    means = [developed(scene(level), Film(), draw()).mean() for level in (0.0003, 0.01, 0.1, 3.0)]
    assert means == sorted(means)
    assert means[0] < 0.6 * means[-1]


def test_days_are_exposed_alike() -> None:
    means = [developed(scene(level), Film(), draw()).mean() for level in (3.0, 6.0, 12.0)]
    np.testing.assert_allclose(means, means[0], rtol=0.03)


@pytest.mark.parametrize("level", [0.0005, 3.0])
def test_exposure_hardly_moves_for_a_lamp_that_comes_into_view(level: float) -> None:
    plain = scene(level)
    lamp = plain.copy()
    lamp[20:23, 30:34] = level * 2000
    assert exposure_of(lamp) == pytest.approx(exposure_of(plain), rel=0.05)


def test_a_given_exposure_is_kept() -> None:
    film = Film(exposure=0.1, noise=0.0, glare=0.0)
    one, other = (developed(scene(level), film, draw()).mean() for level in (1.0, 2.0))
    assert other > one * 1.2


def test_noise_comes_from_the_draw_alone() -> None:
    one, same = (developed(scene(1.0), Film(), draw()) for _ in range(2))
    other = developed(scene(1.0), Film(), np.random.Generator(np.random.Philox(key=8)))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_noise_grows_as_light_gets_scarce() -> None:
    deviations = []
    for level in (3.0, 0.0005):
        flat = np.full((48, 64, 3), level, np.float32)
        deviations.append(developed(flat, Film(exposure=0.18 / level, vignetting=0.0), draw()).std())
    assert 1.5 * deviations[0] < deviations[1] < 8


def test_glare_surrounds_what_is_too_bright() -> None:
    flat = np.full((64, 96, 3), 1.0, np.float32)
    flat[30:34, 46:50] = 500
    film = Film(exposure=0.1, noise=0.0, vignetting=0.0)
    without = Film(exposure=0.1, noise=0.0, vignetting=0.0, glare=0.0)
    more = developed(flat, film, draw()).astype(int) - developed(flat, without, draw())
    assert more[32, 53, 1] > more[32, 75, 1] >= 0
    assert more[32, 53, 1] > 5


def test_what_is_too_bright_keeps_its_color_and_its_shape() -> None:
    film = Film(exposure=1.0, noise=0.0, glare=0.0, vignetting=0.0)
    red = np.full((8, 8, 3), (20.0, 0.5, 0.4), np.float32)
    shown = developed(red, film, draw())[4, 4].astype(int)
    assert shown[0] > 240
    assert shown[1:].max() < 0.6 * shown[0]
    ramp = np.repeat(np.geomspace(1.0, 16.0, 5), 8)[None, :, None] * np.ones((8, 1, 3))  # a white van in headlights
    steps = developed(ramp.astype(np.float32), film, draw())[4, ::8, 1].astype(int)
    assert (np.diff(steps) >= 2).all()
