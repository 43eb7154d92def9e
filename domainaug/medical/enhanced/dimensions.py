"""By what the frames of a derived Enhanced object are indexed (PS3.3 C.7.6.17).

Index values are ordinals. Of the frames of one stack they have gaps, which are closed; frames on a grid of their own
are counted anew along it. A dimension that points at a private element goes with that element.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydicom import Dataset
from pydicom.datadict import keyword_for_tag
from pydicom.tag import Tag

from domainaug.medical.deeds import derived_uid
from domainaug.medical.enhanced.groups import FRAMES, first_item

__all__ = ["tell_dimensions"]

_ALONG = ("InStackPositionNumber", "ImagePositionPatient")
_COUNTED = ("InStackPositionNumber", "TemporalPositionIndex")


def tell_dimensions(out: Dataset, laid: Sequence[bool], *, whole: bool) -> None:
    """Write by what frames are indexed.

    Args:
        out: The object under construction, with its groups.
        laid: Whether each frame is on a grid of its own, rather than on its source's.
        whole: Whether all frames of the source are there, in its order.
    """
    contents = [first_item(frame, "FrameContentSequence") for frame in out[FRAMES].value]
    known = [one for one in contents if one is not None]
    anew = any(laid)
    if whole and not anew and not _private(out):
        return
    if anew:
        for number, one in enumerate(known, start=1):
            if "InStackPositionNumber" in one:
                one.InStackPositionNumber = number
    elif not whole:
        for name in _COUNTED:
            if all(name in one for one in known):
                for one, rank in zip(known, _ranks([int(one[name].value) for one in known]), strict=True):
                    setattr(one, name, rank)
    _index(out, known, anew=anew)


def _private(out: Dataset) -> bool:
    return any(Tag(item.DimensionIndexPointer).is_private for item in out.get("DimensionIndexSequence") or ())


def _index(out: Dataset, contents: Sequence[Dataset], *, anew: bool) -> None:
    """Write index values without gaps, under a new organization, and leave private dimensions out."""
    entries = list(out.get("DimensionIndexSequence") or ())
    rows = [_values(one) for one in contents]
    if not entries or any(len(row) != len(entries) for row in rows):
        return
    staying = [at for at, item in enumerate(entries) if not Tag(item.DimensionIndexPointer).is_private]
    columns = []
    for at in staying:
        along = keyword_for_tag(entries[at].DimensionIndexPointer) in _ALONG
        columns.append(list(range(1, len(rows) + 1)) if anew and along else _ranks([row[at] for row in rows]))
    for one, row in zip(contents, zip(*columns, strict=True), strict=True):
        one.DimensionIndexValues = list(row)
    if not staying:
        for one in contents:
            one.pop("DimensionIndexValues", None)
    organization = derived_uid("dimensions", str(out.SOPInstanceUID))
    out.DimensionIndexSequence = [entries[at] for at in staying]
    for item in out.DimensionIndexSequence:
        item.DimensionOrganizationUID = organization
    first = Dataset()
    first.DimensionOrganizationUID = organization
    out.DimensionOrganizationSequence = [first]


def _values(content: Dataset) -> list[int]:
    found = content.get("DimensionIndexValues")
    return [] if found is None else [int(found)] if isinstance(found, int) else [int(value) for value in found]


def _ranks(values: Sequence[int]) -> list[int]:
    places = {value: rank for rank, value in enumerate(sorted(set(values)), start=1)}
    return [places[value] for value in values]
