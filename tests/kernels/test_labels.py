"""Label masks through maps: the vote, held against the coverage of one label at a time."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug._albumentations import A
from domainaug.errors import LabelError
from domainaug.kernels.engine import using
from domainaug.kernels.labels import coverage, labels_in, thin_labels, warp_labels
from domainaug.kernels.maps import Field, PixelMap, Projective
from domainaug.kernels.plain.labels import coverage as spelled
from domainaug.kernels.warp import warp
from domainaug.pipeline.masks import resample_masks

TYPES = (np.uint8, np.int16, np.uint16, np.int32)
TURN = np.array([[0.93, 0.21, -6.3], [-0.18, 1.07, 4.7]])


@pytest.fixture(params=["numba", "plain"])
def engine(request):
    with using(request.param):
        yield request.param


def regions(shape=(90, 110), labels=6, dtype=np.uint8, seed=0):
    """Compact regions of several labels, among them background."""
    seeds = np.random.default_rng(seed).integers(0, labels, (6, 7)).astype(np.uint8)
    return cv2.resize(seeds, shape[::-1], interpolation=cv2.INTER_NEAREST).astype(dtype)


@settings(max_examples=30)
@given(angle=st.floats(-40, 40), zoom=st.floats(0.2, 3), seed=st.integers(0, 9))
def test_the_vote_is_that_of_one_coverage_after_another(angle, zoom, seed):
    mask = regions(seed=seed)
    c, s = zoom * np.cos(np.deg2rad(angle)), zoom * np.sin(np.deg2rad(angle))
    forward = np.array([[c, -s, 20.3], [s, c, 10.7], [0, 0, 1]])
    leaf = A.Affine(p=1)
    params = {"matrix": forward, "output_shape": mask.shape, "shape": mask.shape}
    [wanted] = resample_masks(leaf, params, [mask], mask.shape, mask.shape)
    with using("numba"):
        got = warp_labels(mask, PixelMap.of(np.linalg.inv(forward), mask.shape), thin=())
    assert np.count_nonzero(got != wanted) <= 0.0005 * mask.size  # where two labels cover the same


@pytest.mark.parametrize("border", ["constant", "replicate"])
@pytest.mark.parametrize(
    ("slope", "shear", "width"), [(0.9, 0.1, 100), (1.2, -0.2, 100), (0.6, 0, 4096), (0.7, 0, 4096)]
)
def test_a_place_that_is_whole_but_for_a_rounding_shows_its_own_label(border, slope, shear, width):
    stripes = np.repeat((np.arange(width) // 2 % 2 + 1)[None].astype(np.uint8), 100, 0)
    x, y = (width - 1) / 2, 49.5
    start = -0.2 if width > 2048 else x - slope * x - shear * y  # beyond 2048 a row is done in tiles
    map_ = PixelMap.of([[slope, shear, start], [0, slope, y - slope * y]], stripes.shape, border=border)
    with using("plain"):
        wanted = warp_labels(stripes, map_, thin=())
    with using("numba"):
        np.testing.assert_array_equal(warp_labels(stripes, map_, thin=()), wanted)


@pytest.mark.parametrize("border", ["constant", "replicate", "reflect", "wrap", "reflect101"])
@pytest.mark.parametrize("zoom", [0.4, 1.0, 1.8, 3.7])
@pytest.mark.parametrize("dtype", TYPES)
def test_both_engines_agree(border, zoom, dtype):
    mask = regions(dtype=dtype)
    if dtype == np.int32:
        mask *= 100_003
    mask[40, 10:100], mask[10:80, 50] = 9, 8
    map_ = PixelMap.of(TURN * zoom, mask.shape, (70, 80), border)
    with using("plain"):
        wanted = warp_labels(mask, map_, fill=1)
    with using("numba"):
        got = warp_labels(mask, map_, fill=1)
    assert got.dtype == dtype
    assert np.count_nonzero(got != wanted) <= 2


@pytest.mark.parametrize("border", ["constant", "replicate", "reflect", "wrap", "reflect101"])
@pytest.mark.parametrize("zoom", [0.9, 0.4, 0.15])
def test_both_engines_agree_where_nearly_all_pixels_see_one_label(border, zoom):
    mask = np.zeros((140, 180), np.int32)
    rows, columns = np.indices(mask.shape) // 15 % 2
    mask[(rows == 0) & (columns == 0)] = 7  # squares, whose corners have most of the other label about them
    mask[::31, ::17] = 2
    random = np.random.default_rng(0)
    for turn in random.uniform(-0.2, 0.2, 40):
        c, s = np.cos(turn) / zoom, np.sin(turn) / zoom
        x, y = random.uniform(-9, 9, 2)
        where = PixelMap.of([[c, -s, x], [s, c, y]], mask.shape, (30, 40), border=border)
        found = []
        for engine in ("numba", "plain"):
            with using(engine):
                found.append(warp_labels(mask, where, thin=[2, 7]))
        assert np.array_equal(*found)


def test_ties_go_to_labels_over_background_and_to_the_low_label(engine):
    half = PixelMap.of([[1, 0, 0.5], [0, 1, 0]], (1, 5), (1, 4))
    np.testing.assert_array_equal(warp_labels(np.array([[0, 3, 7, 5, 0]], np.uint8), half), [[3, 3, 5, 5]])
    np.testing.assert_array_equal(warp_labels(np.array([[9, 3, 9, 5, 9]], np.uint8), half, fill=9), [[3, 3, 5, 5]])


def test_a_pixel_stays_background_where_background_covers_more(engine):
    mask = np.array([[0, 0, 4, 4, 0]], np.uint8)
    for shift, wanted in ((0.4, [[0, 0, 4, 4]]), (0.6, [[0, 4, 4, 0]])):
        got = warp_labels(mask, PixelMap.of([[1, 0, shift], [0, 1, 0]], (1, 5), (1, 4)))
        assert got.tolist() == wanted


def test_a_frame_on_the_way_leaves_background(engine):
    mask = np.full((20, 20), 5, np.int16)
    crop = Projective(np.array([[1, 0, 2.0], [0, 1, 2.0], [0, 0, 1]]), (20, 20))
    spread = Projective(np.array([[1, 0, -3.4], [0, 1, -3.6], [0, 0, 1]]), (10, 10))
    got = warp_labels(mask, PixelMap((20, 20), (spread, crop)))
    wanted = np.zeros((20, 20), np.int16)
    wanted[4:14, 3:13] = 5  # a pixel that shows 0.4 of the frame is background, one that shows 0.6 is not
    wanted[13, 3] = 0  # and 0.6 of it along both axes is too little
    np.testing.assert_array_equal(got, wanted)


def test_what_is_inside_moves_with_the_picture(engine):
    mask = regions((60, 60), 2)
    y, x = np.mgrid[:60, :60].astype(np.float32)
    field = Field(x + 2 * np.sin(y / 9), y + 2 * np.cos(x / 7), (60, 60), "reflect101")
    map_ = PixelMap((60, 60), (field,))
    share = warp(mask.astype(np.float32), map_)
    got = warp_labels(mask, map_)
    clear = np.abs(share - 0.5) > 0.01
    np.testing.assert_array_equal(got[clear], (share > 0.5)[clear])


@pytest.mark.parametrize("dtype", [*TYPES, np.int64, np.bool_])
def test_whole_pixels_move_labels_of_any_type(engine, dtype):
    mask = regions().astype(dtype)
    np.testing.assert_array_equal(warp_labels(mask, PixelMap.of([[-1, 0, 109], [0, 1, 0]], mask.shape)), mask[:, ::-1])
    same = warp_labels(mask, PixelMap.identity(mask.shape))
    np.testing.assert_array_equal(same, mask)
    assert not np.shares_memory(same, mask)


@pytest.mark.parametrize("zoom", [1.1, 4.2])
def test_stacks_threads_and_memory_change_no_label(engine, zoom):
    stack = np.stack([regions(seed=seed) for seed in range(4)])
    map_ = PixelMap.of(TURN * zoom, stack.shape[1:])
    got = warp_labels(stack, map_, stack=True, threads=1, thin=())
    np.testing.assert_array_equal(got, warp_labels(stack, map_, stack=True, threads=4, thin=()))
    out = np.empty_like(got[0])
    for plane, one in zip(stack, got, strict=True):
        locked = np.asfortranarray(plane)
        locked.flags.writeable = False
        assert warp_labels(locked, map_, out=out, thin=()) is out
        np.testing.assert_array_equal(out, one)


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (6, 1), (2, 2)])
@pytest.mark.parametrize("zoom", [0.7, 1.9, 5.0])
def test_the_smallest_masks(size, zoom):
    mask = np.random.default_rng(1).integers(0, 3, size).astype(np.uint8)
    for border in ("constant", "replicate", "reflect", "wrap", "reflect101"):
        map_ = PixelMap.of(TURN * zoom, size, (5, 7), border)
        with using("plain"):
            wanted = warp_labels(mask, map_, thin=(1,))
        with using("numba"):
            np.testing.assert_array_equal(warp_labels(mask, map_, thin=(1,)), wanted)


@pytest.mark.parametrize("border", ["constant", "replicate", "reflect", "wrap", "reflect101"])
@pytest.mark.parametrize("zoom", [9.0, 40.0, 1e5])
def test_a_box_that_is_larger_than_the_mask_sees_its_edge_go_on(border, zoom):
    mask = regions((20, 17), seed=2)
    map_ = PixelMap.of([[zoom, 0, 3.3], [0, zoom, 8.6]], mask.shape, (2, 2), border)
    with using("plain"):
        wanted = warp_labels(mask, map_)
    with using("numba"):
        np.testing.assert_array_equal(warp_labels(mask, map_), wanted)


def test_a_box_is_cut_to_what_a_frame_can_tell():
    for size in (3.4, 38.0, 41.0, 3000.5):
        inside = np.zeros((20, 20), np.uint8)
        inside[0, 7:], inside[3:9, :] = 1, 1
        side = int(np.ceil((size - 1) / 2))
        whole = np.ones(2 * side + 1)
        whole[[0, -1]] = (size - (2 * side - 1)) / 2
        around = np.pad(inside.astype(float), side, mode="edge")
        for axis in (0, 1):
            around = np.apply_along_axis(np.convolve, axis, around, whole / size, "valid")
        np.testing.assert_allclose(spelled(inside, 1, (size, size)), around, atol=1e-5)


@pytest.mark.parametrize("dtype", [*TYPES, np.int64, np.uint32])
def test_thin_labels_are_those_without_a_core(dtype):
    mask = np.zeros((40, 50), dtype)
    mask[5:20, 5:25] = 3
    mask[30, :] = 7
    mask[35, 35:38] = 120
    if np.dtype(dtype).kind == "i":
        mask[37:39, 2:30] = -2
    wanted = [value for value in np.unique(mask).tolist() if value not in (0, 3)]
    assert thin_labels(mask) == wanted
    for value in np.unique(mask):
        inside = (mask == value).astype(np.uint8)
        core = cv2.erode(inside, np.ones((3, 3), np.uint8))
        assert (10 * np.count_nonzero(core) < np.count_nonzero(inside)) == (int(value) in wanted)
    assert thin_labels(np.stack([mask, np.zeros_like(mask)]), stack=True) == wanted


@pytest.mark.parametrize("dtype", [*TYPES, np.int8, np.int64, np.uint32, np.uint64, np.bool_])
def test_the_labels_there_are(engine, dtype):
    mask = np.zeros((40, 50), dtype)
    mask[5:20, 5:25], mask[30, 3:9] = 1, 1 if dtype == np.bool_ else 100
    if np.dtype(dtype).kind == "i":
        mask[37:39, 2:30] = -2
    if np.dtype(dtype).itemsize > 2:
        mask[0, 0] = 2_000_000_000
    assert labels_in(mask) == np.unique(mask).tolist()
    assert labels_in(mask[:, ::2]) == np.unique(mask[:, ::2]).tolist()
    assert labels_in(mask[:0]) == []


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.uint64])
def test_labels_at_the_ends_of_a_type_keep_their_names(engine, dtype):
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    for pair in ([most - 5, most], [least, least + 5], [most // 2, most // 2 + 1], [least, most]):
        mask = np.array([pair * 4] * 5, dtype)
        assert labels_in(mask) == pair
        assert thin_labels(mask) == pair
        assert all(type(label) is int for label in labels_in(mask))


@pytest.mark.parametrize("zoom", [0.7, 2.0, 4.5])
def test_coverage_is_the_share_of_an_output_pixel(engine, zoom):
    mask = np.zeros((60, 60), np.uint8)
    mask[10:47, 20:43] = 6
    got = coverage(mask, 6, PixelMap.of([[zoom, 0, 0.3], [0, zoom, 0.8]], (60, 60), (12, 12)))
    assert got.dtype == np.float32
    side, fine = max(zoom, 1.0), np.arange(-400, 401) / 800 * max(zoom, 1.0)

    def along(starts, low, high):
        """A box around each of the two pixels a place lies between, weighed by distance."""
        place = np.floor(starts)
        one, two = (np.mean((fine >= low - 0.5 - p) & (fine < high - 0.5 - p)) for p in (place, place + 1))
        return one + (starts - place) * (two - one)

    at = np.arange(12) * zoom
    wanted = np.outer([along(t + 0.8, 10, 47) for t in at], [along(t + 0.3, 20, 43) for t in at])
    seen = np.maximum(at, at) < 59 - side
    assert np.abs(got - wanted)[np.ix_(seen, seen)].max() < 0.01


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mask": np.zeros((5, 5), np.float32)}, "float32"),
        ({"mask": np.zeros((0, 5), np.uint8)}, "empty"),
        ({"mask": np.zeros((5, 6), np.uint8)}, "for a"),
        ({"mask": np.zeros((5, 5, 1), np.uint8)}, "axes"),
        ({"fill": 256}, "fill=256"),
        ({"out": np.zeros((5, 5), np.int16)}, "type"),
        ({"pixel_map": PixelMap.of([[np.inf, 0, 0], [0, 1, 0]], (5, 5))}, "finite"),
    ],
)
def test_what_cannot_be_done_is_refused(engine, change, says):
    given = {"mask": np.zeros((5, 5), np.uint8), "pixel_map": PixelMap.of(TURN, (5, 5)), **change}
    with pytest.raises(LabelError, match=says):
        warp_labels(**given)
