"""Rendering a scenario: the same plan, workers and ledger as augmenting."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from domainaug.errors import DomainAugError, OutputError
from domainaug.run import simulate
from domainaug.run.augmenting import Run
from domainaug.run.ledger import Ledger

_spec = importlib.util.spec_from_file_location("toy_squares", Path(__file__).parents[1] / "scenario" / "toy.py")
toy = sys.modules.get("toy_squares") or importlib.util.module_from_spec(_spec)
if "toy_squares" not in sys.modules:
    sys.modules["toy_squares"] = toy
    _spec.loader.exec_module(toy)

TEXT = "id: toy\nsimulator: squares\nvary: {turn: {from: -9, to: 9}}\nsample: {count: 6}\n"


@pytest.fixture
def scenario(tmp_path, monkeypatch):
    monkeypatch.setattr("domainaug.scenario.model.simulator_named", lambda name: toy.Squares())
    path = tmp_path / "scenario.yaml"
    path.write_text(TEXT)
    return path


def contents(out):
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_every_variant_has_a_folder_and_a_row(scenario, tmp_path):
    summary = simulate(scenario, tmp_path / "out", engine="serial")
    assert (summary.run.done, summary.exit_code) == (6, 0)
    assert summary.coverage.points == 6
    rows = [json.loads(line) for line in (tmp_path / "out" / "variants.jsonl").read_text().splitlines()]
    assert len(rows) == 6
    for row in rows:
        assert row["files"] == [f"variants/{row['id']}/square.txt"]
        assert (tmp_path / "out" / row["files"][0]).is_file()
    with Ledger(tmp_path / "out" / "ledger.sqlite") as ledger:
        assert {row.key: row.record["values"]["turn"] for row in ledger.rows()} == {
            row["id"]: row["values"]["turn"] for row in rows
        }
        assert all(row.record["area"] == 16 for row in ledger.rows())
        for row in ledger.rows():  # a turn of less than a quarter of a degree does not count
            turn = row.record["values"]["turn"]
            assert row.record["effects"] == ({"rotation": round(turn, 6)} if abs(turn) > 0.25 else {})


def test_a_rehearsal_writes_nothing_and_tells_all(scenario, tmp_path):
    summary = simulate(scenario, tmp_path / "out", engine="serial", dry_run=True)
    assert not (tmp_path / "out").exists()
    assert summary.run.items == 6
    assert summary.to_dict()["coverage"]["points"] == 6
    assert "nothing written" in str(summary)


def test_the_same_again_does_nothing_and_what_is_gone_is_made_again(scenario, tmp_path):
    out = tmp_path / "out"
    simulate(scenario, out, engine="serial")
    before = contents(out)
    again = simulate(scenario, out, engine="serial")
    assert (again.run.done, again.run.skipped) == (0, 6)
    name = next(name for name in before if name.endswith("square.txt"))
    (out / name).write_text("spoiled")
    repaired = simulate(scenario, out, engine="serial")
    assert (repaired.run.done, repaired.run.repaired) == (1, 1)
    after = contents(out)
    assert {key: value for key, value in after.items() if key != "ledger.sqlite"} == {
        key: value for key, value in before.items() if key != "ledger.sqlite"
    }


def test_more_variants_come_on_top(scenario, tmp_path):
    out = tmp_path / "out"
    simulate(scenario, out, engine="serial")
    more = simulate(scenario, out, count=10, engine="serial")
    assert (more.run.done, more.run.skipped) == (4, 6)
    whole = tmp_path / "whole"
    simulate(scenario, whole, count=10, engine="serial")
    assert {k: v for k, v in contents(out).items() if "ledger" not in k} == {
        k: v for k, v in contents(whole).items() if "ledger" not in k
    }


@pytest.mark.parametrize("line", ["seed: 9", "fixed: {side: 9}", "world: {paper: gray}"])
def test_another_scenario_needs_another_folder(scenario, tmp_path, line):
    simulate(scenario, tmp_path / "out", engine="serial")
    scenario.write_text(TEXT + line + "\n")
    with pytest.raises(OutputError, match="belongs to another run"):
        simulate(scenario, tmp_path / "out", engine="serial")


def test_openscenario_is_not_added_to_what_is_done_without_it(scenario, tmp_path):
    simulate(scenario, tmp_path / "out", engine="serial")
    with pytest.raises(OutputError, match=r'beside the frames was null, is "OpenSCENARIO .--xosc.'):
        simulate(scenario, tmp_path / "out", engine="serial", xosc=True)


def test_one_bad_variant_stops_no_other(scenario, tmp_path):
    scenario.write_text(
        TEXT.replace("turn: {from: -9, to: 9}", "side: [12, 13, 14]").replace("count: 6", "method: grid")
    )
    summary = simulate(scenario, tmp_path / "out", engine="serial")
    assert (summary.run.done, len(summary.run.set_aside), summary.exit_code) == (2, 1, 1)
    assert summary.run.set_aside[0].reason == "a square of 13 cannot be drawn"


def test_a_world_that_cannot_be_read_ends_the_run_with_its_reason(scenario, tmp_path):
    scenario.write_text(TEXT + "world: {paper: wet}\n")
    with pytest.raises(DomainAugError, match="the paper is wet"):
        simulate(scenario, tmp_path / "out", engine="serial")


@pytest.mark.parametrize(("told", "allowed"), [(600.0, 780.0), (None, None)])
def test_variants_of_several_pictures_may_take_longer(told, allowed, scenario, tmp_path, monkeypatch):
    given = []

    def run(plan, engine, memory_limit, timeout, progress):
        given.append(timeout)
        return Run(plan, engine, memory_limit, timeout, progress)

    monkeypatch.setattr("domainaug.run.simulating.Run", run)
    simulate(scenario, tmp_path / "out", engine="serial", timeout=told)
    assert given == [allowed]
