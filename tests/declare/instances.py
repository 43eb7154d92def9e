"""Every transform albumentations exports, at its defaults, gently and strongly: what the rows are held against."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from domainaug._albumentations import A

__all__ = ["ABSTRACT", "INSTANCES", "SIZE", "UNMEASURED", "label"]

SIZE = 256
"""The side of the square picture the crops below are meant for, in pixels."""

ABSTRACT = frozenset({"BasicTransform", "DualTransform", "ImageOnlyTransform", "Transform3D"})
"""Exported, but only there to be derived from."""

UNMEASURED = frozenset(
    {
        "AtLeastOneBBoxRandomCrop",
        "BBoxSafeRandomCrop",
        "CenterCrop3D",
        "CoarseDropout3D",
        "ConstrainedCoarseDropout",
        "CropNonEmptyMaskIfExists",
        "CubicSymmetry",
        "FDA",
        "FromFloat",
        "HistogramMatching",
        "MaskDropout",
        "Mosaic",
        "Normalize",
        "OverlayElements",
        "Pad3D",
        "PadIfNeeded3D",
        "PixelDistributionAdaptation",
        "RandomCrop3D",
        "RandomCropNearBBox",
        "RandomSizedBBoxSafeCrop",
        "TextImage",
        "ToFloat",
        "ToRGB",
    }
)
"""Classes that need boxes, labels, a volume, other pictures or metadata to run, or that change the encoding."""

_REFERENCE = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (256, 1, 3))


def _identity(picture: np.ndarray) -> np.ndarray:
    return picture


_GEOMETRY: dict[str, list[dict[str, Any]]] = {
    "Affine": [
        {},
        {"rotate": (-5, 5), "scale": (0.95, 1.05), "translate_percent": (-0.03, 0.03)},
        {"rotate": (-20, 20), "shear": (-8, 8), "scale": (0.8, 1.2), "translate_percent": (-0.1, 0.1)},
        {"scale": (0.7, 1.3), "keep_ratio": True},
        {"translate_px": {"x": (-20, 20), "y": (-10, 10)}},
        {"shear": {"x": (10, 10), "y": (0, 0)}},
        {"rotate": (-30, 30), "fit_output": True},
        {"rotate": (-15, 15), "border_mode": 4},
        {"scale": (0.8, 1.3), "balanced_scale": True},
    ],
    "AtLeastOneBBoxRandomCrop": [{"height": 128, "width": 160}],
    "BBoxSafeRandomCrop": [{}, {"erosion_rate": 0.2}],
    "CenterCrop": [{"height": 200, "width": 220}, {"height": 128, "width": 128}],
    "Crop": [{"x_max": 200, "y_max": 180}, {"x_min": 20, "y_min": 40, "x_max": 256, "y_max": 256}],
    "CropAndPad": [{"percent": 0.1}, {"percent": (-0.1, 0.1)}, {"px": (-20, 1)}, {"percent": -0.1, "keep_size": False}],
    "CropNonEmptyMaskIfExists": [{"height": 128, "width": 128}],
    "D4": [{}],
    "ElasticTransform": [{}, {"alpha": 30, "sigma": 6}, {"alpha": 200, "sigma": 10}, {"alpha": 50, "sigma": 4}],
    "GridDistortion": [{}, {"distort_limit": 0.1}, {"distort_limit": 0.6}, {"normalized": False, "distort_limit": 0.2}],
    "GridElasticDeform": [{"num_grid_xy": (4, 4), "magnitude": 4}, {"num_grid_xy": (4, 4), "magnitude": 10}],
    "HorizontalFlip": [{}],
    "LongestMaxSize": [{"max_size": 192}, {"max_size": 300}],
    "NoOp": [{}],
    "OpticalDistortion": [{}, {"distort_limit": 0.3}, {"distort_limit": 0.3, "mode": "fisheye"}],
    "Pad": [{}, {"padding": 20}, {"padding": (10, 0, 30, 5), "border_mode": 4}],
    "PadIfNeeded": [{"min_height": 300, "min_width": 320}, {"min_height": 300, "min_width": 300, "position": "random"}],
    "Perspective": [{}, {"scale": (0.02, 0.05)}, {"scale": (0.1, 0.15)}, {"fit_output": True}],
    "PiecewiseAffine": [{}, {"scale": (0.01, 0.02)}],
    "RandomCrop": [{"height": 200, "width": 200}, {"height": 128, "width": 192}],
    "RandomCropFromBorders": [{}, {"crop_left": 0.3, "crop_right": 0.2, "crop_top": 0.1, "crop_bottom": 0.3}],
    "RandomCropNearBBox": [{}],
    "RandomGridShuffle": [{}, {"grid": (2, 2)}],
    "RandomResizedCrop": [
        {"size": (256, 256)},
        {"size": (256, 256), "scale": (0.8, 1.0)},
        {"size": (256, 256), "scale": (0.4, 0.5), "ratio": (1.0, 1.0)},
    ],
    "RandomRotate90": [{}],
    "RandomScale": [{}, {"scale_limit": 0.4}],
    "RandomSizedBBoxSafeCrop": [{"height": 256, "width": 256}],
    "RandomSizedCrop": [{"min_max_height": (128, 256), "size": (256, 256)}],
    "Resize": [{"height": 256, "width": 256}, {"height": 192, "width": 192}],
    "Rotate": [
        {},
        {"limit": 5},
        {"limit": (20, 40)},
        {"limit": 30, "border_mode": 4},
        {"limit": 20, "crop_border": True},
    ],
    "SafeRotate": [{}, {"limit": 10}],
    "ShiftScaleRotate": [{}, {"rotate_limit": 5, "scale_limit": 0.05, "shift_limit": 0.02}, {"shift_limit": 0.3}],
    "SmallestMaxSize": [{"max_size": 192}],
    "SquareSymmetry": [{}],
    "ThinPlateSpline": [{}, {"scale_range": (0.05, 0.1)}],
    "TimeReverse": [{}],
    "Transpose": [{}],
    "VerticalFlip": [{}],
}

_HIDING: dict[str, list[dict[str, Any]]] = {
    "ChannelDropout": [{}],
    "CoarseDropout": [
        {},
        {"num_holes_range": (1, 1), "hole_height_range": (0.05, 0.1), "hole_width_range": (0.05, 0.1)},
        {"num_holes_range": (4, 8), "hole_height_range": (10, 30), "hole_width_range": (10, 30)},
        {"fill": "random"},
        {"fill_mask": 0},
    ],
    "ConstrainedCoarseDropout": [{"mask_indices": [1]}],
    "Erasing": [{}, {"scale": (0.02, 0.1)}],
    "FrequencyMasking": [{}],
    "GridDropout": [{}, {"ratio": 0.3}],
    "MaskDropout": [{}],
    "Morphological": [{}, {"operation": "erosion", "scale": (3, 5)}],
    "Mosaic": [{}],
    "OverlayElements": [{}],
    "PixelDropout": [{}, {"dropout_prob": 0.05}, {"dropout_prob": 0.02, "per_channel": True}],
    "TextImage": [{"font_path": "font.ttf"}],
    "TimeMasking": [{}],
    "XYMasking": [{}, {"num_masks_x": 2, "num_masks_y": (1, 2), "mask_x_length": 20, "mask_y_length": (5, 15)}],
}

_TONE: dict[str, list[dict[str, Any]]] = {
    "AutoContrast": [{}, {"method": "pil"}],
    "CLAHE": [{}, {"clip_limit": (1, 2)}, {"clip_limit": (6, 8)}],
    "Equalize": [{}, {"by_channels": False}],
    "FDA": [{"reference_images": [_REFERENCE], "read_fn": _identity}],
    "FromFloat": [{}],
    "HistogramMatching": [{"reference_images": [_REFERENCE], "read_fn": _identity}],
    "Illumination": [{}, {"mode": "corner"}, {"mode": "gaussian", "intensity_range": (0.1, 0.2)}],
    "InvertImg": [{}],
    "MultiplicativeNoise": [{}, {"multiplier": (0.7, 1.3)}, {"per_channel": True}, {"elementwise": True}],
    "Normalize": [{}],
    "PixelDistributionAdaptation": [{"reference_images": [_REFERENCE], "read_fn": _identity}],
    "PlasmaBrightnessContrast": [{}, {"brightness_range": (-0.1, 0.1), "contrast_range": (-0.1, 0.1)}],
    "PlasmaShadow": [{}, {"shadow_intensity_range": (0.05, 0.1)}],
    "Posterize": [{}, {"num_bits": (5, 7)}, {"num_bits": 2}],
    "RandomBrightnessContrast": [
        {},
        {"brightness_limit": 0.05, "contrast_limit": 0.05},
        {"brightness_limit": 0.4, "contrast_limit": 0.4},
        {"brightness_by_max": False},
        {"ensure_safe_range": True},
    ],
    "RandomGamma": [{}, {"gamma_limit": (95, 105)}, {"gamma_limit": (50, 200)}],
    "RandomShadow": [{}, {"shadow_intensity_range": (0.1, 0.2)}],
    "RandomToneCurve": [{}, {"scale": 0.03}, {"per_channel": True}],
    "Solarize": [{}, {"threshold_range": (0.7, 0.9)}],
    "ToFloat": [{}],
}

_COLOR: dict[str, list[dict[str, Any]]] = {
    "ChannelShuffle": [{}],
    "ChromaticAberration": [{}, {"primary_distortion_limit": 0.1, "secondary_distortion_limit": 0.1}],
    "ColorJitter": [{}, {"brightness": 0.05, "contrast": 0.05, "saturation": 0.1, "hue": 0.02}],
    "FancyPCA": [{}, {"alpha": 0.02}],
    "HEStain": [{}, {"intensity_scale_range": (0.95, 1.05), "intensity_shift_range": (-0.05, 0.05)}],
    "HueSaturationValue": [{}, {"hue_shift_limit": 5, "sat_shift_limit": 10, "val_shift_limit": 5}],
    "PlanckianJitter": [{}, {"temperature_limit": (5500, 7500)}],
    "RGBShift": [{}, {"r_shift_limit": 5, "g_shift_limit": 5, "b_shift_limit": 5}],
    "ToGray": [{}, {"method": "average"}],
    "ToRGB": [{}],
    "ToSepia": [{}],
}

_NOISE: dict[str, list[dict[str, Any]]] = {
    "AdditiveNoise": [
        {},
        {"spatial_mode": "per_pixel"},
        {
            "noise_type": "gaussian",
            "spatial_mode": "shared",
            "noise_params": {"mean_range": (0, 0), "std_range": (0.02, 0.05)},
        },
        {
            "noise_type": "laplace",
            "spatial_mode": "per_pixel",
            "noise_params": {"mean_range": (0, 0), "scale_range": (0.02, 0.04)},
        },
        {
            "noise_type": "beta",
            "spatial_mode": "per_pixel",
            "noise_params": {"alpha_range": (0.5, 1.5), "beta_range": (0.5, 1.5), "scale_range": (0.05, 0.1)},
        },
    ],
    "Downscale": [
        {},
        {"scale_range": (0.5, 0.5)},
        {"scale_range": (0.4, 0.6), "interpolation_pair": {"downscale": 3, "upscale": 1}},
    ],
    "GaussNoise": [
        {},
        {"std_range": (0.01, 0.02)},
        {"std_range": (0.05, 0.1)},
        {"mean_range": (-0.1, 0.1), "std_range": (0.02, 0.04)},
    ],
    "ISONoise": [{}, {"intensity": (0.05, 0.1), "color_shift": (0.01, 0.02)}],
    "ImageCompression": [
        {},
        {"quality_range": (70, 90)},
        {"quality_range": (10, 30)},
        {"compression_type": "webp", "quality_range": (40, 60)},
    ],
    "SaltAndPepper": [{}, {"amount": (0.1, 0.1)}],
    "ShotNoise": [{}, {"scale_range": (0.001, 0.005)}, {"scale_range": (0.01, 0.03)}],
    "Superpixels": [{}, {"p_replace": (0.5, 0.5)}],
}

_SHARPNESS: dict[str, list[dict[str, Any]]] = {
    "AdvancedBlur": [{}, {"blur_limit": (7, 11), "sigma_x_limit": (1, 3), "sigma_y_limit": (1, 3)}],
    "Blur": [{}, {"blur_limit": (9, 11)}],
    "Defocus": [{}, {"radius": (1, 2)}],
    "Emboss": [{}, {"alpha": (0.8, 1.0), "strength": (0.8, 1.0)}],
    "GaussianBlur": [
        {},
        {"sigma_limit": (0.1, 0.5)},
        {"sigma_limit": (3, 4)},
        {"blur_limit": (3, 3), "sigma_limit": (3, 3)},
    ],
    "GlassBlur": [{}, {"max_delta": 1, "iterations": 1}],
    "MedianBlur": [{}, {"blur_limit": (9, 11)}],
    "MotionBlur": [{}, {"blur_limit": (15, 15)}, {"blur_limit": (9, 9), "allow_shifted": False}],
    "RingingOvershoot": [{}],
    "Sharpen": [{}, {"alpha": (0.05, 0.1)}, {"method": "gaussian"}],
    "UnsharpMask": [{}, {"alpha": (0.8, 1.0)}],
    "ZoomBlur": [{}, {"max_factor": (1.0, 1.05)}],
}

_WEATHER: dict[str, list[dict[str, Any]]] = {
    "RandomFog": [{}, {"fog_coef_range": (0.1, 0.2)}],
    "RandomGravel": [{}, {"number_of_patches": 20}],
    "RandomRain": [{}, {"rain_type": "heavy"}],
    "RandomSnow": [{}, {"method": "texture"}],
    "RandomSunFlare": [{"src_radius": 80}, {"src_radius": 80, "method": "physics_based"}],
    "Spatter": [{}, {"mode": "mud"}],
}

_VOLUMES: dict[str, list[dict[str, Any]]] = {
    "CenterCrop3D": [{"size": (8, 128, 128)}],
    "CoarseDropout3D": [{}],
    "CubicSymmetry": [{}],
    "Pad3D": [{"padding": 2}, {"padding": (0, 4, 8)}, {"padding": (1, 2, 3, 4, 5, 6)}],
    "PadIfNeeded3D": [{"min_zyx": (8, 300, 300)}, {"pad_divisor_zyx": (8, 60, 60)}],
    "RandomCrop3D": [{"size": (8, 128, 200)}],
}

VARIANTS = {**_GEOMETRY, **_HIDING, **_TONE, **_COLOR, **_NOISE, **_SHARPNESS, **_WEATHER, **_VOLUMES}


def label(transform: A.BasicTransform) -> str:
    """Return a name for a variant: its class and its place among the variants of that class."""
    name = type(transform).__name__
    same = [other for other in INSTANCES if type(other).__name__ == name]
    return f"{name}-{next(i for i, other in enumerate(same) if other is transform)}"


def _made() -> Iterator[A.BasicTransform]:
    for name, variants in VARIANTS.items():
        for arguments in variants:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield getattr(A, name)(**arguments, p=1.0)


INSTANCES: list[A.BasicTransform] = list(_made())
"""Every variant, with p = 1."""
