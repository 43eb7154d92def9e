"""Banks: defects cut from photographs, put on parts at their size, only turned as maps the part onto itself."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.errors import LabelError, UnknownName
from domainaug.manufacturing.drawing import accepted
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.pasting.bank import DefectBank
from domainaug.manufacturing.pasting.paste import paste
from domainaug.manufacturing.pasting.patch import patches_of
from domainaug.manufacturing.pasting.synthetic import nsa
from domainaug.manufacturing.site import Site
from domainaug.profile.part import Foreground, Part

PART = Part(pixel_pitch_mm=0.1)


def textured(seed=0, shape=(120, 160), level=110):
    rng = np.random.default_rng(seed)
    return np.clip(level + rng.normal(0, 3, shape), 0, 255).astype(np.uint8)


def labeled(seed=0):
    """A photograph with a dark bar of 30 x 8 pixels and a bright spot of 6 x 6, and its mask."""
    picture, mask = textured(seed), np.zeros((120, 160), np.uint8)
    picture[40:48, 50:80], mask[40:48, 50:80] = 40, 255
    picture[90:96, 120:126], mask[90:96, 120:126] = 220, 255
    return picture, mask


def bank(part=PART, **more):
    return DefectBank.of(patches_of(*labeled(), part, kind="bar"), **more)


class TestCutting:
    def test_every_connected_defect_with_its_margin_and_place(self):
        bar, spot = patches_of(*labeled(), PART, kind="crack", margin_px=5, source="a.png")
        assert (bar.mask.shape, spot.mask.shape) == ((18, 40), (16, 16))
        assert bar.area_mm2 == pytest.approx(30 * 8 * 0.01)
        np.testing.assert_allclose(bar.place, (44 / 120, 65 / 160))
        assert (bar.kind, bar.source) == ("crack", "a.png")
        assert bar.light[bar.mask].mean() < 0.05 < bar.light[~bar.mask].mean()

    def test_specks_and_what_the_edge_cuts_are_left_out(self):
        picture, mask = textured(), np.zeros((120, 160), np.uint8)
        mask[0:9, 20:30] = mask[60:63, 60] = 255
        assert list(patches_of(picture, mask, PART)) == []
        with pytest.raises(LabelError, match="the bank is empty"):
            DefectBank.of([])

    def test_sizes_that_differ_and_no_pitch_are_refused(self):
        picture, mask = labeled()
        with pytest.raises(LabelError, match=r"the picture is \(120, 160\) and its mask \(119, 160\)"):
            next(patches_of(picture, mask[1:], PART))
        with pytest.raises(LabelError, match="give the part pixel_pitch_mm"):
            next(patches_of(picture, mask, Part()))


class TestTurning:
    def test_quarters_move_whole_pixels_and_other_angles_keep_the_area(self):
        bar = bank().patches[0]
        np.testing.assert_array_equal(bar.turned(90).mask, np.rot90(bar.mask))
        np.testing.assert_array_equal(bar.turned(mirrored=True).light, bar.light[:, ::-1])
        for degrees in (17.0, 45.0, 120.0):
            assert bar.turned(degrees).area_mm2 == pytest.approx(bar.area_mm2, rel=0.05)

    @pytest.mark.parametrize("pitch", [0.05, 0.2, 0.33])
    def test_a_defect_keeps_its_size_in_mm_at_another_pitch(self, pitch):
        bar = bank().patches[0]
        found = bar.turned(pitch_mm=pitch)
        assert found.area_mm2 == pytest.approx(bar.area_mm2, rel=0.25 if pitch > 0.3 else 0.1)
        assert found.mask.sum() == pytest.approx(bar.mask.sum() * (0.1 / pitch) ** 2, rel=0.25)

    def test_a_line_thinner_than_a_pixel_stays_one(self):
        picture, mask = textured(), np.zeros((120, 160), np.uint8)
        mask[60, 30:90] = 255
        (line,) = patches_of(picture, mask, PART)
        thin = line.turned(pitch_mm=0.3).mask
        assert thin.any(axis=0).sum() == pytest.approx(20, abs=2)


class TestPasting:
    @pytest.mark.parametrize("blend", ["naive", "feather", "ratio", "poisson", "multiband"])
    def test_the_mask_is_what_really_changed(self, blend):
        site = Site.of(textured(5), PART)
        (bar,) = (one for one in bank().patches if one.mask.sum() > 100)
        found = paste(bar, site, np.random.default_rng(1), blend=blend)
        differs = found.picture != site.picture
        rows, columns = slice(found.box[0], found.box[2]), slice(found.box[1], found.box[3])
        assert not np.delete(np.delete(differs, np.r_[rows], 0), np.r_[columns], 1).any()
        assert found.mask.sum() == pytest.approx(240, rel=0.25)
        assert (found.mask[rows, columns] & bar.mask).sum() > 0.85 * 240
        assert np.abs(found.picture.astype(int) - site.picture)[found.mask].mean() > 10

    def test_it_lies_on_the_part_whole(self):
        picture = np.full((120, 160), 10, np.uint8)
        picture[30:90, 60:120] = textured(2, (60, 60))
        part = Part(pixel_pitch_mm=0.1, foreground=Foreground(by="threshold", threshold=0.2))
        site = Site.of(picture, part)
        for seed in range(20):
            found = bank(prior=None).drawn(site, np.random.default_rng(seed))
            assert site.inside[found.mask].mean() > 0.98

    def test_a_part_that_is_too_small_is_said(self):
        picture = np.full((120, 160), 10, np.uint8)
        picture[50:54, 60:64] = 200
        part = Part(pixel_pitch_mm=0.1, foreground=Foreground(by="threshold", threshold=0.5))
        with pytest.raises(LabelError, match="none of 16 defects of the bank fits on the part whole"):
            bank().drawn(Site.of(picture, part), np.random.default_rng(0))

    def test_it_goes_where_its_like_has_been_seen(self):
        site = Site.of(textured(5), PART)
        middles = []
        for seed in range(60):
            found = bank(prior=0.03).drawn(site, np.random.default_rng(seed))
            middles.append(np.argwhere(found.mask).mean(axis=0) / site.shape)
        near = [min(np.hypot(*(middle - place)) for place in ((0.37, 0.41), (0.78, 0.77))) for middle in middles]
        assert np.quantile(near, 0.95) < 0.1

    def test_the_same_chance_gives_the_same_picture(self):
        site = Site.of(textured(5), PART)
        one, other = (bank().drawn(site, np.random.default_rng(7)) for _ in range(2))
        np.testing.assert_array_equal(one.picture, other.picture)
        assert one.parameters == other.parameters

    def test_color_and_sixteen_bits_and_the_other_way_round(self):
        gray, color = textured(5), np.repeat(textured(6)[..., None], 3, axis=2)
        deep = textured(7).astype(np.uint16) * 257
        for picture in (color, deep, gray.astype(np.float32) / 255):
            found = bank().drawn(Site.of(picture, PART), np.random.default_rng(3))
            assert (found.picture.dtype, found.picture.shape) == (picture.dtype, picture.shape)
            assert (found.picture != picture).any()
        both = np.dstack([labeled()[0]] * 3), labeled()[1]
        of_color = DefectBank.of(patches_of(*both, PART))
        assert of_color.drawn(Site.of(gray, PART), np.random.default_rng(3)).picture.shape == gray.shape


class TestSymmetry:
    def turns(self, **more):
        site = Site.of(textured(5), Part(pixel_pitch_mm=0.1, **more))
        found = [bank().drawn(site, np.random.default_rng(seed)).parameters for seed in range(60)]
        return {one["turned_deg"] for one in found}, {one["mirrored"] for one in found}

    def test_a_part_without_symmetry_is_not_turned_nor_mirrored(self):
        assert self.turns() == ({0.0}, {False})

    def test_a_hexagon_by_sixths(self):
        assert self.turns(symmetry="C6") == ({0.0, 60.0, 120.0, 180.0, 240.0, 300.0}, {False})

    def test_a_texture_anyhow_but_a_brushed_one_keeps_its_grain(self):
        degrees, mirrored = self.turns(symmetry="texture")
        assert (len(degrees) > 20, mirrored) == (True, {False, True})
        assert self.turns(symmetry="texture", grain_deg=0.0)[0] == {0.0, 180.0}

    def test_a_handed_part_is_never_mirrored(self):
        assert self.turns(symmetry="texture", handed=True)[1] == {False}


def test_a_class_that_the_bank_has_not_is_said():
    with pytest.raises(UnknownName, match="bar"):
        bank().drawn(Site.of(textured(), PART), np.random.default_rng(0), kind="baar")
    with pytest.raises(UnknownName, match="ratio"):
        bank().drawn(Site.of(textured(), PART), np.random.default_rng(0), blend="rato")


class TestGate:
    def test_what_is_seen_passes_and_what_is_not_is_refused(self):
        site = Site.of(textured(5), PART)
        outcome = accepted(lambda seed: bank().drawn(site, np.random.default_rng(seed)), site, 3)
        assert outcome.drawn is not None
        assert 0.3 < outcome.attempts[-1].verdict.measures.area_mm2 < 3  # the bar, or the spot
        same = DefectBank.of(patches_of(textured(5), labeled()[1], PART))  # pieces that look as the part does
        outcome = accepted(lambda seed: same.drawn(site, np.random.default_rng(seed)), site, 3)
        assert outcome.drawn is None
        assert len(outcome.attempts) == 8
        assert all("invisible" in attempt.verdict.codes for attempt in outcome.attempts)

    def test_a_seam_is_refused(self):
        rows, columns = np.mgrid[:120, :160]
        smooth = (60 + columns).astype(np.uint8)
        site = Site.of(smooth, PART)
        dark = Site.of((60 + rows).astype(np.uint8), PART)
        codes = {
            blend: {
                code
                for seed in range(8)
                for code in Gate()
                .judge(nsa(site, np.random.default_rng(seed), length_mm=3, width_mm=3, other=dark, blend=blend), site)
                .codes
            }
            for blend in ("naive", "poisson")
        }
        assert "seam" in codes["naive"]
        assert "seam" not in codes["poisson"]
