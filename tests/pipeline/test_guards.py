"""What a pipeline refuses, each in one sentence that says what was got and what to do."""

import warnings

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError, LabelError
from domainaug.pipeline import Pipeline
from domainaug.profile.model import Profile, ValueRange

CT = Profile("x/ct", "1.0.0", "CT", (), value_range=ValueRange(-1024, 3071, "HU", -1024))


def hu(**given):
    return Pipeline([A.GaussNoise(p=1)], seed=0, profile=CT, **given)


def test_a_picture_that_is_not_in_the_unit_of_the_profile_is_refused():
    stored = np.linspace(3500, 60000, 64 * 64).reshape(64, 64).astype(np.uint16)
    with pytest.raises(
        ImageError, match=r"image: 100 % of the values lie outside -1024 to 3071 HU, which x/ct expects"
    ):
        hu()(image=stored)
    assert hu(value_range=(0, 65535))(image=stored)["image"].dtype == np.uint16
    assert hu()(image=stored, value_range=(0, 65535))["image"].dtype == np.uint16


def test_a_few_saturated_pixels_are_fine():
    image = np.zeros((64, 64), np.int16)
    image[0, :40] = 8000  # a filling
    pipeline = hu()
    pipeline(image=image)
    assert pipeline.record["clipped"] == 40


def test_padding_around_a_round_field_of_view_is_fine():
    image = np.full((64, 64), -2000, np.int16)
    image[16:48, 16:48] = 40
    assert hu()(image=image)["image"].dtype == np.int16


def test_shares_of_one_mean_nothing_in_hounsfield_units():
    shares = np.random.default_rng(0).random((64, 64), np.float32)
    with pytest.raises(ImageError, match=r"floats within \[0, 1\] are shares and no HU.*pass value_range=\(0, 1\)"):
        hu()(image=shares)
    assert hu()(image=shares, value_range=(0, 1))["image"].max() <= 1
    assert hu()(image=np.zeros((64, 64), np.float32))["image"].shape == (64, 64)  # water everywhere


def test_eight_bits_cannot_hold_hounsfield_units():
    windowed = np.full((64, 64), 200, np.uint8)
    with pytest.raises(ImageError, match="8 bits cannot hold HU"):
        hu()(image=windowed)
    assert hu()(image=windowed, value_range=(0, 255))["image"].dtype == np.uint8


@pytest.mark.parametrize("masks", [{"mask": (30, 40)}, {"masks": [(32, 32), (30, 40)]}])
def test_a_mask_of_another_size_is_refused_with_both_sizes(masks):
    ((name, sizes),) = masks.items()
    value = [np.zeros(size, np.uint8) for size in sizes] if name == "masks" else np.zeros(sizes, np.uint8)
    with pytest.raises(LabelError, match=rf"{name}: .* got 30 x 40 pixels \(rows x columns\) for image of 32 x 32"):
        Pipeline([A.HorizontalFlip(p=1)])(image=np.zeros((32, 32), np.uint8), **{name: value})


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_first_is_refused(channels):
    with pytest.raises(ImageError, match=r"channels come last, \(H, W, C\), got shape .*transpose\(1, 2, 0\)"):
        Pipeline([A.NoOp()])(image=np.zeros((channels, 64, 64), np.uint8))


@pytest.mark.parametrize("shape", [(3, 64, 3), (3, 4, 64), (1, 64), (64, 64, 30)])
def test_flat_pictures_and_many_channels_are_not_taken_for_it(shape):
    assert Pipeline([A.NoOp()])(image=np.zeros(shape, np.uint8))["image"].shape == shape


def test_albumentations_does_not_talk_of_every_gray_picture():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline = Pipeline([A.HueSaturationValue(p=1)], seed=0, bbox_params=A.BboxParams("coco"))
        pipeline(image=np.full((32, 32), 90, np.uint8))


@pytest.mark.parametrize("spacing", [(0, 1), (-1, -1, -1), (np.inf, 1), (np.nan, 1), 1.0, "1,1", (1,), (1, 2, 3, 4)])
def test_spacing_is_millimeters_above_zero(spacing):
    with pytest.raises(ValueError, match=r"spacing: millimeters above 0, \(rows, columns\)"):
        Pipeline([A.HorizontalFlip(p=1)])(image=np.zeros((8, 8), np.uint8), spacing=spacing)
