"""Thresholds from real defects hold for defects that they were not taken from, and sizes for those drawn with them."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))

from plates import plate

from domainaug.manufacturing import Part, Site, kind, learn_sizes, measure
from domainaug.manufacturing.calibrate import RealDefect, calibration_of, held_out
from domainaug.manufacturing.measures import Measures
from domainaug.manufacturing.sizes import Measured
from domainaug.manufacturing.sources import learned_settings


def real_ones(count, seed):
    """Return defects whose area, elongation and contrast are normal in the logarithm."""
    random = np.random.default_rng(seed)
    found = []
    for area, elongation, contrast, sign in random.normal(0, (0.9, 0.5, 0.5, 0.1), (count, 4)):
        area, elongation = np.exp(area), np.exp(abs(elongation))
        length = float(np.sqrt(area * elongation))
        width, size = area / length, float(np.exp(contrast))
        measures = Measures(1.0, size, 1.0, 0.0, 1.0, 1.0, length, width, area, min(abs(sign) - 1, 1.0))
        found.append(RealDefect(measures, Measured(length, width, area, elongation, 0.0, (0.5, 0.5))))
    return found


class TestThresholds:
    @pytest.mark.parametrize(("count", "most"), [(10, 0.1), (16, 0.09), (60, 0.08), (300, 0.06)])
    def test_about_one_in_twenty_that_they_were_not_taken_from_is_refused(self, count, most):
        unseen = real_ones(300, 99)
        shares = []
        for seed in range(12):
            gate = calibration_of(real_ones(count, seed)).gate
            shares.append(np.mean([bool(gate.refusals(one.measures)) for one in unseen]))
        assert np.mean(shares) <= most
        assert np.mean(shares) >= 0.01, "thresholds that refuse nothing would be none"

    def test_none_that_they_were_taken_from_lies_outside_of_few(self):
        real = real_ones(12, 5)
        gate = calibration_of(real).gate
        assert not any(gate.refusals(one.measures) for one in real)
        assert gate.area_mm2[0] < min(one.measures.area_mm2 for one in real)
        assert gate.area_mm2[1] > max(one.measures.area_mm2 for one in real)

    def test_pictures_are_judged_by_the_thresholds_of_others(self):
        alike = [[one] for one in real_ones(30, 1)]
        refused, judged = held_out(alike)
        assert judged == 30
        assert refused <= 3
        odd = RealDefect(Measures(1.0, 1e-3, 1.0, 0.0, 1.0, 1.0, 900.0, 900.0, 8e5, 1.0), alike[0][0].size)
        assert held_out([*alike, [odd]])[0] >= 1
        assert held_out(alike[:8]) == (0, 0), "seven others are too few"


def ellipse(long, short, heading):
    mask = np.zeros((200, 200), np.uint8)
    cv2.ellipse(mask, ((100.0, 100.0), (float(long), float(short)), -heading), 1, -1)
    return mask


class TestLearnedSizes:
    def test_headings_about_the_horizontal_have_no_gap_that_would_be_bridged(self):
        masks = [ellipse(60, 8, heading) for heading in (174, 177, 3, 6)]
        heading = learn_sizes(masks, 0.1).heading_deg
        drawn = np.array([heading.draw(np.random.default_rng(seed)) for seed in range(200)])
        assert np.abs((drawn + 90) % 180 - 90).max() < 8

    @pytest.mark.parametrize("name", ["pit", "dent"])
    def test_one_that_is_drawn_is_as_large_and_as_long_as_those_learned_from(self, name):
        sizes = learn_sizes([ellipse(24, 12, heading) for heading in range(0, 180, 20)], 0.1)
        settings = learned_settings(name, sizes)
        site = Site(plate(), 0.1, Part(pixel_pitch_mm=0.1))
        drawn = [kind(name, **settings).draw(seed, site) for seed in range(20)]
        whole = [measure(each.mask, 0.1)[0] for each in drawn]
        middle = {one: np.median([getattr(each, one) for each in whole]) for one in ("area_mm2", "length_mm")}
        assert middle["area_mm2"] == pytest.approx(np.median(sizes.area_mm2.values), rel=0.25)
        assert middle["length_mm"] == pytest.approx(2.4, rel=0.15)
