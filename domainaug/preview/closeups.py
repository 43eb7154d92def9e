"""A defect as it is looked at: the photograph with a frame about it, and close by before, after and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing.measures import Made
from domainaug.manufacturing.pasting.patch import Patch
from domainaug.manufacturing.response import to_values
from domainaug.manufacturing.site import Box
from domainaug.preview.drawing import COLORS, difference, fit, mark
from domainaug.preview.marks import Marks
from domainaug.preview.windows import Window
from domainaug.profile.part import Part

__all__ = ["Closeup", "close_box", "closeup_of", "patch_picture"]

Picture = NDArray[np.uint8]

_LEAST = 48  # pixels that are shown at least, along a side
_ROOM = 0.45  # of the defect's longer side, on each side of it
_FRAME = COLORS[0]


@dataclass(frozen=True, slots=True, eq=False)
class Closeup:
    """Pictures of one defect, (h, w, 3) uint8 each.

    Attributes:
        whole: The photograph with the defect, framed.
        after: Close by, with the defect.
        before: Close by, without.
        outlined: Close by, with the outline of the mask.
        changed: Close by: orange became lighter, blue darker.
        box: What is shown close by, in pixels of the photograph.
    """

    whole: Picture
    after: Picture
    before: Picture
    outlined: Picture
    changed: Picture
    box: Box


def close_box(box: Box, shape: tuple[int, int]) -> Box:
    """Return a square about a box, with room around it, that lies in the picture as far as it can.

    Args:
        box: First row, first column, and the ends of both.
        shape: (height, width) of the picture.
    """
    top, left, bottom, right = box
    side = max(bottom - top, right - left)
    side = max(round(side * (1 + 2 * _ROOM)), _LEAST)
    middle = (top + bottom) // 2, (left + right) // 2
    begins = [min(max(at - side // 2, 0), max(most - side, 0)) for at, most in zip(middle, shape, strict=True)]
    return begins[0], begins[1], min(begins[0] + side, shape[0]), min(begins[1] + side, shape[1])


def closeup_of(before: NDArray[Any], made: Made, window: Window, *, longest: int = 480, close: int = 320) -> Closeup:
    """Return the pictures of a defect.

    Args:
        before: The photograph without it.
        made: The photograph with it.
        window: What is black and what is white.
        longest: The longer side of the whole photograph, in pixels.
        close: The longer side of what is close by.
    """
    shape = before.shape[0], before.shape[1]
    box = close_box(_box_of(made), shape)
    rows, columns = slice(box[0], box[2]), slice(box[1], box[3])
    after = _large(window(made.picture[rows, columns]), close)
    old = _large(window(before[rows, columns]), close)
    inside = made.mask[rows, columns].astype(np.int32)
    outlined = mark(after, Marks(numbers=inside))
    whole = np.ascontiguousarray(window(fit(made.picture, longest))).copy()
    scale = whole.shape[0] / shape[0], whole.shape[1] / shape[1]
    corners = [
        (round(column * scale[1]), round(row * scale[0])) for row, column in ((box[0], box[1]), (box[2], box[3]))
    ]
    cv2.rectangle(whole, corners[0], (corners[1][0] - 1, corners[1][1] - 1), _FRAME, max(1, round(longest / 240)))
    return Closeup(whole, after, old, outlined, difference(old, after), box)


def _box_of(made: Made) -> Box:
    """Return the window of the mask; where it is empty, of what changed."""
    rows, columns = np.flatnonzero(made.mask.any(axis=1)), np.flatnonzero(made.mask.any(axis=0))
    if not len(rows):
        return made.box
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _large(picture: Picture, longest: int) -> Picture:
    """Return a picture as large as it may be: small ones by whole pixels, so that nothing is made up."""
    times = longest // max(picture.shape[:2])
    if times < 2:
        return fit(picture, longest)
    return np.repeat(np.repeat(picture, times, axis=0), times, axis=1)


def patch_picture(patch: Patch, part: Part, *, longest: int = 160) -> Picture:
    """Return a defect of a bank with its outline, (h, w, 3) uint8.

    Args:
        patch: It.
        part: The response of its camera is needed, since a bank keeps light.
        longest: The longer side, in pixels.
    """
    like = np.zeros(patch.light.shape, np.uint8)
    values = to_values(patch.light, like, part.response, (0.0, 255.0))
    flat = values.reshape(*patch.mask.shape, -1)
    picture = flat if flat.shape[2] == 3 else np.repeat(flat[..., :1], 3, axis=2)
    return mark(_large(np.ascontiguousarray(picture), longest), Marks(numbers=patch.mask.astype(np.int32)))
