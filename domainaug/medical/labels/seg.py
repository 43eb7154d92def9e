"""Reading DICOM segmentations (PS3.3 A.51): binary, fractional and label maps, in frames of any order.

Frames say which segment they are of and where they lie; frames that would be empty are often left out. The grid is
that of the frames, which need not be the image's: the least distance of two frames is a slice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.utils import pixel_array

from domainaug.errors import UnreadableInput
from domainaug.medical.deeds import Code
from domainaug.medical.labels.grid import Grid
from domainaug.medical.labels.model import Labels, Mask, Origin, Segment
from domainaug.medical.labels.references import framed
from domainaug.medical.labels.sides import side_in, side_of_codes
from domainaug.medical.opening import border, open_dicom, quiet
from domainaug.medical.plausible import numbers_in

__all__ = ["SEG_CLASSES", "origin_of_seg", "read_seg", "segment_of"]

SEG_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""Segmentation Storage and Label Map Segmentation Storage."""

_MOST_VOXELS = 2**30
_EVEN = 1e-2  # slices: how far a frame may lie from its place on the grid
_AXES = 1e-4

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame: which one it is, the segment it is of (0: a label map), and where its first pixel lies."""

    index: int
    segment: int
    position: Array


def read_seg(path: Path) -> Labels:
    """Read a segmentation.

    Binary segments share a mask as long as they do not overlap; fractional ones have one each. A label map's values
    are the segments' numbers.

    Raises:
        UnreadableInput: It is no segmentation in a patient's coordinates, or is damaged.
    """
    dataset = open_dicom(path, pixels=True)
    if str(dataset.get("SOPClassUID", "")) not in SEG_CLASSES:
        raise UnreadableInput("not-a-segmentation", "it is DICOM, and not a segmentation", path=path)
    with border("damaged", "it cannot be read as a segmentation", path):
        frames, grid, steps = _placed(dataset, path)
        kind = str(dataset.SegmentationType)
        segments = tuple(segment_of(item) for item in dataset.SegmentSequence if item.SegmentNumber)
        if kind == "FRACTIONAL":
            masks = tuple(_fractions(dataset, frames, grid, steps, path))
        else:
            masks = tuple(_whole(dataset, frames, grid, steps))
        return Labels(tuple(sorted(segments, key=lambda one: one.number)), masks, origin=origin_of_seg(dataset, path))


# -- segments -----------------------------------------------------------------------------------------------


def segment_of(item: Dataset) -> Segment:
    """Return what an item of the Segment Sequence describes (PS3.3 C.8.20.4)."""
    category, code = (
        _code(item, "SegmentedPropertyCategoryCodeSequence"),
        _code(item, "SegmentedPropertyTypeCodeSequence"),
    )
    kind = _first(item, "SegmentedPropertyTypeCodeSequence")
    place = _first(item, "AnatomicRegionSequence")
    modifiers = _codes(kind, "SegmentedPropertyTypeModifierCodeSequence")
    region_modifiers = _codes(place, "AnatomicRegionModifierSequence")
    region = _code(item, "AnatomicRegionSequence")
    name = str(item.get("SegmentLabel") or "")
    meanings = [side_in(each.meaning) for each in (code, region) if each is not None]
    side = side_of_codes((*modifiers, *region_modifiers)) or side_in(name) or next(filter(None, meanings), "")
    color = item.get("RecommendedDisplayCIELabValue")
    tracking = (str(item.get("TrackingID", "")), str(item.get("TrackingUID", "")))
    return Segment(
        number=int(item.SegmentNumber),
        name=name,
        side=side,
        category=category,
        code=code,
        modifiers=modifiers,
        region=region,
        region_modifiers=region_modifiers,
        algorithm=(str(item.get("SegmentAlgorithmType") or "MANUAL"), str(item.get("SegmentAlgorithmName") or "")),
        color=(int(color[0]), int(color[1]), int(color[2])) if color else None,
        tracking=tracking if all(tracking) else None,
    )


def _first(item: Dataset | None, name: str) -> Dataset | None:
    found = item.get(name) if item is not None else None
    return found[0] if found else None


def _code(item: Dataset, name: str) -> Code | None:
    found = _codes(item, name)
    return found[0] if found else None


def _codes(item: Dataset | None, name: str) -> tuple[Code, ...]:
    found = (item.get(name) if item is not None else None) or ()
    return tuple(
        Code(
            str(one.get("CodeValue") or one.get("LongCodeValue") or one.get("URNCodeValue") or ""),
            str(one.get("CodingSchemeDesignator") or ""),
            str(one.get("CodeMeaning") or ""),
        )
        for one in found
    )


# -- frames -------------------------------------------------------------------------------------------------


def _placed(dataset: Dataset, path: Path) -> tuple[list[_Frame], Grid, list[int]]:
    """Return the frames, the grid they make up, and which slice of it each is."""
    if "PerFrameFunctionalGroupsSequence" not in dataset or "TotalPixelMatrixColumns" in dataset:
        message = "its frames have no place in a patient; segmentations of slides are not read"
        raise UnreadableInput("not-in-patient", message, path=path)
    shared = _first(dataset, "SharedFunctionalGroupsSequence")
    frames, orientations, spacings = [], [], []
    between = thick = 0.0
    for index, own in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        said = _Said(own, shared)
        measures = said("PixelMeasuresSequence")
        orientations.append(numbers_in(said("PlaneOrientationSequence").ImageOrientationPatient))
        spacings.append(numbers_in(measures.PixelSpacing))
        between = float(measures.get("SpacingBetweenSlices") or between)
        thick = float(measures.get("SliceThickness") or thick)
        segment = said("SegmentIdentificationSequence", needed=False)
        number = int(segment.ReferencedSegmentNumber) if segment is not None else 0
        frames.append(_Frame(index, number, np.array(numbers_in(said("PlanePositionSequence").ImagePositionPatient))))
    count = int(dataset.get("NumberOfFrames") or 1)
    if len(frames) != count:
        raise UnreadableInput("damaged", "it has not as many frames as it describes", path=path)
    if np.ptp(orientations, axis=0).max() > _AXES or np.ptp(spacings, axis=0).max() > _AXES:
        raise UnreadableInput("mixed-orientation", "its frames differ in orientation or pixel spacing", path=path)
    size = (int(dataset.Rows), int(dataset.Columns))
    grid, steps = _stacked(frames, np.array(orientations[0]), spacings[0], size, (between, thick), path)
    return frames, grid, steps


class _Said:
    """What a frame says: in its own group, or in the one shared by all."""

    def __init__(self, own: Dataset, shared: Dataset | None) -> None:
        self._own, self._shared = own, shared

    def __call__(self, name: str, *, needed: bool = True) -> Any:
        found = _first(self._own, name) or _first(self._shared, name)
        if found is None and needed:
            raise KeyError(name)
        return found


def _stacked(
    frames: Sequence[_Frame],
    axes: Array,
    spacing: Sequence[float],
    size: tuple[int, int],
    told: tuple[float, float],
    path: Path,
) -> tuple[Grid, list[int]]:
    """Return the grid that frames lie on, and the slice each of them is.

    Their distance is the smallest there is; or what the header tells, if that goes into all of them: every second
    frame may have been left out. A thickness is no distance, but the best guess for a single slice.
    """
    between, thick = told
    row, column = axes[:3], axes[3:]
    normal = np.cross(row, column)
    positions = np.array([frame.position for frame in frames])
    heights = positions @ normal
    order = np.unique(np.round(heights, 4))
    gaps = np.diff(order)
    gaps = gaps[gaps > 1e-3]
    step = float(gaps.min()) if len(gaps) else between or thick or 1.0
    if len(gaps) and between and np.abs(gaps / between - np.rint(gaps / between)).max() < _EVEN:
        step = between
    lowest = int(heights.argmin())
    steps = np.rint((heights - heights[lowest]) / step).astype(int)
    across = normal * step
    if steps.max() > 0:
        highest = int(heights.argmax())
        across = (positions[highest] - positions[lowest]) / steps[highest]  # a tilted gantry leans
    off = positions - positions[lowest] - steps[:, None] * across
    if np.abs(off).max() > _EVEN * max(step, min(spacing)):
        raise UnreadableInput("uneven-slices", "its frames are not evenly spaced, or shifted sideways", path=path)
    depth = int(steps.max()) + 1
    if depth * size[0] * size[1] > _MOST_VOXELS:
        raise UnreadableInput("too-large", f"it spans more than {_MOST_VOXELS} voxels", path=path)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1] = row * spacing[1], column * spacing[0]
    matrix[:3, 2], matrix[:3, 3] = across, positions[lowest]
    return Grid((depth, *size), matrix), [int(one) for one in steps]


def _picture(dataset: Dataset, frame: _Frame) -> NDArray[Any]:
    with quiet():
        found = pixel_array(dataset, index=frame.index)
    return np.asarray(found)


def _whole(dataset: Dataset, frames: Sequence[_Frame], grid: Grid, steps: Sequence[int]) -> Iterable[Mask]:
    """Return masks of numbers: one, or more where segments overlap."""
    highest = max([0, *(int(item.SegmentNumber) for item in dataset.SegmentSequence)])
    dtype = np.uint8 if highest < 2**8 else np.uint16
    layers: list[NDArray[Any]] = []
    for number in sorted({frame.segment for frame in frames}):
        own = [frame for frame in frames if frame.segment == number]
        pictures = [_picture(dataset, frame) for frame in own]
        places = [steps[frame.index] for frame in own]
        layer = _free(layers, places, pictures)
        if layer is None:
            layer = np.zeros(grid.shape, dtype)
            layers.append(layer)
        for z, picture in zip(places, pictures, strict=True):
            inside = picture != 0
            layer[z][inside] = number or picture[inside]
    return [Mask(grid, layer) for layer in layers]


def _free(layers: Sequence[NDArray[Any]], places: Sequence[int], pictures: Sequence[NDArray[Any]]) -> Any:
    """Return the first mask that has nothing where the pictures of a segment have something; None for none."""
    for layer in layers:
        if not any((layer[z][picture != 0] != 0).any() for z, picture in zip(places, pictures, strict=True)):
            return layer
    return None


def _fractions(
    dataset: Dataset, frames: Sequence[_Frame], grid: Grid, steps: Sequence[int], path: Path
) -> Iterator[Mask]:
    """Yield a mask of shares for each segment."""
    most = int(dataset.MaximumFractionalValue)
    meaning = str(dataset.get("SegmentationFractionalType") or "PROBABILITY")
    for number in sorted({frame.segment for frame in frames}):
        shares = np.zeros(grid.shape, np.float32)
        for frame in frames:
            if frame.segment == number:
                shares[steps[frame.index]] = _picture(dataset, frame) / np.float32(most)
        if shares.max() > 1:
            message = "a fractional value exceeds the maximum that its header tells"
            raise UnreadableInput("damaged", message, path=path)
        yield Mask(grid, shares, number, meaning)


# -- what it belongs to -------------------------------------------------------------------------------------


def origin_of_seg(dataset: Dataset, path: Path) -> Origin:
    """Return what a segmentation says it belongs to."""
    series = dataset.get("ReferencedSeriesSequence") or ()
    images = {
        str(one.ReferencedSOPInstanceUID)
        for each in series
        for one in each.get("ReferencedInstanceSequence") or ()
        if "ReferencedSOPInstanceUID" in one
    }
    sources = list(_sources(dataset))
    images |= {str(one.ReferencedSOPInstanceUID) for one in sources}
    return Origin(
        kind="seg",
        files=(path,),
        uid=str(dataset.SOPInstanceUID),
        frame_of_reference_uid=str(dataset.get("FrameOfReferenceUID") or ""),
        series_uids=tuple(str(each.SeriesInstanceUID) for each in series if "SeriesInstanceUID" in each),
        image_uids=frozenset(images),
        frames=frozenset(framed(sources)),
        detail={
            "content_label": str(dataset.get("ContentLabel") or ""),
            "type": str(dataset.SegmentationType),
            "series_uid": str(dataset.SeriesInstanceUID),
            "study_uid": str(dataset.StudyInstanceUID),
        },
    )


def _sources(dataset: Dataset) -> Iterator[Dataset]:
    """Yield references to the images that frames were drawn on."""
    shared = dataset.get("SharedFunctionalGroupsSequence") or ()
    for group in (*shared, *(dataset.get("PerFrameFunctionalGroupsSequence") or ())):
        for derivation in group.get("DerivationImageSequence") or ():
            yield from derivation.get("SourceImageSequence") or ()
