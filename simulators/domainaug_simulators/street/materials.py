"""What surfaces are made of: color, gloss, a pattern that is worked out at every point, and light of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

import numpy as np

from domainaug_simulators.street.mesh import Floats

__all__ = ["COLUMNS", "Glow", "Material", "Palette", "Pattern"]


class Pattern(IntEnum):
    """How color and relief vary over a surface; what `Material.sizes` mean is in brackets."""

    PLAIN = 0
    ASPHALT = 1  # [lane width, lanes to the left edge]
    PAVING = 2  # [slab, slab]
    BRICK = 3  # [length, height]
    FACADE = 4  # [bay, storey, window width share, window height share]
    CURTAIN = 5  # [pane width, storey]
    GRASS = 6
    LEAVES = 7
    BARK = 8
    PAINT = 9  # road paint, worn
    TILES = 10  # roof [row, tile]
    SIGN = 11  # [kind, digits]
    CONCRETE = 12
    CLOTH = 13
    PLANK = 14
    STRIPES = 15  # [width]: red and white
    BRICK_FACADE = 16  # as FACADE, its wall of bricks


class Glow(IntEnum):
    """When a surface gives light."""

    NEVER = 0
    ALWAYS = 1
    AT_NIGHT = 2  # lamps, rear lights
    HEADLIGHT = 3
    WINDOWS = 4  # some of the windows of its pattern, at night


@dataclass(frozen=True, slots=True)
class Material:
    """One material.

    Attributes:
        color: Diffuse reflectance, linear RGB, 0 to 1.
        second: The other color of its pattern (joints, glass, markings).
        roughness: 0 is a mirror, 1 is chalk.
        mirror: Reflectance straight on (F0): 0.04 for paint and glass.
        pattern: How it varies.
        sizes: Meters (or shares) of its pattern.
        seed: Where its pattern starts; another wall, other windows.
        light: Radiance of its own, linear RGB, in cd/m2 / 100.
        glow: When.
        cover: How much snow it holds, 0 to 1.
        soak: How much darker and glossier it gets when wet, 0 to 1.
        through: Share of light that comes through from behind (leaves).
    """

    color: tuple[float, float, float]
    second: tuple[float, float, float] = (0.0, 0.0, 0.0)
    roughness: float = 0.9
    mirror: float = 0.03
    pattern: Pattern = Pattern.PLAIN
    sizes: Sequence[float] = ()
    seed: int = 0
    light: tuple[float, float, float] = (0.0, 0.0, 0.0)
    glow: Glow = Glow.NEVER
    cover: float = 1.0
    soak: float = 0.3
    through: float = 0.0

    def colored(self, color: tuple[float, float, float]) -> Material:
        """Return it in another color."""
        return replace(self, color=color)

    def row(self) -> list[float]:
        """Return it as a row of the table that kernels read; the order is `COLUMNS`."""
        sizes = [*self.sizes, 0.0, 0.0, 0.0, 0.0][:4]
        scalars = [self.roughness, self.mirror, float(self.pattern), *sizes, float(self.seed)]
        return [*self.color, *self.second, *scalars, *self.light, float(self.glow), self.cover, self.soak, self.through]


COLUMNS: Final = {
    "color": 0,
    "second": 3,
    "roughness": 6,
    "mirror": 7,
    "pattern": 8,
    "sizes": 9,
    "seed": 13,
    "light": 14,
    "glow": 17,
    "cover": 18,
    "soak": 19,
    "through": 20,
}
"""Where each value of a material stands in its row."""


@dataclass(slots=True)
class Palette:
    """The materials of a scene, each once, by number."""

    _numbers: dict[Material, int] = field(default_factory=dict)

    def number(self, material: Material) -> int:
        """Return the number of a material, a new one where it was not there."""
        material = replace(material, sizes=tuple(material.sizes))
        return self._numbers.setdefault(material, len(self._numbers))

    def copy(self) -> Palette:
        """Return another that numbers the same materials alike."""
        return Palette(dict(self._numbers))

    def table(self) -> Floats:
        """Return all of them, (materials, 21)."""
        return np.array([material.row() for material in self._numbers], np.float32).reshape(-1, 21)
