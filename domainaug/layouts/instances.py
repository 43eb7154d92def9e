"""The segmentations of COCO: polygons and run lengths to masks and back, and many instances in one label map.

Instances may overlap, and one label map carries them all: each of its labels stands for a set of instances,
so a map that moves labels whole moves every instance exactly, however they overlap.

Coordinates are COCO's: pixel (0, 0) covers [0, 1] x [0, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["InstanceMap", "decode_counts", "encode_counts", "fill_polygons", "outline"]

Mask = NDArray[np.bool_]

_MOST_LABELS: Final = 65_535
_TOLERANCES: Final = (0.75, 0.5, 0.25)  # pixels that an outline may be off, the coarsest that keeps the shape first
_OVERLAP: Final = 0.98
_SMALL: Final = 256  # pixels: of a shape that small, one that is lost tells


@dataclass(frozen=True, slots=True)
class InstanceMap:
    """Masks of many instances in one label map.

    Attributes:
        labels: (H, W) unsigned integers; 0 is no instance.
        members: (labels, instances); which instances each label stands for.
    """

    labels: NDArray[np.integer[Any]]
    members: Mask

    @classmethod
    def of(cls, masks: Sequence[Mask], shape: tuple[int, int]) -> InstanceMap:
        """Lay masks on top of each other.

        Raises:
            ValueError: They overlap in more than 65 535 ways.
        """
        labels = np.zeros(shape, np.int64)
        members = np.zeros((1, len(masks)), np.bool_)
        for index, mask in enumerate(masks):
            under = np.unique(labels[mask])
            if len(members) + len(under) > _MOST_LABELS:
                raise ValueError(f"the instances overlap in more than {_MOST_LABELS} ways")
            renamed = np.zeros(len(members), np.int64)
            renamed[under] = np.arange(len(under)) + len(members)
            labels[mask] = renamed[labels[mask]]
            above = members[under].copy()
            above[:, index] = True
            members = np.concatenate([members, above])
        return cls(labels.astype(np.uint8 if len(members) <= 256 else np.uint16), members)

    def mask(self, labels: NDArray[np.integer[Any]], index: int) -> Mask:
        """Return the mask of one instance in a label map that was made from `labels` by moving labels."""
        found: Mask = self.members[:, index][labels]
        return found


def fill_polygons(polygons: Sequence[Sequence[float]], shape: tuple[int, int]) -> Mask:
    """Return the pixels whose centers lie in any of the polygons.

    Args:
        polygons: Each x0, y0, x1, y1 ... with at least three corners.
        shape: (rows, columns) of the mask.

    Raises:
        ValueError: A polygon has an odd count of numbers, fewer than three corners, or is not finite.
    """
    mask = np.zeros(shape, np.bool_)
    for polygon in polygons:
        flat = np.asarray(polygon, np.float64)
        if flat.ndim != 1 or len(flat) < 6 or len(flat) % 2 or not np.isfinite(flat).all():
            raise ValueError("a polygon is at least three pairs of finite numbers")
        corners = np.clip(flat.reshape(-1, 2), -1, (shape[1] + 1, shape[0] + 1))
        low = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
        high = np.minimum(np.ceil(corners.max(axis=0)).astype(int), (shape[1], shape[0]))
        if (high <= low).any():
            continue
        part = _filled(corners - low, (int(high[1] - low[1]), int(high[0] - low[0])))
        if not part.any():  # thinner than a pixel, and a scratch all the same
            part = _drawn(corners - low, part.shape)
        mask[low[1] : high[1], low[0] : high[0]] |= part
    return mask


def _filled(corners: NDArray[np.float64], shape: tuple[int, int]) -> Mask:
    """Return the pixels whose centers a ray from the left has crossed the polygon to an odd number of times."""
    turns = np.zeros((shape[0], shape[1] + 1), np.int32)
    rows = np.arange(shape[0]) + 0.5
    for (x, y), (next_x, next_y) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        first, last = np.searchsorted(rows, sorted((y, next_y)))
        if first == last:
            continue
        at = x + (rows[first:last] - y) * ((next_x - x) / (next_y - y))
        columns = np.clip(np.ceil(at - 0.5), 0, shape[1]).astype(int)
        np.add.at(turns, (np.arange(first, last), columns), 1)
    odd: Mask = np.cumsum(turns, axis=1)[:, :-1] % 2 == 1
    return odd


def _drawn(corners: NDArray[np.float64], shape: tuple[int, ...]) -> Mask:
    """Return the pixels that the border of a polygon runs through."""
    drawn = np.zeros(shape, np.uint8)
    last = np.array(shape[::-1]) - 1
    cv2.polylines(drawn, [np.clip(np.floor(corners), 0, last).astype(np.int32)], isClosed=True, color=1)
    return drawn.astype(np.bool_)


def outline(mask: Mask) -> list[list[float]] | None:
    """Return the polygons around a mask, or None where polygons cannot say it (holes).

    Of what is thin or small they are the very edges of its pixels, so that every reader fills them to the same mask. Of
    the rest they run within a pixel of the edges, with as few corners as that and an overlap of more than 0.98 with the
    mask allow.
    """
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if len(rows) == 0:
        return []
    top, left = int(rows[0]), int(columns[0])
    part = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    fine = np.kron(part.astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, hierarchy = cv2.findContours(fine, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if (hierarchy[0][:, 3] >= 0).any():
        return None
    corners = _simple(contours, part) if _is_wide(part) else None
    if corners is None:
        corners = [_edges(contour) for contour in contours]
    corner = np.array([left, top])
    return sorted([round(float(number), 2) for number in (each + corner).ravel()] for each in corners)


def _simple(contours: Sequence[NDArray[Any]], part: Mask) -> list[NDArray[np.float64]] | None:
    """Return outlines with as few corners as `outline` allows, or None where all are needed."""
    for tolerance in _TOLERANCES:
        corners = [(_simpler(contour, tolerance).reshape(-1, 2) + 0.5) / 2 for contour in contours]
        filled = fill_polygons([each.ravel().tolist() for each in corners], (part.shape[0], part.shape[1]))
        if (filled & part).sum() > _OVERLAP * (filled | part).sum():
            return corners
    return None


def _is_wide(part: Mask) -> bool:
    """Return whether a mask is more than small, and a third of it two pixels or more from its edges."""
    if int(part.sum()) <= _SMALL:
        return False
    core = cv2.erode(np.pad(part.astype(np.uint8), 2), np.ones((5, 5), np.uint8))
    return 3 * int(core.sum()) > int(part.sum())


def _edges(contour: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the corners of the edges of pixels that a contour on the grid of half pixels follows."""
    points = (contour.reshape(-1, 2) + 1) // 2
    points = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    return np.asarray(points[(before != after).any(axis=1)], np.float64)


def _simpler(contour: NDArray[np.int32], tolerance: float) -> NDArray[np.int32]:
    """Return a contour on the grid of half pixels without the corners that are closer to it than `tolerance` pixels."""
    simple = cv2.approxPolyDP(contour, 2 * tolerance, closed=True)
    return simple.astype(np.int32) if len(simple) >= 3 else contour


def encode_counts(mask: Mask) -> list[int]:
    """Return the run lengths of a mask, column by column, starting with zeros."""
    flat = np.concatenate([[False], mask.ravel(order="F"), [False]])
    changes = np.nonzero(flat[1:] != flat[:-1])[0]
    if mask.size == 0 or len(changes) == 0:
        return [int(mask.size)]
    if changes[-1] != mask.size:
        changes = np.append(changes, mask.size)
    return [int(run) for run in np.diff(changes, prepend=0)]


def decode_counts(counts: Sequence[int] | str, shape: tuple[int, int]) -> Mask:
    """Return the mask that run lengths stand for.

    Args:
        counts: A list of lengths, or their compressed text (six bits a character, from "0" on).
        shape: (rows, columns).

    Raises:
        ValueError: The lengths are not whole, or do not add up to the size of the mask.
    """
    runs = _uncompressed(counts) if isinstance(counts, str) else list(counts)
    if not all(type(run) is int and run >= 0 for run in runs) or sum(runs) != shape[0] * shape[1]:
        raise ValueError(f"run lengths must be whole and add up to {shape[0]} x {shape[1]}")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(shape, order="F")


def _uncompressed(text: str) -> list[int]:
    runs: list[int] = []
    value = shift = 0
    for letter in text.encode("ascii", "replace"):
        bits = letter - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError("compressed run lengths hold a character that is not one of theirs")
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            # From the third run on, each is written as the difference to the one before last.
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    if shift:
        raise ValueError("compressed run lengths end in the middle of a number")
    return runs
