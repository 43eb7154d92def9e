"""Rays with NumPy: see `domainaug.kernels.rays`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["joseph", "siddon"]

_BLOCK = 4096
"""Rays at a time: Siddon's way holds every crossing of each in memory."""


def joseph(
    padded: Any, source: Any, corner: Any, across: Any, down: Any, to_mm: Any, out: Any, begin: int, end: int
) -> None:
    """Write the integrals of rows begin to end; the volume's outermost voxels are 0."""
    direction = _directions(source, corner, across, down, begin, end, out.shape[1])
    along = np.abs(direction).argmax(axis=1)
    target = out[begin:end].reshape(-1, 2)
    lengths = np.linalg.norm(direction @ to_mm.T, axis=1)
    for axis in range(3):
        which = np.flatnonzero((along == axis) & (direction[np.arange(len(direction)), along] != 0))
        for start in range(0, len(which), 1 << 18):
            some = which[start : start + (1 << 18)]
            sums = _along(padded, source, direction[some], axis)
            target[some] = sums * (lengths[some] / np.abs(direction[some, axis]))[:, None]


def _along(padded: Any, source: Any, direction: NDArray[np.float64], axis: int) -> NDArray[np.float32]:
    """Return the sums, (rays, 2), over the planes across one axis."""
    planes = np.moveaxis(padded, 2 - axis, 0)  # (along, other, one, 2)
    one, other = [number for number in range(3) if number != axis]
    steps = direction[:, [one, other]] / direction[:, [axis]]
    starts = source[[one, other]] - source[axis] * steps
    ends = np.stack([np.full(len(direction), source[axis]), source[axis] + direction[:, axis]])
    low, high = ends.min(axis=0), ends.max(axis=0)
    sums = np.zeros((len(direction), 2), np.float32)
    size = np.array([planes.shape[2], planes.shape[1]])
    for k in range(len(planes)):
        place = starts + k * steps
        met = (k >= low) & (k <= high) & (place >= 0).all(axis=1) & (place <= size - 1.000001).all(axis=1)
        if not met.any():
            continue
        place = place[met]
        first = np.clip(place.astype(np.int64), 0, size - 2)
        u, v = ((place - first).astype(np.float32).T)[..., None]
        a, b = first.T
        plane = planes[k]
        sums[met] += (
            (1 - u) * (1 - v) * plane[b, a] + u * (1 - v) * plane[b, a + 1]
            + (1 - u) * v * plane[b + 1, a] + u * v * plane[b + 1, a + 1]
        )  # fmt: skip
    return sums


def siddon(
    voxels: Any, source: Any, corner: Any, across: Any, down: Any, to_mm: Any, out: Any, begin: int, end: int
) -> None:
    """Write the lengths of rows begin to end."""
    direction = _directions(source, corner, across, down, begin, end, out.shape[1])
    target = out[begin:end].reshape(-1)
    for start in range(0, len(direction), _BLOCK):
        some = slice(start, start + _BLOCK)
        shares = _shares_inside(voxels, source, direction[some])
        target[some] = shares * np.linalg.norm(direction[some] @ to_mm.T, axis=1)


def _shares_inside(voxels: Any, source: Any, direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each ray that is inside: between two crossings it is in one voxel."""
    sizes = np.array(voxels.shape[::-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        crossings = [(np.arange(size + 1) - source[axis]) / direction[:, [axis]] for axis, size in enumerate(sizes)]
    shares = np.clip(np.nan_to_num(np.concatenate(crossings, axis=1), posinf=1.0, neginf=0.0), 0.0, 1.0)
    shares.sort(axis=1)
    middles = (shares[:, 1:] + shares[:, :-1]) / 2
    found = np.zeros(len(direction))
    index = np.floor(source + middles[..., None] * direction[:, None]).astype(np.int64)
    held = ((index >= 0) & (index < sizes)).all(axis=2)
    x, y, z = np.moveaxis(np.where(held[..., None], index, 0), 2, 0)
    found = np.where(held & (voxels[z, y, x] != 0), shares[:, 1:] - shares[:, :-1], 0.0).sum(axis=1)
    return np.asarray(found, np.float64)


def _directions(
    source: Any, corner: Any, across: Any, down: Any, begin: int, end: int, columns: int
) -> NDArray[np.float64]:
    rows, places = np.arange(begin, end, dtype=np.float64), np.arange(columns, dtype=np.float64)
    ends = corner + rows[:, None, None] * down + places[:, None] * across - source
    return np.asarray(ends.reshape(-1, 3))
