"""Color comes out red, green and blue, whatever it was written in; held against other files, formulas and DCMTK."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.errors import UnreadableInput
from domainaug.medical import load, read_study
from domainaug.medical.instance import read_instance


def real(name: str) -> Path:
    found = get_testdata_file(name, download=False)
    if found is None:
        pytest.skip(f"{name} comes with pydicom-data, which is not installed")
    return Path(str(found))


def colors(name: str) -> np.ndarray:
    """(frames, rows, columns, 3) of a real file."""
    return load([real(name)]).view.stored


def words(dataset: pydicom.Dataset, name: str) -> np.ndarray:
    return np.frombuffer(dataset[name].value, "<u2")


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("SC_rgb.dcm", "SC_rgb_expb.dcm"),
        ("SC_rgb.dcm", "SC_rgb_rle.dcm"),
        ("SC_rgb_16bit.dcm", "SC_rgb_expb_16bit.dcm"),
        ("SC_rgb_2frame.dcm", "SC_rgb_rle_2frame.dcm"),
        ("SC_rgb_16bit_2frame.dcm", "SC_rgb_expb_16bit_2frame.dcm"),
        ("color-px.dcm", "color-pl.dcm"),
        ("OBXXXX1A.dcm", "OBXXXX1A_expb.dcm"),
        ("OBXXXX1A.dcm", "OBXXXX1A_rle.dcm"),
        ("OBXXXX1A_2frame.dcm", "OBXXXX1A_rle_2frame.dcm"),
        ("gdcm-US-ALOKA-16.dcm", "gdcm-US-ALOKA-16_big.dcm"),
        ("US1_UNCR.dcm", "US1_J2KR.dcm"),
    ],
)
def test_the_same_picture_written_in_other_ways_is_the_same(one, same):
    assert np.array_equal(colors(one), colors(same))


def test_planes_lie_pixel_by_pixel(edited_color):
    planes = edited_color(planar=True)
    assert np.array_equal(load([planes]).view.stored, load([edited_color(planar=False)]).view.stored)


@pytest.fixture
def edited_color(tmp_path):
    """SC_rgb.dcm, with its samples pixel by pixel or plane by plane."""

    def make(*, planar: bool) -> Path:
        dataset = pydicom.dcmread(real("SC_rgb.dcm"))
        pixels = dataset.pixel_array
        dataset.PlanarConfiguration = int(planar)
        dataset.PixelData = (pixels.transpose(2, 0, 1) if planar else pixels).tobytes()
        dataset.save_as(tmp_path / f"{planar}.dcm")
        return tmp_path / f"{planar}.dcm"

    return make


def from_luminance(values: np.ndarray) -> np.ndarray:
    """PS3.3 C.7.6.3.1.2, solved for red, green and blue (ITU-R BT.601 with full range)."""
    y, blue, red = (values[..., k].astype(float) - (0, 128, 128)[k] for k in range(3))
    mixed = np.stack([y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue], axis=-1)
    return np.clip(mixed, 0, 255)


def test_luminance_and_chrominance_go_by_the_formula():
    raw = pydicom.dcmread(real("SC_ybr_full_uncompressed.dcm"))
    values = np.frombuffer(raw.PixelData, np.uint8).reshape(100, 100, 3)
    assert np.abs(colors("SC_ybr_full_uncompressed.dcm")[0] - from_luminance(values)).max() <= 1


def test_halved_chrominance_is_that_of_both_pixels():
    raw = pydicom.dcmread(real("SC_ybr_full_422_uncompressed.dcm"))
    pairs = np.frombuffer(raw.PixelData, np.uint8).reshape(100, 50, 4)
    values = np.empty((100, 100, 3))
    values[:, 0::2, 0], values[:, 1::2, 0] = pairs[..., 0], pairs[..., 1]
    values[..., 1], values[..., 2] = np.repeat(pairs[..., 2], 2, axis=1), np.repeat(pairs[..., 3], 2, axis=1)
    assert np.abs(colors("SC_ybr_full_422_uncompressed.dcm")[0] - from_luminance(values)).max() <= 1


@pytest.mark.parametrize("name", ["examples_palette.dcm", "OBXXXX1A.dcm"])
def test_a_palette_gives_the_highest_bits_of_its_entries(name):
    raw = pydicom.dcmread(real(name))
    entries, first, bits = raw.RedPaletteColorLookupTableDescriptor
    tables = [words(raw, f"{color}PaletteColorLookupTableData") for color in ("Red", "Green", "Blue")]
    assert bits == 16
    assert {len(table) for table in tables} == {entries}
    indices = np.clip(np.frombuffer(raw.PixelData, np.uint8).astype(int) - first, 0, entries - 1)
    want = np.stack([table[indices] >> 8 for table in tables], axis=-1).reshape(raw.Rows, raw.Columns, 3)
    assert np.array_equal(colors(name)[0], want)
    assert len(np.unique(want.reshape(-1, 3), axis=0)) > 50


def test_a_palette_of_bytes_that_were_not_shifted_is_not_black(tmp_path):
    dataset = pydicom.dcmread(real("examples_palette.dcm"))
    for color in ("Red", "Green", "Blue"):
        table = words(dataset, f"{color}PaletteColorLookupTableData")
        setattr(dataset, f"{color}PaletteColorLookupTableData", (table >> 8).astype("<u2").tobytes())
    dataset.save_as(tmp_path / "low.dcm")
    assert np.array_equal(load([tmp_path / "low.dcm"]).view.stored, colors("examples_palette.dcm"))


@pytest.mark.parametrize(
    "tags",
    [
        {"RedPaletteColorLookupTableDescriptor": None},
        {"RedPaletteColorLookupTableDescriptor": [256, 0, 12]},
        {"BluePaletteColorLookupTableData": None},
        {"PhotometricInterpretation": "HSV"},
        {"PhotometricInterpretation": "RGB"},
    ],
    ids=lambda tags: "-".join(f"{name}-{value}" for name, value in tags.items()),
)
def test_color_that_cannot_be_true_is_refused(tags, tmp_path):
    dataset = pydicom.dcmread(real("examples_palette.dcm"))
    for name, value in tags.items():
        if value is None:
            del dataset[name]
        else:
            setattr(dataset, name, value)
    dataset.save_as(tmp_path / "wrong.dcm")
    with pytest.raises(UnreadableInput) as caught:
        read_instance(tmp_path / "wrong.dcm")
    assert caught.value.code == "not-gray"


def test_a_palette_shorter_than_its_descriptor_says_is_refused(tmp_path):
    dataset = pydicom.dcmread(real("examples_palette.dcm"))
    dataset.RedPaletteColorLookupTableData = dataset.RedPaletteColorLookupTableData[:100]
    dataset.save_as(tmp_path / "short.dcm")
    with pytest.raises(UnreadableInput) as caught:
        load([tmp_path / "short.dcm"])
    assert caught.value.code == "damaged-pixels"


@pytest.mark.parametrize("name", ["SC_rgb.dcm", "examples_palette.dcm"])
def test_a_header_tells_what_it_is_once_decoded(name):
    one = read_instance(real(name))
    assert (one.samples, one.storage.allocated, one.storage.stored, one.storage.signed) == (3, 8, 8, False)
    assert one.shape == (one.rows, one.columns, 3) == one.file_shape


@pytest.mark.parametrize("modality", ["CT_small.dcm", "MR_small.dcm"])
def test_color_in_a_class_that_has_none_is_refused(modality, tmp_path):
    dataset = pydicom.dcmread(real(modality))
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.save_as(tmp_path / "color.dcm")
    (aside,) = read_study(tmp_path / "color.dcm").set_aside
    assert aside.code == "not-gray"


@pytest.mark.skipif(shutil.which("dcmdjpeg") is None, reason="DCMTK is not installed")
@pytest.mark.parametrize(
    "name",
    ["SC_rgb_dcmtk_+eb+cy+n1.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_dcmtk_+eb+cr.dcm", "examples_ybr_color.dcm"],
)
def test_lossy_color_is_what_dcmtk_decodes(name, tmp_path):
    subprocess.run(["dcmdjpeg", "--conv-photometric", str(real(name)), str(tmp_path / "theirs.dcm")], check=True)
    theirs = pydicom.dcmread(tmp_path / "theirs.dcm")
    assert theirs.PhotometricInterpretation == "RGB"
    differences = np.abs(colors(name).astype(int) - theirs.pixel_array.reshape(colors(name).shape))
    assert np.mean(differences) < 1  # decoders differ in how they spread the chrominance
    assert np.percentile(differences, 99) <= 8
