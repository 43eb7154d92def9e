"""Fibers and hairs that lie on the part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing.defect import Defect, generator
from domainaug.manufacturing.defects.kinds import finished, softened
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of
from domainaug.manufacturing.strokes import canvas_around, stroke

__all__ = ["Fiber"]


_GRAY = 0.8  # of the color of the ground that a fiber does not have


@dataclass(frozen=True, slots=True)
class Fiber:
    """A fiber: cubic curves of one thickness, round in section, lit along its ridge, with a soft shadow beside it.

    Attributes:
        length_mm: Along the fiber.
        width_mm: Its thickness.
        tone: Factor on the light of what it lies on, of dark hairs.
        lint: How many of 1 are light instead.
        lint_tone: Factor on the light, of light ones.
        lift_mm: How high it lies above the part, on average: where its shadow falls.
        curl_deg: How far it turns per mm.
    """

    length_mm: Sized = (1.5, 12.0)
    width_mm: Sized = (0.02, 0.09)
    tone: Sized = (0.15, 0.5)
    lint: float = 0.4
    lint_tone: Sized = (1.8, 4.0)
    lift_mm: Sized = (0.0, 0.15)
    curl_deg: Sized = (10.0, 60.0)

    name: ClassVar[str] = "fiber"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one; see `Kind`."""
        random = generator(seed, self.name)
        length, width, tone, lift, curl = (
            size_of(name, getattr(self, name)).draw(random)
            for name in ("length_mm", "width_mm", "tone", "lift_mm", "curl_deg")
        )
        if random.random() < self.lint:
            tone = size_of("lint_tone", self.lint_tone).draw(random)
        path = _curve(random, length, curl)
        azimuth = site.part.lighting.azimuth_deg
        away = np.radians(90.0 if azimuth is None else azimuth) + np.pi
        shift = lift * np.array([np.cos(away), -np.sin(away)])
        reach = width + lift + 2 * site.pitch_mm
        canvas = canvas_around(path, reach, width, site.pitch_mm)
        line = stroke(canvas, path, reach)
        covered = line.coverage(width, canvas.step_mm)
        round_ = np.sqrt(np.maximum(1 - np.minimum(2 * line.distance / np.float32(width), 1.0) ** 2, 0.0))
        shade = stroke(canvas, path + shift, reach).coverage(1.3 * width, canvas.step_mm)
        dark = softened(shade, max(0.6, 0.5 * lift / canvas.step_mm)) * 0.35 * (lift > 0)
        on_top = tone * (0.85 + 0.25 * round_)  # its ridge faces the camera
        placed = site.placed(
            finished(
                self.name,
                canvas,
                site,
                coverage=covered,
                albedo=(1 - dark) * (1 - covered) + on_top * covered,
                roughness=0.2 * covered,
                least_px=3,
                parameters={"length_mm": length, "width_mm": width, "tone": tone, "lift_mm": lift},
                seed=seed,
            ),
            random,
        )
        return _gray(placed, site) if site.channels == 3 else placed


def _gray(defect: Defect, site: Site) -> Defect:
    """Return a fiber that is gray on ground of any color: its factors take most of the color off."""
    light = site.light(site.clipped(defect.box)).reshape(-1, 3)
    color = np.maximum(light.mean(axis=0), 1e-3) if len(light) else np.ones(3, np.float32)
    toward = (color.mean() / color) ** _GRAY
    factor = 1 + defect.coverage[..., None] * (toward - 1)
    return replace(defect, albedo=(defect.albedo[..., None] * factor).astype(np.float32))


def _curve(random: np.random.Generator, length: float, curl: float) -> NDArray[np.float64]:
    """Return (n, 2) points of cubic Bezier curves end to end, whose handles turn by `curl` per mm on average."""
    pieces = max(1, min(5, round(length / 3)))
    heading, start = random.uniform(0, 2 * np.pi), np.zeros(2)
    bend = np.radians(curl) * length / pieces
    points = [start[None]]
    for _ in range(pieces):
        arm = length / pieces / 3
        turned = heading + random.normal(0.0, 1.0) * bend
        one = start + arm * np.array([np.cos(heading), -np.sin(heading)])
        middle = (heading + turned) / 2
        two = one + arm * np.array([np.cos(middle), -np.sin(middle)])
        end = two + arm * np.array([np.cos(turned), -np.sin(turned)])
        t = np.linspace(0, 1, 18)[1:, None]
        points.append((1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * one + 3 * (1 - t) * t**2 * two + t**3 * end)
        start, heading = end, turned
    path = np.concatenate(points)
    return np.asarray(path - (path.min(axis=0) + path.max(axis=0)) / 2)
