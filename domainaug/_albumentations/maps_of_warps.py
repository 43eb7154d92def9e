"""The maps of draws that turn, mirror and bend: matrices and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from domainaug._albumentations.maps_of_crops import BORDERS, Size, shifted
from domainaug._albumentations.matrices import Matrix, inverse
from domainaug.kernels.maps import Border, Field, PixelMap, Projective

__all__ = ["affine", "field", "flipped", "mirrored", "perspective", "quarter_turn", "rotate", "square", "transposed"]

Params = Mapping[str, Any]

_HORIZON = 1e-6  # of the distance to the first pixel: what is nearer is not projected


def _moved(matrix: Matrix, frame: Size, shape: Size, border: Border = "constant") -> PixelMap:
    return PixelMap(shape, (Projective(np.array(matrix), frame, border),))


# -- what moves whole pixels ---------------------------------------------------------------------------


def mirrored(leaf: Any, params: Params, shape: Size) -> PixelMap:
    """Return the map of HorizontalFlip."""
    return _square(shape, "h")


def flipped(leaf: Any, params: Params, shape: Size) -> PixelMap:
    """Return the map of VerticalFlip."""
    return _square(shape, "v")


def transposed(leaf: Any, params: Params, shape: Size) -> PixelMap:
    """Return the map of Transpose."""
    return _square(shape, "t")


def square(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of D4 and SquareSymmetry."""
    return _square(shape, str(params["group_element"]))


def quarter_turn(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of RandomRotate90."""
    return _square(shape, ("e", "r90", "r180", "r270")[int(params["factor"]) % 4])


# (x from x, x from y, from the far side), (y from x, y from y, from the far side), whether sides swap.
_SQUARE: dict[str, tuple[tuple[int, int, int], tuple[int, int, int], bool]] = {
    "e": ((1, 0, 0), (0, 1, 0), False),
    "h": ((-1, 0, 1), (0, 1, 0), False),
    "v": ((1, 0, 0), (0, -1, 1), False),
    "r180": ((-1, 0, 1), (0, -1, 1), False),
    "t": ((0, 1, 0), (1, 0, 0), True),
    "r90": ((0, -1, 1), (1, 0, 0), True),
    "r270": ((0, 1, 0), (-1, 0, 1), True),
    "hvt": ((0, -1, 1), (-1, 0, 1), True),
}


def _square(shape: Size, element: str) -> PixelMap:
    (a, b, right), (c, d, bottom), swaps = _SQUARE[element]
    height, width = shape
    matrix = [[a, b, right * (width - 1.0)], [c, d, bottom * (height - 1.0)], [0.0, 0.0, 1.0]]
    return _moved(matrix, shape, (width, height) if swaps else shape)


# -- matrices ------------------------------------------------------------------------------------------


def _is_identity(rows: Matrix) -> bool:
    """Whether albumentations takes a matrix for the identity and returns the picture: `numpy.allclose` at defaults."""
    (a, b, x), (c, d, y) = rows[0], rows[1]
    near = abs(a - 1) <= 1.001e-5 and abs(d - 1) <= 1.001e-5
    return near and abs(b) <= 1e-8 and abs(c) <= 1e-8 and abs(x) <= 1e-8 and abs(y) <= 1e-8


def affine(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of Affine, ShiftScaleRotate and SafeRotate; None when the picture becomes a line."""
    rows = params["matrix"].tolist()
    if _is_identity(rows):
        return PixelMap.identity(shape)
    back = inverse(rows)
    tall, wide = params["output_shape"]
    out = (round(tall), round(wide))
    if back is None or min(out) < 1:
        return None
    return _moved(back, shape, out, BORDERS[leaf.border_mode])


def rotate(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of Rotate, which cuts what its turn left of the frame when told to."""
    rows = params["matrix"].tolist()
    turned: PixelMap | None = PixelMap.identity(shape)
    if not _is_identity(rows):
        back = inverse(rows)
        turned = None if back is None else _moved(back, shape, shape, BORDERS[leaf.border_mode])
    if turned is None or not leaf.crop_border:
        return turned
    left, top = params["x_min"], params["y_min"]
    kept = shifted(shape, (params["y_max"] - top, params["x_max"] - left), left, top)
    return None if kept is None else turned.then(kept)


def perspective(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of Perspective; None when the horizon lies within the picture."""
    tall, wide = int(params["max_height"]), int(params["max_width"])
    if tall < 1 or wide < 1:
        return None
    forward = params["matrix"]
    out = (tall, wide)
    if leaf.keep_size:
        out = shape
        forward = np.array([[shape[1] / wide], [shape[0] / tall], [1.0]]) * forward
    back = inverse(forward.tolist())
    if back is None:
        return None
    right, bottom = back[2][0] * (out[1] - 1), back[2][1] * (out[0] - 1)
    if not 1 + min(right, 0.0) + min(bottom, 0.0) > _HORIZON:
        return None
    return _moved(back, shape, out, BORDERS[leaf.border_mode])


# -- fields --------------------------------------------------------------------------------------------


def field(leaf: Any, params: Params, shape: Size) -> PixelMap | None:
    """Return the map of the distortions, which draw it for every pixel; None when they drew none."""
    x, y = params["map_x"], params["map_y"]
    if x is None or y is None:
        return None
    x, y = (np.ascontiguousarray(part, dtype=np.float32) for part in (x, y))
    return PixelMap(x.shape, (Field(x, y, shape, BORDERS[leaf.border_mode]),))
