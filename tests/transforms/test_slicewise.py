"""What works slice by slice: the same in a volume, alone and in whatever type; and a profile narrows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.pipeline import Pipeline
from domainaug.profile import load_profile
from domainaug.transforms import TRANSFORMS

CT = {"KernelNoise": {"std": 8.0}, "LowDose": {}, "Rings": {}, "BeamHardening": {}, "MetalStreaks": {}}
RADIOGRAPH = {"QuantumNoise": {}, "Exposure": {"factor": 0.5}, "Scatter": {}, "GridLines": {}, "Collimation": {}}
NOISY = ("KernelNoise", "LowDose", "QuantumNoise", "Exposure")

Y, X = np.mgrid[:80, :96]
HEAD = np.where(np.hypot(X - 50, 1.2 * (Y - 40)) < 36, 40.0, -1000.0)
HEAD[np.hypot(X - 40, Y - 30) < 5] = 900.0


def made(name, **arguments):
    return TRANSFORMS[name](**{**CT, **RADIOGRAPH}[name], **arguments, p=1.0)


def called(name, seed=5, **data):
    """Return what a pipeline makes of data in HU, or of a radiograph's levels."""
    steps = Pipeline([made(name)], seed=seed, value_range=(-1024, 3071))
    return steps(**data, spacing=(2.0, 0.7, 0.7), key="a")


@pytest.mark.parametrize("name", [*CT, *RADIOGRAPH])
class TestEach:
    def test_slices_of_a_volume_are_pictures_with_noise_of_their_own(self, name):
        out = called(name, volume=np.repeat(HEAD[None].astype(np.float32), 3, axis=0))["volume"]
        alike = np.array_equal(out[0], out[1])
        assert not np.array_equal(out[0], HEAD.astype(np.float32))
        assert alike == (name not in (*NOISY, "MetalStreaks"))

    def test_types_come_back_rounded(self, name):
        fine = called(name, image=HEAD.astype(np.float32))["image"]
        whole = called(name, image=HEAD.astype(np.int16))["image"]
        double = called(name, image=HEAD)["image"]
        assert (whole.dtype, double.dtype) == (np.int16, np.float64)
        assert np.abs(whole - fine).max() <= 0.51
        assert np.allclose(double, fine, atol=1e-2)

    def test_a_gray_picture_in_three_channels_stays_gray(self, name):
        out = called(name, image=np.repeat(HEAD[..., None], 3, axis=2).astype(np.float32))["image"]
        assert np.array_equal(out[..., 0], out[..., 1])
        assert np.array_equal(out[..., 0], out[..., 2])
        assert np.array_equal(out[..., 0], called(name, image=HEAD.astype(np.float32))["image"])

    def test_pictures_beside_each_other_go_by_one_draw(self, name):
        images = np.repeat(HEAD[None].astype(np.float32), 2, axis=0)
        out = A.Compose([made(name)], seed=1)(images=images, value_range=(-1024, 3071), spacing=(0.7, 0.7))["images"]
        assert np.array_equal(out[0], out[1])


@pytest.mark.parametrize(
    ("profile", "step"),
    [
        ("medical/ct-chest", {"KernelNoise": {"std": [5, 200]}}),
        ("medical/ct-chest", {"LowDose": {}}),
        ("medical/ct-chest", {"BeamHardening": {"p": 0.1}}),
        ("medical/ct-chest", {"MetalStreaks": {"p": 0.1}}),
        ("medical/ct-chest", {"Rings": {"gain_error": [0.0, 0.05], "p": 0.1}}),
        ("medical/chest-xray", {"Exposure": {}}),
        ("medical/chest-xray", {"Scatter": {}}),
        ("medical/chest-xray", {"GridLines": {"residual": [0.0, 0.9], "p": 0.1}}),
        ("medical/chest-xray", {"Collimation": {"opening": [0.3, 1.0]}}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_profile_narrows_them_and_does_not_leave_them_out(profile, step):
    pipeline = replace(load_profile(profile), recipe=(step,)).compose(seed=1)
    assert len(pipeline.transforms) == 1
    assert pipeline.narrowed
    assert all("instead of" in sentence for sentence in pipeline.narrowed)
