"""Resampling of volumes on NumPy, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.lattice import axis_weights, on_grid
from domainaug.kernels.plain import point as programs
from domainaug.kernels.plain import random
from domainaug.kernels.plain.warp import centered, stored, weights
from domainaug.kernels.point import Bias, Noise, Point
from domainaug.kernels.random import drawn_coarse
from domainaug.kernels.threads import run_slabs
from domainaug.kernels.volume_map import VolumeMap

__all__ = ["TIE", "coordinates", "labels", "volume"]

Array = NDArray[Any]
Places = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
Taps = Iterator[tuple[NDArray[np.float64], tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]]]

TIE = 1e-4
"""Shares of a vote that count as equal: more than what float32 weights are off by."""


def volume(
    source: Array, volume_map: VolumeMap, order: str, fill: float, point: Point | None, out: Array,
    threads: int | None, counts: NDArray[np.int64] | None,
) -> None:  # fmt: skip
    """Resample a volume; arguments as in `domainaug.kernels.resample.resample_volume`, `out` is written."""
    found = np.zeros((len(out), 2), np.int64)
    sides = volume_map.footprint if order == "area" else (1.0, 1.0, 1.0)

    def slab(begin: int, end: int) -> None:
        for z in range(begin, end):
            places = coordinates(volume_map, z)
            values: Array = np.zeros(out.shape[1:])
            for share, at in _taps(places, source.shape, order, sides):
                values += np.where(share == 0, 0, share * source[at])
            values[~_seen(places, volume_map)] = fill
            if point is not None:
                place = _Slice(z, out)
                values = programs.run(point, values[..., None], place, None if counts is None else found[z])[..., 0]
            out[z] = stored(values, out.dtype)

    run_slabs(slab, len(out), threads)
    if counts is not None:
        counts += found.sum(axis=0)


def labels(source: Array, volume_map: VolumeMap, order: str, fill: int, out: Array, threads: int | None) -> None:
    """Resample labels; arguments as in `domainaug.kernels.resample.resample_labels`, `out` is written."""

    def slab(begin: int, end: int) -> None:
        for z in range(begin, end):
            places = coordinates(volume_map, z)
            if order == "nearest":
                ((_, at),) = _taps(places, source.shape, order, (1.0, 1.0, 1.0))
                found = source[at]
            else:
                found = _voted(source, places, fill)
            out[z] = np.where(_seen(places, volume_map), found, np.array(fill, source.dtype))

    run_slabs(slab, len(out), threads)


def coordinates(volume_map: VolumeMap, number: int) -> Places:
    """Return where the voxels of an output slice look: x, y and z, each (H, W)."""
    _, height, width = volume_map.shape
    x, y = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)[:, None]
    found = [m[0] * x + (m[1] * y + (m[2] * number + m[3])) for m in volume_map.matrix[:3]]
    if volume_map.mesh is not None:
        along = (np.array([number], np.float64), y[:, 0], x)
        grid = zip(along, volume_map.shape, volume_map.mesh.shape[1:], strict=True)
        knots = [axis_weights(a, n, g) for a, n, g in grid]
        moved = on_grid(volume_map.mesh, (knots[0], knots[1], knots[2]))[:, 0]
        found = [f + m for f, m in zip(found, moved, strict=True)]
    return found[0], found[1], found[2]


def _seen(places: Places, volume_map: VolumeMap) -> NDArray[np.bool_]:
    """Return which places are inside the frame, by ITK's rule."""
    if volume_map.border == "replicate":
        return np.ones(places[0].shape, np.bool_)
    inside = [(p >= -0.5) & (p < n - 0.5) for p, n in zip(places, volume_map.frame[::-1], strict=True)]
    return inside[0] & inside[1] & inside[2]


def _taps(places: Places, shape: tuple[int, ...], order: str, sides: tuple[float, float, float]) -> Taps:
    """Yield each voxel of the neighborhood with its weight; beyond the frame the outermost voxels go on."""
    x, y, z = (
        weights(np.clip(p, 0, n - 1), order, side) for p, n, side in zip(places, shape[::-1], sides, strict=True)
    )
    depth, height, width = shape
    for k, wz in z:
        slices = np.clip(k, 0, depth - 1)
        for j, wy in y:
            rows = np.clip(j, 0, height - 1)
            for i, wx in x:
                yield wz * wy * wx, (slices, rows, np.clip(i, 0, width - 1))


def _voted(source: Array, places: Places, fill: int) -> NDArray[np.int64]:
    taps = list(_taps(places, source.shape, "linear", (1.0, 1.0, 1.0)))
    votes = np.stack([source[at].astype(np.int64) for _, at in taps])
    shares = np.stack([share for share, _ in taps])
    support = np.stack([np.where(votes == vote, shares, 0).sum(axis=0) for vote in votes])
    last = np.iinfo(np.int64).max
    elected = np.where(votes == fill, last, votes)
    elected[support < support.max(axis=0) - TIE] = last
    best = elected.min(axis=0)  # the background wins only where no label is as strong
    return np.where(best == last, fill, best)


class _Slice:
    """Slice `number` of an output (D, H, W), as (H, W, 1)."""

    def __init__(self, number: int, out: Array) -> None:
        self._number, self._shape, self._coarse = number, out.shape, drawn_coarse(out.dtype)

    def bias(self, op: Bias) -> Array:
        depth, height, width = self._shape
        return programs.bias_field(
            op, centered(width)[:, None], centered(height)[:, None, None], centered(depth)[self._number]
        )

    def normals(self, op: Noise) -> Array:
        _, height, width = self._shape
        drawn = np.empty((height, width, 1), np.float32)
        first = self._number * drawn.size
        row = random.coarse_normal_row if self._coarse else random.normal_row
        row(drawn.reshape(-1), drawn.size, op.key & 0xFFFFFFFF, op.key >> 32, op.stream, first)
        return drawn
