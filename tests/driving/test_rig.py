"""Calibration, boxes in space and points move together, so that what landed on a pixel lands where this pixel went."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domainaug.driving.pinhole import Pinhole
from domainaug.driving.rig import Box3D, Crop, Mirror, Resize, Roll, Seen, moved
from domainaug.errors import LabelError

CAMERA = Pinhole(1242, 375, 721.5, 721.5, 609.6, 172.9, mounted=1.65, pitch=1.0)
POINTS = np.random.default_rng(0).uniform((-9, -2, 4, 0), (9, 2, 60, 1), (200, 4))
CAR = Box3D.of_kitti((2.5, 1.6, 14.0), (1.5, 1.7, 4.1), 0.4, "Car")
SEEN = Seen(CAMERA, (CAR,), POINTS)
FREE = Mirror(side_free=True, sign_free=True)


def pixel_of(move, places):
    """Return where pixels (n, 2) of the picture go, by what is done to the picture itself."""
    x, y = places.T
    if isinstance(move, Mirror):
        return np.stack([CAMERA.width - 1 - x, y], axis=1)
    if isinstance(move, Crop):
        return places - [move.x, move.y]
    if isinstance(move, Resize):
        return (places + 0.5) * [move.width / CAMERA.width, move.height / CAMERA.height] - 0.5
    turn, middle = math.radians(move.degrees), np.array([CAMERA.center_x, CAMERA.center_y])
    cos, sin = math.cos(turn), math.sin(turn)
    return (places - middle) @ np.array([[cos, -sin], [sin, cos]]) + middle


@pytest.mark.parametrize("move", [FREE, Crop(100, 50, 800, 300), Resize(640, 200), Roll(7.0), Roll(-90.0)], ids=repr)
class TestPixels:
    def test_points_land_where_their_pixels_went(self, move):
        before, _ = CAMERA.seen(POINTS[:, :3])
        out = moved(SEEN, move)
        after, _ = out.camera.seen(out.points[:, :3])
        assert after == pytest.approx(pixel_of(move, before), abs=1e-6)
        assert np.array_equal(out.points[:, 3], POINTS[:, 3])

    def test_corners_of_boxes_likewise(self, move):
        before, _ = CAMERA.seen(CAR.corners())
        out = moved(SEEN, move)
        after, _ = out.camera.seen(out.boxes[0].corners())
        expected = pixel_of(move, before)
        gaps = np.linalg.norm(after[:, None] - expected[None], axis=2)
        assert gaps.min(axis=0).max() < 1e-6  # a mirrored box has its corners in another order
        assert np.linalg.det(np.array(out.boxes[0].turn)) == pytest.approx(np.linalg.det(np.array(CAR.turn)))
        assert (out.boxes[0].size, out.boxes[0].label) == (CAR.size, "Car")

    def test_the_road_stays_where_its_pixels_are(self, move):
        road = np.array([[-2.0, 0.0, 8.0], [3.0, 0.0, 30.0]])
        road[:, 1] = [CAMERA.mounted / -CAMERA.up[1] + each[2] * CAMERA.up[2] / -CAMERA.up[1] for each in road]
        assert road @ CAMERA.up == pytest.approx(-CAMERA.mounted)
        out = moved(Seen(CAMERA, points=road), move)
        assert out.points @ out.camera.up == pytest.approx(-CAMERA.mounted)

    def test_a_lidar_with_its_own_axes_still_lands(self, move):
        own = np.random.default_rng(1).uniform((4, -9, -2), (60, 9, 1), (50, 3))
        lidar = np.array([[0, -1, 0, 0.1], [0, 0, -1, -0.1], [1, 0, 0, -0.3], [0, 0, 0, 1.0]])
        before, _ = CAMERA.seen(own @ lidar[:3, :3].T + lidar[:3, 3])
        out = moved(Seen(CAMERA, from_lidar=lidar), move).from_lidar
        camera = moved(SEEN, move).camera
        own = own * [1, -1, 1] if isinstance(move, Mirror) else own
        after, _ = camera.seen(own @ out[:3, :3].T + out[:3, 3])
        assert after == pytest.approx(pixel_of(move, before), abs=1e-6)
        assert np.linalg.det(out[:3, :3]) == pytest.approx(1.0)


def test_a_mirrored_car_drives_the_other_way_round():
    (box,) = moved(SEEN, FREE).boxes
    assert box.center == pytest.approx((-CAR.center[0], *CAR.center[1:]))
    assert math.cos(box.yaw - (math.pi - CAR.yaw)) == pytest.approx(1.0)
    assert CAR.yaw == pytest.approx(0.4)


def test_twice_mirrored_is_as_it_was():
    again = moved(moved(SEEN, FREE), FREE)
    assert again.camera == CAMERA
    assert np.array_equal(again.points, POINTS)
    assert np.array(again.boxes[0].turn) == pytest.approx(np.array(CAR.turn))


@pytest.mark.parametrize(
    ("move", "told"),
    [
        (Mirror(), "say so: side_free=True, sign_free=True"),
        (Mirror(side_free=True), "say so: sign_free=True"),
        (Crop(1200, 0, 100, 100), r"100 x 100 pixels from \(1200, 0\) do not lie in a picture of 1242 x 375"),
        (Resize(0, 10), "at least 1 x 1 is needed"),
        (Roll(float("nan")), "a finite number of degrees"),
        ("shear", "str: no calibrated camera takes such a picture"),
    ],
)
def test_what_would_make_labels_untrue_is_refused(move, told):
    with pytest.raises(LabelError, match=told):
        moved(SEEN, move)


def test_pixels_that_are_not_square_cannot_be_rolled():
    with pytest.raises(LabelError, match="resize it first"):
        moved(Seen(CAMERA.but(focal_y=500.0)), Roll(3.0))
