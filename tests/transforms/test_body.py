"""Where bodies lie: found in real slices and in phantoms, with tables, lungs, and what is no body."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.transforms.body import body_center, otsu


def ellipse(shape, center, radii):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return ((columns - center[0]) / radii[0]) ** 2 + ((rows - center[1]) / radii[1]) ** 2 < 1


@pytest.fixture
def chest():
    """A chest of 320 x 220 mm on a table of 8 mm, pixels of 1 mm, its middle at (230, 190)."""
    picture = np.full((400, 440), -1000.0)
    picture[ellipse(picture.shape, (230, 190), (160, 110))] = 40
    for x in (160, 300):
        picture[ellipse(picture.shape, (x, 180), (50, 75))] = -850
    picture[305:313, 20:420] = -250
    return picture


@pytest.mark.parametrize("noise", [0, 60])
@pytest.mark.parametrize("spacing", [None, (1.0, 1.0)])
def test_lungs_belong_to_it_and_the_table_does_not(chest, noise, spacing):
    noisy = chest + np.random.default_rng(1).normal(0, noise, chest.shape)
    assert np.abs(np.array(body_center(noisy, 2, spacing)) - (230, 190)).max() < 2


def test_metal_and_a_window_change_nothing(chest):
    chest[100:106, 200:206] = 3000
    assert np.abs(np.array(body_center(chest, 2, (1.0, 1.0))) - (230, 190)).max() < 2
    shown = np.clip((chest + 1000) / 8, 0, 255).astype(np.uint8)
    assert np.abs(np.array(body_center(shown, 2)) - (230, 190)).max() < 2


def test_a_volume_and_channels(chest):
    volume = np.stack([chest] * 5)
    assert np.abs(np.array(body_center(volume, 3, (5.0, 1.0, 1.0))) - (230, 190, 2)).max() < 2.5
    color = np.repeat(chest[..., None], 3, axis=2)
    assert np.abs(np.array(body_center(color, 2, (1.0, 1.0))) - (230, 190)).max() < 2


def test_pixels_that_are_not_square(chest):
    squeezed = chest[::2]
    assert np.abs(np.array(body_center(squeezed, 2, (2.0, 1.0))) - (230, 94.5)).max() < 2


@pytest.mark.parametrize("fill", [0.0, 5.0])
def test_a_picture_of_nothing_has_none(fill):
    assert body_center(np.full((30, 40), fill), 2) is None
    assert otsu(np.full((30, 40), fill)) is None


def test_a_picture_that_is_all_body_has_none():
    assert body_center(np.random.default_rng(0).normal(40, 5, (60, 60)), 2, (1.0, 1.0)) is None


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("693_UNCI.dcm", (262, 278)),  # a head in its holder
        ("examples_overlay.dcm", (230, 161)),  # an abdomen in MR, arms beside it
        ("RG3_UNCI.dcm", (870, 800)),  # a leg between the shutters of a radiograph
    ],
)
def test_real_slices_as_seen_by_eye(name, place):
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"{name} of pydicom-data is not installed")
    header = pydicom.dcmread(path)
    picture = header.pixel_array.astype(np.float32)
    picture = np.maximum(picture.max() - picture if header.PhotometricInterpretation == "MONOCHROME1" else picture, 0)
    spacing = header.get("PixelSpacing")
    found = body_center(picture, 2, spacing and tuple(map(float, spacing)))
    assert np.abs(np.array(found) - place).max() < 0.03 * max(picture.shape)


def test_the_threshold_lies_between_two_classes():
    values = np.concatenate([np.full(700, -1000.0), np.full(300, 40.0)])
    assert -1000 < otsu(values) < 40
