"""`ComponentCrop`: what was chosen is whole, the rare and small come as often as the large, and stumps have no name."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError, LabelError
from domainaug.pipeline import Pipeline
from domainaug.transforms import ComponentCrop
from domainaug.transforms.components import Component


def part(*pieces, shape=(200, 300)):
    """A picture that is bright where its mask is: (label, top, left, bottom, right)."""
    mask = np.zeros(shape, np.uint8)
    for label, top, left, bottom, right in pieces:
        mask[top:bottom, left:right] = label
    return {"image": mask * 20, "mask": mask}


def crops(data, times=200, seed=1, **arguments):
    pipeline = Pipeline([ComponentCrop(**arguments)], seed=seed)
    outs = []
    for _ in range(times):
        out = pipeline(**data)
        outs.append({**out, "drawn": pipeline.record["steps"][0]["params"]})
    return outs


class TestWhole:
    @pytest.mark.parametrize("corner", [(2, 2), (2, 280), (185, 3), (180, 285), (90, 140)])
    def test_a_component_is_whole_with_its_margin_as_far_as_the_picture_reaches(self, corner):
        top, left = corner
        data = part((5, top, left, top + 12, left + 10))
        for out in crops(data, size=(48, 64), margin=9):
            assert out["mask"].shape == (48, 64)
            assert (out["mask"] == 5).sum() == 120
            np.testing.assert_array_equal(out["image"], out["mask"] * 20)
            rows, columns = np.nonzero(out["mask"])
            for first, last, size, begin, end, have in (
                (rows.min(), rows.max() + 1, 48, top, top + 12, 200),
                (columns.min(), columns.max() + 1, 64, left, left + 10, 300),
            ):
                assert first >= min(9, begin)
                assert size - last >= min(9, have - end)

    def test_places_differ_and_the_record_says_what_was_kept(self):
        outs = crops(part((5, 90, 100, 100, 110)), size=40)
        assert len({tuple(np.argwhere(out["mask"])[0]) for out in outs}) > 50
        assert outs[0]["drawn"]["kept"] == {"label": 5, "box": [90, 100, 100, 110], "share": 1.0}

    def test_a_picture_that_is_smaller_than_the_piece_is_padded(self):
        data = part((5, 10, 10, 20, 20), shape=(30, 50))
        for out in crops(data, times=20, size=(64, 64), margin=3):
            assert (out["mask"] == 5).sum() == 100

    def test_the_common_crop_loses_what_this_one_keeps(self):
        mask = np.zeros((512, 512), np.uint8)
        cv2.line(mask, (220, 250), (270, 280), 1, 1)
        data = {"image": mask * 200, "mask": mask}
        plain = A.Compose([A.RandomCrop(256, 256)], seed=3)
        lost = np.mean([plain(**data)["mask"].sum() < mask.sum() for _ in range(200)])
        ours = np.mean([out["mask"].sum() < mask.sum() for out in crops(data, size=256)])
        assert (lost > 0.15, ours) == (True, 0.0)


class TestChoosing:
    DATA = part((1, 0, 0, 190, 210), (2, 90, 240, 94, 244), (2, 20, 250, 24, 254))

    def shares(self, **arguments):
        found = Counter()
        for out in crops(self.DATA, times=400, size=64, larger="tile", others="keep", **arguments):
            found[out["drawn"]["kept"]["label"]] += 1
        return found[2] / 400

    def test_a_rare_small_defect_beside_a_large_one_comes_as_often_as_is_asked_for(self):
        assert self.shares(choose="class") == pytest.approx(1 / 2, abs=0.08)
        assert self.shares(choose="component") == pytest.approx(2 / 3, abs=0.08)
        assert self.shares(choose="area") < 0.02

    def test_choosing_among_pixels_as_albumentations_does_never_finds_it(self):
        plain = A.Compose([A.CropNonEmptyMaskIfExists(64, 64)], seed=1)
        found = sum((plain(**self.DATA)["mask"] == 2).any() for _ in range(200))
        assert found / 200 < 0.1

    def test_nothing_marked_takes_a_piece_anywhere_or_refuses(self):
        outs = crops(part(), times=20, size=(40, 50))
        assert {out["image"].shape for out in outs} == {(40, 50)}
        with pytest.raises(LabelError, match="no mask or box of the call marks anything"):
            crops(part(), times=1, size=40, empty="refuse")


class TestLarger:
    DATA = part((3, 40, 30, 160, 270))

    def test_is_scaled_down_whole(self):
        for out in crops(self.DATA, times=10, size=(64, 64), margin=10):
            mask = out["mask"] == 3
            assert out["mask"].shape == (64, 64)
            scale = 64 / 260
            assert mask.sum() == pytest.approx(120 * 240 * scale**2, rel=0.05)
            assert not mask[:, 0].any()
            assert not mask[:, -1].any()

    def test_or_a_piece_of_it_fills_the_crop(self):
        for out in crops(self.DATA, times=50, size=(64, 64), larger="tile"):
            assert (out["mask"] == 3).all()

    def test_or_is_refused(self):
        with pytest.raises(LabelError, match="a component is 240 x 120 pixels, and with its margin does not fit into"):
            crops(self.DATA, times=1, size=64, larger="refuse")


class TestOthers:
    DATA = part((1, 95, 100, 105, 110), (2, 60, 115, 140, 290))

    def test_stumps_get_the_label_that_is_ignored_and_larger_rests_keep_theirs(self):
        stumps = 0
        for out in crops(self.DATA, size=40, ignore_label=9, least=0.3):
            params = out["drawn"]
            if params["kept"]["label"] == 1:
                assert not (out["mask"] == 2).any()
                stumps += (out["mask"] == 9).any()
            seen = out["image"] == 40
            np.testing.assert_array_equal(seen, (out["mask"] == 2) | (out["mask"] == 9))
        assert stumps > 20

    def test_or_keep_their_name_or_are_refused(self):
        kept = crops(self.DATA, size=60, others="keep")
        assert not any((out["mask"] == 255).any() for out in kept)
        assert any((out["mask"] == 2).any() for out in kept)
        with pytest.raises(LabelError, match=r"components of \[2\] would be left as stumps in every place"):
            crops(part((1, 95, 100, 105, 110), (2, 90, 112, 110, 290)), size=40, others="refuse", margin=6)

    def test_or_become_background(self):
        outs = crops(self.DATA, size=40, others="drop", least=0.3)
        alone = [out for out in outs if out["drawn"]["kept"]["label"] == 1]
        assert len(alone) > 50
        assert {tuple(np.unique(out["mask"])) for out in alone} == {(0, 1)}

    def test_of_two_places_the_one_that_cuts_less_is_taken(self):
        data = part((1, 95, 100, 105, 110), (2, 95, 120, 105, 130))
        cut = [out["drawn"]["cut"] for out in crops(data, size=40, margin=2)]
        assert cut == [[]] * len(cut)

    def test_several_masks_and_plain_albumentations(self):
        data = part((1, 95, 100, 105, 110))
        both = {"image": data["image"], "masks": [data["mask"], np.roll(data["mask"], 5, axis=1)]}
        out = A.Compose([ComponentCrop(40)], seed=1)(**both)
        assert [mask.shape for mask in out["masks"]] == [(40, 40)] * 2


BOXED = A.BboxParams("pascal_voc", label_fields=["names"])


class TestBoxes:
    """What is said of components holds for boxes where a call has no masks, and boxes follow masks where it has."""

    IMAGE = part((1, 95, 100, 105, 110), (2, 60, 115, 140, 290))["image"]
    BOXES = ((100, 95, 110, 105), (115, 60, 290, 140))
    NAMES = ("pit", "stain")

    def outs(self, cls=Pipeline, times=60, boxes=BOXES, names=NAMES, **arguments):
        compose = cls([ComponentCrop(**arguments)], bbox_params=BOXED, seed=3)
        for _ in range(times):
            out = compose(image=self.IMAGE, bboxes=[list(box) for box in boxes], names=list(names))
            yield dict(zip(out["names"], np.array(out["bboxes"]).tolist(), strict=True)), out["image"]

    @pytest.mark.parametrize("cls", [Pipeline, A.Compose])
    @pytest.mark.parametrize("others", ["keep", "ignore", "drop"])
    def test_each_class_is_kept_as_often_and_lies_where_the_picture_shows_it(self, cls, others):
        kept = Counter()
        for named, image in self.outs(cls, size=40, larger="tile", others=others):
            kept.update(list(named))
            if "pit" in named:
                left, top, right, bottom = np.round(named["pit"]).astype(int)
                assert (image[top:bottom, left:right] == 20).sum() == (image == 20).sum()
        assert kept["pit"] > 15
        assert kept["stain"] > 15

    def test_what_is_chosen_is_whole(self):
        pit = list(self.outs(boxes=self.BOXES[:1], names=["pit"], size=40, margin=8))
        for named, _ in pit:
            left, top, right, bottom = named["pit"]
            assert (right - left, bottom - top) == pytest.approx((10, 10), abs=1e-3)
            assert min(left, top, 40 - right, 40 - bottom) >= 8 - 1e-3

    def test_stumps_are_dropped_kept_or_refused(self):
        beside = [(100, 95, 110, 105), (112, 90, 290, 110)]
        cut = list(self.outs(boxes=beside, size=40, margin=6, larger="tile", others="keep"))
        assert any(set(named) == {"pit", "stain"} for named, _ in cut)
        dropped = list(self.outs(boxes=beside, size=40, margin=6, larger="tile", others="drop"))
        assert {tuple(named) for named, _ in dropped} == {("pit",), ("stain",)}
        with pytest.raises(LabelError, match="would be left as stumps in every place"):
            list(self.outs(boxes=beside, size=40, margin=6, larger="tile", others="refuse"))

    def test_the_record_names_the_boxes_that_went(self):
        pipeline = Pipeline([ComponentCrop(40, others="drop", choose="component")], bbox_params=BOXED, seed=1)
        for _ in range(20):
            out = pipeline(image=self.IMAGE, bboxes=[list(box) for box in self.BOXES], names=list(self.NAMES))
            gone = [at for at, name in enumerate(self.NAMES) if name not in out["names"]]
            assert pipeline.record["labels"]["vanished"].get("bboxes", []) == gone

    @pytest.mark.parametrize("others", ["ignore", "drop"])
    def test_instances_go_with_their_boxes(self, others):
        masks = [np.zeros((200, 300), np.uint8) for _ in self.BOXES]
        for mask, (left, top, right, bottom) in zip(masks, self.BOXES, strict=True):
            mask[top:bottom, left:right] = 1
        pipeline = Pipeline([ComponentCrop(40, others=others, larger="tile")], bbox_params=BOXED, seed=1)
        seen = Counter()
        for _ in range(60):
            out = pipeline(image=self.IMAGE, masks=masks, bboxes=[list(b) for b in self.BOXES], names=list(self.NAMES))
            seen.update(out["names"])
            assert len(out["masks"]) == len(out["bboxes"]) == len(out["names"]) >= 1
            for mask, (left, top, right, bottom) in zip(out["masks"], out["bboxes"], strict=True):
                rows, columns = np.nonzero(mask)
                assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == pytest.approx(
                    (left, top, right, bottom), abs=1e-3
                )
        assert seen["pit"] > 15


@pytest.mark.parametrize(
    "arguments",
    [
        {"size": 0},
        {"size": (3,)},
        {"size": 2.5},
        {"size": 9, "margin": -1},
        {"size": 9, "margin": (1, 2)},
        {"size": 9, "choose": "x"},
        {"size": 9, "least": 2},
        {"size": 9, "ignore_label": -1},
    ],
)
def test_what_is_none_is_refused(arguments):
    with pytest.raises(ValueError, match="ComponentCrop"):
        ComponentCrop(**arguments)


def test_volumes_are_told_what_to_take_instead():
    with pytest.raises(ImageError, match="use CropMm with position='labels' for volumes"):
        ComponentCrop(8)(volume=np.zeros((4, 20, 20), np.uint8))


def test_the_share_of_a_component_in_a_window_counts_the_centers_inside():
    rng = np.random.default_rng(0)
    for number in range(2000):
        (top, left), (height, width) = rng.integers(0, 20, 2), rng.integers(1, 9, 2)
        pixels = rng.random((height, width)) < 0.6
        pixels[0, 0] = True
        corners = rng.uniform(-5, 30, 4) if number % 2 else rng.integers(-10, 60, 4) / 2  # also through the centers
        x, y = sorted(corners[:2]), sorted(corners[2:])
        down, right = np.nonzero(pixels)
        inside = (down + top + 0.5 > y[0]) & (down + top + 0.5 < y[1])
        inside &= (right + left + 0.5 > x[0]) & (right + left + 0.5 < x[1])
        one = Component(1, (top, left, top + height, left + width), pixels)
        assert one.share_in((x[0], y[0], x[1], y[1])) == inside.mean()
