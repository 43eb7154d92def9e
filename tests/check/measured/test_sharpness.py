"""Blur, streaks, sharpening and what the label missed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import Output, measure_draw


@pytest.mark.parametrize("sigma", [0.6, 1.0, 1.5, 2.0, 3.0, 4.0])
def test_blur_is_its_sigma(see_picture, sigma):
    seen = see_picture(lambda shares: cv2.GaussianBlur(shares, (0, 0), sigma))
    assert seen.values["blur"] == pytest.approx(sigma, rel=0.06)
    assert not {"noise", "pixelation", "sharpening", "rotation", "scale", "shift"} & set(seen.present())


def test_two_blurs_add_in_quadrature(see_picture):
    seen = see_picture(lambda x: cv2.GaussianBlur(cv2.GaussianBlur(x, (0, 0), 1.0), (0, 0), 1.5))
    assert seen.values["blur"] == pytest.approx(np.hypot(1, 1.5), rel=0.05)


@pytest.mark.parametrize("length", [7, 15])
def test_a_streak_is_its_length(see_picture, length):
    kernel = np.full((1, length), 1 / length, np.float32)
    seen = see_picture(lambda shares: cv2.filter2D(shares, -1, kernel))
    assert seen.values["motion_blur"] == pytest.approx(length, rel=0.12)
    assert seen.values["blur"] < 0.6


@pytest.mark.parametrize("factor", [0.5, 0.25])
def test_coarse_pixels_drawn_smooth_are_blur(see, factor):
    pair = {"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_LINEAR}
    seen = see(A.Downscale((factor, factor), interpolation_pair=pair, p=1))
    assert seen.values["blur"] == pytest.approx(0.5 / factor, rel=0.06)


def test_sharpening_is_an_overshoot(see_picture):
    seen = see_picture(lambda x: x + 0.5 * (x - cv2.GaussianBlur(x, (0, 0), 2.0)))
    assert 0.3 < seen.values["sharpening"] < 0.65
    assert seen.values["blur"] < 0.3


def test_noise_is_neither_sharpening_nor_blur(see):
    seen = see(A.GaussNoise((0.2, 0.2), p=1))
    assert not {"sharpening", "blur", "motion_blur"} & set(seen.present())


@pytest.mark.parametrize(("dx", "dy"), [(2.0, 0.0), (1.5, -2.5)])
def test_a_picture_that_moves_without_its_label_is_told(probe, dx, dy):
    moved = cv2.warpAffine(probe.image, np.float32([[1, 0, dx], [0, 1, dy]]), (256, 256), borderMode=cv2.BORDER_REFLECT)
    seen = measure_draw(probe, Output(moved, probe.masks))
    assert seen.values["misregistration"] == pytest.approx(np.hypot(dx, dy), abs=0.15)
    assert seen.values["shift"] == 0


def test_a_resampled_label_is_not_misregistered(see):
    for step in (A.Rotate((20, 20), p=1), A.Affine(scale=(1.5, 1.5), p=1), A.Affine(scale=(2, 2), p=1)):
        seen = see(step)
        assert "misregistration" not in seen.present()
        assert seen.values["shift"] < 0.001
