"""What kind each transform is, and how one is drawn and applied without its own idea of chance and types."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from domainaug._albumentations import A
from domainaug._albumentations.streams import Stream

__all__ = [
    "Kind",
    "accepts",
    "acts_along_depth",
    "draw",
    "kind_of",
    "lend_chance",
    "noise_differs_by_slice",
    "quantizes",
]


class Kind(Enum):
    """How a transform has to be handled."""

    EXACT = "exact"
    """Moves whole pixels: any type, any range, masks by its own method."""
    RESAMPLING = "resampling"
    """Interpolates: any type OpenCV takes, any range; masks by coverage."""
    PIXEL = "pixel"
    """Changes values and believes that they are uint8, or floats in [0, 1]."""
    NATIVE = "native"
    """Takes values as they are: our own transforms, and what users bring."""
    CONVERTING = "converting"
    """Leaves the type or range on purpose; comes last."""


_EXACT = [
    "HorizontalFlip",
    "VerticalFlip",
    "Transpose",
    "D4",
    "SquareSymmetry",
    "RandomRotate90",
    "TimeReverse",
    "NoOp",
    "Crop",
    "CenterCrop",
    "RandomCrop",
    "RandomCropFromBorders",
    "RandomCropNearBBox",
    "CropNonEmptyMaskIfExists",
    "AtLeastOneBBoxRandomCrop",
    "BBoxSafeRandomCrop",
    "Pad",
    "PadIfNeeded",
    "RandomGridShuffle",
    "CenterCrop3D",
    "RandomCrop3D",
    "Pad3D",
    "PadIfNeeded3D",
    "CubicSymmetry",
    "Morphological",
]
# Morphological moves edges, of picture and mask alike, and needs neither a range nor an interpolation.

_RESAMPLING = [
    "Affine",
    "ShiftScaleRotate",
    "Rotate",
    "SafeRotate",
    "Perspective",
    "ElasticTransform",
    "GridDistortion",
    "OpticalDistortion",
    "ThinPlateSpline",
    "PiecewiseAffine",
    "GridElasticDeform",
    "Resize",
    "LongestMaxSize",
    "SmallestMaxSize",
    "RandomScale",
    "RandomResizedCrop",
    "RandomSizedCrop",
    "RandomSizedBBoxSafeCrop",
    "CropAndPad",
]

_CONVERTING = ("Normalize", "ToFloat", "FromFloat")
_NATIVE = ("Lambda", "Mosaic")

# Their sizes come from `py_random`, their fields from `random_generator` (read in the source of 2.0.8), so
# that giving every slice its own generator and all the same `py_random` changes the grain and nothing else.
_NOISE_BY_SLICE = frozenset({"GaussNoise", "ISONoise", "ShotNoise", "SaltAndPepper", "PixelDropout"})

# These go through eight bits inside (albucore's `uint8_io`), whatever they are given.
_QUANTIZING = frozenset(
    [
        "CLAHE",
        "ChromaticAberration",
        "Downscale",
        "RandomShadow",
        "Equalize",
        "ImageCompression",
        "Posterize",
        "RandomRain",
        "RandomSnow",
        "RandomSunFlare",
        "RandomGravel",
        "RandomFog",
        "MedianBlur",
        "Superpixels",
        "TextImage",
        "HueSaturationValue",
        "RandomToneCurve",
        "AutoContrast",
    ]
)


@lru_cache(maxsize=512)
def _kind_of_class(cls: Any) -> Kind:
    own = getattr(cls, "value_kind", None)  # our own transforms may say
    if own is not None:
        return Kind(own)
    for ancestor in cls.__mro__:
        if ancestor.__module__.startswith("albumentations."):
            name = ancestor.__name__
            if name in _EXACT:
                return Kind.EXACT
            if name in _RESAMPLING:
                return Kind.RESAMPLING
            if name in _CONVERTING or ancestor.__module__.startswith("albumentations.pytorch"):
                return Kind.CONVERTING
            if name in _NATIVE or ancestor.__module__.startswith("albumentations.core."):
                return Kind.NATIVE
            return Kind.PIXEL
    return Kind.NATIVE


def kind_of(leaf: A.BasicTransform) -> Kind:
    """Return how `leaf` has to be handled; a subclass of a stock transform is handled like it."""
    cls: Any = type(leaf)
    return _kind_of_class(cls)


@lru_cache(maxsize=512)
def _class_is_any_of(cls: Any, names: frozenset[str]) -> bool:
    return any(base.__name__ in names for base in cls.__mro__ if base.__module__.startswith("albumentations."))


def _is_any_of(leaf: A.BasicTransform, names: frozenset[str]) -> bool:
    cls: Any = type(leaf)
    return _class_is_any_of(cls, names)


def noise_differs_by_slice(leaf: A.BasicTransform) -> bool:
    """Whether the slices of a volume need draws of their own: the same grain in each would be a column."""
    if isinstance(leaf, A.MultiplicativeNoise):
        return bool(leaf.elementwise)
    if isinstance(leaf, A.AdditiveNoise):
        return str(leaf.spatial_mode) != "constant"
    return _is_any_of(leaf, _NOISE_BY_SLICE)


def acts_along_depth(leaf: Any) -> bool:
    """Whether it takes the slices of a volume for a body in space, which frames in time are not."""
    return isinstance(leaf, A.Transform3D) or hasattr(leaf, "volume_map") or getattr(leaf, "along_depth", False)


def quantizes(leaf: A.BasicTransform) -> bool:
    """Whether the stock transform goes through eight bits, which a finer picture does not survive."""
    return _is_any_of(leaf, _QUANTIZING)


def lend_chance(leaf: A.BasicTransform, stream: Stream) -> None:
    """Let `leaf` draw from `stream`; what it never asks for is not made."""
    cls: Any = type(leaf)
    if _asks_numpy(cls):
        leaf.set_random_state(stream.generator, stream.python)
    else:
        leaf.py_random = stream.python


@lru_cache(maxsize=512)
def _asks_numpy(cls: Any) -> bool:
    """Whether a transform may ask NumPy's source; of a stock class, whether its code names it."""
    if not cls.__module__.startswith("albumentations."):
        return True
    own = [base for base in cls.__mro__ if base.__module__.startswith("albumentations.augmentations.")]
    functions = (part for base in own for part in vars(base).values() if isinstance(part, FunctionType))
    return any(_names(function.__code__, "random_generator") for function in functions)


def _names(code: CodeType, name: str) -> bool:
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return name in code.co_names or any(_names(part, name) for part in inner)


def draw(leaf: A.BasicTransform, data: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the parameters of one application of `leaf`, as `BasicTransform.__call__` does, and keep them on it."""
    missing = set(leaf.targets_as_params).difference(data)
    if missing and not (missing == {"image"} and "images" in data):
        raise ValueError(f"it also needs {', '.join(sorted(missing))}")
    params: dict[str, Any] = leaf.update_transform_params(params=leaf.get_params(), data=data)
    params.update(leaf.get_params_dependent_on_data(params=params, data=data))
    leaf.params = params
    return params


def accepts(leaf: A.BasicTransform) -> str:
    """Return what the documentation of `leaf` says it takes, in a few words, or ""."""
    told = []
    doc = type(leaf).__doc__ or ""
    for heading, words in (("Image types:", "types {}"), ("Number of channels:", "{} channels")):
        _, found, rest = doc.partition(heading)
        if found and rest.strip():
            told.append(words.format(rest.strip().splitlines()[0].strip()))
    return ", ".join(told)
