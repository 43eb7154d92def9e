"""Promise 5: no patient identifier leaves the DICOM files: not in logs, ledger, names, errors."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pydicom
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from canaries import AGE, CANARY, DATE, NUMBER, SECRETS, TIME, UID, leaks, told_by

# Attributes of PS3.15, table E.1-1, by the kind of value that they take.
_WORDS = """
PatientName PatientID IssuerOfPatientID OtherPatientNames EthnicGroup Occupation PatientComments PatientBirthName
PatientMotherBirthName PatientAddress PatientTelephoneNumbers MilitaryRank BranchOfService PatientReligiousPreference
CountryOfResidence RegionOfResidence MedicalRecordLocator AdditionalPatientHistory AccessionNumber InstitutionName
InstitutionAddress InstitutionalDepartmentName ReferringPhysicianName ReferringPhysicianAddress
ReferringPhysicianTelephoneNumbers PerformingPhysicianName OperatorsName NameOfPhysiciansReadingStudy
PhysiciansOfRecord RequestingPhysician RequestingService RequestedProcedureDescription RequestedProcedureID
ScheduledProcedureStepID ScheduledProcedureStepDescription PerformedProcedureStepID PerformedProcedureStepDescription
StudyID StudyDescription SeriesDescription ProtocolName AdmittingDiagnosesDescription AdmissionID
CurrentPatientLocation PatientInstitutionResidence StationName DeviceSerialNumber ImageComments ReasonForStudy
ConfidentialityCode DetectorID GantryID CassetteID PlateID SpecialNeeds PatientState VisitComments StudyComments
Allergies MedicalAlerts IdentifyingComments TextComments
"""
WORDS = _WORDS.split()
DATES = ["PatientBirthDate", "StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"]
TIMES = ["PatientBirthTime", "StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"]
UIDS = ["StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "DeviceUID"]


@pytest.fixture
def study(tmp_path, slices) -> Path:
    """A CT in which every element that may name a patient does, in files and a folder that do."""
    tags: dict[str, object] = {
        **dict.fromkeys(WORDS, CANARY),
        **dict.fromkeys(DATES, DATE),
        **dict.fromkeys(TIMES, TIME),
        **{name: f"{UID}.{number}" for number, name in enumerate(UIDS)},
        "PatientAge": AGE,
        "PatientWeight": NUMBER,
    }
    folder = slices(tmp_path / "study" / f"{CANARY}^Jane", 4, f"{CANARY}-{{}}.dcm", **tags)
    for number, path in enumerate(sorted(folder.iterdir())):
        dataset = pydicom.dcmread(path)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{UID}.9.{number}"
        dataset.private_block(0x0029, CANARY, create=True).add_new(1, "LO", CANARY)
        dataset.save_as(path)
    return tmp_path / "study"


def damage(study: Path) -> None:
    """Add files that cannot be read, each in its own way, so that errors are told."""
    folder = next(study.iterdir())
    whole = (folder / f"{CANARY}-0.dcm").read_bytes()
    other = whole.replace(f"{UID}.9.0".encode(), f"{UID}.8.0".encode())
    for share in (0.1, 0.3, 0.5, 0.7, 0.97):
        (folder / f"{CANARY}-cut-{share}.dcm").write_bytes(other[: int(len(other) * share)])
    (folder / f"{CANARY}-text.dcm").write_text(CANARY)
    (folder / f"{CANARY}-twin.dcm").write_bytes(whole)
    for number, tags in enumerate(({"Rows": 0}, {"PixelSpacing": [0, 0]}, {"BitsStored": 40}, {"Modality": CANARY})):
        dataset = pydicom.dcmread(folder / f"{CANARY}-1.dcm")
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{UID}.7.{number}"
        dataset.SeriesInstanceUID = f"{UID}.6.{number}"
        for name, value in tags.items():
            setattr(dataset, name, value)
        dataset.save_as(folder / f"{CANARY}-wrong-{number}.dcm")


def test_there_is_something_to_hide(study):
    assert len(WORDS) >= 60
    dataset = pydicom.dcmread(next(study.rglob("*.dcm")))
    assert all(secret in str(dataset) for secret in SECRETS)


def test_doctor_counts_all_of_it_and_says_none(study, command):
    ended = command("doctor", "--phi", study, "--json", expect=1)
    told = {(one["name"], one["files"]) for one in ended.data["carried"]}
    assert {(name, 4) for name in (*WORDS, *DATES, *TIMES, "PatientAge")} <= told
    words = command("doctor", "--phi", study, expect=1)
    assert not leaks({"json": ended.out, "words": words.out, "stderr": words.err})


@pytest.mark.slow
def test_nothing_of_it_is_said_anywhere(tmp_path, study, command, commands):
    damage(study)
    out, told = tmp_path / "out", {}
    run = ("augment", study, out, "--profile", "medical/ct-chest", "--copies", 2, "--workers", 2)
    lines = {
        "dry run": (*run, "--dry-run", "--json"),
        "run": (*run, "--json"),
        "again, in words": run,
        "another seed": (*run, "--seed", 5),
        "replay": ("replay", out, "--json"),
        "replay in words": ("replay", out),
    }
    for name, ended in zip(lines, commands(*lines.values()), strict=True):
        told[f"stdout of {name}"], told[f"stderr of {name}"] = ended.out, ended.err
    asides = json.loads(told["stdout of run"])["set_aside"]
    assert (len(asides), len({aside["code"] for aside in asides})) == (10, 7), "errors were to be provoked"
    assert len(list(out.rglob("*.dcm"))) >= 2
    told |= told_by(out)
    assert {"ledger.sqlite", "manifest.jsonl", "ledger"} <= told.keys()
    assert not leaks(told)

    victim = next(out.rglob("*.dcm"))
    victim.write_bytes(victim.read_bytes()[:-2])
    path = next(study.iterdir()) / f"{CANARY}-2.dcm"
    path.write_bytes(path.read_bytes()[:-100])
    ended = command("replay", out, "--json", expect=1)
    assert ended.data["differences"]
    assert not leaks({"stdout": ended.out, "stderr": ended.err})


def test_a_copy_that_would_be_untrue_is_refused_without_a_name(tmp_path, study, command):
    for path in study.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        dataset.BurnedInAnnotation = "YES"
        dataset.save_as(path)
    out = tmp_path / "out"
    run = ("augment", study, out, "--profile", "medical/ct-chest", "--copies", 6, "--workers", 1, "--json")
    ended = command(*run, expect=1)
    assert {aside["code"] for aside in ended.data["set_aside"]} == {"label"}
    assert not leaks({"stdout": ended.out, "stderr": ended.err, **told_by(out)})


def test_the_patient_stays_in_the_patients_own_files(tmp_path, study, command):
    out = tmp_path / "out"
    command("augment", study, out, "--profile", "medical/ct-chest", "--workers", 1, expect=0)
    for path in out.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        assert dataset.PatientName == dataset.PatientID == CANARY
        assert re.fullmatch(r"(series|image)-[0-9a-f]+/copy-\d+/IM\d{4}\.dcm", path.relative_to(out).as_posix())
        assert CANARY.encode() not in path.read_bytes()[:132]
        assert not [element for element in dataset.iterall() if element.tag.is_private]


def test_of_the_path_that_the_user_gives_only_the_ledger_knows_and_only_where_the_source_is(tmp_path, slices, command):
    source, out = slices(tmp_path / f"{CANARY}^Jane"), tmp_path / "out"
    ended = command("augment", source, out, "--profile", "medical/ct-chest", "--json", expect=0)
    told = {"stdout": ended.out, "stderr": ended.err, **told_by(out)}
    lines = [line for line in told.pop("ledger").splitlines() if CANARY in line]
    assert [line for line in lines if "'source'" not in line] == []
    del told["ledger.sqlite"]
    assert not [where for where, text in told.items() if CANARY in text]


def test_names_of_pictures_are_kept_since_they_are_not_identifiers(tmp_path, photos, command):
    source = photos(tmp_path / "source", 1)
    command("augment", source, tmp_path / "out", "--profile", "manufacturing/metal-surface", expect=0)
    assert (tmp_path / "out" / "part 0_aug000.png").is_file()
