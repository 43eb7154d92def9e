"""Rows of the transforms that cover a part of the picture."""

from __future__ import annotations

from typing import Any

from domainaug._albumentations import A
from domainaug.declare.registry import row
from domainaug.declare.sets import ANY_COLOR, ANY_TONE, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame, Generators

__all__ = ["covered"]


def covered(low: float, high: float, transform: Any) -> Generators:
    """Return what covering a share of the frame does, by what it is covered with.

    Args:
        low: The least share, when holes do not overlap.
        high: The largest share.
        transform: Has `fill`, and `fill_mask` unless labels are left alone.
    """
    low, high = min(max(low, 0.0), 1.0), min(high, 1.0)
    share = Interval(min(low, high), high)
    ranges: dict[str, Interval | float] = {"occlusion": share}
    if isinstance(transform.fill, str):
        # Noise and inpainting are no constant areas, and may look like either.
        ranges = {"occlusion": up_to(high), "foreign_content": up_to(high)}
    elif isinstance(transform.fill, tuple | list):
        ranges["foreign_content"] = up_to(high)
    if transform.fill_mask is not None:
        ranges |= {"outside": up_to(high), "field_of_view": Interval(1 - high, 1.0)}
    return Generators.bounds(ranges)


@row("CoarseDropout")
def _coarse_dropout(transform: A.CoarseDropout, frame: Frame) -> Generators:
    tall, wide = (
        _shares(limits, length)
        for limits, length in ((transform.hole_height_range, frame.height), (transform.hole_width_range, frame.width))
    )
    least, most = transform.num_holes_range
    # Holes may lie over each other, so only one of them is sure to add to the share.
    return covered(min(least, 1) * tall[0] * wide[0], most * tall[1] * wide[1], transform)


def _shares(limits: tuple[float, float], length: int) -> tuple[float, float]:
    low, high = limits
    if isinstance(high, float) and high <= 1:
        return float(low), float(high)
    return low / length, high / length


@row("Erasing")
def _erasing(transform: A.Erasing, frame: Frame) -> Generators:
    return covered(0.0, transform.scale[1], transform)


@row("GridDropout")
def _grid_dropout(transform: A.GridDropout, frame: Frame) -> Generators:
    # Hole sizes are rounded up and the last row and column may be cut: a little more or less than ratio squared.
    return covered(0.0, 1.35 * transform.ratio**2 + 0.05, transform)


@row("XYMasking", "TimeMasking", "FrequencyMasking")
def _stripes(transform: Any, frame: Frame) -> Generators:
    across = _most(transform.num_masks_x) * _most(transform.mask_x_length) / frame.width
    down = _most(transform.num_masks_y) * _most(transform.mask_y_length) / frame.height
    return covered(0.0, across + down, transform)


def _most(value: Any) -> float:
    return float(max(value)) if isinstance(value, tuple | list) else float(value or 0)


@row("ConstrainedCoarseDropout", "MaskDropout")
def _label_dropout(transform: Any, frame: Frame) -> Generators:
    # How much is covered depends on the size of the labeled objects.
    made = covered(0.0, 1.0, transform)
    return Generators(ranges=made.ranges, content=True)


@row("PixelDropout")
def _pixel_dropout(transform: A.PixelDropout, frame: Frame) -> Generators:
    share = float(transform.dropout_prob)
    hit = 1 - (1 - share) ** frame.channels if transform.per_channel else share
    # Counts scatter: 4.5 standard deviations of a binomial over the frame.
    spread = 4.5 * (hit * (1 - hit) / (frame.width * frame.height)) ** 0.5
    least = hit / frame.channels if transform.per_channel else hit
    made = Generators.bounds(
        impulse_noise=Interval(max(0.6 * least - spread, 0.0), min(1.4 * hit + spread, 1.0)),
        contrast=Interval(1 - share, 1 + share),
        tone=up_to(share),
        sharpening=up_to(min(0.1 + 3 * share, 1.0)) if share > 0.01 else up_to(0.0),
    )
    if transform.mask_drop_value is not None:
        made = made.with_ranges(outside=up_to(min(hit + spread, 1.0)))
    return made


@row("ChannelDropout")
def _channel_dropout(transform: A.ChannelDropout, frame: Frame) -> Generators:
    return Generators.bounds(
        ANY_TONE,
        ANY_COLOR,
        channel_lost=EFFECTS["channel_lost"].anything,
    )
