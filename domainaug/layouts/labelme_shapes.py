"""The shapes that LabelMe draws, and where they go when their picture moves.

Its coordinates are those of edges: the first pixel covers [0, 1] x [0, 1]. Polygons are cut at the edges of a copy,
lines are taken apart there, rectangles become the upright box around what is left of them, and a circle stays one as
long as it is one and lies in the picture. Bitmaps ("mask") are pixels, and move with the masks of the picture.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domainaug.layouts.placing import Array, Placing, area, clipped

__all__ = ["KINDS", "Shape", "bitmap", "drawn_again", "read_shapes"]

KINDS: Final = ("polygon", "rectangle", "circle", "line", "linestrip", "point", "points", "mask")
"""What `shape_type` may say; a shape without one is a polygon."""

_CORNERS: Final = 64  # of a circle that is none any more
_LEFT_IN_VIEW: Final = 0.1  # share of an outline below which it names nothing, as for boxes
_FEWEST: Final = {"polygon": 3, "line": 2, "linestrip": 2, "point": 1, "points": 1}
_EXACTLY: Final = {"rectangle": 2, "circle": 2, "mask": 2}
_EVEN: Final = 1e-6  # a circle becomes an ellipse if its axes differ by more than this share


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape.

    Attributes:
        kind: One of `KINDS`.
        points: (n, 2) as x, y, with pixel centers at whole numbers.
        told: What the file says of it, as it is.
    """

    kind: str
    points: Array
    told: Mapping[str, Any]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom edges of what its points span."""
        (left, top), (right, bottom) = self.points.min(axis=0) + 0.5, self.points.max(axis=0) + 0.5
        return float(left), float(top), float(right), float(bottom)

    def moved(self, placing: Placing) -> list[Shape]:
        """Return what is left of it in a copy: nothing, one shape, or the pieces of a line."""
        if self.kind in ("point", "points"):
            moved = placing.points(self.points)
            inside = moved[_inside(moved, placing.shape)]
            return [self._with(inside)] if len(inside) else []
        if self.kind in ("line", "linestrip"):
            pieces = list(_pieces(placing.points(self.points), placing.shape))
            return [self._with(piece, "line" if len(piece) == 2 else "linestrip") for piece in pieces]
        if self.kind == "circle" and (kept := self._still_round(placing)) is not None:
            return [kept]
        whole = placing.points(self._ring())
        seen = clipped(whole, placing.shape)
        if not len(seen) or area(seen) < _LEFT_IN_VIEW * area(whole):
            return []
        return [self._with(seen, "polygon")]

    def _still_round(self, placing: Placing) -> Shape | None:
        linear = placing.matrix[:2, :2]
        sizes = np.linalg.svd(linear, compute_uv=False)
        flat = bool(np.abs(placing.matrix[2, :2]).max() < 1e-12)
        if not flat or sizes[0] - sizes[1] > _EVEN * sizes[0]:
            return None
        middle, edge = placing.points(self.points)
        radius = np.linalg.norm(edge - middle)
        ends = np.array([middle - radius, middle + radius])
        return self._with(np.array([middle, edge])) if _inside(ends, placing.shape).all() else None

    def _ring(self) -> Array:
        if self.kind != "circle":
            return self.points
        turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
        radius = np.linalg.norm(self.points[1] - self.points[0])
        ring: Array = self.points[0] + radius * np.column_stack([np.cos(turn), np.sin(turn)])
        return ring

    def _with(self, points: Array, kind: str | None = None) -> Shape:
        return Shape(kind or self.kind, points, self.told)

    def as_json(self) -> dict[str, Any]:
        """Return it as the file says it."""
        points = [[round(float(x), 3), round(float(y), 3)] for x, y in self.points + 0.5]
        return {**self.told, "points": points, "shape_type": self.kind}


def read_shapes(told: Any) -> tuple[Shape, ...]:
    """Return the shapes of a picture.

    Args:
        told: The list of them in a file.

    Raises:
        ValueError: One is none; says which and why.
    """
    if not isinstance(told, list):
        raise ValueError('"shapes" is no list')
    return tuple(_shape(one, number) for number, one in enumerate(told, start=1))


def _shape(told: Any, number: int) -> Shape:
    if not isinstance(told, dict) or not isinstance(told.get("label"), str):
        raise ValueError(f"shape {number} has no label")
    kind = told.get("shape_type") or "polygon"
    if kind not in KINDS:
        raise ValueError(f"shape {number} is a {str(kind)[:20]!r}; {', '.join(KINDS)} are read")
    try:
        points = np.asarray(told.get("points"), np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.ndim != 2 or points.shape[1:] != (2,) or not np.isfinite(points).all():
        raise ValueError(f"the points of shape {number} are not pairs of finite numbers")
    if len(points) < _FEWEST.get(kind, 2) or len(points) != _EXACTLY.get(kind, len(points)):
        raise ValueError(f"shape {number} is a {kind} of {len(points)} points")
    return Shape(kind, points - 0.5, told)


def bitmap(shape: Shape, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels of a "mask" in a picture of (height, width).

    Its two points are the first and the last pixel that the bitmap covers.

    Raises:
        ValueError: The bitmap is missing, damaged, or does not lie in the picture.
    """
    try:
        with Image.open(io.BytesIO(base64.b64decode(str(shape.told.get("mask") or ""), validate=True))) as opened:
            height, width = opened.height, opened.width
            if height * width > size[0] * size[1]:
                raise ValueError("larger than the picture")
            found = np.asarray(opened.convert("L")) > 0
    except (OSError, binascii.Error, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"the bitmap of a mask cannot be read ({error or type(error).__name__})") from None
    left, top = (round(value) for value in (shape.points[0] + 0.5).tolist())
    if left < 0 or top < 0 or left + width > size[1] or top + height > size[0]:
        raise ValueError("the bitmap of a mask reaches out of the picture")
    whole = np.zeros(size, np.bool_)
    whole[top : top + height, left : left + width] = found
    return whole


def drawn_again(shape: Shape, pixels: NDArray[np.bool_]) -> Shape | None:
    """Return a "mask" of other pixels, or None where there is none."""
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if not len(rows):
        return None
    top, bottom, left, right = rows[0], rows[-1], columns[0], columns[-1]
    out = io.BytesIO()
    Image.fromarray(pixels[top : bottom + 1, left : right + 1].astype(np.uint8) * 255).convert("1").save(out, "PNG")
    told = {**shape.told, "mask": base64.b64encode(out.getvalue()).decode("ascii")}
    return Shape("mask", np.array([[left, top], [right, bottom]], np.float64) - 0.5, told)


def _inside(points: Array, shape: tuple[int, int]) -> NDArray[np.bool_]:
    within = (points >= -0.5) & (points <= (shape[1] - 0.5, shape[0] - 0.5))
    return np.asarray(within.all(axis=1), np.bool_)


def _pieces(points: Array, shape: tuple[int, int]) -> Iterator[Array]:
    """Yield the parts of a line that lie in a picture (Liang and Barsky, "A new concept ... for clipping", 1984)."""
    piece: list[Array] = []
    for here, there in pairwise(points):
        part = _visible(here, there, shape)
        if part is None or (piece and not np.array_equal(piece[-1], part[0])):
            if len(piece) > 1:
                yield np.array(piece)
            piece = []
        if part is not None:
            piece = [*(piece or [part[0]]), part[1]]
    if len(piece) > 1:
        yield np.array(piece)


def _visible(here: Array, there: Array, shape: tuple[int, int]) -> tuple[Array, Array] | None:
    first, last, along = 0.0, 1.0, there - here
    for axis, low, high in ((0, -0.5, shape[1] - 0.5), (1, -0.5, shape[0] - 0.5)):
        if along[axis] == 0:
            if not low <= here[axis] <= high:
                return None
            continue
        ends = sorted(((low - here[axis]) / along[axis], (high - here[axis]) / along[axis]))
        first, last = max(first, ends[0]), min(last, ends[1])
    if first >= last:
        return None
    return (here if first == 0 else here + first * along), (there if last == 1 else here + last * along)
