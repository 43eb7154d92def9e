"""A draw is read alike in every encoding; nothing is read where nothing happened."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import Output, Probe, make_probe, measure_draw
from domainaug.effects import EFFECTS
from domainaug.generators import Frame

ENCODINGS = [
    (np.uint8, 0, 255),
    (np.uint16, 0, 65535),
    (np.float32, 0, 1),
    (np.int16, -1024, 3071),
]
EVERY = pytest.mark.parametrize(
    "chart",
    [(dtype, low, high, channels) for dtype, low, high in ENCODINGS for channels in (1, 3)],
    ids=lambda c: f"{np.dtype(c[0]).name}x{c[3]}",
    indirect=True,
)


@pytest.fixture
def chart(request) -> Probe:
    dtype, low, high, channels = request.param
    return make_probe(Frame(256, 256, channels, low=low, high=high), dtype=dtype)


@EVERY
def test_nothing_is_nothing(chart):
    assert measure_draw(chart, Output(chart.image)).present() == {}
    assert measure_draw(chart, Output(chart.image, chart.masks)).present() == {}


@EVERY
def test_a_turn_with_the_picture_alone(chart, see_picture):
    matrix = cv2.getRotationMatrix2D((127.5, 127.5), 5, 1)

    def turn(shares):
        out = cv2.warpAffine(shares, matrix, (256, 256), flags=cv2.INTER_LINEAR)
        return out.reshape(*out.shape[:2], -1)

    assert see_picture(turn, on=chart).values["rotation"] == pytest.approx(5, abs=0.05)


@EVERY
def test_a_gain(chart, see_picture):
    seen = see_picture(lambda shares: (shares - 0.5) * 1.1 + 0.5, on=chart)
    assert seen.values["contrast"] == pytest.approx(1.1, abs=0.01)
    assert set(seen.present()) <= {"contrast", "tone"}


@EVERY
def test_noise(chart, see_picture):
    rng = np.random.default_rng(1)
    seen = see_picture(lambda shares: shares + rng.normal(0, 0.02, shares.shape).astype(np.float32), on=chart)
    assert seen.values["noise"] == pytest.approx(0.02, rel=0.08)
    assert set(seen.present()) == {"noise"}


@EVERY
def test_a_mirror_and_a_blur(chart, see_picture):
    def both(shares):
        out = cv2.GaussianBlur(shares[:, ::-1], (0, 0), 1.5)
        return out.reshape(*out.shape[:2], -1)

    seen = see_picture(both, on=chart)
    assert seen.values["mirror_horizontal"] == 1
    assert seen.values["blur"] == pytest.approx(1.5, rel=0.05)


@EVERY
def test_clipping_to_zero_and_one_destroys_all_but_shares(chart):
    if chart.frame.high == 1:
        pytest.skip("shares live in zero to one")
    seen = measure_draw(chart, Output(np.clip(chart.image, 0, 1)))
    assert seen.unreadable is not None
    assert seen.withheld == frozenset(EFFECTS)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros(7), "no picture"),
        (np.zeros((4, 4, 3)), "too small"),
        (np.full((256, 256, 3), np.nan), "not numbers"),
        (np.zeros((256, 256, 5)), "5 channels"),
        (np.zeros((256, 256, 3)), "one value is left"),
    ],
)
def test_what_is_no_picture_says_why(probe, image, message):
    assert message in measure_draw(probe, Output(image)).unreadable


def test_what_cannot_be_told_without_labels_is_withheld(probe):
    assert "misregistration" in measure_draw(probe, Output(probe.image)).withheld
    assert "misregistration" not in measure_draw(probe, Output(probe.image, probe.masks)).withheld


def test_every_name_is_in_the_vocabulary(see):
    seen = see(A.Rotate((9, 9), p=1), A.HueSaturationValue(p=1), A.GaussianBlur(p=1))
    assert set(seen.values) | seen.withheld <= set(EFFECTS)
    assert all(isinstance(value, float) for value in seen.values.values())


def test_a_real_picture_shows_tone_without_discs():
    rng = np.random.default_rng(5)
    picture = cv2.GaussianBlur(rng.normal(0.5, 0.9, (256, 256)).astype(np.float32), (0, 0), 3)
    real = Probe.of_picture(np.clip(picture, 0, 1), Frame(low=0, high=1))
    seen = measure_draw(real, Output(np.clip(real.image * 0.8 + 0.05, 0, 1)))
    assert seen.values["contrast"] == pytest.approx(0.8, abs=0.03)
    assert "noise" in seen.withheld


GENTLE = {
    "turn": A.Rotate((-5, 5), p=1),
    "zoom and shift": A.Affine(scale=(0.95, 1.05), keep_ratio=True, translate_percent=(-0.03, 0.03), p=1),
    "tone": A.RandomBrightnessContrast(0.1, 0.1, p=1),
    "gamma": A.RandomGamma((90, 110), p=1),
    "noise": A.GaussNoise((0.005, 0.02), p=1),
    "blur": A.GaussianBlur(0, sigma_limit=(0.5, 0.9), p=1),
    "hole": A.CoarseDropout((1, 1), (0.05, 0.1), (0.05, 0.1), p=1),
}
GEOMETRY = {"rotation", "scale", "shift", "field_of_view", "outside", "duplicated"}
TONE = {"brightness", "contrast", "gamma", "tone"}
ALLOWED = {
    "turn": GEOMETRY - {"scale"},
    "zoom and shift": GEOMETRY - {"rotation"},
    "tone": TONE,
    "gamma": TONE,
    "noise": {"noise"},
    "blur": {"blur"},
    "hole": {"occlusion"},
}
PIPELINES = [
    ("turn",),
    ("zoom and shift",),
    ("tone",),
    ("gamma",),
    ("noise",),
    ("blur",),
    ("hole",),
    ("turn", "tone"),
    ("zoom and shift", "gamma"),
    ("turn", "zoom and shift"),
    ("tone", "noise"),
    ("blur", "gamma"),
    ("turn", "zoom and shift", "tone"),
    ("gamma", "noise", "blur"),
]


@pytest.mark.parametrize("names", PIPELINES, ids="+".join)
def test_gentle_pipelines_show_nothing_but_what_they_do(see, names):
    allowed = set().union(*(ALLOWED[name] for name in names))
    if {"turn", "zoom and shift"} & set(names) and len(names) > 1:
        allowed |= {"blur"}  # two resamplings
    for seed, masks in product(range(4), (True, False)):
        seen = see(*(GENTLE[name] for name in names), masks=masks, seed=seed)
        assert seen.unreadable is None
        assert set(seen.present()) <= allowed
