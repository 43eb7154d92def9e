"""Whether the header of an image can be true.

More than half of the files whose header was damaged at random still decode, to a wrong picture; so a header
is held against what can be true before anything is done with it. Each rule returns a sentence when it is not,
free of the values it speaks of.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from pydicom import Dataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalMammographyXRayImageStorageForProcessing,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    MRImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    PositronEmissionTomographyImageStorage,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from domainaug.medical.enhanced.groups import ENHANCED

__all__ = [
    "COLORS",
    "IN_TIME",
    "MODALITIES",
    "PALETTE",
    "PROJECTIONS",
    "UNKNOWN_TEXT",
    "is_sound_place",
    "may_have_text",
    "numbers_in",
    "refusal",
]

_RETIRED_ULTRASOUND = ("1.2.840.10008.5.1.4.1.1.6", "1.2.840.10008.5.1.4.1.1.3")
"""Ultrasound Image and Multi-frame Image Storage as they were until 1997."""

MODALITIES: dict[str, str] = {
    CTImageStorage: "CT",
    MRImageStorage: "MR",
    ComputedRadiographyImageStorage: "CR",
    DigitalXRayImageStorageForPresentation: "DX",
    DigitalXRayImageStorageForProcessing: "DX",
    DigitalMammographyXRayImageStorageForPresentation: "MG",
    DigitalMammographyXRayImageStorageForProcessing: "MG",
    PositronEmissionTomographyImageStorage: "PT",
    UltrasoundImageStorage: "US",
    UltrasoundMultiFrameImageStorage: "US",
    **dict.fromkeys(_RETIRED_ULTRASOUND, "US"),
    SecondaryCaptureImageStorage: "SC",
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage: "SC",
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage: "SC",
    MultiFrameTrueColorSecondaryCaptureImageStorage: "SC",
    **ENHANCED,
}
"""SOP classes that are augmented, and what their images are called here (a capture is SC, whatever was captured)."""

PROJECTIONS = ("CR", "DX", "MG")
"""What is seen through the whole of a patient, on a detector."""

IN_TIME = ("US", "SC")
"""What may hold several frames, which follow each other in time, and color."""

COLORS: dict[str, int] = {
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_RCT": 3,
    "YBR_ICT": 3,
    "PALETTE COLOR": 1,
}
"""Photometric interpretations that are read as RGB, and the samples a pixel has in the file (PS3.3 C.7.6.3.1.2)."""

PALETTE = tuple(
    name.format(color)
    for color in ("Red", "Green", "Blue")
    for name in (
        "{}PaletteColorLookupTableDescriptor",
        "{}PaletteColorLookupTableData",
        "Segmented{}PaletteColorLookupTableData",
    )
)
"""What a palette is written in: how its tables are laid out, and they themselves, one of two for each color."""

_UID = re.compile(r"[0-9.]{1,64}")
_MOST_PIXELS = 200_000_000
_MOST_SAMPLES = 2_000_000_000  # of all frames


def refusal(dataset: Dataset) -> tuple[str, str] | None:
    """Return the code and the sentence of the first rule that a header breaks, or None."""
    for code, rule in _RULES:
        message = rule(dataset)
        if message:
            return code, message
    return None


UNKNOWN_TEXT = "burned-in-unknown"
"""Code of the finding that nothing says whether text is burned into an image of a kind that often has some."""


def may_have_text(dataset: Dataset) -> bool:
    """Return whether an image is of a kind that often has text burned in, and does not say whether it has."""
    return _kind(dataset) in IN_TIME and dataset.get("BurnedInAnnotation") not in ("YES", "NO")


def is_sound_place(uid: str, position: tuple[float, ...] | None) -> bool:
    """Return whether `refusal` has nothing against a SOP Instance UID and an Image Position (Patient)."""
    return _UID.fullmatch(uid) is not None and not _wrong_with_position(position)


def numbers_in(value: object) -> tuple[float, ...]:
    """Return the finite numbers in a DS value; () where there is none or one is not finite."""
    if value is None or value == "":
        return ()
    items = [value] if isinstance(value, int | float | str) else list(value)  # type: ignore[call-overload]
    numbers = tuple(float(item) for item in items)
    return numbers if all(map(math.isfinite, numbers)) else ()


def _dot(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _says_what_it_is(dataset: Dataset) -> str:
    return "" if dataset.get("SOPClassUID") else "it does not say what kind of object it is: it is cut or damaged"


_LABELS = (SegmentationStorage, UID("1.2.840.10008.5.1.4.1.1.66.7"), RTStructureSetStorage)
"""Segmentations, those stored as label maps, and structure sets."""


def _is_augmented_class(dataset: Dataset) -> str:
    uid = UID(str(dataset.get("SOPClassUID", "")))
    if uid in MODALITIES:
        return ""
    kind = uid.name if uid.is_valid and uid.name != uid else "an object of unknown kind"
    if uid in _LABELS:
        return f"it is {kind}; a run takes it along with the series that it was drawn on"
    return f"it is {kind}; classic CT, MR, PT, CR, DX, MG, US and SC images are augmented, and Enhanced CT, MR and PT"


def _has_sound_uids(dataset: Dataset) -> str:
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if not _UID.fullmatch(str(dataset.get(name, ""))):
            return f"its {name} is not a UID (1 to 64 digits and dots)"
    reference = dataset.get("FrameOfReferenceUID")
    if reference and not _UID.fullmatch(str(reference)):
        return "its FrameOfReferenceUID is not a UID (1 to 64 digits and dots)"
    return ""


def _has_sound_frames(dataset: Dataset) -> str:
    frames = dataset.get("NumberOfFrames")
    if frames in (None, "", 1) and "PerFrameFunctionalGroupsSequence" not in dataset:
        return ""
    if _kind(dataset) not in IN_TIME:
        return "it holds several frames; one frame a file is read of this class"
    return "" if isinstance(frames, int) and frames >= 1 else "its NumberOfFrames is not a number from 1"


def _has_sound_color(dataset: Dataset) -> str:
    photometric, samples = dataset.get("PhotometricInterpretation"), dataset.get("SamplesPerPixel")
    if samples == 1 and photometric in ("MONOCHROME1", "MONOCHROME2"):
        return ""
    if _kind(dataset) not in IN_TIME:
        return "it is not a gray image (MONOCHROME1 or MONOCHROME2, one sample a pixel), as those of its class are"
    if COLORS.get(str(photometric)) != samples:
        return f"its pixels are neither gray nor one of {', '.join(COLORS)}, with as many samples as that has"
    if samples == 3 and dataset.get("PlanarConfiguration", 0) not in (0, 1):
        return "its PlanarConfiguration is neither 0 nor 1"
    if str(photometric).startswith("YBR_FULL") and dataset.get("BitsAllocated") != 8:
        return "its luminance and chrominance are not of 8 bits"
    return _wrong_with_palette(dataset) if samples == 1 else ""


def _wrong_with_palette(dataset: Dataset) -> str:
    for descriptor, data, segmented in zip(*(iter(PALETTE),) * 3, strict=True):
        layout = dataset.get(descriptor)
        if layout is None or len(layout) != 3 or layout[2] not in (8, 16):
            return "its palette is not described by three numbers a color, the last of them 8 or 16"
        if not (dataset.get(data) or dataset.get(segmented)):
            return "its palette is missing"
    return ""


def _kind(dataset: Dataset) -> str:
    return MODALITIES.get(str(dataset.get("SOPClassUID", "")), "")


def _is_one_slice(dataset: Dataset) -> str:
    if "MOSAIC" not in (dataset.get("ImageType") or ()):
        return ""
    return "it is a mosaic of many slices in one picture; write them as single slices, or as an Enhanced object, first"


def _has_size(dataset: Dataset) -> str:
    rows, columns = dataset.get("Rows"), dataset.get("Columns")
    if not (isinstance(rows, int) and isinstance(columns, int) and 1 <= rows <= 32767 and 1 <= columns <= 32767):
        return "its Rows and Columns are not both 1 to 32767"
    if rows * columns > _MOST_PIXELS:
        return f"it has more than {_MOST_PIXELS:,} pixels"
    samples = rows * columns * (3 if dataset.get("PhotometricInterpretation") in COLORS else 1)
    whole = samples * int(dataset.get("NumberOfFrames") or 1)
    return f"its frames have more than {_MOST_SAMPLES:,} samples together" if whole > _MOST_SAMPLES else ""


def _has_sound_bits(dataset: Dataset) -> str:
    allocated, stored, high = (dataset.get(name) for name in ("BitsAllocated", "BitsStored", "HighBit"))
    if allocated not in (8, 16):
        floats = allocated in (32, 64) and stored is None
        return "its pixels are floating-point numbers" if floats else "its BitsAllocated is neither 8 nor 16"
    if not (isinstance(stored, int) and 1 <= stored <= allocated):
        return "its BitsStored is not 1 to BitsAllocated"
    if high != stored - 1:
        return "its HighBit is not BitsStored - 1"
    if dataset.get("PixelRepresentation") not in (0, 1):
        return "its PixelRepresentation is neither 0 nor 1"
    if dataset.PixelRepresentation and dataset.get("PhotometricInterpretation") in COLORS:
        return "it is in color, and its samples are signed"
    return ""


def _has_sound_spacing(dataset: Dataset) -> str:
    projection = _kind(dataset) in PROJECTIONS
    for name in ("PixelSpacing", "ImagerPixelSpacing"):
        value = dataset.get(name)
        if value is None or value == "":
            continue
        numbers = numbers_in(value)
        if projection and numbers == (0.0, 0.0):  # how some readers write that it was not measured
            continue
        if len(numbers) != 2 or not all(0.01 <= number <= 10 for number in numbers):
            return f"its {name} is not two numbers from 0.01 to 10 mm"
    return ""


def _has_sound_rescale(dataset: Dataset) -> str:
    for name in ("RescaleSlope", "RescaleIntercept"):
        if name in dataset and len(numbers_in(dataset[name].value)) != 1:
            return f"its {name} is not one finite number"
    if "RescaleSlope" in dataset and float(dataset.RescaleSlope) == 0:
        return "its RescaleSlope is 0, so every pixel has one value"
    if ("RescaleSlope" in dataset) != ("RescaleIntercept" in dataset):
        return "it has one of RescaleSlope and RescaleIntercept without the other"
    return ""


def _wrong_with_position(value: object) -> str:
    position = numbers_in(value) if value else ()
    if value and len(position) != 3:
        return "its ImagePositionPatient is not 3 finite numbers"
    return "its ImagePositionPatient is more than 100 m away" if any(abs(x) > 1e5 for x in position) else ""


def _has_sound_axes(dataset: Dataset) -> str:
    wrong = _wrong_with_position(dataset.get("ImagePositionPatient"))
    if wrong:
        return wrong
    value = dataset.get("ImageOrientationPatient")
    axes = numbers_in(value)
    if value and len(axes) != 6:
        return "its ImageOrientationPatient is not 6 finite numbers"
    if not axes:
        return ""
    row, column = axes[:3], axes[3:]
    lengths = abs(_dot(row, row) - 1) + abs(_dot(column, column) - 1)
    if lengths > 2e-3 or abs(_dot(row, column)) > 1e-3:
        return "its ImageOrientationPatient is not two unit vectors at a right angle"
    return ""


_RULES: tuple[tuple[str, Callable[[Dataset], str]], ...] = (
    ("damaged", _says_what_it_is),
    ("not-augmented-class", _is_augmented_class),
    ("bad-uid", _has_sound_uids),
    ("multi-frame", _has_sound_frames),
    ("mosaic", _is_one_slice),
    ("not-gray", _has_sound_color),
    ("bad-size", _has_size),
    ("bad-bits", _has_sound_bits),
    ("bad-spacing", _has_sound_spacing),
    ("bad-rescale", _has_sound_rescale),
    ("bad-geometry", _has_sound_axes),
)
