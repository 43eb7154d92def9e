"""GaussNoise without its field: a draw of std, mean and a key, from which every place has its noise.

albumentations draws a number for every pixel when it draws its parameters, with a slow generator, and volumes
once more for each slice. Here the numbers come from counters (`domainaug.kernels.random`), so that noise that
joins another pass and noise that is added by the transform itself are the same, whatever the slice or the thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from domainaug._albumentations import A
from domainaug._albumentations.streams import Stream

__all__ = ["noise_params", "quick_draw"]


def quick_draw(leaf: A.BasicTransform, stream: Stream, shape: Sequence[int]) -> dict[str, Any] | None:
    """Draw GaussNoise from the distribution it draws from, without a field, and keep the draw on it.

    Args:
        leaf: Any transform.
        stream: The chance of the step.
        shape: (H, W) or (H, W, C), of the picture.

    Returns:
        `shape`, `std` and `mean` as shares of the range, `per_channel`, and `key`, 64 bits; None for every other
        transform, and for noise that is drawn small and enlarged.
    """
    if type(leaf) is not A.GaussNoise or leaf.noise_scale_factor != 1:
        return None
    chance = stream.python
    params = {
        "shape": tuple(shape),
        "std": chance.uniform(*leaf.std_range),
        "mean": chance.uniform(*leaf.mean_range),
        "key": chance.getrandbits(64),
        "per_channel": bool(leaf.per_channel),
    }
    leaf.params = params
    return params


def noise_params(
    leaf: A.BasicTransform, params: Mapping[str, Any], shape: Sequence[int], dtype: DTypeLike, *, number: int = 0
) -> dict[str, Any]:
    """Return a draw of `quick_draw` with the field that GaussNoise itself adds.

    Args:
        leaf: The transform.
        params: What `quick_draw` returned.
        shape: (H, W) or (H, W, C), of the picture.
        dtype: Its type, uint8 or float32.
        number: Which slice of a volume it is.

    Returns:
        `params` and `noise_map`, float32 of that shape, in levels for uint8.
    """
    from domainaug.kernels.random import normals

    drawn = tuple(shape) if params["per_channel"] or len(shape) < 3 else (*shape[:2], 1)
    top = 255.0 if np.dtype(dtype) == np.uint8 else 1.0
    field = normals(drawn, params["key"], start=number * prod(drawn))
    field *= np.float32(params["std"] * top)
    field += np.float32(params["mean"] * top)
    return {**params, "noise_map": np.broadcast_to(field, tuple(shape))}
