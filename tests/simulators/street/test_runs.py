"""Runs of the street simulator: any number of workers, killed and gone on with, replayed: the same bytes."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("numba")

from domainaug.run import replay, simulate
from domainaug.run.ledger import LEDGER

pytestmark = pytest.mark.slow

TEXT = """\
id: runs
simulator: street
world: {layout: highway, seed: 2, frames: 2}
fixed: {width: 64, height: 48, quality: draft, density: 0.4}
vary: {weather: [noon, rain-night], along: [0.2, 0.5]}
sample: {method: grid}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "scenario.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="module")
def whole(scenario: Path) -> Path:
    """A run of one worker that nothing disturbed."""
    summary = simulate(scenario, scenario.parent / "whole", workers=1)
    assert (summary.run.done, summary.exit_code) == (4, 0)
    return scenario.parent / "whole"


def digests(out: Path) -> dict[str, str]:
    """Every visible file and its digest, but the ledger, which holds times."""
    files = (path for path in out.rglob("*") if path.is_file() and "ledger.sqlite" not in path.name)
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_workers_write_the_bytes_of_one(scenario: Path, whole: Path) -> None:
    simulate(scenario, scenario.parent / "two", workers=2)
    assert digests(scenario.parent / "two") == digests(whole)


def test_every_variant_is_proven_from_the_ledger(whole: Path) -> None:
    report = replay(whole, workers=2)
    assert (report.ok, report.identical, report.differences) == (True, report.checked, ())
    assert report.checked == len(digests(whole)) - 1, "all but the manifest"


def written(out: Path) -> int:
    """Return how many variants the ledger of a run has."""
    try:
        with closing(sqlite3.connect(f"file:{out / LEDGER}?mode=ro", uri=True)) as ledger:
            return int(ledger.execute("SELECT COUNT(*) FROM copies").fetchone()[0])
    except sqlite3.Error:  # it is not there yet
        return 0


@pytest.fixture
def killed(scenario: Path) -> Path:
    """A run whose processes were all killed when its first variant was there."""
    out = scenario.parent / "killed"
    command = [sys.executable, "-m", "domainaug", "simulate", str(scenario), str(out), "--workers", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        until = time.monotonic() + 240
        while not written(out):
            assert process.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < until, "waited too long for the first variant"
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, 9)
        process.wait()
    return out


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Windows has no process groups")
def test_a_killed_run_shows_nothing_half_and_goes_on_to_the_same_bytes(
    scenario: Path, whole: Path, killed: Path
) -> None:
    complete = digests(whole)
    visible = {name: digest for name, digest in digests(killed).items() if not name.startswith((".tmp-", ".lock"))}
    left = {name.split("/")[1] for name in visible if name.startswith("variants/")}
    assert 1 <= len(left) < 4
    assert all(complete[name] == digest for name, digest in visible.items())
    summary = simulate(scenario, killed, workers=2)
    assert summary.run.skipped >= 1
    assert summary.run.skipped + summary.run.done == 4
    assert digests(killed) == complete
