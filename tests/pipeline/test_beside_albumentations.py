"""What plain albumentations does to labels of small and thin defects, and what a pipeline does.

The numbers of albumentations are pinned as well: where it mends one of these, a test here says so.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from domainaug._albumentations import A
from domainaug.pipeline import Pipeline
from domainaug.transforms import ComponentCrop

DRAWS = 60


def scratch(random, side, length, value=1):
    """A line of one pixel, anywhere, at any angle."""
    angle, reach = random.uniform(0, np.pi), length / 2
    middle = random.uniform(reach + 2, side - reach - 2, 2)
    along = reach * np.array([np.cos(angle), np.sin(angle)])
    mask = np.zeros((side, side), np.uint8)
    ends = [np.round(at).astype(int).tolist() for at in (middle - along, middle + along)]
    cv2.line(mask, *ends, value, 1)
    return mask


def pieces(mask, value=1):
    return int(ndimage.label(mask == value, np.ones((3, 3)))[1])


def both(step, fused=True, **arguments):
    return A.Compose([step], seed=1, **arguments), Pipeline([step], seed=1, fused=fused, **arguments)


def broken_and_lost(compose, masks, as_target):
    found = np.array([pieces(as_target(compose, mask)) for mask in masks])
    return float(np.mean(found > 1)), float(np.mean(found == 0))


def one_mask(compose, mask):
    return compose(image=mask * 200, mask=mask)["mask"]


def of_many_classes(compose, mask):
    """The scratch is label 3 beside two large ones."""
    whole = np.zeros_like(mask)
    whole[:12], whole[-12:] = 1, 2
    whole[mask > 0] = 3
    return (compose(image=whole * 50, mask=whole)["mask"] == 3).astype(np.uint8)


def an_instance(compose, mask):
    other = np.zeros_like(mask)
    other[:12] = 1
    return compose(image=mask * 200, masks=[other, mask])["masks"][1]


def a_channel(compose, mask):
    return compose(image=mask * 200, mask=np.stack([np.zeros_like(mask), mask], axis=-1))["mask"][..., 1]


TARGETS = [one_mask, of_many_classes, an_instance, a_channel]


@pytest.mark.parametrize("fused", [True, False], ids=["fused", "unfused"])
@pytest.mark.parametrize("target", TARGETS)
class TestThinMasks:
    def test_turned_by_up_to_45_degrees(self, target, fused):
        random = np.random.default_rng(0)
        masks = [scratch(random, 192, 80) for _ in range(DRAWS)]
        plain, ours = both(A.Rotate(limit=(-45, 45), p=1), fused)
        assert broken_and_lost(plain, masks, target)[0] > 0.75
        assert broken_and_lost(ours, masks, target) == (0, 0)

    def test_scaled_from_512_to_128_pixels(self, target, fused):
        random = np.random.default_rng(1)
        masks = [scratch(random, 512, 60) for _ in range(DRAWS)]
        plain, ours = both(A.Resize(128, 128, p=1), fused)
        broken, lost = broken_and_lost(plain, masks, target)
        assert broken > 0.65
        assert lost > 0
        assert broken_and_lost(ours, masks, target) == (0, 0)


@pytest.mark.parametrize("fused", [True, False], ids=["fused", "unfused"])
def test_a_thin_soft_mask_stays_on_its_picture(fused):
    random = np.random.default_rng(2)
    _, ours = both(A.Rotate(limit=(-45, 45), p=1), fused)
    for _ in range(10):
        mask = cv2.GaussianBlur(scratch(random, 128, 60).astype(np.float32), (0, 0), 0.8)
        out = ours(image=mask, mask=mask)
        np.testing.assert_allclose(out["mask"], out["image"], atol=1e-6)
        assert out["mask"].sum() == pytest.approx(float(mask.sum()), rel=0.05)


@pytest.mark.parametrize("fused", [True, False], ids=["fused", "unfused"])
def test_boxes_of_turned_defects_are_as_tight_as_their_masks(fused):
    random = np.random.default_rng(3)
    boxed = A.BboxParams("pascal_voc", label_fields=["names"])
    looser: dict[bool, list[float]] = {True: [], False: []}
    for compose in both(A.Rotate(limit=(10, 80), p=1), fused, bbox_params=boxed):
        for _ in range(DRAWS):
            axes = int(random.integers(20, 45)), int(random.integers(2, 6))
            mask = np.zeros((160, 160), np.uint8)
            cv2.ellipse(mask, (80, 80), axes, random.uniform(0, 180), 0, 360, 1, -1)
            left, top, wide, tall = cv2.boundingRect(mask)
            given = {"masks": [mask], "bboxes": [[left, top, left + wide, top + tall]], "names": ["dent"]}
            out = compose(image=mask * 200, **given)
            x, y, right, bottom = out["bboxes"][0]
            _, _, wide, tall = cv2.boundingRect(out["masks"][0])
            looser[isinstance(compose, Pipeline)].append((right - x) * (bottom - y) / (wide * tall))
    assert np.median(looser[False]) > 1.5
    assert max(looser[False]) > 4
    assert looser[True] == pytest.approx([1.0] * DRAWS, abs=1e-4)


class TestCrops:
    def data(self, random):
        """Some defects of 20 to 80 pixels, apart from each other."""
        mask = np.zeros((256, 256), np.uint8)
        for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
            middle = 128 * column + random.integers(44, 84), 128 * row + random.integers(44, 84)
            axes = int(random.integers(10, 40)), int(random.integers(3, 10))
            cv2.ellipse(mask, [int(x) for x in middle], axes, random.uniform(0, 180), 0, 360, 1, -1)
        return {"image": mask * 200, "mask": mask}

    def truncated(self, compose):
        """The share of draws in which no defect is whole in the crop, or one of another shape is called one."""
        random, found = np.random.default_rng(4), []
        for _ in range(DRAWS):
            data = self.data(random)
            before = sorted(np.bincount(ndimage.label(data["mask"])[0].ravel())[1:].tolist())
            out = compose(**data)["mask"] == 1
            after = np.bincount(ndimage.label(out)[0].ravel())[1:].tolist()
            found.append(not any(size in before for size in after))
        return float(np.mean(found))

    def test_the_chosen_defect_is_whole(self):
        assert self.truncated(A.Compose([A.CropNonEmptyMaskIfExists(96, 96, p=1)], seed=1)) > 0.1
        assert self.truncated(Pipeline([ComponentCrop(96, margin=4)], seed=1)) == 0.0

    def test_a_rare_defect_of_16_pixels_beside_one_of_40000_is_kept_as_often_as_is_asked_for(self):
        mask = np.zeros((512, 512), np.uint8)
        mask[20:220, 20:220] = 1
        mask[400:404, 400:404] = 2
        data = {"image": mask * 100, "mask": mask}
        plain = A.Compose([A.CropNonEmptyMaskIfExists(128, 128, p=1)], seed=1)
        assert sum((plain(**data)["mask"] == 2).any() for _ in range(400)) <= 2
        for choose, share in (("class", 1 / 2), ("component", 1 / 2), ("area", 16 / 40016)):
            ours = Pipeline([ComponentCrop(128, choose=choose, larger="tile")], seed=1)
            kept = np.mean([(ours(**data)["mask"] == 2).sum() == 16 for _ in range(200)])
            assert kept == pytest.approx(share, abs=0.1)

    def test_random_crops_lose_most_defects_and_say_nothing(self):
        random = np.random.default_rng(5)
        plain, ours = A.Compose([A.RandomCrop(256, 256, p=1)], seed=1), Pipeline([A.RandomCrop(256, 256, p=1)], seed=1)
        lost, told = [], []
        for _ in range(DRAWS):
            mask = scratch(random, 512, 60)
            lost.append(not plain(image=mask, mask=mask)["mask"].any())
            out = ours(image=mask, mask=mask)["mask"]
            assert (ours.record["labels"]["vanished"] == {"mask": [1]}) == (not out.any())
            told.append(not out.any())
        assert np.mean(lost) > 0.4
        assert np.mean(told) > 0.4
