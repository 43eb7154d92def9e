"""Volumes: one geometry for all slices, masks with them, and noise that is new in every slice."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.pipeline import Pipeline

HU = (-1024, 3071)
NOISE = [
    A.GaussNoise(std_range=(0.01, 0.05), p=1),
    A.SaltAndPepper(amount=(0.1, 0.2), p=1),
    A.ShotNoise(scale_range=(0.05, 0.1), p=1),
    A.PixelDropout(dropout_prob=0.2, p=1),
    A.MultiplicativeNoise(multiplier=(0.8, 1.2), elementwise=True, p=1),
    A.AdditiveNoise(noise_type="gaussian", spatial_mode="per_pixel", p=1),
]


def flat(depth=6):
    return np.full((depth, 64, 64), 1000, np.int16)


def between_slices(volume):
    field = (volume.astype(float) - volume.mean(axis=(1, 2), keepdims=True)).reshape(len(volume), -1)
    return np.abs(np.corrcoef(field)[np.triu_indices(len(volume), 1)])


class TestNoise:
    def test_plain_albumentations_puts_one_grain_through_all_slices(self):
        volume = np.full((4, 32, 32), 0.5, np.float32)
        image = volume[0]
        out = A.Compose([A.SaltAndPepper(amount=(0.2, 0.2), p=1)], seed=0)(image=image, volume=volume)["volume"]
        assert np.array_equal(out[0], out[1])

    @pytest.mark.parametrize("step", NOISE, ids=lambda step: type(step).__name__)
    def test_ours_draws_a_grain_for_every_slice(self, step):
        out = Pipeline([step], seed=0, value_range=HU)(volume=flat())["volume"]
        assert out.dtype == np.int16
        assert between_slices(out).max() < 0.1

    @pytest.mark.parametrize("step", NOISE[:4], ids=lambda step: type(step).__name__)
    def test_of_one_strength(self, step):
        spread = Pipeline([step], seed=0, value_range=HU)(volume=flat())["volume"].std(axis=(1, 2))
        assert spread.max() / spread.min() < 1.15

    def test_again_for_the_same_key(self):
        pipeline = Pipeline(NOISE[:1], seed=0, value_range=HU)
        assert np.array_equal(*(pipeline(volume=flat(), key="k")["volume"] for _ in range(2)))

    def test_what_is_no_noise_is_the_same_in_every_slice(self):
        ramp = np.stack([np.linspace(0, 2000, 4096).reshape(64, 64).astype(np.int16)] * 5)
        out = Pipeline([A.RandomGamma(p=1), A.GaussianBlur(p=1)], seed=0, value_range=HU)(volume=ramp)["volume"]
        assert all(np.array_equal(out[0], part) for part in out)


class TestGeometry:
    @pytest.mark.parametrize("step", [A.Affine(rotate=(-20, 20), p=1), A.ElasticTransform(alpha=20, sigma=6, p=1)])
    def test_every_slice_moves_like_a_single_picture(self, step):
        plane = np.random.default_rng(0).integers(-1000, 1000, (64, 64)).astype(np.int16)
        mask = (plane > 0).astype(np.uint8)
        pipeline = Pipeline([step], seed=1, value_range=HU)
        whole = pipeline(volume=np.stack([plane] * 5), mask3d=np.stack([mask] * 5), key="k")
        alone = pipeline(image=plane, mask=mask, key="k")
        assert all(np.array_equal(part, alone["image"]) for part in whole["volume"])
        assert all(np.array_equal(part, alone["mask"]) for part in whole["mask3d"])

    def test_air_comes_in_from_outside(self):
        out = Pipeline([A.Affine(translate_percent=0.3, p=1)], value_range=HU)(volume=flat())["volume"]
        assert out.min() == -1024

    @pytest.mark.parametrize("shape", [(4, 32, 32), (4, 32, 32, 1), (4, 32, 32, 3)])
    def test_the_rank_comes_back(self, shape):
        volume = np.zeros(shape, np.int16)
        out = Pipeline([A.Affine(rotate=(5, 5), p=1), A.GaussNoise(p=1)], value_range=HU)(volume=volume)["volume"]
        assert out.shape == shape

    def test_transforms_of_volumes(self):
        volume = np.arange(4 * 8 * 8, dtype=np.int16).reshape(4, 8, 8)
        out = Pipeline([A.Pad3D(padding=1, p=1)], value_range=HU)(volume=volume, mask3d=volume.astype(np.uint8))
        assert out["volume"].shape == out["mask3d"].shape == (6, 10, 10)
        assert out["volume"][0].max() == -1024

    def test_batches(self):
        volumes = np.zeros((2, 3, 16, 16), np.int16)
        out = Pipeline([A.Affine(rotate=(5, 5), p=1), A.GaussNoise(p=1)], value_range=HU)(volumes=volumes)["volumes"]
        assert out.shape == volumes.shape
        images = np.zeros((3, 16, 16, 3), np.uint8)
        assert Pipeline([A.HorizontalFlip(p=1)])(images=images)["images"].shape == images.shape
