"""Studies that are turned round with their geometry: nothing moves in the patient, and every file says where it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.medical import read_study
from domainaug.medical.labels import Copy, Grid, Labels, Mask, Segment, read_labels, write_seg
from domainaug.medical.validators import dciodvfy, find_tool, new_errors
from domainaug.medical.verify import verify_series
from domainaug.run import augment, replay

SHAPE, STEPS = (8, 30, 40), np.array((0.7, 1.1, 2.5))
BALL = np.array((9.0, -7.0, 104.0))
LYING = {
    "axial": np.eye(3),
    "oblique": np.linalg.qr(np.array([[9, 2, 1], [-2, 9, 3], [1, -3, 9.0]]))[0] * (-1, -1, 1),
}

PROFILE = """
id: tests/reoriented
version: 1.0.0
title: A study
description: Turned round.
applies_to: {dicom: {Modality: [CT, DX]}, channels: 1}
frame: {size: [30, 40], channels: 1, spacing_mm: 0.9, volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1000}
limits:
  - effect: [field_of_view, shift, outside, rotation, blur]
    code: TES401
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe: """


def grid_of(lying: str) -> Grid:
    matrix = np.eye(4)
    axes = LYING[lying]
    axes = axes * (1, 1, np.sign(np.linalg.det(axes)))
    matrix[:3, :3] = axes * STEPS
    matrix[:3, 3] = (3.0, -4.0, 105.0) - matrix[:3, :3] @ ((np.array(SHAPE[::-1]) - 1) / 2)
    return Grid(SHAPE, matrix)


def near(grid: Grid) -> np.ndarray:
    """A blob about one place in the patient, on any grid."""
    z, y, x = np.indices(grid.shape)
    points = grid.to_mm(np.stack([x, y, z], -1).reshape(-1, 3))
    return np.exp(-((np.linalg.norm(points - BALL, axis=1) / 6) ** 2)).reshape(grid.shape)


@pytest.fixture
def study(tmp_path):
    def make(lying="axial"):
        place = tmp_path / "study"
        place.mkdir()
        grid = grid_of(lying)
        values = near(grid)
        for index in range(SHAPE[0]):
            one = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
            one.Rows, one.Columns = SHAPE[1:]
            one.PixelSpacing, one.SliceThickness, one.SpacingBetweenSlices = [1.1, 0.7], 2.5, 2.5
            one.ImagePositionPatient = [f"{value:.10f}"[:16] for value in grid.to_mm([[0, 0, index]])[0]]
            axes = (grid.matrix[:3, :2] / STEPS[:2]).T.ravel()
            one.ImageOrientationPatient = [f"{value:.12f}"[:16] for value in axes]
            one.InstanceNumber, one.SliceLocation = index + 1, 2.5 * index
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.9.{index + 1}"
            one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.826.0.2.9", "1.2.826.0.4.9"
            one.PixelData = (24 + np.rint(1000 * values[index])).astype("<i2").tobytes()
            one.save_as(place / f"image-{index:02d}.dcm")
        (series,) = read_study(place).series
        whole = Grid.of_series(series)
        copy = Copy(tuple(pydicom.dcmread(path) for path in series.files), whole)
        labels = Labels((Segment(1, "Kidney_L", "left"),), (Mask(whole, (near(whole) > 0.4).astype(np.uint8)),))
        (place / "seg.dcm").write_bytes(write_seg(labels, copy))
        return place

    return make


def ran(study: Path, recipe: str):
    profile = study.parent / "reoriented.yaml"
    profile.write_text(PROFILE + recipe + "\n", encoding="utf-8")
    return augment(study, study.parent / "out", profile=profile, seed=3, engine="serial", timeout=None)


def sources(study: Path) -> list[Path]:
    return sorted(study.glob("image-*.dcm"))


def images(study: Path) -> list[Path]:
    return sorted((study.parent / "out").rglob("IM*.dcm"))


WAYS = {
    "columns turned round": "SPR",
    "rows turned round": "SAL",
    "half a turn": "SAR",
    "quarter turn": "SLA",
    "transposed": "SLP",
    "slices in the other order": "IPL",
    "all of it": "IRA",
}


@pytest.mark.parametrize(
    ("lying", "to"),
    [*(("axial", to) for to in WAYS.values()), ("oblique", "SAL"), ("oblique", "SLA"), ("oblique", "IRA")],
)
def test_every_pixel_and_label_lies_where_it_lay(study, to, lying):
    source = study(lying)
    done = ran(source, f"[{{Reorient: {{to: {to}}}}}]")
    assert (done.done, done.set_aside) == (1, ())
    (series,) = read_study(images(source)).series
    grid = Grid.of_series(series)
    assert np.abs((series.pixels() + 1000.0) / 1000 - near(grid)).max() < 0.001
    folder = images(source)[0].parent
    mask = read_labels(folder / "SEG01.dcm")
    assert mask.segments[0].name == "Kidney_L"  # nobody is mirrored
    own = mask.masks[0].grid
    assert np.array_equal(mask.masks[0].values == 1, near(own) > 0.4)
    assert (mask.masks[0].values == 1).sum() == (near(grid_of(lying)) > 0.4).sum()
    assert verify_series(sources(source), sorted(images(source), key=_like(sources(source)))) == ()
    assert replay(source.parent / "out", engine="serial").ok


def _like(given: list[Path]):
    """The place of a derived image among its sources, which it names."""
    uids = [pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in given]
    return lambda path: uids.index(pydicom.dcmread(path).SourceImageSequence[0].ReferencedSOPInstanceUID)


def test_headers_say_that_they_were_turned_and_nothing_else(study):
    source = study()
    ran(source, "[{Reorient: {to: SLA}}]")
    before, after = pydicom.dcmread(sources(source)[2]), pydicom.dcmread(images(source)[2])
    (item,) = after.SourceImageSequence
    assert item.SpatialLocationsPreserved == "REORIENTED_ONLY"
    assert item.PatientOrientation == ["L", "P"]
    assert after.FrameOfReferenceUID == before.FrameOfReferenceUID
    assert (after.Rows, after.Columns) == (before.Columns, before.Rows)
    assert after.PixelSpacing == before.PixelSpacing[::-1]
    assert after.ImageOrientationPatient == [0, -1, 0, 1, 0, 0]
    assert [item.CodeValue for item in after.DerivationCodeSequence] == ["REORIENT"]
    assert "reoriented with its geometry, from 30 x 40 to 40 x 30" in after.DerivationDescription
    assert np.array_equal(after.pixel_array, before.pixel_array.T[:, ::-1])


@pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize("to", ["SLA", "SAR"])
def test_validators_have_nothing_new_to_say(study, to):
    source = study()
    ran(source, f"[{{Reorient: {{to: {to}}}}}]")
    assert not [error for pair in zip(sources(source), images(source), strict=True) for error in new_errors(*pair)]
    assert dciodvfy(images(source)[0].parent / "SEG01.dcm") == frozenset()


def test_a_crop_and_a_turn_besides(study):
    source = study("oblique")
    done = ran(
        source, "[{Reorient: {to: SLA}}, {CropMm: {size_mm: [null, 21.0, 22.0]}}, {Affine: {rotate: [0, 0], p: 1.0}}]"
    )
    assert (done.done, done.set_aside) == (1, ())
    (series,) = read_study(images(source)).series
    grid = Grid.of_series(series)
    assert grid.shape == (8, 30, 20)
    assert np.abs((series.pixels() + 1000.0) / 1000 - near(grid)).max() < 0.001
    one = pydicom.dcmread(images(source)[0])
    assert one.SourceImageSequence[0].SpatialLocationsPreserved == "NO"
    assert {item.CodeValue for item in one.DerivationCodeSequence} >= {"REORIENT", "GRID"}


def test_slices_of_another_plane_are_refused(study):
    (aside,) = ran(study(), "[{Reorient: {to: PLS}}]").set_aside
    assert "a derived DICOM image shows the plane of its source" in aside.reason


@pytest.mark.parametrize("to", ["IRA", "PLS", "LSP"])
def test_niftis_of_any_plane(tmp_path, to):
    """An affine says all of it, so slices may be those of another plane, and a label map follows."""
    nib = pytest.importorskip("nibabel")
    grid = grid_of("oblique")
    affine = np.diag((-1, -1, 1, 1)) @ grid.matrix
    place = tmp_path / "scans"
    place.mkdir()
    stored = np.ascontiguousarray((1000 * near(grid)).astype(np.int16).T)
    nib.Nifti1Image(stored, affine).to_filename(place / "head.nii.gz")
    done = ran(place, f"[{{Reorient: {{to: {to}}}}}]")
    assert (done.done, done.set_aside) == (1, ())
    (path,) = (tmp_path / "out").rglob("*.nii.gz")
    made = nib.load(path)
    lying = Grid(made.shape[::-1], np.diag((-1, -1, 1, 1)) @ made.affine)
    assert sorted(made.shape) == sorted(SHAPE)
    assert np.abs(np.asarray(made.dataobj).T / 1000 - near(lying)).max() < 0.002
