"""The map through matched pairs of points: projective where that will do, smoothly bent where it will not."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.chart import Array, Probe
from domainaug.check.measured.correspondence import (
    Correspondence,
    fit_map,
    geometry_of,
    pull_back,
    seen_share,
    unreadable,
)

__all__ = ["from_pairs"]

Points = NDArray[np.float64]

_CLOSE = 3.0  # px
_PRECISION = 0.25  # px, of a matched feature
_WINDOW = np.ones((5, 5), np.uint8)


def from_pairs(probe: Probe, origin: Points, into: Points, shares: Array) -> Correspondence:
    """Return the map through pairs of input and output pixels.

    Args:
        probe: What was shown.
        origin: (n, 2) input pixels.
        into: (n, 2) output pixels.
        shares: (h, w, c) output, to tell fill from repetition where nothing of the input is.
    """
    shape = shares.shape[:2]
    fit = fit_map(origin, into, rounding=_PRECISION)
    close = fit.residual < _CLOSE
    bend = None
    if close.mean() < 0.9 or float(np.quantile(fit.residual[close], 0.95)) > 4 * _PRECISION:
        bend = _bend(origin, into, shape)
    good = close if bend is None else bend[2]
    if good.sum() < 30 or good.mean() < 0.5:
        return unreadable(probe, shape, "the picture is moved in a way that no smooth map explains")
    values = geometry_of(fit.forward, probe, shape)
    source = pull_back(fit.forward, shape)
    departure = fit.residual[good]
    tail = float(np.quantile(departure, 0.95))
    floor = 3 * _PRECISION
    warped = bend is not None and tail > 1.5 * floor
    values["local_warp"] = float(np.sqrt(max(0.0, tail**2 - floor**2))) / probe.frame.side if warped else 0.0
    if warped and bend is not None:
        source = _bent_source(bend[0], bend[1], shape)
    rows, columns = probe.gray.shape
    inside = (source[..., 0] > -0.5) & (source[..., 0] < columns - 0.5)
    inside &= (source[..., 1] > -0.5) & (source[..., 1] < rows - 0.5)
    filled = _is_flat(shares) & ~inside
    empty_share = float((~inside).mean())
    as_fill = filled.sum() > 0.4 * max(1, int((~inside).sum()))
    values["outside" if as_fill else "duplicated"] = empty_share
    values["field_of_view"] = seen_share(probe, source, inside, fit.forward, exact=not warped)
    return Correspondence(fit.forward, source, inside, ~inside, False, values)


def _terms(points: Points, middle: Points, size: float) -> NDArray[np.float64]:
    u, v = ((points - middle) / size).T
    return np.column_stack([np.ones_like(u), u, v, u * u, u * v, v * v, u**3, u * u * v, u * v * v, v**3])


def _bend(
    origin: Points, into: Points, shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], tuple[Points, float], NDArray[np.bool_]] | None:
    """Fit the input pixel as a cubic polynomial of the output pixel; robust."""
    if len(origin) < 60:
        return None
    middle, size = np.array([shape[1] / 2, shape[0] / 2]), float(max(shape[:2])) / 2
    terms = _terms(into, middle, size)
    weight = np.ones(len(origin))
    solved = np.zeros((10, 2))
    residual = np.zeros(len(origin))
    for _ in range(10):
        weighted = terms * weight[:, None]
        solved = np.linalg.lstsq(weighted.T @ terms, weighted.T @ origin, rcond=None)[0]
        residual = np.linalg.norm(origin - terms @ solved, axis=1)
        weight = 1 / (1 + (residual / (2.385 * max(_PRECISION, 1.4826 * float(np.median(residual))))) ** 2)
    return solved, (middle, size), residual < _CLOSE


def _bent_source(solved: NDArray[np.float64], scaling: tuple[Points, float], shape: tuple[int, ...]) -> Array:
    u, v = np.meshgrid(np.arange(shape[1], dtype=np.float64), np.arange(shape[0], dtype=np.float64))
    points = np.column_stack([u.ravel(), v.ravel()])
    return np.asarray((_terms(points, *scaling) @ solved).reshape(shape[0], shape[1], 2), np.float32)


def _is_flat(shares: Array) -> NDArray[np.bool_]:
    spread = cv2.dilate(shares, _WINDOW) - cv2.erode(shares, _WINDOW)
    spread = spread if spread.ndim == 2 else spread.max(axis=2)
    return np.asarray(spread < 0.004)
