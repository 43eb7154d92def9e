"""Calibrating on a data set: what its labeled defects measure, thresholds from them, and a profile that runs take."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parent / "defects"))

from plate_sets import plate, profile, save

import domainaug as da
from domainaug.cli import app
from domainaug.errors import DomainAugError, OutputError, UnreadableInput
from domainaug.manufacturing import Gate, Part, Site, draw_defect, kind
from domainaug.profile import load_profile
from domainaug.run import calibrate_set
from domainaug.run.ledger import LEDGER, Ledger


def labeled(folder, name="pit", count=10, level=40):
    """Write plates with a square defect each, of 5 to 8 pixels, and three good ones."""
    for number in range(count):
        side = 5 + number % 4
        shown, mask = plate(number), np.zeros((96, 128), np.uint8)
        shown[40 : 40 + side, 30 + 5 * number : 30 + 5 * number + side] = level
        mask[40 : 40 + side, 30 + 5 * number : 30 + 5 * number + side] = 255
        save(folder / name / f"{number}.jpg", shown)
        save(folder / name / f"{number}.png", mask)
    for number in range(3):
        save(folder / "good" / f"{number}.png", plate(50 + number))
    return folder


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    source = labeled(folder / "parts")
    labeled(source, "blowhole", count=3)
    return source, profile(folder), calibrate_set(source, profile=profile(folder), engine="serial")


def test_each_class_is_counted_and_measured_in_mm(found):
    _, _, told = found
    hole, pit = told.classes
    assert (hole.name, hole.pictures, len(hole.found)) == ("blowhole", 3, 3)
    assert (pit.name, pit.pictures, len(pit.found)) == ("pit", 10, 10)
    areas = sorted(one.measures.area_mm2 for one in pit.found)
    assert areas[0] == pytest.approx(0.25)
    assert areas[-1] == pytest.approx(0.64)
    assert pit.quantiles("area_mm2")[2] == pytest.approx(np.median(areas))
    assert all(one.measures.sign == pytest.approx(-1, abs=0.05) for one in pit.found)
    assert pit.found[0].size.place == pytest.approx((42.5 / 96, 32.5 / 128))


def test_thresholds_let_nearly_all_real_ones_through_and_too_few_give_none(found):
    _, _, told = found
    hole, pit = told.classes
    assert hole.calibration is None
    assert sum(pit.after.values()) <= 2
    gate = pit.calibration.gate
    assert gate.contrast <= sorted(one.measures.contrast for one in pit.found)[1]
    assert 0.25 / 2 < gate.area_mm2[0] < 0.25
    assert 0.64 < gate.area_mm2[1] < 0.64 * 2
    refused, judged = pit.held_out
    assert judged == 10
    assert refused <= 2
    assert f"thresholds of other pictures would refuse {refused} of 10" in str(told)


def test_the_refusals_of_the_profile_are_counted_before(tmp_path):
    strict = profile(tmp_path, more="gate: {area_mm2: [0.3, 5]}")
    told = calibrate_set(labeled(tmp_path / "parts"), profile=strict, engine="serial")
    assert told.classes[0].before == {"too-small": 3}
    assert "pit: too-small 3 of 10 -> " in str(told)


def test_what_is_saved_is_a_profile_that_a_run_takes(found, tmp_path):
    source, _, told = found
    path = told.saved(tmp_path / "own parts.yaml")
    made = load_profile(path)
    assert (made.id, made.parents[0]) == ("calibrated/own-parts", "plant/plates")
    assert made.part == told.profile.part
    assert made.defects["blowhole"]["from"] == "bank"
    assert made.defects["pit"]["from"] == "pit"
    gate = Gate.from_mapping(made.defects["pit"]["gate"])
    assert gate.contrast == pytest.approx(told.classes[1].calibration.gate.contrast, rel=1e-3)
    assert gate.real.count == 10
    run = da.augment(source, tmp_path / "out", profile=path, defects="blowhole:2", engine="serial")
    assert [each.made for each in run.tallies] == [2]


def test_defects_drawn_with_learned_sizes_pass_the_gate_of_their_like(tmp_path):
    source, made = labeled(tmp_path / "parts", count=0), kind("pit", diameter_mm=(0.6, 1.4), cluster=1)
    for number in range(12):
        site = Site.of(plate(number), Part(pixel_pitch_mm=0.1))
        drawn = draw_defect(made, site, number).drawn
        save(source / "pit" / f"{number}.jpg", drawn.picture)
        save(source / "pit" / f"{number}.png", drawn.mask.astype(np.uint8) * 255)
    told = calibrate_set(source, profile=profile(tmp_path), engine="serial")
    path = told.saved(tmp_path / "own.yaml")
    run = da.augment(source, tmp_path / "out", profile=path, defects="pit:6", engine="serial")
    assert run.tallies[0].made >= 5
    wide = told.classes[0].calibration.gate.area_mm2
    with Ledger(tmp_path / "out" / LEDGER) as ledger:
        areas = [row.record["defect"]["gate"]["area_mm2"] for row in ledger.rows()]
    assert all(wide[0] <= area <= wide[1] for area in areas)


def test_the_profile_that_it_extends_is_never_written_over(found, tmp_path):
    source, _, told = found
    mine = profile(tmp_path)
    was = mine.read_bytes()
    with pytest.raises(OutputError, match="choose another file"):
        CliRunner().invoke(app, ["calibrate", str(source), "-p", str(mine), "--out", str(mine)], catch_exceptions=False)
    assert mine.read_bytes() == was
    with pytest.raises(OutputError, match="choose another file"):
        told.saved(told.profile.path.parent / "." / told.profile.path.name)


def test_workers_make_no_difference(found):
    source, asked, told = found
    assert calibrate_set(source, profile=asked, workers=2).to_dict() == told.to_dict()


def test_bad_pictures_are_told_and_the_others_measured(tmp_path):
    source = labeled(tmp_path / "parts")
    save(source / "pit" / "0.png", np.zeros((96, 128), np.uint8))
    (source / "pit" / "1.jpg").write_bytes(b"\xff\xd8\xff\xe0nothing")
    told = calibrate_set(source, profile=profile(tmp_path), engine="serial")
    assert len(told.classes[0].found) == 8
    reasons = {one.key: one.reason for one in told.set_aside}
    assert reasons["pit/0.jpg"] == "its labels mark no pixel"
    assert "pit/1.jpg" in reasons


def test_what_cannot_be_calibrated_on_is_refused(tmp_path):
    for number in range(3):
        save(tmp_path / "parts" / f"{number}.png", plate(number))
    with pytest.raises(UnreadableInput, match="no picture here has a label"):
        calibrate_set(tmp_path / "parts", profile=profile(tmp_path), engine="serial")
    with pytest.raises(DomainAugError, match="nothing says how many a pixel is"):
        calibrate_set(labeled(tmp_path / "more"), engine="serial")


def test_the_command_prints_a_table_writes_a_profile_and_speaks_json(found, tmp_path):
    source, asked, _ = found
    out = tmp_path / "own.yaml"
    ran = CliRunner().invoke(app, ["calibrate", str(source), "-p", str(asked), "--out", str(out), "--engine", "serial"])
    assert ran.exit_code == 0, ran.output
    assert "thresholds: contrast" in ran.output
    assert out.is_file()
    again = CliRunner().invoke(app, ["calibrate", str(source), "--pitch", "0.1", "--engine", "serial", "--json"])
    told = json.loads(again.stdout)
    assert [each["defects"] for each in told["classes"]] == [3, 10]
    assert told["pixel_pitch_mm"] == 0.1
