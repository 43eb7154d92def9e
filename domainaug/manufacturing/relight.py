"""Drawing a defect on a real photograph: in light, with the part's lighting, and as the camera would have seen it.

    values -> light -> times the factors of the defect, as the lens blurs them -> noise that is lacking -> values

Only the window of the defect and a margin for the lens are touched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing.defect import Defect, Floats, Mask, averaged, generator
from domainaug.manufacturing.optics import Optics, light_direction, optics_of
from domainaug.manufacturing.response import to_light, to_values
from domainaug.manufacturing.site import Box, Site

__all__ = ["Drawn", "Relight"]

_RING = 24  # pixels around a defect that blur and noise are read from
_GLOSS = {"bright-field": 0.55, "dark-field": 0.15, "structured": 0.4, "dome": 0.15}
"""Share of the light that comes back as from a mirror with small facets, of bare metal in each lighting."""

_LARGEST = {"dark-field": 20.0}
"""Times the light that was there that facets give back at most; where the ground is bright, 6."""

_TEXTURE = 3.0  # pixels over which light is averaged where its texture is gone
_LEAST = 0.004  # of white: what counts as changed


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A photograph with a defect.

    Attributes:
        picture: Like the one that came.
        mask: (H, W): the defect, by its coverage, where it lies on the picture.
        box: The window that may have changed, with the margin of the lens.
        changed: (h, w) of that box: largest change over the channels, in light as a share of white, before noise.
        defect: What was drawn.
        optics: How the camera was estimated to see.
    """

    picture: NDArray[Any]
    mask: Mask
    box: Box
    changed: Floats
    defect: Defect
    optics: Optics

    @property
    def blur_px(self) -> float:
        """How far the lens carries its change beyond its mask."""
        return self.optics.blur_px

    def share_on_part(self, site: Site) -> float:
        """Return how much of the defect lies on the part and in the picture."""
        return site.share_on_part(self.defect)


@dataclass(frozen=True, slots=True)
class Relight:
    """Draws defects on photographs.

    Attributes:
        gloss: Share of the light that comes back as from a mirror of small facets; by the kind of lighting when None.
        roughness: Standard deviation of the slopes of these facets of the part.
        mu_per_mm: Attenuation of X-rays in the material, per mm.
        noise: Whether noise is added where a defect has less of it than the camera makes.
    """

    gloss: float | None = None
    roughness: float = 0.16
    mu_per_mm: float = 0.06
    noise: bool = True
    _known: dict[str, tuple[Site, NDArray[np.float64]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def draw(self, defect: Defect, site: Site, *, optics: Optics | None = None) -> Drawn:
        """Return the photograph with a defect.

        Args:
            defect: Placed on the picture.
            site: The picture; it is not changed.
            optics: How the camera sees; estimated around the defect when None.
        """
        box = site.clipped(defect.box, 4)
        picture = site.picture.copy()
        mask = np.zeros(site.shape, np.bool_)
        if box[0] >= box[2] or box[1] >= box[3]:
            empty = np.zeros((0, 0), np.float32)
            return Drawn(picture, mask, (0, 0, 0, 0), empty, defect, optics or Optics())
        around = site.clipped(defect.box, _RING)
        nearby = site.light(around)
        own = _within(box, around)
        if optics is None:
            ring = np.ones(nearby.shape[:2], np.bool_)
            ring[_within(site.clipped(defect.box), around)] = ring.sum() - defect.mask.size < 400
            if site.inside is not None:
                ring &= site.inside[around[0] : around[2], around[1] : around[3]]
            optics = optics_of(nearby, ring)
        light = nearby[own]
        factor, put, share = self._maps(defect, site, box, light)
        shape = box[2] - box[0], box[3] - box[1]
        # the photograph went through the lens already, and so did what is put in from it; what is drawn did not
        worn = None
        if put is None:
            ground = light
            if defect.worn is not None:
                worn = _through_lens(
                    _placed(averaged(defect.worn, defect.fine), defect, box, shape, 0.0), optics.blur_px
                )
                smooth = cv2.GaussianBlur(nearby, (0, 0), _TEXTURE).reshape(nearby.shape)[own]
                ground = light + (smooth - light) * (worn[..., None] if light.ndim == 3 else worn)
            change = ground * _through_lens(factor, optics.blur_px) - light
        else:
            seen_share = _through_lens(share, optics.blur_px)
            change = (put - light) * (seen_share[..., None] if light.ndim == 3 else seen_share)
        seen = np.clip(light + change, 0.0, optics.white)
        size = np.abs(change).reshape(*change.shape[:2], -1).max(axis=2)
        if self.noise:
            seen = _noisy(seen, light, share, worn, optics, defect)
        values = to_values(seen, site.picture, site.part.response, site.value_range)
        target = picture[box[0] : box[2], box[1] : box[3]]
        touched = (size > _LEAST / 4) | (share > 0.02)
        target[touched] = values[touched]
        _mark(mask, defect, site)
        return Drawn(picture, mask, box, np.asarray(size, np.float32), defect, optics)

    # -- what happens to light ---------------------------------------------------------------------------

    def _maps(self, defect: Defect, site: Site, box: Box, light: Floats) -> tuple[Floats, Floats | None, Floats]:
        """Return, for the pixels of a box: the factor on light, what is put in its place, and the coverage."""
        kind = site.part.lighting.kind
        factor = self._factor(defect, site, kind)
        shape = box[2] - box[0], box[3] - box[1]
        full = _placed(averaged(factor, defect.fine), defect, box, shape, 1.0)
        if light.ndim == 3 and full.ndim == 2:
            full = np.broadcast_to(full[..., None], light.shape).astype(np.float32)
        elif light.ndim == 2 and full.ndim == 3:
            full = full.mean(axis=2)
        share = _placed(defect.share(), defect, box, shape, 0.0)
        put = None if defect.light is None else _placed(defect.light, defect, box, shape, 0.0)
        if put is not None and light.ndim == 3 and put.ndim == 2:
            put = put[..., None]
        return full, put, share

    def _factor(self, defect: Defect, site: Site, kind: str) -> Floats:
        if kind == "x-ray":  # less material along the ray, more light: Beer and Lambert
            return np.asarray(np.exp(-np.float32(self.mu_per_mm) * defect.height_mm), np.float32)
        if kind == "back-light":  # what is on the part is in the dark already; holes let the light through
            return np.ones(defect.coverage.shape, np.float32)
        shading = self._shading(defect, site, kind)
        return shading * defect.albedo if defect.albedo.ndim == 2 else shading[..., None] * defect.albedo

    def _shading(self, defect: Defect, site: Site, kind: str) -> Floats:
        """Return the factor on light of slopes and of roughness, as of one surface of facets and matter below."""
        if not defect.height_mm.any() and not defect.roughness.any():
            return np.ones(defect.coverage.shape, np.float32)
        toward = self._toward(site)
        step = np.float32(defect.pitch_mm / defect.fine)
        right, down = np.gradient(defect.height_mm, step)[::-1]
        stretched = np.sqrt(1 + right**2 + down**2)
        normal = -right / stretched, down / stretched, 1 / stretched  # y up
        level = max(float(toward[2]), 0.05)
        facing = normal[0] * toward[0] + normal[1] * toward[1] + normal[2] * toward[2]
        matte = np.maximum(facing, 0.0) / level
        half = toward + np.array([0.0, 0.0, 1.0])
        half /= np.linalg.norm(half)
        cosine = np.clip(normal[0] * half[0] + normal[1] * half[1] + normal[2] * half[2], 0.05, 1.0)
        rough = np.clip(self.roughness + defect.roughness, 0.04, 1.0)
        shiny = _facets(cosine, rough) / _facets(np.float64(half[2]), np.float64(self.roughness))
        gloss = self.gloss if self.gloss is not None else _GLOSS.get(kind, 0.4)
        most = _LARGEST.get(kind, 6.0)
        shiny = shiny * (1 + 1 / most) / (1 + shiny / most)  # facets under a pixel are many and never all alike
        return np.asarray((1 - gloss) * np.minimum(matte, most) + gloss * shiny, np.float32)

    def _toward(self, site: Site) -> NDArray[np.float64]:
        lighting = site.part.lighting
        if lighting.azimuth_deg is not None:
            return light_direction(np.zeros((1, 1), np.float32), None, lighting)
        known = self._known.get("toward")
        if known is not None and known[0] is site:
            return known[1]
        step = max(1, min(site.shape) // 256)
        inside = None if site.inside is None else site.inside[::step, ::step]
        small = np.ascontiguousarray(site.picture[::step, ::step])
        found = light_direction(to_light(small, site.part.response, site.value_range), inside, lighting)
        self._known["toward"] = (site, found)  # of the latest picture, for the tries that follow
        return found


def _facets(cosine: Any, rough: Any) -> Any:
    """Return how many facets face a direction: P. Beckmann's distribution (1963), times the cosine."""
    squared = cosine**2
    return np.exp((squared - 1) / (squared * 2 * rough**2)) / (2 * rough**2 * squared * cosine)


def _through_lens(drawn: Floats, sigma: float) -> Floats:
    """Return a map as a lens blurs it."""
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), max(sigma, 0.3)), np.float32).reshape(drawn.shape)


def _noisy(seen: Floats, light: Floats, share: Floats, worn: Floats | None, optics: Optics, defect: Defect) -> Floats:
    """Return light with what noise a defect lacks: what was scaled down, worn off, or put in without any."""
    wanted = optics.noise_at(seen)
    if defect.light is None:
        there = (
            optics.noise * np.sqrt(np.maximum(light / max(optics.level, 1e-4), 0.0)) * (seen / np.maximum(light, 1e-4))
        )
        if worn is not None:
            there = there * (1 - (worn[..., None] if seen.ndim == 3 else worn))
    else:
        there = optics.noise_at(light)  # what is put in comes from the photograph, with its own noise
        if defect.kind == "burr":
            there = np.zeros_like(wanted)
    wide = share[..., None] if seen.ndim == 3 else share
    lacking = np.sqrt(np.maximum(wanted**2 - there**2, 0.0)) * np.clip(wide * 2, 0.0, 1.0)
    random = generator(defect.seed, "noise")
    return np.asarray(np.clip(seen + lacking * random.standard_normal(seen.shape, np.float32), 0.0, optics.white))


def _placed(values: Floats, defect: Defect, box: Box, shape: tuple[int, int], outside: float) -> Floats:
    """Return a map of the defect's window on the pixels of a box of the picture."""
    out = np.full((*shape, *values.shape[2:]), outside, np.float32)
    rows, columns = defect.at[0] - box[0], defect.at[1] - box[1]
    top, left = max(rows, 0), max(columns, 0)
    bottom, right = min(rows + defect.shape[0], shape[0]), min(columns + defect.shape[1], shape[1])
    if top < bottom and left < right:
        out[top:bottom, left:right] = values[top - rows : bottom - rows, left - columns : right - columns]
    return out


def _within(box: Box, around: Box) -> tuple[slice, slice]:
    return slice(box[0] - around[0], box[2] - around[0]), slice(box[1] - around[1], box[3] - around[1])


def _mark(mask: Mask, defect: Defect, site: Site) -> None:
    box = site.clipped(defect.box)
    row, column = defect.at
    inside = defect.mask[box[0] - row : box[2] - row, box[1] - column : box[3] - column]
    mask[box[0] : box[2], box[1] : box[3]] = inside
