"""Compiled gradient noise: along one row and inside one cell it is `a + b u + (c + d u) fade(u)`.

A cell's part of a row is one loop without branches or gathers, which the compiler turns into SIMD; the corner
gradients are looked at once per row and cell, not once per pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["add_rows", "mask_rows"]


@compiled(inline=True)
def mixed(first: Any, second: Any, share: Any) -> Any:
    """Return what lies between two numbers."""
    return first + share * (second - first)


@compiled(fastmath={"contract"})
def _edges(at: Any, slope: Any, gradients: Any, cell: int, v: Any, fade_v: Any, height: Any) -> None:
    """Write what the noise is along the left edge of each cell, at one row: value `at` it, and slope along x.

    Args:
        at: (cells + 1,) float64, written.
        slope: (cells + 1,) float64, written.
        gradients: As in `add_rows`.
        cell: The row of cells it lies in.
        v: Where in its cell the row lies.
        fade_v: Its fade.
        height: What the noise is multiplied by.
    """
    for corner in range(at.size):
        above, below = gradients[cell, 0, corner] * v, gradients[cell + 1, 0, corner] * (v - 1.0)
        at[corner] = height * mixed(above, below, fade_v)
        slope[corner] = height * mixed(gradients[cell, 1, corner], gradients[cell + 1, 1, corner], fade_v)


@compiled(fastmath={"contract"})
def _add_row(row: Any, at: Any, slope: Any, share: Any, rise: Any, starts: Any) -> None:
    """Add one row of noise to `row` (w,) float32.

    Args:
        row: Added to.
        at: As in `_edges`.
        slope: As in `_edges`.
        share: (w,) float32, where in its cell each column lies, from 0 to 1.
        rise: (w,) float32, its fade.
        starts: (cells + 1,) int64, the first column of each cell, and the width.
    """
    for cell in range(starts.size - 1):
        # left of it the noise is a + b u, right of it e + d (u - 1); between them the fade of u decides
        a, b, d = at[cell], slope[cell], slope[cell + 1]
        a32, b32 = np.float32(a), np.float32(b)
        c32, d32 = np.float32(at[cell + 1] - d - a), np.float32(d - b)
        for x in range(np.uintp(starts[cell]), np.uintp(starts[cell + 1])):  # unsigned: no index from the end, so SIMD
            u = share[x]
            row[x] += a32 + b32 * u + (c32 + d32 * u) * rise[x]


@compiled()
def add_rows(
    out: Any,
    fresh: Any,
    gradients: Any,
    cell_y: Any,
    v: Any,
    fade_v: Any,
    share: Any,
    rise: Any,
    starts: Any,
    height: Any,
) -> None:
    """Add one octave to `out` (h, w) float32, or write the first to it.

    Args:
        out: (h, w) float32.
        fresh: Whether what `out` holds does not count.
        gradients: (rows of cells + 1, 2, cells + 1) float64, along y and along x.
        cell_y: (h,) int64, the row of cells each row lies in.
        v: (h,) float64, where in it.
        fade_v: (h,) float64, its fade.
        share: As in `_add_row`.
        rise: As in `_add_row`.
        starts: As in `_add_row`.
        height: What the noise is multiplied by.
    """
    at, slope = np.empty(starts.size), np.empty(starts.size)
    for y in range(out.shape[0]):
        row, cell = out[y], cell_y[y]
        if fresh:
            row.fill(np.float32(0))
        _edges(at, slope, gradients, cell, v[y], fade_v[y], height)
        _add_row(row, at, slope, share, rise, starts)


@compiled()
def mask_rows(
    out: Any,
    threshold: Any,
    gradients: Any,
    cell_y: Any,
    v: Any,
    fade_v: Any,
    share: Any,
    rise: Any,
    starts: Any,
    height: Any,
) -> None:
    """Set `out` (h, w) uint8 to 1 where one octave exceeds `threshold`, else to 0; no noise leaves the first cache.

    The other arguments are as in `add_rows`.
    """
    at, slope, row = np.empty(starts.size), np.empty(starts.size), np.empty(share.size, np.float32)
    for y in range(out.shape[0]):
        row.fill(np.float32(0))
        _edges(at, slope, gradients, cell_y[y], v[y], fade_v[y], height)
        _add_row(row, at, slope, share, rise, starts)
        line = np.uintp(y)  # no slice: taking one is a fourth of a short row
        for x in range(np.uintp(row.size)):
            out[line, x] = np.uint8(1) if row[x] > threshold else np.uint8(0)
