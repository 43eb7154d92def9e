"""Point programs: held against NumPy in float64, on both engines and as tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug.errors import ImageError
from domainaug.kernels.engine import using
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.point import MOST_CHANNELS, Bias, Curve, Linear, Noise, Point, Posterize, Power, Solarize
from domainaug.kernels.random import normals
from domainaug.kernels.warp import apply_point, warp

KNOTS = (np.linspace(0, 1, 33) ** 2).astype(np.float32)
SHARES = np.linspace(0, 1, 4001, dtype=np.float32).reshape(1, 4001)


@pytest.fixture(params=["numba", "plain"])
def engine(request):
    with using(request.param):
        yield request.param


def shares(ops, values=SHARES, **options):
    return apply_point(values, Point(ops, 0.0, 1.0, **options), channels_last=False).astype(np.float64)


@pytest.mark.parametrize("gamma", [0.2, 0.45, 0.83, 1.0, 1.7, 5.0])
def test_gamma_is_numpys_within_a_millionth(engine, gamma):
    got, wanted = shares((Power(gamma),)), SHARES.astype(np.float64) ** gamma
    far = wanted > 1e-9
    assert (np.abs(got - wanted)[far] / wanted[far]).max() < 1e-6
    assert got[0, 0] == 0


def test_below_zero_counts_as_zero_for_gamma(engine):
    values = np.array([[-1.0, -1e-6, 0.0, 2.0]], np.float32)
    np.testing.assert_allclose(shares((Power(0.5),), values, clip=False), [[0, 0, 0, np.sqrt(2)]], rtol=2e-6)


@pytest.mark.parametrize(
    ("op", "formula"),
    [
        (Linear(1.3, -0.1), lambda u: np.clip(1.3 * u - 0.1, 0, 1)),
        (Linear(-1.0, 1.0), lambda u: 1 - u),
        (Solarize(0.5), lambda u: np.where(u >= 0.5, 1 - u, u)),
        (Posterize(3), lambda u: (np.rint(u * 255).astype(int) & 0b11100000) / 255),
        (Posterize(0), lambda u: 0 * u),
        (Posterize(8), lambda u: np.rint(u * 255) / 255),
        (Curve(KNOTS), lambda u: np.interp(u, np.linspace(0, 1, 33), KNOTS)),
    ],
)
def test_an_operation_is_its_formula(engine, op, formula):
    u = SHARES.astype(np.float64)
    off = np.abs(shares((op,)) - formula(u))
    if isinstance(op, Posterize):  # float32 may take a value just below a step to the other side
        assert np.count_nonzero(off > 1e-6) <= 3
    else:
        assert off.max() < 1e-6


def test_each_operation_sees_what_the_one_before_made(engine):
    got = shares((Linear(2.0), Linear(0.5)))
    np.testing.assert_allclose(got, np.minimum(2 * SHARES, 1) / 2, atol=1e-6)
    np.testing.assert_allclose(shares((Linear(2.0), Linear(0.5)), clip=False), SHARES, atol=1e-6)


def test_channels_may_differ(engine):
    rng = np.random.default_rng(3)
    values = rng.random((1, 700, 3)).astype(np.float32)
    curves = np.stack([KNOTS, KNOTS[::-1], np.sqrt(KNOTS)])
    point = Point((Linear((1.0, 0.5, 0.8), (0.0, 0.2, 0.1)), Power((0.5, 1.0, 2.0)), Curve(curves)), 0.0, 1.0)
    got = apply_point(values, point, channels_last=True)
    for c in range(3):
        u = (values[..., c].astype(np.float64) * (1.0, 0.5, 0.8)[c] + (0.0, 0.2, 0.1)[c]) ** (0.5, 1.0, 2.0)[c]
        np.testing.assert_allclose(got[..., c], np.interp(u, np.linspace(0, 1, 33), curves[c]), atol=1e-5)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(9, 11), (1, 1), (5, 9, 1100), (1, 7)])
def test_a_bias_field_is_exp_of_its_polynomial(engine, order, shape):
    terms = [(i, j, k) for i in range(order + 1) for j in range(order + 1 - i) for k in range(order + 1 - i - j)]
    coefficients = tuple(np.random.default_rng(order).uniform(-0.3, 0.3, len(terms)))
    values = np.random.default_rng(1).uniform(100, 900, shape).astype(np.float32)
    axes = [np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in (1,) * (3 - len(shape)) + shape]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    field = np.exp(sum(c * x**i * y**j * z**k for c, (i, j, k) in zip(coefficients, terms, strict=True)))
    point = Point((Bias(coefficients, order, 0.1),), 0.0, 1000.0, clip=False)
    got = apply_point(values, point, channels_last=False)
    wanted = 100 + (values - 100.0) * field.reshape(shape)
    np.testing.assert_allclose(got, wanted, rtol=3e-6, atol=3e-3)


@pytest.mark.parametrize("gray", [False, True])
def test_noise_is_drawn_by_place(engine, gray):
    values = np.full((40, 500, 3), 128.0, np.float32)
    key, stream = 2**64 - 3, 2**63 + 1
    got = apply_point(
        values, Point((Noise(0.02, key, 0.01, stream, gray),), 0.0, 100.0, clip=False), channels_last=True
    )
    drawn = normals((40, 500, 1 if gray else 3), key, stream)
    np.testing.assert_allclose(got, 128 + 1 + 2 * np.broadcast_to(drawn, values.shape), atol=1e-3)


@pytest.mark.parametrize("gray", [False, True])
def test_noise_in_pictures_of_8_bits_is_coarse(engine, gray):
    values = np.full((40, 500, 3), 128, np.uint8)
    point = Point((Noise(0.1, 2**64 - 3, 0.01, 2**63 + 1, gray),), 0.0, 255.0)
    got = apply_point(values, point, channels_last=True, threads=3)
    drawn = normals((40, 500, 1 if gray else 3), 2**64 - 3, 2**63 + 1, coarse=True)
    wanted = np.clip(np.broadcast_to(128 + 2.55 + 25.5 * drawn, values.shape), 0, 255)
    assert np.abs(got - wanted).max() < 0.501


def test_other_keys_and_streams_are_other_noise(engine):
    values = np.zeros((100, 100), np.float32)
    drawn = [
        apply_point(values, Point((Noise(1.0, key, 0.0, stream),), 0.0, 1.0, clip=False), channels_last=False).ravel()
        for key, stream in ((1, 0), (2, 0), (1, 1))
    ]
    assert np.abs(np.corrcoef(drawn) - np.eye(3)).max() < 0.05
    assert np.std(drawn[0]) == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_types_are_kept_and_never_left(engine, dtype):
    info = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else np.finfo(np.float32)
    values = np.linspace(0, 200, 900).astype(dtype).reshape(30, 30)
    got = apply_point(values, Point((Linear(1e6), Noise(1e5, 1)), 0.0, 255.0, clip=False), channels_last=False)
    assert got.dtype == dtype
    assert np.isfinite(got).all()
    if info.max < 2**16:
        assert got.max() == info.max
        assert got.min() == info.min


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_table_says_what_the_program_says(engine, dtype, channels):
    info = np.iinfo(dtype)
    values = np.random.default_rng(0).integers(info.min, info.max + 1, (600, 601, *channels)).astype(dtype)
    gains = (0.9, 1.1, 1.2) if channels else 1.1
    point = Point((Linear(gains, 0.05), Power(0.7), Solarize(0.8)), info.min / 2, info.max * 0.8)
    tally, whole = np.zeros(2, np.int64), np.zeros(2, np.int64)
    table = apply_point(values, point, channels_last=bool(channels), counts=tally, threads=3)
    unrounded = apply_point(values.astype(np.float32), point, channels_last=bool(channels), counts=whole)
    assert np.abs(table - np.clip(unrounded.astype(np.float64), info.min, info.max)).max() < 0.51
    assert np.abs(tally - whole).max() <= 5  # a millionth of rounding at an end
    inside = values.copy()
    assert apply_point(inside, point, channels_last=bool(channels), out=inside) is inside
    np.testing.assert_array_equal(inside, table)


@settings(max_examples=40)
@given(
    values=st.lists(st.floats(-2, 3, width=32), min_size=1, max_size=40),
    gain=st.floats(-3, 3),
    offset=st.floats(-1, 1),
    clip=st.booleans(),
)
def test_counts_are_what_left_the_range_and_what_came_to_its_ends(values, gain, offset, clip):
    u = np.array([values], np.float32)
    tally = np.zeros(2, np.int64)
    point = Point((Linear(gain, offset),), 0.0, 1.0, clip)
    for name in ("numba", "plain"):
        with using(name):
            tally[:] = 0
            after = apply_point(u, point, channels_last=False, counts=tally)
        assert tally[0] == (np.count_nonzero((u < 0) | (u > 1)) if clip else 0)
        assert tally[1] == np.count_nonzero((after <= 0) | (after >= 1)) - np.count_nonzero((u <= 0) | (u >= 1))


def test_nan_stays_what_it_is(engine):
    values = np.array([[np.nan, 0.5]], np.float32)
    point = Point((Linear(1.1), Power(0.5), Solarize(0.2), Posterize(4), Curve(KNOTS), Bias((0.1,) * 4, 1)), 0.0, 1.0)
    tally = np.zeros(2, np.int64)
    got = apply_point(values, point, channels_last=False, counts=tally)
    assert np.isnan(got[0, 0])
    assert np.isfinite(got[0, 1])
    assert not tally.any()


@pytest.mark.parametrize("shape", [(7,), (5, 7), (3, 5, 7)])
def test_any_number_of_axes(engine, shape):
    values = np.full(shape, 10.0, np.float32)
    np.testing.assert_allclose(
        apply_point(values, Point((Linear(2.0),), clip=False), channels_last=False), 20, rtol=1e-6
    )


@pytest.mark.parametrize("op", [Linear((1.0, 2.0)), Power((1.0, 2.0)), Posterize((1, 2)), Curve(np.ones((2, 3)))])
def test_an_operation_for_other_channels_is_refused(engine, op):
    with pytest.raises(ImageError, match="2 channels and the picture has 3"):
        apply_point(np.zeros((4, 4, 3), np.uint8), Point((op,)), channels_last=True)


@pytest.mark.parametrize("range_", [(1.0, 1.0), (2.0, 1.0), (0.0, float("nan"))])
def test_a_range_needs_a_width(range_):
    with pytest.raises(ValueError, match="low < high"):
        Point((), *range_)


@pytest.mark.parametrize("channels", [1, 3])
def test_threads_change_no_bit(engine, channels):
    values = np.random.default_rng(0).random((400, 301, channels)).astype(np.float32)
    point = Point((Power(0.7), Bias((0.1,) * 10, 2), Noise(0.05, 5)), 0.0, 1.0)
    one, many = (apply_point(values, point, channels_last=True, threads=n) for n in (1, 6))
    np.testing.assert_array_equal(one, many)


@pytest.mark.parametrize("tone", [(Power(0.85),), (Linear(1.2, -0.05), Power(1.3)), (Curve(KNOTS), Linear(-1.0, 1.0))])
@pytest.mark.parametrize("after", [(), (Noise(0.03, 5),), (Bias((0.2, 0.1, -0.1, 0.3), 1, 0.0),)])
def test_curves_of_many_values_of_8_bits_are_within_half_a_level(tone, after):
    """Compiled, they are a table of 16 places a level; a few values run through the program itself."""
    from domainaug.kernels.maps import PixelMap
    from domainaug.kernels.warp import warp

    picture = np.random.default_rng(1).integers(0, 256, (200, 211), np.uint8)
    slanted = PixelMap.of([[0.93, 0.21, -4.2], [-0.2, 0.91, 20.3]], (200, 211))
    point, (tally, wanted_tally) = Point((*tone, *after)), np.zeros((2, 2), np.int64)
    got = warp(picture, slanted, point=point, counts=tally)
    with using("plain"):
        wanted = warp(picture, slanted, point=point, counts=wanted_tally)
    off = np.abs(got.astype(int) - wanted)
    assert off.max() <= 1
    assert (off > 0).mean() < 0.06
    np.testing.assert_allclose(tally, wanted_tally, atol=60)


def test_a_table_is_exact_for_values_that_are_levels(engine):
    levels = np.arange(256, dtype=np.uint8).repeat(200).reshape(256, 200)
    tone = (Linear(1.1, 0.02), Power(0.8))
    table = apply_point(levels, Point((*tone, Noise(0.0, 1))), channels_last=False)
    np.testing.assert_array_equal(table, apply_point(levels, Point(tone), channels_last=False))


@pytest.mark.parametrize("ops", [(Power(0.3), Linear(0.9)), (Solarize(0.3), Power(0.9)), (Posterize(3), Power(0.9))])
def test_no_table_stands_for_a_curve_with_a_jump(ops):
    from domainaug.kernels.jit.point import pack

    smooth = Point((Linear(1.1), Power(0.9), Noise(0.1, 1)))
    many, size = np.dtype(np.uint8), 1 << 20
    assert pack(smooth, 1, many, size)[0][0, 2] == 2
    assert pack(Point(ops), 1, many, size)[0][0, 2] == 0
    for other in ((1, many, 100), (1, np.dtype(np.uint16), size)):
        assert pack(smooth, *other)[0][0, 2] == 0
    assert pack(Point(smooth.ops, clip=False), 1, many, size)[0][0, 2] == 0
    assert pack(Point((Linear((1.1, 0.9, 1.0)), Power(0.9))), 3, many, size)[0][0, 2] == 0


@pytest.mark.parametrize(
    ("coefficients", "order"), [((1.0,), 3000), ((0.0,), 5), ((), 1), ((0.0,), -1), ((np.nan,) * 4, 1)]
)
def test_a_bias_field_takes_as_many_coefficients_as_its_order_has_terms(coefficients, order):
    with pytest.raises(ValueError, match="bias field"):
        Bias(coefficients, order)


@pytest.mark.parametrize("std", [-1.0, np.nan, np.inf])
def test_noise_has_a_finite_strength(std):
    with pytest.raises(ValueError, match="noise takes"):
        Noise(std, 1)


@pytest.mark.parametrize(
    ("op", "value", "words"),
    [
        (Curve, np.zeros(0, np.float32), "finite knots"),
        (Curve, np.zeros(1, np.float32), "finite knots"),
        (Curve, np.zeros((2, 2, 2), np.float32), "finite knots"),
        (Curve, np.array([0, np.nan], np.float32), "finite knots"),
        (Power, np.nan, "finite exponent"),
        (Power, (1.0, -1.0), "finite exponent"),
        (Posterize, 99, "0 to 8 bits"),
        (Posterize, (3, -1), "0 to 8 bits"),
    ],
)
def test_operations_that_mean_nothing_are_refused(op, value, words):
    with pytest.raises(ValueError, match=words):
        op(value)


def test_a_range_is_finite():
    with pytest.raises(ValueError, match="finite low < high"):
        Point((), 0.0, np.inf)


def test_more_channels_than_the_loops_have_room_for_are_refused(engine):
    many = np.zeros((2, 2, MOST_CHANNELS + 1), np.uint8)
    point = Point((Noise(0.1, 1),))
    with pytest.raises(ImageError, match="1025: give it fewer"):
        apply_point(many, point, channels_last=True)
    with pytest.raises(ImageError, match="1025: give it fewer"):
        warp(many, PixelMap.of([[0.9, 0.1, 0.3], [-0.1, 0.9, 0.4]], (2, 2)), point=point)
    most = np.full((1, 2, MOST_CHANNELS), 100, np.uint8)
    got = apply_point(most, Point((Linear(1.0), Noise(0.0, 1))), channels_last=True)
    np.testing.assert_array_equal(got, most)
