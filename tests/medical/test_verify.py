"""What validators miss is found: each untruth is made, one at a time, and seen."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from domainaug.medical import load, read_study, write_series
from domainaug.medical.verify import verify_image, verify_series


@pytest.fixture
def pair(told, edited, tmp_path):
    """A source and a copy of it that moved, or not, as files."""

    def make(*, moved=False, **tags):
        source = edited("examples_overlay.dcm", **tags)
        loaded = load([source])
        seen = loaded.view.seen()
        (content,) = write_series(loaded, np.roll(seen, 3, axis=2) if moved else seen + 1, told(moved=moved))
        derived = tmp_path / "derived.dcm"
        derived.write_bytes(content)
        return source, derived

    return make


def falsified(path, change):
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)


def codes(pair):
    return {one.code for one in verify_image(*pair)}


@pytest.mark.parametrize("moved", [False, True])
def test_a_copy_says_nothing_untrue(moved, pair):
    assert verify_image(*pair(moved=moved)) == ()


def _set(**tags):
    def change(dataset):
        for name, value in tags.items():
            setattr(dataset, name, value)

    return change


def _private(dataset):
    dataset.private_block(0x0029, "MAKER", create=True).add_new(1, "LO", "x")


def _stale(dataset):
    dataset.add_new("SmallestImagePixelValue", "US", 7)
    dataset.add_new("LargestImagePixelValue", "US", 7)


def _preamble(dataset):
    dataset.preamble = b"MZ" + bytes(126)


UNTRUTHS = {
    "image-type": _set(ImageType=["ORIGINAL", "PRIMARY"]),
    "secondary": _set(ImageType=["DERIVED", "PRIMARY"]),
    "synthetic": _set(SyntheticData="TRUE"),
    "description": _set(DerivationDescription=""),
    "signed": _set(DigitalSignaturesSequence=[]),
    "changed-PatientID": _set(PatientID="somebody else"),
    "changed-RescaleSlope": _set(RescaleSlope=2, RescaleIntercept=0),
    "changed-Laterality": _set(Laterality="L"),
    "changed-PixelSpacing": _set(PixelSpacing=[9, 9]),
    "stale-extremes": _stale,
    "derivation-code": _set(DerivationCodeSequence=[]),
    "unchanged": _set(DerivationDescription="domainaug: no pixel differs from the source"),
    "private": _private,
    "preamble": _preamble,
}


@pytest.mark.parametrize("code", UNTRUTHS)
def test_an_untruth_is_seen(code, pair):
    files = pair()
    falsified(files[1], UNTRUTHS[code])
    assert code in codes(files)


def test_an_image_that_is_its_own_source_is_seen(pair):
    source, derived = pair()
    falsified(derived, _set(SOPInstanceUID=pydicom.dcmread(source).SOPInstanceUID))
    assert {"same-instance", "file-meta"} <= codes((source, derived))


def test_an_image_in_the_series_of_its_source_is_seen(pair):
    source, derived = pair()
    falsified(derived, _set(SeriesInstanceUID=pydicom.dcmread(source).SeriesInstanceUID))
    assert "same-series" in codes((source, derived))


def test_an_image_that_names_another_source_or_none_is_seen(pair):
    files = pair()
    falsified(files[1], _set(SourceImageSequence=[]))
    assert "source-reference" in codes(files)


def test_lossy_compression_that_was_forgotten_is_seen(pair):
    files = pair(LossyImageCompression="01", LossyImageCompressionRatio=10)
    falsified(files[1], _set(LossyImageCompression="00"))
    assert "lossy-forgotten" in codes(files)


@pytest.mark.parametrize("moved", [False, True])
def test_places_and_frame_of_reference_that_do_not_agree_are_seen(moved, pair):
    files = pair(moved=moved)
    dataset = pydicom.dcmread(files[1])
    dataset.SourceImageSequence[0].SpatialLocationsPreserved = "YES" if moved else "NO"
    dataset.save_as(files[1])
    assert "frame-of-reference" in codes(files)


def test_marks_that_did_not_move_with_the_content_are_seen(pair):
    files = pair(moved=True)
    falsified(files[1], _set(ShutterShape="CIRCULAR"))
    assert "stale-marks" in codes(files)


def test_images_of_a_copy_that_do_not_belong_together_are_seen(series, told, tmp_path):
    sources = read_study(series((0, 5))).series[0].files
    loaded = load(sources)
    derived = []
    for number, content in enumerate(write_series(loaded, loaded.view.seen(), told())):
        derived.append(tmp_path / f"{number}.dcm")
        derived[-1].write_bytes(content)
    assert verify_series(sources, derived) == ()
    falsified(derived[1], _set(SeriesInstanceUID="1.2.3.4", InstanceNumber=1))
    assert {one.code for one in verify_series(sources, derived)} == {"split-series", "repeated-instance"}


def test_messages_hold_no_values(pair):
    files = pair()
    falsified(files[1], _set(PatientName="Secret^Canary", PatientID="Canary"))
    found = verify_image(*files)
    assert {"changed-PatientName", "changed-PatientID"} <= {one.code for one in found}
    assert not [one for one in found if "anary" in one.message]


# -- what dciodvfy was seen to accept, and cannot know -------------------------------------------------------


def resampled(files):
    """Let a copy say that it was resampled, as one whose content moved does."""
    code = pydicom.Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "113085", "DCM", "Spatial resampling"
    falsified(files[1], _set(DerivationCodeSequence=[code]))


def test_a_resampled_image_that_says_its_places_are_preserved_is_seen(pair):
    files = pair()
    assert "places" not in codes(files)
    resampled(files)
    assert "places" in codes(files)


def test_a_resampled_image_in_the_frame_of_reference_of_its_source_is_seen(pair):
    files = pair(moved=True)
    falsified(files[1], _set(FrameOfReferenceUID=pydicom.dcmread(files[0]).FrameOfReferenceUID))
    assert "frame-of-reference" in codes(files)


def test_an_image_that_did_not_move_in_a_new_frame_of_reference_is_seen(pair):
    files = pair()
    falsified(files[1], _set(FrameOfReferenceUID="1.2.3.4"))
    assert "frame-of-reference" in codes(files)


@pytest.mark.parametrize(("before", "after", "wrong"), [("L", "R", False), ("L", "L", True), ("", "L", True)])
def test_a_mirrored_patient_has_the_other_side(before, after, wrong, pair):
    files = pair(moved=True, Laterality=before)
    code = pydicom.Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "MIRROR", "99DOMAINAUG", "Patient mirrored"
    falsified(files[1], _set(DerivationCodeSequence=[code], Laterality=after))
    assert ("sides" in codes(files)) == wrong


def test_a_side_that_changed_without_a_mirror_is_seen(pair):
    files = pair(moved=True, Laterality="L")
    falsified(files[1], _set(Laterality="R"))
    assert "changed-Laterality" in codes(files)


def test_a_number_too_long_for_its_element_is_seen(pair):
    files = pair()
    raw = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(0x00181316), "DS", 20, b"1.234567890123456789", 0, False, True
    )
    dataset = pydicom.dcmread(files[1])
    dataset[0x00181316] = raw
    dataset.save_as(files[1])
    assert "long-number" in codes(files)


def test_one_extreme_value_that_is_right_does_not_excuse_the_other(pair):
    files = pair()
    dataset = pydicom.dcmread(files[1])
    pixels = dataset.pixel_array
    dataset.add_new("SmallestImagePixelValue", "US", int(pixels.min()))
    dataset.add_new("LargestImagePixelValue", "US", int(pixels.max()))
    dataset.save_as(files[1])
    assert "stale-extremes" not in codes(files)
    falsified(files[1], _set(LargestImagePixelValue=int(pixels.max()) - 1))
    assert "stale-extremes" in codes(files)
