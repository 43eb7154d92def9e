"""Damage of every kind: one typed error or pixels, in less than two seconds and 500 MB, and no process dies of it.

Each case runs in a process of its own, `damaging.py`, so that a decoder that crashes fails its case and no other; that
a run survives such a worker is in tests/run/test_augmenting.py.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLosslessSV1

from domainaug.errors import UnreadableInput
from domainaug.medical import load

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="memory is told by the resource module")
COMPRESSED = ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPEG2000.dcm"]
COMPRESSED += ["JPGExtended.dcm", "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_rle.dcm"]


def damage(path, count, where, seed=11):
    command = [sys.executable, str(Path(__file__).with_name("damaging.py")), str(path), str(count), str(seed), where]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "Traceback" not in ended.stderr
    told = json.loads(ended.stdout)
    assert sum(told["told"].values()) == count
    assert told["slowest"] < 2
    assert told["megabytes"] < 500
    return told["told"]


@pytest.mark.parametrize("count", [60, pytest.param(586, marks=pytest.mark.slow)])
def test_a_cut_file_is_refused_or_has_lost_nothing(count, real):
    told = damage(real("CT_small.dcm"), count, "cuts")
    assert "other" not in told
    assert told.get("same", 0) <= 2  # what is cut off then is padding behind the pixels


@pytest.mark.parametrize("count", [200, pytest.param(3000, marks=pytest.mark.slow)])
def test_a_byte_changed_in_a_header_never_changes_a_pixel(count, real):
    told = damage(real("CT_small.dcm"), count, "header")
    assert "other" not in told
    assert len(told) > 5  # it is refused for reasons of many kinds
    assert told["same"] < 0.85 * count  # most bytes are names, dates and numbers that pixels do not depend on


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", COMPRESSED)
def test_a_damaged_compressed_picture_is_refused_or_decodes_to_its_size(name, count, real):
    told = damage(real(name), count, "pixels")
    assert {"same", "other", "damaged-pixels", "bad-pixel-length", "truncated", "damaged", "no-pixels"} >= told.keys()
    assert told.keys() - {"same", "other"}


@pytest.mark.parametrize("size", [65535, 32767])
def test_a_header_that_announces_more_pixels_than_there_are_costs_nothing(size, edited, tmp_path):
    path = edited(Rows=size, Columns=size)
    with pytest.raises(UnreadableInput) as caught:
        load([path])
    assert caught.value.code == "bad-size"
    smaller = edited("MR_small_RLE.dcm", to="rle.dcm", Rows=14000, Columns=14000)
    with pytest.raises(UnreadableInput) as caught:
        load([smaller])
    assert caught.value.code == "bad-pixel-length"


def test_a_compressed_picture_too_short_for_its_size_is_refused_before_it_is_unfolded(tmp_path, real):
    """Its decoder would make 196 million pixels up, and say nothing."""
    imagecodecs = pytest.importorskip("imagecodecs")
    dataset = pydicom.dcmread(real("MR_small_RLE.dcm"))
    frame = bytearray(imagecodecs.jpeg8_encode(np.zeros((64, 64), "u2"), lossless=True, bitspersample=16))
    at = frame.index(b"\xff\xc3")
    frame[at + 5 : at + 9] = struct.pack(">2H", 14000, 14000)
    dataset.PixelData = encapsulate([bytes(frame)])
    dataset.Rows = dataset.Columns = 14000
    dataset.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    dataset.save_as(tmp_path / "bomb.dcm")
    with pytest.raises(UnreadableInput) as caught:
        load([tmp_path / "bomb.dcm"])
    assert caught.value.code == "truncated"
