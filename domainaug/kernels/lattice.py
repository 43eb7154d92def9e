"""Cubic B-spline lattices: a smooth displacement of a whole volume, given by a few hundred numbers.

A lattice (3, gz, gy, gx) holds displacements along x, y and z at its control points. Its knots are evenly spaced
over the grid it belongs to: along an axis of n voxels there are g - 3 cells, the first beginning at index 0 and
the last ending at n - 1 (Rueckert et al. 1999, free-form deformations). Beyond the grid the outermost control
points go on, so that the displacement stays smooth and bounded everywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["axis_weights", "fit", "lookup", "on_grid"]

Array = NDArray[np.float64]
Shape = tuple[int, int, int]

_REACH = 4  # control points to put around a lattice so that what lies beyond it is constant
_MOST_CELLS = 96
_PROBES = 4096


def axis_weights(positions: Array, n: int, control: int, *, slope: bool = False) -> Array:
    """Return what each control point of an axis counts at each position.

    Args:
        positions: (P,) indices along the axis, inside or outside of it.
        n: Voxels along the axis.
        control: Control points along it, 4 or more.
        slope: Return the derivative by the position instead.

    Returns:
        (P, control) float64.
    """
    pace = (control - 3) / max(n - 1, 1)
    along = np.asarray(positions, np.float64) * pace
    cell = np.floor(along)
    t = along - cell
    if slope:
        taps = np.stack([-((1 - t) ** 2) / 2, t * (3 * t - 4) / 2, (1 + t * (2 - 3 * t)) / 2, t * t / 2]) * pace
    else:
        taps = np.stack(
            [(1 - t) ** 3 / 6, (4 + t * t * (3 * t - 6)) / 6, (1 + t * (3 + t * (3 - 3 * t))) / 6, t**3 / 6]
        )
    weights = np.zeros((len(t), control))
    rows = np.arange(len(t))
    for k in range(4):
        np.add.at(weights, (rows, np.clip(cell.astype(np.int64) + k, 0, control - 1)), taps[k])
    return weights


def on_grid(lattice: NDArray[np.float32], weights: tuple[Array, Array, Array]) -> Array:
    """Return the displacement on a grid: (3, Pz, Py, Px), from weights along z, y and x."""
    z, y, x = weights
    along_x = np.tensordot(lattice.astype(np.float64), x, (3, 1))  # (3, gz, gy, Px)
    along_y = np.tensordot(along_x, y, (2, 1))  # (3, gz, Px, Py)
    return np.ascontiguousarray(np.tensordot(along_y, z, (1, 1)).transpose(0, 3, 2, 1))


def lookup(lattice: NDArray[np.float32], shape: Shape, points: Array) -> Array:
    """Return the displacement (N, 3) at points (N, 3), both as (x, y, z), of a lattice over a grid of `shape`."""
    from scipy.ndimage import map_coordinates

    pace = np.array([(g - 3) / max(n - 1, 1) for g, n in zip(lattice.shape[1:], shape, strict=True)])
    places = (np.asarray(points, np.float64)[:, ::-1] * pace + 1 + _REACH).T
    wide = np.pad(lattice.astype(np.float64), ((0, 0), *((_REACH, _REACH),) * 3), mode="edge")
    return np.stack([map_coordinates(c, places, order=3, mode="nearest", prefilter=False) for c in wide], axis=1)


def fit(
    field: Callable[[Array], Array], shape: Shape, cells: tuple[int, int, int], tolerance: float
) -> NDArray[np.float32]:
    """Return a lattice over a grid of `shape` that gives `field` within `tolerance`.

    The lattice meets the field at its knots; it is compared at 4 096 other places, and cells are made smaller
    until the largest difference is within the tolerance.

    Args:
        field: Takes points (N, 3) to displacements (N, 3), as (x, y, z).
        shape: (D, H, W).
        cells: Along z, y and x, to begin with.
        tolerance: Largest difference, in the unit of the displacement.

    Raises:
        ValueError: The field needs more than 96 cells along an axis.
    """
    probes = _spread(_PROBES) * (np.array(shape[::-1]) - 1.0)
    expected = field(probes)
    while True:
        lattice = _met(field, shape, cells)
        error = float(np.abs(lookup(lattice, shape, probes) - expected).max())
        if error <= tolerance:
            return lattice
        growth = min(max((error / tolerance) ** (1 / 3), 1.1), 3.0)  # what a smooth field gains, see de Boor 1978
        finer = tuple(min(int(np.ceil(c * growth)), max(n - 1, 1)) for c, n in zip(cells, shape, strict=True))
        if finer == cells or max(finer) > _MOST_CELLS:
            raise ValueError(
                f"a displacement over {shape} voxels cannot be joined with what follows within {tolerance} voxel "
                f"(cells {cells} are off by {error:.2g}): resample in two passes, or use fewer control points"
            )
        cells = (finer[0], finer[1], finer[2])


def _met(field: Callable[[Array], Array], shape: Shape, cells: tuple[int, int, int]) -> NDArray[np.float32]:
    """Return the lattice of so many cells that meets the field at its knots, and within the outermost cells."""
    at = [_sites(n, c) for n, c in zip(shape, cells, strict=True)]
    z, y, x = np.meshgrid(*at, indexing="ij")
    values = field(np.stack([x, y, z], axis=-1).reshape(-1, 3)).T.reshape(3, *z.shape)
    for axis, (positions, n, c) in enumerate(zip(at, shape, cells, strict=True), start=1):
        solved = np.linalg.pinv(axis_weights(positions, n, c + 3))
        values = np.moveaxis(np.tensordot(values, solved, (axis, 1)), -1, axis)
    return np.ascontiguousarray(values, np.float32)


def _sites(n: int, cells: int) -> Array:
    """Return as many positions along an axis as there are control points: all knots, and two that tie the ends."""
    ends = [0.5, cells - 0.5] if cells > 1 else [1 / 3, 2 / 3]
    return np.sort(np.append(np.arange(cells + 1.0), ends)) * (n - 1) / cells if n > 1 else np.zeros(1)


def _spread(count: int) -> Array:
    """Return points (count, 3) spread evenly over the unit cube, its corners among them (Roberts' R3 sequence)."""
    root = 1.2207440846057596  # of x**4 = x + 1
    inside = np.outer(np.arange(1, count - 7), root ** -np.arange(1.0, 4.0)) % 1
    return np.concatenate([np.indices((2, 2, 2)).reshape(3, -1).T, inside])
