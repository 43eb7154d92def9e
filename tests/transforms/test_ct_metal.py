"""`MetalStreaks` against a whole polychromatic scan of the same phantom."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.kernels.radon import back_project, filtered, project, views
from domainaug.pipeline import Pipeline
from domainaug.transforms import MetalStreaks
from domainaug.transforms.beam import beam_of
from domainaug.transforms.ct_metal import softened
from domainaug.transforms.ct_noise import KERNELS

SIZE, SPACING = 192, (1.25, 1.25)
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
WATER = (np.clip(80 - np.hypot(X, Y) + 0.5, 0, 1) * 1000 - 1000).astype(np.float32)
RODS = np.minimum(np.hypot(X - 30, Y), np.hypot(X + 30, Y)) < 3
AWAY = (np.hypot(X, Y) < 74) & (np.minimum(np.hypot(X - 30, Y), np.hypot(X + 30, Y)) > 8)


def with_metal(image, **arguments):
    """Return a slice with the streaks of the metal in it."""
    given = {"objects": 0, "metal": "iron", "strength": 1.0, "spacing": SPACING, "photons": 1e12, **arguments}
    return A.Compose([MetalStreaks(**given, p=1)], seed=1)(image=image)["image"]


@pytest.fixture(scope="module")
def phantom():
    return np.where(RODS, np.float32(3071), WATER)


@pytest.fixture(scope="module")
def streaks(phantom):
    return with_metal(phantom) - phantom


def test_without_metal_nothing_happens():
    assert np.array_equal(with_metal(WATER), WATER)


def test_is_the_scan_of_the_whole_phantom(phantom, streaks):
    """Reconstruction is linear: errors of rays reconstructed and added are the reconstruction of what was read."""
    beam, angles = beam_of(120.0), views(420)
    water, iron = (
        project((1 + WATER / 1000) * ~RODS, SPACING, angles),
        project(RODS.astype(np.float32), SPACING, angles),
    )
    read = beam.corrected(beam.measured({"water": water, "iron": iron * np.float32(beam.times_water["iron"])}))
    whole = back_project(filtered(read, SPACING[0], KERNELS["standard"]), WATER.shape, SPACING, angles)
    ideal = (water + iron * np.float32(beam.times_water["iron"])) * np.float32(beam.effective)
    truth = back_project(filtered(ideal, SPACING[0], KERNELS["standard"]), WATER.shape, SPACING, angles)
    error = (whole - truth) * 1000 / beam.effective
    assert error[AWAY].std() > 40
    assert np.corrcoef(streaks[AWAY], error[AWAY])[0, 1] > 0.97
    assert streaks[AWAY].std() == pytest.approx(error[AWAY].std(), rel=0.1)


def test_it_is_dark_between_two_pieces_and_not_across(streaks):
    between, across = streaks[94:98, 80:112].mean(), streaks[50:66, 94:98].mean()
    assert between < -100
    assert between < 4 * -abs(across)


def test_it_is_strongest_near_the_metal_and_most_for_heavy_metal(phantom, streaks):
    near = np.minimum(np.hypot(X - 30, Y), np.hypot(X + 30, Y))
    rings = [np.abs(streaks[(near > low) & (near < low + 8)]).mean() for low in (6, 20, 40)]
    assert rings == sorted(rings, reverse=True)
    lighter = with_metal(phantom, metal="titanium") - phantom
    assert streaks[AWAY].std() > 1.5 * lighter[AWAY].std()


def test_strength_is_what_correction_left(phantom, streaks):
    half = with_metal(phantom, strength=0.5) - phantom
    assert np.allclose(half[AWAY], 0.5 * streaks[AWAY], atol=0.1)
    assert np.array_equal(with_metal(phantom, strength=0.0)[AWAY], phantom[AWAY])


def test_few_photons_add_noise_along_rays_through_metal(phantom, streaks):
    noisy = with_metal(phantom, photons=2e4) - phantom - streaks
    along, off = noisy[92:100, 75:117].std(), noisy[40:60, 92:100].std()
    assert along > 1.4 * off
    fewer = with_metal(phantom, photons=2e3) - phantom - streaks
    assert fewer[AWAY].std() > 1.5 * noisy[AWAY].std()


def test_metal_that_is_there_stays_as_it_is_and_nothing_reads_above_the_ceiling(phantom):
    out = with_metal(phantom)
    assert np.array_equal(out[RODS], phantom[RODS])
    put = with_metal(WATER, objects=1, diameter_mm=12.0, ceiling=2500.0)
    assert put.max() == 2500
    assert 40 < (put == 2500).sum() < 200


def test_a_rod_is_as_soft_as_the_kernel_makes_it():
    """Its image without any error of rays is the sharp one through the kernel: no darker rim than its surroundings."""
    put = with_metal(WATER, objects=1, diameter_mm=12.0, metal="titanium", strength=0.0)
    assert put[np.hypot(X, Y) < 75].min() > -150
    angles = views(500)
    covered = np.exp(-(X**2 + Y**2) / 20).astype(np.float32)
    read = project(covered, SPACING, angles)
    made = back_project(filtered(read, SPACING[0], KERNELS["standard"]), covered.shape, SPACING, angles)
    assert softened(covered, SPACING) == pytest.approx(made, abs=0.05)  # the projector interpolates


def test_rods_lie_in_the_body_with_the_diameter_and_the_length_drawn():
    volume = np.repeat(WATER[None].astype(np.int16), 12, axis=0)
    transform = MetalStreaks(2, 10.0, 24.0, "titanium", 0.0, spacing=(4.0, *SPACING), p=1)
    out = Pipeline([transform], seed=3, value_range=(-1024, 3071))(volume=volume)["volume"]
    metal = out - volume > 1500
    assert not metal[:, np.hypot(X, Y) > 90].any()
    slices = metal.any(axis=(1, 2)).sum()
    assert 3 <= slices <= 14
    area = metal.sum(axis=(1, 2))[metal.any(axis=(1, 2))] * 1.25**2
    assert np.pi * 25 < area.min() < 1.6 * np.pi * 25  # metal blooms: its edge is soft, and far above the rest


def test_a_label_is_left_as_it_is():
    mask = (WATER > -500).astype(np.uint8)
    out = A.Compose([MetalStreaks(spacing=SPACING, p=1)], seed=0)(image=WATER, mask=mask)
    assert np.array_equal(out["mask"], mask)
    assert not np.array_equal(out["image"], WATER)


def test_what_is_not_legal_is_told():
    with pytest.raises(ValueError, match="MetalStreaks: metal: one of titanium, iron is needed, got 'gold'"):
        MetalStreaks(metal="gold")
    with pytest.raises(ValueError, match=r"MetalStreaks: strength: .* from 0 to 1"):
        MetalStreaks(strength=2.0)
