"""People on foot: a body in clothes, joints that walk."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug_simulators.street.materials import Material, Palette, Pattern
from domainaug_simulators.street.mesh import Mesh, box, ellipsoid, loft, tube
from domainaug_simulators.street.town.paints import CLOTHES, Paints

__all__ = ["Looks", "person"]

_SKINS = ((0.55, 0.37, 0.28), (0.42, 0.26, 0.18), (0.24, 0.13, 0.08), (0.12, 0.065, 0.04), (0.60, 0.44, 0.34))
_HAIR = ((0.02, 0.016, 0.013), (0.07, 0.04, 0.02), (0.22, 0.15, 0.07), (0.35, 0.34, 0.33), (0.13, 0.05, 0.02))


class Looks:
    """What somebody wears, the same at every step."""

    __slots__ = ("bag", "hair", "height", "shirt", "shoes", "skin", "skirt", "stout", "trousers")

    def __init__(self, palette: Palette, draw: np.random.Generator) -> None:
        """Draw it."""

        def cloth(color: ArrayLike) -> int:
            red, green, blue = np.clip(np.asarray(color) * draw.uniform(0.8, 1.2), 0, 0.8).tolist()
            return palette.number(
                Material((red, green, blue), pattern=Pattern.CLOTH, seed=3, roughness=0.95, soak=0.3, cover=0.15)
            )

        self.height = float(np.clip(draw.normal(1.72, 0.09), 1.5, 1.95)) * (0.68 if draw.random() < 0.1 else 1.0)
        self.stout = float(draw.uniform(0.9, 1.2))
        self.shirt = cloth(CLOTHES[draw.integers(len(CLOTHES))])
        self.trousers = cloth(np.array(CLOTHES[draw.integers(4)]) * 0.8)
        self.shoes = palette.number(Paints.plastic)
        self.skin = palette.number(Material(_SKINS[draw.integers(len(_SKINS))], roughness=0.6, soak=0.1, cover=0.0))
        self.hair = palette.number(Material(_HAIR[draw.integers(len(_HAIR))], roughness=0.7, soak=0.1, cover=0.2))
        self.skirt = bool(draw.random() < 0.2)
        self.bag = cloth(CLOTHES[draw.integers(len(CLOTHES))]) if draw.random() < 0.3 else -1


def _limb(points: list[NDArray[np.float64]], radii: list[float], material: int) -> list[Mesh]:
    parts = [
        tube(a, b, ra, material, to=rb, points=8)
        for a, b, ra, rb in zip(points, points[1:], radii, radii[1:], strict=False)
    ]
    parts += [
        ellipsoid((2 * r, 2 * r, 2 * r), material, points=8, rings=4).at(*p)
        for p, r in zip(points[1:-1], radii[1:-1], strict=True)
    ]
    return parts


def _torso(low: float, high: float, half: float, deep: float, material: int, lean: float) -> Mesh:
    rings = []
    for share, wide in ((0.0, 0.88), (0.12, 0.92), (0.4, 0.82), (0.75, 1.0), (0.92, 0.92), (1.0, 0.45)):
        angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        x = deep * np.cos(angle) * (0.9 + 0.1 * wide) + lean * share
        y = half * wide * np.sin(angle)
        rings.append(np.stack([x, y, np.full(12, low + (high - low) * share)], axis=-1))
    return loft(rings, material)


def person(looks: Looks, phase: float, *, stride: float = 1.0) -> Mesh:
    """Return somebody who looks along +x, at a moment of their step.

    Args:
        looks: What they wear.
        phase: Where in the cycle of two steps, radians.
        stride: 1 walking, 0 standing.
    """
    unit = looks.height / 1.75
    hip, knee_len, shin_len = 0.92, 0.44, 0.45
    swing = 0.42 * stride * np.sin(phase)
    bob = 0.018 * stride * np.cos(2 * phase)
    parts: list[Mesh] = []
    for side, turn in ((1, swing), (-1, -swing)):
        lift = max(0.0, np.sin(phase + (0.6 if side > 0 else np.pi + 0.6))) * 0.75 * stride
        top = np.array([0.0, side * 0.095, hip + bob])
        knee = top + knee_len * np.array([np.sin(turn + lift * 0.35), 0.0, -np.cos(turn + lift * 0.35)])
        below = turn + lift * 0.35 - lift
        ankle = knee + shin_len * np.array([np.sin(below), 0.0, -np.cos(below)])
        parts += _limb([top, knee, ankle], [0.088 * looks.stout, 0.062, 0.047], looks.trousers)
        foot = box((0.26, 0.09, 0.08), looks.shoes, base=False)
        parts.append(foot.at(ankle[0] + 0.065, ankle[1], ankle[2] - 0.005))
        shoulder = np.array([0.02, side * 0.185 * looks.stout, 1.42 + bob])
        arm = -turn * 0.8
        elbow = shoulder + 0.29 * np.array([np.sin(arm), side * 0.12, -np.cos(arm)])
        hand = elbow + 0.27 * np.array([np.sin(arm + 0.3), 0.0, -np.cos(arm + 0.3)])
        parts += _limb([shoulder, elbow, hand], [0.062, 0.047, 0.04], looks.shirt)
        parts.append(ellipsoid((0.09, 0.06, 0.11), looks.skin, points=8, rings=4).at(*hand))
    parts.append(_torso(0.86 + bob, 1.48 + bob, 0.20 * looks.stout, 0.12 * looks.stout, looks.shirt, 0.02))
    if looks.skirt:
        rings = [_oval(z + bob, r) for z, r in ((0.55, 0.24), (0.75, 0.21), (0.96, 0.17))]
        parts.append(loft(rings, looks.trousers))
    parts.append(tube((0.02, 0, 1.44 + bob), (0.03, 0, 1.54 + bob), 0.05, looks.skin, points=8))
    parts.append(ellipsoid((0.19, 0.155, 0.235), looks.skin, points=12, rings=8).at(0.035, 0, 1.635 + bob))
    parts.append(ellipsoid((0.205, 0.175, 0.19), looks.hair, points=12, rings=8).at(0.012, 0, 1.675 + bob))
    if looks.bag >= 0:
        parts.append(ellipsoid((0.18, 0.30, 0.42), looks.bag, points=10, rings=6).at(-0.18, 0, 1.24 + bob))
    return Mesh.joined(parts).moved(np.diag([unit, unit, unit, 1.0])).at(z=0.025)


def _oval(z: float, radius: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    return np.stack([radius * 0.8 * np.cos(angle), radius * np.sin(angle), np.full(12, z)], axis=-1)
