"""Runs that draw defects: every copy has its defect in the mask, the ledger tells of it, and a replay is the same."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

import domainaug as da

PROFILE = """\
id: plant/plates
version: 1.0.0
title: Plates
extends: manufacturing/metal-surface
part: {pixel_pitch_mm: 0.1, lighting: {kind: bright-field, azimuth_deg: 90}}
recipe:
  - DrawDefect: {kinds: {stain: {diameter_mm: 3}, pit: {diameter_mm: 1}}, p: 1}
"""


def steps(out):
    lines = (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [step for line in lines for step in _found(json.loads(line))]


def _found(value):
    if isinstance(value, dict):
        if value.get("transform") == "DrawDefect":
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _found(each)


def test_a_run_draws_marks_tells_and_repeats(tmp_path):
    random = np.random.default_rng(0)
    for name in ("images", "masks"):
        (tmp_path / "plates" / name).mkdir(parents=True)
    for number in range(2):
        plate = (120 + random.normal(0, 2, (96, 128))).round().astype(np.uint8)
        Image.fromarray(plate).save(tmp_path / "plates" / "images" / f"{number}.png")
        Image.fromarray(np.zeros_like(plate)).save(tmp_path / "plates" / "masks" / f"{number}.png")
    (tmp_path / "plates.yaml").write_text(PROFILE, encoding="utf-8")
    out = tmp_path / "out"
    da.augment(tmp_path / "plates", out, profile=tmp_path / "plates.yaml", copies=2, seed=5, engine="serial")
    masks = sorted((out / "masks").iterdir())
    assert len(masks) == 4
    for mask in masks:
        marked = np.asarray(Image.open(mask)) > 0
        after = np.asarray(Image.open(out / "images" / mask.name)).astype(int)
        before = np.asarray(Image.open(tmp_path / "plates" / "images" / f"{mask.name[0]}.png")).astype(int)
        assert marked.any()
        assert np.abs(after - before)[marked].mean() > 3
    told = steps(out)
    assert {step["params"]["kind"] for step in told} <= {"stain", "pit"}
    assert all(step["params"]["pitch_mm"] == 0.1 for step in told)
    assert da.replay(out, engine="serial").identical
