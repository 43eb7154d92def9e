"""Ghosts, spikes and Gibbs ringing against what the Fourier transform says of them."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.generators import Frame
from domainaug.transforms import Ghosting, GibbsRinging, KSpaceSpike

RNG = np.random.default_rng(6)


class TestGhosting:
    @pytest.mark.parametrize("ghosts", [1, 2, 3, 5])
    @pytest.mark.parametrize("axis", [0, 1])
    def test_copies_lie_evenly_along_the_phase_axis_as_strong_as_asked(self, ghosts, axis):
        point = np.zeros((120, 60) if axis == 0 else (60, 120), np.float32)
        at = [20, 30] if axis == 0 else [30, 20]
        point[tuple(at)] = 1000.0
        out = Ghosting(ghosts, 0.2, ("rows", "columns")[axis], center=0.0, p=1)(image=point)["image"]
        along = out[:, at[1]] if axis == 0 else out[at[0]]
        places = (20 + np.arange(ghosts + 1) * 120 // (ghosts + 1)) % 120
        assert along[places[0]] == pytest.approx(1000, rel=0.01)
        assert np.allclose(along[places[1:]], 200, rtol=0.05)
        out[tuple(np.meshgrid(places, at[1]) if axis == 0 else np.meshgrid(at[0], places))] = 0
        assert out.max() < 12  # the middle line, which was kept, is spread over all

    def test_the_sum_is_kept(self):
        image = (100 + RNG.random((64, 50))).astype(np.float32)  # so bright that nothing turns negative
        ghosting = Ghosting(1, 0.3, "rows", center=0.0, p=1)
        for _ in range(5):
            out = ghosting(image=image)["image"]
            assert np.abs(out - image).max() > 0.05
            assert out.sum(dtype=float) == pytest.approx(image.sum(dtype=float), rel=1e-6)

    def test_the_center_that_is_left_alone_has_no_ghosts(self):
        rows = np.arange(128)[:, None]
        slow = np.repeat(2 + np.cos(2 * np.pi * 6 * rows / 128), 40, axis=1).astype(np.float32)
        assert np.allclose(Ghosting(2, 0.5, "rows", center=0.1, p=1)(image=slow)["image"], slow, atol=1e-5)
        assert not np.allclose(Ghosting(2, 0.5, "rows", center=0.05, p=1)(image=slow)["image"], slow, atol=0.1)

    def test_lines_are_made_stronger_and_weaker_in_turn(self):
        image = RNG.random((45, 30)).astype(np.float32) + 20
        ghosting = Ghosting(2, 0.1, "rows", center=0.0, p=1)
        out = ghosting(image=image)["image"]
        expected = []
        for begin in range(3):
            gains = np.where((np.arange(-22, 23) - begin) % 3 == 0, 1.2, 0.9)
            gains[22] = 1.0
            space = np.fft.fftshift(np.fft.fft2(image), axes=0) * gains[:, None]
            expected.append(np.abs(np.fft.ifft2(np.fft.ifftshift(space, axes=0))))
        assert min(np.abs(out - each).max() for each in expected) < 1e-4

    def test_slices_have_phases_of_their_own_in_2d_and_one_in_3d(self):
        volume = np.repeat((20 + RNG.random((1, 45, 30))).astype(np.float32), 12, axis=0)
        for acquisition, kinds in (("2d", 2), ("3d", 1)):
            out = Ghosting(2, 0.3, "rows", acquisition=acquisition, p=1)(volume=volume)["volume"]
            different = {each.round(2).tobytes() for each in out}
            assert len(different) >= kinds
            assert (len(different) == 1) == (kinds == 1)

    def test_more_intensity_does_more(self):
        image = RNG.random((64, 64)).astype(np.float32)
        errors = [
            np.abs(A.Compose([Ghosting(3, g, "rows", p=1)], seed=1)(image=image)["image"] - image).mean()
            for g in (0.05, 0.1, 0.2, 0.4)
        ]
        assert errors == sorted(errors)

    def test_effects(self):
        frame = Frame()
        ghosting = Ghosting(2, (0.1, 0.25), "rows")
        assert ghosting.declare_effects(frame).effects(frame)["ghosting"].high == 0.25
        did = ghosting.drawn_effects({"intensity": 0.2, "ghosts": 2}, frame).effects(frame)
        assert (did["ghosting"].low, did["ghosting"].high) == (0.2, 0.2)


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
        spike = KSpaceSpike(0.2, acquisition="3d", distance=(0.5, 0.9), p=1)
        for _ in range(4):
            out = spike(volume=volume)["volume"]
            height = 0.2 * volume.mean()
            space = np.abs(np.fft.fftn((out**2 - volume**2 - height**2) / (2 * volume * height))) / volume.size
            assert sorted(space.ravel())[-2:] == pytest.approx([0.5, 0.5], abs=0.01)

    def test_spikes_add_up(self):
        image = np.zeros((64, 64), np.float32)
        image[0, 0] = 4096.0
        out = KSpaceSpike(0.5, spikes=3, p=1)(image=image)["image"]
        assert (out[1:] ** 2).mean() == pytest.approx(3 * 0.25, rel=0.1)

    def test_no_signal_has_no_spike(self):
        assert not KSpaceSpike(0.5, p=1)(image=np.zeros((20, 20), np.uint16))["image"].any()


class TestGibbsRinging:
    def test_edges_overshoot_by_nine_percent_of_their_step(self):
        image = np.full((1024, 8), 100.0, np.float32)
        image[256:768] = 200.0
        out = GibbsRinging(0.05, "rows", p=1)(image=image)["image"][:, 4]
        assert (out.max() - 200) / 100 == pytest.approx(0.0895, abs=0.003)
        assert (100 - out.min()) / 100 == pytest.approx(0.0895, abs=0.003)
        # From the second crest on they lie two pixels of the small matrix apart, 1024 / 51 here.
        right = out[256:512]
        crests = [i for i in range(1, 255) if right[i - 1] < right[i] >= right[i + 1]]
        assert np.diff(crests).mean() == pytest.approx(2 * 1024 / (2 * 25 + 1), rel=0.05)

    @pytest.mark.parametrize(("phase_axis", "cut"), [("both", (True, True)), ("rows", (True, False))])
    @pytest.mark.parametrize("shape", [(60, 64), (45, 33)])
    def test_the_edge_of_k_space_is_gone_and_the_rest_is_kept(self, phase_axis, cut, shape):
        image = (50 + RNG.random(shape)).astype(np.float64)
        out = GibbsRinging(0.5, phase_axis, p=1)(image=image)["image"]
        before, after = np.fft.fft2(image), np.fft.fft2(out)
        beyond = [(np.abs(np.fft.fftfreq(size)) > 0.25) & there for size, there in zip(shape, cut, strict=True)]
        gone = beyond[0][:, None] | beyond[1][None]
        assert np.abs(after[gone]).max() < 0.02
        assert np.allclose(after[~gone], before[~gone], atol=0.02)

    def test_all_of_k_space_is_the_picture(self):
        image = RNG.random((31, 40)).astype(np.float32)
        assert np.allclose(GibbsRinging(1.0, p=1)(image=image)["image"], image, atol=1e-6)

    def test_slices_are_cut_in_3d(self):
        volume = RNG.random((24, 16, 16)).astype(np.float32)
        flat = GibbsRinging(0.5, "rows", p=1)(volume=volume)["volume"]
        deep = GibbsRinging(0.5, "rows", acquisition="3d", p=1)(volume=volume)["volume"]
        rough = [np.abs(np.diff(each, axis=0)).mean() for each in (volume, flat, deep)]
        assert rough[2] < 0.8 * rough[1]
        assert np.allclose(flat[3], GibbsRinging(0.5, "rows", p=1)(image=volume[3])["image"], atol=1e-6)

    def test_less_is_kept_more_is_lost(self):
        image = RNG.random((64, 64)).astype(np.float32)
        lost = [np.abs(GibbsRinging(kept, p=1)(image=image)["image"] - image).mean() for kept in (0.9, 0.6, 0.3, 0.1)]
        assert lost == sorted(lost)

    @pytest.mark.parametrize("kept", [0.0, 1.2])
    def test_a_share_that_is_none_is_told(self, kept):
        with pytest.raises(ValueError, match=r"^GibbsRinging: kept: .* above 0 are needed, got"):
            GibbsRinging(kept)
