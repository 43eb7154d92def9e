"""Volumes of one series on one grid: found, taken apart, and drawn as one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.layouts.dicom_study import DicomStudy
from domainaug.medical import read_study
from domainaug.run import augment, replay
from domainaug.run.ledger import LEDGER, Ledger


@pytest.fixture
def scanned(tmp_path):
    """A folder with an MR series that shows every place `turns` times."""

    def make(each, turns=3, places=(0, 4, 8, 12), folder="mr"):
        place = tmp_path / folder
        place.mkdir()
        for turn in range(turns):
            for index, height in enumerate(places):
                one = pydicom.dcmread(str(get_testdata_file("MR_small.dcm")))
                number = turn * len(places) + index
                one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.4.{100 - number}"
                one.SeriesInstanceUID = "1.2.826.0.2.4"
                one.ImageOrientationPatient, one.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0.0, 0.0, float(height)]
                one.InstanceNumber = number + 1
                for name in ("TriggerTime", "AcquisitionTime", "ContentTime", "AcquisitionNumber"):
                    one.pop(name, None)
                for name, value in each(turn, index).items():
                    setattr(one, name, value)
                one.save_as(place / f"{number:03d}.dcm")
        return place

    return make


def codes(series):
    return {finding.code for finding in series.findings}


@pytest.mark.parametrize(
    ("each", "code"),
    [
        (lambda turn, _: {"TemporalPositionIdentifier": turn + 1}, "4-d"),
        (lambda turn, _: {"TriggerTime": 40.0 * turn}, "4-d"),
        (lambda turn, index: {"TriggerTime": 40.0 * turn + index}, "4-d"),
        (lambda turn, index: {"AcquisitionTime": f"1200{turn:02d}.{index}"}, "4-d"),
        (lambda turn, _: {"AcquisitionNumber": turn + 1}, "4-d"),
        (lambda turn, _: {"EchoTime": 10.0 * (turn + 1)}, "echoes"),
        (lambda turn, _: {"DiffusionBValue": 500.0 * turn}, "b-values"),
        (lambda turn, _: {"DiffusionGradientOrientation": [float(turn == n) for n in range(3)]}, "b-values"),
        (lambda turn, _: {"InversionTime": 100.0 * turn}, "inversion-times"),
    ],
)
def test_what_tells_volumes_on_one_grid_apart_is_named(scanned, each, code):
    study = read_study(scanned(each))
    assert [series.size[0] for series in study.series] == [4, 4, 4]
    for series in study.series:
        assert series.refusal is None
        assert {code, "split"} <= codes(series)
        assert len({one.path.name for one in series.instances}) == 4


def test_volumes_by_trigger_time_are_the_phases(scanned):
    study = read_study(scanned(lambda turn, index: {"TriggerTime": 40.0 * turn + index}))
    turns = [[int(path.stem) // 4 for path in series.files] for series in study.series]
    assert turns == [[0] * 4, [1] * 4, [2] * 4]


def test_times_that_repeat_or_are_missing_take_nothing_apart(scanned):
    (one,) = read_study(scanned(lambda turn, _: {"TriggerTime": 0.0})).series
    assert one.refusal.code == "duplicate-position"
    half = scanned(lambda turn, index: {"TriggerTime": 40.0 * turn} if index else {}, folder="half")
    assert read_study(half).series[0].refusal.code == "duplicate-position"


def test_places_that_are_not_shown_equally_often_are_no_volumes(scanned):
    folder = scanned(lambda turn, _: {"TriggerTime": 40.0 * turn})
    (folder / "005.dcm").unlink()
    (one,) = read_study(folder).series
    assert one.refusal.code == "duplicate-position"


def test_two_stacks_at_different_places_share_nothing(scanned):
    folder = scanned(lambda turn, index: {"EchoTime": 10.0 + turn, "ImagePositionPatient": [0, 0, 4.0 * index + turn]})
    for series in read_study(folder).series:
        assert "echoes" not in codes(series)
        assert "split" in codes(series)
    assert all("together" not in item.detail for item in DicomStudy().scan(folder).items)


PROFILE = """
id: tests/time
version: 1.0.0
title: A study
description: Turns and noise.
applies_to: {dicom: {Modality: [MR]}, channels: 1}
frame: {size: [64, 64], channels: 1, spacing_mm: 1.0, volume: true}
value_range: {low: 0, high: 2000, unit: level, fill: 0}
limits:
  - effect: [rotation, scale, shift, outside, noise, blur]
    code: TES201
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe: """

SLICEWISE = "[{Affine: {rotate: [-20, 20], p: 1.0}}]"
NOISY = "[{Affine: {rotate: [-20, 20], p: 1.0}}, {GaussNoise: {std_range: [0.05, 0.05], p: 1.0}}]"
WHOLE = "[{Affine: {rotate: [-20, 20], p: 1.0}}, {GaussianBlur: {sigma_limit: [1, 1], p: 1.0}}]"


def ran(study: Path, recipe: str) -> Path:
    profile = study.parent / "time.yaml"
    profile.write_text(PROFILE + recipe + "\n", encoding="utf-8")
    out = study.parent / "out"
    done = augment(study, out, profile=profile, copies=2, seed=3, engine="serial", timeout=None)
    assert (done.done, done.set_aside) == (6, ())
    return out


def drawn(out):
    with Ledger(out / LEDGER) as ledger:
        return {(row.key, row.copy): row.record for row in ledger.rows()}


def pixels_by_copy(out):
    found = {}
    for folder in {path.parent for path in out.rglob("*.dcm")}:
        (series,) = read_study(folder).series
        found[folder.parent.name, folder.name] = series.pixels()
    return found


@pytest.mark.parametrize("recipe", [SLICEWISE, WHOLE], ids=["slicewise", "whole"])
def test_they_share_every_draw(scanned, recipe):
    out = ran(scanned(lambda turn, _: {"TemporalPositionIdentifier": turn + 1}), recipe)
    records = drawn(out)
    steps = {
        copy: {json.dumps(record["steps"]) for (_, made), record in records.items() if made == copy} for copy in (0, 1)
    }
    assert [len(steps[copy]) for copy in (0, 1)] == [1, 1]
    assert steps[0] != steps[1]
    assert len({record["key"] for record in records.values()}) == 1
    pixels = pixels_by_copy(out)
    for copy in ("copy-0", "copy-1"):
        first, *others = [values for (_, made), values in sorted(pixels.items()) if made == copy]
        assert all(np.array_equal(first, other) for other in others)  # the sources are equal
    assert replay(out, engine="serial").ok


def test_and_have_noise_of_their_own(scanned):
    out = ran(scanned(lambda turn, _: {"TemporalPositionIdentifier": turn + 1}), NOISY)
    angles = {
        copy: {record["effects"]["rotation"] for (_, made), record in drawn(out).items() if made == copy}
        for copy in (0, 1)
    }
    assert [len(found) for found in angles.values()] == [1, 1]
    values = [values for (_, made), values in sorted(pixels_by_copy(out).items()) if made == "copy-0"]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        difference = values[one] - values[other]
        assert difference.std() > 20
        assert abs(difference.mean()) < 3
    assert replay(out, engine="serial").ok


def test_each_volume_is_a_series_of_its_own(scanned):
    out = ran(scanned(lambda turn, _: {"EchoTime": 10.0 * (turn + 1)}), SLICEWISE)
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in out.rglob("*.dcm")]
    assert len({header.SeriesInstanceUID for header in headers}) == 6
    assert len({header.SOPInstanceUID for header in headers}) == 24
