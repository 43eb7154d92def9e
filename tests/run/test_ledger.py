"""The ledger beside people who review while it is written; what is in it is tested where runs are."""

from __future__ import annotations

import sqlite3
import time

import pytest

from domainaug.run import ledger as module
from domainaug.run.ledger import LEDGER, Ledger


@pytest.fixture
def path(tmp_path):
    Ledger.create(tmp_path / LEDGER, {"seed": 7}).__exit__()
    return tmp_path / LEDGER


def test_it_settles_when_nobody_else_has_it_open(path):
    with Ledger(path, writable=True) as ledger:
        ledger.set_header("seed", 8)
        assert path.with_name(f"{LEDGER}-wal").exists()
        ledger.settle()
    assert [one.name for one in path.parent.iterdir()] == [LEDGER]


def test_a_reader_does_not_keep_a_run_from_its_end(path):
    reader = sqlite3.connect(path, isolation_level=None)
    with Ledger(path, writable=True) as ledger:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM header").fetchall()
        ledger.set_header("seed", 9)
        ledger.settle()
    reader.close()
    with Ledger(path) as ledger:
        assert ledger.header["seed"] == 9


def test_one_that_somebody_else_holds_is_waited_for_and_then_told(path, monkeypatch):
    monkeypatch.setattr(module, "_WAIT", 0.2)
    with Ledger(path, writable=True) as ledger:
        ledger.settle()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    with pytest.raises(module.OutputError, match="locked"):
        Ledger(path, writable=True)
    assert time.monotonic() - began >= 0.2
    other.execute("ROLLBACK")
    other.close()
    with Ledger(path, writable=True) as ledger:
        assert ledger.header["seed"] == 7
