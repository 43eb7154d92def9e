"""Patients mirrored end to end: pixels, segmentations, structure sets and everything that names a side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.medical import read_study
from domainaug.medical.deeds import Code
from domainaug.medical.labels import (
    Contour,
    Copy,
    Grid,
    Labels,
    Mask,
    Segment,
    read_labels,
    write_seg,
    write_structures,
)
from domainaug.medical.validators import dciodvfy, find_tool, new_errors
from domainaug.medical.verify import verify_series
from domainaug.run import augment, replay

SHAPE, STEPS = (9, 44, 52), np.array((0.9, 1.1, 3.0))  # columns, rows, slices
BALL = np.array((6.0, -6.0, 103.0))  # to the left of the middle
RADIUS = 6.0
LYING = {
    "axial": [1, 0, 0, 0, 1, 0],
    "axial, seen from above": [-1, 0, 0, 0, 1, 0],
    "sagittal": [0, 1, 0, 0, 0, -1],
    "coronal": [1, 0, 0, 0, 0, -1],
}

PROFILE = """
id: tests/mirrored
version: 1.0.0
title: A knee
description: Sides change.
applies_to: {dicom: {Modality: [CT, DX, CR]}, channels: 1}
frame: {size: [44, 52], channels: 1, spacing_mm: 0.9, volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1000}
limits:
  - effect: [mirror_horizontal, mirror_vertical, mirror_left_right, mirror_anterior_posterior, rotation, shift]
    code: TES301
    allow: any
    reason: Sides follow.
    evidence: [{strength: opinion}]
recipe: """

MIRROR = "[{AnatomicalMirror: {p: 1.0}}]"


def matrix_of(lying: str) -> np.ndarray:
    axes = np.array(LYING[lying], float).reshape(2, 3)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([axes[0], axes[1], np.cross(*axes)], axis=1) * STEPS
    middle = (np.array(SHAPE[::-1]) - 1) / 2
    matrix[:3, 3] = (2.0, -4.0, 100.0) - matrix[:3, :3] @ middle
    return matrix


def distance(grid: Grid, place: np.ndarray) -> np.ndarray:
    z, y, x = np.indices(grid.shape)
    points = grid.to_mm(np.stack([x, y, z], -1).reshape(-1, 3))
    return np.linalg.norm(points - place, axis=1).reshape(grid.shape)


def ring(grid: Grid, index: int) -> Contour:
    """Where the ball meets a slice, as a curve in the patient."""
    centre = grid.to_index([BALL])[0]
    normal = grid.matrix[:3, 2] / np.linalg.norm(grid.matrix[:3, 2])
    away = (index - centre[2]) * STEPS[2]
    radius = np.sqrt(RADIUS**2 - away**2)
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    row, column = (grid.matrix[:3, axis] / np.linalg.norm(grid.matrix[:3, axis]) for axis in (0, 1))
    points = BALL + normal * away + radius * (np.outer(np.cos(turn), row) + np.outer(np.sin(turn), column))
    return Contour(1, points)


@pytest.fixture
def knee(tmp_path):
    def make(lying="axial", **tags):
        place = tmp_path / "study"
        place.mkdir()
        grid = Grid(SHAPE, matrix_of(lying))
        away = distance(grid, BALL)
        for index in range(SHAPE[0]):
            one = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
            one.Rows, one.Columns = SHAPE[1:]
            one.PixelSpacing, one.SliceThickness, one.SpacingBetweenSlices = [1.1, 0.9], 3.0, 3.0
            one.ImagePositionPatient = [f"{value:.10f}"[:16] for value in grid.to_mm([[0, 0, index]])[0]]
            one.ImageOrientationPatient = LYING[lying]
            one.InstanceNumber, one.SliceLocation = index + 1, 3.0 * index
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.8.{index + 1}"
            one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.826.0.2.8", "1.2.826.0.4.8"
            one.BodyPartExamined, one.Laterality, one.ProtocolName = "KNEE", "L", "KNEE LEFT"
            one.PatientPosition = "HFDL"
            for name, value in tags.items():
                setattr(one, name, value)
            one.PixelData = (24 + np.rint(1000 * np.clip(RADIUS + 1 - away[index], 0, 2) / 2)).astype("<i2").tobytes()
            one.save_as(place / f"image-{index:02d}.dcm")
        (series,) = read_study(place).series
        whole = Grid.of_series(series)
        copy = Copy(tuple(pydicom.dcmread(path) for path in series.files), whole)
        left = Code("7771000", "SCT", "Left")
        segments = (
            Segment(1, "Meniscus_L", "left", modifiers=(left,)),
            Segment(2, "Patella left", "left"),
            Segment(3, "Patella right", "right"),
        )
        values = (distance(whole, BALL) < RADIUS).astype(np.uint8)
        values[4, 4:7, 5:9], values[5, 30:36, 40:44] = 2, 3
        (place / "seg.dcm").write_bytes(write_seg(Labels(segments, (Mask(whole, values),)), copy))
        rings = tuple(
            ring(whole, index) for index in range(SHAPE[0]) if distance(whole, BALL)[index].min() < RADIUS - 1
        )
        drawn = Labels((Segment(1, "MENISCUS LEFT", "left"),), contours=rings)
        (place / "structures.dcm").write_bytes(write_structures(drawn, copy))
        return place

    return make


def ran(study: Path, recipe: str = MIRROR, **options):
    profile = study.parent / "mirrored.yaml"
    profile.write_text(PROFILE + recipe + "\n", encoding="utf-8")
    return augment(study, study.parent / "out", profile=profile, seed=3, engine="serial", timeout=None, **options)


def images_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("IM*.dcm"))


def mirrored(place: np.ndarray, grid: Grid) -> np.ndarray:
    """Where a place lies in the patient who is mirrored about the middle of the pixels, left for right."""
    middle = grid.to_mm([(np.array(grid.shape[::-1]) - 1) / 2])[0]
    return np.array((2 * middle[0] - place[0], place[1], place[2]))


@pytest.mark.parametrize("lying", LYING)
def test_the_ball_its_segment_and_its_outline_lie_on_the_other_side(knee, lying):
    source = knee(lying)
    done = ran(source)
    assert (done.done, done.set_aside) == (1, ())
    folder = images_in(source.parent / "out")[0].parent
    (series,) = read_study(images_in(folder)).series
    grid = Grid.of_series(series)
    there = mirrored(BALL, grid)
    shares = np.clip((series.pixels() + 1000.0) / 1000, 0, 1)
    z, y, x = np.indices(grid.shape)
    points = grid.to_mm(np.stack([x, y, z], -1).reshape(-1, 3))
    middle = (shares.reshape(-1, 1) * points).sum(axis=0) / shares.sum()
    start = Grid.of_series(read_study(sorted(source.glob("image*"))).series[0])
    before = np.clip(RADIUS + 1 - distance(start, BALL), 0, 2) / 2
    was = (before.reshape(-1, 1) * start.to_mm(np.stack([x, y, z], -1).reshape(-1, 3))).sum(axis=0) / before.sum()
    assert np.abs(middle - mirrored(was, grid)).max() < 0.01  # whole pixels moved
    seg = read_labels(folder / "SEG01.dcm")
    found = {one.number: one for one in seg.segments}
    assert (found[1].name, found[1].side, found[1].modifiers[0].meaning) == ("Meniscus_R", "right", "Right")
    assert (found[2].name, found[3].name) == ("Patella left", "Patella right")  # a pair changed places instead
    whole = seg.shares(1)
    spots = np.stack(np.meshgrid(*(np.arange(n) for n in whole.shape), indexing="ij"), -1).reshape(-1, 3)[:, ::-1]
    center = (whole.reshape(-1, 1) * seg.masks[0].grid.to_mm(spots)).sum(axis=0) / whole.sum()
    assert np.abs(center - there).max() < 0.6  # the ball's middle lies between slices of 3 mm
    assert whole.sum() == read_labels(source / "seg.dcm").shares(1).sum()
    structures = read_labels(folder / "RTSTRUCT02.dcm")
    assert structures.segments[0].name == "MENISCUS RIGHT"
    radii = np.linalg.norm(np.concatenate([one.points for one in structures.contours]) - there, axis=1)
    assert radii.mean() == pytest.approx(RADIUS, abs=0.1)
    assert np.abs(radii - RADIUS).max() < 0.4
    assert replay(source.parent / "out", engine="serial").ok


def test_headers_name_the_other_side_and_say_why(knee):
    source = knee()
    ran(source)
    before = pydicom.dcmread(sorted(source.glob("image*"))[2])
    after = pydicom.dcmread(images_in(source.parent / "out")[2])
    assert (before.Laterality, after.Laterality) == ("L", "R")
    assert after.PatientPosition == "HFDR"
    assert "ProtocolName" not in after
    assert after.FrameOfReferenceUID != before.FrameOfReferenceUID
    assert after.ImagePositionPatient == before.ImagePositionPatient
    assert after.SourceImageSequence[0].SpatialLocationsPreserved == "NO"
    assert "MIRROR" in [item.CodeValue for item in after.DerivationCodeSequence]
    assert "mirror_left_right" in after.DerivationDescription
    assert verify_series(sorted(source.glob("image*")), images_in(source.parent / "out")) == ()


def test_a_copy_that_kept_its_side_is_found_out(knee):
    source = knee()
    ran(source)
    images = images_in(source.parent / "out")
    one = pydicom.dcmread(images[0])
    one.Laterality = "L"
    one.save_as(images[0])
    codes = {found.code for found in verify_series(sorted(source.glob("image*")), images)}
    assert codes == {"sides"}


@pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize("lying", ["axial", "sagittal"])
def test_validators_have_nothing_new_to_say(knee, lying):
    source = knee(lying)
    ran(source)
    pairs = zip(sorted(source.glob("image*")), images_in(source.parent / "out"), strict=True)
    assert not [error for pair in pairs for error in new_errors(*pair)]
    folder = images_in(source.parent / "out")[0].parent
    assert dciodvfy(folder / "SEG01.dcm") == frozenset()


class TestRefused:
    def told(self, knee, recipe=MIRROR, allow=(), **tags):
        done = ran(knee(**tags), recipe, allow=allow)
        return [one.reason for one in done.set_aside if one.copy is not None]

    def test_organs_that_lie_to_one_side_unless_that_is_allowed(self, knee):
        (reason,) = self.told(knee, BodyPartExamined="CHEST", Laterality="")
        assert "organs there lie to one side" in reason
        assert "allow mirrored-situs" in reason

    def test_not_where_it_is_allowed(self, knee):
        assert self.told(knee, allow=["mirrored-situs"], BodyPartExamined="CHEST", Laterality="") == []

    def test_a_body_part_that_nobody_names(self, knee):
        (reason,) = self.told(knee, BodyPartExamined="", Laterality="")
        assert "nothing says which body part it shows" in reason

    def test_a_code_that_holds_the_side(self, knee):
        region = pydicom.Dataset()
        region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "82169009", "SCT", "Left knee"
        (reason,) = self.told(knee, AnatomicRegionSequence=[region])
        assert "a code in AnatomicRegionSequence holds the side" in reason

    def test_mirrors_that_do_not_know_the_patient(self, knee):
        (reason,) = self.told(knee, "[{HorizontalFlip: {p: 1.0}}]")
        assert "mirror patients with AnatomicalMirror" in reason

    def test_a_second_mirror_besides(self, knee):
        (reason,) = self.told(knee, "[{AnatomicalMirror: {p: 1.0}}, {VerticalFlip: {p: 1.0}}]")
        assert "Laterality names a side" in reason
