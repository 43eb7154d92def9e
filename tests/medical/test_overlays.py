"""Overlays in bits of the pixels that hold no value: told apart from the values, and kept or dropped like others."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest

from domainaug.medical import load, read_study, validators, verify, write_series
from domainaug.medical.instance import read_instance

TRIANGLE = np.tril(np.ones((64, 64), bool), k=-20)
OUTER_EDGE = np.zeros((64, 64), bool)
OUTER_EDGE[[0, -1]] = True


@pytest.fixture
def overlaid(real, tmp_path):
    """An MR image of 12 bits with overlays in bits 12 and 14 of its pixels."""

    def make(to: str = "overlaid.dcm", *, uid: str = "1.2.826.0.6.1", syntax: str = "little") -> Path:
        name = "MR_small.dcm" if syntax == "little" else "MR_small_bigendian.dcm"
        dataset = pydicom.dcmread(real(name))
        words = dataset.pixel_array.clip(0, 4095).astype(np.uint16)
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
        for name in ("SmallestImagePixelValue", "LargestImagePixelValue", "PixelPaddingValue"):
            dataset.pop(name, None)
        for group, bit, plane in ((0x6000, 12, TRIANGLE), (0x6002, 14, OUTER_EDGE)):
            words |= plane.astype(np.uint16) << bit
            dataset.add_new((group, 0x0010), "US", 64)
            dataset.add_new((group, 0x0011), "US", 64)
            dataset.add_new((group, 0x0040), "CS", "G")
            dataset.add_new((group, 0x0050), "SS", [1, 1])
            dataset.add_new((group, 0x0100), "US", 16)
            dataset.add_new((group, 0x0102), "US", bit)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
        dataset.PixelData = words.astype("<u2" if syntax == "little" else ">u2").tobytes()
        dataset.save_as(tmp_path / to)
        return tmp_path / to

    return make


def copied(path, told, **run) -> pydicom.Dataset:
    loaded = load([path])
    return pydicom.dcmread(io.BytesIO(write_series(loaded, loaded.view.seen(), told(**run))[0]))


@pytest.mark.parametrize("syntax", ["little", "big"])
def test_they_are_no_part_of_the_values(syntax, overlaid, real):
    path = overlaid(syntax=syntax)
    assert read_instance(path).overlays_inside
    want = pydicom.dcmread(real("MR_small.dcm")).pixel_array.clip(0, 4095)
    assert np.array_equal(load([path]).view.stored[0], want)


@pytest.mark.parametrize("syntax", ["little", "big"])
def test_a_copy_keeps_them_as_elements_of_their_own(syntax, overlaid, told):
    out = copied(overlaid(syntax=syntax), told)
    for group, plane in ((0x6000, TRIANGLE), (0x6002, OUTER_EDGE)):
        assert np.array_equal(out.overlay_array(group), plane)
        assert (out[group, 0x0100].value, out[group, 0x0102].value) == (1, 0)
    assert int(np.frombuffer(out.PixelData, "<u2").max()) < 4096


def test_a_copy_that_moved_has_none(overlaid, told):
    out = copied(overlaid(), told, moved=True, record={"effects": {"rotation": 2.0}})
    assert not [element for element in out if 0x6000 <= element.tag.group <= 0x60FF]


@pytest.mark.parametrize("moved", [False, True])
def test_no_validator_finds_what_was_not_there(moved, overlaid, told, tmp_path):
    source, loaded = overlaid(), load([overlaid()])
    run = told(moved=moved, record={"effects": {"rotation": 2.0} if moved else {}})
    seen = np.roll(loaded.view.seen(), 2 * moved, axis=2)
    (tmp_path / "copy.dcm").write_bytes(write_series(loaded, seen, run)[0])
    assert validators.new_errors(source, tmp_path / "copy.dcm") == frozenset()
    assert verify.verify_image(source, tmp_path / "copy.dcm") == ()


def test_those_of_later_files_of_a_series_are_found_too(overlaid, real, tmp_path, told):
    plain = pydicom.dcmread(overlaid("0.dcm"))
    for tag in [element.tag for element in plain if 0x6000 <= element.tag.group <= 0x60FF]:
        del plain[tag]
    plain.PixelData = (np.frombuffer(plain.PixelData, "<u2") & 0x0FFF).astype("<u2").tobytes()
    plain.ImagePositionPatient = [0, 0, 0]
    plain.save_as(tmp_path / "0.dcm")
    for number in (1, 2):
        later = pydicom.dcmread(overlaid(f"{number}.dcm", uid=f"1.2.826.0.6.{number + 1}"))
        later.ImagePositionPatient = [0, 0, 5 * number]
        later.ImageOrientationPatient = plain.ImageOrientationPatient
        later.save_as(tmp_path / f"{number}.dcm")
    files = sorted(tmp_path.glob("?.dcm"))
    loaded = load(files)
    assert [one.instance.overlays_inside for one in loaded.opened] == [False, True, True]
    contents = write_series(loaded, loaded.view.seen(), told())
    planes = [pydicom.dcmread(io.BytesIO(content)) for content in contents]
    assert (0x6000, 0x3000) not in planes[0]
    for later in planes[1:]:
        assert np.array_equal(later.overlay_array(0x6000), TRIANGLE)
    assert read_study(tmp_path).series


def test_one_of_another_size_than_the_pixels_is_taken_away(overlaid, told):
    path = overlaid()
    dataset = pydicom.dcmread(path)
    dataset[0x6000, 0x0010].value = 32
    dataset.save_as(path)
    out = copied(path, told)
    assert (0x6000, 0x0010) not in out
    assert np.array_equal(out.overlay_array(0x6002), OUTER_EDGE)
