"""Where things are seen: views as radiographers name them, magnification, points."""

from __future__ import annotations

import numpy as np
import pytest
from domainaug_simulators.radiograph.geometry import VIEWS, Geometry, Setup

from domainaug.kernels.rays import RayVolume, integrals


def setup(**changed):
    return Setup(**{"source_to_center": 1500.0, "shape": (201, 161), "pitch": 1.0, **changed})


@pytest.mark.parametrize(
    ("view", "source_at", "orientation"),
    [
        ("PA", (0, 1, 0), ("L", "F")),
        ("AP", (0, -1, 0), ("L", "F")),
        ("LL", (-1, 0, 0), ("P", "F")),
        ("RL", (1, 0, 0), ("A", "F")),
    ],
)
def test_views_are_what_they_are_called(view, source_at, orientation):
    """PA: from the back. LL: the left side is at the detector, the tube at the right. DICOM's x is left, y back."""
    geometry = Geometry.of(setup(primary=VIEWS[view]))
    np.testing.assert_allclose(geometry.source / 1500.0, source_at, atol=1e-12)
    assert geometry.orientation() == orientation


def test_a_frontal_view_shows_the_patients_left_on_the_right_and_the_head_on_top():
    for view in ("PA", "AP"):
        geometry = Geometry.of(setup(primary=VIEWS[view]))
        (middle, left, head) = geometry.project([[0, 0, 0], [50, 0, 0], [0, 0, 50]])
        assert left[0] > middle[0] + 40
        assert head[1] < middle[1] - 40


def test_angles_turn_the_way_that_dicom_says():
    """Primary: positive to the patient's left. Secondary: positive toward the head (PS3.3 C.8.7.5)."""
    assert Geometry.of(setup(primary=30.0)).middle[0] > 100
    assert Geometry.of(setup(secondary=20.0)).middle[2] > 80
    assert Geometry.of(setup(primary=180.0, secondary=20.0)).middle[2] > 80


def test_roll_turns_the_picture_counter_clockwise():
    still, turned = (Geometry.of(setup(roll=roll)).project([[0, 0, 60]])[0] for roll in (0.0, 30.0))
    middle = np.array([80.0, 100.0])
    up, moved = still - middle, turned - middle
    assert np.degrees(np.arctan2(-moved[1], moved[0]) - np.arctan2(-up[1], up[0])) == pytest.approx(30.0)


@pytest.mark.parametrize("angles", [(0, 0, 0), (37, 0, 0), (90, 15, 0), (-120, -20, 25), (180, 0, 5)])
def test_axes_are_square_and_of_length_one(angles):
    geometry = Geometry.of(setup(primary=angles[0], secondary=angles[1], roll=angles[2]))
    frame = np.stack([geometry.across, geometry.down, geometry.toward])
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("angles", [(0, 0, 0), (37, 12, -8), (180, 0, 0)])
def test_pixels_and_points_agree(angles):
    """A point anywhere on a pixel's ray is seen in the middle of that pixel."""
    geometry = Geometry.of(
        setup(primary=angles[0], secondary=angles[1], roll=angles[2], offset=(13.0, -7.0), center=(10.0, 20.0, -5.0))
    )
    rays = geometry.rays
    for row, column in ((0, 0), (200, 160), (50, 120)):
        end = rays.corner + row * rays.down + column * rays.across
        for share in (0.3, 0.8, 1.0):
            np.testing.assert_allclose(
                geometry.project([geometry.source + share * (end - geometry.source)])[0], (column, row), atol=1e-6
            )


def test_what_is_behind_the_tube_is_nowhere():
    geometry = Geometry.of(setup())
    assert np.isnan(geometry.project([geometry.source - 10 * geometry.toward])).all()


@pytest.mark.parametrize("distance", [1000.0, 1800.0])
@pytest.mark.parametrize("offset", [-100.0, 0.0, 120.0])
def test_magnification_is_the_ratio_of_distances(distance, offset):
    """Two points 40 mm apart at the depth d are seen 40 SDD / d apart, to a tenth of a pixel."""
    geometry = Geometry.of(setup(source_to_detector=distance, source_to_center=distance - 300))
    pair = np.array([[-20.0, 0, 0], [20.0, 0, 0]]) + offset * geometry.toward
    seen = geometry.project(pair)
    exact = 40 * distance / (distance - 300 + offset)
    assert np.hypot(*(seen[1] - seen[0])) == pytest.approx(exact, abs=0.1)
    assert geometry.magnification(pair.mean(axis=0)) * 40 == pytest.approx(exact)


@pytest.mark.parametrize("view", [0.0, 90.0, 33.0])
@pytest.mark.parametrize("tilt", [0.0, 20.0])
def test_a_ball_is_seen_where_its_middle_is_projected(view, tilt):
    """To a tenth of a pixel, through rays on the one side and the map for points on the other."""
    place, radius = np.array([18.0, -12.0, 9.0]), 8.0
    x, y, z = np.meshgrid(*(np.arange(n) for n in (90, 80, 70)), indexing="ij")
    matrix = np.diag([1.0, 1.1, 1.2, 1.0])
    matrix[:3, 3] = (-45, -44, -42)
    distance = np.linalg.norm(np.stack([x, y * 1.1, z * 1.2], -1) + matrix[:3, 3] - place, axis=-1)
    ball = np.ascontiguousarray(np.clip(radius - distance + 0.5, 0, 1).T.astype(np.float32))
    geometry = Geometry.of(setup(primary=view, secondary=tilt, shape=(240, 240), pitch=0.6))
    shadow = integrals(RayVolume.of((ball, ball), matrix), geometry.rays)[..., 0]
    rows, columns = np.mgrid[:240, :240]
    seen = np.array([(columns * shadow).sum(), (rows * shadow).sum()]) / shadow.sum()
    np.testing.assert_allclose(seen, geometry.project([place])[0], atol=0.1)


def test_the_open_beam_falls_with_the_third_power_of_the_cosine():
    geometry = Geometry.of(setup(source_to_detector=500.0, shape=(401, 401), offset=(100.0, 0.0)))
    beam = geometry.obliquity()
    foot = geometry.source + 500 * geometry.toward
    rays = geometry.rays
    for row, column in ((200, 100), (0, 400), (37, 250)):
        way = rays.corner + row * rays.down + column * rays.across - geometry.source
        cosine = way @ geometry.toward / np.linalg.norm(way)
        assert beam[row, column] == pytest.approx(cosine**3, rel=1e-5)
    assert beam.max() == pytest.approx(1.0, abs=1e-5)  # at the foot of the central ray, which is off the middle
    assert np.unravel_index(beam.argmax(), beam.shape) == (200, 100)
    assert np.linalg.norm(foot - geometry.middle) == pytest.approx(100.0)
