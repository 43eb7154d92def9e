"""From closed curves to voxels and back.

Curves of one plane count by even and odd, as DICOM's CLOSED_PLANAR_XOR does: a hole is a curve within a curve, and a
keyhole (one curve that goes in and comes back by the same way) is a hole as well. Going in, a pixel gets the share of
it that is covered; coming back, the curve runs where shares pass a half (marching squares), so that a straight edge
stays where it was to a small part of a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["covered", "outlined", "refined"]

Array = NDArray[np.float64]

_LINES = 8  # scan lines a pixel; along them shares are exact


def covered(curves: Sequence[Array], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the share of each pixel that lies within the curves, by even and odd.

    Args:
        curves: (N, 2) each, (x, y) with pixel centers at integers; the last point is joined to the first.
        shape: (height, width).
    """
    height, width = shape
    out = np.zeros(shape, np.float32)
    starts = np.concatenate([np.asarray(curve, np.float64) for curve in curves] or [np.zeros((0, 2))])
    ends = np.concatenate([np.roll(np.asarray(curve, np.float64), -1, axis=0) for curve in curves] or [starts])
    slanted = starts[:, 1] != ends[:, 1]
    starts, ends = starts[slanted], ends[slanted]
    if not len(starts):
        return out
    first = max(int(np.floor(min(starts[:, 1].min(), ends[:, 1].min()) + 0.5)), 0)
    last = min(int(np.ceil(max(starts[:, 1].max(), ends[:, 1].max()) + 0.5)), height)
    low, high = np.minimum(starts[:, 1], ends[:, 1]), np.maximum(starts[:, 1], ends[:, 1])
    slope = (ends[:, 0] - starts[:, 0]) / (ends[:, 1] - starts[:, 1])
    right = np.arange(width) + 0.5
    for row in range(first, last):
        for y in row - 0.5 + (np.arange(_LINES) + 0.5) / _LINES:
            crosses = (low <= y) & (y < high)  # half open: a corner is crossed once
            at = np.sort(starts[crosses, 0] + (y - starts[crosses, 1]) * slope[crosses])
            for begin, end in zip(at[::2], at[1::2], strict=True):
                out[row] += np.clip(right - begin, 0, 1) - np.clip(right - end, 0, 1)
    return np.minimum(out / _LINES, 1.0, dtype=np.float32)


def outlined(shares: NDArray[np.float32]) -> list[Array]:
    """Return the closed curves along which shares pass a half, (N, 2) as (x, y), first point not repeated."""
    from skimage.measure import find_contours

    if not (shares >= 0.5).any():
        return []
    edged = np.pad(shares, 1)  # a structure that the frame cuts is closed along the frame
    found = [curve[:-1, ::-1] - 1.0 for curve in find_contours(edged, 0.5)]
    return [_thinned(curve) for curve in found if len(curve) >= 3]


def refined(points: Array, step: float) -> Array:
    """Return a closed curve (N, d) with no edge longer than `step`."""
    parts = []
    for begin, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        count = max(int(np.ceil(np.linalg.norm(end - begin) / step)), 1)
        parts.append(begin + (end - begin) * (np.arange(count) / count)[:, None])
    return np.concatenate(parts) if parts else points


def _thinned(curve: Array) -> Array:
    """Return a curve without the points that lie on the line between their neighbors."""
    before, after = curve - np.roll(curve, 1, axis=0), np.roll(curve, -1, axis=0) - curve
    bends = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > 1e-9
    return curve[bends] if bends.sum() >= 3 else curve
