"""One draw of the transforms that change values: tone, holes, noise, sharpness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from domainaug.declare.color import shifted
from domainaug.declare.noise import clipped_normal, furthest
from domainaug.declare.registry import declare, reads
from domainaug.declare.sets import curves, up_to
from domainaug.declare.sharpness import softened
from domainaug.declare.tone import tone_curve
from domainaug.effects import Interval
from domainaug.functionals import LEVELS
from domainaug.generators import Frame, Generators

__all__: list[str] = []


@reads("RandomBrightnessContrast")
def _brightness_contrast(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    widest = max(abs(end) for end in transform.brightness_limit)
    offset = float(params["beta"]) / (top or guessed_top(params["beta"], widest))
    return Generators.tonal(curves(lambda x, a, b: a * x + b, (float(params["alpha"]),), (offset,)))


def guessed_top(size: float, widest: float) -> float:
    """Shares of the range stay within the limits; what is beyond them is counted in 8-bit levels."""
    return 1.0 if abs(float(size)) <= widest * (1 + 1e-6) else 255.0


@reads("RandomToneCurve")
def _random_tone_curve(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators | None:
    low, high = np.atleast_1d(params["low_y"]), np.atleast_1d(params["high_y"])
    made = Generators.tonal(tone_curve(low[:, None].astype(np.float64), high[:, None].astype(np.float64)))
    if len(low) == 1:
        return made
    bound = declare(transform, frame)
    assert bound is not None
    return replace(made, ranges=bound.ranges, exact=False)


@reads("MultiplicativeNoise")
def _multiplier(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators | None:
    factors = np.unique(np.asarray(params["multiplier"], dtype=np.float64))
    if len(factors) > 1:
        return None
    return Generators.tonal(curves(lambda x, m: m * x, factors))


# -- what is hidden ------------------------------------------------------------------------------------


@reads("CoarseDropout", "Erasing", "GridDropout", "XYMasking", "TimeMasking", "FrequencyMasking")
def _holes(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    hit = np.zeros((frame.height, frame.width), dtype=bool)
    for left, above, right, below in np.asarray(params["holes"], dtype=int).reshape(-1, 4):
        hit[max(above, 0) : below, max(left, 0) : right] = True
    share = Interval(float(hit.mean()), float(hit.mean()))
    seen = {"foreign_content": up_to(share.high), "occlusion": up_to(share.high)}
    if not isinstance(transform.fill, str):
        seen = {"occlusion": share}
    if transform.fill_mask is not None:
        seen |= {"outside": share, "field_of_view": Interval(1 - share.high, 1 - share.low)}
    return Generators(ranges=seen, exact=not isinstance(transform.fill, str))


@reads("PixelDropout")
def _dropped_pixels(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    dropped = np.asarray(params["drop_mask"], dtype=bool)
    share = float((dropped.any(axis=2) if dropped.ndim == 3 else dropped).mean())
    return Generators(ranges={"impulse_noise": Interval(share, share)})


# -- noise and sharpness -------------------------------------------------------------------------------


@reads("SaltAndPepper")
def _salt(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    share = float((np.asarray(params["salt_mask"]) | np.asarray(params["pepper_mask"])).mean())
    return Generators(ranges={"impulse_noise": Interval(share, share)})


@reads("GaussNoise", "AdditiveNoise", "RGBShift")
def _added(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    if "key" in params:  # drawn without a field, in shares of the range
        return _grain(float(params["std"]), float(params["mean"]))
    added = np.asarray(params["noise_map"], dtype=np.float64)
    scale = top or guessed_top(np.abs(added).max(initial=0.0), furthest(transform))
    if getattr(transform, "spatial_mode", "") == "constant":
        each = np.resize(added.ravel() / scale, max(frame.channels, 1))
        made = shifted(np.stack([each, each], axis=1))
        cast = Interval(float(np.ptp(each)), float(np.ptp(each)))
        return made.with_ranges(color_cast=cast) if frame.channels > 1 else made
    return _grain(float(added.std()) / scale, float(added.mean()) / scale)


def _grain(deviation: float, mean: float) -> Generators:
    seen = float(clipped_normal(np.array([0.5]), deviation)[1][0])
    return Generators.tonal(clipped_normal(LEVELS + mean, deviation)[0], noise=Interval(seen, seen))


@reads("GaussianBlur", "MotionBlur", "AdvancedBlur")
def _kernel(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    kernel = np.asarray(params["kernel"], dtype=np.float64)
    if kernel.ndim == 1 or 1 in kernel.shape:
        kernel = np.outer(kernel.ravel(), kernel.ravel())
    weights = kernel / kernel.sum()
    down, across = (np.arange(size) - (size - 1) / 2 for size in weights.shape)
    middle = np.array([(weights.sum(axis=0) * across).sum(), (weights.sum(axis=1) * down).sum()])
    x, y = across[None, :] - middle[0], down[:, None] - middle[1]
    spread = [[(weights * x * x).sum(), (weights * x * y).sum()], [(weights * x * y).sum(), (weights * y * y).sum()]]
    least, most = np.maximum(np.linalg.eigvalsh(np.array(spread)), 0.0)
    blur, moved = float(np.sqrt(least)), float(np.abs(middle).max())
    # A box as long as the streak has the same variance: length^2 / 12.
    streak = float(np.sqrt(12 * (most - least)))
    made = softened(Interval(blur, blur), 0.0, motion_blur=Interval(streak, streak))
    return made.with_ranges(misregistration=Interval(moved, moved), shift=up_to(moved / frame.side))
