"""Lines of any width cover what they should, and paths wander as told."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.manufacturing.defect import generator
from domainaug.manufacturing.strokes import canvas_around, stroke, wander


class TestStroke:
    @pytest.mark.parametrize("width", [0.02, 0.1, 0.35, 1.0])
    @pytest.mark.parametrize("angle", [0.0, 90.0, 33.0])
    def test_it_covers_its_width(self, width, angle):
        way = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        points = np.stack([-4 * way, 4 * way])
        canvas = canvas_around(points, width + 0.3, width, 0.1)
        line = stroke(canvas, points, width + 0.3)
        middle = np.abs(line.along - 0.5) < 0.25
        area = float(line.coverage(width, canvas.step_mm)[middle].sum()) * canvas.step_mm**2
        assert area / 4.0 == pytest.approx(width, rel=0.08)

    def test_the_way_along_goes_from_one_end_to_the_other(self):
        points = np.array([[-3.0, 0.0], [0.0, 0.0], [3.0, 3.0]])
        line = stroke(canvas_around(points, 0.5, 0.2, 0.1), points, 0.5)
        near = line.along[line.distance < 0.1]
        assert near.min() < 0.02
        assert near.max() > 0.98

    def test_thin_lines_are_drawn_finer_than_the_picture(self):
        points = np.array([[-1.0, 0.0], [1.0, 0.0]])
        assert canvas_around(points, 0.3, 0.05, 0.1).fine == 4
        assert canvas_around(points, 0.3, 2.0, 0.1).fine == 1
        assert canvas_around(points * 40, 0.3, 0.05, 0.1).size[0] < 200

    def test_a_window_larger_than_any_photograph_is_refused(self):
        with pytest.raises(ImageError, match=r"9002 mm at 0.1 mm a pixel takes a window .* look at its sizes"):
            canvas_around(np.array([[0.0, 0.0], [9000.0, 9000.0]]), 1.0, 0.1, 0.1)


class TestWander:
    def test_it_is_as_long_as_it_is_said_to_be(self):
        path = wander(generator(1), 12.0, 40.0, step_mm=0.1, bend=20.0, pull=0.8)
        assert np.linalg.norm(np.diff(path, axis=0), axis=1).sum() == pytest.approx(12.0, rel=0.01)

    def test_it_keeps_its_heading_on_average(self):
        ends = [wander(generator(seed), 20.0, 30.0, step_mm=0.2, bend=15.0, pull=0.8) for seed in range(60)]
        ways = np.mean([path[-1] - path[0] for path in ends], axis=0)
        assert np.degrees(np.arctan2(-ways[1], ways[0])) == pytest.approx(30, abs=5)

    def test_without_a_bend_it_is_straight(self):
        path = wander(generator(2), 5.0, 0.0, step_mm=0.1, bend=0.0, pull=0.5)
        assert np.abs(path[:, 1]).max() < 1e-9
