"""Finding elements by their lengths: the same ones that pydicom finds, or none."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import ExplicitVRLittleEndian

from domainaug.medical.explicit import (
    PIXEL_DATA,
    UNDEFINED,
    Unsure,
    fragments,
    is_padding_or_none,
    read_elements,
    walk,
    written,
)

EXPLICIT = ("CT_small.dcm", "MR_small.dcm", "MR_small_padded.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm")


@pytest.mark.parametrize("name", EXPLICIT)
def test_it_finds_what_pydicom_finds_byte_for_byte(real, name):
    content, dataset = real(name).read_bytes(), pydicom.dcmread(real(name))
    found = walk(content)
    assert found.meta.keys() == dataset.file_meta.keys()
    assert found.body.keys() == {tag for tag in dataset.keys() if tag < PIXEL_DATA}  # noqa: SIM118 - a data set
    whole = b"".join([*found.meta.values(), *found.body.values()])
    assert content[132:].startswith(whole)
    assert found.pixels_at == 132 + len(whole) + 12
    assert found.value(0x00080018) == dataset.SOPInstanceUID.encode()


def test_every_file_of_pydicom_is_walked_like_pydicom_reads_it_or_not_at_all(real):
    walked = 0
    for path in sorted(real("CT_small.dcm").parent.glob("*.dcm")):
        try:
            found = walk(path.read_bytes())
        except (Unsure, struct.error):
            continue
        dataset = pydicom.dcmread(path)
        assert {tag for tag in dataset.keys() if tag < PIXEL_DATA} == found.body.keys(), path.name  # noqa: SIM118
        walked += 1
    assert walked > 20


def test_a_header_longer_than_one_read_is_read_on(real):
    dataset = pydicom.dcmread(real("CT_small.dcm"))
    dataset.add_new(0x00091010, "OB", bytes(100_000))
    stream = io.BytesIO()
    dataset.save_as(stream)
    stream.seek(0)
    found, content = read_elements(stream)
    assert len(found.body[0x00091010]) == 100_012
    assert len(content) >= found.pixels_at


def test_sequences_without_a_length_are_walked_through(real):
    dataset = pydicom.dcmread(real("CT_small.dcm"))
    inner = pydicom.Dataset()
    inner.CodeValue = "1"
    outer = pydicom.Dataset()
    outer.ProcedureCodeSequence = [inner, inner]
    dataset.RequestAttributesSequence = [outer]
    for one in (dataset["RequestAttributesSequence"], outer["ProcedureCodeSequence"]):
        one.is_undefined_length = True
    inner.is_undefined_length_sequence_item = True
    stream = io.BytesIO()
    dataset.save_as(stream)
    found = walk(stream.getvalue())
    assert found.body.keys() == {tag for tag in dataset.keys() if tag < PIXEL_DATA}  # noqa: SIM118


@pytest.mark.parametrize("name", ["MR_small_implicit.dcm", "MR_small_bigendian.dcm", "no_meta.dcm", "rtplan.dcm"])
def test_it_is_unsure_of_other_files(real, name):
    with pytest.raises((Unsure, struct.error)):
        walk(real(name).read_bytes())


def test_it_is_unsure_when_elements_are_out_of_order(real):
    content = real("CT_small.dcm").read_bytes()
    body = walk(content).body
    one, other = body[0x00080020], body[0x00080021]
    assert len(one) == len(other)
    with pytest.raises(Unsure):
        walk(content.replace(one + other, other + one))


@given(cut=st.integers(0, 6000), place=st.integers(132, 6000), value=st.integers(0, 255))
@settings(max_examples=300)
def test_damage_ends_in_doubt_or_in_elements_that_lie_in_the_file(cut, place, value):
    content = bytearray(_ct())
    content[place] = value
    content = bytes(content[: len(content) - cut])
    try:
        found = walk(content)
    except (Unsure, struct.error):
        return
    assert b"".join([*found.meta.values(), *found.body.values()]) == content[132 : found.pixels_at - 12]


def _ct() -> bytes:
    return Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()


@pytest.mark.parametrize(("vr", "text"), [("UI", "1.2.3"), ("UI", "1.2.34"), ("IS", "7"), ("IS", "12")])
def test_short_elements_are_written_as_pydicom_writes_them(vr, text):
    dataset = pydicom.Dataset()
    dataset.add_new(0x00080018 if vr == "UI" else 0x00200013, vr, text)
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, dataset, implicit_vr=False, little_endian=True)
    assert stream.getvalue() == written(0x00080018 if vr == "UI" else 0x00200013, vr, text)


@pytest.mark.parametrize("many", [1, 3])
def test_the_fragments_of_one_picture_are_joined(many):
    content = encapsulate([bytes(range(250))], fragments_per_frame=many) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    assert fragments(content) == get_frame(content, 0, number_of_frames=1)
    with pytest.raises(Unsure):
        fragments(content[:-1])
    with pytest.raises(Unsure):
        fragments(content + b"rest")


def test_only_padding_may_follow_the_pixels():
    padding = struct.pack("<HH2sHI", 0xFFFC, 0xFFFC, b"OB", 0, 8) + bytes(8)
    assert is_padding_or_none(b"", 0)
    assert is_padding_or_none(padding[:12], len(padding))
    assert not is_padding_or_none(padding[:12], len(padding) + 2)
    assert not is_padding_or_none(b"\xfa\xff\xfa\xffSQ\0\0\0\0\0\0", 12)
    assert not is_padding_or_none(b"", -4)


def test_names_are_those_of_the_standard():
    assert pydicom.datadict.tag_for_keyword("PixelData") == PIXEL_DATA
    assert UNDEFINED == 2**32 - 1
    assert walk(_ct()).value(0x00020010) == ExplicitVRLittleEndian.encode()
