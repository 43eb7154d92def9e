"""What a detector reads: photons counted, blurred where nature blurs, and turned into values."""

from __future__ import annotations

import numpy as np
import pytest
from domainaug_simulators.radiograph.detector import Detector, blurred, processed, response, stored

PHOTONS = 30_000.0


def flat(level, shape=(256, 256)):
    return np.full(shape, level, np.float32)


def read(level, key=1, **changed):
    detector = Detector(**{"pitch": 0.2, "spread": 0.0, "electronic": 0.0, **changed})
    return detector.read(flat(level), flat(level), PHOTONS, 0.0, key)


@pytest.mark.parametrize("level", [0.1, 1.0, 10.0])
def test_the_variance_is_that_of_counting_photons(level):
    counted = level * PHOTONS * 0.2**2 * 0.65
    found = read(level)
    assert found.mean() == pytest.approx(level, rel=0.01)
    assert (found.std() / level) ** -2 == pytest.approx(counted, rel=0.03)


def test_ten_times_the_dose_is_a_tenth_of_the_relative_variance():
    found = {level: read(level).var() / level**2 for level in (0.5, 5.0)}
    assert found[0.5] / found[5.0] == pytest.approx(10.0, rel=0.05)


def test_electronic_noise_counts_where_there_are_few_photons():
    def variance(level, electronic):
        return read(level, electronic=electronic).var()

    one = 1 / (PHOTONS * 0.2**2 * 0.65)
    assert variance(0.001, 20.0) - variance(0.001, 0.0) == pytest.approx((20 * one) ** 2, rel=0.05)
    assert variance(10.0, 20.0) / variance(10.0, 0.0) < 1.1


def test_the_scintillator_colors_the_noise_as_the_square_of_its_transfer():
    noise = read(1.0, spread=0.4) - 1.0
    power = np.abs(np.fft.fft2(noise)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(256, 0.2), np.fft.fftfreq(256, 0.2)))

    def band(low, high):
        return power[(frequency >= low) & (frequency < high)].mean()

    def passed(f):
        return 1 / (1 + 0.4 * f**2) ** 2

    assert band(0.95, 1.05) / band(0.2, 0.3) == pytest.approx(passed(1.0) / passed(0.25), rel=0.1)
    assert band(1.95, 2.05) / band(0.2, 0.3) == pytest.approx(passed(2.0) / passed(0.25), rel=0.1)


def test_blur_keeps_the_mean_and_the_focal_spot_softens_an_edge():
    edge = flat(1.0)
    edge[:, 128:] = 2.0
    detector = Detector(0.2, spread=0.3, electronic=0.0)
    sharp, soft = (detector.read(edge, edge, PHOTONS, focus, 0, noisy=False) for focus in (0.0, 1.0))
    assert sharp.mean() == pytest.approx(1.5, abs=1e-4)
    assert soft.mean() == pytest.approx(1.5, abs=1e-4)
    slope = [np.diff(picture[128]).max() for picture in (sharp, soft)]
    assert slope[1] < slope[0] / 2
    assert np.abs(blurred(edge, 0.2, lambda f, g: np.ones_like(f * g)) - edge).max() < 1e-5


def test_the_same_key_is_the_same_noise():
    assert np.array_equal(read(1.0, key=5), read(1.0, key=5))
    assert not np.array_equal(read(1.0, key=5), read(1.0, key=6))


def test_values_follow_exposure_by_their_response():
    exposure = np.array([[1e-6, 0.001, 0.01, 0.1, 1.0, 10.0]], np.float32)
    log = response(exposure, 1.0, "log")
    steps = np.diff(log[0, 1:5])
    np.testing.assert_allclose(steps, 0.25, atol=1e-5)  # four powers of ten
    assert log[0, 0] == 0
    assert log[0, -1] == 1
    linear = response(exposure, 1.0, "linear")
    assert linear[0, 3] / linear[0, 2] == pytest.approx(10.0, rel=1e-4)
    assert stored(log, 12, inverted=False)[0, -1] == 4095
    assert stored(log, 12, inverted=True)[0, -1] == 0
    assert stored(log, 10, inverted=False).max() == 1023


def test_processing_flattens_what_is_coarse_and_lifts_what_is_fine():
    x = np.arange(256) * 0.5
    coarse, fine = 0.2 * np.sin(2 * np.pi * x / 128), 0.02 * np.sin(2 * np.pi * x / 1.5)
    output = np.broadcast_to(0.5 + coarse + fine, (256, 256)).astype(np.float32)
    made = processed(output, 0.5, np.ones((256, 256), bool))

    def size(picture, waves):
        return np.abs(np.fft.rfft(picture[128]))[waves]

    assert size(made, 1) < 0.95 * size(output, 1)
    assert size(made, round(128 / 1.5)) > 1.3 * size(output, round(128 / 1.5))
