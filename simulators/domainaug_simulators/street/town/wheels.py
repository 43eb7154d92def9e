"""Wheels that roll and steer, and vehicles on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.mesh import Mesh, disc, lathe, tube, turned
from domainaug_simulators.street.scene import Lamp
from domainaug_simulators.street.town.paints import Paints

__all__ = ["Vehicle", "Wheel", "on_wheels"]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel.

    Attributes:
        mesh: Its triangles about its hub; it turns about y.
        place: (3,) of its hub.
        radius: Meters.
        steers: Whether it is one of the front wheels.
    """

    mesh: Mesh
    place: tuple[float, float, float]
    radius: float
    steers: bool

    def rolled(self, driven: float, steering: float) -> Mesh:
        """Return it in its place after `driven` meters, turned by `steering` radians to the left where it steers."""
        return self.mesh.moved(turned(steering if self.steers else 0.0, self.place, pitch=driven / self.radius))


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle about the origin.

    Attributes:
        kind: "sedan", "van", "truck" ...
        body: Its triangles but for the wheels.
        wheels: Its wheels.
        size: Length, width, height.
        lamps: Its low beams.
    """

    kind: str
    body: Mesh
    wheels: tuple[Wheel, ...]
    size: tuple[float, float, float]
    lamps: tuple[Lamp, ...]

    @classmethod
    def of(cls, kind: str, parts: Sequence[Mesh], wheels: Sequence[Wheel], lamps: tuple[Lamp, ...]) -> Vehicle:
        """Return a vehicle of parts."""
        body = Mesh.joined(parts)
        low, high = Mesh.joined([body, *(wheel.rolled(0.0, 0.0) for wheel in wheels)]).bounds
        return cls(kind, body, tuple(wheels), (float(high[0] - low[0]), float(high[1] - low[1]), float(high[2])), lamps)

    @property
    def mesh(self) -> Mesh:
        """All of its triangles, as it stands."""
        return self.posed()

    def posed(self, driven: float = 0.0, steering: float = 0.0) -> Mesh:
        """Return all of its triangles after `driven` meters, its front wheels turned `steering` radians to the left."""
        return Mesh.joined([self.body, *(wheel.rolled(driven, steering) for wheel in self.wheels)])


def _wheel(x: float, y: float, radius: float, side: int, palette: Palette, width: float = 0.22) -> Wheel:
    tire, rim, dark = (palette.number(m) for m in (Paints.rubber, Paints.steel, Paints.plastic))
    out = side * width / 2
    turn = turned(np.pi / 2 * side, (0.0, out, 0.0))
    spokes = []
    for angle in np.arange(5) * 2 * np.pi / 5:
        end = np.array([0.012, np.cos(angle) * radius * 0.6, np.sin(angle) * radius * 0.6])
        spokes.append(tube((0.012, 0, 0), end, 0.045, rim, to=0.03, points=5))
    profile = [
        (radius * 0.9, -width / 2),
        (radius, -width / 2 + 0.03),
        (radius, width / 2 - 0.03),
        (radius * 0.9, width / 2),
    ]
    parts = [
        lathe(profile, tire, points=20).moved(turned(0, roll=np.pi / 2)),
        disc(radius * 0.66, dark, points=16).moved(turned(np.pi / 2 * side, (0.0, out + side * 0.002, 0.0))),
        *(spoke.moved(turn) for spoke in spokes),
        disc(radius * 0.14, rim, points=8).moved(turned(np.pi / 2 * side, (0.0, out + side * 0.03, 0.0))),
    ]
    return Wheel(Mesh.joined(parts), (x, y, radius), radius, x > 0)


def _arch(wheel: Wheel, palette: Palette, width: float = 0.22) -> Mesh:
    """Return the dark of the body about a wheel."""
    x, y, z = wheel.place
    side = 1 if y > 0 else -1
    place = (x, y + side * (width / 2 - 0.035), z * 1.04)
    return disc(z * 1.16, palette.number(Paints.plastic), points=20).moved(turned(np.pi / 2 * side, place))


def on_wheels(
    kind: str,
    parts: list[Mesh],
    axles: Sequence[float],
    half: float,
    radius: float,
    palette: Palette,
    lamps: tuple[Lamp, ...],
    width: float = 0.22,
) -> Vehicle:
    """Return a vehicle of parts on wheels `half` meters to both sides of its middle."""
    wheels = [_wheel(x, side * half, radius, side, palette, width) for x in axles for side in (-1, 1)]
    return Vehicle.of(kind, [*parts, *(_arch(wheel, palette, width) for wheel in wheels)], wheels, lamps)
