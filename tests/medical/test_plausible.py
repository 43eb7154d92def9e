"""A header that cannot be true is refused under a code of its own."""

from __future__ import annotations

import pydicom
import pytest
from pydicom.multival import MultiValue

from domainaug.errors import UnreadableInput
from domainaug.medical.instance import Storage, read_instance, short_hash
from domainaug.medical.plausible import numbers_in, refusal

WRONG = {
    "bad-uid": [
        {"StudyInstanceUID": "../../../evil"},
        {"SeriesInstanceUID": "1.2.x"},
        {"SOPInstanceUID": ""},
        {"SOPInstanceUID": "1" * 65},
        {"FrameOfReferenceUID": "/etc/passwd"},
    ],
    "not-augmented-class": [
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.1"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11"},
        {"SOPClassUID": "1.2.3"},
    ],
    "damaged": [{"SOPClassUID": None}],
    "multi-frame": [
        {"NumberOfFrames": 2},
        {"NumberOfFrames": -1},
        {"NumberOfFrames": 2**31 - 1},
        {"PerFrameFunctionalGroupsSequence": []},
    ],
    "mosaic": [{"ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]}],
    "not-gray": [
        {"SamplesPerPixel": 3},
        {"PhotometricInterpretation": "YBR_FULL"},
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"PhotometricInterpretation": None},
    ],
    "bad-size": [{"Rows": 0}, {"Columns": 65535}, {"Rows": None}, {"Rows": 32767, "Columns": 32767}],
    "bad-bits": [
        {"BitsAllocated": 7},
        {"BitsAllocated": 32},
        {"BitsStored": 17},
        {"BitsStored": 0},
        {"HighBit": 3},
        {"PixelRepresentation": 2},
    ],
    "bad-spacing": [{"PixelSpacing": [0, 1]}, {"PixelSpacing": [1, 11]}, {"PixelSpacing": [1]}],
    "bad-rescale": [{"RescaleSlope": 0}, {"RescaleSlope": None}, {"RescaleIntercept": [1, 2]}],
    "bad-geometry": [
        {"ImagePositionPatient": [1, 2]},
        {"ImagePositionPatient": [1, 2, 1e7]},
        {"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]},
        {"ImageOrientationPatient": [2, 0, 0, 0, 1, 0]},
    ],
}
CASES = [(code, tags) for code, group in WRONG.items() for tags in group]


@pytest.mark.parametrize(
    ("code", "tags"), CASES, ids=[f"{code}-{'-'.join(tags)}-{i}" for i, (code, tags) in enumerate(CASES)]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_header_that_cannot_be_true_is_refused(code, tags, real):
    with pydicom.config.disable_value_validation():
        dataset = pydicom.dcmread(real("CT_small.dcm"))
        for name, value in tags.items():
            if value is None:
                del dataset[name]
            else:
                setattr(dataset, name, value)
        found = refusal(dataset)
    assert found is not None
    assert found[0] == code
    assert found[1].startswith(("its ", "it "))
    assert not any(str(value) in found[1] for value in tags.values() if isinstance(value, str) and value.strip("./"))


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "dicomdirtests/77654033/CR1/6154"])
def test_real_headers_are_plausible(name, real):
    assert refusal(pydicom.dcmread(real("CT_small.dcm").parent / name)) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("rtdose.dcm", "not-augmented-class"),
        ("liver_1frame.dcm", "not-augmented-class"),
        ("MR_truncated.dcm", "truncated"),
        ("SC_rgb_32bit.dcm", "bad-bits"),
    ],
)
def test_real_files_that_are_not_augmented_say_why(name, code, real):
    with pytest.raises(UnreadableInput) as caught:
        read_instance(real(name))
    assert caught.value.code == code


def test_the_message_names_the_kind_of_object(real):
    with pytest.raises(UnreadableInput, match="RT Dose Storage; classic CT, MR, PT, CR, DX, MG, US and SC"):
        read_instance(real("rtdose.dcm"))


def test_a_header_is_told_as_it_is(real):
    one = read_instance(real("CT_small.dcm"))
    assert (one.modality, one.rows, one.columns, one.photometric) == ("CT", 128, 128, "MONOCHROME2")
    assert one.storage == Storage(16, 16, True, 1.0, -1024.0, False, (-2000, -2000))
    assert one.position == (-158.135803, -179.035797, -75.699997)
    assert one.has_meta
    assert one.rescaled


def test_a_padding_value_written_without_a_sign_is_understood(edited):
    path = edited()
    dataset = pydicom.dcmread(path)
    dataset.add_new("PixelPaddingValue", "US", 63536)
    dataset.add_new("PixelPaddingRangeLimit", "US", 63538)
    dataset.save_as(path)
    assert read_instance(path).storage.padding == (-2000, -1998)


def test_a_window_narrower_than_one_says_nothing(edited):
    assert read_instance(edited(WindowCenter=40, WindowWidth=400)).window == (-160, 240)
    assert read_instance(edited(WindowCenter=40, WindowWidth=0)).window is None


@pytest.mark.parametrize(
    ("stored", "signed", "ends"),
    [(12, False, (0, 4095)), (16, True, (-32768, 32767)), (1, False, (0, 1)), (8, True, (-128, 127))],
)
def test_bits_say_what_can_be_stored(stored, signed, ends):
    one = Storage(16, stored, signed)
    assert (one.lowest, one.highest) == ends


def test_numbers_that_are_not_finite_are_none():
    assert numbers_in(MultiValue(float, ["1", "2"])) == (1, 2)
    assert numbers_in("") == numbers_in(None) == numbers_in(float("nan")) == numbers_in([1, float("inf")]) == ()


def test_hashes_keep_their_parts_apart():
    assert short_hash("ab", "c") != short_hash("a", "bc")
    assert len(short_hash(1)) == 16


def test_a_radiograph_may_say_that_its_spacing_was_not_measured(edited):
    unmeasured = edited(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.1", Modality="CR", PixelSpacing=[0, 0], ImagerPixelSpacing=[0.1, 0.1]
    )
    assert read_instance(unmeasured).spacing == (0.1, 0.1)
    assert (
        read_instance(edited(SOPClassUID="1.2.840.10008.5.1.4.1.1.1", Modality="CR", PixelSpacing=[0, 0])).spacing
        is None
    )
    with pytest.raises(UnreadableInput, match="PixelSpacing"):
        read_instance(edited(PixelSpacing=[0, 0]))
