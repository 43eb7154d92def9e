"""Reading DICOM structure sets (RTSTRUCT, PS3.3 A.19): closed and open curves, and points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pydicom import Dataset

from domainaug.errors import UnreadableInput
from domainaug.medical.labels.model import Contour, Labels, Landmark, Origin, Segment
from domainaug.medical.labels.references import framed
from domainaug.medical.labels.sides import side_in
from domainaug.medical.opening import border, open_dicom

__all__ = ["STRUCTURES_CLASS", "origin_of_structures", "read_structures"]

STRUCTURES_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
"""RT Structure Set Storage."""

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_OPEN = ("OPEN_PLANAR", "OPEN_NONPLANAR")


def read_structures(path: Path) -> Labels:
    """Read a structure set.

    ROIs are segments; ROIs of points are landmarks as well. Closed curves of a ROI in one plane count by even and
    odd, so a hole is a curve within a curve, or a keyhole.

    Raises:
        UnreadableInput: It is no structure set, or is damaged.
    """
    dataset = open_dicom(path, pixels=True)
    if str(dataset.get("SOPClassUID", "")) != STRUCTURES_CLASS:
        raise UnreadableInput("not-a-structure-set", "it is DICOM, and not a structure set", path=path)
    with border("damaged", "it cannot be read as a structure set", path):
        rois = list(dataset.StructureSetROISequence)
        shift = max(0, 1 - min((int(roi.ROINumber) for roi in rois), default=1))  # some count from 0
        observed = {int(one.ReferencedROINumber): one for one in dataset.get("RTROIObservationsSequence") or ()}
        drawn = {int(one.ReferencedROINumber): one for one in dataset.get("ROIContourSequence") or ()}
        segments, contours, landmarks = [], [], []
        for roi in sorted(rois, key=lambda one: int(one.ROINumber)):
            number = int(roi.ROINumber)
            segment = _segment(roi, number + shift, observed.get(number), drawn.get(number))
            segments.append(segment)
            for kind, points, image in _curves(drawn.get(number), path):
                if kind == "POINT":
                    x, y, z = points[0].tolist()
                    landmarks.append(Landmark(segment.name, (x, y, z), segment.side, segment.number))
                else:
                    contours.append(Contour(segment.number, points, kind, image))
        origin = origin_of_structures(dataset, path)
        return Labels(tuple(segments), (), tuple(contours), tuple(landmarks), origin)


def _segment(roi: Dataset, number: int, observed: Dataset | None, drawn: Dataset | None) -> Segment:
    name = str(roi.get("ROIName") or "")
    color = drawn.get("ROIDisplayColor") if drawn is not None else None
    return Segment(
        number=number,
        name=name,
        side=side_in(name),
        algorithm=(str(roi.get("ROIGenerationAlgorithm") or ""), ""),
        color=(int(color[0]), int(color[1]), int(color[2])) if color else None,
        type=str(observed.get("RTROIInterpretedType") or "") if observed is not None else "",
    )


def _curves(drawn: Dataset | None, path: Path) -> Iterator[tuple[str, np.ndarray, str]]:
    """Yield the kind, points and image of each curve or point of a ROI."""
    for item in (drawn.get("ContourSequence") if drawn is not None else None) or ():
        kind = str(item.ContourGeometricType)
        numbers = np.array([float(x) for x in item.ContourData], np.float64)
        points = numbers.reshape(-1, 3)
        if kind not in (*_CLOSED, *_OPEN, "POINT"):
            raise UnreadableInput("unknown-contour", "it holds contours of a kind that is not known", path=path)
        if not np.isfinite(points).all():
            raise UnreadableInput("damaged", "it holds points that are not finite", path=path)
        if len(points) < (3 if kind in _CLOSED else 1):
            continue  # a curve of two points encloses nothing
        images = item.get("ContourImageSequence")
        yield kind, points, str(images[0].ReferencedSOPInstanceUID) if images else ""


def origin_of_structures(dataset: Dataset, path: Path) -> Origin:
    """Return what a structure set says it belongs to.

    Raises:
        UnreadableInput: It speaks of several frames of reference.
    """
    frames = list(dataset.get("ReferencedFrameOfReferenceSequence") or ())
    named = [str(one.FrameOfReferenceUID) for one in frames if one.get("FrameOfReferenceUID")]
    named += [str(roi.get("ReferencedFrameOfReferenceUID") or "") for roi in dataset.StructureSetROISequence]
    if len(set(filter(None, named))) > 1:
        raise UnreadableInput("mixed-frames", "it speaks of more than one frame of reference", path=path)
    series = [
        one
        for frame in frames
        for study in frame.get("RTReferencedStudySequence") or ()
        for one in study.get("RTReferencedSeriesSequence") or ()
    ]
    curves = [one for roi in dataset.get("ROIContourSequence") or () for one in roi.get("ContourSequence") or ()]
    images = [image for one in (*series, *curves) for image in one.get("ContourImageSequence") or ()]
    return Origin(
        kind="rtstruct",
        files=(path,),
        uid=str(dataset.SOPInstanceUID),
        frame_of_reference_uid=next(filter(None, named), ""),
        series_uids=tuple(str(one.SeriesInstanceUID) for one in series if "SeriesInstanceUID" in one),
        image_uids=frozenset(str(image.ReferencedSOPInstanceUID) for image in images),
        frames=frozenset(framed(images)),
        detail={
            "label": str(dataset.get("StructureSetLabel") or ""),
            "series_uid": str(dataset.SeriesInstanceUID),
            "study_uid": str(dataset.StudyInstanceUID),
        },
    )
