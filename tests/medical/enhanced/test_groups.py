"""What functional groups say of each frame, whoever of them says it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from domainaug.errors import UnreadableInput
from domainaug.medical import read_study
from domainaug.medical.enhanced.groups import frame_headers, group_of, is_enhanced


def headers(path):
    dataset = pydicom.dcmread(path)
    return list(frame_headers(dataset, path))


def test_a_frame_has_what_all_share_and_what_is_its_own(phantom, tmp_path):
    path = phantom.enhanced(tmp_path / "ct.dcm", [phantom.frame(k) for k in range(3)], map(phantom.stored, range(3)))
    found = headers(path)
    assert [list(one.ImagePositionPatient) for one in found] == [phantom.place(k) for k in range(3)]
    for one in found:
        assert tuple(one.ImageOrientationPatient) == phantom.OBLIQUE
        assert tuple(one.PixelSpacing) == phantom.SPACING
        assert (one.RescaleSlope, one.RescaleIntercept, one.RescaleType) == (1, -1024, "HU")
        assert one.ImageType == ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
        assert "NumberOfFrames" not in one


def test_a_frames_own_group_counts_before_the_shared_one(phantom, tmp_path):
    own = {"PixelValueTransformationSequence": phantom.item(RescaleIntercept=7, RescaleSlope=2, RescaleType="HU")}
    frames = [phantom.frame(0), phantom.frame(1, **own)]
    found = headers(phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, range(2))))
    assert [(one.RescaleSlope, one.RescaleIntercept) for one in found] == [(1, -1024), (2, 7)]


def test_left_overs_above_the_groups_do_not_count(phantom, tmp_path):
    path = phantom.enhanced(
        tmp_path / "ct.dcm", [phantom.frame(0)], [phantom.stored(0)],
        ImagePositionPatient=[9, 9, 9], PixelSpacing=[3, 3], RescaleSlope=5, RescaleIntercept=5,
    )  # fmt: skip
    (found,) = headers(path)
    assert list(found.ImagePositionPatient) == phantom.place(0)
    assert (tuple(found.PixelSpacing), found.RescaleSlope) == (phantom.SPACING, 1)


def test_classic_names_of_what_groups_call_otherwise(phantom, tmp_path):
    own = {
        "MREchoSequence": phantom.item(EffectiveEchoTime=42.5),
        "content": {"TemporalPositionIndex": 3, "FrameAcquisitionNumber": 2},
    }
    path = phantom.enhanced(tmp_path / "mr.dcm", [phantom.frame(0, **own)], [phantom.stored(0)], kind="MR")
    (found,) = headers(path)
    assert (found.EchoTime, found.TemporalPositionIdentifier, found.AcquisitionNumber) == (42.5, 3, 2)


def test_converted_images_keep_echo_times_among_attributes_that_have_no_group(phantom, tmp_path):
    own = {"UnassignedPerFrameConvertedAttributesSequence": phantom.item(EchoTime="12.5")}
    path = phantom.enhanced(
        tmp_path / "mr.dcm", [phantom.frame(0, **own)], [phantom.stored(0)], kind="MR", shared={"MREchoSequence": None},
        SOPClassUID="1.2.840.10008.5.1.4.1.1.4.4",
    )  # fmt: skip
    (found,) = headers(path)
    assert found.EchoTime == 12.5


def test_a_real_scanner_says_other_numbers_in_private_groups_and_they_are_not_read(philips):
    first = headers(philips)[0]
    private = pydicom.dcmread(philips, stop_before_pixels=True).PerFrameFunctionalGroupsSequence[0]
    elsewhere = private[0x2005, 0x140F].value[0].ImagePositionPatient
    np.testing.assert_allclose(first.ImagePositionPatient, [92.7090416, -125.1276697, 136.4952569], atol=1e-6)
    assert list(elsewhere) != list(first.ImagePositionPatient)


def test_a_group_of_a_frame(phantom, tmp_path):
    path = phantom.enhanced(tmp_path / "ct.dcm", [phantom.frame(0)], [phantom.stored(0)])
    dataset = pydicom.dcmread(path)
    assert is_enhanced(dataset)
    assert group_of(dataset, 0, "PlanePositionSequence").ImagePositionPatient == phantom.place(0)
    assert tuple(group_of(dataset, 0, "PixelMeasuresSequence").PixelSpacing) == phantom.SPACING
    assert group_of(dataset, 0, "MREchoSequence") is None


def test_a_real_object_without_groups_is_set_aside(groupless):
    study = read_study(groupless)
    assert study.series == ()
    assert [one.code for one in study.set_aside] == ["no-functional-groups"]


@pytest.mark.parametrize("frames", [2, 4])
def test_more_or_fewer_frames_than_groups(phantom, tmp_path, frames):
    pixels = [phantom.stored(k) for k in range(frames)]
    path = phantom.enhanced(tmp_path / "ct.dcm", [phantom.frame(k) for k in range(3)], pixels, NumberOfFrames=frames)
    assert code_of(path) == "bad-frames"


def test_fewer_pixels_than_frames(phantom, tmp_path):
    path = phantom.enhanced(tmp_path / "ct.dcm", [phantom.frame(k) for k in range(3)], [phantom.stored(0)] * 2)
    assert code_of(path) == "truncated"


def test_two_items_where_one_is_allowed(phantom, tmp_path):
    twice = [phantom.item(ImagePositionPatient=phantom.place(k)) for k in (0, 1)]
    path = phantom.enhanced(tmp_path / "ct.dcm", [phantom.frame(0, PlanePositionSequence=twice)], [phantom.stored(0)])
    assert code_of(path) == "bad-functional-groups"


@pytest.mark.parametrize(
    ("group", "values", "code"),
    [
        ("PlanePositionSequence", {"ImagePositionPatient": [1, 2]}, "bad-geometry"),
        ("PlaneOrientationSequence", {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "bad-geometry"),
        ("PixelMeasuresSequence", {"PixelSpacing": [0, 0]}, "bad-spacing"),
        ("PixelValueTransformationSequence", {"RescaleSlope": 0, "RescaleIntercept": 0}, "bad-rescale"),
    ],
)
def test_what_a_single_frame_says_has_to_be_true_of_the_whole_to_be_read(phantom, tmp_path, group, values, code):
    frames = [phantom.frame(0), phantom.frame(1, **{group: phantom.item(**values)})]
    path = phantom.enhanced(tmp_path / "ct.dcm", frames, map(phantom.stored, range(2)))
    assert code_of(path) == code


def code_of(path: Path) -> str:
    study = read_study(path)
    if study.set_aside:
        assert study.series == ()
        return study.set_aside[0].code
    with pytest.raises(UnreadableInput) as refused:
        study.series[0].pixels()
    return refused.value.code
