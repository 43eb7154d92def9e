"""Finding series on disk: nothing is dropped in silence, nothing outside the folder is touched."""

from __future__ import annotations

import shutil

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut

from domainaug.errors import UnreadableInput
from domainaug.medical import read_study
from domainaug.medical.study import candidates


def test_a_folder_is_searched_with_everything_in_it(series, real):
    folder = series((0, 5))
    (folder / "deeper").mkdir()
    shutil.copy(real("MR_small.dcm"), folder / "deeper" / "IM1")
    study = read_study(folder)
    assert sorted(one.modality for one in study.series) == ["CT", "MR"]
    assert "CT 2x128x128 volume" in str(study)


def test_a_rescale_type_that_is_no_term_of_the_standard_is_no_unit(series):
    """It is free text, and free text may name a patient."""
    (one,) = read_study(series((0, 5), RescaleType="Doe^Jane")).series
    assert one.unit == "level"
    assert read_study(series((0, 5), folder="pct", RescaleType="PCT")).series[0].unit == "PCT"


def test_one_file_a_list_of_files_and_text_will_do(series):
    folder = series((0, 5))
    files = sorted(folder.iterdir())
    assert read_study(files[0]).series[0].size == (1, 128, 128)
    assert read_study([str(path) for path in files]).series[0].size == (2, 128, 128)
    assert read_study(str(folder)).series == read_study(files).series


def test_the_order_and_names_of_files_change_nothing_but_paths(series, tmp_path):
    folder = series((0, 5, 10))
    other = tmp_path / "other"
    other.mkdir()
    for number, path in enumerate(sorted(folder.iterdir(), reverse=True)):
        shutil.copy(path, other / f"{number}.dcm")
    first, second = read_study(folder).series[0], read_study(other).series[0]
    assert first.key == second.key
    assert np.array_equal(first.pixels(), second.pixels())


def test_other_files_are_left_alone_and_hidden_ones_too(series):
    folder = series((0, 5))
    (folder / "notes.txt").write_text("hello")
    (folder / "README").write_text("hello")
    (folder / ".hidden.dcm").write_bytes(b"x")
    study = read_study(folder)
    assert study.set_aside == ()
    assert study.series[0].size[0] == 2


def test_what_should_be_dicom_and_is_not_is_set_aside(series):
    folder = series((0, 5))
    (folder / "zz.dcm").write_bytes(b"hello")
    (aside,) = read_study(folder).set_aside
    assert (aside.code, aside.index, aside.path) == ("not-dicom", 3, folder / "zz.dcm")
    assert "zz" not in aside.reason
    assert "set aside, file 3: not-dicom" in str(read_study(folder))


def test_every_file_has_a_place_and_what_is_not_dicom_is_counted(series):
    folder = series((0, 5))
    (folder / "0.txt").write_text("hello")
    (folder / ".hidden").write_text("hello")
    study = read_study(folder)
    assert study.files == tuple(path for path in sorted(folder.rglob("*")) if not path.name.startswith("."))
    assert study.left_alone == (folder / "0.txt",)
    assert study.set_aside == ()
    assert str(study).endswith("left alone: 1 file of another kind")


def test_a_file_that_was_named_is_taken_for_dicom(tmp_path):
    (tmp_path / "0.txt").write_text("hello")
    for source in (tmp_path / "0.txt", iter([tmp_path / "0.txt"])):
        (aside,) = read_study(source).set_aside
        assert (aside.code, aside.index) == ("not-dicom", 1)


def test_a_nameless_file_without_marker_counts_by_its_first_element(series):
    folder = series((0, 5))
    (folder / "bare").write_bytes(b"\x08\x00\x05\x00" + bytes(300))
    (folder / "big").write_bytes(b"\x00\x08\x00\x05" + bytes(300))
    (folder / "short").write_bytes(b"\x08")
    assert [(one.path.name, one.code) for one in read_study(folder).set_aside] == [
        ("bare", "not-dicom"),
        ("big", "not-dicom"),
    ]


def test_a_second_file_with_the_same_uid_is_set_aside(series):
    folder = series((0, 5))
    first = sorted(folder.iterdir())[0]
    shutil.copy(first, folder / "zz.dcm")
    study = read_study(folder)
    assert [one.code for one in study.set_aside] == ["duplicate-uid"]
    assert study.series[0].size[0] == 2


def test_a_dicomdir_is_followed(real):
    folder = real("CT_small.dcm").parent / "dicomdirtests"
    study = read_study(folder / "DICOMDIR")
    assert len(study.series) == 24
    assert {one.modality for one in study.series} == {"CT", "MR", "CR"}
    assert {one.key for one in study.series} <= {one.key for one in read_study(folder).series}


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_a_dicomdir_that_leads_out_of_its_folder_is_refused(real, tmp_path):
    dicomdir = pydicom.dcmread(real("CT_small.dcm").parent / "dicomdirtests" / "DICOMDIR")
    images = [record for record in dicomdir.DirectoryRecordSequence if "ReferencedFileID" in record]
    images[0].ReferencedFileID = ["..", "..", "etc", "passwd"]
    dicomdir.save_as(tmp_path / "DICOMDIR")
    with pytest.raises(UnreadableInput, match="outside its folder"):
        read_study(tmp_path / "DICOMDIR")


def test_a_damaged_dicomdir_is_refused(tmp_path):
    (tmp_path / "DICOMDIR").write_bytes(b"hello")
    with pytest.raises(UnreadableInput, match="cannot be parsed as a DICOMDIR"):
        read_study(tmp_path / "DICOMDIR")


def test_links_out_of_the_folder_are_not_followed(series, real):
    folder = series((0, 5))
    (folder / "link.dcm").symlink_to(real("MR_small.dcm"))
    assert len(candidates(folder)) == 2


def test_a_place_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(UnreadableInput, match="no such file or folder"):
        read_study(tmp_path / "none")


def test_an_empty_folder_holds_nothing(tmp_path):
    assert str(read_study(tmp_path)) == "nothing found"


def test_a_series_says_what_it_is(series):
    one = read_study(series((0, 5))).series[0]
    assert (one.modality, one.unit, one.photometric, one.spacing) == ("CT", "HU", "MONOCHROME2", (0.661468, 0.661468))
    assert one.value_range == (-33792, 31743)
    assert one.transfer_syntaxes == ("1.2.840.10008.1.2.1",)
    assert one.sop_class_uid == "1.2.840.10008.5.1.4.1.1.2"


def test_pixels_are_hounsfield_units_as_pydicom_has_them(series):
    one = read_study(series((0, 5, 10), each=lambda i: {"RescaleSlope": [1, 0.333, 0.777][i]})).series[0]
    volume = one.pixels()
    for plane, path in zip(volume, one.files, strict=True):
        dataset = pydicom.dcmread(path)
        assert np.allclose(plane, apply_modality_lut(dataset.pixel_array, dataset), atol=1e-3)
    assert np.array_equal(one.pixels(stored=True)[1], pydicom.dcmread(one.files[1]).pixel_array)


def test_a_look_up_table_is_applied(edited):
    table = pydicom.Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 16])
    table.ModalityLUTType = "US"
    table.add_new("LUTData", "OW", (np.arange(4096, dtype="<u2") * 2).tobytes())
    one = read_study(edited(RescaleSlope=None, RescaleIntercept=None, ModalityLUTSequence=[table])).series[0]
    assert "modality-lut" in {finding.code for finding in one.findings}
    assert one.unit == "level"
    inside = one.pixels(stored=True) >= 0
    assert np.array_equal(one.pixels()[inside], 2 * one.pixels(stored=True)[inside])


def test_a_file_that_changes_meanwhile_is_refused(series):
    folder = series((0, 5))
    one = read_study(folder).series[0]
    dataset = pydicom.dcmread(one.files[0])
    dataset.RescaleSlope = 2
    dataset.save_as(one.files[0])
    with pytest.raises(UnreadableInput) as caught:
        one.pixels()
    assert caught.value.code == "changed"
