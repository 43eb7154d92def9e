"""Rows of the transforms that change colors."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug._albumentations import A
from domainaug.declare.registry import row
from domainaug.declare.sets import ANY_COLOR, ANY_TONE, about, curves, up_to
from domainaug.declare.tone import MEANS
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame, Generators

__all__: list[str] = []

_LUMINANCE = np.array([0.299, 0.587, 0.114])


@row("HueSaturationValue")
def _hsv(transform: A.HueSaturationValue, frame: Frame) -> Generators:
    low, high = transform.val_shift_limit
    less, more = transform.sat_shift_limit
    left, right = transform.hue_shift_limit
    made = Generators.tonal(curves(lambda x, v: x + v / 255, (low, high)))
    if frame.channels == 1:
        return made
    # OpenCV counts hue in steps of two degrees. Saturation is shifted, not scaled: the factor is for colors
    # about as strong as S = .58, and paler ones change by more.
    gain = 1.5 / (255 * 0.58)
    return made.with_ranges(
        hue=Interval(max(2 * left, -180.0), min(2 * right, 180.0)),
        saturation=Interval(max(1 + gain * less, 0.0), 1 + gain * more),
        color_cast=up_to(min(0.1 * max(abs(less), abs(more)) / 255, 1.0)),
    )


@row("ColorJitter")
def _color_jitter(transform: A.ColorJitter, frame: Frame) -> Generators:
    bright, contrast = transform.brightness, transform.contrast
    made = curves(lambda x, b, c, m: b * (c * x + (1 - c) * m), bright, contrast, MEANS)
    tone = Generators.tonal(made)
    if frame.channels == 1:
        return Generators(curves=tone.curves, content=True)
    left, right = transform.hue
    turn = Interval(max(360 * left, -180.0), min(360 * right, 180.0))
    ranges = {"saturation": Interval(*transform.saturation), "hue": turn}
    widest = max(abs(turn.low), abs(turn.high))
    ranges["channel_mixing"] = up_to(widest / 60)
    if widest >= 90:  # a turn of 120 degrees moves red to green
        ranges["channel_order"] = EFFECTS["channel_order"].anything
    return Generators(curves=tone.curves, ranges=ranges, content=True)


@row("RGBShift")
def _rgb_shift(transform: A.RGBShift, frame: Frame) -> Generators:
    limits = np.array([pair[:2] for pair in transform.noise_params["ranges"]], dtype=np.float64)
    return shifted(np.resize(limits, (max(frame.channels, 1), 2)))


def shifted(limits: np.ndarray[Any, np.dtype[np.float64]]) -> Generators:
    """Return what a constant added to each channel does; `limits` is (channels, 2), shares of the range."""
    weights = _LUMINANCE if len(limits) == 3 else np.full(len(limits), 1 / len(limits))
    low, high = float((weights * limits[:, 0]).sum()), float((weights * limits[:, 1]).sum())
    made = Generators.tonal(curves(lambda x, b: x + b, (low, high)))
    if len(limits) == 1:
        return made
    cast = float(limits.max() - limits.min())
    return made.with_ranges(
        color_cast=up_to(min(cast, 1.0)),
        contrast=Interval(max(1 - cast / 4, 0.0), 1 + cast / 4),
        saturation=Interval(max(1 - 3 * cast, 0.0), 1 + 4 * cast),
        hue=about(min(180 * cast, 180.0)),
        channel_mixing=up_to(cast),
    )


@row("PlanckianJitter")
def _planckian(transform: A.PlanckianJitter, frame: Frame) -> Generators:
    gray = np.full((1, 1, 3), 0.4, dtype=np.float32)
    temperatures = np.linspace(transform.temperature_limit[0], transform.temperature_limit[1], 9).astype(int)
    gains = (
        np.array(
            [
                A.augmentations.pixel.functional.planckian_jitter(gray, int(t), transform.mode)[0, 0]
                for t in temperatures
            ]
        )
        / 0.4
    )
    cast = float((gains.max(axis=1) - gains.min(axis=1)).max())
    lightness = gains @ _LUMINANCE
    low, high = float(min(lightness.min(), 1.0)), float(max(lightness.max(), 1.0))
    return Generators.bounds(
        color_cast=up_to(min(cast, 1.0)),
        brightness=Interval((low - 1) * 0.7 - 0.1 * cast, (high - 1) * 0.7 + 0.05 * cast),
        contrast=Interval(max(low * (1 - 0.4 * cast), 0.0), high * (1 + 0.1 * cast)),
        tone=up_to(min(max(high - 1, 1 - low) * 1.2 + 0.2 * cast, 1.0)),
        saturation=Interval(max(1 - cast, 0.0), 1 + 2 * cast),
        hue=about(min(180 * cast, 180.0)),
        gamma=Interval(1 / (1 + cast), 1 + cast),
        channel_mixing=up_to(cast),
    )


@row("FancyPCA")
def _fancy_pca(transform: A.FancyPCA, frame: Frame) -> Generators:
    reach = min(4 * float(transform.alpha), 1.0)
    return Generators.bounds(
        tail=True,
        content=True,
        brightness=about(reach),
        tone=up_to(reach),
        contrast=Interval(max(1 - reach, 0.0), 1 + reach),
        color_cast=up_to(reach),
        saturation=Interval(max(1 - 2 * reach, 0.0), 1 + 2 * reach),
        hue=about(min(180 * reach, 180.0)),
        channel_mixing=up_to(reach),
    )


@row("ToGray")
def _gray(transform: A.ToGray, frame: Frame) -> Generators:
    if frame.channels == 1:
        return Generators.nothing()
    tone: dict[str, Interval] = (
        {} if transform.method in ("weighted_average", "average", "from_lab") else dict(ANY_TONE)
    )
    return Generators.bounds(
        tone,
        content=bool(tone),
        loss_of_color=Interval(1, 1),
        saturation=Interval(0, 0),
        channel_mixing=up_to(1.0),
    )


@row("ToSepia")
def _sepia(transform: A.ToSepia, frame: Frame) -> Generators:
    if frame.channels == 1:
        return Generators.nothing()
    tone = Generators.tonal(curves(lambda x, gain: gain * x, (1.0, 1.25, 1.35)))
    return tone.with_ranges(**ANY_COLOR, loss_of_color=EFFECTS["loss_of_color"].anything)


@row("ChannelShuffle")
def _channel_shuffle(transform: A.ChannelShuffle, frame: Frame) -> Generators:
    return Generators.bounds(ANY_COLOR, channel_order=1.0, tone=up_to(0.1), brightness=about(0.05))


@row("HEStain")
def _stain(transform: A.HEStain, frame: Frame) -> Generators:
    scale = max(abs(end - 1) for end in transform.intensity_scale_range)
    shift = max(abs(end) for end in transform.intensity_shift_range)
    return Generators.bounds(
        ANY_TONE,
        ANY_COLOR,
        content=True,
        stain=up_to(scale + shift),
        inversion=up_to(0.4),
        loss_of_color=EFFECTS["loss_of_color"].anything,
    )


@row("ChromaticAberration")
def _chromatic(transform: A.ChromaticAberration, frame: Frame) -> Generators:
    first = max(abs(end) for end in transform.primary_distortion_limit)
    second = max(abs(end) for end in transform.secondary_distortion_limit)
    # Radial distortion r (k1 r^2 + k2 r^4) at the corner, r = 1 / sqrt(2) of the side.
    reach = (0.354 * first + 0.177 * second) * max(frame.width, frame.height)
    return Generators.bounds(
        chromatic_shift=up_to(reach),
        impulse_noise=up_to(min(0.004 * reach, 1.0)),
        local_gain=up_to(0.005 * reach),
        tone=up_to(min(0.003 * reach, 1.0)),
        contrast=Interval(max(1 - 0.004 * reach, 0.0), 1 + 0.004 * reach),
        hue=about(min(10.0 + reach, 180.0)),
        blur=up_to(0.7 + 0.3 * reach),
        saturation=Interval(max(0.8 - 0.02 * reach, 0.0), 1.2 + 0.02 * reach),
        misregistration=up_to(reach / 2),
    )
