"""Writing structure sets: curves and points, each with the image of the copy that it lies on.

Implicit VR, because an explicit one has no room for a curve of more than 64 kB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from domainaug.errors import LabelError
from domainaug.medical.labels.model import Contour, Labels, Landmark, Segment
from domainaug.medical.labels.structures import STRUCTURES_CLASS
from domainaug.medical.labels.writing import Copy, seal

__all__ = ["write_structures"]

_STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"  # Detached Study Management, retired, and what a structure set names still
_GENERATIONS = ("AUTOMATIC", "SEMIAUTOMATIC", "MANUAL")


def write_structures(labels: Labels, copy: Copy) -> bytes:
    """Return the contours and landmarks of a copy as a structure set.

    Args:
        labels: In the patient coordinates of the copy; masks are not written.
        copy: The series they belong to.

    Raises:
        LabelError: There is nothing to write.
    """
    if not labels.contours and not labels.landmarks:
        raise LabelError("there are neither contours nor landmarks to write as a structure set")
    segments = _segments(labels)
    out = Dataset()
    out.SOPClassUID = STRUCTURES_CLASS
    content = [repr((one.number, one.name)).encode() for one in segments]
    content += [np.ascontiguousarray(one.points).tobytes() for one in labels.contours]
    content += [repr((one.name, one.point)).encode() for one in labels.landmarks]
    out.SOPInstanceUID, out.SeriesInstanceUID = copy.uids(labels, content)
    copy.put_patient(out)
    copy.put_maker(out, labels)
    out.Modality, out.SeriesNumber, out.InstanceNumber = "RTSTRUCT", copy.number, 1
    out.OperatorsName = ""
    out.StructureSetLabel = str(labels.origin.detail.get("label") or "augmented")[:16]
    out.StructureSetDate = copy.images[0].get("StudyDate") or ""
    out.StructureSetTime = copy.images[0].get("StudyTime") or ""
    out.FrameOfReferenceUID, out.PositionReferenceIndicator = copy.frame_of_reference_uid, ""
    out.ReferencedFrameOfReferenceSequence = [_frame(copy)]
    out.StructureSetROISequence = [_roi(one, copy) for one in segments]
    out.ROIContourSequence = [_drawn(one, labels, copy) for one in segments]
    out.RTROIObservationsSequence = [_observation(one) for one in segments]
    return seal(out, ImplicitVRLittleEndian, copy.version)


def _segments(labels: Labels) -> list[Segment]:
    """Return the ROIs: all segments, and one for each landmark that has none."""
    found = list(labels.segments)
    highest = max([0, *(one.number for one in found)])
    known = {one.number for one in found}
    for one in labels.landmarks:
        if one.number not in known:
            highest += 1
            found.append(Segment(highest, one.name, one.side, type="MARKER"))
    return found


def _frame(copy: Copy) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = copy.images[0].SeriesInstanceUID
    series.ContourImageSequence = [_image(one) for one in copy.images]
    study = Dataset()
    study.ReferencedSOPClassUID = _STUDY_CLASS
    study.ReferencedSOPInstanceUID = copy.images[0].StudyInstanceUID
    study.RTReferencedSeriesSequence = [series]
    frame = Dataset()
    frame.FrameOfReferenceUID = copy.frame_of_reference_uid
    frame.RTReferencedStudySequence = [study]
    return frame


def _image(header: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    return item


def _roi(segment: Segment, copy: Copy) -> Dataset:
    item = Dataset()
    item.ROINumber = segment.number
    item.ReferencedFrameOfReferenceUID = copy.frame_of_reference_uid
    item.ROIName = segment.name or f"label {segment.number}"
    item.ROIGenerationAlgorithm = segment.algorithm[0] if segment.algorithm[0] in _GENERATIONS else ""
    return item


def _drawn(segment: Segment, labels: Labels, copy: Copy) -> Dataset:
    item = Dataset()
    if segment.color is not None and labels.origin.kind == "rtstruct":
        item.ROIDisplayColor = list(segment.color)
    curves = [_curve(one, copy) for one in labels.contours if one.number == segment.number]
    points = [one for one in labels.landmarks if _is_of(one, segment, labels)]
    curves += [_curve(Contour(segment.number, np.array([one.point]), "POINT"), copy) for one in points]
    if curves:
        item.ContourSequence = curves
    item.ReferencedROINumber = segment.number
    return item


def _is_of(landmark: Landmark, segment: Segment, labels: Labels) -> bool:
    if landmark.number in {one.number for one in labels.segments}:
        return landmark.number == segment.number
    return segment.name == landmark.name and segment.number not in {one.number for one in labels.segments}


def _curve(contour: Contour, copy: Copy) -> Dataset:
    item = Dataset()
    heights = np.rint(copy.grid.to_index(contour.points)[:, 2])
    if len(set(heights)) == 1 and 0 <= heights[0] < len(copy.slices):
        item.ContourImageSequence = [copy.reference(int(heights[0]))]
    item.ContourGeometricType = contour.kind
    item.NumberOfContourPoints = len(contour.points)
    item.ContourData = _decimals(contour.points)
    return item


def _decimals(points: NDArray[np.float64]) -> list[str]:
    """Return coordinates in at most 16 characters, to a ten-thousandth of a millimeter."""
    return [f"{value:.4f}" for value in points.ravel()]


def _observation(segment: Segment) -> Dataset:
    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = segment.number
    item.RTROIInterpretedType = segment.type
    item.ROIInterpreter = ""
    return item
