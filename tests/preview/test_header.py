import pydicom
import pytest
from pydicom.data import get_testdata_file

from domainaug import load_profile
from domainaug.errors import DomainAugError, LabelError
from domainaug.preview import open_subject
from domainaug.preview.header import SHOWN, headers_beside
from domainaug.preview.variants import draw


@pytest.fixture(scope="module")
def ct(tmp_path_factory):
    """A slice of CT whose patient has a name that must not be seen."""
    path = tmp_path_factory.mktemp("ct") / "IM1.dcm"
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.PatientName, dataset.PatientID = "Secret^Name", "4711-SECRET"
    dataset.StudyDescription = "of Mrs Secret"
    dataset.save_as(path)
    return open_subject(path)


@pytest.fixture(scope="module")
def profile():
    return load_profile("medical/ct-chest")


@pytest.fixture(scope="module")
def rows(ct, profile):
    (variant,) = draw(ct, profile, seed=1, copies=[2]).variants
    return {row.name: row for row in headers_beside(ct, profile, variant, seed=1)}


def test_what_a_derived_image_has_of_its_own_is_marked(rows):
    assert rows["SOPInstanceUID"].state == "changed"
    assert rows["SOPInstanceUID"].source != rows["SOPInstanceUID"].derived
    assert rows["ImageType"].derived.startswith("DERIVED\\SECONDARY")
    assert rows["DerivationDescription"].state == "new"
    assert "medical/ct-chest" in rows["DerivationDescription"].derived
    assert rows["SourceImageSequence"].derived


def test_what_stays_is_told_to(rows):
    for name in ("Rows", "Columns", "RescaleSlope", "RescaleIntercept", "Modality", "StudyInstanceUID"):
        assert rows[name].state == "same", name


def test_nothing_that_names_a_patient_is_on_it(rows):
    whole = repr(rows)
    assert "Secret" not in whole
    assert "SECRET" not in whole
    assert rows["PatientName"].source == rows["PatientName"].derived == "(not shown)"


def test_nothing_that_leads_to_a_patient_is_on_it(rows, ct):
    source = pydicom.dcmread(ct.item.files[0], stop_before_pixels=True)
    whole = repr(rows)
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID", "StudyDate"):
        assert str(source[name].value) not in whole, name
    assert source.InstanceCreationDate not in whole
    assert rows["SOPInstanceUID"].source == "(not shown)"
    assert rows["SOPInstanceUID"].derived.startswith("2.25.")
    assert rows["StudyInstanceUID"].derived == rows["SourceImageSequence"].derived == "(not shown)"


def test_unless_it_is_asked_for(ct, profile):
    (variant,) = draw(ct, profile, seed=1, copies=[0]).variants
    shown = {row.name: row for row in headers_beside(ct, profile, variant, seed=1, identifying=True)}
    assert shown["PatientName"].source == "Secret^Name"


def test_nothing_that_may_identify_is_shown_by_default():
    from domainaug.medical.identity import carried_by

    dataset = pydicom.Dataset()
    for name in SHOWN:
        vr = pydicom.datadict.dictionary_VR(name)
        if vr not in ("SQ", "UI", "US", "SS", "UL", "US or SS", "FL", "FD", "IS", "DS"):
            setattr(dataset, name, {"DA": "20200101", "TM": "120000"}.get(vr, "A"))
    assert list(carried_by(dataset)) == []


def test_pixels_and_private_elements_are_left_out(rows):
    assert "PixelData" not in rows
    assert not any("Private" in name for name in rows)


def test_a_picture_has_no_header(subject):
    profile = load_profile("manufacturing/pcb")
    (variant,) = draw(subject, load_profile("manufacturing/aligned-assembly"), copies=[0]).variants
    with pytest.raises(DomainAugError, match="only DICOM"):
        headers_beside(subject, profile, variant, seed=0)


def test_what_a_run_would_refuse_is_refused(tmp_path):
    path = tmp_path / "us.dcm"
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.BurnedInAnnotation = "YES"
    dataset.save_as(path)
    subject, profile = open_subject(path), load_profile("medical/ct-chest")
    moved = next(one for one in draw(subject, profile, copies=range(12)).variants if one.record["moved"])
    with pytest.raises(LabelError):
        headers_beside(subject, profile, moved, seed=0)
