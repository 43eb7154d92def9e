"""`KSpaceSpike`: one point of k-space is one wave."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.transforms import KSpaceSpike

RNG = np.random.default_rng(6)


class TestKSpaceSpike:
    def test_the_wave_is_as_high_as_asked_everywhere(self):
        image = np.zeros((64, 80), np.float32)
        image[10:20] = 300.0
        out = KSpaceSpike(0.4, p=1)(image=image)["image"]
        height = 0.4 * image.mean()
        assert np.allclose(out[30:], height, rtol=1e-5)  # air: the magnitude of the wave alone
        inside = out[10:20] - 300
        assert -height - 1e-3 <= inside.min() < -0.9 * height
        assert height + 1e-3 >= inside.max() > 0.9 * height

    @pytest.mark.parametrize("shape", [(64, 80), (45, 33)])
    def test_it_is_one_point_of_k_space_relative_to_the_largest(self, shape):
        image = (1000 + RNG.random(shape)).astype(np.float64)
        spike = KSpaceSpike(0.3, distance=(0.2, 0.9), p=1)
        out = spike(image=image)["image"]
        # The complex picture is the one whose magnitude was shown: real part by the law of cosines.
        height = 0.3 * image.mean()
        cosine = (out**2 - image**2 - height**2) / (2 * image * height)
        space = np.abs(np.fft.fft2(cosine)) / cosine.size
        assert sorted(space.ravel())[-2:] == pytest.approx([0.5, 0.5], abs=0.01)
        assert sorted(space.ravel())[-3] < 0.01
        row, column = np.unravel_index(space.argmax(), shape)
        far = 2 * np.hypot(np.fft.fftfreq(shape[0])[row], np.fft.fftfreq(shape[1])[column])
        assert 0.2 - 0.04 <= far <= 0.9 + 0.04

    def test_direction_is_across_the_stripes(self):
        for direction, axis in ((0.0, 1), (90.0, 0)):
            image = np.full((60, 60), 100.0, np.float32)
            out = KSpaceSpike(0.2, direction=direction, distance=0.4, p=1)(image=image)["image"]
            assert out.std(axis=axis).mean() > 5
            assert out.std(axis=1 - axis).max() < 1e-2
        leaning = KSpaceSpike(0.2, direction=30.0, distance=0.4, p=1)(image=image)["image"]
        space = np.abs(np.fft.fft2(leaning - leaning.mean()))
        row, column = np.unravel_index(space.argmax(), space.shape)
        rows, columns = np.fft.fftfreq(60)[[row, column]]
        assert np.degrees(np.arctan2(-rows, columns)) % 180 == pytest.approx(30, abs=4)

    def test_slices_are_hit_in_other_places_and_not_all(self):
        volume = np.full((40, 32, 32), 50.0, np.float32)
        out = KSpaceSpike(0.5, slices=0.5, p=1)(volume=volume)["volume"]
        hit = [index for index in range(40) if not np.array_equal(out[index], volume[index])]
        assert 8 < len(hit) < 32
        assert len({out[index].tobytes() for index in hit}) == len(hit)

    def test_a_volume_measured_as_one_has_one_wave_through_it(self):
        volume = (1000 + RNG.random((16, 24, 20))).astype(np.float64)
        spike = KSpaceSpike(0.2, acquisition="3d", distance=(0.6, 0.9), p=1)
        across = []
        for _ in range(6):
            out = spike(volume=volume)["volume"]
            height = 0.2 * volume.mean()
            space = np.abs(np.fft.fftn((out**2 - volume**2 - height**2) / (2 * volume * height))) / volume.size
            assert sorted(space.ravel())[-2:] == pytest.approx([0.5, 0.5], abs=0.01)
            place = np.unravel_index(space.argmax(), space.shape)
            cycles = [np.fft.fftfreq(size)[index] for size, index in zip(volume.shape, place, strict=True)]
            assert 0.6 - 0.1 <= 2 * np.linalg.norm(cycles) <= 0.9 + 0.1
            across.append(abs(cycles[0]))
        assert max(across) > 0.1

    def test_spikes_add_up(self):
        image = np.zeros((64, 64), np.float32)
        image[0, 0] = 4096.0
        out = KSpaceSpike(0.5, spikes=3, p=1)(image=image)["image"]
        assert (out[1:] ** 2).mean() == pytest.approx(3 * 0.25, rel=0.1)

    def test_no_signal_has_no_spike(self):
        assert not KSpaceSpike(0.5, p=1)(image=np.zeros((20, 20), np.uint16))["image"].any()
