"""Solids are closed, look outward, and are as large as they say."""

import numpy as np
import pytest
from domainaug_simulators.street.mesh import (
    Mesh,
    box,
    disc,
    ellipsoid,
    extruded,
    lathe,
    loft,
    polygon,
    quad,
    tube,
    turned,
)

SQUARE = ((0, 0), (2, 0), (2, 3), (0, 3))
RING = np.array([[np.cos(a), np.sin(a), 0] for a in np.arange(64) * 2 * np.pi / 64])


def volume(mesh: Mesh) -> float:
    """Return what triangles enclose, after Gauss: positive where they look outward."""
    a, b, c = (mesh.corners[:, i].astype(np.float64) for i in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


def area(mesh: Mesh) -> float:
    a, b, c = (mesh.corners[:, i].astype(np.float64) for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@pytest.mark.parametrize(
    ("solid", "expected"),
    [
        (box((2, 3, 4), 0), 24),
        (box((2, 3, 4), 0, base=False), 24),
        (ellipsoid((2, 4, 6), 0, points=64, rings=64), 4 / 3 * np.pi * 6),
        (tube((1, 2, 3), (1, 2, 8), 0.5, 0, points=64), np.pi * 0.25 * 5),
        (tube((0, 0, 0), (3, 0, 0), 1, 0, to=0.5, points=64), np.pi * (1 + 0.5 + 0.25)),
        (lathe(((1, 0), (1, 2)), 0, points=64), np.pi * 2),
        (loft(np.stack([RING, RING + np.array([0, 0, 1.5])]), 0), np.pi * 1.5),
    ],
)
def test_solids_enclose_their_volume(solid: Mesh, expected: float) -> None:
    assert volume(solid) == pytest.approx(expected, rel=5e-3)
    assert volume(solid.at(50, -20, 3, 0.7)) == pytest.approx(expected, rel=5e-3)
    flat = np.cross(solid.corners[:, 1] - solid.corners[:, 0], solid.corners[:, 2] - solid.corners[:, 0])
    assert (np.einsum("ij,ikj->ik", flat, solid.normals) >= 0).all()
    assert np.allclose(np.linalg.norm(solid.normals, axis=-1), 1, atol=1e-4)


def test_flat_shapes_have_their_area_and_look_up() -> None:
    assert area(polygon(SQUARE, 1, 0)) == pytest.approx(6)
    assert (polygon(SQUARE, 1, 0).normals == [0, 0, 1]).all()
    assert area(disc(2, 0, points=128)) == pytest.approx(np.pi * 4, rel=1e-3)
    assert (disc(2, 0).normals[..., 0] == 1).all()
    assert area(extruded(SQUARE, 0, 5, 0, 1)) == pytest.approx(6 + 10 * 5)
    assert set(extruded(SQUARE, 0, 5, 0, 1).material.tolist()) == {0, 1}


def test_texture_coordinates_are_meters() -> None:
    wall = quad((1, 1, 0), (1, 5, 0), (1, 5, 3), (1, 1, 3), 0)
    flat = wall.uv.reshape(-1, 2)
    assert flat.min(axis=0).tolist() == [0, 0]
    assert flat.max(axis=0).tolist() == [4, 3]


def test_a_mirror_leaves_faces_outside_out() -> None:
    mirrored = box((2, 3, 4), 0).at(1, 1).moved(np.diag([1, -1, 1, 1.0]))
    assert volume(mirrored) == pytest.approx(24)
    flat = np.cross(mirrored.corners[:, 1] - mirrored.corners[:, 0], mirrored.corners[:, 2] - mirrored.corners[:, 0])
    assert (np.einsum("ij,ikj->ik", flat, mirrored.normals) > 0).all()


def test_normals_follow_what_is_stretched() -> None:
    slope = quad((0, 0, 0), (1, 0, 1), (1, 1, 1), (0, 1, 0), 0).moved(np.diag([2, 1, 1, 1.0]))
    assert np.allclose(slope.normals, np.array([-1, 0, 2]) / np.sqrt(5), atol=1e-6)


def test_a_turn_is_roll_then_pitch_then_yaw() -> None:
    assert np.allclose(turned(np.pi / 2) @ [1, 0, 0, 1], [0, 1, 0, 1])
    assert np.allclose(turned(0, pitch=np.pi / 2) @ [1, 0, 0, 1], [0, 0, -1, 1])
    assert np.allclose(turned(0, roll=np.pi / 2) @ [0, 1, 0, 1], [0, 0, 1, 1])
    whole = turned(0.3, (1, 2, 3), 0.2, 0.1)
    assert np.allclose(whole, turned(0.3, (1, 2, 3)) @ turned(0, pitch=0.2) @ turned(0, roll=0.1))


def test_joined_keeps_the_order_and_may_be_empty() -> None:
    both = Mesh.joined([box((1, 1, 1), 3), disc(1, 5, points=8)])
    assert both.material.tolist() == [3] * 12 + [5] * 8
    assert len(Mesh.joined([])) == 0
    assert set(both.painted(7).material.tolist()) == {7}
    low, high = box((2, 4, 6), 0).bounds
    assert low.tolist() == [-1, -2, 0]
    assert high.tolist() == [1, 2, 6]
