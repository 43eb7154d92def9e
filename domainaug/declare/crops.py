"""Rows of the transforms that cut a box out of the picture, or put a border around it.

A crop that keeps the pixel size has scale 1 and a smaller field of view; one that is resized to a fixed size
is an enlargement, read relative to the frame.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.geometry import CONSTANT
from domainaug.declare.registry import row
from domainaug.declare.sets import affine_maps, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame, Generators

__all__ = ["cut", "placed", "resized"]

Array = NDArray[np.float64]


def cut(boxes: Array, frame: Frame, *, fills: bool = True) -> Generators:
    """Return what cutting boxes out does when pixels keep their size.

    Args:
        boxes: (n, 4) x_min, y_min, x_max, y_max in pixels; they may reach beyond the frame.
        frame: The frame they are cut from.
        fills: Whether what is beyond the frame is filled or repeats the picture.
    """
    boxes = np.atleast_2d(np.asarray(boxes, dtype=np.float64))
    size = boxes[:, 2:] - boxes[:, :2]
    inside = np.minimum(boxes[:, 2:], [frame.width, frame.height]) - np.maximum(boxes[:, :2], 0)
    seen = np.prod(np.maximum(inside, 0), axis=1)
    shift_x, shift_y = _shift(boxes, frame)
    return Generators(
        maps=affine_maps(shift_x=shift_x, shift_y=shift_y, aspect=frame.aspect),
        ranges={
            "field_of_view": Interval.of(np.clip(seen / (frame.width * frame.height), 0, 1)),
            "outside" if fills else "duplicated": Interval.of(np.clip(1 - seen / np.prod(size, axis=1), 0, 1)),
        },
    )


def resized(boxes: Array, frame: Frame, *, fills: bool = True) -> Generators:
    """Return what cutting boxes out does when each is then resized to one size (as `cut` otherwise)."""
    boxes = np.atleast_2d(np.asarray(boxes, dtype=np.float64))
    shift_x, shift_y = _shift(boxes, frame)
    maps = affine_maps(
        scale_x=frame.width / (boxes[:, 2] - boxes[:, 0]),
        scale_y=frame.height / (boxes[:, 3] - boxes[:, 1]),
        shift_x=shift_x,
        shift_y=shift_y,
        aspect=frame.aspect,
    )
    made = Generators.geometric(maps, frame, fills=fills)
    zoom = float(np.max(frame.side / np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))))
    # Labels are enlarged by nearest neighbors, the picture is not: they part by up to half an input pixel.
    made = made.with_ranges(misregistration=up_to(0.6 * zoom))
    return made.with_ranges(sharpening=up_to(0.5 * zoom)) if zoom > 1.5 else made


def _shift(boxes: Array, frame: Frame) -> tuple[Array, Array]:
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    size = boxes[:, 2:] - boxes[:, :2]
    away = (np.array([frame.width, frame.height]) / 2 - middle) / size
    return away[:, 0], away[:, 1]


def placed(widths: Array, heights: Array, frame: Frame, *, anywhere: bool = True) -> Array:
    """Return boxes of the given sizes, in the middle and (`anywhere`) pushed into the corners and sides."""
    spots = product((0.5, 0.0, 1.0), repeat=2) if anywhere else [(0.5, 0.5)]
    boxes = []
    for across, down in spots:
        left, top = across * (frame.width - widths), down * (frame.height - heights)
        boxes.append(np.stack([left, top, left + widths, top + heights], axis=-1))
    return np.concatenate(boxes)


@row("CenterCrop", "RandomCrop")
def _crop_to(transform: Any, frame: Frame) -> Generators:
    width, height = float(transform.width), float(transform.height)
    if not transform.pad_if_needed:
        width, height = min(width, frame.width), min(height, frame.height)
    # Padding goes where `pad_position` says: in the middle unless it is told otherwise.
    anywhere = isinstance(transform, A.RandomCrop) or transform.pad_position != "center"
    boxes = placed(np.array([width]), np.array([height]), frame, anywhere=anywhere)
    return cut(boxes, frame, fills=transform.border_mode == CONSTANT)


@row("CropNonEmptyMaskIfExists", "AtLeastOneBBoxRandomCrop")
def _crop_near_label(transform: Any, frame: Frame) -> Generators:
    width, height = min(transform.width, frame.width), min(transform.height, frame.height)
    return cut(placed(np.array([float(width)]), np.array([float(height)]), frame), frame)


@row("Crop")
def _crop(transform: A.Crop, frame: Frame) -> Generators:
    x_max, y_max = transform.x_max, transform.y_max
    if not transform.pad_if_needed:
        x_max, y_max = min(x_max, frame.width), min(y_max, frame.height)
    box = np.array([transform.x_min, transform.y_min, x_max, y_max], dtype=np.float64)
    fills = transform.border_mode == CONSTANT
    found = cut(box, frame, fills=fills)
    if transform.pad_if_needed and transform.pad_position != "center":
        beyond = np.maximum([x_max - frame.width, y_max - frame.height], 0)
        found = found.union(cut(box - np.tile(beyond, 2), frame, fills=fills))
    return found


@row("RandomCropFromBorders")
def _crop_from_borders(transform: A.RandomCropFromBorders, frame: Frame) -> Generators:
    sides = [
        (0.0, share * length)
        for share, length in (
            (transform.crop_left, frame.width),
            (transform.crop_top, frame.height),
            (transform.crop_right, frame.width),
            (transform.crop_bottom, frame.height),
        )
    ]
    boxes = [
        (left, top, max(frame.width - right, left + 1), max(frame.height - bottom, top + 1))
        for left, top, right, bottom in product(*sides)
    ]
    return cut(np.array(boxes), frame)


@row("RandomCropNearBBox", "BBoxSafeRandomCrop")
def _crop_around_box(transform: Any, frame: Frame) -> Generators:
    # How small the crop gets depends on the box it is told to keep.
    return Generators.bounds(
        content=True,
        field_of_view=EFFECTS["field_of_view"].anything,
        shift=EFFECTS["shift"].anything,
    )


@row("RandomSizedBBoxSafeCrop")
def _sized_crop_around_box(transform: A.RandomSizedBBoxSafeCrop, frame: Frame) -> Generators:
    return Generators.bounds(
        content=True,
        field_of_view=EFFECTS["field_of_view"].anything,
        shift=EFFECTS["shift"].anything,
        scale=Interval(1.0, EFFECTS["scale"].highest),
        aspect=EFFECTS["aspect"].anything,
        blur=EFFECTS["blur"].anything,
        sharpening=EFFECTS["sharpening"].anything,
        misregistration=EFFECTS["misregistration"].anything,
    )


@row("RandomResizedCrop")
def _random_resized_crop(transform: A.RandomResizedCrop, frame: Frame) -> Generators:
    low, high = (min(max(share, 1e-6), 1.0) for share in transform.scale)
    sizes = {(float(frame.width), float(frame.height))} if high >= 1 else set()
    fits = True
    for share, ratio in product(np.linspace(low, high, 3), np.geomspace(transform.ratio[0], transform.ratio[1], 3)):
        area = share * frame.width * frame.height
        fits = fits and bool(area * ratio <= frame.width**2 and area / ratio <= frame.height**2)
        sizes.add((min(float(np.sqrt(area * ratio)), frame.width), min(float(np.sqrt(area / ratio)), frame.height)))
    if not fits:  # ten tries that do not fit are followed by the largest crop of an allowed shape
        shape = min(max(frame.aspect, transform.ratio[0]), transform.ratio[1])
        sizes.add((min(frame.width, frame.height * shape), min(frame.height, frame.width / shape)))
    widths, heights = np.array(sorted(sizes)).T
    return resized(placed(widths, heights, frame), frame)


@row("RandomSizedCrop")
def _random_sized_crop(transform: A.RandomSizedCrop, frame: Frame) -> Generators:
    low, high = (min(float(side), frame.height) for side in transform.min_max_height)
    heights = np.linspace(low, high, 3)
    widths = np.minimum(heights * transform.w2h_ratio, frame.width)
    return resized(placed(widths, heights, frame), frame)


@row("CropAndPad")
def _crop_and_pad(transform: A.CropAndPad, frame: Frame) -> Generators:
    in_pixels = transform.px is not None
    sides = _sides(transform.px if in_pixels else transform.percent, together=not transform.sample_independently)
    boxes = []
    for top, right, bottom, left in sides:
        tall, wide = (1.0, 1.0) if in_pixels else (frame.height, frame.width)
        box = (-left * wide, -top * tall, frame.width + right * wide, frame.height + bottom * tall)
        boxes.append((box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1)))
    made = (resized if transform.keep_size else cut)(np.array(boxes), frame, fills=transform.border_mode == CONSTANT)
    # Where a border is shrunk along with the picture, the two mix.
    return made.with_ranges(tone=up_to(0.03), local_gain=up_to(0.05)) if transform.keep_size else made


def _sides(value: Any, *, together: bool) -> list[tuple[float, ...]]:
    """Return the ends of (top, right, bottom, left) that `px` or `percent` allows; positive pads."""
    if isinstance(value, int | float):
        return [(value,) * 4]
    if len(value) == 2:
        return [(end,) * 4 for end in value] if together else list(product(value, repeat=4))
    return list(product(*(side if isinstance(side, list | tuple) else (side,) for side in value)))


@row("Pad")
def _pad(transform: A.Pad, frame: Frame) -> Generators:
    amount = transform.padding
    if isinstance(amount, int | float):
        left = top = right = bottom = float(amount)
    elif len(amount) == 2:
        left, top = amount
        right, bottom = amount
    else:
        left, top, right, bottom = amount
    box = np.array([-left, -top, frame.width + right, frame.height + bottom])
    return cut(box, frame, fills=transform.border_mode == CONSTANT)


@row("PadIfNeeded")
def _pad_if_needed(transform: A.PadIfNeeded, frame: Frame) -> Generators:
    wide = _grown(frame.width, transform.min_width, transform.pad_width_divisor)
    tall = _grown(frame.height, transform.min_height, transform.pad_height_divisor)
    anywhere = transform.position != "center"
    boxes = placed(np.array([wide]), np.array([tall]), frame, anywhere=anywhere)
    return cut(boxes, frame, fills=transform.border_mode == CONSTANT)


def _grown(size: int, least: int | None, divisor: int | None) -> float:
    if divisor is not None:
        return float(-(-size // divisor) * divisor)
    return float(max(size, least or 0))
