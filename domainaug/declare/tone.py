"""Rows of the transforms that make levels lighter or darker, everywhere alike or not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from domainaug._albumentations import A
from domainaug.declare.registry import row
from domainaug.declare.sets import ANY_COLOR, ANY_TONE, Array, about, curves, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.functionals import LEVELS
from domainaug.generators import Frame, Generators

__all__ = ["MEANS", "tone_curve"]

MEANS = (0.1, 0.9)
"""The mean levels a picture is allowed for where a transform pivots on the picture's own mean."""


@row("RandomBrightnessContrast")
def _brightness_contrast(transform: A.RandomBrightnessContrast, frame: Frame) -> Generators:
    bright, contrast = transform.brightness_limit, transform.contrast_limit
    if transform.ensure_safe_range:
        bright, contrast = (min(bright[0], 0), max(bright[1], 0)), (min(contrast[0], 0), max(contrast[1], 0))
    means = (1.0,) if transform.brightness_by_max else MEANS
    made = Generators.tonal(curves(lambda x, b, c, m: (1 + c) * x + b * m, bright, contrast, means))
    if max(map(abs, bright)) + max(map(abs, contrast)) > 0.5:  # what is clipped is flat, as large pixels are
        made = made.with_ranges(pixelation=Interval(1.0, 2.5))
    return made if transform.brightness_by_max else Generators(curves=made.curves, ranges=made.ranges, content=True)


@row("RandomGamma")
def _gamma(transform: A.RandomGamma, frame: Frame) -> Generators:
    low, high = (end / 100 for end in transform.gamma_limit)
    return Generators.tonal(curves(lambda x, g: x**g, (low, math.sqrt(low * high), high)))


@row("InvertImg")
def _invert(transform: A.InvertImg, frame: Frame) -> Generators:
    return Generators.tonal(1 - LEVELS)


@row("Solarize")
def _solarize(transform: A.Solarize, frame: Frame) -> Generators:
    low, high = transform.threshold_range
    made = curves(lambda x, t: np.where(x < t, x, 1 - x), np.linspace(low, high, 9))
    # Steep where the curve turns over, it makes edges of what was smooth.
    return Generators.tonal(
        made,
        contrast=Interval(0.0, 1.5),
        inversion=up_to(min(1.12 - low, 1.0)),
        brightness=about(0.05),
        local_gain=up_to(0.1),
        sharpening=up_to(0.6),
        saturation=Interval(0.8, 1.2),
    )


@row("Posterize")
def _posterize(transform: A.Posterize, frame: Frame) -> Generators:
    bits = transform.num_bits
    limits = bits if isinstance(bits, list) else [bits]
    few = min(int(low) for low, _ in limits)
    many = max(int(high) for _, high in limits)
    step = 2.0**-few
    made = {
        "loss_of_levels": Interval(0.6 * (8 - many), 8.0 - few),
        "tone": up_to(step),
        "brightness": Interval(-step, step / 2),
        "contrast": Interval(max(1 - 2 * step, 0.0), 1 + 2 * step),
        "saturation": Interval(max(1 - 4 * step, 0.0), 1 + 4 * step),
        "hue": about(min(120 * step, 180.0)),
        "gamma": Interval(1 / (1 + 4 * step), 1 + 4 * step),
        "pixelation": Interval(1.0, 1 + 8 * step),
        "local_gain": up_to(step / 2),
        "sharpening": up_to(2 * step),
        "noise": up_to(step / 3),
    }
    if isinstance(bits, list):
        made["color_cast"] = up_to(step)
    return Generators(ranges=made)


def tone_curve(low: Array, high: Array) -> Array:
    """Return Bezier tone curves with inner control points at heights `low` and `high`, each (n, 1)."""
    t = LEVELS[None]
    return np.asarray(3 * (1 - t) ** 2 * t * low + 3 * (1 - t) * t**2 * high + t**3)


@row("RandomToneCurve")
def _random_tone_curve(transform: A.RandomToneCurve, frame: Frame) -> Generators:
    # Heights are normal about .25 and .75; the identity's would be a third and two thirds.
    reach = 4.5 * float(transform.scale)
    heights = ((0.25, 1 / 3), (0.75, 2 / 3))
    ends = [np.clip([mean - reach, mean, same, mean + reach], 0, 1) for mean, same in heights]
    made = Generators.tonal(curves(lambda _, low, high: tone_curve(low, high), *ends))
    bent = {"inversion": up_to(min(transform.scale, 1.0))}
    cast = {"color_cast": up_to(min(3 * transform.scale, 1.0)), **_colored(reach)} if transform.per_channel else {}
    return Generators(curves=made.curves, ranges={**bent, **cast}, tail=True)


def _colored(size: float) -> dict[str, Interval]:
    """Saturation and hue follow wherever channels change apart."""
    return {
        "saturation": Interval(max(1 - 4 * size, 0.0), 1 + 8 * size),
        "hue": about(min(120 * size, 180.0)),
        "channel_mixing": up_to(size),
    }


@row("Equalize", "AutoContrast")
def _equalize(transform: Any, frame: Frame) -> Generators:
    return Generators.bounds(
        ANY_TONE,
        ANY_COLOR,
        content=True,
        local_gain=EFFECTS["local_gain"].anything,
        noise=up_to(0.05),
        loss_of_levels=up_to(4.0),
        sharpening=EFFECTS["sharpening"].anything,
        pixelation=Interval(1.0, 3.0),
        inversion=up_to(0.2),
        impulse_noise=up_to(0.05),
    )


@row("FDA", "HistogramMatching", "PixelDistributionAdaptation")
def _adapt(transform: Any, frame: Frame) -> Generators:
    names = ("local_gain", "foreign_content", "noise", "sharpening", "loss_of_levels", "inversion")
    loose = {name: EFFECTS[name].anything for name in names}
    return Generators.bounds(
        ANY_TONE,
        ANY_COLOR,
        loose,
        content=True,
    )


@row("CLAHE")
def _clahe(transform: A.CLAHE, frame: Frame) -> Generators:
    strongest = float(max(transform.clip_limit))
    return Generators.bounds(
        ANY_TONE,
        ANY_COLOR,
        content=True,
        local_gain=up_to(0.5),
        sharpening=up_to(max(strongest - 1, 0.5)),
        noise=up_to(0.03),
    )


@row("Illumination")
def _illumination(transform: A.Illumination, frame: Frame) -> Generators:
    size = float(max(abs(end) for end in transform.intensity_range))
    low = 0.0 if transform.effect_type == "brighten" else -size
    high = 0.0 if transform.effect_type == "darken" else size
    return Generators.bounds(
        local_gain=up_to(size),
        brightness=Interval(low, high),
        contrast=Interval(max(1 - 2 * size, 0.0), 1 + 2 * size),
        gamma=Interval(1 / (1 + 2 * size), 1 + 2 * size),
        tone=up_to(min(2 * size, 1.0)),
        inversion=up_to(0.5 * size),
    )


@row("PlasmaBrightnessContrast")
def _plasma(transform: A.PlasmaBrightnessContrast, frame: Frame) -> Generators:
    bright = float(max(abs(end) for end in transform.brightness_range))
    contrast = float(max(abs(end) for end in transform.contrast_range))
    return Generators.bounds(
        content=True,
        local_gain=up_to(bright + contrast),
        brightness=about(min(bright + contrast / 2, 1.0)),
        contrast=Interval(max(1 - 2 * contrast - bright, 0.0), 1 + 2 * contrast + bright),
        gamma=Interval(1 / (1 + 2 * (bright + contrast)), 1 + 2 * (bright + contrast)),
        tone=up_to(min(bright + contrast, 1.0)),
        noise=up_to(0.2 * (bright + contrast)),
        sharpening=up_to(contrast + bright),
    )


@row("PlasmaShadow")
def _plasma_shadow(transform: A.PlasmaShadow, frame: Frame) -> Generators:
    size = float(max(transform.shadow_intensity_range))
    return Generators.bounds(
        local_gain=up_to(size),
        brightness=Interval(-size, 0.0),
        contrast=Interval(max(1 - size, 0.0), 1.0 + 0.2 * size),
        gamma=Interval(1 / (1 + size), 1 + size),
        tone=up_to(size),
        noise=up_to(0.15 * size),
        impulse_noise=up_to(0.05 * size),
        saturation=Interval(1 - 0.3 * size, 1 + 0.3 * size),
        sharpening=up_to(size),
    )


@row("RandomShadow")
def _shadow(transform: A.RandomShadow, frame: Frame) -> Generators:
    size = float(max(transform.shadow_intensity_range))
    return Generators.bounds(
        local_gain=up_to(size),
        brightness=Interval(-size, 0.0),
        contrast=Interval(max(1 - size, 0.0), 1 + 0.3 * size),
        gamma=Interval(1 / (1 + size), 1 + size),
        tone=up_to(size),
        foreign_content=up_to(0.2),
        impulse_noise=up_to(0.05),
        channel_mixing=up_to(0.5 * size),
        occlusion=up_to(1.0 if size > 0.95 else 0.0),
    )
