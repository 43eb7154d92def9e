"""DICOM volumes as NIfTI: voxels in the order that dcm2niix gives them, and in the same place.

Rows are written from the bottom up, as programs that read NIfTI expect; slices keep their order along the normal.
Values are physical (HU), in 16-bit integers where they are whole numbers. No element of a DICOM header goes along but
geometry.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.medical.grid import Grid
from domainaug.medical.labels.model import Labels, Mask
from domainaug.medical.labels.moving import filled
from domainaug.medical.nifti import NiftiImage

__all__ = ["image_of", "label_map"]

_HALF = 0.5  # of a voxel, from which on it belongs to what a contour encloses


def image_of(values: NDArray[Any], grid: Grid) -> NiftiImage:
    """Return a volume as NIfTI.

    Args:
        values: (slices, rows, columns), physical.
        grid: Where they lie.
    """
    depth, rows, columns = grid.shape
    flip = np.diag((1.0, -1.0, 1.0, 1.0))
    flip[1, 3] = rows - 1
    return NiftiImage.of(values[..., ::-1, :], Grid((depth, rows, columns), grid.matrix @ flip))


def label_map(labels: Labels, grid: Grid) -> NiftiImage | None:
    """Return labels as NIfTI: numbers of segments, or a volume for each number where segments overlap or are shares.

    What contours enclose is a voxel's if that is half of it or more. Landmarks have no voxels.

    Args:
        labels: Their masks lie on `grid`.
        grid: That of the image they go with.

    Returns:
        None where there is no voxel.

    Raises:
        LabelError: A mask lies on another grid, or a contour across slices.
    """
    masks = list(labels.masks)
    for number in dict.fromkeys(contour.number for contour in labels.contours if contour.closed):
        own = [one for one in labels.contours if one.closed and one.number == number]
        inside = filled(own, grid) >= _HALF
        masks.append(Mask(grid, np.where(inside, number, 0).astype(_type_for(number))))
    if not any(mask.numbers() for mask in masks):
        return None
    if not all(mask.grid.is_same(grid) for mask in masks):
        raise LabelError("a mask lies on another grid than its image: move it onto that first")
    whole = _joined(masks) if all(mask.share_of is None for mask in masks) else None
    if whole is not None:
        return image_of(whole, grid)
    flat = Labels(labels.segments, tuple(masks))
    shares = [flat.shares(number) for number in range(1, max(one.number for one in labels.segments) + 1)]
    values = np.stack(shares)
    return image_of(values if any(mask.share_of for mask in masks) else values.astype(np.uint8), grid)


def _joined(masks: list[Mask]) -> NDArray[Any] | None:
    """Return masks of numbers as one; None where they overlap."""
    highest = max(max(mask.numbers(), default=0) for mask in masks)
    whole = np.zeros(masks[0].grid.shape, _type_for(highest))
    for mask in masks:
        inside = mask.values != 0
        if whole[inside].any():
            return None
        whole[inside] = mask.values[inside]
    return whole


def _type_for(number: int) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if number < 2**8 else np.uint16 if number < 2**16 else np.uint32
