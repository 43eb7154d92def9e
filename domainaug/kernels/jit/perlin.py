"""Compiled gradient noise: along one row and inside one cell it is `a + b u + (c + d u) fade(u)`.

A cell's part of a row is one loop without branches or gathers, which the compiler turns into SIMD; the corner
gradients are looked at once per row and cell, not once per pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["add_rows", "mark_rows"]


@compiled(inline=True)
def mixed(first: Any, second: Any, share: Any) -> Any:
    """Return what lies between two numbers."""
    return first + share * (second - first)


@compiled(fastmath={"contract"})
def _add_row(
    row: Any, upper: Any, lower: Any, share: Any, rise: Any, v: Any, fade_v: Any, height: Any, starts: Any
) -> None:
    """Add `height` times the noise of one row to `row` (w,).

    Args:
        row: (w,) float32, added to.
        upper: (cells + 1, 2) float64, the gradients (along y, along x) above the row.
        lower: The same below it.
        share: (w,) float32, where in its cell each column lies, from 0 to 1.
        rise: (w,) float32, its fade.
        v: Where in its cell the row lies.
        fade_v: Its fade.
        height: What the noise is multiplied by.
        starts: (cells + 1,) int64, the first column of each cell, and the width.
    """
    for cell in range(starts.size - 1):
        # left edge: n00 + (n10 - n00) fade_v = a + b u; right edge likewise; the rest is their difference
        a = mixed(upper[cell, 0] * v, lower[cell, 0] * (v - 1.0), fade_v)
        b = mixed(upper[cell, 1], lower[cell, 1], fade_v)
        d = mixed(upper[cell + 1, 1], lower[cell + 1, 1], fade_v)
        c = mixed(upper[cell + 1, 0] * v, lower[cell + 1, 0] * (v - 1.0), fade_v) - d
        a32, b32 = np.float32(height * a), np.float32(height * b)
        c32, d32 = np.float32(height * (c - a)), np.float32(height * (d - b))
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
        gradients: (rows of cells + 1, cells + 1, 2) float64, along y and along x.
        cell_y: (h,) int64, the row of cells each row lies in.
        v: (h,) float64, where in it.
        fade_v: (h,) float64, its fade.
        share: As in `_add_row`.
        rise: As in `_add_row`.
        starts: As in `_add_row`.
        height: What the noise is multiplied by.
    """
    for y in range(out.shape[0]):
        if fresh:
            out[y].fill(np.float32(0))
        upper, lower = gradients[cell_y[y]], gradients[cell_y[y] + 1]
        _add_row(out[y], upper, lower, share, rise, v[y], fade_v[y], height, starts)


@compiled()
def mark_rows(out: Any, values: Any, threshold: Any) -> None:
    """Set `out` (h, w) uint8 to 1 where `values` (h, w) float32 exceed `threshold`, else to 0."""
    for y in range(out.shape[0]):
        to, of = out[y], values[y]
        for x in range(to.size):
            to[x] = np.uint8(1) if of[x] > threshold else np.uint8(0)
