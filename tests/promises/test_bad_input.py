"""Misuse: one sentence that says what is wrong and what is right, exit status 2, and nothing written."""

from __future__ import annotations

import re
import signal
import sys
import time
from pathlib import Path

import pytest

PARTS = ("--profile", "manufacturing/metal-surface")


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        (("show", "medical/chest-xry"), "medical/chest-xray"),
        (("show", "chest-xray"), "medical/chest-xray"),
        (("explain", "medical/chest-xray", "mirorr_horizontal"), "mirror_horizontal"),
        (("explain", "medical/chest-xray", "HorizontlFlip"), "HorizontalFlip"),
        (("explain", "medical/chest-xray", "rotaton"), "rotation"),
        (("show", "medical/chest-xray", "--option", "lateralty_free=true"), "laterality_free"),
        (("check", "json:nowhere", "--profile", "medical/chest-xray"), "nowhere"),
    ],
)
def test_a_wrong_name_gets_the_nearest_right_one(command, arguments, right):
    ended = command(*arguments, expect=2)
    assert ended.err.startswith("error: ")
    assert right in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert ended.out == ""


PROFILE = """\
id: test/mine
version: 1.0.0
title: Mine
extends: manufacturing/metal-surface
limits:
  - effect: rotation
    code: MFG201
    max: 2 deg
    reason: The tray holds them.
    evidence: [{strength: opinion}]
recipe:
  - Affine: {rotate: [-1, 1], p: 0.5}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "place", "words"),
    [
        ("metal-surface", "metal-surfce", "4:10", "metal-surface"),
        ("effect: rotation", "effect: rotaton", "6:13", "rotation"),
        ("- Affine", "- Afine", "12:5", "Affine"),
        ("rotate:", "rotat:", "12:14", "rotate"),
        ("max: 2 deg", "max: 2 degrs", "8:10", "deg"),
        ("max: 2 deg", "maxx: 2 deg", "8:5", "max"),
        ("limits:", "limit:", "5:1", "limits"),
        ("title: Mine", "title: [Mine", "4:", None),
        ("    code: MFG201", "\tcode: MFG201", "7:1", None),
        ("title: Mine", "title: Mine\ntitle: Yours", "4:1", "title"),
    ],
)
def test_a_fault_in_a_profile_is_named_by_line_and_column(tmp_path, photos, command, right, wrong, place, words):
    path = tmp_path / "mine.yaml"
    assert right in PROFILE
    path.write_text(PROFILE.replace(right, wrong, 1))
    ended = command("augment", photos(tmp_path / "source", 1), tmp_path / "out", "--profile", path, expect=2)
    assert ended.err.startswith(f"error: {path}:{place}"), ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert words is None or words in ended.err.removeprefix(f"error: {path}").replace(wrong, "")
    assert not list(tmp_path.glob("out/*.png"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("misuse")


@pytest.fixture
def source(place, photos) -> Path:
    return photos(place / "source", 2)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--copies", "0"), "copies"),
        (("--copies", "-1"), "copies"),
        (("--strength", "2"), "strength"),
        (("--strength", "nan"), "strength"),
        (("--seed", "-1"), "seed"),
        (("--engine", "locla"), "local"),
        (("--memory-limit", "lots"), "lots"),
        (("--option", "symmetry"), "NAME=VALUE"),
        (("--sead", "1"), "--seed"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_written(place, source, command, more, words):
    ended = command("augment", source, place / "out", *PARTS, *more, expect=2)
    assert words in ended.err
    assert not (place / "out").exists()


def test_a_profile_must_be_named(place, source, command):
    assert "--profile" in command("augment", source, place / "out", expect=2).err


def test_a_source_that_is_not_there_or_holds_nothing_is_named(place, source, command):
    (place / "empty").mkdir(exist_ok=True)
    (place / "notes.txt").write_text("nothing")
    for wrong in (place / "nowhere", place / "empty", place / "notes.txt", source / "part 1.png"):
        ended = command("augment", wrong, place / "out", *PARTS)
        assert (ended.code, ended.err.startswith(f"error: {wrong}: ")) == (2, True), ended.err
        assert len(ended.err.strip().splitlines()) == 1
        assert not (place / "out").exists()


def test_an_output_in_the_source_around_it_or_among_other_things_is_refused(place, source, command):
    (place / "mine").mkdir(exist_ok=True)
    (place / "mine" / "thesis.txt").write_text("precious")
    for wrong, words in (
        (source / "out", "inside the source"),
        (source, "inside the source"),
        (place, "holds the source"),
        (place / "mine", "thesis.txt"),
        (place / "mine" / "thesis.txt", "is a file"),
    ):
        assert words in command("augment", source, wrong, *PARTS, expect=2).err
    assert (place / "mine" / "thesis.txt").read_text() == "precious"
    assert {path.suffix for path in source.iterdir()} == {".png"}


def test_the_folder_of_another_run_is_refused_with_what_differs(place, source, command, tree):
    out = place / "taken"
    command("augment", source, out, *PARTS, "--seed", 1, "--copies", 2, expect=0)
    before = tree(out)
    ended = command("augment", source, out, "--profile", "manufacturing/aligned-assembly", "--seed", 2, expect=2)
    for words in ("seed was 1, is 2", "manufacturing/aligned-assembly", "copies were 2, are 1", "new folder"):
        assert words in ended.err
    assert tree(out) == before


def test_replay_of_what_is_no_run_is_one_sentence(place, source, command):
    for wrong in (source, place / "nowhere"):
        assert re.fullmatch(r"error: .*ledger.*\n", command("replay", wrong, expect=2).err)


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_once_saves_and_says_130_and_the_same_command_goes_on(tmp_path, photos, starting, command, tree):
    source, out = photos(tmp_path / "source", 12), tmp_path / "out"
    run = ("augment", source, out, *PARTS, "--copies", 20, "--workers", 2)
    process = starting(*run)
    end = time.monotonic() + 60
    while len(list(out.glob("*_aug*.png"))) < 5:
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    assert not list(out.rglob(".tmp-*"))
    saved = {name: digest for name, digest in tree(out).items() if name != "manifest.jsonl"}
    assert 5 <= len(saved) < 320
    again = command(*run, "--json", expect=0).data
    assert again["skipped"] > 0
    assert again["skipped"] + again["done"] == 240
    assert saved.items() <= tree(out).items()
