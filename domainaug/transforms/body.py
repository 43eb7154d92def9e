"""Where the middle of a body lies in a picture: what is brighter than the air around it, without the table.

Otsu's threshold (1979, IEEE Trans. Syst. Man Cybern. 9:62) parts body from air. Holes are filled (lungs are dark and
belong to the body), what is thinner than a few millimeters is taken off (tables are sheets), and of the pieces left the
largest is the body, where the middle of the picture counts more than its edges (shutters of radiographs are bright,
arms lie aside). All of it on a coarse grid: a center needs no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["body_center", "otsu"]

Array = NDArray[Any]

_FINEST = {2: 160, 3: 96}  # pixels along an axis, by number of axes, on which bodies are looked for
_SHEET_MM = 12.0  # what is thinner is no body
_SHEET = 0.03  # likewise as a share of the shorter side, where nothing tells the spacing
_LEAST = 0.02  # share of the picture; less is no body
_CLEAR = 0.4  # share of the variance that body against air has to explain; of smoothed noise it is a fifth
_AIR = 0.02  # share of the picture; less around it, and what was found is no body against air
_BRIGHTEST = 98.0  # percentile from which on brightness counts as one: metal, contrast and fat move no threshold
_BINS = 256


def body_center(picture: Array, axes: int, spacing: Sequence[float] | None = None) -> tuple[float, ...] | None:
    """Return the middle (center of gravity) of the body that a picture shows, (x, y[, z]) in pixels.

    Args:
        picture: (height, width) or (depth, height, width), and channels if there are more axes; air is dark.
        axes: 2 or 3.
        spacing: Millimeters along the axes of the picture; None for pixels of one size.

    Returns:
        None where nothing stands out against air.
    """
    from scipy import ndimage

    every = [max(1, -(-size // _FINEST[axes])) for size in picture.shape[:axes]]
    values = np.asarray(picture[tuple(slice(step // 2, None, step) for step in every)], np.float32)
    values = values.reshape(*values.shape[:axes], -1).mean(axis=-1)
    low, high = values.min(), np.percentile(values, _BRIGHTEST)
    values = np.sqrt(np.minimum(values, high) - low)  # a body in MR is many shades of bright, and air one of dark
    smooth = ndimage.gaussian_filter(values, 1.0)
    threshold = otsu(smooth)
    if threshold is None:
        return None
    bright = smooth > threshold
    if _explained(values, bright) < _CLEAR:
        return None
    told = spacing if spacing is not None else (1.0,) * axes
    pace = [step * mm for step, mm in zip(every, told, strict=True)]
    thin = _SHEET_MM if spacing is not None else _SHEET * min(n * mm for n, mm in zip(values.shape, pace, strict=True))
    reach = [round(thin / 2 / mm) for mm in pace]
    fill = ndimage.binary_fill_holes  # first: the wall of a chest is no thicker than a table
    solid = np.stack([fill(one) for one in bright]) if axes == 3 else fill(bright)
    padded = np.pad(solid, [(n, n) for n in reach], mode="edge")
    thick = ndimage.binary_opening(padded, np.ones([2 * n + 1 for n in reach]))
    thick = thick[tuple(slice(n, n + size) for n, size in zip(reach, solid.shape, strict=True))]
    pieces, count = ndimage.label(thick)
    if count == 0:
        return None
    body = pieces == np.bincount(pieces.ravel(), _centrality(pieces.shape).ravel())[1:].argmax() + 1
    if not _LEAST <= body.mean() <= 1 - _AIR:
        return None
    middle = ndimage.center_of_mass(body)
    return tuple(float(at * step + step // 2) for at, step in zip(middle, every, strict=True))[::-1]


def _centrality(shape: Sequence[int]) -> NDArray[np.float64]:
    """Return how much a place counts: 1 in the middle of a slice, 0 at its edges, where shutters and arms are."""
    down, across = (1 - np.abs(np.linspace(-1, 1, size + 2)[1:-1]) for size in shape[-2:])
    return np.broadcast_to(np.outer(down, across), tuple(shape))


def otsu(values: Array) -> float | None:
    """Return the threshold that parts values into two classes of the least spread; None where all are alike."""
    low, high = float(values.min()), float(values.max())
    if not high > low:
        return None
    counts, edges = np.histogram(values, bins=_BINS, range=(low, high))
    below = np.cumsum(counts)[:-1].astype(np.float64)
    middles = (edges[:-1] + edges[1:]) / 2
    sums = np.cumsum(counts * middles)
    above = values.size - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    between = np.nan_to_num(between)
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))  # a gap between the classes: its middle
    return float(edges[1:-1][best].mean())


def _explained(values: Array, bright: NDArray[np.bool_]) -> float:
    """Return the share of the variance of values that lies between two classes."""
    share = float(bright.mean())
    if not 0 < share < 1:
        return 0.0
    apart = float(values[bright].mean(dtype=np.float64) - values[~bright].mean(dtype=np.float64))
    return share * (1 - share) * apart**2 / float(values.var(dtype=np.float64))
