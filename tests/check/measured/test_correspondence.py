"""Geometry is read to the stated errors, with labels and from the picture alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import Output, make_probe, measure_draw
from domainaug.generators import Frame

BOTH = pytest.mark.parametrize("masks", [True, False], ids=["with labels", "picture alone"])


def affine(**kwargs):
    fixed = {"scale": (1, 1), "rotate": (0, 0), "shear": (0, 0), "translate_percent": (0, 0)} | kwargs
    return A.Affine(p=1, **fixed)


@BOTH
@pytest.mark.parametrize("angle", [-170, -90, -30, -5, -1, 1, 7, 45, 90, 135])
def test_a_turn_is_read_to_a_twentieth_of_a_degree(see, masks, angle):
    seen = see(A.Rotate((angle, angle), p=1), masks=masks)
    assert seen.values["rotation"] == pytest.approx(angle, abs=0.05)
    assert seen.values["scale"] == pytest.approx(1, abs=0.002)
    assert not {"mirror_horizontal", "mirror_vertical", "shear", "shift", "perspective", "local_warp"} & set(
        seen.present()
    )


@BOTH
@pytest.mark.parametrize("factor", [0.7, 0.9, 0.97, 1.03, 1.2, 1.5])
def test_a_zoom_is_read_to_two_thousandths(see, masks, factor):
    seen = see(affine(scale=(factor, factor)), masks=masks)
    assert seen.values["scale"] == pytest.approx(factor, abs=0.003)
    assert seen.values["aspect"] == pytest.approx(1, abs=0.003)
    assert seen.values["field_of_view"] == pytest.approx(min(1, factor**-2), abs=0.012)


@BOTH
def test_a_shift_is_a_share_of_the_frame(see, masks):
    seen = see(affine(translate_percent={"x": (0.1, 0.1), "y": (0.05, 0.05)}), masks=masks)
    assert seen.values["shift"] == pytest.approx(0.1, abs=0.003)
    assert seen.values["outside"] == pytest.approx(1 - 0.9 * 0.95, abs=0.01)


@BOTH
def test_shear_is_the_angle_between_the_axes_and_turns_by_half_of_it(see, masks):
    seen = see(affine(shear={"x": (10, 10), "y": (0, 0)}), masks=masks)
    assert abs(seen.values["shear"]) == pytest.approx(10, abs=0.1)
    assert abs(seen.values["rotation"]) == pytest.approx(5, abs=0.1)


@BOTH
@pytest.mark.parametrize(
    ("transform", "mirror", "turn"),
    [
        (A.HorizontalFlip(p=1), "mirror_horizontal", 0),
        (A.VerticalFlip(p=1), "mirror_vertical", 0),
        (A.Transpose(p=1), "mirror_horizontal", 90),
    ],
    ids=["left-right", "top-bottom", "transpose"],
)
def test_mirrors_are_exact(see, masks, transform, mirror, turn):
    seen = see(transform, masks=masks)
    expected = {mirror: 1.0} | ({"rotation": turn} if turn else {})
    assert seen.present() == pytest.approx(expected)


@BOTH
@pytest.mark.parametrize(
    ("first", "second", "mirror", "turn"),
    [
        (A.Rotate((7, 7), p=1), A.Rotate((5, 5), p=1), None, 12),
        (A.Rotate((7, 7), p=1), A.HorizontalFlip(p=1), "mirror_horizontal", 7),
        (A.HorizontalFlip(p=1), A.Rotate((7, 7), p=1), "mirror_horizontal", 7),
        (A.HorizontalFlip(p=1), A.VerticalFlip(p=1), None, 180),
        (A.HorizontalFlip(p=1), A.Rotate((180, 180), p=1), "mirror_vertical", 0),
    ],
)
def test_turns_and_mirrors_in_a_row_combine(see, masks, first, second, mirror, turn):
    seen = see(first, second, masks=masks)
    assert abs(seen.values["rotation"]) == pytest.approx(turn, abs=0.06)
    for name in ("mirror_horizontal", "mirror_vertical"):
        assert seen.values[name] == (name == mirror)


def test_the_sign_of_a_turn_flips_when_the_mirror_comes_first(see):
    turn, flip = A.Rotate((7, 7), p=1), A.HorizontalFlip(p=1)
    after, before = see(turn, flip), see(flip, turn)
    assert after.values["rotation"] == pytest.approx(-before.values["rotation"], abs=0.05)


@BOTH
def test_zooms_in_a_row_multiply(see, masks):
    seen = see(affine(scale=(0.9, 0.9)), affine(scale=(1.2, 1.2)), masks=masks)
    assert seen.values["scale"] == pytest.approx(1.08, abs=0.003)


@BOTH
@pytest.mark.parametrize(("first_shift", "expected"), [(True, 0.149), (False, 0.098)])
def test_an_earlier_shift_is_zoomed_by_a_later_one(see, masks, first_shift, expected):
    shift, zoom = affine(translate_percent={"x": (0.1, 0.1), "y": (0, 0)}), affine(scale=(1.5, 1.5))
    seen = see(*((shift, zoom) if first_shift else (zoom, shift)), masks=masks)
    assert seen.values["shift"] == pytest.approx(expected, abs=0.004)


@BOTH
def test_an_own_perspective_map_is_told_from_an_affine_one(probe, masks):
    matrix = np.array([[1.02, 0.03, -4.0], [0.01, 0.98, 3.0], [3e-4, -2e-4, 1.0]])
    image = cv2.warpPerspective(probe.image, matrix, (256, 256), flags=cv2.INTER_LINEAR)
    labels = tuple(cv2.warpPerspective(m, matrix, (256, 256), flags=cv2.INTER_NEAREST) for m in probe.masks)
    seen = measure_draw(probe, Output(image, labels if masks else None))
    assert seen.values["perspective"] > 0.01
    assert seen.values.get("local_warp", 0) < 0.004


def test_what_needs_an_exact_map_is_withheld_when_a_warp_is_read_off_the_picture(see):
    seen = see(A.ElasticTransform(alpha=200, sigma=10, p=1), masks=False)
    assert {"local_gain", "foreign_content", "occlusion", "blur"} <= seen.withheld
    assert not seen.withheld & set(seen.values)


@BOTH
def test_a_smooth_warp_is_local_warp_and_no_turn(see, masks):
    seen = see(A.ElasticTransform(alpha=200, sigma=10, p=1), masks=masks)
    assert 0.007 < seen.values["local_warp"] < 0.03
    assert abs(seen.values["rotation"]) < 0.5


def test_shuffled_tiles_are_a_permutation_and_nothing_else_about_place_is_judged(see):
    seen = see(A.RandomGridShuffle(p=1))
    assert seen.values["permutation"] == 1
    assert {"rotation", "scale", "field_of_view"} <= seen.withheld


def test_shuffled_tiles_never_pass_for_a_gentle_motion_without_labels(see):
    seen = see(A.RandomGridShuffle(p=1), masks=False)
    assert seen.unreadable or seen.values.get("permutation") or seen.values["local_warp"] > 0.1


@BOTH
def test_reflected_borders_repeat_the_picture(see, masks):
    step = affine(translate_percent={"x": (0.1, 0.1), "y": (0, 0)}, border_mode=cv2.BORDER_REFLECT_101)
    seen = see(step, masks=masks)
    assert seen.values["duplicated"] == pytest.approx(0.1, abs=0.03)
    assert seen.values.get("outside", 0) < 0.01


@BOTH
def test_a_crop_whose_pixels_keep_their_size_is_no_zoom(see, masks):
    seen = see(A.RandomCrop(200, 200, p=1), masks=masks)
    assert seen.values["scale"] == pytest.approx(1, abs=0.003)
    assert seen.values["field_of_view"] == pytest.approx((200 / 256) ** 2, abs=0.03)


@BOTH
@pytest.mark.parametrize("size", [(192, 320), (320, 192)])
def test_frames_that_are_not_square(masks, size):
    probe = make_probe(Frame(*size, 3))
    done = A.Rotate((10, 10), p=1)(image=probe.image, masks=list(probe.masks))
    seen = measure_draw(probe, Output(done["image"], tuple(done["masks"]) if masks else None))
    assert seen.values["rotation"] == pytest.approx(10, abs=0.05)
    assert seen.values["aspect"] == pytest.approx(1, abs=0.004)


def test_a_turn_smaller_than_a_label_can_show_is_read_off_the_picture():
    # Half a degree moves the ends of a low frame by less than a pixel sideways, which labels round away.
    probe = make_probe(Frame(152, 512, 3))
    done = A.Rotate((0.5, 0.5), p=1)(image=probe.image, masks=list(probe.masks))
    seen = measure_draw(probe, Output(done["image"], tuple(done["masks"])))
    assert seen.values["rotation"] == pytest.approx(0.5, abs=0.04)
    assert abs(seen.values["shear"]) < 0.1
    assert "misregistration" not in seen.present()


def test_a_frame_with_nothing_of_the_picture_left_is_unreadable(probe):
    gone = np.zeros((256, 256), np.float32)
    seen = measure_draw(probe, Output(probe.image, (gone, gone)))
    assert seen.unreadable == "nothing of the picture is left in the frame"
    assert "rotation" in seen.withheld
