"""What is covered, pasted in, coarsened or packed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A


@pytest.mark.parametrize("level", [0.0, 0.45, 1.0])
@pytest.mark.parametrize("side", [24, 60])
def test_a_hole_is_a_share_of_the_frame(see_picture, level, side):
    def cover(shares):
        shares[40 : 40 + side, 60 : 60 + side] = level
        return shares

    seen = see_picture(cover)
    assert seen.values["occlusion"] == pytest.approx((side / 256) ** 2, rel=0.12)
    assert set(seen.present()) <= {"occlusion"}


def test_content_from_elsewhere_is_foreign(see_picture):
    def paste(shares):
        shares[30:90, 100:170] = shares[150:210, 20:90].copy()
        return shares

    seen = see_picture(paste)
    assert seen.values["foreign_content"] == pytest.approx(60 * 70 / 256**2, rel=0.35)


def test_clipped_levels_are_no_holes(see):
    step = A.RandomBrightnessContrast((0.3, 0.3), (0.3, 0.3), p=1)
    assert "occlusion" not in see(step).present()


@pytest.mark.parametrize("factor", [2, 4])
def test_pixelation_is_the_run_of_equal_neighbors(see, factor):
    pair = {"downscale": cv2.INTER_NEAREST, "upscale": cv2.INTER_NEAREST}
    seen = see(A.Downscale((1 / factor, 1 / factor), interpolation_pair=pair, p=1), masks=False)
    assert seen.values["pixelation"] == pytest.approx(factor, rel=0.12)


def test_stronger_compression_reads_stronger_and_weak_is_invisible(see):
    read = [
        see(A.ImageCompression(quality_range=(quality, quality), p=1)).values["compression"]
        for quality in (95, 70, 50, 20, 10)
    ]
    assert read[0] < 0.1 < read[1]
    assert read == sorted(read)


@pytest.mark.parametrize("later", [A.Blur((5, 5), p=1), A.Rotate((7, 7), p=1)], ids=["blur", "turn"])
def test_later_steps_hide_compression(see, later):
    seen = see(A.ImageCompression(quality_range=(20, 20), p=1), later)
    assert "compression" not in seen.present()


def test_later_noise_hides_lost_levels(see):
    seen = see(A.Posterize(num_bits=4, p=1), A.GaussNoise((0.05, 0.05), p=1))
    assert "loss_of_levels" not in seen.present()


def test_fill_after_a_turn_is_outside_and_not_a_hole(see):
    for masks in (True, False):
        seen = see(A.Rotate((20, 20), p=1), masks=masks)
        assert "occlusion" not in seen.present()
        assert seen.values["outside"] == pytest.approx(0.123, abs=0.01)


def test_noise_is_no_foreign_content(see_picture):
    rng = np.random.default_rng(3)
    seen = see_picture(lambda shares: shares + rng.normal(0, 0.15, shares.shape).astype(np.float32))
    assert not {"foreign_content", "occlusion"} & set(seen.present())
