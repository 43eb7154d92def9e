"""`Ghosting` against k-space whose lines are weighed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.generators import Frame
from domainaug.transforms import Ghosting

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
