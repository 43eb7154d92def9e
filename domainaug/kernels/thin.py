"""Labels thinner than a pixel through a `PixelMap`: scratches and cracks that arrive in one piece.

A line of one pixel, turned, covers half of few pixels: where each pixel goes to what covers most of it, four lines in
five come apart. Here such a line keeps, beside the pixels that it covers half, those along the ridge of its coverage
without which it would break, and no others: about as many pixels as it had.

    warp_whole     integer masks through a map, thin labels in one piece
    keep_thin      the same for one label of a mask that is there already
    thin_parts     the labels it matters to
"""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.engine import loops
from domainaug.kernels.labels import coverage, labels_in, thin_labels, warp_labels
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.plain.labels import TIE
from domainaug.kernels.whole import moves_whole

__all__ = ["WARMUP", "keep_thin", "thin_parts", "warp_whole"]

Array = NDArray[Any]
Float = NDArray[np.float32]
Index = NDArray[np.intp]

_SQUARE, _WIDE = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)
_FAINT = 0.05  # a pixel that is covered less is none of a label's
_LINE = 0.4  # likewise of the share that a line of one pixel covers of a pixel that sees many, or of two of them
_OF_BEST = 0.2  # of the best within two pixels: a ridge beside it that is lower leads nowhere
_CORE = 0.7  # coverage of all nine pixels where a label is as wide as a pixel's neighborhood
_SOME = 8  # pixels that no square of three by three holds; fewer are the corners of what is compact
_MARGIN = 3


def warp_whole(mask: Array, pixel_map: PixelMap, *, fill: int = 0) -> Array:
    """Return a mask of labels as a map shows it, with what is thinner than a pixel in one piece.

    Args:
        mask: (H, W); uint8, int16, uint16 or int32.
        pixel_map: Where output pixels look; its frame is (H, W).
        fill: What lies outside, and the label of the background.

    Raises:
        LabelError: As `domainaug.kernels.labels.warp_labels`.
    """
    if moves_whole(pixel_map):
        return warp_labels(mask, pixel_map, fill=fill)
    shrunk = max(1.0, *pixel_map.footprint)
    thin = [value for value in thin_parts(mask, shrunk) if value != fill]
    faint = min(_FAINT, _LINE / shrunk)
    if len(thin) == 1 and set(labels_in(mask)) <= {fill, thin[0]}:  # the coverage of one label on its ground says all
        plane = coverage(mask, thin[0], pixel_map)
        owner = np.array([fill, thin[0]], mask.dtype)[(plane >= 1.0 - plane - TIE).view(np.uint8)]
        keep_thin(owner, thin[0], plane, faint=faint)
        return np.asarray(owner)
    out = warp_labels(mask, pixel_map, fill=fill, thin=thin)
    for value in thin:
        keep_thin(out, value, coverage(mask, value, pixel_map), thin, faint=faint)
    return out


def thin_parts(mask: Array, shrunk: float = 1.0) -> list[int]:
    """Return the labels, in order, that are thin or have parts in which no square of three by three pixels fits.

    Args:
        mask: (H, W), integers or truth values.
        shrunk: How many pixels along an axis become one: what is three by three of those has to fit.
    """
    found = set(thin_labels(mask))
    held = _held(mask, math.ceil(shrunk - 0.01))
    some = round(_SOME * shrunk)
    if held.size - cv2.countNonZero(held) >= some:
        values, counts = np.unique(mask[held == 0], return_counts=True)
        found.update(values[counts >= some].tolist())
    return sorted(found)


def keep_thin(out: Array, value: int, plane: Float, firm: Collection[int] = (), *, faint: float = _FAINT) -> None:
    """Give a label the pixels that keep its thin parts in one piece, in place.

    Args:
        out: (H, W): every pixel with the label that covers most of it.
        value: The label.
        plane: (H, W): how much of each pixel it covers.
        firm: Labels that do not give way: other thin ones, which would come apart in their turn.
        faint: Least share of a pixel that counts.
    """
    there = plane >= faint
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    if not len(rows):
        return
    window = (
        slice(max(rows[0] - _MARGIN, 0), rows[-1] + 1 + _MARGIN),
        slice(max(columns[0] - _MARGIN, 0), columns[-1] + 1 + _MARGIN),
    )
    part, seen = np.ascontiguousarray(plane[window]), out[window]
    down, right = np.nonzero(there[window] & (seen != value))
    if not len(down):
        return
    core = cv2.dilate((cv2.erode(part, _SQUARE) >= _CORE).view(np.uint8), _WIDE)
    best = cv2.dilate(part, _WIDE)
    chosen = (core[down, right] == 0) & (part[down, right] >= _OF_BEST * best[down, right])
    down, right = down[chosen], right[chosen]
    chosen = _on_ridge(part, down, right)
    others = [label for label in firm if label != value]
    if others:
        chosen &= ~np.isin(seen[down, right], np.array(others, seen.dtype))
    down, right = down[chosen], right[chosen]
    if not len(down):
        return
    weak = np.zeros(seen.shape, np.bool_)
    weak[down, right] = True
    both = np.pad((weak | (seen == value)).view(np.uint8), 1)
    order = np.argsort(part[down, right], kind="stable")  # the faintest are asked first
    wide = both.shape[1]
    places = ((down + 1) * wide + right + 1)[order]
    loops("thin").peel(both.reshape(-1), places, wide, _needless())
    seen[weak & (both[1:-1, 1:-1] > 0)] = value


def _on_ridge(plane: Float, down: Index, right: Index) -> NDArray[np.bool_]:
    """Return which of some pixels are no lower than both neighbors along a row, a column or a diagonal."""
    beside = np.pad(plane, 1)
    wide = beside.shape[1]
    flat, places = beside.reshape(-1), (down + 1) * wide + right + 1
    here = flat[places]
    found = np.zeros(len(places), np.bool_)
    for step in (1, wide, wide + 1, wide - 1):
        found |= (here >= flat[places + step]) & (here >= flat[places - step])
    return found


@cache
def _needless() -> NDArray[np.uint8]:
    """Return for each set of neighbors whether a pixel among them may go.

    It may if they hang together without it, by edges or corners, if it does not close a hole, and if it is no end.
    """
    ring = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
    may = np.zeros(256, np.uint8)
    for code in range(256):
        there = [ring[bit] for bit in range(8) if code >> bit & 1]
        together = set(there[:1])
        for _ in there:
            together |= {a for a in there for b in together if max(abs(a[0] - b[0]), abs(a[1] - b[1])) == 1}
        closes = all(beside in there for beside in ring[1::2])
        may[code] = len(there) > 1 and len(together) == len(there) and not closes
    return may


def _held(mask: Array, reach: int) -> NDArray[np.uint8]:
    """Return (H, W), not 0 in all squares of 2 `reach` + 1 pixels of one label, which the frame may cut."""
    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    if mask.dtype.itemsize <= 2 and mask.dtype != np.int8:
        least = cv2.erode(mask.view(np.uint8) if mask.dtype == np.bool_ else mask, square)
        most = cv2.dilate(mask.view(np.uint8) if mask.dtype == np.bool_ else mask, square)
        alike = cv2.compare(least, most, cv2.CMP_EQ)
        return np.asarray(cv2.dilate(alike, square, dst=most if most.dtype == np.uint8 else None))
    inside = np.ones(mask.shape, np.bool_)
    for labels, lines in ((mask, inside), (mask.T, inside.T)):  # down columns, then along rows
        beside = labels[1:] == labels[:-1]
        for _ in range(reach):
            before = lines.copy()
            lines[1:] &= beside & before[:-1]
            lines[:-1] &= beside & before[1:]
    return np.asarray(cv2.dilate(inside.view(np.uint8), square))


def _warm_peel() -> None:
    mask = np.eye(24, dtype=np.uint8)
    turned = PixelMap.of([[0.9, 0.3, 0.2], [-0.3, 0.9, 3.0]], mask.shape)
    assert labels_in(warp_whole(mask, turned)) == [0, 1]


WARMUP = (_warm_peel,)
"""What `domainaug.kernels.engine.warmup` runs."""
