import numpy as np
import pytest

from domainaug.errors import DomainAugError, ImageError, LabelError, UnknownName
from domainaug.layouts.layout import Sample
from domainaug.manufacturing import KINDS, Foreground, Gate, Part, Site, draw_defect, kind, patches_of
from domainaug.preview.marring import Wish, components_of, pasted, settings_for, site_for, tries_of, usual_place

PITTED = {"diameter_mm": 1.5, "cluster": 1.0}


@pytest.fixture
def gray():
    return np.random.default_rng(0).normal(120, 2, (160, 200)).round().astype(np.uint8)


@pytest.fixture
def site(gray):
    return Site.of(gray, Part(pixel_pitch_mm=0.1))


@pytest.fixture
def half(gray):
    """A part on the right, dark on the left."""
    gray[:, :100] //= 8
    return Site.of(gray, Part(pixel_pitch_mm=0.1, foreground=Foreground("otsu")))


class TestSettings:
    @pytest.mark.parametrize("name", KINDS)
    def test_both_ends_and_the_middle_of_each_are_legal(self, name):
        for one in settings_for(name):
            assert one.low <= one.usual[0] <= one.usual[1] <= one.high, one
            assert one.low <= one.middle <= one.high, one
            for value in (one.low, one.middle, one.high):
                kind(name, **{one.name: value})
            kind(name, **{one.name: (one.low, one.high)})

    @pytest.mark.parametrize("name", ["burr", "discoloration", "pit", "pore", "scratch", "stain"])
    def test_at_both_ends_of_each_something_is_drawn(self, half, name):
        for one in settings_for(name):
            for value in (one.low, one.high):
                (tried,) = tries_of(Wish(name, {one.name: value}, 0, (0.5, 0.7)), half, most=1)
                assert tried.made.picture.shape == half.picture.shape

    def test_sizes_come_first_and_have_their_unit(self):
        found = settings_for("scratch")
        assert [one.title for one in found[:3]] == ["Length, mm", "Width, mm", "Heading, deg"]
        assert [one.main for one in found] == sorted((one.main for one in found), reverse=True)

    def test_a_kind_without_sizes_has_none(self):
        assert settings_for("missing") == ()


class TestTries:
    def test_they_are_those_of_a_run(self, site):
        wish = Wish("dent", {"diameter_mm": 1.2}, seed=5)
        outcome = draw_defect(kind("dent", diameter_mm=1.2), site, 5)
        tried = tries_of(wish, site)
        assert [one.attempt for one in tried] == list(outcome.attempts)
        if outcome.drawn is not None:
            np.testing.assert_array_equal(tried[-1].made.picture, outcome.drawn.picture)

    def test_one_try_shows_what_was_refused(self, site):
        (only,) = tries_of(Wish("stain", {"density": 0.0, "gloss": 0.0}), site, most=1)
        assert only.verdict.codes == ("invisible", "mask-unchanged", "mask-misses")
        assert only.made.picture.shape == site.picture.shape

    @pytest.mark.parametrize("place", [(0.25, 0.7), (0.5, 0.5), (0.8, 0.3)])
    @pytest.mark.parametrize("name", ["pit", "crack", "stain"])
    def test_it_lies_where_it_is_wanted(self, site, name, place):
        (tried,) = tries_of(Wish(name, {}, 3, place), site, most=1)
        rows, columns = np.nonzero(tried.made.defect.mask)
        at = tried.made.defect.at
        middle = at[0] + (rows.min() + rows.max() + 1) / 2, at[1] + (columns.min() + columns.max() + 1) / 2
        assert middle == pytest.approx((place[0] * 160, place[1] * 200), abs=1)

    def test_sizes_are_held(self, site):
        (tried,) = tries_of(Wish("scratch", {"length_mm": 7.0, "heading_deg": 0.0}, 1, (0.5, 0.5)), site, most=1)
        assert tried.drawn["length_mm"] == 7.0
        assert tried.drawn["heading_deg"] == 0.0

    def test_beside_the_part_it_is_drawn_and_refused(self, half):
        (beside,) = tries_of(Wish("pit", PITTED, 0, (0.5, 0.2)), half, most=1)
        (on,) = tries_of(Wish("pit", PITTED, 0, (0.5, 0.75)), half, most=1)
        assert "off-part" in beside.verdict.codes
        assert beside.made.mask.any()
        assert on.verdict.accepted

    def test_the_gate_that_is_given_judges(self, site):
        (tried,) = tries_of(Wish("pit", PITTED), site, Gate(contrast=1000), most=1)
        assert tried.verdict.codes == ("invisible",)

    def test_a_size_that_is_none_and_a_kind_that_is_none_are_told(self, site):
        with pytest.raises(DomainAugError, match="length_mm"):
            tries_of(Wish("scratch", {"length_mm": -1.0}), site)
        with pytest.raises(UnknownName, match="scratch"):
            tries_of(Wish("scrach"), site)

    def test_what_needs_a_component_says_so(self, site):
        with pytest.raises(ImageError, match="component"):
            tries_of(Wish("missing"), site)


class TestSites:
    def test_labels_are_components(self, gray):
        mask = np.zeros(gray.shape, np.uint8)
        mask[10:20, 30:50] = 4
        mask[60:90, 5:15] = 9
        found = site_for(Sample(image=gray, mask=mask), Part(pixel_pitch_mm=0.1))
        assert found.components == ((10, 30, 20, 50), (60, 5, 90, 15))
        (tried,) = tries_of(Wish("missing"), found, most=1)
        assert tried.made.mask.any()

    def test_boxes_are_components(self, gray):
        assert components_of(Sample(image=gray, boxes=np.array([[30.0, 10, 50, 20]]))) == ((10, 30, 20, 50),)

    def test_labels_can_tell_the_part(self, gray):
        part = Part(pixel_pitch_mm=0.1, foreground=Foreground("masks"))
        mask = np.zeros(gray.shape, np.uint8)
        mask[:, 150:] = 1
        assert site_for(Sample(image=gray, mask=mask), part).inside.mean() == 0.25
        with pytest.raises(ImageError, match="nothing marks the part"):
            site_for(Sample(image=gray), part)

    def test_a_volume_is_no_photograph(self):
        with pytest.raises(ImageError, match="photograph"):
            site_for(Sample(volume=np.zeros((2, 4, 4), np.int16)), Part(pixel_pitch_mm=0.1))

    def test_the_usual_place_is_on_the_part_and_far_from_its_edge(self, site, half):
        assert usual_place(site) == (0.5, 0.5)
        down, right = usual_place(half)
        assert half.inside[round(down * 160), round(right * 200)]
        assert 0.6 < right < 0.9


class TestPasting:
    @pytest.fixture
    def patch(self, gray):
        labeled, mask = gray.copy(), np.zeros(gray.shape, np.uint8)
        mask[40:52, 60:75] = 1
        labeled[mask > 0] = 30
        (found,) = patches_of(labeled, mask, Part(pixel_pitch_mm=0.1), kind="hole")
        return found

    def test_it_lies_where_it_is_wanted_and_is_judged(self, patch, site):
        tried = pasted(patch, site, place=(0.75, 0.5))
        rows, columns = np.nonzero(tried.made.mask)
        assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((120, 100), abs=2)
        assert tried.verdict.measures.contrast > 5

    def test_without_a_place_the_seed_chooses_one(self, patch, site):
        first, again, other = (pasted(patch, site, seed=seed).made.box for seed in (0, 0, 1))
        assert first == again != other

    def test_where_there_is_no_room_it_says_so(self, patch, half):
        with pytest.raises(LabelError, match="does not lie on the part whole"):
            pasted(patch, half, place=(0.5, 0.2))
