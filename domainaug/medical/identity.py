"""What files still say about who was imaged: elements that may identify a person, counted and never quoted.

Looked for are the names of people, dates and times, private elements, and by keyword most of what the Basic
Application Level Confidentiality Profile of DICOM (PS3.15, annex E, table E.1-1) removes or replaces; UIDs and codes
are not. A value of one of the words that de-identifiers leave behind counts as replaced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Final

from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement

from domainaug.errors import UnreadableInput
from domainaug.medical.opening import border, open_dicom
from domainaug.medical.study import candidates

__all__ = ["Carried", "IdentityReport", "carried_by", "identity_of"]


@dataclass(frozen=True, slots=True)
class Carried:
    """Elements of one name that hold something.

    Attributes:
        kind: What they tell: "person", "number", "place", "date", "trait", "text", "device" or "private".
        name: The keyword of the element in DICOM; for private ones the group, as (0029,xx).
        files: In how many files.
    """

    kind: str
    name: str
    files: int


@dataclass(frozen=True, slots=True)
class IdentityReport:
    """What a set of files still says about who was imaged.

    Attributes:
        files: How many were looked at.
        unreadable: How many could not be, or end before their pixels, so that something may be there unseen.
        carried: What holds something, by kind and name.
        burned_in: Files that say that text is burned into their pixels.
        may_be_burned_in: Files of kinds that often have such text (ultrasound, captures, fluoroscopy, scanned
            film) and do not say that there is none.
        overlays: Files with graphics or curves over the picture, which may spell a name.
        faces: Files that say that the person may be recognized from the picture.
        untrue: Files that say that identity was removed, and still carry names, numbers or birth dates.
    """

    files: int
    unreadable: int
    carried: tuple[Carried, ...]
    burned_in: int = 0
    may_be_burned_in: int = 0
    overlays: int = 0
    faces: int = 0
    untrue: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing was found, and everything could be looked at."""
        return not (self.carried or self.unreadable or self.burned_in or self.may_be_burned_in or self.overlays)

    def __str__(self) -> str:
        lines = [f"{_files(self.files)} looked at; no value is shown"]
        for kind, what in _WHAT.items():
            names = [f"{one.name} ({one.files})" for one in self.carried if one.kind == kind]
            if names:
                lines += [f"{what}:", *(f"  {line}" for line in wrap(", ".join(names), 100))]
        told = {
            "in which text is burned into the pixels": self.burned_in,
            "of a kind that often has text in its pixels, which do not say that there is none": self.may_be_burned_in,
            "with graphics over the picture": self.overlays,
            "from which, they say, the person may be recognized": self.faces,
            "that say identity was removed, though a name, number, place or birth date is there": self.untrue,
            "that could not be read, or not to the end": self.unreadable,
        }
        lines += [f"{_files(count)} {which}" for which, count in told.items() if count]
        return "\n".join([*lines, _NEXT if not self.clean else _NOTHING])


def _files(count: int) -> str:
    return f"{count} {'file' if count == 1 else 'files'}"


_WHAT: Final = {
    "person": "names of people",
    "number": "numbers that lead to a patient, an order or a visit",
    "date": "dates and times",
    "place": "addresses, institutions and departments",
    "trait": "traits of the patient",
    "text": "free text",
    "device": "devices",
    "private": "private elements, of which nobody knows what they hold",
}
_NEXT: Final = (
    "domainaug removes none of it: a derived image names the same patient as its source. De-identify the source "
    "first, with a tool made for that: CTP of the RSNA, dicognito, deid, or gdcmanon."
)
_NOTHING: Final = (
    "nothing that it looks for is there; whether a face can be made out, or what UIDs lead to, it does not tell"
)


_KINDS: Final[dict[str, str]] = {
    "number": """
        PatientID IssuerOfPatientID OtherPatientIDs AccessionNumber StudyID AdmissionID MedicalRecordLocator
        RequestedProcedureID ScheduledProcedureStepID PerformedProcedureStepID PlacerOrderNumberImagingServiceRequest
        FillerOrderNumberImagingServiceRequest ServiceEpisodeID ClinicalTrialSubjectID ClinicalTrialSubjectReadingID
        ClinicalTrialSponsorName ClinicalTrialProtocolID ClinicalTrialProtocolName ClinicalTrialSiteID
        SpecimenIdentifier ContainerIdentifier BarcodeValue InterpretationIDIssuer
        FillerOrderNumberProcedure PlacerOrderNumberProcedure
        InsurancePlanIdentification PatientInsurancePlanCodeSequence PersonIdentificationCodeSequence
        IssuerOfAdmissionID IssuerOfServiceEpisodeID
    """,
    "place": """
        PatientAddress PatientTelephoneNumbers PatientTelecomInformation CountryOfResidence RegionOfResidence
        PatientInstitutionResidence CurrentPatientLocation InstitutionName InstitutionAddress
        InstitutionalDepartmentName ReferringPhysicianAddress ReferringPhysicianTelephoneNumbers
        ClinicalTrialSiteName ClinicalTrialCoordinatingCenterName VerifyingOrganization CameraOwnerName
        ScheduledProcedureStepLocation PerformedLocation ScheduledStationGeographicLocationCodeSequence
        OrderEnteredBy OrderEntererLocation OrderCallbackPhoneNumber RequestingService PersonAddress
        PersonTelephoneNumbers
    """,
    "trait": """
        PatientAge PatientSex PatientSize PatientWeight PatientBodyMassIndex PatientSexNeutered
        EthnicGroup Occupation PatientReligiousPreference MilitaryRank BranchOfService PatientState
        PregnancyStatus SmokingStatus SpecialNeeds LastMenstrualDate ConfidentialityCode
        ConfidentialityConstraintOnPatientDataDescription
    """,
    "text": """
        TextValue UnformattedTextValue ROIName ROIDescription ROIObservationLabel StructureSetLabel StructureSetName
        StructureSetDescription LabelText TopicTitle TopicSubject TopicAuthor TopicKeywords ResultsComments Impressions
        InterpretationDiagnosisDescription DischargeDiagnosisDescription ReasonForVisit
        ContrastBolusAgent SegmentDescription ContentDescription PatientTransportArrangements
        PatientComments AdditionalPatientHistory AdmittingDiagnosesDescription Allergies MedicalAlerts
        ImageComments StudyComments VisitComments IdentifyingComments TextComments TextString FrameComments
        StudyDescription SeriesDescription ProtocolName RequestedProcedureDescription RequestedProcedureComments
        ScheduledProcedureStepDescription PerformedProcedureStepDescription CommentsOnThePerformedProcedureStep
        ReasonForStudy ReasonForTheRequestedProcedure ReasonForTheImagingServiceRequest InterpretationText
        AcquisitionComments AcquisitionDeviceProcessingDescription ContributionDescription RequestAttributesSequence
        ModifiedAttributesSequence OriginalAttributesSequence ImagePresentationComments DerivationDescription
    """,
    "device": """
        StationName DeviceSerialNumber DetectorID GantryID CassetteID PlateID GeneratorID
        PerformedStationName ScheduledStationName PerformedStationAETitle ScheduledStationAETitle
    """,
}
_KIND_OF: Final = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_DATES: Final = ("DA", "DT", "TM")
_TELLING: Final = ("person", "number", "place")

_REPLACEMENTS: Final = """
anonymous, anonymized, anonymised, anon, deidentified, de-identified, removed, none, unknown, no name, noname, n/a, na,
x, xx, xxx, xxxx, 0, 00000000, 19000101, 000000, 000y
"""
_REPLACED: Final = frozenset(word.strip() for word in _REPLACEMENTS.split(","))
_OFTEN_BURNED_IN: Final = frozenset(("US", "OT", "SC", "XA", "RF", "ES", "GM", "XC", "HC", "DG", "IVUS", "TG", "BI"))


_PIXELS_AT_FAULT: Final = frozenset(("no-pixels", "unsupported-transfer-syntax", "no-decoder"))


def identity_of(source: Path | str | Iterable[Path | str]) -> IdentityReport:
    """Look through a folder, a file, a DICOMDIR or a list of files; values are counted and not kept.

    Args:
        source: Where to look, as for `read_study`.

    Raises:
        UnreadableInput: There is no such file or folder, or no DICOM file in it.
    """
    files = candidates(source)
    if not files:
        place = Path(source) if isinstance(source, Path | str) else None
        raise UnreadableInput("no-dicom", "there is no DICOM file here", path=place)
    names: Counter[tuple[str, str]] = Counter()
    flags: Counter[str] = Counter()
    for path in files:
        try:
            dataset, whole = _header(path)
        except UnreadableInput:
            flags["unreadable"] += 1
            continue
        flags["unreadable"] += not whole or "StudyInstanceUID" not in dataset  # it comes after all about the patient
        found = set(carried_by(dataset))
        names.update(found)
        flags.update(_flags(dataset, found))
    carried = tuple(Carried(kind, name, count) for (kind, name), count in sorted(names.items()))
    return IdentityReport(files=len(files), unreadable=flags.pop("unreadable", 0), carried=carried, **flags)


def carried_by(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of each element, in sequences too, that may tell who was imaged and is not empty."""
    for element in dataset.iterall():
        if element.tag.is_private:
            if not element.tag.is_private_creator:
                yield "private", f"({element.tag.group:04x},xx)"
        elif (kind := _kind(element)) and not _replaced(element):
            yield kind, element.keyword


def _header(path: Path) -> tuple[Dataset, bool]:
    """Read the elements of a file, also of one whose pixels nobody here could show; and say whether that is all."""
    try:
        return open_dicom(path, pixels=False), True
    except UnreadableInput as error:
        if error.code not in _PIXELS_AT_FAULT:
            raise
        whole = error.code != "no-pixels"
    with border("damaged", "it cannot be parsed as DICOM", path):
        return dcmread(path, stop_before_pixels=True), whole


def _kind(element: DataElement) -> str | None:
    if element.VR == "PN" or (element.keyword and dictionary_VR(element.tag) == "PN"):
        return "person"
    if element.VR in _DATES and not element.keyword.startswith("InstanceCreation"):
        return "date"
    if element.VR == "SQ":
        return None  # what is in a sequence comes by itself
    return _KIND_OF.get(element.keyword)


def _replaced(element: DataElement) -> bool:
    """Whether nothing is there, or a word that says so."""
    values = element.value if element.VM > 1 else [element.value]
    words = (str(value).replace("^", " ").strip().casefold() for value in values if value is not None)
    return all(not word or word in _REPLACED for word in words)


def _flags(dataset: Dataset, found: set[tuple[str, str]]) -> Iterator[str]:
    says = str(dataset.get("BurnedInAnnotation", "")).upper()
    if says == "YES":
        yield "burned_in"
    elif says != "NO" and str(dataset.get("Modality", "")) in _OFTEN_BURNED_IN:
        yield "may_be_burned_in"
    if any(tag.group >> 8 in (0x50, 0x60) for tag in dataset.keys()):  # noqa: SIM118 - it iterates over elements
        yield "overlays"
    if str(dataset.get("RecognizableVisualFeatures", "")).upper() == "YES":
        yield "faces"
    removed = str(dataset.get("PatientIdentityRemoved", "")).upper() == "YES"
    telling = any(kind in _TELLING for kind, _ in found) or ("date", "PatientBirthDate") in found
    if removed and telling:
        yield "untrue"
