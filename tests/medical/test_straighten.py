"""Stacks that are no volumes become one where that is allowed: solids of known place and size are the judge."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.errors import UnreadableInput
from domainaug.layouts.dicom_study import DicomStudy
from domainaug.medical import load, read_study
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
from domainaug.medical.other_readers import Reading, disagreement, installed, read_with
from domainaug.medical.straighten import refusal_of, straightening_of, upright
from domainaug.medical.validators import dcentvfy, find_tool, new_errors
from domainaug.medical.verify import verify_series
from domainaug.run import augment, replay
from domainaug.run.ledger import LEDGER, Ledger

ROWS, COLUMNS, PIXEL, STEP = 56, 48, (1.2, 0.9), 4.0
RADIUS = 13.0


def frame_of(tilt, turn=0.0):
    """Row, column and normal of slices that a gantry tilts about the patient's left-right axis, and then turned."""
    a, b = math.radians(tilt), math.radians(turn)
    row, column = np.array([1.0, 0, 0]), np.array([0, math.cos(a), math.sin(a)])
    about_z = np.array([[math.cos(b), -math.sin(b), 0], [math.sin(b), math.cos(b), 0], [0, 0, 1]])
    row, column = about_z @ row, about_z @ column
    return row, column, np.cross(row, column)


def ball(points):
    """A ball about the origin: shares that fall from 1 to 0 over 4 mm, so that its middle is sharp to a fraction."""
    return np.clip((RADIUS + 2 - np.linalg.norm(points, axis=-1)) / 4, 0, 1)


def rod(points):
    """A rod along the patient's z, leaning against the slices as the table does."""
    return np.clip((RADIUS + 2 - np.hypot(points[..., 0], points[..., 1])) / 4, 0, 1)


BALL = math.pi * 4 / 3 * (RADIUS**3 + 4 * RADIUS)  # the mean of r cubed over an edge 4 mm wide


@pytest.fixture
def stack(tmp_path):
    """A folder with slices of a solid at the heights of a table that moves along the patient's z."""

    def make(heights=range(-7, 8), *, tilt=0.0, turn=0.0, aside=None, solid=ball, folder="stack", **tags):
        place = tmp_path / folder
        place.mkdir()
        row, column, _ = frame_of(tilt, turn)
        y, x = np.indices((ROWS, COLUMNS))
        for index, height in enumerate(heights):
            middle = np.array([0, 0, STEP * height / math.cos(math.radians(tilt))]) + (aside or {}).get(index, 0)
            corner = middle - row * PIXEL[1] * (COLUMNS - 1) / 2 - column * PIXEL[0] * (ROWS - 1) / 2
            points = corner + x[..., None] * PIXEL[1] * row + y[..., None] * PIXEL[0] * column
            one = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
            one.Rows, one.Columns, one.PixelSpacing = ROWS, COLUMNS, list(PIXEL)
            one.ImagePositionPatient = [f"{value:.9f}"[:16] for value in corner]
            one.ImageOrientationPatient = [f"{value:.12f}"[:16] for value in (*row, *column)]
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.8.{index + 1}"
            one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.826.0.2.8", "1.2.826.0.4.8"
            one.GantryDetectorTilt, one.InstanceNumber, one.SliceLocation = tilt, index + 1, STEP * index
            one.SliceThickness = one.SpacingBetweenSlices = STEP
            one.PixelData = (24 + np.rint(1000 * solid(points))).astype("<i2").tobytes()
            for name, value in tags.items():
                setattr(one, name, value)
            one.save_as(place / f"image-{index:02d}.dcm")
        return place

    return make


def only(folder):
    (series,) = read_study(folder).series
    return series


def shown(folder, *allow):
    """Return the series as it is augmented, its grid, and shares of the solid."""
    loaded = load(only(folder).files).straightened(allow)
    series = loaded.view.series
    return loaded, Grid.of_series(series), np.clip((loaded.view.seen() + 1000.0) / 1000, 0, 1)


def places(grid):
    z, y, x = np.indices(grid.shape)
    return grid.to_mm(np.stack([x, y, z], -1).reshape(-1, 3)).reshape(*grid.shape, 3)


def middle(shares, grid):
    return (shares[..., None] * places(grid)).sum(axis=(0, 1, 2)) / shares.sum()


# -- tilt ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tilt", "turn"), [(12, 0), (-20, 0), (17, 35), (25, -110)])
def test_a_tilted_stack_becomes_upright_with_the_ball_where_it_is(stack, tilt, turn):
    folder = stack(tilt=tilt, turn=turn)
    assert only(folder).refusal.code == "gantry-tilt"
    loaded, grid, shares = shown(folder, "gantry-tilt")
    assert loaded.view.series.refusal is None
    axes = grid.matrix[:3, :3] / grid.steps
    assert np.allclose(axes.T @ axes, np.eye(3), atol=1e-6)  # upright: three axes at right angles
    assert np.allclose(axes[:, 2], frame_of(tilt, turn)[2], atol=1e-6)
    off = middle(shares, grid) @ axes / grid.steps
    assert np.abs(off).max() < 0.1
    assert shares.sum() * grid.voxel_mm3 == pytest.approx(BALL, rel=0.01)
    assert np.abs(shares - ball(places(grid))).max() < 0.08  # where an edge begins, interpolated


def test_a_rod_along_the_table_stays_one(stack):
    _, grid, shares = shown(stack(tilt=18, solid=rod), "gantry-tilt")
    for plane, points in zip(shares, places(grid), strict=True):
        center = (plane[..., None] * points).sum(axis=(0, 1)) / plane.sum()
        assert np.abs(center[:2]).max() < 0.1 * min(PIXEL)


def test_slices_are_shifted_and_nothing_is_cut_off_or_mixed(stack):
    folder = stack(tilt=15)
    loaded, grid, shares = shown(folder, "gantry-tilt")
    before = np.clip((only(folder).pixels() + 1000.0) / 1000, 0, 1)
    assert grid.shape[1] > ROWS
    assert grid.shape[2] == COLUMNS
    assert np.allclose(shares.sum(axis=(1, 2)), before.sum(axis=(1, 2)), rtol=2e-3, atol=0.05)
    assert [place.sources for place in loaded.places] == [(index,) for index in range(len(before))]
    plan = straightening_of(only(folder), {"gantry-tilt"})
    whole = [index for index, shift in enumerate(plan.shifts) if not (shift % 1).any()]
    assert whole  # a slice that lies on the new grid already keeps its pixels
    for index in whole:
        down = int(plan.shifts[index][0])
        assert np.array_equal(shares[index][down : down + ROWS], before[index])


def test_what_lies_outside_is_air_or_padding(stack):
    loaded, _, _ = shown(stack(tilt=15), "gantry-tilt")
    assert loaded.view.stored[0][-1, 0] == -2000  # Pixel Padding Value of the source
    place = stack(tilt=15, folder="bare")
    for path in place.iterdir():
        one = pydicom.dcmread(path)
        del one.PixelPaddingValue
        one.save_as(path)
    loaded, _, _ = shown(place, "gantry-tilt")
    assert loaded.view.stored[0][-1, 0] + only(place).instances[0].storage.intercept == -1000


def test_padding_stays_padding(stack):
    place = stack(tilt=15)
    for path in place.iterdir():
        one = pydicom.dcmread(path)
        pixels = one.pixel_array.copy()
        pixels[:, :3] = -2000
        one.PixelData = pixels.tobytes()
        one.save_as(path)
    loaded, _, _ = shown(place, "gantry-tilt")
    assert (loaded.view.stored[:, 20:40, :3] == -2000).all()
    assert (loaded.view.stored[:, 20:40, 3:] != -2000).all()


def test_shifted_slices_come_back_under_each_other(stack):
    folder = stack(aside={3: np.array([2.5, 0, 0]), 9: np.array([0, -3.1, 0])})
    assert only(folder).refusal.code == "shifted-slices"
    _, grid, shares = shown(folder, "shifted-slices")
    assert np.abs(middle(shares, grid) / grid.steps).max() < 0.1
    assert np.abs(shares - ball(places(grid))).max() < 0.07


# -- distances ----------------------------------------------------------------------------------------------


def test_missing_slices_are_filled_in_between_the_others(stack):
    folder = stack([-7, -6, -5, -4, -3, -1, 0, 1, 3, 4, 5, 6, 7])
    loaded, grid, shares = shown(folder, "missing-slice")
    assert grid.shape[0] == 15
    assert np.allclose(grid.steps, (PIXEL[1], PIXEL[0], STEP))
    before = (only(folder).pixels() + 1000.0) / 1000
    assert [place.sources for place in loaded.places][4:7] == [(4,), (4, 5), (5,)]
    assert np.allclose(shares[5], np.clip((before[4] + before[5]) / 2, 0, 1), atol=1e-3)
    assert np.allclose(shares[4], np.clip(before[4], 0, 1), atol=1e-6)
    assert np.abs(middle(shares, grid) / grid.steps).max() < 0.1


def test_uneven_slices_come_to_lie_at_even_distances(stack):
    folder = stack([-7, -6, -5.3, -4, -3, -2.2, -1, 0, 1, 2, 3.3, 4, 5, 6, 7])
    assert only(folder).refusal.code == "uneven-spacing"
    assert refusal_of(only(folder), {"missing-slice"}).code == "uneven-spacing"
    _, grid, shares = shown(folder, "uneven-spacing")
    assert grid.shape[0] == 15
    assert np.abs(middle(shares, grid) / grid.steps).max() < 0.1
    assert shares.sum() * grid.voxel_mm3 == pytest.approx(BALL, rel=0.03)  # linear between slices 4 mm apart


def test_tilt_and_gaps_need_both_to_be_allowed(stack):
    folder = stack([-7, -6, -5, -4, -3, -1, 0, 1, 3, 4, 5, 6, 7], tilt=14)
    assert refusal_of(only(folder), {"gantry-tilt"}).code == "missing-slice"
    assert refusal_of(only(folder), {"missing-slice"}).code == "gantry-tilt"
    assert refusal_of(only(folder), {"missing-slice", "gantry-tilt"}) is None
    _, grid, shares = shown(folder, "missing-slice", "gantry-tilt")
    axes = grid.matrix[:3, :3] / grid.steps
    assert np.abs(middle(shares, grid) @ axes / grid.steps).max() < 0.1


def test_what_would_mostly_be_made_up_stays_refused(stack):
    found = refusal_of(only(stack([-7, -6, -5, 20])), {"missing-slice"})
    assert (found.code, found.refuses) == ("missing-slice", True)
    assert "made up" in found.message


def test_slices_that_hardly_overlap_stay_refused(stack):
    found = refusal_of(only(stack(aside={3: np.array([2500.0, 0, 0])})), {"shifted-slices"})
    assert "hardly overlap" in found.message


# -- duplicates ---------------------------------------------------------------------------------------------


def test_of_slices_that_are_there_twice_one_is_taken(stack):
    folder = stack([*range(-7, 3), 2, *range(3, 8)])
    assert only(folder).refusal.code == "duplicate-position"
    loaded, grid, shares = shown(folder, "duplicate-position")
    assert grid.shape[0] == 15
    assert len(loaded.opened) == 16
    assert np.abs(middle(shares, grid) / grid.steps).max() < 0.05


def test_two_slices_at_one_place_that_differ_stay_refused(stack):
    folder = stack([*range(-7, 3), 2, *range(3, 8)])
    one = pydicom.dcmread(folder / "image-10.dcm")
    one.PixelData = bytes(one.PixelData[2:]) + b"\0\0"
    one.save_as(folder / "image-10.dcm")
    with pytest.raises(UnreadableInput, match="nobody can say which is true") as caught:
        shown(folder, "duplicate-position")
    assert caught.value.code == "duplicate-position"


def test_slices_beside_each_other_at_one_height_stay_refused(stack):
    folder = stack([*range(-7, 3), 2, *range(3, 8)], aside={10: np.array([30.0, 0, 0])})
    found = refusal_of(only(folder), {"duplicate-position", "shifted-slices"})
    assert found.code == "duplicate-position"
    assert "beside each other" in found.message


def test_what_duplicates_hid_is_judged_too(stack):
    folder = stack([-7, -6, -5, -3, -2, -1, -1, 0, 1], tilt=10)
    assert only(folder).refusal.code == "duplicate-position"
    assert refusal_of(only(folder), {"duplicate-position"}).code == "missing-slice"
    assert refusal_of(only(folder), {"duplicate-position", "missing-slice"}).code == "gantry-tilt"
    assert refusal_of(only(folder), {"duplicate-position", "missing-slice", "gantry-tilt"}) is None


# -- nothing else -------------------------------------------------------------------------------------------


def test_a_stack_in_order_and_one_that_nobody_allowed_stay_as_they_are(stack):
    straight, tilted = only(stack(folder="straight")), only(stack(tilt=9, folder="tilted"))
    assert straightening_of(straight, {"gantry-tilt", "missing-slice"}) is None
    assert straightening_of(tilted, {"missing-slice"}) is None
    assert upright(tilted, ()) is tilted
    loaded = load(straight.files)
    assert loaded.straightened({"gantry-tilt"}) is loaded


def test_a_slice_with_its_own_rescale_keeps_its_values(stack):
    folder = stack(tilt=12)
    for index, path in enumerate(sorted(folder.iterdir())):
        one = pydicom.dcmread(path)
        one.RescaleSlope = 0.5 if index % 2 else 1
        stored = np.rint((one.pixel_array - 1024.0 + 1024) / float(one.RescaleSlope))
        one.PixelData = stored.astype("<i2").tobytes()
        one.save_as(path)
    _, grid, shares = shown(folder, "gantry-tilt")
    axes = grid.matrix[:3, :3] / grid.steps
    assert np.abs(middle(shares, grid) @ axes / grid.steps).max() < 0.1


# -- in a run -----------------------------------------------------------------------------------------------

PROFILE = """
id: tests/straighten
version: 1.0.0
title: A study
description: Turns and tones.
applies_to: {dicom: {Modality: [CT]}, channels: 1}
frame: {size: [56, 48], channels: 1, spacing_mm: 0.9, volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1024}
limits:
  - effect: [rotation, outside, gamma]
    code: TES201
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe: """
STILL, MOVING = "[{Gamma: {log_gamma: [0.001, 0.001], p: 1.0}}]", "[{Affine: {rotate: [8, 8], p: 1.0}}]"
GAPS = [-7, -6, -5, -4, -3, -1, 0, 1, 3, 4, 5, 6, 7]


def ran(study: Path, recipe: str, *allow: str, name: str = "out") -> Path:
    profile = study.parent / "straighten.yaml"
    profile.write_text(PROFILE + recipe + "\n", encoding="utf-8")
    out = study.parent / name
    summary = augment(study, out, profile=profile, seed=3, engine="serial", timeout=None, allow=allow)
    assert (summary.done, summary.set_aside) == (1, ()), summary
    return out


def images_in(folder):
    return sorted(folder.rglob("IM*.dcm"))


def labeled(study):
    """Put a segmentation, an outline and a landmark of the ball beside the images, on their leaning grid."""
    series = only(study)
    matrix = np.eye(4)
    geometry = series.geometry
    matrix[:3, 0] = np.array(geometry.row) * PIXEL[1]
    matrix[:3, 1] = np.array(geometry.column) * PIXEL[0]
    first, second = (np.array(one.position) for one in series.instances[:2])
    matrix[:3, 2], matrix[:3, 3] = second - first, first
    leaning = Grid(series.size, matrix)
    copy = Copy(tuple(pydicom.dcmread(path) for path in series.files), leaning)
    angle = np.arange(60) * 2 * np.pi / 60
    row, column = np.array(geometry.row), np.array(geometry.column)
    circle = RADIUS * (np.cos(angle)[:, None] * row + np.sin(angle)[:, None] * column)
    structures = Labels(
        (Segment(1, "ball"), Segment(2, "middle")), (), (Contour(1, circle),), (Landmark("middle", (0.0, 0, 0), "", 2),)
    )
    (study / "structures.dcm").write_bytes(write_structures(structures, copy))
    whole = (ball(places(leaning)) > 0.5).astype(np.uint8)
    (study / "seg.dcm").write_bytes(write_seg(Labels((Segment(1, "ball"),), (Mask(leaning, whole),)), copy))
    return study


@pytest.mark.parametrize("recipe", [STILL, MOVING], ids=["still", "moving"])
def test_labels_fit_the_straightened_copy(stack, recipe):
    study = labeled(stack(tilt=15))
    folder = images_in(ran(study, recipe, "tilt"))[0].parent
    series = only(folder)
    assert series.refusal is None
    grid = Grid.of_series(series)
    shares = np.clip((series.pixels() + 1000.0) / 1000, 0, 1)
    at = middle(shares, grid)
    seg = read_labels(folder / "SEG01.dcm").masks[0]
    off = (middle(seg.values == 1, seg.grid) - at) @ (grid.matrix[:3, :3] / grid.steps) / grid.steps
    assert np.abs(off).max() < 0.3  # voxels of a mask cannot follow a shift by a part of one
    assert (seg.values == 1).sum() * seg.grid.voxel_mm3 == pytest.approx(BALL, rel=0.03)
    structures = read_labels(folder / "RTSTRUCT02.dcm")
    (point,) = (one.point for one in structures.landmarks)
    assert np.abs(point - at).max() < 0.15
    (curve,) = structures.contours
    assert np.abs(curve.points.mean(axis=0) - at).max() < 0.1
    assert np.abs(grid.to_index(curve.points)[:, 2] - 7).max() < 0.02
    if recipe == STILL:
        assert np.abs(np.linalg.norm(curve.points, axis=1) - RADIUS).max() < 1e-3
        assert pydicom.dcmread(images_in(folder)[0]).FrameOfReferenceUID == "1.2.826.0.4.8"


@pytest.mark.parametrize(
    ("given", "allow", "code"),
    [({"tilt": 15}, "tilt", "113085"), ({"heights": GAPS}, "gaps", "113085")],
    ids=["tilt", "gaps"],
)
def test_headers_and_ledger_say_what_was_done(stack, given, allow, code):
    study = stack(**given)
    out = ran(study, STILL, allow)
    sources, copies = sorted(study.iterdir()), images_in(out)
    with Ledger(out / LEDGER) as ledger:
        (row,) = list(ledger.rows())
    told = row.record["prepared"]
    assert told["from"] == [len(sources), ROWS, COLUMNS]
    assert told["to"][0] == len(copies)
    first = pydicom.dcmread(copies[5])
    assert told["straightened"] in first.DerivationDescription
    assert [item.CodeValue for item in first.DerivationCodeSequence] == [code]
    assert first.SyntheticData == "YES"
    assert ("GantryDetectorTilt" in first) == (allow == "gaps")
    assert len({pydicom.dcmread(path).SOPInstanceUID for path in copies}) == len(copies)
    uids = {pydicom.dcmread(path).SOPInstanceUID for path in sources}
    for path in copies:
        one = pydicom.dcmread(path)
        named = [item.ReferencedSOPInstanceUID for item in one.SourceImageSequence]
        assert set(named) <= uids
        assert len(named) == (2 if one.InstanceNumber in (6, 10) and allow == "gaps" else 1)
        assert {item.SpatialLocationsPreserved for item in one.SourceImageSequence} == {"NO"}
    assert replay(out, engine="serial").ok


@pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize(
    ("given", "allow"), [({"tilt": 15}, "tilt"), ({"heights": GAPS}, "gaps")], ids=["tilt", "gaps"]
)
def test_validators_have_nothing_new_to_say(stack, given, allow):
    study = stack(**given)
    copies = images_in(ran(study, STILL, allow))
    pairs = []
    for path in copies:
        uid = pydicom.dcmread(path).SourceImageSequence[0].ReferencedSOPInstanceUID
        pairs.append((study / f"image-{int(uid.split('.')[-1]) - 1:02d}.dcm", path))
    assert not [error for pair in pairs for error in new_errors(*pair)]
    sources = sorted(study.iterdir())
    assert dcentvfy([*sources, *copies]) - dcentvfy(sources) == frozenset()
    assert verify_series(*map(list, zip(*pairs, strict=True))) == ()


@pytest.mark.parametrize("reader", ["GDCM", "dcm2niix"])
@pytest.mark.parametrize(
    "given", [{"tilt": 15}, {"tilt": -20, "turn": 30}, {"heights": GAPS}], ids=["tilt", "turned", "gaps"]
)
def test_other_readers_see_the_same_voxels_in_the_same_places(stack, given, reader):
    if reader not in installed():
        pytest.skip(f"{reader} is not installed")
    folder = images_in(ran(stack(**given), STILL, "tilt", "gaps"))[0].parent
    series = only(folder)
    ours = Reading(series.pixels(stored=True), Grid.of_series(series).matrix)
    theirs = read_with(reader, series.files, 16)
    ours = replace(ours, pixels=series.pixels()) if theirs.pixels.min() < series.pixels(stored=True).min() else ours
    assert disagreement(ours, theirs) == ""


def test_a_layout_sets_aside_what_is_not_allowed(stack):
    study = stack(tilt=15)
    (aside,) = DicomStudy().scan(study).set_aside
    assert aside.code == "gantry-tilt"
    (item,) = DicomStudy(allow=frozenset({"gantry-tilt"})).scan(study).items
    assert item.detail["findings"] == ["padding-value", "gantry-tilt"]
