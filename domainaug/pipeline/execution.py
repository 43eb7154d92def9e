"""Carrying a plan out: one step after another, in the range and type each can take.

A run of geometric steps can be replaced by one map here, between `plan` and `Execution.run`, without anything
else changing: steps arrive as a list, and what they did leaves as a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug._albumentations.fill import always_fills_with_zero, lent_fill, needs_fill
from domainaug._albumentations.leaves import Kind, kind_of, quantizes
from domainaug._albumentations.tree import Step
from domainaug.errors import ImageError, LabelError
from domainaug.generators import Frame
from domainaug.pipeline.labels import Rows
from domainaug.pipeline.masks import resample_masks
from domainaug.pipeline.pictures import apply_to_picture, drawn_params, refusing
from domainaug.pipeline.ranges import Values, cast, working_dtype
from domainaug.pipeline.record import Applied, Log

__all__ = ["Execution"]

Array = NDArray[Any]

_MASK_TYPES = frozenset(map(np.dtype, ("uint8", "uint16", "int16", "int32", "float32", "float64")))


class Execution:
    """The state of one call.

    Args:
        data: Every target, pictures and masks as private copies, boxes and points as albumentations holds them.
        targets: Name of each target to its kind ("image", "mask", "bboxes" ...).
        values: What pixel values mean.
        spacing: Millimeters from one pixel to the next, (rows, columns), or None.
        rows: The numbered boxes and points.
        log: Where to note what happens.
        after_each: Called with the data after every step.
    """

    def __init__(
        self,
        data: dict[str, Any],
        targets: Mapping[str, str],
        values: Values,
        spacing: tuple[float, float] | None,
        rows: Mapping[str, Rows],
        log: Log,
        after_each: Any,
    ) -> None:
        self.data, self.values, self.spacing, self.rows, self.log = data, values, spacing, rows, log
        self._after_each = after_each
        self.pictures = {n: k for n, k in targets.items() if k in ("image", "images", "volume", "volumes")}
        self.masks = {n: k for n, k in targets.items() if k in ("mask", "masks", "mask3d", "masks3d")}
        self.points = [n for n, k in targets.items() if k in ("bboxes", "keypoints")]
        self.unit = False  # pictures are float32 shares of the range, rather than values
        self.free = False  # a step changed the type on purpose; nothing is converted from then on
        self.labels_moved = False
        self._at_ends = 0
        for name in self.pictures:
            data[name] = data[name].astype(working_dtype(data[name].dtype), copy=False)

    def run(self, steps: Sequence[Step]) -> dict[str, Any]:
        """Apply every step, and return the data with pictures in the type they came in."""
        for step in steps:
            kind = kind_of(step.leaf) if isinstance(step.leaf, A.BasicTransform) else Kind.NATIVE
            self._suit(kind, step.leaf)
            frame = self._frame()
            params = self._as_is(step) if kind in (Kind.NATIVE, Kind.CONVERTING) else self._apply(step, kind, frame)
            moves = kind in (Kind.EXACT, Kind.RESAMPLING)
            self.log.applied.append(
                Applied(step.leaf, step.path, params, frame, moves, 1.0 if self.unit else frame.high)
            )
            for name, numbered in self.rows.items():
                numbered.see(self.data[name])
            self.data = self._after_each(self.data)
        self._to_values()
        if not self.free:
            for name in self.pictures:
                self.data[name] = cast(self.data[name], self.values.dtype)
        return self.data

    # -- what each kind of step is given ---------------------------------------------------------------

    def _suit(self, kind: Kind, leaf: Any) -> None:
        if self.free:
            return
        if kind is Kind.PIXEL:
            if not self.unit and not self.values.is_unit:
                self._to_unit(type(leaf).__name__)
            if self.values.dtype != np.uint8 and quantizes(leaf):
                self.log.quantized.append(type(leaf).__name__)
        elif kind in (Kind.NATIVE, Kind.CONVERTING):
            self._to_values()
            if kind is Kind.CONVERTING:
                for name in self.pictures:
                    self.data[name] = cast(self.data[name], self.values.dtype)
                self.free = True

    def _to_unit(self, asking: str) -> None:
        for name in self.pictures:
            self.data[name], clipped = self.values.to_unit(self.data[name], asking)
            self.log.clipped += clipped
        self._at_ends = self._count_ends()
        self.unit = True

    def _to_values(self) -> None:
        if not self.unit:
            return
        self.log.saturated += max(0, self._count_ends() - self._at_ends)
        for name in self.pictures:
            self.data[name] = self.values.from_unit(self.data[name])
        self.unit = False

    def _count_ends(self) -> int:
        arrays = [self.data[name] for name in self.pictures]
        return sum(int(np.count_nonzero(array <= 0)) + int(np.count_nonzero(array >= 1)) for array in arrays)

    def _frame(self) -> Frame:
        name, kind = next(iter(self.pictures.items()))
        shape = np.shape(self.data[name])
        spatial = shape[{"image": 0, "images": 1, "volume": 1, "volumes": 2}[kind] :]
        known = self.values.low is not None and self.values.high is not None
        return Frame(
            height=int(spatial[0]),
            width=int(spatial[1]),
            channels=int(spatial[2]) if len(spatial) > 2 else 1,
            spacing=self.spacing,
            low=float(self.values.low) if known and self.values.low is not None else 0.0,
            high=float(self.values.high) if known and self.values.high is not None else 1.0,
            volume=kind in ("volume", "volumes"),
        )

    # -- the steps -------------------------------------------------------------------------------------

    def _as_is(self, step: Step) -> Mapping[str, Any]:
        """Apply a transform that takes values as they are: ours, a user's, a conversion, a foreign composition."""
        leaf, told = step.leaf, self._told()
        with refusing(leaf, self._shown):
            if not isinstance(leaf, A.BasicTransform):
                leaf.set_random_state(step.stream.generator, step.stream.python)
                self.data = leaf(**self.data)
                self.labels_moved = True
                return {}
            params = drawn_params(leaf, step.stream, {**self.data, **told})
            self.data = leaf.apply_with_params(params, **self.data)
        self.labels_moved = self.labels_moved or not isinstance(leaf, A.ImageOnlyTransform)
        for name in self.pictures:
            if getattr(self.data[name], "dtype", None) != working_dtype(self.values.dtype):
                self.free = True
        return params

    def _told(self) -> dict[str, Any]:
        known = self.values.low is not None
        return {
            "value_range": (self.values.low, self.values.high) if known else None,
            "spacing": self.spacing,
        }

    def _apply(self, step: Step, kind: Kind, before: Frame) -> Mapping[str, Any]:
        leaf = step.leaf
        lent = kind is not Kind.PIXEL and needs_fill(leaf)
        fill = self.values.fill_in(self.unit) if lent and not self.free else None
        with refusing(leaf, self._shown), lent_fill(leaf, fill):
            params = drawn_params(leaf, step.stream, self.data)
            for name, picture_kind in self.pictures.items():
                old = self.data[name]
                lift = self._lift(leaf)
                new = apply_to_picture(
                    leaf, params, picture_kind, old - lift if lift else old, step.stream, step.channels
                )
                new = cast(new + lift, old.dtype) if lift else new
                if new.dtype != old.dtype and not self.free:
                    raise ImageError(f"{type(leaf).__name__} turned {name} from {old.dtype} into {new.dtype}")
                self.data[name] = new
        if step.channels is None and not isinstance(leaf, A.ImageOnlyTransform):
            self.labels_moved = True
            after = self._frame()
            self._move_masks(leaf, kind, params, (before.height, before.width), (after.height, after.width))
            self._move_points(leaf, kind, params)
        return params

    def _lift(self, leaf: Any) -> np.floating[Any] | None:
        """What to take off the values before, and to put back after, a transform that always fills with 0."""
        fill = self.values.fill_in(self.unit)
        if not always_fills_with_zero(leaf) or self.free or not fill:
            return None
        return np.float64(fill) if self.values.dtype == np.float64 else np.float32(fill)

    def _shown(self) -> str:
        return ", ".join(f"{name} {self.values.dtype} {np.shape(self.data[name])}" for name in self.pictures)

    def _move_masks(
        self, leaf: Any, kind: Kind, params: Mapping[str, Any], before: tuple[int, int], after: tuple[int, int]
    ) -> None:
        for name, mask_kind in self.masks.items():
            mask = self.data[name]
            if kind is Kind.RESAMPLING:
                planes, rebuild = _planes(mask, mask_kind)
                self.data[name] = rebuild(resample_masks(leaf, params, planes, before, after))
                continue
            work = mask if mask.dtype in _MASK_TYPES else mask.astype(np.uint8 if mask.dtype == bool else np.float64)
            with refusing(leaf, partial("{} {} {}".format, name, mask.dtype, mask.shape), LabelError):
                self.data[name] = _by_method(leaf, params, work, mask_kind).astype(mask.dtype, copy=False)

    def _move_points(self, leaf: Any, kind: Kind, params: Mapping[str, Any]) -> None:
        for name in self.points:
            if not np.size(self.data[name]):
                continue
            function = leaf._key2func.get(name)
            if function is None:
                if kind is not Kind.PIXEL:
                    raise LabelError(f"{type(leaf).__name__} moves the picture but cannot move {name}")
                continue
            with refusing(leaf, partial("{} beside {}".format, name, self._shown()), LabelError):
                self.data[name] = np.ascontiguousarray(function(np.ascontiguousarray(self.data[name]), **params))


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


def _planes(mask: Array, kind: str) -> tuple[list[Array], Any]:
    """Return the (H, W) planes of a mask, and how to put them together again."""
    lead = {"mask": 0, "masks": 1, "mask3d": 1, "masks3d": 2}[kind]
    channels = mask.ndim > lead + 2
    first = np.moveaxis(mask, -1, lead) if channels else mask
    flat = first.reshape(-1, *first.shape[-2:]) if first.ndim > 2 else first[None]
    outer = first.shape[:-2]

    def rebuild(planes: list[Array]) -> Array:
        if not planes:
            return mask
        stacked = np.stack(planes).reshape(*outer, *planes[0].shape)
        return np.ascontiguousarray(np.moveaxis(stacked, lead, -1) if channels else stacked)

    return [np.ascontiguousarray(plane) for plane in flat], rebuild
