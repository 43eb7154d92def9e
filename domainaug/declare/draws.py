"""What one draw did, from the parameters albumentations hands to `apply`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domainaug._albumentations import A
from domainaug.declare.narrowed import EXACT, narrowed
from domainaug.declare.registry import declare, reader_of
from domainaug.generators import Frame, Generators

__all__ = ["drawn"]


def drawn(
    transform: A.BasicTransform, params: Mapping[str, Any], frame: Frame, *, top: float | None = None
) -> Generators | None:
    """Return what one draw of `transform` did.

    A transform with a method `drawn_effects(params, frame)` speaks for itself.

    Args:
        transform: The transform.
        params: What albumentations passed to `apply`.
        frame: The image it worked on; `params["shape"]`, where there, says its size.
        top: The brightest value of the array the transform was given (1 for shares, 255 for 8 bits), which
            offsets and noise are counted in; None tells it from how large they are.

    Returns:
        One draw where it can be read off the parameters; else what the transform does at most, with `exact`
        false; None when nobody knows the transform.
    """
    own = getattr(transform, "drawn_effects", None)
    if callable(own):
        said = own(params, frame)
        assert isinstance(said, Generators)
        return said
    shape = params.get("shape")
    if shape is not None and len(shape) <= 3:
        frame = replace(frame, height=int(shape[0]), width=int(shape[1]))
    reader = reader_of(transform)
    read = None if reader is None else reader(transform, params, frame, top)
    if read is not None:
        return read
    closer = narrowed(transform, params)
    bound = declare(closer or transform, frame)
    return None if bound is None else replace(bound, exact=type(transform).__name__ in EXACT)
