"""Pictures and stacks through maps: held against SciPy and OpenCV, on both engines."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BSpline
from scipy.ndimage import map_coordinates

from domainaug.errors import ImageError, UnknownName
from domainaug.kernels.engine import using
from domainaug.kernels.maps import Field, Mesh, PixelMap, Projective
from domainaug.kernels.point import Bias, Linear, Noise, Point, Power
from domainaug.kernels.warp import apply_point, warp

TYPES = (np.uint8, np.uint16, np.int16, np.float32)
SCIPY = {"constant": "grid-constant", "replicate": "nearest", "reflect": "reflect", "wrap": "grid-wrap",
         "reflect101": "mirror"}  # fmt: skip
TURN = np.array([[0.93, 0.21, -6.3], [-0.18, 1.07, 4.7]])


@pytest.fixture(params=["numba", "plain"])
def engine(request):
    with using(request.param):
        yield request.param


def picture(shape, dtype=np.float32, seed=0):
    values = np.random.default_rng(seed).random(shape) * 1000
    return values.astype(dtype) if dtype != np.uint8 else (values / 4).astype(dtype)


def looked_at(matrix, shape):
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    whole = np.vstack([matrix, [0, 0, 1]]) if len(matrix) == 2 else np.asarray(matrix)
    at = np.einsum("ij,jhw->ihw", whole, np.stack([x, y, np.ones_like(x)]))
    return at[0] / at[2], at[1] / at[2]


def by_scipy(image, x, y, order, border, fill=0.0):
    """SciPy's answer in float64, channel by channel."""
    planes = image[..., None] if image.ndim == 2 else image
    fills = np.broadcast_to(fill, planes.shape[-1])
    found = [
        map_coordinates(planes[..., c].astype(np.float64), [y, x], order=order, mode=SCIPY[border], cval=fills[c])
        for c in range(planes.shape[-1])
    ]
    return np.stack(found, axis=-1).reshape(*x.shape, *image.shape[2:])


def off(got, wanted):
    """Worst difference, less what rounding to integers explains."""
    return np.abs(got.astype(np.float64) - wanted).max() - (0.5 if got.dtype.kind in "iu" else 0.0)


@pytest.mark.parametrize("border", SCIPY)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [(), (2,), (3,), (5,)])
def test_linear_is_what_scipy_interpolates(engine, border, dtype, channels):
    image = picture((41, 53, *channels), dtype)
    x, y = looked_at(TURN, (47, 61))
    got = warp(image, PixelMap.of(TURN, (41, 53), (47, 61), border), fill=40.0)
    assert got.dtype == dtype
    assert off(got, by_scipy(image, x, y, 1, border, 40.0)) < 0.01


@pytest.mark.parametrize("border", SCIPY)
@pytest.mark.parametrize("dtype", TYPES)
def test_nearest_shows_the_very_values(engine, border, dtype):
    image = picture((41, 53, 3), dtype)
    x, y = looked_at(TURN, (47, 61))
    got = warp(image, PixelMap.of(TURN, (41, 53), (47, 61), border), order="nearest", fill=(1.0, 2.0, 3.0))
    wanted = by_scipy(image, np.floor(x + 0.5), np.floor(y + 0.5), 0, border, (1.0, 2.0, 3.0))
    np.testing.assert_array_equal(got, wanted.astype(dtype))


@settings(max_examples=60)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 1100)),
    angle=st.floats(-180, 180),
    zoom=st.floats(0.2, 4),
    shift=st.tuples(st.floats(-60, 60), st.floats(-60, 60)),
    border=st.sampled_from(sorted(SCIPY)),
    channels=st.sampled_from([1, 3]),
)
def test_any_affine_map_of_any_size(size, shape, angle, zoom, shift, border, channels):
    c, s = zoom * np.cos(np.deg2rad(angle)), zoom * np.sin(np.deg2rad(angle))
    matrix = np.array([[c, -s, shift[0]], [s, c, shift[1]]])
    image = picture((*size, channels))
    x, y = looked_at(matrix, shape)
    with using("numba"):
        got = warp(image, PixelMap.of(matrix, size, shape, border), fill=-7.0)
    assert off(got, by_scipy(image, x, y, 1, border, -7.0)) < 0.01


def test_coordinates_stay_exact_in_large_pictures():
    image = picture((40, 6000))
    matrix = np.array([[0.9973, 0.0121, 3.1234567], [0.0003, 0.9991, 0.7654321]])
    x, y = looked_at(matrix, image.shape)
    with using("numba"):
        got = warp(image, PixelMap.of(matrix, image.shape))
    assert off(got, by_scipy(image, x, y, 1, "constant")) < 0.005


def test_a_perspective_looks_where_opencv_looks(engine):
    matrix = np.array([[1.02, 0.08, -3.0], [0.03, 0.95, 2.0], [4e-4, -6e-4, 1.0]])
    image = picture((60, 80))
    x, y = looked_at(matrix, image.shape)
    got = warp(image, PixelMap.of(matrix, image.shape), fill=5.0)
    assert off(got, by_scipy(image, x, y, 1, "constant", 5.0)) < 0.02
    smooth = cv2.GaussianBlur(image, (0, 0), 4)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    theirs = cv2.warpPerspective(smooth, matrix, (80, 60), flags=flags, borderValue=5.0)
    got = warp(smooth, PixelMap.of(matrix, image.shape), fill=5.0)
    assert np.abs(got - theirs)[8:-8, 8:-8].max() < 2  # OpenCV 4 looks places up to a 32nd of a pixel


@pytest.mark.parametrize("dtype", TYPES)
def test_cubic_is_opencvs(engine, dtype):
    smooth = (cv2.GaussianBlur(picture((60, 80)), (0, 0), 3) / 4).astype(dtype)
    got = warp(smooth, PixelMap.of(TURN, (60, 80), border="reflect101"), order="cubic")
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    theirs = cv2.warpAffine(smooth.astype(np.float32), TURN, (80, 60), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    assert off(got, theirs) < 1.5


@pytest.mark.parametrize("border", SCIPY)
def test_cubic_is_keys_formula(engine, border):
    def keys(d):
        d, a = abs(d), -0.75
        return (a + 2) * d**3 - (a + 3) * d**2 + 1 if d <= 1 else a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0

    image = picture((7, 9))
    mode = {
        "constant": "constant",
        "replicate": "edge",
        "reflect": "symmetric",
        "wrap": "wrap",
        "reflect101": "reflect",
    }
    wide = np.pad(image.astype(np.float64), 4, mode=mode[border])
    got = warp(image, PixelMap.of([[1, 0, 0.3], [0, 1, -0.6]], image.shape, border=border), order="cubic")
    for y, x in ((0, 0), (3, 4), (6, 8), (0, 8)):
        px, py = x + 0.3 + 4, y - 0.6 + 4
        wanted = sum(wide[j, i] * keys(px - i) * keys(py - j) for j in range(15) for i in range(17))
        assert got[y, x] == pytest.approx(wanted, abs=1e-2)


@pytest.mark.parametrize("shape", [(20, 25), (13, 17), (40, 11), (1, 1)])
@pytest.mark.parametrize("dtype", TYPES)
def test_area_is_the_mean_of_what_a_pixel_covers(engine, shape, dtype):
    image = picture((40, 50, 3), dtype)
    tall, wide = 40 / shape[0], 50 / shape[1]
    matrix = [[wide, 0, (wide - 1) / 2], [0, tall, (tall - 1) / 2]]
    got = warp(image, PixelMap.of(matrix, (40, 50), shape, "replicate"), order="area")
    theirs = cv2.resize(image.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    assert off(got, theirs.reshape(got.shape)) < 0.01


def test_area_without_shrinking_is_linear(engine):
    image = picture((30, 30))
    map_ = PixelMap.of([[0.7, 0.1, 1.2], [-0.1, 0.8, 2.3]], (30, 30))
    np.testing.assert_allclose(warp(image, map_, order="area"), warp(image, map_), atol=0.01)


@pytest.mark.parametrize("order", ["nearest", "linear", "cubic", "area"])
@pytest.mark.parametrize("dtype", TYPES)
def test_both_engines_agree(order, dtype):
    image = picture((50, 60, 3), dtype)
    point = Point((Linear(1.2, -0.05), Power(0.8), Bias((0.02,) * 20), Noise(0.02, 99)), 0.0, 1000.0)
    map_ = PixelMap.of(TURN * 1.4, (50, 60), border="reflect")
    results = []
    for name in ("numba", "plain"):
        with using(name):
            results.append(warp(image, map_, order=order, point=point).astype(np.float64))
    difference = np.abs(results[0] - results[1])
    assert difference.max() <= (0.05 if dtype == np.float32 else 1)
    assert np.count_nonzero(difference > 0.05) < 0.001 * difference.size


# Maps of whole pixels


@pytest.mark.parametrize("dtype", [*TYPES, np.float64, np.int64, np.bool_, np.complex64])
def test_mirrors_and_quarter_turns_move_values_of_any_type(engine, dtype):
    image = (picture((5, 8, 3)) % 251).astype(dtype)
    for matrix, wanted in (
        ([[-1, 0, 7], [0, 1, 0]], image[:, ::-1]),
        ([[1, 0, 0], [0, -1, 4]], image[::-1]),
        ([[0, -1, 7], [1, 0, 0]], np.rot90(image)),
        ([[0, 1, 0], [-1, 0, 4]], np.rot90(image, -1)),
        ([[0, 1, 0], [1, 0, 0]], image.swapaxes(0, 1)),
    ):
        got = warp(image, PixelMap.of(matrix, (5, 8), wanted.shape[:2]))
        np.testing.assert_array_equal(got, wanted)
        assert got.flags.c_contiguous
        assert got.flags.writeable


def test_the_identity_is_a_copy(engine):
    image = picture((5, 8))
    image[2, 3] = np.nan
    got = warp(image, PixelMap.identity((5, 8)))
    assert not np.shares_memory(got, image)
    np.testing.assert_array_equal(got, image)


@pytest.mark.parametrize("border", SCIPY)
@pytest.mark.parametrize("shift", [(0, 0), (-3, 2), (4, -5), (-20, 0), (0, 30)])
def test_shifts_crops_and_pads_are_exact(engine, border, shift):
    image = picture((9, 11))
    matrix = [[1, 0, shift[0]], [0, 1, shift[1]]]
    x, y = looked_at(np.array(matrix, float), (12, 6))
    got = warp(image, PixelMap.of(matrix, (9, 11), (12, 6), border), fill=3.0)
    np.testing.assert_array_equal(got, by_scipy(image, x, y, 0, border, 3.0).astype(np.float32))


def test_a_crop_that_is_padded_again_keeps_its_cut(engine):
    image = picture((10, 10))
    crop = PixelMap.of([[1, 0, 2], [0, 1, 3]], (10, 10), (4, 5))
    padded = crop.then(PixelMap.of([[1, 0, -2], [0, 1, -3]], (4, 5), (10, 10)))
    wanted = np.full((10, 10), 9.0, np.float32)
    wanted[3:7, 2:7] = image[3:7, 2:7]
    np.testing.assert_array_equal(warp(image, padded, fill=9.0), wanted)


# Several stages


@pytest.mark.parametrize("border", SCIPY)
def test_a_frame_on_the_way_hides_what_it_cut(engine, border):
    image = picture((30, 40))
    shift = PixelMap.of([[1, 0, 7], [0, 1, -5]], (30, 40), (26, 33), border)
    turn = PixelMap(shift.shape, (Projective(np.vstack([TURN, [0, 0, 1]]), shift.shape, "constant"),))
    both = PixelMap((26, 33), (*turn.stages, *shift.stages))
    in_two = warp(warp(image, shift, fill=50.0), turn, fill=50.0)
    assert off(warp(image, both, fill=50.0), in_two) < 0.02


def test_fields_are_looked_up(engine):
    image = picture((30, 40))
    x, y = looked_at(TURN, (30, 40))
    field = Field(x.astype(np.float32), y.astype(np.float32), (30, 40), "reflect")
    assert off(warp(image, PixelMap((30, 40), (field,))), by_scipy(image, x, y, 1, "reflect")) < 0.02
    first = PixelMap.of([[0.5, 0, 3.3], [0, 0.5, 4.7]], (30, 40))
    mid_x, mid_y = looked_at(first.matrix, (30, 40))
    at_x, at_y = (map_coordinates(t, [mid_y, mid_x], order=1) for t in (x, y))
    got = warp(image, PixelMap((30, 40), (*first.stages, field)))
    assert off(got, by_scipy(image, at_x, at_y, 1, "reflect")) < 0.02
    twice = warp(image, PixelMap((30, 40), (field, field)))
    fold_x, fold_y = np.clip(np.where(x < 0, -1 - x, x), 0, 39), np.clip(np.where(y < 0, -1 - y, y), 0, 29)
    fold_x, fold_y = (np.where(t > n - 0.5, 2 * n - 1 - t, t) for t, n in ((fold_x, 40), (fold_y, 30)))
    inside = (x > 0) & (x < 39) & (y > 0) & (y < 29)
    at_x, at_y = (map_coordinates(t, [fold_y, fold_x], order=1, mode="nearest") for t in (x, y))
    assert np.abs(twice - by_scipy(image, at_x, at_y, 1, "reflect"))[inside].max() < 0.02


def test_a_field_that_leads_nowhere_shows_the_fill(engine):
    image = picture((6, 6))
    y, x = np.mgrid[:6, :6].astype(np.float32)
    x[2, 2], y[3, 3], x[4, 4] = np.nan, np.inf, -1e30
    got = warp(image, PixelMap((6, 6), (Field(x, y, (6, 6)),)), fill=-1.0)
    wanted = image.copy()
    wanted[[2, 3, 4], [2, 3, 4]] = -1.0
    np.testing.assert_allclose(got, wanted, atol=1e-3)


@pytest.mark.parametrize("early", [False, True])
def test_a_mesh_is_a_cubic_b_spline(engine, early):
    size, knots = (30, 1300), (6, 9)
    control = np.random.default_rng(5).normal(0, 2, (2, *knots)).astype(np.float32)
    stages = (Mesh(control, size, "replicate"),)
    if early:  # places that are not those of pixels
        stages = (Projective(np.array([[1, 0, 0.0], [0, 1, 0.0], [0, 0, 1]]), size, "replicate"), *stages)
    image = cv2.GaussianBlur(picture(size), (0, 0), 2)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float64)

    def weights(t, length, count):
        at = t * (count - 3) / (length - 1) + 3
        return BSpline.design_matrix(np.minimum(at, count - 1e-12), np.arange(count + 4.0), 3).toarray()

    wx, wy = weights(np.arange(size[1]), size[1], knots[1]), weights(np.arange(size[0]), size[0], knots[0])
    dx, dy = (wy @ plane @ wx.T for plane in control)
    got = warp(image, PixelMap(size, stages))
    assert off(got, by_scipy(image, x + dx, y + dy, 1, "replicate")) < 0.02


def test_a_map_that_folds_is_followed(engine):
    image = picture((20, 20))
    x = np.broadcast_to(np.abs(np.arange(20.0) - 9.5), (20, 20)).astype(np.float32)
    y = np.broadcast_to(np.arange(20.0)[:, None], (20, 20)).astype(np.float32)
    got = warp(image, PixelMap((20, 20), (Field(x, y, (20, 20)),)))
    assert off(got, by_scipy(image, x, y, 1, "constant")) < 0.01


# Stacks, threads, memory


@pytest.mark.parametrize("border", ["constant", "replicate", "reflect", "wrap", "reflect101"])
@pytest.mark.parametrize("shape", [(41, 353), (2, 2), (1, 9)])
def test_colors_of_8_bits_are_their_channels(engine, border, shape):
    stack = np.random.default_rng(0).integers(0, 256, (3, *shape, 3), np.uint8)
    pixel_map = PixelMap.of([[0.8, 0.3, -3.3], [-0.2, 1.1, 1.7]], shape, (38, 400), border)
    fills = (7.0, 200.0, 31.0)
    got = warp(stack, pixel_map, fill=fills, stack=True, threads=3)
    for c in range(3):
        gray = np.ascontiguousarray(stack[..., c])
        np.testing.assert_array_equal(got[..., c], warp(gray, pixel_map, fill=fills[c], stack=True))


@pytest.mark.parametrize("order", ["nearest", "linear", "cubic", "area"])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_stack_is_its_slices(engine, order, channels):
    stack = picture((5, 37, 29, *channels), np.int16)
    map_ = PixelMap.of(TURN * 1.2, (37, 29), (33, 41))
    got = warp(stack, map_, order=order, stack=True)
    assert got.shape == (5, 33, 41, *channels)
    for slice_, one in zip(stack, got, strict=True):
        np.testing.assert_array_equal(warp(slice_, map_, order=order), one)


def test_noise_runs_over_the_whole_stack(engine):
    stack = np.full((3, 20, 20), 100, np.float32)
    point = Point((Noise(0.1, 7),), 0.0, 200.0)
    got = warp(stack, PixelMap.of(TURN, (20, 20), border="replicate"), stack=True, point=point)
    assert abs(np.corrcoef(got.reshape(3, -1)) - np.eye(3)).max() < 0.2


@pytest.mark.parametrize("order", ["linear", "cubic", None])
@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32])
def test_slices_made_a_few_at_a_time_are_those_of_the_whole_stack(engine, order, dtype):
    stack = picture((7, 30, 20), dtype)
    point = Point((Bias((0.1,) * 10, 2), Noise(0.05, 7)), 0.0, 1000.0)
    map_ = PixelMap.of(TURN, (30, 20))

    def made(some, program):
        if order is None:
            return apply_point(some, program, channels_last=False)
        return warp(some, map_, order=order, stack=True, point=program)

    parts = [made(stack[i : i + 3], replace(point, part=(i, 7))) for i in range(0, 7, 3)]
    np.testing.assert_array_equal(np.concatenate(parts), made(stack, point))


@pytest.mark.parametrize("order", ["linear", "cubic"])
def test_threads_change_no_bit(engine, order):
    image = picture((300, 301, 3), np.float32)
    point = Point((Power(0.7), Bias((0.1,) * 10, 2), Noise(0.05, 2**64 - 1)), 0.0, 1000.0)
    map_ = PixelMap.of(TURN, (300, 301))
    tallies = np.zeros((2, 2), np.int64)
    one = warp(image, map_, order=order, point=point, threads=1, counts=tallies[0])
    many = warp(image, map_, order=order, point=point, threads=5, counts=tallies[1])
    np.testing.assert_array_equal(one, many)
    np.testing.assert_array_equal(tallies[0], tallies[1])


def test_memory_of_any_kind_can_be_read(engine):
    image = picture((20, 30, 3))
    map_ = PixelMap.of(TURN, (20, 30))
    wanted = warp(image, map_)
    locked = image.copy()
    locked.flags.writeable = False
    strided = np.zeros((40, 30, 6), np.float32)
    strided[::2, :, ::2] = image
    for source in (locked, strided[::2, :, ::2], np.asfortranarray(image), image[:, ::-1].copy()[:, ::-1],
                  image.astype(">f4")):  # fmt: skip
        np.testing.assert_array_equal(warp(source, map_), wanted)


def test_results_go_where_they_are_wanted(engine):
    image, out = picture((20, 30)), np.empty((10, 12), np.float32)
    assert warp(image, PixelMap.of(TURN, (20, 30), (10, 12)), out=out) is out
    assert warp(image, PixelMap.of([[1, 0, 2], [0, 1, 2]], (20, 30), (10, 12)), out=out) is out
    np.testing.assert_array_equal(out, image[2:12, 2:14])


# Unknown values


@pytest.mark.parametrize("shift", [(0.0, 0.5), (0.5, 0.0), (0.25, 0.75)])
def test_nan_reaches_the_pixels_it_has_a_share_in(engine, shift):
    image = picture((12, 13))
    image[5, 6], image[8, 2] = np.nan, np.inf
    map_ = PixelMap.of([[1, 0, shift[0]], [0, 1, shift[1]]], (12, 13), (11, 12))
    got = warp(image, map_)
    known = np.isfinite(got)
    columns = {6, 6 - (shift[0] > 0)}
    rows = {5, 5 - (shift[1] > 0)}
    assert {(int(y), int(x)) for y, x in np.argwhere(np.isnan(got))} == {(y, x) for y in rows for x in columns}
    assert np.count_nonzero(np.isinf(got)) == len(rows) * len(columns)
    image[5, 6] = image[8, 2] = 0.0
    np.testing.assert_allclose(got[known], warp(image, map_)[known], atol=1e-3)


def test_nan_never_becomes_an_integer_by_chance(engine):
    image = picture((9, 9), np.int16)
    got = warp(image, PixelMap.of(TURN, (9, 9), (20, 20)), fill=float("nan"))
    assert got[-1, -1] == np.iinfo(np.int16).min


# What cannot be done


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (5, 5, 0)])
def test_nothing_cannot_be_warped(engine, shape):
    with pytest.raises(ImageError, match="empty"):
        warp(np.zeros(shape, np.uint8), PixelMap.of(TURN, shape[:2], (4, 4)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image": np.zeros((5, 5), np.float64)}, "float64"),
        ({"image": [[1]]}, "NumPy array"),
        ({"image": np.zeros(5, np.uint8)}, "axes"),
        ({"image": np.zeros((6, 5), np.uint8)}, "for a"),
        ({"pixel_map": PixelMap.of([[np.nan, 0, 0], [0, 1, 0]], (5, 5))}, "finite"),
        ({"pixel_map": PixelMap((5, 5), (Projective(np.diag([1.0, 1.0, 0.0]), (5, 5)),))}, "end in zeros"),
        ({"pixel_map": PixelMap((5, 5), (Mesh(np.zeros((2, 3, 4), np.float32), (5, 5)),))}, "control points"),
        ({"pixel_map": PixelMap((5, 5), (Mesh(np.full((2, 4, 4), np.nan, np.float32), (5, 5)),))}, "not finite"),
        ({"pixel_map": PixelMap((5, 5), (Field(np.zeros((5, 5), np.float32), np.zeros((5, 4), np.float32), (5, 5)),))},
         "field"),
        ({"fill": (1.0, 2.0)}, "channels"),
        ({"out": np.zeros((5, 5), np.float32)}, "type"),
        ({"point": Point((Linear((1.0, 2.0)),))}, "channels"),
        ({"pixel_map": PixelMap.of(TURN, (5, 5), (2**16, 2**16))}, "the most"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(engine, change, says):
    given = {"image": np.zeros((5, 5), np.uint8), "pixel_map": PixelMap.of(TURN, (5, 5)), **change}
    with pytest.raises(ImageError, match=says):
        warp(**given)


def test_an_unknown_order_is_named(engine):
    with pytest.raises(UnknownName, match="linear"):
        warp(np.zeros((5, 5), np.uint8), PixelMap.of(TURN, (5, 5)), order="lineal")


def test_a_singular_matrix_shows_a_line(engine):
    image = picture((20, 20))
    got = warp(image, PixelMap.of([[0, 0, 3.5], [0, 1, 0.25]], (20, 20), border="replicate"))
    np.testing.assert_array_equal(got, np.repeat(got[:, :1], 20, axis=1))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 1025)])
@pytest.mark.parametrize("order", ["nearest", "linear", "cubic", "area"])
@pytest.mark.parametrize("border", SCIPY)
def test_the_smallest_pictures(size, order, border):
    image = picture(size)
    map_ = PixelMap.of(TURN, size, (7, 8), border)
    with using("plain"):
        wanted = warp(image, map_, order=order, fill=4.0)
    with using("numba"):
        np.testing.assert_allclose(warp(image, map_, order=order, fill=4.0), wanted, atol=0.02)


def test_a_mesh_that_folds_is_refused():
    bent = np.random.default_rng(0).normal(0, 50, (2, 7, 7)).astype(np.float32)
    with pytest.raises(ImageError, match="folds"):
        warp(np.zeros((32, 32), np.uint8), PixelMap((32, 32), (Mesh(bent, (32, 32)),)))
