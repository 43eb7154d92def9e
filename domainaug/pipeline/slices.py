"""A volume a few slices at a time: one draw for all of them, where a single pass that keeps slices is all there is.

A step draws without seeing a pixel, so the whole call can be drawn for a volume that nobody holds. When what was
drawn is one map of a slice and one program, any slices can be taken through it, in any order, and come out as they
would in the call on the whole volume, bit for bit. Everything else is left to that call.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations.streams import Streams
from domainaug._albumentations.tree import plan
from domainaug.kernels import whole
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.point import Point
from domainaug.kernels.warp import apply_point, warp
from domainaug.pipeline.guards import quiet
from domainaug.pipeline.passes import Passes
from domainaug.pipeline.pending import Pending
from domainaug.pipeline.pictures import refusing
from domainaug.pipeline.pipeline import Pipeline
from domainaug.pipeline.ranges import check_range, check_spacing, resolve_values
from domainaug.pipeline.record import Log
from domainaug.pipeline.state import State

__all__ = ["SlicePass", "drawn_for_slices"]

Array = NDArray[Any]

_TYPES = frozenset(map(np.dtype, ("int16", "float32")))
"""What volumes are shown in, as far as kernels take it."""


class SlicePass:
    """What a call of a pipeline does to every slice of a volume; its pipeline's record tells of it."""

    def __init__(self, pending: Pending, point: Point | None, state: State, depth: int, counted: bool) -> None:
        """Begin.

        Args:
            pending: The pass.
            point: Its program.
            state: The state of the call.
            depth: Slices of the volume.
            counted: Whether the program holds values of any other range than its own.
        """
        self._pending, self._point, self._state, self._depth = pending, point, state, depth
        self._counted = counted
        self._at_ends = 0
        self._guard = threading.Lock()

    def __call__(self, first: int, slices: Array) -> Array:
        """Return some slices after the pass; can be called from several threads.

        Args:
            first: The place of the first of them in the volume.
            slices: (n, rows, columns); may be changed.

        Raises:
            ImageError: They are of a type or shape that has no kernel.
        """
        pending = self._pending
        point = None if self._point is None else replace(self._point, part=(first, self._depth))
        counts = np.zeros(2, np.int64) if self._counted else None
        geometry = pending.geometry
        with refusing(pending.leaf, lambda: f"slices {slices.dtype} {slices.shape}"):
            if isinstance(geometry, PixelMap):
                order, fill = pending.order or "nearest", pending.fill or 0.0
                slices = warp(slices, geometry, order=order, fill=fill, point=point, stack=True, counts=counts)
            elif point is not None:
                slices = apply_point(slices, point, channels_last=False, out=slices, counts=counts)
        if counts is not None:
            with self._guard:
                self._note(counts)
        return slices

    def _note(self, counts: NDArray[np.int64]) -> None:
        log = self._state.log
        log.clipped += int(counts[0])
        self._at_ends += int(counts[1])
        log.saturated = max(0, self._at_ends)


def drawn_for_slices(
    pipeline: Pipeline,
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    *,
    key: str,
    copy: int,
    part: int = 0,
    value_range: tuple[float, float],
    fill: float | None,
    spacing: Sequence[float] | None,
    told: Mapping[str, str] = MappingProxyType({}),
) -> SlicePass | None:
    """Draw the call `pipeline(volume=..., key=key, copy=copy, ...)` ahead, if it can be made a few slices at a time.

    Args:
        pipeline: The pipeline; its record is then that of this call, whole when all slices have been through.
        shape: (slices, rows, columns) of the volume.
        dtype: Its type.
        key: As in the call.
        copy: Likewise.
        part: Likewise.
        value_range: Likewise.
        fill: Likewise.
        spacing: Likewise.
        told: What a header says besides, likewise.

    Returns:
        The pass, or None where there is more to do, which the call itself does, with the same draws.

    Raises:
        DomainAugError: As the call.
    """
    if not pipeline.fused or dtype not in _TYPES:
        return None
    blank = np.broadcast_to(np.zeros((), dtype), shape)  # as large as the volume, and without pixels
    outside = pipeline.fill if fill is None else float(fill)
    ends = check_range(value_range, "the call")
    values = resolve_values(blank, None, value_range=ends, fill=outside, profile=pipeline.profile)
    draw = pipeline._draw(key, copy)
    log = Log(draw, value_range=ends, fill=values.fill)
    state = State({"volume": blank, **told}, {"volume": "volume"}, values, check_spacing(spacing), {}, log, dict)
    passes = _OnePass(state)
    with quiet() if pipeline._talks else nullcontext():
        try:
            joined = all(passes.join(step) for step in plan(pipeline, Streams(draw.entropy, part)))
        except _TwoPasses:
            return None
    found = passes.slice_pass(shape) if joined else None
    if found is not None:
        pipeline._log = log
    return found


class _TwoPasses(Exception):
    """What waits would have to run before the next step can be drawn."""


class _OnePass(Passes):
    """Steps that are drawn, and run later and elsewhere."""

    def run(self) -> None:
        """Give up."""
        raise _TwoPasses

    def slice_pass(self, shape: tuple[int, int, int]) -> SlicePass | None:
        """Return what has joined, if it keeps slices in their places and needs none but them."""
        state, pending = self._state, self._pending
        geometry, point = pending.geometry, self._program(pending)
        if geometry is not None and not (isinstance(geometry, PixelMap) and geometry.shape == shape[1:]):
            return None
        interpolates = geometry is not None and not whole.moves_whole(geometry)
        if point is not None and point.is_curve and not interpolates:
            return None  # a table of the whole volume's values is made once for all
        counted = point is not None and pending.clips and not state.unit and not state.values.is_unit
        return SlicePass(pending, point, state, shape[0], counted)
