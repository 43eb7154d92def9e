"""Boxes and points through a `PixelMap` of matrices.

A box that is turned twice gets a frame around a frame when every step frames it anew. Here its four corners go all
the way: what each frame on the way hides is cut off the polygon, and one upright frame is drawn at the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations.matrices import Matrix, inverse
from domainaug._albumentations.polygons import NEAREST, SLACK, Size, Step, cut_on_the_way
from domainaug.kernels.maps import PixelMap, Projective

__all__ = [
    "boxes_and_visibility",
    "boxes_through",
    "follows_map",
    "points_seen",
    "points_through",
    "visible_through",
]

Array = NDArray[Any]
Float = NDArray[np.float64]
_At = tuple[Float, Float, Float | float]  # x, y and w; w is 1 until a matrix has perspective


def follows_map(leaf: Any) -> bool:
    """Whether the boxes of a transform go where its map takes their corners; ellipses in boxes do not."""
    return getattr(leaf, "rotate_method", "largest_box") == "largest_box"


def boxes_through(boxes: Array, pixel_map: PixelMap, *, min_visibility: float = 0.0) -> Array | None:
    """Move boxes.

    Args:
        boxes: (n, 4 or more), x_min, y_min, x_max, y_max as shares of the input; other columns stay.
        pixel_map: The map that moves the picture.
        min_visibility: Boxes that keep a smaller share of their area through all frames are given up.

    Returns:
        As many rows, as shares of the output. What the output itself cuts is left on, as albumentations' filter
        compares what is inside with it; clipped to the output, a box is the tightest frame around what is seen.
        A box of which nothing is seen has no area, which the filter drops. None for a map with a field or a mesh,
        and for one that shows mirror images, which are more boxes.
    """
    both = boxes_and_visibility(boxes, pixel_map, min_visibility=min_visibility)
    return None if both is None else both[0]


def visible_through(boxes: Array, pixel_map: PixelMap) -> Float | None:
    """Return the share of the area of each box that every frame on the way and the output show, from 0 to 1.

    Args:
        boxes: As for `boxes_through`; and None likewise.
        pixel_map: The map that moves the picture.
    """
    both = boxes_and_visibility(boxes, pixel_map)
    return None if both is None else both[1]


def boxes_and_visibility(
    boxes: Array, pixel_map: PixelMap, *, min_visibility: float = 0.0
) -> tuple[Array, Float] | None:
    """Return what `boxes_through` and `visible_through` do, for the price of one."""
    steps = _steps(pixel_map)
    if steps is None:
        return None
    frames, visible = _traced(boxes, pixel_map.frame, steps)
    out = np.array(boxes, dtype=boxes.dtype if boxes.dtype.kind == "f" else np.float64)
    height, width = pixel_map.shape
    out[:, :4] = (frames + 0.5) / np.array([width, height, width, height])
    lost = (visible < min_visibility) | (visible == 0)
    if lost.any():
        out[lost, :4] = 0.0
    return out, visible


def points_through(points: Array, pixel_map: PixelMap) -> Float | None:
    """Move points, also those that leave the picture.

    Args:
        points: (n, 2), x and y in pixels of the input, 0 at the center of the first.
        pixel_map: The map that moves the picture.

    Returns:
        (n, 2), in pixels of the output; not finite beyond a horizon. None as for `boxes_through`.
    """
    steps = _steps(pixel_map)
    if steps is None:
        return None
    at = _of_points(points)
    for matrix, _ in steps:
        at = _moved(at, matrix)
    return np.stack(_projected(at), axis=1)


def points_seen(points: Array, pixel_map: PixelMap) -> NDArray[np.bool_] | None:
    """Return which points are within every frame on the way and in the output; arguments as `points_through`."""
    steps = _steps(pixel_map)
    if steps is None:
        return None
    at = _of_points(points)
    seen = np.ones(len(points), dtype=bool)
    for matrix, (height, width) in steps:
        at = _moved(at, matrix)
        x, y = _projected(at)
        seen &= (x >= -SLACK) & (x < width) & (y >= -SLACK) & (y < height)
    return seen


# -- the way -------------------------------------------------------------------------------------------


def _steps(pixel_map: PixelMap) -> list[Step] | None:
    """Return the matrices from the input to the output, each with the frame it arrives in."""
    arrivals = (pixel_map.shape, *(stage.frame for stage in pixel_map.stages[:-1]))
    steps: list[Step] = []
    for stage, arrival in zip(reversed(pixel_map.stages), reversed(arrivals), strict=True):
        if not isinstance(stage, Projective) or _shows_mirror_images(stage, arrival):
            return None
        back = stage.matrix.tolist()
        forward = inverse(back)
        if forward is None:
            return None
        if not stage.affine and not _in_front(forward, back, arrival):
            forward = [[-value for value in row] for row in forward]
        steps.append((forward, arrival))
    return steps


def _in_front(forward: Matrix, back: Matrix, arrival: Size) -> bool:
    """Whether the middle of what is seen lies in front of the eye, as the sign of a matrix is free."""
    x, y = (arrival[1] - 1) / 2, (arrival[0] - 1) / 2
    at = [row[0] * x + row[1] * y + row[2] for row in back]
    return (forward[2][0] * at[0] + forward[2][1] * at[1] + forward[2][2] * at[2]) * at[2] > 0


def _shows_mirror_images(stage: Projective, arrival: Size) -> bool:
    if stage.border not in ("reflect", "reflect101"):
        return False
    bottom, right = arrival[0] - 1.0, arrival[1] - 1.0
    corners = np.array([[0.0], [right], [0.0], [right]]), np.array([[0.0], [0.0], [bottom], [bottom]]), 1.0
    return not bool(_inside(_moved(corners, stage.matrix.tolist()), stage.frame)[0])


def _of_points(points: Array) -> _At:
    x, y = np.asarray(points, dtype=np.float64)[:, :2].T
    return x, y, 1.0


def _moved(at: _At, matrix: Matrix) -> _At:
    x, y, w = at
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return a * x + b * y + c * w, d * x + e * y + f * w, w if g == h == 0 and i == 1 else g * x + h * y + i * w


def _projected(at: _At) -> tuple[Float, Float]:
    x, y, w = at
    if isinstance(w, float):
        return x, y
    far = np.where(w > NEAREST, w, np.nan)
    return np.nan_to_num(x / far, nan=np.inf), np.nan_to_num(y / far, nan=np.inf)


def _inside(at: _At, frame: Size) -> NDArray[np.bool_]:
    """Return which polygons, their corners along the first axis, lie within the outer edges of a frame's pixels."""
    x, y, w = at
    least, right, bottom = -0.5 - SLACK, frame[1] - 0.5 + SLACK, frame[0] - 0.5 + SLACK
    if isinstance(w, float):
        within = (x >= least) & (x <= right) & (y >= least) & (y <= bottom)
    else:
        within = (w > NEAREST) & (x >= least * w) & (x <= right * w) & (y >= least * w) & (y <= bottom * w)
    return np.asarray(within.all(axis=0))


def _traced(boxes: Array, frame: Size, steps: list[Step]) -> tuple[Float, Float]:
    """Return the frame of each box in pixels of the output, (n, 4), and the share of its area that is seen."""
    height, width = frame
    edges = np.asarray(boxes[:, :4], np.float64).T * np.array([[width], [height], [width], [height]]) - 0.5
    at: _At = (edges[[0, 2, 2, 0]], edges[[1, 1, 3, 3]], 1.0)
    whole = _inside(at, frame)
    for matrix, arrival in steps:
        at = _moved(at, matrix)
        whole &= _inside(at, arrival)
    x, y = _projected(at)
    frames = np.stack([x.min(axis=0), y.min(axis=0), x.max(axis=0), y.max(axis=0)], axis=1)
    visible = np.ones(len(boxes))
    if not whole.all():
        for row in np.flatnonzero(~whole).tolist():
            left, top, right, bottom = edges[:, row].tolist()
            corners = [(left, top, 1.0), (right, top, 1.0), (right, bottom, 1.0), (left, bottom, 1.0)]
            frames[row], visible[row] = cut_on_the_way(corners, frame, steps)
    return frames, visible
