"""Lights: panels, rings, domes and back lights, as patches that shine.

Radiance is 1 everywhere on a light; the camera's exposure makes pictures of it. Sizes are in mm, and the camera looks
down on the origin from +z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from domainaug.errors import DomainAugError
from domainaug_simulators.surface.parts import Floats

__all__ = ["KINDS", "LEVELS", "Light", "Patch", "patches_of", "samples_of"]

KINDS: Final = ("bright-field", "dark-field", "ring", "dome", "back-light")
LEVELS: Final = {"bright-field": 0.42, "dark-field": 0.16, "ring": 0.42, "dome": 0.5, "back-light": 0.9}
"""Share of white that a good part is set to; of a back light, the light itself."""

_BAR: Final = 4.0  # length of a dark field's bar over its width
_HOLE_DEG: Final = 7.0  # half of the angle of the hole that the camera looks through
_SPREADS: Final = 1.8  # deviations of slopes that a patch may be wide, in radians
_RING: Final = 24  # patches of a ring
_FLOOR: Final = 1.0  # mm that the lowest of a light keeps above the part's surface


@dataclass(frozen=True, slots=True)
class Light:
    """One light.

    Attributes:
        kind: One of `KINDS`. Bright field: a square panel. Dark field: a bar low beside the part. Ring: around the
            camera's axis. Dome: from everywhere but the camera's hole. Back light: behind the part.
        azimuth_deg: Where a panel or bar is, counter-clockwise from the picture's right.
        elevation_deg: Over the plane z = 0, seen from the origin; of a ring, where it is.
        distance_mm: From the origin.
        size_mm: Side of the panel, width of the bar and of the ring.
    """

    kind: str
    azimuth_deg: float = 90.0
    elevation_deg: float = 60.0
    distance_mm: float = 150.0
    size_mm: float = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A flat rectangle that shines to one side.

    Attributes:
        middle: (3,) in mm.
        along: (3,) half of it along one side.
        across: (3,) half of it along the other; it shines toward along x across.
        radiance: Below 0 takes light away: the hole of a dome.
    """

    middle: Floats
    along: Floats
    across: Floats
    radiance: float = 1.0

    @property
    def area(self) -> float:
        """In mm²."""
        return 4 * float(np.linalg.norm(np.cross(self.along, self.across)))

    def split(self, columns: int, rows: int) -> list[Patch]:
        """Return it in parts."""
        shares = [[(2 * k + 1) / n - 1 for k in range(n)] for n in (columns, rows)]
        return [
            Patch(self.middle + x * self.along + y * self.across, self.along / columns, self.across / rows,
                  self.radiance)
            for x in shares[0] for y in shares[1]
        ]  # fmt: skip

    @property
    def numbers(self) -> list[float]:
        """As the kernel takes it: place, direction, power, spread along an axis."""
        facing = np.cross(self.along, self.across)
        facing = facing / np.linalg.norm(facing)
        spread = float(self.along @ self.along + self.across @ self.across) / 6  # mean of half²/3 over two axes
        return [*self.middle.tolist(), *facing.tolist(), self.radiance * self.area, spread]


def _panel(middle: Floats, wide: float, tall: float) -> Patch:
    """Return a rectangle that faces the origin, its first side level."""
    toward = -middle / np.linalg.norm(middle)
    level = np.array([-middle[1], middle[0], 0.0])
    if np.linalg.norm(level) < 1e-6 * np.linalg.norm(middle):
        level = np.array([1.0, 0.0, 0.0])
    level /= np.linalg.norm(level)
    return Patch(middle, level * wide / 2, np.cross(toward, level) * tall / 2)


def _place(light: Light, azimuth: float) -> Floats:
    up, turn = np.radians(light.elevation_deg), np.radians(azimuth)
    return light.distance_mm * np.array([np.cos(up) * np.cos(turn), np.cos(up) * np.sin(turn), np.sin(up)])


def patches_of(light: Light, eye: float) -> tuple[list[Patch], float]:
    """Return what shines, and the radiance that comes from everywhere above.

    Args:
        light: The light.
        eye: Height of the camera, in mm.

    Raises:
        DomainAugError: It would be below the surface, or stands before the camera.
    """
    if light.kind == "back-light":
        return [], 0.0
    if light.kind == "dome":
        half = eye * np.tan(np.radians(_HOLE_DEG)) * np.sqrt(np.pi) / 2  # a square as large as the hole
        down = np.array([half, 0, 0]), np.array([0, -half, 0])
        return [Patch(np.array([0.0, 0.0, eye]), *down, -1.0)], 1.0
    _refuse_sunken(light)
    if light.kind == "ring":
        return [_panel(_place(light, 360 * k / _RING), *_segment(light)) for k in range(_RING)], 0.0
    wide = light.size_mm * (_BAR if light.kind == "dark-field" else 1.0)
    return [_panel(_place(light, light.azimuth_deg), wide, light.size_mm)], 0.0


def _segment(light: Light) -> tuple[float, float]:
    """Return length and width of one piece of a ring."""
    around = 2 * np.pi * light.distance_mm * np.cos(np.radians(light.elevation_deg))
    return max(float(around) / _RING, 0.1), light.size_mm


def _refuse_sunken(light: Light) -> None:
    up = np.radians(light.elevation_deg)
    lowest = light.distance_mm * np.sin(up) - light.size_mm / 2 * np.cos(up)
    if lowest < _FLOOR:
        raise DomainAugError(
            f"the {light.kind} light at an elevation of {light.elevation_deg:g} deg, {light.size_mm:g} mm wide and "
            f"{light.distance_mm:g} mm away, would reach {abs(lowest):.3g} mm {'below' if lowest < 0 else 'above'} the "
            f"surface, and {_FLOOR:g} mm above is the least: raise it, make it smaller, or move it away"
        )


def samples_of(patches: Sequence[Patch], rough: float = 0.1) -> Floats:
    """Return (n, 8) what the kernel reckons with: patches that are small beside the spread of the facets.

    Args:
        patches: What shines.
        rough: Standard deviation of the facets' slopes, along the smoother direction.
    """
    widest = float(np.clip(_SPREADS * rough, 0.05, 0.3))
    parts = [part for patch in patches for part in patch.split(*_splits(patch, widest, len(patches)))]
    return np.array([one.numbers for one in parts], np.float64).reshape(-1, 8)


def _splits(patch: Patch, widest: float, count: int) -> tuple[int, int]:
    """Return into how many parts a patch is cut along each side; pieces of a ring stay whole along it."""
    far = float(np.linalg.norm(patch.middle))
    first, second = (2 * float(np.linalg.norm(side)) / far for side in (patch.along, patch.across))
    along = 1 if count > 1 else int(np.clip(np.ceil(first / widest), 1, 16))
    return along, int(np.clip(np.ceil(second / (widest if count == 1 else 2 * widest)), 1, 8))
