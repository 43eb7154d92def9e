"""From the `part:` of a profile's file to the part, on top of its parent's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from domainaug.effects import EFFECTS
from domainaug.errors import UnknownName
from domainaug.profile.part import Foreground, Lighting, Part, Response
from domainaug.profile.reading import Document
from domainaug.profile.schema import PartEntry

__all__ = ["read_part"]


def read_part(document: Document, entry: PartEntry | None, base: Part | None) -> Part | None:
    """Return the part a file describes; what it does not say is the parent's.

    Args:
        document: The file, for the place of faults.
        entry: Its `part:`, in shape, or None.
        base: The parent's part, or None.

    Raises:
        ProfileError: An effect is called by no name there is, or a setting lacks what it needs.
    """
    if entry is None:
        return base
    part = base or Part()
    said = _said(entry)
    for index, name in enumerate(entry.transform_is_a_defect):
        if name not in EFFECTS:
            unknown = UnknownName("effect", name, EFFECTS)
            raise document.fault(str(unknown), "part", "transform_is_a_defect", index)
    if "transform_is_a_defect" in said:
        said["transform_is_a_defect"] = tuple(said["transform_is_a_defect"])
    if said.get("period_mm") is not None:
        if min(said["period_mm"]) <= 0:
            raise document.fault(f"period_mm: millimeters above 0, got {said['period_mm']}", "part", "period_mm")
        said["period_mm"] = tuple(said["period_mm"])
    for name in ("lighting", "response", "foreground"):
        said[name] = replace(getattr(part, name), **_said(getattr(entry, name)))
    said["foreground"] = _located(document, said["foreground"])
    assert isinstance(said["lighting"], Lighting)
    assert isinstance(said["response"], Response)
    return replace(part, **said)


def _said(entry: BaseModel) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.model_fields_set}


def _located(document: Document, foreground: Foreground) -> Foreground:
    """Return it with its folder beside the file it was written in."""
    if foreground.by == "threshold" and foreground.threshold is None:
        raise document.fault("foreground: by threshold needs threshold, a share from 0 to 1", "part", "foreground")
    if foreground.by == "masks" and foreground.folder is None:
        raise document.fault("foreground: by masks needs folder, where the masks are", "part", "foreground")
    if foreground.folder is None:
        return foreground
    folder = Path(foreground.folder)
    if not folder.is_absolute() and document.path is not None:
        folder = document.path.parent / folder
    return replace(foreground, folder=folder)
