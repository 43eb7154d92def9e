"""The gate: good defects pass, each fault has its own code, and thresholds come from real defects."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from domainaug.errors import LabelError, ProfileError, UnknownName
from domainaug.manufacturing import Foreground, Gate, Relight, Site, calibrate, draw_defect, kind, measures_of

sys.path.insert(0, str(Path(__file__).parent))
from plates import PITCH, disc, lit, plate


@pytest.fixture
def site():
    return Site.of(plate(), lit())


@pytest.fixture
def good(site):
    return Relight().draw(kind("stain", diameter_mm=4.0, density=0.4).draw(3, site), site)


def codes(drawn, site, gate=None):
    return set((gate or Gate()).judge(drawn, site).codes)


class TestCodes:
    def test_a_good_one_passes(self, good, site):
        verdict = Gate().judge(good, site)
        assert verdict.accepted
        assert verdict.measures.mask_changed > 0.9
        assert verdict.measures.on_part == 1.0

    def test_one_that_drowns_is_invisible(self, site):
        faint = Relight().draw(kind("stain", diameter_mm=4.0, density=0.002, gloss=0.0).draw(3, site), site)
        assert "invisible" in codes(faint, site)

    def test_one_beside_the_part_is_refused(self, good):
        picture, _ = disc()
        there = Site.of(picture, lit(foreground=Foreground("otsu")))
        drawn = Relight().draw(good.defect.moved((-10, -10)), there)
        assert "off-part" in codes(drawn, there)

    @pytest.mark.parametrize(("name", "sizes"), [("burr", {"height_mm": 1.0, "tone": 1.0}), ("missing", {})])
    def test_one_that_belongs_beside_the_part_is_not(self, name, sizes):
        picture, inside = disc()
        assert not inside[:20].any()
        there = Site.of(picture, lit(foreground=Foreground("otsu")), components=[(15, 60, 40, 100)])
        assert "off-part" not in codes(Relight().draw(kind(name, **sizes).draw(1, there), there), there)

    def test_one_that_marks_nothing_is_empty(self, good, site):
        nothing = replace(good, mask=np.zeros_like(good.mask))
        assert "empty" in codes(nothing, site)

    def test_a_mask_where_nothing_changed_is_told(self, good, site):
        moved = replace(good, mask=np.roll(good.mask, 45, axis=1), box=(0, 0, *site.shape))
        assert {"mask-unchanged", "mask-misses", "outside"} <= codes(moved, site)

    def test_a_mask_of_half_of_it_misses_the_rest(self, good, site):
        columns = np.flatnonzero(good.mask.any(axis=0))
        half = good.mask.copy()
        half[:, int(columns.mean()) :] = False
        quarter = half.copy()
        rows = np.flatnonzero(half.any(axis=1))
        quarter[int(rows.mean()) :] = False
        assert "mask-misses" in codes(replace(good, mask=quarter), site)

    def test_a_pasted_rectangle_has_a_seam(self, site):
        picture = site.picture.copy()
        picture[50:90, 60:110] = np.clip(picture[50:90, 60:110].astype(int) + 40, 0, 255)
        mask = np.zeros(site.shape, bool)
        mask[50:90, 60:110] = True
        soft = Relight(noise=False).draw(kind("discoloration", diameter_mm=4.0, difference=12.0).draw(1, site), site)
        pasted = replace(soft, picture=picture, mask=mask, box=(46, 56, 94, 114))
        assert "seam" in codes(pasted, site)
        assert measures_of(pasted, site).seam > 2 * measures_of(soft, site).seam

    def test_sizes_that_are_none_of_the_class_are_told(self, good, site):
        assert codes(good, site, Gate(length_mm=(10.0, 20.0))) == {"too-small"}
        assert codes(good, site, Gate(area_mm2=(0.1, 2.0))) == {"too-large"}

    def test_a_refusal_has_its_numbers(self, good, site):
        (refusal,) = Gate(length_mm=(10.0, 20.0)).judge(good, site).refusals
        assert refusal.limit == 10.0
        assert refusal.value == measures_of(good, site).length_mm
        assert str(refusal).startswith("too-small: ")


class TestThresholds:
    def test_a_profile_writes_them_down(self):
        gate = Gate.from_mapping({"contrast": 1.5, "length_mm": [1, 9]})
        assert (gate.contrast, gate.length_mm, gate.seam) == (1.5, (1, 9), Gate().seam)

    @pytest.mark.parametrize("wrong", [{"contrast": "high"}, {"length_mm": 3}, {"length_mm": [3, 1]}, {"seam": -1}])
    def test_what_is_no_threshold_is_refused(self, wrong):
        with pytest.raises(ProfileError, match="gate: "):
            Gate.from_mapping(wrong)

    def test_an_unknown_one_gets_the_nearest(self):
        with pytest.raises(UnknownName, match="did you mean 'contrast'"):
            Gate.from_mapping({"contrst": 1})


def real_set(count=16, seed=0):
    """Return plates with dark ellipses of 1 to 3 mm, as real defects, and their masks."""
    random = np.random.default_rng(seed)
    found = []
    for index in range(count):
        mask = np.zeros((160, 200), np.uint8)
        axes = int(random.integers(5, 16)), int(random.integers(5, 16))
        cv2.ellipse(mask, (100, 80), axes, float(random.uniform(0, 180)), 0, 360, 1, -1)
        picture = plate(seed=index).astype(float) - 45 * cv2.GaussianBlur(mask.astype(float), (0, 0), 1.0)
        found.append((np.clip(picture, 0, 255).astype(np.uint8), mask))
    return found


class TestCalibration:
    def test_real_defects_pass_the_gate_they_made(self):
        found = calibrate(real_set(), PITCH)
        assert len(found.seen) == 16
        assert found.refused < 0.15
        distances = [found.gate.real.distance(one) for one in found.seen]
        assert np.mean(np.array(distances) <= found.gate.distance) > 0.85

    def test_drawn_ones_like_them_pass_and_others_do_not(self, site):
        gate = calibrate(real_set(), PITCH).gate
        like = kind("pit", diameter_mm=2.0, cluster=1.0, dark=0.35, elongation=1.1, ragged=0.05)
        drawn = [Relight().draw(like.draw(seed, site), site) for seed in range(12)]
        assert sum(gate.judge(one, site).accepted for one in drawn) >= 8
        other = kind("scratch", length_mm=12.0, width_mm=0.3, fresh=3.5, skips=0.0)
        drawn = [Relight().draw(other.draw(seed, site), site) for seed in range(8)]
        assert sum(gate.judge(one, site).accepted for one in drawn) == 0
        assert any("unlike-real" in gate.judge(one, site).codes for one in drawn)

    def test_sizes_for_kinds_come_along(self):
        sizes = calibrate(real_set(), PITCH).sizes
        assert 0.8 < sizes.length_mm.ends[0] < sizes.length_mm.ends[1] < 4
        assert kind("dent", diameter_mm=sizes.length_mm).diameter_mm is sizes.length_mm

    def test_few_defects_and_other_sizes_are_refused(self):
        with pytest.raises(LabelError, match="3 real defects are too few"):
            calibrate(real_set(3), PITCH)
        picture, mask = real_set(1)[0]
        with pytest.raises(LabelError, match="mask 0 is"):
            calibrate([(picture, mask[:50])], PITCH)


class TestDrawing:
    def test_what_comes_out_was_accepted(self, site):
        outcome = draw_defect(kind("crack", width_mm=0.3), site, 7)
        assert outcome.drawn is not None
        assert outcome.attempts[-1].verdict.accepted

    def test_it_is_given_up_after_so_many_tries_and_tells_why(self, site):
        outcome = draw_defect(kind("stain", density=0.001, gloss=0.0), site, 7, most=3)
        assert outcome.drawn is None
        assert len(outcome.attempts) == 3
        assert all("invisible" in codes for codes in outcome.refused)
        assert len({attempt.seed for attempt in outcome.attempts}) == 3

    def test_the_same_seed_gives_the_same_picture(self, site):
        one, other = (draw_defect(kind("pit"), site, 11).drawn for _ in range(2))
        assert np.array_equal(one.picture, other.picture)
