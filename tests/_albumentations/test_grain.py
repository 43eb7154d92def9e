"""GaussNoise by key: the distribution it draws from, the same noise in a pass and by itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from domainaug._albumentations import A
from domainaug._albumentations.grain import quick_draw
from domainaug._albumentations.leaves import draw
from domainaug._albumentations.ops import ops_of
from domainaug._albumentations.streams import Streams
from domainaug.declare.draws import drawn as effects_of_draw
from domainaug.generators import Frame
from domainaug.kernels.engine import using
from domainaug.kernels.point import Noise, Point
from domainaug.kernels.random import normals
from domainaug.kernels.warp import apply_point
from domainaug.pipeline.record import small

SHAPES = [(40, 57), (40, 57, 1), (40, 57, 3)]


@pytest.fixture(autouse=True, scope="module")
def _plain_loops():
    with using("plain"):
        yield


def quick(leaf, seed=0, shape=(40, 57, 3)):
    return quick_draw(leaf, Streams((seed,)).at((0,)), shape)


def noise_params(leaf, params, shape, dtype, number=0):
    """The draw with the field that GaussNoise itself adds; `number` is the slice of a volume."""
    drawn = tuple(shape) if params["per_channel"] or len(shape) < 3 else (*shape[:2], 1)
    top = 255.0 if np.dtype(dtype) == np.uint8 else 1.0
    coarse = np.dtype(dtype) == np.uint8
    field = normals(drawn, params["key"], start=number * int(np.prod(drawn)), coarse=coarse)
    field = field * np.float32(params["std"] * top) + np.float32(params["mean"] * top)
    return {**params, "noise_map": np.broadcast_to(field, tuple(shape))}


def test_a_draw_is_a_few_numbers_and_stays_on_the_transform():
    leaf = A.GaussNoise((0.1, 0.3), (-0.1, 0.2))
    params = quick(leaf)
    assert set(params) == {"shape", "std", "mean", "key", "per_channel"}
    assert leaf.params is params
    assert params == quick(leaf)
    assert params["key"] != quick(leaf, 1)["key"]
    assert small(params) == {**params, "shape": [40, 57, 3]}  # as a record can hold it


def test_std_mean_and_key_are_drawn_evenly():
    leaf = A.GaussNoise((0.1, 0.3), (-0.1, 0.2))
    draws = [quick(leaf, seed) for seed in range(400)]
    assert kstest([d["std"] for d in draws], "uniform", (0.1, 0.2)).pvalue > 1e-3
    assert kstest([d["mean"] for d in draws], "uniform", (-0.1, 0.3)).pvalue > 1e-3
    assert kstest([d["key"] / 2**64 for d in draws], "uniform").pvalue > 1e-3


def test_std_and_mean_are_those_that_the_transform_itself_would_draw():
    leaf = A.GaussNoise((0.1, 0.3), (-0.1, 0.2), per_channel=False)
    image = np.zeros((400, 400), np.float32)
    for seed in range(3):
        params, stream = quick(leaf, seed), Streams((seed,)).at((0,))
        leaf.set_random_state(stream.generator, stream.python)
        field = draw(leaf, {"image": image})["noise_map"]
        assert field.std() == pytest.approx(params["std"], rel=0.01)
        assert field.mean() == pytest.approx(params["mean"], abs=4 * params["std"] / 400)


class Grainier(A.GaussNoise):
    pass


@pytest.mark.parametrize("leaf", [A.GaussNoise(noise_scale_factor=0.5), Grainier(), A.ISONoise(), A.AdditiveNoise()])
def test_other_noise_is_drawn_by_the_transform(leaf):
    assert quick(leaf) is None


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_field_that_is_added_is_the_noise_of_the_pass(dtype, shape, per_channel):
    leaf = A.GaussNoise((0.05, 0.05), (0.02, 0.02), per_channel=per_channel)
    params, top = quick(leaf, 3, shape), 255.0 if dtype == np.uint8 else 1.0
    image = np.full(shape, 0.5 * top, dtype)
    channels = shape[2] if len(shape) > 2 else 1
    ops = ops_of(leaf, params, dtype=np.dtype(dtype), low=0, high=top, channels=channels)
    assert ops == (Noise(params["std"], params["key"], params["mean"], gray=not per_channel),)
    fused = apply_point(image, Point(ops, 0.0, top), channels_last=len(shape) > 2)
    own = leaf.apply(image, **noise_params(leaf, params, shape, dtype))
    assert own.dtype == dtype
    assert own.std() == pytest.approx(0.05 * top, rel=0.05)
    apart = np.abs(fused.astype(np.float64) - np.reshape(own, shape))
    assert apart.max() <= (1 if dtype == np.uint8 else 1e-6)  # it truncates levels where the pass rounds
    if channels > 1:
        assert (np.ptp(fused, axis=-1).max() == 0) == (not per_channel)


@pytest.mark.parametrize("per_channel", [True, False])
def test_slices_have_noise_of_their_own_by_their_number(per_channel):
    leaf, shape = A.GaussNoise((0.1, 0.1), per_channel=per_channel), (5, 20, 30, 2)
    params = quick(leaf, 3, shape[1:])
    volume = np.full(shape, 0.5, np.float32)
    ops = ops_of(leaf, params, dtype=np.float32, low=0, high=1, channels=2)
    fused = apply_point(volume, Point(ops, 0.0, 1.0), channels_last=True)
    for number, plane in enumerate(fused):
        field = noise_params(leaf, params, shape[1:], np.float32, number=number)["noise_map"]
        np.testing.assert_allclose(plane, np.clip(0.5 + field, 0, 1), atol=1e-6)
    flat = fused.reshape(5, -1)
    assert np.abs(np.corrcoef(flat) - np.eye(5)).max() < 0.2


def test_the_effects_of_a_draw_are_read_from_its_numbers():
    leaf, frame = A.GaussNoise((0.03, 0.03), (0.1, 0.1)), Frame(40, 57, channels=3)
    params = quick(leaf)
    for top in (1.0, 255.0, None):  # shares, whatever the picture counts in
        read = effects_of_draw(leaf, params, frame, top=top)
        assert read.exact
        noise = read.ranges["noise"]
        assert noise.low == noise.high == pytest.approx(0.03, rel=1e-3)
    field = noise_params(leaf, params, (400, 570, 3), np.float32)
    own = effects_of_draw(leaf, {"noise_map": field["noise_map"]}, frame, top=1.0)
    assert own.ranges["noise"].high == pytest.approx(0.03, rel=1e-2)
    np.testing.assert_allclose(own.curves, read.curves, atol=1e-3)
