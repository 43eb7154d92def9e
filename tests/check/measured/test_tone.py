"""Levels, light and noise are read to the stated errors."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A


def fixed(brightness=0.0, contrast=0.0):
    return A.RandomBrightnessContrast((brightness, brightness), (contrast, contrast), p=1)


def test_brightness_is_the_change_at_mid_gray(see):
    assert see(fixed(brightness=0.2)).values["brightness"] == pytest.approx(0.2, abs=0.005)


@pytest.mark.parametrize("factor", [-0.3, -0.2, 0.2, 0.4])
def test_contrast_is_the_slope(see, factor):
    seen = see(fixed(contrast=factor))
    assert seen.values["contrast"] == pytest.approx(1 + factor, abs=0.015)
    # albumentations turns the curve about black, so brightness follows by half as much.
    assert seen.values["brightness"] == pytest.approx(factor / 2, abs=0.006)


@pytest.mark.parametrize("gamma", [50, 80, 120, 200])
def test_gamma_is_the_exponent(see, gamma):
    assert see(A.RandomGamma((gamma, gamma), p=1)).values["gamma"] == pytest.approx(gamma / 100, rel=0.03)


def test_a_gamma_and_its_inverse_leave_nothing(see):
    assert see(A.RandomGamma((80, 80), p=1), A.RandomGamma((125, 125), p=1)).present() == {}


def test_clipping_does_not_cancel(see):
    seen = see(fixed(brightness=0.4), fixed(brightness=-0.4))
    assert seen.values["tone"] == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(("transform", "share"), [(A.InvertImg(p=1), 1.0), (A.Solarize(p=1), 0.5)])
@pytest.mark.parametrize("masks", [True, False])
def test_inversion_is_the_share_of_the_range_that_falls(see, transform, share, masks):
    assert see(transform, masks=masks).values["inversion"] == pytest.approx(share, abs=0.06)


@pytest.mark.parametrize("sd", [0.01, 0.02, 0.05, 0.1])
def test_noise_is_its_standard_deviation(see, sd):
    # On eight-bit images part of the weakest noise is lost to rounding.
    assert see(A.GaussNoise((sd, sd), p=1)).values["noise"] == pytest.approx(sd, rel=0.12, abs=0.002)


@pytest.mark.parametrize("sd", [0.05, 0.2, 0.44])
@pytest.mark.parametrize("masks", [True, False])
def test_noise_fakes_nothing_else(see, sd, masks):
    seen = see(A.GaussNoise((sd, sd), p=1), masks=masks)
    foreign = set(seen.present()) - {"noise", "impulse_noise", "contrast", "tone", "color_cast"}
    assert not foreign


def test_impulses_are_a_share_of_pixels(see):
    seen = see(A.SaltAndPepper((0.03, 0.03), p=1))
    assert seen.values["impulse_noise"] == pytest.approx(0.03, abs=0.012)


def test_noise_grows_with_a_later_contrast(see):
    noise = A.GaussNoise((0.05, 0.05), p=1)
    assert see(noise, fixed(contrast=0.2)).values["noise"] == pytest.approx(0.057, abs=0.004)
    assert see(fixed(contrast=0.2), noise).values["noise"] == pytest.approx(0.048, abs=0.004)


def test_light_that_falls_off_is_local_gain_and_not_contrast(see_picture):
    def vignette(shares):
        ramp = np.linspace(0.8, 1.0, shares.shape[1], dtype=np.float32)
        return shares * ramp[None, :, None]

    seen = see_picture(vignette)
    assert 0.03 < seen.values["local_gain"] < 0.08
    assert seen.values["contrast"] == pytest.approx(0.9, abs=0.04)


def test_posterizing_loses_levels(see):
    assert see(A.Posterize(num_bits=4, p=1)).values["loss_of_levels"] > 2


def test_a_dark_hole_over_some_discs_is_no_change_of_tone(see):
    for seed in range(6):
        step = A.CoarseDropout((8, 8), (0.08, 0.08), (0.08, 0.08), p=1)
        seen = see(step, seed=seed)
        assert set(seen.present()) == {"occlusion"}


def test_tone_is_not_judged_when_most_discs_are_hidden(see):
    seen = see(A.GridDropout(p=1))
    assert {"brightness", "contrast", "tone", "hue"} <= seen.withheld
    assert seen.values["occlusion"] > 0.15
