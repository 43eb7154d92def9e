"""Scatter against a Monte Carlo count of Compton scattering in water."""

from __future__ import annotations

import numpy as np
import pytest
from domainaug_simulators.radiograph.scatter import height_of, scattered
from domainaug_simulators.radiograph.spectrum import attenuation

PITCH = 4.0
SIDE = 200


def model(energy, thickness, field, gap, detector=100.0):
    """Return the scatter to primary ratio in the middle; lengths in mm."""
    away = np.abs(np.arange(SIDE) - SIDE / 2 + 0.5) * PITCH
    beam = ((away < field / 2)[:, None] & (away < field / 2)[None]).astype(np.float32)
    primary = beam * np.float32(np.exp(-attenuation("water", np.array([energy]))[0] * thickness / 10))
    veil = scattered(primary, beam, height_of(thickness, gap), PITCH, energy)
    middle = (away < detector / 2)[:, None] & (away < detector / 2)[None]
    return float(veil[middle].mean() / primary[middle].mean())


def counted(energy, thickness, field, gap, photons, seed=0, detector=100.0):
    """Return the same by following photons through a slab of water: Klein and Nishina, and absorption."""
    stream = np.random.default_rng(seed)
    place = np.zeros((photons, 3))
    place[:, :2] = stream.uniform(-field / 2, field / 2, (photons, 2))
    way = np.tile([0.0, 0.0, 1.0], (photons, 1))
    left = np.full(photons, energy)
    often, veil = 0, 0.0
    while len(left):
        each_mm = attenuation("water", left) / 10
        step = -np.log(stream.random(len(left))) / each_mm
        ends = place + way * step[:, None]
        out = ends[:, 2] > thickness
        with np.errstate(divide="ignore", invalid="ignore"):
            hit = place + way * ((thickness + gap - place[:, 2]) / way[:, 2])[:, None]
        seen = out & (np.abs(hit[:, :2]) < detector / 2).all(axis=1)
        veil += float(left[seen].sum()) if often else 0.0
        stays = ~out & (ends[:, 2] > 0)
        stays &= stream.random(len(left)) < compton(left) / (each_mm * 10)
        place, way, left = ends[stays], way[stays], left[stays]
        cosine = angles(left, stream)
        left = left / (1 + left / 511 * (1 - cosine))
        way = turned(way, cosine, stream)
        often += 1
    through = np.exp(-attenuation("water", np.array([energy]))[0] * thickness / 10)
    return veil / (photons * (detector / field) ** 2 * through * energy)


def compton(energy):
    """Return Klein and Nishina's total cross section of water, in cm²/g."""
    a = energy / 511
    first = (1 + a) / a**2 * (2 * (1 + a) / (1 + 2 * a) - np.log(1 + 2 * a) / a)
    whole = first + np.log(1 + 2 * a) / (2 * a) - (1 + 3 * a) / (1 + 2 * a) ** 2
    return 2 * np.pi * 2.8179403e-13**2 * whole * 3.343e23


def angles(energy, stream):
    cosine, todo = np.empty(len(energy)), np.arange(len(energy))
    while len(todo):
        guess = stream.uniform(-1, 1, len(todo))
        ratio = 1 / (1 + energy[todo] / 511 * (1 - guess))
        good = stream.random(len(todo)) < ratio**2 * (ratio + 1 / ratio - 1 + guess**2) / 2
        cosine[todo[good]] = guess[good]
        todo = todo[~good]
    return cosine


def turned(way, cosine, stream):
    helper = np.where(np.abs(way[:, 2:]) < 0.9, [[0.0, 0, 1]], [[1.0, 0, 0]])
    one = np.cross(helper, way)
    one /= np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-12)
    turn, sine = stream.uniform(0, 2 * np.pi, len(way)), np.sqrt(1 - cosine**2)
    side = one * np.cos(turn)[:, None] + np.cross(way, one) * np.sin(turn)[:, None]
    return way * cosine[:, None] + side * sine[:, None]


CASES = [(60.0, 200, 300, 0), (60.0, 100, 300, 0), (60.0, 250, 300, 0), (60.0, 200, 150, 0), (60.0, 200, 300, 100),
         (60.0, 200, 300, 200), (45.0, 200, 300, 0), (80.0, 200, 300, 0)]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_model_meets_the_count(case):
    assert model(*case) == pytest.approx(counted(*case, photons=600_000), rel=0.15)


def test_more_body_and_more_field_scatter_more_and_a_gap_takes_it_away():
    assert model(60.0, 100, 300, 0) < model(60.0, 200, 300, 0) < model(60.0, 300, 300, 0)
    assert model(60.0, 200, 100, 0) < model(60.0, 200, 200, 0) < model(60.0, 200, 400, 0)
    assert model(60.0, 200, 300, 300) < model(60.0, 200, 300, 100) < model(60.0, 200, 300, 0)


def test_without_a_body_nothing_scatters():
    beam = np.ones((64, 64), np.float32)
    assert scattered(beam, beam, 50.0, 2.0, 60.0).max() < 1e-6


def test_a_point_lights_the_detector_by_the_solid_angle():
    """The kernel is h / (2 pi (h² + r²)^(3/2)): compared where one pixel scatters."""
    primary = np.ones((257, 257), np.float32)
    primary[128, 128] = np.exp(-1.0)
    made = scattered(primary, np.ones_like(primary), 40.0, 4.0, 60.0)
    radius = np.array([0, 10, 20]) * 4.0
    expected = 40.0 / (40.0**2 + radius**2) ** 1.5
    found = made[128, [128, 138, 148]]
    np.testing.assert_allclose(found / found[0], expected / expected[0], rtol=0.03)


def test_finer_pixels_show_the_same_veil():
    def veil(count, pitch):
        x = (np.arange(count) - count / 2 + 0.5) * pitch
        body = np.exp(-4 * np.exp(-(x[:, None] ** 2 + x[None] ** 2) / 100**2)).astype(np.float32)
        return scattered(body, np.ones_like(body), 60.0, pitch, 60.0)

    coarse, fine = veil(100, 4.0), veil(400, 1.0)
    np.testing.assert_allclose(fine.reshape(100, 4, 100, 4).mean((1, 3))[20:80, 20:80], coarse[20:80, 20:80], rtol=0.03)
