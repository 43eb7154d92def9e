"""Pores in what X-rays pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from domainaug.manufacturing.defect import Defect, generator
from domainaug.manufacturing.defects.kinds import finished, smooth_step
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of
from domainaug.manufacturing.strokes import canvas_around

__all__ = ["Pore"]


@dataclass(frozen=True, slots=True)
class Pore:
    """Gas pores: ellipsoids of nothing. A ray that passes one meets less material, by the length of its chord.

    Light follows I exp(mu d) with the chord d (`Relight` knows the coefficient), as in D. Mery's simulation of flaws
    (2001): no level is added by hand. What covers less than a tenth of the longest chord is not marked.

    Attributes:
        diameter_mm: Of a pore, across the rays.
        cluster: How many lie together.
        spread_mm: How far a cluster reaches.
        flatness: Length along the rays over that across.
        elongation: Longer over shorter axis across the rays.
    """

    diameter_mm: Sized = (0.2, 2.0)
    cluster: Sized = (1.0, 8.0)
    spread_mm: Sized = (1.0, 5.0)
    flatness: Sized = (0.5, 1.2)
    elongation: Sized = (1.0, 1.6)

    name: ClassVar[str] = "pore"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one; see `Kind`."""
        random = generator(seed, self.name)
        size = size_of("diameter_mm", self.diameter_mm)
        cluster, spread, flatness, elongation = (
            size_of(name, getattr(self, name)).draw(random)
            for name in ("cluster", "spread_mm", "flatness", "elongation")
        )
        diameters = [size.draw(random) for _ in range(max(1, round(cluster)))]
        middles = np.concatenate([np.zeros((1, 2)), random.normal(0.0, spread / 2.5, (len(diameters) - 1, 2))])
        canvas = canvas_around(middles, 0.6 * max(diameters), min(diameters), site.pitch_mm)
        x, y = canvas.axes()
        chord = canvas.zeros()
        for (right, down), diameter in zip(middles.tolist(), diameters, strict=True):
            turn = random.uniform(0, np.pi)
            wide = max(diameter, 3 * elongation * canvas.step_mm)  # as much of nothing, where it is below a pixel
            long = ((x - right) * np.cos(turn) - (y - down) * np.sin(turn)) * (2 / wide)
            short = ((x - right) * np.sin(turn) + (y - down) * np.cos(turn)) * (2 * elongation / wide)
            chord += np.float32(diameter * flatness * (diameter / wide) ** 2) * np.sqrt(
                np.maximum(1 - long**2 - short**2, 0.0)
            )
        longest = float(chord.max())
        return site.placed(
            finished(
                self.name,
                canvas,
                site,
                coverage=smooth_step(chord / np.float32(max(longest, 1e-9)), 0.0, 0.2),
                height_mm=-chord,
                covered=0.4,
                parameters={
                    "diameter_mm": max(diameters),
                    "cluster": float(len(diameters)),
                    "chord_mm": longest,
                    "flatness": flatness,
                    "elongation": elongation,
                },
                seed=seed,
            ),
            random,
        )
