"""Skins over rings of points, held against vectors written out."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.mesh import Mesh, ellipsoid, lathe, loft, tube, turned
from numpy.typing import NDArray


def faces(mesh: Mesh) -> NDArray[np.float64]:
    """Return what the order of corners says of each triangle's normal, (n, 3), as long as twice its area."""
    a, b, c = (mesh.corners[:, i].astype(np.float64) for i in range(3))
    return np.cross(b - a, c - a)


def rings(seed: int) -> NDArray[np.float64]:
    """Return a crooked tube, (5, 7, 3), whose rings run counter-clockwise seen from its end."""
    draw = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 7, endpoint=False)
    flat = np.stack([np.cos(angle), np.sin(angle), np.zeros(7)], axis=-1)
    return np.array([flat * draw.uniform(0.7, 1.2) + [draw.normal(0, 0.1), 0, k] for k in range(5)])


def test_a_skin_has_two_triangles_a_cell_and_a_fan_at_each_end() -> None:
    assert len(loft(rings(1), 2, caps=False)) == 4 * 7 * 2
    whole = loft(rings(1), 2)
    assert len(whole) == 4 * 7 * 2 + 2 * 7
    assert set(whole.material) == {2}


def test_it_is_closed_and_faces_outward() -> None:
    mesh = loft(rings(2), 0)
    assert np.abs(faces(mesh).sum(axis=0)).max() < 1e-5, "areas of a closed skin cancel"
    volume = np.einsum("ij,ij->i", mesh.corners.mean(axis=1), faces(mesh)).sum() / 6
    assert volume > 1, "seen from outside, corners run counter-clockwise"


def test_normals_are_flat_unless_they_are_smoothed_and_caps_are_always() -> None:
    flat, smooth = loft(rings(3), 0, smooth=False), loft(rings(3), 0)
    own = faces(flat)
    own /= np.linalg.norm(own, axis=-1, keepdims=True)
    assert flat.normals == pytest.approx(np.repeat(own[:, None], 3, axis=1), abs=1e-5)
    assert np.array_equal(smooth.normals[-14:], flat.normals[-14:])
    assert np.abs(smooth.normals[:-14] - flat.normals[:-14]).max() > 0.1
    assert np.linalg.norm(smooth.normals, axis=-1) == pytest.approx(np.ones((len(smooth), 3)), abs=1e-6)


def test_smoothed_normals_are_the_mean_by_area_of_those_that_meet() -> None:
    flat, smooth = loft(rings(4), 0, caps=False, smooth=False), loft(rings(4), 0, caps=False)
    area = np.linalg.norm(faces(flat), axis=-1)
    corners = flat.corners.reshape(-1, 3)
    for place in (0, 17, 60, 101):
        meet = np.flatnonzero(np.abs(corners - corners[place]).max(axis=1) < 5e-5)
        assert len(meet) >= 3
        mean = (flat.normals.reshape(-1, 3)[meet] * area[meet // 3, None]).sum(axis=0)
        mean /= np.linalg.norm(mean)
        own = flat.normals.reshape(-1, 3)[place]
        expected = mean if mean @ own > 0.6 else own
        assert smooth.normals.reshape(-1, 3)[place] == pytest.approx(expected, abs=1e-5)


def turned_away(ring: list[tuple[float, float]]) -> NDArray[np.float64]:
    """Return how far the normals of a bar over a ring turn from those of its triangles, as cosines."""
    bar = loft([[(x, y, z) for x, y in ring] for z in (0, 2)], 0, caps=False)
    own = faces(bar) / np.linalg.norm(faces(bar), axis=-1, keepdims=True)
    return np.einsum("nij,nj->ni", bar.normals, own)


def test_the_edges_of_a_blade_stay_and_those_of_a_square_bar_are_softened() -> None:
    """Normals within 53 degrees of the mean are averaged: 45 at right angles, almost 90 on a blade."""
    assert turned_away([(1, 0), (0, 0.05), (-1, 0), (0, -0.05)]).min() > 0.99
    square = turned_away([(1, 0), (0, 1), (-1, 0), (0, -1)])
    assert 0.6 < square.min() < 0.95


def test_places_run_in_meters_along_and_around() -> None:
    mesh = tube((0, 0, 0), (0, 0, 3), 0.5, 0, points=64)
    skin = mesh.uv[: 64 * 2].reshape(-1, 2)
    assert skin[:, 1].max() == pytest.approx(3, abs=1e-5)
    assert skin[:, 0].max() == pytest.approx(np.pi, rel=1e-3)


def test_a_pole_leaves_no_triangle_without_area() -> None:
    mesh = lathe([(0.0, 0.0), (1.0, 0.5), (0.0, 1.0)], 0)
    assert np.linalg.norm(faces(mesh), axis=-1).min() > 0
    assert np.isfinite(mesh.normals).all()


def test_moving_is_a_matrix_on_corners_and_its_inverse_on_normals() -> None:
    ball = ellipsoid((1, 2, 0.6), 3)
    matrix = turned(0.7, (3, -2, 1), 0.2, -0.4) @ np.diag([1.0, 2.0, 0.5, 1.0])
    moved = ball.moved(matrix)
    assert moved.corners == pytest.approx(ball.corners @ matrix[:3, :3].T + matrix[:3, 3], abs=1e-5)
    tilted = ball.normals @ np.linalg.inv(matrix[:3, :3])
    tilted /= np.linalg.norm(tilted, axis=-1, keepdims=True)
    assert moved.normals == pytest.approx(tilted, abs=1e-5)


def test_a_mirror_keeps_the_outside_outside() -> None:
    ball = ellipsoid((1, 2, 0.6), 3)
    mirrored = ball.moved(np.diag([1.0, -1.0, 1.0, 1.0]))
    outward = np.einsum("ij,ij->i", mirrored.corners.mean(axis=1), faces(mirrored))
    assert (outward > 0).all()
    assert (np.einsum("nij,nj->ni", mirrored.normals, faces(mirrored)) > 0).all()
