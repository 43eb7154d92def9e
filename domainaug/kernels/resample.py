"""Volumes and label masks through a `VolumeMap`, with a `Point` program in the same pass.

    resample_volume   images: interpolated once, then the program, then rounded once to the type
    resample_labels   integer masks: the nearest voxel, or a vote of the eight around

At a constant border this does what ITK does: a place outside [-0.5, n - 0.5) along an axis shows the fill; one
inside it is clamped to [0, n - 1] before it is interpolated, so that an edge is sharp and half a voxel out.

NaN in a floating volume reaches the voxels it has a share in, and no integer result. A result does not depend on
the number of threads. Against SimpleITK's linear resampling of the same transform: at most 0.01 of 1000 off for
floats, one level for integers, which ITK truncates and we round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from domainaug.errors import ImageError, LabelError, UnknownName
from domainaug.kernels.checks import check_array, check_out
from domainaug.kernels.engine import loops
from domainaug.kernels.point import Point
from domainaug.kernels.volume_map import VolumeMap
from domainaug.kernels.whole import held

__all__ = ["WARMUP", "LabelOrder", "VolumeOrder", "resample_labels", "resample_volume"]

Array = NDArray[Any]
VolumeOrder = Literal["nearest", "linear", "cubic", "area"]
"""How to interpolate; "cubic" is Keys (1981) with a = -0.75, "area" averages the box one output voxel sees."""
LabelOrder = Literal["nearest", "vote"]

_ORDERS = ("nearest", "linear", "cubic", "area")
_LABEL_ORDERS = ("nearest", "vote")
_VOLUMES = (np.int16, np.uint16, np.uint8, np.float32)
_MASKS = (np.uint8, np.int16, np.uint16, np.int32, np.bool_)
_SLACK = 1e-6  # voxels


def resample_volume(
    volume: Array,
    volume_map: VolumeMap,
    *,
    order: VolumeOrder = "linear",
    fill: float = 0.0,
    point: Point | None = None,
    out: Array | None = None,
    threads: int | None = None,
    counts: NDArray[np.int64] | None = None,
) -> Array:
    """Return a volume as a map shows it.

    Args:
        volume: (D, H, W) int16, uint16, uint8 or float32. A map that moves whole voxels takes any type, when there
            is no program.
        volume_map: Where output voxels look; its frame is (D, H, W).
        order: How to interpolate.
        fill: What lies outside a constant border, in the unit of the values.
        point: What happens to each value, the fill's too, before it is rounded. Noise is drawn by the place in the
            output.
        out: Array for the result, or None for a new one.
        threads: How many at most; None decides as `threads.thread_count` does.
        counts: (2,) int64 or None. Added to: values outside [low, high] on entry of a clipping program; values at
            an end of the range after the program, less those before it.

    Returns:
        (D', H', W') in the type of the volume.

    Raises:
        ImageError: A type, shape or size that has no kernel, a map for another frame, or one that folds.
        UnknownName: No order has this name.
    """
    if order not in _ORDERS:
        raise UnknownName("order of interpolation", order, _ORDERS)
    if point is not None:
        point.check(1)
    source, result, done = _prepared(volume, volume_map, fill, out, _VOLUMES, point is None, ImageError)
    if not done:
        reach = order if order != "area" or max(volume_map.footprint) > 1 else "linear"
        loops("resample").volume(source, volume_map, reach, float(fill), point, result, threads, counts)
    return result


def resample_labels(
    labels: Array,
    volume_map: VolumeMap,
    *,
    order: LabelOrder = "nearest",
    fill: int = 0,
    out: Array | None = None,
    threads: int | None = None,
) -> Array:
    """Return a mask of labels as a map shows it, in one pass however many labels there are.

    Args:
        labels: (D, H, W) uint8, int16, uint16, int32 or bool. A map that moves whole voxels takes any type.
        volume_map: Where output voxels look; its frame is (D, H, W).
        order: "nearest": the label of the nearest voxel, at .5 the later one, as SimpleITK has it. "vote": the
            eight voxels around vote with the weights of linear interpolation; ties, within 1e-4, go to labels
            over background and to the low label over the high one.
        fill: What lies outside a constant border; also the label of the background.
        out: Array for the result, or None for a new one.
        threads: As in `resample_volume`.

    Raises:
        LabelError: A type, shape or size that has no kernel, a fill the type does not hold, a map for another
            frame, or one that folds.
        UnknownName: No order has this name.
    """
    if order not in _LABEL_ORDERS:
        raise UnknownName("order for labels", order, _LABEL_ORDERS)
    source, result, done = _prepared(labels, volume_map, fill, out, _MASKS, True, LabelError)
    if not done:
        loops("resample").labels(source, volume_map, order, int(fill), result, threads)
    return result


def _prepared(
    array: Array,
    volume_map: VolumeMap,
    fill: float,
    out: Array | None,
    legal: tuple[DTypeLike, ...],
    copies: bool,
    error: type[Exception],
) -> tuple[Array, Array, bool]:
    """Check what came in; return the source, the array for the result, and whether it is the result already."""
    axes = _whole_axes(volume_map) if copies else None
    types = (array.dtype,) if axes is not None and isinstance(array, np.ndarray) else legal
    name = "volume" if error is ImageError else "mask"
    source = check_array(array, name, dtypes=types, ndim=3, planes=1, error=error)
    if source.shape != volume_map.frame:
        raise error(f"the map is for a {volume_map.frame} volume and this one is {source.shape}, as (D, H, W)")
    if error is LabelError and held(np.array(fill), source.dtype) != fill:
        raise error(f"fill={fill!r} is no {source.dtype}, the type of the mask: choose a label it can hold")
    if volume_map.folds():
        raise error("the map's mesh folds, so that one place would be shown twice: make its displacements smaller")
    result = check_out(out, volume_map.shape, source.dtype, sources=(source,), planes=1, error=error)
    if axes is None:
        return source, result, False
    _copied(source, volume_map, axes, held(np.array(fill), source.dtype), result)
    return source, result, True


def _whole_axes(volume_map: VolumeMap) -> list[tuple[int, int, int]] | None:
    """Return the input axis, step and start of each output axis z, y, x; None if voxels are cut."""
    if volume_map.mesh is not None and volume_map.mesh.any():
        return None
    linear, start = volume_map.matrix[2::-1, 2::-1], volume_map.matrix[2::-1, 3]
    turn = np.rint(linear)
    near = _SLACK / max(volume_map.shape)
    if not (np.abs(linear - turn).max() < near and np.abs(start - np.rint(start)).max() < _SLACK):
        return None
    if any(not np.array_equal(np.abs(turn).sum(axis=axis), (1, 1, 1)) for axis in (0, 1)):
        return None
    sources = np.abs(turn).argmax(axis=0)
    return [(int(s), int(turn[s, axis]), round(float(start[s]))) for axis, s in enumerate(sources)]


def _copied(source: Array, volume_map: VolumeMap, axes: list[tuple[int, int, int]], fill: Array, out: Array) -> None:
    """Copy whole voxels to where they belong."""
    turned = source.transpose([s for s, _, _ in axes])
    places = [step * np.arange(n) + start for n, (_, step, start) in zip(out.shape, axes, strict=True)]
    if volume_map.border == "replicate":
        z, y, x = (np.clip(p, 0, n - 1) for p, n in zip(places, turned.shape, strict=True))
        out[...] = turned[np.ix_(z, y, x)]
        return
    there, read = [], []
    for position, n, (_, step, _) in zip(places, turned.shape, axes, strict=True):
        inside = np.flatnonzero((position >= 0) & (position < n))
        if not len(inside):
            out[...] = fill
            return
        first, last = int(position[inside[0]]), int(position[inside[-1]]) + step
        there.append(slice(int(inside[0]), int(inside[-1]) + 1))
        read.append(slice(first, last if last >= 0 else None, step))
    if any(part.stop - part.start < n for part, n in zip(there, out.shape, strict=True)):
        out[...] = fill
    out[tuple(there)] = turned[tuple(read)]


def _warm_volume(dtype: DTypeLike, order: VolumeOrder = "linear") -> Callable[[], None]:
    def warm() -> None:
        turned = VolumeMap.from_physical((2, 4, 4), 1.0, (0.0, 0.0, 5.0), 0.5)
        resample_volume(np.zeros((2, 4, 4), dtype), turned, order=order, threads=1)

    warm.__name__ = f"{order}_{np.dtype(dtype).name}"
    return warm


def _warm_labels(dtype: DTypeLike, order: LabelOrder) -> Callable[[], None]:
    def warm() -> None:
        turned = VolumeMap.from_physical((2, 4, 4), 1.0, (0.0, 0.0, 5.0))
        resample_labels(np.zeros((2, 4, 4), dtype), turned, order=order, threads=1)

    warm.__name__ = f"{order}_labels_{np.dtype(dtype).name}"
    return warm


WARMUP = (
    *(_warm_volume(dtype) for dtype in _VOLUMES),
    *(_warm_volume(dtype, "area") for dtype in _VOLUMES),
    *(_warm_labels(dtype, "nearest") for dtype in (np.uint8, np.uint16, np.int32)),
    *(_warm_labels(dtype, "vote") for dtype in _MASKS[:4]),
)
"""What `domainaug.kernels.engine.warmup` runs: every loop of this file, for every type."""
