"""Promise 5 for Enhanced objects: identifiers in functional groups, nested sequences, content items, private groups."""

from __future__ import annotations

import json
import logging
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from domainaug.medical import read_study
from domainaug.medical.identity import identity_of
from domainaug.medical.report import report_of
from domainaug.run import augment

sys.path.insert(0, str(Path(__file__).parent))
from canaries import AGE, CANARY, DATE, NUMBER, TIME, UID, leaks, told_by

PRIVATE = f"{CANARY}PRIVATE"
"""What only private elements hold: no copy may have it."""


def phantoms():
    """Return the module that writes Enhanced objects."""
    name = "enhanced_phantoms"
    if name not in sys.modules:
        place = Path(__file__).parents[1] / "medical/enhanced/conftest.py"
        spec = spec_from_file_location(name, place)
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def item(**values) -> Dataset:
    out = Dataset()
    for name, value in values.items():
        setattr(out, name, value)
    return out


def private(dataset: Dataset) -> Dataset:
    """Add a private group, a sequence in it, and a group of it within that."""
    block = dataset.private_block(0x0029, PRIVATE, create=True)
    block.add_new(1, "LO", PRIVATE)
    inner = item(PatientName=PRIVATE, TextValue=PRIVATE)
    inner.private_block(0x0031, PRIVATE, create=True).add_new(1, "UT", PRIVATE)
    block.add_new(2, "SQ", [inner])
    return dataset


def person() -> Dataset:
    """Someone identified, as PS3.3 table 10-1 has it, with an institution, an address and codes of free text."""
    place = item(CodeValue=CANARY, CodingSchemeDesignator="99X", CodeMeaning=CANARY)
    return private(
        item(
            PersonIdentificationCodeSequence=[private(place)],
            PersonAddress=CANARY,
            PersonTelephoneNumbers=CANARY,
            InstitutionName=CANARY,
            InstitutionAddress=CANARY,
        )
    )


def content_items() -> list[Dataset]:
    """Content items that name a person, a time, a number, a UID and text, one below another."""
    concept = item(CodeValue="1", CodingSchemeDesignator="99X", CodeMeaning=CANARY)
    within = item(RelationshipType="HAS OBS CONTEXT", ValueType="TEXT", TextValue=CANARY)
    within.ConceptNameCodeSequence = [concept]
    return [
        item(ValueType="PNAME", PersonName=f"{CANARY}^Jane", ConceptNameCodeSequence=[concept]),
        item(ValueType="DATETIME", DateTime=f"{DATE}{TIME}", Date=DATE, Time=TIME, ContentSequence=[private(within)]),
        item(ValueType="UIDREF", UID=f"{UID}.5"),
    ]


def referenced(number: int) -> Dataset:
    """An object that is named, and what it was named for."""
    purpose = item(CodeValue="121311", CodingSchemeDesignator="DCM", CodeMeaning=CANARY)
    return private(
        item(
            ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2",
            ReferencedSOPInstanceUID=f"{UID}.4.{number}",
            PurposeOfReferenceCodeSequence=[purpose],
        )
    )


def anatomy() -> Dataset:
    region = item(CodeValue="51185008", CodingSchemeDesignator="SCT", CodeMeaning=CANARY)
    return item(AnatomicRegionSequence=[private(region)], FrameLaterality="U")


def tell(dataset: Dataset) -> None:
    """Write identifiers wherever an Enhanced object has room for them."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    private(shared)
    shared.ReferencedImageSequence = [referenced(0)]
    shared.FrameAnatomySequence = [anatomy()]
    shared.UnassignedSharedConvertedAttributesSequence = [private(item(ImageComments=CANARY, PatientAge=AGE))]
    for number, groups in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        private(groups)
        content = private(groups.FrameContentSequence[0])
        content.FrameComments = f"{CANARY} frame {number}"
        content.FrameLabel = f"{CANARY}{number}"
        content.FrameReferenceDateTime = content.FrameAcquisitionDateTime = f"{DATE}{TIME}"
        groups.DerivationImageSequence = [
            item(DerivationDescription=CANARY, SourceImageSequence=[referenced(number)], DerivationCodeSequence=[])
        ]
        groups.UnassignedPerFrameConvertedAttributesSequence = [private(item(OperatorsName=CANARY))]
        groups.ConversionSourceAttributesSequence = [referenced(number)]
    for name in ("ReferencedStudySequence", "ReferencedPerformedProcedureStepSequence", "SourceImageEvidenceSequence"):
        setattr(dataset, name, [referenced(9)])
    dataset.RequestAttributesSequence = [
        item(RequestedProcedureID=CANARY, ScheduledProcedureStepDescription=CANARY, AccessionNumber=CANARY)
    ]
    dataset.PerformingPhysicianIdentificationSequence = [person()]
    dataset.ReferringPhysicianIdentificationSequence = [person()]
    dataset.OtherPatientIDsSequence = [item(PatientID=CANARY, IssuerOfPatientID=CANARY, TypeOfPatientID="TEXT")]
    dataset.AcquisitionContextSequence = content_items()
    dataset.ContributingEquipmentSequence = [item(InstitutionName=CANARY, StationName=CANARY, OperatorsName=CANARY)]
    dataset.PatientName = dataset.PatientID = dataset.StudyDescription = dataset.SeriesDescription = CANARY
    dataset.PatientBirthDate, dataset.PatientAge, dataset.PatientWeight = DATE, AGE, NUMBER
    dataset.ImageComments = dataset.ProtocolName = dataset.AccessionNumber = CANARY
    private(dataset)


def object_of(path: Path, kind: str, number: int = 0, change=lambda dataset: None) -> Path:
    """Write an Enhanced object of six frames that tells all of it."""
    phantom = phantoms()
    uids = {name: f"{UID}.{number}.{place}" for place, name in enumerate(("SOPInstanceUID", "SeriesInstanceUID"))}
    frames = [phantom.frame(place) for place in range(6)]
    path.parent.mkdir(parents=True, exist_ok=True)
    phantom.enhanced(path, frames, map(phantom.stored, range(6)), kind=kind, **uids)
    dataset = pydicom.dcmread(path)
    tell(dataset)
    change(dataset)
    dataset.save_as(path)
    return path


def strip(name):
    """Take something away that reading needs."""
    return lambda dataset: dataset.PerFrameFunctionalGroupsSequence[2].pop(name, None)


def twist(dataset: Dataset) -> None:
    """Say of a frame what is not a number, in words that must not be repeated."""
    position = dataset.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0]
    position.add(pydicom.DataElement("ImagePositionPatient", "LO", [CANARY, CANARY, CANARY]))


def fewer(dataset: Dataset) -> None:
    dataset.NumberOfFrames = 9


@pytest.fixture
def study(tmp_path) -> Path:
    """Three kinds of objects that can be augmented, and four that cannot, in a folder that names the patient."""
    folder = tmp_path / "study" / f"{CANARY}^Jane"
    for number, kind in enumerate(("CT", "MR", "PT")):
        object_of(folder / f"{CANARY}-{kind}.dcm", kind, number)
    for number, change in enumerate((strip("PlanePositionSequence"), strip("FrameContentSequence"), twist, fewer)):
        object_of(folder / f"{CANARY}-wrong-{number}.dcm", "CT", 10 + number, change)
    whole = (folder / f"{CANARY}-CT.dcm").read_bytes().replace(f"{UID}.0.0".encode(), f"{UID}.8.0".encode())
    (folder / f"{CANARY}-cut.dcm").write_bytes(whole[: len(whole) // 3])
    return tmp_path / "study"


def values(dataset: Dataset) -> list[str]:
    return [str(element.value) for element in dataset.iterall() if element.VR != "SQ"]


def test_there_is_something_to_hide_in_every_corner(tmp_path):
    dataset = pydicom.dcmread(object_of(tmp_path / "one.dcm", "MR"))
    for part in (dataset.SharedFunctionalGroupsSequence[0], dataset.PerFrameFunctionalGroupsSequence[3]):
        assert sum(CANARY in value for value in values(part)) >= 12
        assert sum(PRIVATE in value for value in values(part)) >= 8
    assert sum(CANARY in value for value in values(dataset)) > 200
    assert all(any(secret in value for value in values(dataset)) for secret in (CANARY, DATE, TIME, AGE, NUMBER, UID))


@pytest.mark.slow
def test_nothing_of_it_is_said_anywhere(tmp_path, study, commands):
    out = tmp_path / "out"
    run = ("augment", study, out, "--profile", "medical/ct-chest", "--copies", 2, "--workers", 2)
    lines = {
        "dry run": (*run, "--dry-run", "--json"),
        "run": (*run, "--json"),
        "again, in words": run,
        "replay": ("replay", out, "--json"),
        "study": ("study", study, "--json"),
        "study, with pixels": ("study", study, "--pixels"),
        "doctor": ("doctor", "--phi", study, "--json"),
        "doctor in words": ("doctor", "--phi", study),
    }
    ended = dict(zip(lines, commands(*lines.values()), strict=True))
    told = {f"{stream} of {name}": getattr(one, stream) for name, one in ended.items() for stream in ("out", "err")}
    assert ended["run"].data["done"] >= 2
    assert len({aside["code"] for aside in ended["run"].data["set_aside"]}) >= 3, "errors were to be provoked"
    found = {one["name"] for one in ended["doctor"].data["carried"]}
    assert {"FrameComments", "PersonName", "TextValue", "PersonAddress", "OperatorsName"} <= found
    told |= told_by(out)
    assert {"ledger.sqlite", "manifest.jsonl", "ledger"} <= told.keys()
    assert not leaks(told)


def test_not_even_the_log_of_every_library_at_its_most_talkative_says_it(tmp_path, study, caplog, capfd, monkeypatch):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(pydicom.config, "debugging", True)
    said = {"study": str(read_study(study)), "report": json.dumps(report_of(study).as_dict())}
    said["identity"] = repr(identity_of(study))
    summary = augment(study, tmp_path / "out", profile="medical/ct-chest", engine="serial", timeout=None)
    assert summary.done >= 1
    printed = capfd.readouterr()
    said |= {"log": caplog.text, "out": printed.out, "err": printed.err, "summary": json.dumps(summary.to_dict())}
    assert not leaks(said)


@pytest.mark.parametrize("kind", ["CT", "MR", "PT"])
def test_a_copy_names_its_patient_and_has_no_private_element_however_deep(tmp_path, kind):
    source = object_of(tmp_path / "source" / "one.dcm", kind)
    profile = {"CT": "medical/ct-chest", "MR": "medical/brain-mri", "PT": "medical/pet"}[kind]
    augment(source, tmp_path / "out", profile=profile, engine="serial", timeout=None)
    (path,) = (tmp_path / "out").rglob("*.dcm")
    dataset = pydicom.dcmread(path)
    assert dataset.PatientName == CANARY
    assert not [element for element in dataset.iterall() if element.tag.is_private]
    assert PRIVATE.encode() not in path.read_bytes()
    for groups in dataset.PerFrameFunctionalGroupsSequence:
        (derived,) = groups.DerivationImageSequence
        assert CANARY not in derived.DerivationDescription
        assert "ConversionSourceAttributesSequence" not in groups
    assert np.isfinite(dataset.pixel_array).all()


def test_a_copy_in_nifti_has_none_of_it(tmp_path):
    object_of(tmp_path / "source" / "one.dcm", "CT")
    out = tmp_path / "out"
    summary = augment(tmp_path / "source", out, profile="medical/ct-chest", file_format="nifti", engine="serial")
    assert summary.done == 1
    told = told_by(out, but=())
    assert "within image.nii.gz" in told
    assert not leaks(told)
