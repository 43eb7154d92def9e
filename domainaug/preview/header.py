"""What the header of a derived DICOM image will say, beside its source's; nothing that names a patient unless asked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydicom import Dataset, dcmread
from pydicom.dataelem import DataElement
from pydicom.uid import UID

from domainaug._version import __version__
from domainaug.errors import DomainAugError
from domainaug.layouts.layout import Stamp
from domainaug.medical.opening import quiet
from domainaug.preview.sources import Subject
from domainaug.preview.variants import Variant
from domainaug.profile.model import Profile

__all__ = ["SHOWN", "Row", "headers_beside"]

_NAMES: Final = """
    SOPClassUID TransferSyntaxUID ImageType Modality SeriesNumber InstanceNumber
    CodingSchemeIdentificationSequence DerivationCodeSequence ContributingEquipmentSequence
    LossyImageCompression LossyImageCompressionMethod LossyImageCompressionRatio SyntheticData
    Rows Columns NumberOfFrames PixelSpacing ImagerPixelSpacing SliceThickness SpacingBetweenSlices
    ImagePositionPatient ImageOrientationPatient SliceLocation PatientPosition PatientOrientation
    Laterality ImageLaterality BodyPartExamined ViewPosition BurnedInAnnotation
    SamplesPerPixel PhotometricInterpretation BitsAllocated BitsStored HighBit PixelRepresentation
    SmallestImagePixelValue LargestImagePixelValue PixelPaddingValue
    RescaleSlope RescaleIntercept RescaleType WindowCenter WindowWidth VOILUTFunction
    KVP ConvolutionKernel MagneticFieldStrength PresentationIntentType PixelIntensityRelationship
"""
SHOWN: Final = frozenset(_NAMES.split())
"""Keywords of elements whose values are shown without being asked for: none says who was imaged."""

_OURS = frozenset(("SeriesDescription", "DerivationDescription"))
"""Text that a derived image has from us, and its source from somebody else."""

_OURS_IF_CHANGED = frozenset(
    ("SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "InstanceCreationDate", "InstanceCreationTime")
)
"""Numbers and times that a derived image has from us, unless they are those of its source, which lead to a patient."""

_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Row:
    """One element.

    Attributes:
        tag: "(0008,0008)".
        name: Its keyword.
        source: Its value in the source, in words; "" where it has none, "(not shown)" where it may name somebody.
        derived: Likewise, in the derived image.
        state: "same", "changed", "new" or "gone".
    """

    tag: str
    name: str
    source: str
    derived: str
    state: Literal["same", "changed", "new", "gone"]


def headers_beside(
    subject: Subject, profile: Profile, variant: Variant, *, seed: int, identifying: bool = False
) -> tuple[Row, ...]:
    """Return the elements of a source and of the image derived from it, the first of a series.

    Args:
        subject: A DICOM image or series.
        profile: What the copy was made under.
        variant: The copy.
        seed: That of its draw.
        identifying: Whether to show values that may say who was imaged.

    Raises:
        DomainAugError: It has no DICOM header.
        LabelError: The copy would say something untrue, so a run would not write it.
    """
    if not subject.is_dicom:
        raise DomainAugError("only DICOM images have a header that a derived one can be held against")
    stamp = Stamp(
        profile=profile.id,
        profile_version=profile.version,
        profile_digest=profile.digest,
        seed=seed,
        copy=variant.copy,
        moved=bool(variant.record.get("moved", False)),
        record=variant.record,
        version=__version__,
    )
    with tempfile.TemporaryDirectory(prefix="domainaug-header-") as folder, quiet():
        paths = subject.layout.write(variant.sample, subject.item, stamp, Path(folder))
        derived = dcmread(Path(folder) / paths[0], stop_before_pixels=True)
        source = dcmread(subject.item.files[0], stop_before_pixels=True)
        return tuple(_rows(source, derived, identifying=identifying))


def _rows(source: Dataset, derived: Dataset, *, identifying: bool) -> Iterator[Row]:
    old, new = _elements(source), _elements(derived)
    for tag in sorted({*old, *new}):
        before, after = old.get(tag), new.get(tag)
        either = after if after is not None else before
        assert either is not None
        if either.tag.is_private or either.keyword == "PixelData" or _only_of_the_file(either):
            continue
        texts = _text(before), _text(after)
        state: Literal["same", "changed", "new", "gone"]
        if before is None:
            state = "new"
        elif after is None:
            state = "gone"
        else:
            state = "same" if before == after else "changed"
        shown = identifying or either.keyword in SHOWN
        seen_old = texts[0] if shown else _withheld(texts[0])
        ours = either.keyword in _OURS or (either.keyword in _OURS_IF_CHANGED and state != "same")
        seen_new = texts[1] if shown or ours else _withheld(texts[1])
        yield Row(f"({tag >> 16:04X},{tag & 0xFFFF:04X})", either.keyword or either.name, seen_old, seen_new, state)


def _only_of_the_file(element: DataElement) -> bool:
    """Whether it says how a file is written, and nothing of the image."""
    return element.tag.group == 2 and element.keyword != "TransferSyntaxUID"


def _elements(dataset: Dataset) -> dict[int, DataElement]:
    meta: Any = getattr(dataset, "file_meta", None) or ()
    return {int(element.tag): element for element in (*meta, *dataset)}


def _withheld(text: str) -> str:
    return "(not shown)" if text else ""


def _text(element: DataElement | None) -> str:
    if element is None:
        return ""
    if element.VR == "SQ":
        return "; ".join(_item(item) for item in element.value)[:_LONGEST]
    if isinstance(element.value, UID):
        return element.value.name
    if isinstance(element.value, bytes):
        return f"{len(element.value)} bytes"
    value = element.value
    told = "\\".join(map(str, value)) if element.VM > 1 else "" if value is None else str(value)
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}..."


def _item(item: Dataset) -> str:
    for keyword in ("CodeMeaning", "CodingSchemeDesignator", "ReferencedSOPInstanceUID", "SeriesInstanceUID"):
        if keyword in item:
            return str(item[keyword].value)
    return "1 item"
