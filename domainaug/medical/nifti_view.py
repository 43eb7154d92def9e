"""What a pipeline is shown of a NIfTI image, and the way back to stored values.

It is shown as a DICOM series would be: slices in the order and direction that they were taken in, heads up or noses up,
the patient's left on the right. Values are physical, whole numbers as 16-bit integers where they are that. The range:

* **CT**: -1024 to 3071 HU, widened to what the image holds. A single value below all that (-2048, -3024, -32768) is
  what programs write where there was no scan: it is shown as air, and is itself again in what is written.
* **Everything else**: from 0, or the lowest value, to the highest.

Values that are no number are shown as what lies outside the field of view, and are no number again, unless content
moved; then, as padding of DICOM images, they are what the pipeline made of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError, UnreadableInput
from domainaug.kernels.regrid import Regrid
from domainaug.medical.grid import Grid
from domainaug.medical.nifti import NiftiImage, grid_of, to_physical, to_stored
from domainaug.medical.nifti_header import NiftiHeader
from domainaug.medical.pixels import WHOLE
from domainaug.medical.view import AIR_HU
from domainaug.transforms.orientation import letters_of

__all__ = ["NiftiView", "Turn", "on_grid"]

Array = NDArray[Any]

_CT_RANGE = (-1024.0, 3071.0)
_PLAUSIBLE = (-1500.0, 4000.0)  # HU: air is noisy, and metal is scarce
_STRANGE = 0.01  # share of a CT that may lie outside that
_THICK = 1.2  # times as far apart as voxels of a slice, from which on an axis is that of slices


@dataclass(frozen=True, slots=True)
class Turn:
    """How the axes of a file become those of what is shown.

    Attributes:
        order: Which of the file's axes (0 slices k, 1 rows j, 2 columns i) becomes slices, rows and columns.
        flipped: Which of the axes shown count the other way.
    """

    order: tuple[int, int, int] = (0, 1, 2)
    flipped: tuple[bool, bool, bool] = (False, False, False)

    @classmethod
    def of(cls, header: NiftiHeader, grid: Grid, placed: bool) -> Turn:
        """Return how an image is shown; as it is stored where nothing tells where it lies."""
        if not placed:
            return cls()
        unit = grid.matrix[:3, :3] / np.array(grid.steps)  # columns: where i, j and k point to, in the patient
        ahead = _slice_axis(header, grid, unit)
        left = [axis for axis in range(3) if axis != ahead]
        body = int(np.abs(unit[:, ahead]).argmax())  # which axis of the patient slices lie across
        wanted = {2: ((0, 1.0), (1, 1.0), 1.0), 1: ((0, 1.0), (2, -1.0), 1.0), 0: ((1, 1.0), (2, -1.0), 1.0)}[body]
        (across, sign), (down, below), up = wanted
        columns = max(left, key=lambda axis: abs(unit[across, axis]))
        (rows,) = (axis for axis in left if axis != columns)
        order = (2 - ahead, 2 - rows, 2 - columns)
        flipped = (unit[body, ahead] * up < 0, unit[down, rows] * below < 0, unit[across, columns] * sign < 0)
        return cls(order, tuple(bool(one) for one in flipped))  # type: ignore[arg-type]

    def shown(self, stored: Array) -> Array:
        """Return (slices, rows, columns) as they are shown; a view of what is given, as (k, j, i)."""
        return stored.transpose(self.order)[tuple(slice(None, None, -1 if one else 1) for one in self.flipped)]

    def back(self, shown: Array) -> Array:
        """Return (k, j, i) of what was shown; a view of it."""
        turned = shown[tuple(slice(None, None, -1 if one else 1) for one in self.flipped)]
        return turned.transpose(np.argsort(self.order))

    def grid(self, grid: Grid) -> Grid:
        """Return where the voxels lie, as they are shown."""
        shape = tuple(grid.shape[axis] for axis in self.order)
        return Grid(shape, grid.matrix @ self._swap(grid.shape))  # type: ignore[arg-type]

    def on_file(self, grid: Regrid) -> tuple[tuple[int, ...], NDArray[np.float64]]:
        """Return what another grid of what is shown is in the file.

        Args:
            grid: What a pipeline did to the grid.

        Returns:
            Its size along i, j and k, and the matrix that takes (i, j, k, 1) there to what they were.
        """
        inverse = [self.order.index(axis) for axis in range(3)]
        old, new = (tuple(shape[place] for place in inverse) for shape in (grid.frame, grid.shape))
        return new[::-1], self._swap(old) @ grid.map.matrix @ np.linalg.inv(self._swap(new))

    def _swap(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return the matrix that takes (x, y, z, 1) of what is shown to (i, j, k, 1) of a file of (k, j, i) voxels."""
        swap = np.zeros((4, 4))
        swap[3, 3] = 1.0
        for place, (axis, flip) in enumerate(zip(self.order, self.flipped, strict=True)):
            swap[2 - axis, 2 - place] = -1.0 if flip else 1.0
            if flip:
                swap[2 - axis, 3] = shape[axis] - 1
        return swap

    def name(self, axis: int | None) -> str | None:
        """Return what an axis of the file (0, 1, 2 for i, j, k) is in the picture: "rows" or "columns", or None."""
        return None if axis is None else (None, "rows", "columns")[self.order.index(2 - axis)]


def on_grid(image: NiftiImage, turn: Turn, grid: Regrid) -> NiftiImage:
    """Return an image without voxels yet, on another grid; itself where that is its own.

    Args:
        image: The image.
        turn: How it is shown.
        grid: What a pipeline did to the grid that it is shown on.
    """
    if grid.map.is_identity:
        return image
    header = image.header.laid_anew(*turn.on_file(grid))
    where, placed = grid_of(header, frozenset(("forms-disagree", "sheared")))
    return replace(image, header=header, stored=np.zeros(header.shape, header.dtype), grid=where, placed=placed)


def _slice_axis(header: NiftiHeader, grid: Grid, unit: NDArray[np.float64]) -> int:
    """Return along which of i, j and k slices lie: as told, else by size and distance, else from feet to head."""
    told = header.axes[2]
    if told is not None:
        return told
    single = [axis for axis in range(3) if grid.shape[2 - axis] == 1]
    if len(single) == 1:
        return single[0]
    steps = sorted(grid.steps)
    if steps[2] > _THICK * steps[1]:
        return int(np.argmax(grid.steps))
    return int(np.abs(unit[2]).argmax())


@dataclass(frozen=True, slots=True)
class NiftiView:
    """How one image is shown.

    Attributes:
        image: The image.
        turn: How its axes are shown.
        grid: Where the voxels lie, as they are shown.
        low: Dark end of the range.
        high: Bright end of the range.
        fill: What lies outside the field of view.
        padding: The physical value that stands for no scan, or None.
        dtype: The type of what is shown.
    """

    image: NiftiImage
    turn: Turn
    grid: Grid
    low: float
    high: float
    fill: float
    padding: float | None
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, image: NiftiImage, modality: str = "", frames: Sequence[int] | None = None) -> NiftiView:
        """Return how an image is shown.

        Args:
            image: The image.
            modality: "CT" where values are HU; anything else has no unit.
            frames: Those that share the range; all where None.

        Raises:
            UnreadableInput: It holds infinite values, no number at all, or values that are no HU.
        """
        turn = Turn.of(image.header, image.grid, image.placed)
        low, high, padding = _content(image, range(image.frames) if frames is None else frames, modality == "CT")
        fill = low
        if modality == "CT":
            low, high = min(low, _CT_RANGE[0]), max(high, _CT_RANGE[1])
            fill = AIR_HU
        elif low > 0:
            low = fill = 0.0
        high = high if high > low else low + 1.0
        return cls(image, turn, turn.grid(image.grid), low, high, fill, padding, _shown_type(image, low, high))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns), as they are shown."""
        return self.grid.shape

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimeters between slices, rows and columns, as they are shown."""
        x, y, z = self.grid.steps
        return z, y, x

    @property
    def phase_axis(self) -> str | None:
        """Along which axis of a slice phase encoding ran: "rows" or "columns"; None where nothing tells."""
        return self.turn.name(self.image.header.axes[1])

    @property
    def told(self) -> dict[str, str]:
        """What steps may ask for where it is known: `orientation`, toward what axes count up, and `phase_axis`."""
        found = {"phase_axis": self.phase_axis}
        if self.image.placed:
            found["orientation"] = letters_of(self.grid.matrix[:3, 2::-1].T)
        return {name: value for name, value in found.items() if value is not None}

    def seen(self, frame: int = 0) -> Array:
        """Return what a pipeline is given of one frame, (slices, rows, columns)."""
        values = self.image.values(frame)
        away = self._no_scan(values)
        if away is not None:
            values[away] = self.fill
        return np.ascontiguousarray(self.turn.shown(values), self.dtype)

    def stored_again(self, frame: int, seen: Array, *, moved: bool, regridded: bool = False) -> tuple[Array, int]:
        """Return the stored values, (k, j, i), of what a pipeline gave back for a frame.

        A value that came back as it was is stored as it was, bit for bit.

        Args:
            frame: Which frame.
            seen: As `seen`, of the same shape unless it is on another grid.
            moved: Whether content moved.
            regridded: Whether it is on another grid: cropped, resized, turned round with its geometry.

        Returns:
            Stored values, and how many did not fit and were set to the nearest end.

        Raises:
            ImageError: The shape is another one, or a value is not finite.
        """
        if seen.dtype.kind == "f" and not np.isfinite(seen).all():
            raise ImageError("the pipeline made values that are not finite")
        if seen.shape != self.shape and not regridded:
            raise ImageError(f"the augmented image is {seen.shape} and its source {self.shape}, and nothing tells why")
        if regridded:
            return to_stored(self.turn.back(seen), self.image.header)
        out = np.empty_like(self.image.stored[frame])
        beyond = 0
        for plane, old, back in zip(out, self.image.stored[frame], self.turn.back(seen), strict=True):
            before = to_physical(old, self.image.header)
            away = self._no_scan(before)
            if away is not None:
                before[away] = self.fill
            plane[...], count = to_stored(back, self.image.header)
            same = back == before.astype(self.dtype)
            if away is not None:
                same = same & ~away if moved else same | away
            np.copyto(plane, old, where=same)
            beyond += count
        return out, beyond

    def _no_scan(self, values: Array) -> NDArray[np.bool_] | None:
        """Return where nothing was scanned, or None for nowhere."""
        if values.dtype.kind == "f":
            away = np.isnan(values)
            if self.padding is not None:
                away |= values == self.padding
            return away if away.any() else None
        return None if self.padding is None else values == self.padding


def _content(image: NiftiImage, frames: Sequence[int], hounsfield: bool) -> tuple[float, float, float | None]:
    """Return the lowest and highest value, and the one that stands for no scan, over some frames."""
    lows, highs, padding = [], [], None
    for frame in frames:
        values = image.values(frame)
        if values.dtype.kind == "f":
            if np.isinf(values).any():
                raise UnreadableInput("not-finite", "it holds infinite values")
            values = values[~np.isnan(values)]
        if not values.size:
            continue
        lowest = float(values.min())
        if hounsfield:
            _refuse_others(values, lowest, image.header.dtype)
            above = values[values > lowest] if lowest < _CT_RANGE[0] else values[:0]
            if above.size and float(above.min()) >= _CT_RANGE[0]:
                padding = lowest if padding is None else min(padding, lowest)
                values, lowest = above, float(above.min())
        lows.append(lowest)
        highs.append(float(values.max()))
    if not lows:
        raise UnreadableInput("not-finite", "none of its values is a number")
    return min(lows), max(highs), padding


def _refuse_others(values: Array, lowest: float, dtype: np.dtype[Any]) -> None:
    """Refuse values that are no HU: shares, bytes, and what lies elsewhere."""
    highest = float(values.max())
    low, high = _PLAUSIBLE
    outside = int(np.count_nonzero(((values < low) & (values > lowest)) | (values > high)))
    if highest > 0 and values.dtype.kind == "f" and lowest >= 0 and highest <= 1:
        what = "its values lie within 0 and 1"
    elif values.dtype == np.uint8 and dtype.itemsize == 1:
        what = "its values are bytes"
    elif outside > _STRANGE * values.size:
        what = f"{100 * outside / values.size:.3g} % of its values lie outside {low:g} to {high:g}"
    else:
        return
    raise UnreadableInput("not-hounsfield", f"{what}, and a CT is to be in HU: convert it, or use another profile")


def _shown_type(image: NiftiImage, low: float, high: float) -> np.dtype[Any]:
    """Return the type that values are shown in: 16-bit integers with room for as much to either side, or floats."""
    slope, intercept = image.header.rescale
    whole = image.header.dtype.kind in "iu" and slope.is_integer() and intercept.is_integer()
    ends, room = np.iinfo(WHOLE), high - low
    if whole and low - room > ends.min and high + room < ends.max:
        return np.dtype(WHOLE)
    return np.dtype(np.float32)
