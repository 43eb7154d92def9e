"""Trees, bushes and hedges: trunks, branches, and many small leaves that light shines through."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.materials import Material, Palette, Pattern
from domainaug_simulators.street.mesh import Mesh, tube
from domainaug_simulators.street.town.paints import Paints

__all__ = ["bush", "conifer", "far_leaves", "hedge", "tree", "wood"]

_GREENS = (
    (0.055, 0.105, 0.020),
    (0.070, 0.115, 0.025),
    (0.045, 0.085, 0.022),
    (0.085, 0.120, 0.022),
    (0.11, 0.10, 0.02),
)


def _leaf(palette: Palette, draw: np.random.Generator, *, dark: float = 1.0) -> int:
    red, green, blue = (np.array(_GREENS[draw.integers(len(_GREENS))]) * draw.uniform(0.85, 1.15) * dark).tolist()
    return palette.number(
        Material(
            (red, green, blue),
            pattern=Pattern.LEAVES,
            seed=int(draw.integers(1 << 12)),
            through=0.5,
            roughness=0.62,
            cover=0.75,
        )
    )


def _leaves(
    places: NDArray[np.float64], middle: NDArray[np.float64], size: float, material: int, draw: np.random.Generator
) -> Mesh:
    """Return a diamond of leaves at each place, shaded as if turned away from `middle`, so that crowns look round."""
    count = len(places)
    first = draw.normal(size=(count, 3))
    first /= np.linalg.norm(first, axis=-1, keepdims=True)
    second = np.cross(first, draw.normal(size=(count, 3)))
    second /= np.linalg.norm(second, axis=-1, keepdims=True)
    long = size * draw.uniform(0.7, 1.3, (count, 1))
    a, b, c, d = (
        places - first * long,
        places - second * long * 0.62,
        places + first * long,
        places + second * long * 0.62,
    )
    corners = np.stack([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)], axis=1).reshape(-1, 3, 3)
    outward = places - middle
    outward = outward / np.maximum(np.linalg.norm(outward, axis=-1, keepdims=True), 1e-6) + draw.normal(
        0, 0.25, (count, 3)
    )
    outward /= np.linalg.norm(outward, axis=-1, keepdims=True)
    normals = np.repeat(outward, 6, axis=0).reshape(-1, 3, 3)
    return Mesh(
        corners.astype(np.float32),
        normals.astype(np.float32),
        np.zeros((2 * count, 3, 2), np.float32),
        np.full(2 * count, material, np.int16),
    )


def _in_ball(count: int, draw: np.random.Generator) -> NDArray[np.float64]:
    """Return places in the unit ball, denser towards its skin."""
    where = draw.normal(size=(count, 3))
    where /= np.linalg.norm(where, axis=-1, keepdims=True)
    return where * draw.random((count, 1)) ** 0.28


def _larger(usual: int, leaves: int) -> float:
    """Return how much larger leaves are where there are fewer than usual, so that a crown stays as dense."""
    return float(np.sqrt(max(usual / leaves, 1.0)))


def tree(palette: Palette, draw: np.random.Generator, *, height: float | None = None, leaves: int = 1700) -> Mesh:
    """Return a broad-leaved tree on z = 0."""
    high = height or draw.uniform(6.0, 10.0)
    bark, leaf = palette.number(Paints.bark), _leaf(palette, draw)
    stem = high * draw.uniform(0.28, 0.36)
    thick = 0.022 * high
    lean = draw.normal(0, 0.15, 2)
    top = np.array([lean[0], lean[1], stem])
    parts = [tube((0, 0, -0.1), top, thick, bark, to=thick * 0.7)]
    radius = high * draw.uniform(0.20, 0.27)
    middle = np.array([lean[0] * 1.5, lean[1] * 1.5, stem + (high - stem) * 0.52])
    clumps = []
    for _ in range(int(draw.integers(9, 14))):
        offset = _in_ball(1, draw)[0] * [radius * 0.75, radius * 0.75, (high - stem) * 0.40]
        clumps.append((middle + offset, radius * draw.uniform(0.36, 0.58)))
        parts.append(tube(top - [0, 0, 0.15], middle + offset * 0.8, thick * 0.42, bark, to=thick * 0.12, points=5))
    each = leaves // len(clumps)
    for place, size in clumps:
        there = place + _in_ball(each, draw) * size * [1.0, 1.0, 0.85]
        parts.append(_leaves(there, (place + middle) / 2, (high * 0.019 + 0.036) * _larger(1700, leaves), leaf, draw))
    return Mesh.joined(parts)


def conifer(palette: Palette, draw: np.random.Generator, *, height: float | None = None, leaves: int = 1300) -> Mesh:
    """Return a spruce on z = 0."""
    high = height or draw.uniform(8, 15)
    parts = [tube((0, 0, -0.1), (0, 0, high * 0.9), high * 0.016, palette.number(Paints.bark), to=0.03)]
    level = draw.random(leaves) ** 1.35
    width = (1 - level) * high * 0.19 * (0.75 + 0.25 * np.cos(level * 46))
    angle = draw.uniform(0, 2 * np.pi, leaves)
    out = np.sqrt(draw.uniform(0.25, 1.0, leaves)) * width
    places = np.stack(
        [out * np.cos(angle), out * np.sin(angle), 0.10 * high + level * high * 0.9 - out * 0.25], axis=-1
    )
    axis = np.stack([np.zeros(leaves), np.zeros(leaves), places[:, 2] - 0.5], axis=-1)
    parts.append(
        _leaves(places, axis, (0.115 + high * 0.0118) * _larger(1300, leaves), _leaf(palette, draw, dark=0.62), draw)
    )
    return Mesh.joined(parts)


def bush(palette: Palette, draw: np.random.Generator, *, size: float | None = None) -> Mesh:
    """Return a bush on z = 0."""
    wide = size or draw.uniform(0.8, 1.8)
    places = _in_ball(300, draw) * [wide * 0.6, wide * 0.6, wide * 0.45] + [0, 0, wide * 0.4]
    return _leaves(places, np.array([0, 0, wide * 0.1]), 0.02 + 0.075 * wide, _leaf(palette, draw, dark=0.85), draw)


def hedge(length: float, palette: Palette, draw: np.random.Generator, *, height: float = 1.3) -> Mesh:
    """Return a clipped hedge along x, from x = 0."""
    count = int(length * 110)
    places = draw.uniform([0, -0.35, 0.05], [length, 0.35, height], (count, 3))
    skin = draw.random(count) < 0.75  # most leaves are on its skin
    side = draw.integers(0, 3, count)
    places[:, 1] = np.where(skin & (side < 2), np.where(side == 0, -0.38, 0.38), places[:, 1])
    places[:, 2] = np.where(skin & (side == 2), height, places[:, 2])
    middle = np.stack([places[:, 0], np.zeros(count), np.full(count, height * 0.5)], axis=-1)
    return _leaves(places, middle, 0.09, _leaf(palette, draw, dark=0.8), draw)


def wood(length: float, palette: Palette, draw: np.random.Generator, *, depth: float = 14.0) -> Mesh:
    """Return a strip of wood along x, from x = 0 and y = 0 on: trees that share few leaves each, for far away."""
    parts = []
    for x in np.arange(0, length, 5.0):
        make = conifer if draw.random() < 0.4 else tree
        one = make(palette, draw, height=draw.uniform(8, 15), leaves=260)
        parts.append(one.at(x + draw.uniform(-2, 2), draw.uniform(0, depth), yaw=draw.uniform(0, 6.3)))
    return Mesh.joined(parts)


def far_leaves() -> Material:
    """Return what woods at the horizon are made of."""
    return Material((0.05, 0.075, 0.03), pattern=Pattern.CONCRETE, roughness=0.95, cover=0.3)
