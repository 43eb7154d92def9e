import numpy as np
import pytest

from domainaug.preview.drawing import COLORS, difference, fit, mark
from domainaug.preview.marks import Marks

BLACK = np.zeros((60, 80, 3), np.uint8)


def drawn(picture):
    return (picture != 0).any(axis=2)


class TestMark:
    def test_a_label_is_outlined_and_its_inside_stays_to_be_seen(self):
        numbers = np.zeros((60, 80), np.uint8)
        numbers[20:40, 30:60] = 5
        seen = drawn(mark(BLACK, Marks(numbers)))
        assert seen[20, 30:60].all()
        assert not seen[25:35, 40:50].any()
        assert not seen[:15].any()

    def test_labels_have_colors_of_their_own(self):
        numbers = np.zeros((60, 80), np.uint8)
        numbers[5:20, 5:20], numbers[30:50, 30:50] = 1, 9
        picture = mark(BLACK, Marks(numbers))
        assert tuple(picture[5, 10]) == COLORS[0]
        assert tuple(picture[30, 40]) == COLORS[1]

    def test_boxes_are_drawn_on_their_edges(self):
        seen = drawn(mark(BLACK, Marks(boxes=np.array([[10.0, 20.0, 40.0, 50.0]]))))
        assert seen[20, 10:40].all()
        assert seen[49, 10:40].all()
        assert not seen[22:47, 12:37].any()

    def test_everything_grows_with_the_picture(self):
        large = np.zeros((120, 160, 3), np.uint8)
        marks = Marks(boxes=np.array([[10.0, 20.0, 40.0, 50.0]]), points=np.array([[60.0, 30.0]]))
        seen = drawn(mark(large, marks, scale=(2.0, 2.0)))
        assert seen[40, 20:80].all()
        assert seen[61, 121]

    def test_points_and_curves(self):
        ring = np.array([[10.0, 10.0], [50.0, 10.0], [30.0, 40.0]])
        seen = drawn(mark(BLACK, Marks(curves=((ring, True),), points=np.array([[70.0, 50.0]]))))
        assert seen[10, 10:50].all()
        assert seen[50, 70]
        open_one = drawn(mark(BLACK, Marks(curves=((ring, False),))))
        assert not open_one[25, 20]
        assert seen[25, 20]

    def test_the_picture_itself_stays_as_it_is(self):
        mark(BLACK, Marks(boxes=np.array([[1.0, 1.0, 9.0, 9.0]])))
        assert not BLACK.any()

    def test_without_labels_nothing_is_drawn(self):
        assert not drawn(mark(BLACK, Marks())).any()


class TestDifference:
    def test_lighter_is_orange_and_darker_blue(self):
        before = np.full((4, 6), 100, np.uint8)
        after = before.copy()
        after[0, 0], after[1, 1] = 200, 10
        shown = difference(before, after)
        assert shown[0, 0, 0] > shown[0, 0, 2]
        assert shown[1, 1, 2] > shown[1, 1, 0]
        assert (shown[2:] == 236).all()

    def test_copies_of_another_size_are_brought_to_that_of_the_original(self):
        assert difference(np.zeros((40, 60, 3), np.uint8), np.zeros((20, 30, 3), np.uint8)).shape == (40, 60, 3)


@pytest.mark.parametrize(("shape", "longest", "expected"), [((100, 50), 20, (20, 10)), ((10, 5), 20, (10, 5))])
def test_pictures_shrink_and_do_not_grow(shape, longest, expected):
    assert fit(np.zeros((*shape, 3), np.uint8), longest).shape[:2] == expected
