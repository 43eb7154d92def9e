from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("toy_squares", Path(__file__).with_name("toy.py"))
toy = importlib.util.module_from_spec(_spec)
sys.modules["toy_squares"] = toy
_spec.loader.exec_module(toy)


@pytest.fixture
def squares(monkeypatch):
    """The toy simulator, found by name."""
    monkeypatch.setattr("domainaug.scenario.model.simulator_named", lambda name: toy.Squares())
    return toy.Squares()


@pytest.fixture
def written(tmp_path, squares):
    """Write a scenario file and return its path."""

    def write(text: str) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text("id: toy\nsimulator: squares\n" + text)
        return path

    return write
