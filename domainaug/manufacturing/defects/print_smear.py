"""Print that was drawn along before it dried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from domainaug.errors import ImageError
from domainaug.manufacturing.defect import Defect, Floats, Mask, generator
from domainaug.manufacturing.defects.kinds import noise_line, smooth_step
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of

__all__ = ["PrintSmear"]

_INK = 0.35  # of the light of the ground: less is no print
_PRINTED = 0.08  # of a patch: where so much is ink
_TRIES = 60
_SEEN = 0.02  # of white: what counts as changed
_LEAST_PX = 8


@dataclass(frozen=True, slots=True)
class PrintSmear:
    """Ink drawn along the feed: every dark line leaves a tail that gets thinner, in streaks.

    Ink is what is darker than its ground, the brightest nearby. The mask is what really changed.

    Attributes:
        length_mm: Of the tails.
        area_mm: Side of the patch that is smeared.
        feed_deg: Toward where the tails point, counter-clockwise from the picture's right.
        strength: Share of the ink at the beginning of a tail.
    """

    length_mm: Sized = (0.4, 3.0)
    area_mm: Sized = (3.0, 12.0)
    feed_deg: Sized = 0.0
    strength: Sized = (0.45, 0.9)

    name: ClassVar[str] = "print-smear"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one where there is print; see `Kind`.

        Raises:
            ImageError: No print was found.
        """
        random = generator(seed, self.name)
        length, area, feed, strength = (
            size_of(name, getattr(self, name)).draw(random) for name in ("length_mm", "area_mm", "feed_deg", "strength")
        )
        side = max(8, round(area / site.pitch_mm))
        for _ in range(_TRIES):
            row, column = (int(random.integers(max(1, full - side + 1))) for full in site.shape)
            box = site.clipped((row, column, row + side, column + side))
            light = site.light(box)
            ground = _ground(light, site.pitch_mm)
            ink = np.asarray(1 - light / np.maximum(ground, 1e-4), np.float32)
            if float((ink.reshape(*ink.shape[:2], -1).max(axis=2) > _INK).mean()) < _PRINTED:
                continue
            smeared = _drawn_along(ink, length / site.pitch_mm, np.radians(feed), strength, random)
            window = _window(ink.shape[:2])
            after = ground * (1 - (ink + (smeared - ink) * (window[..., None] if ink.ndim == 3 else window)))
            changed = np.abs(after - light).reshape(*light.shape[:2], -1).max(axis=2)
            mask = _without_specks(changed > max(_SEEN, 0.15 * float(np.quantile(changed, 0.995))))
            if int(mask.sum()) >= _LEAST_PX:
                break
        else:
            raise ImageError("print-smear: no print was found on the part: nothing is much darker than its ground")
        shape = light.shape[:2]
        near = cv2.dilate(mask.astype(np.float32), np.ones((5, 5), np.uint8))
        return Defect(
            kind=self.name,
            at=(box[0], box[1]),
            pitch_mm=site.pitch_mm,
            height_mm=np.zeros(shape, np.float32),
            albedo=np.ones(shape, np.float32),
            roughness=np.zeros(shape, np.float32),
            coverage=np.maximum(near, smooth_step(changed.astype(np.float32), 0.0, 0.02)).astype(np.float32),
            mask=mask,
            parameters={"length_mm": length, "area_mm": area, "feed_deg": feed % 360.0, "strength": strength},
            seed=seed,
            light=after.astype(np.float32),
        )


def _without_specks(mask: Mask) -> Mask:
    """Return a mask without pieces of one or two pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    kept = stats[:, cv2.CC_STAT_AREA] > 2
    kept[0] = False
    return np.asarray(kept[labels]) if count > 1 else np.zeros_like(mask)


def _ground(light: Floats, pitch_mm: float) -> Floats:
    """Return the light of what is printed on: the brightest within 2 mm, smoothed."""
    reach = int(np.clip(round(2.0 / pitch_mm), 3, 41)) | 1
    bright = cv2.dilate(light, np.ones((reach, reach), np.uint8))
    return np.asarray(cv2.blur(bright, (reach, reach)), np.float32).reshape(light.shape)


def _drawn_along(ink: Floats, length: float, feed: float, strength: float, random: np.random.Generator) -> Floats:
    """Return ink with tails of about `length` pixels toward `feed`."""
    height, width = ink.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    across = x * np.float32(np.sin(feed)) + y * np.float32(np.cos(feed))
    lines = noise_line(512, 90, random)
    place = (across - across.min()) / max(float(np.ptp(across)), 1.0) * 511
    streaks = np.clip(0.7 + 0.45 * np.interp(place, np.arange(512), lines), 0.05, 1.0).astype(np.float32)
    out = np.maximum(ink, 0.0)
    source = out.copy()
    steps = max(2, int(np.ceil(length * 2)))
    for step in range(1, steps + 1):
        way = step * 2 * length / steps
        matrix = np.array([[1.0, 0.0, way * np.cos(feed)], [0.0, 1.0, -way * np.sin(feed)]])
        moved = cv2.warpAffine(source, matrix, (width, height), borderMode=cv2.BORDER_CONSTANT).reshape(ink.shape)
        fade = np.float32(strength * np.exp(-way / length)) * streaks
        out = np.maximum(out, moved * (fade[..., None] if ink.ndim == 3 else fade))
    return np.asarray(np.where(ink < 0, np.minimum(ink, out), out), np.float32)


def _window(shape: tuple[int, ...]) -> Floats:
    """Return (h, w): 1 in the middle, fading out toward the edges."""
    ramps = []
    for side in shape:
        way = (np.arange(side, dtype=np.float32) + 0.5) / side
        ramps.append(smooth_step(np.minimum(way, 1 - way), 0.0, 0.18))
    return np.asarray(ramps[0][:, None] * ramps[1][None], np.float32)
