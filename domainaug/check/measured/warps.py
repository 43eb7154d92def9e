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
    on_grid,
    pull_back,
    seen_share,
    unreadable,
)
from domainaug.effects import EFFECTS, MOVING

__all__ = ["from_pairs"]

Points = NDArray[np.float64]

_CLOSE = 3.0  # px
_LOOSE = 0.75  # px: beyond it a bent map is too rough to compare pixel with pixel
_APART = 0.3  # share of the side: no smooth warp leaves a picture recognizable beyond it
_RIM = 6.0  # px in all, over the four sides
_PLACE = MOVING | {"outside", "duplicated"}
_NEEDS_EXACT = frozenset({"local_gain", "foreign_content", "occlusion", "blur", "motion_blur", "sharpening"})
_PRECISION = 0.25  # px, of a matched feature


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
    if float((fit.residual < _CLOSE).mean()) < 0.1 and len(origin) < 60:
        return unreadable(probe, shape, "the picture is moved in a way that no map explains")
    if _is_torn(fit.forward, origin, into):
        return Correspondence(
            fit.forward,
            np.zeros((*shape, 2), np.float32),
            np.zeros(shape, np.bool_),
            np.ones(shape, np.bool_),
            False,
            {"permutation": 1.0},
        )
    forward = on_grid(fit.forward, probe, shape, within=0.4)
    source = pull_back(forward, shape)
    tail = float(np.quantile(fit.residual, 0.95 if len(origin) > 60 else 0.8))
    floor = 3 * _PRECISION
    warped = tail > 1.5 * floor and float(np.median(fit.residual)) > _PRECISION
    if warped:
        source = _bent(source, origin, into)
    rest = np.linalg.norm(_sampled(source, into) - origin, axis=1)
    if float((rest < _CLOSE).mean()) < 0.5:
        return unreadable(probe, shape, "the picture is moved in a way that no smooth map explains")
    values = geometry_of(forward, probe, shape)
    values["local_warp"] = float(np.sqrt(max(0.0, tail**2 - floor**2))) / probe.frame.side if warped else 0.0
    if values["local_warp"] > _APART:
        return unreadable(probe, shape, "parts of the picture are moved apart")
    rows, columns = probe.gray.shape
    inside = (source[..., 0] > -0.5) & (source[..., 0] < columns - 0.5)
    inside &= (source[..., 1] > -0.5) & (source[..., 1] < rows - 0.5)
    empty = float((~inside).mean())
    if _is_fill(shares[~inside]):
        values["outside"] = empty
    else:
        # A rim of a pixel or two is too thin to tell from a blur that moved the picture a little.
        values["duplicated"] = empty if empty > _RIM / min(shape) else 0.0
    values["field_of_view"] = seen_share(probe, source, inside, forward, exact=not warped)
    still = shape == probe.gray.shape and np.array_equal(forward, np.eye(3)) and not warped
    withheld: frozenset[str] = frozenset()
    if warped:
        loose = float(np.quantile(rest, 0.9)) > _LOOSE
        withheld = frozenset(EFFECTS) - _PLACE if loose else _NEEDS_EXACT
    return Correspondence(forward, source, inside, ~inside, still, values, withheld)


def _is_torn(forward: Points, origin: Points, into: Points) -> bool:
    """Whether many features end up far from where their neighbors go."""
    moved = np.column_stack([origin, np.ones(len(origin))]) @ forward.T
    rest = into - moved[:, :2] / moved[:, 2:]
    apart = np.linalg.norm(origin[:, None] - origin[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1)[:, :4]
    jump = np.linalg.norm(rest[near] - rest[:, None], axis=2)
    distance = np.take_along_axis(apart, near, axis=1)
    return float((jump > 2 * distance + 8).mean()) > 0.04


def _bent(source: Array, origin: Points, into: Points) -> Array:
    """Return the dense map bent to pass through the pairs, from coarse to fine."""
    shape = source.shape[:2]
    side = np.sqrt(shape[0] * shape[1])
    columns, rows = np.clip(np.rint(into).astype(np.intp), 0, [[shape[1] - 1, shape[0] - 1]]).T
    for share in (0.16, 0.08, 0.045):
        rest = origin - _sampled(source, into)
        length = np.linalg.norm(rest, axis=1)
        weight = 1 / (1 + (length / max(2.0, 4 * float(np.median(length)))) ** 2)
        field = np.zeros((*shape, 3), np.float32)
        np.add.at(field, (rows, columns), np.column_stack([rest * weight[:, None], weight]))
        smooth = cv2.GaussianBlur(field, (0, 0), share * side)
        least = 0.05 * float(smooth[..., 2].max())
        source = source + smooth[..., :2] / np.maximum(smooth[..., 2:], least)
    return np.asarray(source, np.float32)


def _sampled(source: Array, into: Points) -> Points:
    x, y = into.astype(np.float32).T
    found = cv2.remap(source, x[:, None], y[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found[:, 0], np.float64)


def _is_fill(colors: Array) -> bool:
    """Whether pixels (n, c) are one color, but for noise and a rim."""
    if not len(colors):
        return True
    return bool((np.abs(colors - np.median(colors, axis=0)).max(axis=1) < 0.03).mean() > 0.4)
