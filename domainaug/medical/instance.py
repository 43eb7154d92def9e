"""What the header of one image says, once it has been found plausible."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword

from domainaug.errors import UnreadableInput
from domainaug.medical.enhanced.frames import enhanced_frames
from domainaug.medical.enhanced.groups import FRAMES, SHARED, is_enhanced
from domainaug.medical.opening import border, open_dicom
from domainaug.medical.overlays import OVERLAY_POSITIONS, overlay_groups_inside
from domainaug.medical.plausible import (
    COLORS,
    IN_TIME,
    MODALITIES,
    PALETTE,
    is_sound_place,
    may_have_text,
    numbers_in,
    refusal,
)
from domainaug.medical.remarks import ASKED_FOR_REMARKS, remarks_in

__all__ = [
    "ASKED",
    "ASKED_TAGS",
    "PARTS",
    "Instance",
    "Storage",
    "describe",
    "describe_placed",
    "frames_of",
    "read_instance",
    "short_hash",
]


@dataclass(frozen=True, slots=True)
class Storage:
    """How pixels are stored, once they are decoded: the samples of a palette's colors, not their numbers.

    Attributes:
        allocated: Bits a pixel takes.
        stored: Bits of them that count.
        signed: Whether they are two's complement.
        slope: Physical value per stored value; 1 where the file gives none.
        intercept: Physical value of a stored 0.
        lookup: Whether a Modality LUT Sequence stands in place of slope and intercept.
        padding: Lowest and highest stored value of pixels that are no image, or None.
    """

    allocated: int
    stored: int
    signed: bool
    slope: float = 1.0
    intercept: float = 0.0
    lookup: bool = False
    padding: tuple[int, int] | None = None

    @property
    def lowest(self) -> int:
        """The smallest value that can be stored."""
        return -(1 << self.stored - 1) if self.signed else 0

    @property
    def highest(self) -> int:
        """The largest value that can be stored."""
        return (1 << self.stored - self.signed) - 1


@dataclass(frozen=True, slots=True)
class Instance:
    """One image: a file, or one frame of it, and what its header says.

    Attributes:
        path: The file.
        sop_class_uid: What kind of object it is.
        sop_instance_uid: Names the object, worldwide.
        series_uid: Names its series.
        study_uid: Names its study.
        frame_of_reference_uid: Names the coordinates it lies in, or "".
        patient: A hash that tells patients apart; never shown or written.
        modality: CT, MR, PT, CR, DX, MG, US or SC: what kind of object it is.
        transfer_syntax: UID of how the file is written.
        photometric: Photometric Interpretation of the file: MONOCHROME1, MONOCHROME2, or one of `plausible.COLORS`.
        rows: Rows.
        columns: Columns.
        spacing: Millimeters between rows and between columns, or None.
        position: Image Position (Patient): middle of the first pixel, mm, or None.
        orientation: Image Orientation (Patient): direction of a row, then of a column, or None.
        storage: How pixels are stored.
        image_type: Image Type.
        parts: What tells interleaved stacks of a series apart: echo time, b-value, position in time.
        acquisition: Acquisition Number, or "".
        burned_in: Burned In Annotation says YES.
        has_meta: Whether the file had its meta information.
        window: Lowest and highest physical value of its first window, or None.
        rescaled: Whether it has a rescale slope and intercept.
        value_type: Rescale Type ("HU", "US" ...), or Units of a PT image ("BQML" ...), or "".
        samples: Numbers a pixel has once it is decoded: 1 for gray, 3 for red, green and blue.
        frame: Which frame of its file it is, from 0.
        frames: How many frames its file holds.
        may_have_text: Nothing says whether text is burned in, and in images of its kind there often is.
        overlays_inside: An overlay lies in the bits of the pixels that hold no value.
        remarks: Codes of findings that its header gives away; see `remarks`.
    """

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    series_uid: str
    study_uid: str
    frame_of_reference_uid: str
    patient: str
    modality: str
    transfer_syntax: str
    photometric: str
    rows: int
    columns: int
    spacing: tuple[float, float] | None
    position: tuple[float, float, float] | None
    orientation: tuple[float, ...] | None
    storage: Storage
    image_type: tuple[str, ...]
    parts: tuple[str, ...]
    acquisition: str
    burned_in: bool
    has_meta: bool
    window: tuple[float, float] | None
    rescaled: bool
    value_type: str
    samples: int = 1
    frame: int = 0
    frames: int = 1
    may_have_text: bool = False
    overlays_inside: bool = False
    remarks: frozenset[str] = frozenset()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the decoded frame: rows and columns, and samples where there are several."""
        return (self.rows, self.columns) if self.samples == 1 else (self.rows, self.columns, self.samples)

    @property
    def file_shape(self) -> tuple[int, ...]:
        """Of everything in its file: that of the frame, behind the number of frames where there are several."""
        return self.shape if self.frames == 1 else (self.frames, *self.shape)

    @property
    def in_time(self) -> bool:
        """Whether it is one of several frames that follow each other in time."""
        return self.frames > 1 and self.modality in IN_TIME


def read_instance(path: Path) -> Instance:
    """Read the header of one image, strictly; of the first, where a file holds several.

    Raises:
        UnreadableInput: The file cannot be read, is of a class that is not augmented, or says what cannot be true.
    """
    return describe(open_dicom(path, pixels=False), path)


def describe(dataset: Dataset, path: Path) -> Instance:
    """Return what the header of `dataset` says of its first frame, if it is plausible.

    Raises:
        UnreadableInput: It is not; the code says which part.
    """
    with border("damaged", "its header holds values of the wrong kind", path):
        if is_enhanced(dataset):
            return enhanced_frames(dataset, path, _described)[0]
        return _described(dataset, path)


def _described(dataset: Dataset, path: Path) -> Instance:
    refused = refusal(dataset)
    if refused:
        raise UnreadableInput(*refused, path=path)
    return _instance(dataset, path)


def frames_of(first: Instance, dataset: Dataset) -> tuple[Instance, ...]:
    """Return every frame of a file, in its order.

    Args:
        first: What `describe` said of it.
        dataset: Its header.
    """
    if is_enhanced(dataset):
        with border("damaged", "its header holds values of the wrong kind", first.path):
            return enhanced_frames(dataset, first.path, _described)
    return (first, *(replace(first, frame=index) for index in range(1, first.frames)))


def describe_placed(known: Instance, path: Path, uid: str, position: tuple[float, ...] | None) -> Instance | None:
    """Return what a header says that differs from a known one in its name and its place alone; None if implausible.

    Args:
        known: What the known header says, already found plausible.
        path: The file.
        uid: Its SOP Instance UID.
        position: Its Image Position (Patient), where it has one.
    """
    if not is_sound_place(uid, position):
        return None
    place = (position[0], position[1], position[2]) if position else None
    return replace(known, path=path, sop_instance_uid=uid, position=place)


def short_hash(*parts: object) -> str:
    """Return 16 hex digits that stand for `parts`."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:16]


def _instance(dataset: Dataset, path: Path) -> Instance:
    spacings = (numbers_in(dataset.get(name)) for name in ("PixelSpacing", "ImagerPixelSpacing"))
    spacing = next((numbers for numbers in spacings if any(numbers)), ()) or _spacing_of_regions(dataset)
    position = numbers_in(dataset.get("ImagePositionPatient"))
    image_type = dataset.get("ImageType") or ()
    modality = MODALITIES[str(dataset.SOPClassUID)]
    return Instance(
        path=path,
        sop_class_uid=str(dataset.SOPClassUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        series_uid=str(dataset.SeriesInstanceUID),
        study_uid=str(dataset.StudyInstanceUID),
        frame_of_reference_uid=str(dataset.get("FrameOfReferenceUID") or ""),
        patient=_patient(dataset),
        modality=modality,
        transfer_syntax=str(dataset.file_meta.TransferSyntaxUID),
        photometric=str(dataset.PhotometricInterpretation),
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        spacing=(spacing[0], spacing[1]) if spacing else None,
        position=(position[0], position[1], position[2]) if position else None,
        orientation=numbers_in(dataset.get("ImageOrientationPatient")) or None,
        storage=_storage(dataset),
        image_type=(image_type,) if isinstance(image_type, str) else tuple(map(str, image_type)),
        parts=tuple(str(dataset.get(name, "")) for name in PARTS),
        acquisition=str(dataset.get("AcquisitionNumber") or ""),
        burned_in=dataset.get("BurnedInAnnotation") == "YES",
        has_meta="MediaStorageSOPInstanceUID" in dataset.file_meta,
        window=_window(dataset),
        rescaled="RescaleSlope" in dataset,
        value_type=str(dataset.get("RescaleType") or (dataset.get("Units") if modality == "PT" else "") or ""),
        samples=3 if dataset.PhotometricInterpretation in COLORS else 1,
        frames=int(dataset.get("NumberOfFrames") or 1),
        may_have_text=may_have_text(dataset),
        overlays_inside=bool(overlay_groups_inside(dataset)),
        remarks=remarks_in(dataset),
    )


_CENTIMETERS = 3
"""In Physical Units X and Y Direction."""

PARTS = (
    *("EchoTime", "EchoNumbers", "DiffusionBValue", "TemporalPositionIdentifier", "InversionTime"),
    "DiffusionGradientOrientation",
)
"""What `Instance.parts` begins with; frames of Enhanced objects have more."""


def _patient(dataset: Dataset) -> str:
    identity = str(dataset.get("PatientID") or "")
    return short_hash("patient", identity, dataset.get("IssuerOfPatientID", "")) if identity else ""


def _spacing_of_regions(dataset: Dataset) -> tuple[float, ...]:
    """Return mm between rows and columns of the views of tissue in an ultrasound image, if all agree (C.8.5.5)."""
    views = [one for one in dataset.get("SequenceOfUltrasoundRegions") or [] if one.get("RegionSpatialFormat") == 1]
    units = {one.get(f"PhysicalUnits{axis}Direction") for one in views for axis in "XY"}
    steps = {tuple(10 * abs(float(one.get(f"PhysicalDelta{axis}") or 0)) for axis in "YX") for one in views}
    if units != {_CENTIMETERS} or len(steps) != 1:
        return ()
    (step,) = steps
    return step if all(0.01 <= each <= 10 for each in step) else ()


def _storage(dataset: Dataset) -> Storage:
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return Storage(8, 8, signed=False)
    if dataset.PhotometricInterpretation in COLORS:
        return Storage(int(dataset.BitsAllocated), int(dataset.BitsStored), signed=False)
    return Storage(
        allocated=int(dataset.BitsAllocated),
        stored=int(dataset.BitsStored),
        signed=bool(dataset.PixelRepresentation),
        slope=float(dataset.get("RescaleSlope", 1)),
        intercept=float(dataset.get("RescaleIntercept", 0)),
        lookup=bool(dataset.get("ModalityLUTSequence")),
        padding=_padding(dataset),
    )


def _padding(dataset: Dataset) -> tuple[int, int] | None:
    value = dataset.get("PixelPaddingValue")
    if not isinstance(value, int):
        return None
    limit = dataset.get("PixelPaddingRangeLimit")
    ends = [value, limit if isinstance(limit, int) else value]
    if dataset.PixelRepresentation == 1:  # some writers give -2000 as the unsigned 63536
        ends = [end - 65536 if end > 32767 else end for end in ends]
    return min(ends), max(ends)


def _window(dataset: Dataset) -> tuple[float, float] | None:
    center, width = numbers_in(dataset.get("WindowCenter")), numbers_in(dataset.get("WindowWidth"))
    if not center or not width or width[0] < 1:
        return None
    return center[0] - width[0] / 2, center[0] + width[0] / 2


ASKED = (
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID"),
    *("PatientID", "IssuerOfPatientID", "ImageType", "AcquisitionNumber", "BurnedInAnnotation", "NumberOfFrames"),
    *("PhotometricInterpretation", "SamplesPerPixel", "PlanarConfiguration", *PALETTE),
    *("Rows", "Columns", "PixelSpacing", "ImagerPixelSpacing", "SequenceOfUltrasoundRegions"),
    *("ImagePositionPatient", "ImageOrientationPatient", SHARED, FRAMES),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "Units", "ModalityLUTSequence"),
    *("PixelPaddingValue", "PixelPaddingRangeLimit", "WindowCenter", "WindowWidth"),
    *PARTS,
    *ASKED_FOR_REMARKS,
)
"""Everything that describing an image asks its header for."""

ASKED_TAGS = frozenset({*(int(tag_for_keyword(name) or 0) for name in ASKED), *OVERLAY_POSITIONS})
"""The same, as tags."""
