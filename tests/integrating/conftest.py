"""Where small data sets are found, and profiles that change little."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

PLACE = str(Path(__file__).parents[1] / "exploring")
if PLACE not in sys.path:
    sys.path.append(PLACE)

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


@pytest.fixture(scope="session")
def profile(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "light.yaml"
    path.write_text(_PROFILE, encoding="utf-8")
    return path
