"""Applying one drawn transform to the pictures of a call, whatever their rank, channels and type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug._albumentations.leaves import Kind, accepts, draw, kind_of, lend_chance, noise_differs_by_slice
from domainaug._albumentations.streams import Stream
from domainaug.errors import DomainAugError, ImageError

__all__ = ["apply_to_picture", "drawn_params", "refusing"]

Array = NDArray[Any]
Apply = Callable[[Array], Array]

_CHANNELS_AT_ONCE = 3  # what every stock transform takes


@contextmanager
def refusing(leaf: Any, got: Callable[[], str], error_class: type[DomainAugError] = ImageError) -> Iterator[None]:
    """Turn whatever albumentations, OpenCV or NumPy raise into one sentence about the transform.

    Args:
        leaf: The transform.
        got: Says what it was given.
        error_class: What to raise.
    """
    try:
        yield
    except (DomainAugError, ImportError, MemoryError):
        raise
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if isinstance(error, cv2.error):  # which tells lines of its source
            reason = "OpenCV refuses its size or type"
        takes = accepts(leaf)
        name = type(leaf).__name__
        raise error_class(f"{name} cannot take {got()}: {reason}" + (f"; it takes {takes}" if takes else "")) from error


def drawn_params(leaf: Any, stream: Stream, data: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the parameters of `leaf` from its own stream; a volume shows its middle slice to those that look."""
    places = not isinstance(leaf, A.ImageOnlyTransform)
    if places and (known := stream.recall()) is not None:  # it may have looked at the pixels of the first part
        leaf.params = known
        return known
    lend_chance(leaf, stream)
    if noise_differs_by_slice(leaf) and ("volume" in data or "volumes" in data):
        stream.mark()
    if "image" not in data:
        for name in ("volume", "images"):
            if name in data:
                data = {**data, "image": data[name][len(data[name]) // 2]}
                break
        else:
            first = data["volumes"][0]
            data = {**data, "image": first[len(first) // 2]}
    params = draw(leaf, data)
    if isinstance(params.get("key"), int):  # it names a field of noise
        params["key"] = stream.apart(params["key"])
    if places:
        stream.remember(params)
    return params


def apply_to_picture(
    leaf: Any, params: Mapping[str, Any], kind: str, array: Array, stream: Stream, channels: tuple[int, ...] | None
) -> Array:
    """Return `array` with the draw applied: every slice alike, but for noise, which is new in every slice.

    Args:
        leaf: The transform.
        params: What it drew.
        kind: "image", "images", "volume" or "volumes".
        array: The picture; its type and range are the transform's to take.
        stream: The chance of the step.
        channels: Only these channels, or all.
    """
    if isinstance(leaf, A.Transform3D):
        function = leaf._key2func.get(kind)
        return array if function is None else np.ascontiguousarray(function(array, **params))
    function = leaf._key2func.get("image")
    if function is None:
        return array
    one: Apply = lambda picture: _by_channels(leaf, function, params, picture, channels)  # noqa: E731
    if kind == "image":
        return one(array)
    if kind == "volumes":
        return np.stack([apply_to_picture(leaf, params, "volume", part, stream, channels) for part in array])
    if kind == "volume" and noise_differs_by_slice(leaf):
        return _slice_by_slice(leaf, function, array, stream, channels)
    return np.stack([one(picture) for picture in array])


def _slice_by_slice(
    leaf: Any, function: Callable[..., Array], volume: Array, stream: Stream, channels: tuple[int, ...] | None
) -> Array:
    # Every slice draws again: sizes from the same `py_random`, so they are equal; fields from a generator of
    # its own. The first draw, which the record tells, stays on the transform.
    told = leaf.params
    parts = []
    for picture, generator in zip(volume, stream.slice_generators(len(volume)), strict=True):
        leaf.set_random_state(generator, stream.from_mark())
        params = draw(leaf, {"image": picture})
        parts.append(_by_channels(leaf, function, params, picture, channels))
    leaf.params = told
    return np.stack(parts)


def _by_channels(
    leaf: Any, function: Callable[..., Array], params: Mapping[str, Any], picture: Array, only: tuple[int, ...] | None
) -> Array:
    """Apply to one (H, W) or (H, W, C): to some channels, or three at a time."""
    if only is not None:
        out = picture.copy()
        part = np.ascontiguousarray(picture[:, :, list(only)])
        out[:, :, list(only)] = np.reshape(function(part, **params), part.shape)
        return out
    moves = kind_of(leaf) in (Kind.EXACT, Kind.RESAMPLING)
    if not moves or picture.ndim == 2 or picture.shape[2] in (1, 3):
        return np.ascontiguousarray(function(picture, **params))
    groups = []
    for start in range(0, picture.shape[2], _CHANNELS_AT_ONCE):
        part = picture[:, :, start : start + _CHANNELS_AT_ONCE]
        count = part.shape[2]
        if count == 2:  # OpenCV 5 interpolates 1 and 3 channels exactly, and 2 on a grid of 1/32 pixel
            part = part[:, :, [0, 1, 1]]
        group = function(np.ascontiguousarray(part), **params)
        groups.append(group[:, :, :count] if group.ndim == 3 else group[:, :, None])
    return np.concatenate(groups, axis=2)
