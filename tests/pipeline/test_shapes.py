"""A6 to A8: channels, ranks, NaN and empty pictures; and that nobody's array is written to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug._albumentations import A
from domainaug.errors import DomainAugError, ImageError, LabelError
from domainaug.pipeline import Pipeline

MOVING = [
    A.HorizontalFlip(p=1),
    A.Affine(rotate=(10, 10), p=1),
    A.Perspective(p=1),
    A.Resize(40, 40),
    A.ElasticTransform(p=1),
    A.Pad(padding=3, p=1),
    A.RandomResizedCrop((20, 20), p=1),
]


class TestOneChannel:
    """A6: ten transforms raise on one channel; some return another rank."""

    def test_plain_albumentations_says_nothing_of_what_was_given(self):
        with pytest.raises(Exception, match="expects 3-channel"):
            A.Compose([A.RandomFog(p=1)])(image=np.zeros((32, 32), np.uint8))

    def test_ours_says_who_got_what_and_takes_what(self):
        with pytest.raises(ImageError, match=r"RandomFog cannot take image uint8 \(32, 32\).*it takes .*3 channels"):
            Pipeline([A.RandomFog(p=1)])(image=np.zeros((32, 32), np.uint8))

    @pytest.mark.parametrize("shape", [(32, 32), (32, 32, 1)])
    @pytest.mark.parametrize("step", [*MOVING, A.GaussNoise(p=1), A.CLAHE(p=1), A.MedianBlur(p=1)], ids=repr)
    def test_the_rank_comes_back(self, step, shape):
        out = Pipeline([step])(image=np.full(shape, 90, np.uint8))["image"]
        assert out.ndim == len(shape)
        assert out.shape[2:] == shape[2:]


class TestManyChannels:
    """A7: eighteen transforms raise on five channels, one that only moves pixels among them."""

    DEFORM = A.GridElasticDeform(num_grid_xy=(3, 3), magnitude=2, p=1)

    def test_plain_albumentations_refuses_to_move_them(self):
        with pytest.raises(ValueError, match="only supported for RGB and grayscale"):
            A.Compose([self.DEFORM])(image=np.zeros((32, 32, 5), np.uint8))

    def test_ours_names_the_transform_that_needs_colors(self):
        with pytest.raises(ImageError, match=r"CLAHE cannot take image uint8 \(32, 32, 5\)"):
            Pipeline([A.CLAHE(p=1)])(image=np.zeros((32, 32, 5), np.uint8))

    @pytest.mark.parametrize("channels", [2, 5, 9])
    @pytest.mark.parametrize("step", [*MOVING, DEFORM], ids=repr)
    def test_moving_takes_any_number_and_moves_them_alike(self, step, channels):
        plane = np.random.default_rng(0).integers(0, 255, (32, 32), dtype=np.uint8)
        out = Pipeline([step], seed=1)(image=np.repeat(plane[..., None], channels, axis=2), key="k")["image"]
        alone = Pipeline([step], seed=1)(image=plane, key="k")["image"]
        assert out.shape[2] == channels
        assert all(np.array_equal(out[..., k], out[..., 0]) for k in range(channels))
        assert np.abs(out[..., 0].astype(int) - alone).max() <= 1  # OpenCV rounds a tie by the number of channels


class TestRefused:
    """A8: NaN passes without a word, an empty picture is an OpenCV error."""

    def test_plain_albumentations_lets_nan_pass(self):
        nan = np.full((8, 8), np.nan, np.float32)
        assert np.isnan(A.Compose([A.HorizontalFlip(p=1)])(image=nan)["image"]).all()

    @pytest.mark.parametrize(
        ("image", "words"),
        [
            (np.full((8, 8), np.nan, np.float32), "64 NaN"),
            (np.array([[1.0, np.inf]]), "finite"),
            (np.zeros((0, 0), np.uint8), r"shape \(0, 0\)"),
            (np.zeros((8,), np.uint8), r"shape \(8,\)"),
            (np.zeros((2, 2, 2, 2), np.uint8), "shape"),
            (np.zeros((4, 4), np.complex64), "complex64"),
            (np.array([["a"]]), "integers or floats"),
            ([[1, 2]], "list"),
            ("image.png", "str"),
        ],
    )
    def test_ours_refuses_in_one_sentence(self, image, words):
        with pytest.raises(ImageError, match=words) as caught:
            Pipeline([A.HorizontalFlip(p=1)])(image=image)
        assert "\n" not in str(caught.value)

    def test_a_call_without_a_picture(self):
        with pytest.raises(ImageError, match="needs image="):
            Pipeline([A.NoOp()])(mask=np.zeros((4, 4), np.uint8))

    def test_pictures_of_two_types(self):
        pipeline = Pipeline([A.NoOp()], additional_targets={"other": "image"})
        with pytest.raises(ImageError, match="share a type"):
            pipeline(image=np.zeros((4, 4), np.uint8), other=np.zeros((4, 4), np.float32))

    def test_boxes_without_their_format(self):
        with pytest.raises(LabelError, match="bbox_params"):
            Pipeline([A.HorizontalFlip(p=1)])(image=np.zeros((4, 4), np.uint8), bboxes=[[0, 0, 1, 1]])

    def test_an_array_that_would_stay_behind(self):
        image = np.zeros((4, 4), np.uint8)
        with pytest.raises(LabelError, match=r"depth.*additional_targets"):
            Pipeline([A.HorizontalFlip(p=1)])(image=image, depth=image.copy())
        assert "depth" in Pipeline([A.GaussNoise(p=1)])(image=image, depth=image.copy())

    def test_other_values_pass_through(self):
        out = Pipeline([A.HorizontalFlip(p=1)])(image=np.zeros((4, 4), np.uint8), label=3, name="x")
        assert (out["label"], out["name"]) == (3, "x")

    @settings(max_examples=60)
    @given(
        st.sampled_from([(4, 4), (4, 4, 3), (3, 5, 2), (1, 1), (0, 4), (2, 2, 2, 2), (7,)]),
        st.sampled_from(["uint8", "int16", "uint16", "float32", "float64", "int64", "bool", "complex64", "U1"]),
    )
    def test_no_array_brings_anything_but_our_own_errors(self, shape, dtype):
        pipeline = Pipeline([A.GaussNoise(p=1), A.Affine(rotate=(3, 3), p=1), A.CLAHE(p=1)], seed=0)
        try:
            out = pipeline(image=np.zeros(shape, dtype))["image"]
        except DomainAugError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
        else:
            assert out.dtype == np.dtype(dtype)


def strided(base: np.ndarray, layout: str) -> np.ndarray:
    if layout == "read-only":
        base.flags.writeable = False
        return base
    return {"plain": base, "fortran": np.asfortranarray(base), "mirrored": base[::-1, ::-1]}[layout]


@settings(max_examples=50)
@given(
    st.sampled_from(["uint8", "int16", "uint16", "float32", "float64", ">u2"]),
    st.sampled_from(["plain", "fortran", "mirrored", "read-only"]),
    st.sampled_from([A.HorizontalFlip, A.GaussNoise, A.Affine, A.CoarseDropout, A.RandomGamma, A.NoOp, A.MaskDropout]),
)
def test_what_was_given_is_never_written_to(dtype, layout, make):
    base = (np.random.default_rng(0).random((24, 24)) * 200).astype(dtype)
    image, mask = strided(base, layout), strided((base > 100).astype(np.uint8), layout)
    boxes = np.array([[2.0, 2.0, 20.0, 20.0]])
    before = image.copy(), mask.copy(), boxes.copy()
    out = Pipeline([make(p=1)], seed=0, value_range=(0, 255), bbox_params=A.BboxParams("pascal_voc"))(
        image=image, mask=mask, bboxes=boxes
    )
    assert np.array_equal(image, before[0])
    assert np.array_equal(mask, before[1])
    assert np.array_equal(boxes, before[2])
    for name in ("image", "mask"):
        assert out[name].flags.c_contiguous
        assert out[name].flags.writeable
        assert not np.shares_memory(out[name], {"image": image, "mask": mask}[name])
