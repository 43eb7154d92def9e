"""Labels of a sample as what can be drawn on its pixels: label numbers, boxes, outlines, points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.layouts.labelme import LabelMeShapes
from domainaug.layouts.layout import Sample
from domainaug.layouts.nifti_labels import NiftiLabels
from domainaug.layouts.study_labels import StudyLabels
from domainaug.layouts.yolo import YoloLabels
from domainaug.medical.grid import Grid
from domainaug.medical.labels import Labels
from domainaug.medical.labels.moving import filled

__all__ = ["Marks", "marks_of"]

_CLOSED = ("polygon", "rectangle", "circle", "mask")


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What labels come to on the pixels.

    Attributes:
        numbers: (H, W) or (D, H, W) label numbers, 0 where there is none; or None.
        boxes: (n, 4) left, top, right, bottom edges in pixels.
        curves: (n, 2) corners as x, y, pixel centers at whole numbers, each with whether it is closed.
        points: (n, 2) as x, y, or (n, 3) as x, y, slice.
        masks: (H, W) of what is marked, one thing each; they may overlap.
    """

    numbers: NDArray[np.integer[Any]] | None = None
    boxes: NDArray[np.float64] | None = None
    curves: tuple[tuple[NDArray[np.float64], bool], ...] = ()
    points: NDArray[np.float64] | None = None
    masks: tuple[NDArray[np.bool_], ...] = ()

    @property
    def count(self) -> int:
        """How many things are marked."""
        numbers = 0 if self.numbers is None else int(np.count_nonzero(np.unique(self.numbers)))
        rows = sum(0 if one is None else len(one) for one in (self.boxes, self.points))
        return numbers + rows + len(self.curves) + sum(bool(mask.any()) for mask in self.masks)

    def on_slice(self, axis: int, index: int) -> Marks:
        """Return those of one plane of a volume, seen along an axis (0 slices, 1 rows, 2 columns)."""
        numbers = None if self.numbers is None else np.take(self.numbers, index, axis)
        points = self.points
        if points is not None and len(points) and points.shape[1] == 3:
            x_y_z = points[np.abs(points[:, 2 - axis] - index) <= 0.5]
            points = np.delete(x_y_z, 2 - axis, axis=1)
        return Marks(numbers, self.boxes if axis == 0 else None, self.curves if axis == 0 else (), points)


def marks_of(sample: Sample) -> Marks:
    """Return the labels of a sample, or of a copy of it.

    Labels in patient coordinates or on grids of their own are brought onto the pixels for looking only.
    """
    beside: Any = sample.beside
    boxes = None if sample.boxes is None else np.asarray(sample.boxes, np.float64).reshape(-1, 4)
    if isinstance(beside, StudyLabels):
        return _in_patient(beside.labels, beside.grid, flat=sample.image is not None)
    if isinstance(beside, NiftiLabels):
        return _in_patient((one.labels for one in beside.files), beside.grid, flat=sample.image is not None)
    if isinstance(beside, YoloLabels):
        outlines = (row.outline for number, row in enumerate(beside.rows) if number not in beside.gone)
        return Marks(None, boxes, tuple((one, True) for one in outlines if one is not None))
    if isinstance(beside, LabelMeShapes):
        curves, points = _of_shapes(beside)
        return Marks(sample.mask, boxes, curves, points)
    return Marks(sample.mask, boxes)


def _of_shapes(beside: LabelMeShapes) -> tuple[tuple[tuple[NDArray[np.float64], bool], ...], NDArray[np.float64]]:
    left = beside.left
    groups = [(one,) for one in beside.shapes] if left is None else left
    shapes = [one for group in groups for one in group if one.kind not in ("mask", "rectangle")]
    curves = tuple((_ring(one), one.kind in _CLOSED) for one in shapes if not one.kind.startswith("point"))
    points = [one.points for one in shapes if one.kind.startswith("point")]
    return curves, np.concatenate(points) if points else np.zeros((0, 2))


def _ring(shape: Any) -> NDArray[np.float64]:
    points = np.asarray(shape.points, np.float64)
    if shape.kind != "circle":
        return points
    middle, edge = points
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.linalg.norm(edge - middle)
    return np.asarray(middle + radius * np.column_stack([np.cos(angles), np.sin(angles)]))


def _in_patient(everything: Iterable[Labels], grid: Grid, *, flat: bool) -> Marks:
    numbers = np.zeros(grid.shape, np.int32)
    points = [np.zeros((0, 3))]
    above = 0
    for labels in everything:
        for number, inside in _solids(labels, grid):
            numbers[inside] = above + number
        if labels.landmarks:
            points.append(grid.to_index([one.point for one in labels.landmarks]))
        above = int(numbers.max(initial=0))
    found = np.concatenate(points)
    if flat:
        return Marks(numbers[0], points=found[:, :2])
    return Marks(numbers, points=found)


def _solids(labels: Labels, grid: Grid) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    for mask in labels.masks:
        values = mask.values if mask.grid.is_same(grid) else _looked_up(mask.values, mask.grid, grid)
        if mask.share_of is not None:
            yield mask.share_of, values >= 0.5
            continue
        for number in np.unique(values[values > 0]).tolist():
            yield int(number), values == number
    closed = [one for one in labels.contours if one.closed]
    for number in sorted({one.number for one in closed}):
        yield number, filled([one for one in closed if one.number == number], grid) >= 0.5


def _looked_up(values: NDArray[Any], own: Grid, grid: Grid) -> NDArray[Any]:
    """Return values of another grid at the voxels of this one, each from the nearest; slice by slice."""
    out = np.zeros(grid.shape, values.dtype)
    rows, columns = np.mgrid[: grid.shape[1], : grid.shape[2]]
    plane = np.column_stack([columns.ravel(), rows.ravel()])
    limits = np.array(own.shape[::-1])
    for z in range(grid.shape[0]):
        places = np.rint(own.to_index(grid.to_mm(np.column_stack([plane, np.full(len(plane), z)])))).astype(np.int64)
        inside = np.all((places >= 0) & (places < limits), axis=1)
        x, y, w = places[inside].T
        out[z].reshape(-1)[inside] = values[w, y, x]
    return out
