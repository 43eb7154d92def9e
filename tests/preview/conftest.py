"""One small subject of every kind, and the way to `bombs`."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domainaug.preview import open_subject

HERE = str(Path(__file__).parent)
if HERE not in sys.path:  # where `bombs` is
    sys.path.append(HERE)


@pytest.fixture
def scene():
    """(96, 128) gray: a bright disc left of the middle, on a ramp."""
    rows, columns = np.mgrid[:96, :128]
    picture = (40 + columns * 0.8).astype(np.uint8)
    picture[(rows - 48) ** 2 + (columns - 44) ** 2 < 20**2] = 230
    return picture


@pytest.fixture
def disc():
    """(96, 128) labels: 1 on the disc of `scene`, 3 on a bar."""
    rows, columns = np.mgrid[:96, :128]
    labels = np.zeros((96, 128), np.uint8)
    labels[(rows - 48) ** 2 + (columns - 44) ** 2 < 20**2] = 1
    labels[20:70, 90:100] = 3
    return labels


@pytest.fixture
def masked(tmp_path, scene, disc):
    """A data set of two pictures, the first with a mask."""
    for name in ("images", "masks"):
        (tmp_path / "data" / name).mkdir(parents=True)
    Image.fromarray(scene).save(tmp_path / "data" / "images" / "a.png")
    Image.fromarray(disc).save(tmp_path / "data" / "masks" / "a.png")
    Image.fromarray(255 - scene).save(tmp_path / "data" / "images" / "b.png")
    return tmp_path / "data"


@pytest.fixture
def subject(masked):
    return open_subject(masked, "images/a.png")
