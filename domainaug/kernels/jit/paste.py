"""Compiled pasting: the blend of a patch, and the three moves of the membrane between grids of two sizes.

A row of the membrane's values is one run of pixels and channels, so that loops along it are SIMD.
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
        fine: (h, w, channels) float32; what is unknown does not count, not even NaN.
        known: (h, w) float32, 0 or 1.
        coarse: ((h + 1) // 2, (w + 1) // 2, channels) float32, written.
        coarse_known: The same without channels, written.
    """
    height, width = known.shape
    for y in range(coarse_known.shape[0]):
        for x in range(coarse_known.shape[1]):
            count = np.float32(0)
            coarse[y, x].fill(np.float32(0))
            for v in range(2 * y, min(2 * y + 2, height)):
                for u in range(2 * x, min(2 * x + 2, width)):
                    if known[v, u] > 0:
                        count += np.float32(1)
                        for c in range(fine.shape[2]):
                            coarse[y, x, c] += fine[v, u, c]
            coarse_known[y, x] = np.float32(1) if count > 0 else np.float32(0)
            if count > 1:
                for c in range(fine.shape[2]):
                    coarse[y, x, c] /= count


@compiled()
def push(coarse: Any, fine: Any, known: Any) -> None:
    """Fill what is unknown in `fine` from `coarse`, bilinearly; arguments as in `pull`."""
    height, width = known.shape
    near_share, far_share = np.float32(0.75), np.float32(0.25)
    for y in range(height):
        near_y = y // 2
        far_y = min(max(near_y + (1 if y % 2 else -1), 0), coarse.shape[0] - 1)
        for x in range(width):
            if known[y, x] == 0:
                near_x = x // 2
                far_x = min(max(near_x + (1 if x % 2 else -1), 0), coarse.shape[1] - 1)
                for c in range(fine.shape[2]):
                    near = near_share * coarse[near_y, near_x, c] + far_share * coarse[far_y, near_x, c]
                    far = near_share * coarse[near_y, far_x, c] + far_share * coarse[far_y, far_x, c]
                    fine[y, x, c] = near_share * near + far_share * far


@compiled()
def relax(values: Any, unknown: Any, spare: Any, channels: Any, sweeps: Any) -> None:
    """Replace every unknown value by the mean of its four neighbors, all at once, an even number of times.

    Args:
        values: (h, w * channels) float32, in and out; an edge is its own neighbor.
        unknown: (h, w * channels) float32, 0 or 1.
        spare: Like `values`, overwritten.
        channels: How far the neighbors in a row are away.
        sweeps: How often, even.
    """
    for _ in range(sweeps // 2):
        _sweep(values, unknown, spare, channels)
        _sweep(spare, unknown, values, channels)


@compiled()
def _sweep(before: Any, unknown: Any, after: Any, step: Any) -> None:
    last, end = before.shape[0] - 1, before.shape[1] - step
    for y in range(last + 1):
        above, here, below = before[max(y - 1, 0)], before[y], before[min(y + 1, last)]
        free, to = unknown[y], after[y]
        for first, left, right in ((0, 0, min(step, end)), (end, max(end - step, 0), end)):
            _means(
                here[left:],
                here[right:],
                here[first:],
                above[first:],
                below[first:],
                free[first:],
                to[first : first + step],
            )
        if end > step:
            _means(here, here[2 * step :], here[step:], above[step:], below[step:], free[step:], to[step:end])


@compiled(fastmath={"contract"})
def _means(left: Any, right: Any, here: Any, above: Any, below: Any, unknown: Any, after: Any) -> None:
    quarter = np.float32(0.25)
    for x in range(after.size):
        mean = quarter * ((left[x] + right[x]) + (above[x] + below[x]))
        after[x] = here[x] + unknown[x] * (mean - here[x])
