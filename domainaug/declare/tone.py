"""Rows of the transforms that map levels to levels."""

from __future__ import annotations

from typing import Any

from domainaug.declare.registry import row
from domainaug.declare.sets import curves
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators

__all__ = ["MEANS"]

MEANS = (0.1, 0.9)
"""The mean levels a picture is allowed for where a transform pivots on the picture's own mean."""


@row("RandomBrightnessContrast")
def _brightness_contrast(transform: Any, frame: Frame) -> Generators:
    bright, contrast = transform.brightness_limit, transform.contrast_limit
    if transform.ensure_safe_range:
        bright, contrast = (min(bright[0], 0), max(bright[1], 0)), (min(contrast[0], 0), max(contrast[1], 0))
    means = (1.0,) if transform.brightness_by_max else MEANS
    made = Generators.tonal(curves(lambda x, b, c, m: (1 + c) * x + b * m, bright, contrast, means))
    return made if transform.brightness_by_max else Generators(curves=made.curves, content=True)


@row("RandomGamma")
def _gamma(transform: Any, frame: Frame) -> Generators:
    low, high = transform.gamma_limit
    return Generators.tonal(curves(lambda x, g: x ** (g / 100), (low, (low + high) / 2, high)))


@row("InvertImg")
def _invert(transform: Any, frame: Frame) -> Generators:
    return Generators.tonal(curves(lambda x, _: 1 - x, (0.0,)))


@row("Solarize")
def _solarize(transform: Any, frame: Frame) -> Generators:
    low, high = transform.threshold_range
    return Generators.tonal(
        curves(lambda x, t: x * (x < t) + (1 - x) * (x >= t), (low, (low + high) / 2, high)),
        contrast=Interval(0.0, 1.0),
    )
