"""What a process does before its first item, so that neither its clock nor its memory limit is spent on it.

Compiled kernels load, or are compiled, at their first use; LLVM alone takes more memory than a small limit allows.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

__all__ = ["rehearse", "rehearse_kernels"]

_SIDE = 64
_TIMES = 3  # a step that is drawn half of the time is left out of all of them one time in eight


def rehearse(pipeline: Any) -> None:
    """Run a pipeline on small pictures that nobody sees.

    Args:
        pipeline: The one that items will go through; not changed by it, since its draws depend on keys.
    """
    frame = getattr(pipeline.profile, "frame", None)
    shape = (_SIDE, _SIDE, 3) if frame is None or frame.channels > 1 else (_SIDE, _SIDE)
    image = np.arange(np.prod(shape), dtype=np.int64).astype(np.uint8).reshape(shape)
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    mask[_SIDE // 4 : -_SIDE // 4, _SIDE // 4 : -_SIDE // 4] = 1
    for copy in range(_TIMES):
        with suppress(Exception):  # what is wrong with a recipe is told of the first item, with its name
            pipeline(image=image, mask=mask, key="", copy=copy)
            _ = pipeline.record


def rehearse_kernels() -> None:
    """Load the code of the commonest pass, where it is stored: for the server that workers are forked from."""
    from domainaug.kernels.engine import engine

    if engine() != "numba":
        return
    with suppress(Exception):  # workers meet it again, and tell
        from domainaug.kernels.cache import folders

        __import__("domainaug.kernels.jit.warp")
        if any(next(folder.glob("*warp*.nbc"), None) is not None for folder in folders().read):
            from domainaug._albumentations import A
            from domainaug.pipeline import Pipeline

            rehearse(Pipeline([A.Affine(rotate=(1, 2), p=1), A.RandomGamma(p=1), A.GaussNoise(p=1)], seed=0))
