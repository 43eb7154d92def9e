"""What runs there are, and how far each is."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
import typer
from small_sets import save
from typer.testing import CliRunner

from domainaug.cli.runs import runs
from domainaug.errors import OutputError
from domainaug.review import Review
from domainaug.run import augment
from domainaug.run import overview as module
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.overview import find_runs, overview, trace_of

app = typer.Typer()
app.command()(runs)


@pytest.fixture
def out(source, tmp_path, profile):
    (source / "bad.png").write_bytes(b"bad")
    augment(source, tmp_path / "runs" / "first", profile=profile, copies=2, engine="serial")
    return tmp_path / "runs" / "first"


def test_a_finished_run_tells_what_it_made_and_what_it_set_aside(out):
    found = overview(out)
    assert (found.kind, found.what, found.standing) == ("augmented", "test/surface", "finished")
    assert (found.made, found.planned, found.share) == (12, 14, 1)
    (aside,) = found.set_aside
    assert (aside.code, aside.count) == ("not-an-image", 1)
    assert "bad" not in aside.reason
    assert found.seconds > 0
    assert time.time() - found.written < 300


def test_a_run_that_was_stopped_goes_on_with_the_same_command(out):
    with Ledger(out / LEDGER, writable=True) as ledger:
        for row in list(ledger.rows())[:3]:
            ledger.forget(row.key, row.copy)
        ledger.settle()
    found = overview(out)
    assert (found.standing, found.made) == ("stopped", 9)
    assert found.share == pytest.approx(9 / 14)


_HOLD = """
import sys, time
from pathlib import Path
from domainaug.run.augmenting import held_lock
with held_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there the system tells who holds a lock")
def test_a_run_that_goes_on_holds_its_lock_and_one_that_was_killed_does_not(out):
    child = subprocess.Popen([sys.executable, "-c", _HOLD, str(out / ".lock")], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "held\n"
    assert overview(out).standing == "running"
    child.kill()
    child.wait()
    child.stdout.close()
    assert (out / ".lock").exists()
    assert overview(out).standing == "finished"


def test_where_nobody_tells_who_holds_a_lock_the_last_row_does(out, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_LOCKS", tmp_path / "nothing")
    (out / ".lock").touch()
    assert overview(out).standing == "running"
    monkeypatch.setattr(module, "_RECENT", -1.0)
    assert overview(out).standing == "finished"


def test_a_trace_is_another_one_after_a_row_a_verdict_or_an_end_and_else_the_same(out, tmp_path, monkeypatch):
    traces = [trace_of(out)]
    assert trace_of(out) == traces[0]
    review = Review(out)
    review.judge(review.sample()[0].id, "accept", reviewer="ada")
    traces.append(trace_of(out))
    with Ledger(out / LEDGER, writable=True) as ledger:
        first = next(ledger.rows())
        ledger.forget(first.key, first.copy)
        traces.append(trace_of(out))  # what is written ahead counts
        review.judge(review.sample()[1].id, "accept", reviewer="ada")
        traces.append(trace_of(out))
    (out / ".lock").touch()
    monkeypatch.setattr(module, "_held", lambda out: True)
    traces.append(trace_of(out))
    assert len(set(traces)) == len(traces)
    with pytest.raises(OutputError, match="no ledger"):
        trace_of(tmp_path / "nothing")


def test_a_glance_at_a_run_does_not_read_all_of_its_ledger(out, monkeypatch):
    asked = []
    connect = sqlite3.connect

    def listening(*args, **more):
        db = connect(*args, **more)
        db.set_trace_callback(asked.append)
        return db

    monkeypatch.setattr(sqlite3, "connect", listening)
    overview(out)
    assert asked
    assert not any("quick_check" in said for said in asked)
    Review(out)
    assert any("quick_check" in said for said in asked)


def test_verdicts_are_counted_by_copy(out):
    review = Review(out)
    first, second, third = review.sample()[:3]
    review.judge(first.id, "reject", reviewer="ada")
    review.judge(first.id, "accept", reviewer="bo")
    review.judge(second.id, "reject", reviewer="ada")
    review.judge(second.id, "accept", reviewer="ada")
    review.judge(third.id, "skip", reviewer="ada")
    assert (overview(out).judged, overview(out).rejected) == (2, 1)
    review.undo("bo")
    assert (overview(out).judged, overview(out).rejected) == (2, 1)


def test_runs_are_found_below_a_folder_and_what_they_made_is_not_searched(out, source, tmp_path, profile):
    augment(source, tmp_path / "runs" / "b" / "second", profile=profile, engine="serial")
    (tmp_path / "runs" / ".hidden").mkdir()
    (tmp_path / "runs" / ".hidden" / LEDGER).touch()
    save(tmp_path / "runs" / "other" / "a.png", np.zeros((4, 4), np.uint8))
    (out / "inner").mkdir()
    (out / "inner" / LEDGER).touch()
    assert list(find_runs(tmp_path / "runs")) == [tmp_path / "runs" / "b" / "second", out]


def test_the_command_lists_them(out, tmp_path):
    result = CliRunner().invoke(app, [str(tmp_path / "runs")])
    assert result.exit_code == 0
    assert "first" in result.stdout
    assert "12 of 14" in result.stdout
    (told,) = json.loads(CliRunner().invoke(app, [str(tmp_path / "runs"), "--json"]).stdout)
    assert (told["folder"], told["standing"], told["made"]) == ("first", "finished", 12)
    assert str(tmp_path) not in json.dumps(told)


def test_a_damaged_ledger_is_told_beside_the_others(out, tmp_path):
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / LEDGER).write_bytes(b"not a data base" * 100)
    result = CliRunner().invoke(app, [str(tmp_path / "runs")])
    assert result.exit_code == 1
    assert "the ledger is damaged" in result.stderr
    assert "first" in result.stdout
    with pytest.raises(OutputError):
        overview(tmp_path / "runs" / "broken")


def test_where_nothing_was_run_that_is_said(tmp_path):
    result = CliRunner().invoke(app, [str(tmp_path)])
    assert (result.exit_code, result.stdout) == (0, "no runs here\n")
    assert CliRunner().invoke(app, [str(tmp_path / "nothing")]).exit_code == 2
