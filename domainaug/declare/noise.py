"""Rows of the transforms that add noise, and what clipping makes of it."""

from __future__ import annotations

from math import log2, sqrt

import numpy as np
from scipy.special import ndtr

from domainaug._albumentations import A
from domainaug.declare.color import shifted
from domainaug.declare.registry import row
from domainaug.declare.sets import Array, about, curves, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.functionals import LEVELS
from domainaug.generators import Frame, Generators

__all__ = ["clipped_normal", "furthest", "noisy"]


def clipped_normal(mean: Array, deviation: float) -> tuple[Array, Array]:
    """Return mean and standard deviation of normal values after clipping to [0, 1]."""
    deviation = max(float(deviation), 1e-9)
    low, high = (0 - mean) / deviation, (1 - mean) / deviation
    below, above = ndtr(low), 1 - ndtr(high)
    density_low, density_high = (np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) for z in (low, high))
    middle = 1 - below - above
    first = above + mean * middle + deviation * (density_low - density_high)
    # Second moment of the part between: E[y^2] of a truncated normal, times its weight.
    second = above + (mean**2 + deviation**2) * middle
    second += deviation * (density_low * (mean + 0.0) - density_high * (mean + 1.0))
    return first, np.sqrt(np.maximum(second - first**2, 0.0))


def noisy(deviations: tuple[float, float], means: tuple[float, ...], **ranges: Interval) -> Generators:
    """Return what noise of a range of deviations and means does (shares of the range).

    Strong noise is clipped at both ends, which flattens the mean tone curve and loses some of the noise.
    """
    low, high = (float(end) for end in deviations)
    shifts = dict.fromkeys((*means, min(max(means[0], 0.0), means[1])))  # and the one that shifts least
    made = [np.clip(LEVELS + mean, 0, 1) for mean in shifts]
    made += [clipped_normal(LEVELS + mean, size)[0] for mean in shifts for size in dict.fromkeys((low, high))]
    visible = clipped_normal(np.array([0.12, 0.5, 0.88]), high)[1]
    least = min(low, float(clipped_normal(np.array([0.12, 0.88]), low)[1].min())) if low else 0.0
    seen = {"noise": Interval(min(0.6 * least, high), max(float(visible.max()), high))}
    if high > 0.05:  # robust statistics see part of strong noise as impulses
        seen["impulse_noise"] = up_to(0.05)
    if high > 0.15:
        seen |= {
            "saturation": EFFECTS["saturation"].anything,
            "hue": about(60.0),
            "color_cast": up_to(0.3),
            "channel_mixing": up_to(0.5),
            "sharpening": up_to(0.3),
            "gamma": Interval(0.6, 1.6),
            "tone": up_to(0.05),
        }
    return Generators.tonal(np.array(made), **{**seen, **ranges})


@row("GaussNoise")
def _gauss(transform: A.GaussNoise, frame: Frame) -> Generators:
    made = noisy(transform.std_range, transform.mean_range)
    if transform.noise_scale_factor < 1:  # drawn small and enlarged: patches instead of grain
        made = made.with_ranges(local_gain=up_to(2 * max(transform.std_range)), noise=up_to(max(transform.std_range)))
    return made


@row("AdditiveNoise")
def _additive(transform: A.AdditiveNoise, frame: Frame) -> Generators:
    means, deviations, reach = _moments(transform)
    tail = transform.noise_type in ("gaussian", "laplace")
    if transform.spatial_mode == "constant":
        made = shifted(np.resize(reach, (max(frame.channels, 1), 2)))
    else:
        made = noisy(deviations, means)
        if transform.approximation < 1:
            made = made.with_ranges(local_gain=up_to(2 * deviations[1]), noise=up_to(deviations[1]))
    return Generators(maps=made.maps, curves=made.curves, ranges=made.ranges, tail=tail)


def furthest(transform: A.GaussNoise | A.AdditiveNoise) -> float:
    """Return how far one value of its noise goes from 0 at most, as a share of the range."""
    if isinstance(transform, A.GaussNoise):
        return float(max(abs(end) for end in transform.mean_range) + 8 * max(transform.std_range))
    return 2 * float(np.abs(_moments(transform)[2]).max())


def _moments(transform: A.AdditiveNoise) -> tuple[tuple[float, float], tuple[float, float], Array]:
    """Return the ranges of the mean and the deviation, and how far one value reaches (1, 2) or per channel."""
    params = transform.noise_params
    if transform.noise_type == "uniform":
        ranges = np.array(params["ranges"], dtype=np.float64)
        low, high = ranges[0]
        deviation = float(high - low) / sqrt(12)
        return ((low + high) / 2,) * 2, (deviation, deviation), ranges
    if transform.noise_type == "beta":
        scale = float(max(params["scale_range"]))
        shapes = [(a, b) for a in params["alpha_range"] for b in params["beta_range"]]
        centers = [scale * (2 * a / (a + b) - 1) for a, b in shapes]
        widths = [2 * scale * sqrt(a * b / ((a + b) ** 2 * (a + b + 1))) for a, b in shapes]
        least = float(min(params["scale_range"])) / scale if scale else 1.0
        return (min(centers), max(centers)), (min(widths) * least, max(widths)), np.array([[-scale, scale]])
    key, factor = ("std_range", 1.0) if transform.noise_type == "gaussian" else ("scale_range", sqrt(2))
    low, high = (factor * float(end) for end in params[key])
    first, last = (float(end) for end in params["mean_range"])
    far = (4.5 if factor == 1.0 else 10.0) * high
    return (first, last), (low, high), np.array([[first - far, last + far]])


@row("ShotNoise")
def _shot(transform: A.ShotNoise, frame: Frame) -> Generators:
    # Photons are counted in linear light, one per `scale`: the mean curve bends and few levels remain.
    scale = float(max(transform.scale_range))
    root = sqrt(scale)
    return Generators.bounds(
        noise=up_to(0.8 * root),
        loss_of_levels=up_to(max(8 + log2(max(scale, 1e-6)) + 1, 0.0)),
        impulse_noise=up_to(min(0.6 * root, 1.0)),
        brightness=Interval(-min(1.2 * root, 1.0), min(0.5 * root, 1.0)),
        contrast=Interval(max(1 - root, 0.0), 1 + 2 * root),
        gamma=Interval(1 / (1 + 8 * root), 1 + 3 * root),
        tone=up_to(min(1.5 * root, 1.0)),
        saturation=EFFECTS["saturation"].anything if scale > 0.01 else Interval(0.6, 2.0),
        hue=about(60.0 if scale > 0.01 else 20.0),
        color_cast=up_to(min(root, 1.0)),
        channel_mixing=up_to(root),
        pixelation=Interval(1.0, 3.0),
        local_gain=up_to(0.5 * root),
        sharpening=up_to(root),
        blur=up_to(0.7),
        occlusion=up_to(1.0 if scale > 0.2 else 0.05),
        inversion=up_to(0.3 if scale > 0.05 else 0.0),
    )


@row("ISONoise")
def _iso(transform: A.ISONoise, frame: Frame) -> Generators:
    strength, turn = float(max(transform.intensity)), float(max(transform.color_shift))
    return Generators.bounds(
        tail=True,
        content=True,
        noise=up_to(0.35 * strength),
        impulse_noise=up_to(min(0.2 * strength, 1.0)),
        hue=about(min(360 * turn, 180.0)),
        saturation=Interval(0.5, 2.0),
        brightness=about(0.1 * strength),
        tone=up_to(0.2 * strength),
        contrast=Interval(1 - 0.2 * strength, 1 + 0.2 * strength),
        color_cast=up_to(min(turn, 1.0)),
        channel_mixing=up_to(4 * turn),
    )


@row("SaltAndPepper")
def _salt(transform: A.SaltAndPepper, frame: Frame) -> Generators:
    low, high = transform.amount
    return Generators.bounds(
        impulse_noise=Interval(0.0 if low < 0.02 else 0.5 * low, min(1.3 * high + 0.002, 1.0)),
        noise=up_to(0.2 * high),
        blur=up_to(0.5 + 2 * high),
        sharpening=up_to(0.1 + 3 * high),
        tone=up_to(min(2 * high, 1.0)),
        contrast=Interval(max(1 - 2 * high, 0.0), 1 + high),
        local_gain=up_to(0.6 * high),
        brightness=about(min(high, 1.0)),
    )


@row("MultiplicativeNoise")
def _multiplicative(transform: A.MultiplicativeNoise, frame: Frame) -> Generators:
    low, high = (float(end) for end in transform.multiplier)
    made = Generators.tonal(curves(lambda x, m: m * x, (low, high)))
    spread = high - low
    ranges: dict[str, Interval] = {}
    if transform.elementwise:
        ranges = {"noise": up_to(spread / 2), "impulse_noise": up_to(0.05), "local_gain": up_to(spread / 4)}
    if transform.per_channel and frame.channels > 1:
        ranges |= {
            "color_cast": up_to(min(spread, 1.0)),
            "saturation": Interval(max(1 - 3 * spread, 0.0), 1 + 4 * spread),
            "hue": about(min(180 * spread, 180.0)),
            "channel_mixing": up_to(spread),
        }
    return made.with_ranges(**ranges)


@row("Downscale")
def _downscale(transform: A.Downscale, frame: Frame) -> Generators:
    factor = 1 / float(min(transform.scale_range))
    return Generators(
        ranges={
            "pixelation": Interval(1.0, 1.35 * factor),
            "blur": up_to(0.5 * factor + 0.3),
            "misregistration": up_to(0.55 * factor),
            "shift": up_to(0.55 * factor / frame.side),
            "contrast": Interval(max(1 - 0.05 * factor, 0.0), 1.02),
            "tone": up_to(0.02 * factor),
            "local_gain": up_to(0.01 * factor),
            "sharpening": up_to(1.0),
            "noise": up_to(0.01 * factor),
            "saturation": Interval(0.8, 1.2),
        },
        content=True,
    )


@row("ImageCompression")
def _compression(transform: A.ImageCompression, frame: Frame) -> Generators:
    loss = 1 - float(min(transform.quality_range)) / 100
    square = loss**2
    return Generators.bounds(
        content=True,
        compression=up_to(0.05 + 6 * square),
        saturation=Interval(max(0.9 - loss, 0.0), 1.1 + loss),
        hue=about(min(3 + 40 * square, 180.0)),
        noise=up_to(0.012 + 0.06 * square),
        blur=up_to(0.5 + 3 * square),
        color_cast=up_to(0.02 + 0.1 * square),
        tone=up_to(0.02 + 0.2 * square),
        contrast=Interval(1 - 0.2 * square, 1 + 0.2 * square),
        brightness=about(0.02 + 0.1 * square),
        sharpening=up_to(0.1 + 0.5 * square),
        local_gain=up_to(0.02 + 0.2 * square),
        pixelation=Interval(1.0, 1.5 + 8 * square),
        channel_mixing=up_to(0.1 + loss),
        gamma=Interval(1 / (1 + square), 1 + square),
        loss_of_color=EFFECTS["loss_of_color"].anything if loss > 0.9 else Interval(0.0, 0.0),
    )


@row("Superpixels")
def _superpixels(transform: A.Superpixels, frame: Frame) -> Generators:
    likely = float(max(transform.p_replace))
    share = min(likely + 4.5 * sqrt(likely * (1 - likely) / min(transform.n_segments)), 1.0)
    return Generators.bounds(
        content=True,
        superpixels=up_to(share),
        blur=up_to(6 * share + 0.7),
        tone=up_to(min(0.6 * share, 1.0)),
        contrast=Interval(max(1 - share, 0.0), 1 + 0.2 * share),
        brightness=about(0.2 * share),
        occlusion=up_to(min(1.3 * share, 1.0)),
        pixelation=Interval(1.0, 1 + 20 * share),
        local_gain=up_to(0.3 * share),
        saturation=Interval(max(1 - share, 0.0), 1 + share),
        hue=about(60 * share),
        foreign_content=up_to(min(share, 1.0)),
        noise=up_to(0.05 * share),
        color_cast=up_to(0.1 * share),
        gamma=Interval(1 / (1 + share), 1 + share),
        channel_mixing=up_to(share),
        sharpening=up_to(share),
        impulse_noise=up_to(0.1 * share),
    )
