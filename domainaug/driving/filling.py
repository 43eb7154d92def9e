"""Sparse distances made dense: spread along surfaces, and held at the edges of the picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["completed", "without_shadowed"]

Meters = NDArray[np.float32]


def without_shadowed(sparse: Meters, window: tuple[int, int] = (15, 9)) -> Meters:
    """Return sparse depth without points that lie behind something nearer, seen past it from a LiDAR further up.

    Args:
        sparse: (height, width) meters, NaN where nothing is known.
        window: Rows and columns around a point in which something clearly nearer hides it.
    """
    near = np.where(np.isfinite(sparse), sparse, np.float32(1e9))
    near = cv2.erode(near, np.ones(window, np.uint8))
    out = sparse.copy()
    out[sparse > near * 1.25 + 1.0] = np.nan
    return out


def completed(sparse: Meters, image: NDArray[Any], reach: float = 48.0, edge: float = 0.12) -> Meters:
    """Return depth everywhere: an edge-aware normalized convolution of what is known.

    Inverse depth and where it is known are both smoothed by the recursive filter of the domain transform (Gastal and
    Oliveira 2011), which stops at edges of the picture; their ratio is the mean of what is known on the same surface
    (normalized convolution, Knutsson and Westin 1993). A first, narrow pass counts most, so that what is close by
    decides. Places that are known keep their value.

    Args:
        sparse: (height, width) meters, NaN where nothing is known, inf for the sky.
        image: (height, width) or with channels.
        reach: Standard deviation over an even surface, pixels; wider passes follow for what is left.
        edge: Change of the picture, as a share of its range, that counts as much as `reach` pixels.
    """
    known = ~np.isnan(sparse)
    if not known.any():
        raise ValueError("nothing is known that could be spread")
    weight = known.astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(known, 1.0 / sparse, 0.0).astype(np.float32)
    guide = _guide(image)
    total, mass = np.zeros_like(inverse), np.zeros_like(weight)
    for sigma, share in ((reach / 8, 1.0), (reach, 1e-3), (reach * 8, 1e-7)):
        fields = _smoothed(np.stack([inverse, weight], axis=-1), guide, sigma, sigma / reach * edge * 4 + edge)
        total += share * fields[..., 0]
        mass += share * fields[..., 1]
    lost = mass < 1e-20
    if lost.any():
        total[lost], mass[lost] = np.mean(inverse[known]), 1.0
    with np.errstate(divide="ignore"):
        out = (1.0 / np.maximum(total / mass, 0)).astype(np.float32)
    out[known] = sparse[known]
    return np.asarray(out, np.float32)


def _guide(image: NDArray[Any]) -> Meters:
    """Return the picture as shares of its range, (height, width, channels), with fine grain smoothed."""
    values = np.asarray(image, np.float32)
    values = values[..., None] if values.ndim == 2 else values
    span = float(values.max() - values.min()) or 1.0
    smooth = [cv2.GaussianBlur(np.ascontiguousarray(values[..., k]), (0, 0), 1.0) for k in range(values.shape[2])]
    return np.asarray(np.stack(smooth, axis=-1) / np.float32(span), np.float32)


def _smoothed(fields: NDArray[np.float32], guide: NDArray[np.float32], sigma: float, edge: float) -> Any:
    """Return fields smoothed along both axes, three times, ever narrower."""
    across = 1 + sigma / edge * np.abs(np.diff(guide, axis=1)).sum(axis=2) / guide.shape[2]
    down = 1 + sigma / edge * np.abs(np.diff(guide, axis=0)).sum(axis=2) / guide.shape[2]
    for turn in range(3):
        width = sigma * np.sqrt(3.0) * 2.0 ** (2 - turn) / np.sqrt(4.0**3 - 1)
        feed = float(np.exp(-np.sqrt(2.0) / width))
        fields = _recursed(fields.transpose(1, 0, 2), (feed**across).T).transpose(1, 0, 2)
        fields = _recursed(fields, feed**down)
    return fields


def _recursed(fields: NDArray[np.float32], keep: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return fields (n, m, k) run through forth and back along the first axis; `keep` (n - 1, m) of the one before."""
    out = np.ascontiguousarray(fields)
    out = out.copy() if out is fields else out
    share = keep.astype(np.float32)[..., None]
    for at in range(1, len(out)):
        out[at] += share[at - 1] * (out[at - 1] - out[at])
    for at in range(len(out) - 2, -1, -1):
        out[at] += share[at] * (out[at + 1] - out[at])
    return out
