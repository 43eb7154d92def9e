"""Maps of volumes: physical parameters as SimpleITK understands them, joining, inverting, folds."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap

SHAPE = (24, 40, 32)
angles = st.floats(-40, 40).map(lambda degrees: round(degrees, 9))  # SimpleITK inverts no turn by 1e-308


def some_points(shape, count=300, seed=0):
    return np.random.default_rng(seed).uniform(0, 1, (count, 3)) * (np.array(shape[::-1]) - 1)


def elastic(shape=SHAPE, amount=1.0, control=(5, 6, 7), seed=0, matrix=None):
    mesh = np.random.default_rng(seed).normal(0, amount, (3, *control)).astype(np.float32)
    return VolumeMap(shape, np.eye(4) if matrix is None else matrix, shape, mesh)


@given(rotation=st.tuples(angles, angles, angles), scale=st.floats(0.5, 2), shift=st.tuples(*[st.floats(-20, 20)] * 3),
       spacing=st.tuples(*[st.floats(0.3, 5)] * 3))  # fmt: skip
@settings(max_examples=50)
def test_physical_parameters_are_those_of_a_similarity_in_simpleitk(rotation, scale, shift, spacing):
    found = VolumeMap.from_physical(SHAPE, spacing, rotation, scale, shift)
    image = sitk.Image(SHAPE[::-1], sitk.sitkUInt8)
    image.SetSpacing(spacing)
    middle = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()])
    turn = sitk.Euler3DTransform(middle, *np.deg2rad(rotation).tolist())
    forward = sitk.AffineTransform(3)
    forward.SetCenter(middle)
    forward.SetMatrix((np.array(turn.GetMatrix()) * scale).tolist())
    forward.SetTranslation(shift)
    back = forward.GetInverse()
    for point in some_points(SHAPE, 5):
        wanted = image.TransformPhysicalPointToContinuousIndex(
            back.TransformPoint(image.TransformContinuousIndexToPhysicalPoint(point.tolist()))
        )
        np.testing.assert_allclose(found.looks_at(point[None])[0], wanted, atol=1e-6)


def test_a_new_grid_keeps_the_middle_and_the_size_in_millimeters():
    found = VolumeMap.from_physical((10, 20, 20), (1, 1, 4), shape_out=(40, 20, 20), spacing_out=1.0)
    np.testing.assert_allclose(found.looks_at([[9.5, 9.5, 19.5]]), [[9.5, 9.5, 4.5]])
    np.testing.assert_allclose(found.footprint, (1, 1, 0.25))


def test_a_map_of_a_plane_does_the_same_to_every_slice():
    plane = PixelMap.of([[0.9, 0.1, 2], [-0.2, 1.1, 3]], (40, 32), border="replicate")
    found = VolumeMap.from_plane(plane, 5)
    assert found.in_plane
    assert (found.border, found.shape) == ("replicate", (5, 40, 32))
    np.testing.assert_allclose(found.looks_at([[10, 20, 3]]), [[0.9 * 10 + 0.1 * 20 + 2, -0.2 * 10 + 1.1 * 20 + 3, 3]])


def test_a_map_of_a_plane_that_is_no_affine_matrix_is_refused():
    with pytest.raises(ValueError, match="affine"):
        VolumeMap.from_plane(PixelMap.of([[1, 0, 0], [0, 1, 0], [0.001, 0, 1]], (8, 8)), 3)
    with pytest.raises(ValueError, match="reflect"):
        VolumeMap.from_plane(PixelMap.of(np.eye(3), (8, 8), border="reflect"), 3)


def test_what_stays_in_its_slice_is_known():
    assert VolumeMap.identity(SHAPE).in_plane
    assert VolumeMap.identity(SHAPE).is_identity
    assert not VolumeMap.from_physical(SHAPE, 1, (1, 0, 0)).in_plane
    assert not elastic().in_plane
    flat = elastic()
    flat.mesh[2] = 0
    assert flat.in_plane
    assert not flat.is_identity


def test_matrices_join_exactly():
    one, two = (VolumeMap.from_physical(SHAPE, (1, 1, 2), r, s) for r, s in (((3, 4, 5), 1.2), ((-9, 2, 0), 0.8)))
    points = some_points(SHAPE)
    np.testing.assert_allclose(one.then(two).looks_at(points), one.looks_at(two.looks_at(points)), atol=1e-9)


def test_a_mesh_after_a_matrix_joins_exactly():
    first, second = VolumeMap.from_physical(SHAPE, (1, 1, 2), (3, 4, 50), 1.2), elastic()
    joined, points = first.then(second), some_points(SHAPE)
    assert joined.mesh.shape == second.mesh.shape
    np.testing.assert_allclose(joined.looks_at(points), first.looks_at(second.looks_at(points)), atol=1e-5)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("mirrored", [(), (0,), (1, 2), (0, 1, 2)])
def test_a_mesh_before_a_mirror_or_a_swap_of_axes_keeps_its_control_points(order, mirrored):
    one = elastic()
    source = np.array(SHAPE[::-1])
    matrix = np.eye(4)
    matrix[:3, :3] = np.eye(3)[list(order)].T  # output axis i runs along input axis order[i]
    for axis in mirrored:
        matrix[axis, :3] *= -1
        matrix[axis, 3] = source[axis] - 1
    shape = tuple(int(n) for n in source[list(order)][::-1])
    following = VolumeMap(shape, matrix, SHAPE)
    joined, points = one.then(following), some_points(shape)
    assert sorted(joined.mesh.shape) == sorted(one.mesh.shape)
    np.testing.assert_allclose(joined.looks_at(points), one.looks_at(following.looks_at(points)), atol=1e-6)


def test_a_mesh_before_a_resize_keeps_its_control_points():
    following = VolumeMap((47, 79, 63), np.diag([31 / 62, 39 / 78, 23 / 46, 1]), SHAPE)
    joined, points = elastic().then(following), some_points((47, 79, 63))
    assert joined.mesh.shape == (3, 5, 6, 7)
    np.testing.assert_allclose(joined.looks_at(points), elastic().looks_at(following.looks_at(points)), atol=1e-6)


@given(
    rotation=st.tuples(angles, angles, angles), scale=st.floats(0.7, 1.4), seed=st.integers(0, 99), two=st.booleans()
)
@settings(max_examples=8)
def test_a_mesh_before_anything_else_is_refitted_within_a_thousandth_of_a_voxel(rotation, scale, seed, two):
    one = elastic(amount=0.7, seed=seed)
    following = VolumeMap.from_physical(SHAPE, (1, 1, 1.5), rotation, scale)
    if two:
        following = elastic(amount=0.7, control=(4, 5, 6), seed=seed + 1, matrix=following.matrix)
    joined, points = one.then(following), some_points(SHAPE, 2000)
    assert np.abs(joined.looks_at(points) - one.looks_at(following.looks_at(points))).max() < 2e-3


def test_maps_of_other_sizes_do_not_join():
    with pytest.raises(ValueError, match="cannot follow"):
        elastic().then(VolumeMap.identity((3, 3, 3)))


@given(rotation=st.tuples(angles, angles, angles), scale=st.floats(0.5, 2), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_points_come_back_from_where_they_look(rotation, scale, seed):
    matrix = VolumeMap.from_physical(SHAPE, (1, 1, 2), rotation, scale).matrix
    found = elastic(amount=0.5, seed=seed, matrix=matrix)
    if found.folds():
        return
    points = some_points(SHAPE)
    np.testing.assert_allclose(found.points(found.looks_at(points)), points, atol=2e-3)
    straight = VolumeMap(SHAPE, matrix, SHAPE)
    np.testing.assert_allclose(straight.points(straight.looks_at(points)), points, atol=1e-9)


def test_no_points_are_no_points():
    assert elastic().points(np.empty((0, 3))).shape == (0, 3)


def test_a_stretch_that_defeats_plain_iteration_is_inverted():
    mesh = np.zeros((3, 4, 4, 20), np.float32)
    mesh[0] = np.linspace(0, 90, 20)  # stretches threefold along x: x = p + u(p) with slope of u near 3
    found = VolumeMap((5, 5, 32), np.eye(4), (5, 5, 140), mesh)
    assert not found.folds()
    points = some_points((5, 5, 32))
    np.testing.assert_allclose(found.points(found.looks_at(points)), points, atol=1e-3)


def folded():
    mesh = np.zeros((3, 4, 4, 9), np.float32)
    mesh[0] = [0, 0, 0, 12, 0, -12, 0, 0, 0]
    return VolumeMap((5, 5, 31), np.eye(4), (5, 5, 31), mesh)


def test_a_fold_is_seen():
    assert folded().folds()
    assert not VolumeMap(folded().shape, np.eye(4), folded().frame, folded().mesh / 10).folds()
    assert not VolumeMap.identity(SHAPE).folds()


@given(seed=st.integers(0, 999), amount=st.floats(0.1, 6))
@settings(max_examples=40)
def test_folds_are_where_the_jacobian_turns(seed, amount):
    found = elastic((9, 17, 13), amount, (4, 5, 5), seed)
    grid = np.indices((9, 17, 13)).reshape(3, -1).T[:, ::-1].astype(float)
    step = 1e-4
    columns = [(found.looks_at(grid + step * e) - found.looks_at(grid - step * e)) / (2 * step) for e in np.eye(3)]
    inner = ((grid > 0) & (grid < np.array([12, 16, 8]))).all(axis=1)
    determinant = np.linalg.det(np.stack(columns, axis=-1))[inner]
    if determinant.min() < -1e-3:
        assert found.folds()
    if not found.folds():
        assert determinant.min() > -0.05  # between the places that are looked at


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shape": (0, 4, 4)}, "empty"),
        ({"frame": (4, 4)}, "D, H, W"),
        ({"matrix": np.diag([1, 0, 1, 1])}, "singular"),
        ({"matrix": np.full((4, 4), np.nan)}, "finite"),
        ({"matrix": np.ones((3, 3))}, "4 x 4"),
        ({"matrix": np.diag([1, 1, 1, 2])}, "0, 0, 0, 1"),
        ({"mesh": np.zeros((3, 3, 4, 4))}, "4 or more"),
        ({"mesh": np.full((3, 4, 4, 4), np.inf)}, "finite"),
        ({"border": "wrap"}, "wrap"),
    ],
)
def test_a_map_that_leads_nowhere_is_refused_when_it_is_made(change, says):
    legal = {"shape": (4, 4, 4), "matrix": np.eye(4), "frame": (4, 4, 4)}
    with pytest.raises(ValueError, match=says):
        VolumeMap(**{**legal, **change})


@pytest.mark.parametrize("spacing", [(1, 1, 0), (1, 1), (1, np.nan, 1), -1])
def test_a_spacing_that_is_none_is_refused(spacing):
    with pytest.raises(ValueError, match="spacing"):
        VolumeMap.from_physical(SHAPE, spacing)
