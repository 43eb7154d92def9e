"""Color is read from colored discs, apart from tone."""

from __future__ import annotations

import pytest

from domainaug._albumentations import A


def jitter(saturation=(1, 1), hue=(0, 0)):
    return A.ColorJitter((1, 1), (1, 1), saturation, hue, p=1)


@pytest.mark.parametrize("limit", [-10, -4, 4, 10, 20])
def test_hue_is_a_turn_of_the_wheel_in_degrees(see, limit):
    # OpenCV counts hue in steps of two degrees.
    seen = see(A.HueSaturationValue((limit, limit), (0, 0), (0, 0), p=1))
    assert seen.values["hue"] == pytest.approx(2 * limit, abs=1)
    assert seen.values["saturation"] == pytest.approx(1, abs=0.04)


@pytest.mark.parametrize("factor", [0.5, 0.7, 1.5])
def test_saturation_is_a_factor(see, factor):
    assert see(jitter(saturation=(factor, factor))).values["saturation"] == pytest.approx(factor, abs=0.03)


def test_two_losses_of_saturation_multiply(see):
    step = A.HueSaturationValue((0, 0), (-40, -40), (0, 0), p=1)
    once, twice = see(step).values["saturation"], see(step, step).values["saturation"]
    assert twice < once < 0.9


def test_a_cast_is_the_spread_between_channels(see):
    seen = see(A.RGBShift((20, 20), (0, 0), (-20, -20), p=1))
    assert seen.values["color_cast"] == pytest.approx(40 / 255, abs=0.01)
    assert set(seen.present()) == {"color_cast"}


def test_gray_has_lost_its_color(see):
    seen = see(A.ToGray(p=1))
    assert seen.values["loss_of_color"] == 1
    assert "hue" not in seen.present()


def test_swapped_channels_are_named(see_picture):
    seen = see_picture(lambda shares: shares[..., ::-1])
    assert seen.present() == {"channel_order": 1.0}


def test_a_blank_channel_is_named(see_picture):
    def blank(shares):
        shares[..., 1] = 0
        return shares

    assert see_picture(blank).values["channel_lost"] == 1


def test_gray_images_have_no_color_effects():
    from domainaug.check.measured import Output, make_probe, measure_draw
    from domainaug.generators import Frame

    probe = make_probe(Frame(256, 256, 1))
    assert "hue" not in measure_draw(probe, Output(probe.image)).values


def test_sepia_mixes_channels(see):
    assert see(A.ToSepia(p=1)).values["channel_mixing"] > 0.12
