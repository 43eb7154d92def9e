"""`GibbsRinging`: the overshoot, and what is left of k-space."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.transforms import GibbsRinging

RNG = np.random.default_rng(6)


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
