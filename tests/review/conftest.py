"""Runs that were never run: ledgers with records as pipelines write them, and a profile to tighten."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from domainaug.run.job import File, Made
from domainaug.run.ledger import LEDGER, Ledger

PROFILE = """\
id: test/tray
version: 1.0.0
title: A part in a tray
frame: {size: [64, 64], channels: 1}
options: {upright: {default: false, meaning: The tray does not turn.}}
limits:
  - {effect: rotation, code: TST101, max: 20 deg, reason: The part lies in a tray., evidence: [{strength: opinion}]}
  - {effect: [mirror_horizontal, mirror_vertical], code: TST102, allow: any, reason: It has no side.,
     evidence: [{strength: opinion}]}
  - {effect: scale, code: TST103, range: [80 %, 125 %], reason: The camera may hang higher.,
     evidence: [{strength: opinion}]}
  - {effect: blur, code: TST104, max: 0.2 mm, reason: The lens is sharp., evidence: [{strength: opinion}]}
recipe:
  - HorizontalFlip: {p: 0.5}
  - Affine: {rotate: [-10, 10], scale: [0.9, 1.1], p: 0.8}
"""


@pytest.fixture
def profile(tmp_path) -> Path:
    path = tmp_path / "tray.yaml"
    path.write_text(PROFILE, encoding="utf-8")
    return path


def effects_of(index: int) -> dict[str, float]:
    """What happened to a copy: a turn always, a zoom to most, a mirror to a third."""
    random = np.random.default_rng(index)
    found = {"rotation": round(float(random.uniform(-10, 10)), 3)}
    if index % 4:
        found["scale"] = round(float(np.exp(random.uniform(-0.1, 0.1))), 4)
    if index % 3 == 0:
        found["mirror_horizontal"] = 1
    return found


def _add_copies(out: Path, indices, *, effects=effects_of, salt="", steps=None) -> None:
    with Ledger(out / LEDGER, writable=True) as ledger:
        for index in indices:
            key, copy = f"{'scratch' if index % 5 == 0 else 'good'}/part {index // 2}.png", index % 2
            happened = effects(index)
            applied = [{"transform": "Affine", "params": {}}] if "rotation" in happened else []
            applied += [{"transform": "HorizontalFlip", "params": {}}] if "mirror_horizontal" in happened else []
            record = {"effects": happened, "steps": applied if steps is None else steps(index)}
            file = File(f"{key[:-4]}_aug{copy:03}.png", f"{salt}{index:04}", 1)
            ledger.add(Made(key, copy, out, (file,), record, None, "", 0.0))
        ledger.settle()


@pytest.fixture
def add_copies():
    """A function that adds copies to the ledger of a run, by their numbers; `salt` gives them other bytes."""
    return _add_copies


@pytest.fixture
def make_run(tmp_path, profile):
    """A function that makes the ledger of a run of so many copies, and returns its folder."""

    def make(count: int = 400, name: str = "out", **more) -> Path:
        out = tmp_path / name
        out.mkdir()
        header = {"run": "5eed", "layout": "image-folder", "profile": "test/tray", "profile_path": "../tray.yaml",
                  "options": {"upright": False}, "waivers": {}, "source": "../source"}  # fmt: skip
        Ledger.create(out / LEDGER, header).__exit__()
        _add_copies(out, range(count), **more)
        return out

    return make
