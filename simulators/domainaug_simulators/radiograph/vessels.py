"""Trees of vessels in the lungs: from each hilum, forking, thinner with every fork."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.radiograph.drawing import Canvas

__all__ = ["grow"]

_BLOOD = 45.0
_FORKS = 9
_ASYMMETRY = (0.72, 0.86)
"""By how much the two branches of a fork are thinner than the stem: cubes add up to about 1 (Murray 1926)."""


def grow(canvas: Canvas, stream: np.random.Generator, inside: NDArray[np.bool_], width: float) -> None:
    """Draw both trees.

    Args:
        canvas: Where to.
        stream: Decides how they fork.
        inside: (D, H, W) the lungs.
        width: Of the chest, as a factor.
    """
    for side in (-1.0, 1.0):
        root = np.array([side * 36.0, 14.0, 4.0])
        for toward in _STEMS:
            aim = np.array([side * toward[0] * width, toward[1], toward[2]])
            _branch(canvas, stream, inside, root, aim / np.linalg.norm(aim), 5.2, 36.0, _FORKS)


_STEMS = ((0.5, 0.0, 0.86), (0.8, -0.5, 0.35), (0.9, 0.4, 0.1), (0.75, -0.35, -0.45), (0.55, 0.3, -0.85),
          (0.3, 0.55, -0.75), (0.7, 0.6, 0.5), (0.6, -0.75, -0.2))  # fmt: skip


def _branch(
    canvas: Canvas, stream: np.random.Generator, inside: NDArray[np.bool_], start: NDArray[np.float64],
    aim: NDArray[np.float64], radius: float, length: float, left: int,
) -> None:  # fmt: skip
    bow = stream.normal(0, 0.10, 3)
    share = np.linspace(0, 1, max(4, int(length / 0.5)))[:, None]
    path = start + length * (share * aim + share**2 * bow)
    radii = np.linspace(radius, radius * 0.85, len(path))
    if radius > 1.6 * canvas.step:
        canvas.tube(path[::3], radii[::3], _BLOOD, where=inside)
    else:
        canvas.thread(path, radii, _BLOOD, inside)
    end = path[-1]
    x, y, z = np.round((end - canvas.low) / canvas.step).astype(int)
    size = inside.shape[::-1]
    lost = not (0 <= x < size[0] and 0 <= y < size[1] and 0 <= z < size[2]) or not inside[z, y, x]
    if left == 0 or radius < 0.12 * canvas.step or (lost and left < _FORKS - 1):
        return
    ahead = aim + 2 * bow
    ahead /= np.linalg.norm(ahead)
    side = np.cross(ahead, stream.normal(size=3))
    side /= np.linalg.norm(side)
    for factor, lean in zip(_ASYMMETRY, (0.75, -0.4), strict=True):
        turned = ahead + lean * side * stream.uniform(0.7, 1.3)
        shorter = length * stream.uniform(0.68, 0.86)
        _branch(canvas, stream, inside, end, turned / np.linalg.norm(turned), radius * factor, shorter, left - 1)
