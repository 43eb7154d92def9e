"""A simulated radiograph as a DICOM DX image: derived from the CT, in its study, and saying that it is synthetic.

Places and angles of source and detector are true of the simulation and are written where the standard has them. What a
tube would have done (voltage, exposure, grid, filters) did not happen: it is told in the Derivation Description, and
in no attribute that would make it look like a fact of an acquisition.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydicom import Dataset
from pydicom.uid import UID

from domainaug._version import __version__
from domainaug.medical.deeds import derived_uid
from domainaug.medical.derive import IMPLEMENTATION_CLASS_UID, to_bytes
from domainaug.medical.opening import open_dicom, quiet
from domainaug.medical.series import Series
from domainaug.scenario import Value
from domainaug_simulators.radiograph.exposing import Exposure

__all__ = ["Kept", "kept_of", "to_dicom"]

_SHOWN = UID("1.2.840.10008.5.1.4.1.1.1.1")
_RAW = UID("1.2.840.10008.5.1.4.1.1.1.1.1")
_SERIES_OFFSET = 9500

_PATIENT = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "OtherPatientIDs",
    "PatientSpeciesDescription", "PatientBreedDescription", "ResponsiblePerson", "PatientIdentityRemoved",
    "DeidentificationMethod", "DeidentificationMethodCodeSequence", "OtherPatientNames", "EthnicGroup",
    "PatientComments",
)  # fmt: skip
_STUDY = (
    "StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber",
    "StudyDescription", "PatientAge", "PatientSize", "PatientWeight", "SpecificCharacterSet",
    "TimezoneOffsetFromUTC", "AdditionalPatientHistory", "AdmittingDiagnosesDescription", "Occupation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What the images of a run keep of their source.

    Attributes:
        header: Elements of patient and study.
        images: SOP Class and Instance UID of every image it was made of.
        series_uid: Series Instance UID of the source, or "".
        number: Series Number of the result.
        identity: What UIDs of the result are hashed from.
        body_part: Body Part Examined, or "".
    """

    header: Dataset
    images: tuple[tuple[str, str], ...]
    series_uid: str
    number: int
    identity: str
    body_part: str = ""


def kept_of(series: Series | None, digest: str) -> Kept:
    """Return what is kept of a CT series, or a made-up patient for a phantom.

    Args:
        series: The series, or None.
        digest: Of the world.

    Raises:
        UnreadableInput: Its first image cannot be read.
    """
    if series is None:
        return Kept(_nobody(digest), (), "", _SERIES_OFFSET, digest, "CHEST")
    source = open_dicom(series.instances[0].path, pixels=False)
    header = Dataset()
    with quiet():
        for name in (*_PATIENT, *_STUDY):
            if name in source:
                header[name] = source[name]
    number = source.get("SeriesNumber")
    before = int(number) if number not in (None, "") else 0
    images = tuple((one.sop_class_uid, one.sop_instance_uid) for one in series.instances)
    after = before + _SERIES_OFFSET
    after = after if after < 2**31 else _SERIES_OFFSET
    part = str(source.get("BodyPartExamined") or "")
    return Kept(header, images, str(source.SeriesInstanceUID), after, digest, part)


def _nobody(digest: str) -> Dataset:
    header = Dataset()
    header.PatientName, header.PatientID = "Phantom^Thorax", f"PHANTOM-{digest[:8].upper()}"
    header.StudyInstanceUID = derived_uid("radiograph", "study", digest)
    return header


def to_dicom(exposure: Exposure, values: Mapping[str, Value], kept: Kept, number: int, variant: str) -> bytes:
    """Return a file: Explicit VR Little Endian, the same bytes for the same picture.

    Args:
        exposure: The radiograph.
        values: A value for every axis.
        kept: What it shares with its source.
        number: Instance Number.
        variant: Id of the variant.
    """
    out = Dataset()
    with quiet():
        for element in kept.header:
            out.add(element)
        for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
                     "ReferringPhysicianName", "StudyID", "AccessionNumber"):  # fmt: skip
            if name not in out:
                setattr(out, name, "")  # type 2
        _identity(out, exposure, values, kept, number, variant)
        _source(out, values, exposure, kept)
        _picture(out, exposure, values)
        _positions(out, exposure, values, kept)
        out.file_meta = _file_meta(out)
        return to_bytes(out)


def _identity(
    out: Dataset, exposure: Exposure, values: Mapping[str, Value], kept: Kept, number: int, variant: str
) -> None:
    """SOP Common, General Series, DX Series, equipment (C.12.1, C.7.3.1, C.8.11.1, C.7.5.1)."""
    shown = values["processing"] == "shown"
    pixels = hashlib.sha256(exposure.values.tobytes()).hexdigest()
    out.SOPClassUID = _SHOWN if shown else _RAW
    out.SOPInstanceUID = derived_uid("radiograph", kept.identity, variant, pixels)
    out.SyntheticData = "YES"
    out.Modality = "DX"
    out.PresentationIntentType = "FOR PRESENTATION" if shown else "FOR PROCESSING"
    out.SeriesInstanceUID = derived_uid("radiograph", "series", kept.identity, out.PresentationIntentType)
    out.SeriesNumber = kept.number + (0 if shown else 1)
    out.SeriesDescription = "SIMULATED radiographs from CT" if kept.images else "SIMULATED radiographs of a phantom"
    out.InstanceNumber = number
    out.Manufacturer = "domainaug"
    out.ManufacturerModelName = "radiograph simulator"
    out.SoftwareVersions = __version__
    out.DeviceSerialNumber = ""
    equipment = Dataset()
    equipment.PurposeOfReferenceCodeSequence = [_code("109100", "DCM", "Synthesizing Equipment")]
    equipment.Manufacturer = "domainaug"
    equipment.ManufacturerModelName = "radiograph simulator"
    equipment.SoftwareVersions = __version__
    equipment.ContributionDescription = "Simulation of projection radiographs"
    out.ContributingEquipmentSequence = [equipment]


def _source(out: Dataset, values: Mapping[str, Value], exposure: Exposure, kept: Kept) -> None:
    """What it was derived from, and how (C.7.6.1, C.12.4, C.12.2)."""
    number = {name: value for name, value in values.items() if not isinstance(value, str)}
    out.ImageType = ["DERIVED", "SECONDARY", ""]
    out.DerivationDescription = (
        f"domainaug {__version__}: SIMULATED projection {'of a CT' if kept.images else 'of a phantom'}; no such "
        f"exposure was made. Simulated: {number['kvp']:g} kV, {number['aluminum']:g} mm Al, "
        f"{number['copper']:g} mm Cu, {number['exposure']:g} uGy at the detector, grid {values['grid']}, scatter "
        f"fraction {exposure.facts['scatter_fraction']:.3g}, focal spot {number['focal_spot']:g} mm, "
        f"noise {values['noise']}, response {values['response']}, processing {values['processing']}"
    )[:1024]
    out.DerivationCodeSequence = [_code("simulated-projection", "99DOMAINAUG", "Simulated projection radiography")]
    scheme = Dataset()
    scheme.CodingSchemeDesignator = "99DOMAINAUG"
    scheme.CodingSchemeName = "domainaug effects"
    scheme.CodingSchemeResponsibleOrganization = "domainaug"
    out.CodingSchemeIdentificationSequence = [scheme]
    if not kept.images:
        return
    out.SourceImageSequence = [_source_item(*image) for image in kept.images]
    series = Dataset()
    series.SeriesInstanceUID = kept.series_uid
    series.ReferencedInstanceSequence = [_reference(*image) for image in kept.images]
    out.ReferencedSeriesSequence = [series]


def _source_item(sop_class: str, uid: str) -> Dataset:
    item = _reference(sop_class, uid)
    item.SpatialLocationsPreserved = "NO"
    item.PurposeOfReferenceCodeSequence = [_code("121322", "DCM", "Source image for image processing operation")]
    return item


def _picture(out: Dataset, exposure: Exposure, values: Mapping[str, Value]) -> None:
    """Image Pixel, DX Image, VOI (C.7.6.3, C.8.11.3, C.11.2)."""
    bits = int(values["bits"])
    white = values["photometric"] == "MONOCHROME2"
    out.SamplesPerPixel = 1
    out.PhotometricInterpretation = str(values["photometric"])
    out.Rows, out.Columns = exposure.values.shape
    out.BitsAllocated = 8 if bits == 8 else 16
    out.BitsStored, out.HighBit, out.PixelRepresentation = bits, bits - 1, 0
    out.PixelIntensityRelationship = "LOG" if values["response"] == "log" else "LIN"
    out.PixelIntensityRelationshipSign = -1 if white else 1
    out.RescaleIntercept, out.RescaleSlope, out.RescaleType = "0", "1", "US"
    out.PresentationLUTShape = "IDENTITY" if white else "INVERSE"
    out.LossyImageCompression = "00"
    out.BurnedInAnnotation = "NO"
    if values["processing"] == "shown":  # only what is meant to be looked at has a window
        out.WindowCenter, out.WindowWidth = (f"{value:.8g}" for value in exposure.window)
        out.WindowCenterWidthExplanation = "PATIENT"
    pixels = exposure.values.astype("u1" if bits == 8 else "<u2")
    content = pixels.tobytes()
    out.PixelData = content + b"\0" * (len(content) % 2)
    out["PixelData"].VR = "OW" if bits > 8 else "OB"


def _positions(out: Dataset, exposure: Exposure, values: Mapping[str, Value], kept: Kept) -> None:
    """DX Anatomy, Detector, Positioning (C.8.11.2, C.8.11.4, C.8.11.5): places that are true of the simulation."""
    geometry = exposure.geometry
    setup = geometry.setup
    out.PatientOrientation = list(geometry.orientation())
    if kept.body_part:
        out.BodyPartExamined = kept.body_part
    out.ImageLaterality = "U"
    out.AnatomicRegionSequence = [_code("51185008", "SCT", "Chest")] if kept.body_part == "CHEST" else []
    out.DetectorType = ""
    out.PositionerType = "NONE"
    out.ImagerPixelSpacing = [f"{setup.pitch:.10g}"] * 2
    out.DistanceSourceToDetector = f"{setup.source_to_detector:.10g}"
    out.DistanceSourceToPatient = f"{setup.source_to_center:.10g}"
    out.EstimatedRadiographicMagnificationFactor = f"{exposure.facts['magnification']:.10g}"
    out.PositionerPrimaryAngle = f"{setup.primary:.10g}"
    out.PositionerSecondaryAngle = f"{setup.secondary:.10g}"
    out.ViewPosition = str(values["view"]) if values["turn"] == 0 else ""
    out.AcquisitionContextSequence = []
    field, (rows, columns) = exposure.field, setup.shape
    for part in ("Collimator", "Shutter"):  # C.8.7.3, C.7.6.11: viewers blacken what the beam did not reach
        setattr(out, f"{part}Shape", "RECTANGULAR")
        setattr(out, f"{part}LeftVerticalEdge", max(0, round(field.left)))
        setattr(out, f"{part}RightVerticalEdge", min(columns + 1, round(field.right) + 1))
        setattr(out, f"{part}UpperHorizontalEdge", max(0, round(field.top)))
        setattr(out, f"{part}LowerHorizontalEdge", min(rows + 1, round(field.bottom) + 1))


def _file_meta(out: Dataset) -> Any:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = out.SOPClassUID
    meta.MediaStorageSOPInstanceUID = out.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = f"DOMAINAUG_{__version__}"[:16].upper()
    return meta


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeMeaning, item.CodingSchemeDesignator = meaning, scheme
    setattr(item, "CodeValue" if len(value) <= 16 else "LongCodeValue", value)
    return item


def _reference(sop_class: str, uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
    return item
