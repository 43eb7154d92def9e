"""Rigid moves by shears against SciPy and `VolumeAffine`."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from domainaug.transforms import VolumeAffine
from domainaug.transforms.shears import moved_rigidly

RNG = np.random.default_rng(2)
UNIT = (1.0, 1.0, 1.0)
STILL = (0.0, 0.0, 0.0)


def blob(shape, center, sizes):
    """Return a smooth ellipsoid, which no interpolation hurts."""
    grids = np.meshgrid(*(np.arange(size, dtype=float) for size in shape), indexing="ij")
    far = sum(((grid - c) / s) ** 2 for grid, c, s in zip(grids, center, sizes, strict=True))
    return np.exp(-far).astype(np.float32)


class TestMoves:
    def test_whole_pixels_roll(self):
        stack = RNG.random((3, 32, 41)).astype(np.float32)
        moved = moved_rigidly(stack, STILL, (6.0, -4.0, 5.0), (2.5, 2.0, 1.5))
        assert np.allclose(moved, np.roll(stack, (2, -2, 4), (0, 1, 2)), atol=1e-5)

    @pytest.mark.parametrize("mm", [0.4, 1.3, -2.7])
    def test_parts_of_pixels_move_waves_by_as_much(self, mm):
        x = np.arange(64)
        wave = (2 + np.cos(2 * np.pi * 5 * x / 64)).astype(np.float32)
        moved = moved_rigidly(np.tile(wave, (1, 8, 1)), STILL, (mm, 0.0, 0.0), (1.0, 1.0, 0.8))
        assert np.allclose(moved[0, 3], 2 + np.cos(2 * np.pi * 5 * (x - mm / 0.8) / 64), atol=1e-5)

    @pytest.mark.parametrize("angle", [-30.0, 4.0, 17.0])
    def test_turns_are_those_of_scipy(self, angle):
        image = blob((90, 111), (40, 60), (9, 15))
        turned = moved_rigidly(image[None], (0.0, 0.0, angle), STILL, UNIT)[0]
        assert np.abs(turned - ndimage.rotate(image, angle, reshape=False, order=5)).max() < 1e-3

    def test_a_turn_is_one_in_millimeters(self):
        image = blob((80, 160), (40, 80), (8, 40))  # 16 mm high and 40 mm wide
        turned = moved_rigidly(image[None], (0.0, 0.0, 30.0), STILL, (1.0, 2.0, 1.0))[0]
        fine = blob((160, 160), (80.5, 80), (16, 40))  # the same on square pixels, its middle that of the picture
        expected = ndimage.rotate(fine, 30.0, reshape=False, order=5)
        center = [ndimage.center_of_mass(each) for each in (turned, expected)]
        spread = [np.sqrt((turned * (np.arange(80)[:, None] - center[0][0]) ** 2).sum() / turned.sum())]
        spread.append(np.sqrt((expected * (np.arange(160)[:, None] - center[1][0]) ** 2).sum() / expected.sum()))
        assert 2 * spread[0] == pytest.approx(spread[1], rel=0.01)

    def test_space_is_turned_as_by_volume_affine(self):
        volume, spacing = blob((24, 64, 56), (11, 34, 25), (3, 7, 11)), (3.0, 1.5, 1.2)
        degrees, mm = (8.0, -6.0, 15.0), (4.0, -3.0, 2.0)
        affine = VolumeAffine(
            rotate=tuple((each, each) for each in degrees),
            scale=0.0,
            translate_mm=tuple((each, each) for each in mm),
            p=1,
        )
        expected = affine(volume=volume, spacing=spacing)["volume"]
        moved = moved_rigidly(volume, degrees, mm, spacing)
        where = [ndimage.center_of_mass(each) for each in (moved, expected)]
        assert np.allclose(*where, atol=0.05)
        assert np.corrcoef(moved.ravel(), expected.ravel())[0, 1] > 0.995

    def test_nothing_is_smoothed_and_energy_is_kept(self):
        stack = ndimage.gaussian_filter(RNG.random((1, 65, 65)), (0, 1, 1)).astype(np.float32)
        moved = moved_rigidly(stack, (0.0, 0.0, 11.0), (0.3, 0.7, 0.0), UNIT)
        assert (moved**2).sum() == pytest.approx((stack**2).sum(), rel=1e-4)
        assert moved.sum() == pytest.approx(stack.sum(), rel=1e-5)
