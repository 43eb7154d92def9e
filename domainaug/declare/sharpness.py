"""Rows of the transforms that blur or sharpen."""

from __future__ import annotations

import numpy as np

from domainaug._albumentations import A
from domainaug.declare.registry import row
from domainaug.declare.sets import about, curves, up_to
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators

__all__ = ["kernel_sigma", "softened"]


def softened(
    blur: Interval | float, motion: float = 0.0, *, content: bool = False, **ranges: Interval | float
) -> Generators:
    """Return what a blur of `blur` px sigma and a streak of `motion` px does.

    Small things take on the level and color of what surrounds them, which shows as a change of tone.
    """
    size = blur if isinstance(blur, Interval) else up_to(blur)
    wide = size.high
    seen: dict[str, Interval | float] = {
        "blur": size,
        "contrast": Interval(max(1 - 0.055 * wide - 0.01 * motion, 0.0), 1 + min(0.03 * wide, 0.1)),
        "tone": up_to(min(max(0.025 * wide - 0.005, 0.0) + 0.003 * motion, 1.0)),
        "brightness": about(min(0.008 * wide, 0.2)),
        "local_gain": up_to(0.012 * wide),
        "saturation": Interval(max(1 - 0.08 * wide, 0.0), 1 + 0.1 * wide),
        "noise": up_to(min(0.004 * wide + 0.0004 * motion, 0.03)),
    }
    if motion:
        seen["motion_blur"] = up_to(motion)
    return Generators.bounds(seen, ranges, content=content)


def kernel_sigma(sigma: float, size: int) -> float:
    """Return the standard deviation of the Gaussian kernel albumentations makes.

    Args:
        sigma: What was asked for, in pixels.
        size: Length of the kernel, which cuts it short when small; 0 for one that is long enough.
    """
    reach = int(sigma * 3.5) if size == 0 else size // 2
    places = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (places / sigma) ** 2)
    return float(np.sqrt((weights * places**2).sum() / weights.sum()))


@row("GaussianBlur")
def _gaussian(transform: A.GaussianBlur, frame: Frame) -> Generators:
    sigmas = [max(float(end), 1e-3) for end in transform.sigma_limit]
    sizes = [kernel_sigma(sigma, int(size)) for sigma in sigmas for size in transform.blur_limit]
    return softened(Interval(0.85 * min(sizes), 1.05 * max(sizes)))


@row("Blur")
def _box(transform: A.Blur, frame: Frame) -> Generators:
    low, high = transform.blur_limit
    return softened(Interval(max(0.2 * low - 0.3, 0.0), 0.29 * high + 0.2), 2.0 * (high > 7))


@row("MedianBlur")
def _median(transform: A.MedianBlur, frame: Frame) -> Generators:
    high = max(transform.blur_limit)
    return softened(
        0.34 * high + 0.4,
        0.1 * high,
        pixelation=Interval(1.0, 2.5),
        saturation=Interval(0.8, 1.2),
        local_gain=up_to(0.01 * high),
        content=True,
    )


@row("AdvancedBlur")
def _advanced(transform: A.AdvancedBlur, frame: Frame) -> Generators:
    high = max(transform.blur_limit)
    return softened(0.29 * high + 0.3, 1.2 * high, misregistration=up_to(0.05 * high), shift=up_to(0.5 / frame.side))


@row("MotionBlur")
def _motion(transform: A.MotionBlur, frame: Frame) -> Generators:
    length = float(max(transform.blur_limit))
    moves = length / 2 if transform.allow_shifted else length / 4
    return softened(
        0.15 * length + 0.3,
        1.25 * length + 1,
        misregistration=up_to(moves),
        shift=up_to(moves / frame.side),
        impulse_noise=up_to(0.0012 * length),
    )


@row("Defocus")
def _defocus(transform: A.Defocus, frame: Frame) -> Generators:
    radius = float(max(transform.radius))
    return softened(
        Interval(0.0, 0.75 * radius + 1), 6.0, misregistration=up_to(1.0 + 0.2 * radius), sharpening=up_to(0.3)
    )


@row("ZoomBlur")
def _zoom(transform: A.ZoomBlur, frame: Frame) -> Generators:
    grows = max(float(max(transform.max_factor)), 1 + float(max(transform.step_factor))) - 1
    return softened(
        60 * grows + 0.5,
        30.0 * min(1.0, 10 * grows),
        local_gain=up_to(grows),
        tone=up_to(min(2 * grows, 1.0)),
        contrast=Interval(max(1 - 2.7 * grows, 0.0), 1.05),
        brightness=about(0.5 * grows),
        scale=Interval(1.0, 1 + grows),
        misregistration=up_to(grows * frame.side / 2),
        field_of_view=Interval(max(1 - 2 * grows, 0.0), 1.0),
        local_warp=up_to(0.1 * grows),
        saturation=Interval(max(1 - 2 * grows, 0.0), 1 + grows),
        hue=about(30 * grows),
        gamma=Interval(1 / (1 + 2 * grows), 1 + 2 * grows),
        channel_mixing=up_to(1.2 * grows),
        impulse_noise=up_to(0.05 * grows),
        noise=up_to(0.08 * grows),
        inversion=up_to(min(2 * grows, 1.0)),
        content=True,
    )


@row("GlassBlur")
def _glass(transform: A.GlassBlur, frame: Frame) -> Generators:
    reach = float(transform.max_delta)
    return softened(
        2 * reach + float(transform.sigma),
        4 * reach,
        misregistration=up_to(max(3.0, reach)),
        noise=up_to(0.05 + 0.01 * reach),
        shift=up_to(1.0 / frame.side),
        impulse_noise=up_to(0.05),
        saturation=Interval(0.7, 1.3),
        sharpening=up_to(0.5),
        local_gain=up_to(0.02 * reach),
        content=True,
    )


@row("RingingOvershoot")
def _ringing(transform: A.RingingOvershoot, frame: Frame) -> Generators:
    slow = max(float(min(transform.cutoff)), 0.05)
    return softened(
        3.2 / slow,
        4.0 / slow,
        sharpening=up_to(0.5),
        contrast=Interval(0.7, 1.6),
        tone=up_to(0.15),
        noise=up_to(0.03),
        local_gain=up_to(0.06),
    )


@row("Sharpen")
def _sharpen(transform: A.Sharpen, frame: Frame) -> Generators:
    strength = float(max(transform.alpha))
    if transform.method == "gaussian":
        # The name notwithstanding, this one blurs and lightens: measured.
        return softened(
            3.5,
            5.0,
            sharpening=up_to(4 * strength),
            brightness=Interval(-0.05, 0.3 * strength),
            contrast=Interval(max(1 - strength, 0.0), 1 + strength),
            tone=up_to(min(0.5 * strength, 1.0)),
            saturation=Interval(max(1 - 2 * strength, 0.0), 1 + 2 * strength),
            gamma=Interval(1 / (1 + strength), 1 + strength),
            local_gain=up_to(0.2 * strength),
            content=True,
        )
    # The kernel sums to 1 - alpha (1 - lightness), which is a factor on every level.
    gains = [1 - a * (1 - light) for a in transform.alpha for light in transform.lightness]
    made = Generators.tonal(curves(lambda x, g: g * x, (min(gains), max(gains))))
    return made.with_ranges(
        sharpening=up_to(8 * strength),
        noise=up_to(0.08 * strength),
        local_gain=up_to(0.15 * strength),
        impulse_noise=up_to(0.1 * strength),
        saturation=Interval(max(1 - strength, 0.0), 1 + strength),
        pixelation=Interval(1.0, 1 + strength),
        inversion=up_to(0.1),
    )


@row("UnsharpMask")
def _unsharp(transform: A.UnsharpMask, frame: Frame) -> Generators:
    strength = float(max(transform.alpha))
    return Generators.bounds(
        content=True,
        sharpening=up_to(1.5 * strength),
        tone=up_to(0.05 * strength),
        contrast=Interval(1 - 0.1 * strength, 1 + 0.2 * strength),
        noise=up_to(0.02 * strength),
        local_gain=up_to(0.05 * strength),
    )


@row("Emboss")
def _emboss(transform: A.Emboss, frame: Frame) -> Generators:
    relief = float(max(transform.strength)) * float(max(transform.alpha))
    return Generators.bounds(
        content=True,
        sharpening=up_to(4 * relief + 1),
        misregistration=4.0,
        brightness=about(0.03 + 0.05 * relief),
        shift=up_to(4.0 / frame.side),
        blur=up_to(1.0 + relief),
        motion_blur=up_to(6.0 + 4 * relief),
        noise=up_to(0.05 + 0.1 * relief),
        tone=up_to(0.1 + 0.1 * relief),
        contrast=Interval(0.8, 1.2 + relief),
        local_gain=up_to(0.1 + 0.2 * relief),
        saturation=Interval(0.8, 1.2),
        impulse_noise=up_to(0.1),
    )
