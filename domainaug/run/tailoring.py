"""A layout as one run wants it: what its profile is for, what is written, which findings are accepted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, cast

from domainaug.errors import DomainAugError, UnknownName
from domainaug.layouts.layout import Item, Layout
from domainaug.medical.findings import NOT_HU
from domainaug.profile.model import Profile

__all__ = ["check_codes", "for_profile", "unfit", "with_format", "with_study_terms"]


def for_profile(layout: Layout, profile: Profile) -> Layout:
    """Return a layout that takes images of which nothing tells the modality for those of the profile, if it has one."""
    wanted = profile.applies_to.get("dicom", {}).get("Modality", [])
    if len(wanted) != 1 or not hasattr(layout, "modality"):
        return layout
    changed: Layout = replace(cast(Any, layout), modality=wanted[0])
    return changed


def unfit(item: Item, profile: Profile, allow: Collection[str] = ()) -> tuple[str, str]:
    """Return why a run under a profile sets an item aside before it is read, a code and a reason, or nothing twice.

    Args:
        item: As a scan found it.
        profile: What it would be augmented under.
        allow: Codes of findings that are accepted.
    """
    wanted = profile.applies_to.get("dicom", {}).get("Modality", [])
    modality, unit = item.detail.get("modality"), item.detail.get("unit")
    if wanted and modality is not None and modality not in wanted:
        return "other-modality", f"it is {modality}; {profile.id} is for {' and '.join(wanted)}"
    if profile.value_range.unit == "HU" and unit not in (None, "HU") and NOT_HU not in allow:
        why = "its values are not HU: it has no rescale slope, or a rescale type of its own"
        return NOT_HU, f"{why}; {profile.id} is in HU; --allow {NOT_HU} takes them as they are"
    return "", ""


def with_format(layout: Layout, file_format: str | None) -> Layout:
    """Return a layout that writes copies in another format; itself for None.

    Raises:
        UnknownName: There is no such format.
        DomainAugError: The layout writes one format only.
    """
    if file_format is None:
        return layout
    formats = getattr(layout, "formats", ())
    if not formats:
        raise DomainAugError(f"format={file_format}: {layout.name} writes the format it reads; leave the format out")
    if file_format not in formats:
        raise UnknownName("format", file_format, formats)
    changed: Layout = replace(cast(Any, layout), format=file_format)
    return changed


def with_study_terms(layout: Layout, keep_private: Collection[str], new_study: str | None) -> Layout:
    """Return a layout whose derived DICOM keeps private elements or lies in new studies; itself if neither is asked.

    Args:
        layout: The layout.
        keep_private: Private creators.
        new_study: What Study Instance UIDs are hashed with, or None.

    Raises:
        DomainAugError: The layout derives no DICOM, or something asked for is empty.
    """
    asked = [name for name, value in (("keep_private", keep_private), ("new_study", new_study is not None)) if value]
    if not asked:
        return layout
    if not hasattr(layout, "study_salt") or getattr(layout, "format", "dicom") != "dicom":
        raise DomainAugError(f"{' and '.join(asked)}: {layout.name} writes no DICOM here; leave it out")
    if new_study == "" or "" in keep_private:
        raise DomainAugError(f"{' and '.join(asked)}: an empty text; give the text itself")
    changed: Layout = replace(cast(Any, layout), private=frozenset(keep_private), study_salt=new_study)
    return changed


def check_codes(layout: Layout, allow: Collection[str]) -> None:
    """Refuse what is no finding of a layout that lists its own.

    Raises:
        UnknownName: No such finding sets anything aside.
    """
    legal: Collection[str] = getattr(layout, "refusing", allow)
    for code in allow:
        if code not in legal:
            raise UnknownName("finding", code, legal)
