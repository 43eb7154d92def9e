"""Small data sets, a small profile, and the folder that worker processes import hostile layouts from."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # worker processes get this process's path, and unpickle `hostile` by name
    sys.path.append(HERE)

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


def picture(seed: int, shape=(48, 40), dtype=np.uint8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.random((6, 5, *shape[2:]))
    smooth = cv2.resize(coarse, shape[1::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)
    return (smooth * np.iinfo(dtype).max).astype(dtype)


def save(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(path.suffix, pixels)
    assert done
    path.write_bytes(data.tobytes())
    return path


def make_source(folder: Path, count: int = 6) -> Path:
    """Class folders, gray and color, some with masks beside them."""
    for index in range(count):
        place = folder / ("good" if index % 2 else "scratch")
        shape = (48, 40) if index % 3 else (48, 40, 3)
        save(place / f"part {index}.jpg", picture(index, shape))
        if index % 2 == 0:
            mask = np.zeros((48, 40), np.uint8)
            mask[15:30, 12:25] = 1
            save(place / f"part {index}.png", mask)
    return folder


@pytest.fixture
def source(tmp_path) -> Path:
    return make_source(tmp_path / "source")


def digests(out: Path, *, manifest: bool = True) -> dict[str, str]:
    """Every visible output and its digest; the ledger itself holds times."""
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
        and path.name not in (".lock",)
        and "ledger.sqlite" not in path.name
        and (manifest or path.name != "manifest.jsonl")
    }
