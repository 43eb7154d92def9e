"""What kinds of defects have in common: how they are asked for, and maps that several of them draw with."""

from __future__ import annotations

from typing import ClassVar, Protocol

import cv2
import numpy as np

from domainaug.errors import ImageError
from domainaug.kernels.perlin import perlin
from domainaug.manufacturing.defect import Defect, Floats, Mask, averaged
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.strokes import Canvas

__all__ = ["Kind", "finished", "needed_components", "noise", "noise_line", "smooth_step", "softened"]

_GRAIN_PX = 5  # pixels that the finest cells of noise have at least: below, the lattice shows


class Kind(Protocol):
    """A kind of defect: sizes, and how one is made of them."""

    name: ClassVar[str]

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one defect, a function of the seed and the site alone.

        Raises:
            ImageError: The site lacks what it needs.
        """
        ...


def noise(canvas: Canvas, grain_mm: float, random: np.random.Generator, octaves: int = 1) -> Floats:
    """Return gradient noise over a window, about -1 to 1, with cells of `grain_mm`."""
    size = canvas.size
    finest = tuple(max(1, side // _GRAIN_PX) for side in size)
    cells = tuple(
        int(np.clip(round(side * canvas.step_mm / grain_mm), 1, most)) for side, most in zip(size, finest, strict=True)
    )
    most = 1
    while most < octaves and all(_GRAIN_PX * n * 2**most <= side for n, side in zip(cells, size, strict=True)):
        most += 1
    key = int(random.integers(2**63))
    return perlin(size, (cells[0], cells[1]), key, octaves=most)


def noise_line(count: int, cells: int, random: np.random.Generator) -> Floats:
    """Return (count,) smooth noise along a line, of standard deviation about 1, with `cells` knots."""
    knots = random.normal(0.0, 1.0, max(cells, 1) + 4)
    place = np.linspace(0, max(cells, 1), count)
    at = place.astype(int)
    t = place - at
    weights = (1 - t) ** 3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6, (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6, t**3 / 6
    told = sum(weight * knots[at + k] for k, weight in enumerate(weights))
    return np.asarray(told * 1.6, np.float32)  # a cubic B-spline keeps 0.6 of the deviation of its knots


def smooth_step(value: Floats, low: float, high: float) -> Floats:
    """Return 0 below `low`, 1 above `high`, and a smooth way between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def finished(
    name: str,
    canvas: Canvas,
    site: Site,
    *,
    coverage: Floats,
    height_mm: Floats | None = None,
    albedo: Floats | None = None,
    roughness: Floats | None = None,
    worn: Floats | None = None,
    covered: float = 0.25,
    least_px: int = 1,
    parameters: dict[str, float],
    seed: int,
) -> Defect:
    """Return a defect in its window, not yet placed, with the mask that its coverage says.

    Args:
        name: The kind.
        canvas: The window.
        site: Where it goes.
        coverage: How much of each pixel of the maps is defect.
        height_mm: Change of height, or None for none; likewise `albedo` and `roughness`.
        albedo: See `Defect`.
        roughness: See `Defect`.
        worn: See `Defect`.
        covered: Coverage of a pixel of the picture from which on it counts as defect.
        least_px: Where fewer pixels are covered so much, these are the most covered.
        parameters: What was drawn.
        seed: What from.
    """
    share = averaged(coverage, canvas.fine)
    mask: Mask = share >= covered
    if int(mask.sum()) < least_px:
        cut = np.partition(share.ravel(), -least_px)[-least_px]
        mask = (share >= cut) & (share > 0)
    return Defect(
        kind=name,
        at=(0, 0),
        pitch_mm=site.pitch_mm,
        height_mm=canvas.zeros() if height_mm is None else height_mm.astype(np.float32),
        albedo=canvas.ones() if albedo is None else albedo.astype(np.float32),
        roughness=canvas.zeros() if roughness is None else roughness.astype(np.float32),
        coverage=coverage.astype(np.float32),
        mask=mask,
        parameters=parameters,
        seed=seed,
        fine=canvas.fine,
        worn=None if worn is None else worn.astype(np.float32),
    )


def needed_components(name: str, site: Site) -> tuple[tuple[int, int, int, int], ...]:
    """Return the boxes of components that lie inside the picture.

    Raises:
        ImageError: There is none.
    """
    fitting = tuple(box for box in site.components if site.clipped(box) == box and box[0] < box[2] and box[1] < box[3])
    if not fitting:
        told = f"none of {len(site.components)} boxes lies in the picture" if site.components else "the site has none"
        raise ImageError(
            f"{name}: a component is needed, and {told}; give components=[(top, left, bottom, right), ...]"
        )
    return fitting


def softened(values: Floats, sigma: float) -> Floats:
    """Return a map blurred by a Gaussian of `sigma` pixels; as it is below a fifth of one."""
    return values if sigma < 0.2 else np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
