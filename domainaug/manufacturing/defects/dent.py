"""Dents: a smooth bowl with a rim of what was pushed aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from domainaug.manufacturing.defect import Defect, generator
from domainaug.manufacturing.defects.kinds import finished, smooth_step
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of
from domainaug.manufacturing.strokes import canvas_around

__all__ = ["Dent"]


@dataclass(frozen=True, slots=True)
class Dent:
    """A dent: a bowl (1 - r^2)^2 that ends without an edge, a rim around it, and an outline that is nearly round.

    Attributes:
        diameter_mm: Of the bowl, along its longer axis.
        depth_share: Depth over diameter: 0.02 is shallow, 0.1 a sharp knock.
        rim: Height of the rim as a share of the depth.
        elongation: Longer over shorter axis.
        heading_deg: Of the longer axis.
        wobble: Departure of the outline from an ellipse, as a share of the radius.
    """

    diameter_mm: Sized = (1.0, 8.0)
    depth_share: Sized = (0.008, 0.05)
    rim: Sized = (0.08, 0.2)
    elongation: Sized = (1.0, 1.8)
    heading_deg: Sized = (0.0, 180.0)
    wobble: Sized = (0.02, 0.1)

    name: ClassVar[str] = "dent"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one; see `Kind`."""
        random = generator(seed, self.name)
        diameter, share, rim, elongation, heading, wobble = (
            size_of(name, getattr(self, name)).draw(random)
            for name in ("diameter_mm", "depth_share", "rim", "elongation", "heading_deg", "wobble")
        )
        corner = np.array([[-1.0, -1.0], [1.0, 1.0]]) * diameter / 2
        canvas = canvas_around(corner, 0.42 * diameter, diameter, site.pitch_mm)
        x, y = canvas.axes()
        turn = np.radians(heading)
        long = (x * np.cos(turn) - y * np.sin(turn)) / (diameter / 2)
        short = (x * np.sin(turn) + y * np.cos(turn)) / (diameter / 2) * elongation
        angle = np.arctan2(short, long)
        waves = sum(
            np.float32(random.normal() / k) * np.cos(k * angle + np.float32(random.uniform(0, 2 * np.pi)))
            for k in (2, 3, 4, 5)
        )
        radius = np.hypot(long, short) / (1 + np.float32(wobble) * waves)
        bowl = np.where(radius < 1, (1 - np.minimum(radius, 1.0) ** 2) ** 2, 0.0)
        depth = share * diameter
        height = depth * (rim * np.exp(-(((radius - 1.12) / 0.16) ** 2)) - bowl)
        return site.placed(
            finished(
                self.name,
                canvas,
                site,
                coverage=1 - smooth_step(radius.astype(np.float32), 1.05, 1.3),
                height_mm=height.astype(np.float32),
                roughness=np.where(radius < 1, -0.03, 0.0).astype(np.float32),
                covered=0.5,
                parameters={
                    "diameter_mm": diameter,
                    "depth_mm": depth,
                    "rim": rim,
                    "elongation": elongation,
                    "heading_deg": heading % 180.0,
                },
                seed=seed,
            ),
            random,
        )
