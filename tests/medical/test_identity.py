"""What files still say about who was imaged is counted, in every kind of place, and never said."""

from __future__ import annotations

import pydicom
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from domainaug.errors import UnreadableInput
from domainaug.medical.identity import _KIND_OF, Carried, carried_by, identity_of

SECRET = "Jane^Q7"


def held(**elements):
    dataset = Dataset()
    for name, value in elements.items():
        setattr(dataset, name, value)
    return set(carried_by(dataset))


def test_every_keyword_it_looks_for_is_one_of_dicom():
    assert [name for name in _KIND_OF if tag_for_keyword(name) is None] == []


class TestElements:
    def test_names_of_people_count_whoever_they_are(self):
        assert held(PatientName=SECRET) == {("person", "PatientName")}
        assert held(VerifyingObserverName="Dr^Who") == {("person", "VerifyingObserverName")}

    @pytest.mark.parametrize(
        ("name", "value", "kind"),
        [
            ("PatientID", "4711", "number"),
            ("InstitutionName", "St. Elsewhere", "place"),
            ("PatientBirthDate", "19370819", "date"),
            ("AcquisitionDateTime", "20200101120000", "date"),
            ("EthnicGroup", "any", "trait"),
            ("StationName", "CT-3", "device"),
            ("ImageComments", "as seen by Dr. Who", "text"),
            ("TextValue", "Jane", "text"),
            ("ROIName", "Jane's heart", "text"),
            ("PatientSex", "F", "trait"),
            ("ClinicalTrialSiteName", "St. Elsewhere", "place"),
            ("BarcodeValue", "4711", "number"),
        ],
    )
    def test_each_kind_is_told_apart(self, name, value, kind):
        assert held(**{name: value}) == {(kind, name)}

    @pytest.mark.parametrize("nothing", ["", "ANONYMOUS", "anon^^^", " removed ", "None", "xxx"])
    def test_a_word_that_de_identifiers_leave_is_nothing(self, nothing):
        assert held(PatientName=nothing, PatientID=nothing) == set()

    def test_a_name_counts_whatever_kind_of_value_it_is_written_as(self):
        dataset = Dataset()
        dataset.add_new("PatientName", "LO", SECRET)
        assert set(carried_by(dataset)) == {("person", "PatientName")}

    def test_what_lies_in_a_sequence_counts_too(self):
        inner = Dataset()
        inner.RequestedProcedureID = "R-1"
        assert held(RequestAttributesSequence=Sequence([inner])) == {("number", "RequestedProcedureID")}

    def test_private_elements_count_by_their_group(self):
        dataset = Dataset()
        dataset.private_block(0x0029, "SOMEBODY", create=True).add_new(1, "LO", SECRET)
        assert set(carried_by(dataset)) == {("private", "(0029,xx)")}

    def test_what_says_nothing_of_anybody_does_not_count(self):
        assert held(Modality="CT", Rows=4, KVP="120", SOPInstanceUID="1.2.3", InstanceCreationDate="20200101") == set()


class TestFiles:
    def test_every_file_counts_once_for_each_name(self, series):
        report = identity_of(series((0, 5, 10), folder="ct", PatientName=SECRET, OperatorsName=SECRET))
        assert Carried("person", "PatientName", 3) in report.carried
        assert (report.files, report.unreadable, report.clean) == (3, 0, False)
        assert SECRET not in str(report) + repr(report)
        assert "PatientName (3)" in str(report)

    def test_an_empty_header_is_clean(self, series):
        folder = series((0, 5), folder="ct")
        for path in folder.iterdir():
            dataset = pydicom.dcmread(path)
            dataset.remove_private_tags()
            del dataset.OtherPatientIDsSequence
            for _, name in set(carried_by(dataset)):
                delattr(dataset, name)
            dataset.save_as(path)
        report = identity_of(folder)
        assert report.clean
        assert report.carried == ()
        assert "nothing that it looks for is there" in str(report)

    def test_flags_of_pictures_are_told(self, series):
        flags = {"BurnedInAnnotation": "YES", "RecognizableVisualFeatures": "YES", "PatientIdentityRemoved": "YES"}
        report = identity_of(series((0, 5), folder="ct", PatientID="4711", **flags))
        assert (report.burned_in, report.faces, report.untrue) == (2, 2, 2)

    def test_an_ultrasound_that_does_not_deny_it_may_have_text_in_its_pixels(self, series):
        assert identity_of(series((0,), folder="us", Modality="US")).may_be_burned_in == 1
        assert identity_of(series((0,), folder="no", Modality="US", BurnedInAnnotation="NO")).may_be_burned_in == 0

    def test_overlays_may_spell_a_name(self, series):
        folder = series((0,), folder="ct")
        path = next(folder.iterdir())
        dataset = pydicom.dcmread(path)
        dataset.add_new(0x60000010, "US", 4)
        dataset.save_as(path)
        assert identity_of(folder).overlays == 1

    def test_a_file_that_cannot_be_read_is_counted_and_keeps_it_from_being_clean(self, series):
        folder = series((0, 5), folder="ct")
        path = min(folder.iterdir())
        path.write_bytes(path.read_bytes()[:300])
        report = identity_of(folder)
        assert (report.files, report.unreadable) == (2, 1)
        assert "1 file that could not be read, or not to the end" in str(report)

    def test_what_a_header_says_counts_though_the_file_ends_before_its_pixels(self, series):
        folder = series((0,), folder="ct", PatientName=SECRET)
        path = next(folder.iterdir())
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        dataset.save_as(path)
        report = identity_of(folder)
        assert report.unreadable == 1
        assert Carried("person", "PatientName", 1) in report.carried

    def test_where_there_is_no_dicom_one_is_told_so(self, tmp_path):
        (tmp_path / "notes.txt").write_text("nothing")
        with pytest.raises(UnreadableInput, match="no DICOM file here"):
            identity_of(tmp_path)
