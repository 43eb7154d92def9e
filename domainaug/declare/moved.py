"""One draw of the transforms that move the picture or a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from domainaug.declare.crops import cut, resized
from domainaug.declare.fields import from_field
from domainaug.declare.geometry import CONSTANT, MIRROR, QUARTERS
from domainaug.declare.registry import reads
from domainaug.declare.sets import affine_maps, from_pixels
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators

__all__: list[str] = []


@reads("Affine", "ShiftScaleRotate", "SafeRotate")
def _matrix(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    maps = from_pixels(params["matrix"], (frame.height, frame.width), params["output_shape"])
    return Generators.geometric(maps, frame, fills=transform.border_mode == CONSTANT)


@reads("Rotate")
def _rotate(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    maps = from_pixels(params["matrix"], (frame.height, frame.width))
    made = Generators.geometric(maps, frame, fills=transform.border_mode == CONSTANT)
    if not transform.crop_border:
        return made
    kept = (params["x_max"] - params["x_min"]) * (params["y_max"] - params["y_min"]) / (frame.height * frame.width)
    seen = {name: value for name, value in made.ranges.items() if name == "blur"}
    return replace(made, ranges={**seen, "field_of_view": Interval(kept, kept)})


@reads("Perspective")
def _perspective(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    # What comes out is stretched to the frame, so its sides count as the frame's.
    size = np.diag([frame.width / params["max_width"], frame.height / params["max_height"], 1.0])
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    stretch = np.linalg.inv(half) @ size @ half
    maps = from_pixels(stretch @ params["matrix"], (frame.height, frame.width))
    return Generators.geometric(maps, frame, fills=transform.border_mode == CONSTANT)


@reads("RandomRotate90")
def _quarter_turn(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    return Generators(maps=QUARTERS[[0, 1, 2, 3]][int(params["factor"]) % 4][None])


_SQUARE = {
    "e": QUARTERS[0],
    "r90": QUARTERS[1],
    "r180": QUARTERS[2],
    "r270": QUARTERS[3],
    "h": MIRROR[0],
    "v": QUARTERS[2] @ MIRROR[0],
    "t": QUARTERS[1] @ MIRROR[0],
    "hvt": QUARTERS[3] @ MIRROR[0],
}


@reads("D4", "SquareSymmetry")
def _square(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    return Generators(maps=_SQUARE[str(params["group_element"])][None])


@reads("RandomCrop", "CenterCrop", "Crop")
def _crop_of_padded(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    box = np.array(params["crop_coords"], dtype=np.float64)
    padded = params.get("pad_params")
    if padded:
        box -= np.tile([padded["pad_left"], padded["pad_top"]], 2)
    return cut(box, frame, fills=transform.border_mode == CONSTANT)


@reads(
    "RandomCropFromBorders",
    "CropNonEmptyMaskIfExists",
    "AtLeastOneBBoxRandomCrop",
    "RandomCropNearBBox",
    "BBoxSafeRandomCrop",
)
def _crop(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    return cut(np.array(params["crop_coords"], dtype=np.float64), frame)


@reads("RandomResizedCrop", "RandomSizedCrop", "RandomSizedBBoxSafeCrop")
def _sized_crop(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    return resized(np.array(params["crop_coords"], dtype=np.float64), frame)


@reads("CropAndPad")
def _crop_and_pad(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    box = np.array(params["crop_params"] or (0, 0, frame.width, frame.height), dtype=np.float64)
    above, below, left, right = params["pad_params"] or (0, 0, 0, 0)
    make = resized if transform.keep_size else cut
    return make(box + np.array([-left, -above, right, below]), frame, fills=transform.border_mode == CONSTANT)


@reads("Pad", "PadIfNeeded")
def _pad(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    left, above, right, below = (float(params[f"pad_{side}"]) for side in ("left", "top", "right", "bottom"))
    box = np.array([-left, -above, frame.width + right, frame.height + below])
    return cut(box, frame, fills=transform.border_mode == CONSTANT)


@reads("RandomScale")
def _scale(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    return Generators(maps=affine_maps(scale_x=params["scale"], scale_y=params["scale"]), resamples=True)


@reads("ElasticTransform", "GridDistortion", "OpticalDistortion", "ThinPlateSpline", "PiecewiseAffine")
def _field(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators | None:
    if params.get("map_x") is None or params.get("map_y") is None:
        return Generators.nothing()
    return from_field(params["map_x"], params["map_y"], frame, fills=transform.border_mode == CONSTANT)


@reads("RandomGridShuffle")
def _shuffle(transform: Any, params: Mapping[str, Any], frame: Frame, top: float | None) -> Generators:
    mapping = list(params["mapping"])
    return Generators.bounds(permutation=Interval(1, 1)) if mapping != sorted(mapping) else Generators.nothing()
