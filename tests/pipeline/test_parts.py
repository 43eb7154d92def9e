"""Channels of one visit and frames of one scan: one draw for all, noise of their own."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.pipeline import Pipeline
from domainaug.pipeline.motion import motion_of
from domainaug.transforms import GaussianNoise, Pose, RicianNoise

SHAPE = (4, 24, 24)


def called(transforms: list[A.BasicTransform], part: int, volume: np.ndarray) -> tuple[np.ndarray, dict]:
    pipeline = Pipeline(transforms, seed=3)
    out = pipeline(volume=volume, key="visit", copy=1, part=part, value_range=(0, 1000))["volume"]
    return out, pipeline.record


def test_parts_share_every_draw_of_place_and_tone() -> None:
    volume = np.random.default_rng(0).normal(500, 100, SHAPE).astype(np.float32)
    steps = [A.Affine(rotate=(-30, 30), p=1), A.RandomGamma(p=1)]
    (first, record), (second, other) = (called(steps, part, volume) for part in (0, 1))
    np.testing.assert_array_equal(first, second)
    assert record["steps"] == other["steps"]


@pytest.mark.parametrize(
    "step",
    [A.GaussNoise(p=1), A.GaussNoise(noise_scale_factor=0.5, p=1), A.ShotNoise(p=1), GaussianNoise(20, p=1),
     RicianNoise(20, p=1)],
    ids=["fused", "slices", "shot", "own", "rician"],
)  # fmt: skip
def test_parts_have_noise_of_their_own(step: A.BasicTransform) -> None:
    volume = np.full(SHAPE, 500, np.float32)
    (first, record), (second, other) = (called([step], part, volume) for part in (0, 1))
    again, _ = called([step], 1, volume)
    np.testing.assert_array_equal(second, again)
    fields = [(one - 500).ravel() for one in (first, second)]
    assert abs(np.corrcoef(*fields)[0, 1]) < 0.1
    assert np.std(fields[0]) == pytest.approx(np.std(fields[1]), rel=0.1)
    assert record["steps"][0]["effects"] == other["steps"][0]["effects"]


def test_what_looks_for_the_body_finds_that_of_the_first_part() -> None:
    first, second = np.zeros((4, 40, 40), np.float32), np.zeros((4, 40, 40), np.float32)
    first[:, 10:34, 4:24], second[:, 4:30, 16:38] = 800, 800
    pipeline = Pipeline([Pose(rotate=(20, 20), center="body", p=1)], seed=3)
    maps = []
    for part, volume in enumerate((first, second)):
        pipeline(volume=volume, key="visit", part=part, value_range=(0, 1000), spacing=(2, 1, 1))
        maps.append(motion_of(pipeline, volume.shape)[0].matrix)
    np.testing.assert_array_equal(*maps)
    pipeline(volume=second, key="visit", value_range=(0, 1000), spacing=(2, 1, 1))
    assert not np.array_equal(maps[0], motion_of(pipeline, second.shape)[0].matrix)
