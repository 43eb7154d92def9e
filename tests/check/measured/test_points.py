"""Callables that take points: the map is read off where they come back."""

import cv2
import numpy as np
import pytest

from domainaug.check.measured import measure
from domainaug.check.measured.adapters import styles_for
from domainaug.generators import Frame

FRAME = Frame(height=256, width=256)


def turn(degrees):
    matrix = cv2.getRotationMatrix2D((127.5, 127.5), degrees, 1)

    def turned(image, keypoints):
        moved = keypoints @ matrix[:, :2].T + matrix[:, 2]
        return cv2.warpAffine(image, matrix, image.shape[1::-1]), moved

    return turned


def mirrored(image, points):
    away = points.copy()
    away[:, 0] = image.shape[1] - 1 - away[:, 0]
    return {"image": np.ascontiguousarray(image[:, ::-1]), "points": away}


def seen(target):
    return measure(target, frame=FRAME, draws=3)


def test_a_turn_is_read_off_the_points():
    observed = seen(turn(7))
    assert observed.style == "image and points"
    assert not observed.problems
    assert observed.ranges["rotation"].low == pytest.approx(7, abs=0.05)
    assert not {"scale", "shear", "mirror_horizontal", "misregistration", "local_warp"} & set(observed.ranges)


def test_a_mirror_of_picture_and_points_is_a_mirror_and_nothing_else():
    assert set(seen(mirrored).ranges) == {"mirror_horizontal"}


def test_a_picture_that_moves_without_its_points_is_told():
    observed = seen(lambda image, landmarks: (np.ascontiguousarray(image[:, ::-1]), landmarks))
    assert {"mirror_horizontal", "misregistration"} <= set(observed.ranges)


def test_light_leaves_points_alone():
    observed = seen(lambda image, kps: (cv2.convertScaleAbs(image, alpha=0.8), kps))
    assert "contrast" in observed.ranges
    assert not {"rotation", "scale", "shift", "misregistration"} & set(observed.ranges)


def test_points_that_are_dropped_or_misshapen_are_a_problem():
    for back in (lambda pts: pts[:5], lambda pts: pts[:, 0]):
        observed = seen(lambda image, pts, back=back: (image, back(pts)))
        assert observed.problems


def test_points_that_may_be_left_out_are_left_out_when_nothing_comes_back():
    observed = seen(lambda image, points=None: np.ascontiguousarray(image[::-1]))
    assert observed.style == "image"
    assert set(observed.ranges) == {"mirror_vertical"}


def test_something_without_points_is_called_as_before():
    assert all(style.name != "image and points" for style in styles_for(lambda image: image))
    assert all(style.name != "image and points" for style in styles_for(lambda image, mask: (image, mask)))
