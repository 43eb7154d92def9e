"""Point programs on NumPy."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.point import Bias, Curve, Linear, Noise, Op, Point, Posterize, Power, Solarize

__all__ = ["Place", "bias_field", "run"]

Float = NDArray[np.float32]


class Place(Protocol):
    """Where values stand in the output: what a bias field and noise ask for."""

    def bias(self, op: Bias) -> NDArray[Any]:
        """Return the factors of a field, in a shape that broadcasts over the values."""

    def normals(self, op: Noise) -> NDArray[Any]:
        """Return standard normal draws, likewise."""


def run(point: Point, values: NDArray[Any], place: Place | None, counts: NDArray[np.int64] | None = None) -> Float:
    """Run a program over values.

    Args:
        point: The program.
        values: (..., C), in the unit of `low` and `high`.
        place: Where they stand; None will do for a program of curves.
        counts: (2,), added to: values outside on entry of a clipping program; results at an end less inputs at one.

    Returns:
        New values, float32, same shape and unit.
    """
    low, width = np.float32(point.low), np.float32(point.high - point.low)
    u: Float = (np.asarray(values, np.float32) - low) * np.float32(1 / width)
    if counts is not None:
        counts[0] += np.count_nonzero((u < 0) | (u > 1)) if point.clip else 0
        counts[1] -= np.count_nonzero((u <= 0) | (u >= 1))
    if point.clip:
        np.clip(u, 0, 1, out=u)
    for op in point.ops:
        u = np.asarray(_apply(op, u, place), np.float32)
        if point.clip:
            np.clip(u, 0, 1, out=u)
    if counts is not None:
        counts[1] += np.count_nonzero((u <= 0) | (u >= 1))
    return np.asarray(u * width + low, np.float32)


def _apply(op: Op, u: Float, place: Place | None) -> NDArray[Any]:
    if isinstance(op, Linear):
        return np.asarray(u * _float(op.gain) + _float(op.offset))
    if isinstance(op, Power):
        return np.power(np.where(u < 0, np.float32(0), u), _float(op.gamma))
    if isinstance(op, Solarize):
        return np.where(u >= np.float32(op.threshold), 1 - u, u)
    if isinstance(op, Posterize):
        kept = 255 & ~((1 << (8 - np.asarray(op.bits))) - 1)
        level = np.rint(np.clip(np.where(np.isnan(u), 0, u), 0, 1) * 255).astype(np.int64)
        return np.where(np.isnan(u), u, (level & kept) / 255)
    if isinstance(op, Curve):
        return _curve(op.knots, u)
    assert place is not None
    if isinstance(op, Bias):
        zero = np.float32(op.zero)
        return zero + (u - zero) * np.float32(place.bias(op))
    return u + np.float32(op.mean) + np.float32(op.std) * place.normals(op)


def _float(parameter: float | tuple[float, ...]) -> Float:
    return np.asarray(parameter, np.float32)


def _curve(knots: Float, u: Float) -> NDArray[Any]:
    """Return what a curve makes of shares; each channel has its own where there are several."""
    if knots.ndim == 1:
        return np.interp(u, np.linspace(0, 1, len(knots)), knots)
    at = np.linspace(0, 1, knots.shape[1])
    return np.stack([np.interp(u[..., c], at, knots[c]) for c in range(len(knots))], axis=-1)


def bias_field(op: Bias, x: NDArray[Any], y: NDArray[Any], z: NDArray[Any] | float = 0.0) -> NDArray[np.float64]:
    """Return exp of a field's polynomial at coordinates from -1 to 1, which broadcast against each other."""
    exponents = [
        (i, j, k) for i in range(op.order + 1) for j in range(op.order + 1 - i) for k in range(op.order + 1 - i - j)
    ]
    total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y), np.shape(z)))
    for value, (i, j, k) in zip(op.coefficients, exponents, strict=True):
        if value:
            total = total + value * np.power(x, i) * np.power(y, j) * np.power(z, k)
    return np.asarray(np.exp(total))
