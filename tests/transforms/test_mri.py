"""What all MR transforms hold to: gray magnitudes, the value of no signal, the phase-encode axis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.pipeline import Pipeline
from domainaug.profile import load_profile
from domainaug.transforms import Ghosting, GibbsRinging, KSpaceSpike, PatientMotion, RicianNoise, ThickSlices

RNG = np.random.default_rng(5)
OFFSET = [
    RicianNoise(std=9.0, zero=-1000.0, p=1),
    PatientMotion(phase_axis="rows", spacing=(1.0, 1.0), zero=-1000.0, p=1),
    Ghosting(phase_axis="rows", zero=-1000.0, p=1),
    KSpaceSpike(zero=-1000.0, p=1),
    GibbsRinging(zero=-1000.0, p=1),
]
EACH = [*OFFSET, ThickSlices(3.0, axis="rows", spacing=(1.0, 1.0), p=1)]


def named(transform):
    return type(transform).__name__


class TestPictures:
    @pytest.mark.parametrize("transform", EACH, ids=named)
    @pytest.mark.parametrize(
        ("name", "shape"), [("image", (8, 9, 3)), ("images", (2, 8, 9, 3)), ("volume", (3, 8, 9, 2))]
    )
    def test_color_is_refused_in_one_sentence(self, transform, name, shape):
        told = rf"^{named(transform)} takes gray pictures, and {name} \(.*\) has {shape[-1]} channels; pass the sequenc"
        with pytest.raises(ImageError, match=told):
            transform(**{name: np.zeros(shape, np.uint8)})

    @pytest.mark.parametrize("transform", EACH, ids=named)
    def test_one_channel_is_gray(self, transform):
        image = RNG.integers(0, 200, (24, 31, 1), np.uint8)
        out = A.Compose([transform], seed=3)(image=image)["image"]
        assert out.shape == image.shape
        assert np.array_equal(out[..., 0], A.Compose([transform], seed=3)(image=image[..., 0])["image"])

    @pytest.mark.parametrize("transform", EACH, ids=named)
    @pytest.mark.parametrize("shape", [(1, 33, 31), (1, 1, 1), (2, 5, 1), (3, 1, 8), (4, 7, 10)])
    @pytest.mark.parametrize("dtype", ["uint16", "int16", "float32", "float64"])
    def test_volumes_of_any_size_and_type(self, transform, shape, dtype):
        volume = RNG.integers(0, 4000, shape).astype(dtype)
        before = volume.copy()
        out = transform(volume=volume)["volume"]
        assert (out.shape, out.dtype) == (volume.shape, volume.dtype)
        assert np.array_equal(volume, before)
        assert np.isfinite(out).all()

    @pytest.mark.parametrize("transform", EACH, ids=named)
    def test_a_picture_is_a_volume_of_one_slice(self, transform):
        image = RNG.integers(0, 4000, (40, 33)).astype(np.float32)
        one = A.Compose([transform], seed=3)(image=image)["image"]
        assert np.array_equal(one, A.Compose([transform], seed=3)(volume=image[None])["volume"][0])

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32"])
    def test_whole_numbers_are_rounded_and_held_within_their_type(self, dtype):
        most = np.iinfo(dtype).max
        image = np.full((40, 40), most, dtype)
        assert RicianNoise(std=most / 10, p=1)(image=image)["image"].min() > most / 3
        ramp = np.arange(100, dtype=dtype).reshape(10, 10)
        assert np.array_equal(GibbsRinging(1.0, p=1)(image=ramp)["image"], ramp)

    @pytest.mark.parametrize("transform", EACH, ids=named)
    def test_values_that_are_not_finite_are_refused(self, transform):
        image = np.ones((8, 8), np.float32)
        image[2, 3] = np.nan
        with pytest.raises(ImageError, match=rf"^{named(transform)} takes finite values"):
            transform(image=image)


class TestMagnitudes:
    @pytest.mark.parametrize("transform", OFFSET, ids=named)
    def test_the_value_of_no_signal_is_where_counting_begins(self, transform):
        image = RNG.uniform(0, 3000, (32, 32)).astype(np.float32)
        arguments = {**transform.get_transform_init_args(), "zero": 0.0, "p": 1}
        at_zero = A.Compose([type(transform)(**arguments)], seed=1)(image=image)["image"]
        below = A.Compose([transform], seed=1)(image=image - 1000)["image"]
        assert np.allclose(at_zero - 1000, below, atol=0.01)
        assert below.min() >= -1000

    @pytest.mark.parametrize("transform", OFFSET, ids=named)
    def test_normalized_values_are_refused(self, transform):
        arguments = {**transform.get_transform_init_args(), "zero": 0.0, "p": 1}
        scores = RNG.normal(size=(32, 32)).astype(np.float32)
        with pytest.raises(
            ImageError, match=rf"^{named(transform)} takes magnitudes, and 4\d% of the values are below"
        ):
            type(transform)(**arguments)(image=scores)

    def test_slabs_take_values_of_any_kind(self):
        assert (
            ThickSlices(3.0, axis="rows", spacing=(1, 1), p=1)(image=np.full((9, 9), -1000, np.int16))["image"].max()
            == -1000
        )


class TestProfiles:
    @pytest.mark.parametrize(
        "step",
        [
            {"RicianNoise": {"std_share": [0.005, 0.1]}},
            {"PatientMotion": {"degrees": 3, "mm": 3, "phase_axis": "either"}},
            {"Ghosting": {"intensity": [0.02, 0.5], "phase_axis": "either"}},
            {"KSpaceSpike": {"amplitude": [0.02, 0.4]}},
            {"GibbsRinging": {"kept": [0.15, 0.9]}},
            {"ThickSlices": {"thickness_mm": [2, 12], "axis": "rows"}},
        ],
        ids=lambda step: next(iter(step)),
    )
    def test_steps_are_narrowed_and_not_left_out(self, step):
        pipeline = replace(load_profile("medical/brain-mri"), recipe=(step,)).compose(seed=1)
        assert len(pipeline.transforms) == 1
        assert pipeline.narrowed
        assert all("instead of" in sentence for sentence in pipeline.narrowed)


class TestPhaseAxis:
    def test_it_is_taken_from_beside_the_picture(self):
        point = np.zeros((60, 60), np.float32)
        point[10, 20] = 100.0
        for compose in (A.Compose, lambda steps: Pipeline(steps, seed=1, value_range=(0, 100))):
            for axis, place in (("rows", (40, 20)), ("columns", (10, 50))):
                out = compose([Ghosting(1, 0.5, center=0.0, p=1)])(image=point, phase_axis=axis)
                assert out["image"][place] > 40
                assert out["phase_axis"] == axis

    @pytest.mark.parametrize("told", [{}, {"phase_axis": None}, {"phase_axis": "COL"}])
    def test_without_it_the_picture_is_refused(self, told):
        image = np.zeros((8, 8), np.uint8)
        for transform in (Ghosting(p=1), PatientMotion(mm=0, p=1), GibbsRinging(phase_axis="auto", p=1)):
            with pytest.raises(ImageError, match=r"has to know the phase-encode axis.*pass 'rows' .*DICOM COL"):
                A.Compose([transform])(image=image, **told)

    def test_either_draws_both(self):
        ghosting = Ghosting(phase_axis="either", p=1)
        drawn = [ghosting.draw({})["phase_axis"] for _ in range(40)]
        assert 8 < drawn.count("rows") < 32

    def test_another_word_is_refused_when_it_is_made(self):
        with pytest.raises(ValueError, match="Ghosting: phase_axis: one of rows, columns, either, auto is needed"):
            Ghosting(phase_axis="ROW")
