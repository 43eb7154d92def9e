"""Pictures for looking: values under a window, labels drawn on them, and maps of what differs."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.preview.marks import Marks

__all__ = ["COLORS", "difference", "fit", "mark"]

Picture = NDArray[np.uint8]

COLORS = ((255, 176, 0), (0, 158, 255), (64, 200, 96), (230, 80, 160), (150, 110, 255), (0, 200, 200))
"""Of labels, in turn; told apart by those who cannot tell red from green, too."""

_REST = np.array([236.0, 236.0, 236.0])
_LIGHTER, _DARKER = np.array([214.0, 96.0, 20.0]), np.array([30.0, 90.0, 190.0])
_MOST = 64  # labels drawn; more are a texture
_RESIZED = (np.uint8, np.uint16, np.int16, np.float32)  # what OpenCV takes
_FULL = 96.0  # levels of change that have full color


def fit(values: NDArray[Any], longest: int) -> NDArray[Any]:
    """Return an image no longer than told on either side; smaller ones stay as they are.

    Args:
        values: (H, W) or (H, W, C), of any type of numbers.
        longest: The longer side, in pixels.
    """
    height, width = values.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return values
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    ready = values if values.dtype in _RESIZED else values.astype(np.float32)
    return np.asarray(cv2.resize(ready, size, interpolation=cv2.INTER_AREA))


def mark(picture: Picture, marks: Marks, *, scale: tuple[float, float] = (1.0, 1.0)) -> Picture:
    """Return a picture with labels drawn on it: outlines of numbers, boxes, curves, points.

    Args:
        picture: (h, w, 3).
        marks: Those of the original pixels; `numbers` are brought to the picture's size.
        scale: How much larger the picture is than those pixels, across and down.
    """
    out = np.ascontiguousarray(picture).copy()
    across, down = scale
    thick = max(1, round(max(out.shape[:2]) / 400))
    if marks.numbers is not None:
        _outline(out, marks.numbers, thick)
    for index, mask in enumerate(marks.masks):
        _ring(out, _sized(mask, out), thick, index)
    for index, (left, top, right, bottom) in enumerate(() if marks.boxes is None else marks.boxes.tolist()):
        corners = (round(left * across), round(top * down)), (round(right * across) - 1, round(bottom * down) - 1)
        cv2.rectangle(out, *corners, COLORS[index % len(COLORS)], thick)
    for index, (curve, closed) in enumerate(marks.curves):
        ring = np.rint((curve + 0.5) * (across, down) - 0.5).astype(np.int32)
        cv2.polylines(out, [ring], closed, COLORS[index % len(COLORS)], thick, cv2.LINE_AA)
    for x, y in () if marks.points is None else marks.points[:, :2].tolist():
        place = (round((x + 0.5) * across - 0.5), round((y + 0.5) * down - 0.5))
        cv2.circle(out, place, 3 * thick + 1, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(out, place, 3 * thick, COLORS[1], -1, cv2.LINE_AA)
    return out


def _outline(out: Picture, numbers: NDArray[Any], thick: int) -> None:
    small = _sized(numbers, out)
    for place, number in enumerate(number for number in np.unique(small).tolist()[: _MOST + 1] if number):
        _ring(out, small == number, thick, place)


def _sized(labels: NDArray[Any], out: Picture) -> NDArray[np.int32]:
    size = (out.shape[1], out.shape[0])
    return np.asarray(cv2.resize(labels.astype(np.int32), size, interpolation=cv2.INTER_NEAREST_EXACT), np.int32)


def _ring(out: Picture, inside: NDArray[Any], thick: int, place: int) -> None:
    found, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, found, -1, COLORS[place % len(COLORS)], thick)


def difference(before: Picture, after: Picture) -> Picture:
    """Return where a picture became lighter (orange) or darker (blue), on gray.

    Args:
        before: (h, w) or (h, w, 3), under the same window as `after`.
        after: The copy; one of another size is brought to that of `before`.
    """
    old, new = (_gray(picture).astype(np.float32) for picture in (before, after))
    if old.shape != new.shape:
        new = cv2.resize(new, old.shape[::-1], interpolation=cv2.INTER_AREA)
    change = np.clip((new - old) / _FULL, -1, 1)[..., None]
    color = _REST + np.abs(change) * (np.where(change > 0, _LIGHTER, _DARKER) - _REST)
    return np.asarray(np.round(color), np.uint8)


def _gray(picture: Picture) -> Picture:
    return picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
