"""Small data sets of plates, as MVTec AD lays them out, and a profile for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

PROFILE = """\
id: plant/plates
version: 1.0.0
title: Plates
extends: manufacturing/metal-surface
part: {{pixel_pitch_mm: 0.1, lighting: {{kind: bright-field, azimuth_deg: 90}}{part}}}
{more}
"""


def plate(seed: int, height: int = 96, width: int = 128) -> np.ndarray:
    """Return a plate without a defect, brighter to the right, (height, width) uint8."""
    random = np.random.default_rng(seed)
    return (np.linspace(90, 150, width) + random.normal(0, 2, (height, width))).round().astype(np.uint8)


def save(path: Path, pixels: np.ndarray) -> None:
    """Save a picture, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def profile(folder: Path, *, part: str = "", more: str = "") -> Path:
    """Write the profile of the plates."""
    path = folder / "plates.yaml"
    path.write_text(PROFILE.format(part=part, more=more), encoding="utf-8")
    return path


def plates(folder: Path, good: int = 4, holes: int = 3) -> Path:
    """Write plates as MVTec AD does: good ones to train and test on, and some with a dark hole and its mask."""
    for number in range(good):
        save(folder / "train" / "good" / f"{number:03d}.png", plate(number))
    save(folder / "test" / "good" / "000.png", plate(90))
    for number in range(holes):
        shown, mask = plate(100 + number), np.zeros((96, 128), np.uint8)
        row, column = 20 + 12 * number, 30 + 20 * number
        shown[row : row + 7, column : column + 6] = 40
        mask[row : row + 7, column : column + 6] = 255
        save(folder / "test" / "hole" / f"{number:03d}.png", shown)
        save(folder / "ground_truth" / "hole" / f"{number:03d}_mask.png", mask)
    (folder / "ground_truth").mkdir(exist_ok=True)
    return folder
