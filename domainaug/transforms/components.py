"""Connected pieces of labels, and boxes where there are no masks: what a crop keeps whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Component", "Window", "components_in", "share_of_boxes", "without"]

Array = NDArray[Any]
Window = tuple[float, float, float, float]
"""Left, top, right, bottom edges in pixels."""

_SQUARE = np.ones((3, 3))


@dataclass(frozen=True, slots=True)
class Component:
    """A connected piece of one label, or a box.

    Attributes:
        label: Its label; of a box the number of its class.
        box: First row, first column, and the ends of both.
        pixels: (h, w) of that box: which belong to it.
    """

    label: int
    box: tuple[int, int, int, int]
    pixels: NDArray[np.bool_]

    def share_in(self, window: Window) -> float:
        """Return the share of its pixels whose centers lie in a window."""
        (top, left, _, _), (from_x, from_y, to_x, to_y) = self.box, window
        rows = slice(max(math.floor(from_y + 0.5) - top, 0), max(math.ceil(to_y - 0.5) - top, 0))
        columns = slice(max(math.floor(from_x + 0.5) - left, 0), max(math.ceil(to_x - 0.5) - left, 0))
        return np.count_nonzero(self.pixels[rows, columns]) / np.count_nonzero(self.pixels)


def components_in(data: Mapping[str, Any], extent: Sequence[int]) -> Iterator[Component]:
    """Yield the connected pieces of every label in the masks of a call; without masks, its boxes.

    Args:
        data: As albumentations hands it on: boxes as shares of the picture.
        extent: (height, width) of the picture.
    """
    masks = [data["mask"]] if data.get("mask") is not None else []
    masks += list(data["masks"]) if data.get("masks") is not None else []
    for mask in masks:
        values = _flat(mask)
        for label in np.unique(values[values != 0]).tolist():
            for box, pixels in _pieces(values == label):
                yield Component(int(label), box, pixels)
    if not masks and data.get("bboxes") is not None:
        yield from _boxes(np.asarray(data["bboxes"]), extent)


def _boxes(boxes: Array, extent: Sequence[int]) -> Iterator[Component]:
    height, width = extent
    for row in boxes.reshape(len(boxes), -1):
        left, top = int(np.floor(row[0] * width + 1e-3)), int(np.floor(row[1] * height + 1e-3))
        right, bottom = int(np.ceil(row[2] * width - 1e-3)), int(np.ceil(row[3] * height - 1e-3))
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        if left < right and top < bottom:
            label = int(row[4]) if len(row) > 4 else 1  # the first of the label fields, as a number
            yield Component(label, (top, left, bottom, right), np.ones((bottom - top, right - left), np.bool_))


def share_of_boxes(boxes: Array, window: Window, extent: Sequence[int]) -> NDArray[np.float64]:
    """Return (n,) how much of each box, told as shares of a picture of `extent`, lies in a window."""
    size = np.array([extent[1], extent[0], extent[1], extent[0]], np.float64)
    left, top, right, bottom = (np.asarray(boxes[:, :4], np.float64) * size).T
    wide = np.minimum(right, window[2]) - np.maximum(left, window[0])
    tall = np.minimum(bottom, window[3]) - np.maximum(top, window[1])
    area = np.maximum((right - left) * (bottom - top), 1e-9)
    return np.asarray(np.maximum(wide, 0) * np.maximum(tall, 0) / area, np.float64)


def without(mask: Array, gone: Sequence[Sequence[int]], label: int) -> Array:
    """Return a mask in which some components have another label.

    Args:
        mask: (H, W) or (H, W, channels); of floats, which are how much is covered, they become 0.
        gone: Label and box (top, left, bottom, right) of each.
        label: What they get.
    """
    out = mask.copy()
    for value, top, left, bottom, right in gone:
        part = out[top:bottom, left:right]
        for box, pixels in _pieces(_flat(part) == value):
            if box == (0, 0, bottom - top, right - left):
                part[pixels] = label if out.dtype.kind != "f" else 0
    return out


def _flat(mask: Any) -> Array:
    values = np.asarray(mask)
    values = values if values.ndim == 2 else values.max(axis=-1)
    return values >= 0.5 if values.dtype.kind == "f" else values  # floats are how much is covered


def _pieces(inside: NDArray[np.bool_]) -> Iterator[tuple[tuple[int, int, int, int], NDArray[np.bool_]]]:
    """Yield box and pixels of each connected piece."""
    from scipy import ndimage

    pieces, _ = ndimage.label(inside, _SQUARE)
    for number, (rows, columns) in enumerate(ndimage.find_objects(pieces), start=1):
        yield (rows.start, columns.start, rows.stop, columns.stop), pieces[rows, columns] == number
