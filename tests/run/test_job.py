"""A study goes a few slices at a time where it can, and comes out as the volume would."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

import domainaug
from domainaug.layouts.dicom_study import _Volume
from domainaug.pipeline import slices
from domainaug.run.ledger import LEDGER, Ledger

PROFILE = """
id: tests/study
version: 1.0.0
title: A study
description: A turn, some noise, now and then a blur.
applies_to: {dicom: {Modality: [CT]}, channels: 1}
frame: {size: [128, 128], channels: 1, spacing_mm: 0.7, volume: true}
value_range: {low: -1024, high: 3071, unit: HU, fill: -1024}
limits:
  - effect: [rotation, scale, noise, outside, blur]
    code: TES201
    allow: any
    reason: Nothing is at stake.
    evidence: [{strength: opinion}]
recipe:
  - Affine: {rotate: [2, 9], scale: [1.05, 1.05], p: 1}
  - GaussNoise: {std_range: [0.1, 0.2], p: 1}
  - GaussianBlur: {p: 0.5}
"""


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    for index in range(5):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.9.{index + 1}"
        dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [0, 0, index * 2.5], [1, 0, 0, 0, 1, 0]
        dataset.save_as(folder / f"{index}.dcm")
    return folder


def augmented(study, out):
    profile = study.parent / "study.yaml"
    profile.write_text(PROFILE, encoding="utf-8")
    summary = domainaug.augment(study, out, profile=profile, copies=4, seed=3, engine="serial", timeout=None)
    assert summary.done == 4
    with Ledger(out / LEDGER) as ledger:
        records = {row.copy: json.dumps(row.record) for row in ledger.rows()}
    files = {path.relative_to(out): path.read_bytes() for path in sorted(Path(out).rglob("*.dcm"))}
    return files, records


def test_files_and_records_are_those_of_the_volume(study, tmp_path, monkeypatch):
    asked, drawn = [], slices.drawn_for_slices
    monkeypatch.setattr(slices, "drawn_for_slices", lambda *a, **k: asked.append(drawn(*a, **k)) or asked[-1])
    whole = []
    monkeypatch.setattr(_Volume, "volume", property(lambda self: whole.append(1) or self._view.seen(), lambda *_: None))
    found = augmented(study, tmp_path / "slices")
    assert any(asked)
    assert len(whole) >= asked.count(None) > 0
    monkeypatch.setattr(slices, "drawn_for_slices", lambda *a, **k: None)
    assert augmented(study, tmp_path / "volume") == found
