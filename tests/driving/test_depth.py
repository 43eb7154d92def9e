"""Depth: given, from stereo, from LiDAR points, from the road; and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.driving.depth import (
    checked_depth,
    depth_from_disparity,
    depth_from_ground,
    depth_from_points,
    depth_given,
)
from domainaug.driving.filling import completed, without_shadowed
from domainaug.driving.pinhole import Pinhole
from domainaug.driving.sky_finder import found_sky
from domainaug.errors import ImageError

ROWS, COLUMNS = 60, 80


def street():
    """Return a picture of a dark box on a gray road under a blue sky, and its true depth."""
    camera = Pinhole.of_view(COLUMNS, ROWS, 60.0)
    depth = depth_from_ground(camera, np.zeros((ROWS, COLUMNS, 3), np.uint8)).meters.copy()
    image = np.full((ROWS, COLUMNS, 3), 120, np.uint8)
    image[:30], depth[:30] = (110, 170, 240), np.inf
    image[22:45, 30:55], depth[22:45, 30:55] = (40, 20, 20), 6.0
    return camera, image, depth


class TestGiven:
    def test_is_told_as_such(self):
        _, image, depth = street()
        found = depth_given(depth, image)
        assert np.array_equal(found.meters, depth)
        assert found.told() == {"depth": "given", "measured": 1.0}
        assert np.array_equal(found.sky, np.isinf(depth))

    def test_holes_are_filled_from_the_same_surface(self):
        _, image, depth = street()
        holed = depth.copy()
        holed[28:36, 31:36] = 0.0  # of the box, next to its edge
        found = depth_given(holed, image)
        assert found.meters[28:36, 31:36] == pytest.approx(6.0, rel=0.05)
        assert found.measured == pytest.approx(1 - 40 / (ROWS * COLUMNS))

    @pytest.mark.parametrize(
        ("depth", "told"),
        [
            (np.ones((5, 5), np.float32), r"shape \(5, 5\), and the picture \(60, 80\)"),
            (np.full((ROWS, COLUMNS), 2000, np.uint16), "meters as floats are needed, got uint16"),
            (np.full((ROWS, COLUMNS), 9000.0), "beyond 9000, which is not in meters"),
            (np.full((ROWS, COLUMNS), 0.05), "within 0.05, which is not in meters"),
            (np.full((ROWS, COLUMNS), -4.0), "distances are above 0, got -4"),
            (np.full((ROWS, COLUMNS), np.nan), "holds no distance at all"),
        ],
    )
    def test_what_is_no_depth_is_refused(self, depth, told):
        with pytest.raises(ImageError, match=told):
            checked_depth(depth, (ROWS, COLUMNS, 3))


class TestStereo:
    def test_depth_is_focal_times_baseline_over_disparity(self):
        _, image, depth = street()
        with np.errstate(divide="ignore"):
            disparity = 700 * 0.5 / depth
        found = depth_from_disparity(disparity, 0.5, 700.0, image)
        road = np.zeros_like(depth, bool)
        road[48:] = True
        assert found.meters[road] == pytest.approx(depth[road], rel=1e-5)
        assert found.source == "stereo"
        assert np.isinf(found.meters[:15]).mean() > 0.95

    def test_what_was_not_matched_or_has_no_baseline_is_refused(self):
        _, image, depth = street()
        with pytest.raises(ImageError, match="no pixel has a disparity above 0"):
            depth_from_disparity(np.zeros_like(depth), 0.5, 700.0, image)
        with pytest.raises(ImageError, match=r"above 0, got 0\.0 m and 700\.0 px"):
            depth_from_disparity(depth, 0.0, 700.0, image)


class TestPoints:
    def cloud(self, share=0.12):
        camera, image, depth = street()
        places = np.random.default_rng(3).random(depth.shape) < share
        places &= np.isfinite(depth)
        return camera, image, depth, camera.rays()[places] * depth[places][:, None]

    def test_sparse_points_become_depth_with_the_edges_of_the_picture(self):
        camera, image, depth, points = self.cloud()
        found = depth_from_points(points, np.c_[camera.matrix, np.zeros(3)], image)
        box, road = np.s_[24:43, 32:53], np.s_[50:, :]
        assert found.meters[box] == pytest.approx(depth[box], rel=0.05)
        assert np.median(np.abs(found.meters[road] / depth[road] - 1)) < 0.06
        assert found.source == "lidar"
        assert 0.04 < found.measured < 0.12
        assert np.isinf(found.meters[:18]).mean() > 0.95

    def test_points_that_something_nearer_hides_are_left_out(self):
        sparse = np.full((30, 30), np.nan, np.float32)
        sparse[::3, ::3] = 8.0
        sparse[10, 10] = 30.0
        out = without_shadowed(sparse)
        assert np.isnan(out[10, 10])
        assert np.isfinite(out).sum() == np.isfinite(sparse).sum() - 1

    def test_points_of_another_place_are_refused(self):
        camera, image, _, points = self.cloud()
        with pytest.raises(ImageError, match="no point lands in the picture"):
            depth_from_points(points * [1, 1, -1], np.c_[camera.matrix, np.zeros(3)], image)
        with pytest.raises(ImageError, match=r"got \(7, 2\) and \(3, 4\)"):
            depth_from_points(np.zeros((7, 2)), np.eye(4)[:3], image)


class TestGround:
    def test_a_level_road_is_as_far_as_the_height_says(self):
        camera = Pinhole(COLUMNS, ROWS, 70.0, 70.0, 39.5, 29.5, mounted=1.5)
        meters = depth_from_ground(camera, np.zeros((ROWS, COLUMNS), np.uint8)).meters
        assert meters[50] == pytest.approx(1.5 * 70 / 20.5, rel=1e-5)
        assert (meters[:30] == 80).all()

    def test_nose_down_brings_the_road_nearer(self):
        level, down = (
            depth_from_ground(
                Pinhole(COLUMNS, ROWS, 70.0, 70.0, 39.5, 29.5, pitch=pitch), np.zeros((ROWS, COLUMNS), np.uint8)
            ).meters
            for pitch in (0, -5)
        )
        assert (down[35:] < level[35:]).all()

    def test_says_that_nothing_was_measured(self):
        camera, image, _ = street()
        found = depth_from_ground(camera, image)
        assert found.told() == {"depth": "ground", "measured": 0.0}
        assert np.isinf(found.meters[:15]).all()
        assert np.isfinite(found.meters[30:]).all()


class TestSky:
    def test_is_what_is_blue_and_smooth_and_above(self):
        _, image, depth = street()
        sky = found_sky(image)
        assert (sky == np.isinf(depth)).mean() > 0.95
        assert not sky[32:].any()

    def test_what_was_measured_is_a_wall(self):
        _, image, _ = street()
        known = np.zeros(image.shape[:2], bool)
        known[5:25:4, ::4] = True
        assert not found_sky(image, known).any()

    def test_black_pictures_show_none(self):
        assert not found_sky(np.zeros((9, 9, 3), np.uint8)).any()


def test_an_even_picture_takes_what_is_known_to_everywhere():
    sparse = np.full((40, 50), np.nan, np.float32)
    sparse[3, 4] = 7.0
    assert completed(sparse, np.zeros((40, 50), np.uint8)) == pytest.approx(7.0, rel=1e-4)
    with pytest.raises(ValueError, match="nothing is known"):
        completed(np.full((4, 5), np.nan, np.float32), np.zeros((4, 5), np.uint8))
