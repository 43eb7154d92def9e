"""What happened to the headers: a table of tags before and after, and what the validator says."""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from domainaug.medical.validators import find_tool
from domainaug.medical.validators import new_errors as errors_of_one

__all__ = ["header_table", "new_errors"]

_TAGS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ImageType",
    "SyntheticData",
    "SeriesDescription",
    "DerivationDescription",
    "RescaleIntercept",
    "RescaleSlope",
    "SmallestImagePixelValue",
    "LossyImageCompression",
)
_LONGEST = 240


def header_table(source: Path, derived: Path) -> list[list[str]]:
    """Return rows (attribute, source, derived) for the first file of a folder and one derived from it.

    No tag that names a patient is read.
    """
    before, after = (pydicom.dcmread(path, stop_before_pixels=True) for path in (_files(source)[0], derived))
    rows = [["attribute", "source", "derived"]]
    rows += [[name, _text(before, name), _text(after, name)] for name in _TAGS if name in before or name in after]
    rows.append(["Derivation codes", _meanings(before), _meanings(after)])
    rows.append(["Source image", _reference(before), _reference(after)])
    return rows


def new_errors(source: Path, out: Path) -> list[str] | None:
    """Return the errors dciodvfy finds in derived files and not in their source, or None without dciodvfy."""
    if find_tool("dciodvfy") is None:
        return None
    original = _files(source)[0]
    return [line for derived in _files(out) for line in sorted(errors_of_one(original, derived))]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.dcm"))


def _text(dataset: Dataset, name: str) -> str:
    if name not in dataset:
        return "(absent)"
    element = dataset[name]
    if element.VR == "UI":
        uid = str(element.value)
        known = pydicom.uid.UID(uid).name
        return known if known != uid else f"...{uid[-12:]}"
    value = "\\".join(map(str, element.value)) if element.VM > 1 else str(element.value)
    return value if len(value) <= _LONGEST else value[: _LONGEST - 3] + "..."


def _meanings(dataset: Dataset) -> str:
    return ", ".join(str(item.CodeMeaning) for item in dataset.get("DerivationCodeSequence", [])) or "(absent)"


def _reference(dataset: Dataset) -> str:
    items = dataset.get("SourceImageSequence", [])
    if not items:
        return "(absent)"
    kept = items[0].get("SpatialLocationsPreserved")
    return f"...{items[0].ReferencedSOPInstanceUID[-12:]}" + (f", SpatialLocationsPreserved {kept}" if kept else "")
