"""Masks in NIfTI: read from and written to the patient's coordinates.

NIfTI counts millimeters to the right, front and top, DICOM to the left, back and top; x and y change their sign. The
sform goes before the qform, and a file with neither says not where it lies.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, MissingExtra, UnreadableInput
from domainaug.medical.labels.grid import Grid
from domainaug.medical.labels.model import Labels, Mask, Origin, Segment
from domainaug.medical.labels.sides import side_in
from domainaug.medical.opening import border

__all__ = ["read_nifti", "write_nifti"]

_TO_DICOM = np.diag((-1.0, -1.0, 1.0, 1.0))
_MILLIMETERS = {"mm": 1.0, "unknown": 1.0, "meter": 1000.0, "micron": 0.001}
_MOST_VOXELS = 2**30
_INTEGERS = (np.uint8, np.uint16, np.int32)


def read_nifti(path: Path, names: Mapping[int, str] | None = None) -> Labels:
    """Read a mask: whole numbers, or, with values from 0 to 1 that are not whole, shares of segment 1.

    Of a file with a fourth axis each volume is one segment, numbered from 1; they may overlap.

    Args:
        path: .nii or .nii.gz.
        names: What the numbers stand for; numbers that do not occur are segments all the same.

    Raises:
        UnreadableInput: It is no mask, or says not where it lies.
        MissingExtra: nibabel is not installed.
    """
    try:
        import nibabel
    except ImportError as error:
        raise MissingExtra("reading NIfTI", "medical") from error

    if not path.is_file():
        raise UnreadableInput("not-a-file", "there is no such file", path=path)
    with border("damaged", "it cannot be read as NIfTI", path):
        image: Any = nibabel.load(path)
        if not isinstance(image, nibabel.Nifti1Pair):  # NIfTI-2 is derived from it
            raise UnreadableInput("not-nifti", "it is not a NIfTI file", path=path)
        shape = image.shape
        if len(shape) > 4 and set(shape[4:]) != {1}:
            raise UnreadableInput("bad-size", "a mask has three axes, or a fourth for its segments", path=path)
        if int(np.prod(shape, dtype=np.int64)) > _MOST_VOXELS:
            raise UnreadableInput("too-large", f"it has more than {_MOST_VOXELS} voxels", path=path)
        size = (*shape[:3], 1, 1)[:3]
        grid = Grid((size[2], size[1], size[0]), _matrix(image, path))
        values = np.asarray(image.dataobj).reshape(*size, -1)
        layers = [np.ascontiguousarray(values[..., one].T) for one in range(values.shape[3])]
    masks = _masks(layers, grid, path)
    found = sorted({number for mask in masks for number in mask.numbers()} | set(names or ()))
    if any(number < 1 for number in found):
        raise UnreadableInput("not-a-mask", "a mask has whole numbers from 0", path=path)
    segments = tuple(Segment(number, text := (names or {}).get(number, ""), side_in(text)) for number in found)
    return Labels(segments, masks, origin=Origin("nifti", (path,)))


def _matrix(image: Any, path: Path) -> NDArray[np.float64]:
    header = image.header
    matrix, code = header.get_sform(coded=True)
    if not code:
        matrix, code = header.get_qform(coded=True)
    if not code or matrix is None:
        message = "neither its sform nor its qform says where it lies in the patient"
        raise UnreadableInput("no-geometry", message, path=path)
    unit = header.get_xyzt_units()[0]
    scaled = np.array(matrix, np.float64)
    scaled[:3] *= _MILLIMETERS[unit]
    return np.asarray(_TO_DICOM @ scaled)


def _masks(layers: list[NDArray[Any]], grid: Grid, path: Path) -> tuple[Mask, ...]:
    several = len(layers) > 1
    masks = []
    for number, layer in enumerate(layers, start=1):
        whole = _as_whole(layer)
        if whole is not None:
            masks.append(Mask(grid, np.where(whole != 0, number, 0).astype(np.uint16) if several else whole))
        elif np.isfinite(layer).all() and layer.min() >= 0 and layer.max() <= 1:
            masks.append(Mask(grid, layer.astype(np.float32), number, "PROBABILITY"))
        else:
            message = "a mask has whole numbers, or shares from 0 to 1"
            raise UnreadableInput("not-a-mask", message, path=path)
    return tuple(masks)


def _as_whole(values: NDArray[Any]) -> NDArray[Any] | None:
    """Return values in the smallest type of integers that holds them; None where one is not whole."""
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and np.array_equal(values, np.rint(values))):
        return None
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    for one in _INTEGERS:
        if np.iinfo(one).min <= low and high <= np.iinfo(one).max:
            return values.astype(one)
    return None


def write_nifti(labels: Labels, *, zipped: bool = True) -> bytes:
    """Return the masks as a NIfTI file, on the grid they lie on; the same bytes each time.

    One mask is a volume of numbers; several, or shares, become a volume a segment along a fourth axis.

    Args:
        labels: Their masks share a grid.
        zipped: Whether to return a .nii.gz.

    Raises:
        LabelError: There is no mask, or they lie on different grids.
        MissingExtra: nibabel is not installed.
    """
    try:
        import nibabel
    except ImportError as error:
        raise MissingExtra("writing NIfTI", "medical") from error

    if not labels.masks:
        raise LabelError("there is no mask to write as NIfTI")
    grid = labels.masks[0].grid
    if not all(mask.grid.is_same(grid) for mask in labels.masks):
        raise LabelError("the masks lie on different grids: move them onto one first")
    if len(labels.masks) == 1 and labels.masks[0].share_of is None:
        values = labels.masks[0].values.T
    else:
        shares = [labels.shares(number).T for number in range(1, max(one.number for one in labels.segments) + 1)]
        values = np.stack(shares, axis=-1)
        if all(mask.share_of is None for mask in labels.masks):
            values = values.astype(np.uint8)
    made: Any = nibabel.Nifti1Image
    image = made(values, _TO_DICOM @ grid.matrix)
    image.set_sform(_TO_DICOM @ grid.matrix, code=1)
    if _is_rigid(grid):
        image.set_qform(_TO_DICOM @ grid.matrix, code=1)
    image.header.set_xyzt_units("mm")
    content: bytes = image.to_bytes()
    return gzip.compress(content, mtime=0) if zipped else content


def _is_rigid(grid: Grid) -> bool:
    """Whether the axes of a grid are square to each other: a qform knows no others."""
    unit = grid.matrix[:3, :3] / np.array(grid.steps)
    return bool(np.abs(unit.T @ unit - np.eye(3)).max() < 1e-6)
