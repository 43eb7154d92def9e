"""A volume a few slices at a time: what the call on the whole volume gives, bit for bit, and its record."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.kernels.engine import using
from domainaug.pipeline import Pipeline
from domainaug.pipeline.slices import drawn_for_slices
from domainaug.transforms import BiasField, VolumeAffine

HOW = {"key": "one", "copy": 2, "value_range": (-1024.0, 3071.0), "fill": -1000.0, "spacing": (0.7, 0.7)}
SHAPE = (9, 40, 36)
NOISE = A.GaussNoise(std_range=(0.02, 0.02), p=1)
TURN = A.Affine(rotate=(3, 9), scale=(1.05, 1.1), p=1)
SLICED = {
    "nothing": [],
    "turn": [TURN],
    "mirror": [A.HorizontalFlip(p=1)],
    "mirror and noise": [A.HorizontalFlip(p=1), NOISE],
    "noise": [NOISE],
    "turn, gamma, noise": [TURN, A.RandomGamma(p=1), NOISE],
    "two moves and a tone": [A.HorizontalFlip(p=1), TURN, A.RandomBrightnessContrast(p=1)],
    "turn and bias": [TURN, BiasField(p=1)],
    "by chance": [A.OneOf([TURN, A.HorizontalFlip(p=1)], p=1), A.SomeOf([NOISE, NOISE], n=1)],
}
WHOLE = {
    "tone alone": [A.RandomGamma(p=1)],
    "two passes": [NOISE, TURN],
    "filter": [A.GaussianBlur(p=1)],
    "across slices": [VolumeAffine(rotate=(2, 5), p=1)],
    "another size": [A.CenterCrop(20, 20, p=1)],
}


@pytest.fixture(params=["numba", "plain"])
def engine(request):
    with using(request.param):
        yield request.param


def volume(dtype):
    return (np.random.default_rng(1).random(SHAPE) * 5000 - 1400).astype(dtype)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("name", SLICED)
def test_slices_are_those_of_the_call(engine, name, dtype):
    pipeline = Pipeline(SLICED[name], seed=5)
    given = volume(dtype)
    want = pipeline(volume=given.copy(), **HOW)["volume"]
    told = pipeline.record
    each = drawn_for_slices(pipeline, SHAPE, given.dtype, **HOW)
    parts = [each(first, given[first : first + 4].copy()) for first in (8, 4, 0)]
    np.testing.assert_array_equal(np.concatenate(parts[::-1]), want)
    assert pipeline.record == told
    assert told["clipped"] > 0 or name in ("nothing", "turn", "mirror", "turn and bias")


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_more_than_one_pass_over_slices_is_left_to_the_call(name):
    assert drawn_for_slices(Pipeline(WHOLE[name], seed=5), SHAPE, np.dtype(np.int16), **HOW) is None


def test_a_call_that_was_drawn_for_slices_in_vain_draws_the_same():
    pipeline = Pipeline(WHOLE["two passes"], seed=5)
    want = pipeline(volume=volume(np.int16), **HOW)["volume"]
    assert drawn_for_slices(pipeline, SHAPE, np.dtype(np.int16), **HOW) is None
    np.testing.assert_array_equal(pipeline(volume=volume(np.int16), **HOW)["volume"], want)


@pytest.mark.parametrize(("dtype", "fused"), [(np.float64, True), (np.int16, False)])
def test_other_types_and_pipelines_that_do_not_join_steps_are_left_to_the_call(dtype, fused):
    assert drawn_for_slices(Pipeline([TURN], seed=5, fused=fused), SHAPE, np.dtype(dtype), **HOW) is None
