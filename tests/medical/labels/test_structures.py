"""Structure sets: curves that move with their image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from domainaug.errors import LabelError, UnreadableInput
from domainaug.kernels.volume_map import VolumeMap
from domainaug.medical.labels import (
    Contour,
    Copy,
    Grid,
    Labels,
    Landmark,
    Segment,
    move,
    read_labels,
    read_structures,
    write_structures,
)
from domainaug.medical.labels.moving import filled
from domainaug.medical.validators import dcentvfy, dciodvfy, find_tool
from domainaug.transforms import Deform

SHAPE, STEPS = (20, 60, 56), (0.9, 1.1, 2.5)


@pytest.fixture
def image(grid: Callable[..., Grid]) -> Grid:
    return grid(SHAPE, STEPS, (10, -20, 30), (5, 6, 7))


@pytest.fixture
def copy(image: Grid, on_grid: Callable[..., Path]) -> Copy:
    headers = [pydicom.dcmread(path) for path in sorted(on_grid(image).iterdir())]
    return Copy(tuple(headers), image, ("digest", 7, 0))


def ring(grid: Grid, z: int, radius: float, middle: tuple[float, float] = (26.0, 30.0)) -> np.ndarray:
    """A circle in millimeters on a slice."""
    angle = np.arange(120) * 2 * np.pi / 120
    x, y, _ = grid.steps
    points = [middle[0] + radius * np.cos(angle) / x, middle[1] + radius * np.sin(angle) / y, np.full(120, float(z))]
    return grid.to_mm(np.column_stack(points))


def ball(grid: Grid, radius: float = 16.0) -> tuple[Contour, ...]:
    """A sphere around voxel (26, 30, 10)."""
    found = []
    for z in range(grid.shape[0]):
        left = radius**2 - ((z - 10) * grid.steps[2]) ** 2
        if left > 1:
            found.append(Contour(1, ring(grid, z, left**0.5)))
    return tuple(found)


def area(points: np.ndarray) -> float:
    """The area within a closed curve, above 0 where x turns towards y."""
    x, y = points[:, 0], points[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def volume(contours: Any, grid: Grid) -> float:
    """By the areas of slices, holes taken off."""
    total = 0.0
    for contour in contours:
        places = grid.to_index(contour.points)[:, :2] * grid.steps[:2]
        total += abs(area(places)) * grid.steps[2]
    return total


def test_what_is_written_is_read(image: Grid, copy: Copy, tmp_path: Path) -> None:
    segments = (Segment(1, "Lung Left", "left", algorithm=("MANUAL", ""), type="ORGAN"), Segment(4, "GTV", type="GTV"))
    hole = (Contour(4, ring(image, 3, 12.0)), Contour(4, ring(image, 3, 5.0), "CLOSEDPLANAR_XOR"))
    open_one = Contour(4, ring(image, 5, 6.0)[:40], "OPEN_PLANAR")
    labels = Labels(segments, (), (*ball(image), *hole, open_one), (Landmark("carina", (1.5, -2.25, 30.0)),))
    content = write_structures(labels, copy)
    assert content == write_structures(labels, copy)
    (tmp_path / "rt.dcm").write_bytes(content)
    again = read_labels(tmp_path / "rt.dcm")
    assert again.segments[:2] == segments
    assert [(one.name, one.number, one.point) for one in again.landmarks] == [("carina", 5, (1.5, -2.25, 30.0))]
    assert [one.kind for one in again.contours] == [one.kind for one in labels.contours]
    for one, other in zip(again.contours, labels.contours, strict=True):
        np.testing.assert_allclose(one.points, other.points, atol=6e-5)
    assert again.contours[-1].image == copy.images[5].SOPInstanceUID
    assert again.origin.frame_of_reference_uid == copy.frame_of_reference_uid
    assert again.origin.series_uids == (copy.images[0].SeriesInstanceUID,)
    assert again.origin.image_uids == {one.SOPInstanceUID for one in copy.images}


@pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dciodvfy is not installed")
def test_validators_have_nothing_to_say(image: Grid, copy: Copy, tmp_path: Path) -> None:
    labels = Labels((Segment(1, "Liver"),), (), ball(image), (Landmark("carina", (1.5, -2.25, 30.0)),))
    (tmp_path / "rt.dcm").write_bytes(write_structures(labels, copy))
    assert dciodvfy(tmp_path / "rt.dcm") == frozenset()
    images = sorted((tmp_path / "study").iterdir())
    said = dcentvfy([*images, tmp_path / "rt.dcm"]) - dcentvfy(images)
    # A structure set names its study as an object, which is retired and never there (PS3.3 C.8.8.5).
    assert {line for line in said if "Missing SOPInstanceUID" not in line} == set()


def test_curves_keep_their_points_while_slices_stay_slices(image: Grid) -> None:
    labels = Labels((Segment(1, "Liver"),), (), ball(image))
    matrix = np.eye(4)
    angle = np.radians(14)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle) * 1.1 / 0.9], [np.sin(angle) * 0.9 / 1.1, np.cos(angle)]]
    matrix[:3, 3] = (4, -5, 0)
    turned = VolumeMap(SHAPE, matrix, SHAPE)
    moved = move(labels, turned, image).labels
    assert len(moved.contours) == len(labels.contours)
    for one, before in zip(moved.contours, labels.contours, strict=True):
        np.testing.assert_allclose(image.to_mm(turned.looks_at(image.to_index(one.points))), before.points, atol=1e-6)
    assert volume(moved.contours, image) == pytest.approx(volume(labels.contours, image), rel=1e-6)


def test_a_volume_turned_upside_down_keeps_its_curves_too(image: Grid) -> None:
    matrix = np.diag((1.0, -1.0, -1.0, 1.0))
    matrix[1, 3], matrix[2, 3] = SHAPE[1] - 1, SHAPE[0] - 1
    moved = move(Labels((Segment(1, "Liver"),), (), ball(image)), VolumeMap(SHAPE, matrix, SHAPE), image).labels
    heights = [image.to_index(one.points)[:, 2] for one in moved.contours]
    assert all(np.ptp(height) < 1e-9 for height in heights)
    assert {round(float(height[0])) for height in heights} == {19 - z for z in range(4, 17)}


def test_curves_are_drawn_again_where_slices_are_cut_askew(image: Grid) -> None:
    labels = Labels((Segment(1, "Liver"),), (), ball(image))
    turned = VolumeMap.from_physical(SHAPE, STEPS, (14, -9, 20), translation_mm=(3, 2, 4))
    moved = move(labels, turned, image)
    assert moved.vanished == {}
    heights = np.concatenate([image.to_index(one.points)[:, 2] for one in moved.labels.contours])
    np.testing.assert_allclose(heights, np.rint(heights), atol=1e-9)
    assert volume(moved.labels.contours, image) == pytest.approx(4 / 3 * np.pi * 16**3, rel=0.01)
    center = filled(moved.labels.contours, image)
    z, y, x = (np.average(place, weights=center) for place in np.indices(SHAPE))
    np.testing.assert_allclose(turned.looks_at([[x, y, z]]), [[26, 30, 10]], atol=0.1)


def test_bent_curves_follow_within_their_slice(image: Grid) -> None:
    transform = Deform(control_points=(4, 6, 6), displacement_px=3.0, locked_borders=0, p=1.0)
    transform.set_random_seed(3)
    control = transform.draw((20, 60, 56), {})["control"].copy()
    control[2] = 0
    bent = VolumeMap(SHAPE, np.eye(4), SHAPE, control)
    labels = Labels((Segment(1, "Liver"),), (), ball(image))
    moved = move(labels, bent, image).labels
    assert len(moved.contours) == len(labels.contours)
    before, after = filled(labels.contours, image), filled(moved.contours, image)
    from domainaug.kernels.resample import resample_volume

    np.testing.assert_allclose(after.sum(), resample_volume(before, bent).sum(), rtol=0.01)
    curve = image.to_index(moved.contours[3].points)
    back = image.to_mm(bent.looks_at(curve))
    radius = np.linalg.norm(back - image.to_mm([[26, 30, 0]]) - image.matrix[:3, 2] * round(curve[0, 2]), axis=1)
    assert np.ptp(radius) < 0.1


def test_a_hole_stays_a_hole_however_it_is_moved(image: Grid) -> None:
    rings = tuple(Contour(1, ring(image, z, radius)) for z in range(6, 15) for radius in (15.0, 7.0))
    labels = Labels((Segment(1, "Bladder"),), (), rings)
    expected = np.pi * (15**2 - 7**2) * 9 * 2.5
    for angles in ((0, 0, 15), (8, 5, 0)):
        turned = VolumeMap.from_physical(SHAPE, STEPS, angles)
        moved = move(labels, turned, image).labels
        found = filled(moved.contours, image).sum() * image.voxel_mm3
        assert found == pytest.approx(expected, rel=0.02)  # where slices are cut askew, edges are rounded


def test_points_and_open_curves_follow_in_space(image: Grid) -> None:
    needle = Contour(2, image.to_mm([[10, 10, 3], [20, 25, 8], [30, 30, 14]]), "OPEN_NONPLANAR")
    labels = Labels((Segment(2, "needle"),), (), (needle,), (Landmark("tip", tuple(needle.points[2])),))
    turned = VolumeMap.from_physical(SHAPE, STEPS, (10, 6, 8))
    moved = move(labels, turned, image).labels
    back = image.to_mm(turned.looks_at(image.to_index(moved.contours[0].points)))
    np.testing.assert_allclose(back, needle.points, atol=1e-9)
    np.testing.assert_allclose(moved.landmarks[0].point, moved.contours[0].points[2], atol=1e-9)


def test_a_structure_that_left_the_image_has_vanished(image: Grid) -> None:
    labels = Labels(
        (Segment(1, "Liver"), Segment(2, "Node")), (), (*ball(image), Contour(2, ring(image, 1, 4.0, (5, 30))))
    )
    away = VolumeMap.from_physical(SHAPE, STEPS, translation_mm=(-12.0, 0.0, 0.0))
    assert move(labels, away, image).vanished == {"segments": [2]}


def test_curves_across_slices_are_refused(image: Grid) -> None:
    upright = Contour(1, image.to_mm([[10, 10, 2], [30, 10, 2], [30, 10, 12], [10, 10, 12]]))
    with pytest.raises(LabelError, match="across them"):
        move(Labels((Segment(1, "x"),), (), (upright,)), VolumeMap.identity(SHAPE), image)


def test_curves_on_every_second_slice_tell_nothing_of_those_between(image: Grid) -> None:
    sparse = tuple(one for one in ball(image) if round(float(image.to_index(one.points)[0, 2])) % 2 == 0)
    labels = Labels((Segment(1, "Liver"),), (), sparse)
    assert len(move(labels, VolumeMap.from_physical(SHAPE, STEPS, (0, 0, 10)), image).labels.contours) == len(sparse)
    with pytest.raises(LabelError, match="no two slices side by side"):
        move(labels, VolumeMap.from_physical(SHAPE, STEPS, (10, 0, 0)), image)


def test_damaged_ones_are_set_aside(image: Grid, copy: Copy, tmp_path: Path) -> None:
    content = write_structures(Labels((Segment(1, "Liver"),), (), ball(image)), copy)

    def broken(edit: Callable[[Any], None]) -> str:
        one = pydicom.dcmread(pydicom.filebase.DicomBytesIO(content))
        edit(one)
        one.save_as(tmp_path / "bad.dcm")
        with pytest.raises(UnreadableInput) as caught:
            read_structures(tmp_path / "bad.dcm")
        assert "Liver" not in str(caught.value)
        return caught.value.code

    assert broken(lambda one: delattr(one, "StructureSetROISequence")) == "damaged"
    assert broken(lambda one: setattr(first(one), "ContourData", [1, 2, 3, 4])) == "damaged"
    assert broken(lambda one: setattr(first(one), "ContourGeometricType", "SPLINE")) == "unknown-contour"
    assert broken(lambda one: setattr(one, "SOPClassUID", "1.2.840.10008.5.1.4.1.1.481.2")) == "not-a-structure-set"


def first(one: pydicom.Dataset) -> pydicom.Dataset:
    found: pydicom.Dataset = one.ROIContourSequence[0].ContourSequence[0]
    return found


def test_rois_may_be_counted_from_zero(image: Grid, copy: Copy, tmp_path: Path) -> None:
    one = pydicom.dcmread(
        pydicom.filebase.DicomBytesIO(write_structures(Labels((Segment(1, "Liver"),), (), ball(image)), copy))
    )
    one.StructureSetROISequence[0].ROINumber = one.ROIContourSequence[0].ReferencedROINumber = 0
    one.RTROIObservationsSequence[0].ReferencedROINumber = 0
    one.save_as(tmp_path / "zero.dcm")
    labels = read_structures(tmp_path / "zero.dcm")
    assert [segment.number for segment in labels.segments] == [1]
    assert {contour.number for contour in labels.contours} == {1}
    with pytest.raises(LabelError, match="neither contours"):
        write_structures(Labels(), copy)
