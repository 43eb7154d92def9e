"""Where the images of a copy lie, if not on the pixels of their source: cropped, padded, resized, turned, straightened.

The patient stays where they were. What changes is which places the pixels show, and the header has to say which
(PS3.3 C.7.6.2): the middle of the first pixel moves by whole and half pixels of the source, and a pixel that is
twice as large says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.valuerep import format_number_as_ds

from domainaug.errors import LabelError
from domainaug.kernels.regrid import Regrid
from domainaug.medical.instance import Instance
from domainaug.medical.series import Series
from domainaug.transforms.orientation import letters_of

__all__ = ["STALE_ONCE_CUT", "Placed", "as_they_lie", "laid_anew", "patient_orientation", "series_on", "tell_place"]

STALE_ONCE_CUT = (
    "ReconstructionDiameter",
    "FieldOfViewShape",
    "FieldOfViewDimensions",
    "FieldOfViewDimensionsInFloat",
)
"""What tells how much a whole picture shows, and is dropped once it shows more or less."""

_WHOLE = 1e-3  # slices: what is nearer to a whole number is one
_SAME_PLACE = 1e-3  # mm
_DISTANCES = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


@dataclass(frozen=True, slots=True)
class Placed:
    """One image of a copy.

    Attributes:
        sources: Which images of the source it shows, by their place; the first gives the header.
        rows: Rows.
        columns: Columns.
        position: Middle of the first pixel in the patient, mm, or None where the source says none.
        pace: How large a pixel is, in pixels of the source along the same axis, from row to row and from column to
            column.
        between: Millimeters to the next slice, or None.
        interpolated: Whether its pixels lie between those of the source.
        down: The axis of the source that rows count along: 1 for its rows, 2 for its columns, negative the other way.
        right: Likewise, that columns count along.
        only_turned: Whether it has all pixels of the source and no others, in another order.
        straightened: Whether slices that leaned were shifted, so that a tilt of the gantry is no longer to be seen.
        why: What was done, in a few words that name nobody.
    """

    sources: tuple[int, ...]
    rows: int
    columns: int
    position: tuple[float, float, float] | None
    pace: tuple[float, float] = (1.0, 1.0)
    between: float | None = None
    interpolated: bool = False
    straightened: bool = False
    down: int = 1
    right: int = 2
    only_turned: bool = False
    why: str = ""

    @property
    def turned(self) -> bool:
        """Whether rows and columns changed places or count the other way."""
        return (self.down, self.right) != (1, 2)


def as_they_lie(series: Series) -> tuple[Placed, ...]:
    """Return the images of a series where they are."""
    between = None if series.geometry is None else series.geometry.slice_spacing
    return tuple(
        Placed((index,), one.rows, one.columns, one.position, between=between)
        for index, one in enumerate(series.instances)
    )


def laid_anew(series: Series, before: Sequence[Placed], grid: Regrid) -> tuple[Placed, ...]:
    """Return where the images of a copy lie whose pixels are on another grid than those of its source.

    Args:
        series: What a pipeline was shown.
        before: Where its images lie.
        grid: The grid of what the pipeline made of them.

    Raises:
        LabelError: Its slices lie across those of the source.
    """
    if grid.along[0] != 0:
        raise LabelError(
            "a step made slices of another plane, and a derived DICOM image shows the plane of its source: name an "
            "orientation to Reorient that keeps the axis of the slices, or write NIfTI"
        )
    _, rows, columns = grid.shape
    down, right = (axis if grid.step[own] > 0 else -axis for own, axis in ((1, grid.along[1]), (2, grid.along[2])))
    normal = None if series.geometry is None else np.array(series.geometry.normal)
    z_step = (before[0].between or 0.0) * abs(grid.step[0]) or None
    found = []
    for index, nearest in enumerate(grid.nearest):
        height = grid.start[0] + index * grid.step[0]
        low = min(max(int(np.floor(height + _WHOLE)), 0), len(before) - 1)
        shown = {low}
        if abs(height - round(height)) > _WHOLE and low + 1 < len(before) and height > low:
            shown.add(low + 1)
        base, one = before[nearest], series.instances[nearest]
        sources = [base.sources, *(before[each].sources for each in sorted(shown))]
        found.append(
            replace(
                base,
                sources=tuple(dict.fromkeys(number for each in sources for number in each)),
                rows=rows,
                columns=columns,
                position=_moved(one, base.position, grid, (height - nearest) * (base.between or 0.0), normal),
                pace=(base.pace[abs(down) - 1] * abs(grid.step[1]), base.pace[abs(right) - 1] * abs(grid.step[2])),
                down=down,
                right=right,
                only_turned=grid.only_turned and base.pace == (1.0, 1.0) and not base.straightened,
                between=z_step,
                interpolated=base.interpolated or not grid.whole,
                why="; ".join(filter(None, (base.why, grid.words))),
            )
        )
    return tuple(found)


def series_on(series: Series, places: Sequence[Placed]) -> Series:
    """Return a series as headers that say where its images lie would make it."""
    instances = []
    for place in places:
        one = series.instances[place.sources[0]]
        spacing = one.spacing and (one.spacing[0] * place.pace[0], one.spacing[1] * place.pace[1])
        changed = replace(one, rows=place.rows, columns=place.columns, position=place.position, spacing=spacing)
        instances.append(changed)
    return Series.of(instances)


def _moved(
    one: Instance,
    position: tuple[float, float, float] | None,
    grid: Regrid,
    up: float,
    normal: NDArray[np.float64] | None,
) -> tuple[float, float, float] | None:
    if position is None or one.orientation is None or one.spacing is None:
        return position
    row, column = np.array(one.orientation[:3]), np.array(one.orientation[3:])
    place = np.array(position) + row * grid.start[2] * one.spacing[1] + column * grid.start[1] * one.spacing[0]
    if normal is not None:
        place = place + normal * up
    return float(place[0]), float(place[1]), float(place[2])


# -- the header ---------------------------------------------------------------------------------------------


def tell_place(out: Dataset, source: Dataset, placed: Placed) -> None:
    """Write where the pixels of an image lie, and how large they are (PS3.3 C.7.6.2, C.7.6.3, 10.7).

    Distances on the body, on the detector and on film grow together, so that what they were calibrated by holds.
    Slice Location counts from a point that nobody names, and is dropped where the slice is another one.

    Args:
        out: The header under construction.
        source: That of the image it came from.
        placed: Where it lies.
    """
    out.Rows, out.Columns = placed.rows, placed.columns
    if placed.straightened:
        out.pop("GantryDetectorTilt", None)  # readers would shear the volume once more
    for name in _DISTANCES:
        before = source.get(name)
        if before:
            along = (before[abs(placed.down) - 1], before[abs(placed.right) - 1])
            out[name].value = [_decimal(float(one) * pace) for one, pace in zip(along, placed.pace, strict=True)]
    if placed.turned:
        _tell_orientation(out, source, placed)
    if placed.position is None:
        return
    out.ImagePositionPatient = [_decimal(one) for one in placed.position]
    if abs(_height(placed.position, source) - _height(source.ImagePositionPatient, source)) > _SAME_PLACE:
        out.pop("SliceLocation", None)
    if placed.between is not None and source.get("SpacingBetweenSlices"):
        out.SpacingBetweenSlices = _decimal(placed.between)


def _tell_orientation(out: Dataset, source: Dataset, placed: Placed) -> None:
    """C.7.6.2.1.1, C.7.6.1.1.1: where rows and columns point now, in numbers and in letters."""
    told = source.get("ImageOrientationPatient")
    if told:
        axes = np.array(told, np.float64).reshape(2, 3)  # along a row, along a column
        turned = [np.sign(axis) * axes[2 - abs(axis)] for axis in (placed.right, placed.down)]
        out.ImageOrientationPatient = [_decimal(float(one)) for one in np.concatenate(turned)]
    letters = patient_orientation(source)
    if source.get("PatientOrientation") and letters is not None:
        turned_letters = [(letters[2 - abs(axis)], axis) for axis in (placed.right, placed.down)]
        out.PatientOrientation = [
            each if axis > 0 else "".join(_OPPOSITE[letter] for letter in each) for each, axis in turned_letters
        ]


_OPPOSITE = dict(zip("LRAPHF", "RLPAFH", strict=True))


def patient_orientation(source: Dataset) -> tuple[str, str] | None:
    """Return the letters toward which rows and columns run (PS3.3 C.7.6.1.1.1), told or by the geometry; None for none.

    Args:
        source: The header of an image.
    """
    told = source.get("PatientOrientation") or ()
    pair = [str(each) for each in told] if not isinstance(told, str) else []
    if len(pair) == 2 and all(pair) and set("".join(pair)) <= set(_OPPOSITE):
        return pair[0], pair[1]
    axes = source.get("ImageOrientationPatient")
    if not axes:
        return None
    across, down = (letters_of([axis]) for axis in np.array(axes, np.float64).reshape(2, 3))
    return across.translate(_OF_ARRAYS), down.translate(_OF_ARRAYS)


_OF_ARRAYS = str.maketrans("SI", "HF")


def _height(place: Sequence[float], source: Dataset) -> float:
    axes = np.array(source.ImageOrientationPatient, np.float64)
    return float(np.cross(axes[:3], axes[3:]) @ np.array(place, np.float64))


def _decimal(number: float) -> str:
    """Return a number as a decimal string holds it: 16 characters at most (PS3.5 6.2)."""
    text = format_number_as_ds(number + 0.0)
    return text.removesuffix(".0")
