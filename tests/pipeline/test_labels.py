"""Boxes and points stay on what they name; what is gone is dropped and told, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import LabelError
from domainaug.pipeline import Pipeline
from domainaug.pipeline.labels import boxes_fit_masks, extents
from domainaug.transforms import Deform, VolumeAffine

IMAGE = np.zeros((100, 100), np.uint8)
BOXES = A.BboxParams("pascal_voc", label_fields=["names"])


def bar(rows, columns):
    mask = np.zeros((100, 100), np.uint8)
    mask[rows[0] : rows[1], columns[0] : columns[1]] = 1
    return mask


MASKS = [bar((20, 80), (48, 52)), bar((5, 15), (5, 15)), bar((60, 70), (60, 90))]
FRAMES = [[48, 20, 52, 80], [5, 5, 15, 15], [60, 60, 90, 70]]


class TestBoxesFromMasks:
    TURN = A.Affine(rotate=(45, 45), p=1)

    def test_plain_albumentations_boxes_the_corners_of_the_box(self):
        out = A.Compose([self.TURN], bbox_params=BOXES)(image=IMAGE, masks=MASKS[2:], bboxes=FRAMES[2:], names=["c"])
        seen = np.argwhere(out["masks"][0])
        assert (out["bboxes"][0][2] - out["bboxes"][0][0]) > np.ptp(seen[:, 1]) + 1 or len(seen) == 0

    def test_ours_draws_them_around_the_masks(self):
        pipeline = Pipeline([self.TURN], bbox_params=BOXES)
        out = pipeline(image=IMAGE, masks=MASKS, bboxes=FRAMES, names=["a", "b", "c"])
        assert len(out["masks"]) == len(out["bboxes"]) == len(out["names"])
        for mask, box in zip(out["masks"], out["bboxes"], strict=True):
            rows, columns = np.nonzero(mask)
            around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert np.allclose(box, around, atol=1e-3)

    def test_boxes_that_are_no_frames_of_the_masks_are_left_to_albumentations(self):
        loose = [[x0 - 4, y0 - 4, x1 + 4, y1 + 4] for x0, y0, x1, y1 in FRAMES]
        flip = A.HorizontalFlip(p=1)
        out = Pipeline([flip], bbox_params=BOXES)(image=IMAGE, masks=MASKS, bboxes=loose, names=list("abc"))
        assert np.allclose(out["bboxes"][0], [44, 16, 56, 84], atol=1e-3)
        told = Pipeline([flip], bbox_params=BOXES, boxes_from_masks=True)
        out = told(image=IMAGE, masks=MASKS, bboxes=loose, names=list("abc"))
        assert np.allclose(out["bboxes"][0], [48, 20, 52, 80], atol=1e-3)

    def test_told_to_and_not_in_pairs(self):
        pipeline = Pipeline([self.TURN], bbox_params=BOXES, boxes_from_masks=True)
        with pytest.raises(LabelError, match="one mask a box"):
            pipeline(image=IMAGE, masks=MASKS[:1], bboxes=FRAMES, names=list("abc"))

    def test_frames_of_masks(self):
        found = extents([MASKS[0], np.zeros((100, 100), np.uint8)])
        assert np.allclose(found[0], [0.48, 0.20, 0.52, 0.80])
        assert np.isnan(found[1]).all()
        assert boxes_fit_masks(np.array(FRAMES) / 100, np.stack(MASKS))
        assert not boxes_fit_masks(np.array(FRAMES) / 100 + 0.05, np.stack(MASKS))


class TestWhatIsGone:
    CROP = A.Crop(30, 30, 70, 70, p=1)

    def test_is_dropped_with_its_mask_and_its_name_and_told(self):
        pipeline = Pipeline([self.CROP], bbox_params=BOXES)
        out = pipeline(image=IMAGE, masks=MASKS, bboxes=FRAMES, names=list("abc"))
        assert out["names"] == ["a", "c"]
        assert len(out["masks"]) == len(out["bboxes"]) == 2
        assert pipeline.record["labels"] == {"vanished": {"bboxes": [1]}, "clipped": {"bboxes": [0, 2]}}

    def test_boxes_alone_are_clipped_and_dropped(self):
        pipeline = Pipeline([self.CROP], bbox_params=BOXES)
        out = pipeline(image=IMAGE, bboxes=FRAMES, names=list("abc"))
        assert np.allclose(out["bboxes"], [[18, 0, 22, 40], [30, 30, 40, 40]], atol=1e-3)
        assert pipeline.record["labels"]["vanished"] == {"bboxes": [1]}

    def test_a_label_of_a_mask(self):
        mask = MASKS[0] + 2 * MASKS[1]
        pipeline = Pipeline([self.CROP])
        pipeline(image=IMAGE, mask=mask)
        assert pipeline.record["labels"]["vanished"] == {"mask": [2]}

    def test_points_outside(self):
        pipeline = Pipeline([self.CROP], keypoint_params=A.KeypointParams("xy", label_fields=["what"]))
        out = pipeline(image=IMAGE, keypoints=[(50, 50), (5, 5)], what=["in", "out"])
        assert out["what"] == ["in"]
        assert np.allclose(out["keypoints"], [[20, 20]])
        assert pipeline.record["labels"]["vanished"] == {"keypoints": [1]}

    @pytest.mark.parametrize("labels", [{"mask": MASKS[1]}, {"bboxes": [FRAMES[1]], "names": ["b"]}])
    def test_is_refused_where_that_was_asked(self, labels):
        params = BOXES if "bboxes" in labels else None
        pipeline = Pipeline([self.CROP], bbox_params=params, on_vanished="refuse")
        with pytest.raises(LabelError, match="would vanish"):
            pipeline(image=IMAGE, **labels)

    def test_nothing_is_told_when_all_stay(self):
        pipeline = Pipeline([A.HorizontalFlip(p=1)], bbox_params=BOXES, on_vanished="refuse")
        out = pipeline(image=IMAGE, masks=MASKS, bboxes=FRAMES, names=list("abc"))
        assert out["names"] == ["a", "b", "c"]
        assert pipeline.record["labels"] == {"vanished": {}, "clipped": {}}

    def test_no_boxes_at_all(self):
        out = Pipeline([self.CROP], bbox_params=BOXES)(image=IMAGE, bboxes=[], names=[])
        assert len(out["bboxes"]) == len(out["names"]) == 0


def test_a_mask_that_dropout_covers_follows():
    cover = A.CoarseDropout(
        num_holes_range=(1, 1), hole_height_range=(100, 100), hole_width_range=(100, 100), fill_mask=0, p=1
    )
    pipeline = Pipeline([cover])
    pipeline(image=IMAGE, mask=MASKS[0])
    assert pipeline.record["labels"]["vanished"] == {"mask": [1]}


@pytest.mark.parametrize("step", [VolumeAffine(spacing=(1, 1, 1), p=1), Deform(displacement_px=1, p=1)])
def test_points_of_a_volume_say_which_slice_they_are_in(step):
    volume = np.zeros((6, 32, 32), np.uint8)
    flat = Pipeline([step], seed=1, keypoint_params=A.KeypointParams("xy"))
    with pytest.raises(LabelError, match=r"do not say which slice they are in; pass KeypointParams\('xyz'\)"):
        flat(volume=volume, keypoints=np.array([[16.0, 16.0]]))
    whole = Pipeline([step], seed=1, keypoint_params=A.KeypointParams("xyz"))
    assert whole(volume=volume, keypoints=np.array([[16.0, 16.0, 3.0]]))["keypoints"].shape == (1, 3)
