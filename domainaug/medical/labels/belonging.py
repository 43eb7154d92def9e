"""Which series labels belong to: by what they refer to, else by the coordinates they share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from domainaug.errors import LabelError, UnreadableInput
from domainaug.medical.labels.model import Labels, Origin
from domainaug.medical.labels.nifti import read_nifti
from domainaug.medical.labels.points import read_points
from domainaug.medical.labels.seg import SEG_CLASSES, origin_of_seg, read_seg
from domainaug.medical.labels.structures import STRUCTURES_CLASS, origin_of_structures, read_structures
from domainaug.medical.opening import border, open_dicom
from domainaug.medical.series import Series

__all__ = ["belonging", "origin_of", "read_labels"]


def origin_of(path: Path) -> Origin | None:
    """Return what a segmentation or a structure set says it belongs to, from its header; None for any other file.

    Raises:
        UnreadableInput: It is damaged.
    """
    header = open_dicom(path, pixels=False)
    kind = str(header.get("SOPClassUID", ""))
    with border("damaged", "its references cannot be read", path):
        if kind in SEG_CLASSES:
            return origin_of_seg(header, path)
        return origin_of_structures(header, path) if kind == STRUCTURES_CLASS else None


def read_labels(path: Path) -> Labels:
    """Read a file of labels, whatever it is: a segmentation, a structure set, NIfTI, or landmarks in JSON or CSV.

    Raises:
        UnreadableInput: It is none of these, or cannot be read.
    """
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return read_nifti(path)
    if name.endswith((".json", ".csv")):
        return read_points(path)
    origin = origin_of(path)
    if origin is not None:
        return read_seg(path) if origin.kind == "seg" else read_structures(path)
    raise UnreadableInput("not-labels", "it is DICOM, and neither a segmentation nor a structure set", path=path)


def belonging(labels: Labels, everything: Iterable[Series]) -> Series:
    """Return the series that labels belong to.

    The one most of whose images they name, or, where they name none that is there, whose series; else the only one in
    their frame of reference. Labels that name neither, as NIfTI, belong to the only series that there is.

    Raises:
        LabelError: There is none, or more than one.
    """
    found = list(everything)
    origin = labels.origin
    if origin.image_uids:
        counts = [
            sum(origin.names(one.sop_instance_uid, one.frame + 1) for one in series.instances) for series in found
        ]
        if any(counts):
            return _only(
                [series for series, count in zip(found, counts, strict=True) if count == max(counts)], "images"
            )
    if origin.series_uids:
        named = [series for series in found if series.instances[0].series_uid in origin.series_uids]
        if named:
            return _only(named, "series")
    if origin.frame_of_reference_uid:
        frame = origin.frame_of_reference_uid
        return _only([one for one in found if one.instances[0].frame_of_reference_uid == frame], "frame of reference")
    if origin.image_uids or origin.series_uids:
        raise LabelError("the labels name images that are not there, and no frame of reference")
    return _only(found, "place")


def _only(found: list[Series], by: str) -> Series:
    if len(found) != 1:
        raise LabelError(
            f"{len(found) or 'no'} series {'fit' if len(found) != 1 else 'fits'} the labels by their {by}, and one is "
            "needed: say which series they belong to"
        )
    return found[0]
