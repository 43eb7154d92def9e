"""What the header of one image says, once it has been found plausible.

More than half of the files whose header was damaged at random still decode, to a wrong picture; so a header
is held against what can be true before anything is done with it.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    MRImageStorage,
)

from domainaug.errors import UnreadableInput
from domainaug.medical.opening import border, open_dicom

__all__ = ["MODALITIES", "Instance", "Storage", "describe", "read_instance", "short_hash"]

MODALITIES: dict[str, str] = {
    CTImageStorage: "CT",
    MRImageStorage: "MR",
    ComputedRadiographyImageStorage: "CR",
    DigitalXRayImageStorageForPresentation: "DX",
    DigitalXRayImageStorageForProcessing: "DX",
}
"""SOP classes that are augmented, and what their images are called here."""

_UID = re.compile(r"[0-9.]{1,64}")
_MOST_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True)
class Storage:
    """How pixels are stored.

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
    """One image: a file and what its header says.

    Attributes:
        path: The file.
        sop_class_uid: What kind of object it is.
        sop_instance_uid: Names the object, worldwide.
        series_uid: Names its series.
        study_uid: Names its study.
        frame_of_reference_uid: Names the coordinates it lies in, or "".
        patient: A hash that tells patients apart; never shown or written.
        modality: CT, MR, CR or DX.
        transfer_syntax: UID of how the file is written.
        photometric: MONOCHROME1 or MONOCHROME2.
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
        value_type: Rescale Type ("HU", "US" ...), or "".
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


def read_instance(path: Path) -> Instance:
    """Read the header of one image, strictly.

    Raises:
        UnreadableInput: The file cannot be read, is not a single-frame gray image of CT, MR, CR or DX, or says
            what cannot be true.
    """
    return describe(open_dicom(path, pixels=False), path)


def describe(dataset: Dataset, path: Path) -> Instance:
    """Return what the header of `dataset` says, if it is plausible.

    Raises:
        UnreadableInput: It is not; the code says which part.
    """
    with border("damaged", "its header holds values of the wrong kind", path):
        for code, rule in _RULES:
            message = rule(dataset)
            if message:
                raise UnreadableInput(code, message, path=path)
        return _instance(dataset, path)


def short_hash(*parts: object) -> str:
    """Return 16 hex digits that stand for `parts`."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:16]


# -- rules: each returns a sentence when the header cannot be used, and "" when it can ----------------------


def _is_augmented_class(dataset: Dataset) -> str:
    uid = UID(str(dataset.get("SOPClassUID", "")))
    if uid in MODALITIES:
        return ""
    kind = uid.name if uid.is_valid and uid.name != uid else "an object of unknown kind"
    return f"it is {kind}; classic CT, MR, CR and DX images are augmented"


def _has_sound_uids(dataset: Dataset) -> str:
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if not _UID.fullmatch(str(dataset.get(name, ""))):
            return f"its {name} is not a UID (1 to 64 digits and dots)"
    reference = dataset.get("FrameOfReferenceUID")
    if reference and not _UID.fullmatch(str(reference)):
        return "its FrameOfReferenceUID is not a UID (1 to 64 digits and dots)"
    return ""


def _is_single_frame(dataset: Dataset) -> str:
    frames = dataset.get("NumberOfFrames")
    if frames in (None, "", 1) and "PerFrameFunctionalGroupsSequence" not in dataset:
        return ""
    return "it holds several frames; one frame a file is read"


def _is_gray(dataset: Dataset) -> str:
    photometric = dataset.get("PhotometricInterpretation")
    if dataset.get("SamplesPerPixel") == 1 and photometric in ("MONOCHROME1", "MONOCHROME2"):
        return ""
    if photometric == "PALETTE COLOR":
        return "its pixels are indices into a palette; gray images are augmented"
    return "it is not a gray image (MONOCHROME1 or MONOCHROME2, one sample a pixel)"


def _has_size(dataset: Dataset) -> str:
    rows, columns = dataset.get("Rows"), dataset.get("Columns")
    if not (isinstance(rows, int) and isinstance(columns, int) and 1 <= rows <= 32767 and 1 <= columns <= 32767):
        return "its Rows and Columns are not both 1 to 32767"
    return f"it has more than {_MOST_PIXELS:,} pixels" if rows * columns > _MOST_PIXELS else ""


def _has_sound_bits(dataset: Dataset) -> str:
    allocated, stored, high = (dataset.get(name) for name in ("BitsAllocated", "BitsStored", "HighBit"))
    if allocated not in (8, 16):
        return "its BitsAllocated is neither 8 nor 16"
    if not (isinstance(stored, int) and 1 <= stored <= allocated):
        return "its BitsStored is not 1 to BitsAllocated"
    if high != stored - 1:
        return "its HighBit is not BitsStored - 1"
    if dataset.get("PixelRepresentation") not in (0, 1):
        return "its PixelRepresentation is neither 0 nor 1"
    return ""


def _has_sound_spacing(dataset: Dataset) -> str:
    for name in ("PixelSpacing", "ImagerPixelSpacing"):
        value = dataset.get(name)
        if value is None or value == "":
            continue
        numbers = _numbers(value)
        if len(numbers) != 2 or not all(0.01 <= number <= 10 for number in numbers):
            return f"its {name} is not two numbers from 0.01 to 10 mm"
    return ""


def _has_sound_rescale(dataset: Dataset) -> str:
    for name in ("RescaleSlope", "RescaleIntercept"):
        if name in dataset and len(_numbers(dataset[name].value)) != 1:
            return f"its {name} is not one finite number"
    if "RescaleSlope" in dataset and float(dataset.RescaleSlope) == 0:
        return "its RescaleSlope is 0, so every pixel has one value"
    if ("RescaleSlope" in dataset) != ("RescaleIntercept" in dataset):
        return "it has one of RescaleSlope and RescaleIntercept without the other"
    return ""


def _has_sound_axes(dataset: Dataset) -> str:
    for name, count in (("ImagePositionPatient", 3), ("ImageOrientationPatient", 6)):
        value = dataset.get(name)
        if value and len(_numbers(value)) != count:
            return f"its {name} is not {count} finite numbers"
    if any(abs(number) > 1e5 for number in _numbers(dataset.get("ImagePositionPatient"))):
        return "its ImagePositionPatient is more than 100 m away"
    axes = _numbers(dataset.get("ImageOrientationPatient"))
    if not axes:
        return ""
    row, column = axes[:3], axes[3:]
    lengths = abs(_dot(row, row) - 1) + abs(_dot(column, column) - 1)
    if lengths > 2e-3 or abs(_dot(row, column)) > 1e-3:
        return "its ImageOrientationPatient is not two unit vectors at a right angle"
    return ""


_RULES: tuple[tuple[str, Callable[[Dataset], str]], ...] = (
    ("not-augmented-class", _is_augmented_class),
    ("bad-uid", _has_sound_uids),
    ("multi-frame", _is_single_frame),
    ("not-gray", _is_gray),
    ("bad-size", _has_size),
    ("bad-bits", _has_sound_bits),
    ("bad-spacing", _has_sound_spacing),
    ("bad-rescale", _has_sound_rescale),
    ("bad-geometry", _has_sound_axes),
)


# -- reading ------------------------------------------------------------------------------------------------


def _numbers(value: object) -> tuple[float, ...]:
    """Return the finite numbers in a DS value; () where there is none or one is not finite."""
    if value is None or value == "":
        return ()
    items = [value] if isinstance(value, int | float | str) else list(value)  # type: ignore[call-overload]
    numbers = tuple(float(item) for item in items)
    return numbers if all(map(math.isfinite, numbers)) else ()


def _dot(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _instance(dataset: Dataset, path: Path) -> Instance:
    spacing = _numbers(dataset.get("PixelSpacing")) or _numbers(dataset.get("ImagerPixelSpacing"))
    position = _numbers(dataset.get("ImagePositionPatient"))
    image_type = dataset.get("ImageType") or ()
    return Instance(
        path=path,
        sop_class_uid=str(dataset.SOPClassUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        series_uid=str(dataset.SeriesInstanceUID),
        study_uid=str(dataset.StudyInstanceUID),
        frame_of_reference_uid=str(dataset.get("FrameOfReferenceUID") or ""),
        patient=_patient(dataset),
        modality=MODALITIES[str(dataset.SOPClassUID)],
        transfer_syntax=str(dataset.file_meta.TransferSyntaxUID),
        photometric=str(dataset.PhotometricInterpretation),
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        spacing=(spacing[0], spacing[1]) if spacing else None,
        position=(position[0], position[1], position[2]) if position else None,
        orientation=_numbers(dataset.get("ImageOrientationPatient")) or None,
        storage=_storage(dataset),
        image_type=(image_type,) if isinstance(image_type, str) else tuple(map(str, image_type)),
        parts=tuple(str(dataset.get(name, "")) for name in _PARTS),
        acquisition=str(dataset.get("AcquisitionNumber") or ""),
        burned_in=dataset.get("BurnedInAnnotation") == "YES",
        has_meta="MediaStorageSOPInstanceUID" in dataset.file_meta,
        window=_window(dataset),
        rescaled="RescaleSlope" in dataset,
        value_type=str(dataset.get("RescaleType") or ""),
    )


_PARTS = ("EchoTime", "EchoNumbers", "DiffusionBValue", "TemporalPositionIdentifier", "InversionTime")


def _patient(dataset: Dataset) -> str:
    identity = str(dataset.get("PatientID") or "")
    return short_hash("patient", identity, dataset.get("IssuerOfPatientID", "")) if identity else ""


def _storage(dataset: Dataset) -> Storage:
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
    center, width = _numbers(dataset.get("WindowCenter")), _numbers(dataset.get("WindowWidth"))
    if not center or not width or width[0] < 1:
        return None
    return center[0] - width[0] / 2, center[0] + width[0] / 2
