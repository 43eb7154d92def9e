"""A blur that leaves no detail has a size, and nothing is claimed about what it hides."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import Output, make_probe, measure, measure_draw
from domainaug.check.measured.softness import strong_blur
from domainaug.generators import Frame


def streak(length, degrees=0.0):
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    middle = (length // 2, length // 2)
    kernel = cv2.warpAffine(kernel, cv2.getRotationMatrix2D(middle, degrees, 1), (length, length))
    return kernel / kernel.sum()


@pytest.fixture(scope="module")
def large():
    return make_probe(Frame(512, 512, 1))


@pytest.mark.parametrize("labeled", [True, False], ids=["with labels", "alone"])
@pytest.mark.parametrize("sigma", [5, 6, 8, 12, 20, 40])
def test_a_strong_blur_is_its_sigma_and_nothing_else(large, sigma, labeled):
    blurred = cv2.GaussianBlur(large.image, (0, 0), sigma)
    found = measure_draw(large, Output(blurred, large.masks if labeled else None))
    assert set(found.present()) == {"blur"}
    assert found.values["blur"] == pytest.approx(sigma, rel=0.03)
    assert {"contrast", "brightness", "occlusion", "noise", "hue"} <= found.withheld


@pytest.mark.parametrize("degrees", [0, 30, 90])
@pytest.mark.parametrize("length", [25, 41, 61])
def test_a_long_streak_is_its_length_and_nothing_else(probe, length, degrees):
    blurred = cv2.filter2D(probe.image, -1, streak(length, degrees))
    found = measure_draw(probe, Output(blurred))
    assert set(found.present()) == {"motion_blur"}
    assert found.values["motion_blur"] == pytest.approx(length, rel=0.05)
    assert {"contrast", "blur"} <= found.withheld


def test_what_is_larger_than_can_be_told_is_a_floor(probe):
    found = measure_draw(probe, Output(cv2.GaussianBlur(probe.image, (0, 0), 60)))
    assert 256 / 5 - 1 < found.values["blur"] <= 60


def test_a_gain_an_inversion_and_noise_do_not_move_it(probe):
    soft = cv2.GaussianBlur(probe.picture, (0, 0), 8)
    grain = np.random.default_rng(0).normal(0, 0.1, soft.shape).astype(np.float32)
    for shares in (0.4 * soft + 0.3, 1 - soft, np.clip(soft + grain, 0, 1)):
        found = measure_draw(probe, Output(np.rint(255 * shares).astype(np.uint8)))
        assert found.values["blur"] == pytest.approx(8, rel=0.03)


def test_where_the_picture_went_is_told_all_the_same(see):
    found = see(A.Rotate((20, 20), p=1), A.GaussianBlur(0, sigma_limit=(7, 7), p=1))
    assert abs(found.values["rotation"]) == pytest.approx(20, abs=0.05)
    assert found.values["blur"] == pytest.approx(7, rel=0.08)
    assert "misregistration" in found.withheld


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: cv2.GaussianBlur(x, (0, 0), 3),
        lambda x: x[:, ::-1],
        lambda x: np.roll(x, 8, axis=1),
        lambda x: 0.02 * x + 0.5,
        lambda x: np.random.default_rng(0).random(x.shape, dtype=np.float32),
        lambda x: np.full_like(x, 0.5),
        lambda x: cv2.resize(cv2.resize(x, (16, 16)), (256, 256), interpolation=cv2.INTER_NEAREST),
    ],
    ids=["nothing", "weak blur", "mirror", "shift", "flat", "noise", "one level", "coarse pixels"],
)
def test_what_keeps_detail_or_shows_something_else_is_no_strong_blur(probe, change):
    everywhere = np.ones((256, 256), np.bool_)
    assert strong_blur(probe.gray, np.ascontiguousarray(change(probe.gray)), everywhere) is None


def test_a_callable_that_blurs_away_all_detail_is_readable():
    found = measure(lambda image: cv2.GaussianBlur(image, (0, 0), 20), frame=Frame(256, 256, 1), draws=6)
    assert found.unreadable is None
    assert set(found.ranges) == {"blur"}
    assert found.ranges["blur"].high == pytest.approx(20, rel=0.03)
    assert "contrast" in found.withheld
