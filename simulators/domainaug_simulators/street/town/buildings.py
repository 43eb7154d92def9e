"""Houses: blocks of flats, offices, single houses with roofs, sheds and walls."""

from __future__ import annotations

import numpy as np

from domainaug_simulators.street.materials import Glow, Material, Palette, Pattern
from domainaug_simulators.street.mesh import Mesh, box, extruded, quad
from domainaug_simulators.street.town.paints import FACADES, Paints

__all__ = ["block", "cottage", "noise_wall"]

_WINDOW_LIGHT = (0.060, 0.048, 0.034)  # kcd/m2: 50 cd/m2 behind curtains
_OFFICE_LIGHT = (0.050, 0.054, 0.056)


def _tinted(color: tuple[float, float, float], draw: np.random.Generator) -> tuple[float, float, float]:
    red, green, blue = (np.array(color) * draw.uniform(0.85, 1.1) * draw.uniform(0.95, 1.05, 3)).clip(0, 0.82)
    return float(red), float(green), float(blue)


def block(
    width: float, depth: float, palette: Palette, draw: np.random.Generator, *, storeys: tuple[int, int] = (3, 7)
) -> Mesh:
    """Return a house in a row of houses; its front is on the x axis, looking to -y, its middle at x = 0."""
    seed = int(draw.integers(1 << 15))
    floors = int(draw.integers(*storeys))
    if draw.random() < 0.22:
        return _office(width, depth, floors + 1, seed, palette, draw)
    storey = draw.uniform(2.9, 3.4)
    bay = width / max(round(width / draw.uniform(2.3, 3.4)), 1)
    sizes = (bay, storey, draw.uniform(0.36, 0.52), draw.uniform(0.42, 0.56))
    color = _tinted(FACADES[draw.integers(len(FACADES))], draw)
    trim = (0.72, 0.71, 0.68) if draw.random() < 0.7 else (0.10, 0.09, 0.08)
    upper = palette.number(
        Material(
            color,
            trim,
            pattern=_walls(color),
            sizes=sizes,
            seed=seed,
            light=_WINDOW_LIGHT,
            glow=Glow.WINDOWS,
            cover=0.3,
        )
    )
    top = palette.number(Paints.roof_gray)
    half, ground = width / 2, 3.6
    high = ground + (floors - 1) * storey
    outline = [(-half, 0.0), (half, 0.0), (half, depth), (-half, depth)]
    parts = [
        extruded(outline, ground, high, upper, top),
        _ground_floor(width, depth, ground, seed, color, palette, draw),
    ]
    ledge = palette.number(Material(_tinted((0.62, 0.60, 0.56), draw), pattern=Pattern.CONCRETE, cover=0.6))
    parts.append(box((width + 0.1, 0.35, 0.28), ledge).at(0, -0.02, ground - 0.14))
    if draw.random() < 0.55:
        parts.append(_pitched(width, depth, high, palette, draw))
    else:
        parts.append(box((width + 0.2, depth + 0.2, 0.5), ledge).at(0, depth / 2, high))
        for _ in range(int(draw.integers(1, 4))):
            size = draw.uniform(0.8, 2.4, 3)
            parts.append(
                box(size.tolist(), top).at(
                    draw.uniform(-half * 0.6, half * 0.6), draw.uniform(2, depth - 2), high + 0.5
                )
            )
    if draw.random() < 0.4:
        parts.append(_balconies(bay, storey, ground, floors, width, palette, draw))
    return Mesh.joined(parts)


def _ground_floor(
    width: float,
    depth: float,
    high: float,
    seed: int,
    color: tuple[float, float, float],
    palette: Palette,
    draw: np.random.Generator,
) -> Mesh:
    """A shop front, or a plinth with door and windows."""
    half = width / 2
    wall = palette.number(Material(_tinted(color, draw), pattern=Pattern.CONCRETE, cover=0.3))
    body = extruded([(-half, 0.0), (half, 0.0), (half, depth), (-half, depth)], 0.0, high, wall, wall)
    shop = draw.random() < 0.5
    plinth = palette.number(Paints.plastic)
    front = _shop_front(width, seed, palette, draw) if shop else _doors_and_windows(width, seed, palette, draw)
    return Mesh.joined([body, *front, box((width, 0.12, 0.25), plinth if shop else wall).at(0, -0.04, 0.0)])


def _shop_front(width: float, seed: int, palette: Palette, draw: np.random.Generator) -> list[Mesh]:
    """A window across the front, lit or not, a sign above it, and an awning over many."""
    lit = draw.random() < 0.6
    show = palette.number(
        Material(
            *((0.03, 0.03, 0.03), (0.08, 0.08, 0.08)),
            roughness=0.5,
            pattern=Pattern.CURTAIN,
            sizes=(draw.uniform(1.6, 2.6), 2.9),
            seed=seed + 3,
            light=(0.11, 0.10, 0.085) if lit else (0.0, 0.0, 0.0),
            glow=Glow.WINDOWS,
            cover=0.0,
        )
    )
    half = width / 2 - 0.6
    sign = palette.number(Material(_tinted(_SIGNS[draw.integers(len(_SIGNS))], draw), roughness=0.5, cover=0.3))
    parts = [_upright(-half, half, 0.35, 2.75, show), box((width - 1.0, 0.18, 0.55), sign).at(0, -0.08, 2.85)]
    if draw.random() < 0.45:
        color = _SIGNS[draw.integers(len(_SIGNS))]
        cloth = palette.number(Material(color, (0.7, 0.7, 0.68), pattern=Pattern.STRIPES, sizes=(0.35,), roughness=0.9))
        parts.append(quad((half, -1.3, 2.35), (-half, -1.3, 2.35), (-half, -0.05, 2.85), (half, -0.05, 2.85), cloth))
    return parts


def _doors_and_windows(width: float, seed: int, palette: Palette, draw: np.random.Generator) -> list[Mesh]:
    """A window in every bay but one, where the door is."""
    bay = width / max(round(width / 2.8), 1)
    door = palette.number(Material(_tinted((0.20, 0.12, 0.07), draw), pattern=Pattern.PLANK, cover=0.0))
    glass = palette.number(
        Material(
            *((0.02, 0.02, 0.022), (0.6, 0.6, 0.58)),
            pattern=Pattern.CURTAIN,
            sizes=(0.75, 1.5),
            seed=seed,
            light=_WINDOW_LIGHT,
            glow=Glow.WINDOWS,
        )
    )
    count = round(width / bay)
    at = int(draw.integers(count))
    middles = [-width / 2 + (i + 0.5) * bay for i in range(count)]
    return [
        _upright(x - 0.55, x + 0.55, 0.0, 2.3, door) if i == at else _upright(x - 0.6, x + 0.6, 1.0, 2.5, glass)
        for i, x in enumerate(middles)
    ]


def _upright(left: float, right: float, low: float, high: float, material: int) -> Mesh:
    """A pane just before the front."""
    return quad((left, -0.03, low), (right, -0.03, low), (right, -0.03, high), (left, -0.03, high), material)


_SIGNS = (
    (0.42, 0.04, 0.04),
    (0.04, 0.14, 0.30),
    (0.04, 0.22, 0.10),
    (0.05, 0.05, 0.05),
    (0.50, 0.34, 0.05),
    (0.45, 0.44, 0.42),
)


def _balconies(
    bay: float, storey: float, ground: float, floors: int, width: float, palette: Palette, draw: np.random.Generator
) -> Mesh:
    rail, slab = palette.number(Paints.dark_steel), palette.number(Paints.concrete)
    columns = max(round(width / bay), 1)
    at = [c for c in range(columns) if draw.random() < 0.5]
    parts = []
    for floor in range(1, floors - 1):
        z = ground + (floor - 0.02) * storey
        for c in at:
            x = -width / 2 + (c + 0.5) * bay
            parts.append(box((bay * 0.8, 1.1, 0.14), slab).at(x, -0.55, z))
            for i in range(9):
                across = x + (i / 8 - 0.5) * bay * 0.78
                parts.append(box((0.025, 0.025, 0.95), rail).at(across, -1.07, z + 0.14))
            parts.append(box((bay * 0.8, 0.05, 0.05), rail).at(x, -1.07, z + 1.06))
    return Mesh.joined(parts)


def _pitched(width: float, depth: float, high: float, palette: Palette, draw: np.random.Generator) -> Mesh:
    """A roof with its ridge along x, chimneys on it."""
    tiles = palette.number(Paints.roof_tiles if draw.random() < 0.65 else _SLATE)
    wall, rise = palette.number(Paints.concrete), depth * draw.uniform(0.28, 0.42)
    half, over = width / 2, 0.35
    a, b = (-half, -over, high), (half, -over, high)
    c, d = (half, depth / 2, high + rise), (-half, depth / 2, high + rise)
    e, f = (half, depth + over, high), (-half, depth + over, high)
    parts = [quad(a, b, c, d, tiles), quad(e, f, d, c, tiles)]
    parts += [quad(b, e, (half, depth / 2, high + rise), c, wall), quad(f, a, d, (-half, depth / 2, high + rise), wall)]
    brick = palette.number(_BRICK)
    for _ in range(int(draw.integers(1, 3))):
        parts.append(
            box((0.7, 0.6, 1.6), brick).at(draw.uniform(-half * 0.7, half * 0.7), depth * 0.62, high + rise * 0.72)
        )
    return Mesh.joined(parts)


_SLATE = Material((0.075, 0.08, 0.09), pattern=Pattern.TILES, sizes=(0.3, 0.25), soak=0.4)
_BRICK = Material((0.30, 0.11, 0.07), (0.36, 0.34, 0.31), pattern=Pattern.BRICK, sizes=(0.24, 0.075), soak=0.4)


def _walls(color: tuple[float, float, float]) -> Pattern:
    """Return how a front of a color is built: red ones are of brick."""
    return Pattern.BRICK_FACADE if color[0] > 1.9 * color[2] and color[0] < 0.58 else Pattern.FACADE


def _office(width: float, depth: float, floors: int, seed: int, palette: Palette, draw: np.random.Generator) -> Mesh:
    tone = draw.uniform(0.02, 0.05)
    glass = palette.number(
        Material(
            *((tone, tone * 1.25, tone * 1.35), (0.22, 0.225, 0.23)),
            pattern=Pattern.CURTAIN,
            sizes=(draw.uniform(1.2, 1.8), 3.6),
            seed=seed,
            light=_OFFICE_LIGHT,
            glow=Glow.WINDOWS,
            roughness=0.5,
            mirror=0.05,
            cover=0.1,
        )
    )
    top = palette.number(Paints.roof_gray)
    half, high = width / 2, floors * 3.6
    parts = [extruded([(-half, 0), (half, 0), (half, depth), (-half, depth)], 0.0, high, glass, top)]
    parts.append(box((width * 0.4, depth * 0.4, 2.4), palette.number(Paints.steel)).at(0, depth / 2, high))
    return Mesh.joined(parts)


def cottage(palette: Palette, draw: np.random.Generator) -> Mesh:
    """Return a house that stands by itself; its front looks to -y, its middle at the origin."""
    width, depth, floors = draw.uniform(8, 12), draw.uniform(7, 9.5), int(draw.integers(1, 3))
    color = _tinted(
        ((0.66, 0.64, 0.58), (0.62, 0.52, 0.36), (0.55, 0.55, 0.53), (0.48, 0.22, 0.15))[draw.integers(4)], draw
    )
    storey = 2.8
    wall = palette.number(
        Material(
            *(color, (0.72, 0.71, 0.68)),
            pattern=_walls(color),
            sizes=(width / round(width / 2.9), storey, 0.38, 0.46),
            seed=int(draw.integers(1 << 15)),
            light=_WINDOW_LIGHT,
            glow=Glow.WINDOWS,
            cover=0.3,
        )
    )
    half, high = width / 2, floors * storey
    outline = [(-half, -depth / 2), (half, -depth / 2), (half, depth / 2), (-half, depth / 2)]
    roof = _pitched(width, depth, high, palette, draw).at(0, -depth / 2)
    door = palette.number(Material(_tinted((0.22, 0.07, 0.05), draw), pattern=Pattern.PLANK, cover=0.0))
    front = -depth / 2 - 0.03
    x = draw.uniform(-half * 0.5, half * 0.5)
    parts = [extruded(outline, 0, high, wall, wall), roof]
    parts.append(quad((x - 0.5, front, 0), (x + 0.5, front, 0), (x + 0.5, front, 2.1), (x - 0.5, front, 2.1), door))
    parts.append(box((1.8, 1.0, 0.12), palette.number(Paints.concrete)).at(x, front - 0.5, 2.25))
    if draw.random() < 0.6:
        garage = palette.number(Material(color, pattern=Pattern.CONCRETE, cover=0.3))
        gate = palette.number(Material((0.6, 0.6, 0.58), pattern=Pattern.PLANK, cover=0.0))
        gx = half + 1.7
        parts.append(box((3.4, 6.0, 2.5), garage).at(gx, -depth / 2 + 3.4))
        parts.append(
            quad(
                (gx - 1.25, front + 0.35, 0),
                (gx + 1.25, front + 0.35, 0),
                (gx + 1.25, front + 0.35, 2.1),
                (gx - 1.25, front + 0.35, 2.1),
                gate,
            )
        )
    return Mesh.joined(parts)


def noise_wall(length: float, palette: Palette) -> Mesh:
    """Return a wall along x, seen from both sides, from x = 0."""
    panel, post = palette.number(Paints.concrete), palette.number(Paints.steel)
    parts = [box((length, 0.18, 3.6), panel).at(length / 2)]
    parts += [box((0.16, 0.26, 3.8), post).at(x) for x in np.arange(0, length, 4.0)]
    return Mesh.joined(parts)
