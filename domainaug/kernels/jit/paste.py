"""Compiled pasting: the blend of a patch, and the three moves of the membrane between grids of two sizes.

Values of the membrane are planes (channels, h, w) float32, so that loops along x are SIMD.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["blend", "pull", "push", "relax"]


@compiled()
def blend(region: Any, source: Any, alpha: Any, changed: Any, low: Any, high: Any, half: Any) -> None:
    """Move `region` towards `source` by `alpha`, and mark the pixels that are another value afterwards.

    Args:
        region: (h, w, channels) of any type, in and out.
        source: (h, w, channels) float32.
        alpha: (h, w) float32, 0 leaves and 1 replaces.
        changed: (h, w) uint8, written.
        low: float32, the least value of the type.
        high: float32, the greatest.
        half: float32, 0.5 rounds to whole numbers; 0 does not.
    """
    none, all_of = np.float32(0), np.float32(1)
    whole = half > none
    for y in range(region.shape[0]):
        for x in range(region.shape[1]):
            share, differs = alpha[y, x], np.uint8(0)
            if share > none:
                for c in range(region.shape[2]):
                    before = region[y, x, c]
                    under = np.float32(before)
                    value = source[y, x, c] if share >= all_of else under + share * (source[y, x, c] - under)
                    if whole:
                        value = np.floor(value + half)
                        value = low if value < low else high if value > high else value
                    region[y, x, c] = value
                    after = region[y, x, c]
                    if after != before and (after == after or before == before):  # NaN that stays is no change
                        differs = np.uint8(1)
            changed[y, x] = differs


@compiled()
def pull(fine: Any, known: Any, coarse: Any, coarse_known: Any) -> None:
    """Halve a grid: each coarse value is the mean of the known ones of its four, and known where one is.

    Args:
        fine: (channels, h, w) float32.
        known: (h, w) float32, 0 or 1.
        coarse: (channels, (h + 1) // 2, (w + 1) // 2) float32, written.
        coarse_known: The same of (h + 1) // 2 by (w + 1) // 2, written.
    """
    height, width = known.shape
    for y in range(coarse_known.shape[0]):
        rows = min(2, height - 2 * y)
        for x in range(coarse_known.shape[1]):
            columns = min(2, width - 2 * x)
            count = np.float32(0)
            for c in range(fine.shape[0]):
                total, count = np.float32(0), np.float32(0)
                for dy in range(rows):
                    for dx in range(columns):
                        weight = known[2 * y + dy, 2 * x + dx]
                        total += weight * fine[c, 2 * y + dy, 2 * x + dx]
                        count += weight
                coarse[c, y, x] = total / count if count > 0 else np.float32(0)
            coarse_known[y, x] = np.float32(1) if count > 0 else np.float32(0)


@compiled()
def push(coarse: Any, fine: Any, known: Any) -> None:
    """Fill what is unknown in `fine` from `coarse`, bilinearly; arguments as in `pull`."""
    height, width = known.shape
    near_share, far_share = np.float32(0.75), np.float32(0.25)
    for y in range(height):
        near_y = y // 2
        far_y = min(max(near_y + (1 if y % 2 else -1), 0), coarse.shape[1] - 1)
        for x in range(width):
            if known[y, x] == 0:
                near_x = x // 2
                far_x = min(max(near_x + (1 if x % 2 else -1), 0), coarse.shape[2] - 1)
                for c in range(fine.shape[0]):
                    near = near_share * coarse[c, near_y, near_x] + far_share * coarse[c, far_y, near_x]
                    far = near_share * coarse[c, near_y, far_x] + far_share * coarse[c, far_y, far_x]
                    fine[c, y, x] = near_share * near + far_share * far


@compiled()
def relax(values: Any, known: Any, spare: Any, sweeps: Any) -> None:
    """Replace every unknown value by the mean of its four neighbors, all at once, an even number of times.

    Args:
        values: (channels, h, w) float32, in and out; an edge is its own neighbor.
        known: (h, w) float32, 0 or 1.
        spare: Like `values`, overwritten.
        sweeps: How often, even.
    """
    for _ in range(sweeps // 2):
        _sweep(values, known, spare)
        _sweep(spare, known, values)


@compiled(fastmath={"contract"})
def _sweep(before: Any, known: Any, after: Any) -> None:
    last_y, last_x = known.shape[0] - 1, known.shape[1] - 1
    for c in range(before.shape[0]):
        for y in range(last_y + 1):
            above, here, below = before[c, max(y - 1, 0)], before[c, y], before[c, min(y + 1, last_y)]
            _mean(here[0], here[0], here[min(1, last_x)], above[0], below[0], known[y], after[c, y], 0)
            if last_x > 0:
                _mean(
                    here[last_x],
                    here[last_x - 1],
                    here[last_x],
                    above[last_x],
                    below[last_x],
                    known[y],
                    after[c, y],
                    last_x,
                )
            _means(here[:-2], here[2:], here[1:-1], above[1:-1], below[1:-1], known[y, 1:-1], after[c, y, 1:-1])


@compiled(inline=True)
def _mean(here: Any, left: Any, right: Any, above: Any, below: Any, known: Any, after: Any, x: Any) -> None:
    mean = np.float32(0.25) * ((left + right) + (above + below))
    after[x] = here + (np.float32(1) - known[x]) * (mean - here)


@compiled(fastmath={"contract"})
def _means(left: Any, right: Any, here: Any, above: Any, below: Any, known: Any, after: Any) -> None:
    quarter, one = np.float32(0.25), np.float32(1)
    for x in range(after.size):
        mean = quarter * ((left[x] + right[x]) + (above[x] + below[x]))
        after[x] = here[x] + (one - known[x]) * (mean - here[x])
