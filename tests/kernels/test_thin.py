"""Labels thinner than a pixel: in one piece after any map, no wider than they have to be, and at nobody's cost."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from domainaug.kernels.engine import using
from domainaug.kernels.labels import warp_labels
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.thin import keep_thin, thin_parts, warp_whole


@pytest.fixture(params=["numba", "plain"])
def engine(request):
    if request.param == "numba":
        pytest.importorskip("numba")
    with using(request.param):
        yield request.param


def curve(random, side=160, width=1, dtype=np.uint8):
    """One wandering line, drawn as annotation tools do."""
    heading = np.cumsum(random.normal(0, 0.15, 45)) + random.uniform(0, 2 * np.pi)
    points = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1) * 2.2, axis=0)
    points += side / 2 - points.mean(axis=0)
    mask = np.zeros((side, side), np.uint8)
    cv2.polylines(mask, [np.round(points).astype(np.int32)], isClosed=False, color=1, thickness=width)
    return mask.astype(dtype)


def turned(degrees, zoom, side=160, off=(0.0, 0.0)):
    """A turn and a zoom about the middle, and a shift."""
    c, s, middle = np.cos(np.radians(degrees)) / zoom, np.sin(np.radians(degrees)) / zoom, (side - 1) / 2
    x, y = middle - c * middle + s * middle + off[0], middle - s * middle - c * middle + off[1]
    return PixelMap.of([[c, -s, x], [s, c, y]], (side, side))


def pieces(mask, value=1):
    return int(ndimage.label(mask == value, np.ones((3, 3)))[1])


@pytest.mark.parametrize("zoom", [1.0, 0.75, 0.5, 0.25, 1.3, 2.0])
@pytest.mark.parametrize("width", [1, 2])
def test_a_line_stays_in_one_piece_and_as_wide_as_it_has_to_be(engine, zoom, width):
    random = np.random.default_rng(0)
    shares = []
    for seed in range(25):
        mask, length = (curve(np.random.default_rng(seed), width=wide) for wide in (width, 1))
        out = warp_whole(mask, turned(random.uniform(-45, 45), zoom, off=random.uniform(-0.5, 0.5, 2)))
        assert pieces(mask) == pieces(out) == 1
        # nothing is thinner than a pixel: a line that was to be has as many pixels as it is long
        shares.append(out.sum() / max(mask.sum() * zoom**2, length.sum() * zoom))
    assert 0.8 <= np.mean(shares) <= 1.15


def test_the_vote_alone_breaks_nearly_all_of_them():
    random = np.random.default_rng(0)
    outs = [warp_labels(curve(random), turned(random.uniform(-45, 45), 1.0), thin=()) for _ in range(25)]
    assert np.mean([pieces(out) > 1 for out in outs]) > 0.8


def test_both_engines_give_the_same_bytes():
    random = np.random.default_rng(1)
    for zoom in (0.4, 1.0):
        mask, map_ = curve(random), turned(random.uniform(-45, 45), zoom)
        outs = []
        for name in ("numba", "plain"):
            if name == "numba":
                pytest.importorskip("numba")
            with using(name):
                outs.append(warp_whole(mask, map_))
        np.testing.assert_array_equal(*outs)


def test_a_scratch_that_leaves_a_blob_stays_with_it(engine):
    mask = np.zeros((160, 160), np.uint8)
    cv2.circle(mask, (60, 80), 20, 1, -1)
    cv2.line(mask, (60, 80), (140, 95), 1, 1)
    for degrees in range(-40, 45, 7):
        out = warp_whole(mask, turned(degrees, 1.0))
        assert pieces(out) == 1
        assert int(out.sum()) == pytest.approx(int(mask.sum()), rel=0.03)


@pytest.mark.parametrize("zoom", [0.6, 1.0, 1.4])
def test_what_is_compact_gains_nothing(zoom):
    y, x = np.mgrid[:160, :160]
    mask = (np.hypot(y - 70, x - 90) <= 30).astype(np.uint8)
    mask[100:130, 20:60] = 2
    map_ = turned(17, zoom)
    assert thin_parts(mask) == []
    np.testing.assert_array_equal(warp_whole(mask, map_), warp_labels(mask, map_, thin=()))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32])
def test_a_scratch_on_a_part_is_whole_where_it_leaves_the_part_as_well(dtype):
    mask = np.full((160, 160), 5, dtype)  # background is what the map fills with
    mask[50:, 60:] = 3
    mask[curve(np.random.default_rng(2)) > 0] = 7
    for degrees in (-40, -13, 31):
        map_ = turned(degrees, 1.0)
        out = warp_whole(mask, map_, fill=5)
        vote = warp_labels(mask, map_, fill=5, thin=thin_parts(mask))
        assert out.dtype == dtype
        assert pieces(out, 7) == 1 < pieces(vote, 7)
        assert set(np.unique(out[out != vote])) == {7}


def test_of_two_thin_labels_none_breaks_the_other(engine):
    mask = np.zeros((160, 160), np.uint8)
    mask[80, 20:140] = 9
    cv2.line(mask, (30, 60), (130, 68), 4, 1)
    cv2.line(mask, (30, 83), (130, 91), 6, 1)
    for degrees in range(-44, 45, 11):
        out = warp_whole(mask, turned(degrees, 1.0))
        assert [pieces(out, label) for label in (4, 6, 9)] == [1, 1, 1]


def test_thin_parts_are_those_that_no_square_fits_into():
    for dtype in (np.uint8, np.uint16, np.int32, np.int64):
        mask = np.zeros((60, 60), dtype)
        mask[5:25, 5:25] = 1
        mask[40, 2:50] = 2
        mask[45:55, 5:15] = 3
        mask[50, 15:30] = 3  # a tail
        mask[30:33, 30:33] = 4
        mask[57, 57] = 6
        assert thin_parts(mask) == [2, 3, 6]
    assert thin_parts(mask > 0) == [True]


def test_what_covers_next_to_nothing_is_gone():
    out = np.zeros((9, 9), np.uint8)
    keep_thin(out, 1, np.full((9, 9), 0.04, np.float32))
    assert not out.any()
    speck = np.zeros((9, 9), np.float32)
    speck[4, 4] = 0.3
    keep_thin(out, 1, speck)
    assert np.argwhere(out).tolist() == [[4, 4]]


def test_a_ring_keeps_its_hole_and_a_line_its_ends(engine):
    ring = np.zeros((160, 160), np.uint8)
    cv2.circle(ring, (80, 80), 30, 1, 1)
    out = warp_whole(ring, turned(23, 1.0))
    assert pieces(out) == 1
    assert ndimage.label(out == 0)[1] == 2
    line = np.zeros((160, 160), np.uint8)
    line[80, 30:131] = 1
    for degrees in (12, 30, 45):
        rows, columns = np.nonzero(warp_whole(line, turned(degrees, 1.0)))
        assert np.hypot(np.ptp(rows), np.ptp(columns)) == pytest.approx(100, abs=1.5)


@pytest.mark.parametrize("thick", [1, 2, 3, 5])
@pytest.mark.parametrize("shrunk", [2, 4, 8, 12])
def test_a_line_of_some_pixels_arrives_whole_where_many_become_one(thick, shrunk):
    side = 40 * shrunk
    for ends in (((9, side // 2), (side - 20, side // 2)), ((9, 14), (side - 9, side // 2 + 5))):
        mask = cv2.line(np.zeros((side, side), np.uint8), *ends, color=1, thickness=thick)
        small = PixelMap.of([[shrunk, 0, (shrunk - 1) / 2], [0, shrunk, (shrunk - 1) / 2]], mask.shape, (40, 40))
        moved = warp_whole(mask, small)
        assert cv2.connectedComponents(moved, connectivity=8)[0] == 2
        assert moved.any(axis=0).sum() == pytest.approx((ends[1][0] - ends[0][0]) / shrunk, abs=2.5 + thick / shrunk)


def test_what_is_compact_shrinks_as_by_what_covers_most():
    mask = cv2.circle(np.zeros((320, 320), np.uint8), (160, 150), 90, 1, -1)
    small = PixelMap.of([[8, 0, 3.5], [0, 8, 3.5]], mask.shape, (40, 40))
    np.testing.assert_array_equal(warp_whole(mask, small), warp_labels(mask, small))


@pytest.mark.parametrize("border", ["constant", "reflect", "wrap"])
@pytest.mark.parametrize("zoom", [1.2, 0.9, 0.5])
def test_one_label_on_its_ground_is_moved_as_beside_others(engine, zoom, border):
    mask = np.zeros((170, 170), np.int16)
    mask[:160, :160] = curve(np.random.default_rng(4), dtype=np.int16) * 300
    cv2.circle(mask, (40, 50), 12, 300, -1)
    beside = mask.copy()
    beside[169, 169] = 5  # a label more: no longer one on its ground
    c, s = np.cos(0.4) / zoom, np.sin(0.4) / zoom
    where = PixelMap.of([[c, -s, 30.3], [s, c, -20.7]], mask.shape, (150, 150), border=border)
    alone, among = warp_whole(mask, where), warp_whole(beside, where)
    near = cv2.dilate((among == 5).astype(np.uint8), np.ones((9, 9))) > 0
    assert np.array_equal(alone[~near], among[~near])
    assert set(np.unique(alone)) == {0, 300}
