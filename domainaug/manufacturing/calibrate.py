"""Thresholds of the gate from the real defects of a dataset.

A threshold has to let the next real defect through, not only those that it was taken from. Where there are enough of
them it is one of their values (an order statistic, as in conformal prediction: Vovk et al. 2005); where there are few,
the end of a prediction interval in the logarithm (Student's t), and never tighter than the outermost of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.manufacturing.defect import Floats, Mask
from domainaug.manufacturing.gate import FEATURES, Gate, RealDefects, features
from domainaug.manufacturing.measures import Measures, contrast_of
from domainaug.manufacturing.sizes import LearnedSizes, Measured, binary, learned, measure

__all__ = [
    "LEAST",
    "Calibration",
    "RealDefect",
    "calibrate",
    "calibration_of",
    "held_out",
    "real_defects",
    "refused_of",
    "sizes_of",
]

LEAST = 8
"""Defects: fewer say nothing about the tails."""

_AROUND = 16  # pixels around a defect that say what would be there without it
_LEAST_PX = 4  # smaller specks are left out
_TAILS = 0.05  # share of real defects that all thresholds together would refuse
_EACH = _TAILS / 2  # that one measure would: what is odd in one is often odd in another
_FOLDS = 10  # parts of the pictures, each of which is judged by the thresholds of the others


@dataclass(frozen=True, slots=True)
class RealDefect:
    """A defect of a labeled photograph.

    Attributes:
        measures: What the gate measures of it; what only a drawn one has is as of a perfect one.
        size: Its size and place.
    """

    measures: Measures
    size: Measured


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the real defects of one class say.

    Attributes:
        gate: Thresholds that let nearly all of them, and of others like them, through.
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

    What would be there without a defect is what its surroundings average to. Thresholds lie where about one real defect
    in twenty would be refused that they were not taken from.

    Args:
        labeled: Pictures (H, W) or (H, W, channels), each with its mask (H, W).
        pitch_mm: Millimeters from pixel to pixel.
        gate: What to begin with.
        value_range: Black and white.

    Raises:
        LabelError: A mask is of another size than its picture, or there are fewer than eight defects.
    """
    found: list[RealDefect] = []
    for index, (picture, mask) in enumerate(labeled):
        if picture.shape[:2] != mask.shape[:2]:
            raise LabelError(
                f"mask {index} is {mask.shape[:2]} and its picture {picture.shape[:2]}; they have to be alike"
            )
        found += real_defects(picture, binary(mask), pitch_mm, value_range=value_range)
    return calibration_of(found, gate)


def calibration_of(found: Sequence[RealDefect], gate: Gate | None = None) -> Calibration:
    """Return thresholds and sizes of defects that were measured; see `calibrate`.

    Args:
        found: Those of one class.
        gate: What to begin with.

    Raises:
        LabelError: There are fewer than eight.
    """
    seen = [one.measures for one in found]
    if len(seen) < LEAST:
        raise LabelError(f"{len(seen)} real defects are too few to take thresholds from; at least {LEAST} are needed")
    made = gate or Gate()
    contrast, areas, lengths, on_part = (
        np.array([getattr(one, name) for one in seen]) for name in ("contrast", "area_mm2", "length_mm", "on_part")
    )
    made = replace(
        made,
        on_part=min(made.on_part, float(np.quantile(on_part, _TAILS))),
        contrast=_least(contrast, _EACH),
        area_mm2=(_least(areas, _EACH / 2), _most(areas, _EACH / 2)),
        length_mm=(_least(lengths, _EACH / 2), _most(lengths, _EACH / 2)),
    )
    made = replace(made, real=_real(seen), distance=max(2.0, _most(_distances(seen), _EACH)))
    refused = float((contrast < made.contrast).mean())
    return Calibration(made, sizes_of(found), tuple(seen), refused)


def held_out(pictures: Sequence[Sequence[RealDefect]], gate: Gate | None = None) -> tuple[int, int]:
    """Return how many real defects are refused by thresholds taken from other pictures, and how many were judged so.

    Pictures are dealt into ten parts, or as many as there are pictures; where the others show fewer than eight
    defects, a part is not judged.

    Args:
        pictures: The defects of each picture, those of one class.
        gate: What thresholds begin with.
    """
    refused = judged = 0
    shown = [picture for picture in pictures if picture]
    folds = min(_FOLDS, len(shown))
    for fold in range(folds):
        others = [one for number, picture in enumerate(shown) if number % folds != fold for one in picture]
        if len(others) < LEAST:
            continue
        made = calibration_of(others, gate).gate
        mine = [one for picture in shown[fold::folds] for one in picture]
        refused += sum(bool(made.refusals(one.measures)) for one in mine)
        judged += len(mine)
    return refused, judged


def _most(values: NDArray[np.float64], tail: float) -> float:
    """Return what about a share of `tail` of further values like these, all above 0, lies above."""
    logs = np.sort(np.log(np.maximum(values, 1e-9)))
    count = len(logs)
    beyond = math.floor(tail * (count + 1))
    if beyond >= 1:
        return math.exp(logs[-beyond])
    from scipy.special import stdtrit

    reach = float(stdtrit(count - 1, 1 - tail)) * float(logs.std(ddof=1)) * math.sqrt(1 + 1 / count)
    return math.exp(max(float(logs.mean()) + reach, float(logs[-1])))


def _least(values: NDArray[np.float64], tail: float) -> float:
    """Return what about a share of `tail` of further values like these, all above 0, lies below."""
    return 1 / _most(1 / np.maximum(values, 1e-9), tail)


def _distances(seen: Sequence[Measures]) -> NDArray[np.float64]:
    """Return how far each is from the others; a fortieth of them at a time, where there are many."""
    folds = min(len(seen), 4 * _FOLDS)
    found = np.zeros(len(seen))
    for fold in range(folds):
        others = _real([one for number, one in enumerate(seen) if number % folds != fold])
        found[fold::folds] = [others.distance(one) for one in seen[fold::folds]]
    return found


def sizes_of(found: Iterable[RealDefect]) -> LearnedSizes:
    """Return the sizes of defects that were measured; there is at least one."""
    return learned([one.size for one in found])


def refused_of(seen: Iterable[Measures], gate: Gate) -> Mapping[str, int]:
    """Return how many real defects each threshold of a gate would refuse, by code; codes that refuse none are left out.

    Seams, and whether a mask marks what changed, cannot be measured where nobody knows what was there before.
    """
    counts: dict[str, int] = {}
    for one in seen:
        for refusal in gate.refusals(one):
            counts[refusal.code] = counts.get(refusal.code, 0) + 1
    return counts


def real_defects(
    picture: NDArray[Any],
    mask: Mask,
    pitch_mm: float,
    *,
    inside: Mask | None = None,
    value_range: tuple[float, float] = (0.0, 255.0),
) -> Iterator[RealDefect]:
    """Yield the connected defects of a labeled photograph, measured.

    Args:
        picture: (H, W) or (H, W, channels).
        mask: (H, W): what is marked.
        pitch_mm: Millimeters from pixel to pixel.
        inside: (H, W): what belongs to the part; all of it where None.
        value_range: Black and white.
    """
    low, high = value_range
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    shape = np.array(mask.shape, np.float64)
    for label in range(1, count):
        left, top, width, height, area = stats[label].tolist()
        if area < _LEAST_PX:
            continue
        rows = slice(max(top - _AROUND, 0), top + height + _AROUND)
        columns = slice(max(left - _AROUND, 0), left + width + _AROUND)
        one = labels[rows, columns] == label
        part = (picture[rows, columns].astype(np.float32) - low) * (255.0 / (high - low))
        gray = part if part.ndim == 2 else part.mean(axis=2)
        without = _without(gray, one | (labels[rows, columns] > 0))
        contrast, sign = contrast_of(gray - without, np.where(one, without, gray), one)
        size = measure(one, pitch_mm)[0]
        middle = (np.array(size.place) * one.shape + (rows.start, columns.start)) / shape
        on_part = 1.0 if inside is None else float(inside[rows, columns][one].mean())
        told = size.length_mm, size.width_mm, size.area_mm2
        measures = Measures(on_part, contrast, 1.0, 0.0, 1.0, 1.0, *told, sign)
        yield RealDefect(measures, replace(size, place=(float(middle[0]), float(middle[1]))))


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


def _real(seen: Sequence[Measures]) -> RealDefects:
    columns = {name: np.array([features(one)[name] for one in seen]) for name in FEATURES}
    middle = {name: float(np.median(column)) for name, column in columns.items()}
    spread = {
        name: max(1.4826 * float(np.median(np.abs(column - middle[name]))), 0.25) for name, column in columns.items()
    }
    return RealDefects(middle, spread, len(seen))
