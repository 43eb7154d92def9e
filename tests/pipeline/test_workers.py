"""A1: in a DataLoader, albumentations' workers repeat each other and every epoch repeats the first."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("worker_draws.py")
ENGINES = ["processes", *(["torch"] if find_spec("torch") else [])]


def draws(*arguments: str) -> list[list[float]]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPT), *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("engine", ENGINES)
class TestTwoWorkers:
    def test_plain_albumentations_repeats_itself(self, engine, method):
        first, second = draws("plain", engine, method)
        assert len(set(first)) == 8
        assert first == second

    def test_ours_draws_16_of_16_and_anew_in_every_epoch(self, engine, method):
        first, second = draws("ours", engine, method)
        assert len(set(first + second)) == 32

    def test_the_same_program_draws_the_same(self, engine, method):
        assert draws("ours", engine, method) == draws("ours", engine, method)
