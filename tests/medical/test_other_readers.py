"""Second opinions: two readings are the same where voxels hold the same values at the same places in the patient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domainaug.errors import MissingExtra, UnreadableInput
from domainaug.medical import other_readers, read_study
from domainaug.medical.gate import Complaint, Verdict, hold
from domainaug.medical.other_readers import READERS, Reading, disagreement, installed, read_with

MATRIX = np.array([[0.7, 0, 0, -10], [0, 0.6, 0.1, 5], [0, -0.1, 2.5, 7], [0, 0, 0, 1.0]])


def reading(seed=1, shape=(3, 4, 5), matrix=MATRIX):
    return Reading(np.random.default_rng(seed).normal(size=shape), matrix)


def flipped(one, axis):
    """The same voxels counted from the other end of an axis of the array."""
    turn = np.eye(4)
    turn[2 - axis, 2 - axis], turn[2 - axis, 3] = -1, one.pixels.shape[axis] - 1
    return Reading(np.flip(one.pixels, axis), one.matrix @ turn)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_voxels_may_be_counted_from_either_end(axis):
    assert disagreement(reading(), flipped(reading(), axis)) == ""
    assert disagreement(reading(), Reading(flipped(reading(), axis).pixels, MATRIX)) == "it reads other pixels"


def test_another_value_place_spacing_or_shape_is_seen():
    other = reading()
    other.pixels[2, 3, 4] += 0.001
    assert disagreement(reading(), other) == "it reads other pixels"
    for change in ((0, 3, 0.7), (2, 2, 0.02), (1, 0, 0.01)):
        matrix = MATRIX.copy()
        matrix[change[0], change[1]] += change[2]
        assert disagreement(reading(), reading(matrix=matrix)) == "it sees the image at another place"
    assert "shape (3, 5, 4)" in disagreement(reading(), reading(shape=(3, 5, 4)))


def test_without_a_place_only_the_order_of_rows_and_slices_is_free():
    one = reading(matrix=None)
    assert disagreement(one, Reading(one.pixels[::-1, ::-1])) == ""
    assert disagreement(one, Reading(one.pixels[:, :, ::-1])) == "it reads other pixels"


def test_of_a_single_slice_nobody_knows_how_thick_it_is():
    thick = MATRIX.copy()
    thick[:3, 2] *= 4
    assert disagreement(reading(shape=(1, 4, 5)), reading(shape=(1, 4, 5), matrix=thick)) == ""


def test_someone_is_installed():
    assert set(installed()) >= {"GDCM", "dcm2niix"}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_sees_a_change_of_one_pixel_or_one_millimeter(name, real, edited):
    if name not in installed():
        pytest.skip(f"{name} is not installed")
    here = read_with(name, [real("CT_small.dcm")], 16)
    assert disagreement(here, read_with(name, [edited()], 16)) == ""
    pixels = read_study(real("CT_small.dcm")).series[0].pixels(stored=True)[0].copy()
    pixels[60, 50] += 1
    darker = edited(to="darker.dcm", PixelData=pixels.tobytes())
    assert disagreement(here, read_with(name, [darker], 16)) == "it reads other pixels"
    if here.matrix is not None:
        moved = edited(to="moved.dcm", ImagePositionPatient=[-157.135803, -179.035797, -75.699997])
        assert disagreement(here, read_with(name, [moved], 16)) == "it sees the image at another place"


@pytest.mark.parametrize("name", READERS)
def test_what_a_reader_cannot_read_is_said(name, tmp_path):
    if name not in installed():
        pytest.skip(f"{name} is not installed")
    (tmp_path / "x.dcm").write_bytes(b"hello")
    with pytest.raises(UnreadableInput):
        read_with(name, [tmp_path / "x.dcm"], 16)


@pytest.mark.parametrize("name", ["DCMTK", "dcm2niix"])
def test_a_reader_that_is_not_installed_says_so(name, monkeypatch, real):
    monkeypatch.setattr(other_readers, "find_tool", lambda name: None)
    assert name not in installed()
    with pytest.raises(MissingExtra):
        read_with(name, [real("CT_small.dcm")], 16)


def test_what_others_see_differently_is_a_complaint(monkeypatch, real):
    """A reader that is off by one in every value."""
    honest = READERS["GDCM"]
    off = {"GDCM": lambda files, bits: Reading(honest(files, bits).pixels + 1, honest(files, bits).matrix)}
    monkeypatch.setattr(other_readers, "READERS", off)
    found = hold([real("CT_small.dcm")], [real("CT_small.dcm")], asked=["GDCM"])
    assert "GDCM: it reads other pixels (of the source too)" in map(str, found)


def test_what_was_so_with_the_source_does_not_make_a_copy_wrong():
    verdict = Verdict(1, 1, ("GDCM",), (Complaint("GDCM", "it reads other pixels", old=True),), 0, 0)
    assert verdict.clean
    assert not replace(verdict, complaints=(Complaint("GDCM", "it reads other pixels"),)).clean
    assert not replace(verdict, orphans=1).clean
    assert not replace(verdict, images=0).clean


@pytest.mark.parametrize(
    "content", [b"", b"BM 3 2", b"P5\n3 2\n255\n12345", b"P6\n3 2\n255\n123456", b"P2\n3 2\n255\n1 2 3"]
)
def test_a_picture_of_dcmtk_that_is_none_or_is_cut_is_said(content):
    with pytest.raises(UnreadableInput, match="DCMTK writes"):
        other_readers._picture(content)


def test_pictures_of_dcmtk_read_alike_in_bytes_and_in_digits():
    digits = other_readers._picture(b"P3\n# of DCMTK\n2 1\n255\n1 2 3\n35 13 10\n")
    np.testing.assert_array_equal(digits, other_readers._picture(b"P6\n2 1\n255\n\x01\x02\x03#\r\n"))
    assert digits.shape == (1, 2, 3)
