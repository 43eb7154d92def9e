"""Control points of a smooth displacement: how many, how far they may go, and drawing them.

A lattice is a cubic B-spline over the frame (Rueckert et al. 1999, IEEE Trans. Med. Imaging 18:712): with n
control points along an axis there are n - 3 cells across it, from the middle of the first pixel to that of the
last. Arrays of control points are (d, ..., ny, nx) with the components x, y and z first, in pixels; an output
pixel looks at its own place plus the displacement there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.lattice import axis_weights
from domainaug.kernels.volume_map import VolumeMap

__all__ = ["MOST_OF_A_CELL", "as_volume", "cells", "control_points", "looked_at", "reduced"]

Array = NDArray[np.float64]
Control = NDArray[np.float32]

MOST_OF_A_CELL = {2: 0.48, 3: 0.40}
"""How far a control point may go along each axis, in cells, so that nothing folds; by number of axes.

The mapping is one to one while no component exceeds 1 / 2.0464 of a cell in the plane and 1 / 2.4795 in space
(Choi and Lee 2000, Graphical Models 62:411), which Rueckert et al. 2006 (MICCAI, LNCS 4191:702) round to these.
"""


def cells(shape: Sequence[int], counts: Sequence[int]) -> Array:
    """Return the side of a cell along each axis, in pixels and in the order of the axes; 0 where there is one pixel.

    Args:
        shape: Of the frame, (..., height, width).
        counts: Control points along each axis.
    """
    return np.array([(size - 1) / (count - 3) for size, count in zip(shape, counts, strict=True)])


def control_points(
    generator: np.random.Generator, counts: Sequence[int], reach: Sequence[float] | Array, locked: int
) -> Control:
    """Draw control points, each component evenly within its reach.

    Args:
        generator: The chance.
        counts: Control points along each axis, (..., ny, nx).
        reach: The largest component along each axis, in pixels and in the same order.
        locked: How many outer layers stay where they are.

    Returns:
        (d, ..., ny, nx) float32.
    """
    drawn = generator.uniform(-1.0, 1.0, (len(counts), *counts))
    free = np.zeros(counts)
    free[tuple(slice(locked, count - locked) for count in counts)] = 1.0
    along = np.asarray(reach, np.float64)[::-1].reshape(-1, *(1,) * len(counts))
    return np.asarray(drawn * free * along, np.float32)


def as_volume(control: Control, shape: Sequence[int]) -> VolumeMap:
    """Return the map of a volume, or of a picture taken for a volume of one slice.

    Args:
        control: (3, nz, ny, nx), or (2, ny, nx).
        shape: (depth, height, width), or (height, width).
    """
    if len(shape) == 2:
        flat = np.concatenate([control, np.zeros_like(control[:1])])
        control, shape = np.repeat(flat[:, None], 4, axis=1), (1, *shape)
    whole = (int(shape[0]), int(shape[1]), int(shape[2]))
    return VolumeMap(whole, np.eye(4), whole, control)


def reduced(control: Control, shape: Sequence[int], side: int) -> tuple[Control, tuple[int, ...]]:
    """Return the same bend of a smaller picture, whose longer side has at most so many pixels.

    Args:
        control: (2, ny, nx), or (3, nz, ny, nx).
        shape: (height, width), or (depth, height, width).
        side: Pixels.
    """
    factor = min(1.0, side / max(shape[-2:]))
    smaller = (*shape[:-2], *(max(1, round(size * factor)) for size in shape[-2:]))
    if smaller == tuple(shape):
        return control, smaller
    along = [(new - 1) / max(old - 1, 1) for new, old in zip(smaller, shape, strict=True)][::-1]
    return np.asarray(control * np.reshape(along, (-1, *(1,) * len(shape))), np.float32), smaller


def looked_at(control: Control, shape: Sequence[int], slice_at: float = 0.0) -> tuple[Array, Array]:
    """Return the column and the row that each pixel of a picture or of one slice looks at, (height, width) each.

    Args:
        control: (2, ny, nx), or (3, nz, ny, nx), of which what crosses slices is left out.
        shape: (height, width), or (depth, height, width).
        slice_at: Which slice.
    """
    height, width = shape[-2:]
    plane = control[:2].astype(np.float64)
    if control.ndim == 4:
        plane = np.einsum("k,ckyx->cyx", axis_weights(np.array([slice_at]), shape[0], control.shape[1])[0], plane)
    down, across = np.arange(height, dtype=np.float64), np.arange(width, dtype=np.float64)
    x, y = axis_weights(down, height, plane.shape[1]) @ plane @ axis_weights(across, width, plane.shape[2]).T
    return x + across, y + down[:, None]
