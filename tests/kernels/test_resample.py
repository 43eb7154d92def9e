"""Volumes and labels through maps: held against SimpleITK, SciPy and NumPy, on both engines."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from domainaug.errors import ImageError, LabelError, UnknownName
from domainaug.kernels.engine import using
from domainaug.kernels.point import Bias, Linear, Noise, Point, Power
from domainaug.kernels.random import normals
from domainaug.kernels.resample import WARMUP, resample_labels, resample_volume
from domainaug.kernels.volume_map import VolumeMap

TYPES = (np.int16, np.uint16, np.uint8, np.float32)
sides = st.integers(1, 24)
shapes = st.tuples(st.integers(1, 9), sides, sides)
turns = st.tuples(*[st.floats(-60, 60)] * 3)
spacings = st.tuples(*[st.floats(0.4, 4)] * 3)
shifts = st.tuples(*[st.floats(-4, 4)] * 3)


@pytest.fixture(params=["numba", "plain"])
def engine(request):
    with using(request.param):
        yield request.param


def volume(shape, dtype=np.float32, seed=0):
    values = np.random.default_rng(seed).uniform(0, 1000, shape)
    return (values / 4 if dtype == np.uint8 else values).astype(dtype)


def mesh_of(control=(5, 6, 7), amount=0.4, seed=0):
    return np.random.default_rng(seed).normal(0, amount, (3, *control)).astype(np.float32)


def by_simpleitk(array, volume_map, *, nearest=False, fill=0.0):
    """ITK's answer, from the matrix and, composed with it, a BSplineTransform over the same knots."""
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(volume_map.matrix[:3, :3].ravel().tolist())
    affine.SetTranslation(volume_map.matrix[:3, 3].tolist())
    transform = affine
    if volume_map.mesh is not None:
        # ITK adds the displacement before the matrix: M (p + v), so v = M^-1 u
        before = np.tensordot(np.linalg.inv(volume_map.matrix[:3, :3]), volume_map.mesh.astype(float), (1, 0))
        spline = sitk.BSplineTransform(3, 3)
        spline.SetTransformDomainOrigin((-1e-7,) * 3)  # what lies outside the domain is not displaced
        spline.SetTransformDomainMeshSize([g - 3 for g in volume_map.mesh.shape[:0:-1]])
        spline.SetTransformDomainPhysicalDimensions([n - 1 + 2e-7 for n in volume_map.shape[::-1]])
        spline.SetParameters(before.ravel().tolist())
        transform = sitk.CompositeTransform([affine, spline])
    kind = sitk.sitkNearestNeighbor if nearest else sitk.sitkLinear
    grid = sitk.Image(volume_map.shape[::-1], sitk.sitkUInt8)
    return sitk.GetArrayFromImage(sitk.Resample(sitk.GetImageFromArray(array), grid, transform, kind, fill))


@given(shape=shapes, shape_out=shapes, turn=turns, spacing=spacings, shift=shifts, scale=st.floats(0.5, 2))
@settings(max_examples=60)
@pytest.mark.parametrize("engine", ["numba", "plain"])
@pytest.mark.parametrize("dtype", TYPES)
def test_affine_maps_give_what_simpleitk_gives(engine, dtype, shape, shape_out, turn, spacing, shift, scale):
    array = volume(shape, dtype)
    moved = VolumeMap.from_physical(shape, spacing, turn, scale, shift, shape_out=shape_out)
    with using(engine):
        got = resample_volume(array, moved, fill=7)
    wanted = by_simpleitk(array, moved, fill=7)
    assert got.dtype == dtype
    assert got.shape == shape_out
    # a place within 1e-9 voxel of ITK's edge may be on either side of it
    off = np.abs(got.astype(float) - wanted)[~_on_an_edge(moved)]
    assert off.max(initial=0) <= (0.01 if dtype == np.float32 else 1)


def _on_an_edge(volume_map):
    grid = np.indices(volume_map.shape).reshape(3, -1).T[:, ::-1].astype(float)
    near = np.zeros(volume_map.shape, bool)
    for at, n in zip(volume_map.looks_at(grid).T, volume_map.frame[::-1], strict=True):
        at = at.reshape(volume_map.shape)
        near |= (np.abs(at + 0.5) < 1e-6) | (np.abs(at - (n - 0.5)) < 1e-6)
    return near


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("turn", [(0, 0, 7), (3, -4, 7)])
@pytest.mark.parametrize("shape", [(24, 40, 32), (13, 31, 70)])
def test_meshes_give_what_simpleitk_gives(engine, dtype, turn, shape):
    array = volume(shape, dtype)
    matrix = VolumeMap.from_physical(shape, (1, 1, 2), turn, 1.05, (2, -1, 1)).matrix
    moved = VolumeMap(shape, matrix, shape, mesh_of(amount=1.0))
    off = np.abs(resample_volume(array, moved, fill=7).astype(float) - by_simpleitk(array, moved, fill=7))
    assert off.max() <= (0.01 if dtype == np.float32 else 1)


@pytest.mark.parametrize("with_mesh", [False, True])
def test_nearest_labels_are_those_of_simpleitk(engine, with_mesh):
    shape = (24, 40, 32)
    labels = np.random.default_rng(0).integers(0, 6, shape).astype(np.uint8)
    for seed in range(5):
        matrix = VolumeMap.from_physical(shape, (1, 1, 2), (3, seed, 9), 1.1, (2, -1, seed)).matrix
        moved = VolumeMap(shape, matrix, shape, mesh_of(seed=seed) if with_mesh else None)
        wrong = resample_labels(labels, moved, fill=5) != by_simpleitk(labels, moved, nearest=True, fill=5)
        assert wrong.mean() <= 1e-4  # 3 of 30 720: places at .5


@pytest.mark.parametrize("dtype", TYPES)
def test_a_replicated_border_gives_what_scipy_gives(engine, dtype):
    array, shape = volume((9, 20, 17), dtype), (11, 18, 19)
    turned = VolumeMap.from_physical(array.shape, (1, 1, 2), (20, 10, 40), 0.7, shape_out=shape, border="replicate")
    moved = VolumeMap(shape, turned.matrix, array.shape, mesh_of(), "replicate")
    at = moved.looks_at(np.indices(shape).reshape(3, -1).T[:, ::-1].astype(float))[:, ::-1].T.reshape(3, *shape)
    wanted = map_coordinates(array.astype(float), at, order=1, mode="nearest")
    assert np.abs(resample_volume(array, moved).astype(float) - wanted).max() <= (1e-3 if dtype == np.float32 else 0.51)


def test_cubic_is_opencvs_inside_a_slice(engine):
    array = volume((3, 40, 50))
    turn = np.array([[0.93, 0.21, -6.3], [-0.18, 1.07, 4.7]])
    matrix = np.eye(4)
    matrix[:2, :2], matrix[:2, 3] = turn[:, :2], turn[:, 2]
    got = resample_volume(array, VolumeMap(array.shape, matrix, array.shape, None, "replicate"), order="cubic")
    y, x = np.mgrid[:40, :50].astype(float)
    for z in range(3):
        at = [(m[0] * x + m[1] * y + m[2]) for m in turn]
        inside = (at[0] > 2) & (at[0] < 47) & (at[1] > 2) & (at[1] < 37)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        wanted = cv2.warpAffine(array[z], turn, (50, 40), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        assert np.abs(got[z] - wanted)[inside].mean() < 2  # OpenCV 4 rounds places to 1/32 of a pixel


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_area_averages_what_one_voxel_sees(engine, factor):
    shape = (3 * factor, 4 * factor, 5 * factor)
    array = volume(shape)
    start = (factor - 1) / 2
    matrix = np.diag([factor, factor, factor, 1.0])
    matrix[:3, 3] = start
    got = resample_volume(array, VolumeMap((3, 4, 5), matrix, shape), order="area")
    wanted = array.reshape(3, factor, 4, factor, 5, factor).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_area_is_linear_where_nothing_shrinks(engine):
    array = volume((6, 10, 12))
    grown = VolumeMap.from_physical(array.shape, 1, (3, 4, 5), 1.5)
    np.testing.assert_array_equal(resample_volume(array, grown, order="area"), resample_volume(array, grown))


@given(shape=shapes, turn=turns, seed=st.integers(0, 999), border=st.sampled_from(["constant", "replicate"]),
       order=st.sampled_from(["nearest", "linear", "cubic", "area"]), dtype=st.sampled_from(TYPES))  # fmt: skip
@settings(max_examples=80)
def test_both_engines_give_the_same(shape, turn, seed, border, order, dtype):
    rng = np.random.default_rng(seed)
    matrix = VolumeMap.from_physical(shape, (1, 1, 2), turn, rng.uniform(0.4, 1.5), rng.normal(size=3)).matrix
    moved = VolumeMap(shape, matrix, shape, mesh_of(amount=0.2, seed=seed) if seed % 2 else None, border)
    point = Point((Power(1.3), Bias(tuple(rng.normal(0, 0.1, 20))), Noise(0.02, seed)), 0, 1000, clip=bool(seed % 3))
    if moved.folds():
        return
    found, counts = [], []
    for engine in ("numba", "plain"):
        with using(engine):
            counted = np.zeros(2, np.int64)
            array = volume(shape, dtype, seed)
            found.append(resample_volume(array, moved, order=order, fill=3, point=point, counts=counted).astype(float))
            counts.append(counted)
    assert np.abs(found[0] - found[1]).max() <= (0.01 if dtype == np.float32 else 1)
    assert np.abs(counts[0] - counts[1]).max() <= 1


@given(shape=shapes, turn=turns, seed=st.integers(0, 999), border=st.sampled_from(["constant", "replicate"]),
       dtype=st.sampled_from([np.uint8, np.int16, np.uint16, np.int32, np.bool_]))  # fmt: skip
@settings(max_examples=40)
def test_both_engines_elect_the_same_labels(shape, turn, seed, border, dtype):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, shape).astype(dtype)
    matrix = VolumeMap.from_physical(shape, (1, 1, 2), turn, 0.9, rng.normal(size=3)).matrix
    moved = VolumeMap(shape, matrix, shape, mesh_of(amount=0.2, seed=seed) if seed % 2 else None, border)
    if moved.folds():
        return
    for order in ("nearest", "vote"):
        with using("numba"):
            got = resample_labels(labels, moved, order=order, fill=1)
        with using("plain"):
            np.testing.assert_array_equal(got, resample_labels(labels, moved, order=order, fill=1))


def shifted(shape, x=0.0, y=0.0, z=0.0):
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return VolumeMap(shape, matrix, shape, None, "replicate")


def test_a_vote_goes_to_the_label_with_most_weight_and_ties_as_promised(engine):
    labels = np.array([[[0, 3, 5, 0]]], np.uint8)
    assert resample_labels(labels, shifted((1, 1, 4), 0.4), order="vote")[0, 0].tolist() == [0, 3, 5, 0]
    assert resample_labels(labels, shifted((1, 1, 4), 0.6), order="vote")[0, 0].tolist() == [3, 5, 0, 0]
    # a label before the background, and the low label before the high one
    assert resample_labels(labels, shifted((1, 1, 4), 0.5), order="vote")[0, 0].tolist() == [3, 3, 5, 0]
    # three corners of one label outvote the nearest voxel
    corner = np.array([[[7, 2], [2, 2]]], np.uint8)
    assert resample_labels(corner, shifted((1, 2, 2), 0.4, 0.4), order="vote")[0, 0, 0] == 2
    assert resample_labels(corner, shifted((1, 2, 2), 0.4, 0.4))[0, 0, 0] == 7


def test_a_vote_keeps_to_the_labels_there_are(engine):
    labels = np.random.default_rng(0).choice([-5, 0, 1000], (8, 9, 10)).astype(np.int16)
    turned = VolumeMap.from_physical((8, 9, 10), 1, (10, 20, 30))
    assert set(np.unique(resample_labels(labels, turned, order="vote", fill=0))) <= {-5, 0, 1000}


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.float32, np.uint8])
def test_maps_that_move_whole_voxels_copy_any_type_exactly(engine, dtype):
    array = np.random.default_rng(0).uniform(0, 100, (4, 5, 6)).astype(dtype)
    np.testing.assert_array_equal(resample_volume(array, VolumeMap.identity(array.shape)), array)
    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = 5
    np.testing.assert_array_equal(resample_volume(array, VolumeMap((4, 5, 6), flip, (4, 5, 6))), array[:, :, ::-1])
    swap = np.eye(4)[[2, 1, 0, 3]]  # x of the output runs along z of the input
    np.testing.assert_array_equal(
        resample_volume(array, VolumeMap((6, 5, 4), swap, (4, 5, 6))), array.transpose(2, 1, 0)
    )


@pytest.mark.parametrize("border", ["constant", "replicate"])
@pytest.mark.parametrize("shift", [(1, -2, 3), (0, 0, -1), (9, 0, 0), (-2, 1, 0)])
def test_copying_whole_voxels_is_what_interpolating_gives(engine, border, shift):
    array = volume((4, 5, 6))
    for matrix in (np.eye(4), np.diag([-1.0, 1, -1, 1])):
        matrix[:3, 3] = np.array(shift) + (np.diag(matrix)[:3] < 0) * np.array([5, 4, 3])
        copied = resample_volume(array, VolumeMap((7, 6, 8), matrix, (4, 5, 6), None, border), fill=9)
        nearly = matrix + np.diag([0, 0, 0, 0])
        nearly[0, 3] += 1e-5  # too much for a copy
        linear = resample_volume(array, VolumeMap((7, 6, 8), nearly, (4, 5, 6), None, border), fill=9)
        assert np.abs(copied - linear).max() < 0.05


def test_a_result_does_not_depend_on_the_threads(engine):
    array, point = volume((9, 33, 31)), Point((Noise(0.1, 4), Bias((0.1,) * 20)), 0, 1000)
    turned = VolumeMap.from_physical(array.shape, 1, (3, 4, 5))
    moved = VolumeMap(array.shape, turned.matrix, array.shape, mesh_of())
    for order in ("linear", "cubic"):
        one, many = (resample_volume(array, moved, point=point, threads=t, order=order) for t in (1, 7))
        np.testing.assert_array_equal(one, many)
    labels = (array > 500).astype(np.uint8)
    for order in ("nearest", "vote"):
        one, many = (resample_labels(labels, moved, threads=t, order=order) for t in (1, 7))
        np.testing.assert_array_equal(one, many)


def test_a_program_is_what_numpy_makes_of_the_resampled_values(engine):
    array = volume((5, 9, 600))  # rows are done in spans: one, and a bit
    moved = VolumeMap.from_physical(array.shape, 1, (1, 2, 3), 1.1)
    coefficients = tuple(np.random.default_rng(1).normal(0, 0.1, 20))
    point = Point((Linear(0.8, 0.1), Power(1.5), Bias(coefficients, 3), Noise(0.05, 9, 0.01, 3)), 0, 1000, clip=False)
    u = resample_volume(array, moved).astype(float) / 1000
    u = np.maximum(0.8 * u + 0.1, 0) ** 1.5
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in array.shape), indexing="ij")
    terms = [(i, j, k) for i in range(4) for j in range(4 - i) for k in range(4 - i - j)]
    u *= np.exp(sum(c * x**i * y**j * z**k for c, (i, j, k) in zip(coefficients, terms, strict=True)))
    u += 0.01 + 0.05 * normals(array.shape, 9, 3)
    np.testing.assert_allclose(resample_volume(array, moved, point=point), u * 1000, atol=5e-3)


def test_the_ends_of_a_type_hold(engine):
    array = np.where(np.indices((4, 6, 8)).sum(axis=0) % 2, -32768, 32767).astype(np.int16)
    np.testing.assert_array_equal(resample_volume(array, VolumeMap.identity(array.shape)), array)
    half = resample_volume(array, shifted(array.shape, 0.5))
    assert set(np.unique(half[:, :, :-1])) <= {0, -1}
    bright = resample_volume(array, shifted(array.shape, 0.25), point=Point((Linear(3.0),), 0, 1000, clip=False))
    assert (bright.min(), bright.max()) == (-32768, 32767)


def test_nan_reaches_what_it_has_a_share_in_and_no_more(engine):
    array = volume((5, 6, 7))
    array[2, 3, 4] = np.nan
    found = np.isnan(resample_volume(array, shifted(array.shape, 0.5)))
    assert np.argwhere(found).tolist() == [[2, 3, 3], [2, 3, 4]]
    nearly_whole = VolumeMap.from_physical(array.shape, 1, (0, 0, 1e-4))
    assert np.isnan(resample_volume(array, nearly_whole)).sum() <= 4
    assert np.isfinite(resample_volume(array, shifted(array.shape, 3.5, 3.5))).sum() >= 200


def test_places_beyond_all_numbers_show_the_fill(engine):
    matrix = np.diag([1e100, 1e100, 1e100, 1.0])
    matrix[:3, 3] = -1e100
    got = resample_volume(volume((3, 4, 5)), VolumeMap((3, 4, 5), matrix, (3, 4, 5)), fill=-4)
    assert (got == -4).sum() == 59  # all but the one that looks at the first voxel


@pytest.mark.parametrize("big", [1e6, 1e8, 1e10, 1e13])
def test_rows_that_cross_a_volume_within_a_rounding_stay_inside(big):
    source, rng = np.full((3, 4, 5), 7, np.uint8), np.random.default_rng(5)
    for _ in range(400):
        matrix = np.eye(4)
        matrix[0, 0], matrix[0, 2] = 1e-3, 1  # beyond the last slice begins memory of others
        matrix[2, 0] = rng.uniform(1, 9) * big
        matrix[2, 3] = rng.choice([-0.5, 0, 2, 2.5]) - matrix[2, 0] * rng.integers(50, 500)
        moved = VolumeMap((1, 1, 512), matrix, source.shape)
        with using("numba"):
            assert set(np.unique(resample_labels(source, moved, fill=3))) <= {3, 7}
            assert set(np.unique(resample_labels(source, moved, order="vote", fill=3))) <= {3, 7}
            assert set(np.unique(resample_volume(source, moved, fill=3))) <= {3, 7}


def test_read_only_and_not_contiguous_volumes_are_taken(engine):
    array = volume((8, 20, 18))
    moved = VolumeMap.from_physical((4, 10, 18), 1, (3, 4, 5))
    wanted = resample_volume(np.ascontiguousarray(array[::2, ::-2]), moved)
    array.flags.writeable = False
    np.testing.assert_array_equal(resample_volume(array[::2, ::-2], moved), wanted)
    out = np.empty((4, 10, 18), np.float32)
    assert resample_volume(array[::2, ::-2], moved, out=out) is out
    np.testing.assert_array_equal(out, wanted)


@pytest.mark.parametrize("order", ["linear", "vote"])
def test_volumes_beyond_32_bits_count_with_64(order, monkeypatch):
    from domainaug.kernels.jit import resample

    array = volume((6, 12, 14), np.uint8)
    moved = VolumeMap(array.shape, VolumeMap.from_physical(array.shape, 1, (3, 4, 5)).matrix, array.shape, mesh_of())
    resample_any = resample_volume if order == "linear" else resample_labels
    with using("numba"):
        wanted = resample_any(array, moved, order=order)
        monkeypatch.setattr(resample, "_index_type", lambda source: np.int64)
        np.testing.assert_array_equal(resample_any(array, moved, order=order), wanted)


def test_what_cannot_be_resampled_is_refused_before_anything_is_done():
    array, moved = volume((4, 5, 6)), VolumeMap.from_physical((4, 5, 6), 1, (1, 2, 3))
    for wrong, says in [
        (array.astype(np.float64), "float64"),
        (array[0], "2 axes"),
        (array[:0], "empty"),
        (array[:3], "the map is for"),
        ([[1]], "NumPy array"),
    ]:
        with pytest.raises(ImageError, match=says):
            resample_volume(wrong, moved)
    with pytest.raises(UnknownName, match="order"):
        resample_volume(array, moved, order="cubist")
    with pytest.raises(UnknownName, match="order"):
        resample_labels(array.astype(np.uint8), moved, order="linear")
    with pytest.raises(LabelError, match="fill"):
        resample_labels(array.astype(np.uint8), moved, fill=300)
    with pytest.raises(ImageError, match="overlaps"):
        resample_volume(array, moved, out=array)
    with pytest.raises(ImageError, match="shape"):
        resample_volume(array, moved, out=np.empty((1, 2, 3), np.float32))


def test_a_mesh_that_folds_is_refused():
    mesh = np.zeros((3, 4, 4, 9), np.float32)
    mesh[0] = [0, 0, 0, 12, 0, -12, 0, 0, 0]
    folded = VolumeMap((5, 5, 31), np.eye(4), (5, 5, 31), mesh)
    with pytest.raises(ImageError, match="folds"):
        resample_volume(volume((5, 5, 31)), folded)
    with pytest.raises(LabelError, match="folds"):
        resample_labels(volume((5, 5, 31), np.uint8), folded)


def test_every_loop_can_be_warmed_up():
    names = [warm.__name__ for warm in WARMUP]
    assert len(set(names)) == len(names)
    for warm in WARMUP:
        warm()
