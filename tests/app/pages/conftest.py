"""Runs for pages to show, parts that are turned a little; photographs of plates; what a page says."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from domainaug.run import augment

PROFILE = """\
id: test/turn
version: 1.0.0
title: Turned
frame: {size: [32, 32], channels: 1}
limits:
  - {effect: rotation, code: TST101, max: 20 deg, reason: The tray., evidence: [{strength: opinion}]}
recipe:
  - Affine: {rotate: [-10, 10], p: 1}
"""


def _run_in(root, name="out", copies=5):
    for index in range(8):
        place = root / "source" / ("good", "bad")[index % 2]
        place.mkdir(parents=True, exist_ok=True)
        coarse = np.random.default_rng(index).integers(0, 255, (4, 4), np.uint8)
        cv2.imwrite(str(place / f"{index}.png"), cv2.resize(coarse, (32, 32)))
    (root / "turn.yaml").write_text(PROFILE)
    augment(root / "source", root / name, profile=root / "turn.yaml", copies=copies, seed=3, engine="serial")
    return root / name


def words(at):
    """Return everything that a page says."""
    kinds = ("title", "caption", "markdown", "code", "success", "warning", "info")
    return "\n".join(str(one.value) for kind in kinds for one in at.get(kind)).replace("\\", "")


def pictures(at):
    """Return the addresses of its pictures: the same picture has the same."""
    return [image.proto.imgs[0].url for image in at.image]


def plate(seed, height=96, width=128):
    """Return a photograph of a plate: lighter to the right, with noise."""
    random = np.random.default_rng(seed)
    return (np.linspace(90, 150, width) + random.normal(0, 2, (height, width))).round().astype(np.uint8)


def png(pixels):
    """Return a picture as the bytes of a PNG."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def open_defects(open_app):
    """Open the page Defects; `view` is one of its tabs."""

    def opened(view="Defect", **query):
        at = open_app("defects", **query)
        if view != "Defect":
            at.session_state["d_view"] = view
            at.run()
        return at

    return opened


@pytest.fixture
def profile_of_turns():
    return PROFILE


@pytest.fixture
def run_in():
    """A function that runs a small data set in a root, and returns the folder of the run."""
    return _run_in
