"""Masks in NIfTI: read from and written to the patient's coordinates.

Which affine counts, and what is refused, is as for images: see `domainaug.medical.nifti`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnreadableInput
from domainaug.medical.grid import Grid
from domainaug.medical.labels.model import Labels, Mask, Origin, Segment
from domainaug.medical.labels.sides import side_in
from domainaug.medical.nifti import NiftiImage

__all__ = ["labels_of", "read_nifti", "write_nifti"]

_INTEGERS = (np.uint8, np.uint16, np.int32)


def read_nifti(path: Path, names: Mapping[int, str] | None = None) -> Labels:
    """Read a mask: whole numbers, or, with values from 0 to 1 that are not whole, shares of segment 1.

    Of a file with a fourth axis each volume is one segment, numbered from 1; they may overlap.

    Args:
        path: .nii, .nii.gz, or .hdr with its .img.
        names: What the numbers stand for; numbers that do not occur are segments all the same.

    Raises:
        UnreadableInput: It is no mask, or says not where it lies.
    """
    image = NiftiImage.read(path)
    if not image.placed:
        message = "neither its sform nor its qform says where it lies in the patient"
        raise UnreadableInput("no-geometry", message, path=path)
    return labels_of([image.values(frame) for frame in range(image.frames)], image.grid, names or {}, path)


def labels_of(layers: Sequence[NDArray[Any]], grid: Grid, names: Mapping[int, str], path: Path) -> Labels:
    """Return what volumes of a mask say; see `read_nifti`.

    Args:
        layers: (D, H, W) each.
        grid: Where they lie.
        names: What the numbers stand for.
        path: Where they came from.

    Raises:
        UnreadableInput: They are no mask.
    """
    masks = _masks(layers, grid, path)
    found = sorted({number for mask in masks for number in mask.numbers()} | set(names))
    if any(number < 1 for number in found):
        raise UnreadableInput("not-a-mask", "a mask has whole numbers from 0", path=path)
    segments = tuple(Segment(number, text := names.get(number, ""), side_in(text)) for number in found)
    return Labels(segments, masks, origin=Origin("nifti", (path,)))


def _masks(layers: Sequence[NDArray[Any]], grid: Grid, path: Path) -> tuple[Mask, ...]:
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
    """
    if not labels.masks:
        raise LabelError("there is no mask to write as NIfTI")
    grid = labels.masks[0].grid
    if not all(mask.grid.is_same(grid) for mask in labels.masks):
        raise LabelError("the masks lie on different grids: move them onto one first")
    if len(labels.masks) == 1 and labels.masks[0].share_of is None:
        values = labels.masks[0].values
    else:
        numbers = range(1, max(one.number for one in labels.segments) + 1)
        values = np.stack([labels.shares(number) for number in numbers])
        if all(mask.share_of is None for mask in labels.masks):
            values = values.astype(np.uint8)
    return NiftiImage.of(values, grid).to_bytes(zipped=zipped)
