"""Reading a warp given as a field: for every output pixel, the place of the input it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import Array, up_to
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators

__all__ = ["from_field"]

_STEPS = 48  # places looked at along each side
_CELLS = 64  # cells the input is divided into along each side


def from_field(map_x: NDArray[Any], map_y: NDArray[Any], frame: Frame, *, fills: bool) -> Generators:
    """Return what a warp does: its best affine map, and what that does not explain.

    Args:
        map_x: (H, W) column of the input that each output pixel shows.
        map_y: (H, W) row of the input, likewise.
        frame: The image.
        fills: Whether what lies outside the input is filled or repeats it.
    """
    map_x, map_y = np.asarray(map_x, dtype=np.float64), np.asarray(map_y, dtype=np.float64)
    height, width = map_x.shape
    rows = np.linspace(0, height - 1, min(_STEPS, height)).astype(int)
    columns = np.linspace(0, width - 1, min(_STEPS, width)).astype(int)
    shown = _in_frame(map_x[np.ix_(rows, columns)], map_y[np.ix_(rows, columns)], frame)
    across, down = np.meshgrid(columns, rows)
    place = _in_frame(across, down, frame)
    half = np.array([np.sqrt(frame.aspect), 1 / np.sqrt(frame.aspect)]) / 2
    inside = np.all(np.abs(shown) <= half + 1e-9, axis=1)
    if inside.sum() < 12:
        return Generators.bounds(field_of_view=0.0, outside=1.0)
    affine, left_over = _fit(shown[inside], place[inside])
    warp = float(np.quantile(left_over, 0.95))
    name = "outside" if fills else "duplicated"
    folds = _folded(map_x, map_y, affine)
    ranges = {
        "local_warp": Interval(warp, warp),
        "field_of_view": Interval(*(_kept(map_x, map_y),) * 2),
        name: Interval(*(float(1 - inside.mean()),) * 2),
        "blur": up_to(0.5),
    }
    if folds > 0:
        low = ranges["duplicated"].high if name == "duplicated" else 0.0
        ranges["duplicated"] = Interval(*(min(low + folds, 1.0),) * 2)
    return Generators(maps=affine[None], ranges=ranges, resamples=True)


def _in_frame(x: NDArray[Any], y: NDArray[Any], frame: Frame) -> Array:
    middle = np.array([(frame.width - 1) / 2, (frame.height - 1) / 2])
    return np.asarray((np.stack([np.ravel(x), np.ravel(y)], axis=1) - middle) / frame.side)


def _fit(before: Array, after: Array) -> tuple[Array, Array]:
    """Return the affine map that takes `before` to `after` best, robustly, and the distances it leaves."""
    points = np.concatenate([before, np.ones((len(before), 1))], axis=1)
    weights = np.ones(len(before))
    for _ in range(5):
        root = np.sqrt(weights)[:, None]
        solved, *_ = np.linalg.lstsq(points * root, after * root, rcond=None)
        distance = np.linalg.norm(points @ solved - after, axis=1)
        spread = 2.4 * np.median(distance) + 1e-12
        weights = 1 / (1 + (distance / spread) ** 2)  # Cauchy
    affine = np.eye(3)
    affine[:2] = solved.T
    return affine, distance


def _kept(map_x: Array, map_y: Array) -> float:
    """Return the share of cells of the input that some output pixel shows."""
    height, width = map_x.shape
    cells = min(_CELLS, height // 2, width // 2) or 1
    column = np.floor((map_x + 0.5) * cells / width).astype(int)
    row = np.floor((map_y + 0.5) * cells / height).astype(int)
    inside = (column >= 0) & (column < cells) & (row >= 0) & (row < cells)
    return float(len(np.unique(row[inside] * cells + column[inside])) / cells**2)


def _folded(map_x: Array, map_y: Array, affine: Array) -> float:
    """Return the share of the output where the warp turns the picture over, which shows a part twice."""
    down_x, across_x = np.gradient(map_x)
    down_y, across_y = np.gradient(map_y)
    hand = across_x * down_y - down_x * across_y
    return float((hand * np.sign(np.linalg.det(affine[:2, :2])) < 0).mean())
