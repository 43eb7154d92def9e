"""Copies and their figures, over many draws."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.beside.works import Maker, Work

__all__ = ["Told", "examined", "map_of"]

Volume = NDArray[np.float32]


@dataclass(frozen=True)
class Told:
    """What one library made.

    Attributes:
        copy: Of the first draw, (slices, rows, columns).
        figures: The median over draws of each; of the smallest Jacobian the smallest.
    """

    copy: Volume
    figures: tuple[float, ...]


def map_of(maker: Maker, shape: tuple[int, ...], seed: int) -> NDArray[np.float64]:
    """Return where each voxel came from, (3, slices, rows, columns) voxels, NaN where that is outside.

    Four volumes are bent by one draw: three that tell their own place, and one that is 1 inside and 0 at its rim,
    since outside some repeat the rim and some write the smallest value that there is.
    """
    inside = np.pad(np.ones([size - 2 for size in shape]), 1)
    out = maker(np.concatenate([np.indices(shape), inside[None]]).astype(np.float32), seed).astype(np.float64)
    return np.where(out[3:] > 0.9999, out[:3], np.nan)


def examined(work: Work, volume: Volume, draws: int) -> Mapping[str, Told]:
    """Return what each library made of a volume, and the figures of it."""
    found = {}
    for name, maker in work.makers.items():
        before = work.on(volume)
        if work.bends:
            each = [work.measure(before, map_of(maker, volume.shape, seed)) for seed in range(draws)]
            middle = (min(one[0] for one in each), *(statistics.median(one[k] for one in each) for k in (1,)))
        else:
            afters = [maker(before[None], seed)[0] for seed in range(draws)]
            each = [work.measure(before.astype(np.float64), after.astype(np.float64)) for after in afters]
            middle = tuple(statistics.median(values) for values in zip(*each, strict=True))
        found[name] = Told(maker(volume[None], 0)[0], middle)
    return found
