"""Masks stay on the picture: not a third of a pixel beside it, and thin ones in one piece."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from domainaug._albumentations import A
from domainaug.pipeline import Pipeline
from domainaug.pipeline.masks import labels_in


def disc(center=(120.3, 131.7), radius=40, side=256):
    y, x = np.mgrid[:side, :side]
    return (np.hypot(x - center[1], y - center[0]) <= radius).astype(np.uint8)


def centroid(array):
    y, x = np.mgrid[: array.shape[0], : array.shape[1]]
    weight = np.asarray(array, dtype=float)
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


def apart(pipeline, draws=12, **keys):
    """How far the mask's centroid is from that of the picture of the mask, draw by draw, in pixels."""
    mask = disc()
    found = []
    for draw in range(draws):
        out = pipeline(image=mask.astype(np.float32), mask=mask, **({"key": str(draw)} if keys else {}))
        found.append(centroid(out["mask"]) - centroid(out["image"] >= 0.5))
    return np.array(found)


RESAMPLING = [
    A.Affine(scale=(1.5, 1.5), p=1),
    A.Affine(scale=(0.5, 0.5), p=1),
    A.Affine(rotate=(-30, 30), scale=(0.8, 1.4), shear=(-5, 5), translate_percent=0.05, p=1),
    A.Rotate(limit=45, p=1),
    A.SafeRotate(p=1),
    A.Perspective(scale=(0.02, 0.06), p=1),
    A.RandomResizedCrop((256, 256), scale=(0.7, 0.9), p=1),
    A.RandomScale(p=1),
    A.Resize(100, 110),
    A.Resize(400, 310),
    A.CropAndPad(percent=(-0.1, 0.1), p=1),
    A.ElasticTransform(alpha=50, sigma=8, p=1),
    A.GridDistortion(p=1),
    A.OpticalDistortion(p=1),
    A.ThinPlateSpline(p=1),
    A.GridElasticDeform(num_grid_xy=(4, 4), magnitude=5, p=1),
]


class TestRegistration:
    @pytest.mark.parametrize("step", [RESAMPLING[0], RESAMPLING[6], RESAMPLING[8]], ids=["zoom", "crop", "resize"])
    def test_plain_albumentations_is_beside(self, step):
        assert np.abs(apart(A.Compose([step], seed=0))).max() > 0.15

    @pytest.mark.parametrize("step", RESAMPLING, ids=lambda step: type(step).__name__)
    def test_ours_is_within_a_twentieth_of_a_pixel(self, step):
        assert np.abs(apart(Pipeline([step], seed=0), key=True)).max() <= 0.05

    def test_three_steps_in_a_row(self):
        steps = [A.Affine(rotate=(-10, 10), p=1), A.RandomScale(0.2, p=1), A.ElasticTransform(alpha=20, sigma=8, p=1)]
        assert np.abs(apart(Pipeline(steps, seed=0), key=True).mean(axis=0)).max() <= 0.05

    def test_against_the_map_itself(self):
        # A point of the picture lands where the matrix says, with pixel centers at whole numbers.
        pipeline = Pipeline([A.Affine(scale=(0.8, 1.3), translate_px=(-9, 9), p=1)], seed=0)
        mask = disc(radius=60)
        beside = []
        for draw in range(20):
            out = pipeline(image=mask, mask=mask, key=str(draw))["mask"]
            matrix = pipeline._log.applied[0].params["matrix"]
            beside.append(centroid(out) - (matrix @ np.append(centroid(mask), 1))[:2])
        assert np.abs(np.mean(beside, axis=0)).max() <= 0.02


class TestThinLabels:
    MASK = np.zeros((256, 256), np.uint8)
    MASK[20:240, 100] = 1
    MASK[50, 30:90] = 2

    @pytest.mark.parametrize("scale", [0.7, 0.5, 0.25])
    def test_stay_in_one_piece(self, scale):
        shrink = A.Affine(scale=(scale, scale), rotate=(10, 10), p=1)
        image = np.zeros_like(self.MASK)
        ours = Pipeline([shrink], seed=1)(image=image, mask=self.MASK)["mask"]
        plain = A.Compose([shrink], seed=1)(image=image, mask=self.MASK)["mask"]
        pieces = lambda mask: ndimage.label(mask == 1, np.ones((3, 3)))[1]  # noqa: E731
        assert pieces(ours) == 1 < pieces(plain)
        assert labels_in(ours) == [0, 1, 2]

    def test_compact_labels_keep_their_area(self):
        mask = disc(radius=30)
        for scale in (0.6, 0.8, 1.3):
            out = Pipeline([A.Affine(scale=(scale, scale), p=1)])(image=mask, mask=mask)["mask"]
            assert out.sum() == pytest.approx(mask.sum() * scale**2, rel=0.02)


class TestLabelsOfAllKinds:
    TURN = A.Affine(rotate=(15, 15), scale=(0.9, 0.9), p=1)

    @pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "int64", "uint32", "bool"])
    @pytest.mark.parametrize("step", [TURN, A.HorizontalFlip(p=1), A.Pad(padding=2, p=1)], ids=repr)
    def test_values_and_type_survive(self, step, dtype):
        mask = disc(side=96, center=(48, 48), radius=20).astype(dtype)
        value = {"uint8": 200, "bool": 1}.get(dtype, 30000)
        mask = (mask * np.array(value).astype(dtype)).astype(dtype)
        out = Pipeline([step])(image=np.zeros((96, 96), np.uint8), mask=mask)["mask"]
        assert out.dtype == mask.dtype
        assert set(np.unique(out)) == {0, value}

    def test_many_labels_share_their_border_fairly(self):
        mask = (np.mgrid[:128, :128][1] // 16).astype(np.uint8)
        out = Pipeline([A.Affine(rotate=(5, 5), scale=(1.2, 1.2), p=1)])(image=mask, mask=mask)["mask"]
        counts = np.bincount(out.ravel(), minlength=8)[2:6]
        assert counts.max() / counts.min() < 1.15

    def test_soft_masks_are_interpolated(self):
        soft = ndimage.gaussian_filter(disc().astype(np.float32), 3)
        out = Pipeline([self.TURN])(image=soft, mask=soft)
        assert out["mask"].dtype == np.float32
        assert np.allclose(out["mask"], out["image"], atol=1e-6)

    def test_channels_lists_and_stacks_move_alike(self):
        one, two = disc(radius=20), disc(center=(60, 60), radius=15)
        image = np.zeros((256, 256), np.uint8)
        alone = [Pipeline([self.TURN])(image=image, mask=mask)["mask"] for mask in (one, two)]
        listed = Pipeline([self.TURN])(image=image, masks=[one, two])["masks"]
        stacked = Pipeline([self.TURN])(image=image, masks=np.stack([one, two]))["masks"]
        channels = Pipeline([self.TURN])(image=image, mask=np.stack([one, two], axis=-1))["mask"]
        assert isinstance(listed, list)
        for index in range(2):
            assert np.array_equal(alone[index], listed[index])
            assert np.array_equal(alone[index], stacked[index])
            assert np.array_equal(alone[index], channels[..., index])

    def test_outside_belongs_to_the_fill_of_masks(self):
        turn = A.Affine(rotate=(45, 45), fill_mask=255, p=1)
        mask = np.ones((64, 64), np.uint8)
        out = Pipeline([turn])(image=np.zeros((64, 64), np.uint8), mask=mask)["mask"]
        assert out[0, 0] == 255
        assert out[32, 32] == 1
        assert labels_in(out) == [1, 255]

    def test_the_order_of_ties_is_fixed(self):
        mask = np.zeros((8, 8), np.uint8)
        mask[:, :4], mask[:, 4:] = 2, 1
        half = A.Affine(translate_px={"x": (1, 1), "y": (0, 0)}, p=1)
        outs = [Pipeline([half])(image=mask, mask=mask)["mask"] for _ in range(2)]
        assert np.array_equal(*outs)
