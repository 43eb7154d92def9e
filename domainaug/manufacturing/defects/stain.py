"""Stains: oil, water marks, dirt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from domainaug.manufacturing.defect import Defect, Floats, generator
from domainaug.manufacturing.defects.kinds import finished, noise, smooth_step
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of
from domainaug.manufacturing.strokes import Canvas, canvas_around

__all__ = ["Stain", "blot"]

_PULL = 0.85  # of the outline toward the ellipse, against the noise


@dataclass(frozen=True, slots=True)
class Stain:
    """A film that takes light by Beer and Lambert's law, is denser at its dried edge, and changes the gloss.

    Attributes:
        diameter_mm: Of the patch.
        density: Optical density of the film.
        ring: How much denser the dried edge is, as a share.
        tint: What red, green and blue take of the density, one number each; gray pictures take their mean.
        gloss: Change of roughness; below 0 is glossier, as oil.
        ragged: How far the outline departs from an ellipse.
        elongation: Longer over shorter axis.
        hides: How much of the texture below it cannot be seen: none below oil, all below paint, rust or casting skin.
    """

    diameter_mm: Sized = (2.0, 12.0)
    density: Sized = (0.08, 0.45)
    ring: Sized = (0.0, 0.8)
    tint: tuple[float, float, float] = (0.8, 1.0, 1.35)
    gloss: Sized = (-0.04, 0.03)
    ragged: Sized = (0.25, 0.6)
    elongation: Sized = (1.0, 2.0)
    hides: Sized = 0.0

    name: ClassVar[str] = "stain"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one; see `Kind`."""
        random = generator(seed, self.name)
        diameter, density, ring, ragged, elongation, hides = (
            size_of(name, getattr(self, name)).draw(random)
            for name in ("diameter_mm", "density", "ring", "ragged", "elongation", "hides")
        )
        gloss = size_of("gloss", self.gloss, least=-1.0).draw(random)
        canvas = canvas_around(
            np.array([[-0.5, -0.5], [0.5, 0.5]]) * diameter, 0.35 * diameter, diameter, site.pitch_mm
        )
        field = blot(canvas, diameter, elongation, ragged, random)
        soft = max(0.06, 1.5 * site.pitch_mm / diameter)
        coverage = smooth_step(field, 0.0, soft)
        edge = np.exp(-(((field - soft) / (1.6 * soft)) ** 2))
        blotchy = 1 + 0.3 * noise(canvas, diameter / 5, random, octaves=3)
        film = coverage * np.float32(density) * (0.75 * blotchy + np.float32(ring) * edge)
        tint = np.array(self.tint, np.float32)
        factor: Floats = (
            10.0 ** (-film[..., None] * tint) if site.channels == 3 else 10.0 ** (-film * np.float32(tint.mean()))
        )
        return site.placed(
            finished(
                self.name,
                canvas,
                site,
                coverage=coverage,
                albedo=factor,
                roughness=np.float32(gloss) * coverage,
                worn=np.float32(min(hides, 1.0)) * coverage if hides > 0 else None,
                covered=0.5,
                parameters={
                    "diameter_mm": diameter,
                    "density": density,
                    "ring": ring,
                    "gloss": gloss,
                    "elongation": elongation,
                },
                seed=seed,
            ),
            random,
        )


def blot(canvas: Canvas, diameter: float, elongation: float, ragged: float, random: np.random.Generator) -> Floats:
    """Return a field that is above 0 within a ragged patch: an ellipse whose outline noise pushes in and out.

    Args:
        canvas: The window.
        diameter: mm.
        elongation: Longer over shorter axis.
        ragged: How far, in radii.
        random: Chance.
    """
    x, y = canvas.axes()
    turn = random.uniform(0, np.pi)
    long = (x * np.cos(turn) - y * np.sin(turn)) * (2 / diameter)
    short = (x * np.sin(turn) + y * np.cos(turn)) * (2 * elongation**0.7 / diameter)
    wobble = noise(canvas, diameter / 2.2, random, octaves=4)
    fine = noise(canvas, diameter / 9, random, octaves=2)
    return np.asarray(_PULL * (1 - np.hypot(long, short)) + np.float32(ragged) * (wobble + 0.25 * fine), np.float32)
