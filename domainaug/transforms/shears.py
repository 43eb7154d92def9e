"""Rigid moves that lose nothing: a rotation is three shears, and a shear shifts lines by the Fourier shift theorem.

M. Unser, P. Thévenaz and L. Yaroslavsky, "Convolution-based interpolation for fast, high-quality rotation of images",
IEEE Transactions on Image Processing 4 (1995).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Triple", "moved_rigidly"]

Triple = tuple[float, float, float]
Stack = NDArray[np.float32]


def moved_rigidly(stack: Stack, degrees: Triple, mm: Triple, spacing: Sequence[float]) -> Stack:
    """Return a stack turned about its middle and then shifted, exactly; what leaves it comes in at the other side.

    What is seen goes from p to R p + t with p from the middle, in mm, and R = Rz Rx Ry, as in `VolumeAffine`.

    Args:
        stack: (slices, rows, columns).
        degrees: About x (columns), y (rows) and z (slices), counter-clockwise looking along the axis.
        mm: Along x, y and z.
        spacing: Millimeters along (slices, rows, columns).
    """
    about_x, about_y, about_z = np.radians(degrees)
    x, y, z = mm
    turned = _turned(stack, (0, 2), about_y, (0.0, 0.0), spacing)
    turned = _turned(turned, (1, 0), about_x, (0.0, z), spacing)
    return _turned(turned, (2, 1), about_z, (x, y), spacing)


def _turned(
    stack: Stack, plane: tuple[int, int], angle: float, mm: tuple[float, float], spacing: Sequence[float]
) -> Stack:
    """Return a stack turned within the plane of two axes and shifted along both: three shears, two of them alike."""
    u, v = plane
    lean, rise = np.tan(angle / 2), -np.sin(angle)
    ratio = spacing[v] / spacing[u]
    along_u, along_v = mm[0] / spacing[u], mm[1] / spacing[v]
    turned = _sheared(stack, u, v, lean * ratio, 0.0)
    turned = _sheared(turned, v, u, rise / ratio, along_v)
    return _sheared(turned, u, v, lean * ratio, along_u - lean * ratio * along_v)


def _sheared(stack: Stack, along: int, by: int, slope: float, shift: float) -> Stack:
    """Return a stack whose lines along one axis are moved, by `slope` times their place on another and by `shift`.

    Lengths are in pixels, places are counted from the middle.
    """
    from scipy import fft

    count, others = stack.shape[along], stack.shape[by]
    if (slope == 0 and shift == 0) or count == 1:
        return stack
    shape = [1, 1, 1]
    shape[by] = others
    moves = (slope * (np.arange(others) - (others - 1) / 2) + shift).reshape(shape)
    shape[along], shape[by] = -1, 1
    turns = np.exp(-2j * np.pi * fft.rfftfreq(count).reshape(shape) * moves).astype(np.complex64)
    waves = fft.rfft(stack, axis=along, workers=1)
    waves *= turns
    moved: Stack = fft.irfft(waves, count, axis=along, overwrite_x=True, workers=1)
    return moved
