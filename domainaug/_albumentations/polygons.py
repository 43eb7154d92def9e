"""One polygon on its way through frames that cut it."""

from __future__ import annotations

from domainaug._albumentations.matrices import Matrix

__all__ = ["NEAREST", "SLACK", "Polygon", "Size", "Step", "cut_on_the_way"]

Size = tuple[int, int]
Step = tuple[Matrix, Size]
"""A matrix, and (height, width) of the frame it arrives in."""

_Vertex = tuple[float, float, float]
Polygon = list[_Vertex]
"""Corners in order, each x, y, w; convex."""

SLACK = 1e-6  # pixels: what a chain of matrices is off by
NEAREST = 1e-9  # share of the distance to the eye that is too near to be projected
_SPECK = 1e-6  # square pixels: less of a box is nothing


def cut_on_the_way(uncut: Polygon, frame: Size, steps: list[Step]) -> tuple[tuple[float, ...], float]:
    """Return the upright frame of what is left of a polygon at the end, and how much of its area that is.

    Args:
        uncut: The polygon, in pixels of the first frame.
        frame: (height, width) of the first frame.
        steps: What it passes, in order.

    Returns:
        x_min, y_min, x_max, y_max in pixels of the last frame, and a share from 0 to 1. Where an edge of the last
        frame cuts, the polygon goes on beyond it; inside, the frame is the tightest around what is seen.
    """
    seen = kept = _clipped(uncut, frame)
    for matrix, arrival in steps:
        uncut, kept = _carried(uncut, matrix), _carried(seen, matrix)
        seen = _clipped(kept, arrival)
    area = _area(_half(uncut, (0.0, 0.0, 1.0), -NEAREST))
    if _area(seen) < _SPECK or area == 0:
        return (0.0, 0.0, 0.0, 0.0), 0.0
    height, width = steps[-1][1]
    edges = (-0.5, -0.5, width - 0.5, height - 0.5)
    tight, loose = _bounds(seen), _bounds(_half(kept, (0.0, 0.0, 1.0), -NEAREST))
    out = [far if abs(near - edge) <= SLACK else near for near, far, edge in zip(tight, loose, edges, strict=True)]
    return tuple(out), min(_area(seen) / area, 1.0)


def _carried(polygon: Polygon, matrix: Matrix) -> Polygon:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return [(a * x + b * y + c * w, d * x + e * y + f * w, g * x + h * y + i * w) for x, y, w in polygon]


def _clipped(polygon: Polygon, frame: Size) -> Polygon:
    """Return the part of a convex polygon within the outer edges of a frame's pixels (Sutherland & Hodgman 1974)."""
    height, width = frame
    polygon = _half(polygon, (0.0, 0.0, 1.0), -NEAREST)
    for plane in ((1.0, 0.0, 0.5), (-1.0, 0.0, width - 0.5), (0.0, 1.0, 0.5), (0.0, -1.0, height - 0.5)):
        polygon = _half(polygon, plane, 0.0)
    return polygon


def _half(polygon: Polygon, plane: _Vertex, offset: float) -> Polygon:
    """Return the part of a convex polygon on the positive side of a plane through homogeneous space."""
    a, b, c = plane
    sides = [a * x + b * y + c * w + offset for x, y, w in polygon]
    out: Polygon = []
    for number, (vertex, side) in enumerate(zip(polygon, sides, strict=True)):
        before, side_before = polygon[number - 1], sides[number - 1]
        if (side >= 0) != (side_before >= 0):
            t = side_before / (side_before - side)
            x, y, w = (p + t * (q - p) for p, q in zip(before, vertex, strict=True))
            out.append((x, y, w))
        if side >= 0:
            out.append(vertex)
    return out


def _flat(polygon: Polygon) -> list[tuple[float, float]]:
    return [(x / w, y / w) for x, y, w in polygon]


def _area(polygon: Polygon) -> float:
    flat = _flat(polygon)
    return abs(sum(flat[k - 1][0] * y - x * flat[k - 1][1] for k, (x, y) in enumerate(flat))) / 2


def _bounds(polygon: Polygon) -> tuple[float, float, float, float]:
    x, y = zip(*_flat(polygon), strict=True)
    return min(x), min(y), max(x), max(y)
