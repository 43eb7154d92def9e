"""Sets of maps and curves from ranges of parameters: the corners, and enough in between.

Effects are monotonic in nearly every parameter, so their ends are at corners of the parameter box; where
they are not (the field of view of a rotation is smallest at 45 degrees) a range gets points inside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from domainaug.effects import EFFECTS, Interval
from domainaug.functionals import LEVELS

__all__ = ["ANY_COLOR", "ANY_TONE", "Array", "about", "affine_maps", "box", "curves", "from_pixels", "turns", "up_to"]

Array = NDArray[np.float64]

ANY_TONE = {name: EFFECTS[name].anything for name in ("brightness", "contrast", "gamma", "tone")}
"""A tone change that depends on the picture."""

ANY_COLOR = {name: EFFECTS[name].anything for name in ("color_cast", "hue", "saturation", "channel_mixing")}
"""A color change that depends on the picture."""


def about(size: float, center: float = 0.0) -> Interval:
    """Return the interval of `size` to either side of `center`."""
    return Interval(center - abs(size), center + abs(size))


def up_to(high: float) -> Interval:
    """Return the interval from nothing to `high`."""
    return Interval(0.0, max(0.0, float(high)))


def box(*ranges: Sequence[float] | Array) -> Array:
    """Return the corners of a box of parameters, the point that does least, and the ends of axes through it.

    What does least is 0, or 1 for factors, where the range holds it: sizes without a sign are smallest there.

    Args:
        ranges: For each parameter, its ends; more than two numbers are taken as they are.

    Returns:
        (n, len(ranges)), without duplicates along any axis.
    """
    axes = [sorted({float(value) for value in values}) for values in ranges]
    points = set(product(*axes))
    middle = tuple(_least(axis) for axis in axes)
    points.add(middle)
    for index, axis in enumerate(axes):
        points.update((*middle[:index], end, *middle[index + 1 :]) for end in (axis[0], axis[-1]))
    return np.array(sorted(points))


def _least(axis: list[float]) -> float:
    for neutral in (0.0, 1.0):
        if axis[0] <= neutral <= axis[-1]:
            return neutral
    return (axis[0] + axis[-1]) / 2


def turns(low: float, high: float) -> Array:
    """Return angles (deg) from `low` to `high`: the ends, 0, and the multiples of 15 in between."""
    last = np.floor(high / 15)
    inside = np.arange(max(np.ceil(low / 15), last - 24), last + 1) * 15  # all there are, or one whole turn
    return np.unique(np.concatenate([[low, high], inside]))


def affine_maps(
    *,
    rotation: Array | float = 0.0,
    scale_x: Array | float = 1.0,
    scale_y: Array | float = 1.0,
    shear_x: Array | float = 0.0,
    shear_y: Array | float = 0.0,
    shift_x: Array | float = 0.0,
    shift_y: Array | float = 0.0,
    aspect: float = 1.0,
) -> Array:
    """Return forward maps that scale, turn, shear and then shift, about the middle of the frame.

    Args:
        rotation: deg, counter-clockwise positive.
        scale_x: Factor along x.
        scale_y: Factor along y.
        shear_x: deg by which the y axis leans, its lower end to the right.
        shear_y: deg by which the x axis leans, its right end down.
        shift_x: To the right, as a share of the width.
        shift_y: Down, as a share of the height.
        aspect: Width of the frame over its height.

    Returns:
        (n, 3, 3), in frame units.
    """
    arrays = np.broadcast_arrays(
        *(np.atleast_1d(x) for x in (rotation, scale_x, scale_y, shear_x, shear_y, shift_x, shift_y))
    )
    turn, wide, tall, lean_x, lean_y, right, down = (np.asarray(x, dtype=np.float64) for x in arrays)
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    tan_x, tan_y = np.tan(np.radians(lean_x)), np.tan(np.radians(lean_y))
    maps = np.zeros((len(turn), 3, 3))
    maps[:, 0, 0], maps[:, 0, 1] = (cos - tan_x * sin) * wide, (sin + tan_x * cos) * tall
    maps[:, 1, 0], maps[:, 1, 1] = (tan_y * cos - sin) * wide, (tan_y * sin + cos) * tall
    maps[:, 0, 2], maps[:, 1, 2] = right * np.sqrt(aspect), down / np.sqrt(aspect)
    maps[:, 2, 2] = 1.0
    return maps


def from_pixels(matrix: Array, shape: tuple[int, ...], output: tuple[int, ...] | None = None) -> Array:
    """Return a pixel map as a map in frame units.

    Args:
        matrix: (3, 3), where the middle of an input pixel (x, y) lands in the output.
        shape: (height, width) of the input.
        output: (height, width) of the output; the input's when None.

    Returns:
        (1, 3, 3).
    """
    return (np.linalg.inv(_to_pixels(output or shape)) @ np.asarray(matrix, dtype=np.float64) @ _to_pixels(shape))[None]


def _to_pixels(shape: tuple[int, ...]) -> Array:
    height, width = shape[:2]
    side = float(np.sqrt(height * width))
    return np.array([[side, 0, (width - 1) / 2], [0, side, (height - 1) / 2], [0, 0, 1.0]])


def curves(function: Callable[..., Array], *ranges: Sequence[float] | Array) -> Array:
    """Return the tone curves of a function of (levels, parameters...) over the corners of its parameters.

    Args:
        function: Called with `LEVELS` as (1, k) and each parameter as (n, 1).
        ranges: The ends of each parameter.

    Returns:
        (n, k).
    """
    points = box(*ranges)
    columns = [points[:, index : index + 1] for index in range(points.shape[1])]
    shape = (len(points), len(LEVELS))
    return np.broadcast_to(function(LEVELS[None], *columns), shape)
