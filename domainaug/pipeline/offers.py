"""What a step offers to a pass: a map, or a program; read off its draw, whoever wrote the transform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from domainaug._albumentations import A
from domainaug._albumentations.fill import needs_fill
from domainaug._albumentations.leaves import Kind, kind_of
from domainaug._albumentations.maps import drawn_from_shape, map_of, settings_of
from domainaug._albumentations.ops import ops_of, pointwise_from_shape
from domainaug.pipeline.pending import Move, Tone

__all__ = ["Shown", "drawn_ahead", "offer"]

_CONSTANT = 0  # cv2.BORDER_CONSTANT


@dataclass(frozen=True, slots=True)
class Shown:
    """The picture a step is shown when it draws.

    Attributes:
        shape: (height, width), or (depth, height, width) of a volume.
        channels: Channels; 1 is gray.
        dtype: Its type: 8 bits, or float32 shares for a stock transform of values.
        low: The dark end of the range, in the unit of the picture's own values; None when nothing says.
        high: The bright end.
        fill: The value outside, for a transform that names none; None leaves it to the transform.
    """

    shape: tuple[int, ...]
    channels: int
    dtype: np.dtype[Any]
    low: float | None
    high: float | None
    fill: float | None


def drawn_ahead(leaf: A.BasicTransform, dtype: np.dtype[Any]) -> bool:
    """Whether `leaf` may draw before it is carried out: it looks at the size alone, or says that it needs the picture.

    Args:
        leaf: The transform.
        dtype: Of the picture it would be shown.
    """
    if getattr(leaf, "draws_from", None) is not None:
        cls: Any = type(leaf)
        return leaf.draws_from in ("shape", "picture") and _says_all(cls)
    if drawn_from_shape(leaf):
        return settings_of(leaf).order is not None
    return pointwise_from_shape(leaf, dtype)


def offer(leaf: A.BasicTransform, params: Mapping[str, Any], shown: Shown) -> Move | Tone | None:
    """Return what one draw of `leaf` offers to a pass, or None when it has to be carried out as it is.

    Args:
        leaf: The transform.
        params: What it drew.
        shown: The picture it was shown.
    """
    cls: Any = type(leaf)
    if hasattr(leaf, "point_ops") or hasattr(leaf, "pixel_map") or hasattr(leaf, "volume_map"):
        return _own(leaf, params, shown) if _says_all(cls) else None
    if kind_of(leaf) is Kind.PIXEL:
        return _stock_tone(leaf, params, shown)
    if kind_of(leaf) not in (Kind.EXACT, Kind.RESAMPLING):
        return None
    found = map_of(leaf, params, (shown.shape[-2], shown.shape[-1]))
    if found is None:
        return None
    order, fill, fill_mask = settings_of(leaf)
    assert order is not None
    # A mirror fills nothing, nor does a border that repeats the picture: they go with any fill.
    outside = hasattr(leaf, "fill") and getattr(leaf, "border_mode", _CONSTANT) == _CONSTANT
    lent = (shown.fill or 0.0) if fill is None else fill
    return Move(found, None if order == "any" else order, lent if outside else None, fill_mask if outside else None)


def _stock_tone(leaf: A.BasicTransform, params: Mapping[str, Any], shown: Shown) -> Tone | None:
    if shown.low is None or shown.high is None:
        return None
    ops = ops_of(leaf, params, dtype=shown.dtype, low=shown.low, high=shown.high, channels=shown.channels)
    return None if ops is None else Tone(ops, clips=True)


@lru_cache(maxsize=512)
def _says_all(cls: Any) -> bool:
    """Whether what a transform offers is what it does: nobody derived from it and wrote another `apply`."""
    order = list(cls.__mro__)

    def place(name: str) -> int:
        return next((at for at, one in enumerate(order) if name in vars(one)), len(order))

    offers = min(map(place, ("point_ops", "pixel_map", "volume_map")))
    applies = [name for name in dir(cls) if name == "apply" or name.startswith("apply_to_")]
    return all(place(name) >= offers for name in applies)


def _own(leaf: Any, params: Mapping[str, Any], shown: Shown) -> Move | Tone | None:
    if hasattr(leaf, "point_ops"):
        if shown.low is None or shown.high is None:
            return None
        ops = leaf.point_ops(params, low=shown.low, high=shown.high, channels=shown.channels)
        return Tone(tuple(ops), clips=bool(getattr(leaf, "clips", False)))
    volume = len(shown.shape) == 3
    found = None
    if volume and hasattr(leaf, "volume_map"):
        found = leaf.volume_map(params, shown.shape)
    elif hasattr(leaf, "pixel_map"):
        found = leaf.pixel_map(params, (shown.shape[-2], shown.shape[-1]))
    if found is None:
        return None
    lent = shown.fill if shown.fill is not None and needs_fill(leaf) else getattr(leaf, "fill", 0.0)
    return Move(found, getattr(leaf, "order", "linear"), lent, getattr(leaf, "fill_mask", 0.0))
