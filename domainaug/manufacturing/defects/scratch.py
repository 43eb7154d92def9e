"""Scratches: a groove with rims, whose depth follows the load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from domainaug.manufacturing.defect import Defect, Floats, generator
from domainaug.manufacturing.defects.kinds import finished, noise_line, smooth_step
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of
from domainaug.manufacturing.strokes import canvas_around, stroke, wander

__all__ = ["Scratch"]


@dataclass(frozen=True, slots=True)
class Scratch:
    """A scratch: a path that hardly bends, a V-shaped groove with ploughed-up rims, a load that rises, skips and fades.

    The sizes are engineering defaults, not measured on a line; learn them from masks where there are some.

    Attributes:
        length_mm: Along the path.
        width_mm: Of the groove, where the load is full.
        depth_share: Depth of the groove over its width.
        heading_deg: Counter-clockwise from the picture's right.
        rims: Height of the rims as a share of the depth.
        fresh: Factor on what the bared surface gives back; above 1 where metal is brighter than its skin.
        skips: Share of the length where the tool hardly touches.
        bend_deg: How much the heading wanders per square root of mm.
        arc_deg: How far it turns per mm, to either side.
    """

    length_mm: Sized = (2.0, 15.0)
    width_mm: Sized = (0.04, 0.25)
    depth_share: Sized = (0.05, 0.25)
    heading_deg: Sized = (0.0, 180.0)
    rims: Sized = (0.2, 0.4)
    fresh: Sized = (1.3, 3.5)
    skips: Sized = (0.0, 0.35)
    bend_deg: Sized = (0.6, 4.0)

    arc_deg: Sized = (0.0, 5.0)

    name: ClassVar[str] = "scratch"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one; see `Kind`."""
        random = generator(seed, self.name)
        length, width, depth_share, heading, rims, fresh, skips, bend, arc = (
            size_of(name, getattr(self, name)).draw(random)
            for name in (
                *("length_mm", "width_mm", "depth_share", "heading_deg"),
                *("rims", "fresh", "skips", "bend_deg", "arc_deg"),
            )
        )
        depth = depth_share * width
        side = float(random.choice([-1.0, 1.0]))
        step = max(site.pitch_mm, length / 96)
        path = wander(random, length, heading, step_mm=step, bend=bend, pull=0.15, drift=arc * side)
        reach = 1.6 * width + 1.5 * site.pitch_mm
        canvas = canvas_around(path, reach, width, site.pitch_mm)
        line = stroke(canvas, path, reach)
        load = _load(random, skips)
        pressed = np.interp(line.along, np.linspace(0, 1, len(load)), load).astype(np.float32)
        wide = np.float32(width) * (0.35 + 0.65 * pressed)
        across = np.minimum(line.distance / (wide / 2), 4.0)
        groove = np.maximum(1 - across, 0.0)
        rim = np.maximum(1 - np.abs(across - 1.25) / 0.35, 0.0) * rims
        height = np.float32(depth) * pressed * (rim - groove)
        coverage = line.coverage(wide, canvas.step_mm) * smooth_step(pressed, 0.03, 0.2)
        return site.placed(
            finished(
                self.name,
                canvas,
                site,
                coverage=coverage,
                height_mm=height,
                albedo=1 + (fresh - 1) * coverage * pressed,
                roughness=-0.05 * coverage,
                least_px=2,
                parameters={
                    "length_mm": length,
                    "width_mm": width,
                    "depth_mm": depth,
                    "heading_deg": heading % 180.0,
                    "rims": rims,
                    "fresh": fresh,
                    "skips": skips,
                },
                seed=seed,
            ),
            random,
        )


def _load(random: np.random.Generator, skips: float) -> Floats:
    """Return the load along the path: it comes on, varies, lets go now and then, and fades."""
    count = 160
    way = np.linspace(0, 1, count, dtype=np.float32)
    on, off = 0.02 + 0.2 * random.random(), 0.05 + 0.35 * random.random()
    envelope = smooth_step(way, 0.0, on) * smooth_step(1 - way, 0.0, off)
    if random.random() < 0.5:
        envelope = envelope[::-1]
    wavy = 0.75 + 0.25 * noise_line(count, 7, random) + 0.12 * noise_line(count, 40, random)
    gaps = noise_line(count, 9, random)
    lifted = smooth_step(gaps, float(np.quantile(gaps, skips)) - 0.4, float(np.quantile(gaps, skips)) + 0.1)
    if skips <= 0:
        lifted = np.ones(count, np.float32)
    return np.asarray(np.clip(envelope * wavy * lifted, 0.0, 1.0), np.float32)
