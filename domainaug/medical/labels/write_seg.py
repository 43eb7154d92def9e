"""Writing segmentations, with highdicom, on the voxels of the images they belong to.

Segments keep their numbers and descriptions where they count up from 1, those that vanished too: what was segment 3
is segment 3 in every copy. Empty frames are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from domainaug.errors import LabelError, MissingExtra
from domainaug.medical.deeds import Code, derived_uid
from domainaug.medical.enhanced.groups import SHARED, first_item, group_of
from domainaug.medical.labels.model import Labels, Segment
from domainaug.medical.labels.writing import Copy, coded, seal
from domainaug.medical.opening import quiet

__all__ = ["write_seg"]

_UNKNOWN = Code("85756007", "SCT", "Tissue")
_TYPE_2 = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("AccessionNumber", "StudyID", "StudyDate", "StudyTime", "ReferringPhysicianName"),
)
_MOST = 255  # of a fractional value


def write_seg(labels: Labels, copy: Copy) -> bytes:
    """Return the masks of a copy as a segmentation: binary, or fractional where a mask holds shares.

    Args:
        labels: Their masks lie on the grid of the copy.
        copy: The series they belong to.

    Raises:
        LabelError: There is no voxel to write, or a mask lies on another grid.
        MissingExtra: highdicom is not installed.
    """
    try:
        import highdicom as hd
    except ImportError as error:
        raise MissingExtra("writing DICOM segmentations", "medical") from error

    for mask in labels.masks:
        if not mask.grid.is_same(copy.grid):
            raise LabelError("a mask does not lie on the voxels of the images: move it onto their grid first")
    fractional = any(mask.share_of is not None for mask in labels.masks)
    if copy.enhanced and len(copy.images) > 1:
        raise LabelError("the images are frames of several Enhanced objects, and a segmentation can be written for one")
    pixels, segments = _pixels(labels, fractional=fractional)
    if not pixels.any():
        raise LabelError("no segment has a voxel left, and a segmentation without one cannot be written")
    described = [repr((one.number, one.name, one.side)).encode() for one in segments]
    uid, series = copy.uids(labels, [*described, np.ascontiguousarray(pixels).tobytes()])
    with quiet():
        out = hd.seg.Segmentation(
            source_images=_headers(copy, hd),
            pixel_array=_in_order(pixels, copy),
            segmentation_type="FRACTIONAL" if fractional else "BINARY",
            fractional_type=next((mask.meaning for mask in labels.masks if mask.meaning), "PROBABILITY"),
            max_fractional_value=_MOST,
            segment_descriptions=[_description(one, hd, colored=labels.origin.kind == "seg") for one in segments],
            series_instance_uid=series,
            series_number=copy.number,
            sop_instance_uid=uid,
            instance_number=1,
            manufacturer="domainaug",
            manufacturer_model_name="domainaug",
            software_versions=copy.version,
            device_serial_number="none",
            content_label=_label(labels),
            content_description="Segmentation moved with an augmented image",
            pixel_measures=_measures(copy, hd) if copy.enhanced else None,
        )
        _timeless(out, copy, uid)
        copy.put_maker(out, labels)
        return seal(out, ExplicitVRLittleEndian, copy.version)


def _in_order(pixels: NDArray[Any], copy: Copy) -> NDArray[Any]:
    """Return slices in the order of the images, or of the frames of their object."""
    return pixels[np.argsort([frame for _, frame in copy.slices])] if copy.enhanced else pixels


def _measures(copy: Copy, hd: Any) -> Any:
    """Return the true distances of voxels: what frames tell of those of slices is often another one."""
    columns, rows, z = copy.grid.steps
    return hd.PixelMeasuresSequence(pixel_spacing=(rows, columns), slice_thickness=z, spacing_between_slices=z)


def _pixels(labels: Labels, *, fractional: bool) -> tuple[NDArray[Any], list[Segment]]:
    """Return voxels as highdicom takes them, and the segments numbered from 1."""
    listed = sorted(labels.segments, key=lambda one: one.number)
    segments = [_renumbered(one, number) for number, one in enumerate(listed, start=1)]
    shape = labels.masks[0].grid.shape if labels.masks else (1, 1, 1)
    if fractional:
        shares = [labels.shares(one.number) for one in listed]
        return np.stack(shares, axis=-1) if shares else np.zeros((*shape, 0)), segments
    numbers = {one.number: number for number, one in enumerate(listed, start=1)}
    dtype = np.uint8 if len(segments) < 2**8 else np.uint16
    whole = [_mapped(mask.values, numbers, dtype) for mask in labels.masks]
    if len(whole) == 1:
        return whole[0], segments
    every = [np.any([layer == one.number for layer in whole], axis=0) for one in segments]
    return np.stack(every, axis=-1).astype(np.uint8) if every else np.zeros((*shape, 0)), segments


def _mapped(values: NDArray[Any], numbers: dict[int, int], dtype: Any) -> NDArray[Any]:
    """Return values with old numbers, in rising order, replaced by new ones."""
    old, new = np.array([0, *numbers], np.int64), np.array([0, *numbers.values()], dtype)
    out: NDArray[Any] = new[np.searchsorted(old, values)]
    return out


def _renumbered(one: Segment, number: int) -> Segment:
    return replace(one, name=one.name or f"label {one.number}", number=number)


def _description(one: Segment, hd: Any, *, colored: bool) -> Any:
    found = hd.seg.SegmentDescription(
        segment_number=one.number,
        segment_label=one.name[:64],
        segmented_property_category=_concept(one.category or _UNKNOWN, hd),
        segmented_property_type=_concept(one.code or _UNKNOWN, hd),
        algorithm_type="MANUAL",
        tracking_id=one.tracking[0] if one.tracking else None,
        tracking_uid=one.tracking[1] if one.tracking else None,
        anatomic_regions=[_concept(one.region, hd)] if one.region else None,
    )
    if one.algorithm[0] in ("AUTOMATIC", "SEMIAUTOMATIC"):
        found.SegmentAlgorithmType = one.algorithm[0]
        found.SegmentAlgorithmName = one.algorithm[1] or "unknown"
    if one.modifiers:
        found.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = _items(one.modifiers)
    if one.region_modifiers and one.region:
        found.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = _items(one.region_modifiers)
    if one.color and colored:
        found.RecommendedDisplayCIELabValue = list(one.color)
    return found


def _items(codes: Sequence[Code]) -> list[Dataset]:
    return [coded(code.value, code.scheme, code.meaning) for code in codes]


def _concept(code: Code, hd: Any) -> Any:
    return hd.sr.CodedConcept(code.value, code.scheme, code.meaning[:64] or "unknown")


def _headers(copy: Copy, hd: Any) -> list[Dataset]:
    """Return headers in which nothing is missing that may be empty, with the true distance of slices.

    What headers tell of it is often another one than their positions have, and highdicom copies it.
    """
    found = []
    for image in copy.images:
        header = Dataset()
        header.update(image)
        header.pop("SpacingBetweenSlices", None)  # or the image's own element would be changed
        header.SpacingBetweenSlices = f"{copy.grid.steps[2]:.10g}"
        for name in _TYPE_2:
            if name not in header:
                setattr(header, name, "")
        if copy.enhanced:
            header.pop(SHARED, None)
            header.SharedFunctionalGroupsSequence = [_shared(copy, hd)]
        found.append(header)
    return found


def _shared(copy: Copy, hd: Any) -> Dataset:
    """Return shared groups that hold what highdicom looks for there, though frames may say it for themselves."""
    found = Dataset()
    found.update(first_item(copy.images[0], SHARED) or Dataset())
    for name in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
        found.pop(name, None)
    found.PixelMeasuresSequence = _measures(copy, hd)
    found.PlaneOrientationSequence = [group_of(copy.images[0], 0, "PlaneOrientationSequence")]
    return found


def _label(labels: Labels) -> str:
    """Return a content label: capitals, digits, spaces and underscores, 16 at most."""
    told = str(labels.origin.detail.get("content_label") or "AUGMENTED").upper()
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in " _") else "_" for letter in told)[:16]


def _timeless(out: Dataset, copy: Copy, uid: str) -> None:
    """Take out what would differ from one run to the next: times, and UIDs drawn by chance."""
    for name in ("InstanceCreationDate", "InstanceCreationTime", "InstanceCreatorUID"):
        out.pop(name, None)
    first = copy.images[0]
    out.ContentDate = first.get("ContentDate") or first.get("StudyDate") or ""
    out.ContentTime = first.get("ContentTime") or first.get("StudyTime") or ""
    organization = derived_uid("dimensions", uid)
    for item in (*out.DimensionOrganizationSequence, *out.DimensionIndexSequence):
        item.DimensionOrganizationUID = organization
    if "ContributingEquipmentSequence" in out:
        del out.ContributingEquipmentSequence
