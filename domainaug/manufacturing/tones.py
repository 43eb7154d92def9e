"""How dark or light real defects are beside what is around them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.manufacturing.response import to_light
from domainaug.manufacturing.sizes import Empirical, binary
from domainaug.profile.part import Part

__all__ = ["learn_tones"]

_LEAST_PX = 4  # smaller specks are left out
_NEAR, _FAR = 3, 9  # pixels from a defect between which its surroundings are read


def learn_tones(
    labeled: Iterable[tuple[NDArray[Any], NDArray[Any]]],
    part: Part,
    *,
    value_range: tuple[float, float] = (0.0, 255.0),
) -> Empirical:
    """Return the light that real defects of one class send, as a share of that around each: below 1 they are darker.

    What lies along the outline is half surroundings and does not count, where there is anything else, and of the rest
    the quarter that is least like the surroundings tells: masks are drawn loosely. It is what `dark` of a pit and
    `trap` of a crack are.

    Args:
        labeled: Pictures (H, W) or (H, W, channels), each with its mask (H, W).
        part: The response of its camera is needed.
        value_range: Black and white.

    Raises:
        LabelError: A mask is of another size than its picture, or none marks anything.
    """
    found: list[float] = []
    for index, (picture, mask) in enumerate(labeled):
        if picture.shape[:2] != mask.shape[:2]:
            raise LabelError(
                f"mask {index} is {mask.shape[:2]} and its picture {picture.shape[:2]}; they have to be alike"
            )
        light = to_light(picture, part.response, value_range)
        found += _each(light if light.ndim == 2 else light.mean(axis=2), binary(mask))
    if not found:
        raise LabelError(f"no mask marks a defect of at least {_LEAST_PX} pixels, so there is no tone to learn")
    return Empirical(tuple(found))


def _each(light: NDArray[np.float32], marked: NDArray[np.bool_]) -> list[float]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marked.astype(np.uint8), connectivity=8)
    found = []
    for label in range(1, count):
        left, top, wide, tall, area = stats[label].tolist()
        if area < _LEAST_PX:
            continue
        window = (
            slice(max(top - _FAR, 0), top + tall + _FAR),
            slice(max(left - _FAR, 0), left + wide + _FAR),
        )
        one = (labels[window] == label).astype(np.uint8)
        core = cv2.erode(one, np.ones((3, 3), np.uint8))
        inside = (core if core.any() else one) > 0
        ring = _grown(one, _FAR) & ~_grown(marked[window].astype(np.uint8), _NEAR)
        if ring.any():
            around, within = float(np.median(light[window][ring])), light[window][inside]
            darker = float(np.median(within)) < around  # the quarter that is furthest from around: masks are loose
            found.append(float(np.quantile(within, 0.25 if darker else 0.75)) / max(around, 1e-4))
    return found


def _grown(mask: NDArray[np.uint8], by: int) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(mask, np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0)
