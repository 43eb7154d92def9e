"""A mirrored picture shows a mirrored world: what is told of it agrees, whoever tells it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domainaug.driving.mirroring import MIRROR, mirrored_pose, mirrored_projection, mirrored_yaw, reflection
from domainaug.driving.pinhole import Pinhole
from domainaug.driving.rig import Box3D, Mirror, Seen, moved
from domainaug.layouts.kitti_labels import Calibration, KittiObject
from domainaug.layouts.placing import Placing

PROJECTION = np.array([[700.0, 0, 610, 45], [0, 705, 180, 0.2], [0, 0, 1, 0.003]])
POINTS = np.column_stack([np.random.default_rng(3).uniform((-9, -2, 4), (9, 2, 60), (40, 3)), np.ones(40)])
TO_CAMERA = np.array([[0.01, -1, 0.02, 0.1], [0, -0.02, -1, -0.1], [1, 0.01, 0, -0.3], [0, 0, 0, 1.0]])
CAMERA = Pinhole.of_view(1242, 375, 80.0, mounted=1.65)


def seen(projection, points):
    places = points @ projection.T
    return places[:, :2] / places[:, 2:]


def test_a_mirrored_projection_shows_mirrored_points_where_the_mirrored_picture_does():
    before, after = seen(PROJECTION, POINTS), seen(mirrored_projection(PROJECTION, 1242), POINTS @ MIRROR)
    assert after == pytest.approx(np.column_stack([1241 - before[:, 0], before[:, 1]]))
    assert mirrored_projection(PROJECTION, 1242)[0, 0] > 0


def test_with_what_else_happened_to_the_pixels():
    pixels = np.array([[-0.5, 0, 600.0], [0, 0.5, 3], [0, 0, 1]])
    after = seen(mirrored_projection(PROJECTION, 1242, pixels), POINTS @ MIRROR)
    assert after == pytest.approx(seen(PROJECTION, POINTS) * [-0.5, 0.5] + [600, 3])


def test_a_reflection_is_that_of_the_camera_and_its_own_inverse():
    back = reflection(TO_CAMERA)
    there = POINTS @ back.T
    assert there @ TO_CAMERA.T == pytest.approx(POINTS @ TO_CAMERA.T @ MIRROR)
    assert back @ back == pytest.approx(np.eye(4))


def test_a_mirrored_pose_has_right_handed_axes_and_twice_is_none():
    square = np.eye(4)
    square[:3] = np.array([[0, -1, 0, 0.1], [0, 0, -1, -0.1], [1, 0, 0, -0.3]])
    assert np.linalg.det(mirrored_pose(square)[:3, :3]) == pytest.approx(1)
    assert mirrored_pose(mirrored_pose(square)) == pytest.approx(square)


@pytest.mark.parametrize("yaw", [-3.1, -1.2, 0.0, 0.4, math.pi / 2, 2.9])
def test_rigs_and_kitti_mirror_alike(yaw):
    size, place = (1.5, 1.6, 4.0), (2.5, 1.7, 12.0)
    flip = Placing(np.array([[-1.0, 0, 1241], [0, 1, 0], [0, 0, 1]]), (375, 1242))
    thing = KittiObject("Car", 0.0, 0, 0.3, (600, 150, 700, 250), size, place, yaw).moved(flip)
    box = Box3D.of_kitti(place, size, yaw, "Car")
    rig = moved(Seen(CAMERA, (box,)), Mirror(side_free=True, sign_free=True))
    there = Box3D.of_kitti(thing.place, thing.size, thing.turn, "Car")
    assert rig.boxes[0].center == pytest.approx(there.center)
    assert np.array(rig.boxes[0].turn) == pytest.approx(np.array(there.turn))
    assert mirrored_yaw(yaw) == pytest.approx(thing.turn)
    calibration = Calibration({"P2": np.column_stack([CAMERA.matrix, np.zeros(3)])}).moved(flip, (375, 1242))
    assert calibration.camera[:, :3] == pytest.approx(rig.camera.matrix)
