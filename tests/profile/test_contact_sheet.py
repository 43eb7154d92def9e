"""`profile.preview(image)` is a picture a person can read."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.profile import load_profile
from domainaug.profile.contact_sheet import TILE, happened, lay_out, window_for

RNG = np.random.default_rng(3)
GRADIENT = np.tile(np.linspace(0, 255, 96, dtype=np.uint8), (64, 1))


def preview(image, **more):
    return load_profile("medical/ct-chest").preview(image, **more)


class TestSheet:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
    def test_any_type_of_image_becomes_a_color_picture(self, dtype):
        sheet = preview(GRADIENT.astype(dtype), n=3)
        assert sheet.dtype == np.uint8
        assert sheet.ndim == 3
        assert sheet.shape[2] == 3
        assert sheet.shape[1] > 4 * TILE

    def test_the_original_comes_first(self):
        sheet = preview(GRADIENT, n=2)
        row = sheet[40 + TILE // 4, 12 : 12 + TILE, 0].astype(int)
        assert row[0] < 5
        assert row[-1] > 250
        assert (np.diff(row) >= 0).all()

    def test_the_same_seed_gives_the_same_sheet_and_another_does_not(self):
        first, again, other = preview(GRADIENT, seed=1), preview(GRADIENT, seed=1), preview(GRADIENT, seed=2)
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)

    def test_strength_zero_shows_the_same_picture_everywhere(self):
        sheet = preview(GRADIENT, n=1, strength=0)
        height = round(TILE * 64 / 96)
        top = next(y for y in range(sheet.shape[0]) if sheet[y, 12, 0] < 5 and sheet[y, 12 + TILE - 1, 0] > 240)
        left, right = sheet[top : top + height, 12 : 12 + TILE], sheet[top : top + height, 24 + TILE : 24 + 2 * TILE]
        assert np.array_equal(left, right)

    def test_labels_are_outlined(self):
        mask = np.zeros(GRADIENT.shape, np.uint8)
        mask[20:40, 30:60] = 1
        plain, marked = preview(GRADIENT, n=1, seed=1), preview(GRADIENT, n=1, seed=1, mask=mask)
        colored = (marked.max(axis=2).astype(int) - marked.min(axis=2)) > 60
        assert colored[:, : TILE + 12].sum() > 100
        assert colored[:, TILE + 24 :].sum() > 100
        assert not ((plain.max(axis=2).astype(int) - plain.min(axis=2)) > 60).any()

    def test_the_image_is_not_changed(self):
        before = GRADIENT.copy()
        preview(GRADIENT, n=2)
        assert np.array_equal(before, GRADIENT)

    @pytest.mark.parametrize("shape", [(64,), (4, 64, 64, 3), (0, 5), (8, 8, 7)])
    def test_what_is_no_image_is_refused(self, shape):
        with pytest.raises(ImageError, match="a preview takes one image"):
            preview(np.zeros(shape, np.uint8))

    @pytest.mark.parametrize("given", ["film.png", Path("film.png")])
    def test_a_path_is_no_image(self, given):
        with pytest.raises(ImageError, match=r"needs an array, got .*film\.png.* read the file with PIL or pydicom"):
            preview(given)

    def test_tiles_are_as_wide_as_asked(self):
        assert preview(GRADIENT, n=2, tile=400).shape[1] == 12 + 3 * (400 + 12)
        with pytest.raises(ImageError, match="48 to 4096 pixels wide, got tile=5"):
            preview(GRADIENT, tile=5)

    def test_what_values_mean_can_be_said(self):
        brain, image = load_profile("medical/brain-mri"), GRADIENT.astype(np.int16) * 4
        with pytest.raises(ImageError, match="value_range"):
            brain.preview(image)
        assert brain.preview(image, value_range=(0, 1020)).shape[2] == 3

    def test_no_copies_make_no_sheet(self):
        with pytest.raises(ImageError, match="at least one copy"):
            preview(GRADIENT, n=0)


class TestCaption:
    MANY = MappingProxyType(
        {"rotation": 9.0, "shift": [0.0, 0.1], "scale": 1.3, "blur": 2.0, "noise": 0.1, "mirror_horizontal": 1.0}
    )

    def test_a_mirror_comes_first_and_what_is_left_out_is_counted(self):
        lines = happened({"effects": self.MANY})
        assert lines[0].startswith("mirror horizontal, ")
        assert lines[-1] == "+2 more"
        assert sum(line.count(",") + 1 for line in lines[:-1]) == 4

    def test_no_flag_is_left_out(self):
        flags = ["mirror_horizontal", "mirror_vertical", "permutation", "channel_lost", "channel_order"]
        shown = ", ".join(happened({"effects": dict.fromkeys(flags, 1.0)}))
        assert all(flag.replace("_", " ") in shown for flag in flags)

    def test_the_rest_goes_by_how_far_over_its_threshold_it_is(self):
        assert happened({"effects": {"rotation": 0.6, "scale": 1.3}})[0] == "scale 1.3, rotation 0.6 deg"

    @pytest.mark.parametrize("record", [None, {}, {"effects": {"rotation": 0.0}}])
    def test_nothing_is_left_alone(self, record):
        assert happened(record) == ("left alone",)

    def test_what_is_too_faint_to_count_is_told_where_nothing_else_is(self):
        faint = {"noise": [0.001, 0.0017], "tone": 0.001}
        assert happened({"effects": {}, "faint": faint}) == ("faint: noise 0.17 %",)
        assert happened({"effects": {"rotation": 9.0}, "faint": faint}) == ("rotation 9 deg",)


class TestWindow:
    def test_eight_bits_are_shown_as_they_are(self):
        assert np.array_equal(window_for(GRADIENT)(GRADIENT)[..., 0], GRADIENT)

    def test_padding_does_not_eat_the_range(self):
        image = np.full((100, 100), -1024, np.int16)
        image[30:70, 30:70] = RNG.integers(0, 200, (40, 40))
        window = window_for(image)
        assert 0 <= window.low < 20
        assert 180 < window.high <= 200

    def test_constant_empty_and_nan_pictures_do_not_fail(self):
        assert window_for(np.full((4, 4), 7.0))(np.full((4, 4), 7.0)).max() == 0
        nothing = np.full((4, 4), np.nan)
        assert window_for(nothing)(nothing).max() == 0


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (3, 3), (4, 4), (6, 3), (8, 4), (9, 3), (10, 5)])
def test_tiles_fill_their_rows(count, columns):
    tiles = [np.zeros((TILE, TILE, 3), np.uint8)] * count
    sheet = lay_out(tiles, [("x",)] * count)
    assert sheet.shape[1] == 12 + columns * (TILE + 12)


def test_long_labels_are_cut_at_the_tile():
    tile = np.zeros((40, TILE, 3), np.uint8)
    sheet = lay_out([tile, tile], [("a very long label " * 9,), ("",)], title="title " * 200)
    gap = sheet[60:, 12 + TILE + 1 : 24 + TILE - 1]
    assert (gap > 240).all(), "nothing is written between tiles"
