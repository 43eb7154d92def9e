"""What the functional groups of an Enhanced object say of each frame, as the header of an image of its own.

An Enhanced object says once what its frames share, and for each frame what is its own (PS3.3 C.7.6.16.1.1). Laid out
flat, under the names that classic images have for it, a frame can be held against the same rules as they are.

Only groups of the standard are looked into: Philips repeats them in private ones, with other numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_VR
from pydicom.tag import BaseTag, Tag
from pydicom.uid import (
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    EnhancedPETImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    LegacyConvertedEnhancedPETImageStorage,
)

from domainaug.errors import UnreadableInput

__all__ = ["ENHANCED", "FRAMES", "SHARED", "first_item", "frame_headers", "group_of", "is_enhanced"]

ENHANCED: dict[str, str] = {
    EnhancedCTImageStorage: "CT",
    LegacyConvertedEnhancedCTImageStorage: "CT",
    EnhancedMRImageStorage: "MR",
    LegacyConvertedEnhancedMRImageStorage: "MR",
    EnhancedPETImageStorage: "PT",
    LegacyConvertedEnhancedPETImageStorage: "PT",
}
"""SOP classes whose frames are described by functional groups, and what their images are called here."""

SHARED = "SharedFunctionalGroupsSequence"
FRAMES = "PerFrameFunctionalGroupsSequence"

_GROUPS: tuple[str, ...] = (
    *("UnassignedSharedConvertedAttributesSequence", "UnassignedPerFrameConvertedAttributesSequence"),
    *("PixelMeasuresSequence", "PlanePositionSequence", "PlaneOrientationSequence", "FrameContentSequence"),
    *("PixelValueTransformationSequence", "FrameVOILUTSequence", "FrameAnatomySequence"),
    *("CTImageFrameTypeSequence", "MRImageFrameTypeSequence", "PETFrameTypeSequence"),
    *("MREchoSequence", "MRModifierSequence", "MRDiffusionSequence", "MRFOVGeometrySequence"),
    *("MRVelocityEncodingSequence", "CardiacSynchronizationSequence", "CTReconstructionSequence"),
)
"""Groups that are looked into, those that say the least first: what a later one says counts."""

_CLASSIC: Mapping[str, str] = {
    "FrameType": "ImageType",
    "FrameAcquisitionNumber": "AcquisitionNumber",
    "EffectiveEchoTime": "EchoTime",
    "TemporalPositionIndex": "TemporalPositionIdentifier",
}
"""What classic images call what groups call otherwise."""

_NOT_ABOVE = (
    *("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "WindowCenter", "WindowWidth"),
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "EchoTime", "TemporalPositionIdentifier"),
    *("NumberOfFrames", SHARED, FRAMES, "PixelData"),
)
"""What is not taken from above the groups: of what groups alone have a say in, real files hold left-overs there."""


def _tags(names: Iterable[str]) -> frozenset[BaseTag]:
    return frozenset(map(Tag, names))


_LEFT = _tags(_NOT_ABOVE)
_RENAMED = {Tag(told): Tag(name) for told, name in _CLASSIC.items()}


def is_enhanced(dataset: Dataset) -> bool:
    """Return whether a header is that of an Enhanced CT, MR or PET object, or of one converted to that."""
    return str(dataset.get("SOPClassUID", "")) in ENHANCED


def first_item(dataset: Dataset | None, name: str) -> Dataset | None:
    """Return the first item of a sequence, or None."""
    items = dataset.get(name) if dataset is not None else None
    return items[0] if items else None


def group_of(dataset: Dataset, index: int, name: str) -> Dataset | None:
    """Return what a functional group says of a frame, from 0: its own, or else the one that all share."""
    return first_item(dataset[FRAMES].value[index], name) or first_item(first_item(dataset, SHARED), name)


def frame_headers(dataset: Dataset, path: Path) -> Iterator[Dataset]:
    """Yield a flat header for each frame, in the order of the file.

    Args:
        dataset: The header of an Enhanced object, with its `file_meta`.
        path: The file.

    Raises:
        UnreadableInput: Its functional groups are missing (`no-functional-groups`), or there are not as many as frames
            (`bad-frames`), or one has several items where one is allowed (`bad-functional-groups`).
    """
    frames = dataset.get(FRAMES)
    if not frames:
        message = "it is Enhanced and has no functional groups: nothing says where its frames lie"
        raise UnreadableInput("no-functional-groups", message, path=path)
    if len(frames) != int(dataset.get("NumberOfFrames") or 1):
        message = "it has not as many frames as it describes in its functional groups"
        raise UnreadableInput("bad-frames", message, path=path)
    above = {element.tag: element for element in dataset if element.tag not in _LEFT}
    above |= _flat(first_item(dataset, SHARED), path)
    for frame in frames:
        header = Dataset({**above, **_flat(frame, path)})
        header.file_meta = dataset.file_meta
        yield header


def _flat(groups: Dataset | None, path: Path) -> dict[BaseTag, DataElement]:
    """Return what the groups of a frame say, by the tags that classic images have for it."""
    found: dict[BaseTag, DataElement] = {}
    for name in _GROUPS:
        items = groups.get(name) if groups is not None else None
        if not items:
            continue
        if len(items) > 1:
            message = "one of its functional groups has several items where one is allowed"
            raise UnreadableInput("bad-functional-groups", message, path=path)
        for element in items[0]:
            tag = _RENAMED.get(element.tag, element.tag)
            found[tag] = element if tag == element.tag else DataElement(tag, dictionary_VR(tag), element.value)
    return found
