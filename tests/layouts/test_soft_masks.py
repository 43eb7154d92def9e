"""What is a label, what is the smoothed edge of one, and what is neither."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from domainaug.errors import UnreadableInput
from domainaug.layouts.soft_masks import as_labels

PATH = Path("a_mask.png")


def disc(radius: int = 40, size: int = 200) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    return np.where(np.hypot(rows, columns) < radius, 255, 0).astype(np.uint8)


def softened(mask: np.ndarray, times: int = 8) -> np.ndarray:
    """As an editor saves it: drawn large, and made smaller by averaging."""
    return cv2.resize(mask, None, fx=1 / times, fy=1 / times, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("highest", [255, 180])
def test_an_anti_aliased_mask_is_read_as_the_two_values_it_was_drawn_with(highest):
    soft = softened(disc(320, 1600) // 255 * highest)
    assert len(np.unique(soft)) > 16
    read, told = as_labels(soft, PATH)
    assert told
    assert np.unique(read).tolist() == [0, highest]
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read > 0, soft >= highest / 2)
    overlap = ((read > 0) & (disc() > 0)).sum() / ((read > 0) | (disc() > 0)).sum()
    assert overlap > 0.99


def test_a_mask_of_few_values_is_left_alone_even_where_they_are_thin():
    cracks = np.zeros((200, 200), np.uint8)
    for value in range(1, 16):
        cracks[10 * value, 20:180] = value
    read, told = as_labels(cracks, PATH)
    assert not told
    np.testing.assert_array_equal(read, cracks)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_many_small_objects_each_with_its_number_are_labels_and_not_the_edges_of_one(dtype):
    cells = np.zeros((400, 400), dtype)
    for number in range(120):
        row, column = divmod(number, 12)
        cells[row * 40 + 5 : row * 40 + 16, column * 33 + 4 : column * 33 + 15] = number + 1
    assert (cells == 0).mean() > 0.9
    read, told = as_labels(cells, PATH)
    assert not told
    np.testing.assert_array_equal(read, cells)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
@pytest.mark.parametrize("count", [16, 17])
def test_values_are_counted_wherever_they_stand(dtype, count):
    """Up to 16 values are labels however they are scattered; of the 17th on it is asked whether they fill an area."""
    scattered = np.random.default_rng(count).permutation(np.arange(60 * 60) % count).reshape(60, 60).astype(dtype)
    read, told = as_labels(scattered, PATH)
    assert not told
    np.testing.assert_array_equal(read, scattered)
    last = np.zeros((60, 60), dtype)
    last[-1, -count + 1 :] = np.arange(1, count)
    np.testing.assert_array_equal(as_labels(last, PATH)[0], last if count <= 16 or dtype != np.uint8 else as_two(last))


def as_two(mask: np.ndarray) -> np.ndarray:
    return np.where(mask >= mask.max() / 2, mask.max(), 0).astype(mask.dtype)


def test_a_map_of_gray_values_is_no_mask():
    slope = np.add.outer(np.arange(100), np.arange(100)).astype(np.uint8)
    with pytest.raises(UnreadableInput, match="199 values, none of which fills an area") as caught:
        as_labels(slope, PATH)
    assert caught.value.code == "mask-not-labels"
