"""GaussNoise without its field: a draw of std, mean and a key, from which every place has its noise.

albumentations draws a number for every pixel when it draws its parameters, with a slow generator, and volumes
once more for each slice. Here the numbers come from counters (`domainaug.kernels.random`) inside the pass that the
noise joins, and are the same whatever the slice or the thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domainaug._albumentations import A
from domainaug._albumentations.streams import Stream

__all__ = ["quick_draw"]


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
        "key": stream.apart(chance.getrandbits(64)),
        "per_channel": bool(leaf.per_channel),
    }
    leaf.params = params
    return params
