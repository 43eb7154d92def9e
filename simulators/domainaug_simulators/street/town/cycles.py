"""Bicycles and motorcycles, and those who ride them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.materials import Material, Palette
from domainaug_simulators.street.mesh import Mesh, box, ellipsoid, lathe, tube, turned
from domainaug_simulators.street.scene import Lamp
from domainaug_simulators.street.town.paints import CAR_COLORS, Paints
from domainaug_simulators.street.town.people import Looks, _limb, _torso, hand, head
from domainaug_simulators.street.town.wheels import Vehicle, Wheel

__all__ = ["bicycle", "motorcycle", "rider"]


Point = NDArray[np.float64]
"""(3,) meters."""


def _wheel(x: float, radius: float, thick: float, palette: Palette, *, spokes: int) -> Wheel:
    tire, rim = palette.number(Paints.rubber), palette.number(Paints.steel)
    inner = radius - 2 * thick
    profile = [
        (inner, -thick),
        (radius - thick * 0.4, -thick),
        (radius, 0.0),
        (radius - thick * 0.4, thick),
        (inner, thick),
    ]
    parts = [_open(lathe(profile, tire, points=22)).moved(turned(0, roll=np.pi / 2))]
    for angle in np.arange(spokes) * np.pi / spokes:
        arm = np.array([np.cos(angle), 0, np.sin(angle)]) * inner
        parts.append(tube(-arm, arm, 0.006 + thick * 0.12, rim, points=4))
    parts.append(tube((0, -0.05, 0), (0, 0.05, 0), 0.03, rim, points=8))
    return Wheel(Mesh.joined(parts), (x, 0.0, radius), radius, x > 0)


def _open(wheel: Mesh) -> Mesh:
    """Return a swept ring without the caps that would fill it."""
    flat = np.linalg.norm(wheel.corners[..., :2], axis=-1).min(axis=1) > 1e-3
    return Mesh(wheel.corners[flat], wheel.normals[flat], wheel.uv[flat], wheel.material[flat])


def bicycle(palette: Palette, draw: np.random.Generator) -> Vehicle:
    """Return a bicycle that looks along +x on z = 0, about its middle."""
    colors, _ = zip(*CAR_COLORS, strict=True)
    frame = palette.number(Material(colors[draw.integers(len(colors))], roughness=0.35, mirror=0.05, cover=0.3))
    dark, steel = palette.number(Paints.plastic), palette.number(Paints.steel)
    rear, front, radius = -0.52, 0.52, 0.34
    crank, seat, head = np.array([-0.08, 0, 0.29]), np.array([-0.25, 0, 0.88]), np.array([0.36, 0, 0.86])
    axle_r, axle_f = np.array([rear, 0, radius]), np.array([front, 0, radius])
    bars = [
        (crank, seat),
        (seat - [0, 0, 0.08], head - [0, 0, 0.05]),
        (crank, head - [0, 0, 0.12]),
        (axle_r, crank),
        (axle_r, seat - [0, 0, 0.1]),
    ]
    parts = [tube(a, b, 0.018, frame, points=6) for a, b in bars]
    parts += [tube(head, axle_f, 0.016, frame, points=6), tube(head, _by(head, -0.03, 0, 0.14), 0.016, steel, points=6)]
    grip = _by(head, -0.02, 0, 0.15)
    parts += [tube(grip - [0, 0.28, 0], _by(grip, 0, 0.28, 0), 0.014, dark, points=6)]
    parts += [
        box((0.26, 0.14, 0.05), dark).at(seat[0], 0, seat[2] + 0.03),
        tube(crank - [0, 0.1, 0], _by(crank, 0, 0.1, 0), 0.03, steel),
    ]
    parts.append(
        ellipsoid((0.05, 0.06, 0.05), palette.number(Paints.taillight), points=8, rings=4).at(rear - 0.1, 0, 0.72)
    )
    wheels = [_wheel(x, radius, 0.018, palette, spokes=7) for x in (rear, front)]
    return Vehicle.of("bicycle", parts, wheels, ())


def motorcycle(palette: Palette, draw: np.random.Generator) -> Vehicle:
    """Return a motorcycle that looks along +x on z = 0, about its middle."""
    colors, _ = zip(*CAR_COLORS, strict=True)
    paint = palette.number(Material(colors[draw.integers(len(colors))], roughness=0.25, mirror=0.05, cover=0.4))
    dark, steel = palette.number(Paints.plastic), palette.number(Paints.chrome)
    parts = [
        ellipsoid((0.62, 0.34, 0.30), paint, points=12, rings=8).at(0.18, 0, 0.86),
        ellipsoid((0.78, 0.28, 0.14), dark, points=12, rings=6).at(-0.38, 0, 0.82),
        ellipsoid((0.50, 0.26, 0.30), paint, points=10, rings=6).at(-0.62, 0, 0.72),
        box((0.52, 0.34, 0.36), palette.number(Paints.dark_steel)).at(0.02, 0, 0.34),
        tube((0.30, -0.2, 0.35), (-0.72, -0.2, 0.38), 0.045, steel),
        ellipsoid((0.24, 0.26, 0.26), palette.number(Paints.headlight), points=10, rings=6).at(0.60, 0, 0.92),
        ellipsoid((0.10, 0.16, 0.08), palette.number(Paints.taillight), points=8, rings=4).at(-0.90, 0, 0.78),
        tube((0.45, -0.36, 1.04), (0.45, 0.36, 1.04), 0.02, dark),
        tube((0.44, 0.10, 1.02), (0.72, 0.10, 0.31), 0.03, steel),
        tube((0.44, -0.10, 1.02), (0.72, -0.10, 0.31), 0.03, steel),
        ellipsoid((0.5, 0.2, 0.08), paint, points=10, rings=4).at(0.72, 0, 0.66),
    ]
    wheels = [_wheel(x, 0.31, thick, palette, spokes=4) for x, thick in ((0.72, 0.055), (-0.70, 0.07))]
    beam = Lamp((0.72, 0.0, 0.92), (1.0, 0.0, -0.012), (12.0, 11.6, 10.8), beam=True, reach=60.0)
    return Vehicle.of("motorcycle", parts, wheels, (beam,))


def rider(looks: Looks, *, motor: bool, phase: float = 0.0, helmet: int = -1) -> Mesh:
    """Return somebody who sits on a bicycle or a motorcycle, in its place.

    Args:
        looks: What they wear.
        motor: Whether it is a motorcycle.
        phase: Where the pedals stand, radians.
        helmet: The material of a helmet; -1 for none.
    """
    seat = np.array([-0.30, 0.0, 0.92]) if motor else np.array([-0.24, 0.0, 0.95])
    grips, pedals = (
        (np.array([0.45, 0, 1.05]), np.array([-0.05, 0, 0.42]))
        if motor
        else (np.array([0.34, 0, 1.02]), np.array([-0.08, 0, 0.29]))
    )
    lean, parts = (0.30 if motor else 0.24), []
    neck = _by(seat, lean, 0, 0.52)
    torso = _torso(0.0, 0.60, 0.19 * looks.stout, 0.12 * looks.stout, looks.shirt, lean)
    parts.append(torso.at(*(seat - [0, 0, 0.04])))
    for side in (1, -1):
        turn = phase + (0 if side > 0 else np.pi)
        throw = 0.0 if motor else 0.16
        foot = _by(pedals, throw * np.cos(turn), side * 0.13, throw * np.sin(turn))
        hip = _by(seat, 0.0, side * 0.10, 0.02)
        knee = _bent(hip, foot, 0.45, 0.46, forward=True)
        parts += _limb([hip, knee, foot], [0.088, 0.062, 0.047], looks.trousers)
        parts.append(box((0.25, 0.09, 0.07), looks.shoes, base=False).at(*(_by(foot, 0.05, 0, -0.01))))
        shoulder = _by(neck, 0.0, side * 0.18 * looks.stout, -0.03)
        wrist = _by(grips, -0.05, side * (0.32 if motor else 0.24), 0.03)
        elbow = _bent(shoulder, wrist, 0.30, 0.30, forward=False)
        parts += _limb([shoulder, elbow, wrist], [0.06, 0.046, 0.036], looks.shirt)
        lying = turned(0.0, (float(wrist[0]), float(wrist[1]), float(wrist[2])), pitch=-1.25)
        parts += [part.moved(lying) for part in hand(looks, side)]
    top = _by(neck, 0.06, 0, 0.20)
    parts.append(tube(neck - [0, 0, 0.02], top - [0, 0, 0.06], 0.05, looks.skin))
    if helmet < 0 or not motor:
        parts += [part.at(*top) for part in head(looks)]
    if helmet >= 0 and motor:
        parts.append(ellipsoid((0.28, 0.25, 0.28), helmet, points=14, rings=8).at(*top))
        visor = ellipsoid((0.08, 0.20, 0.10), looks.visor, points=10, rings=6)
        parts.append(visor.at(*(_by(top, 0.11, 0, 0.015))))
    elif helmet >= 0:
        parts.append(ellipsoid((0.26, 0.20, 0.16), helmet, points=14, rings=8).at(*(_by(top, -0.01, 0, 0.09))))
    return Mesh.joined(parts)


def _by(place: Point, x: float, y: float, z: float) -> Point:
    moved: Point = place + np.array([x, y, z])
    return moved


def _bent(start: Point, end: Point, upper: float, lower: float, *, forward: bool) -> Point:
    """Return where the joint between two bones is, in the plane of x and z."""
    way = end - start
    length = min(float(np.linalg.norm(way)), (upper + lower) * 0.999)
    along = (upper**2 - lower**2 + length**2) / (2 * length)
    out = np.sqrt(max(upper**2 - along**2, 0.0))
    axis = way / max(float(np.linalg.norm(way)), 1e-6)
    aside = np.array([-axis[2], 0.0, axis[0]])
    aside *= 1 if (aside[0] > 0) == forward else -1
    joint: Point = start + axis * along + aside / max(float(np.linalg.norm(aside)), 1e-6) * out
    return joint
