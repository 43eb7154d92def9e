"""Rows of the transforms that move the whole picture: mirrors, quarter turns, affine maps, scaling.

Conventions, checked against real warps: albumentations' positive angle is counter-clockwise as seen, a
positive `shear` x moves the top of the picture to the right, and `translate` counts right and down.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug._albumentations import A
from domainaug.declare.registry import row
from domainaug.declare.sets import affine_maps, box, turns
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators

__all__ = ["CONSTANT", "MIRROR", "QUARTERS"]

CONSTANT = 0
"""`cv2.BORDER_CONSTANT`: what comes from outside is filled; every other border mode repeats the picture."""

MIRROR = affine_maps(scale_x=-1.0)
QUARTERS = np.round(affine_maps(rotation=np.array([0.0, 90.0, 180.0, -90.0])), 12)


@row("NoOp", "ToFloat", "FromFloat", "Normalize", "ToRGB", "Resize", "LongestMaxSize", "SmallestMaxSize")
def _nothing(transform: Any, frame: Frame) -> Generators:
    return Generators.nothing()


@row("HorizontalFlip", "TimeReverse")
def _left_right(transform: Any, frame: Frame) -> Generators:
    return Generators(maps=MIRROR)


@row("VerticalFlip")
def _upside_down(transform: Any, frame: Frame) -> Generators:
    return Generators(maps=affine_maps(scale_y=-1.0))


@row("Transpose")
def _transpose(transform: Any, frame: Frame) -> Generators:
    return Generators(maps=np.array([[[0.0, 1, 0], [1, 0, 0], [0, 0, 1]]]))


@row("RandomRotate90")
def _quarter_turns(transform: Any, frame: Frame) -> Generators:
    return Generators.each_of(QUARTERS)


@row("D4", "SquareSymmetry")
def _square(transform: Any, frame: Frame) -> Generators:
    return Generators.each_of(np.concatenate([QUARTERS, QUARTERS @ MIRROR]))


@row("Affine", "ShiftScaleRotate")
def _affine(transform: Any, frame: Frame) -> Generators:
    scale, shear = transform.scale, transform.shear
    shift_x, shift_y = _translation(transform, frame)
    scale_y = (1.0,) if transform.keep_ratio else _balanced(transform, scale["y"])
    points = box(
        turns(*transform.rotate), _balanced(transform, scale["x"]), scale_y, shear["x"], shear["y"], shift_x, shift_y
    )
    turn, wide, tall, lean_x, lean_y, right, down = points.T
    if transform.keep_ratio:
        tall = wide
    maps = affine_maps(
        rotation=turn,
        scale_x=wide,
        scale_y=tall,
        shear_x=-lean_x,
        shear_y=-lean_y,
        shift_x=right,
        shift_y=down,
        aspect=frame.aspect,
    )
    fills = transform.border_mode == CONSTANT
    if transform.fit_output:
        maps[:, :2, 2] = 0
        return _fitted(maps, frame, fills=fills)
    return Generators.geometric(maps, frame, fills=fills)


def _balanced(transform: Any, ends: tuple[float, float]) -> tuple[float, ...]:
    # A balanced scale is drawn below or above 1, and is 1 where the range leaves no room on that side.
    if not transform.balanced_scale:
        return ends
    return tuple({min(ends[0], 1.0), max(ends[1], 1.0), 1.0})


def _translation(transform: Any, frame: Frame) -> tuple[tuple[float, float], tuple[float, float]]:
    if transform.translate_percent is not None:
        return transform.translate_percent["x"], transform.translate_percent["y"]
    if transform.translate_px is None:
        return (0.0, 0.0), (0.0, 0.0)
    (left, right), (up, down) = transform.translate_px["x"], transform.translate_px["y"]
    return (left / frame.width, right / frame.width), (up / frame.height, down / frame.height)


def _fitted(maps: np.ndarray[Any, np.dtype[np.float64]], frame: Frame, *, fills: bool) -> Generators:
    """The canvas grows until nothing is lost; against the frame the picture is then as much smaller."""
    half = np.array([np.sqrt(frame.aspect), 1 / np.sqrt(frame.aspect)]) / 2
    corners = np.abs(maps[:, :2, :2]) @ half  # half of the width and height that the picture spans
    shrink = 1 / np.sqrt(corners[:, 0] * corners[:, 1] * 4)
    shrunk = maps.copy()
    shrunk[:, :2, :2] *= shrink[:, None, None]
    empty = 1 - np.abs(np.linalg.det(shrunk))
    both = Generators.geometric(np.concatenate([maps, shrunk]), frame, fills=fills)
    name = "outside" if fills else "duplicated"
    seen = {key: value for key, value in both.ranges.items() if key not in ("field_of_view", name)}
    seen |= {name: Interval.of(np.clip(empty, 0, 1)), "shift": Interval(0.0, 1 / frame.side)}  # whole pixels
    return Generators(maps=both.maps, ranges=seen, resamples=both.resamples)


@row("Rotate")
def _rotate(transform: A.Rotate, frame: Frame) -> Generators:
    maps = affine_maps(rotation=turns(*transform.limit), aspect=frame.aspect)
    whole = Generators.geometric(maps, frame, fills=transform.border_mode == CONSTANT)
    if not transform.crop_border:
        return whole
    kept = [_largest_box(angle, frame) for angle in turns(*transform.limit)]
    seen = {name: value for name, value in whole.ranges.items() if name == "blur"}
    return Generators(maps=whole.maps, ranges={**seen, "field_of_view": Interval.of(kept)}, resamples=whole.resamples)


def _largest_box(angle: float, frame: Frame) -> float:
    found = A.Rotate._rotated_rect_with_max_area(frame.height, frame.width, angle)
    width, height = found["x_max"] - found["x_min"], found["y_max"] - found["y_min"]
    return float(max(0, width * height)) / (frame.width * frame.height)


@row("SafeRotate")
def _safe_rotate(transform: A.SafeRotate, frame: Frame) -> Generators:
    angles = turns(*transform.limit)
    cos, sin = np.abs(np.cos(np.radians(angles))), np.abs(np.sin(np.radians(angles)))
    spans_x = cos * frame.width + sin * frame.height
    spans_y = cos * frame.height + sin * frame.width
    maps = affine_maps(rotation=angles, aspect=frame.aspect)
    maps[:, 0, :2] *= (frame.width / spans_x)[:, None]
    maps[:, 1, :2] *= (frame.height / spans_y)[:, None]
    return Generators.geometric(maps, frame, fills=transform.border_mode == CONSTANT)


@row("RandomScale")
def _random_scale(transform: A.RandomScale, frame: Frame) -> Generators:
    sizes = 1 + np.unique(np.asarray(transform.scale_limit, dtype=np.float64))
    ranges = {"shift": Interval(0.0, 1 / frame.side), "blur": Interval(0.0, 0.6 * max(1.0, float(sizes.max())))}
    return Generators(maps=affine_maps(scale_x=sizes, scale_y=sizes), ranges=ranges, resamples=True)
