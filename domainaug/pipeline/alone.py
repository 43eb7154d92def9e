"""Carrying out one step by itself, as albumentations has it, in the range and type the step can take."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug._albumentations.fill import always_fills_with_zero, lent_fill, needs_fill
from domainaug._albumentations.leaves import Kind, kind_of, quantizes
from domainaug._albumentations.tree import Step
from domainaug.errors import ImageError, LabelError
from domainaug.pipeline.masks import move_planes, resample_masks
from domainaug.pipeline.pictures import apply_to_picture, drawn_params, refusing
from domainaug.pipeline.ranges import cast, working_dtype
from domainaug.pipeline.record import Applied
from domainaug.pipeline.state import State

__all__ = ["carry_out", "move_points"]

Array = NDArray[Any]

_MASK_TYPES = frozenset(map(np.dtype, ("uint8", "uint16", "int16", "int32", "float32", "float64")))


def carry_out(state: State, step: Step) -> None:
    """Draw a step, apply it to every target of the call, and note it.

    Raises:
        ImageError: The transform cannot take the picture.
        LabelError: It cannot take the labels.
    """
    kind = kind_of(step.leaf) if isinstance(step.leaf, A.BasicTransform) else Kind.NATIVE
    _suit(state, kind, step.leaf)
    frame = state.frame()
    as_is = kind in (Kind.NATIVE, Kind.CONVERTING)
    params = _as_is(state, step) if as_is else _apply(state, step, kind)
    moves = kind in (Kind.EXACT, Kind.RESAMPLING)
    top = 1.0 if state.unit else frame.high
    state.log.applied.append(Applied(step.leaf, step.path, params, frame, moves, top))
    for name, numbered in state.rows.items():
        numbered.see(state.data[name])
    state.data = state.filtered(state.data)


def _suit(state: State, kind: Kind, leaf: Any) -> None:
    """Turn the pictures into what a step of this kind takes."""
    if state.free:
        return
    if kind is Kind.PIXEL:
        if not state.unit and not state.values.is_unit:
            state.to_unit(type(leaf).__name__)
        if state.values.dtype != np.uint8 and quantizes(leaf):
            state.log.quantized.append(type(leaf).__name__)
    elif kind in (Kind.NATIVE, Kind.CONVERTING):
        state.to_values()
        if kind is Kind.CONVERTING:
            for name in state.pictures:
                state.data[name] = cast(state.data[name], state.values.dtype)
            state.free = True


def _as_is(state: State, step: Step) -> Mapping[str, Any]:
    """Apply a transform that takes values as they are: ours, a user's, a conversion, a foreign composition."""
    leaf = step.leaf
    with refusing(leaf, state.shown):
        if not isinstance(leaf, A.BasicTransform):
            leaf.set_random_state(step.stream.generator, step.stream.python)
            state.data = leaf(**state.data)
            state.labels_moved = True
            return {}
        before = len(state.data["bboxes"]) if "bboxes" in state.points else 0
        params = drawn_params(leaf, step.stream, {**state.data, **state.told(), **state.told_of_boxes(leaf)})
        state.take_told(leaf.apply_with_params(params, **{**state.data, "spacing": state.spacing}))
        state.take_boxes(before)
    state.labels_moved = state.labels_moved or not isinstance(leaf, A.ImageOnlyTransform)
    for name in state.pictures:
        if getattr(state.data[name], "dtype", None) != working_dtype(state.values.dtype):
            state.free = True
    return params


def _apply(state: State, step: Step, kind: Kind) -> Mapping[str, Any]:
    leaf = step.leaf
    before = state.spatial[:2]
    lent = kind is not Kind.PIXEL and needs_fill(leaf)
    fill = state.values.fill_in(state.unit) if lent and not state.free else None
    with refusing(leaf, state.shown), lent_fill(leaf, fill):
        params = drawn_params(leaf, step.stream, state.data)
        for name, picture_kind in state.pictures.items():
            old = state.data[name]
            lift = _lift(state, leaf)
            new = apply_to_picture(leaf, params, picture_kind, old - lift if lift else old, step.stream, step.channels)
            new = cast(new + lift, old.dtype) if lift else new
            if new.dtype != old.dtype and not state.free:
                raise ImageError(f"{type(leaf).__name__} turned {name} from {old.dtype} into {new.dtype}")
            state.data[name] = new
    if step.channels is None and not isinstance(leaf, A.ImageOnlyTransform):
        state.labels_moved = True
        _move_masks(state, leaf, kind, params, before, state.spatial[:2])
        for name in state.points:
            state.data[name] = move_points(leaf, params, name, state.data[name], state.shown)
    return params


def _lift(state: State, leaf: Any) -> np.floating[Any] | None:
    """What to take off the values before, and to put back after, a transform that always fills with 0."""
    fill = state.values.fill_in(state.unit)
    if not always_fills_with_zero(leaf) or state.free or not fill:
        return None
    return np.float64(fill) if state.values.dtype == np.float64 else np.float32(fill)


def _move_masks(
    state: State, leaf: Any, kind: Kind, params: Mapping[str, Any], before: tuple[int, ...], after: tuple[int, ...]
) -> None:
    for name, mask_kind in state.masks.items():
        mask = state.data[name]
        if kind is Kind.RESAMPLING:
            state.data[name] = move_planes(
                mask, mask_kind, lambda planes: resample_masks(leaf, params, planes, before, after)
            )
            continue
        work = mask if mask.dtype in _MASK_TYPES else mask.astype(np.uint8 if mask.dtype == bool else np.float64)
        with refusing(leaf, partial("{} {} {}".format, name, mask.dtype, mask.shape), LabelError):
            state.data[name] = _by_method(leaf, params, work, mask_kind).astype(mask.dtype, copy=False)


def move_points(leaf: Any, params: Mapping[str, Any], name: str, points: Array, shown: Any) -> Array:
    """Move boxes or points by the transform's own method.

    Args:
        leaf: The transform.
        params: What it drew.
        name: "bboxes" or "keypoints".
        points: As albumentations holds them.
        shown: Says what the picture is, for the error.

    Raises:
        LabelError: The transform moves the picture and cannot move these.
    """
    function = leaf._key2func.get(name)
    if not np.size(points) or (function is None and kind_of(leaf) is Kind.PIXEL):
        return points
    if function is None:
        raise LabelError(f"{type(leaf).__name__} moves the picture but cannot move {name}")
    with refusing(leaf, lambda: f"{name} beside {shown()}", LabelError):
        return np.ascontiguousarray(function(np.ascontiguousarray(points), **params))


def _by_method(leaf: Any, params: Mapping[str, Any], mask: Array, kind: str) -> Array:
    """Move a mask as the transform itself does, plane by plane; right where whole pixels move."""
    if isinstance(leaf, A.Transform3D):
        volume = leaf._key2func.get(kind)
        return mask if volume is None else np.ascontiguousarray(volume(mask, **params))
    plane = leaf._key2func.get("mask")
    if plane is None:
        return mask
    if kind == "mask":
        return np.ascontiguousarray(plane(mask, **params))
    if kind == "masks3d":
        return np.stack([np.stack([plane(part, **params) for part in volume]) for volume in mask])
    return np.stack([plane(part, **params) for part in mask]) if len(mask) else mask
