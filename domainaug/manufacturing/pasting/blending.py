"""Putting one picture into another without a seam, in light; what lies outside the mask stays as it is, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["BLENDS", "Blend", "membrane"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Blend = Callable[[Floats, Floats, Mask], Floats]
"""Takes (h, w[, channels]) light of what is there and of what comes, and (h, w) where; returns what is seen then."""

_TURNS = 24  # of relaxation on each level: what is left of the error is a hundredth of the largest step at the border
_AROUND = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
_COARSEST = 4
_FEATHER = 2.0  # pixels
_BANDS = 4
_DARK = 0.01  # of white, below which a ratio says nothing


def naive(under: Floats, over: Floats, mask: Mask) -> Floats:
    """Return what comes, where the mask is: the edges of the mask are seen."""
    return np.asarray(np.where(_wide(mask, under), over, under), np.float32)


def feather(under: Floats, over: Floats, mask: Mask) -> Floats:
    """Return a mix that goes from one to the other over a few pixels inside the mask."""
    depth = cv2.distanceTransform(_framed(mask), cv2.DIST_L2, 5)[1:-1, 1:-1]
    share = np.clip(depth / _FEATHER, 0.0, 1.0).astype(np.float32)
    return np.asarray(under + _wide(share, under) * (over - under), np.float32)


def ratio(under: Floats, over: Floats, mask: Mask) -> Floats:
    """Return what comes in the light of what is there: multiplied so that both agree along the edge of the mask.

    Contrasts stay the share of the light that they were, as those of albedo are.
    """
    factor = (under + _DARK) / (over + _DARK)
    return np.asarray(np.where(_wide(mask, under), over * membrane(factor, mask), under), np.float32)


def poisson(under: Floats, over: Floats, mask: Mask) -> Floats:
    """Return what comes, shifted so that both agree along the edge of the mask, its gradients kept.

    (Perez et al., "Poisson image editing", 2003: what is added solves Laplace's equation inside the mask.)
    """
    return np.asarray(np.where(_wide(mask, under), over + membrane(under - over, mask), under), np.float32)


def multiband(under: Floats, over: Floats, mask: Mask) -> Floats:
    """Return a mix in which coarse structures go over into each other widely, and fine ones at once.

    (Burt and Adelson, "A multiresolution spline with application to image mosaics", 1983.) Outside the mask, where
    coarse bands reach beyond it, the picture stays as it was; the last pixels within go over to it.
    """
    bands = min(_BANDS, int(np.log2(max(min(mask.shape), 2))))
    shares = [mask.astype(np.float32)]
    pair = [under], [over]
    for _ in range(bands):
        shares.append(cv2.pyrDown(shares[-1]))
        for pyramid in pair:
            pyramid.append(_down(pyramid[-1]))
    out = pair[0][-1] + _wide(shares[-1], under) * (pair[1][-1] - pair[0][-1])
    for level in range(bands - 1, -1, -1):
        low, high = (one[level] - _up(one[level + 1], one[level]) for one in pair)
        out = _up(out, low) + low + _wide(shares[level], under) * (high - low)
    return feather(under, out.astype(np.float32), mask)


BLENDS: Mapping[str, Blend] = MappingProxyType(
    {"naive": naive, "feather": feather, "ratio": ratio, "poisson": poisson, "multiband": multiband}
)
"""By name."""


def membrane(values: Floats, mask: Mask) -> Floats:
    """Return values with those inside a mask replaced by the smoothest surface through those around it.

    It solves Laplace's equation, from coarse to fine: each level starts from the one below and is relaxed. What lies at
    the border of the window counts as around it, whatever the mask says.

    Args:
        values: (h, w[, channels]) float32.
        mask: (h, w): what is unknown.
    """
    unknown = mask.copy()
    unknown[[0, -1]], unknown[:, [0, -1]] = False, False
    if not unknown.any():
        return values
    flat = values if values.ndim == 3 else values[..., None]
    found = _filled(flat.astype(np.float32), unknown)
    return found if values.ndim == 3 else found[..., 0]


def _filled(values: Floats, unknown: Mask) -> Floats:
    """Solve on this level, from the solution of the next coarser one."""
    height, width = unknown.shape
    if min(height, width) > _COARSEST and unknown.any():
        known = (~unknown).astype(np.float32)
        half = (width + 1) // 2, (height + 1) // 2
        weight = _shrunk(known, half)
        sums = _shrunk(values * known[..., None], half)
        mean = np.asarray(sums / np.maximum(weight, np.float32(1e-6))[..., None], np.float32)
        below = _filled(mean, weight <= 0)
        guess = cv2.resize(below, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    else:
        guess = np.broadcast_to(_mean(values, ~unknown), values.shape)
    out = np.where(unknown[..., None], guess, values).astype(np.float32)
    inside = unknown.astype(np.uint8)
    for _ in range(_TURNS):
        around = cv2.filter2D(out, -1, _AROUND, borderType=cv2.BORDER_REPLICATE)
        out = cv2.copyTo(around, inside, out)
    return out.reshape(values.shape)


def _mean(values: Floats, known: Mask) -> Floats:
    return values[known].mean(axis=0) if known.any() else np.zeros(values.shape[2], np.float32)


def _shrunk(values: Floats, size: tuple[int, int]) -> Floats:
    """Return half as many rows and columns, averages of what they cover."""
    shape = values.shape[2:]
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32).reshape(*size[::-1], *shape)


def _down(values: Floats) -> Floats:
    small = np.asarray(cv2.pyrDown(values), np.float32)
    return small.reshape(*small.shape[:2], *values.shape[2:])


def _up(values: Floats, like: Floats) -> Floats:
    return np.asarray(cv2.pyrUp(values, dstsize=(like.shape[1], like.shape[0])), np.float32).reshape(like.shape)


def _framed(mask: Mask) -> NDArray[np.uint8]:
    """Return a mask with a border of nothing, so that it ends at that of its window."""
    return np.pad(mask.astype(np.uint8), 1)


def _wide(share: Any, like: Floats) -> Any:
    return share[..., None] if like.ndim == 3 else share
