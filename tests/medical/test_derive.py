"""A derived image, part by part of the standard."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from domainaug.errors import LabelError, UnreadableInput
from domainaug.medical import load, read_study, write_series, writer
from domainaug.profile import load_profile
from domainaug.run import augment

MOVED = {"moved": True, "record": {"effects": {"rotation": 3.0, "noise": 0.01, "gamma": 1.3}}}
STILL = {"moved": False, "record": {"effects": {"noise": 0.01}}}


@pytest.fixture
def derived(told):
    """The derived data sets of files, and the sources they came from."""

    def make(*files, **run):
        loaded = load(files)
        seen = loaded.view.seen()
        seen = np.roll(seen, 2, axis=2) if run.get("moved") else seen
        contents = write_series(loaded, seen, told(**run))
        return [pydicom.dcmread(io.BytesIO(content)) for content in contents]

    return make


def one(derived, path, **run):
    (out,) = derived(path, **run)
    return pydicom.dcmread(path), out


def test_an_image_left_alone_has_the_pixels_of_its_source(derived, real):
    source, out = one(derived, real("CT_small.dcm"))
    assert np.array_equal(source.pixel_array, out.pixel_array)
    assert (out.RescaleSlope, out.RescaleIntercept) == (source.RescaleSlope, source.RescaleIntercept)


def test_it_has_an_identity_of_its_own_in_a_series_of_its_own(derived, real):
    source, out = one(derived, real("CT_small.dcm"))
    assert out.SOPClassUID == source.SOPClassUID
    assert out.SOPInstanceUID != source.SOPInstanceUID
    assert out.SeriesInstanceUID != source.SeriesInstanceUID
    assert (out.StudyInstanceUID, out.PatientID) == (source.StudyInstanceUID, source.PatientID)
    assert out.file_meta.MediaStorageSOPInstanceUID == out.SOPInstanceUID
    assert out.SeriesNumber == source.SeriesNumber + 9000
    assert out.SeriesDescription == "AUG copy 0 medical/ct-chest 1.0.0 (abababababab)"


def test_the_same_copy_made_again_is_the_same_file(told, real):
    def make(**run):
        loaded = load([real("CT_small.dcm")])
        return write_series(loaded, loaded.view.seen(), told(**run))

    assert make(**STILL) == make(**STILL)
    assert make(**STILL) != make(**STILL, copy=1)


@pytest.mark.parametrize("other", [{"copy": 1}, {"seed": 8}, {"profile_digest": "cd" * 32}])
def test_another_copy_seed_or_profile_has_other_uids(other, derived, real):
    first, second = derived(real("CT_small.dcm")), derived(real("CT_small.dcm"), **other)
    for name in ("SOPInstanceUID", "SeriesInstanceUID"):
        assert first[0][name].value != second[0][name].value


def test_other_pixels_never_share_a_uid(told, real):
    loaded = load([real("CT_small.dcm")])
    files = [write_series(loaded, loaded.view.seen() + change, told())[0] for change in (0, 1)]
    uids = {pydicom.dcmread(io.BytesIO(content)).SOPInstanceUID for content in files}
    assert len(uids) == 2


def test_it_says_that_it_is_derived_and_keeps_what_kind_of_image_it_was(derived, real):
    source, out = one(derived, real("CT_small.dcm"))
    assert source.ImageType[2] == "AXIAL"
    assert list(out.ImageType) == ["DERIVED", "SECONDARY", "AXIAL"]
    assert out.SyntheticData == "YES"


def test_it_says_how_it_was_derived(derived, real):
    _, out = one(derived, real("CT_small.dcm"), **MOVED)
    assert out.DerivationDescription == (
        "domainaug 0.1.0: profile medical/ct-chest 1.0.0 (abababababab), seed 7, copy 0. "
        "Effects: rotation 3 deg, gamma 1.3 exponent, noise 1 %"
    )
    codes = [(item.CodeValue, item.CodingSchemeDesignator) for item in out.DerivationCodeSequence]
    assert codes == [("113085", "DCM"), ("TONE", "99DOMAINAUG"), ("113042", "DCM")]
    assert out.CodingSchemeIdentificationSequence[-1].CodingSchemeDesignator == "99DOMAINAUG"


def test_an_image_left_alone_names_no_operation(derived, real):
    _, out = one(derived, real("CT_small.dcm"))
    assert "DerivationCodeSequence" not in out
    assert "CodingSchemeIdentificationSequence" not in out
    assert out.DerivationDescription.endswith("Effects: no pixel differs from the source")


@pytest.mark.parametrize(
    ("record", "words", "code"),
    [
        ({"effects": {}, "faint": {"brightness": 0.0022}}, "Effects: below what counts: brightness 0.22 %", "113042"),
        ({"effects": {}, "faint": {"compression": 0.05}}, "Effects: below what counts: compression 5 %", "113040"),
        ({"effects": {}, "undeclared": ["Custom"]}, "Effects: of an undeclared transform", "CHANGED"),
        ({}, "Effects: pixels changed", "CHANGED"),
    ],
)
def test_changed_pixels_are_never_passed_over(record, words, code, told, real):
    loaded = load([real("CT_small.dcm")])
    (content,) = write_series(loaded, loaded.view.seen() + 9, told(record=record))
    out = pydicom.dcmread(io.BytesIO(content))
    assert out.DerivationDescription.endswith(words)
    assert [item.CodeValue for item in out.DerivationCodeSequence] == [code]
    assert ("CodingSchemeIdentificationSequence" in out) == (code == "CHANGED")
    assert (out.get("LossyImageCompression") == "01") == (code == "113040")


def test_whether_pixels_changed_is_told_slice_by_slice(told, series):
    loaded = load(read_study(series((0, 5))).series[0].files)
    seen = loaded.view.seen()
    seen[1, 5, 5] += 9
    same, other = write_series(loaded, seen, told(record={"faint": {"noise": 0.001}}))
    assert pydicom.dcmread(io.BytesIO(same)).DerivationDescription.endswith("no pixel differs from the source")
    assert pydicom.dcmread(io.BytesIO(other)).DerivationDescription.endswith("below what counts: noise 0.1 %")


def test_texts_are_plain_and_no_longer_than_allowed(derived, real):
    _, out = one(derived, real("CT_small.dcm"), profile="käse\\" + "x" * 2000)
    assert out.DerivationDescription.startswith("domainaug 0.1.0: profile k?se?xxx")
    assert len(out.DerivationDescription) == 1024
    assert len(out.SeriesDescription) == 64


def test_it_names_the_one_image_it_came_from(derived, real):
    source, out = one(derived, real("CT_small.dcm"))
    (item,) = out.SourceImageSequence
    assert (item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID) == (source.SOPClassUID, source.SOPInstanceUID)
    assert item.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    (series,) = out.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == source.SeriesInstanceUID
    assert series.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID


def test_places_are_preserved_unless_content_moved(derived, real):
    source, still = one(derived, real("CT_small.dcm"), **STILL)
    assert still.SourceImageSequence[0].SpatialLocationsPreserved == "YES"
    assert still.FrameOfReferenceUID == source.FrameOfReferenceUID
    _, moved = one(derived, real("CT_small.dcm"), **MOVED)
    assert moved.SourceImageSequence[0].SpatialLocationsPreserved == "NO"
    assert moved.FrameOfReferenceUID != source.FrameOfReferenceUID
    assert moved.ImagePositionPatient == source.ImagePositionPatient


def test_an_image_without_a_frame_of_reference_gets_none(derived, edited):
    _, out = one(derived, edited(FrameOfReferenceUID=None), **MOVED)
    assert "FrameOfReferenceUID" not in out


def test_slices_of_a_copy_share_series_and_frame_and_are_numbered_in_order(derived, series):
    files = read_study(series((0, 5, 10))).series[0].files
    out = derived(*files, **MOVED)
    assert len({x.SeriesInstanceUID for x in out}) == len({x.FrameOfReferenceUID for x in out}) == 1
    assert [x.InstanceNumber for x in out] == [1, 2, 3]
    assert [x.ImagePositionPatient[2] for x in out] == [0, 5, 10]
    assert len({x.SOPInstanceUID for x in out}) == 3


def test_the_processing_equipment_is_added_to_what_contributed_before(derived, edited):
    scanner = pydicom.Dataset()
    scanner.Manufacturer = "Maker"
    _, out = one(derived, edited(ContributingEquipmentSequence=[scanner]))
    assert [item.Manufacturer for item in out.ContributingEquipmentSequence] == ["Maker", "domainaug"]
    ours = out.ContributingEquipmentSequence[1]
    assert ours.PurposeOfReferenceCodeSequence[0].CodeValue == "109102"
    assert ours.SoftwareVersions == "0.1.0"
    assert "ContributionDateTime" not in ours


def test_no_time_of_the_run_is_written(derived, edited):
    path = edited(InstanceCreationDate="20200101", InstanceCreatorUID="1.2.3", ContentDate="20200102")
    source, out = one(derived, path)
    assert "InstanceCreationDate" not in out
    assert "InstanceCreatorUID" not in out
    assert (out.ContentDate, out.StudyDate) == ("20200102", source.StudyDate)


def test_statistics_signatures_icons_and_private_elements_are_dropped(derived, edited):
    path = edited(HistogramSequence=[], IconImageSequence=[], DigitalSignaturesSequence=[], MACParametersSequence=[])
    dataset = pydicom.dcmread(path)
    for name in ("SmallestImagePixelValue", "LargestImagePixelValue", "LargestPixelValueInSeries"):
        dataset.add_new(name, "SS", 5)
    block = dataset.private_block(0x0029, "MAKER", create=True)
    block.add_new(1, "LO", "geometry")
    dataset.save_as(path)
    _, out = one(derived, path)
    for name in ("SmallestImagePixelValue", "LargestImagePixelValue", "LargestPixelValueInSeries", "HistogramSequence"):
        assert name not in out
    for name in ("IconImageSequence", "DigitalSignaturesSequence", "MACParametersSequence"):
        assert name not in out
    assert not [element for element in out.iterall() if element.tag.is_private]


def with_marks(edited):
    path = edited(
        "examples_overlay.dcm", ShutterShape="CIRCULAR", CollimatorShape="CIRCULAR", ReferencedImageSequence=[]
    )
    assert 0x60003000 in pydicom.dcmread(path)
    return path


def test_marks_on_the_picture_stay_while_content_stays(derived, edited):
    _, out = one(derived, with_marks(edited), **STILL)
    assert 0x60003000 in out
    assert all(name in out for name in ("ShutterShape", "CollimatorShape", "ReferencedImageSequence"))


def test_marks_on_the_picture_go_once_content_moved(derived, edited):
    _, out = one(derived, with_marks(edited), **MOVED)
    assert not [element for element in out if 0x6000 <= element.tag.group <= 0x60FF]
    assert not any(name in out for name in ("ShutterShape", "CollimatorShape", "ReferencedImageSequence"))


def test_the_way_values_are_read_and_shown_stays(derived, edited):
    source, out = one(derived, edited(WindowCenter=40, WindowWidth=400), **MOVED)
    for name in (
        "WindowCenter",
        "WindowWidth",
        "PixelPaddingValue",
        "PixelSpacing",
        "SliceThickness",
        "BitsStored",
        "KVP",
    ):
        assert out[name].value == source[name].value
    assert out["PixelPaddingValue"].VR == "SS"


@pytest.mark.parametrize("change", [0, 40])
def test_an_mr_image_keeps_its_rescale_and_window_and_goes_back_through_them(change, told, edited):
    path = edited("MR_small.dcm", RescaleSlope="2.5", RescaleIntercept="-7", RescaleType="US")
    loaded = load([path])
    (content,) = write_series(loaded, loaded.view.seen() + change, told(record={"effects": {}}))
    source, out = pydicom.dcmread(path), pydicom.dcmread(io.BytesIO(content))
    for name in ("RescaleSlope", "RescaleIntercept", "RescaleType", "WindowCenter", "WindowWidth"):
        assert out[name].value == source[name].value
    assert np.array_equal(out.pixel_array, source.pixel_array + change // 2.5)
    assert out.DerivationDescription.endswith("pixels changed" if change else "no pixel differs from the source")


def test_a_mirrored_image_may_not_name_its_side(derived, edited, radiograph):
    mirrored = {"moved": True, "record": {"effects": {"mirror_horizontal": 1}}}
    with pytest.raises(LabelError, match="Laterality names a side"):
        derived(edited(Laterality="L"), **mirrored)
    with pytest.raises(LabelError, match="ImageLaterality names a side"):
        derived(radiograph(ImageLaterality="R"), **mirrored)
    assert derived(radiograph(ImageLaterality="U"), **mirrored)
    assert derived(edited(Laterality="L"), **MOVED)


def test_a_side_is_not_risked_on_a_transform_that_nobody_declared(derived, edited):
    unknown = {"moved": True, "record": {"effects": {}, "undeclared": ["Custom"]}}
    with pytest.raises(LabelError, match="may be"):
        derived(edited(Laterality="L"), **unknown)
    assert derived(edited(Laterality=""), **unknown)


def test_a_ct_that_was_windowed_is_no_ct_in_hu(derived, real, radiograph):
    windowed = {"record": {"effects": {}, "steps": [{"transform": "GaussianNoise"}, {"transform": "Window"}]}}
    with pytest.raises(LabelError, match="would still be read as HU; leave it out of the pipeline"):
        derived(real("CT_small.dcm"), **windowed)
    assert derived(radiograph(), **windowed)
    assert derived(real("CT_small.dcm"), record={"effects": {}, "steps": [{"transform": "GaussianNoise"}]})


def test_text_in_the_pixels_may_not_be_moved(derived, edited):
    path = edited(BurnedInAnnotation="YES")
    with pytest.raises(LabelError, match="burned into the image"):
        derived(path, **MOVED)
    assert derived(path, **STILL)[0].BurnedInAnnotation == "YES"


def test_what_was_lossy_stays_lossy(derived, edited, real):
    _, out = one(derived, edited(LossyImageCompression="01", LossyImageCompressionRatio=10))
    assert (out.LossyImageCompression, out.LossyImageCompressionRatio) == ("01", 10)
    _, out = one(derived, real("CT_small.dcm"), record={"effects": {"compression": 0.5}})
    assert out.LossyImageCompression == "01"


def test_a_lossy_picture_that_denies_it_is_made_to_say_so(derived, edited):
    """JPEG of 8 bits is never without loss; JPEG 2000 of the general syntax may be, and is believed."""
    _, out = one(derived, edited("SC_rgb_jpeg_dcmtk.dcm", LossyImageCompression="00"))
    assert (out.LossyImageCompression, out.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    _, out = one(derived, edited("693_J2KI.dcm", LossyImageCompression="00", LossyImageCompressionRatio=None))
    assert out.LossyImageCompression == "00"


def test_a_lossy_picture_that_does_not_say_so_is_made_to(derived, edited):
    _, out = one(derived, edited("693_J2KI.dcm", LossyImageCompression=None, LossyImageCompressionRatio=None))
    assert (out.LossyImageCompression, out.LossyImageCompressionMethod) == ("01", "ISO_15444_1")
    assert out.LossyImageCompressionRatio > 1


@pytest.mark.parametrize("name", ["MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_RLE.dcm"])
def test_it_is_written_uncompressed_explicit_little_endian(name, derived, real):
    source, out = one(derived, real(name))
    assert out.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert out.file_meta.ImplementationVersionName == "DOMAINAUG_0.1.0"
    assert out.file_meta.ImplementationClassUID.startswith("2.25.")
    assert np.array_equal(out.pixel_array, source.pixel_array)
    assert out["PixelData"].VR == "OW"
    assert out.preamble == bytes(128)


def test_eight_bits_and_an_odd_number_of_pixels_are_written_evenly(derived, edited):
    path = edited(
        Rows=3, Columns=5, BitsAllocated=8, BitsStored=8, HighBit=7, PixelRepresentation=0, PixelPaddingValue=None,
        PixelData=bytes(range(15)) + b"\0",
    )  # fmt: skip
    _, out = one(derived, path)
    assert out.PixelData == bytes(range(15)) + b"\0"
    assert out["PixelData"].VR == "OB"


def test_the_source_is_left_as_it_was(told, real):
    loaded = load([real("CT_small.dcm")])
    before = loaded.headers[0].to_json()
    first = write_series(loaded, loaded.view.seen(), told(**MOVED))
    assert loaded.headers[0].to_json() == before
    assert write_series(loaded, loaded.view.seen(), told(**MOVED)) == first


def test_pixels_that_did_not_fit_are_counted_in_the_header(told, radiograph):
    loaded = load([radiograph()])
    (content,) = write_series(loaded, loaded.view.seen() + 4095, told())
    assert "1919 pixels of the series saturated" in pydicom.dcmread(io.BytesIO(content)).DerivationDescription


def test_pixels_that_a_step_clamped_at_an_end_of_the_range_are_counted_too(tmp_path, series):
    brighter = {"RandomBrightnessContrast": {"brightness_limit": [0.1, 0.1], "contrast_limit": 0.0, "p": 1.0}}
    profile = replace(load_profile("medical/ct"), recipe=(brighter,))
    ramp = np.linspace(0, 4095, 128 * 128).astype("<u2").tobytes()
    source = series(
        BitsStored=12, HighBit=11, PixelRepresentation=0, PixelPaddingValue=None, PixelData=ramp,
    )  # fmt: skip
    augment(source, tmp_path / "out", profile=profile, engine="serial")
    copies = [pydicom.dcmread(path) for path in (tmp_path / "out").rglob("*.dcm")]
    assert all((one.pixel_array == 4095).sum() > 100 for one in copies)
    assert all(" pixels of the series saturated" in one.DerivationDescription for one in copies)


def test_names_in_other_alphabets_are_kept(derived, edited):
    path = edited(SpecificCharacterSet="ISO_IR 192", PatientName="Müller^Jürgen")
    source, out = one(derived, path)
    assert out.PatientName == source.PatientName
    assert out.SpecificCharacterSet == "ISO_IR 192"


def test_a_header_that_cannot_be_written_is_refused_without_its_values(told, real, monkeypatch):
    loaded = load([real("CT_small.dcm")])

    def fail(*_):
        raise ValueError("Secret^Canary")

    monkeypatch.setattr(writer, "derive", fail)
    with pytest.raises(UnreadableInput) as caught:
        write_series(loaded, loaded.view.seen(), told())
    assert caught.value.code == "unwritable-header"
    assert "anary" not in str(caught.value)
