"""Fog takes contrast as Koschmieder says, and hides nothing that is near."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.air import Air, glow_of_lamps, veiled
from domainaug_simulators.street.lamps import Lamps
from domainaug_simulators.street.lighting import sky_seen
from domainaug_simulators.street.sky import sky_of

AHEAD = np.array([[1.0, 0.0, 0.0]], np.float32)


@pytest.mark.parametrize("visibility", [50.0, 300.0, 5000.0])
@pytest.mark.parametrize("altitude", [50.0, 3.0, -15.0])
def test_contrast_falls_as_koschmieder_says(visibility: float, altitude: float) -> None:
    sky, air = sky_of(altitude, 90), Air(visibility)
    distance = np.array([5, 20, 50, visibility], np.float32)
    rays = np.repeat(AHEAD, 4, axis=0)
    white, black = (veiled(np.full((4, 3), light, np.float32), distance, rays, sky, air) for light in (1.0, 0.0))
    np.testing.assert_allclose((white - black).mean(axis=1), np.exp(-3 * distance / visibility), rtol=0.01)


def test_five_percent_is_left_at_the_visibility() -> None:
    assert np.exp(-Air(700).extinction * 700) == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize("altitude", [40.0, 1.0, -15.0])
@pytest.mark.parametrize("visibility", [60.0, 400.0])
def test_far_things_in_fog_meet_the_sky_without_a_seam(altitude: float, visibility: float) -> None:
    sky, air = sky_of(altitude, 90, clouds=1.0), Air(visibility)
    above = np.array([[1, 0, 0.004]], np.float32)
    wall = veiled(np.zeros((1, 3), np.float32), np.array([6 * visibility], np.float32), AHEAD, sky, air)
    open_sky = veiled(sky_seen(sky, above), np.array([np.inf], np.float32), above, sky, air)
    np.testing.assert_allclose(wall, open_sky, rtol=0.03)


def test_a_lamp_glows_in_fog_alone_and_most_near_itself() -> None:
    lamp = Lamps(np.array([[20, 0, 6, 0, 0, -1, 1, 0.8, 0.6, 0, 40, 0]], np.float32))
    off = np.array([[20, 0.3, 6], [20, 2, 6], [20, 8, 6]], np.float32)
    rays = off / np.linalg.norm(off, axis=-1, keepdims=True)
    far = np.full(3, 200, np.float32)
    origin = np.zeros(3, np.float32)
    thick = glow_of_lamps(origin, rays, far, lamp, Air(100).extinction)[:, 0]
    thin = glow_of_lamps(origin, rays, far, lamp, Air(5000).extinction)[:, 0]
    assert thick[0] > thick[1] > thick[2] > 0
    assert (thin < thick / 5).all()


def test_lamps_far_along_a_ray_glow_like_any_others() -> None:
    """Roundings there are larger than how far the lamp is off the ray."""
    angles = np.linspace(0, 0.4, 4000)
    rays = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=-1).astype(np.float32)
    for k in range(0, 4000, 400):
        place = rays[k].astype(np.float64) * 190 + (3000, 2000, 0)
        lamps = Lamps(np.array([[*place, 0, 0, -1, 1, 1, 1, 0, 40, 0]], np.float32))
        origin = np.array([3000, 2000, 0], np.float32)
        glow = glow_of_lamps(origin, rays, np.full(len(rays), 150, np.float32), lamps, 0.01)
        assert np.isfinite(glow).all()
