"""Every kind of defect: the same from the same seed, sized in mm, and marked where it is."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from domainaug.errors import ImageError, UnknownName
from domainaug.manufacturing import KINDS, Foreground, Part, Site, Uniform, kind, measure, to_values

sys.path.insert(0, str(Path(__file__).parent))
from plates import board, disc, lit, plate, site_for


def drawn(name, seed=3, site=None, **sizes):
    return kind(name, **sizes).draw(seed, site or site_for(name))


@pytest.mark.parametrize("name", KINDS)
class TestEveryKind:
    def test_is_a_function_of_seed_and_site(self, name):
        one, again, other = drawn(name), drawn(name), drawn(name, seed=4)
        for field in ("height_mm", "albedo", "roughness", "coverage", "mask"):
            assert np.array_equal(getattr(one, field), getattr(again, field))
        assert (one.at, one.parameters) == (again.at, again.parameters)
        assert (one.at, one.parameters) != (other.at, other.parameters)

    def test_marks_something_and_only_what_it_covers(self, name):
        for seed in range(8):
            defect = drawn(name, seed=seed)
            assert defect.mask.any()
            assert defect.share()[defect.mask].min() > 0
            assert 0 <= defect.coverage.min() <= defect.coverage.max() <= 1
            assert all(np.isfinite(each).all() for each in (defect.height_mm, defect.albedo, defect.roughness))

    def test_tells_what_it_drew(self, name):
        defect = drawn(name)
        assert defect.kind == name
        assert defect.seed == 3
        assert all(np.isfinite(value) for value in defect.parameters.values())

    def test_leaves_the_picture_alone(self, name):
        site = site_for(name)
        before = site.picture.copy()
        drawn(name, site=site)
        assert np.array_equal(site.picture, before)


def length_of(defect):
    """Return the length in mm of a mask, its pieces together."""
    rows, columns = np.nonzero(defect.mask)
    sides = cv2.minAreaRect(np.stack([columns, rows], axis=1).astype(np.float32))[1]
    return (max(sides) + 1) * defect.pitch_mm


class TestMillimeters:
    @pytest.mark.parametrize("pitch", [0.03, 0.1, 0.25])
    @pytest.mark.parametrize(
        ("name", "sizes", "length"),
        [
            (
                "scratch",
                {
                    "length_mm": 8.0,
                    "width_mm": 0.5,
                    "skips": 0.0,
                    "bend_deg": 0.01,
                    "arc_deg": 0.0,
                    "heading_deg": 20.0,
                },
                8.0,
            ),
            ("dent", {"diameter_mm": 6.0, "elongation": 1.0, "wobble": 0.0}, 6.0),
            ("pit", {"diameter_mm": 3.0, "cluster": 1.0, "elongation": 1.0, "ragged": 0.0}, 3.0),
            ("stain", {"diameter_mm": 6.0, "elongation": 1.0, "ragged": 0.0}, 6.0),
            ("fiber", {"length_mm": 9.0, "width_mm": 0.5, "curl_deg": 0.0}, 9.0),
            ("pore", {"diameter_mm": 3.0, "cluster": 1.0, "elongation": 1.0}, 3.0),
        ],
    )
    def test_a_size_is_the_same_at_every_pitch(self, pitch, name, sizes, length):
        part = replace(site_for(name).part, pixel_pitch_mm=pitch)
        site = Site.of(plate(400, 400), part)
        defect = kind(name, **sizes).draw(1, site)
        assert length_of(defect) == pytest.approx(length, rel=0.17, abs=2.5 * pitch)

    def test_a_thin_scratch_is_as_much_of_a_pixel_as_it_is_wide(self):
        site = Site.of(plate(), Part(pixel_pitch_mm=0.1))
        sizes = {"length_mm": 6.0, "skips": 0.0, "bend_deg": 0.01, "arc_deg": 0.0, "heading_deg": 0.0}
        thin, wide = (kind("scratch", width_mm=width, **sizes).draw(5, site) for width in (0.03, 0.3))
        assert 6 < wide.share().sum() / thin.share().sum() < 14

    def test_sizes_are_drawn_from_what_the_user_says(self):
        site = site_for("dent")
        found = [kind("dent", diameter_mm=Uniform(2.0, 3.0)).draw(seed, site).parameters for seed in range(40)]
        diameters = [one["diameter_mm"] for one in found]
        assert 2 <= min(diameters) < 2.3
        assert 2.7 < max(diameters) <= 3


class TestPlace:
    def test_it_lies_on_the_part(self):
        picture, inside = disc()
        site = Site.of(picture, lit(foreground=Foreground("otsu")))
        for seed in range(20):
            defect = kind("stain", diameter_mm=3.0).draw(seed, site)
            assert site.share_on_part(defect) > 0.9
            row, column = defect.at
            rows, columns = np.nonzero(defect.mask)
            assert inside[rows + row, columns + column].mean() > 0.9

    def test_it_goes_where_real_ones_are(self):
        site = Site.of(plate(), lit(), places=[(0.2, 0.8)])
        middles = []
        for seed in range(20):
            defect = kind("pit", diameter_mm=0.5).draw(seed, site)
            middles.append((defect.at[0] + defect.shape[0] / 2, defect.at[1] + defect.shape[1] / 2))
        assert np.allclose(np.mean(middles, axis=0), (0.2 * 160, 0.8 * 200), atol=6)

    def test_a_burr_grows_out_of_the_part(self):
        inside = disc()[1]
        site = site_for("burr")
        defect = kind("burr", height_mm=0.8, length_mm=6.0).draw(2, site)
        rows, columns = np.nonzero(defect.mask)
        there = inside[rows + defect.at[0], columns + defect.at[1]]
        assert there.mean() < 0.3
        y, x = rows + defect.at[0] - 79.5, columns + defect.at[1] - 79.5
        assert np.hypot(x, y).max() < 55 + 8 + 3


class TestColor:
    def test_a_stain_takes_blue_first(self):
        site = Site.of(np.repeat(plate()[..., None], 3, axis=2), lit())
        defect = kind("stain", density=0.4, tint=(0.5, 1.0, 1.5)).draw(1, site)
        red, green, blue = defect.albedo[defect.mask].mean(axis=0)
        assert red > green > blue

    def test_a_fiber_is_gray_on_ground_of_any_color(self):
        tinted = (plate()[..., None] * np.array([1.4, 0.8, 0.4])).clip(0, 255).astype(np.uint8)
        site = Site.of(tinted, lit())
        defect = kind("fiber", width_mm=0.4, lint=1.0).draw(1, site)
        ground = site.light((0, 0, *site.shape)).mean(axis=(0, 1))
        on_it = ground * defect.albedo[defect.coverage > 0.99].mean(axis=0)
        assert on_it.max() / on_it.min() < 0.4 * ground.max() / ground.min()

    @pytest.mark.parametrize(("hue", "channel"), [(0.0, 0), (180.0, 1), (270.0, 2)])
    def test_a_discoloration_goes_toward_its_hue(self, hue, channel):
        site = Site.of(np.repeat(plate()[..., None], 3, axis=2), lit())
        defect = kind("discoloration", difference=15.0, hue_deg=hue, lighter=0.0).draw(1, site)
        factors = defect.albedo[defect.coverage > 0.5].mean(axis=0)
        assert factors[channel] > 1
        assert factors.argmax() == channel


class TestComponents:
    def test_a_missing_one_looks_like_the_surface_around(self):
        picture, boxes = board()
        site = Site.of(picture, lit(), components=boxes)
        defect = kind("missing").draw(0, site)
        filled = to_values(defect.light, picture, site.part.response, site.value_range)
        assert abs(float(filled.mean()) - 70) < 6
        assert defect.at == boxes[int(defect.parameters["component"])][:2]

    def test_a_misplaced_one_is_marked_where_it_was_and_where_it_is(self):
        site = site_for("misplaced")
        defect = kind("misplaced", shift_mm=1.0, turn_deg=0.0).draw(1, site)
        area = 22 * 30
        assert area < defect.mask.sum() < 2 * area

    def test_a_smear_is_where_ink_was_drawn_along(self):
        defect = kind("print-smear", length_mm=1.5, area_mm=8.0, feed_deg=270.0).draw(0, site_for("print-smear"))
        before = site_for("print-smear").light(defect.box)
        assert float((defect.light - before)[defect.mask].mean()) < -0.05


class TestMistakes:
    def test_a_size_in_mm_needs_the_pitch(self):
        with pytest.raises(ImageError, match="give the part pixel_pitch_mm"):
            Site.of(plate(), Part())

    def test_an_unknown_kind_or_size_gets_the_nearest(self):
        with pytest.raises(UnknownName, match="did you mean 'scratch'"):
            kind("scrach")
        with pytest.raises(UnknownName, match=r"scratch: .*did you mean 'width_mm'"):
            kind("scratch", width=1)

    @pytest.mark.parametrize("wrong", ["wide", (3, 1), -1.0, (0.1, float("nan")), None])
    def test_a_size_that_is_none_is_refused(self, wrong):
        with pytest.raises(ValueError, match=r"diameter_mm|low has to be at most high"):
            kind("dent", diameter_mm=wrong)

    @pytest.mark.parametrize(
        ("name", "told"),
        [("missing", "component is needed"), ("burr", "no edge in the picture"), ("print-smear", "no print")],
    )
    def test_a_site_that_lacks_what_a_kind_needs_says_so(self, name, told):
        with pytest.raises(ImageError, match=told):
            kind(name).draw(0, Site.of(plate(), lit()))


def test_what_is_beside_the_part_is_cut_off():
    defect = drawn("stain")
    half = np.zeros((160, 200), bool)
    half[:, : defect.at[1] + defect.shape[1] // 2] = True
    cut = defect.only_on(half)
    assert 0 < cut.mask.sum() < defect.mask.sum()
    assert (cut.share()[:, defect.shape[1] // 2 :] == 0).all()
    assert measure(cut.mask, 0.1)
