"""Transforms that are not albumentations': values as they are, and what they are told."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug._albumentations.leaves import Kind, accepts, kind_of, noise_differs_by_slice, quantizes
from domainaug.errors import ImageError
from domainaug.generators import Generators
from domainaug.pipeline import Pipeline

IMAGE = np.full((16, 16), 40, np.int16)


class AddTenUnits(A.ImageOnlyTransform):
    """Takes values as they are, and looks at what the pipeline knows."""

    def get_params_dependent_on_data(self, params, data):
        return {"range": data["value_range"], "spacing": data["spacing"]}

    def apply(self, img, **params):
        return img + np.int16(10)

    def declare_effects(self, frame):
        return Generators.nothing()


class Narrower(A.Affine):
    """A subclass is handled like what it is derived from."""


class Broken(A.ImageOnlyTransform):
    def apply(self, img, **params):
        raise RuntimeError("first line\nsecond line")


class Elsewhere(A.ImageOnlyTransform):
    value_kind = "pixel"

    def apply(self, img, **params):
        assert img.dtype == np.float32
        return 1 - img


class TestValues:
    def test_are_handed_over_as_they_are_with_range_and_spacing(self):
        pipeline = Pipeline([AddTenUnits(p=1)], value_range=(-1024, 3071))
        out = pipeline(image=IMAGE, spacing=(0.5, 0.7))["image"]
        assert np.unique(out).tolist() == [50]
        assert out.dtype == np.int16
        assert pipeline._log.applied[0].params["range"] == (-1024, 3071)
        assert pipeline._log.applied[0].params["spacing"] == (0.5, 0.7)

    def test_come_back_from_shares_of_the_range_first(self):
        nothing = A.RandomGamma((100, 100), p=1)
        out = Pipeline([nothing, AddTenUnits(p=1), nothing], value_range=(-1024, 3071))(image=IMAGE)["image"]
        assert np.unique(out).tolist() == [50]

    def test_a_class_may_ask_for_shares_of_the_range(self):
        out = Pipeline([Elsewhere(p=1)], value_range=(0, 100))(image=IMAGE)["image"]
        assert np.unique(out).tolist() == [60]

    def test_what_it_raises_becomes_one_sentence(self):
        with pytest.raises(ImageError, match=r"^Broken cannot take image int16 \(16, 16\): first line$"):
            Pipeline([Broken(p=1)])(image=IMAGE)


class TestKinds:
    @pytest.mark.parametrize(
        ("leaf", "kind"),
        [
            (A.HorizontalFlip(), Kind.EXACT),
            (A.Affine(), Kind.RESAMPLING),
            (Narrower(), Kind.RESAMPLING),
            (A.GaussNoise(), Kind.PIXEL),
            (A.CoarseDropout(), Kind.PIXEL),
            (A.Normalize(), Kind.CONVERTING),
            (AddTenUnits(), Kind.NATIVE),
            (Elsewhere(), Kind.PIXEL),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_of_transforms(self, leaf, kind):
        assert kind_of(leaf) is kind

    def test_noise_that_differs_by_slice(self):
        assert noise_differs_by_slice(A.GaussNoise())
        assert not noise_differs_by_slice(A.MultiplicativeNoise(elementwise=False))
        assert not noise_differs_by_slice(A.RGBShift())

    def test_what_goes_through_eight_bits(self):
        assert quantizes(A.CLAHE())
        assert not quantizes(A.GaussianBlur())

    @pytest.mark.parametrize(
        "step",
        [A.CLAHE(p=1), A.MedianBlur(blur_limit=(7, 7), p=1), A.GaussianBlur(p=1), A.RandomGamma(p=1), A.Sharpen(p=1)],
    )
    def test_that_list_against_the_number_of_levels_left(self, step):
        image = np.random.default_rng(0).random((96, 96)).astype(np.float32)
        levels = len(np.unique(Pipeline([step], seed=0)(image=image)["image"]))
        assert (levels <= 256) == quantizes(step)

    def test_what_the_documentation_says_they_take(self):
        assert accepts(A.RandomFog()) == "types uint8, float32, 3 channels"
        assert accepts(AddTenUnits()) == ""
