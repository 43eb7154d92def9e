"""Left and right in a mirrored patient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from domainaug.errors import LabelError
from domainaug.kernels.volume_map import VolumeMap
from domainaug.medical.deeds import Code
from domainaug.medical.labels import Contour, Grid, Labels, Landmark, Mask, Segment, move
from domainaug.medical.labels.sides import mirrored, side_in, side_of_codes, swapped_name

LEFT, RIGHT = Code("7771000", "SCT", "Left"), Code("24028007", "SCT", "Right")
KIDNEY = Code("64033007", "SCT", "Kidney")


@pytest.mark.parametrize(
    ("name", "side", "other"),
    [
        ("Left kidney", "left", "Right kidney"),
        ("kidney_right", "right", "kidney_left"),
        ("KIDNEY_L", "left", "KIDNEY_R"),
        ("Lung RT upper", "right", "Lung LT upper"),
        ("KidneyLeft", "left", "KidneyRight"),
        ("vertebrae L3", "", "vertebrae L3"),
        ("bright spot", "", "bright spot"),
        ("left and right lung", "", "right and left lung"),
        ("liver", "", "liver"),
        ("rib.l", "left", "rib.r"),
    ],
)
def test_names_speak_of_sides_in_words(name: str, side: str, other: str) -> None:
    assert side_in(name) == side
    assert swapped_name(name) == other
    assert swapped_name(other) == name


def test_codes_speak_of_sides() -> None:
    assert side_of_codes([KIDNEY, LEFT]) == "left"
    assert side_of_codes([LEFT, RIGHT]) == ""
    assert side_of_codes([None]) == ""


def flip(grid: Grid) -> VolumeMap:
    matrix = np.eye(4)
    matrix[0, 0], matrix[0, 3] = -1, grid.shape[2] - 1
    return VolumeMap(grid.shape, matrix, grid.shape)


def pair(grid: Grid, *segments: Segment) -> Labels:
    values = np.zeros(grid.shape, np.uint8)
    values[:, :, 1:3], values[:, :, 8:9] = 1, 2
    square = grid.to_mm([[1, 1, 0], [2, 1, 0], [2, 2, 0]])
    return Labels(
        segments, (Mask(grid, values),), (Contour(1, square),), (Landmark("hilus left", (1.0, 1.0, 0.0), "left"),)
    )


def test_both_of_a_pair_change_places_so_that_a_number_means_what_it_meant(grid: Any) -> None:
    image = grid((2, 4, 10), (1, 1, 1))
    labels = pair(image, Segment(1, "kidney left", "left"), Segment(2, "kidney right", "right"))
    moved = move(labels, flip(image), image).labels
    assert [(one.number, one.name) for one in moved.segments] == [(1, "kidney left"), (2, "kidney right")]
    values = moved.masks[0].values
    assert (values[:, :, 7:9] == 2).all()  # what was the left one is the right one now
    assert (values[:, :, 1] == 1).all()
    assert moved.contours[0].number == 2
    assert moved.landmarks[0].name == "hilus right"


def test_one_of_a_pair_is_called_by_its_other_side(grid: Any) -> None:
    image = grid((2, 4, 10), (1, 1, 1))
    alone = Segment(1, "left kidney", "left", code=KIDNEY, modifiers=(LEFT,))
    moved = move(pair(image, alone, Segment(2, "liver")), flip(image), image).labels
    assert moved.segments[0] == Segment(1, "right kidney", "right", code=KIDNEY, modifiers=(RIGHT,))
    assert moved.segments[1].name == "liver"
    assert (moved.masks[0].values[:, :, 7:9] == 1).all()


def test_what_nobody_can_know_is_refused(grid: Any) -> None:
    image = grid((2, 4, 10), (1, 1, 1))
    with pytest.raises(LabelError, match="give it a name"):
        move(pair(image, Segment(1), Segment(2)), flip(image), image)
    lung = Segment(1, "lung", "left", code=Code("44029006", "SCT", "Left lung"))
    with pytest.raises(LabelError, match="'Left lung' names a side"):
        move(pair(image, lung, Segment(2, "liver")), flip(image), image)


def test_the_caller_can_say_who_is_a_pair(grid: Any) -> None:
    image = grid((2, 4, 10), (1, 1, 1))
    values = move(pair(image, Segment(1), Segment(2)), flip(image), image, pairs={1: 2}).labels.masks[0].values
    assert (values[:, :, 7:9] == 2).all()
    values = move(pair(image, Segment(1), Segment(2)), flip(image), image, pairs={}).labels.masks[0].values
    assert (values[:, :, 7:9] == 1).all()
    with pytest.raises(LabelError, match="no segment 5"):
        mirrored(pair(image, Segment(1), Segment(2)), {1: 5})


def test_two_mirrors_are_none(grid: Any) -> None:
    image = grid((2, 4, 10), (1, 1, 1))
    labels = pair(image, Segment(1), Segment(2))
    moved = move(labels, [flip(image), flip(image)], image).labels
    np.testing.assert_array_equal(moved.masks[0].values, labels.masks[0].values)
    assert moved.landmarks == labels.landmarks


def test_a_reorientation_is_no_mirror(grid: Any) -> None:
    """Pixels are turned round and the grid with them: the patient is who they were."""
    image = grid((2, 4, 10), (1, 1, 1))
    labels = pair(image, Segment(1), Segment(2))
    moved = move(labels, flip(image), image, image.seen_through(flip(image))).labels
    np.testing.assert_array_equal(moved.masks[0].values, labels.masks[0].values[:, :, ::-1])
    assert moved.landmarks[0].name == "hilus left"
    np.testing.assert_allclose(moved.landmarks[0].point, labels.landmarks[0].point, atol=1e-9)
