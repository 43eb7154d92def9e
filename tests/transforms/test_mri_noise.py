"""`RicianNoise` against the distributions of Rayleigh and Rice."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from domainaug._albumentations import A
from domainaug.generators import Frame
from domainaug.transforms import RicianNoise
from domainaug.transforms.mri_noise import rice_moments


class TestRicianNoise:
    def test_air_is_lifted_to_the_mean_of_rayleigh(self):
        out = RicianNoise(std=12.0, p=1)(image=np.zeros((400, 400), np.float32))["image"]
        assert out.mean() == pytest.approx(12 * np.sqrt(np.pi / 2), rel=0.01)
        assert out.std() == pytest.approx(12 * np.sqrt(2 - np.pi / 2), rel=0.01)
        assert stats.kstest(out.ravel()[::7] / 12, "rayleigh").pvalue > 0.001

    @pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0, 5.0, 20.0])
    def test_signal_follows_rice(self, ratio):
        out = RicianNoise(std=10.0, p=1)(image=np.full((300, 300), 10 * ratio, np.float32))["image"]
        rice = stats.rice(ratio, scale=10.0)
        assert out.mean() == pytest.approx(rice.mean(), rel=0.01)
        assert out.std() == pytest.approx(rice.std(), rel=0.02)
        assert stats.kstest(out.ravel()[::7], rice.cdf).pvalue > 0.001

    def test_moments_are_those_of_the_distribution(self):
        mean, deviation = rice_moments(np.array([0.0, 3.0, 50.0, 4000.0]), 2.0)
        expected = [stats.rice(ratio, scale=2.0) for ratio in (0.0, 1.5, 25.0)]
        assert np.allclose(mean[:3], [each.mean() for each in expected])
        assert np.allclose(deviation[:3], [each.std() for each in expected])
        assert np.allclose((mean[3], deviation[3]), (4000, 2), rtol=1e-3)
        assert rice_moments(np.array([3.0]), 0.0) == (3.0, 0.0)

    def test_a_share_is_of_the_percentile_of_the_signal(self):
        volume = np.zeros((4, 200, 200), np.float32)
        volume[2:, :, :] = np.linspace(1, 1000, 200)
        noise = RicianNoise(std_share=0.02, percentile=90, p=1)
        out = noise(volume=volume)["volume"]
        level = np.percentile(volume[volume > 0], 90)
        assert out[:2].mean() == pytest.approx(0.02 * level * np.sqrt(np.pi / 2), rel=0.02)

    def test_a_picture_without_signal_has_no_share_of_it(self):
        assert not RicianNoise(std_share=0.1, p=1)(image=np.zeros((9, 9), np.uint16))["image"].any()

    def test_no_strength_is_no_change(self):
        image = np.random.default_rng(0).uniform(-0.001, 1, (30, 30)).astype(np.float32)
        assert np.array_equal(RicianNoise(std=0.0, p=1)(image=image)["image"], image)

    def test_it_is_new_in_every_slice_and_call(self):
        compose = A.Compose([RicianNoise(std=5.0, p=1)], seed=4)
        volume = np.full((3, 80, 80), 100.0, np.float32)
        fields = [*compose(volume=volume)["volume"], compose(volume=volume)["volume"][0]]
        assert np.abs(np.corrcoef([each.ravel() for each in fields]) - np.eye(4)).max() < 0.06

    def test_one_strength_is_needed(self):
        for arguments, got in (({}, "none"), ({"std": 1.0, "std_share": 0.1}, "both")):
            with pytest.raises(ValueError, match=f"^RicianNoise: one of std and std_share is needed, got {got}$"):
                RicianNoise(**arguments)

    def test_effects(self):
        frame = Frame(low=0.0, high=1000.0)
        did = RicianNoise(std=1.0).drawn_effects({"std": 20.0}, frame)
        assert did.exact
        assert did.effects(frame)["noise"].high == pytest.approx(0.02, rel=0.02)
        did = RicianNoise(std_share=1.0).drawn_effects({"std_share": 0.02}, frame)
        assert not did.exact
        assert did.effects(frame)["noise"].high == pytest.approx(0.02, rel=0.02)
