"""Every transfer syntax that is read: files that were encoded here, and real ones, decode to the pixels they hold."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from domainaug.errors import UnreadableInput
from domainaug.medical import decoders, load
from domainaug.medical.decoders import ENCAPSULATED, decoder_of
from domainaug.medical.opening import NATIVE, open_dicom

imagecodecs = pytest.importorskip("imagecodecs")

ENCODERS = {
    JPEGBaseline8Bit: (8, lambda pixels, bits: imagecodecs.jpeg8_encode(pixels, level=95)),
    JPEGExtended12Bit: (12, lambda pixels, bits: imagecodecs.jpeg8_encode(pixels, level=95, bitspersample=12)),
    JPEGLossless: (12, lambda pixels, bits: _lossless(pixels, bits, predictor=4)),
    JPEGLosslessSV1: (16, lambda pixels, bits: _lossless(pixels, bits, predictor=1)),
    JPEGLSLossless: (12, lambda pixels, bits: imagecodecs.jpegls_encode(pixels)),
    JPEGLSNearLossless: (12, lambda pixels, bits: imagecodecs.jpegls_encode(pixels, level=2)),
    JPEG2000Lossless: (12, lambda pixels, bits: _j2k(pixels, bits, level=0, reversible=True)),
    JPEG2000: (12, lambda pixels, bits: _j2k(pixels, bits, level=70, reversible=False)),
    HTJ2KLossless: (16, lambda pixels, bits: imagecodecs.htj2k_encode(pixels)),
    HTJ2KLosslessRPCL: (16, lambda pixels, bits: imagecodecs.htj2k_encode(pixels, tlm=True)),  # RPCL is its order
    HTJ2K: (16, lambda pixels, bits: imagecodecs.htj2k_encode(pixels, level=0.0005, reversible=False)),
}
OFF = {JPEGBaseline8Bit: 12, JPEGExtended12Bit: 25, JPEGLSNearLossless: 2, JPEG2000: 10, HTJ2K: 100}
"""How far a pixel may be from what was encoded with loss, in levels."""


def _lossless(pixels, bits, predictor):
    return imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=predictor, bitspersample=bits)


def _j2k(pixels, bits, **how):
    return imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=bits, **how)


@pytest.fixture
def written(tmp_path):
    """A CT slice in a transfer syntax, and its pixels."""

    def make(syntax, cut=None):
        bits, encode = ENCODERS.get(syntax, (16, None))
        dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        dataset.pop("PixelPaddingValue")
        pixels = np.kron(dataset.pixel_array[20:60, 30:75], np.ones((2, 2))).astype("u2")  # smooth, as anatomy is
        pixels = (pixels * ((1 << bits) - 1.0) / pixels.max()).astype("u1" if bits == 8 else "u2")
        dataset.Rows, dataset.Columns, dataset.PixelRepresentation = *pixels.shape, 0
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8 * pixels.itemsize, bits, bits - 1
        path = tmp_path / f"{syntax}.dcm"
        if syntax in NATIVE:
            _native(dataset, pixels, syntax, path)
            return path, pixels
        if syntax == RLELossless:
            dataset.compress(RLELossless, pixels, generate_instance_uid=False)
        else:
            dataset.PixelData = encapsulate([bytes(encode(pixels, bits))[:cut]])
            dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(path)
        return path, pixels

    return make


def _native(dataset, pixels, syntax, path):
    big = syntax == ExplicitVRBigEndian
    dataset.PixelData = pixels.astype(">u2" if big else "<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta.TransferSyntaxUID = syntax
    if syntax != DeflatedExplicitVRLittleEndian:
        list(dataset.iterall())  # decoded now: what is raw would keep its byte order
        implicit = syntax == ImplicitVRLittleEndian
        pydicom.dcmwrite(path, dataset, implicit_vr=implicit, little_endian=not big, force_encoding=True)
        return
    head, body = io.BytesIO(), io.BytesIO()
    pydicom.filewriter.write_file_meta_info(pydicom.filebase.DicomIO(head), dataset.file_meta)
    out = pydicom.filebase.DicomIO(body)
    out.is_little_endian, out.is_implicit_VR = True, False
    pydicom.filewriter.write_dataset(out, dataset)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    path.write_bytes(bytes(128) + b"DICM" + head.getvalue() + packer.compress(body.getvalue()) + packer.flush())


def test_every_syntax_is_tried_here():
    assert {*ENCODERS, RLELossless} == set(ENCAPSULATED)
    assert all(decoder_of(syntax) for syntax in ENCAPSULATED)


@pytest.mark.parametrize("syntax", [*NATIVE, *ENCAPSULATED], ids=lambda syntax: syntax.name.split(",")[0])
def test_pixels_of_every_transfer_syntax_are_those_that_were_encoded(syntax, written):
    path, pixels = written(syntax)
    found = load([path]).view.stored[0].astype(int)
    off = np.abs(found - pixels).max()
    assert off <= OFF.get(syntax, 0)
    assert found.max() > 0.9 * pixels.max()


@pytest.mark.parametrize("syntax", ENCODERS, ids=lambda syntax: syntax.name.split(",")[0])
def test_a_picture_that_is_cut_is_refused_in_every_transfer_syntax(syntax, written):
    path, _ = written(syntax)
    whole = len(get_frame(open_dicom(path, pixels=True).PixelData, 0, number_of_frames=1))
    for cut in (20, whole // 3, whole * 9 // 10):
        path, _ = written(syntax, cut=cut)
        with pytest.raises(UnreadableInput) as caught:
            load([path])
        assert caught.value.code in ("damaged-pixels", "bad-pixel-length", "truncated")


REAL = ["JPEG-LL.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "bad_sequence.dcm", "SC_rgb_jpeg_gdcm.dcm"]


@pytest.mark.parametrize("name", REAL)
def test_real_lossless_jpeg_decodes_as_a_decoder_of_another_make_does(name):
    pydicom_data = pytest.importorskip("data_store")
    folders = [Path(str(get_testdata_file("CT_small.dcm"))).parent, Path(pydicom_data.__file__).parent / "data"]
    path = next(folder / name for folder in folders if (folder / name).exists())
    dataset = pydicom.dcmread(path)
    found = pydicom.pixels.pixel_array(dataset, decoding_plugin=decoder_of(dataset.file_meta.TransferSyntaxUID))
    other = imagecodecs.ljpeg_decode(get_frame(dataset.PixelData, 0, number_of_frames=1))
    assert np.array_equal(found, other.astype(found.dtype))


def test_a_signed_picture_keeps_its_signs(tmp_path, written):
    path, pixels = written(JPEGLosslessSV1)
    dataset = pydicom.dcmread(path)
    dataset.PixelRepresentation = 1
    dataset.save_as(path)
    assert np.array_equal(load([path]).view.stored[0], pixels.view("i2"))


def test_the_decoder_does_not_depend_on_what_else_is_installed(monkeypatch):
    """GDCM decodes everything, and pydicom would ask it first."""
    decoder = pydicom.pixels.get_decoder(JPEG2000)
    monkeypatch.setitem(decoder._available, "gdcm", lambda *_: None)
    decoder_of.cache_clear()
    assert decoder_of(JPEG2000) == "pylibjpeg"


def test_without_imagecodecs_nothing_decodes_lossless_jpeg(monkeypatch):
    monkeypatch.setattr(decoders, "find_spec", lambda name: None)
    decoder = pydicom.pixels.get_decoder(JPEGLossless)
    monkeypatch.delitem(decoder._available, "domainaug", raising=False)
    decoder_of.cache_clear()
    assert decoder_of(JPEGLossless) is None
    monkeypatch.undo()
    decoder._unavailable.pop("domainaug")
    decoder_of.cache_clear()
    assert decoder_of(JPEGLossless) == "domainaug"


def test_what_is_no_compressed_picture_has_no_decoder():
    assert decoder_of(ExplicitVRLittleEndian) is None
    assert decoder_of("") is None
