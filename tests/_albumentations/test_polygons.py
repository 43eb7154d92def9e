from __future__ import annotations

import pytest

from domainaug._albumentations.polygons import cut_on_the_way

STAY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def corners(left, top, right, bottom):
    return [(left, top, 1.0), (right, top, 1.0), (right, bottom, 1.0), (left, bottom, 1.0)]


def test_what_is_inside_is_kept_whole():
    assert cut_on_the_way(corners(2, 3, 5, 9), (20, 30), [(STAY, (20, 30))]) == ((2, 3, 5, 9), 1.0)


def test_an_edge_of_the_last_frame_cuts_the_share_but_not_the_frame():
    right = [[1.0, 0.0, 5.5], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    frame, share = cut_on_the_way(corners(10, 0, 20, 10), (20, 30), [(right, (20, 20))])
    assert frame == (15.5, 0, 25.5, 10)
    assert share == pytest.approx(0.4)  # pixels end half a pixel beyond their centers, at 19.5


def test_an_edge_on_the_way_cuts_both():
    steps = [(STAY, (20, 15)), ([[1.0, 0.0, 3.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], (20, 40))]
    frame, share = cut_on_the_way(corners(10, 0, 20, 10), (20, 30), steps)
    assert frame == (13, 0, 17.5, 10)
    assert share == pytest.approx(0.45)


def test_a_corner_cut_off_makes_the_frame_tighter_than_that_of_the_corners():
    diamond = [(5.0, -4.0, 1.0), (9.0, 0.0, 1.0), (5.0, 4.0, 1.0), (1.0, 0.0, 1.0)]
    (left, top, right, bottom), share = cut_on_the_way(diamond, (20, 30), [(STAY, (20, 4))])  # ends at x = 3.5
    assert left == 1
    assert right == 9  # the last frame cuts here: it goes on
    assert top == -0.5  # the first frame cut here
    assert bottom == pytest.approx(2.5)  # the lower corner, at 4, is beyond the last frame
    triangle, cut_above = 2.5 * 2.5, 0.5 * 2 * 2
    assert share == pytest.approx((triangle - cut_above) / 32)


def test_what_is_gone_or_was_never_there_has_no_frame():
    assert cut_on_the_way(corners(40, 0, 50, 10), (20, 30), [(STAY, (20, 30))]) == ((0, 0, 0, 0), 0)
    assert cut_on_the_way(corners(4, 4, 4, 4), (20, 30), [(STAY, (20, 30))]) == ((0, 0, 0, 0), 0)


def test_what_lies_behind_the_horizon_is_cut_off():
    tilted = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-0.1, 0.0, 1.0]]  # the horizon is at x = 10
    frame, share = cut_on_the_way(corners(2, 2, 18, 6), (20, 30), [(tilted, (20, 30))])
    assert 0 < share < 1
    assert frame[0] == pytest.approx(2.5)
    assert frame[2] > 29
