"""Pits and blowholes: one hole, or a cluster of small ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing.defect import Defect, Floats, generator
from domainaug.manufacturing.defects.kinds import finished, noise, smooth_step
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of
from domainaug.manufacturing.strokes import canvas_around

__all__ = ["Pit"]

_BLUNT = 2.5  # 2 is an ellipse; long holes end less sharply
_TRIES = 40  # at a place that is far enough from the others


@dataclass(frozen=True, slots=True)
class Pit:
    """Holes that are about as deep as wide: dark, with a wall that is lit on one side, and irregular in outline.

    Attributes:
        diameter_mm: Of a hole.
        cluster: How many lie together; 1 is a single hole.
        spread_mm: How far a cluster reaches.
        depth_share: Depth over the shorter diameter.
        dark: Share of the light that comes out of the bottom.
        elongation: Longer over shorter axis.
        heading_deg: Of the longer axis, counter-clockwise from the picture's right.
        ragged: Departure of the outline from an ellipse, as a share of the radius.
        mottled: Standard deviation of what the bottom gives back, which was never ground or brushed.
    """

    diameter_mm: Sized = (0.15, 1.2)
    cluster: Sized = (1.0, 6.0)
    spread_mm: Sized = (0.8, 3.0)
    depth_share: Sized = (0.15, 0.5)
    dark: Sized = (0.15, 0.5)
    elongation: Sized = (1.0, 2.2)
    heading_deg: Sized = (0.0, 180.0)
    ragged: Sized = (0.08, 0.25)
    mottled: Sized = (0.04, 0.14)

    name: ClassVar[str] = "pit"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one; see `Kind`."""
        random = generator(seed, self.name)
        size = size_of("diameter_mm", self.diameter_mm)
        heading = size_of("heading_deg", self.heading_deg)
        cluster, spread, share, dark, elongation, ragged, mottled = (
            size_of(name, getattr(self, name)).draw(random)
            for name in ("cluster", "spread_mm", "depth_share", "dark", "elongation", "ragged", "mottled")
        )
        diameters = sorted((size.draw(random) for _ in range(max(1, round(cluster)))), reverse=True)
        middles = _apart(random, diameters, spread)
        reach = 0.9 * diameters[0]
        canvas = canvas_around(middles, reach, diameters[-1], site.pitch_mm)
        x, y = canvas.axes()
        coverage, height, floor = canvas.zeros(), canvas.zeros(), canvas.zeros()
        for middle, diameter in zip(middles.tolist(), diameters, strict=True):
            radius = _hole(x - middle[0], y - middle[1], diameter, heading.draw(random), elongation, ragged, random)
            edge = float(canvas.step_mm * 2 / diameter)
            inside = 1 - smooth_step(radius, 1 - edge, 1 + edge)
            coverage = np.maximum(coverage, inside)
            bowl = np.sqrt(np.maximum(1 - np.minimum(radius, 1.0) ** 2, 0.0))
            height = np.minimum(height, -np.float32(share * diameter / elongation) * bowl)
            floor = np.maximum(floor, inside * (1 - smooth_step(radius, 0.6, 1.0) * 0.35))
        mottle = 1 + np.float32(4 * mottled) * noise(canvas, diameters[0] / 4, random, octaves=3)  # deviation about 1/4
        return site.placed(
            finished(
                self.name,
                canvas,
                site,
                coverage=coverage,
                height_mm=height,
                albedo=1 - (1 - np.float32(dark) * np.clip(mottle, 0.4, 1.6)) * floor,
                roughness=0.1 * coverage,
                worn=coverage,
                covered=0.4,
                least_px=2,
                parameters={
                    "diameter_mm": diameters[0],
                    "cluster": float(len(diameters)),
                    "depth_mm": share * diameters[0] / elongation,
                    "dark": dark,
                    "elongation": elongation,
                },
                seed=seed,
            ),
            random,
        )


def _hole(
    x: Floats,
    y: Floats,
    diameter: float,
    heading: float,
    elongation: float,
    ragged: float,
    random: np.random.Generator,
) -> Floats:
    """Return (h, w): how far out of a ragged ellipse every pixel is; 1 on its outline."""
    turn = np.radians(heading)
    long = (x * np.cos(turn) - y * np.sin(turn)) * (2 / diameter)
    short = (x * np.sin(turn) + y * np.cos(turn)) * (2 * elongation / diameter)
    angle = np.arctan2(short, long)
    waves = sum(
        np.float32(np.clip(random.normal(), -1.8, 1.8) / k) * np.cos(k * angle + np.float32(random.uniform(0, 6.3)))
        for k in (2, 3, 5, 7)
    )
    blunt = (np.abs(long) ** _BLUNT + np.abs(short) ** _BLUNT) ** (1 / _BLUNT)
    return np.asarray(blunt / np.maximum(1 + np.float32(1.3 * ragged) * waves, 0.3), np.float32)


def _apart(random: np.random.Generator, diameters: list[float], spread: float) -> NDArray[np.float64]:
    """Return (n, 2) middles in mm that keep their distance, where there is room (dart throwing)."""
    found = [np.zeros(2)]
    for diameter in diameters[1:]:
        at = np.zeros(2)
        for _ in range(_TRIES):
            at = random.normal(0.0, spread / 2.5, 2)
            if all(np.hypot(*(at - other)) > 0.6 * (diameter + diameters[k]) for k, other in enumerate(found)):
                break
        found.append(at)
    return np.array(found)
