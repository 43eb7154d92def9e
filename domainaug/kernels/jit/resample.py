"""Resampling of volumes, compiled; the same functions as `domainaug.kernels.plain.resample`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit.point import ROOM, pack
from domainaug.kernels.jit.quads import ONES
from domainaug.kernels.jit.resample_labels import vote_rows
from domainaug.kernels.jit.resample_linear import linear_rows
from domainaug.kernels.jit.resample_nearest import nearest_rows
from domainaug.kernels.jit.resample_rows import SPAN, cut, room
from domainaug.kernels.jit.resample_taps import taps_rows
from domainaug.kernels.jit.warp import points
from domainaug.kernels.point import Point
from domainaug.kernels.threads import run_slabs
from domainaug.kernels.volume_map import VolumeMap
from domainaug.kernels.whole import held as held_within

__all__ = ["labels", "volume"]

Array = NDArray[Any]


def volume(
    source: Array, volume_map: VolumeMap, order: str, fill: float, point: Point | None, out: Array,
    threads: int | None, counts: NDArray[np.int64] | None,
) -> None:  # fmt: skip
    """Resample a volume; arguments as in `domainaug.kernels.resample.resample_volume`, `out` is written."""
    if order == "nearest":
        _nearest(source, volume_map, fill, point, out, threads, counts)
        return
    mesh, edges = cut(volume_map)
    level = not volume_map.matrix[2, :2].any() and (volume_map.mesh is None or not volume_map.mesh[2].any())
    held, fill_value = volume_map.border == "replicate", np.float32(fill)
    codes, numbers = pack(point, 1, out.dtype, out.size)
    frame, ends, flat = np.array(source.shape, np.int64), _ends(out.dtype), _flat(source)
    sides = np.array(volume_map.footprint if order == "area" else (0.0, 0.0, 0.0))
    shape = np.array(out.shape, np.int64)
    totals: list[NDArray[np.int64]] = []

    def slab(begin: int, end: int) -> None:
        found = np.zeros(0 if counts is None or point is None else 2, np.int64)
        program = (ends, shape, point is not None, codes, numbers, found)
        rows = (flat, frame, out, begin, end, volume_map.matrix, mesh, edges)
        if order == "linear":
            share, values, spare = (np.empty(n, np.float32) for n in ((3, SPAN), SPAN, ROOM))
            pairs = np.empty((4, SPAN), f"i{2 * source.itemsize}")
            space = (*_places(source), share, pairs, pairs.view(source.dtype), values, spare)
            linear_rows(*rows, bool(level), held, fill_value, *program, *room(mesh, edges), *space)
        else:
            taps_rows(*rows, sides, held, fill_value, *program)
        totals.append(found)

    run_slabs(slab, out.shape[0] * out.shape[1], threads, least=16)
    if counts is not None and point is not None:
        counts += np.sum(totals, axis=0)


def _nearest(
    source: Array, volume_map: VolumeMap, fill: float, point: Point | None, out: Array, threads: int | None,
    counts: NDArray[np.int64] | None,
) -> None:  # fmt: skip
    """Move values as if they were labels; then the program, in a pass of its own."""
    bits = f"i{source.itemsize}"
    outside = int(held_within(np.array(fill), source.dtype).view(bits))
    labels(source.view(bits), volume_map, "nearest", outside, out.view(bits), threads)
    if point is not None:
        points(out[..., None], point, out[..., None], threads, counts)


def labels(source: Array, volume_map: VolumeMap, order: str, fill: int, out: Array, threads: int | None) -> None:
    """Resample labels; arguments as in `domainaug.kernels.resample.resample_labels`, `out` is written."""
    mesh, edges = cut(volume_map)
    held = volume_map.border == "replicate"
    frame = np.array((*source.shape, *out.shape), np.int64)
    bits = f"u{source.itemsize}"  # they are copied, whatever they mean
    least = int(np.iinfo(source.dtype).min) if source.dtype.kind == "i" else 0
    background, to, flat = np.array(fill, source.dtype).view(bits)[()], out.view(bits), _flat(source.view(bits))
    ones = ONES[source.itemsize]

    def slab(begin: int, end: int) -> None:
        rows = (begin, end, volume_map.matrix, mesh, edges, held)
        index, seen = _places(source)
        if order == "nearest":
            nearest_rows(flat, frame, to, *rows, background, *room(mesh, edges), index, seen)
        else:
            vote_rows(flat, frame, to.reshape(-1), *rows, fill - least, -least, ones, index)

    run_slabs(slab, out.shape[0] * out.shape[1], threads, least=16)


def _flat(source: Array) -> Array:
    """Return a volume as one row; of width 1 with one value more, as pairs are read whose second one never counts."""
    flat = source.reshape(-1)
    return flat if source.shape[2] > 1 else np.append(flat, flat[-1])


def _places(source: Array) -> tuple[Array, Array]:
    """Return where indices of a volume go, counted in 64 bits where 32 are too few, and what is seen."""
    return np.empty(SPAN, _index_type(source)), np.empty(SPAN, np.int32)


def _index_type(source: Array) -> type[np.int32] | type[np.int64]:
    return np.int32 if source.size < 2**31 else np.int64


def _ends(dtype: np.dtype[Any]) -> NDArray[np.float32]:
    """Return what `store` holds values within."""
    held = (-np.inf, np.inf) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.array(held, np.float32)
