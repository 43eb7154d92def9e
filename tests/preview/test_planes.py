import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.preview.planes import middle_of, plane_of, value_at

VOLUME = np.arange(4 * 6 * 10, dtype=np.int16).reshape(4, 6, 10)


@pytest.mark.parametrize(
    ("axis", "index", "expected"), [(0, 1, VOLUME[1]), (1, 5, VOLUME[:, 5]), (2, 0, VOLUME[:, :, 0])]
)
def test_a_plane_is_what_lies_at_its_index(axis, index, expected):
    assert np.array_equal(plane_of(VOLUME, axis, index).values, expected)


def test_proportions_are_those_of_the_body():
    spacing = (5.0, 1.0, 2.0)  # slices, rows, columns
    assert plane_of(VOLUME, 0, 0, spacing).size(200) == (200, 60)  # 6 rows of 1 mm, 10 columns of 2 mm
    assert plane_of(VOLUME, 1, 0, spacing).size(200) == (200, 200)  # 4 slices of 5 mm, 10 columns of 2 mm
    assert plane_of(VOLUME, 2, 0, spacing).size(200) == (60, 200)


def test_the_first_slice_is_shown_below():
    plane = plane_of(VOLUME, 1, 0)
    shown = plane.fitted(plane.values.astype(np.float32), 10)
    assert shown[0].mean() > shown[-1].mean()
    flat = plane_of(VOLUME, 0, 0)
    assert (
        flat.fitted(flat.values.astype(np.float32), 10)[0].mean()
        < flat.fitted(flat.values.astype(np.float32), 10)[-1].mean()
    )


def test_between_labels_there_is_nothing():
    labels = np.zeros((4, 6, 10), np.int32)
    labels[1:3, 2:4] = 7
    plane = plane_of(labels, 0, 1)
    assert set(np.unique(plane.fitted(plane.values, 97, labels=True))) == {0, 7}


def test_color_volumes_have_planes():
    assert plane_of(np.zeros((4, 6, 10, 3), np.uint8), 2, 9).values.shape == (4, 6, 3)


@pytest.mark.parametrize(
    ("shape", "axis", "index"), [((6, 10), 0, 0), ((4, 6, 10), 3, 0), ((4, 6, 10), 0, 4), ((4, 6, 10), 0, -1)]
)
def test_what_is_no_plane_is_refused(shape, axis, index):
    with pytest.raises(ImageError):
        plane_of(np.zeros(shape, np.uint8), axis, index)


def test_the_middle_is_the_middle():
    assert middle_of(VOLUME) == (2, 3, 5)


@pytest.mark.parametrize(
    ("values", "point", "unit", "told"),
    [
        (VOLUME, (1, 2, 3), "HU", "83 HU"),
        (VOLUME[0].astype(np.float32) / 3, (0, 1), "", "0.3333"),
        (np.full((2, 2, 3), 9, np.uint8), (1, 1), "", "9, 9, 9"),
        (VOLUME, (4, 0, 0), "HU", "outside"),
        (VOLUME, (0, -1, 0), "HU", "outside"),
        (VOLUME, (0, 0, 0, 0), "HU", "outside"),
    ],
)
def test_what_lies_at_a_point_is_told(values, point, unit, told):
    assert value_at(values, point, unit) == told
