"""Boxes and points that stay on what they name, and a list of those that did not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError

__all__ = ["Rows", "boxes_fit_masks", "boxes_from_masks", "extents", "refuse_vanished"]

Array = NDArray[Any]


@dataclass(slots=True)
class Rows:
    """The boxes, or the points, of one call, each with the number of its row in a last column of its own.

    Attributes:
        boxes: Whether they are boxes, rather than points.
        count: How many there were.
        clipped: Rows that the frame cut.
        vanished: Rows that are gone.
    """

    boxes: bool
    count: int
    clipped: set[int] = field(default_factory=set)
    vanished: tuple[int, ...] = ()

    @classmethod
    def numbered(cls, data: dict[str, Any], name: str, *, boxes: bool) -> Rows | None:
        """Number the rows in `data[name]`, in place; None when there are none."""
        rows = data[name]
        if not isinstance(rows, np.ndarray) or rows.ndim != 2 or len(rows) == 0:
            return None
        numbers = np.arange(len(rows), dtype=rows.dtype)[:, None]
        data[name] = np.hstack([rows, numbers])
        return cls(boxes, len(rows))

    def see(self, boxes: Array) -> None:
        """Note which boxes reach over the frame; coordinates are shares of it."""
        if self.boxes and len(boxes):
            over = np.any((boxes[:, :4] < -1e-6) | (boxes[:, :4] > 1 + 1e-6), axis=1)
            self.clipped.update(boxes[over, -1].astype(int).tolist())

    def alive(self, rows: Array) -> list[int]:
        """Return the numbers of the rows that are left."""
        return [int(number) for number in rows[:, -1]] if rows.ndim == 2 and len(rows) else []

    def finished(self, rows: Array) -> Array:
        """Return the rows without their numbers, and settle which vanished."""
        left = self.alive(rows)
        self.vanished = tuple(sorted(set(range(self.count)) - set(left)))
        self.clipped.intersection_update(left)
        return np.ascontiguousarray(rows[:, :-1]) if rows.ndim == 2 and rows.shape[1] else rows


def extents(masks: Iterable[Array]) -> Array:
    """Return the frame around each mask as shares of the picture: x_min, y_min, x_max, y_max; NaN when empty."""
    found = []
    for mask in masks:
        inside = mask != 0
        if inside.ndim == 3:
            inside = inside.any(axis=2)
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if len(rows) == 0:
            found.append([np.nan] * 4)
            continue
        height, width = inside.shape
        left, right = columns[0] / width, (columns[-1] + 1) / width
        found.append([left, rows[0] / height, right, (rows[-1] + 1) / height])
    return np.array(found, dtype=np.float64).reshape(-1, 4)


def boxes_fit_masks(boxes: Array, masks: Array) -> bool:
    """Whether every box is the frame of the mask of the same number, to a pixel and a half."""
    if len(boxes) != len(masks) or len(boxes) == 0:
        return False
    around = extents(masks)
    seen = ~np.isnan(around[:, 0])
    height, width = masks.shape[1:3]
    apart = np.abs(boxes[:, :4] - around)[seen] * [width, height, width, height]
    return bool(seen.any() and np.all(apart <= 1.5))


def boxes_from_masks(boxes: Array, masks: Array) -> Array:
    """Return the boxes that are left, drawn around their masks anew; those whose mask is empty are dropped."""
    numbers = boxes[:, -1].astype(int)
    around = extents(masks[number] for number in numbers)
    kept = ~np.isnan(around[:, 0])
    out = boxes[kept].copy()
    out[:, :4] = around[kept]
    return out


def refuse_vanished(events: dict[str, list[Any]]) -> None:
    """Raise `LabelError` when a label vanished."""
    for name, gone in events.items():
        if gone:
            raise LabelError(
                f"{name}: {len(gone)} label(s) would vanish ({', '.join(map(str, gone[:5]))}); draw another copy, "
                'use gentler transforms, or let on_vanished="drop" drop and report them'
            )
