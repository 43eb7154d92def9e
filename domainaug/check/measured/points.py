"""Callables that move points along with the picture: the map is read off the points, as it would be off a mask.

A grid of points is handed over; where they come back says where the picture went, and the coordinate masks a
label would have become are interpolated between them. The rest of measuring is the same as with masks.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator

from domainaug.check.measured.calling import Returned, Style, alike
from domainaug.check.measured.chart import Probe

__all__ = ["style_with_points"]

NAMES = ("keypoints", "points", "landmarks", "kps", "pts")
"""What people call a parameter that takes points."""

_ACROSS = 17  # points along each side, the corners of the frame among them


def style_with_points(target: Any) -> Style | None:
    """Return the way to call something that takes points beside the picture, or None when it does not say so."""
    try:
        parameters = inspect.signature(target).parameters
    except (TypeError, ValueError):
        return None
    name = next((name for name in NAMES if name in parameters), None)
    if name is None:
        return None
    return Style("image and points", lambda called, probe: _called(called, probe, name))


def _called(target: Any, probe: Probe, name: str) -> Returned:
    given, points = probe.image.copy(), _grid(*probe.image.shape[:2])
    result = target(given, **{name: points.copy()})
    back = _points(result[name] if isinstance(result, Mapping) else result[1])
    if len(back) != len(points):
        raise TypeError(f"of {len(points)} points {len(back)} came back; they are needed to see where the picture went")
    returned = alike(result if isinstance(result, Mapping) else result[0], probe, given)
    if returned.image is None:
        return returned
    masks = _coordinates(points, back, returned.image.shape[:2])
    return Returned(returned.image, masks, returned.changed_input, returned.native)


def _grid(height: int, width: int) -> NDArray[np.float64]:
    """Return (n, 2) points x, y that span the frame."""
    across, down = np.linspace(0, width - 1, _ACROSS), np.linspace(0, height - 1, _ACROSS)
    return np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)


def _points(values: Any) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] < 2:
        raise TypeError(f"points came back as {array.shape}, not as rows of x and y")
    return array[:, :2]


def _coordinates(
    points: NDArray[np.float64], back: NDArray[np.float64], size: tuple[int, int]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return what the coordinate masks (x + 1 and y + 1, 0 outside) would have become."""
    between = LinearNDInterpolator(back, points + 1, fill_value=0.0)
    rows, columns = np.mgrid[: size[0], : size[1]]
    found = between(columns, rows).astype(np.float32)
    return found[..., 0], found[..., 1]
