"""`GaussianNoise` and `ColoredNoise`: strength in the unit of the values, grain, and keys."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.generators import Frame
from domainaug.kernels.random import normals
from domainaug.kernels.spectrum import noise_by_spectrum
from domainaug.pipeline import Pipeline
from domainaug.transforms import ColoredNoise, GaussianNoise


class TestGaussianNoise:
    def test_is_the_normal_field_of_its_key(self):
        noise = GaussianNoise(12.0, p=1)
        out = noise(image=np.zeros((30, 40), np.float32))["image"]
        assert np.allclose(out, 12 * normals((30, 40), noise.params["key"]), atol=1e-4)

    @pytest.mark.parametrize("dtype", ["int16", "uint16", "float32", "float64"])
    def test_is_as_strong_as_asked_in_values(self, dtype):
        image = np.full((200, 200), 1000, dtype)
        out = GaussianNoise(20.0, p=1)(image=image)["image"]
        assert out.dtype == image.dtype
        assert out.std() == pytest.approx(20, rel=0.03)
        assert stats.kstest((out.astype(float).ravel() - 1000) / 20, "norm").pvalue > (0.001 if dtype[0] == "f" else 0)

    def test_is_new_in_every_call_slice_and_channel_and_repeats_with_the_seed(self):
        image, volume = np.zeros((50, 50, 3), np.float32), np.zeros((4, 50, 50, 2), np.float32)
        compose = A.Compose([GaussianNoise(1.0, p=1)], seed=4)
        one, two = (compose(image=image)["image"] for _ in range(2))
        stack = compose(volume=volume)["volume"]
        fields = [one[..., 0], one[..., 1], two[..., 0], stack[0, ..., 0], stack[1, ..., 0], stack[0, ..., 1]]
        correlated = np.corrcoef([each.ravel() for each in fields])
        assert np.abs(correlated - np.eye(6)).max() < 0.1
        assert np.array_equal(A.Compose([GaussianNoise(1.0, p=1)], seed=4)(image=image)["image"], one)

    def test_keys_are_64_bits(self):
        noise = GaussianNoise(1.0)
        keys = [noise.draw()["key"] for _ in range(500)]
        assert len(set(keys)) == 500
        assert max(keys) > 2**63
        assert all(isinstance(key, int) and 0 <= key < 2**64 for key in keys)

    def test_unknown_ranges_are_no_hindrance(self):
        out = Pipeline([GaussianNoise(30.0, p=1)], seed=0)(image=np.zeros((64, 64), np.int16))["image"]
        assert out.std() == pytest.approx(30, rel=0.05)

    def test_in_a_pipeline_it_is_in_the_unit_of_the_values_also_after_shares(self):
        steps = [A.RandomGamma((100, 100), p=1), A.GaussianBlur(p=0), GaussianNoise(30.0, p=1)]
        for value_range in ((-1024, 3071), (-500, 500)):
            out = Pipeline(steps, seed=0, value_range=value_range)(image=np.zeros((128, 128), np.int16))["image"]
            assert out.std() == pytest.approx(30, rel=0.05)

    def test_effects(self):
        frame = Frame(low=-1000.0, high=1000.0)
        did = GaussianNoise(1).drawn_effects({"std": 40.0}, frame).effects(frame)
        assert did["noise"].high == pytest.approx(0.02)
        assert GaussianNoise((0, 40)).declare_effects(frame).effects(frame)["noise"].high == pytest.approx(0.02)


def width_of_grain(noise):
    """Return the full width at half maximum, in pixels, of the Gaussian whose grain this is."""
    beside = np.mean(noise[:, 1:] * noise[:, :-1]) / np.mean(noise**2)
    return np.sqrt(-4 * np.log(2) / np.log(beside)) / np.sqrt(2)  # its autocorrelation is wider by the root of 2


class TestColoredNoise:
    @pytest.mark.parametrize("fwhm", [2.0, 3.5, 6.0])
    def test_has_the_strength_and_the_grain_asked_for(self, fwhm):
        out = ColoredNoise(15.0, fwhm_px=fwhm, p=1)(image=np.full((400, 400), 500.0, np.float32))["image"] - 500
        assert out.std() == pytest.approx(15, rel=0.05)
        assert width_of_grain(out) == pytest.approx(fwhm, rel=0.1)

    def test_grain_in_millimeters_follows_the_spacing(self):
        noise = ColoredNoise(15.0, fwhm_mm=2.0, p=1)
        out = noise(image=np.zeros((400, 400), np.float32), spacing=(0.5, 0.5))["image"]
        assert width_of_grain(out) == pytest.approx(4, rel=0.1)
        pipeline = Pipeline([noise], seed=1, value_range=(-1024, 3071))
        out = pipeline(image=np.zeros((400, 400), np.int16), spacing=(1.0, 0.5))["image"].astype(float)
        assert width_of_grain(out) == pytest.approx(4, rel=0.1)
        assert width_of_grain(out.T) == pytest.approx(2, rel=0.1)

    def test_a_spectrum_is_taken_as_it_is(self):
        spectrum = ((0.0, 0.3, 0.5, 0.7), (0.0, 1.0, 0.5, 0.0))
        noise = ColoredNoise(15.0, spectrum=spectrum, spacing=(0.8, 0.8), p=1)
        out = noise(image=np.zeros((64, 96), np.float32))["image"]
        asked = tuple(map(np.array, spectrum))
        assert np.array_equal(out, noise_by_spectrum((64, 96), (0.8, 0.8), asked, noise.params["key"], std=15.0 * 1))

    def test_slices_and_channels_are_independent(self):
        out = ColoredNoise(5.0, fwhm_px=2, p=1)(volume=np.zeros((3, 160, 160, 2), np.float32))["volume"]
        fields = [out[0, ..., 0], out[1, ..., 0], out[2, ..., 0], out[0, ..., 1]]
        assert np.abs(np.corrcoef([each.ravel() for each in fields]) - np.eye(4)).max() < 0.12

    @pytest.mark.parametrize("dtype", ["uint8", "int16", "float64"])
    def test_types_come_back_and_hold_their_ends(self, dtype):
        image = np.full((40, 40), 250, dtype)
        out = ColoredNoise(20.0, fwhm_px=2, p=1)(image=image)["image"]
        assert out.dtype == image.dtype
        assert (out > 220).mean() > 0.8

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({}, "one of fwhm_mm, fwhm_px and spectrum is needed, got none"),
            ({"fwhm_mm": 1, "fwhm_px": 1}, "got fwhm_mm and fwhm_px"),
            ({"fwhm_px": 0}, "fwhm_px: .* above 0 are needed, got 0"),
            ({"spectrum": ((0, 1), (1,))}, "spectrum: two equally long lists"),
            ({"spectrum": ((1, 0), (1, 1))}, "spectrum: two equally long lists"),
            ({"spectrum": ((0, 1), (0, 0))}, "spectrum: two equally long lists"),
            ({"spectrum": "white"}, "spectrum: two equally long lists"),
        ],
    )
    def test_what_is_not_legal_is_told(self, arguments, told):
        with pytest.raises(ValueError, match=f"^ColoredNoise: .*{told}|^ColoredNoise: {told}"):
            ColoredNoise(1.0, **arguments)

    def test_the_spacing_is_asked_for(self):
        with pytest.raises(ImageError, match=r"how many mm a pixel is: pass spacing=.*, or use fwhm_px"):
            ColoredNoise(1.0, fwhm_mm=1.0, p=1)(image=np.zeros((9, 9), np.uint8))
