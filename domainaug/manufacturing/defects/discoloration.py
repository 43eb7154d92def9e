"""Discoloration: heat tint, uneven coating, fading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import cv2
import numpy as np

from domainaug.manufacturing.defect import Defect, Floats, generator
from domainaug.manufacturing.defects.kinds import finished, noise, smooth_step
from domainaug.manufacturing.defects.stain import blot
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of
from domainaug.manufacturing.strokes import canvas_around

__all__ = ["Discoloration"]

_VISIBLE = 1.0  # of CIE 1976 color difference: about what people just see


@dataclass(frozen=True, slots=True)
class Discoloration:
    """A patch of another color and hardly another brightness, without an edge.

    Attributes:
        diameter_mm: Of the patch.
        difference: Largest color difference from what was there, in CIE L*a*b* (Delta E*ab of 1976).
        hue_deg: Toward which color: 0 red, 90 yellow, 180 green, 270 blue.
        lighter: Share of the difference that is lightness, -1 darker to 1 lighter; all of it in gray pictures.
        elongation: Longer over shorter axis.
    """

    diameter_mm: Sized = (3.0, 20.0)
    difference: Sized = (4.0, 20.0)
    hue_deg: Sized = (0.0, 360.0)
    lighter: Sized = (-0.4, 0.3)
    elongation: Sized = (1.0, 2.5)

    name: ClassVar[str] = "discoloration"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one; see `Kind`. Its factors are those of the color in the middle of where it lies."""
        random = generator(seed, self.name)
        diameter, difference, hue, elongation = (
            size_of(name, getattr(self, name)).draw(random)
            for name in ("diameter_mm", "difference", "hue_deg", "elongation")
        )
        lighter = size_of("lighter", self.lighter, least=-1.0).draw(random)
        canvas = canvas_around(np.array([[-0.5, -0.5], [0.5, 0.5]]) * diameter, 0.4 * diameter, diameter, site.pitch_mm)
        field = blot(canvas, diameter, elongation, 0.5, random)
        patch = smooth_step(field, -0.12, 0.75) * (1 + 0.25 * noise(canvas, diameter / 3, random, octaves=3))
        flat = finished(
            self.name,
            canvas,
            site,
            coverage=np.clip(patch, 0.0, 1.0),
            covered=min(1.0, max(0.15, _VISIBLE / max(difference, _VISIBLE))),
            least_px=4,
            parameters={
                "diameter_mm": diameter,
                "difference": difference,
                "hue_deg": hue % 360.0,
                "lighter": lighter,
                "elongation": elongation,
            },
            seed=seed,
        )
        placed = site.placed(flat, random)
        return _tinted(placed, site, difference, np.radians(hue), lighter)


def _tinted(defect: Defect, site: Site, difference: float, hue: float, lighter: float) -> Defect:
    """Return the defect with factors that move the color there by so much."""
    light = site.light(site.clipped(defect.box))
    color = light.reshape(-1, site.channels).mean(axis=0) if light.size else np.full(site.channels, 0.3, np.float32)
    full = np.repeat(color, 3) if site.channels == 1 else color[:3]
    lab = cv2.cvtColor(full.astype(np.float32).reshape(1, 1, 3), cv2.COLOR_LRGB2Lab).reshape(3)
    if site.channels == 1:
        step = np.array([np.copysign(difference, lighter or 1.0), 0.0, 0.0], np.float32)
    else:
        plane = np.sqrt(max(0.0, 1 - lighter**2))
        step = difference * np.array([lighter, plane * np.cos(hue), plane * np.sin(hue)], np.float32)
    wanted = lab + step
    wanted[0] = np.clip(wanted[0], 1.0, 100.0)
    there = cv2.cvtColor(wanted.astype(np.float32).reshape(1, 1, 3), cv2.COLOR_Lab2LRGB).reshape(3)
    factor = np.clip(np.maximum(there, 1e-4) / np.maximum(full, 1e-4), 0.2, 5.0).astype(np.float32)
    coverage = defect.coverage
    logs = np.log(factor)
    albedo: Floats = (
        np.exp(coverage[..., None] * logs) if site.channels == 3 else np.exp(coverage * np.float32(logs.mean()))
    )
    return replace(defect, albedo=albedo.astype(np.float32))
