"""A pinhole camera: rays and projections are each other's inverse."""

import numpy as np
import pytest
from domainaug_simulators.street.camera import Camera


@pytest.mark.parametrize("seed", range(5))
def test_a_ray_through_a_pixel_lands_in_that_pixel(seed: int) -> None:
    draw = np.random.default_rng(seed)
    place = tuple(draw.uniform(-50, 50, 3).tolist())
    camera = Camera(place, *draw.uniform([-180, -40, -40], [180, 40, 40]).tolist(), 64, 48, draw.uniform(30, 120))
    directions = camera.centers()
    assert np.allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-6)
    places, depth = camera.seen(
        np.array(place) + directions.astype(np.float64) * draw.uniform(1, 90, (len(directions), 1))
    )
    x, y = np.meshgrid(np.arange(64) + 0.5, np.arange(48) + 0.5)
    assert np.allclose(places, np.column_stack([x.ravel(), y.ravel()]), atol=2e-3)
    assert (depth > 0).all()
    assert np.array_equal(camera.rays(x.ravel(), y.ravel()), directions)


def test_axes_are_the_usual_ones() -> None:
    camera = Camera((1, 2, 3), yaw=90, width=100, height=60, view=90)
    ahead, left, above, behind = [1, 12, 3], [-4, 12, 3], [1, 12, 8], [1, -8, 3]
    places, depth = camera.seen([ahead, left, above, behind])
    assert np.allclose(places[0], [50, 30])
    assert np.allclose(places[1], [25, 30])
    assert np.allclose(places[2], [50, 5])
    assert depth.tolist() == pytest.approx([10, 10, 10, -10])
    up, _ = Camera((0, 0, 0), pitch=10, width=100, height=60).seen([[10, 0, 0]])
    assert up[0, 1] > 30  # nose up: what is ahead sinks
    rolled, _ = Camera((0, 0, 0), roll=10, width=100, height=60).seen([[10, 0, 3]])
    assert rolled[0, 0] < 50  # right side down: what is above leans left


def test_matrices_are_those_of_textbooks() -> None:
    camera = Camera((4, -3, 1.5), 33, -4, 2, 640, 384, 75)
    point = np.array([20.0, 5.0, 0.7, 1.0])
    optical = camera.extrinsics @ point
    flat = camera.intrinsics @ optical[:3]
    places, depth = camera.seen(point[:3])
    assert np.allclose(flat[:2] / flat[2], places[0])
    assert depth[0] == pytest.approx(optical[2])
    assert np.allclose(camera.extrinsics[:3, :3] @ camera.extrinsics[:3, :3].T, np.eye(3))
    assert np.linalg.det(camera.extrinsics[:3, :3]) == pytest.approx(1)
