"""Small data sets, a small profile, and the folder that worker processes import hostile layouts from."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # worker processes get this process's path, and unpickle `hostile` by name
    sys.path.append(HERE)

from small_sets import make_source  # noqa: E402 - found by the line before

PROFILE = """\
id: test/surface
version: 1.0.0
title: A part under a lamp
frame: {size: [64, 64], channels: 1}
limits:
  - {effect: rotation, code: TST101, max: 20 deg, reason: The part lies in a tray that lets it turn a little.,
     evidence: [{strength: opinion}]}
recipe:
  - HorizontalFlip: {p: 0.5}
  - Affine: {rotate: [-10, 10], scale: [0.9, 1.1], p: 0.8}
  - RandomBrightnessContrast: {brightness_limit: [-0.1, 0.1], contrast_limit: [-0.1, 0.1], p: 0.7}
  - GaussNoise: {std_range: [0.01, 0.03], p: 0.5}
"""


@pytest.fixture(scope="session")
def profile(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "surface.yaml"
    path.write_text(PROFILE, encoding="utf-8")
    return path


@pytest.fixture
def source(tmp_path) -> Path:
    return make_source(tmp_path / "source")
