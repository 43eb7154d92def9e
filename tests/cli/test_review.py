"""`domainaug review`: what it says, what it writes, and what its exit status means."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from domainaug.cli.review import review
from domainaug.errors import DomainAugError, UnknownName
from domainaug.profile import load_profile
from domainaug.review import Review, rejected
from domainaug.run import augment

app = typer.Typer()
app.command()(review)

PROFILE = """\
id: test/turn
version: 1.0.0
title: Turned
frame: {size: [32, 32], channels: 1}
limits:
  - {effect: rotation, code: TST101, max: 20 deg, reason: The tray., evidence: [{strength: opinion}]}
recipe:
  - Affine: {rotate: [-10, 10], p: 1}
"""


@pytest.fixture
def out(tmp_path):
    for index in range(12):
        place = tmp_path / "source" / ("good", "bad")[index % 2]
        place.mkdir(parents=True, exist_ok=True)
        picture = np.random.default_rng(index).integers(0, 255, (4, 4), np.uint8)
        cv2.imwrite(str(place / f"{index}.png"), cv2.resize(picture, (32, 32)))
    (tmp_path / "turn.yaml").write_text(PROFILE)
    augment(tmp_path / "source", tmp_path / "out", profile=tmp_path / "turn.yaml", copies=5, seed=3, engine="serial")
    return tmp_path / "out"


def call(out, *words):
    return CliRunner().invoke(app, [str(out), "--reviewer", "ada", *(str(word) for word in words)])


def judge_all(out, is_bad=lambda one: False):
    found = Review(out)
    for one in found.queue("ada"):
        found.judge(one.id, "reject" if is_bad(one) else "accept", reviewer="ada")


def test_it_says_how_far_a_review_is_and_ends_with_1_until_it_is_proven(out):
    result = call(out, "--rate", 0.05)
    assert (result.exit_code, result.stdout) == (1, "0 of 38 judged, of 60 copies; 0 rejected\n")
    judge_all(out)
    result = call(out)
    assert result.exit_code == 0
    assert "proven: with 95 % confidence fewer than 5 %" in result.stdout


def test_copies_are_judged_by_id_and_by_path(out):
    first, second, third = Review(out).sample()[:3]
    result = call(out, "--accept", first.id, "--reject", second.path, "--reject", third.id[:8], "--reason", "place",
                  "--note", "upside down")  # fmt: skip
    assert result.exit_code == 0
    assert "3 of " in result.stdout
    assert rejected(out) == {(second.key, second.copy), (third.key, third.copy)}
    (said,) = next(one for one in Review(out).judged() if one.candidate.id == second.id).verdicts
    assert (said.reasons, said.note, said.reviewer) == (("place",), "upside down", "ada")


def test_one_wrong_name_writes_nothing(out):
    first = Review(out).sample()[0]
    result = call(out, "--accept", first.id, "--reject", "nothing")
    assert isinstance(result.exception, UnknownName)
    assert Review(out).judged() == ()


def test_undo_takes_back_ones_own_last_verdict(out):
    first = Review(out).sample()[0]
    call(out, "--reject", first.id)
    assert call(out, "--undo").stdout == f"taken back: {first.id} reject\n"
    assert rejected(out) == frozenset()
    assert "no verdict to take back" in call(out, "--undo").stdout


def test_the_sample_is_listed_in_the_order_it_is_judged(out):
    queue = Review(out).queue("ada")
    lines = call(out, "--sample").stdout.splitlines()
    assert lines == [f"{one.id}  {one.path}" for one in queue]
    call(out, "--accept", queue[0].id)
    assert call(out, "--sample").stdout.splitlines() == lines[1:]


def test_json_is_all_there_is_on_stdout(out):
    first = Review(out).sample()[0]
    result = call(out, "--reject", first.id, "--rates", "--limits", "--reasons", "--sample", "--json")
    told = json.loads(result.stdout)
    assert told["state"]["rejected"] == 1
    assert told["written"] == [{"id": first.id, "verdict": "reject", "reasons": []}]
    assert {row["about"] for row in told["rates"]} == {"effect", "transform", "group"}
    assert told["limits"]["thresholds"] == []
    assert told["reasons"]["label"] == "The label does not fit"
    assert len(told["queue"]) == told["state"]["sample"] - 1


def test_a_sheet_holds_every_picture_and_asks_for_nothing_outside(out, tmp_path):
    result = call(out, "--html", tmp_path / "sheet.html")
    assert result.exit_code == 0
    page = (tmp_path / "sheet.html").read_text()
    queue = Review(out).queue("ada")
    assert re.findall(r'<article id="c(\w+)"', page) == [one.id for one in queue]
    assert page.count("data:image/jpeg;base64,") == 3 * len(queue)
    assert page.count("alt=") == 3 * len(queue)
    assert "http" not in page.replace("http-equiv", "")
    assert "good/" not in page
    assert str(tmp_path) not in page


def test_a_table_goes_out_and_comes_in(out, tmp_path):
    first, second = Review(out).sample()[:2]
    (tmp_path / "in.csv").write_text(f"id,verdict,reasons\n{first.id},reject,place\n{second.id},accept,\n")
    assert "2 verdicts brought in" in call(out, "--import", tmp_path / "in.csv").stdout
    assert "0 verdicts brought in" in call(out, "--import", tmp_path / "in.csv").stdout
    assert "2 verdicts written" in call(out, "--export", tmp_path / "out.csv").stdout
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3


def test_rates_tell_what_stands_out(out):
    judge_all(out, lambda one: abs(one.amount("rotation")) > 6)
    result = call(out, "--rates")
    assert result.exit_code == 0
    row = next(line for line in result.stdout.splitlines() if line.startswith("rotation"))
    assert re.search(r"\d+ of \d+ +[\d.]+ to [\d.]+ %", row)


def test_limits_become_a_profile(out, tmp_path):
    call(out, "--rate", 0.02)
    judge_all(out, lambda one: abs(one.amount("rotation")) > 6)
    result = call(out, "--tighten", tmp_path / "tight.yaml")
    assert result.exit_code == 0
    assert "rotation -" in result.stdout
    assert "Affine(rotate=" in result.stdout, "how the recipe is narrowed"
    (limit,) = load_profile(tmp_path / "tight.yaml").in_force("rotation")
    assert 5 < limit.high < 7
    augment(tmp_path / "source", tmp_path / "again", profile=tmp_path / "tight.yaml", copies=5, engine="serial")
    assert all(abs(one.amount("rotation")) <= limit.high for one in Review(tmp_path / "again").candidates)


def test_without_enough_verdicts_no_limit_is_told_and_no_profile_written(out, tmp_path):
    judge_all(out)
    result = call(out, "--limits")
    assert result.exit_code == 1
    assert "nothing can be concluded: 0 rejected" in result.stdout
    assert isinstance(call(out, "--tighten", tmp_path / "tight.yaml").exception, DomainAugError)
    assert not (tmp_path / "tight.yaml").exists()


@pytest.mark.parametrize("words", [("--reason", "place"), ("--rate", "2"), ("--confidence", "0"), ("--accepted", "-1")])
def test_what_makes_no_sense_is_refused_and_nothing_is_remembered(out, words):
    result = call(out, *words)
    assert result.exit_code == 2 or isinstance(result.exception, DomainAugError)
    assert Review(out).verdicts.plan() is None
