"""People on foot: a body in clothes, a face, hands, joints that walk."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug_simulators.street.materials import Material, Palette, Pattern
from domainaug_simulators.street.mesh import Mesh, box, ellipsoid, loft, tube, turned
from domainaug_simulators.street.town.paints import CLOTHES, Paints

__all__ = ["Looks", "hand", "head", "person"]

_SKINS = ((0.55, 0.37, 0.28), (0.42, 0.26, 0.18), (0.24, 0.13, 0.08), (0.12, 0.065, 0.04), (0.60, 0.44, 0.34))
_HAIR = ((0.02, 0.016, 0.013), (0.07, 0.04, 0.02), (0.22, 0.15, 0.07), (0.35, 0.34, 0.33), (0.13, 0.05, 0.02))


class Looks:
    """What somebody wears, the same at every step."""

    __slots__ = (
        *("bag", "eyes", "figure", "hair", "height", "lips", "long_hair", "shirt", "shoes", "skin", "skirt", "stout"),
        *("trousers", "visor"),
    )

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
        red, green, blue = _SKINS[draw.integers(len(_SKINS))]
        self.skin = palette.number(Material((red, green, blue), roughness=0.6, soak=0.1, cover=0.0))
        self.lips = palette.number(Material((red * 0.8, green * 0.5, blue * 0.5), roughness=0.5, soak=0.1, cover=0.0))
        self.visor = palette.number(Paints.car_glass)
        self.eyes = palette.number(Paints.eyes)
        self.hair = palette.number(Material(_HAIR[draw.integers(len(_HAIR))], roughness=0.7, soak=0.1, cover=0.2))
        self.skirt = bool(draw.random() < 0.2)
        self.bag = cloth(CLOTHES[draw.integers(len(CLOTHES))]) if draw.random() < 0.3 else -1
        self.long_hair = bool(draw.random() < 0.4)
        self.figure: _Figure | None = None


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


class _Figure:
    """Somebody in pieces that do not bend: each is moved as a whole, about the joint that it hangs from."""

    __slots__ = ("bone", "mesh", "unit")

    def __init__(self, looks: Looks) -> None:
        pieces = [(0, part) for part in _trunk(looks)]
        for side, first in ((1, 1), (-1, 6)):
            pieces += [(first + i, part) for i, parts in enumerate(_arm_and_leg(looks, side)) for part in parts]
        self.mesh = Mesh.joined(part for _, part in pieces)
        self.bone = np.repeat([bone for bone, _ in pieces], [len(part) for _, part in pieces])
        self.unit = looks.height / 1.75

    def posed(self, bones: NDArray[np.float64]) -> Mesh:
        """Return it with its bones where they are told, (11, 4, 4)."""
        turn, shift = bones[self.bone, :3, :3], bones[self.bone, :3, 3]
        corners = np.einsum("fij,fkj->fki", turn, self.mesh.corners) + shift[:, None]
        normals = np.einsum("fij,fkj->fki", turn, self.mesh.normals)
        corners = corners * self.unit + [0.0, 0.0, 0.025]
        return Mesh(corners.astype(np.float32), normals.astype(np.float32), self.mesh.uv, self.mesh.material)


_HIP, _SHOULDER, _THIGH, _SHIN, _UPPER, _LOWER = 0.92, 1.42, 0.44, 0.45, 0.29, 0.27
_DOWN = np.array([0.0, 0.0, -1.0])


def _trunk(looks: Looks) -> list[Mesh]:
    parts = [_torso(0.86, 1.48, 0.20 * looks.stout, 0.12 * looks.stout, looks.shirt, 0.02)]
    if looks.skirt:
        parts.append(loft([_oval(z, r) for z, r in ((0.55, 0.24), (0.75, 0.21), (0.96, 0.17))], looks.trousers))
    parts.append(tube((0.02, 0, 1.44), (0.03, 0, 1.56), 0.052, looks.skin, points=8))
    parts += [part.at(0.035, 0, 1.635) for part in head(looks)]
    if looks.bag >= 0:
        parts.append(ellipsoid((0.18, 0.30, 0.42), looks.bag, points=10, rings=6).at(-0.18, 0, 1.24))
    return parts


def head(looks: Looks) -> list[Mesh]:
    """Return a head about its middle that looks along +x: skull, jaw, nose, ears, eyes, mouth and hair."""
    skin = looks.skin
    parts = [
        ellipsoid((0.185, 0.150, 0.200), skin, points=14, rings=8).at(0.0, 0, 0.022),
        ellipsoid((0.125, 0.118, 0.150), skin, points=12, rings=6).at(0.026, 0, -0.048),
        ellipsoid((0.036, 0.030, 0.052), skin, points=8, rings=4).at(0.094, 0, -0.012),
        ellipsoid((0.016, 0.046, 0.013), looks.lips, points=8, rings=4).at(0.085, 0, -0.062),
    ]
    for side in (-1, 1):
        parts.append(ellipsoid((0.045, 0.022, 0.062), skin, points=8, rings=4).at(-0.005, side * 0.075, 0.0))
        parts.append(ellipsoid((0.014, 0.026, 0.014), looks.eyes, points=8, rings=4).at(0.083, side * 0.032, 0.02))
        parts.append(ellipsoid((0.016, 0.038, 0.010), looks.hair, points=8, rings=4).at(0.085, side * 0.032, 0.042))
    parts.append(ellipsoid((0.200, 0.170, 0.165), looks.hair, points=14, rings=8).at(-0.018, 0, 0.052))
    if looks.long_hair:
        parts.append(ellipsoid((0.105, 0.165, 0.30), looks.hair, points=12, rings=6).at(-0.055, 0, -0.055))
    return parts


def _arm_and_leg(looks: Looks, side: int) -> list[list[Mesh]]:
    """Return thigh, shin, foot, upper arm, and forearm with its hand, each about its upper joint, hanging down."""

    def bone(length: float, upper: float, lower: float, material: int) -> list[Mesh]:
        round_end = ellipsoid((2 * upper,) * 3, material, points=8, rings=4)
        return [tube((0, 0, 0), _DOWN * length, upper, material, to=lower, points=8), round_end]

    foot = [
        box((0.17, 0.088, 0.075), looks.shoes, base=False).at(0.02, 0, -0.01),
        ellipsoid((0.19, 0.092, 0.068), looks.shoes, points=10, rings=4).at(0.085, 0, -0.016),
    ]
    forearm = bone(_LOWER - 0.03, 0.046, 0.036, looks.shirt) + [part.at(z=-_LOWER + 0.02) for part in hand(looks, side)]
    return [
        bone(_THIGH, 0.088 * looks.stout, 0.062, looks.trousers),
        bone(_SHIN, 0.062, 0.047, looks.trousers),
        foot,
        bone(_UPPER, 0.062, 0.047, looks.shirt),
        forearm,
    ]


def hand(looks: Looks, side: int) -> list[Mesh]:
    """Return a hand below its wrist at the origin, palm inwards, fingers half bent; `side` is 1 for the left."""
    skin = looks.skin
    parts = [ellipsoid((0.082, 0.036, 0.105), skin, points=10, rings=6).at(0.004, 0, -0.045)]
    for i in range(4):
        x = (i - 1.5) * 0.019
        knuckle, middle = np.array([x, 0.0, -0.085]), np.array([x + 0.006, -side * 0.008, -0.125])
        tip = middle + np.array([0.010, -side * 0.022, -0.026])
        parts += [tube(knuckle, middle, 0.0105, skin, points=5), tube(middle, tip, 0.0095, skin, to=0.007, points=5)]
    parts.append(tube((0.030, -side * 0.008, -0.03), (0.058, -side * 0.018, -0.085), 0.013, skin, to=0.009, points=6))
    return parts


def _joint(place: NDArray[np.float64], swing: float, spread: float = 0.0) -> NDArray[np.float64]:
    """Return where a bone is that hangs at a place, swung forward and spread to its side, radians."""
    return turned(0.0, (float(place[0]), float(place[1]), float(place[2])), pitch=-swing, roll=spread)


def person(looks: Looks, phase: float, *, stride: float = 1.0) -> Mesh:
    """Return somebody who looks along +x, at a moment of their step.

    Args:
        looks: What they wear.
        phase: Where in the cycle of two steps, radians.
        stride: 1 walking, 0 standing.
    """
    if looks.figure is None:
        looks.figure = _Figure(looks)
    swing = 0.42 * stride * np.sin(phase)
    bob = 0.018 * stride * np.cos(2 * phase)
    bones = np.empty((11, 4, 4))
    bones[0] = turned(0.0, (0.0, 0.0, bob))
    for side, turn, first in ((1, swing, 1), (-1, -swing, 6)):
        lift = max(0.0, np.sin(phase + (0.6 if side > 0 else np.pi + 0.6))) * 0.75 * stride
        thigh = _joint(np.array([0.0, side * 0.095, _HIP + bob]), turn + lift * 0.35)
        shin = _joint(thigh[:3, :3] @ (_DOWN * _THIGH) + thigh[:3, 3], turn - lift * 0.65)
        foot = _joint(shin[:3, :3] @ (_DOWN * _SHIN) + shin[:3, 3], 0.35 * (turn - lift * 0.65))
        arm = -turn * 0.8
        upper = _joint(np.array([0.02, side * 0.185 * looks.stout, _SHOULDER + bob]), arm, side * 0.12)
        lower = _joint(upper[:3, :3] @ (_DOWN * _UPPER) + upper[:3, 3], arm + 0.12 + 0.2 * stride, side * 0.02)
        bones[first : first + 5] = thigh, shin, foot, upper, lower
    return looks.figure.posed(bones)


def _oval(z: float, radius: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    return np.stack([radius * 0.8 * np.cos(angle), radius * np.sin(angle), np.full(12, z)], axis=-1)
