"""Copies on other pixels than their source: crops, pads and resizes whose headers say where they lie."""

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
from domainaug.run.ledger import LEDGER, Ledger

SHAPE, STEPS = (10, 60, 52), np.array((0.9, 1.1, 2.5))  # columns, rows, slices
ORIGIN, CENTER, RADIUS = np.array((-20.0, -30.0, 100.0)), np.array((5.0, 2.0, 112.0)), 9.0
AXES = {"upright": np.eye(3), "oblique": np.linalg.qr(np.array([[9, 2, 1], [-2, 9, 3], [1, -3, 9.0]]))[0]}

PROFILE = """
id: tests/grids
version: 1.0.0
title: A study
description: Crops.
applies_to: {dicom: {Modality: [CT, DX]}, channels: 1}
frame: {size: [60, 52], channels: 1, spacing_mm: 0.9, volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1024}
limits:
  - effect: [rotation, scale, shift, outside, aspect, field_of_view, blur]
    code: TES201
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe: """

RECIPES = {
    "crop": "[{CenterCrop: {height: 40, width: 36, p: 1.0}}]",
    "random crop": "[{RandomCrop: {height: 48, width: 40, p: 1.0}}]",
    "pad": "[{PadIfNeeded: {min_height: 70, min_width: 66, p: 1.0}}]",
    "resize": "[{Resize: {height: 90, width: 104, p: 1.0}}]",
    "crop and resize": "[{CenterCrop: {height: 44, width: 40, p: 1.0}}, {Resize: {height: 66, width: 50, p: 1.0}}]",
}


def axes(name):
    q = AXES[name] * np.sign(np.diag(AXES[name]))
    return q if np.linalg.det(q) > 0 else q * (1, 1, -1)


def grid_of(name):
    matrix = np.eye(4)
    matrix[:3, :3] = axes(name) * STEPS
    matrix[:3, 3] = CENTER - matrix[:3, :3] @ ((CENTER - ORIGIN) / STEPS)
    return Grid(SHAPE, matrix)


def ball(grid):
    """Shares of voxels that a ball covers: smooth, so that its middle can be found to a fraction of a voxel."""
    z, y, x = np.indices(grid.shape)
    away = np.linalg.norm(grid.to_mm(np.stack([x, y, z], -1).reshape(-1, 3)) - CENTER, axis=1)
    return np.clip((RADIUS + 1.5 - away) / 3, 0, 1).reshape(grid.shape)


def middle_of(shares, grid):
    z, y, x = np.indices(grid.shape)
    places = grid.to_mm(np.stack([x, y, z], -1).reshape(-1, 3))
    return (shares.reshape(-1, 1) * places).sum(axis=0) / shares.sum()


@pytest.fixture
def study(tmp_path):
    def make(name="upright"):
        place = tmp_path / "study"
        place.mkdir()
        grid = grid_of(name)
        shares = ball(grid)
        for index in range(SHAPE[0]):
            one = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
            one.Rows, one.Columns = SHAPE[1:]
            one.PixelSpacing, one.SliceThickness, one.SpacingBetweenSlices = [1.1, 0.9], 2.5, 2.5
            one.ImagePositionPatient = [f"{value:.10f}"[:16] for value in grid.to_mm([[0, 0, index]])[0]]
            one.ImageOrientationPatient = [f"{value:.12f}"[:16] for value in axes(name)[:, :2].T.ravel()]
            one.SliceLocation, one.InstanceNumber = index * 2.5, index + 1
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.6.{index + 1}"
            one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.826.0.2.6", "1.2.826.0.4.6"
            one.PixelData = (24 + np.rint(1000 * shares[index])).astype("<i2").tobytes()
            one.save_as(place / f"image-{index:02d}.dcm")
        (series,) = read_study(place).series
        copy = Copy(tuple(pydicom.dcmread(path) for path in series.files), Grid.of_series(series))
        labels = Labels((Segment(1, "ball"),), (Mask(Grid.of_series(series), (shares > 0.5).astype(np.uint8)),))
        (place / "seg.dcm").write_bytes(write_seg(labels, copy))
        return place

    return make


def ran(study: Path, recipe: str) -> Path:
    profile = study.parent / "grids.yaml"
    profile.write_text(PROFILE + recipe + "\n", encoding="utf-8")
    out = study.parent / "out"
    summary = augment(study, out, profile=profile, seed=3, engine="serial", timeout=None)
    assert (summary.done, summary.set_aside) == (1, ())
    return out


def copy_in(out: Path) -> Path:
    (folder,) = {path.parent for path in out.rglob("*.dcm")}
    return folder


def shown(folder: Path):
    (series,) = read_study(folder).series
    assert series.refusal is None
    return series, Grid.of_series(series), (series.pixels() + 1000.0) / 1000


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_what_a_copy_shows_lies_where_it_lay(study, recipe, name):
    source = study(name)
    folder = copy_in(ran(source, recipe))
    _, grid, shares = shown(folder)
    before, after = grid_of(name), ball(grid)
    assert grid.shape != before.shape
    inside = np.clip(shares, 0, 1)
    assert np.abs(inside - after).max() < 0.12  # a resize interpolates an edge of 3 mm
    lost = np.abs(middle_of(inside, grid) - middle_of(after, grid)) @ axes(name) / grid.steps
    assert np.abs(lost).max() < 0.05
    mask = read_labels(folder / "SEG01.dcm").masks[0]
    assert np.allclose(mask.grid.steps, grid.steps, rtol=1e-6)
    drawn = np.zeros(grid.shape, bool)
    start = np.rint(grid.to_index(mask.grid.to_mm([[0, 0, 0]]))[0]).astype(int)
    drawn[start[2] : start[2] + len(mask.values)] = mask.values == 1
    truth = after > 0.5
    if "Resize" not in recipe:
        assert (drawn == truth).all()
    assert abs(drawn.sum() / truth.sum() - 1) < 0.03
    assert (drawn ^ truth).sum() <= 0.06 * truth.sum()  # voxels of the mask were up to twice as large


@pytest.mark.parametrize("recipe", [RECIPES["crop"], RECIPES["crop and resize"]], ids=["crop", "crop and resize"])
def test_its_headers_say_so_and_no_more(study, recipe):
    source = study()
    out = ran(source, recipe)
    folder = copy_in(out)
    sources = sorted(source.glob("image-*.dcm"))
    images = sorted(folder.glob("IM*.dcm"))
    assert verify_series(sources, images) == ()
    before, after = pydicom.dcmread(sources[3]), pydicom.dcmread(images[3])
    assert after.FrameOfReferenceUID == before.FrameOfReferenceUID
    assert after.SourceImageSequence[0].SpatialLocationsPreserved == "NO"
    assert after.SliceLocation == before.SliceLocation
    assert "Grid: " in after.DerivationDescription
    (code,) = after.DerivationCodeSequence
    assert code.CodeValue == ("GRID" if recipe == RECIPES["crop"] else "113085")
    assert "ReconstructionDiameter" not in after
    with Ledger(out / LEDGER) as ledger:
        (row,) = list(ledger.rows())
    assert row.record["grid"]["shape"] == [10, after.Rows, after.Columns]
    assert row.record["moved"] is False
    assert replay(out, engine="serial").ok


@pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_validators_have_nothing_new_to_say(study, recipe):
    source = study()
    folder = copy_in(ran(source, recipe))
    images = list(zip(sorted(source.glob("image-*.dcm")), sorted(folder.glob("IM*.dcm")), strict=True))
    assert not [error for pair in images for error in new_errors(*pair)]
    assert dciodvfy(folder / "SEG01.dcm") == frozenset()


def test_content_that_moved_besides_is_in_a_frame_of_its_own(study):
    source = study()
    recipe = "[{Affine: {rotate: [9, 9], p: 1.0}}, {CenterCrop: {height: 40, width: 36, p: 1.0}}]"
    folder = copy_in(ran(source, recipe))
    images = sorted(folder.glob("IM*.dcm"))
    assert pydicom.dcmread(images[0]).FrameOfReferenceUID != "1.2.826.0.4.6"
    assert verify_series(sorted(source.glob("image-*.dcm")), images) == ()
    _, grid, shares = shown(folder)
    mask = read_labels(folder / "SEG01.dcm").masks[0]
    middle = middle_of((mask.values == 1).astype(float), mask.grid)
    assert np.abs(middle - middle_of(np.clip(shares, 0, 1), grid)).max() < 0.3


@pytest.mark.parametrize("name", ["examples_ybr_color.dcm", "examples_rgb_color.dcm"], ids=["cine", "color"])
def test_color_and_frames_in_time_are_cut_too(tmp_path, name):
    source = tmp_path / "in" / "image.dcm"
    source.parent.mkdir()
    source.write_bytes(Path(str(get_testdata_file(name))).read_bytes())
    recipe = "[{CenterCrop: {height: 200, width: 240, p: 1.0}}, {Resize: {height: 100, width: 120, p: 1.0}}]"
    profile = tmp_path / "color.yaml"
    told = PROFILE.replace("{dicom: {Modality: [CT, DX]}, channels: 1}", "{channels: 3}")
    told = told.replace("channels: 1, spacing_mm: 0.9, volume: true", "channels: 3")
    profile.write_text(told.replace("value_range: {low: -1024, high: 3071, unit: HU, fill: -1024}\n", "") + recipe)
    done = augment(
        source.parent, tmp_path / "out", profile=profile, engine="serial", timeout=None, allow=["burned-in-unknown"]
    )
    assert (done.done, done.set_aside) == (1, ())
    (path,) = (tmp_path / "out").rglob("*.dcm")
    before, after = pydicom.dcmread(source), pydicom.dcmread(path)
    assert (after.Rows, after.Columns) == (100, 120)
    assert after.get("NumberOfFrames") == before.get("NumberOfFrames")
    assert after.pixel_array.shape[-3:] == (100, 120, 3)
    assert "SequenceOfUltrasoundRegions" not in after
    assert verify_series([source], [path]) == ()
    if find_tool("dciodvfy") is not None:
        assert new_errors(source, path) == frozenset()


def test_a_crop_in_millimeters_takes_slices_too(study):
    source = study("oblique")
    folder = copy_in(ran(source, "[{CropMm: {size_mm: [12.5, 44, 36], position: center, p: 1.0}}]"))
    _, grid, shares = shown(folder)
    assert grid.shape == (5, 40, 40)
    after = ball(grid)
    assert np.abs(np.clip(shares, 0, 1) - after).max() < 1e-3
    assert pydicom.dcmread(sorted(folder.glob("IM*.dcm"))[0]).FrameOfReferenceUID == "1.2.826.0.4.6"
    assert "SEG01.dcm" in {path.name for path in folder.iterdir()}
