"""NIfTI images: read, put in the patient, changed, and written again with all that their header says.

    from domainaug.medical.nifti import NiftiImage

    image = NiftiImage.read("brain.nii.gz")
    image.values()                                   # (slices, rows, columns), physical
    image.grid                                       # where they lie, millimeters in DICOM's axes
    image.with_values(new).write("copy.nii.gz")      # the header as it was, the values in the type they had

NIfTI counts millimeters to the right, front and top, DICOM to the left, back and top: x and y change their sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError, UnreadableInput
from domainaug.medical.grid import Grid
from domainaug.medical.nifti_files import gzipped, paired_with, read_header, read_voxels
from domainaug.medical.nifti_header import Form, NiftiHeader, new_header

__all__ = ["TO_DICOM", "Conflict", "NiftiImage", "grid_of", "read_grid"]

Array = NDArray[Any]

TO_DICOM = np.diag((-1.0, -1.0, 1.0, 1.0))
"""Takes NIfTI's axes to DICOM's, and back."""

_SQUARE = 5e-3  # how far axes may lean (0.3 degrees)
_STEPS = 0.01  # share by which two statements of one length may differ


class Conflict(UnreadableInput):
    """What a header says of where its voxels lie contradicts itself; its code is `forms-disagree` or `sheared`."""


@dataclass(frozen=True, slots=True, eq=False)
class NiftiImage:
    """A NIfTI file in memory.

    Attributes:
        header: What it says of itself; copies keep it.
        stored: (frames, slices, rows, columns) as stored: NIfTI's axes (t, k, j, i), in the type of the file.
        grid: Where a frame lies in the patient; where nothing tells, the first voxel is at 0 and i, j, k count along
            x, y, z.
        placed: Whether something tells.
    """

    header: NiftiHeader
    stored: Array
    grid: Grid
    placed: bool

    @classmethod
    def read(cls, path: Path | str, *, allow: frozenset[str] = frozenset()) -> NiftiImage:
        """Read a .nii, .nii.gz, or .hdr with its .img.

        Args:
            path: The file.
            allow: `forms-disagree` and `sheared` where that is accepted.

        Raises:
            UnreadableInput: It cannot be read; its code says why.
            Conflict: It says two things of where it lies.
        """
        header, stored = read_voxels(Path(path))
        try:
            grid, placed = grid_of(header, allow)
        except UnreadableInput as error:
            raise type(error)(error.code, str(error), path=path) from None
        return cls(header, stored, grid, placed)

    @classmethod
    def of(cls, values: Array, grid: Grid) -> NiftiImage:
        """Return an image that is not read from a file.

        Args:
            values: (slices, rows, columns), or (frames, slices, rows, columns), in a type that NIfTI has.
            grid: Where it lies; its qform and sform both say so.

        Raises:
            ImageError: Values and grid do not fit.
        """
        frames = values if values.ndim == 4 else values[None]
        if frames.shape[1:] != grid.shape:
            raise ImageError(f"values of {frames.shape[1:]} do not fit a grid of {grid.shape}")
        stored = np.ascontiguousarray(frames, frames.dtype.newbyteorder("<"))
        size = frames.shape[::-1] if values.ndim == 4 else frames.shape[:0:-1]
        header = new_header(TO_DICOM @ grid.matrix, stored.dtype, size, rigid=_lean(grid.matrix) < 1e-5)
        return cls(header, stored, grid, placed=True)

    @property
    def frames(self) -> int:
        """Volumes along the fourth axis, 1 where there is none."""
        return len(self.stored)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimeters between slices, rows and columns."""
        x, y, z = self.grid.steps
        return z, y, x

    def values(self, frame: int | None = None) -> Array:
        """Return physical values: stored ones times the slope and plus the intercept.

        Args:
            frame: Which volume; None for (slices, rows, columns) where there is one, else (frames, slices, rows,
                columns).

        Returns:
            Of the stored type where nothing is rescaled, else float32, or float64 for stored types of more than 24
            bits; in native byte order.
        """
        stored = self.stored[frame] if frame is not None else self.stored[0] if self.frames == 1 else self.stored
        return to_physical(stored, self.header)

    def with_values(self, values: Array, *, description: str | None = None) -> NiftiImage:
        """Return the image with other values, stored in the type and by the rescale that it has.

        Args:
            values: As `values` returns them; integers are rounded, and what does not fit is set to the nearest end.
            description: For the header, ASCII, of which 79 letters are kept; None keeps the one there is.

        Raises:
            ImageError: Of another shape, or not finite where the type is of integers.
        """
        frames = values.reshape(self.stored.shape) if values.size == self.stored.size else values
        if frames.shape != self.stored.shape:
            raise ImageError(f"values of {values.shape} do not fit an image of {self.stored.shape}; keep the grid")
        return self.with_stored(to_stored(frames, self.header)[0], description=description)

    def with_stored(self, stored: Array, *, description: str | None = None) -> NiftiImage:
        """Return the image with other stored values, of the type and shape that it has."""
        header = self.header
        if description is not None:
            header = header.changed(descrip=description.encode("ascii", "replace")[:79])
        return replace(self, header=header, stored=stored)

    def without_text(self, description: str = "") -> NiftiImage:
        """Return the image with nothing in its header that was written for people, who may be named in it.

        Gone are descriptions, names, names of files, and extensions (comments, DICOM, AFNI and all others).

        Args:
            description: What takes their place, ASCII, of which 79 letters are kept.
        """
        header = self.header.without_text().changed(descrip=description.encode("ascii", "replace")[:79])
        return replace(self, header=header)

    def write(self, path: Path | str) -> tuple[Path, ...]:
        """Write it as its name says: .nii, .nii.gz, or .hdr with an .img; return the files.

        The same image gives the same bytes.

        Raises:
            ImageError: The name ends otherwise, or the header is that of a pair and the name is not, or the other
                way.
        """
        path = Path(path)
        beside = paired_with(path)
        if (beside is None) != self.header.single:
            raise ImageError(f"a header of {'one file' if self.header.single else 'a pair'} cannot be written so")
        voxels = self._voxels()
        if beside is None:
            _write(path, [self.header.raw, voxels])
            return (path,)
        _write(path, [self.header.raw])
        _write(beside, [bytes(self.header.offset), voxels])
        return path, beside

    def to_bytes(self, *, zipped: bool = True) -> bytes:
        """Return the file of an image that is one file.

        Args:
            zipped: Whether as a .nii.gz.
        """
        parts: list[bytes | memoryview] = [self.header.raw, self._voxels()]
        return b"".join(gzipped(parts) if zipped else parts)

    def _voxels(self) -> memoryview:
        return np.ascontiguousarray(self.stored, self.header.dtype).data.cast("B")


def to_physical(stored: Array, header: NiftiHeader) -> Array:
    """Return stored values as what they stand for; see `NiftiImage.values`."""
    slope, intercept = header.rescale
    if (slope, intercept) == (1.0, 0.0):
        return stored.astype(stored.dtype.newbyteorder("="))
    wide = np.float64 if stored.dtype.itemsize > 4 or stored.dtype.str[1:] in ("i4", "u4") else np.float32
    return (stored.astype(np.float64) * slope + intercept).astype(wide)


def to_stored(values: Array, header: NiftiHeader) -> tuple[Array, int]:
    """Return physical values as they are stored under a header, and how many did not fit.

    Raises:
        ImageError: A value is not finite, and the type is of integers.
    """
    slope, intercept = header.rescale
    dtype = header.dtype
    plain = (slope, intercept) == (1.0, 0.0)
    if plain and values.dtype.newbyteorder("=") == dtype.newbyteorder("="):
        return values.astype(dtype), 0
    back = values if plain else (values.astype(np.float64) - intercept) / slope
    if dtype.kind == "f":
        return back.astype(dtype), 0
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ImageError("a value is not finite and cannot be stored as an integer")
    ends = np.iinfo(dtype)
    whole = np.rint(back) if back.dtype.kind == "f" else back
    beyond = int(np.count_nonzero((whole < ends.min) | (whole > ends.max)))
    if whole.dtype.kind == "f" and ends.bits > 32:  # the end of 64 bits is no float
        return np.clip(whole, float(ends.min), np.nextafter(float(ends.max), 0)).astype(dtype), beyond
    return np.clip(whole, ends.min, ends.max).astype(dtype), beyond


def grid_of(header: NiftiHeader, allow: frozenset[str] = frozenset()) -> tuple[Grid, bool]:
    """Return where the voxels of a frame lie in the patient, and whether the header says so at all.

    The sform goes before the qform. Where the axes of the sform lean (a registration to an atlas can do that), the
    qform goes before it. With neither, voxels are `pixdim` apart, in no place.

    Args:
        header: The header.
        allow: `forms-disagree` and `sheared` where that is accepted.

    Raises:
        Conflict: The two forms differ on which side is left, or, in the same frame of reference, on lengths; or axes
            lean and nothing else tells.
    """
    shape = header.shape[1:]
    sform, qform = header.sform, header.qform
    if sform is None and qform is None:
        return Grid(shape, np.diag((*header.steps, 1.0))), False
    if sform is not None and qform is not None and "forms-disagree" not in allow:
        _refuse_conflict(sform, qform)
    chosen = sform if sform is not None and (qform is None or _lean(sform.matrix) <= _SQUARE) else qform
    assert chosen is not None
    if _lean(chosen.matrix) > _SQUARE and "sheared" not in allow:
        raise Conflict("sheared", "the axes of its sform are not square to each other, so distances differ with place")
    return Grid(shape, TO_DICOM @ chosen.matrix), True


def read_grid(path: Path, allow: frozenset[str] = frozenset()) -> tuple[NiftiHeader, Grid, bool]:
    """Read a header, and where it says its voxels lie; see `grid_of`.

    Raises:
        UnreadableInput: It cannot be read.
        Conflict: It says two things of where it lies.
    """
    header = read_header(path)
    try:
        return (header, *grid_of(header, allow))
    except UnreadableInput as error:
        raise type(error)(error.code, str(error), path=path) from None


def _refuse_conflict(sform: Form, qform: Form) -> None:
    sides = [np.linalg.det(form.matrix[:3, :3]) > 0 for form in (sform, qform)]
    if sides[0] != sides[1]:
        raise Conflict("forms-disagree", "its sform and its qform contradict each other on which side is left")
    lengths = [np.linalg.norm(form.matrix[:3, :3], axis=0) for form in (sform, qform)]
    if sform.code == qform.code and np.abs(lengths[0] / lengths[1] - 1).max() > _STEPS:
        raise Conflict("forms-disagree", "its sform and its qform contradict each other on how far apart voxels are")


def _lean(matrix: NDArray[np.float64]) -> float:
    """Return the largest cosine between two axes; 0 where they are square to each other."""
    unit = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    return float(np.abs(unit.T @ unit - np.eye(3)).max())


def _write(path: Path, parts: list[bytes | memoryview]) -> None:
    chunks: Iterator[bytes | memoryview] = gzipped(parts) if path.name.lower().endswith(".gz") else iter(parts)
    with path.open("wb") as stream:
        stream.writelines(chunks)
