"""Cars, vans, trucks and buses, every one a little different: lofted bodies, glass, wheels and lights.

A vehicle stands on z = 0 about the origin and looks along +x. Lengths are meters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.materials import Material, Palette
from domainaug_simulators.street.mesh import Mesh, box, ellipsoid, loft, quad, tube
from domainaug_simulators.street.scene import Lamp
from domainaug_simulators.street.town.paints import CAR_COLORS, Paints
from domainaug_simulators.street.town.wheels import Vehicle, on_wheels

__all__ = ["KINDS", "Vehicle", "vehicle"]


@dataclass(frozen=True, slots=True)
class _Shape:
    """Outline of a car: (x share from the rear, z) of its lower and upper body, and its cabin."""

    length: float
    width: float
    height: float
    wheel: float
    belt: tuple[tuple[float, float], ...]
    cabin: tuple[float, float, float, float]  # shares of length: rear base, rear roof, front roof, front base
    clearance: float = 0.2


_SHAPES: Final = {
    "sedan": _Shape(
        *(4.65, 1.82, 1.45, 0.325),
        ((0.0, 0.72), (0.02, 0.92), (0.16, 0.98), (0.36, 0.95), (0.68, 0.92), (0.92, 0.76), (0.985, 0.66), (1.0, 0.5)),
        (0.12, 0.29, 0.54, 0.72),
    ),
    "hatchback": _Shape(
        *(4.10, 1.76, 1.47, 0.315),
        ((0.0, 0.66), (0.015, 0.96), (0.08, 1.0), (0.36, 0.96), (0.70, 0.93), (0.93, 0.78), (0.985, 0.66), (1.0, 0.5)),
        (0.015, 0.09, 0.56, 0.76),
    ),
    "estate": _Shape(
        *(4.70, 1.82, 1.49, 0.325),
        ((0.0, 0.66), (0.012, 0.95), (0.06, 0.99), (0.36, 0.95), (0.68, 0.92), (0.92, 0.76), (0.985, 0.66), (1.0, 0.5)),
        (0.012, 0.07, 0.54, 0.72),
    ),
    "suv": _Shape(
        *(4.55, 1.88, 1.69, 0.36),
        ((0.0, 0.76), (0.015, 1.10), (0.07, 1.14), (0.36, 1.11), (0.70, 1.08), (0.93, 0.95), (0.985, 0.82), (1.0, 0.6)),
        (0.012, 0.08, 0.58, 0.74),
        0.24,
    ),
}

KINDS: Final = (*_SHAPES, "van", "truck", "bus")
"""What `vehicle` makes."""


def vehicle(kind: str, palette: Palette, draw: np.random.Generator) -> Vehicle:
    """Return a vehicle of a kind, its colors and proportions drawn."""
    if kind in _SHAPES:
        return _car(kind, _SHAPES[kind], palette, draw)
    return _LARGE[kind](palette, draw)


def _body_paint(draw: np.random.Generator) -> Material:
    colors, shares = zip(*CAR_COLORS, strict=True)
    color = np.array(colors[draw.choice(len(colors), p=np.array(shares) / sum(shares))])
    color = np.clip(color * draw.uniform(0.85, 1.1), 0, 0.85)
    return Material(
        (float(color[0]), float(color[1]), float(color[2])), roughness=0.3, mirror=0.045, soak=0.05, cover=0.75
    )


def _ring(
    x: float, half: float, low: float, high: float, *, power: float = 4.0, points: int = 20
) -> NDArray[np.float64]:
    """Return a rounded section across x, points counter-clockwise seen from the front."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False) + np.pi / points
    c, s = np.cos(angle), np.sin(angle)
    y = np.sign(c) * np.abs(c) ** (2 / power) * half
    z = np.sign(s) * np.abs(s) ** (2 / power) * (high - low) / 2 + (high + low) / 2
    return np.stack([np.full(points, x), y, z], axis=-1)


def _car(kind: str, shape: _Shape, palette: Palette, draw: np.random.Generator) -> Vehicle:
    length = shape.length * draw.uniform(0.96, 1.05)
    width = shape.width * draw.uniform(0.97, 1.03)
    height = shape.height * draw.uniform(0.97, 1.04)
    paint, glass = palette.number(_body_paint(draw)), palette.number(Paints.car_glass)
    rise = height / shape.height
    at = [share * length - length / 2 for share, _ in shape.belt]
    tops = np.array([z for _, z in shape.belt]) * rise
    grid = np.linspace(-length / 2, length / 2, 25)
    tops_there = np.interp(grid, at, tops)
    ends = 1 - 0.16 * np.abs(2 * grid / length) ** 6 - 0.03 * (2 * grid / length) ** 2
    lows = shape.clearance + 0.10 * np.maximum(np.abs(2 * grid / length) - 0.8, 0) / 0.2
    rings = [
        _ring(x, width / 2 * e, low, top, power=5.0)
        for x, e, low, top in zip(grid, ends, lows, tops_there, strict=True)
    ]
    parts = [loft(rings, paint)]
    parts += _cabin(shape, length, width, height, np.interp, at, tops, paint, glass)
    parts += _car_lights(length, width, tops[0], tops[-3], palette)
    parts.append(
        box((0.16, width * 0.84, 0.09), palette.number(Paints.plastic)).at(length / 2 - 0.06, z=shape.clearance + 0.02)
    )
    parts.append(
        box((0.16, width * 0.84, 0.09), palette.number(Paints.plastic)).at(-length / 2 + 0.06, z=shape.clearance + 0.02)
    )
    beams = _beams(length / 2, width * 0.36, float(tops[-3]) - 0.08)
    return on_wheels(kind, parts, (-0.31 * length, 0.30 * length), width / 2 - 0.10, shape.wheel, palette, beams)


def _cabin(
    shape: _Shape,
    length: float,
    width: float,
    height: float,
    between: Callable[..., NDArray[np.float64]],
    at: Sequence[float],
    tops: NDArray[np.float64],
    paint: int,
    glass: int,
) -> list[Mesh]:
    """Return glass all round, a roof, and pillars over its corners."""
    rear, rear_roof, front_roof, front = (share * length - length / 2 for share in shape.cabin)
    base_half, roof_half = width / 2 * 0.90, width / 2 * 0.70
    lows = [float(between(x, at, tops)) - 0.05 for x in (rear, front)]

    def outline(x0: float, x1: float, half: float, z0: float, z1: float, bow: float) -> NDArray[np.float64]:
        points = []
        for t in np.linspace(-1, 1, 5):  # front, bowed
            points.append((x1 - bow * t * t, t * half, z1))
        for t in np.linspace(1, -1, 5):
            points.append((x0 + bow * 0.8 * t * t, t * half, z0))
        return np.array(points)

    low = outline(rear, front, base_half, lows[0], lows[1], 0.14)
    roof_z = height - 0.035
    high = outline(rear_roof, front_roof, roof_half, roof_z, roof_z, 0.08)
    glazing = loft([low, high], glass, caps=False, smooth=False)
    top = outline(rear_roof + 0.12, front_roof - 0.15, roof_half * 0.86, height, height, 0.06)
    roof = loft([high - np.array([0, 0, 0.02]), high + np.array([0, 0, 0.008]), top], paint)
    pillars = []
    for i in (0, 4, 5, 9):
        pillars.append(tube(low[i], high[i], 0.045, paint, to=0.035, points=6))
    middle = (low[4] + low[5]) / 2, (high[4] + high[5]) / 2
    for side in (1, -1):
        a, b = (np.array([p[0], side * abs(p[1]), p[2]]) for p in middle)
        pillars.append(tube(a, b, 0.045, paint, to=0.035, points=6))
    mirrors = [
        ellipsoid((0.13, 0.20, 0.14), paint, points=8, rings=4).at(
            front - 0.28, side * (width / 2 + 0.05), lows[1] + 0.12
        )
        for side in (-1, 1)
    ]
    return [glazing, roof, *pillars, *mirrors]


def _car_lights(length: float, width: float, rear: float, front: float, palette: Palette) -> list[Mesh]:
    head, tail, dark, plate = (
        palette.number(m) for m in (Paints.headlight, Paints.taillight, Paints.plastic, Paints.plate)
    )
    parts = []
    for side in (-1, 1):
        parts.append(
            ellipsoid((0.26, 0.36, 0.13), head, points=10, rings=6).at(
                length / 2 - 0.15, side * width * 0.355, front - 0.08
            )
        )
        parts.append(
            ellipsoid((0.16, 0.38, 0.17), tail, points=10, rings=6).at(
                -length / 2 + 0.06, side * width * 0.35, rear + 0.06
            )
        )
        turn = palette.number(Paints.left_light if side > 0 else Paints.right_light)
        for x, z in ((length / 2 - 0.17, front - 0.155), (-length / 2 + 0.07, rear - 0.035)):
            parts.append(ellipsoid((0.18, 0.30, 0.07), turn, points=8, rings=4).at(x, side * width * 0.37, z))
    parts.append(box((0.05, width * 0.42, 0.15), dark).at(length / 2 - 0.02, z=front - 0.20))
    parts.append(box((0.02, 0.5, 0.11), plate).at(length / 2 + 0.03, z=0.42))
    parts.append(box((0.02, 0.5, 0.11), plate).at(-length / 2 - 0.012, z=rear - 0.02))
    return parts


def _beams(front: float, half: float, high: float) -> tuple[Lamp, ...]:
    color = (17.0, 16.4, 15.2)  # kcd: a low beam's hot spot
    return tuple(
        Lamp((front + 0.06, side * half, high), (1.0, 0.0, -0.012), color, beam=True, reach=75.0) for side in (-1, 1)
    )


def _shell(
    length: float, width: float, low: float, high: float, paint: int, *, nose: float = 0.0, power: float = 9.0
) -> Mesh:
    """Return a box with rounded edges; `nose` is how far the upper front leans back."""
    rings = []
    for share in (-1.0, -0.985, -0.95, 0.0, 0.95, 0.985, 1.0):
        inset = 0.08 if abs(share) == 1 else (0.03 if abs(share) > 0.98 else 0.0)
        ring = _ring(share * length / 2, width / 2 - inset, low + inset, high - inset, power=power)
        if share > 0.9:
            ring[:, 0] -= nose * np.clip((ring[:, 2] - low) / (high - low), 0, 1) ** 2
        rings.append(ring)
    return loft(rings, paint)


def _pane(x0: float, x1: float, y: float, z0: float, z1: float, glass: int) -> Mesh:
    """Return a window on a side wall; y tells which side."""
    out = y + (0.012 if y > 0 else -0.012)
    corners = [(x0, out, z0), (x1, out, z0), (x1, out, z1), (x0, out, z1)]
    a, b, c, d = corners if y < 0 else corners[::-1]
    return quad(a, b, c, d, glass)


def _van(palette: Palette, draw: np.random.Generator) -> Vehicle:
    length, width, height = draw.uniform(5.0, 5.9), draw.uniform(1.95, 2.05), draw.uniform(2.1, 2.6)
    white = draw.random() < 0.65
    paint = palette.number(
        Material((0.78, 0.78, 0.77), roughness=0.35, mirror=0.045, soak=0.05, cover=0.75)
        if white
        else _body_paint(draw)
    )
    glass, dark = palette.number(Paints.car_glass), palette.number(Paints.plastic)
    rings = []
    for x, low, high in (
        *((-0.5, 0.44, height - 0.12), (-0.494, 0.33, height - 0.02), (-0.2, 0.30, height), (0.15, 0.30, height)),
        *((0.22, 0.30, height - 0.04), (0.26, 0.30, height - 0.14), (0.40, 0.30, 1.24), (0.465, 0.30, 1.05)),
        *((0.49, 0.34, 0.92), (0.5, 0.40, 0.74)),
    ):
        half = width / 2 * (1 - 0.07 * max(x - 0.40, 0.0) / 0.1 - 0.02 * (abs(x) > 0.48))
        rings.append(_ring(x * length, half, low, high, power=8.0, points=32))
    parts = [loft(rings, paint)]
    x0, x1, half = 0.275 * length + 0.045, 0.398 * length + 0.035, width / 2 * 0.90
    parts.append(_upright((x1, 1.27), (x0, height - 0.27), half, half * 0.90, glass))
    rear = -length / 2 - 0.008
    for y in (-0.46, 0.46):
        parts.append(_upright((rear, 1.30), (rear, height - 0.42), 0.36, 0.36, glass, facing=-1).at(y=y))
    for side in (-1, 1):
        parts += _van_side(side, length, width, height, palette)
    parts.append(box((0.02, 0.012, height - 0.75), dark).at(-length / 2 - 0.004, z=0.5))
    parts.append(box((0.16, width * 0.93, 0.30), dark).at(length / 2 - 0.05, z=0.32))
    parts.append(box((0.12, width * 0.96, 0.20), dark).at(-length / 2 - 0.01, z=0.34))
    parts.append(box((0.06, width * 0.40, 0.16), dark).at(length / 2 - 0.035, z=0.72))
    for x, z in ((length / 2 + 0.035, 0.44), (-length / 2 - 0.03, 0.62)):
        parts.append(box((0.02, 0.5, 0.11), palette.number(Paints.plate)).at(x, z=z))
    axles, beams = (-0.30 * length, 0.335 * length), _beams(length / 2, width * 0.36, 0.85)
    return on_wheels("van", parts, axles, width / 2 - 0.11, 0.34, palette, beams)


def _upright(
    low: tuple[float, float], high: tuple[float, float], wide: float, narrow: float, glass: int, *, facing: int = 1
) -> Mesh:
    """Return a pane across the vehicle from (x, z) to (x, z), half as wide as told, seen from ahead or from behind."""
    (x0, z0), (x1, z1) = low, high
    a, b = wide * facing, narrow * facing
    return quad((x0, -a, z0), (x0, a, z0), (x1, b, z1), (x1, -b, z1), glass)


def _van_side(side: int, length: float, width: float, height: float, palette: Palette) -> list[Mesh]:
    """Return what is on one side of a van: windows, seams of doors, a strip, a mirror, lights."""
    glass, dark, paint = (palette.number(m) for m in (Paints.car_glass, Paints.plastic, Paints.dark_steel))
    y = side * width / 2
    out = y + side * 0.012
    high = height - 0.40
    corners = [
        (0.165 * length, out, 1.26),
        (0.352 * length, out, 1.26),
        (0.285 * length, out, high),
        (0.165 * length, out, high),
    ]
    if side > 0:
        corners = corners[::-1]
    parts = [quad(corners[0], corners[1], corners[2], corners[3], glass)]
    for x, low, top in ((0.150, 0.42, height - 0.25), (-0.12, 0.42, height - 0.25), (0.365, 0.72, 1.22)):
        parts.append(box((0.014, 0.012, top - low), dark).at(x * length, y, low))
    parts.append(box((0.27 * length, 0.012, 0.03), dark).at(-0.26 * length, y, 1.12))
    parts.append(box((0.62 * length, 0.03, 0.11), dark).at(-0.02 * length, y, 0.58))
    for x in (0.135, -0.09):
        parts.append(box((0.16, 0.04, 0.035), dark).at(x * length, y, 1.10))
    arm = box((0.05, 0.16, 0.04), dark).at(0.345 * length, y + side * 0.06, 1.30)
    parts += [arm, ellipsoid((0.10, 0.17, 0.30), paint, points=10, rings=6).at(0.345 * length, y + side * 0.10, 1.42)]
    turn = palette.number(Paints.left_light if side > 0 else Paints.right_light)
    head = ellipsoid((0.20, 0.36, 0.22), palette.number(Paints.headlight), points=12, rings=6)
    parts.append(head.at(length / 2 - 0.085, side * width * 0.345, 0.86))
    parts.append(
        ellipsoid((0.14, 0.12, 0.15), turn, points=8, rings=4).at(length / 2 - 0.10, side * width * 0.435, 0.84)
    )
    tail = box((0.06, 0.12, 0.36), palette.number(Paints.taillight)).at(-length / 2 - 0.005, side * width * 0.435, 0.94)
    return [*parts, tail, box((0.06, 0.12, 0.12), turn).at(-length / 2 - 0.005, side * width * 0.435, 0.80)]


def _truck(palette: Palette, draw: np.random.Generator) -> Vehicle:
    cargo, width, height = draw.uniform(5.5, 7.5), 2.5, draw.uniform(3.3, 3.8)
    paint = palette.number(_body_paint(draw))
    tone = draw.uniform(0.5, 0.8)
    box_paint = palette.number(Material((tone, tone, tone * 0.97), roughness=0.55, soak=0.1, cover=0.8))
    glass, dark = palette.number(Paints.car_glass), palette.number(Paints.dark_steel)
    cab, gap = 2.1, 0.35
    length = cargo + gap + cab
    rear, front = -length / 2, length / 2
    parts = [
        _shell(cab, width * 0.97, 0.55, 2.85, paint, nose=0.28, power=7.0).at(front - cab / 2),
        box((cargo, width, height - 1.05), box_paint).at(rear + cargo / 2, z=1.05),
        box((length - 0.6, 0.8, 0.28), dark).at(0, z=0.72),
        quad(
            (front + 0.005 - 0.10, -1.02, 1.62),
            (front + 0.005 - 0.10, 1.02, 1.62),
            (front - 0.235, 0.98, 2.58),
            (front - 0.235, -0.98, 2.58),
            glass,
        ),
        box((0.12, width * 0.94, 0.42), dark).at(front - 0.02, z=0.42),
        box((0.04, width * 0.7, 0.4), dark).at(front + 0.0, z=1.0),
    ]
    for y in (-width * 0.485, width * 0.485):
        parts.append(_pane(front - 1.5, front - 0.55, y, 1.65, 2.45, glass))
        parts.append(box((cargo * 0.45, 0.05, 0.45), dark).at(rear + cargo * 0.45, y * 0.98, 0.5))
        parts.append(box((0.1, 0.22, 0.45), dark).at(front - 0.35, y * 1.08, 1.9))
    parts += _large_lights(rear, front, width, 0.75, palette)
    axles, beams = (front - 1.25, rear + 1.2, rear + 2.45), _beams(front, 0.95, 0.78)
    return on_wheels("truck", parts, axles, width / 2 - 0.16, 0.5, palette, beams, 0.3)


def _bus(palette: Palette, draw: np.random.Generator) -> Vehicle:
    length, width, height = 12.0, 2.55, 3.1
    color = ((0.55, 0.05, 0.04), (0.75, 0.55, 0.04), (0.05, 0.22, 0.42), (0.72, 0.72, 0.70), (0.08, 0.32, 0.14))[
        draw.integers(5)
    ]
    paint = palette.number(Material(color, roughness=0.3, mirror=0.045, soak=0.05, cover=0.75))
    glass, dark = palette.number(Paints.car_glass), palette.number(Paints.plastic)
    parts = [_shell(length, width, 0.3, height, paint, nose=0.12, power=12.0)]
    for y in (-width / 2, width / 2):
        for i in range(6):
            x = -length / 2 + 0.7 + i * 1.75
            parts.append(_pane(x, x + 1.6, y, 1.35, 2.55, glass))
    for x in (length / 2 - 1.25, length / 2 - 6.2):
        parts.append(_pane(x - 0.6, x + 0.6, -width / 2 - 0.004, 0.5, 2.5, glass))
    front, rear = length / 2, -length / 2
    parts.append(
        quad(
            (front + 0.006, -1.12, 1.1),
            (front + 0.006, 1.12, 1.1),
            (front - 0.085, 1.1, 2.55),
            (front - 0.085, -1.1, 2.55),
            glass,
        )
    )
    parts.append(
        quad(
            (front - 0.075, -0.9, 2.6),
            (front - 0.075, 0.9, 2.6),
            (front - 0.10, 0.9, 2.9),
            (front - 0.10, -0.9, 2.9),
            palette.number(_DESTINATION),
        )
    )
    parts.append(
        quad(
            (rear - 0.004, 1.0, 1.6),
            (rear - 0.004, -1.0, 1.6),
            (rear - 0.004, -1.0, 2.5),
            (rear - 0.004, 1.0, 2.5),
            glass,
        )
    )
    parts.append(box((0.06, width * 0.9, 0.3), dark).at(front - 0.0, z=0.35))
    parts += _large_lights(rear, front, width, 0.75, palette)
    axles, beams = (-length * 0.24, length * 0.28), _beams(front, 0.95, 0.75)
    return on_wheels("bus", parts, axles, width / 2 - 0.15, 0.48, palette, beams, 0.3)


_DESTINATION = Material((0.02, 0.02, 0.02), light=(0.25, 0.12, 0.01), roughness=0.3, soak=0.0)


def _large_lights(rear: float, front: float, width: float, high: float, palette: Palette) -> list[Mesh]:
    head, tail = palette.number(Paints.headlight), palette.number(Paints.taillight)
    parts = []
    for side in (-1, 1):
        parts.append(ellipsoid((0.12, 0.34, 0.22), head, points=10, rings=6).at(front + 0.0, side * width * 0.38, high))
        parts.append(box((0.06, 0.16, 0.30), tail).at(rear - 0.03, side * width * 0.42, high + 0.07))
        turn = palette.number(Paints.left_light if side > 0 else Paints.right_light)
        parts.append(box((0.06, 0.16, 0.10), turn).at(rear - 0.03, side * width * 0.42, high - 0.04))
        parts.append(
            ellipsoid((0.10, 0.20, 0.10), turn, points=8, rings=4).at(front, side * width * 0.455, high - 0.14)
        )
    parts.append(box((0.02, 0.5, 0.11), palette.number(Paints.plate)).at(rear - 0.03, z=high - 0.1))
    parts.append(box((0.02, 0.5, 0.11), palette.number(Paints.plate)).at(front + 0.05, z=0.5))
    return parts


_LARGE: Final[dict[str, Callable[[Palette, np.random.Generator], Vehicle]]] = {
    "van": _van,
    "truck": _truck,
    "bus": _bus,
}
