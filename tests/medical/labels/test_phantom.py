"""Analytic solids through every transform of ours that moves: points to 0.1 voxel, volumes to 1 %."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import LabelError
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap
from domainaug.medical.labels import Grid, Journey, Labels, Landmark, Mask, Segment, move
from domainaug.pipeline import Pipeline
from domainaug.pipeline.motion import motion_of
from domainaug.transforms import AnatomicalMirror, CropMm, Deform, Pose, Reorient, VolumeAffine
from domainaug.transforms.orientation import letters_of

IMAGES = {
    "axial, anisotropic": ((40, 96, 88), (0.9, 1.1, 2.2), (0, 0, 0)),
    "oblique": ((40, 96, 88), (0.9, 1.1, 2.2), (12, -25, 33)),
    "sagittal": ((88, 44, 96), (1.0, 2.2, 1.05), (0, 90, 0)),
    "coronal, feet first": ((80, 50, 90), (1.05, 2.0, 1.1), (-90, 0, 180)),
}
LABEL_GRIDS = {
    "the same": None,
    "finer": ((90, 92, 96), (0.75, 0.8, 0.8), None),
    "coarser": ((30, 60, 56), (1.6, 1.7, 2.9), None),
    "shifted and oblique": ((52, 64, 64), (1.0, 1.0, 1.3), (-20, 15, 40)),
}
CENTER = (12.0, -31.0, 44.0)


def drawn(transforms: list[Any], grid: Grid, seed: int = 3) -> tuple[Any, ...]:
    """The maps of one call on a volume of the grid."""
    pipeline = Pipeline(transforms, seed=seed, value_range=(0, 1))
    lying = letters_of(grid.matrix[:3, 2::-1].T)
    pipeline(volume=np.zeros(grid.shape, np.float32), spacing=grid.steps[::-1], orientation=lying)
    return motion_of(pipeline, grid.shape)


AFFINE = {
    "turned": VolumeAffine(rotate=[(8, 8), (-6, -6), (15, 15)], scale=(1.0, 1.0), p=1.0),
    "grown and shifted": VolumeAffine(
        rotate=0.0, scale=[(1.1, 1.1), (0.9, 0.9), (1.05, 1.05)], translate_mm=[(4, 4), (-3, -3), (5, 5)], p=1.0
    ),
    "all of it": VolumeAffine(
        rotate=[(-7, -7), (5, 5), (-20, -20)], scale=(0.93, 0.93), translate_mm=[(-3, -3), (2, 2), (4, 4)], p=1.0
    ),
    "in the plane": A.Affine(rotate=(12, 12), scale=(1.05, 1.05), translate_px=(3, 3), p=1.0),
    "half a turn": A.Compose([A.HorizontalFlip(p=1.0), A.VerticalFlip(p=1.0)]),
    "posed": Pose(
        rotate=[(5, 5), (-4, -4), (9, 9)],
        scale=[(1.05, 1.05), (0.95, 0.95), (1.02, 1.02)],
        shear=[(6, 6), (-4, -4), (3, 3)],
        shift_mm=[(-3, -3), (4, 4), (2, 2)],
        p=1.0,
    ),
    "mirrored": AnatomicalMirror(p=1.0),
    "turned twice": A.Compose(
        [VolumeAffine(rotate=[(5, 5), (0, 0), (0, 0)], p=1.0), VolumeAffine(rotate=[(0, 0), (6, 6), (0, 0)], p=1.0)]
    ),
}


def truth(grid: Grid, solid: Any, spot: Any) -> Labels:
    values = sampled_like(grid, solid)
    return Labels((Segment(1, "liver"),), (Mask(grid, values),), landmarks=(Landmark("apex", tuple(spot)),))


def sampled_like(grid: Grid, solid: Any) -> np.ndarray:
    z, y, x = np.indices(grid.shape)
    return solid.holds(grid.to_mm(np.stack([x, y, z], -1).reshape(-1, 3))).reshape(grid.shape).astype(np.uint8)


@pytest.fixture(params=IMAGES)
def image(request: pytest.FixtureRequest, grid: Any) -> Grid:
    shape, steps, euler = IMAGES[request.param]
    found: Grid = grid(shape, steps, euler, CENTER)
    return found


def grid_of_labels(lying: str, image: Grid, grid: Any) -> Grid:
    told = LABEL_GRIDS[lying]
    if told is None:
        return image
    shape, steps, euler = told
    if euler is None:  # along the image, with its middle a third of a voxel off
        unit = image.matrix[:3, :3] / np.array(image.steps)
        matrix = np.eye(4)
        matrix[:3, :3] = unit * np.array(steps)
        matrix[:3, 3] = np.array(CENTER) + 0.3 - matrix[:3, :3] @ ((np.array(shape[::-1]) - 1) / 2)
        return Grid(shape, matrix)
    found: Grid = grid(shape, steps, euler, np.array(CENTER) + 0.7)
    return found


CASES = [
    *(("ellipsoid", lying, name) for lying in ("the same", "shifted and oblique") for name in AFFINE),
    *(("box", lying, name) for lying in ("finer", "coarser") for name in ("all of it", "turned twice", "posed")),
]


@pytest.mark.parametrize(("solid", "lying", "name"), CASES)
def test_a_solid_goes_where_the_map_of_its_image_takes_it(
    solid: str, lying: str, name: str, image: Grid, grid: Any, request: pytest.FixtureRequest
) -> None:
    label_grid = grid_of_labels(lying, image, grid)
    body = request.getfixturevalue(solid)(CENTER)
    spot = np.array(CENTER) + np.array((7.3, -5.1, 9.7))
    maps = drawn([AFFINE[name]], image)
    moved = move(truth(label_grid, body, spot), maps, image)
    # What happened in the patient, by plain linear algebra.
    index = np.eye(4)
    for one in maps:
        whole = one if isinstance(one, VolumeMap) else VolumeMap.from_plane(one, image.shape[0])
        index = index @ whole.matrix
    forward = image.matrix @ np.linalg.inv(index) @ np.linalg.inv(image.matrix)
    voxel = np.abs(np.linalg.inv(image.matrix[:3, :3]))
    landed = np.array(moved.labels.landmarks[0].point) - (forward[:3, :3] @ spot + forward[:3, 3])
    assert (voxel @ np.abs(landed)).max() < 0.1
    expected = body.volume * abs(np.linalg.det(forward[:3, :3]))
    before, after = moved.volumes_mm3[1]
    # A vote rounds the edges of a box by a part of the label's own voxels, whatever they are moved onto.
    assert after == pytest.approx(expected, rel=0.02 if (solid, lying) == ("box", "coarser") else 0.01)
    assert before == pytest.approx(body.volume, rel=0.01)
    mask = moved.labels.masks[0]
    z, y, x = np.indices(image.shape)
    points = image.to_mm(np.stack([x, y, z], -1).reshape(-1, 3))
    shown = body.holds(np.linalg.solve(forward[:3, :3], (points - forward[:3, 3]).T).T).reshape(image.shape)
    values = mask.values.astype(bool)
    assert 2 * (values & shown).sum() / (values.sum() + shown.sum()) > 0.97
    middle, wanted = (np.argwhere(one)[:, ::-1].mean(axis=0) for one in (values, shown))
    assert np.abs(middle - wanted).max() < 0.35  # whole voxels cannot follow a shift of a part of one


@pytest.mark.parametrize("image_name", ["axial, anisotropic", "oblique"])
@pytest.mark.parametrize("finer", [False, True])
@pytest.mark.parametrize("border", ["constant", "replicate"])
def test_a_bent_solid_is_where_its_image_shows_it(
    image_name: str, finer: bool, border: str, grid: Any, ellipsoid: Any
) -> None:
    _, steps, euler = IMAGES[image_name]
    image = grid((26, 50, 58), steps, euler, CENTER)
    own = grid((72, 70, 76), (0.75, 0.8, 0.8), euler, np.array(CENTER) + 0.3) if finer else image
    body = ellipsoid(CENTER, (19, 17, 18))
    spots = np.array(CENTER) + np.random.default_rng(0).uniform(-12, 12, (40, 3))
    labels = Labels(
        (Segment(1, "liver"),),
        (Mask(own, sampled_like(own, body)),),
        landmarks=tuple(Landmark(str(n), tuple(spot)) for n, spot in enumerate(spots)),
    )
    maps = drawn([Deform(control_points=7, displacement_mm=6.0, border=border, p=1.0)], image)
    assert maps[0].mesh is not None
    moved = move(labels, maps, image)
    # The result's voxel i shows the place looks_at(i) of the image: the definition of the map, and nothing of ours.
    landed = image.to_index([one.point for one in moved.labels.landmarks])
    back = image.to_mm(maps[0].looks_at(landed))
    assert np.abs(image.to_index(back) - image.to_index(spots)).max() < 0.1
    fine = np.stack(np.meshgrid(*((np.arange(4 * n) + 0.5) / 4 - 0.5 for n in image.shape[::-1]), indexing="ij"), -1)
    shown = body.holds(image.to_mm(maps[0].looks_at(fine[::2, ::2, ::2].reshape(-1, 3))))
    expected = shown.mean() * np.prod(image.shape) * image.voxel_mm3
    assert moved.volumes_mm3[1][1] == pytest.approx(expected, rel=0.01)
    values = moved.labels.masks[0].values.astype(bool)
    z, y, x = np.indices(image.shape)
    centers = body.holds(image.to_mm(maps[0].looks_at(np.stack([x, y, z], -1).reshape(-1, 3)))).reshape(image.shape)
    assert 2 * (values & centers).sum() / (values.sum() + centers.sum()) > 0.97


def test_labels_on_the_voxels_of_the_image_are_those_that_a_pipeline_makes(grid: Any, ellipsoid: Any) -> None:
    image = grid((24, 60, 56), (1.0, 1.1, 2.2))
    mask = sampled_like(image, ellipsoid((0, 0, 0), (20, 18, 15)))
    for transform in (AFFINE["all of it"], Deform(control_points=6, displacement_mm=5.0, p=1.0)):
        pipeline = Pipeline([transform], seed=5, value_range=(0, 1))
        out = pipeline(volume=mask.astype(np.float32), mask3d=mask, spacing=image.steps[::-1])
        labels = Labels((Segment(1, "liver"),), (Mask(image, mask),))
        moved = move(labels, motion_of(pipeline, image.shape), image)
        differ = moved.labels.masks[0].values != out["mask3d"]
        assert differ.sum() <= 2e-4 * mask.size, type(transform).__name__


def test_a_crop_that_leaves_the_patient_in_place_leaves_labels_in_place(grid: Any, ellipsoid: Any) -> None:
    image = grid((30, 70, 64), (1.0, 0.9, 2.4), (10, 5, -20), CENTER)
    body = ellipsoid(CENTER, (15, 14, 12))
    shift = np.eye(4)
    shift[:3, 3] = (6, 9, 3)
    crop = VolumeMap((22, 50, 48), shift, image.shape)
    labels = truth(image, body, CENTER)
    moved = move(labels, crop, image, image.seen_through(crop))
    np.testing.assert_allclose(moved.labels.landmarks[0].point, CENTER, atol=1e-9)
    np.testing.assert_array_equal(moved.labels.masks[0].values, labels.masks[0].values[3:25, 9:59, 6:54])
    assert not Journey.of(crop, image, image.seen_through(crop)).mirrors


@pytest.mark.parametrize(
    ("solid", "lying", "name"),
    [
        ("ellipsoid", "the same", "cut out"),
        ("ellipsoid", "the same", "reoriented"),
        ("ellipsoid", "shifted and oblique", "both"),
        ("box", "finer", "both"),
    ],
)
def test_a_patient_who_is_shown_on_other_voxels_stays_in_place(
    name: str, lying: str, solid: str, image: Grid, grid: Any, request: pytest.FixtureRequest
) -> None:
    steps = {"cut out": [CropMm(64.0)], "reoriented": [Reorient("SAR")], "both": [Reorient("LSP"), CropMm(62.0)]}[name]
    body = request.getfixturevalue(solid)(CENTER, (20, 16, 18))
    spot = np.array(CENTER) + np.array((7.3, -5.1, 9.7))
    label_grid = grid_of_labels(lying, image, grid)
    maps = drawn(steps, image)
    target = image
    for one in maps:
        target = target.seen_through(one)
    assert target.shape != image.shape or name == "reoriented"
    moved = move(truth(label_grid, body, spot), maps, image, target)
    assert not Journey.of(maps, image, target).mirrors
    np.testing.assert_allclose(moved.labels.landmarks[0].point, spot, atol=1e-6)
    before, after = moved.volumes_mm3[1]
    assert after == pytest.approx(body.volume, rel=0.01)
    assert before == pytest.approx(body.volume, rel=0.01)
    shown = sampled_like(target, body)
    values = moved.labels.masks[0].values
    assert 2 * (values * shown).sum() / (values.sum() + shown.sum()) > 0.97
    if name != "cut out":
        wanted = "SAR" if name == "reoriented" else "LSP"
        assert letters_of(target.matrix[:3, 2::-1].T) == wanted


def test_what_the_image_does_not_show_is_no_label(grid: Any) -> None:
    image = grid((10, 40, 40), (1, 1, 1))
    wide = grid((30, 80, 80), (1, 1, 1))
    full = Labels((Segment(1, "liver"),), (Mask(wide, np.ones(wide.shape, np.uint8)),))
    away = VolumeMap.from_physical(image.shape, 1.0, translation_mm=(12.0, 0.0, 0.0))
    values = move(full, away, image).labels.masks[0].values
    assert not values[..., :12].any()
    assert values[..., 12:].all()
    back = VolumeMap.from_physical(image.shape, 1.0, translation_mm=(-12.0, 0.0, 0.0))
    values = move(full, [away, back], image).labels.masks[0].values  # the first step cut what the second brings back
    assert values[..., :28].all()
    assert not values[..., 28:].any()


def test_segments_that_shrink_to_nothing_are_reported_as_a_record_tells_it(grid: Any, ellipsoid: Any) -> None:
    image = grid((20, 50, 50), (1, 1, 2))
    values = sampled_like(image, ellipsoid((0, 0, 0), (10, 9, 8)))
    values[4, 5, 5] = 2
    values[2:4, 40:42, 44:46] = 3
    segments = tuple(Segment(n, name) for n, name in ((1, "liver"), (2, "cyst"), (3, "node")))
    labels = Labels(segments, (Mask(image, values),), landmarks=(Landmark("rim", (24.0, 0.0, 0.0)),))
    away = VolumeMap.from_physical(image.shape, image.steps, translation_mm=(8.0, 0.0, 0.0))
    moved = move(labels, away, image, least_mm3=5.0)
    assert moved.vanished == {"segments": [2, 3], "landmarks": ["rim"]}
    assert moved.labels.masks[0].numbers() == (1,)
    assert moved.volumes_mm3[3] == (16.0, 0.0)
    assert [one.number for one in moved.labels.segments] == [1, 2, 3]


def test_shares_stay_shares_and_keep_their_sum(grid: Any) -> None:
    image = grid((20, 50, 50), (1, 1, 2))
    z, y, x = np.indices(image.shape)
    blob = np.exp(-(((x - 25) / 8) ** 2 + ((y - 24) / 7) ** 2 + ((z - 10) / 4) ** 2)).astype(np.float32)
    labels = Labels((Segment(1, "tumor"),), (Mask(image, blob, 1, "PROBABILITY"),))
    turned = VolumeMap.from_physical(image.shape, image.steps, (6, 4, 30))
    moved = move(labels, turned, image)
    assert 0 <= moved.labels.masks[0].values.min() <= moved.labels.masks[0].values.max() <= 1
    assert moved.volumes_mm3[1][1] == pytest.approx(moved.volumes_mm3[1][0], rel=0.01)


def test_fine_labels_count_by_area_on_coarse_voxels(grid: Any) -> None:
    """A sheet a tenth of a voxel thick would be found or missed by chance if only the nearest voxels voted."""
    fine, coarse = grid((8, 120, 120), (0.5, 0.5, 0.5)), grid((2, 20, 20), (3, 3, 2))
    values = np.zeros(fine.shape, np.uint8)
    values[:, :, ::2] = 1  # half of everything
    values[:, :, 1::6] = 1
    labels = Labels((Segment(1, "sheets"),), (Mask(fine, values),))
    assert move(labels, VolumeMap.identity(coarse.shape), coarse).labels.masks[0].values.all()


def test_a_map_of_pictures_is_done_to_every_slice(grid: Any) -> None:
    image = grid((3, 40, 50), (1, 1, 5))
    labels = Labels(landmarks=(Landmark("tip", tuple(image.to_mm([[10, 20, 2]])[0])),))
    flip = PixelMap.of([[-1, 0, 49], [0, 1, 0]], (40, 50))
    moved = move(labels, flip, image)
    np.testing.assert_allclose(image.to_index(moved.labels.landmarks[0].point), [[39, 20, 2]], atol=1e-9)
    bent = PixelMap.of([[1, 0.02, 0], [0.01, 1, 0], [0.0004, 0.0002, 1]], (40, 50))
    moved = move(labels, bent, image)
    x, y, _ = image.to_index(moved.labels.landmarks[0].point)[0]
    seen = bent.matrix @ (x, y, 1)
    np.testing.assert_allclose(seen[:2] / seen[2], (10, 20), atol=0.05)


def test_maps_that_do_not_fit_are_refused(grid: Any) -> None:
    image = grid((3, 40, 50), (1, 1, 5))
    with pytest.raises(LabelError, match="cannot follow"):
        move(Labels(), VolumeMap.identity((3, 40, 51)), image)
    with pytest.raises(LabelError, match="voxels and the grid"):
        move(Labels(), VolumeMap((3, 40, 40), np.eye(4), image.shape), image)
    with pytest.raises(LabelError, match="twice"):
        move(Labels(), PixelMap.of(np.eye(3), (40, 50), border="reflect"), image)
