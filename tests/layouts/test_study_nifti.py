"""Copies of DICOM volumes as NIfTI: in the place and order that dcm2niix gives them, with label maps that fit."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import pytest
import typer
from pydicom.data import get_testdata_file
from typer.testing import CliRunner

from domainaug.cli.augment import augment as command
from domainaug.errors import DomainAugError, UnknownName
from domainaug.medical import load, read_study
from domainaug.medical.labels import Contour, Copy, Grid, Labels, Mask, Segment, write_seg, write_structures
from domainaug.medical.nifti import NiftiImage
from domainaug.medical.nifti_export import image_of, label_map
from domainaug.medical.validators import find_tool
from domainaug.run import augment, replay

SHAPE = (9, 40, 36)
STEPS = (0.9, 0.8, 2.5)
PROFILE = """
id: tests/export
version: 1.0.0
title: A CT
description: Turns and crops.
applies_to: {dicom: {Modality: [CT]}, channels: 1}
frame: {size: [40, 36], channels: 1, spacing_mm: 0.9, volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1024}
limits:
  - effect: [rotation, scale, shift, outside, field_of_view, mirror_horizontal, gamma]
    code: TES401
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe: """
TURN = "[{Affine: {rotate: [12, 12], scale: [1.1, 1.1], p: 1.0}}]"
CROP = "[{CenterCrop: {height: 30, width: 28, p: 1.0}}]"
MIRROR = "[{HorizontalFlip: {p: 1.0}}]"
STILL = "[{Gamma: {log_gamma: [0.0, 0.0], p: 1.0}}]"


def turned(x: float, y: float, z: float) -> np.ndarray:
    """A rotation by degrees about x, then y, then z."""
    found = np.eye(3)
    for axis, angle in enumerate(np.deg2rad((x, y, z))):
        c, s = np.cos(angle), np.sin(angle)
        one = np.array([[c, -s], [s, c]]) if axis != 1 else np.array([[c, s], [-s, c]])
        whole = np.eye(3)
        whole[np.ix_(*[[other for other in range(3) if other != axis]] * 2)] = one
        found = whole @ found
    return found


AXIAL = np.eye(3)
CORONAL = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
SAGITTAL = np.array([[0, 0, -1.0], [1, 0, 0], [0, -1, 0]])


def write(folder: Path, axes: np.ndarray, values: np.ndarray, source: str = "CT_small.dcm", step: float = 1.0) -> Grid:
    """Write a stack of slices along `axes` (columns: row, column, normal), and return where it lies."""
    folder.mkdir(parents=True)
    origin = np.array([-31.0, 12.0, 55.0])
    for index, plane in enumerate(values):
        one = pydicom.dcmread(str(get_testdata_file(source)))
        one.Rows, one.Columns = plane.shape
        one.PixelSpacing, one.SliceThickness, one.SpacingBetweenSlices = [STEPS[1], STEPS[0]], STEPS[2], STEPS[2]
        one.ImageOrientationPatient = [f"{x:.12f}"[:16] for x in (*axes[:, 0], *axes[:, 1])]
        one.ImagePositionPatient = [f"{x:.10f}"[:16] for x in origin + axes[:, 2] * STEPS[2] * step * index]
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.8.{index + 1}"
        one.SeriesInstanceUID, one.FrameOfReferenceUID, one.InstanceNumber = "1.2.826.0.2.8", "1.2.826.0.4.8", index + 1
        one.pop("SliceLocation", None)
        one.PixelData = (plane + 1024).astype("<i2").tobytes()
        one.save_as(folder / f"image-{index:02d}.dcm")
    (series,) = read_study(folder).series
    return Grid.of_series(series)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(-1000, 1000, SHAPE)


def ball() -> np.ndarray:
    z, y, x = np.indices(SHAPE)
    return ((x - 20) * STEPS[0]) ** 2 + ((y - 19) * STEPS[1]) ** 2 + ((z - 4) * STEPS[2]) ** 2 <= 81


# -- the order and place of voxels --------------------------------------------------------------------------


@pytest.mark.skipif(find_tool("dcm2niix") is None, reason="dcm2niix is not installed")
@pytest.mark.parametrize("step", [1.0, -1.0], ids=["up", "down"])
@pytest.mark.parametrize("tilt", [(0, 0, 0), (12, -20, 7), (35, 28, -40)], ids=["straight", "oblique", "very"])
@pytest.mark.parametrize("axes", [AXIAL, CORONAL, SAGITTAL], ids=["axial", "coronal", "sagittal"])
def test_voxels_are_those_of_dcm2niix(tmp_path: Path, axes: np.ndarray, tilt: Any, step: float) -> None:
    write(tmp_path / "in", turned(*tilt) @ axes, noise(), step=step)
    theirs = converted(tmp_path)
    (series,) = read_study(tmp_path / "in").series
    image_of(load(series.files).view.seen(), Grid.of_series(series)).write(tmp_path / "ours.nii.gz")
    ours: Any = nibabel.load(tmp_path / "ours.nii.gz")
    np.testing.assert_array_equal(np.asarray(ours.dataobj), np.asarray(theirs.dataobj))
    corners = np.stack(np.meshgrid(*((0, n - 1) for n in ours.shape)), -1).reshape(-1, 3)
    for affine in (ours.affine, ours.header.get_qform()):
        places = [nibabel.affines.apply_affine(one, corners) for one in (affine, theirs.affine)]
        np.testing.assert_allclose(*places, atol=1e-4)  # mm


@pytest.mark.skipif(find_tool("dcm2niix") is None, reason="dcm2niix is not installed")
def test_voxels_of_mri_lie_where_dcm2niix_puts_them(tmp_path: Path) -> None:
    write(tmp_path / "in", turned(5, -6, 7), noise() + 1000, "MR_small.dcm")
    theirs = nibabel.as_closest_canonical(converted(tmp_path))  # dcm2niix turns 3-D acquisitions upright
    (series,) = read_study(tmp_path / "in").series
    image_of(load(series.files).view.seen(), Grid.of_series(series)).write(tmp_path / "ours.nii.gz")
    ours: Any = nibabel.as_closest_canonical(nibabel.load(tmp_path / "ours.nii.gz"))
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-4)
    np.testing.assert_allclose(np.asarray(ours.dataobj), np.asarray(theirs.dataobj))


def converted(folder: Path) -> Any:
    out = folder / "theirs"
    out.mkdir()
    command = [str(find_tool("dcm2niix")), "-b", "n", "-z", "n", "-f", "x", "-o", str(out), str(folder / "in")]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = out.glob("*.nii")
    return nibabel.load(path)


# -- runs ---------------------------------------------------------------------------------------------------


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A CT of a bright ball, its segmentation, and a structure set with its outlines."""
    place = tmp_path / "study"
    inside = ball()
    grid = write(place, turned(10, 5, -8), np.where(inside, 400, 0))
    (series,) = read_study(place).series
    copy = Copy(tuple(pydicom.dcmread(path) for path in series.files), grid)
    segments = (Segment(1, "Doe^John lesion"), Segment(2, "speck"))
    speck = inside.astype(np.uint8)
    speck[0, 0, 0] = 2
    (place / "seg.dcm").write_bytes(write_seg(Labels(segments, (Mask(grid, speck),)), copy))
    angle = np.arange(90) * 2 * np.pi / 90
    rings = []
    for z in range(1, 8):
        radius = np.sqrt(81 - ((z - 4) * STEPS[2]) ** 2)
        curve = [20 + radius * np.cos(angle) / STEPS[0], 19 + radius * np.sin(angle) / STEPS[1], np.full(90, float(z))]
        rings.append(Contour(3, grid.to_mm(np.column_stack(curve))))
    structures = Labels((Segment(3, "lesion"),), (), tuple(rings))
    (place / "structures.dcm").write_bytes(write_structures(structures, copy))
    return place


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., Any]:
    def run(study: Path, recipe: str, **how: Any) -> Any:
        profile = tmp_path / "profile.yaml"
        profile.write_text(PROFILE + recipe + "\n", encoding="utf-8")
        how = {"file_format": "nifti", "seed": 3, "engine": "serial", "timeout": None, **how}
        return augment(study, tmp_path / "out", profile=profile, **how)

    return run


def images(out: Path) -> dict[str, Any]:
    return {path.name: nibabel.load(path) for path in sorted(out.rglob("*.nii.gz"))}


@pytest.mark.parametrize("recipe", [TURN, CROP], ids=["turn", "crop"])
def test_labels_fit_their_image_voxel_by_voxel(
    study: Path, tmp_path: Path, ran: Callable[..., Any], recipe: str
) -> None:
    summary = ran(study, recipe)
    assert summary.exit_code == 0, summary.set_aside
    found = images(tmp_path / "out")
    assert list(found) == ["RTSTRUCT02.nii.gz", "SEG01.nii.gz", "image.nii.gz"] or list(found) == [
        "RTSTRUCT01.nii.gz",
        "SEG02.nii.gz",
        "image.nii.gz",
    ]
    structures, seg, image = found.values()
    bright = np.asarray(image.dataobj) > 200
    assert image.get_data_dtype() == np.int16
    for one, number in ((seg, 1), (structures, 3)):
        np.testing.assert_array_equal(one.affine, image.affine)
        mask = np.asarray(one.dataobj) == number
        assert 2 * (mask & bright).sum() / (mask.sum() + bright.sum()) > 0.96
    assert replay(tmp_path / "out", engine="serial").ok


def test_a_copy_lies_where_its_source_does(study: Path, tmp_path: Path, ran: Callable[..., Any]) -> None:
    ran(study, CROP)
    cropped = NiftiImage.read(next((tmp_path / "out").rglob("image.nii.gz")))
    (series,) = read_study(study).series
    whole, grid = load(series.files).view.seen(), Grid.of_series(series)
    corners = grid.to_index(cropped.grid.to_mm([[0, 0, 0], [27, 29, 8]])).round(3)
    (x0, y1, z0), (x1, y0, z1) = corners.astype(int)
    expected = whole[z0 : z1 + 1, y0 : y1 + 1, x0 : x1 + 1]
    np.testing.assert_array_equal(cropped.values()[:, ::-1], expected)


def test_nothing_of_a_header_goes_along(study: Path, tmp_path: Path, ran: Callable[..., Any]) -> None:
    for path in study.glob("image-*.dcm"):
        one = pydicom.dcmread(path)
        one.PatientName = one.PatientID = one.StudyDescription = one.SeriesDescription = "Canary"
        one.save_as(path)
    ran(study, STILL)
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            content += b"" if path.suffix != ".gz" else NiftiImage.read(path).to_bytes(zipped=False)
            assert b"Canary" not in content
            assert b"Doe" not in content
            assert b"CompressedSamples" not in content


def test_a_mirrored_patient_needs_both_of_a_pair(tmp_path: Path, ran: Callable[..., Any]) -> None:
    for number, names in enumerate((("kidney left", "kidney right"), ("kidney left", "spleen"))):
        place = tmp_path / f"study {number}"
        grid = write(place, AXIAL, np.where(ball(), 400, 0))
        (series,) = read_study(place).series
        copy = Copy(tuple(pydicom.dcmread(path) for path in series.files), grid)
        mask = ball().astype(np.uint8)
        mask[:, :, 21:][mask[:, :, 21:] == 1] = 2
        segments = tuple(Segment(at, name, "left" if "left" in name else "right" if "right" in name else "")
                         for at, name in enumerate(names, start=1))  # fmt: skip
        (place / "seg.dcm").write_bytes(write_seg(Labels(segments, (Mask(grid, mask),)), copy))
    summary = ran(tmp_path / "study 0", MIRROR)
    assert summary.exit_code == 0, summary.set_aside
    profile = tmp_path / "profile.yaml"
    how: dict[str, Any] = {"profile": profile, "file_format": "nifti", "engine": "serial", "timeout": None}
    (aside,) = augment(tmp_path / "study 1", tmp_path / "other", **how).set_aside
    assert (aside.code, "number" in aside.reason) == ("label", True)


def test_what_is_no_volume_stays_dicom(tmp_path: Path, ran: Callable[..., Any]) -> None:
    write(tmp_path / "single", AXIAL, noise()[:1])
    assert [one.code for one in ran(tmp_path / "single", STILL).set_aside] == ["not-a-volume"]


def test_formats_are_those_of_the_layout(study: Path, tmp_path: Path, ran: Callable[..., Any]) -> None:
    with pytest.raises(UnknownName, match="nifti"):
        ran(study, STILL, file_format="nifty")
    nibabel.Nifti1Image(np.zeros((3, 4, 5), np.int16), np.eye(4)).to_filename(tmp_path / "a.nii")
    with pytest.raises(DomainAugError, match="writes the format it reads"):
        ran(tmp_path / "a.nii", STILL)


# -- label maps ---------------------------------------------------------------------------------------------


def test_overlapping_segments_have_a_volume_each() -> None:
    grid = Grid(SHAPE, np.diag((*STEPS, 1.0)))
    first, second = ball(), np.roll(ball(), 4, axis=2)
    masks = tuple(Mask(grid, np.where(one, at, 0).astype(np.uint8)) for at, one in enumerate((first, second), start=1))
    image = label_map(Labels((Segment(1), Segment(2)), masks), grid)
    assert image is not None
    np.testing.assert_array_equal(image.values(), np.stack([first, second])[:, :, ::-1])
    alone = label_map(Labels((Segment(1), Segment(2)), masks[:1]), grid)
    assert alone is not None
    np.testing.assert_array_equal(alone.values(), first[:, ::-1])
    assert label_map(Labels((Segment(1),)), grid) is None


# -- the command --------------------------------------------------------------------------------------------


def test_the_command_takes_a_format_and_refuses_an_archive_for_it(study: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(command)
    given = [str(study), str(tmp_path / "out"), "-p", "medical/ct-chest", "--format", "nifti", "--engine", "serial"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    assert len(images(tmp_path / "out")) == 3
    refused = CliRunner().invoke(app, [*given, "--to", "dicomweb://127.0.0.1:1/rs"])
    assert refused.exit_code == 2
