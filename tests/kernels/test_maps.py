"""Maps of pixels: how they join, and what one output pixel sees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug.kernels.engine import using
from domainaug.kernels.maps import Field, Mesh, PixelMap, Projective
from domainaug.kernels.warp import warp

MIRROR = [[-1, 0, 29], [0, 1, 0]]
BORDERS = ("constant", "replicate", "reflect", "wrap", "reflect101")


def smooth(shape=(24, 30)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (500 + 300 * np.sin(x / 5) * np.cos(y / 4)).astype(np.float32)


def test_the_identity_is_one_matrix():
    map_ = PixelMap.identity((4, 5))
    assert map_.shape == map_.frame == (4, 5)
    np.testing.assert_array_equal(map_.matrix, np.eye(3))


def test_a_matrix_is_taken_as_it_is_written():
    np.testing.assert_array_equal(PixelMap.of([[1, 2, 3], [4, 5, 6]], (4, 5)).matrix, [[1, 2, 3], [4, 5, 6], [0, 0, 1]])
    np.testing.assert_array_equal(PixelMap.of(2 * np.eye(3), (4, 5)).matrix, np.eye(3))
    assert PixelMap.of(np.eye(3), (4, 5), (6, 7)).shape == (6, 7)
    assert not PixelMap.of([[1, 0, 0], [0, 1, 0], [0.1, 0, 1]], (4, 5)).stages[0].affine


def test_maps_join_only_where_the_sizes_meet():
    with pytest.raises(ValueError, match="cannot follow"):
        PixelMap.identity((4, 5)).then(PixelMap.identity((5, 4)))


def test_a_field_is_no_matrix():
    y, x = np.mgrid[:4, :5].astype(np.float32)
    assert PixelMap((4, 5), (Field(x, y, (4, 5)),)).matrix is None


@pytest.mark.parametrize("border", BORDERS)
def test_a_mirror_joins_with_what_follows(border):
    turn = PixelMap.of([[0.9, 0.2, 1.0], [-0.2, 0.9, 2.0]], (24, 30), border=border)
    joined = PixelMap.of(MIRROR, (24, 30)).then(turn)
    assert joined.matrix is not None
    image = smooth()
    np.testing.assert_allclose(warp(image, joined, fill=9), warp(image[:, ::-1], turn, fill=9), atol=0.05)


def test_a_crop_that_cuts_does_not_join():
    crop = PixelMap.of([[1, 0, 5], [0, 1, 4]], (24, 30), (10, 12))
    turn = PixelMap.of([[0.9, 0.2, -3.0], [-0.2, 0.9, 2.0]], (10, 12))
    assert len(crop.then(turn).stages) == 2


def test_a_crop_out_of_the_middle_joins():
    turn = PixelMap.of([[0.9, 0.2, 1.0], [-0.2, 0.9, 2.0]], (24, 30))
    assert turn.then(PixelMap.of([[1, 0, 5], [0, 1, 4]], (24, 30), (10, 12))).matrix is not None


@settings(max_examples=60)
@given(
    angles=st.tuples(st.floats(-30, 30), st.floats(-30, 30)),
    zooms=st.tuples(st.floats(0.7, 1.4), st.floats(0.7, 1.4)),
    shifts=st.tuples(*[st.floats(-8, 8)] * 4),
    between=st.tuples(st.integers(10, 40), st.integers(10, 40)),
)
def test_joined_maps_show_what_two_in_a_row_show(angles, zooms, shifts, between):
    def turn(k, frame, shape):
        c, s = zooms[k] * np.cos(np.deg2rad(angles[k])), zooms[k] * np.sin(np.deg2rad(angles[k]))
        return PixelMap.of([[c, -s, shifts[2 * k]], [s, c, shifts[2 * k + 1]]], frame, shape)

    one, two = turn(0, (24, 30), between), turn(1, between, (26, 28))
    image = smooth()
    with using("numba"):
        in_one = warp(image, one.then(two), fill=500.0)
        in_two = warp(warp(image, one, fill=500.0), two, fill=500.0)
    # An edge between picture and fill is interpolated once instead of twice; elsewhere they agree.
    off = np.abs(in_one - in_two)
    assert np.median(off) < 6
    assert np.mean(off > 60) < 0.12


def test_what_one_output_pixel_sees():
    turn = np.array([[0.0, -3.0, 0], [2.0, 0.0, 0]])
    assert PixelMap.of(turn, (20, 30)).footprint == pytest.approx((3.0, 2.0))
    y, x = np.mgrid[:10, :15].astype(np.float32)
    half = PixelMap((10, 15), (Field(2 * x + 0.5, 2 * y + 0.5, (20, 30)),))
    assert half.footprint == pytest.approx((2.0, 2.0))
    mesh = PixelMap((20, 30), (Mesh(np.zeros((2, 5, 5), np.float32), (20, 30)), *PixelMap.of(turn, (20, 30)).stages))
    assert mesh.footprint == pytest.approx((3.0, 2.0))
    tilted = np.array([[1, 0, 0], [0, 1, 0], [0.01, 0, 1.0]])
    step = 1e-5
    middle = np.array([14.5, 9.5])

    def seen(point):
        moved = tilted @ (*point, 1.0)
        return moved[:2] / moved[2]

    slope = np.stack([(seen(middle + step * e) - seen(middle - step * e)) / (2 * step) for e in np.eye(2)], axis=1)
    wanted = np.hypot(slope[:, 0], slope[:, 1])
    assert PixelMap((20, 30), (Projective(tilted, (20, 30)),)).footprint == pytest.approx(tuple(wanted), rel=1e-6)
