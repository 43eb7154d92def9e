"""Along which axis of the array an MR image was phase-encoded: the one that ghosts and motion run along."""

from __future__ import annotations

from pydicom import Dataset

__all__ = ["phase_axis"]

_AXES = {"COL": "rows", "COLUMN": "rows", "ROW": "columns"}


def phase_axis(dataset: Dataset) -> str | None:
    """Return the axis of a picture that phase encoding ran along, as the MR transforms take it.

    In-plane Phase Encoding Direction (0018,1312) is "the axis of phase encoding with respect to the image": ROW is
    phase encoded in rows, COL in columns (DICOM PS3.3 C.8.3.1, MR Image Module; C.8.13.5.3, MR FOV/Geometry Macro,
    writes COLUMN, and has OTHER). A line that phase encoding runs along is a row of the image or a column of it. Along
    a column the row number changes, so COL is "rows", the first axis of an array (rows, columns), and ghosts lie
    above and below; along a row the column number changes, so ROW is "columns", and ghosts lie left and right.
    dcm2niix reads it alike: COL is the second axis of a NIfTI image, ROW the first.

    Args:
        dataset: The header of a classic or an Enhanced MR image. Functional groups are looked into: the shared ones,
            then those of each frame.

    Returns:
        "rows" or "columns"; None where the header does not say, says OTHER, or says different things of its frames.
    """
    found = {_AXES.get(str(value).strip().upper()) for value in _values(dataset) if value}
    return found.pop() if len(found) == 1 else None


def _values(dataset: Dataset) -> list[object]:
    """Return every value the header has, the classic place first."""
    groups = [*dataset.get("SharedFunctionalGroupsSequence", ()), *dataset.get("PerFrameFunctionalGroupsSequence", ())]
    geometries = [geometry for group in groups for geometry in group.get("MRFOVGeometrySequence", ())]
    return [each.get("InPlanePhaseEncodingDirection") for each in (dataset, *geometries)]
