"""`replay` proves every byte, or names exactly what differs; it never touches the output."""

from __future__ import annotations

import shutil
import sqlite3

import numpy as np
import pytest
from small_sets import digests, picture, save

from domainaug.errors import DomainAugError, OutputError
from domainaug.run import augment, replay
from domainaug.run.ledger import LEDGER


@pytest.fixture
def out(source, tmp_path, profile):
    augment(source, tmp_path / "out", profile=profile, copies=2, seed=7, engine="serial")
    return tmp_path / "out"


def found(report):
    return {(each.kind, each.name) for each in report.differences}


@pytest.mark.parametrize("engine", ["serial", "local"])
def test_an_untouched_output_is_proven(out, engine):
    before = digests(out)
    report = replay(out, engine=engine, workers=2)
    assert (report.ok, report.checked, report.identical, report.exit_code) == (True, 18, 18, 0)
    assert not report.differences
    assert digests(out) == before


@pytest.mark.parametrize("offset", [8, 40, -1])
def test_a_flipped_byte_is_named(out, offset):
    victim = out / "good" / "part 3_aug001.png"
    data = bytearray(victim.read_bytes())
    data[offset] ^= 1
    victim.write_bytes(data)
    report = replay(out, engine="serial")
    assert found(report) == {("altered", "good/part 3_aug001.png")}
    assert (report.checked, report.identical, report.exit_code) == (18, 17, 1)


def test_a_deleted_file_is_named(out):
    (out / "scratch" / "part 0_aug000_mask.png").unlink()
    report = replay(out, engine="serial")
    assert found(report) == {("missing", "scratch/part 0_aug000_mask.png")}
    assert report.identical == 17


def test_a_changed_source_is_named_once(out, source):
    save(source / "good" / "part 1.jpg", picture(50))
    report = replay(out, engine="serial")
    assert found(report) == {("input changed", "good/part 1.jpg")}
    assert report.identical == 16


def test_a_changed_mask_is_a_changed_source(out, source):
    save(source / "scratch" / "part 2.png", np.ones((48, 40), np.uint8))
    assert found(replay(out, engine="serial")) == {("input changed", "scratch/part 2.jpg")}


def test_a_lost_or_damaged_source_is_named(out, source):
    (source / "good" / "part 1.jpg").unlink()
    (source / "good" / "part 3.jpg").write_bytes(b"gone bad")
    report = replay(out, engine="serial")
    assert found(report) == {("input missing", "good/part 1.jpg"), ("set aside", "good/part 3.jpg")}
    assert report.identical == 14


def test_a_moved_source_is_found_when_named(out, source, tmp_path):
    shutil.move(source, tmp_path / "moved")
    with pytest.raises(DomainAugError, match="--source"):
        replay(out, engine="serial")
    assert replay(out, source=tmp_path / "moved", engine="serial").ok


def test_a_folder_moved_with_its_source_still_replays(source, out, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    shutil.move(source, tmp_path / "elsewhere" / "source")
    shutil.move(out, tmp_path / "elsewhere" / "out")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert replay("out", profile=_profile_of(tmp_path), engine="serial").ok


def _profile_of(folder):
    return next(folder.parent.glob("profile*/surface.yaml"))


def test_a_changed_profile_and_what_it_changed_are_named(out, profile, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(profile.read_text().replace("rotate: [-10, 10]", "rotate: [-12, 12]"))
    report = replay(out, profile=other, engine="serial")
    kinds = {each.kind for each in report.differences}
    assert kinds == {"profile changed", "not reproduced"}
    assert not report.ok


def test_other_versions_are_named_and_do_not_fail_identical_bytes(out):
    db = sqlite3.connect(out / LEDGER)
    versions = db.execute("SELECT value FROM header WHERE name = 'versions'").fetchone()[0]
    with db:
        db.execute(
            "UPDATE header SET value = ? WHERE name = 'versions'", (versions.replace('"numpy": "', '"numpy": "0.'),)
        )
    db.close()
    report = replay(out, engine="serial")
    assert found(report) == {("versions changed", "numpy")}
    assert report.ok


def test_an_altered_ledger_does_not_prove_other_bytes(out):
    db = sqlite3.connect(out / LEDGER)
    with db:
        db.execute("UPDATE header SET value = '8' WHERE name = 'seed'")
    db.close()
    report = replay(out, engine="serial")
    assert not report.ok
    assert {each.kind for each in report.differences} == {"not reproduced"}


@pytest.mark.parametrize("engine", ["serial", "local"])
def test_copies_written_as_jpeg_are_proven_with_the_quality_they_were_made_with(source, tmp_path, profile, engine):
    out = tmp_path / "jpeg"
    augment(source, out, profile=profile, copies=1, seed=7, engine="serial", jpeg_quality=85)
    names = [path.suffix for path in out.rglob("*_aug000*")]
    assert (names.count(".jpg"), names.count(".png")) == (6, 3)
    assert replay(out, engine=engine, workers=2).ok
    db = sqlite3.connect(out / LEDGER)
    with db:
        db.execute("UPDATE header SET value = '84' WHERE name = 'jpeg_quality'")
    db.close()
    assert {each.name[-4:] for each in replay(out, engine="serial").differences} == {".jpg"}


def test_a_folder_without_a_ledger_is_refused(tmp_path):
    with pytest.raises(OutputError, match="no ledger"):
        replay(tmp_path)


def test_the_report_reads_as_text_and_as_data(out):
    (out / "good" / "part 1_aug000.png").unlink()
    report = replay(out, engine="serial")
    assert str(report).splitlines()[0] == "missing: good/part 1_aug000.png"
    assert "17 of 18 files identical" in str(report)
    assert report.to_dict()["differences"] == [
        {"kind": "missing", "name": "good/part 1_aug000.png", "expected": "", "found": ""}
    ]
