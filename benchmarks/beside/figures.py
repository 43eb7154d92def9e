"""What is measured of a copy: one property of the physics for each transform, the same for all who do it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.beside.brain import BODY, SPACING

__all__ = ["Figure", "air", "bias", "folding", "negative", "noise_left", "stays_put"]

Array = NDArray[np.float64]
Figure = Callable[[Array, Array], tuple[float, ...]]


def air(std: float) -> Figure:
    """Return mean and standard deviation of air, as shares of that of the noise: Rayleigh's are 1.253 and 0.655."""

    def measured(before: Array, after: Array) -> tuple[float, ...]:
        values = after[before == 0]
        return float(values.mean() / std), float(values.std() / std)

    return measured


def bias(before: Array, after: Array) -> tuple[float, ...]:
    """Return the largest over the smallest factor in tissue, and how far its logarithm is from a cubic, at most."""
    body = before > BODY
    log = np.log(np.maximum(after[body], 1e-6) / before[body])
    z, y, x = (
        2 * each[body] / (size - 1) - 1 for each, size in zip(np.indices(before.shape), before.shape, strict=True)
    )
    terms = [x**i * y**j * z**k for i in range(4) for j in range(4 - i) for k in range(4 - i - j)]
    basis = np.column_stack(terms)
    fit = basis @ np.linalg.lstsq(basis, log, rcond=None)[0]
    return float(np.exp(log.max() - log.min())), float(np.abs(log - fit).max())


def stays_put(before: Array, after: Array) -> tuple[float, ...]:
    """Return by how many mm the copy lies beside its labels: where its correlation with the source is highest."""
    spectrum = np.fft.fftn(after - after.mean()) * np.conj(np.fft.fftn(before - before.mean()))
    correlation = np.fft.fftshift(np.fft.ifftn(spectrum).real)
    peak = np.unravel_index(correlation.argmax(), correlation.shape)
    offset = []
    for axis, middle in enumerate(peak):  # the top of a parabola through three places along each axis
        near = [correlation[(*peak[:axis], middle + step, *peak[axis + 1 :])] for step in (-1, 0, 1)]
        bend = near[0] - 2 * near[1] + near[2]
        offset.append(middle - before.shape[axis] // 2 + 0.5 * (near[0] - near[2]) / bend)
    return (float(np.linalg.norm(np.array(offset) * SPACING)),)


def negative(before: Array, after: Array) -> tuple[float, ...]:
    """Return the share of voxels below 0, which no magnitude is, and the sum of values as a share of that before."""
    return float((after < -1e-3).mean()), float(after.sum() / before.sum())


def noise_left(before: Array, after: Array) -> tuple[float, ...]:
    """Return the standard deviation that is left of white noise; a mean of n rows leaves 1 / sqrt(n), or less."""
    inner = (slice(2, -2), slice(8, -8), slice(8, -8))
    return (float(after[inner].std() / before[inner].std()),)


def folding(_before: Array, places: Array) -> tuple[float, ...]:
    """Return the smallest Jacobian determinant of a map, and its 99th percentile of displacement in mm.

    Args:
        places: (3, slices, rows, columns): where each voxel came from, in voxels; NaN where that is outside.
    """
    grid = np.indices(places.shape[1:])
    moved = np.linalg.norm((places - grid) * np.array(SPACING)[:, None, None, None], axis=0)
    turn = np.stack([np.stack(np.gradient(each), -1) for each in places], -2)
    with np.errstate(invalid="ignore"):
        volume = np.linalg.det(turn)
    known = np.isfinite(volume)
    return float(volume[known].min()), float(np.quantile(moved[np.isfinite(moved)], 0.99))
