"""What one draw did, from the parameters albumentations hands to `apply`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from domainaug._albumentations import A
from domainaug.declare.geometry import CONSTANT
from domainaug.declare.registry import declare
from domainaug.declare.sets import curves, from_pixels
from domainaug.generators import Frame, Generators

__all__ = ["drawn"]

Reader = Callable[[Any, Mapping[str, Any], Frame], Generators]

_READERS: dict[type, Reader] = {}


def drawn(transform: A.BasicTransform, params: Mapping[str, Any], frame: Frame) -> Generators | None:
    """Return what one draw of `transform` did.

    Args:
        transform: The transform.
        params: What albumentations passed to `apply`: `BasicTransform.get_applied_params` or the record.
        frame: The image it worked on; `params["shape"]`, where there, says its size.

    Returns:
        One draw where it can be read off the parameters; else what the transform does at most, with `exact`
        false; None when nobody knows the transform.
    """
    own = getattr(transform, "drawn_effects", None)
    if callable(own):
        said = own(params, frame)
        assert isinstance(said, Generators)
        return said
    if "shape" in params:
        height, width = params["shape"][:2]
        frame = replace(frame, height=int(height), width=int(width))
    reader = _READERS.get(type(transform))
    if reader is not None:
        return reader(transform, params, frame)
    bound = declare(transform, frame)
    return None if bound is None else replace(bound, exact=False)


def reads(*names: str) -> Callable[[Reader], Reader]:
    """Register a function as the reader of the draws of these albumentations classes."""

    def register(function: Reader) -> Reader:
        for name in names:
            _READERS[getattr(A, name)] = function
        return function

    return register


@reads("NoOp", "HorizontalFlip", "TimeReverse", "VerticalFlip", "Transpose", "InvertImg", "ToGray")
def _always_the_same(transform: Any, params: Mapping[str, Any], frame: Frame) -> Generators:
    found = declare(transform, frame)
    assert found is not None
    return found


@reads("Affine", "ShiftScaleRotate", "SafeRotate", "Rotate", "Perspective")
def _matrix(transform: Any, params: Mapping[str, Any], frame: Frame) -> Generators:
    shape = (frame.height, frame.width)
    output = tuple(params.get("output_shape", shape))
    maps = from_pixels(params["matrix"], shape, output)
    return Generators.geometric(maps, frame, fills=transform.border_mode == CONSTANT)


@reads("RandomBrightnessContrast")
def _brightness_contrast(transform: Any, params: Mapping[str, Any], frame: Frame) -> Generators:
    alpha, beta = params["alpha"], params["beta"]
    return Generators.tonal(curves(lambda x, a, b: a * x + b, (alpha,), (beta,)))
