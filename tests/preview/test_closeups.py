import numpy as np
import pytest

from domainaug.manufacturing import Part, Site, patches_of
from domainaug.preview.closeups import close_box, closeup_of, patch_picture
from domainaug.preview.marring import Wish, tries_of
from domainaug.preview.windows import Window

SHAPE = (300, 400)


@pytest.fixture
def site():
    gray = np.random.default_rng(0).normal(120, 2, SHAPE).round().astype(np.uint8)
    return Site.of(gray, Part(pixel_pitch_mm=0.1))


def test_a_box_gets_room_and_stays_in_the_picture():
    assert close_box((100, 100, 200, 150), SHAPE) == (55, 30, 245, 220)
    assert close_box((0, 0, 4, 4), SHAPE) == (0, 0, 48, 48)
    assert close_box((290, 390, 300, 400), SHAPE) == (252, 352, 300, 400)
    assert close_box((0, 0, 300, 400), SHAPE) == (0, 0, 300, 400)


def test_what_is_shown_is_the_defect_at_its_place(site):
    (tried,) = tries_of(Wish("pit", {"diameter_mm": 2.0, "cluster": 1.0}, 1, (0.5, 0.25)), site, most=1)
    shown = closeup_of(site.picture, tried.made, Window(0, 255), longest=240)
    top, left, bottom, right = shown.box
    assert top < 150 < bottom
    assert left < 100 < right
    assert shown.after.shape == shown.before.shape == shown.outlined.shape == shown.changed.shape
    middle = tuple(side // 2 for side in shown.after.shape[:2])
    assert shown.after[middle].mean() < shown.before[middle].mean() - 20
    assert shown.changed[middle][2] > shown.changed[middle][0]  # darker is blue
    assert (shown.outlined != shown.after).any()
    assert max(shown.whole.shape[:2]) == 240


def test_small_pictures_are_enlarged_by_whole_pixels(site):
    (tried,) = tries_of(Wish("pit", {"diameter_mm": 0.5, "cluster": 1.0}, 1, (0.5, 0.5)), site, most=1)
    shown = closeup_of(site.picture, tried.made, Window(0, 255), longest=240)
    assert shown.before.shape[0] % (shown.box[2] - shown.box[0]) == 0


def test_a_mask_beyond_the_picture_shows_where_it_would_be(site):
    (tried,) = tries_of(Wish("pit", {"diameter_mm": 0.5, "cluster": 1.0}, 1, (1.5, 1.5)), site, most=1)
    assert not tried.made.mask.any()
    assert closeup_of(site.picture, tried.made, Window(0, 255)).after.size > 0


def test_a_defect_of_a_bank_is_shown_with_its_outline():
    gray = np.full((60, 60), 120, np.uint8)
    mask = np.zeros((60, 60), np.uint8)
    mask[20:30, 20:40] = 1
    gray[mask > 0] = 40
    part = Part(pixel_pitch_mm=0.1)
    (patch,) = patches_of(gray, mask, part)
    shown = patch_picture(patch, part, longest=128)
    assert shown.shape[2] == 3
    assert max(shown.shape[:2]) == 128
    middle = shown[shown.shape[0] // 2, shown.shape[1] // 2]
    assert middle.tolist() == [40, 40, 40]  # light and back
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 3  # ground, defect, outline
