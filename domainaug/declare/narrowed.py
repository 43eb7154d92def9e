"""A transform whose ranges are drawn in to the parameters of one draw, to be declared as tightly as it goes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from domainaug._albumentations import A

__all__ = ["EXACT", "narrowed"]

Ends = Callable[[Mapping[str, Any]], Any]


def _at(name: str, factor: float = 1.0) -> Ends:
    return lambda params: (params[name] * factor, params[name] * factor)


def _around(*names: str) -> Ends:
    def ends(params: Mapping[str, Any]) -> tuple[float, float]:
        values = np.concatenate([np.ravel(params[name]) for name in names])
        return float(values.min()), float(values.max())

    return ends


def _length_of(name: str) -> Ends:
    return lambda params: (max(params[name].shape),) * 2


_DRAWN: Mapping[str, Mapping[str, Ends]] = {
    "Blur": {"blur_limit": _at("kernel")},
    "CLAHE": {"clip_limit": _at("clip_limit")},
    "ChromaticAberration": {
        "primary_distortion_limit": _around("primary_distortion_red", "primary_distortion_blue"),
        "secondary_distortion_limit": _around("secondary_distortion_red", "secondary_distortion_blue"),
    },
    "ColorJitter": {name: _at(name) for name in ("brightness", "contrast", "saturation", "hue")},
    "Defocus": {"radius": _at("radius")},
    "Downscale": {"scale_range": _at("scale")},
    "FancyPCA": {"alpha": lambda params: float(np.abs(params["alpha_vector"]).max()) / 4},
    "HEStain": {"intensity_scale_range": _around("scale_factors"), "intensity_shift_range": _around("shift_values")},
    "HueSaturationValue": {
        "hue_shift_limit": _at("hue_shift"),
        "sat_shift_limit": _at("sat_shift"),
        "val_shift_limit": _at("val_shift"),
    },
    "ISONoise": {"intensity": _at("intensity"), "color_shift": _at("color_shift")},
    "Illumination": {"intensity_range": _at("intensity")},
    "ImageCompression": {"quality_range": _at("quality")},
    "MedianBlur": {"blur_limit": _at("kernel")},
    "PlanckianJitter": {"temperature_limit": _at("temperature")},
    "PlasmaBrightnessContrast": {
        "brightness_range": _at("brightness_factor"),
        "contrast_range": _at("contrast_factor"),
    },
    "PlasmaShadow": {"shadow_intensity_range": _at("intensity")},
    "Posterize": {"num_bits": lambda params: _bits(params["num_bits"])},
    "RandomGamma": {"gamma_limit": _at("gamma", 100.0)},
    "RandomShadow": {"shadow_intensity_range": _around("intensities")},
    "RingingOvershoot": {"blur_limit": _length_of("kernel")},
    "Sharpen": {"alpha": _at("alpha")},
    "ShotNoise": {"scale_range": _at("scale")},
    "Solarize": {"threshold_range": _at("threshold")},
    "Superpixels": {
        "p_replace": lambda params: (float(np.mean(params["replace_samples"])),) * 2,
        "n_segments": lambda params: (10**9, 10**9),  # the share is known: no scatter to allow for
    },
    "UnsharpMask": {"alpha": _at("alpha")},
    "ZoomBlur": {"max_factor": _around("zoom_factors")},
}

EXACT = frozenset(
    {"HorizontalFlip", "InvertImg", "NoOp", "RandomGamma", "TimeReverse", "ToGray", "Transpose", "VerticalFlip"}
)
"""Classes whose row at the drawn parameters is what happened, not a bound on it."""


def _bits(drawn: Any) -> Any:
    return [(bits, bits) for bits in drawn] if isinstance(drawn, list | tuple) else (drawn, drawn)


def narrowed(transform: A.BasicTransform, params: Mapping[str, Any]) -> A.BasicTransform | None:
    """Return a copy of `transform` that could have made no other draw, as far as its parameters tell.

    Returns:
        A shallow copy to be declared, never run; None when nothing narrows it.
    """
    ends = _DRAWN.get(type(transform).__name__)
    if ends is None:
        return None
    closer = copy.copy(transform)
    try:
        for attribute, found in ends.items():
            setattr(closer, attribute, found(params))
    except (KeyError, ValueError, TypeError, AttributeError):
        return None  # parameters told in another form; the whole range still holds
    return closer
