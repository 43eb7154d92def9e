"""What is told of a study: each series, what its headers give away, what is wrong; never who was imaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.uid import DeflatedExplicitVRLittleEndian
from typer.testing import CliRunner

from domainaug.cli import app
from domainaug.medical import read_study
from domainaug.medical.codestream import precision_in
from domainaug.medical.remarks import SAID
from domainaug.medical.report import report_of


def codes(path):
    return {finding.code for series in read_study(path).series for finding in series.findings}


# -- what headers give away ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ExplVR_BigEnd.dcm", "big-endian"),
        ("MR_small_bigendian.dcm", "big-endian"),
        ("image_dfl.dcm", "deflated"),
        ("examples_palette.dcm", "palette"),
        ("examples_ybr_color.dcm", "ybr"),
        ("SC_rgb_jpeg_dcmtk.dcm", "lossy"),
        ("JPEG2000.dcm", "lossy"),
        ("vlut_04.dcm", "voi-lut"),
        ("mlut_18.dcm", "modality-lut"),
        ("J2K_pixelrep_mismatch.dcm", "codestream-mismatch"),
        ("examples_ybr_color.dcm", "cine"),
        ("CT_small.dcm", "single-slice"),
    ],
)
def test_real_files_give_away(name, code):
    path = get_testdata_file(name)
    if path is None:
        pytest.skip(f"{name} is in none of the installed packages")
    found = codes(Path(path))
    assert code in found


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm"])
def test_plain_files_give_away_nothing_of_the_kind(name, real):
    assert not codes(real(name)) & set(SAID)


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}, "quantitative-map"),
        ({"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"]}, "trace"),
        ({"PixelPaddingValue": 63536}, "padding-sign"),
        ({"LossyImageCompression": "01"}, "lossy"),
    ],
)
def test_headers_give_away(tags, code, edited):
    path = edited()
    one = pydicom.dcmread(path)
    for name, value in tags.items():
        if name == "PixelPaddingValue":
            del one.PixelPaddingValue
            one.add_new(0x00280120, "US", value)
        else:
            setattr(one, name, value)
    one.save_as(path)
    assert code in codes(path)


def test_a_map_that_was_reckoned_is_apart_from_the_images_it_was_reckoned_from(series):
    kinds = [["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"], ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]]
    study = read_study(series((0, 0, 5, 5, 10, 10), each=lambda index: {"ImageType": kinds[index % 2]}))
    assert [one.size[0] for one in study.series] == [3, 3]
    found = [{finding.code for finding in one.findings} for one in study.series]
    assert sorted("quantitative-map" in each for each in found) == [False, True]
    assert not any("4-d" in each for each in found)


def test_a_deflated_file_is_what_it_was(real, tmp_path):
    one = pydicom.dcmread(real("CT_small.dcm"))
    one.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    one.save_as(tmp_path / "deflated.dcm")
    assert "deflated" in codes(tmp_path / "deflated.dcm")
    (plain,), (deflated,) = read_study(real("CT_small.dcm")).series, read_study(tmp_path / "deflated.dcm").series
    assert np.array_equal(plain.pixels(), deflated.pixels())


def test_an_overlay_in_the_bits_of_pixels(real, tmp_path):
    one = pydicom.dcmread(real("MR_small.dcm"))
    one.BitsStored, one.HighBit, one.PixelRepresentation = 12, 11, 0
    for name in ("SmallestImagePixelValue", "LargestImagePixelValue", "PixelPaddingValue"):
        one.pop(name, None)
    one.PixelData = ((one.pixel_array.astype(np.uint16) & 0xFFF) | 0x1000).tobytes()
    for element, vr, value in ((0x10, "US", one.Rows), (0x11, "US", one.Columns), (0x40, "CS", "G")):
        one.add_new(0x60000000 | element, vr, value)
    one.add_new(0x60000050, "SS", [1, 1])
    one.add_new(0x60000100, "US", 16)
    one.add_new(0x60000102, "US", 12)
    one.save_as(tmp_path / "overlay.dcm")
    assert "overlay-in-pixels" in codes(tmp_path / "overlay.dcm")


@pytest.mark.parametrize(
    ("told", "found"), [(0x8C, (True, 13)), (0x0F, (False, 16)), (0x07, (False, 8)), (0x80, (True, 1))]
)
def test_a_codestream_says_its_own_sign_and_bits(told, found):
    stream = b"\xfe\xff\x00\xe0rest\xff\x4f\xff\x51" + bytes(38) + bytes([told, 1, 1])
    assert precision_in(stream) == found


def test_what_is_no_codestream_says_nothing():
    assert precision_in(b"\xff\xd8\xff\xe0" * 40) is None
    assert precision_in(b"\xff\x4f\xff\x51" + bytes(10)) is None


# -- the report ---------------------------------------------------------------------------------------------


@pytest.fixture
def study(series, tmp_path):
    place = series((0, 2.5, 5, 10), PatientName="Doe^Canary", PatientID="CANARY7", GantryDetectorTilt=0)
    (place / "notes.txt").write_text("Canary")
    (place / "broken.dcm").write_bytes(b"Canary" * 99)
    return place


def test_a_report_says_what_each_series_is(study):
    report = report_of(study, pixels=True)
    (one,) = report.series
    assert (report.patients, report.studies, report.left_alone) == (1, 1, 1)
    assert (one.modality, one.sop_class, one.kind, one.files) == ("CT", "CT Image Storage", "volume", 4)
    assert (one.size, one.plane, one.origin) == ((4, 128, 128), "axial", (-10.0, 20.0, 0.0))
    assert one.spacing == pytest.approx((2.5, 0.661468, 0.661468))
    assert (one.unit, one.storable) == ("HU", (-33792.0, 31743.0))
    assert one.storable[0] <= one.observed[0] < one.observed[1] <= one.storable[1]
    assert one.syntaxes == ("Explicit VR Little Endian",)
    assert one.place == "file-00001 and 3 more"
    assert {finding.code for finding in one.findings} == {"padding-value", "missing-slice"}
    assert not report.clean


def test_it_counts_what_may_tell_who_was_imaged_and_shows_none_of_it(study):
    report = report_of(study)
    (one,) = report.series
    assert one.identity["person"] >= 1
    assert one.identity["number"] >= 1
    told = str(report) + json.dumps(report.as_dict())
    assert "anary" not in told.lower().replace("/", "")
    assert "-0.dcm" not in told
    assert str(study) not in told
    bare = pydicom.dcmread(sorted(study.glob("*-0.dcm"))[0])
    for element in list(bare.iterall()):
        if element.VR == "PN":
            element.value = ""
    bare.save_as(study.parent / "bare.dcm")
    assert "person" not in report_of(study.parent / "bare.dcm").series[0].identity


def test_text_and_dictionary_say_the_same(study):
    report = report_of(study)
    told = json.loads(json.dumps(report.as_dict()))
    assert [each["code"] for each in told["series"][0]["findings"]] == ["padding-value", "missing-slice"]
    assert told["set_aside"][0]["file"] == "file-00005"
    text = str(report)
    assert "CT volume, axial, 4 x 128 x 128, 2.5 x 0.6615 x 0.6615 mm  (file-00001 and 3 more)" in text
    assert "! missing-slice: " in text
    assert "\n  padding-value: " in text
    assert "set aside, file-00005: not-dicom" in text
    assert "set aside: 1 file (1 not-dicom)" in text
    assert told["reasons"] == {"not-dicom": 1}
    assert text.endswith("left alone: 1 file of another kind")


@pytest.mark.parametrize(
    ("orientation", "plane"),
    [
        ([1, 0, 0, 0, 1, 0], "axial"),
        ([1, 0, 0, 0, 0, -1], "coronal"),
        ([0, 1, 0, 0, 0, -1], "sagittal"),
        ([1, 0, 0, 0, 0.9063, 0.4226], "oblique axial"),
    ],
)
def test_a_plane_has_the_name_of_the_nearest(edited, orientation, plane):
    assert report_of(edited(ImageOrientationPatient=orientation)).series[0].plane == plane


def test_pixels_that_cannot_be_decoded_are_a_finding(edited):
    path = edited()
    path.write_bytes(path.read_bytes()[:-4000])
    report = report_of(path, pixels=True)
    assert "truncated" in {one.code for one in report.set_aside}
    assert not report.clean


def test_a_copy_says_that_it_is_one(edited):
    path = edited()
    one = pydicom.dcmread(path)
    item = pydicom.Dataset()
    item.ManufacturerModelName = "domainaug"
    one.ContributingEquipmentSequence = [item]
    one.SyntheticData = "YES"
    one.save_as(path)
    assert "derived-by-domainaug" in codes(path)


# -- the command --------------------------------------------------------------------------------------------


def test_the_command_prints_the_report_and_says_by_its_status_whether_all_is_well(study, real):
    run = CliRunner().invoke(app, ["study", str(study)])
    assert run.exit_code == 1
    assert run.stdout.strip() == str(report_of(study))
    fine = CliRunner().invoke(app, ["study", str(real("CT_small.dcm")), "--json", "--pixels"])
    assert fine.exit_code == 0
    assert json.loads(fine.stdout) == json.loads(json.dumps(report_of(real("CT_small.dcm"), pixels=True).as_dict()))


def test_it_says_what_may_be_allowed(study, edited):
    assert "after slice 3; --allow missing-slice accepts it" in str(report_of(study))
    assert "--allow" not in str(report_of(edited()))


@pytest.mark.parametrize("name", ["no_meta.dcm", "OT-PAL-8-face.dcm"])
def test_a_file_without_preamble_is_looked_into_like_any_other(name):
    path = get_testdata_file(name)
    if path is None:
        pytest.skip(f"{name} is in none of the installed packages")
    report = report_of(Path(path))
    assert len(report.series) + len(report.set_aside) == 1


def test_a_folder_without_dicom_files_is_misuse(tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    run = CliRunner().invoke(app, ["study", str(tmp_path)])
    assert run.exit_code != 0
    assert "there is no DICOM file here" in str(run.exception)


def test_a_folder_that_is_not_there_is_misuse(tmp_path):
    run = CliRunner().invoke(app, ["study", str(tmp_path / "nowhere")])
    assert run.exit_code != 0
    assert "no such file" in str(run.exception)
