"""Steps that share a pass: drawn in their turn, carried out together by one map and one program."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug._albumentations.boxes import boxes_and_visibility, follows_map
from domainaug._albumentations.grain import quick_draw
from domainaug._albumentations.leaves import Kind, kind_of
from domainaug._albumentations.tree import Step
from domainaug.errors import LabelError
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.point import MOST_CHANNELS, Point, Posterize
from domainaug.kernels.resample import resample_volume
from domainaug.kernels.volume_map import VolumeMap
from domainaug.kernels.warp import apply_point, warp
from domainaug.pipeline.alone import move_points
from domainaug.pipeline.masks import move_planes, move_volumes, warp_masks
from domainaug.pipeline.offers import drawn_ahead, offer
from domainaug.pipeline.pending import Joined, Move, Pending, Tone
from domainaug.pipeline.pictures import drawn_params, refusing
from domainaug.pipeline.record import Applied
from domainaug.pipeline.sight import Sight, stand_ins
from domainaug.pipeline.state import LEADING, State

__all__ = ["Passes"]

Array = NDArray[Any]

_TYPES = frozenset(map(np.dtype, ("uint8", "uint16", "int16", "float32")))
"""What the kernels take; a picture of any other type goes step by step."""


class Passes:
    """The fused execution of one call.

    Args:
        state: The state of the call.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._pending = Pending()
        self._sight: Sight | None = None

    # -- joining ---------------------------------------------------------------------------------------

    def join(self, step: Step) -> bool:
        """Draw a step and let it wait for its pass; False when it has to be carried out alone."""
        state, leaf = self._state, step.leaf
        if state.free or step.channels is not None or not isinstance(leaf, A.BasicTransform):
            return False
        pixel = kind_of(leaf) is Kind.PIXEL
        if not self._takes(pixel=pixel):
            return False
        sight = self._seen()
        shown = sight.shown(pixel=pixel)
        if not drawn_ahead(leaf, shown.dtype):
            return False
        looks = getattr(leaf, "draws_from", "") == "picture"
        if looks:  # at what the steps before it made
            self.run()
            sight = self._seen()
        with refusing(leaf, lambda: f"a {sight.spatial} picture"):
            params = quick_draw(leaf, step.stream, sight.spatial)
            if params is None:
                seen = {**state.data, **state.told()} if looks else sight.data(shown.dtype)
                params = drawn_params(leaf, step.stream, seen)
            offered = offer(leaf, params, shown)
        if offered is None:
            return False
        shares = state.unit or (pixel and shown.dtype != np.uint8)
        moves = isinstance(offered, Move)
        top = 1.0 if shares else sight.frame.high
        state.log.applied.append(Applied(leaf, step.path, params, sight.frame, moves, top))
        if isinstance(offered, Move):
            self._add_move(leaf, params, offered)
        else:
            self._add_tone(leaf, offered)
        self._pending.leaf = leaf
        return True

    def _takes(self, *, pixel: bool) -> bool:
        """Whether the kernels take the pictures; other types only as the shares that pixel steps are given."""
        state = self._state
        if pixel and any(_channels(state.data[name], kind) > MOST_CHANNELS for name, kind in state.pictures.items()):
            return False
        return all(state.data[name].dtype in _TYPES for name in state.pictures) or (pixel and state.known)

    def _add_tone(self, leaf: Any, tone: Tone) -> None:
        if not self._takes(pixel=False):
            self._state.to_unit(type(leaf).__name__)
        if any(isinstance(op, Posterize) for op in tone.ops) and self._state.values.dtype != np.uint8:
            self._state.log.quantized.append(type(leaf).__name__)
        if not self._pending.add_tone(tone):
            self.run()
            self._pending.add_tone(tone)

    def _add_move(self, leaf: Any, params: Mapping[str, Any], move: Move) -> None:
        if not self._pending.add_move(move):
            self.run()
            self._pending.add_move(move)
        if self._sight is not None and not self._sight.fits(move.map):
            self._sight = None
        joined = Joined(leaf, params, self._seen().spatial)
        self._pending.joined.append(joined)
        for name, kind in self._state.points.items():
            if kind == "keypoints":  # they turn and grow with the picture, which their own method knows
                self._step_points(joined, name)

    def _step_points(self, joined: Joined, name: str) -> None:
        """Move boxes or points through one step by its own method, and drop those that left the frame it ends in."""
        state = self._state
        moved = move_points(joined.leaf, joined.params, name, state.data[name], state.shown)
        if name in state.rows:
            state.rows[name].see(moved)
        made = stand_ins(state, np.dtype(np.uint8), joined.shape)
        state.data[name] = state.filtered({**made, name: moved})[name]

    def _seen(self) -> Sight:
        if self._sight is None:
            self._sight = Sight(self._state, self._pending.geometry)
        return self._sight

    # -- running ---------------------------------------------------------------------------------------

    def run(self) -> None:
        """Carry out what waits, if anything does; what comes next sees the pictures as they are then."""
        state, pending = self._state, self._pending
        self._sight = None
        if not pending:
            return
        self._pending = Pending()
        point = self._program(pending)
        # Bytes and shares come as they are; only values that had to be taken for shares are counted.
        counted = point is not None and pending.clips and not state.unit and not state.values.is_unit
        counts = np.zeros(2, dtype=np.int64) if counted else None
        with refusing(pending.leaf, state.shown):
            for name, kind in state.pictures.items():
                state.data[name] = _through(state.data[name], kind, pending, point, counts)
        if counts is not None:
            state.log.clipped += int(counts[0])
            state.log.saturated += max(0, int(counts[1]))
        if pending.geometry is not None:
            state.labels_moved = True
            self._move_masks(pending)
            self._move_boxes(pending)
        state.data = state.filtered(state.data)

    def _program(self, pending: Pending) -> Point | None:
        if not pending.ops:
            return None
        low, high = (0.0, 1.0) if self._state.unit else self._state.values.ends("a pass")
        return Point(pending.ops, low, high, pending.clips)

    def _move_masks(self, pending: Pending) -> None:
        state, geometry, background = self._state, pending.geometry, pending.fill_mask or 0
        for name, kind in state.masks.items():
            mask = state.data[name]
            with refusing(pending.leaf, partial("{} {} {}".format, name, mask.dtype, mask.shape), LabelError):
                if isinstance(geometry, VolumeMap):
                    state.data[name] = move_volumes(mask, kind, geometry, background)
                elif geometry is not None:
                    state.data[name] = move_planes(mask, kind, partial(warp_masks, geometry, background=background))

    def _move_boxes(self, pending: Pending) -> None:
        """Move boxes by the whole map, once: a frame around a turned frame would grow with every step."""
        state, geometry = self._state, pending.geometry
        for name, kind in state.points.items():
            boxes = state.data[name]
            if kind != "bboxes" or not np.size(boxes):
                continue
            through = None
            # What has to stay visible is asked of every step, by the step's own method.
            whole = not state.min_visibility and all(follows_map(joined.leaf) for joined in pending.joined)
            if isinstance(geometry, PixelMap) and whole:
                through = boxes_and_visibility(boxes, geometry)
            if through is None:
                for joined in pending.joined:
                    self._step_points(joined, name)
                continue
            moved, seen = through  # a frame on the way may have cut what the last one does not
            state.rows[name].clipped.update(boxes[seen < 1 - 1e-6, -1].astype(int).tolist())
            state.data[name] = moved


def _channels(array: Array, kind: str) -> int:
    return array.shape[-1] if array.ndim > LEADING[kind] + 2 else 1


def _through(array: Array, kind: str, pending: Pending, point: Point | None, counts: Array | None) -> Array:
    """Return a picture after the pass."""
    geometry, order, fill = pending.geometry, pending.order or "nearest", pending.fill or 0.0
    channels = array.ndim > LEADING[kind] + 2
    if kind in ("images", "volumes"):  # one draw for all: noise, too, is the same in each
        inner = "image" if kind == "images" else "volume"
        return np.stack([_through(part, inner, pending, point, counts) for part in array])
    if geometry is None:
        assert point is not None
        return apply_point(array, point, channels_last=channels, counts=counts)
    if isinstance(geometry, PixelMap):
        return warp(array, geometry, order=order, fill=fill, point=point, stack=kind == "volume", counts=counts)
    if not channels:
        whole = fill[0] if isinstance(fill, tuple) else fill
        return resample_volume(array, geometry, order=order, fill=whole, point=point, counts=counts)
    fills = fill if isinstance(fill, tuple) else (fill,) * array.shape[-1]
    parts = [
        resample_volume(np.ascontiguousarray(array[..., channel]), geometry, order=order, fill=fills[channel])
        for channel in range(array.shape[-1])
    ]
    moved = np.stack(parts, axis=-1)
    return moved if point is None else apply_point(moved, point, channels_last=True, counts=counts)
