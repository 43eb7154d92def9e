"""Sizes: drawn as they are said, and learned from masks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import stats

from domainaug.errors import LabelError
from domainaug.manufacturing import Constant, Empirical, LogUniform, Normal, Uniform, learn_sizes, measure
from domainaug.manufacturing.defect import generator
from domainaug.manufacturing.sizes import binary, size_of


def many(size, count=4000):
    random = generator(1, "sizes")
    return np.array([size.draw(random) for _ in range(count)])


class TestDistributions:
    @pytest.mark.parametrize(
        ("size", "reference"),
        [
            (Uniform(2.0, 5.0), stats.uniform(2, 3)),
            (LogUniform(0.1, 10.0), stats.loguniform(0.1, 10)),
            (Normal(1.0, 0.5, 0.6, 3.0), stats.truncnorm(-0.8, 4.0, 1.0, 0.5)),
        ],
    )
    def test_each_is_what_it_is_called(self, size, reference):
        assert stats.kstest(many(size), reference.cdf).pvalue > 0.01
        assert many(size).min() >= size.ends[0]
        assert many(size).max() <= size.ends[1]

    def test_a_constant_is_one(self):
        assert set(many(Constant(3.0), 5)) == {3.0}

    def test_a_list_gives_back_its_own_quantiles(self):
        values = np.random.default_rng(0).gamma(2.0, 1.0, 200)
        drawn = many(Empirical(tuple(values)))
        for share in (0.1, 0.5, 0.9):
            assert np.quantile(drawn, share) == pytest.approx(np.quantile(values, share), rel=0.1)

    @pytest.mark.parametrize(("written", "kind"), [(2, Constant), ((1, 4), LogUniform), ([0, 4], Uniform)])
    def test_numbers_stand_for_distributions(self, written, kind):
        assert isinstance(size_of("length_mm", written), kind)

    @pytest.mark.parametrize(
        "wrong", [lambda: Uniform(3, 1), lambda: LogUniform(0, 1), lambda: Normal(0, -1, 0, 1), lambda: Empirical(())]
    )
    def test_what_is_none_is_refused(self, wrong):
        with pytest.raises(ValueError, match=r"low|deviation|at least one"):
            wrong()


def line(length, width, angle, shape=(300, 300)):
    mask = np.zeros(shape, np.uint8)
    box = cv2.boxPoints(((150, 150), (length, width), -angle))
    cv2.fillPoly(mask, [np.rint(box).astype(np.int32)], 1)
    return mask


class TestLearning:
    @pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 140.0])
    def test_a_line_is_as_long_and_wide_as_it_is(self, angle):
        (found,) = measure(line(120, 8, angle), 0.05)
        assert found.length_mm == pytest.approx(6.0, abs=0.15)
        assert found.width_mm == pytest.approx(0.4, abs=0.1)
        assert abs((found.heading_deg - angle + 90) % 180 - 90) < 2
        assert found.place == pytest.approx((0.5, 0.5), abs=0.01)

    def test_pieces_are_told_apart_largest_first(self):
        mask = line(20, 5, 0)
        mask[10:40, 10:40] = 1
        assert [round(one.area_mm2) for one in measure(mask, 1.0)] == [900, int(mask.sum()) - 900]

    def test_masks_of_a_class_say_its_sizes_and_places(self):
        learned = learn_sizes([line(length, 6, 45) for length in (40, 80, 120)], 0.1)
        assert learned.count == 3
        assert learned.length_mm.ends == pytest.approx((4.1, 12.1), abs=0.3)
        assert len(learned.places) == 3

    def test_a_mask_stored_with_loss_is_cut_at_half(self):
        mask = cv2.GaussianBlur(line(60, 20, 0) * 255, (0, 0), 2)
        assert len(np.unique(mask)) > 8
        assert binary(mask).sum() == pytest.approx(line(60, 20, 0).sum(), rel=0.05)

    def test_labels_of_several_classes_are_all_marked(self):
        mask = np.zeros((10, 10), np.uint8)
        mask[2, 2], mask[5, 5] = 1, 3
        assert binary(mask).sum() == 2

    def test_empty_masks_teach_nothing(self):
        with pytest.raises(LabelError, match="no size to learn"):
            learn_sizes([np.zeros((20, 20), np.uint8)], 0.1)
