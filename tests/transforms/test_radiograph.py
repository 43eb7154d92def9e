"""Radiographs: photons counted, doses thinned, scatter that keeps the mean, grid lines where sampling puts them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.functionals import LEVELS
from domainaug.generators import Frame
from domainaug.pipeline import Pipeline
from domainaug.transforms import Exposure, GridLines, QuantumNoise, Scatter
from domainaug.transforms.detector import exposure_of, share_of

RAW = {"response": "linear", "bright": "exposed"}
SPACING = (0.5, 0.5)


def flat(level, size=256):
    return np.full((size, size), level, np.float32)


def through(transform, image, seed=0, **call):
    return A.Compose([transform], seed=seed)(image=image, **call)["image"]


class TestResponse:
    @pytest.mark.parametrize("response", ["log", "linear"])
    @pytest.mark.parametrize("bright", ["dense", "exposed"])
    def test_there_and_back(self, response, bright):
        how = (response, 2.5, bright)
        assert share_of(exposure_of(LEVELS, *how), *how) == pytest.approx(LEVELS, abs=1e-9)
        slopes = np.diff(exposure_of(LEVELS, *how))
        assert (slopes > 0).all() if bright == "exposed" else (slopes < 0).all()

    def test_decades_are_powers_of_ten(self):
        assert exposure_of(np.array([0.0, 0.5, 1.0]), "log", 4.0, "exposed") == pytest.approx([1e-4, 1e-2, 1.0])
        assert exposure_of(np.array([0.0, 0.25, 1.0]), "linear", 4.0, "dense") == pytest.approx([1.0, 0.75, 0.0])

    def test_beyond_its_ends_a_detector_reads_its_ends(self):
        assert share_of(np.array([-1.0, 0.0, 2.0]), "log", 3.0, "exposed") == pytest.approx([0, 0, 1])
        assert share_of(np.array([-1.0, 2.0]), "linear", 3.0, "dense") == pytest.approx([1, 0])

    def test_values_must_mean_something(self):
        with pytest.raises(ImageError, match="Exposure needs to know what the values mean"):
            Exposure(p=1)(image=np.zeros((4, 4), np.int16))
        with pytest.raises(ValueError, match="Scatter: response: one of log, linear is needed, got 'raw'"):
            Scatter(response="raw")


class TestQuantumNoise:
    @pytest.mark.parametrize("level", [0.05, 0.2, 0.8])
    def test_deviation_goes_with_the_root_of_the_signal(self, level):
        noise = QuantumNoise(2000.0, dqe=0.5, **RAW, p=1)
        out = through(noise, flat(level))
        assert out.mean() == pytest.approx(level, rel=0.005)
        assert out.std() == pytest.approx(np.sqrt(level / 1000), rel=0.02)

    def test_counts_are_poisson_where_there_are_few(self):
        out = through(QuantumNoise(40.0, dqe=0.5, **RAW, p=1), flat(0.2)).astype(float) * 20
        counts = np.rint(out)
        assert np.abs(out - counts).max() < 1e-3
        assert counts.mean() == pytest.approx(4, rel=0.01)
        assert counts.var() == pytest.approx(4, rel=0.03)
        assert stats.skew(counts.ravel()) == pytest.approx(0.5, abs=0.03)
        assert (counts == 0).mean() == pytest.approx(np.exp(-4), rel=0.1)

    @pytest.mark.parametrize("bright", ["dense", "exposed"])
    def test_in_a_logarithm_noise_is_strongest_where_there_is_least_exposure(self, bright):
        noise = QuantumNoise(5e4, dqe=0.6, decades=2.0, bright=bright, p=1)
        levels = (0.3, 0.5, 0.7)
        found = [through(noise, flat(level)).std() for level in levels]
        exposure = exposure_of(np.array(levels), "log", 2.0, bright)
        assert found == pytest.approx(1 / np.sqrt(exposure * 3e4) / (2 * np.log(10)), rel=0.03)

    def test_types_slices_and_gray_in_three_channels(self):
        image = np.full((64, 64, 3), 30000, np.uint16)
        out = through(QuantumNoise(1e4, p=1), image)
        assert out.dtype == np.uint16
        assert np.array_equal(out[..., 0], out[..., 2])
        volume = A.Compose([QuantumNoise(1e4, p=1)], seed=0)(volume=np.full((3, 64, 64), 0.5, np.float32))["volume"]
        assert np.abs(np.corrcoef(volume.reshape(3, -1)) - np.eye(3)).max() < 0.1

    def test_the_pipeline_says_what_values_mean(self):
        out = Pipeline([QuantumNoise(1000.0, 1.0, **RAW, p=1)], seed=0, value_range=(0, 4000))(
            image=np.full((200, 200), 2000, np.int16)
        )["image"]
        assert out.std() == pytest.approx(4000 * np.sqrt(0.5 / 1000), rel=0.03)

    def test_effects_say_how_strong(self):
        frame = Frame()
        did = QuantumNoise(**RAW).drawn_effects({"photons": 1000.0}, frame).effects(frame)
        assert np.sqrt(0.5 / 600) in did["noise"]


class TestExposure:
    @pytest.mark.parametrize("factor", [0.1, 0.5, 0.9])
    def test_a_thinned_picture_is_poisson_again(self, factor):
        photons = 4000.0
        picture = through(QuantumNoise(photons, 1.0, **RAW, p=1), flat(0.5), seed=7)
        out = through(Exposure(factor, photons, **RAW, p=1), picture, seed=8).astype(float)
        assert out.mean() == pytest.approx(0.5 * factor, rel=0.005)
        assert out.var() == pytest.approx(out.mean() / photons, rel=0.03)

    def test_thinned_twice_is_thinned_once_by_the_product(self):
        picture = through(QuantumNoise(4000.0, 1.0, **RAW, p=1), flat(0.5), seed=7)
        half = through(Exposure(0.5, 4000.0, **RAW, p=1), picture, seed=8)
        quarter = through(Exposure(0.5, 4000.0, **RAW, p=1), half, seed=9)
        once = through(Exposure(0.25, 4000.0, **RAW, p=1), picture, seed=10)
        assert quarter.std() == pytest.approx(once.std(), rel=0.02)

    def test_in_a_logarithm_the_level_shifts_by_decades(self):
        clean = through(Exposure(2.0, decades=3.0, bright="dense", p=1), flat(0.5))
        assert clean == pytest.approx(0.5 - np.log10(2) / 3, abs=1e-5)
        less = through(Exposure(0.5, 1e9, decades=3.0, bright="exposed", p=1), flat(0.5))
        assert less.mean() == pytest.approx(0.5 - np.log10(2) / 3, abs=1e-4)

    def test_leveled_only_the_noise_tells(self):
        out = through(Exposure(0.25, 4000.0, leveled=True, **RAW, p=1), flat(0.5)).astype(float)
        assert out.mean() == pytest.approx(0.5, rel=0.003)
        assert out.std() == pytest.approx(np.sqrt(0.5 * 3 / 4000), rel=0.03)
        assert np.array_equal(through(Exposure(3.0, leveled=True, **RAW, p=1), flat(0.5)), flat(0.5))

    def test_more_dose_saturates_the_detector(self):
        assert through(Exposure(4.0, **RAW, p=1), flat(0.5)) == pytest.approx(1.0)

    def test_factors_are_even_in_their_logarithm(self):
        exposure = Exposure((0.25, 4.0))
        drawn = [exposure.draw({})["factor"] for _ in range(4000)]
        assert np.mean(np.array(drawn) < 1) == pytest.approx(0.5, abs=0.03)
        assert min(drawn) >= 0.25
        assert max(drawn) <= 4


class TestScatter:
    def scene(self):
        """Return a field with a step across it and small squares on either side."""
        image = np.full((256, 256), 0.2, np.float32)
        image[:, 128:] = 0.8
        image[60:64, 40:44] = 0.3
        image[60:64, 200:204] = 0.7
        return image

    @pytest.mark.parametrize("fraction", [0.1, 0.5, 0.8])
    def test_the_mean_exposure_stays_and_small_things_lose_contrast_by_the_fraction(self, fraction):
        image = self.scene()
        out = through(Scatter(fraction, 30.0, SPACING, **RAW, p=1), image)
        assert out.mean() == pytest.approx(image.mean(), rel=1e-5)
        for column, contrast in ((42, 0.1), (202, -0.1)):
            found = out[61, column] - (out[61, column - 6] + out[61, column + 6]) / 2
            assert found == pytest.approx(contrast * (1 - fraction), abs=0.002)

    def test_an_even_field_is_left_alone_and_dark_ground_is_filled(self):
        assert through(Scatter(0.6, 20.0, SPACING, **RAW, p=1), flat(0.4)) == pytest.approx(0.4, abs=1e-5)
        image = self.scene()
        out = through(Scatter(0.6, 20.0, SPACING, **RAW, p=1), image)
        assert out[128, 110] > image[128, 110] + 0.05
        assert out[128, 140] < image[128, 140] - 0.05

    def test_the_veil_is_as_wide_as_asked_in_millimeters(self):
        image = np.zeros((257, 257), np.float32)
        image[128, 128] = 1
        out = through(Scatter(0.9, 12.0, (0.5, 1.0), **RAW, p=1), image).astype(float)
        out[128, 128] = out[128, 127]
        rows, columns = out.sum(axis=1), out.sum(axis=0)
        places = np.arange(257) - 128.0
        assert np.sqrt((rows * places**2).sum() / rows.sum()) * 0.5 == pytest.approx(12, rel=0.02)
        assert np.sqrt((columns * places**2).sum() / columns.sum()) == pytest.approx(12, rel=0.02)

    def test_in_a_logarithm_it_works_on_exposure(self):
        shares = np.where(self.scene() > 0.5, np.float32(0.9), np.float32(0.5))
        out = through(Scatter(0.5, 30.0, SPACING, decades=2.0, bright="dense", p=1), shares)
        exposure = [exposure_of(each.astype(float), "log", 2.0, "dense") for each in (shares, out)]
        assert exposure[1].mean() == pytest.approx(exposure[0].mean(), rel=1e-4)
        assert out[128, 250] < 0.9  # behind bone there is little primary, and scatter all the same


class TestGridLines:
    def wave(self, transform, size=400, spacing=0.1):
        out = through(transform, flat(0.5, size), spacing=(spacing, spacing)).astype(float) / 0.5 - 1
        power = np.abs(np.fft.rfft2(out * np.hanning(size)[:, None] * np.hanning(size)))
        at = np.unravel_index(power.argmax(), power.shape)
        frequency = np.fft.fftfreq(size, spacing)[at[0]], np.fft.rfftfreq(size, spacing)[at[1]]
        return out, frequency

    def test_lines_have_the_frequency_of_the_grid_weakened_by_the_pixel(self):
        out, (down, right) = self.wave(GridLines(0.2, 30.0, angle=0.0, **RAW, p=1))
        assert (down, right) == pytest.approx((0, 3.0), abs=0.03)  # 30 lines/cm
        assert np.sqrt(2) * out.std() == pytest.approx(0.2 * np.sinc(0.3), rel=0.02)
        assert abs(out.mean()) < 0.002
        assert np.ptp(out, axis=0).max() < 1e-5  # up and down

    def test_what_pixels_are_too_coarse_for_folds_back(self):
        out, (_, right) = self.wave(GridLines(0.2, 80.0, angle=0.0, **RAW, p=1))
        assert right == pytest.approx(2.0, abs=0.03)  # 8 cycles/mm, sampled at 10
        assert np.sqrt(2) * out.std() == pytest.approx(0.2 * np.sinc(0.8), rel=0.02)

    def test_lines_lean_and_run_across(self):
        _, (down, right) = self.wave(GridLines(0.2, 30.0, angle=0.0, along="rows", **RAW, p=1))
        assert (abs(down), right) == pytest.approx((3.0, 0), abs=0.03)
        transform = GridLines(0.2, 30.0, angle=20.0, spacing=(0.1, 0.1), **RAW)
        params = {"residual": 0.2, "lines": 30.0, "angle": 20.0, "phase": 0.0, "spacing": (0.1, 0.1)}
        made = transform.exposed(flat(0.5, 400), params, 0).astype(float) - 0.5
        power = np.abs(np.fft.rfft2(made))
        at = np.unravel_index(power.argmax(), power.shape)
        turn = np.degrees(np.arctan2(np.fft.fftfreq(400)[at[0]], np.fft.rfftfreq(400)[at[1]]))
        assert turn == pytest.approx(20, abs=0.5)

    def test_in_a_logarithm_lines_are_as_high_in_light_and_dark(self):
        image = np.concatenate([flat(0.3), flat(0.7)])
        out = through(GridLines(0.1, 20.0, spacing=(0.1, 0.1), p=1), image) - image
        assert out[:256].std() == pytest.approx(out[256:].std(), rel=0.02)
