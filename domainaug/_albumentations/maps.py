"""Reading a draw as a `PixelMap`: where each pixel of what comes out looks in what went in.

Only the stock classes themselves are read: a subclass may do anything.

    maps_of_warps.py   flips, matrices, fields
    maps_of_crops.py   crops, padding, resizing
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import cv2

from domainaug._albumentations import A
from domainaug._albumentations import maps_of_crops as crops
from domainaug._albumentations import maps_of_warps as warps
from domainaug._albumentations.fill import needs_fill
from domainaug.kernels.maps import PixelMap

__all__ = ["Fill", "Order", "Settings", "drawn_from_shape", "map_of", "settings_of"]

Size = tuple[int, int]
Order = Literal["any", "nearest", "linear", "cubic"]
"""How a picture is interpolated; "any" moves whole pixels, which every interpolation does alike."""

Fill = float | tuple[float, ...]

_Reader = Callable[[Any, Mapping[str, Any], Size], PixelMap | None]


class Settings(NamedTuple):
    """How a transform looks pixels up.

    Attributes:
        order: None for an interpolation that no map is evaluated with.
        fill: The value outside the picture, or one a channel; None for the domain's.
        fill_mask: The label outside the mask.
    """

    order: Order | None
    fill: Fill | None
    fill_mask: float


def _whole(leaf: Any, params: Mapping[str, Any], shape: Size) -> PixelMap:
    return PixelMap.identity(shape)


_EXACT: dict[type, _Reader] = {
    A.NoOp: _whole,
    A.HorizontalFlip: warps.mirrored,
    A.VerticalFlip: warps.flipped,
    A.Transpose: warps.transposed,
    A.D4: warps.square,
    A.SquareSymmetry: warps.square,
    A.RandomRotate90: warps.quarter_turn,
    A.Crop: crops.crop,
    A.CenterCrop: crops.crop,
    A.RandomCrop: crops.crop,
    A.RandomCropFromBorders: crops.crop,
    A.RandomCropNearBBox: crops.crop,
    A.CropNonEmptyMaskIfExists: crops.crop,
    A.BBoxSafeRandomCrop: crops.crop,
    A.AtLeastOneBBoxRandomCrop: crops.crop,
    A.Pad: crops.pad,
    A.PadIfNeeded: crops.pad,
}
_WARPED: dict[type, _Reader] = {
    A.Affine: warps.affine,
    A.ShiftScaleRotate: warps.affine,
    A.SafeRotate: warps.affine,
    A.Rotate: warps.rotate,
    A.Perspective: warps.perspective,
    A.ElasticTransform: warps.field,
    A.GridDistortion: warps.field,
    A.OpticalDistortion: warps.field,
    A.ThinPlateSpline: warps.field,
    A.PiecewiseAffine: warps.field,
}
_RESIZED: dict[type, _Reader] = {
    A.Resize: crops.resized,
    A.LongestMaxSize: crops.limited,
    A.SmallestMaxSize: crops.limited,
    A.RandomScale: crops.scaled,
    A.RandomResizedCrop: crops.sized_crop,
    A.RandomSizedCrop: crops.sized_crop,
    A.RandomSizedBBoxSafeCrop: crops.sized_safe_crop,
    A.CropAndPad: crops.crop_and_pad,
}
_READERS: dict[type, _Reader] = {**_EXACT, **_WARPED, **_RESIZED}

_LOOKS_AT_LABELS = frozenset(
    [
        A.RandomCropNearBBox,
        A.CropNonEmptyMaskIfExists,
        A.BBoxSafeRandomCrop,
        A.AtLeastOneBBoxRandomCrop,
        A.RandomSizedBBoxSafeCrop,
    ]
)
_SHAPE_ALONE = frozenset(_READERS) - _LOOKS_AT_LABELS

# A warp by area is a linear one to OpenCV; a resize by area averages.
_OF_WARP: dict[int, Order] = {
    cv2.INTER_NEAREST: "nearest",
    cv2.INTER_LINEAR: "linear",
    cv2.INTER_CUBIC: "cubic",
    cv2.INTER_AREA: "linear",
}
_OF_RESIZE: dict[int, Order] = {
    cv2.INTER_NEAREST: "nearest",
    cv2.INTER_NEAREST_EXACT: "nearest",
    cv2.INTER_LINEAR: "linear",
    cv2.INTER_LINEAR_EXACT: "linear",
    cv2.INTER_CUBIC: "cubic",
}


def map_of(leaf: A.BasicTransform, params: Mapping[str, Any], shape: Size) -> PixelMap | None:
    """Return the map of one draw.

    Args:
        leaf: The transform.
        params: What it drew.
        shape: (height, width) of the picture.

    Returns:
        None where the transform is not a stock one that moves pixels, or where what it drew is no map: a picture
        shrunk by area, a singular matrix, a crop that reaches outside.
    """
    reader = _READERS.get(type(leaf))
    return None if reader is None else reader(leaf, params, shape)


def settings_of(leaf: A.BasicTransform) -> Settings:
    """Return how a transform that `map_of` reads looks pixels up."""
    kind: Any = type(leaf)
    if kind in _EXACT:
        order: Order | None = "any"
    else:
        order = (_OF_RESIZE if kind in _RESIZED else _OF_WARP).get(leaf.interpolation)
    fill = getattr(leaf, "fill", None)
    if kind is A.CropAndPad and (_is_sequence(fill) or _is_sequence(leaf.fill_mask)):
        order = None  # a sequence is what it draws its fill from, anew for every picture
    label = getattr(leaf, "fill_mask", None)
    if _is_sequence(label):
        label = label[0] if label else 0
    known = None if fill is None or needs_fill(leaf) else tuple(map(float, fill)) if _is_sequence(fill) else float(fill)
    return Settings(order, known, float(label or 0))


def _is_sequence(value: Any) -> bool:
    return isinstance(value, tuple | list)


def drawn_from_shape(leaf: A.BasicTransform) -> bool:
    """Whether the draw of a transform that `map_of` reads depends on the shape of the picture alone.

    Then it may be made with any picture of that shape, before the real one is there.
    """
    return type(leaf) in _SHAPE_ALONE
