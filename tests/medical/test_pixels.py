"""Stored values to physical ones and back, and pixel data that are not what the header announces."""

from __future__ import annotations

import io

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom.uid import JPEGBaseline8Bit

from domainaug.errors import UnreadableInput
from domainaug.medical import load
from domainaug.medical.instance import Storage
from domainaug.medical.pixels import is_padding, physical_type, to_physical, to_stored


@st.composite
def storages(draw):
    bits = draw(st.integers(1, 16))
    allocated = 8 if bits <= 8 and draw(st.booleans()) else 16
    slope = draw(st.one_of(st.just(1.0), st.floats(1e-4, 100), st.floats(-100, -1e-4)))
    return Storage(allocated, bits, draw(st.booleans()), slope, draw(st.floats(-5000, 5000)))


@given(storage=storages(), data=st.data())
def test_every_stored_value_survives_the_way_to_physical_units_and_back(storage, data):
    values = data.draw(st.lists(st.integers(storage.lowest, storage.highest), min_size=1, max_size=20))
    stored = np.array([*values, storage.lowest, storage.highest])
    back, beyond = to_stored(to_physical(stored, storage), storage)
    assert np.array_equal(back, stored)
    assert beyond == 0


@given(storage=storages(), values=st.lists(st.floats(-1e7, 1e7), min_size=1))
def test_what_does_not_fit_is_set_to_the_nearest_end_and_counted(storage, values):
    stored, beyond = to_stored(np.array(values), storage)
    assert storage.lowest <= stored.min()
    assert stored.max() <= storage.highest
    exact = np.rint((np.array(values) - storage.intercept) / storage.slope)
    assert beyond == np.count_nonzero((exact < storage.lowest) | (exact > storage.highest))


def test_single_precision_is_used_where_it_is_enough():
    assert physical_type(Storage(16, 12, False, 1, -1024)) is np.float32
    assert physical_type(Storage(16, 16, False, 1e-4, 0)) is np.float32
    assert physical_type(Storage(16, 16, False, 1e-4, 4000)) is np.float64


def test_stored_values_take_the_type_of_the_file():
    assert to_stored(np.zeros(1), Storage(16, 12, False))[0].dtype == np.dtype("<u2")
    assert to_stored(np.zeros(1), Storage(16, 12, True))[0].dtype == np.dtype("<i2")
    assert to_stored(np.zeros(1), Storage(8, 8, False))[0].dtype == np.dtype("u1")


def test_padding_is_a_value_or_a_range():
    stored = np.array([-2000, -1999, -1990, 0])
    assert is_padding(stored, Storage(16, 16, True, padding=(-2000, -2000))).tolist() == [True, False, False, False]
    assert is_padding(stored, Storage(16, 16, True, padding=(-2000, -1995))).tolist() == [True, True, False, False]
    assert not is_padding(stored, Storage(16, 16, True)).any()


def refused(path, code):
    with pytest.raises(UnreadableInput) as caught:
        load([path])
    assert caught.value.code == code


def test_pixel_data_longer_than_announced_are_refused(edited):
    refused(edited(Rows=127), "bad-pixel-length")


def test_pixel_data_shorter_than_announced_are_refused(edited):
    refused(edited(Rows=129), "truncated")


def test_empty_pixel_data_are_refused(edited):
    refused(edited(PixelData=b""), "no-pixels")


@pytest.mark.parametrize("name", ["MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"])
def test_a_compressed_picture_of_another_size_is_refused_before_it_is_decoded(name, edited):
    refused(edited(name, Rows=32767, Columns=6000), "bad-pixel-length")


def jpeg(edited):
    """A radiograph of 8 bits, compressed as JPEG with all the segments that come before its size."""
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0, "PixelPaddingValue": None}
    path = edited(Rows=40, Columns=48, **eight)
    stream = io.BytesIO()
    ramp = np.add.outer(np.arange(40), np.arange(48)).astype("u1") * 2
    Image.fromarray(ramp).save(stream, "jpeg", quality=95, comment=b"made here", dpi=(72, 72))
    dataset = pydicom.dcmread(path)
    dataset.PixelData = pydicom.encaps.encapsulate([stream.getvalue()])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.save_as(path)
    return path, ramp


def test_a_jpeg_is_read(edited):
    path, ramp = jpeg(edited)
    assert np.abs(load([path]).view.stored[0].astype(int) - ramp).max() <= 8


def test_a_jpeg_of_another_size_is_refused(edited):
    path, _ = jpeg(edited)
    dataset = pydicom.dcmread(path)
    dataset.Rows = 41
    dataset.save_as(path)
    refused(path, "bad-pixel-length")


def test_a_run_length_picture_of_another_size_is_refused(edited):
    refused(edited("MR_small_RLE.dcm", Rows=63), "bad-pixel-length")
    refused(edited("MR_small_RLE.dcm", Rows=20000), "bad-pixel-length")


@pytest.mark.parametrize("name", ["MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_RLE.dcm"])
def test_damaged_compressed_pixels_are_refused_or_decode_to_the_announced_size(name, real, tmp_path):
    whole = real(name).read_bytes()
    start = whole.index(b"\xe0\x7f\x10\x00") + 30
    draws = np.random.default_rng(5)
    outcomes = set()
    for _ in range(40):
        content = bytearray(whole)
        for at in draws.integers(start, len(whole), 20):
            content[at] = draws.integers(256)
        (tmp_path / "x.dcm").write_bytes(content)
        try:
            assert load([tmp_path / "x.dcm"]).view.stored.shape == (1, 64, 64)
            outcomes.add("read")
        except UnreadableInput as error:
            outcomes.add(error.code)
    assert outcomes <= {"read", "damaged-pixels", "bad-pixel-length", "damaged"}
    assert "damaged-pixels" in outcomes


def test_bits_beyond_those_stored_are_not_pixels(edited, real):
    stored = pydicom.dcmread(real("MR_small.dcm")).pixel_array.astype("<u2")
    path = edited(
        "MR_small.dcm", BitsStored=12, HighBit=11, PixelRepresentation=0, PixelData=(stored | 0xF000).tobytes()
    )
    assert np.array_equal(load([path]).view.stored[0], stored)


def test_a_signed_flag_at_odds_with_the_picture_inside_is_put_right(real):
    stored = load([real("J2K_pixelrep_mismatch.dcm")]).view.stored
    assert (stored.dtype, stored.min(), stored.max()) == (np.dtype("int16"), -2000, 1896)
