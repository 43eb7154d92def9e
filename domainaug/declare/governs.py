"""Which constructor parameter governs an effect, and how to rebuild a transform with another value."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from domainaug._albumentations import A
from domainaug.errors import UnknownName

__all__ = ["GOVERNS", "parameter_for", "parameter_value", "with_parameter"]

_TONE = ("brightness", "contrast", "gamma", "tone", "saturation", "local_gain")
_WARP = ("local_warp", "rotation", "shear", "scale", "aspect", "shift", "perspective", "outside", "duplicated")
_SEEN = ("field_of_view", "outside", "duplicated")


def _all(parameter: str, *effects: str) -> dict[str, str]:
    return dict.fromkeys(effects, parameter)


_GOVERNS: dict[str, dict[str, str]] = {
    # -- where things are
    "Affine": {
        **_all("rotate", "rotation"),
        **_all("scale", "scale", "aspect", "field_of_view", "outside", "duplicated"),
        **_all("shear", "shear"),
        **_all("translate_percent", "shift"),
    },
    "CenterCrop": _all("height", *_SEEN),
    "CropAndPad": _all("percent", "scale", "aspect", "shift", *_SEEN),
    "ElasticTransform": _all("alpha", *_WARP, "field_of_view"),
    "GridDistortion": _all("distort_limit", *_WARP, "field_of_view"),
    "GridElasticDeform": _all("magnitude", *_WARP, "field_of_view"),
    "OpticalDistortion": _all("distort_limit", *_WARP, "field_of_view"),
    "Pad": _all("padding", "outside", "duplicated", "shift"),
    "Perspective": _all("scale", *_WARP, "field_of_view"),
    "PiecewiseAffine": _all("scale", *_WARP, "field_of_view"),
    "RandomCropFromBorders": _all("crop_left", "shift", "field_of_view"),
    "RandomResizedCrop": {**_all("scale", "scale", "shift", "field_of_view"), **_all("ratio", "aspect")},
    "RandomScale": _all("scale_limit", "scale"),
    "RandomSizedCrop": _all("min_max_height", "scale", "shift", "field_of_view"),
    "Rotate": _all("limit", "rotation", *_SEEN),
    "SafeRotate": _all("limit", "rotation", "scale", "aspect", *_SEEN),
    "ShiftScaleRotate": {
        **_all("rotate_limit", "rotation"),
        **_all("scale_limit", "scale", "aspect", *_SEEN),
        **_all("shift_limit", "shift"),
    },
    "ThinPlateSpline": _all("scale_range", *_WARP, "field_of_view"),
    # -- hiding
    "CoarseDropout": _all("hole_height_range", "occlusion", "foreign_content", *_SEEN),
    "CoarseDropout3D": _all("hole_height_range", "occlusion", *_SEEN),
    "ConstrainedCoarseDropout": _all("hole_height_range", "occlusion"),
    "Erasing": _all("scale", "occlusion", "foreign_content", *_SEEN),
    "FrequencyMasking": _all("freq_mask_param", "occlusion", *_SEEN),
    "GridDropout": _all("ratio", "occlusion", "foreign_content", *_SEEN),
    "Morphological": _all("scale", "morphology", "shift", "misregistration"),
    "PixelDropout": _all("dropout_prob", "impulse_noise", "outside"),
    "TimeMasking": _all("time_mask_param", "occlusion", *_SEEN),
    "XYMasking": _all("mask_x_length", "occlusion", "foreign_content", *_SEEN),
    # -- light
    "CLAHE": _all("clip_limit", "sharpening", *_TONE),
    "Illumination": _all("intensity_range", *_TONE),
    "MultiplicativeNoise": _all("multiplier", *_TONE, "color_cast", "noise"),
    "PlasmaBrightnessContrast": {
        **_all("contrast_range", "contrast", "gamma", "sharpening"),
        **_all("brightness_range", "brightness", "tone", "local_gain", "noise"),
    },
    "PlasmaShadow": _all("shadow_intensity_range", *_TONE, "noise", "sharpening"),
    "Posterize": _all("num_bits", *_TONE, "loss_of_levels", "hue", "pixelation"),
    "RandomBrightnessContrast": {
        **_all("brightness_limit", "brightness", "tone"),
        **_all("contrast_limit", "contrast"),
    },
    "RandomGamma": _all("gamma_limit", *_TONE),
    "RandomShadow": _all("shadow_intensity_range", *_TONE),
    "RandomToneCurve": _all("scale", *_TONE, "color_cast", "hue"),
    "Solarize": _all("threshold_range", "inversion", *_TONE),
    # -- color
    "ChromaticAberration": _all("secondary_distortion_limit", "chromatic_shift", "hue", "blur", "misregistration"),
    "ColorJitter": {
        **_all("hue", "hue", "channel_order", "channel_mixing"),
        **_all("saturation", "saturation"),
        **_all("contrast", "contrast", "gamma"),
        **_all("brightness", "brightness", "tone"),
    },
    "FancyPCA": _all("alpha", *_TONE, "color_cast", "hue", "channel_mixing"),
    "HEStain": _all("intensity_scale_range", "stain"),
    "HueSaturationValue": {
        **_all("hue_shift_limit", "hue"),
        **_all("sat_shift_limit", "saturation", "color_cast"),
        **_all("val_shift_limit", "brightness", "tone", "contrast"),
    },
    "PlanckianJitter": _all("temperature_limit", "color_cast", *_TONE, "hue", "channel_mixing"),
    "RGBShift": _all("g_shift_limit", "color_cast", *_TONE, "hue", "channel_mixing"),
    # -- noise and sharpness
    "AdvancedBlur": _all("blur_limit", "blur", "motion_blur", "contrast", "tone", "misregistration"),
    "Blur": _all("blur_limit", "blur", "contrast", "tone"),
    "Defocus": _all("radius", "blur", "motion_blur", "contrast", "tone", "misregistration"),
    "Downscale": _all("scale_range", "pixelation", "blur", "misregistration", "shift", *_TONE, "noise", "sharpening"),
    "Emboss": _all("alpha", "sharpening", "misregistration", "blur", "motion_blur", "noise", *_TONE),
    "GaussNoise": {**_all("std_range", "noise", "impulse_noise", *_TONE), "brightness": "mean_range"},
    "GaussianBlur": _all("sigma_limit", "blur", "contrast", "tone"),
    "GlassBlur": _all("max_delta", "blur", "motion_blur", "misregistration", "noise"),
    "ISONoise": {**_all("intensity", "noise", "impulse_noise", *_TONE), **_all("color_shift", "hue", "color_cast")},
    "ImageCompression": _all("quality_range", "compression", "hue", "noise", "blur", "pixelation", *_TONE),
    "MedianBlur": _all("blur_limit", "blur", "motion_blur", "pixelation", "contrast", "tone"),
    "MotionBlur": _all("blur_limit", "motion_blur", "blur", "misregistration", "shift", "contrast", "tone"),
    "SaltAndPepper": _all("amount", "impulse_noise", "noise", *_TONE),
    "Sharpen": _all("alpha", "sharpening", "blur", "noise", *_TONE),
    "ShotNoise": _all("scale_range", "noise", "impulse_noise", "loss_of_levels", "hue", "color_cast", *_TONE),
    "Superpixels": _all("p_replace", "superpixels", "blur", "occlusion", "foreign_content", "pixelation", *_TONE),
    "UnsharpMask": _all("alpha", "sharpening", "noise", *_TONE),
    "ZoomBlur": _all("max_factor", "blur", "motion_blur", "scale", "misregistration", "local_gain", *_TONE),
}

GOVERNS: Mapping[str, Mapping[str, str]] = MappingProxyType(_GOVERNS)
"""Class name to effect to the constructor parameter that governs it most."""

_ALSO: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Affine", "shift"): ("translate_px",),
    ("Affine", "rotation"): ("shear",),
    ("Affine", "aspect"): ("shear",),
    ("CenterCrop", "field_of_view"): ("width",),
    ("CoarseDropout", "occlusion"): ("hole_width_range", "num_holes_range"),
    ("CropAndPad", "shift"): ("px",),
    ("CropAndPad", "field_of_view"): ("px",),
    ("CropAndPad", "outside"): ("px",),
    ("CropAndPad", "scale"): ("px",),
    ("CropAndPad", "aspect"): ("px",),
    ("RandomBrightnessContrast", "brightness"): ("contrast_limit",),
    ("RandomBrightnessContrast", "contrast"): ("brightness_limit",),
    ("RandomBrightnessContrast", "tone"): ("contrast_limit",),
    ("XYMasking", "occlusion"): ("mask_y_length",),
}

_PAIRS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ShiftScaleRotate", "shift_limit"): ("shift_limit_x", "shift_limit_y"),
}
"""Constructor parameters that stand for several others, under which their value is kept."""


def parameter_for(transform: A.BasicTransform, effect: str) -> tuple[str, ...]:
    """Return the parameters of `transform` that govern `effect`, the strongest first; often one, or none.

    Those that are not in force (`translate_percent` where shifts are given in pixels) are left out.
    """
    name = type(transform).__name__
    found = GOVERNS.get(name, {}).get(effect)
    own: tuple[str, ...] = getattr(transform, "governs", {}).get(effect, ())  # our own transforms say it themselves
    names = (*((found,) if found else own), *_ALSO.get((name, effect), ()))
    return tuple(each for each in names if parameter_value(transform, each) is not None)


def parameter_value(transform: A.BasicTransform, name: str) -> Any:
    """Return the value of a constructor parameter, or None when there is none or it is not in force."""
    arguments = transform.get_transform_init_args()
    standing = _PAIRS.get((type(transform).__name__, name))
    return arguments.get(standing[0] if standing else name)


def with_parameter(transform: A.BasicTransform, name: str, value: Any) -> A.BasicTransform:
    """Return a new transform like `transform`, p included, with one constructor parameter changed.

    Raises:
        UnknownName: The transform has no such parameter.
        ValueError: albumentations refuses the value.
    """
    arguments = {**transform.get_transform_init_args(), "p": transform.p}
    standing = _PAIRS.get((type(transform).__name__, name), (name,))
    for each in standing:
        if each not in arguments:
            raise UnknownName("parameter", each, arguments, where=type(transform).__name__)
        arguments[each] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ShiftScaleRotate is called a special case, again, on every rebuild
        return type(transform)(**arguments)
