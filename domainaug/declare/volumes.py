"""Rows of the transforms of whole volumes; the frame is a slice of it, and its depth is not known."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug._albumentations import A
from domainaug.declare.crops import cut, placed
from domainaug.declare.geometry import MIRROR, QUARTERS
from domainaug.declare.hiding import covered
from domainaug.declare.registry import row
from domainaug.declare.sets import up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame, Generators

__all__: list[str] = []


@row("CubicSymmetry")
def _cube(transform: A.CubicSymmetry, frame: Frame) -> Generators:
    flags = {
        name: EFFECTS[name].anything
        for name in ("mirror_left_right", "mirror_anterior_posterior", "mirror_superior_inferior")
    }
    return Generators(maps=np.concatenate([QUARTERS, QUARTERS @ MIRROR]), ranges={**flags, "tilt": up_to(180.0)})


@row("CenterCrop3D", "RandomCrop3D")
def _crop(transform: Any, frame: Frame) -> Generators:
    _, height, width = (float(side) for side in transform.size)
    if not transform.pad_if_needed:
        height, width = min(height, frame.height), min(width, frame.width)
    anywhere = isinstance(transform, A.RandomCrop3D)
    made = cut(placed(np.array([width]), np.array([height]), frame, anywhere=anywhere), frame)
    # Slices are cut away as well, by a share that depends on how many there are.
    highest = made.ranges["field_of_view"].high
    ranges = {"field_of_view": Interval(0.0, highest)}
    return made.with_ranges(**ranges, outside=up_to(1.0)) if transform.pad_if_needed else made.with_ranges(**ranges)


@row("Pad3D")
def _pad(transform: A.Pad3D, frame: Frame) -> Generators:
    amount = transform.padding
    if isinstance(amount, int | float):
        front = back = top = bottom = left = right = float(amount)
    elif len(amount) == 3:
        front, top, left = amount
        back, bottom, right = amount
    else:
        front, back, top, bottom, left, right = amount
    made = cut(np.array([-left, -top, frame.width + right, frame.height + bottom]), frame)
    if front or back:  # whole slices of nothing
        made = made.with_ranges(outside=Interval(made.ranges["outside"].low, 1.0))
    return made


@row("PadIfNeeded3D")
def _pad_if_needed(transform: A.PadIfNeeded3D, frame: Frame) -> Generators:
    _, tall, wide = transform.min_zyx or (0, 0, 0)
    width, height = float(max(wide, frame.width)), float(max(tall, frame.height))
    if transform.pad_divisor_zyx:
        _, by_y, by_x = transform.pad_divisor_zyx
        width, height = float(-(-frame.width // by_x) * by_x), float(-(-frame.height // by_y) * by_y)
    anywhere = transform.position != "center"
    made = cut(placed(np.array([width]), np.array([height]), frame, anywhere=anywhere), frame)
    return made.with_ranges(outside=Interval(made.ranges["outside"].low, 1.0))


@row("CoarseDropout3D")
def _dropout(transform: A.CoarseDropout3D, frame: Frame) -> Generators:
    _, most = transform.num_holes_range
    # Of one slice, as much as every hole at once; a slice that no hole reaches is left alone.
    share = most * transform.hole_height_range[1] * transform.hole_width_range[1]
    return covered(0.0, share, transform)
