"""Segmentations and structure sets of a study follow their series into every copy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.layouts.dicom_study import DicomStudy
from domainaug.medical import read_study
from domainaug.medical.labels import (
    Contour,
    Copy,
    Grid,
    Labels,
    Landmark,
    Mask,
    Segment,
    read_labels,
    write_seg,
    write_structures,
)
from domainaug.medical.labels.moving import filled
from domainaug.medical.report import report_of
from domainaug.medical.validators import dciodvfy, find_tool
from domainaug.run import augment, replay
from domainaug.run.ledger import LEDGER, Ledger

SHAPE = (10, 40, 36)
CENTER = np.array((17.0, 20.0, 5.0))


def ball(grid: Grid, radius: float) -> np.ndarray:
    z, y, x = np.indices(grid.shape)
    places = (np.stack([x, y, z], -1) - CENTER) * grid.steps
    return (places**2).sum(-1) <= radius**2


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A CT of a bright ball, its segmentation, and a structure set with its outline and its middle."""
    place = tmp_path / "study"
    place.mkdir()
    matrix = np.diag((0.9, 0.9, 2.0, 1.0))
    matrix[:3, 3] = (-15.0, -18.0, 100.0)
    grid = Grid(SHAPE, matrix)
    inside = ball(grid, 8.0)
    for index in range(SHAPE[0]):
        one = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        one.Rows, one.Columns = SHAPE[1:]
        one.PixelSpacing, one.SliceThickness, one.SpacingBetweenSlices = [0.9, 0.9], 2.0, 2.0
        one.ImagePositionPatient = [-15.0, -18.0, 100.0 + 2 * index]
        one.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.5.{index + 1}"
        one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.826.0.2.5", "1.2.826.0.4.5"
        one.InstanceNumber = index + 1
        one.PixelData = np.where(inside[index], 1024 + 400, 1024).astype("<i2").tobytes()
        one.save_as(place / f"image-{index:02d}.dcm")
    (series,) = read_study(place).series
    copy = Copy(tuple(pydicom.dcmread(path) for path in series.files), grid)
    speck = inside.astype(np.uint8)
    speck[0, 0, 0] = 2
    segments = (Segment(1, "Doe^John lesion"), Segment(2, "speck"))
    (place / "seg.dcm").write_bytes(write_seg(Labels(segments, (Mask(grid, speck),)), copy))
    angle = np.arange(90) * 2 * np.pi / 90
    circle = np.column_stack([17 + 8 * np.cos(angle) / 0.9, 20 + 8 * np.sin(angle) / 0.9, np.full(90, 5.0)])
    structures = Labels(
        (Segment(1, "lesion"), Segment(2, "Doe^John middle"), Segment(3, "corner")),
        (),
        (Contour(1, grid.to_mm(circle)),),
        (
            Landmark("Doe^John middle", tuple(grid.to_mm(CENTER)[0]), "", 2),
            Landmark("corner", (-15.0, -18.0, 100.0), "", 3),
        ),
    )
    (place / "structures.dcm").write_bytes(write_structures(structures, copy))
    return place


PROFILE = """
id: tests/labels
version: 1.0.0
title: A study
description: Turns and bends.
applies_to: {dicom: {Modality: [CT]}, channels: 1}
frame: {size: [40, 36], channels: 1, spacing_mm: 0.9, volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1024}
limits:
  - effect: [rotation, scale, shift, outside, local_warp, mirror_horizontal, gamma]
    code: TES201
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe: """


def ran(study: Path, recipe: str, name: str = "out", copies: int = 1) -> Path:
    profile = study.parent / "labels.yaml"
    profile.write_text(PROFILE + recipe + "\n", encoding="utf-8")
    out = study.parent / name
    summary = augment(study, out, profile=profile, copies=copies, seed=3, engine="serial", timeout=None)
    assert summary.done == copies, summary
    return out


MOVING = "[{Affine: {rotate: [12, 12], scale: [1.1, 1.1], translate_px: [4, 4], p: 1.0}}]"
BENDING = "[{VolumeAffine: {rotate: [[0, 0], [0, 0], [9, 9]], p: 1.0}}, {Deform: {displacement_px: 2.0, p: 1.0}}]"
STILL = "[{Gamma: {log_gamma: [0.2, 0.2], p: 1.0}}]"


def test_a_report_tells_labels_with_their_series(study: Path, tmp_path: Path) -> None:
    report = report_of(study)
    assert report.clean
    assert report.series[0].labels == ("SEG (file-00011)", "RTSTRUCT (file-00012)")
    assert "\n  labels: SEG (file-00011), RTSTRUCT (file-00012)" in str(report)
    assert report.as_dict()["series"][0]["labels"] == ["SEG (file-00011)", "RTSTRUCT (file-00012)"]
    alone = tmp_path / "alone"
    alone.mkdir()
    (study / "seg.dcm").rename(alone / "seg.dcm")
    assert not report_of(alone).clean


def copies(out: Path) -> list[Path]:
    return sorted({path.parent for path in out.rglob("*.dcm")})


@pytest.mark.parametrize("recipe", [MOVING, BENDING, STILL], ids=["moving", "bending", "still"])
def test_labels_lie_where_the_copy_shows_what_they_name(study: Path, tmp_path: Path, recipe: str) -> None:
    out = ran(study, recipe, copies=2)
    assert len(copies(out)) == 2
    for folder in copies(out):
        images = [pydicom.dcmread(path) for path in sorted(folder.glob("IM*.dcm"))]
        assert len(images) == SHAPE[0]
        (series,) = read_study(folder).series
        seg, structures = read_labels(folder / "SEG01.dcm"), read_labels(folder / "RTSTRUCT02.dcm")
        for labels in (seg, structures):
            assert labels.origin.frame_of_reference_uid == images[0].FrameOfReferenceUID
            assert labels.origin.image_uids == {one.SOPInstanceUID for one in images}
            assert labels.origin.series_uids == (images[0].SeriesInstanceUID,)
        pixels = series.pixels()
        bright = pixels > (np.median(pixels) + pixels.max()) / 2
        grid = Grid.of_series(series)
        mask = np.zeros(SHAPE, bool)
        start = round(float(grid.to_index(seg.masks[0].grid.to_mm([[0, 0, 0]]))[0, 2]))
        mask[start : start + len(seg.masks[0].values)] = seg.masks[0].values == 1
        assert 2 * (mask & bright).sum() / (mask.sum() + bright.sum()) > 0.96
        if structures.contours and recipe != BENDING:
            disc = filled(structures.contours, grid)[5] > 0.5
            assert 2 * (disc & bright[5]).sum() / (disc.sum() + bright[5].sum()) > 0.94
        middle = np.argwhere(bright)[:, ::-1].mean(axis=0)
        (point,) = (grid.to_index(one.point)[0] for one in structures.landmarks if one.name.endswith("middle"))
        assert np.abs(point - middle).max() < 0.6
        if recipe == STILL:
            assert images[0].FrameOfReferenceUID == "1.2.826.0.4.5"
            assert (mask == bright).all()


def test_what_vanished_is_in_the_ledger_by_number_and_no_name_is(study: Path, tmp_path: Path) -> None:
    out = ran(study, MOVING)
    with Ledger(out / LEDGER) as ledger:
        (row,) = list(ledger.rows())
    assert row.record["labels"]["vanished"] == {"SEG01": [2], "RTSTRUCT02": [3]}
    assert {Path(file.path).name for file in row.files} >= {"SEG01.dcm", "RTSTRUCT02.dcm", "IM0001.dcm"}
    assert "Doe" not in json.dumps(row.record)
    plain = [path for path in out.rglob("*") if path.is_file() and path.suffix != ".dcm"]
    assert plain
    assert not [path for path in plain if b"Doe" in path.read_bytes()]


@pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dciodvfy is not installed")
def test_validators_have_nothing_to_say(study: Path, tmp_path: Path) -> None:
    (folder,) = copies(ran(study, MOVING))
    assert dciodvfy(folder / "SEG01.dcm") == frozenset()
    assert dciodvfy(folder / "RTSTRUCT02.dcm") == frozenset()


def test_the_same_run_writes_the_same_bytes(study: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        ran(study, BENDING, name)
    names = ("SEG01.dcm", "RTSTRUCT02.dcm")
    first, second = ([next((tmp_path / folder).rglob(name)).read_bytes() for name in names] for folder in "ab")
    assert first == second
    assert replay(tmp_path / "a", engine="serial").ok


def test_labels_that_belong_nowhere_are_set_aside_with_a_reason(study: Path, tmp_path: Path) -> None:
    one = pydicom.dcmread(study / "seg.dcm")
    one.FrameOfReferenceUID = "9.9.9"
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = "9.9.8"
    del one.ReferencedSeriesSequence
    for group in one.PerFrameFunctionalGroupsSequence:
        group.pop("DerivationImageSequence", None)
    one.save_as(study / "stray.dcm")
    scan = DicomStudy().scan(study)
    (aside,) = scan.set_aside
    assert (aside.key, aside.code) == ("file-00012", "label")
    assert "no series" in aside.reason
    (item,) = scan.items
    assert item.detail["labels"] == 2
    assert [path.name for path in item.files[-2:]] == ["seg.dcm", "structures.dcm"]


def test_labels_that_cannot_be_read_set_their_series_aside(study: Path) -> None:
    one = pydicom.dcmread(study / "seg.dcm")
    one.PerFrameFunctionalGroupsSequence.pop()
    one.save_as(study / "seg.dcm")
    layout = DicomStudy()
    (item,) = layout.scan(study).items
    with pytest.raises(Exception, match="file-00001 and 9 more: labels that belong to it cannot be read") as caught:
        layout.read(item)
    assert "seg.dcm" not in str(caught.value)


def test_a_mirrored_patient_has_labels_of_the_other_side_or_none(
    study: Path,
) -> None:
    one = pydicom.dcmread(study / "seg.dcm")
    one.SegmentSequence[0].SegmentLabel = "left kidney"
    one.save_as(study / "seg.dcm")
    (folder,) = copies(ran(study, "[{HorizontalFlip: {p: 1.0}}]"))
    assert read_labels(folder / "SEG01.dcm").segments[0].name == "right kidney"


def test_a_single_slice_takes_its_labels_along(tmp_path: Path) -> None:
    place = tmp_path / "study"
    place.mkdir()
    one = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    pixels = np.full((128, 128), 1024, "<i2")
    pixels[30:60, 40:90] = 1424
    one.PixelData = pixels.tobytes()
    one.save_as(place / "image.dcm")
    (series,) = read_study(place).series
    assert series.kind == "images"
    grid = Grid.of_series(series)
    labels = Labels((Segment(1, "plate"),), (Mask(grid, (pixels > 1100).astype(np.uint8)[None]),))
    (place / "seg.dcm").write_bytes(write_seg(labels, Copy((one,), grid)))
    (folder,) = copies(ran(place, MOVING))
    (copy,) = read_study(folder).series
    bright = copy.pixels()[0] > 200
    mask = read_labels(folder / "SEG01.dcm").masks[0].values[0] == 1
    assert 2 * (mask & bright).sum() / (mask.sum() + bright.sum()) > 0.98


def test_a_study_without_labels_is_as_it_was(study: Path) -> None:
    for name in ("seg.dcm", "structures.dcm"):
        (study / name).unlink()
    (item,) = DicomStudy().scan(study).items
    assert "labels" not in item.detail
    assert DicomStudy().read(item).beside is None


def test_copies_and_their_labels_beside_their_source_are_no_sources(study: Path, tmp_path: Path) -> None:
    for recipe, name in ((STILL, "still"), (MOVING, "moving")):  # the first shares coordinates with its source
        (folder,) = copies(ran(study, recipe, name))
        for path in folder.iterdir():
            (study / f"{name}-{path.name}").write_bytes(path.read_bytes())
    scan = DicomStudy().scan(study)
    (item,) = scan.items
    assert item.detail["labels"] == 2
    assert [path.name for path in item.files[-2:]] == ["seg.dcm", "structures.dcm"]
    assert [aside.code for aside in scan.set_aside] == ["derived-by-domainaug"] * 6  # two series, four label files
    allowing = DicomStudy(allow=frozenset({"derived-by-domainaug"})).scan(study)
    assert [item.detail["labels"] for item in allowing.items] == [2, 2, 2]
    assert allowing.set_aside == ()


def test_labels_lie_in_the_study_of_their_copy(study: Path) -> None:
    profile = study.parent / "labels.yaml"
    profile.write_text(PROFILE + STILL + "\n", encoding="utf-8")
    out = study.parent / "apart"
    assert augment(study, out, profile=profile, engine="serial", timeout=None, new_study="x").done == 1
    studies = {path.name: pydicom.dcmread(path).StudyInstanceUID for path in out.rglob("*.dcm")}
    assert len(studies) == 12
    assert len(set(studies.values())) == 1
    assert studies.popitem()[1] != pydicom.dcmread(study / "image-00.dcm").StudyInstanceUID
