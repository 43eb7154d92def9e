"""LiDAR in weather, held against integrals and particles drawn one by one."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from domainaug.driving import PRESETS, weather_named
from domainaug.driving.lidar_weather import (
    Beam,
    Echo,
    Echoes,
    LidarAir,
    Weathered,
    _echo_table,
    _fog_table,
    _particles,
    echoes_of,
    weathered,
)
from domainaug.driving.physics import extinction_of_snowfall
from domainaug.errors import ImageError

BEAM = Beam()


def wall(
    away: float, count: int = 4000, reflectance: float = 0.3, air: LidarAir | None = None, seed: int = 5
) -> Echoes:
    return echoes_of(np.full(count, away), np.full(count, reflectance), air or LidarAir(), seed)


def cloud(count: int = 3000) -> np.ndarray:
    draw = np.random.default_rng(1)
    angle, away = draw.uniform(0, 2 * np.pi, count), draw.uniform(3, 70, count)
    points = np.column_stack([away * np.cos(angle), away * np.sin(angle), draw.uniform(-1.7, 1, count)])
    return np.column_stack([points, draw.uniform(0, 0.6, count), np.arange(count) % 64]).astype(np.float32)


def test_clear_air_changes_nothing() -> None:
    points = cloud()
    found = weathered(points, LidarAir(), 3)
    assert np.array_equal(found.points, points)
    assert np.array_equal(found.source, np.arange(len(points)))
    assert (found.kind == Echo.SURFACE).all()


@pytest.mark.parametrize("name", PRESETS)
def test_every_weather_takes_as_much_from_pulses_as_from_pictures(name: str) -> None:
    weather = weather_named(name)
    assert LidarAir(weather.visibility, weather.rain, weather.snowfall).extinction == weather.extinction


@pytest.mark.parametrize("visibility", [60.0, 200.0, 1000.0])
def test_a_surface_dims_on_both_ways_by_the_extinction_of_images(visibility: float) -> None:
    found = wall(12, reflectance=0.9, air=LidarAir(visibility))
    surface = found.kind == Echo.SURFACE
    assert surface.all()
    assert np.allclose(found.reflectance, 0.9 * math.exp(-2 * 3 / visibility * 12))


def test_the_echo_of_fog_is_the_integral_over_the_pulse() -> None:
    """An integration of its own of eq. 4 to 10 of Hahner et al. 2021, for a surface so far that all fog counts."""
    visibility = 50.0
    extinction = 3 / visibility
    peaks, _ = _fog_table(visibility, extinction, BEAM)

    def echo(reported: float) -> float:
        def part(r: float) -> float:
            behind = reported + BEAM.length / 2 - r
            seen = min(max((r - 0.9) / 0.1, 0), 1) * min(1, r * r / 100)
            pulse = math.sin(math.pi * behind / BEAM.length) ** 2
            return pulse * 0.046 / visibility * seen / r**2 * math.exp(-2 * extinction * r)

        low, high = max(reported - BEAM.length / 2, 0.9), reported + BEAM.length / 2
        return float(quad(part, low, high, points=[1.0, 10.0], limit=200)[0])

    assert peaks[-1] == pytest.approx(max(echo(reported) for reported in np.arange(0, 8, 0.05)), rel=0.01)
    assert (np.diff(peaks) >= 0).all()


def test_thick_fog_hides_far_surfaces_and_puts_points_before_the_sensor() -> None:
    found = wall(40, reflectance=0.2, air=LidarAir(30))
    assert not (found.kind == Echo.SURFACE).any()
    assert (found.kind == Echo.FOG).all()
    assert found.away.max() < 10
    assert 1 < np.median(found.away) < 6
    assert (wall(60, reflectance=0.2, air=LidarAir(300)).kind == Echo.NOTHING).all()


def test_less_is_found_the_thicker_the_fog() -> None:
    points, left = cloud(), []
    for visibility in (2000.0, 300.0, 100.0, 40.0, 20.0):
        found = weathered(points, LidarAir(visibility), 1)
        left.append(int((found.kind == Echo.SURFACE).sum()))
    assert left == sorted(left, reverse=True)
    assert left[-1] < left[0] / 4


@pytest.mark.parametrize("air", [LidarAir(rain=20), LidarAir(rain=80), LidarAir(snowfall=2)])
def test_single_echoes_are_as_frequent_as_among_particles_drawn_one_by_one(air: LidarAir) -> None:
    """An oracle of its own: particles of random place and size in each cone, all of their echoes worked out."""
    draw, pulses, far = np.random.default_rng(2), 20_000, 12.0
    (particles,) = _particles(air)
    smallest = 0.25  # mm; smaller ones send back less than is found
    density = particles.density * math.exp(-particles.slope * smallest)
    widest = 0.005 + far * 1.5e-3
    many = draw.poisson(density * math.pi * widest**2 * (far - 0.9), pulses)
    owner = np.repeat(np.arange(pulses), many)
    count = len(owner)
    r = draw.uniform(0.9, far, count)
    radius = 0.005 + r * 1.5e-3
    inside = draw.uniform(0, 1, count) < (radius / widest) ** 2
    diameter = (smallest + draw.exponential(1 / particles.slope, count)) * 1e-3
    share = np.minimum((diameter / 2 / radius) ** 2, 1)
    echo = share * particles.back / r**2 * np.exp(-2 * air.extinction * r) * np.clip((r - 0.9) / 0.1, 0, 1) * inside
    echo *= np.minimum(1, r * r / 100)
    strongest = np.zeros(pulses)
    np.maximum.at(strongest, owner, echo)
    found = echoes_of(np.full(pulses, np.inf), np.zeros(pulses), air, 9)
    near = found.away < far
    place = np.where(near, found.away, 1)
    ours = found.reflectance / math.pi / place**2 * np.minimum(1, place**2 / 100)
    for least in (BEAM.least, 3 * BEAM.least, 12 * BEAM.least):
        expected, got = (strongest >= least).mean(), (near & (ours >= least)).mean()
        noise = math.sqrt(2 * max(expected, 1e-4) / pulses)
        assert got == pytest.approx(expected, abs=4 * noise + 0.06 * expected)
    assert (found.kind == Echo.PARTICLE).sum() > 50
    at = r[(echo >= BEAM.least) & (echo == strongest[owner])]
    assert np.median(found.away[near]) == pytest.approx(np.median(at), rel=0.12)


def test_nothing_is_found_behind_the_surface() -> None:
    away = np.random.default_rng(3).uniform(1, 30, 20_000)
    found = echoes_of(away, np.full(len(away), 0.02), LidarAir(30, 40, 3), 4)
    there = found.kind != Echo.NOTHING
    assert (found.away[there] <= away[there]).all()
    assert {Echo.SURFACE, Echo.PARTICLE, Echo.FOG} <= set(found.kind.tolist())


def test_more_rain_more_drops() -> None:
    met = [float((wall(20, 20_000, 0.05, LidarAir(rain=rain)).kind == Echo.PARTICLE).mean()) for rain in (5, 20, 80)]
    assert 0 < met[0] < met[1] < met[2] < 0.2


def test_a_flake_is_met_in_every_kind_of_snow_as_wide_as_the_extinction_says() -> None:
    for snowfall in (0.5, 1.0, 4.0):
        (flakes,) = _particles(LidarAir(snowfall=snowfall))
        cross_sections = math.pi / 4 * flakes.density * 2 / flakes.slope**2 * 1e-6
        assert 2 * cross_sections == pytest.approx(extinction_of_snowfall(snowfall))
        expected, levels, _ = _echo_table(flakes, 1e-3, BEAM)
        assert (np.diff(expected) <= 0).all()
        assert levels[0] == pytest.approx(BEAM.least)


def test_points_move_along_their_pulse_and_keep_what_else_they_carry() -> None:
    points = cloud()
    found = weathered(points, LidarAir(40, 30), 8)
    given = points[found.source]
    assert np.allclose(np.cross(given[:, :3], found.points[:, :3]), 0, atol=1e-2)
    assert ((given[:, :3] * found.points[:, :3]).sum(axis=1) > 0).all()
    assert np.array_equal(found.points[:, 4], given[:, 4])
    same = found.kind == Echo.SURFACE
    assert np.array_equal(found.points[same, :3], given[same, :3])


def test_a_pulse_meets_the_same_particles_whatever_else_is_in_the_cloud() -> None:
    points, air = cloud(), LidarAir(100, 25)
    whole = weathered(points, air, 11)
    part = np.arange(700, 1500)
    alone = weathered(points[part], air, 11, index=part)
    mine = np.isin(whole.source, part)
    assert np.array_equal(whole.points[mine], alone.points)
    assert np.array_equal(whole.source[mine], part[alone.source])
    assert not np.array_equal(weathered(points, air, 12).points, whole.points)
    assert np.array_equal(weathered(points, air, 11).points, whole.points)


def test_intensities_of_255_are_those_of_1() -> None:
    points = cloud()
    wide = points.copy()
    wide[:, 3] *= 255
    one, two = weathered(points, LidarAir(150), 2), weathered(wide, LidarAir(150), 2, full=255)
    assert np.array_equal(one.source, two.source)
    assert np.allclose(one.points[:, 3] * 255, two.points[:, 3], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (np.zeros((5, 3), np.float32), r"shape \(5, 3\)"),
        (np.full((2, 4), np.nan, np.float32), "not finite"),
    ],
)
def test_what_is_no_cloud_is_refused(points: np.ndarray, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        weathered(points, LidarAir(100), 0)


@pytest.mark.parametrize(
    "wrong", [{"visibility": 0.0}, {"visibility": math.nan}, {"rain": -1.0}, {"snowfall": math.nan}]
)
def test_what_is_no_air_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ImageError, match="visibility is above 0 m"):
        LidarAir(**wrong)


def test_an_empty_cloud_stays_empty() -> None:
    found: Weathered = weathered(np.zeros((0, 4), np.float32), LidarAir(50, 10, 1), 0)
    assert found.points.shape == (0, 4)


KITTI = Path(__file__).parents[2].parent / "shared" / "data" / "driving" / "kitti_000008.bin"


@pytest.mark.skipif(not KITTI.exists(), reason="no KITTI cloud here")
def test_a_real_cloud_shrinks_with_the_visibility() -> None:
    points = np.fromfile(KITTI, np.float32).reshape(-1, 4)
    farthest = []
    for visibility in (1000.0, 200.0, 50.0):
        found = weathered(points, LidarAir(visibility), 1)
        farthest.append(float(np.percentile(np.linalg.norm(found.points[:, :3], axis=-1), 99)))
    assert farthest[0] > farthest[1] > farthest[2]
