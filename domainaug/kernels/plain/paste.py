"""Pasting on NumPy: the same formulas as `domainaug.kernels.jit.paste`, on whole arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["blend", "pull", "push", "relax"]

Float = NDArray[np.float32]


def blend(
    region: NDArray[Any], source: Float, alpha: Float, changed: NDArray[np.uint8], low: Any, high: Any, half: Any
) -> None:
    """Move `region` towards `source` by `alpha`; arguments as in `domainaug.kernels.jit.paste.blend`."""
    share = alpha[..., None]
    before, under = region.copy(), region.astype(np.float32)
    value = np.where(share >= 1, source, under + share * (source - under))
    if half > 0:
        value = np.clip(np.floor(value + half), low, high)
    np.copyto(region, value, where=share > 0, casting="unsafe")
    differs = (region != before) & ~((region != region) & (before != before))
    changed[...] = differs.any(axis=-1)


def pull(fine: Float, known: Float, coarse: Float, coarse_known: Float) -> None:
    """Halve a grid; arguments as in `domainaug.kernels.jit.paste.pull`."""
    height, width = coarse_known.shape
    weights = np.zeros((2 * height, 2 * width), np.float32)
    weights[: known.shape[0], : known.shape[1]] = known
    values = np.zeros((2 * height, 2 * width, fine.shape[2]), np.float32)
    values[: known.shape[0], : known.shape[1]] = np.where(known[..., None] > 0, fine, 0)
    count = weights.reshape(height, 2, width, 2).sum(axis=(1, 3))
    total = values.reshape(height, 2, width, 2, -1).sum(axis=(1, 3))
    coarse[...] = total / np.maximum(count, 1)[..., None]
    coarse_known[...] = count > 0


def push(coarse: Float, fine: Float, known: Float) -> None:
    """Fill what is unknown in `fine`; arguments as in `domainaug.kernels.jit.paste.push`."""
    near_y, far_y = _parents(known.shape[0], coarse.shape[0])
    near_x, far_x = _parents(known.shape[1], coarse.shape[1])
    rows = 0.75 * coarse[near_y] + 0.25 * coarse[far_y]
    np.copyto(fine, 0.75 * rows[:, near_x] + 0.25 * rows[:, far_x], where=known[..., None] == 0)


def _parents(size: int, coarse: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    places = np.arange(size)
    near = places // 2
    return near, np.clip(near + np.where(places % 2, 1, -1), 0, coarse - 1)


def relax(values: Float, unknown: Float, spare: Float, channels: int, sweeps: int) -> None:
    """Replace unknown values by the mean of their neighbors; arguments as in `domainaug.kernels.jit.paste.relax`."""
    for _ in range(sweeps):
        wide = np.pad(values.reshape(len(values), -1, channels), ((1, 1), (1, 1), (0, 0)), "edge")
        beside = wide[1:-1, :-2] + wide[1:-1, 2:]
        mean = np.float32(0.25) * (beside + (wide[:-2, 1:-1] + wide[2:, 1:-1]))
        np.copyto(values, mean.reshape(values.shape), where=unknown > 0)
