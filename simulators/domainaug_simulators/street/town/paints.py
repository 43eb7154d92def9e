"""The materials that streets are made of, by name."""

from __future__ import annotations

from typing import Final

from domainaug_simulators.street.materials import Glow, Material, Pattern

__all__ = ["CAR_COLORS", "CLOTHES", "FACADES", "Paints"]


class Paints:
    """Materials by name; each is the same object wherever it is used."""

    asphalt = Material((0.085, 0.085, 0.09), pattern=Pattern.ASPHALT, sizes=(3.5,), soak=0.9)
    crossing_asphalt = Material((0.085, 0.085, 0.09), pattern=Pattern.ASPHALT, soak=0.9)
    paving = Material((0.32, 0.31, 0.29), pattern=Pattern.PAVING, sizes=(0.6, 0.6), soak=0.6)
    curb = Material((0.42, 0.41, 0.39), pattern=Pattern.CONCRETE, soak=0.5)
    grass = Material((0.07, 0.105, 0.028), (0.15, 0.135, 0.06), pattern=Pattern.GRASS, soak=0.35)
    marking = Material((0.68, 0.68, 0.66), (0.09, 0.09, 0.09), roughness=0.6, pattern=Pattern.PAINT, soak=0.6)
    concrete = Material((0.38, 0.37, 0.35), pattern=Pattern.CONCRETE, soak=0.5)
    steel = Material((0.27, 0.28, 0.28), roughness=0.42, mirror=0.25, soak=0.1, cover=0.4)
    dark_steel = Material((0.05, 0.055, 0.06), roughness=0.4, mirror=0.08, soak=0.1, cover=0.4)
    chrome = Material((0.35, 0.35, 0.36), roughness=0.12, mirror=0.5, soak=0.0, cover=0.2)
    rubber = Material((0.018, 0.018, 0.019), roughness=0.85, soak=0.2, cover=0.15)
    plastic = Material((0.03, 0.03, 0.032), roughness=0.55, soak=0.1, cover=0.3)
    car_glass = Material((0.012, 0.014, 0.015), roughness=0.02, mirror=0.07, soak=0.0, cover=0.55)
    plate = Material((0.75, 0.75, 0.7), roughness=0.4, soak=0.0, cover=0.1)
    headlight = Material(
        (0.75, 0.76, 0.78), roughness=0.08, mirror=0.2, light=(14.0, 13.4, 12.0), glow=Glow.HEADLIGHT, soak=0.0
    )
    taillight = Material(
        (0.42, 0.01, 0.012), roughness=0.15, mirror=0.06, light=(0.55, 0.012, 0.012), glow=Glow.AT_NIGHT, soak=0.0
    )
    dark_headlight = Material((0.75, 0.76, 0.78), roughness=0.08, mirror=0.2, soak=0.0)
    dark_taillight = Material((0.42, 0.01, 0.012), roughness=0.15, mirror=0.06, soak=0.0)
    brake_light = Material(
        (0.42, 0.01, 0.012), roughness=0.15, mirror=0.06, light=(5.0, 0.09, 0.07), glow=Glow.ALWAYS, soak=0.0
    )
    left_light = Material((0.55, 0.21, 0.02), roughness=0.15, mirror=0.06, soak=0.0, seed=1)
    right_light = Material((0.55, 0.21, 0.02), roughness=0.15, mirror=0.06, soak=0.0, seed=2)
    turning_light = Material(
        (0.55, 0.21, 0.02), roughness=0.15, mirror=0.06, light=(6.0, 2.3, 0.12), glow=Glow.ALWAYS, soak=0.0
    )
    lamp_glass = Material((0.75, 0.75, 0.72), roughness=0.3, light=(7.0, 5.9, 4.2), glow=Glow.AT_NIGHT, cover=0.2)
    skin = Material((0.50, 0.32, 0.23), roughness=0.6, soak=0.1, cover=0.0)
    eyes = Material((0.02, 0.016, 0.014), roughness=0.15, soak=0.0, cover=0.0)
    hair = Material((0.035, 0.025, 0.02), roughness=0.7, soak=0.1, cover=0.2)
    bark = Material((0.115, 0.09, 0.065), pattern=Pattern.BARK, cover=0.3)
    roof_tiles = Material((0.30, 0.11, 0.06), pattern=Pattern.TILES, sizes=(0.33, 0.24), soak=0.4)
    roof_gray = Material((0.19, 0.185, 0.18), pattern=Pattern.CONCRETE, soak=0.5)
    wood = Material((0.24, 0.155, 0.085), pattern=Pattern.PLANK, soak=0.4, cover=0.5)
    cone = Material(
        (0.75, 0.17, 0.03), (0.75, 0.75, 0.72), roughness=0.5, pattern=Pattern.STRIPES, sizes=(0.16,), cover=0.1
    )
    stop_green = Material((0.02, 0.20, 0.07), roughness=0.45, soak=0.0, cover=0.1)
    soil = Material((0.10, 0.075, 0.05), pattern=Pattern.CONCRETE, soak=0.6)
    red_lamp = Material((0.25, 0.01, 0.01), light=(9.0, 0.25, 0.2), glow=Glow.ALWAYS, soak=0.0, cover=0.0)
    amber_lamp = Material((0.3, 0.15, 0.01), light=(9.0, 4.0, 0.2), glow=Glow.ALWAYS, soak=0.0, cover=0.0)
    green_lamp = Material((0.01, 0.2, 0.08), light=(0.3, 7.0, 3.6), glow=Glow.ALWAYS, soak=0.0, cover=0.0)
    dead_lamp = Material((0.03, 0.03, 0.03), roughness=0.3, mirror=0.05, soak=0.0, cover=0.0)


CAR_COLORS: Final = (
    ((0.62, 0.63, 0.64), 0.22),
    ((0.30, 0.31, 0.32), 0.20),
    ((0.02, 0.021, 0.023), 0.18),
    ((0.80, 0.80, 0.78), 0.17),
    ((0.03, 0.07, 0.22), 0.09),
    ((0.38, 0.02, 0.02), 0.07),
    ((0.10, 0.12, 0.09), 0.03),
    ((0.36, 0.28, 0.18), 0.02),
    ((0.70, 0.34, 0.03), 0.02),
)
"""Paints of cars, linear RGB, and how common each is."""

CLOTHES: Final = (
    (0.03, 0.035, 0.05),
    (0.06, 0.08, 0.16),
    (0.30, 0.30, 0.30),
    (0.35, 0.05, 0.05),
    (0.10, 0.16, 0.10),
    (0.45, 0.36, 0.22),
    (0.60, 0.58, 0.54),
    (0.16, 0.10, 0.07),
    (0.55, 0.38, 0.05),
    (0.10, 0.28, 0.36),
)

FACADES: Final = (
    (0.60, 0.53, 0.40),
    (0.66, 0.64, 0.58),
    (0.42, 0.46, 0.47),
    (0.60, 0.44, 0.32),
    (0.52, 0.30, 0.22),
    (0.55, 0.55, 0.45),
    (0.70, 0.60, 0.38),
    (0.35, 0.33, 0.31),
)
