"""What a call did to places: one map a step, for labels that do not lie on the pixels of the picture."""

from __future__ import annotations

import numpy as np

from domainaug._albumentations import A
from domainaug._albumentations.leaves import Kind, kind_of
from domainaug.errors import LabelError
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap
from domainaug.pipeline.offers import Shown, offer
from domainaug.pipeline.pending import Move
from domainaug.pipeline.pipeline import Pipeline
from domainaug.pipeline.record import Applied, moves

__all__ = ["motion_of", "regrids"]


def motion_of(pipeline: Pipeline, shape: tuple[int, ...]) -> tuple[PixelMap | VolumeMap, ...]:
    """Return the maps of the last call, in the order they were applied; () where nothing moved.

    Args:
        pipeline: It was called.
        shape: (height, width) of the picture that it was given, or (depth, height, width) of the volume.

    Raises:
        LabelError: A step moved the picture in a way that is no map, or was never called.
    """
    log = pipeline._log
    if log is None:
        raise LabelError("the pipeline was not called, so nothing has moved yet")
    found: list[PixelMap | VolumeMap] = []
    for applied in log.applied:
        one = _map_of(applied, shape)
        if one is not None:
            found.append(one)
            shape = one.shape if isinstance(one, VolumeMap) else (*shape[:-2], *one.shape)
    return tuple(found)


def regrids(pipeline: Pipeline) -> bool:
    """Return whether a step of the last call changed the pixels that the patient is shown on, and says so itself."""
    log = pipeline._log
    return log is not None and any(getattr(applied.leaf, "regrids", False) for applied in log.applied)


def _map_of(applied: Applied, shape: tuple[int, ...]) -> PixelMap | VolumeMap | None:
    leaf = applied.leaf
    if isinstance(leaf, A.ImageOnlyTransform) or (isinstance(leaf, A.BasicTransform) and kind_of(leaf) is Kind.PIXEL):
        return None
    if isinstance(leaf, A.BasicTransform):
        offered = offer(leaf, applied.params, Shown(shape, 1, np.dtype(np.float32), None, None, 0.0))
        if isinstance(offered, Move):
            return offered.map
    if moves(applied):
        raise LabelError(
            f"{type(leaf).__name__} moved the picture in a way that labels beside it cannot follow; leave it out, or "
            "use affine transforms, flips, crops and deformations"
        )
    return None
