"""What drawn lattices do at most: many are drawn, and the best affine map is taken off each.

Everything is linear in the control points, so one pseudo-inverse serves for all draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.generators import Generators
from domainaug.kernels.lattice import axis_weights

__all__ = ["bent_at_most"]

Array = NDArray[np.float64]

_DRAWS = 256
_MORE = 1.35  # of the largest among so many draws; a thousand others stayed below 1.25
_PLACES = 25  # along each axis
_GLOBAL = 5  # control points an axis up to which a bend is as wide as the picture, and looks like a perspective
_STRONG = 0.08  # of the side, from which on one does that moves the border as well


def bent_at_most(
    counts: tuple[int, int], locked: int, reach: Sequence[float], *, aspect: float, fills: bool
) -> Generators:
    """Return what lattices do.

    Args:
        counts: Control points along rows and columns.
        locked: How many outer layers stay.
        reach: The largest component along rows and columns, as shares of the height and of the width.
        aspect: Width over height.
        fills: Whether what lies outside is filled or repeats the border.
    """
    size = float(np.max(reach))
    if size == 0:
        return Generators.nothing()
    x, y = _fields(counts, locked)
    (left, shift_x, scale_x, lean_x), (above, shift_y, lean_y, scale_y) = (
        _affine(field * along) for field, along in ((x, reach[1]), (y, reach[0]))
    )
    lean_x, lean_y = lean_x * aspect, lean_y / aspect
    warp = np.quantile(np.hypot(left * np.sqrt(aspect), above / np.sqrt(aspect)), 0.95, axis=1)
    second = size**2  # where the first order cancels, the second is what is left
    border = min(1.0, (1.0 if locked == 2 else 3.0) * size)
    perspective = size if min(counts) <= _GLOBAL or (locked < 2 and size > _STRONG) else 0.0
    ranges = {
        "local_warp": up_to(_most(warp)),
        "rotation": about(min(_most(np.degrees(np.abs(lean_x - lean_y) / 2)) + 40 * second, 180.0)),
        "shear": about(min(_most(np.degrees(np.abs(lean_x + lean_y))) + 60 * second, 90.0)),
        "scale": _factor(_most(np.abs(scale_x + scale_y) / 2) + second / 2),
        "aspect": _factor(_most(np.abs(scale_x - scale_y)) + second / 2),
        "shift": up_to(_most(np.maximum(np.abs(shift_x), np.abs(shift_y)))),
        "perspective": up_to(perspective),
        "field_of_view": Interval(max(0.0, 1 - 1.5 * size), 1.0),
        "outside" if fills else "duplicated": up_to(border + 0.01),
        "blur": up_to(0.7),
        "tone": up_to(min(0.15 * size, 0.05)),
    }
    still = {name for name, interval in ranges.items() if interval == Interval(0.0, 0.0)}
    return Generators(
        ranges={name: interval for name, interval in ranges.items() if name not in still}, tail=True, resamples=True
    )


def _most(sizes: Array) -> float:
    return _MORE * float(sizes.max())


def _factor(size: float) -> Interval:
    """Return factors whose logarithm is at most so large; a strong bend is not quite linear any more."""
    return Interval(max(0.05, float(np.exp(-1.2 * size))), float(np.exp(1.2 * size)))


@lru_cache(maxsize=16)
def _fields(counts: tuple[int, int], locked: int) -> tuple[Array, Array]:
    """Return displacements along x and along y, (draws, places) each, for a reach of 1."""
    rows, columns = (axis_weights(np.linspace(0, 1, _PLACES), 2, count) for count in counts)
    drawn = np.random.default_rng(0).uniform(-1.0, 1.0, (2, _DRAWS, *counts))
    free = np.zeros(counts)
    free[locked : counts[0] - locked, locked : counts[1] - locked] = 1.0
    x, y = np.einsum("ra,cnab,kb->cnrk", rows, drawn * free, columns)
    return x.reshape(_DRAWS, -1), y.reshape(_DRAWS, -1)


def _affine(field: Array) -> tuple[Array, Array, Array, Array]:
    """Return what an affine map leaves of displacements, (draws, places), and its offset and slopes along x and y."""
    y, x = (each.ravel() for each in np.mgrid[-0.5 : 0.5 : _PLACES * 1j, -0.5 : 0.5 : _PLACES * 1j])
    terms = np.stack([np.ones(x.size), x, y])
    solved = field @ np.linalg.pinv(terms)
    return field - solved @ terms, solved[:, 0], solved[:, 1], solved[:, 2]
