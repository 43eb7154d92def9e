"""Burrs and flash at the edge of a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError
from domainaug.manufacturing.defect import Defect, Mask, averaged, generator
from domainaug.manufacturing.defects.kinds import noise_line, smooth_step
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of
from domainaug.manufacturing.strokes import Canvas, stroke

__all__ = ["Burr"]

_FINE = 3


@dataclass(frozen=True, slots=True)
class Burr:
    """Material that grows beyond the edge: a strip along the outline whose height is noise of several sizes.

    It is as light as the part inside its edge, more or less; against a back light that is as dark.

    Attributes:
        length_mm: Along the edge.
        height_mm: How far it stands out at most.
        rough: How much of the height is ragged: 0 an even flash, 1 torn.
        tone: Factor on the light of the part inside its edge.
    """

    length_mm: Sized = (1.0, 8.0)
    height_mm: Sized = (0.1, 0.8)
    rough: Sized = (0.3, 0.9)
    tone: Sized = (0.75, 1.5)

    name: ClassVar[str] = "burr"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one at the outline of the part; see `Kind`.

        Raises:
            ImageError: The part has no outline in the picture.
        """
        random = generator(seed, self.name)
        length, height, rough, tone = (
            size_of(name, getattr(self, name)).draw(random) for name in ("length_mm", "height_mm", "rough", "tone")
        )
        edge = _piece(random, _outline(site), length / site.pitch_mm)
        reach = height + 2 * site.pitch_mm
        margin = int(np.ceil(reach / site.pitch_mm)) + 2
        low, high = np.floor(edge.min(axis=0)).astype(int), np.ceil(edge.max(axis=0)).astype(int)
        box = site.clipped((int(low[1]), int(low[0]), int(high[1]) + 1, int(high[0]) + 1), margin)
        canvas = Canvas((box[2] - box[0], box[3] - box[1]), _FINE, site.pitch_mm, (0.0, 0.0))
        line = stroke(canvas, (edge - [box[1], box[0]] + 0.5) * site.pitch_mm, reach)
        grown = _profile(random, rough)
        tall = np.float32(height) * np.interp(line.along, np.linspace(0, 1, len(grown)), grown).astype(np.float32)
        assert site.inside is not None
        part = site.inside[box[0] : box[2], box[1] : box[3]]
        size = canvas.size[1], canvas.size[0]
        outside = 1 - cv2.resize(part.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        step = canvas.step_mm
        coverage = smooth_step(tall - line.distance, -step, step) * smooth_step(outside.astype(np.float32), 0.2, 0.6)
        coverage = np.where(np.isfinite(line.distance), coverage, 0.0).astype(np.float32)
        share = averaged(coverage, _FINE)
        return Defect(
            kind=self.name,
            at=(box[0], box[1]),
            pitch_mm=site.pitch_mm,
            height_mm=canvas.zeros(),
            albedo=canvas.ones(),
            roughness=canvas.zeros(),
            coverage=coverage,
            mask=share >= 0.3,
            parameters={"length_mm": length, "height_mm": height, "rough": rough, "tone": tone},
            seed=seed,
            fine=_FINE,
            anchored=True,
            light=_lit(site, box, part, tone, random),
        )


def _outline(site: Site) -> NDArray[np.float64]:
    """Return (n, 2) x and y of the longest outline of the part inside the picture, without the picture's own border."""
    told = "burr: the part has no edge in the picture; say what belongs to it (foreground), or take another kind"
    if site.inside is None:
        raise ImageError(told)
    found, _ = cv2.findContours(site.inside.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    height, width = site.shape
    longest = np.zeros((0, 2))
    for contour in found:
        points = contour.reshape(-1, 2)
        inner = (points > 1).all(axis=1) & (points[:, 0] < width - 2) & (points[:, 1] < height - 2)
        runs = np.split(np.arange(len(points)), np.flatnonzero(np.diff(inner.astype(int))) + 1)
        for run in runs:
            if inner[run[0]] and len(run) > len(longest):
                longest = points[run].astype(np.float64)
    if len(longest) < 8:
        raise ImageError(told)
    return longest


def _piece(random: np.random.Generator, outline: NDArray[np.float64], length_px: float) -> NDArray[np.float64]:
    """Return a piece of the outline, smoothed over the steps of pixels."""
    count = int(np.clip(length_px, 6, len(outline)))
    begin = int(random.integers(len(outline) - count + 1))
    piece = outline[begin : begin + count]
    kernel = np.ones(5) / 5
    padded = np.pad(piece, ((2, 2), (0, 0)), mode="edge")
    smooth = np.stack([np.convolve(padded[:, axis], kernel, "valid") for axis in range(2)], axis=1)
    return np.asarray(smooth[:: max(1, count // 64)])


def _profile(random: np.random.Generator, rough: float) -> NDArray[np.float32]:
    """Return how far it stands out along the edge, 0 at both ends and 1 at most."""
    count = 240
    way = np.linspace(0, 1, count, dtype=np.float32)
    ends = smooth_step(way, 0.0, 0.2) * smooth_step(1 - way, 0.0, 0.2)
    ragged = sum(noise_line(count, cells, random) / cells**0.5 for cells in (4, 9, 20, 45))
    grown = ends * np.clip(0.75 + np.float32(rough) * ragged, 0.05, None)
    return np.asarray(grown / max(float(grown.max()), 1e-6), np.float32)


def _lit(
    site: Site, box: tuple[int, int, int, int], part: Mask, tone: float, random: np.random.Generator
) -> NDArray[np.float32]:
    """Return the light of the strip: that of the part inside its edge, carried outward."""
    light = site.light(box)
    deep = cv2.erode(part.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    known = (deep if deep.any() else part).astype(np.float32)
    wide = known[..., None] if light.ndim == 3 else known
    sigma = 3.0
    weight = cv2.GaussianBlur(known, (0, 0), sigma) + 1e-6
    carried = cv2.GaussianBlur(light * wide, (0, 0), sigma).reshape(light.shape)
    carried = carried / (weight[..., None] if light.ndim == 3 else weight)
    flat = light[known > 0].mean(axis=0) if known.any() else light.mean()
    reached = np.clip(weight / 0.02, 0.0, 1.0)
    reached = reached[..., None] if light.ndim == 3 else reached
    shade = 1 + 0.12 * cv2.GaussianBlur(random.normal(size=light.shape[:2]).astype(np.float32), (0, 0), 1.2) * 3
    shaded = (carried * reached + flat * (1 - reached)) * tone
    return np.asarray(shaded * (shade[..., None] if light.ndim == 3 else shade), np.float32)
