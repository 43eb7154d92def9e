"""What stands beside roads: lamps, signs, traffic lights, bollards, benches, rails, cones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from domainaug_simulators.street.materials import Material, Palette, Pattern
from domainaug_simulators.street.mesh import Mesh, box, disc, lathe, quad, tube, turned
from domainaug_simulators.street.scene import Lamp
from domainaug_simulators.street.town.paints import Paints

__all__ = [
    "ASPECTS",
    "SIGNS",
    "Aspect",
    "Post",
    "barrier",
    "bench",
    "bin_",
    "bollard",
    "bus_stop",
    "cone",
    "gantry",
    "guard_rail",
    "sign",
    "signal_heads",
    "stop_sign",
    "street_lamp",
    "traffic_light",
]

Aspect = Literal["red", "red_amber", "amber", "green"]

ASPECTS: tuple[Aspect, ...] = ("red", "red_amber", "amber", "green")
"""What a traffic light can show."""

_LIT: dict[Aspect, tuple[str, ...]] = {
    "red": ("red",),
    "red_amber": ("red", "amber"),
    "amber": ("amber",),
    "green": ("green",),
}

SIGNS = ("limit", "yield", "stop", "crossing", "no_entry", "direction", "priority")
"""The signs there are; the place of each is its number in `Pattern.SIGN`."""


@dataclass(frozen=True, slots=True)
class Post:
    """Something on a post, in two classes.

    Attributes:
        pole: The post.
        head: What it carries.
        lamps: The lamps of it.
    """

    pole: Mesh
    head: Mesh
    lamps: tuple[Lamp, ...] = ()


def street_lamp(palette: Palette, *, height: float = 7.5, reach: float = 1.8, warm: bool = True) -> Post:
    """Return a street lamp at the origin whose arm reaches along +x."""
    steel, glass = palette.number(Paints.dark_steel), palette.number(Paints.lamp_glass)
    parts = [
        tube((0, 0, 0), (0, 0, 1.0), 0.10, steel, to=0.09),
        tube((0, 0, 1.0), (0, 0, height), 0.075, steel, to=0.05),
    ]
    parts.append(tube((0, 0, height), (reach, 0, height + 0.35), 0.045, steel, to=0.035))
    parts.append(box((0.75, 0.28, 0.10), steel).at(reach + 0.25, z=height + 0.32))
    head = quad(
        (reach - 0.05, 0.12, height + 0.315),
        (reach + 0.55, 0.12, height + 0.315),
        (reach + 0.55, -0.12, height + 0.315),
        (reach - 0.05, -0.12, height + 0.315),
        glass,
    )
    color = (1.75, 1.25, 0.72) if warm else (1.35, 1.40, 1.45)
    lamp = Lamp((reach + 0.25, 0.0, height + 0.25), (0.0, 0.0, -1.0), color, reach=34.0)
    return Post(Mesh.joined([*parts, head]), Mesh.joined([]), (lamp,))


def _board(kind: int, size: float, palette: Palette, *, number: int = 0, seed: int = 0) -> Mesh:
    face = palette.number(
        Material(
            (0.7, 0.7, 0.7),
            pattern=Pattern.SIGN,
            sizes=(float(kind), float(number)),
            seed=seed,
            roughness=0.45,
            cover=0.1,
            soak=0.0,
        )
    )
    back = palette.number(Paints.steel)
    half = size / 2
    if kind in (0, 4):
        front, rear = disc(half, face, points=24), disc(half, back, points=24)
    elif kind == 2:
        front, rear = (disc(half * 1.04, m, points=8).moved(_eighth()) for m in (face, back))
    elif kind == 1:
        front, rear = (_triangle(half, m) for m in (face, back))
    elif kind == 6:
        front, rear = (disc(half * 1.3, m, points=4) for m in (face, back))
    else:
        front = quad((0, -half, -half), (0, half, -half), (0, half, half), (0, -half, half), face)
        rear = quad((0, -half, -half), (0, half, -half), (0, half, half), (0, -half, half), back)
    middle = (front.corners[..., 1:] / size).astype(np.float32)
    front = Mesh(front.corners, front.normals, middle, front.material)
    return Mesh.joined([front, rear.moved(turned(np.pi, (-0.02, 0, 0)))])


def _eighth() -> np.ndarray:
    return turned(0, roll=np.pi / 8)


def _triangle(half: float, material: int) -> Mesh:
    """Return a triangle that stands on its tip, in the y-z plane."""
    tip, high = (0.0, 0.0, -half * 0.95), half * 0.72
    return quad(tip, tip, (0, half * 0.97, high), (0, -half * 0.97, high), material)


def sign(
    palette: Palette, kind: str, *, number: int = 50, seed: int = 0, size: float = 0.7, height: float = 2.2
) -> Post:
    """Return a sign on a post at the origin that is read from +x."""
    steel = palette.number(Paints.steel)
    pole = tube((-0.05, 0, 0), (-0.05, 0, height + size * 0.45), 0.038, steel)
    return Post(pole, _board(SIGNS.index(kind), size, palette, number=number, seed=seed).at(z=height))


def traffic_light(palette: Palette, *, arm: float = 0.0) -> Post:
    """Return the post of a traffic light at the origin; `arm` is how far it reaches over the road, to +y."""
    steel = palette.number(Paints.dark_steel)
    pole = [tube((0, 0, 0), (0, 0, 3.3 if not arm else 6.0), 0.07, steel)]
    if arm:
        pole.append(tube((0, 0, 5.9), (0, arm, 6.1), 0.06, steel, to=0.04))
    return Post(Mesh.joined(pole), Mesh.joined([]))


def signal_heads(palette: Palette, aspect: Aspect, *, arm: float = 0.0) -> Mesh:
    """Return what a traffic light shows to +x: one head on its post, another where its arm reaches over the road."""
    dark = palette.number(Paints.plastic)
    heads = [_signal(palette, aspect, dark).at(0.12, 0, 2.45)]
    if arm:
        heads.append(_signal(palette, aspect, dark).at(0.1, arm * 0.95, 5.15))
    return Mesh.joined(heads)


def _signal(palette: Palette, aspect: Aspect, dark: int) -> Mesh:
    parts = [box((0.18, 0.30, 0.92), dark)]
    for index, (name, lamp) in enumerate(
        (("green", Paints.green_lamp), ("amber", Paints.amber_lamp), ("red", Paints.red_lamp))
    ):
        material = palette.number(lamp if name in _LIT[aspect] else Paints.dead_lamp)
        z = 0.17 + index * 0.29
        parts.append(disc(0.105, material, points=16).at(0.10, 0, z))
        hood = [(np.cos(a) * 0.125, np.sin(a) * 0.125) for a in np.linspace(0.15, np.pi - 0.15, 8)]
        for (y0, z0), (y1, z1) in pairwise(hood):
            parts.append(quad((0.09, y0, z + z0), (0.22, y0, z + z0), (0.22, y1, z + z1), (0.09, y1, z + z1), dark))
    return Mesh.joined(parts)


def bollard(palette: Palette) -> Mesh:
    """Return a bollard."""
    return lathe([(0.07, 0), (0.07, 0.85), (0.085, 0.9), (0.05, 0.97)], palette.number(Paints.dark_steel), points=10)


def bench(palette: Palette) -> Mesh:
    """Return a bench along x that is sat on looking to -y."""
    wood, steel = palette.number(Paints.wood), palette.number(Paints.dark_steel)
    parts = [box((1.8, 0.10, 0.04), wood).at(0, y, 0.44) for y in (-0.2, -0.07, 0.06)]
    parts += [box((1.8, 0.04, 0.10), wood).at(0, 0.2, z) for z in (0.6, 0.75)]
    parts += [box((0.06, 0.45, 0.44), steel).at(x) for x in (-0.75, 0.75)]
    return Mesh.joined(parts)


def bin_(palette: Palette) -> Mesh:
    """Return a litter bin."""
    return lathe([(0.2, 0), (0.22, 0.75), (0.24, 0.8), (0.12, 0.92)], palette.number(Paints.dark_steel), points=12)


def bus_stop(palette: Palette) -> Mesh:
    """Return a shelter along x, open to -y."""
    steel, glass, wood = (palette.number(m) for m in (Paints.dark_steel, Paints.car_glass, Paints.wood))
    parts = [box((0.08, 0.08, 2.4), steel).at(x, y) for x in (-1.9, 1.9) for y in (-0.6, 0.6)]
    parts += [box((4.2, 1.6, 0.12), steel).at(z=2.4), box((2.4, 0.35, 0.06), wood).at(0, 0.35, 0.45)]
    parts.append(box((3.7, 0.02, 1.9), glass).at(0, 0.62, 0.3))
    return Mesh.joined(parts)


def cone(palette: Palette) -> Mesh:
    """Return a traffic cone."""
    skirt = box((0.36, 0.36, 0.035), palette.number(Paints.plastic))
    return Mesh.joined([skirt, lathe([(0.14, 0.035), (0.03, 0.72)], palette.number(Paints.cone), points=14)])


def stop_sign(palette: Palette) -> Post:
    """Return the sign of a bus stop at the origin that is read from +x: a disc over a timetable."""
    steel, green, pale = (palette.number(m) for m in (Paints.steel, Paints.stop_green, Paints.plate))
    face = Mesh.joined([disc(0.24, green, points=20), disc(0.17, pale, points=20).at(0.006)])
    both = [face, face.moved(turned(np.pi, (-0.03, 0, 0)))]
    letter = [
        box((0.004, 0.05, 0.20), green, base=False).at(0.012, -0.07),
        box((0.004, 0.05, 0.20), green, base=False).at(0.012, 0.07),
    ]
    letter.append(box((0.004, 0.12, 0.05), green, base=False).at(0.012))
    board = box((0.03, 0.36, 0.5), pale).at(0.04, z=1.1)
    return Post(
        tube((-0.05, 0, 0), (-0.05, 0, 2.75), 0.035, steel),
        Mesh.joined([*(part.at(z=2.5) for part in (*both, *letter)), board]),
    )


def barrier(palette: Palette, width: float) -> Mesh:
    """Return a barrier across y about the origin, red and white, on two feet."""
    stripes, dark = palette.number(Paints.cone), palette.number(Paints.plastic)
    parts = [box((0.04, width, 0.22), stripes).at(z=z) for z in (0.35, 0.8)]
    for y in (-width * 0.42, width * 0.42):
        parts += [box((0.5, 0.22, 0.09), dark).at(0, y), box((0.05, 0.05, 1.05), dark).at(0.03, y)]
    return Mesh.joined(parts)


def guard_rail(length: float, palette: Palette) -> Mesh:
    """Return a guard rail along x from x = 0, its face to -y."""
    steel = palette.number(Paints.steel)
    parts = [box((0.1, 0.1, 0.75), steel).at(x, 0.1) for x in np.arange(0, length, 4.0)]
    profile = ((-0.02, 0.45), (-0.08, 0.51), (-0.02, 0.58), (0.0, 0.6), (-0.02, 0.62), (-0.08, 0.69), (-0.02, 0.76))
    for (y0, z0), (y1, z1) in pairwise(profile):
        parts.append(quad((0, y0, z0), (length, y0, z0), (length, y1, z1), (0, y1, z1), steel))
        parts.append(
            quad((length, y0 + 0.01, z0), (0, y0 + 0.01, z0), (0, y1 + 0.01, z1), (length, y1 + 0.01, z1), steel)
        )
    return Mesh.joined(parts)


def gantry(palette: Palette, width: float, *, seed: int = 0) -> Post:
    """Return a sign bridge across y, from y = 0 to `width`, that is read from +x."""
    steel = palette.number(Paints.steel)
    bars = [tube((0, y, 0), (0, y, 6.6), 0.16, steel) for y in (0.0, width)]
    bars += [tube((0, 0, z), (0, width, z), 0.10, steel) for z in (6.0, 6.6)]
    boards = []
    for i, share in enumerate((0.3, 0.7)):
        board = _board(5, 1.0, palette, seed=seed + i)
        boards.append(board.moved(np.diag([1.0, 4.2, 2.6, 1.0])).at(0.25, width * share, 6.3))
    return Post(Mesh.joined(bars), Mesh.joined(boards))
