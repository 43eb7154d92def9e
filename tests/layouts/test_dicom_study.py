"""DICOM studies as a data set: stacks whole, radiographs one by one, and no patient outside the DICOM files."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug.errors import ImageError, LabelError, UnreadableInput
from domainaug.layouts.dicom_study import DicomStudy
from domainaug.layouts.layout import Sample, Stamp
from domainaug.medical import read_study
from domainaug.profile import load_profile
from domainaug.run import augment

CT = Path(str(get_testdata_file("CT_small.dcm")))
TESTS = CT.parent / "dicomdirtests"
CT_STACK, CT_GAP, CR = TESTS / "98892001/CT5N", TESTS / "77654033/CT2", TESTS / "77654033"


def stamp(**other):
    told = {
        "profile": "medical/ct-chest",
        "profile_version": "1.0.0",
        "profile_digest": "ab" * 32,
        "seed": 7,
        "copy": 0,
        "moved": False,
        "record": {"effects": {}},
        "version": "0.1.0",
    }
    return Stamp(**{**told, **other})


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("source", [CT, CT_STACK, TESTS, TESTS / "DICOMDIR"])
def test_dicom_is_recognized(source):
    assert DicomStudy().recognizes(source)


def test_other_things_are_not(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert not DicomStudy().recognizes(tmp_path)
    assert not DicomStudy().recognizes(tmp_path / "a.png")
    (tmp_path / "nameless").write_bytes(bytes(128) + b"DICM")
    assert DicomStudy().recognizes(tmp_path)
    (tmp_path / "damaged.dcm").write_bytes(b"")
    assert DicomStudy().recognizes(tmp_path / "damaged.dcm")


def test_a_stack_is_one_item_and_read_as_a_volume_in_hounsfield_units():
    (item,) = DicomStudy().scan(CT_STACK).items
    assert item.key.startswith("series-")
    assert len(item.files) == 5
    sample = DicomStudy().read(item)
    assert sample.image is None
    assert (sample.volume.shape, sample.volume.dtype) == ((5, 16, 16), np.dtype("int16"))
    assert (sample.value_range, sample.fill, sample.spacing) == ((-1024, 3071), -1000, (2.5, 0.488281, 0.488281))


def test_a_radiograph_is_an_item_of_its_own_and_read_as_an_image():
    items = [item for item in DicomStudy().scan(CR).items if item.detail["modality"] == "CR"]
    assert len(items) == 3
    sample = DicomStudy().read(items[0])
    assert sample.volume is None
    assert sample.image.shape == (16, 16)


def test_a_stack_with_a_gap_is_set_aside_unless_it_is_allowed(tmp_path):
    for path in CT_STACK.iterdir():
        if path.name != "2693":
            shutil.copy(path, tmp_path / path.name)
    scan = DicomStudy().scan(tmp_path)
    assert scan.items == ()
    assert [aside.code for aside in scan.set_aside] == ["missing-slice"]
    allowing = DicomStudy(allow=frozenset({"missing-slice"})).scan(tmp_path)
    assert [len(item.files) for item in allowing.items] == [4]
    assert allowing.set_aside == ()


def test_a_gap_that_would_be_filled_with_nothing_but_guesses_is_set_aside_even_so():
    (aside,) = DicomStudy(allow=frozenset({"missing-slice"})).scan(CT_GAP).set_aside
    assert aside.code == "missing-slice"
    assert "more of them made up than seen" in aside.reason


def test_a_file_that_is_set_aside_is_named_after_its_place(tmp_path):
    shutil.copy(CT, tmp_path / "a.dcm")
    (tmp_path / "doe_john.dcm").write_bytes(b"hello")
    (aside,) = DicomStudy().scan(tmp_path).set_aside
    assert (aside.key, aside.code) == ("file-00002", "not-dicom")
    assert "doe" not in aside.reason
    assert read_study(tmp_path).files[1].name == "doe_john.dcm"


def test_files_that_are_not_dicom_have_a_place_too(tmp_path):
    (tmp_path / "a-note.txt").write_text("hello")
    (tmp_path / "b.dcm").write_bytes(b"hello")
    shutil.copy(CT, tmp_path / "c.dcm")
    scan = DicomStudy().scan(tmp_path)
    assert scan.ignored == 1
    assert [aside.key for aside in scan.set_aside] == ["file-00002"]
    assert [item.place for item in scan.items] == ["file-00003"]


def test_an_item_is_the_same_wherever_its_files_are_in_the_folder(tmp_path):
    shutil.copy(CT, tmp_path / "b.dcm")
    (before,) = DicomStudy().scan(tmp_path).items
    (tmp_path / "a-note.txt").write_text("hello")
    (after,) = DicomStudy().scan(tmp_path).items
    assert (before.place, after.place) == ("file-00001", "file-00002")
    assert (before, before.detail) == (after, after.detail)
    assert pickle.loads(pickle.dumps(after)).place == "file-00002"


def test_what_is_refused_is_told_by_its_place(tmp_path):
    (aside,) = DicomStudy().scan(CT_GAP).set_aside
    assert aside.reason.startswith("file-00001 and 3 more: ")
    layout = DicomStudy()
    (item,) = layout.scan(canaries(tmp_path, count=1, BurnedInAnnotation="YES")).items
    with pytest.raises(LabelError, match=r"^file-00001: text is burned"):
        layout.write(layout.read(item), item, stamp(moved=True), tmp_path / "out")
    item.files[0].write_bytes(b"hello")
    with pytest.raises(UnreadableInput, match=r"^file-00001: ") as caught:
        layout.read(item)
    assert caught.value.code == "not-dicom"


def test_items_can_travel_and_do_not_depend_on_names(tmp_path):
    for number, path in enumerate(sorted(CT_STACK.iterdir(), reverse=True)):
        shutil.copy(path, tmp_path / f"{number}.dcm")
    (here,), (there,) = DicomStudy().scan(CT_STACK).items, DicomStudy().scan(tmp_path).items
    assert (here.key, here.group, here.detail) == (there.key, there.group, there.detail)
    assert json.loads(json.dumps(here.detail)) == here.detail


def test_all_studies_of_a_patient_are_one_group(tmp_path):
    for number, (patient, study) in enumerate([("7", "1.2.1"), ("7", "1.2.2"), ("8", "1.2.3"), ("", "1.2.4")]):
        dataset = pydicom.dcmread(CT)
        dataset.PatientID, dataset.StudyInstanceUID = patient, study
        dataset.SOPInstanceUID = dataset.SeriesInstanceUID = f"1.3.{number}"
        dataset.save_as(tmp_path / f"{number}.dcm")
    groups = [item.group for item in DicomStudy().scan(tmp_path).items]
    assert sorted(groups.count(group) for group in set(groups)) == [1, 1, 2]


def test_a_copy_is_a_series_with_the_pixels_of_its_source(tmp_path):
    layout = DicomStudy()
    (item,) = layout.scan(CT_STACK).items
    written = layout.write(layout.read(item), item, stamp(copy=3), tmp_path)
    assert [path.as_posix() for path in written] == [f"{item.key}/copy-3/IM000{n}.dcm" for n in (1, 2, 3, 4, 5)]
    for source, path in zip(item.files, written, strict=True):
        before, after = pydicom.dcmread(source), pydicom.dcmread(tmp_path / path)
        assert np.array_equal(before.pixel_array, after.pixel_array)
        assert after.SourceImageSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID
    assert layout.finish(CT_STACK, tmp_path, {}) == ()


def test_the_same_sample_and_stamp_give_the_same_bytes(tmp_path):
    layout = DicomStudy()
    (item,) = layout.scan(CT_STACK).items
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        layout.write(layout.read(item), item, stamp(), tmp_path / name)
    assert files_in(tmp_path / "first") == files_in(tmp_path / "second") != {}


def test_a_sample_that_lost_its_source_is_written_from_the_files(tmp_path):
    layout = DicomStudy()
    (item,) = layout.scan(CT).items
    for name, source in (("kept", layout.read(item).source), ("lost", None)):
        (tmp_path / name).mkdir()
        layout.write(Sample(image=layout.read(item).image, source=source), item, stamp(), tmp_path / name)
    assert files_in(tmp_path / "kept") == files_in(tmp_path / "lost")


def test_an_image_with_a_channel_axis_is_written_as_one_without(tmp_path):
    layout = DicomStudy()
    (item,) = layout.scan(CT).items
    sample = layout.read(item)
    sample.image = sample.image[..., None]
    (path,) = layout.write(sample, item, stamp(), tmp_path)
    assert np.array_equal(pydicom.dcmread(tmp_path / path).pixel_array, pydicom.dcmread(CT).pixel_array)


def test_what_cannot_be_written_is_refused(tmp_path):
    layout = DicomStudy()
    (item,) = layout.scan(CT).items
    with pytest.raises(ImageError, match="neither an image nor a volume"):
        layout.write(Sample(source=layout.read(item).source), item, stamp(), tmp_path)
    sample = layout.read(item)
    sample.image = sample.image[:64]
    with pytest.raises(ImageError, match="keeps the grid"):
        layout.write(sample, item, stamp(), tmp_path)


def test_files_that_changed_after_they_were_listed_are_refused(tmp_path):
    shutil.copy(CT, tmp_path / "a.dcm")
    (item,) = DicomStudy().scan(tmp_path).items
    shutil.copy(get_testdata_file("MR_small.dcm"), tmp_path / "a.dcm")
    with pytest.raises(UnreadableInput) as caught:
        DicomStudy().read(item)
    assert caught.value.code == "changed"


# -- no patient outside the DICOM files -------------------------------------------------------------------

CANARY = "Zq7Canary"
_NAMES = """
PatientName PatientID IssuerOfPatientID OtherPatientNames EthnicGroup Occupation PatientComments PatientBirthName
PatientMotherBirthName PatientAddress PatientTelephoneNumbers MilitaryRank BranchOfService
PatientReligiousPreference CountryOfResidence RegionOfResidence MedicalRecordLocator AdditionalPatientHistory
AccessionNumber InstitutionName InstitutionAddress InstitutionalDepartmentName ReferringPhysicianName
ReferringPhysicianAddress ReferringPhysicianTelephoneNumbers PerformingPhysicianName OperatorsName
NameOfPhysiciansReadingStudy PhysiciansOfRecord RequestingPhysician RequestingService RequestedProcedureDescription
RequestedProcedureID ScheduledProcedureStepID ScheduledProcedureStepDescription PerformedProcedureStepID
PerformedProcedureStepDescription StudyID StudyDescription SeriesDescription ProtocolName
AdmittingDiagnosesDescription AdmissionID CurrentPatientLocation PatientInstitutionResidence StationName
DeviceSerialNumber ImageComments FillerOrderNumberImagingServiceRequest
PlacerOrderNumberImagingServiceRequest ReasonForStudy ConfidentialityCode DetectorID GantryID CassetteID PlateID
ContrastBolusAgent SpecialNeeds PatientState VisitComments StudyComments Allergies MedicalAlerts IdentifyingComments
TextComments
"""
WORDS = _NAMES.split()


def canaries(folder, *, count=3, **tags):
    """Write a CT series in which every element that may name somebody does."""
    for number in range(count):
        dataset = pydicom.dcmread(CT)
        for word in WORDS:
            setattr(dataset, word, CANARY)
        dataset.SOPInstanceUID = f"1.2.3.{number}"
        dataset.ImagePositionPatient = [0, 0, 5.0 * number]
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.private_block(0x0029, CANARY, create=True).add_new(1, "LO", CANARY)
        dataset.preamble = CANARY.encode().ljust(128, b"\0")
        for name, value in tags.items():
            setattr(dataset, name, value)
        dataset.save_as(folder / f"{CANARY}-{number}.dcm")
    return folder


def test_no_identifier_leaves_the_dicom_files(tmp_path, caplog, capfd):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    assert len(WORDS) >= 60
    layout = DicomStudy()
    with caplog.at_level(logging.DEBUG):
        scan = layout.scan(canaries(source))
        (item,) = scan.items
        written = layout.write(layout.read(item), item, stamp(), out)
    told = [item.key, item.group, json.dumps(dict(item.detail)), str(scan.set_aside), *map(str, written), caplog.text]
    assert not [text for text in [*told, *capfd.readouterr()] if CANARY in text]
    for name, content in files_in(out).items():
        assert CANARY not in name
        assert CANARY.encode() not in content[:132]
        dataset = pydicom.dcmread(out / name)
        assert dataset.PatientName == CANARY  # the patient stays in the patient's own file
        assert CANARY not in dataset.SeriesDescription + dataset.DerivationDescription
        assert not [element for element in dataset.iterall() if element.tag.is_private]


def test_no_identifier_is_in_an_error(tmp_path):
    layout, told = DicomStudy(), []
    canaries(tmp_path, count=1, BurnedInAnnotation="YES", Laterality="L")
    (item,) = layout.scan(tmp_path).items
    for record in ({"effects": {"mirror_horizontal": 1}}, {"effects": {"rotation": 3}}):
        with pytest.raises(LabelError) as refused:
            layout.write(layout.read(item), item, stamp(moved=True, record=record), tmp_path / "out")
        told.append(str(refused.value))
    content = item.files[0].read_bytes()
    for length in range(200, len(content), 900):
        item.files[0].write_bytes(content[:length])
        told += [json.dumps(asdict(aside)) for aside in layout.scan(tmp_path).set_aside]
        with pytest.raises(UnreadableInput) as unreadable:
            layout.read(item)
        told.append(str(unreadable.value))
    assert len(told) > 50
    assert not [text for text in told if CANARY in text]


def test_pipes_and_links_that_lead_to_each_other_do_not_stop_a_scan(tmp_path):
    os.mkfifo(canaries(tmp_path, count=1) / "pipe.log")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert len(DicomStudy().scan(tmp_path).items) == 1


class TestWhatAHeaderTellsSteps:
    @staticmethod
    def stack(folder, **tags):
        folder.mkdir()
        for number in range(3):
            dataset = pydicom.dcmread(str(get_testdata_file("MR_small.dcm")))
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.5.{number + 1}"
            dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            dataset.ImagePositionPatient, dataset.InstanceNumber = [0.0, 0.0, 4.0 * number], number + 1
            for name, value in tags.items():
                setattr(dataset, name, value)
            dataset.save_as(folder / f"{number}.dcm")
        return folder

    def test_the_axis_of_phase_encoding_and_the_distance_of_slices(self, tmp_path):
        layout = DicomStudy()
        (item,) = layout.scan(self.stack(tmp_path / "mr", InPlanePhaseEncodingDirection="COL")).items
        sample = layout.read(item)
        assert sample.told == {"phase_axis": "rows", "orientation": "SPL"}
        assert sample.spacing == (4.0, *sample.spacing[1:])
        assert len(sample.spacing) == 3

    def test_a_run_hands_both_to_steps_that_ask(self, tmp_path):
        steps = (
            {"Ghosting": {"phase_axis": "auto", "p": 1.0}},
            {"VolumeAffine": {"rotate": [[-4, 4], [-4, 4], [-4, 4]], "p": 1.0}},
        )
        profile = replace(load_profile("medical/brain-mri"), recipe=steps)
        folder = self.stack(tmp_path / "mr", InPlanePhaseEncodingDirection="ROW")
        done = augment(folder, tmp_path / "out", profile=profile, copies=40, engine="serial")  # ghosts in a tenth
        assert (done.done, done.set_aside) == (40, ())

    def test_where_it_does_not_say_the_step_asks_for_it(self, tmp_path):
        profile = replace(load_profile("medical/brain-mri"), recipe=({"Ghosting": {"phase_axis": "auto", "p": 1.0}},))
        folder = self.stack(tmp_path / "mr", InPlanePhaseEncodingDirection="")
        done = augment(folder, tmp_path / "out", profile=profile, copies=40, engine="serial")
        assert {aside.code for aside in done.set_aside} == {"image"}
        assert "phase_axis" in done.set_aside[0].reason


def test_a_copy_of_a_single_image_is_no_source_unless_it_is_allowed(tmp_path):
    layout = DicomStudy()
    (item,) = layout.scan(CT).items
    (path,) = layout.write(layout.read(item), item, stamp(), tmp_path)
    scan = layout.scan(tmp_path)
    assert scan.items == ()
    (aside,) = scan.set_aside
    assert aside.code == "derived-by-domainaug"
    assert aside.reason.startswith("file-00001: ")
    assert len(DicomStudy(allow=frozenset({"derived-by-domainaug"})).scan(tmp_path / path).items) == 1
