"""Cracks: a dark line that wanders, branches and tapers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing.defect import Defect, generator
from domainaug.manufacturing.defects.kinds import finished, noise_line
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of
from domainaug.manufacturing.strokes import canvas_around, stroke, wander

__all__ = ["Crack"]

Points = NDArray[np.float64]

_MOST_BRANCHES = 6


@dataclass(frozen=True, slots=True)
class Crack:
    """A crack: its heading is pulled back to where the stress drives it, light that gets in hardly comes out.

    Attributes:
        length_mm: Along the path.
        width_mm: Of the opening in the middle; it tapers toward the tips.
        heading_deg: Counter-clockwise from the picture's right.
        branches_per_mm: How many set off, on average.
        trap: Share of the light that comes out of the opening.
        depth_mm: How far its lips sink.
        bend_deg: How much the heading wanders per square root of mm.
    """

    length_mm: Sized = (3.0, 30.0)
    width_mm: Sized = (0.03, 0.2)
    heading_deg: Sized = (0.0, 180.0)
    branches_per_mm: Sized = (0.0, 0.08)
    trap: Sized = (0.12, 0.4)
    depth_mm: Sized = (0.0, 0.01)
    bend_deg: Sized = (14.0, 30.0)

    name: ClassVar[str] = "crack"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one; see `Kind`."""
        random = generator(seed, self.name)
        length, width, heading, rate, trap, depth, bend = (
            size_of(name, getattr(self, name)).draw(random)
            for name in (
                *("length_mm", "width_mm", "heading_deg", "branches_per_mm"),
                *("trap", "depth_mm", "bend_deg"),
            )
        )
        step = max(site.pitch_mm, length / 110)
        trunk = wander(random, length, heading, step_mm=step, bend=bend, pull=0.8)
        paths = [(trunk, 1.0, True)]
        for _ in range(min(int(random.poisson(rate * length)), _MOST_BRANCHES)):
            paths.append((_branch(random, trunk, length, heading, step, bend), float(random.uniform(0.45, 0.8)), False))
        every = np.concatenate([path for path, _, _ in paths])
        reach = width + 1.5 * site.pitch_mm
        canvas = canvas_around(every, reach, width, site.pitch_mm)
        coverage, lips = canvas.zeros(), canvas.zeros()
        knots = int(np.clip(length / 0.8, 3, 40))
        for smooth, share, both in paths:
            path = smooth + random.normal(0.0, 0.12 * width * share, smooth.shape)  # it goes around every grain
            line = stroke(canvas, path, reach)
            way = np.linspace(0, 1, 96)
            taper = (np.minimum(way, 1 - way) * 2) ** 0.45 if both else (1 - way) ** 0.6
            opening = width * share * np.clip(taper * (0.9 + 0.16 * noise_line(96, knots, random)), 0.12, 1.4)
            wide = np.interp(line.along, way, opening).astype(np.float32)
            coverage = np.maximum(coverage, line.coverage(wide, canvas.step_mm))
            sunk = np.maximum(1 - line.distance / np.float32(reach), 0.0)
            lips = np.maximum(lips, np.where(np.isfinite(line.distance), sunk, 0.0))
        return site.placed(
            finished(
                self.name,
                canvas,
                site,
                coverage=coverage,
                height_mm=-np.float32(depth) * lips**2,
                albedo=1 - (1 - trap) * coverage,
                covered=0.2,
                least_px=3,
                parameters={
                    "length_mm": length,
                    "width_mm": width,
                    "heading_deg": heading % 180.0,
                    "branches": float(len(paths) - 1),
                    "trap": trap,
                },
                seed=seed,
            ),
            random,
        )


def _branch(
    random: np.random.Generator, trunk: Points, length: float, heading: float, step: float, bend: float
) -> Points:
    """Return a path that leaves the trunk at an angle and is shorter."""
    start = trunk[int(random.uniform(0.15, 0.85) * (len(trunk) - 1))]
    away = float(random.choice([-1.0, 1.0]) * random.uniform(25.0, 65.0))
    path = wander(random, length * float(random.uniform(0.08, 0.35)), heading + away, step_mm=step, bend=bend, pull=0.8)
    return np.asarray(path - path[0] + start)
