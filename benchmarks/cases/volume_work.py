"""What everyone does to a volume: the input and the parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Scale


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A volume and what is done to it.

    Attributes:
        volume: (D, H, W) float32 from 0 to `high`; voxels of 1 mm.
        mask: (D, H, W) uint8, a few balls.
        degrees: In-plane rotation.
        scale: Factor.
        shift: Along each axis, in voxels.
        matrix: (4, 4), from output to input voxels (x, y, z).
        mesh: (3, 7, 7, 7) control points of the displacement.
        amplitude: Its largest component, in voxels.
        bias: Coefficients of the log bias field.
        order: Of its polynomial.
        gamma: Exponent.
        std: Of the noise, in the unit of the values.
        high: Greatest value.
    """

    volume: NDArray[np.float32]
    mask: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    mesh: NDArray[np.float32]
    amplitude: float
    bias: tuple[float, ...]
    degrees: float = 7.0
    scale: float = 1.05
    shift: float = 3.0
    order: int = 3
    gamma: float = 1.2
    std: float = 20.0
    high: float = 1000.0


@lru_cache(maxsize=1)
def work_of(scale: Scale) -> Work:
    """Return the work: 128 x 256 x 256 voxels, or a few for a try."""
    from scipy import ndimage

    shape: Any = (128, 256, 256) if scale == "full" else (16, 24, 20)
    rng = np.random.default_rng(0)
    coarse = rng.random([max(n // 8, 2) for n in shape], dtype=np.float32)
    volume = ndimage.zoom(coarse, np.array(shape) / coarse.shape, order=1).astype(np.float32)[tuple(map(slice, shape))]
    mask = (volume > 0.6).astype(np.uint8)
    amplitude = min(8.0, 0.25 * (min(shape) - 1) / 4)
    mesh = rng.uniform(-amplitude, amplitude, (3, 7, 7, 7)).astype(np.float32)
    bias = tuple(rng.uniform(-0.3, 0.3, 20).tolist())
    volume = np.ascontiguousarray(volume * 1000)
    return Work(volume, mask, _matrix(shape), mesh, amplitude, bias)


def _matrix(shape: Any) -> NDArray[np.float64]:
    """Return output to input voxels of a turn and growth about the middle, then a shift."""
    from domainaug.kernels.volume_map import VolumeMap

    return VolumeMap.from_physical(shape, 1.0, (0, 0, 7.0), 1.05, (3.0, 3.0, 3.0)).matrix
