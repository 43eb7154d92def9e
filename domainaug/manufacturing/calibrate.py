"""Thresholds of the gate from the real defects of a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.manufacturing.defect import Floats, Mask
from domainaug.manufacturing.gate import FEATURES, Gate, RealDefects, features
from domainaug.manufacturing.measures import Measures, contrast_of
from domainaug.manufacturing.sizes import LearnedSizes, binary, learn_sizes, measure

__all__ = ["Calibration", "calibrate"]

_LEAST = 8  # defects: fewer say nothing about the tails
_AROUND = 16  # pixels around a defect that say what would be there without it
_TAILS = 0.05  # share of real defects that a threshold would refuse on either side


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the real defects of one class say.

    Attributes:
        gate: Thresholds that let nearly all of them through.
        sizes: Their sizes, for kinds.
        seen: What was measured of each, in the order they came.
        refused: Share of them that the gate's contrast would refuse.
    """

    gate: Gate
    sizes: LearnedSizes
    seen: tuple[Measures, ...]
    refused: float


def calibrate(
    labeled: Iterable[tuple[NDArray[Any], NDArray[Any]]],
    pitch_mm: float,
    *,
    gate: Gate | None = None,
    value_range: tuple[float, float] = (0.0, 255.0),
) -> Calibration:
    """Return thresholds and sizes that fit the real defects of one class.

    What would be there without a defect is what its surroundings average to. Thresholds lie where one real defect in
    twenty would be refused; sizes may go a third beyond the smallest and largest.

    Args:
        labeled: Pictures (H, W) or (H, W, channels), each with its mask (H, W).
        pitch_mm: Millimeters from pixel to pixel.
        gate: What to begin with.
        value_range: Black and white.

    Raises:
        LabelError: A mask is of another size than its picture, or there are fewer than eight defects.
    """
    seen: list[Measures] = []
    masks: list[Mask] = []
    for index, (picture, mask) in enumerate(labeled):
        if picture.shape[:2] != mask.shape[:2]:
            raise LabelError(
                f"mask {index} is {mask.shape[:2]} and its picture {picture.shape[:2]}; they have to be alike"
            )
        marked = binary(mask)
        masks.append(marked)
        seen += _each(picture, marked, pitch_mm, value_range)
    if len(seen) < _LEAST:
        raise LabelError(f"{len(seen)} real defects are too few to take thresholds from; at least {_LEAST} are needed")
    made = gate or Gate()
    contrast = np.array([one.contrast for one in seen])
    low, high = np.array([one.area_mm2 for one in seen]).min(), np.array([one.area_mm2 for one in seen]).max()
    lengths = np.array([one.length_mm for one in seen])
    made = replace(
        made,
        contrast=float(np.quantile(contrast, _TAILS)),
        area_mm2=(float(low) / 1.33, float(high) * 1.33),
        length_mm=(float(lengths.min()) / 1.33, float(lengths.max()) * 1.33),
    )
    real = _real(seen)
    distances = np.array([real.distance(one) for one in seen])
    made = replace(made, real=real, distance=float(max(2.0, np.quantile(distances, 1 - _TAILS))))
    refused = float((contrast < made.contrast).mean())
    return Calibration(made, learn_sizes(masks, pitch_mm), tuple(seen), refused)


def _each(picture: NDArray[Any], mask: Mask, pitch_mm: float, value_range: tuple[float, float]) -> list[Measures]:
    low, high = value_range
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    found = []
    for label in range(1, count):
        left, top, width, height, area = stats[label].tolist()
        if area < 4:
            continue
        rows = slice(max(top - _AROUND, 0), top + height + _AROUND)
        columns = slice(max(left - _AROUND, 0), left + width + _AROUND)
        one = labels[rows, columns] == label
        part = (picture[rows, columns].astype(np.float32) - low) * (255.0 / (high - low))
        gray = part if part.ndim == 2 else part.mean(axis=2)
        without = _without(gray, one | (labels[rows, columns] > 0))
        contrast, sign = contrast_of(gray - without, np.where(one, without, gray), one)
        size = measure(one, pitch_mm)[0]
        found.append(Measures(1.0, contrast, 1.0, 0.0, 1.0, 1.0, size.length_mm, size.width_mm, size.area_mm2, sign))
    return found


def _without(gray: Floats, marked: Mask) -> Floats:
    """Return what the surroundings of a defect average to."""
    known = (~cv2.dilate(marked.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)).astype(np.float32)
    out, missing, sigma = gray.copy(), marked.copy(), 3.0
    while missing.any() and sigma < 4 * max(gray.shape):
        weight = cv2.GaussianBlur(known, (0, 0), sigma)
        total = cv2.GaussianBlur(gray * known, (0, 0), sigma)
        now = missing & (weight > 0.02)
        out[now] = total[now] / weight[now]
        missing &= ~now
        sigma *= 2
    return out


def _real(seen: list[Measures]) -> RealDefects:
    columns = {name: np.array([features(one)[name] for one in seen]) for name in FEATURES}
    middle = {name: float(np.median(column)) for name, column in columns.items()}
    spread = {
        name: max(1.4826 * float(np.median(np.abs(column - middle[name]))), 0.25) for name, column in columns.items()
    }
    return RealDefects(middle, spread, len(seen))
