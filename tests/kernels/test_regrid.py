"""Which places in the source the pixels of a copy show, after steps that crop, pad and resize."""

from __future__ import annotations

import json

import numpy as np
import pytest

from domainaug.errors import LabelError
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.regrid import Regrid, regrid_of
from domainaug.kernels.volume_map import VolumeMap


def cut(row, column, shape, frame):
    return PixelMap.of(np.array([[1, 0, column], [0, 1, row], [0, 0, 1]], float), frame, shape)


def halved(frame):
    """A resize to half the size: pixel 0 of the result lies between pixels 0 and 1 of the source."""
    return PixelMap.of(np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]], float), frame, (frame[0] // 2, frame[1] // 2))


def test_a_crop_begins_at_its_first_pixel():
    grid = regrid_of([cut(10, 20, (30, 40), (60, 80))], (5, 60, 80))
    assert (grid.shape, grid.start, grid.step, grid.moved) == ((5, 30, 40), (0, 10, 20), (1, 1, 1), False)
    assert grid.whole
    assert grid.words == "cropped or padded from 60 x 80 to 30 x 40, beginning at row 10 and column 20"


def test_a_pad_begins_outside():
    assert regrid_of([cut(-3, -4, (70, 90), (60, 80))], (60, 80)).start == (0, -3, -4)


def test_a_resize_lies_between_pixels():
    grid = regrid_of([halved((60, 80))], (60, 80))
    assert (grid.start, grid.step, grid.whole) == ((0, 0.5, 0.5), (1, 2, 2), False)
    assert grid.words == "resampled from 60 x 80 to 30 x 40"


def test_steps_in_turn_are_one_grid():
    grid = regrid_of([cut(10, 20, (40, 40), (60, 80)), halved((40, 40)), cut(1, 2, (10, 10), (20, 20))], (60, 80))
    assert (grid.start, grid.step) == ((0, 12.5, 24.5), (1, 2, 2))


def test_content_that_moves_on_its_grid_leaves_the_grid_alone():
    turn = PixelMap.of(np.array([[0.8, -0.6, 5], [0.6, 0.8, 2]]), (60, 80))
    grid = regrid_of([turn, cut(10, 20, (30, 40), (60, 80))], (60, 80))
    assert (grid.start, grid.moved) == ((0, 10, 20), True)
    assert not regrid_of([PixelMap.identity((60, 80))], (60, 80)).moved


def test_a_volume_is_cut_along_all_axes():
    matrix = np.eye(4)
    matrix[:3, 3] = (3, 2, 1)
    grid = regrid_of([VolumeMap((4, 10, 20), matrix, (8, 60, 80))], (8, 60, 80))
    assert grid.start == (1, 2, 3)
    assert grid.nearest == (1, 2, 3, 4)
    assert "row 2 and column 3 of slice 1" in grid.words
    assert np.array_equal(grid.map.matrix, matrix)


def test_slices_beyond_the_ends_are_told_by_the_last_ones():
    assert Regrid((5, 1, 1), (3, 1, 1), (-1, 0, 0), (1, 1, 1)).nearest == (0, 0, 1, 2, 2)


@pytest.mark.parametrize("matrix", [[[0, 1, 0], [1, 0, 0]], [[-1, 0, 9], [0, 1, 0]], [[0.8, -0.6, 0], [0.6, 0.8, 0]]])
def test_a_step_that_cuts_and_turns_at_once_is_refused(matrix):
    with pytest.raises(LabelError, match="in a step of its own"):
        regrid_of([PixelMap.of(np.array(matrix, float), (60, 80), (30, 40))], (60, 80))


def test_a_record_gives_it_back():
    grid = regrid_of([cut(10, 20, (40, 40), (60, 80)), halved((40, 40))], (60, 80))
    assert Regrid.of_record(json.loads(json.dumps(grid.as_record()))) == grid
