"""What labels are, wherever they were read from.

A `Labels` is what one file (or folder of masks) says: which structures there are, and where, as masks on a grid of
their own, as closed curves, or as points. Places are in patient millimeters, DICOM's axes (left, back, up).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.medical.deeds import Code
from domainaug.medical.grid import Grid

__all__ = ["Contour", "Labels", "Landmark", "Mask", "Origin", "Segment", "Side"]

Side = Literal["left", "right", ""]


@dataclass(frozen=True, slots=True)
class Segment:
    """One structure.

    Attributes:
        number: What masks and contours call it, from 1.
        name: In words; "" where the file has none.
        side: Which of a pair it is, as far as name or codes tell.
        category: What kind of thing it is ("Anatomical Structure"), or None.
        code: What it is ("Kidney"), or None.
        modifiers: What narrows the code down ("Left").
        region: Where in the body it is, or None.
        region_modifiers: What narrows that down.
        algorithm: How it was made: "MANUAL", "SEMIAUTOMATIC" or "AUTOMATIC", and the name of the algorithm.
        color: How to show it, as its file has it (a segmentation: 16-bit CIELab, a structure set: RGB), or None.
        tracking: Tracking ID and UID, which stay the same from one time to the next, or None.
        type: RT ROI Interpreted Type ("ORGAN", "GTV"), or "".
    """

    number: int
    name: str = ""
    side: Side = ""
    category: Code | None = None
    code: Code | None = None
    modifiers: tuple[Code, ...] = ()
    region: Code | None = None
    region_modifiers: tuple[Code, ...] = ()
    algorithm: tuple[str, str] = ("MANUAL", "")
    color: tuple[int, int, int] | None = None
    tracking: tuple[str, str] | None = None
    type: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Voxels of one or more structures that do not overlap.

    Attributes:
        grid: Where they lie.
        values: (D, H, W): numbers of segments, 0 where there is none; or float32 shares of one segment, 0 to 1.
        share_of: The segment that shares are of; None for numbers.
        meaning: "PROBABILITY" or "OCCUPANCY", of shares.

    Raises:
        LabelError: The values do not fit the grid, or are neither integers nor shares of a segment.
    """

    grid: Grid
    values: NDArray[Any]
    share_of: int | None = None
    meaning: str = ""
    _counted: dict[int, int] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.shape != self.grid.shape:
            raise LabelError(f"a mask of {self.values.shape} voxels does not fit its grid of {self.grid.shape}")
        wanted = "iu" if self.share_of is None else "f"
        if self.values.dtype.kind not in wanted:
            raise LabelError(
                f"a mask holds integer numbers of segments, or floating shares of one; not {self.values.dtype}"
            )

    def _counts(self) -> Mapping[int, int]:
        """Return how many voxels each number has, background left out; worked out once."""
        if not self._counted:
            self._counted[0] = 0
            for plane in self.values:  # whole volumes would be copied to be counted
                if plane.dtype.itemsize <= 2 and plane.dtype.kind == "u":
                    counts = np.bincount(plane.ravel())
                    numbers = np.flatnonzero(counts)
                    counts = counts[numbers]
                else:
                    numbers, counts = np.unique(plane, return_counts=True)
                for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
                    self._counted[number] = self._counted.get(number, 0) + count
        return {number: count for number, count in sorted(self._counted.items()) if number}

    def numbers(self) -> tuple[int, ...]:
        """Return the segments that have a voxel."""
        if self.share_of is not None:
            return (self.share_of,) if self.values.any() else ()
        return tuple(self._counts())

    def volumes_mm3(self) -> dict[int, float]:
        """Return the volume of each segment that has a voxel; shares count as far as they go."""
        if self.share_of is not None:
            total = float(self.values.sum(dtype=np.float64))
            return {self.share_of: total * self.grid.voxel_mm3} if total else {}
        return {number: count * self.grid.voxel_mm3 for number, count in self._counts().items()}


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """A curve. Closed ones of a segment in one plane count by even and odd: what lies in two of them is out.

    Attributes:
        number: Of the segment.
        points: (N, 3) in the patient; of a closed curve the last is joined to the first.
        kind: As DICOM has it: "CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "OPEN_PLANAR" or "OPEN_NONPLANAR".
        image: SOP Instance UID of the image it was drawn on, or "".
    """

    number: int
    points: NDArray[np.float64]
    kind: str = "CLOSED_PLANAR"
    image: str = ""

    @property
    def closed(self) -> bool:
        """Whether it encloses something."""
        return self.kind.startswith("CLOSED")


@dataclass(frozen=True, slots=True)
class Landmark:
    """A named point.

    Attributes:
        name: Its name.
        point: Where it lies in the patient.
        side: Which of a pair it is, as far as the name tells.
        number: Of its ROI, in a structure set; else 0.
    """

    name: str
    point: tuple[float, float, float]
    side: Side = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where labels came from.

    Attributes:
        kind: "seg", "rtstruct", "nifti", "png" or "landmarks".
        files: The files.
        uid: SOP Instance UID of a DICOM object, or "".
        frame_of_reference_uid: Of the coordinates, or "".
        series_uids: Series that it says it belongs to.
        image_uids: Images that it says it belongs to.
        frames: Frames of those that hold several, as UID and number, from 1; none where all are meant.
        detail: Labels of the object, in words: "content_label", "label" ...
    """

    kind: str
    files: tuple[Path, ...] = ()
    uid: str = ""
    frame_of_reference_uid: str = ""
    series_uids: tuple[str, ...] = ()
    image_uids: frozenset[str] = frozenset()
    frames: frozenset[tuple[str, int]] = frozenset()
    detail: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def names(self, image_uid: str, frame: int) -> bool:
        """Return whether it says that it belongs to an image.

        Args:
            image_uid: SOP Instance UID of the image.
            frame: Which of its frames, from 1.
        """
        of_object = {number for uid, number in self.frames if uid == image_uid}
        return image_uid in self.image_uids and (not of_object or frame in of_object)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Everything that one file, or one folder of masks, says.

    Attributes:
        segments: The structures, by rising number.
        masks: Voxels; several where structures overlap.
        contours: Closed curves.
        landmarks: Points.
        origin: Where all this came from.

    Raises:
        LabelError: A number stands for two segments, or for none.
    """

    segments: tuple[Segment, ...] = ()
    masks: tuple[Mask, ...] = ()
    contours: tuple[Contour, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
    origin: Origin = Origin("memory")

    def __post_init__(self) -> None:
        numbers = [segment.number for segment in self.segments]
        if len(set(numbers)) < len(numbers) or any(number < 1 for number in numbers):
            raise LabelError(f"segments are numbered from 1, each with a number of its own, and not {numbers[:20]}")
        used = {contour.number for contour in self.contours} | {n for mask in self.masks for n in mask.numbers()}
        if used - set(numbers):
            raise LabelError(f"masks or contours name segments that are not listed: {sorted(used - set(numbers))[:20]}")

    def segment(self, number: int) -> Segment:
        """Return the segment of a number.

        Raises:
            LabelError: There is none.
        """
        for segment in self.segments:
            if segment.number == number:
                return segment
        raise LabelError(f"there is no segment {number}; there are {[s.number for s in self.segments][:20]}")

    def shares(self, number: int, grid: Grid | None = None) -> NDArray[np.float32]:
        """Return how much of each voxel a segment covers, (D, H, W), 0 to 1; zeros where it has no mask.

        Args:
            number: Of the segment.
            grid: Which of several grids; the first mask's where None.
        """
        masks = [mask for mask in self.masks if grid is None or mask.grid.is_same(grid)]
        if not masks:
            raise LabelError("there is no mask on this grid")
        whole = np.zeros(masks[0].grid.shape, np.float32)
        for mask in masks:
            if mask.share_of == number:
                np.maximum(whole, mask.values, out=whole)
            elif mask.share_of is None:
                whole[mask.values == number] = 1.0
        return whole

    def volumes_mm3(self) -> dict[int, float]:
        """Return the volume of each segment by its masks."""
        found: dict[int, float] = {}
        for mask in self.masks:
            for number, volume in mask.volumes_mm3().items():
                found[number] = found.get(number, 0.0) + volume
        return found

    def with_names(self, names: Mapping[int, str]) -> Labels:
        """Return the same labels with segments named; their side is read off the name.

        Raises:
            LabelError: A number is not that of a segment.
        """
        from domainaug.medical.labels.sides import side_in

        for number in names:
            self.segment(number)
        segments = tuple(
            replace(one, name=names[one.number], side=side_in(names[one.number]) or one.side)
            if one.number in names
            else one
            for one in self.segments
        )
        return replace(self, segments=segments)
