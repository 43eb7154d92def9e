"""`ThickSlices`: what slabs average, and what they leave."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.transforms import ThickSlices
from domainaug.transforms.mri_slabs import slab_weights

RNG = np.random.default_rng(4)


def slabs(count=60, profile="box", thickness=5.0, distance=5.0, begin=2.5):
    params = {"thickness": thickness, "distance": distance, "begin": begin}
    return slab_weights(count, params, profile)


class TestWeights:
    def test_slabs_beside_each_other_weigh_every_voxel_alike(self):
        middles, weights = slabs()
        assert np.allclose(middles, np.arange(2, 60, 5))
        assert np.allclose(weights.sum(axis=0), 1 / 5)

    def test_a_box_is_cut_within_voxels(self):
        _, weights = slabs(thickness=2.5, distance=20.0, begin=10.0)
        assert np.allclose(weights[0][8:12] * 2.5, [0.25, 1.0, 1.0, 0.25])
        assert not weights[0][:8].any()

    @pytest.mark.parametrize("frequency", [0.02, 0.05, 0.1, 0.2])
    def test_a_box_leaves_of_a_wave_what_its_sinc_says(self, frequency):
        middles, weights = slabs(count=200, thickness=6.0, begin=60.0, distance=400.0)
        left = weights[0] @ np.exp(2j * np.pi * frequency * np.arange(200))
        expected = np.sinc(6 * frequency) / np.sinc(frequency)  # voxels are means over themselves already
        assert (left * np.exp(-2j * np.pi * frequency * middles[0])).real == pytest.approx(expected, abs=0.02)

    @pytest.mark.parametrize("frequency", [0.02, 0.05, 0.1])
    def test_a_gaussian_leaves_what_its_width_says(self, frequency):
        middles, weights = slabs(count=200, profile="gaussian", thickness=6.0, begin=100.3, distance=400.0)
        left = weights[0] @ np.exp(2j * np.pi * frequency * np.arange(200))
        sigma = 6 / (2 * np.sqrt(2 * np.log(2)))
        expected = np.exp(-2 * (np.pi * sigma * frequency) ** 2)
        assert (left * np.exp(-2j * np.pi * frequency * middles[0])).real == pytest.approx(expected, abs=0.02)

    def test_what_lies_in_a_gap_is_not_seen(self):
        _, weights = slabs(thickness=3.0, distance=6.0, begin=1.5)
        assert not weights[:, [3, 4, 5, 9, 10, 11]].any()


class TestThickSlices:
    @pytest.mark.parametrize("axis", ["slices", "rows", "columns"])
    def test_resolution_is_lost_along_one_axis_alone(self, axis):
        volume = RNG.random((40, 44, 48)).astype(np.float32)
        out = ThickSlices(8.0, axis=axis, p=1)(volume=volume, spacing=(1.0, 1.0, 1.0))["volume"]
        rough = [np.abs(np.diff(out, axis=k)).mean() / np.abs(np.diff(volume, axis=k)).mean() for k in range(3)]
        along = ("slices", "rows", "columns").index(axis)
        assert rough[along] < 0.15
        assert min(rough[:along] + rough[along + 1 :]) > 2 * rough[along]

    @pytest.mark.parametrize("profile", ["box", "gaussian"])
    def test_even_pictures_and_slopes_stay(self, profile):
        thick = ThickSlices((3.0, 9.0), profile=profile, spacing=(1.5, 1.0, 1.0), p=1)
        slope = np.broadcast_to(np.arange(60, dtype=np.float32)[:, None, None], (60, 5, 5))
        for _ in range(10):
            assert np.allclose(thick(volume=np.full((60, 5, 5), 70.0, np.float32))["volume"], 70, atol=1e-4)
            assert np.allclose(thick(volume=slope)["volume"][15:-15], slope[15:-15], atol=0.1)

    def test_values_at_the_middles_are_means_over_slabs(self):
        volume = RNG.random((60, 3, 3)).astype(np.float32)
        thick = ThickSlices(5.0, spacing=(1, 1, 1))
        out = thick.apply_to_volume(volume, thickness=5.0, distance=5.0, begin=2.5)
        assert np.allclose(out[2::5], volume.reshape(12, 5, 3, 3).mean(axis=1), atol=1e-6)
        assert np.allclose(out[4], 0.6 * out[2] + 0.4 * out[7], atol=1e-6)
        assert out[2:58].mean() == pytest.approx(volume.mean(), abs=0.03)

    def test_no_thicker_than_voxels_is_no_change(self):
        volume = RNG.random((9, 4, 4)).astype(np.float32)
        assert np.array_equal(ThickSlices((0.0, 3.0), spacing=(3, 1, 1), p=1)(volume=volume)["volume"], volume)

    def test_slabs_thicker_than_the_volume_are_its_mean(self):
        volume = RNG.random((6, 4, 4)).astype(np.float32)
        out = ThickSlices(500.0, spacing=(3, 1, 1), p=1)(volume=volume)["volume"]
        assert np.allclose(out, volume.mean(axis=0), atol=1e-5)

    def test_thickness_is_in_millimeters(self):
        volume = RNG.random((40, 4, 4)).astype(np.float32)
        once, twice = (
            A.Compose([ThickSlices(mm, p=1)], seed=3)(volume=volume, spacing=(size, 1, 1))["volume"]
            for mm, size in ((4.0, 1.0), (8.0, 2.0))
        )
        assert np.allclose(once, twice, atol=1e-6)

    def test_what_it_needs_is_told(self):
        with pytest.raises(ImageError, match=r"^ThickSlices: a picture has no slices; pass a volume, or axis='rows'"):
            ThickSlices(p=1)(image=np.zeros((9, 9), np.uint8))
        with pytest.raises(ImageError, match=r"^ThickSlices has to know how many mm a voxel is: pass spacing="):
            ThickSlices(p=1)(volume=np.zeros((9, 9, 9), np.uint8))
        with pytest.raises(ValueError, match=r"^ThickSlices: distance: .* above 0 are needed, got 0"):
            ThickSlices(distance=0)
