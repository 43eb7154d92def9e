"""Matrices of three rows in plain numbers: one at a time, NumPy takes several times as long."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Matrix", "inverse"]

Matrix = Sequence[Sequence[float]]

_SINGULAR = 1e-9  # determinants below: the picture would become a line


def inverse(rows: Matrix) -> Matrix | None:
    """Return the inverse of a (3, 3) matrix, with a 1 in its last place where that is not 0.

    Args:
        rows: Whatever their scale; as homogeneous coordinates have none, neither has the result.

    Returns:
        Three rows, or None for a matrix that takes the plane to a line or a point, or puts the origin far away.
    """
    (a, b, x), (c, d, y), (g, h, i) = rows
    if g == 0 and h == 0 and i == 1:
        size = a * d - b * c
        if not abs(size) > _SINGULAR:
            return None
        a, b, c, d = d / size, -b / size, -c / size, a / size
        return [[a, b, -a * x - b * y], [c, d, -c * x - d * y], [0.0, 0.0, 1.0]]
    back = [
        [d * i - y * h, x * h - b * i, b * y - x * d],
        [y * g - c * i, a * i - x * g, x * c - a * y],
        [c * h - d * g, b * g - a * h, a * d - b * c],
    ]
    size, last = a * back[0][0] + b * back[1][0] + x * back[2][0], back[2][2]
    if not abs(size) > _SINGULAR or not abs(last) > _SINGULAR:
        return None
    return [[value / last for value in row] for row in back]
