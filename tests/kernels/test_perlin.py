"""Gradient noise is the textbook's, on both engines, for any shape and number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug.kernels.engine import using
from domainaug.kernels.perlin import perlin, perlin_mask
from domainaug.kernels.random import uniforms

sides = st.integers(1, 90)


def textbook(gradients, shape):
    """Perlin 2002 in float64, one pixel after the other: four corners, each its gradient times the way to it."""
    cells = np.array(gradients.shape[:2]) - 1
    noise = np.empty(shape)
    for y, x in np.ndindex(*shape):
        place = np.array([y, x]) * cells / shape
        cell = np.array([y, x]) * cells // shape
        v, u = place - cell
        rise_v, rise_u = (6 * t**5 - 15 * t**4 + 10 * t**3 for t in (v, u))
        n = {
            (down, across): gradients[cell[0] + down, cell[1] + across] @ (v - down, u - across)
            for down in (0, 1)
            for across in (0, 1)
        }
        left = n[0, 0] + rise_v * (n[1, 0] - n[0, 0])
        right = n[0, 1] + rise_v * (n[1, 1] - n[0, 1])
        noise[y, x] = np.sqrt(2) * (left + rise_u * (right - left))
    return noise


def directions(cells, key, octave=0):
    """The random directions as documented: uniform shares of a turn, by key and octave."""
    turns = uniforms((cells[0] + 1, cells[1] + 1), key, octave).astype(np.float64)
    return np.stack([np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)], -1)


@pytest.mark.parametrize("engine", ["plain", "numba"])
@pytest.mark.parametrize(
    ("shape", "cells"), [((64, 64), (8, 8)), ((37, 53), (5, 11)), ((1, 40), (1, 3)), ((9, 9), (9, 9))]
)
def test_it_is_the_textbook_s_noise(engine, shape, cells):
    if engine == "numba":
        pytest.importorskip("numba")
    with using(engine):
        found = perlin(shape, cells, 11)
    assert found.shape == shape
    assert found.dtype == np.float32
    assert np.abs(found - textbook(directions(cells, 11), shape)).max() <= 4e-7


@given(sides, sides, st.data(), st.integers(0, 2**64 - 1))
@settings(max_examples=60)
def test_both_engines_agree(height, width, data, key):
    pytest.importorskip("numba")
    cells = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    with using("plain"):
        plain = perlin((height, width), cells, key)
    with using("numba"):
        fast = perlin((height, width), cells, key)
    assert np.abs(plain - fast).max() <= 1e-5
    assert np.abs(fast).max() <= 1 + 1e-6


@pytest.mark.parametrize("octaves", [1, 3])
def test_the_number_of_threads_changes_nothing(octaves):
    one = perlin((700, 900), (7, 5), 3, octaves=octaves, threads=1)
    for threads in (2, 5):
        np.testing.assert_array_equal(perlin((700, 900), (7, 5), 3, octaves=octaves, threads=threads), one)
        np.testing.assert_array_equal(
            perlin_mask((700, 900), (7, 5), 0.2, 3, octaves=octaves, threads=threads), one > np.float32(0.2)
        )


def test_corners_of_cells_are_zero_and_the_noise_is_smooth():
    noise = perlin((128, 128), 8, 5)
    assert np.abs(noise[::16, ::16]).max() == 0
    assert np.abs(np.diff(noise, axis=0)).max() < 0.3
    assert noise.std() > 0.2


def test_octaves_have_twice_the_cells_and_half_the_height_and_stay_within_one():
    three = perlin((48, 40), 3, 8, octaves=3)
    each = [textbook(directions((3 << k, 3 << k), 8, k), (48, 40)) / 2**k for k in range(3)]
    assert np.abs(three - sum(each) / 1.75).max() <= 4e-7
    assert np.abs(three).max() <= 1


def test_the_key_decides():
    one = perlin((40, 40), 4, 1)
    np.testing.assert_array_equal(one, perlin((40, 40), 4, 1))
    assert np.abs(one - perlin((40, 40), 4, 2)).max() > 0.1
    assert np.abs(one - perlin((40, 40), 4, 2**63)).max() > 0.1


def test_out_is_written_to_and_given_back():
    out = np.full((33, 20), np.nan, np.float32)
    assert perlin((33, 20), 4, 9, out=out) is out
    np.testing.assert_array_equal(out, perlin((33, 20), 4, 9))


def test_a_mask_says_where_the_noise_is_above_the_threshold():
    mask = perlin_mask((50, 60), (4, 6), 0.1, 7)
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, (perlin((50, 60), (4, 6), 7) > np.float32(0.1)).astype(np.uint8))
    assert not perlin_mask((50, 60), 4, 1, 7).any()
    assert perlin_mask((50, 60), 4, -1, 7).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (((0, 4), 1, 0), r"shape=\(0, 4\)"),
        (((4,), 1, 0), "two whole numbers"),
        (((2**20, 2**20), 4, 0), "at most"),
        (((8, 8), 0, 0), "from 1 to 8"),
        (((8, 8), 9, 0), "a height of 8 pixels"),
        (((8, 8), (8, 9), 0), "a width of 8 pixels"),
        (((8, 8), (1, 2, 3), 0), "one whole number or two"),
        (((8, 8), 2.5, 0), "cells=2.5"),
        (((8, 8), 2, -1), "64 bits"),
        (((8, 8), 2, 2**64), "64 bits"),
        (((8, 8), 2, True), "key=True"),
    ],
)
def test_wrong_arguments_are_named(arguments, said):
    with pytest.raises(ValueError, match=said):
        perlin(*arguments)


def test_more_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="octaves=17"):
        perlin((8, 8), 1, 0, octaves=17)
    with pytest.raises(ValueError, match="from 1 to 2 is needed"):
        perlin((8, 8), 4, 0, octaves=3)
    with pytest.raises(ValueError, match="threshold=nan"):
        perlin_mask((8, 8), 2, float("nan"), 0)
    with pytest.raises(ValueError, match="float64"):
        perlin((8, 8), 2, 0, out=np.empty((8, 8)))
    with pytest.raises(ValueError, match=r"\(8, 8\)"):
        perlin((8, 8), 2, 0, out=np.empty((16, 8), np.float32)[::2])
