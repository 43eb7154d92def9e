"""A camera: its matrix, its rays, its pose on the vehicle."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.driving.pinhole import Pinhole
from domainaug.errors import ImageError


def test_a_field_of_view_is_a_focal_length():
    camera = Pinhole.of_view(640, 480, 90.0)
    assert camera.focal_x == camera.focal_y == pytest.approx(320.0)
    assert (camera.center_x, camera.center_y) == (319.5, 239.5)


def test_points_on_a_ray_land_where_the_ray_started():
    camera = Pinhole(60, 40, 50.0, 55.0, 28.0, 22.0)
    places, depth = camera.seen(camera.rays()[7, 13] * 12.0)
    assert places[0] == pytest.approx((13, 7), abs=1e-5)
    assert depth[0] == pytest.approx(12.0)
    assert np.isnan(camera.seen([[0.0, 0.0, -3.0]])[0]).all()


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (8, 0), (-5, 3), (0, -20)])
def test_its_pose_is_a_rotation_that_takes_up_to_up(pitch, roll):
    camera = Pinhole.of_view(64, 48, 70.0, pitch=pitch, roll=roll, mounted=1.7)
    pose = camera.pose(along=4.0)
    assert pose[:3, :3] @ pose[:3, :3].T == pytest.approx(np.eye(3))
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)
    assert pose[:3, :3] @ camera.up == pytest.approx([0, 0, 1])
    assert pose[:3, 3] == pytest.approx((4.0, 0.0, 1.7))
    axis = pose[:3, :3] @ [0, 0, 1]
    assert np.degrees(np.arcsin(axis[2])) == pytest.approx(pitch)


def test_a_clockwise_roll_turns_up_toward_the_left_of_the_picture():
    assert Pinhole.of_view(64, 48, 70.0, roll=10.0).up[0] < 0


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Pinhole(0, 40, 50, 50, 30, 20), "width has to be above 0, got 0"),
        (lambda: Pinhole(60, 40, -50, 50, 30, 20), "focal_x has to be above 0"),
        (lambda: Pinhole(60, 40, 50, 50, float("nan"), 20), "center_x has to be a finite number"),
        (lambda: Pinhole.of_view(60, 40, 180.0), "1 to 170 degrees, got 180"),
        (lambda: Pinhole.of_matrix(np.eye(2), 60, 40), r"3 x 3 finite numbers is needed, got shape \(2, 2\)"),
        (lambda: Pinhole.of_matrix([[50, 9, 30], [0, 50, 20], [0, 0, 1]], 60, 40), "rectify the picture first"),
        (lambda: Pinhole.of_view(60, 40, 70).for_size(41, 60, "Fog"), "Fog: the camera is calibrated for 60 x 40"),
    ],
)
def test_what_is_none_is_refused(make, told):
    with pytest.raises(ImageError, match=told):
        make()
