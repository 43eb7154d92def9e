"""Gradient noise on NumPy, pixel by pixel as its authors wrote it down: four corners, two fades."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["add_rows", "mask_rows"]


def add_rows(
    out: NDArray[np.float32],
    fresh: bool,
    gradients: NDArray[np.float64],
    cell_y: NDArray[np.int64],
    v: NDArray[np.float64],
    fade_v: NDArray[np.float64],
    share: NDArray[np.float32],
    rise: NDArray[np.float32],
    starts: NDArray[np.int64],
    height: float,
) -> None:
    """Add one octave to `out` (h, w) float32; arguments as in `domainaug.kernels.jit.perlin.add_rows`."""
    if fresh:
        out[...] = 0
    cell_x = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    y, x = v[:, None], share[None, :]

    def corner(down: int, across: int) -> NDArray[np.float64]:
        along_y, along_x = gradients[cell_y + down][:, :, cell_x + across].transpose(1, 0, 2)
        product: NDArray[np.float64] = along_y * (y - down) + along_x * (x - across)
        return product

    def between(first: NDArray[np.float64], second: NDArray[np.float64], weight: Any) -> NDArray[np.float64]:
        mixed: NDArray[np.float64] = first + weight * (second - first)
        return mixed

    left = between(corner(0, 0), corner(1, 0), fade_v[:, None])
    right = between(corner(0, 1), corner(1, 1), fade_v[:, None])
    out += height * between(left, right, rise[None, :])


def mask_rows(out: NDArray[np.uint8], threshold: Any, *octave: Any) -> None:
    """Set `out` (h, w) uint8 to 1 where one octave exceeds `threshold`; arguments as in the compiled one."""
    values = np.empty(out.shape, np.float32)
    add_rows(values, True, *octave)
    np.greater(values, threshold, out=out, casting="unsafe")
