"""Curves to voxels and back."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.medical.labels.outlines import covered, outlined, refined


def area(points: np.ndarray) -> float:
    """The area within a closed curve, above 0 where x turns towards y."""
    x, y = points[:, 0], points[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def circle(x: float, y: float, radius: float, count: int = 200) -> np.ndarray:
    angle = np.arange(count) * 2 * np.pi / count
    return np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])


def rectangle(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float)


def test_a_pixel_gets_the_share_that_is_covered() -> None:
    shares = covered([rectangle(0.5, 0.5, 2.75, 2.0)], (4, 5))
    expected = np.zeros((4, 5))
    expected[1, 1:3] = 1, 1
    expected[1, 3] = 0.25
    expected[2, 1:3] = 0.5, 0.5
    expected[2, 3] = 0.125
    np.testing.assert_allclose(shares, expected, atol=1e-6)


def test_the_sum_of_shares_is_the_area() -> None:
    for curve in (circle(20.3, 19.8, 13.7), rectangle(3.2, 4.1, 30.7, 22.9) @ [[0.9, 0.2], [-0.2, 0.9]] + 4):
        assert covered([curve], (48, 48)).sum() == pytest.approx(abs(area(curve)), rel=2e-3)
        assert covered([curve[::-1]], (48, 48)).sum() == pytest.approx(abs(area(curve)), rel=2e-3)


def test_holes_are_curves_within_curves_or_keyholes() -> None:
    outer, inner = rectangle(1.5, 1.5, 10.5, 10.5), rectangle(4.5, 4.5, 7.5, 7.5)
    nested = covered([outer, inner], (12, 12))
    assert nested.sum() == pytest.approx(81 - 9)
    keyhole = np.concatenate([outer, outer[:1], inner, inner[:1]])
    np.testing.assert_allclose(covered([keyhole], (12, 12)), nested, atol=1e-6)


def test_what_lies_outside_the_picture_is_cut() -> None:
    assert covered([rectangle(-5.5, -5.5, 1.5, 1.5)], (4, 4)).sum() == pytest.approx(4)
    assert not covered([rectangle(9, 9, 12, 12)], (4, 4)).any()
    assert not covered([], (4, 4)).any()


def test_there_and_back_keeps_area_and_place() -> None:
    for radius in (3.1, 8.6, 17.4):
        curve = circle(21.4, 22.7, radius)
        (again,) = outlined(covered([curve], (46, 46)))
        assert abs(area(again)) == pytest.approx(abs(area(curve)), rel=max(0.01, 0.1 / radius))  # a tight bend is cut
        distance = np.linalg.norm(again - (21.4, 22.7), axis=1)
        assert np.abs(distance - radius).max() < 0.12


def test_a_structure_that_the_frame_cuts_is_closed_and_a_ring_has_two_curves() -> None:
    (cut,) = outlined(np.ones((4, 6), np.float32))
    assert abs(area(cut)) == pytest.approx(24, rel=0.03)
    ring = covered([circle(15, 15, 10), circle(15, 15, 5)], (31, 31))
    assert len(outlined(ring)) == 2
    assert outlined(np.zeros((4, 4), np.float32)) == []


def test_refining_keeps_the_curve() -> None:
    fine = refined(rectangle(0, 0, 10, 4), 1.0)
    assert len(fine) == 28
    assert np.linalg.norm(fine - np.roll(fine, -1, axis=0), axis=1).max() <= 1.0
    assert area(fine) == pytest.approx(40)
