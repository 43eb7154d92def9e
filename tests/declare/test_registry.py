"""Every transform albumentations exports is declared, and every declaration makes sense."""

from __future__ import annotations

import inspect
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.declare import declare, declared_names
from domainaug.effects import EFFECTS, Interval, Needs
from domainaug.functionals import LEVELS
from domainaug.generators import Frame, Generators

sys.path.insert(0, str(Path(__file__).parent))
from instances import ABSTRACT, INSTANCES, VARIANTS, label

FRAME = Frame(256, 256, 3)
EXPORTED = {
    name
    for name in dir(A)
    if inspect.isclass(getattr(A, name)) and issubclass(getattr(A, name), A.BasicTransform) and name not in ABSTRACT
}
OPAQUE = {"Lambda"}
"""Runs a function of the user's: nobody can say what it does."""


def said(transform: A.BasicTransform, frame: Frame = FRAME) -> dict[str, Interval]:
    found = declare(transform, frame)
    assert found is not None
    return dict(found.effects(frame))


def test_every_exported_transform_has_a_row_and_a_variant():
    assert len(EXPORTED) > 110
    assert declared_names() == EXPORTED - OPAQUE
    assert set(VARIANTS) == EXPORTED - OPAQUE
    assert len(INSTANCES) > 200


@pytest.mark.parametrize("transform", INSTANCES, ids=label)
def test_every_variant_is_declared_in_any_frame(transform):
    for frame in (FRAME, Frame(200, 300, 1), Frame(512, 384, 3, volume=True)):
        found = declare(transform, frame)
        assert found is not None
        assert found.maps.shape[1:] == (3, 3)
        assert np.isfinite(found.maps).all()
        assert found.curves.shape[1:] == LEVELS.shape
        assert found.curves.min() >= 0
        assert found.curves.max() <= 1
        for name, interval in found.effects(frame).items():
            assert interval in EFFECTS[name].anything, name
            assert not math.isnan(interval.low), name
            assert frame.channels > 1 or EFFECTS[name].needs is not Needs.COLOR, name


@pytest.mark.parametrize("name", ["NoOp", "Normalize", "ToFloat", "FromFloat", "ToRGB"])
def test_what_prepares_an_image_is_neutral(name):
    assert said(getattr(A, name)()) == {}
    assert said(A.Resize(100, 200)) == {}
    assert said(A.LongestMaxSize(max_size=100)) == {}


def test_a_subclass_may_do_anything_and_is_not_known():
    class Mine(A.HorizontalFlip):
        pass

    assert declare(Mine(), FRAME) is None


def test_a_transform_that_speaks_for_itself_is_believed():
    class Ours(A.ImageOnlyTransform):
        def declare_effects(self, frame: Frame) -> Generators:
            return Generators.bounds(noise=Interval(0, frame.height / 10_000))

    assert said(Ours()) == {"noise": Interval(0, 0.0256)}


def test_p_is_not_looked_at():
    assert said(A.VerticalFlip(p=0.1)) == said(A.VerticalFlip(p=1))


# -- a stronger setting never declares less ------------------------------------------------------------

STRONGER = [
    ("Rotate", "limit", (2, 10, 45, 90), "rotation"),
    ("Affine", "shear", ((-2, 2), (-10, 10), (-30, 30)), "shear"),
    ("Affine", "scale", ((0.99, 1.01), (0.9, 1.1), (0.5, 2.0)), "scale"),
    ("Affine", "translate_percent", ((-0.01, 0.01), (-0.1, 0.1), (-0.4, 0.4)), "shift"),
    ("Perspective", "scale", ((0.01, 0.02), (0.02, 0.05), (0.05, 0.1), (0.1, 0.3)), "perspective"),
    ("ElasticTransform", "alpha", (1, 30, 200), "local_warp"),
    ("GridDistortion", "distort_limit", (0.05, 0.2, 0.6), "local_warp"),
    ("CropAndPad", "percent", ((-0.01, 0.01), (-0.1, 0.1), (-0.3, 0.3)), "scale"),
    ("CoarseDropout", "hole_height_range", ((0.05, 0.1), (0.05, 0.2), (0.05, 0.9)), "occlusion"),
    ("GridDropout", "ratio", (0.1, 0.3, 0.7), "occlusion"),
    ("PixelDropout", "dropout_prob", (0.001, 0.01, 0.2), "impulse_noise"),
    ("RandomBrightnessContrast", "brightness_limit", (0.05, 0.2, 0.6), "brightness"),
    ("RandomBrightnessContrast", "contrast_limit", (0.05, 0.2, 0.6), "contrast"),
    ("RandomGamma", "gamma_limit", ((95, 105), (80, 120), (50, 200)), "gamma"),
    ("RandomToneCurve", "scale", (0.01, 0.1, 0.3), "tone"),
    ("HueSaturationValue", "hue_shift_limit", (1, 10, 60), "hue"),
    ("ColorJitter", "saturation", ((0.95, 1.05), (0.8, 1.2), (0.2, 1.9)), "saturation"),
    ("RGBShift", "r_shift_limit", (20, 30, 80), "color_cast"),
    ("PlanckianJitter", "temperature_limit", ((6000, 7000), (5000, 9000), (3000, 15000)), "color_cast"),
    ("GaussNoise", "std_range", ((0.01, 0.02), (0.01, 0.1), (0.01, 0.5)), "noise"),
    ("ShotNoise", "scale_range", ((0.001, 0.002), (0.001, 0.02), (0.001, 0.3)), "noise"),
    ("SaltAndPepper", "amount", ((0.01, 0.02), (0.01, 0.06), (0.01, 0.5)), "impulse_noise"),
    ("ImageCompression", "quality_range", ((90, 100), (60, 100), (5, 100)), "compression"),
    ("Downscale", "scale_range", ((0.9, 0.9), (0.5, 0.9), (0.1, 0.9)), "pixelation"),
    ("Posterize", "num_bits", ((7, 7), (4, 7), (1, 7)), "loss_of_levels"),
    ("GaussianBlur", "sigma_limit", ((0.5, 1), (0.5, 3), (0.5, 8)), "blur"),
    ("MotionBlur", "blur_limit", ((3, 3), (3, 9), (3, 25)), "motion_blur"),
    ("Sharpen", "alpha", ((0.1, 0.2), (0.1, 0.5), (0.1, 1.0)), "sharpening"),
    ("ChromaticAberration", "primary_distortion_limit", (0.02, 0.1, 0.5), "chromatic_shift"),
    ("Solarize", "threshold_range", ((0.9, 0.9), (0.5, 0.9), (0.1, 0.9)), "inversion"),
]


@pytest.mark.parametrize(("name", "parameter", "values", "effect"), STRONGER, ids=lambda value: str(value))
def test_a_stronger_setting_declares_a_wider_range(name, parameter, values, effect):
    neutral = EFFECTS[effect].still
    spans = [said(getattr(A, name)(**{parameter: value})).get(effect, neutral) for value in values]
    reach = [max(abs(end - neutral.low) for end in (span.low, span.high)) for span in spans]
    assert reach == sorted(reach)
    assert len(set(reach)) == len(reach)


# -- rows whose numbers can be worked out by hand ------------------------------------------------------


def test_truths_of_crops():
    assert said(A.CenterCrop(128, 64))["field_of_view"] == Interval(0.125, 0.125)
    assert "scale" not in said(A.RandomCrop(128, 128))
    assert said(A.RandomCrop(128, 128))["shift"].high == pytest.approx(0.5)
    zoomed = said(A.RandomResizedCrop((256, 256), scale=(0.25, 0.25), ratio=(1, 1)))
    assert (zoomed["scale"].low, zoomed["scale"].high) == pytest.approx((2, 2))
    assert zoomed["field_of_view"].low == pytest.approx(0.25)
    assert said(A.Pad(padding=128))["outside"] == Interval(0.75, 0.75)


def test_truths_of_holes():
    holes = A.CoarseDropout(num_holes_range=(2, 3), hole_height_range=(0.1, 0.2), hole_width_range=(0.1, 0.1))
    assert (said(holes)["occlusion"].low, said(holes)["occlusion"].high) == pytest.approx((0.01, 0.06))
    in_pixels = A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(64, 64), hole_width_range=(32, 32))
    assert said(in_pixels)["occlusion"].high == pytest.approx(64 * 32 / 256**2)


def test_truths_of_tone_and_color():
    assert said(A.InvertImg())["inversion"].low == pytest.approx(1)
    assert said(A.HueSaturationValue(hue_shift_limit=20))["hue"] == Interval(-40, 40)
    assert said(A.ColorJitter())["hue"] == Interval(-180, 180)
    found = said(A.RandomBrightnessContrast(brightness_limit=0, contrast_limit=(0.2, 0.2)))
    assert found["brightness"].high == pytest.approx(0.1)  # contrast pivots on black and brightens
    assert said(A.ToGray())["loss_of_color"] == Interval(1, 1)


def test_a_short_kernel_cuts_a_wide_blur():
    assert said(A.GaussianBlur(blur_limit=(3, 3), sigma_limit=(3, 3)))["blur"].high < 0.9
    assert said(A.GaussianBlur(blur_limit=0, sigma_limit=(3, 3)))["blur"].high > 3


def test_what_depends_on_the_picture_says_so():
    for name in ("CLAHE", "Equalize", "RandomFog", "ImageCompression"):
        assert declare(getattr(A, name)(), FRAME).content
    for name in ("ElasticTransform", "Perspective", "RandomToneCurve", "FancyPCA"):
        assert declare(getattr(A, name)(), FRAME).tail
    assert not declare(A.Rotate(), FRAME).content


def test_a_cube_is_mirrored_and_tilted_any_way():
    found = said(A.CubicSymmetry(), Frame(64, 64, volume=True))
    for name in ("mirror_left_right", "mirror_anterior_posterior", "mirror_superior_inferior"):
        assert found[name] == Interval(0, 1)
    assert found["tilt"].high == 180
    assert found["rotation"] == Interval(-180, 180)
