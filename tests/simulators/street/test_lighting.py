"""Surfaces give back no more light than they get."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.lamps import Lamps, lamp_light, strongest_lamps
from domainaug_simulators.street.lighting import lit
from domainaug_simulators.street.sky import Sky
from domainaug_simulators.street.surfaces import ALBEDO, FLAT, MIRROR, NORMAL, ROUGH, Surfaces


def white_all_around(sunlight: float = 0.0, sun: tuple[float, float, float] = (0, 0, 1)) -> Sky:
    """Return a sky and a ground of radiance 1, or none where there is a sun instead."""
    level = 0.0 if sunlight else 1.0
    return Sky(
        sun=np.array(sun, float),
        sunlight=np.full(3, sunlight),
        table=np.full((64, 128, 3), level, np.float32),
        ambient=np.full((17, 16, 3), level, np.float32),
        clouds=0.0,
        ground=np.full(3, level),
        night=0.0,
    )


def points(count: int, *, color: float = 1.0, rough: float = 0.9, mirror: float = 0.04) -> Surfaces:
    """Return points of level ground."""
    rows = np.zeros((count, 16), np.float32)
    rows[:, ALBEDO : ALBEDO + 3], rows[:, ROUGH], rows[:, MIRROR] = color, rough, mirror
    rows[:, NORMAL + 2] = rows[:, FLAT + 2] = 1
    return Surfaces(rows, np.zeros((count, 3), np.float32))


def looking_down(angles: np.ndarray) -> np.ndarray:
    """Return rays that come in at angles from the vertical, radians."""
    return np.stack([np.sin(angles), np.zeros_like(angles), -np.cos(angles)], axis=-1).astype(np.float32)


@pytest.mark.parametrize("rough", [0.02, 0.23, 0.6, 1.0])
@pytest.mark.parametrize("mirror", [0.0, 0.04, 0.5, 1.0])
def test_a_white_furnace_gives_back_one(rough: float, mirror: float) -> None:
    rays = looking_down(np.radians([0, 30, 60, 80, 89]))
    met, none, every = points(5, rough=rough, mirror=mirror), np.zeros(5, np.float32), np.ones(5, np.float32)
    for mirrors in (False, True):
        out = lit(
            *(met, rays, white_all_around()),
            sunned=none,
            opened=every,
            mirrored=np.ones((5, 3), np.float32),
            mirrors=np.full(5, mirrors),
        )
        np.testing.assert_allclose(out, 1, atol=1e-5)


@pytest.mark.parametrize("rough", [0.1, 0.25, 0.5, 0.7])
@pytest.mark.parametrize("view", [10.0, 50.0, 75.0])
def test_gloss_sends_back_no_more_than_it_gets(rough: float, view: float) -> None:
    # By reciprocity: the light that one sun sends to the eye, summed over all suns, is what the eye's light would
    # send everywhere.
    index = np.arange(40_000) + 0.5
    z, turn = 1 - index / len(index), index * np.pi * (3 - np.sqrt(5))
    suns = np.stack([np.sqrt(1 - z * z) * np.cos(turn), np.sqrt(1 - z * z) * np.sin(turn), z], axis=-1)
    met = points(1, color=0.0, rough=rough, mirror=1.0)
    ray = looking_down(np.radians([view]))
    total = 0.0
    for sun in suns[:: 40 if rough > 0.3 else 4]:
        out = lit(
            *(met, ray, white_all_around(1.0, tuple(sun))),
            sunned=np.ones(1, np.float32),
            opened=np.ones(1, np.float32),
            mirrored=np.zeros((1, 3), np.float32),
            mirrors=np.ones(1, bool),
        )
        total += float(out[0, 0])
    returned = total * 2 * np.pi / len(suns[:: 40 if rough > 0.3 else 4])
    assert returned < 1.05
    assert returned > 0.5 or rough < 0.2  # the tightest lobes are cut, so that no pixel sparkles


def test_mirrors_are_brighter_at_a_glance() -> None:
    rays = looking_down(np.radians([0, 45, 75, 88]))
    out = lit(
        *(points(4, color=0.0, rough=0.02), rays, white_all_around()),
        sunned=np.zeros(4, np.float32),
        opened=np.ones(4, np.float32),
        mirrored=np.ones((4, 3), np.float32),
        mirrors=np.ones(4, bool),
    )[:, 0]
    assert out[0] == pytest.approx(0.04, abs=1e-3)
    assert (np.diff(out) > 0).all()
    assert out[-1] > 0.7


def test_a_matte_surface_in_the_sun_gives_what_lambert_says() -> None:
    sun = (np.sin(np.radians(40)), 0.0, np.cos(np.radians(40)))
    out = lit(
        *(points(1, color=0.5, rough=1.0, mirror=0.0), looking_down(np.zeros(1)), white_all_around(100.0, sun)),
        sunned=np.ones(1, np.float32),
        opened=np.ones(1, np.float32),
        mirrored=np.zeros((1, 3), np.float32),
        mirrors=np.zeros(1, bool),
    )
    np.testing.assert_allclose(out, 0.5 * 100 * np.cos(np.radians(40)) / np.pi, rtol=1e-5)


def test_lamps_follow_the_square_of_distance() -> None:
    met = points(1, color=1.0, rough=1.0, mirror=0.0)
    light = []
    for height in (3.0, 6.0):
        lamps = Lamps(np.array([[0, 0, height, 0, 0, -1, 1, 1, 1, 0, 1000, 0]], np.float32))
        chosen, _, rest = strongest_lamps(met, looking_down(np.zeros(1)), lamps, 2)
        out = np.zeros((1, 3), np.float32)
        lamp_light(met, looking_down(np.zeros(1)), lamps, chosen, np.ones(chosen.shape, np.float32), rest, out)
        light.append(out[0, 0])
    assert light[0] == pytest.approx(1 / 9 / np.pi, rel=1e-4)
    assert light[0] / light[1] == pytest.approx(4, rel=1e-4)


def test_the_strongest_lamps_come_first_and_the_rest_is_counted() -> None:
    rows = [[x, 0, 5, 0, 0, -1, 1, 1, 1, 0, 100, 0] for x in (9, 0.5, 4, 6)]
    chosen, strength, rest = strongest_lamps(
        points(1, rough=1.0), looking_down(np.zeros(1)), Lamps(np.array(rows, np.float32)), 2
    )
    assert chosen.tolist() == [[1, 2]]
    every = strongest_lamps(points(1, rough=1.0), looking_down(np.zeros(1)), Lamps(np.array(rows, np.float32)), 4)[
        1
    ].sum()
    assert strength.sum() * (1 + rest[0]) == pytest.approx(every, rel=1e-5)
