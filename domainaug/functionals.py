"""Reading effects off maps and tone curves: one set of functions for what is declared, measured and recorded.

Everything here works on many at once: the leading axis counts draws.

Maps are forward (where a point of the input lands in the output), in *frame units*: the origin is the middle
of the frame, x points right, y down, and lengths are shares of `sqrt(width * height)`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from domainaug.effects import EFFECTS

__all__ = ["GRID", "LEVELS", "decompose", "field_of_view", "is_mirrored", "tone_effects", "wrap_degrees"]

Array = NDArray[np.float64]

LEVELS: Array = np.linspace(0.0, 1.0, 65)
"""The input levels at which a tone curve is held, as shares of the value range."""

GRID: Array = np.stack(np.meshgrid(np.linspace(-0.5, 0.5, 5), np.linspace(-0.5, 0.5, 5)), -1).reshape(-1, 2)
"""Points of the frame at which projective maps are compared with affine ones."""

_NINE: Array = np.linspace(0.1, 0.9, 9)
_GAMMAS: Array = np.exp(np.linspace(np.log(0.2), np.log(5.0), 161))


def wrap_degrees(angle: Array) -> Array:
    """Return angles in (-180, 180]."""
    return 180.0 - (180.0 - angle) % 360.0


def is_mirrored(maps: Array) -> NDArray[np.bool_]:
    """Return which of the maps (n, 3, 3) turn a right hand into a left one."""
    affine, _ = nearest_affine(maps)
    return np.asarray(np.linalg.det(affine[:, :2, :2]) < 0)


def nearest_affine(maps: Array) -> tuple[Array, Array]:
    """Return the best affine of each map, and the largest departure from it, as a share of the side.

    Args:
        maps: (n, 3, 3) homographies in frame units.

    Returns:
        (n, 3, 3) affine maps and (n,) departures.
    """
    maps = np.asarray(maps, dtype=np.float64)
    projective = np.any(np.abs(maps[:, 2, :2]) > 1e-12, axis=1)
    affine = maps / np.where(maps[:, 2:, 2:] == 0, 1.0, maps[:, 2:, 2:])
    departure = np.zeros(len(maps))
    if projective.any():
        points = np.concatenate([GRID, np.ones((len(GRID), 1))], axis=1)
        moved = np.einsum("nij,pj->npi", maps[projective], points)
        depth = moved[..., 2:]
        moved = moved[..., :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        solved = np.einsum("qp,npi->niq", np.linalg.pinv(points), moved)
        affine = affine.copy()
        affine[projective] = np.eye(3)
        affine[projective, :2] = solved
        explained = np.einsum("niq,pq->npi", solved, points)
        departure[projective] = np.linalg.norm(moved - explained, axis=-1).max(axis=1)
    return affine, departure


def decompose(maps: Array, *, aspect: float | Array = 1.0) -> dict[str, Array]:
    """Read the geometric effects of maps.

    Rotation and shear are symmetric in x and y: with each axis turned by its own angle, rotation is their
    mean and shear their difference. A left-handed map is a horizontal or a vertical mirror followed by the
    rest, whichever leaves the smaller rotation (a tie is horizontal).

    Args:
        maps: (n, 3, 3), forward, frame units.
        aspect: Width of the frame over its height; (n,) for one each.

    Returns:
        (n,) values of mirror_horizontal, mirror_vertical, rotation (deg), scale, aspect, shear (deg),
        shift and perspective (shares).
    """
    affine, departure = nearest_affine(maps)
    linear = affine[:, :2, :2]
    determinant = np.linalg.det(linear)
    mirrored = determinant < 0
    by_column = linear * np.array([-1.0, 1.0])
    by_row = linear * np.array([1.0, -1.0])
    rotation_h, rotation_v = _axes(by_column)[0], _axes(by_row)[0]
    horizontal = mirrored & (np.abs(rotation_h) <= np.abs(rotation_v) + 1e-9)
    vertical = mirrored & ~horizontal
    hand = np.where(horizontal[:, None, None], by_column, np.where(vertical[:, None, None], by_row, linear))
    rotation, shear = _axes(hand)
    lengths = np.linalg.norm(hand, axis=1)
    root = np.sqrt(aspect)
    return {
        "mirror_horizontal": horizontal.astype(np.float64),
        "mirror_vertical": vertical.astype(np.float64),
        "rotation": rotation,
        "scale": np.sqrt(np.abs(determinant)),
        "aspect": lengths[:, 0] / np.maximum(lengths[:, 1], 1e-12),
        "shear": shear,
        "shift": np.maximum(np.abs(affine[:, 0, 2]) / root, np.abs(affine[:, 1, 2]) * root),
        "perspective": departure,
    }


def _axes(linear: Array) -> tuple[Array, Array]:
    turn_x = -np.degrees(np.arctan2(linear[:, 1, 0], linear[:, 0, 0]))
    turn_y = np.degrees(np.arctan2(linear[:, 0, 1], linear[:, 1, 1]))
    shear = wrap_degrees(turn_y - turn_x)
    rotation = wrap_degrees(turn_x + shear / 2)
    return rotation, shear


def tone_effects(curves: Array, levels: Array = LEVELS) -> dict[str, Array]:
    """Read the tonal effects of curves.

    Args:
        curves: (n, k) output level at each input level, as shares of the value range.
        levels: (k,) increasing input levels in [0, 1]; at least three.

    Returns:
        (n,) values of brightness, contrast, gamma, tone and inversion.
    """
    curves = np.atleast_2d(np.asarray(curves, dtype=np.float64))
    free = (curves > 0.004) & (curves < 0.996)
    free |= (free.sum(axis=1) < 3)[:, None]
    nine = _at(_NINE, levels, curves)
    slope, offset = _line(levels, curves, free)
    line_residual = _rms(curves - (slope[:, None] * levels + offset[:, None]), free)
    gamma, power_residual = _power(levels, curves, free)
    is_power = (power_residual < 0.5 * line_residual) & (line_residual > 1e-3)
    falls = np.diff(curves, axis=1) < -1e-6
    return {
        "brightness": nine[:, 4] - 0.5,
        "contrast": np.abs(slope),
        "gamma": np.where(is_power, gamma, 1.0),
        "tone": np.abs(nine - _NINE).max(axis=1),
        "inversion": (falls * np.diff(levels)).sum(axis=1) / (levels[-1] - levels[0]),
    }


def _at(points: Array, levels: Array, curves: Array) -> Array:
    right = np.clip(np.searchsorted(levels, points), 1, len(levels) - 1)
    share = (points - levels[right - 1]) / (levels[right] - levels[right - 1])
    return np.asarray(curves[:, right - 1] * (1 - share) + curves[:, right] * share)


def _line(levels: Array, curves: Array, weight: NDArray[np.bool_]) -> tuple[Array, Array]:
    w = weight.astype(np.float64)
    total = w.sum(axis=1)
    mean_x, mean_y = (w * levels).sum(axis=1) / total, (w * curves).sum(axis=1) / total
    dx, dy = levels - mean_x[:, None], curves - mean_y[:, None]
    slope = (w * dx * dy).sum(axis=1) / np.maximum((w * dx * dx).sum(axis=1), 1e-12)
    return slope, mean_y - slope * mean_x


def _rms(residual: Array, weight: NDArray[np.bool_]) -> Array:
    return np.asarray(np.sqrt((weight * residual**2).sum(axis=1) / weight.sum(axis=1)))


def _power(levels: Array, curves: Array, weight: NDArray[np.bool_]) -> tuple[Array, Array]:
    powers, their_squares = _powers(tuple(levels.tolist()))
    w = weight.astype(np.float64)
    squares = (w * curves**2).sum(axis=1)[:, None] - 2 * (w * curves) @ powers + w @ their_squares
    best = squares.argmin(axis=1)
    residual = np.sqrt(np.maximum(squares[np.arange(len(curves)), best], 0) / w.sum(axis=1))
    return _GAMMAS[best], residual


@lru_cache(maxsize=8)
def _powers(levels: tuple[float, ...]) -> tuple[Array, Array]:
    powers = np.clip(levels, 0, 1)[:, None] ** _GAMMAS[None, :]
    return powers, powers**2


def field_of_view(maps: Array, *, aspect: float = 1.0) -> tuple[Array, Array]:
    """Return how much of the input stays in view, and how much of the output shows nothing of it.

    The image of the frame under each map is clipped against the frame as a polygon (Sutherland and
    Hodgman 1974), so the shares are exact for affine maps.

    Args:
        maps: (n, 3, 3), forward, frame units.
        aspect: Width of the frame over its height.

    Returns:
        (n,) field_of_view and (n,) outside, both shares.
    """
    half = np.array([np.sqrt(aspect), 1 / np.sqrt(aspect)]) / 2
    corners = np.array([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]]) * np.append(half, 1.0)
    moved = np.einsum("nij,pj->npi", np.asarray(maps, dtype=np.float64), corners)
    depth = moved[..., 2:]
    polygon = moved[..., :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    whole = np.abs(_area(polygon))
    for axis in (0, 1):
        for side in (-1.0, 1.0):
            polygon = _clip(polygon, axis, side, half[axis])
    inside = np.minimum(np.abs(_area(polygon)), 1.0)
    kept = np.where(whole > 1e-12, inside / np.maximum(whole, 1e-12), 0.0)
    return np.clip(kept, 0, 1), np.clip(1 - inside, 0, 1)


def _area(polygon: Array) -> Array:
    x, y = polygon[..., 0], polygon[..., 1]
    return np.asarray(0.5 * (x * _after(y) - y * _after(x)).sum(axis=1))


def _after(corners: Array) -> Array:
    return np.concatenate([corners[:, 1:], corners[:, :1]], axis=1)


def _clip(polygon: Array, axis: int, side: float, limit: float) -> Array:
    # Every corner beyond the line moves straight onto it, and every edge that crosses gets a corner there; what
    # lay wholly beyond folds onto the line and has no area. Each clip doubles the corners of all draws at once.
    beyond = side * polygon[..., axis] - limit
    if not (beyond > 0).any():
        return polygon
    after, beyond_after = _after(polygon), _after(beyond)
    flat = polygon.copy()
    flat[..., axis] = np.where(beyond > 0, side * limit, polygon[..., axis])
    crosses = (beyond > 0) != (beyond_after > 0)
    share = np.where(crosses, beyond / np.where(crosses, beyond - beyond_after, 1.0), 0.0)
    crossing = np.where(crosses[..., None], polygon + share[..., None] * (after - polygon), flat)
    return np.stack([flat, crossing], axis=2).reshape(len(polygon), -1, 2)


def threshold(name: str) -> float:
    """Return the distance from neutral below which the effect `name` counts as absent."""
    return EFFECTS[name].absent
