"""Whatever is wrong with a file ends as one UnreadableInput, quickly and without a value in its message."""

from __future__ import annotations

import io
import logging
import random
import time
import warnings
import zlib

import pydicom
import pytest
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEGLosslessSV1,
)

from domainaug.errors import UnreadableInput
from domainaug.medical import load, opening
from domainaug.medical.instance import read_instance
from domainaug.medical.opening import INFLATED_LIMIT, border, has_marker, open_dicom, quiet


def refused(path, code):
    for pixels in (False, True):
        with pytest.raises(UnreadableInput) as caught:
            open_dicom(path, pixels=pixels)
        assert caught.value.code == code
        assert caught.value.path == path


def test_a_whole_file_is_read(real):
    dataset = open_dicom(real("CT_small.dcm"), pixels=True)
    assert (dataset.Rows, len(dataset.PixelData)) == (128, 128 * 128 * 2)


def test_a_header_is_read_without_pixels(real):
    assert "PixelData" not in open_dicom(real("CT_small.dcm"), pixels=False)


def test_other_files_are_not_dicom(tmp_path):
    for content in (b"", b"hello", bytes(200), b"\x89PNG\r\n\x1a\n" + bytes(500)):
        path = tmp_path / "x.dcm"
        path.write_bytes(content)
        assert not has_marker(path)
        refused(path, "not-dicom")


def test_a_missing_file_is_named(tmp_path):
    refused(tmp_path / "none.dcm", "not-a-file")
    assert not has_marker(tmp_path / "none.dcm")


def test_a_file_cut_before_its_pixels_end_is_found_without_reading_them(real, tmp_path):
    whole = real("CT_small.dcm").read_bytes()
    path = tmp_path / "cut.dcm"
    path.write_bytes(whole[: len(whole) - 2000])
    with pytest.raises(UnreadableInput) as caught:
        open_dicom(path, pixels=False)
    assert caught.value.code == "truncated"


def test_sequences_nested_without_end_are_refused(tmp_path, edited):
    item = pydicom.Dataset()
    for _ in range(60):
        outer = pydicom.Dataset()
        outer.ReferencedSeriesSequence = [item]
        item = outer
    path = edited(ReferencedSeriesSequence=[item])
    assert open_dicom(path, pixels=True).Rows == 128  # 60 deep is unusual, and fine
    opened = b"\x08\x00\x15\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 5000
    content = path.read_bytes()
    at = content.index(b"\x08\x00\x15\x11SQ")
    path.write_bytes(content[:at] + opened)
    refused(path, "nested-too-deep")


def deflated(path, body, meta_from):
    dataset = pydicom.dcmread(meta_from)
    stream = io.BytesIO()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    stream.write(bytes(128) + b"DICM")
    pydicom.filewriter.write_file_meta_info(pydicom.filebase.DicomIO(stream), dataset.file_meta)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    path.write_bytes(stream.getvalue() + packer.compress(body) + packer.flush())
    return path


def test_a_deflated_file_is_read(real, tmp_path, edited):
    plain = real("CT_small.dcm").read_bytes()
    meta = pydicom.filereader.read_file_meta_info(real("CT_small.dcm"))
    body = plain[132 + 12 + meta.FileMetaInformationGroupLength :]
    path = deflated(tmp_path / "deflated.dcm", body, real("CT_small.dcm"))
    assert (load([path]).view.stored == load([real("CT_small.dcm")]).view.stored).all()
    path.write_bytes(path.read_bytes()[:-300])
    refused(path, "truncated")


def test_a_deflated_bomb_is_refused_before_it_fills_the_memory(real, tmp_path):
    path = deflated(tmp_path / "bomb.dcm", bytes(INFLATED_LIMIT + 2**20), real("CT_small.dcm"))
    assert path.stat().st_size < 200_000
    start = time.process_time()
    refused(path, "too-large")
    assert time.process_time() - start < 8


def test_a_transfer_syntax_that_is_no_still_picture_is_refused(real, tmp_path):
    dataset = pydicom.dcmread(real("MR_small_RLE.dcm"))
    dataset.file_meta.TransferSyntaxUID = MPEG2MPML
    dataset.save_as(tmp_path / "film.dcm")
    refused(tmp_path / "film.dcm", "unsupported-transfer-syntax")


def test_a_picture_that_nothing_installed_decodes_is_refused(real, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "decoder_of", lambda syntax: None)
    dataset = pydicom.dcmread(real("MR_small_RLE.dcm"))
    dataset.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    dataset.save_as(tmp_path / "lossless.dcm")
    refused(tmp_path / "lossless.dcm", "no-decoder")


@pytest.mark.parametrize("name", ["MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_RLE.dcm"])
def test_one_picture_reads_the_same_in_every_transfer_syntax(name, real):
    assert (load([real(name)]).view.stored == load([real("MR_small.dcm")]).view.stored).all()


@pytest.mark.parametrize("name", ["MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"])
def test_lossless_compression_loses_nothing(name, real):
    assert (load([real(name)]).view.stored == load([real("MR_small.dcm")]).view.stored).all()


def test_words_of_a_big_endian_file_are_turned_round(real, tmp_path):
    dataset = pydicom.dcmread(real("MR_small_bigendian.dcm"))
    dataset.add_new(0x60003000, "OW", b"\x01\x02\x03\x04")
    dataset.save_as(tmp_path / "overlay.dcm")
    assert dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    assert open_dicom(tmp_path / "overlay.dcm", pixels=True)[0x60003000].value == b"\x02\x01\x04\x03"


def test_a_file_without_meta_information_is_read_and_said_to_be(real, tmp_path):
    dataset = pydicom.dcmread(real("CT_small.dcm"))
    stream = io.BytesIO()
    pydicom.filewriter.write_dataset(_little(stream), dataset)
    path = tmp_path / "bare"
    path.write_bytes(stream.getvalue())
    assert not has_marker(path)
    assert not read_instance(path).has_meta
    assert (load([path]).view.stored == load([real("CT_small.dcm")]).view.stored).all()


def _little(stream):
    out = pydicom.filebase.DicomIO(stream)
    out.is_little_endian, out.is_implicit_VR = True, False
    return out


def test_messages_never_quote_a_value(edited, tmp_path):
    path = edited(PatientName="Secret^Canary", PatientID="Canary")
    content = path.read_bytes()
    draws, errors = random.Random(3), []
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(4):
            damaged[draws.randrange(132, 3000)] = draws.randrange(256)
        path.write_bytes(damaged)
        errors += _raised(path)
    assert len(errors) > 20
    for error in errors:
        assert "anary" not in str(error)
        assert error.__suppress_context__ or error.__context__ is None


def _raised(path):
    try:
        load([path])
    except UnreadableInput as error:
        return [error]
    return []


def test_pydicom_keeps_its_warnings_and_log_lines_to_itself(caplog):
    loggers = [logging.getLogger("pydicom"), logging.getLogger("pydicom.pixels.decoders.base")]
    levels = [logger.level for logger in loggers]
    with caplog.at_level(logging.DEBUG), quiet():
        for logger in loggers:
            logger.error("Secret^Canary")
        warnings.warn("Secret^Canary", stacklevel=1)
    assert not caplog.records
    assert [logger.level for logger in loggers] == levels


class PanicException(BaseException):
    """As decoders written in Rust raise it."""


def test_a_panic_of_a_decoder_is_a_damaged_file_and_an_interrupt_is_not(tmp_path):
    with pytest.raises(UnreadableInput, match="PanicException"), border("damaged-pixels", "it broke", tmp_path):
        raise PanicException
    with pytest.raises(KeyboardInterrupt), border("damaged-pixels", "it broke", tmp_path):
        raise KeyboardInterrupt


def test_running_out_of_memory_is_told_as_that(tmp_path):
    with pytest.raises(UnreadableInput) as caught, border("damaged", "it broke", tmp_path):
        raise MemoryError
    assert caught.value.code == "too-large"
