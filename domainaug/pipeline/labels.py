"""Boxes and points that stay on what they name, and a list of those that did not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.kernels.labels import labels_in

__all__ = [
    "MASKS",
    "Marked",
    "Rows",
    "all_gone",
    "boxes_fit_masks",
    "boxes_from_masks",
    "check_rule",
    "extents",
    "refuse_vanished",
]

Array = NDArray[Any]
OnVanished = Literal["drop", "refuse"] | Mapping[str, Any]

MASKS = ("mask", "masks", "mask3d", "masks3d")
_FAINT = 0.1  # of a pixel: what covers no pixel more is gone


@dataclass(slots=True)
class Rows:
    """The boxes, or the points, of one call, each with the number of its row in a last column of its own.

    Attributes:
        boxes: Whether they are boxes, rather than points.
        count: How many there were.
        clipped: Rows that the frame cut.
        vanished: Rows that are gone.
        added: How many a step put beside those that came in; their numbers are below 0.
    """

    boxes: bool
    count: int
    clipped: set[int] = field(default_factory=set)
    vanished: tuple[int, ...] = ()
    added: int = 0

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

    def take(self, rows: Array, before: int, *, columns: int) -> Array:
        """Return rows with numbers for those that a step added behind the first `before`.

        Args:
            rows: All of them.
            before: How many there were.
            columns: How many they have with their numbers.
        """
        new = len(rows) - before
        if rows.shape[1] < columns:  # nothing came in, so nothing has been numbered
            rows = np.hstack([rows, np.zeros((len(rows), 1), rows.dtype)])
        rows[before:, -1] = -1 - np.arange(self.added, self.added + new)
        self.added += new
        return rows

    def alive(self, rows: Array) -> list[int]:
        """Return the numbers of the rows that are left."""
        return [int(number) for number in rows[:, -1]] if rows.ndim == 2 and len(rows) else []

    def finished(self, rows: Array) -> Array:
        """Return the rows without their numbers, and settle which vanished."""
        left = self.alive(rows)
        self.vanished = tuple(sorted(set(range(self.count)) - set(left)))
        self.clipped.intersection_update(number for number in left if number >= 0)
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


@dataclass(frozen=True, slots=True)
class Marked:
    """What the masks of a call marked, by target.

    Attributes:
        labels: Those of all planes together; 1 of a floating mask that marks anything.
        planes: Of several masks, the numbers of those that marked something.
    """

    labels: Mapping[str, list[int]]
    planes: Mapping[str, list[int]]

    @classmethod
    def by(cls, data: Mapping[str, Any], kinds: Mapping[str, str]) -> Marked:
        """Return what the masks in `data` mark, whose kinds of targets are given by name."""
        there = {name: kind for name, kind in kinds.items() if kind in MASKS}
        several = {name: data[name] for name, kind in there.items() if kind in ("masks", "masks3d")}
        return cls(
            {name: _labels(data[name]) for name in there},
            {name: [k for k, plane in enumerate(planes) if _labels(plane)] for name, planes in several.items()},
        )

    def gone(self, data: Mapping[str, Any], *, paired: bool = False) -> dict[str, list[Any]]:
        """Return the labels that are left in no mask, and "emptied masks" of which nothing is left.

        Args:
            data: The targets afterwards.
            paired: Whether masks went with their boxes, which tell of them.
        """
        found: dict[str, list[Any]] = {}
        for name, before in self.labels.items():
            left = set(_labels(data[name]))
            found[name] = [label for label in before if label not in left]
        for name, planes in self.planes.items():
            if not paired:
                emptied = [number for number in planes if not _labels(data[name][number])]
                found["emptied masks" if name == "masks" else f"emptied {name}"] = emptied
        return {name: numbers for name, numbers in found.items() if numbers}


def _labels(mask: Array) -> list[int]:
    """Return the labels of a mask but 0: of the background, nobody asks where it is."""
    if mask.dtype.kind == "f":
        return [1] if mask.size and float(mask.max()) > _FAINT else []
    return [label for label in labels_in(mask) if label]


def all_gone(marked: Marked, rows: Mapping[str, Rows], events: Mapping[str, list[Any]]) -> bool:
    """Whether there were labels, and none is left: of the masks, of the boxes, of the points."""
    counts = [(len(labels), len(events.get(name, ()))) for name, labels in marked.labels.items()]
    counts += [(numbered.count, len(numbered.vanished)) for numbered in rows.values()]
    return any(there for there, _ in counts) and all(gone == there for there, gone in counts)


def check_rule(rule: Any) -> OnVanished:
    """Return what is to become of labels that vanish, or raise `ValueError`."""
    if isinstance(rule, Mapping) and rule and all(isinstance(name, str) for name in rule):
        return dict(rule)
    if rule not in ("drop", "refuse"):
        raise ValueError(f'on_vanished: "drop", "refuse" or a mapping ({{"label": "good"}}) is needed, got {rule!r}')
    chosen: OnVanished = rule
    return chosen


def refuse_vanished(events: dict[str, list[Any]]) -> None:
    """Raise `LabelError` when a label vanished."""
    for name, gone in events.items():
        if gone:
            raise LabelError(
                f"{name}: {len(gone)} label(s) would vanish ({', '.join(map(str, gone[:5]))}); draw another copy, "
                'use gentler transforms, or let on_vanished="drop" drop and report them'
            )
