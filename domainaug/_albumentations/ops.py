"""Reading a draw as pointwise operations: what becomes of each value, in shares of the range.

A stock transform counts in the type it is shown: in levels up to 255 for uint8, in shares up to 1 for float32.
It also truncates to whole levels after each step, where a program of operations rounds once, at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from domainaug._albumentations import A
from domainaug.kernels.point import Curve, Linear, Noise, Op, Posterize, Power, Solarize

__all__ = ["ops_of", "pointwise_from_shape"]

Params = Mapping[str, Any]
Ops = tuple[Op, ...]

_Reader = Callable[[Any, Params, float, int], Ops | None]

_BYTE = np.dtype(np.uint8)


def _linear(leaf: Any, params: Params, top: float, channels: int) -> Ops:
    return (Linear(float(params["alpha"]), float(params["beta"]) / top),)


def _gamma(leaf: Any, params: Params, top: float, channels: int) -> Ops:
    return (Power(float(params["gamma"])),)


def _inverted(leaf: Any, params: Params, top: float, channels: int) -> Ops:
    return (Linear(-1.0, 1.0),)


def _solarized(leaf: Any, params: Params, top: float, channels: int) -> Ops:
    threshold = float(params["threshold"])
    if top > 1:  # between two levels, where no rounding decides
        threshold = (ceil(threshold * top) - 0.5) / top
    return (Solarize(threshold),)


def _posterized(leaf: Any, params: Params, top: float, channels: int) -> Ops | None:
    bits = params["num_bits"]
    if isinstance(bits, int):
        return (Posterize(bits),)
    if len(bits) == 1:
        return (Posterize(int(bits[0])),)
    return (Posterize(tuple(map(int, bits))),) if len(bits) == channels else None


def _bezier() -> tuple[NDArray[np.float32], ...]:
    """Return the weights of the two inner control points and of the last, at the 256 levels."""
    t = np.linspace(0.0, 1.0, 256)
    weights = (3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    return tuple(np.asarray(weight, dtype=np.float32) for weight in weights)


_LOW, _HIGH, _END = _bezier()


def _tone_curve(leaf: Any, params: Params, top: float, channels: int) -> Ops | None:
    low, high = params["low_y"], params["high_y"]
    if np.ndim(low):
        if len(low) != channels:
            return None
        low, high = (np.asarray(end, dtype=np.float32)[:, None] for end in (low, high))
    else:
        low, high = np.float32(low), np.float32(high)
    return (Curve(low * _LOW + high * _HIGH + _END),)


def _per_channel(values: Any, channels: int) -> float | tuple[float, ...] | None:
    """Return one number for all channels, or one a channel; None when there are neither one nor so many."""
    each = [float(value) for value in np.ravel(values)]
    if len(each) != channels and len(each) != 1:
        return None
    return each[0] if each.count(each[0]) == len(each) else tuple(each)


def _added(leaf: Any, params: Params, top: float, channels: int) -> Ops | None:
    if leaf.spatial_mode != "constant":
        return None
    offset = _per_channel(np.asarray(params["noise_map"]) / top, channels)
    return None if offset is None else (Linear(1.0, offset),)


def _multiplied(leaf: Any, params: Params, top: float, channels: int) -> Ops | None:
    gain = None if leaf.elementwise else _per_channel(params["multiplier"], channels)
    return None if gain is None else (Linear(gain, 0.0),)


def _grain(leaf: Any, params: Params, top: float, channels: int) -> Ops | None:
    if "key" not in params:  # drawn by the transform itself, as a field
        return None
    return (Noise(params["std"], params["key"], params["mean"], gray=not params["per_channel"]),)


_READERS: dict[type, _Reader] = {
    A.RandomBrightnessContrast: _linear,
    A.RandomGamma: _gamma,
    A.InvertImg: _inverted,
    A.Solarize: _solarized,
    A.Posterize: _posterized,
    A.RandomToneCurve: _tone_curve,
    A.AdditiveNoise: _added,
    A.RGBShift: _added,
    A.MultiplicativeNoise: _multiplied,
    A.GaussNoise: _grain,
}


def ops_of(
    leaf: A.BasicTransform, params: Params, *, dtype: DTypeLike, low: float, high: float, channels: int
) -> Ops | None:
    """Return one draw as operations on shares of the range.

    Args:
        leaf: The transform.
        params: What it drew.
        dtype: The type of the picture.
        low: The value of share 0.
        high: The value of share 1. A picture of uint8 from 0 to 255 is shown to a transform as it is, any other
            as float32 shares; its parameters count accordingly.
        channels: How many the picture has.

    Returns:
        None where the transform is not a stock one that treats every value by itself, or not in this draw.
    """
    reader = _READERS.get(type(leaf))
    if reader is None:
        return None
    return reader(leaf, params, 255.0 if dtype == _BYTE and low == 0 and high == 255 else 1.0, channels)


def pointwise_from_shape(leaf: A.BasicTransform, dtype: DTypeLike) -> bool:
    """Whether `ops_of` reads the draws of a transform, and they depend on shape and type of the picture alone.

    Then a draw may be made from any picture of that shape and type, before the real one is there.

    Args:
        leaf: The transform.
        dtype: The type the transform is shown, uint8 or float32.
    """
    kind: Any = type(leaf)
    if kind not in _READERS or dtype not in (_BYTE, np.float32):
        return False
    if kind is A.RandomBrightnessContrast:
        return bool(leaf.brightness_by_max)
    if kind is A.AdditiveNoise:
        return bool(leaf.spatial_mode == "constant")
    if kind is A.MultiplicativeNoise:
        return not leaf.elementwise
    return kind is not A.GaussNoise or leaf.noise_scale_factor == 1
