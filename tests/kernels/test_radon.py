"""Line integrals against chords of a disc, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.kernels.radon import back_project, detector_places, filtered, project, ramp, views

CENTER, RADIUS = (7.0, -11.0), 45.0
"""Of the disc, (x, y) in mm from the middle, and its radius."""

GRIDS = [((160, 160), (0.8, 0.8)), ((200, 120), (0.6, 1.1))]


def disc(shape, spacing):
    """Return a disc of value 1 with the share of each pixel it covers, and the distance from its middle."""
    y, x = ((np.arange(n) - (n - 1) / 2) * d for n, d in zip(shape, spacing, strict=True))
    away = np.hypot(x - CENTER[0], y[:, None] - CENTER[1])
    return np.clip((RADIUS - away) / min(spacing) + 0.5, 0, 1).astype(np.float32), away


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
def test_line_integrals_of_a_disc_are_its_chords(shape, spacing):
    picture, _ = disc(shape, spacing)
    angles = views(60)
    found = project(picture, spacing, angles)
    away = detector_places(shape, spacing) - (CENTER[0] * np.cos(angles) + CENTER[1] * np.sin(angles))[:, None]
    chords = 2 * np.sqrt(np.maximum(RADIUS**2 - away**2, 0))
    inside = np.abs(np.abs(away) - RADIUS) > 2
    assert np.abs(found - chords)[inside].max() < 1.5  # where rays graze the rim
    assert np.abs(found - chords)[inside].mean() < 0.15


def test_only_the_rays_that_are_wanted_are_followed():
    picture, _ = disc(*GRIDS[1])
    angles = views(12)
    everything = project(picture, GRIDS[1][1], angles)
    wanted = np.zeros(everything.shape, bool)
    wanted[:, 100:110] = wanted[3, 90] = True
    wanted[5] = False
    found = project(picture, GRIDS[1][1], angles, within=wanted)
    assert np.allclose(found[wanted], everything[wanted], atol=1e-3)
    assert not found[5].any()
    assert not found[0, :100].any()
    assert not project(0 * picture, GRIDS[1][1], angles).any()


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
def test_every_view_holds_the_whole_picture(shape, spacing):
    picture, _ = disc(shape, spacing)
    masses = project(picture, spacing, views(17)).sum(axis=1) * min(spacing)
    assert masses == pytest.approx(np.pi * RADIUS**2, rel=0.01)


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
def test_what_was_projected_comes_back(shape, spacing):
    picture, away = disc(shape, spacing)
    angles = views(400)
    found = back_project(filtered(project(picture, spacing, angles), min(spacing)), shape, spacing, angles)
    inside, outside = away < RADIUS - 4, (away > RADIUS + 4) & (away < 60)
    assert found[inside].mean() == pytest.approx(1.0, abs=2e-3)
    assert found[outside].mean() == pytest.approx(0.0, abs=2e-3)
    assert found[inside].std() < 0.02


@pytest.mark.parametrize("length", [64, 65, 1451, 1458, 2904])
@pytest.mark.parametrize("pitch", [0.25, 1.3])
def test_the_ramp_is_the_frequency(length, pitch):
    frequency = np.fft.rfftfreq(length, pitch)
    assert np.allclose(ramp(length, pitch), frequency, atol=2 / (length * pitch))


def test_a_window_is_multiplied_onto_the_ramp():
    noise = np.random.default_rng(0).normal(size=(40, 201)).astype(np.float32)
    half = filtered(noise, 0.7, lambda frequency: np.full(frequency.shape, 0.5))
    assert np.allclose(half, 0.5 * filtered(noise, 0.7), atol=1e-6)


def test_detectors_cover_the_diagonal():
    places = detector_places((30, 40), (1.0, 1.0))
    assert places[-1] >= 25
    assert places[len(places) // 2] == 0
    assert np.diff(places) == pytest.approx(1.0)
