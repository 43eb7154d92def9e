"""Integrate: a run and its originals become one set under the root; what would be wrong is one sentence."""

from __future__ import annotations

import json
import shlex

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

import domainaug as da
from domainaug.cli import app as command_line
from domainaug.run.ledger import Ledger
from domainaug.run.sets import plan_set

_PROFILE = """\
id: test/light
version: 1.0.0
title: Anything under a lamp
frame: {size: [40, 56], channels: 3}
limits:
  - {effect: brightness, code: TST101, max: 30 %, reason: It is lit by a lamp., evidence: [{strength: opinion}]}
recipe:
  - RandomBrightnessContrast: {brightness_limit: [-0.1, 0.1], contrast_limit: [-0.1, 0.1], p: 1}
"""


@pytest.fixture
def ran(root, tmp_path):
    """Six pictures, and a run of two copies of each."""
    for number in range(6):
        pixels = cv2.resize(np.random.default_rng(number).random((5, 7, 3)) * 200, (56, 40)).astype(np.uint8)
        place = root / "parts" / ("good" if number % 2 else "dent") / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    (tmp_path / "light.yaml").write_text(_PROFILE, encoding="utf-8")
    da.augment(root / "parts", root / "runs" / "first", profile=tmp_path / "light.yaml", copies=2, engine="serial")
    return root


def click(at, key):
    return at.button(key).click().run()


def metrics(at):
    return {one.label: one.value for one in at.metric}


def test_without_a_run_it_says_how_to_make_one(root, open_app, calm):
    at = calm(open_app("integrate"))
    assert "There is no run" in at.info[0].value


def test_the_originals_of_a_run_are_found(ran, open_app, calm):
    at = calm(open_app("integrate"))
    assert (at.selectbox("run").value, at.selectbox("source").value) == ("runs/first", "parts")
    assert at.code[0].value.startswith("domainaug integrate parts runs/first training-set ")


def test_the_originals_follow_the_run(ran, open_app, calm, tmp_path):
    (ran / "others").mkdir()
    (ran / "others" / "x.png").write_bytes((ran / "parts" / "good" / "1.png").read_bytes())
    da.augment(ran / "others", ran / "runs" / "second", profile=tmp_path / "light.yaml", engine="serial")
    at = calm(open_app("integrate"))
    at = calm(at.selectbox("run").select("runs/second").run())
    assert at.selectbox("source").value == "others"
    at = calm(at.selectbox("source").select("parts").run())
    assert at.selectbox("source").value == "parts"


def test_looking_writes_nothing(ran, open_app, calm):
    at = calm(click(open_app("integrate"), "look"))
    assert metrics(at) == {"Train": "12", "Test": "2", "Files": "14"}
    assert "Nothing is written yet." in at.info[0].value
    assert not (ran / "training-set").exists()


def test_what_was_looked_at_goes_when_a_wish_changes(ran, open_app, calm):
    at = click(open_app("integrate"), "look")
    calm(at.number_input("test").set_value(50).run())
    assert not at.metric


def test_the_set_is_written_under_the_root_and_again_without_a_change(ran, open_app, calm):
    at = calm(click(open_app("integrate", train="sets/one", test="50"), "write"))
    assert metrics(at) == {"Train": "9", "Test": "3", "Files": "12"}
    assert "12 files placed" in at.success[0].value
    head, *lines = [json.loads(line) for line in (ran / "sets" / "one" / "manifest.jsonl").read_text().splitlines()]
    assert (head["set"]["parts"], len(lines)) == ({"train": 3, "val": 0, "test": 3}, 12)
    again = calm(click(at, "write"))
    assert "0 files placed, 0 removed" in again.success[0].value


def test_the_command_writes_the_same_set_and_no_group_is_on_both_sides(ran, open_app, calm, monkeypatch):
    at = open_app("integrate", train="sets/one", test="40")
    at.text_input("group").set_value("(good|dent)/").run()
    at.number_input("weight").set_value(0.5).run()
    calm(click(at, "write"))
    one = ran / "sets" / "one"
    monkeypatch.chdir(ran)
    words = shlex.split(at.code[0].value)
    assert words[4] == "sets/one"
    done = CliRunner().invoke(command_line, ["integrate", *words[2:4], "sets/two", *words[5:]])
    assert done.exit_code == 0, done.output
    written = [{path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*.png")}
               for place in (one, ran / "sets" / "two")]  # fmt: skip
    assert written[0] == written[1]
    assert (one / "manifest.jsonl").read_bytes() == (ran / "sets" / "two" / "manifest.jsonl").read_bytes()
    sides = {}
    for name in written[0]:
        sides.setdefault(name.split("/")[1], set()).add(name.split("/")[0])
    assert sorted(map(sorted, sides.values())) == [["test"], ["train"]], "good on one side, dent on the other"
    assert not [name for name in written[0] if name.startswith("test/") and "_aug" in name]


def test_only_accepted_copies_go_in_where_that_is_wanted(ran, open_app, calm):
    at = open_app("integrate")
    at.toggle("reviewed").set_value(True)
    at = calm(click(at, "look"))
    assert metrics(at)["Train"] == "4"
    assert any("nobody has looked yet" in one.value for one in at.caption)


def test_a_plan_takes_the_place_of_questions(ran, open_app, calm, tmp_path):
    plan = plan_set(ran / "parts", test=0.5, copies=1)
    plan.save(ran / "plan.json")
    da.augment(ran / "parts", ran / "planned", profile=tmp_path / "light.yaml", plan=plan, engine="serial")
    at = calm(open_app("integrate", run="planned", plan="plan.json"))
    assert at.number_input("test").disabled
    assert metrics(calm(click(at, "look"))) == {"Train": "6", "Test": "3", "Files": "9"}
    assert "--plan plan.json" in at.code[0].value


@pytest.mark.parametrize(
    ("name", "key"),
    [("", "look"), ("../elsewhere", "look"), ("../elsewhere", "write"), ("/tmp/elsewhere", "write"), ("parts", "write"),
     ("runs/first/in", "write"), (".", "write")],
)  # fmt: skip
def test_a_set_lies_nowhere_else(ran, open_app, name, key):
    at = open_app("integrate")
    at.text_input("train").set_value(name)
    click(at, key)
    assert not at.exception
    assert len(at.error) == 1
    assert str(ran) not in at.error[0].value
    assert not (ran.parent / "elsewhere").exists()


def test_another_source_and_no_plan_are_one_sentence(ran, open_app):
    (ran / "other").mkdir()
    (ran / "other" / "x.png").write_bytes((ran / "parts" / "good" / "1.png").read_bytes())
    (ran / "notes.json").write_text("{}")
    at = click(open_app("integrate", source="other"), "look")
    assert "not in the source" in at.error[0].value or "need one each" in at.error[0].value
    at = click(open_app("integrate", plan="notes.json"), "look")
    assert "no plan of a set" in at.error[0].value


def test_a_damaged_run_is_one_sentence(ran, open_app):
    (ran / "runs" / "first" / "ledger.sqlite").write_bytes(b"no ledger")
    at = open_app("integrate")
    assert not at.exception
    assert "damaged" in at.error[0].value


def test_copies_that_were_altered_are_not_taken(ran, open_app):
    with Ledger(ran / "runs" / "first" / "ledger.sqlite") as ledger:
        path = next(ledger.rows()).files[0].path
    (ran / "runs" / "first" / path).write_bytes(b"other")
    at = click(open_app("integrate", test="0"), "write")
    assert not at.exception
    assert "gone or altered" in at.error[0].value
    assert not (ran / "training-set").exists()
