"""Every draw that is read as operations: the program, run, is what the transform itself makes of a picture."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug._albumentations import A
from domainaug._albumentations.leaves import draw
from domainaug._albumentations.ops import ops_of, pointwise_from_shape
from domainaug._albumentations.streams import Streams
from domainaug.kernels.engine import using
from domainaug.kernels.point import Curve, Linear, Point, Posterize, Power, Solarize
from domainaug.kernels.warp import apply_point

OPS = {
    "RandomBrightnessContrast": partial(A.RandomBrightnessContrast, 0.4, 0.6),
    "RandomBrightnessContrast, by mean": partial(A.RandomBrightnessContrast, 0.4, 0.6, brightness_by_max=False),
    "RandomBrightnessContrast, safe": partial(A.RandomBrightnessContrast, 0.4, 0.6, ensure_safe_range=True),
    "RandomGamma": partial(A.RandomGamma, (40, 250)),
    "InvertImg": A.InvertImg,
    "Solarize": partial(A.Solarize, (0.0, 1.0)),
    "Solarize, at a level": partial(A.Solarize, (51 / 255, 51 / 255)),
    "Posterize": partial(A.Posterize, (1, 7)),
    "Posterize, by channel": partial(A.Posterize, [(1, 4), (2, 5), (3, 7)]),
    "RandomToneCurve": partial(A.RandomToneCurve, 0.3),
    "RandomToneCurve, by channel": partial(A.RandomToneCurve, 0.3, per_channel=True),
    "RGBShift": partial(A.RGBShift, 60, 40, 30),
    "AdditiveNoise": partial(A.AdditiveNoise, "gaussian", "constant"),
    "AdditiveNoise, uniform": partial(A.AdditiveNoise, "uniform", "constant", {"ranges": [(-0.3, 0.3)]}),
    "MultiplicativeNoise": partial(A.MultiplicativeNoise, (0.5, 1.6)),
    "MultiplicativeNoise, by channel": partial(A.MultiplicativeNoise, (0.5, 1.6), per_channel=True),
}
FOR_COLOR = {"RGBShift", "Posterize, by channel"}

# Shares of the range for floats. In eight bits they truncate where we round: a level.
TOLERANCES = {
    "RandomToneCurve": 2.5 / 255,  # goes through eight bits, in and out, with slopes up to 3
    "RandomToneCurve, by channel": 2.5 / 255,
    "Posterize": 1e-5,
    "Posterize, by channel": 1e-5,
}


@pytest.fixture(autouse=True, scope="module")
def _plain_loops():
    """The operations are under test, and not the loops that run them."""
    with using("plain"):
        yield


def drawn(leaf, image, seed):
    stream = Streams((seed,)).at((0,))
    leaf.set_random_state(stream.generator, stream.python)
    return draw(leaf, {"image": image})


def top_of(image):
    return 255.0 if image.dtype == np.uint8 else 1.0


def read(leaf, params, image):
    channels = image.shape[2] if image.ndim == 3 else 1
    return ops_of(leaf, params, dtype=image.dtype, low=0.0, high=top_of(image), channels=channels)


def run(ops, image):
    return apply_point(image, Point(ops, 0.0, top_of(image)), channels_last=image.ndim == 3)


def levels(channels):
    """Every level, in each channel in another order."""
    each = [np.random.default_rng(c).permutation(np.arange(512) % 256).reshape(16, 32) for c in range(channels)]
    return (np.stack(each, axis=-1) if channels > 1 else each[0]).astype(np.uint8)


def shares(channels):
    image = np.random.default_rng(1).random((16, 32, channels), dtype=np.float32)
    image[0, :2] = [[0.0], [1.0]]
    return image if channels > 1 else image[..., 0]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("picture", [levels, shares])
@pytest.mark.parametrize("name", OPS)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_a_program_does_what_the_transform_does(name, picture, channels, seed):
    if channels == 1 and name in FOR_COLOR:
        return
    leaf, image = OPS[name](p=1), picture(channels)
    params = drawn(leaf, image, seed)
    own = leaf.apply(image, **params)
    ops = read(leaf, params, image)
    assert ops is not None
    done = run(ops, image)
    assert done.dtype == own.dtype == image.dtype
    tolerance = 1 if image.dtype == np.uint8 else TOLERANCES.get(name, 1e-5)
    assert np.abs(done.astype(np.float64) - own).max() <= tolerance


@pytest.mark.parametrize("name", ["InvertImg", "Solarize", "Solarize, at a level", "Posterize", "RandomToneCurve"])
def test_what_makes_whole_levels_of_whole_levels_is_the_same_to_the_level(name):
    leaf, image = OPS[name](p=1), levels(3)
    for seed in range(50):
        params = drawn(leaf, image, seed)
        done = run(read(leaf, params, image), image)
        np.testing.assert_array_equal(done, leaf.apply(image, **params))


def test_a_tone_curve_keeps_what_the_transform_rounds_to_eight_bits():
    leaf = A.RandomToneCurve(0.2, p=1)
    ramp = np.linspace(0, 1, 4096, dtype=np.float32)[None]
    params = drawn(leaf, ramp, 0)
    done = run(read(leaf, params, ramp), ramp)
    low, high = float(params["low_y"]), float(params["high_y"])
    exact = 3 * (1 - ramp) ** 2 * ramp * low + 3 * (1 - ramp) * ramp**2 * high + ramp**3
    assert np.abs(done - exact).max() < 1e-4
    assert len(np.unique(leaf.apply(ramp, **params))) <= 256 < len(np.unique(done))


def test_three_in_a_row_round_once():
    image = levels(3)
    leaves = [OPS[name](p=1) for name in ("RandomBrightnessContrast", "RandomGamma", "RGBShift")]
    for seed in range(20):
        ops, own = [], image
        for number, leaf in enumerate(leaves):
            params = drawn(leaf, image, 3 * seed + number)
            ops += read(leaf, params, image)
            own = leaf.apply(own, **params)
        done = run(tuple(ops), image)
        # Each step truncates up to a level; a gamma of 0.4 makes up to 28 of it next to black, and 1 elsewhere.
        apart = np.abs(done.astype(int) - own)
        assert np.quantile(apart, 0.9) <= 3


# -- in which unit -------------------------------------------------------------------------------------


def test_parameters_count_in_levels_for_bytes_and_in_shares_for_everything_else():
    leaf, params = A.RandomBrightnessContrast(), {"alpha": 1.5, "beta": 51.0}
    read_as = partial(ops_of, leaf, channels=1)
    assert read_as(params, dtype=np.uint8, low=0, high=255) == (Linear(1.5, 0.2),)
    params = {"alpha": 1.5, "beta": 0.2}
    for dtype, low, high in ((np.float32, 0, 1), (np.int16, -1024, 3071), (np.uint8, 0, 200), (np.uint16, 0, 4095)):
        assert read_as(params, dtype=np.dtype(dtype), low=low, high=high) == (Linear(1.5, 0.2),)


def test_operations_are_told_as_simply_as_they_are():
    def of(leaf, params, channels=3):
        return ops_of(leaf, params, dtype=np.float32, low=0, high=1, channels=channels)

    assert of(A.InvertImg(), {}) == (Linear(-1.0, 1.0),)
    assert of(A.RandomGamma(), {"gamma": 0.8}) == (Power(0.8),)
    assert of(A.Solarize(), {"threshold": 0.3}) == (Solarize(0.3),)
    assert of(A.Posterize(), {"num_bits": [3]}) == (Posterize(3),)
    assert of(A.Posterize(), {"num_bits": [3, 4, 5]}) == (Posterize((3, 4, 5)),)
    same = np.full(3, 0.5, np.float32)
    assert of(A.MultiplicativeNoise(), {"multiplier": same}) == (Linear(0.5, 0.0),)
    assert of(A.RGBShift(), {"noise_map": np.array([0.5, 0.25, 0.0])}) == (Linear(1.0, (0.5, 0.25, 0.0)),)
    (curve,) = of(A.RandomToneCurve(), {"low_y": 0.25, "high_y": 0.75})
    assert isinstance(curve, Curve)
    assert curve.knots.dtype == np.float32
    assert curve.knots.shape == (256,)


class Louder(A.InvertImg):
    def apply(self, img, **params):
        return img


@pytest.mark.parametrize(
    ("leaf", "params"),
    [
        (Louder(), {}),  # a subclass may do anything
        (A.ToGray(), {}),  # mixes channels
        (A.GaussianBlur(), {}),
        (A.AdditiveNoise("gaussian", "per_pixel"), {"noise_map": np.zeros((4, 4))}),
        (A.MultiplicativeNoise(elementwise=True), {"multiplier": np.ones((4, 4))}),
        (A.GaussNoise(), {"noise_map": np.zeros((4, 4))}),
        (A.Posterize(), {"num_bits": [3, 4]}),  # of a picture of three
        (A.RandomToneCurve(), {"low_y": np.ones(2), "high_y": np.ones(2)}),
        (A.RGBShift(), {"noise_map": np.zeros(2)}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_operation_on_single_values_is_told(leaf, params):
    assert ops_of(leaf, params, dtype=np.float32, low=0, high=1, channels=3) is None


# -- whether a draw may be made before the picture is there --------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("picture", [levels, shares])
@pytest.mark.parametrize("name", OPS)
def test_a_draw_from_the_shape_alone_is_the_draw_from_the_picture(name, picture, channels):
    leaf, image = OPS[name](p=1), picture(channels)
    assert pointwise_from_shape(leaf, image.dtype) == ("by mean" not in name)
    if channels == 1 and name in FOR_COLOR:
        return
    blank = np.broadcast_to(np.zeros((), image.dtype), image.shape)
    same = [str(drawn(leaf, image, seed)) == str(drawn(leaf, blank, seed)) for seed in range(10)]
    assert all(same) if pointwise_from_shape(leaf, image.dtype) else not any(same)


@pytest.mark.parametrize(
    "leaf",
    [
        Louder(),
        A.ToGray(),
        A.GaussNoise(noise_scale_factor=0.5),
        A.AdditiveNoise("gaussian", "shared"),
        A.MultiplicativeNoise(elementwise=True),
    ],
    ids=lambda leaf: type(leaf).__name__,
)
def test_what_is_not_read_is_not_drawn_ahead(leaf):
    assert not pointwise_from_shape(leaf, np.float32)


def test_types_that_a_transform_is_never_shown_are_not_drawn_ahead():
    assert pointwise_from_shape(A.RandomGamma(), np.uint8)
    assert not pointwise_from_shape(A.RandomGamma(), np.int16)
