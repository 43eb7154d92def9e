"""Segmentations: read against highdicom, written for highdicom, dciodvfy and SimpleITK to judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.sr.codedict import codes

from domainaug.errors import LabelError, UnreadableInput
from domainaug.kernels.volume_map import VolumeMap
from domainaug.medical import read_study
from domainaug.medical.deeds import Code
from domainaug.medical.labels import (
    Copy,
    Grid,
    Labels,
    Mask,
    Segment,
    belonging,
    move,
    read_labels,
    read_seg,
    write_seg,
)
from domainaug.medical.validators import dciodvfy, find_tool

LEFT = Code("7771000", "SCT", "Left")


def described(number: int, name: str) -> hd.seg.SegmentDescription:
    return hd.seg.SegmentDescription(
        number, name, codes.SCT.Organ, codes.SCT.Kidney, "MANUAL", tracking_id="t", tracking_uid=hd.UID()
    )


def theirs(
    images: list[pydicom.Dataset], pixels: np.ndarray, kind: str, count: int, **more: Any
) -> hd.seg.Segmentation:
    return hd.seg.Segmentation(
        images, pixels, kind, [described(n, f"left {n}") for n in range(1, count + 1)],
        hd.UID(), 1, hd.UID(), 1, "Maker", "Model", "1", "1", **more,
    )  # fmt: skip


@pytest.fixture
def study(on_grid: Callable[..., Path], grid: Callable[..., Grid]) -> tuple[Grid, list[pydicom.Dataset]]:
    image = grid((8, 24, 20), (0.9, 1.1, 2.5), (10, -20, 30), (5, 6, 7))
    place = on_grid(image)
    return image, [pydicom.dcmread(path) for path in sorted(place.iterdir())]


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_series_lies_where_its_headers_say(study: Any, tmp_path: Path) -> None:
    image, _ = study
    (series,) = read_study(tmp_path / "study").series
    assert Grid.of_series(series).is_same(image)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_what_highdicom_wrote_is_read_voxel_by_voxel(study: Any, random: Any, tmp_path: Path, kind: str) -> None:
    image, headers = study
    pixels = random.integers(0, 4, image.shape).astype(np.uint8)
    pixels[[0, 3, 4]] = 0  # frames that are left out
    order = random.permutation(len(headers))
    theirs([headers[n] for n in order], pixels[order], kind, 3).save_as(tmp_path / "seg.dcm")
    labels = read_seg(tmp_path / "seg.dcm")
    (mask,) = labels.masks
    whole = np.zeros(image.shape, np.uint8)
    start = np.rint(image.to_index(mask.grid.to_mm([[0, 0, 0]]))[0]).astype(int)
    assert tuple(start[:2]) == (0, 0)
    whole[start[2] : start[2] + len(mask.values)] = mask.values
    np.testing.assert_array_equal(whole, pixels)
    np.testing.assert_allclose(image.to_index(mask.grid.to_mm([[3, 4, 1]])), [[3, 4, start[2] + 1]], atol=1e-3)
    assert [one.side for one in labels.segments] == ["left"] * 3
    assert labels.origin.image_uids == {str(one.SOPInstanceUID) for one in headers}
    assert belonging(labels, read_study(tmp_path / "study").series).size == image.shape


def test_segments_may_overlap(study: Any, random: Any, tmp_path: Path) -> None:
    image, headers = study
    pixels = (random.random((*image.shape, 3)) < 0.4).astype(np.uint8)
    theirs(headers, pixels, "BINARY", 3).save_as(tmp_path / "seg.dcm")
    labels = read_labels(tmp_path / "seg.dcm")
    assert len(labels.masks) > 1
    for number in (1, 2, 3):
        np.testing.assert_array_equal(labels.shares(number) > 0, pixels[..., number - 1] > 0)
    again = read_back(write_seg(labels, copy_of(headers, image)), tmp_path)
    assert again.volumes_mm3() == pytest.approx(labels.volumes_mm3())
    for number in (1, 2, 3):
        np.testing.assert_array_equal(again.shares(number), labels.shares(number))


def test_shares_are_read_and_written(study: Any, random: Any, tmp_path: Path) -> None:
    image, headers = study
    pixels = random.random((*image.shape, 2)).astype(np.float32)
    theirs(headers, pixels, "FRACTIONAL", 2, fractional_type="OCCUPANCY").save_as(tmp_path / "seg.dcm")
    labels = read_seg(tmp_path / "seg.dcm")
    assert [(mask.share_of, mask.meaning) for mask in labels.masks] == [(1, "OCCUPANCY"), (2, "OCCUPANCY")]
    np.testing.assert_allclose(labels.shares(2), pixels[..., 1], atol=0.51 / 255)
    again = read_back(write_seg(labels, copy_of(headers, image)), tmp_path)
    np.testing.assert_allclose(again.shares(1), labels.shares(1), atol=1e-6)


def test_a_real_segmentation_is_read_as_highdicom_reads_it() -> None:
    path = Path(str(get_testdata_file("liver.dcm")))
    (mask,) = read_seg(path).masks
    volume = hd.seg.segread(path).get_volume(combine_segments=True)
    corners = np.array([[0, 0, 0], [511, 300, 2], [7, 511, 1]])
    for x, y, z in corners:
        place = mask.grid.to_mm([[x, y, z]])[0]
        k, j, i = np.rint(volume.map_reference_to_indices(place[None]))[0].astype(int)
        assert (volume.array[k, j, i] != 0) == (mask.values[z, y, x] != 0)
    assert (mask.values != 0).sum() == (volume.array != 0).sum()
    np.testing.assert_array_equal(
        mask.values, volume.match_geometry(volume[::-1]).array if volume.affine[2, 0] < 0 else volume.array
    )


def copy_of(headers: list[pydicom.Dataset], image: Grid) -> Copy:
    return Copy(tuple(headers), image, ("digest", 7, 0))


def read_back(content: bytes, folder: Path) -> Labels:
    (folder / "again.dcm").write_bytes(content)
    return read_seg(folder / "again.dcm")


def three(image: Grid) -> Labels:
    values = np.zeros(image.shape, np.uint8)
    values[1:6, 4:15, 3:11], values[2:4, 16:20, 12:18] = 1, 2
    kind, organ = Code("91723000", "SCT", "Anatomical Structure"), Code("64033007", "SCT", "Kidney")
    side = Segment(1, "Left kidney", "left", kind, organ, (LEFT,), algorithm=("AUTOMATIC", "net"))
    return Labels((side, Segment(2, "Cyst"), Segment(3, "Stone")), (Mask(image, values),))


def test_a_moved_segmentation_is_read_back_bit_by_bit(study: Any, tmp_path: Path) -> None:
    image, headers = study
    moved = move(three(image), VolumeMap.from_physical(image.shape, image.steps, (5, 4, 12)), image).labels
    content = write_seg(moved, copy_of(headers, image))
    assert content == write_seg(moved, copy_of(headers, image))
    (tmp_path / "seg.dcm").write_bytes(content)
    read = hd.seg.segread(tmp_path / "seg.dcm")
    pixels = read.get_pixels_by_source_instance([one.SOPInstanceUID for one in headers], combine_segments=True)
    np.testing.assert_array_equal(pixels, moved.masks[0].values)
    assert read.FrameOfReferenceUID == headers[0].FrameOfReferenceUID
    assert read.ReferencedSeriesSequence[0].SeriesInstanceUID == headers[0].SeriesInstanceUID
    assert [item.SegmentNumber for item in read.SegmentSequence] == [
        1,
        2,
        3,
    ]  # a stone that is nowhere is still number 3
    again = read_seg(tmp_path / "seg.dcm")
    assert again.segments[0].modifiers == (LEFT,)
    assert again.segments[0].algorithm == ("AUTOMATIC", "net")
    assert again.segments[0].side == "left"
    assert read.SyntheticData == "YES"


def test_uids_are_those_of_the_content_and_the_run(study: Any) -> None:
    image, headers = study
    made = [pydicom.dcmread(pydicom.filebase.DicomBytesIO(write_seg(three(image), one))) for one in (
        copy_of(headers, image), Copy(tuple(headers), image, ("digest", 7, 1)))]  # fmt: skip
    assert made[0].SOPInstanceUID != made[1].SOPInstanceUID
    assert all(one.SOPInstanceUID.startswith("2.25.") for one in made)
    assert all("InstanceCreationDate" not in one for one in made)


@pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dciodvfy is not installed")
def test_a_validator_has_nothing_to_say(study: Any, tmp_path: Path) -> None:
    image, headers = study
    (tmp_path / "seg.dcm").write_bytes(write_seg(three(image), copy_of(headers, image)))
    assert dciodvfy(tmp_path / "seg.dcm") == frozenset()


def test_simpleitk_sees_it_where_it_belongs(study: Any, tmp_path: Path) -> None:
    """An oracle that shares no code with the writer or highdicom: ITK's GDCM reader."""
    import SimpleITK

    image, headers = study
    values = np.zeros(image.shape, np.uint8)
    values[2:6, 5:9, 4:7] = 1
    content = write_seg(Labels((Segment(1, "x"),), (Mask(image, values),)), copy_of(headers, image))
    (tmp_path / "seg.dcm").write_bytes(content)
    seen = SimpleITK.ReadImage(str(tmp_path / "seg.dcm"))
    array = SimpleITK.GetArrayFromImage(seen)
    places = [seen.TransformIndexToPhysicalPoint((int(x), int(y), int(z))) for z, y, x in np.argwhere(array)]
    wanted = image.to_mm(np.argwhere(values)[:, ::-1])
    np.testing.assert_allclose(np.mean(places, axis=0), wanted.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(np.sort(places, axis=0), np.sort(wanted, axis=0), atol=0.01)


def test_what_cannot_be_written_is_refused(study: Any) -> None:
    image, headers = study
    with pytest.raises(LabelError, match="no segment has a voxel"):
        write_seg(Labels((Segment(1, "x"),), (Mask(image, np.zeros(image.shape, np.uint8)),)), copy_of(headers, image))
    other = Grid(image.shape, image.matrix @ np.diag((1.1, 1, 1, 1)))
    with pytest.raises(LabelError, match="move it onto their grid"):
        write_seg(Labels((Segment(1, "x"),), (Mask(other, np.ones(image.shape, np.uint8)),)), copy_of(headers, image))
    with pytest.raises(LabelError, match="do not make up"):
        Copy(tuple(headers[:-1]), image)


def test_numbers_with_gaps_are_counted_up_and_named_after_what_they_were(study: Any, tmp_path: Path) -> None:
    image, headers = study
    values = np.zeros(image.shape, np.uint16)
    values[1:3], values[4:6] = 7, 300
    labels = Labels((Segment(7), Segment(300)), (Mask(image, values),))
    again = read_back(write_seg(labels, copy_of(headers, image)), tmp_path)
    assert [(one.number, one.name) for one in again.segments] == [(1, "label 7"), (2, "label 300")]


def test_the_thickness_of_slices_is_not_their_distance(study: Any, tmp_path: Path) -> None:
    image, headers = study
    one = pydicom.dcmread(pydicom.filebase.DicomBytesIO(write_seg(three(image), copy_of(headers, image))))
    measures = one.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SliceThickness = "1.25"
    del measures.SpacingBetweenSlices
    one.save_as(tmp_path / "seg.dcm")
    grid = read_seg(tmp_path / "seg.dcm").masks[0].grid
    assert grid.steps[2] == pytest.approx(2.5)
    measures.SpacingBetweenSlices = "1.25"  # now somebody says so
    one.save_as(tmp_path / "seg.dcm")
    assert read_seg(tmp_path / "seg.dcm").masks[0].grid.shape[0] == 2 * grid.shape[0] - 1


def test_files_that_are_none_are_set_aside(tmp_path: Path, study: Any) -> None:
    _, headers = study
    with pytest.raises(UnreadableInput, match="not a segmentation"):
        read_seg(next((tmp_path / "study").iterdir()))
    with pytest.raises(UnreadableInput, match="neither a segmentation"):
        read_labels(next((tmp_path / "study").iterdir()))
    image, headers = study
    content = write_seg(three(image), copy_of(headers, image))
    for name, edit in {
        "damaged": lambda one: one.PerFrameFunctionalGroupsSequence.pop(),
        "uneven-slices": lambda one: setattr(
            one.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence[0], "ImagePositionPatient", [0, 0, 1]
        ),
    }.items():
        one = pydicom.dcmread(pydicom.filebase.DicomBytesIO(content))
        edit(one)
        one.save_as(tmp_path / "bad.dcm")
        with pytest.raises(UnreadableInput) as caught:
            read_seg(tmp_path / "bad.dcm")
        assert caught.value.code == name
