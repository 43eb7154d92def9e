"""NIfTI, PNG and landmarks: where they lie, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PIL import Image

from domainaug.errors import LabelError, UnreadableInput
from domainaug.kernels.volume_map import VolumeMap
from domainaug.medical import read_study
from domainaug.medical.labels import (
    Grid,
    Labels,
    Landmark,
    Mask,
    Origin,
    Segment,
    belonging,
    move,
    read_labels,
    read_nifti,
    read_pictures,
    read_points,
    write_nifti,
    write_pictures,
    write_points,
)

GridMaker = Callable[..., Grid]


@pytest.fixture
def image(grid: GridMaker) -> Grid:
    return grid((5, 8, 7), (0.9, 1.1, 2.5), (10, -20, 30), (5, 6, 7))


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 4, (5, 8, 7)).astype(np.uint8)


# -- NIfTI --------------------------------------------------------------------------------------------------


def test_nifti_lies_where_simpleitk_puts_it(image: Grid, values: np.ndarray, tmp_path: Path) -> None:
    import SimpleITK

    labels = Labels(tuple(Segment(n) for n in (1, 2, 3)), (Mask(image, values),))
    (tmp_path / "a.nii.gz").write_bytes(write_nifti(labels))
    seen = SimpleITK.ReadImage(str(tmp_path / "a.nii.gz"))
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(seen), values)
    for index in ((0, 0, 0), (6, 0, 0), (0, 7, 0), (3, 2, 4)):
        np.testing.assert_allclose(seen.TransformIndexToPhysicalPoint(index), image.to_mm([index])[0], atol=1e-4)
    again = read_labels(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(again.masks[0].values, values)
    assert again.masks[0].grid.is_same(image)
    assert write_nifti(labels) == write_nifti(labels)


def test_what_simpleitk_wrote_is_read_where_it_lies(tmp_path: Path, values: np.ndarray) -> None:
    import SimpleITK

    picture = SimpleITK.GetImageFromArray(values)
    picture.SetSpacing((0.7, 0.8, 3.0))
    picture.SetOrigin((-10.0, 20.0, 5.0))
    picture.SetDirection((0, 0, 1, 1, 0, 0, 0, -1, 0))
    SimpleITK.WriteImage(picture, str(tmp_path / "b.nii"))
    (mask,) = read_nifti(tmp_path / "b.nii", {1: "kidney left", 9: "stone"}).masks
    np.testing.assert_array_equal(mask.values, values)
    for index in ((0, 0, 0), (6, 7, 4)):
        np.testing.assert_allclose(mask.grid.to_mm([index])[0], picture.TransformIndexToPhysicalPoint(index), atol=1e-4)


def saved(array: np.ndarray, path: Path, **forms: Any) -> Path:
    picture = nibabel.Nifti1Image(array, None)
    for name, (matrix, code) in forms.items():
        getattr(picture, f"set_{name}")(matrix, code)
    picture.to_filename(path)
    return path


def test_the_sform_goes_before_the_qform(tmp_path: Path) -> None:
    ones = np.ones((3, 4, 5), np.uint8)
    first, second = np.diag((2.0, 2.0, 2.0, 1.0)), np.diag((3.0, 3.0, 3.0, 1.0))
    both = read_nifti(saved(ones, tmp_path / "s.nii", sform=(first, 2), qform=(second, 1)))
    assert both.masks[0].grid.steps == (2.0, 2.0, 2.0)
    assert both.masks[0].grid.shape == (5, 4, 3)
    np.testing.assert_allclose(both.masks[0].grid.to_mm([[1, 1, 1]]), [[-2, -2, 2]])
    only = read_nifti(saved(ones, tmp_path / "q.nii", sform=(first, 0), qform=(second, 1)))
    assert only.masks[0].grid.steps == pytest.approx((3.0, 3.0, 3.0))
    with pytest.raises(UnreadableInput, match="neither its sform nor its qform"):
        read_nifti(saved(ones, tmp_path / "n.nii", sform=(first, 0), qform=(second, 0)))


def test_floats_are_numbers_shares_or_no_mask(tmp_path: Path) -> None:
    form = {"sform": (np.eye(4), 1)}
    whole = read_nifti(saved(np.full((2, 3, 4), 3, np.float32), tmp_path / "a.nii", **form))
    assert whole.masks[0].numbers() == (3,)
    shares = read_nifti(saved(np.full((2, 3, 4), 0.25, np.float32), tmp_path / "b.nii", **form))
    assert shares.masks[0].share_of == 1
    assert shares.volumes_mm3() == {1: 6.0}
    for number, bad in enumerate((1.5, -0.5, np.nan, -1.0)):
        with pytest.raises(UnreadableInput, match="whole numbers"):
            read_nifti(saved(np.full((2, 3, 4), bad, np.float32), tmp_path / f"bad{number}.nii", **form))
    (tmp_path / "c.nii").write_bytes(b"no")
    with pytest.raises(UnreadableInput):
        read_nifti(tmp_path / "c.nii")


def test_a_fourth_axis_holds_segments_that_overlap(tmp_path: Path, image: Grid) -> None:
    pile = np.zeros((7, 8, 5, 2), np.uint8)
    pile[1:4, 1:4, :, 0], pile[2:6, 2:6, :, 1] = 1, 1
    labels = read_nifti(saved(pile, tmp_path / "a.nii", sform=(np.eye(4), 1)))
    assert labels.volumes_mm3() == {1: 45.0, 2: 80.0}
    (tmp_path / "b.nii.gz").write_bytes(write_nifti(labels))
    again = read_nifti(tmp_path / "b.nii.gz")
    np.testing.assert_array_equal(again.shares(2), labels.shares(2))
    with pytest.raises(LabelError, match="no mask"):
        write_nifti(Labels())


def test_a_mirrored_mask_without_names_asks_for_them(tmp_path: Path, image: Grid, values: np.ndarray) -> None:
    labels = Labels(tuple(Segment(n) for n in (1, 2, 3)), (Mask(image, values),), origin=Origin("nifti"))
    matrix = np.diag((-1.0, 1.0, 1.0, 1.0))
    matrix[0, 3] = 6
    mirror = VolumeMap(image.shape, matrix, image.shape)
    with pytest.raises(LabelError, match="give it a name"):
        move(labels, mirror, image)
    named = labels.with_names({1: "lung left", 2: "lung right", 3: "heart"})
    moved = move(named, mirror, image).labels
    expected = np.choose(values[:, :, ::-1], [0, 2, 1, 3])
    np.testing.assert_array_equal(moved.masks[0].values, expected)


# -- PNG ----------------------------------------------------------------------------------------------------


def test_pictures_are_found_by_the_name_of_their_slice(
    image: Grid, values: np.ndarray, on_grid: Callable[..., Path], tmp_path: Path
) -> None:
    (series,) = read_study(on_grid(image)).series
    masks = tmp_path / "masks"
    masks.mkdir()
    stems = [path.stem for path in series.files]
    files = write_pictures(Labels(tuple(Segment(n) for n in (1, 2, 3)), (Mask(image, values),)), stems)
    for name, content in files.items():
        (masks / name).write_bytes(content)
    (masks / f"{stems[2]}.png").rename(masks / f"{series.instances[2].sop_instance_uid}.png")
    (masks / f"{stems[4]}.png").unlink()
    labels = read_pictures(masks, series, {1: "lung left"})
    np.testing.assert_array_equal(labels.masks[0].values[:4], values[:4])
    assert not labels.masks[0].values[4].any()
    assert labels.segments[0].side == "left"
    assert belonging(labels, [series]) is series
    for bad, code in (
        (Image.fromarray(np.zeros((8, 6), np.uint8)), "bad-size"),
        (Image.fromarray(np.zeros((8, 7, 3), np.uint8)), "not-gray"),
    ):
        bad.save(masks / f"{stems[4]}.png")
        with pytest.raises(UnreadableInput) as caught:
            read_pictures(masks, series)
        assert caught.value.code == code
    (masks / f"{stems[4]}.png").rename(masks / "nobody.png")
    with pytest.raises(UnreadableInput, match="no slice"):
        read_pictures(masks, series)


def test_pictures_hold_numbers_of_sixteen_bits(image: Grid) -> None:
    wide = np.full(image.shape, 300, np.uint16)
    files = write_pictures(Labels((Segment(300),), (Mask(image, wide),)), list("abcde"))
    import io

    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(files["a.png"]))), wide[0])
    with pytest.raises(LabelError, match="as many names"):
        write_pictures(Labels((Segment(300),), (Mask(image, wide),)), ["a"])
    shares = Mask(image, np.ones(image.shape, np.float32), 1)
    with pytest.raises(LabelError, match="one mask of numbers"):
        write_pictures(Labels((Segment(1),), (shares,)), list("abcde"))


# -- landmarks ----------------------------------------------------------------------------------------------


def test_landmarks_are_read_from_json_and_csv(tmp_path: Path) -> None:
    points = (Landmark("apex left", (1.0, 2.5, -3.25), "left"), Landmark("carina", (0.0, 1.0, 2.0)))
    labels = Labels(landmarks=points)
    (tmp_path / "a.json").write_bytes(write_points(labels, frame_of_reference_uid="1.2.3"))
    (tmp_path / "a.csv").write_bytes(write_points(labels, as_csv=True))
    assert read_labels(tmp_path / "a.json").landmarks == points
    assert read_labels(tmp_path / "a.json").origin.frame_of_reference_uid == "1.2.3"
    assert read_labels(tmp_path / "a.csv").landmarks == points
    (tmp_path / "b.json").write_text('{"carina": [0, 1, 2]}')
    assert read_points(tmp_path / "b.json").landmarks == points[1:]
    (tmp_path / "c.json").write_text(
        json.dumps({"coordinate_system": "RAS", "landmarks": [{"name": "carina", "point": [0, -1, 2]}]})
    )
    assert read_points(tmp_path / "c.json").landmarks == points[1:]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "nothing"),
        ("a.json", '{"landmarks": [{"name": "x", "point": [1, 2]}]}'),
        ("a.json", '{"landmarks": [{"name": "x", "point": [1, 2, NaN]}]}'),
        ("a.json", '{"coordinate_system": "XYZ", "landmarks": []}'),
        ("a.json", "3"),
        ("a.csv", "name,x,y\nx,1,2\n"),
        ("a.csv", "name,x,y,z\nx,1,2,three\n"),
        ("a.csv", "name,x,y,z\nx,1\n"),
    ],
)
def test_what_is_no_landmark_is_refused(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UnreadableInput, match="holds no landmarks"):
        read_points(tmp_path / name)


# -- belonging ----------------------------------------------------------------------------------------------


def test_labels_belong_by_images_then_series_then_coordinates(
    image: Grid, on_grid: Callable[..., Path], tmp_path: Path
) -> None:
    on_grid(image)
    on_grid(image, folder="study/other", SeriesInstanceUID="1.2.9", FrameOfReferenceUID="1.2.8")
    for index, path in enumerate(sorted((tmp_path / "study" / "other").iterdir())):
        import pydicom

        one = pydicom.dcmread(path)
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.7.{index}"
        one.save_as(path)
    first, second = read_study(tmp_path / "study").series
    assert first.instances[0].series_uid != second.instances[0].series_uid
    for series in (first, second):
        one = series.instances[1]
        for origin in (
            Origin("seg", image_uids=frozenset({one.sop_instance_uid, "9.9"}), series_uids=("9.9",)),
            Origin("seg", image_uids=frozenset({"9.9"}), series_uids=(one.series_uid,)),
            Origin("seg", frame_of_reference_uid=one.frame_of_reference_uid),
        ):
            assert belonging(Labels(origin=origin), (first, second)) is series
    nifti = Labels(origin=Origin("nifti"))
    assert belonging(nifti, [first]) is first
    with pytest.raises(LabelError, match="2 series fit"):
        belonging(nifti, [first, second])
    with pytest.raises(LabelError, match="not there"):
        belonging(Labels(origin=Origin("seg", series_uids=("9.9",))), [first])
    with pytest.raises(LabelError, match="no series"):
        belonging(replace(nifti, origin=Origin("seg", frame_of_reference_uid="9.9")), [first])


def test_labels_that_contradict_themselves_are_refused(image: Grid, values: np.ndarray) -> None:
    with pytest.raises(LabelError, match="does not fit its grid"):
        Mask(image, values[:2])
    with pytest.raises(LabelError, match="integer numbers"):
        Mask(image, values.astype(float))
    with pytest.raises(LabelError, match="not listed"):
        Labels((Segment(1),), (Mask(image, values),))
    with pytest.raises(LabelError, match="number of its own"):
        Labels((Segment(1), Segment(1)))
    with pytest.raises(LabelError, match="singular"):
        Grid((1, 2, 3), np.diag((1.0, 1.0, 0.0, 1.0)))
