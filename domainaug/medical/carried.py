"""What a derived image takes over of its source's header: all but what new pixels make untrue."""

from __future__ import annotations

import copy
from collections.abc import Collection

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag, Tag

from domainaug.medical.deeds import Deed
from domainaug.medical.placed import STALE_ONCE_CUT

__all__ = ["drop_private", "kept", "stays"]

_STALE = frozenset(
    {
        "SmallestImagePixelValue",
        "LargestImagePixelValue",
        "SmallestPixelValueInSeries",
        "LargestPixelValueInSeries",
        "SmallestImagePixelValueInPlane",
        "LargestImagePixelValueInPlane",
        "LargestMonochromePixelValue",
        "HistogramSequence",
        "IconImageSequence",
        "PixelDataProviderURL",
        "DigitalSignaturesSequence",
        "MACParametersSequence",
        "DataSetTrailingPadding",
        "InstanceCreationDate",
        "InstanceCreationTime",
        "InstanceCreatorUID",
        "ReferencedPresentationStateSequence",
        "PixelData",
    }
)
"""Statistics of the old pixels, signatures over them, and who and when made the old instance."""

_STALE_ONCE_MOVED = frozenset(
    {
        "ReferencedImageSequence",
        "GraphicAnnotationSequence",
        "SequenceOfUltrasoundRegions",
        "PositionReferenceIndicatorSequence",
        "FieldOfViewOrigin",
        "FieldOfViewRotation",
        "FieldOfViewHorizontalFlip",
    }
)
"""What points at places in the picture, besides overlays, shutters and collimators."""

_STALE_TAGS = frozenset(map(tag_for_keyword, _STALE))
_STALE_ONCE_CUT_TAGS = frozenset(map(tag_for_keyword, STALE_ONCE_CUT))
_STALE_ONCE_MOVED_TAGS = frozenset(map(tag_for_keyword, _STALE_ONCE_MOVED))


def kept(source: Dataset, deed: Deed) -> Dataset:
    """Copy a header, or some elements of one, without what new pixels make untrue.

    That is by C.7.6.3, C.9.2, C.7.6.11 and PS3.15. What becomes of an element depends on no other one, but for
    private ones on who reserved their block.
    """
    out = Dataset()
    for element in source:
        if stays(element.tag, deed):
            out.add(copy.deepcopy(element) if element.VR == "SQ" else copy.copy(element))  # items are changed in place
    drop_private(out, deed.private)
    return out


def drop_private(dataset: Dataset, creators: Collection[str] = ()) -> None:
    """Remove private elements, in items of sequences too, but for the blocks that some creators reserved (PS3.5 7.8).

    Args:
        dataset: Is changed.
        creators: What Private Creator elements of blocks say that stay.
    """
    for element in list(dataset):  # in the order of tags: who reserved a block comes before what is in it
        if element.tag.is_private and _creator_of(dataset, element.tag) not in creators:
            del dataset[element.tag]
        elif element.VR == "SQ":
            for item in element.value or ():
                drop_private(item, creators)


def _creator_of(dataset: Dataset, tag: BaseTag) -> str:
    """Return who reserved the block of a private element, "" where nobody did."""
    reserving = Tag(tag.group, tag.element if tag.is_private_creator else tag.element >> 8)
    return str(dataset[reserving].value).strip() if reserving in dataset else ""


def stays(tag: int, deed: Deed) -> bool:
    """Return whether an element is still true of new pixels; of private ones, whether any may be kept."""
    group, number = tag >> 16, tag & 0xFFFF
    if group & 1:
        return bool(deed.private)
    if group == 0x0002 or tag in _STALE_TAGS:
        return False
    if deed.placed is not None and tag in _STALE_ONCE_CUT_TAGS:
        return False
    return not (deed.relaid and (tag in _STALE_ONCE_MOVED_TAGS or _marks_a_place(group, number)))


def _marks_a_place(group: int, element: int) -> bool:
    is_overlay = 0x6000 <= group <= 0x60FF
    is_shutter_or_collimator = group == 0x0018 and 0x1600 <= element <= 0x1720
    return is_overlay or is_shutter_or_collimator
