"""Ultrasound and captures that wheels carry: left alone they come back, and no validator finds what was not there."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.medical import load, validators, verify, write_series
from domainaug.medical.terms import Terms

GRAY = ["JPEG-lossy.dcm", "JPEG2000.dcm", "JPEG2000_UNC.dcm", "mlut_18.dcm", "vlut_04.dcm"]
COLOR = ["examples_rgb_color.dcm", "SC_rgb.dcm", "SC_rgb_16bit.dcm", "SC_rgb_expb.dcm", "US1_UNCI.dcm"]
COLOR += ["US1_UNCR.dcm", "ExplVR_BigEnd.dcm", "SC_rgb_rle.dcm", "SC_rgb_gdcm_KY.dcm", "SC_rgb_jpeg_dcmd.dcm"]
TURNED = ["examples_palette.dcm", "OBXXXX1A.dcm", "gdcm-US-ALOKA-16.dcm", "gdcm-US-ALOKA-16_big.dcm", "US1_J2KI.dcm"]
TURNED += ["US1_J2KR.dcm", "examples_jpeg2k.dcm", "GDCMJ2K_TextGBR.dcm", "SC_ybr_full_uncompressed.dcm"]
TURNED += ["SC_ybr_full_422_uncompressed.dcm", "SC_rgb_dcmtk_+eb+cy+s2.dcm", "SC_rgb_jpeg_dcmtk.dcm"]
FRAMES = ["SC_rgb_2frame.dcm", "SC_rgb_rle_16bit_2frame.dcm", "OBXXXX1A_expb_2frame.dcm", "OBXXXX1A_rle_2frame.dcm"]
FRAMES += ["examples_ybr_color.dcm", pytest.param("color3d_jpeg_baseline.dcm", marks=pytest.mark.slow)]
EVERY = [*GRAY, *COLOR, *TURNED, *FRAMES]
MANY = {"rotation": 3.0, "noise": 0.01, "gamma": [1.2, 1.2], "blur": 1.0, "contrast": 1.1, "occlusion": 0.1}


@pytest.fixture
def source(request) -> Path:
    found = get_testdata_file(request.param, download=False)
    if found is None:
        pytest.skip(f"{request.param} comes with pydicom-data, which is not installed")
    return Path(str(found))


@pytest.fixture(params=[False, True], ids=["alone", "moved"])
def copy(request, source, told, tmp_path) -> Path:
    """A copy of `source`, left alone or with its pixels moved."""
    loaded = load([source])
    seen, moved = loaded.view.seen(), request.param
    run = told(profile="medical/any", moved=moved, record={"effects": MANY if moved else {}})
    (content,) = write_series(
        loaded, np.roll(seen, 2, axis=2) if moved else seen, run, Terms(frozenset(["burned-in-unknown"]))
    )
    (tmp_path / "copy.dcm").write_bytes(content)
    return tmp_path / "copy.dcm"


@pytest.mark.parametrize("source", EVERY, indirect=True)
def test_no_validator_finds_what_was_not_there(source, copy):
    assert validators.new_errors(source, copy) == frozenset()
    assert verify.verify_image(source, copy) == ()


def copied(path: Path, told) -> pydicom.Dataset:
    loaded = load([path])
    return pydicom.dcmread(io.BytesIO(write_series(loaded, loaded.view.seen(), told())[0]))


@pytest.mark.parametrize("source", [*GRAY, *COLOR], indirect=True)
def test_an_image_left_alone_has_the_samples_of_its_source(source, told):
    before, out = pydicom.dcmread(source), copied(source, told)
    assert np.array_equal(out.pixel_array, before.pixel_array)
    assert out.PhotometricInterpretation == before.PhotometricInterpretation
    assert (out.BitsAllocated, out.BitsStored, out.HighBit) == (before.BitsAllocated, before.BitsStored, before.HighBit)
    assert out.DerivationDescription.endswith("no pixel differs from the source")


@pytest.mark.parametrize("source", TURNED, indirect=True)
def test_color_left_alone_is_written_as_red_green_and_blue(source, told):
    loaded, out = load([source]), copied(source, told)
    assert np.array_equal(out.pixel_array, loaded.view.stored[0])
    assert (out.SamplesPerPixel, out.PhotometricInterpretation, out.PlanarConfiguration) == (3, "RGB", 0)
    assert (out.BitsAllocated, out.BitsStored, out.HighBit, out.PixelRepresentation) == (8, 8, 7, 0)
    assert not [element.keyword for element in out if "Palette" in element.keyword]


@pytest.mark.parametrize("source", FRAMES, indirect=True)
def test_frames_left_alone_come_back_in_one_file(source, told):
    before, out = pydicom.dcmread(source, stop_before_pixels=True), copied(source, told)
    loaded = load([source])
    assert np.array_equal(out.pixel_array, loaded.view.stored)
    assert len(loaded.opened) == out.NumberOfFrames == before.NumberOfFrames
    for name in ("FrameIncrementPointer", "FrameTime", "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate"):
        assert out.get(name) == before.get(name)
    assert [item.ReferencedSOPInstanceUID for item in out.SourceImageSequence] == [before.SOPInstanceUID]


@pytest.mark.parametrize("source", ["JPEG2000.dcm", "US1_J2KI.dcm", "examples_ybr_color.dcm"], indirect=True)
def test_what_was_lossy_says_so(source, told):
    assert copied(source, told).LossyImageCompression == "01"
