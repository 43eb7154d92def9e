"""One draw beside the picture it should be: the cover, the tone, the light and the sharpness, in that order."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured import channels
from domainaug.check.measured.chart import Array, Probe
from domainaug.check.measured.correspondence import Correspondence
from domainaug.check.measured.hidden import flat_patches, foreign, pixelation
from domainaug.check.measured.sharpness import Sharpness, blurred, positive, sharpness
from domainaug.check.measured.tone import (
    DiscReading,
    apply_curve,
    curves_from_discs,
    curves_from_texture,
    disagreement,
    local_field,
    read_discs,
    without_light,
)

__all__ = ["Scene"]

Mask = NDArray[np.bool_]

_BLURRED = 0.9  # px of blur from which discs take on what is around them
_LIT = 0.012  # share of the range: light that varies by more is taken off before the tone is read


class Scene:
    """What is known of one draw; each step below refines it.

    Attributes:
        where: The map.
        expected: (h, w, c) the picture where the map puts it; its tone is the chart's.
        gray: (h, w) the output's mean over channels.
        run: Pixelation.
        holes: (h, w) what is covered.
        lost: (h, w) what is fill though the map puts the picture there.
        other: (h, w) what shows something else.
        usable: (h, w) what can be compared.
        reading: The discs, or None for a real picture.
        curves: (c, k) tone curves.
        judged: Whether they are fit to be reported.
        toned: (h, w, c) `expected` with the curves applied.
        light: (h, w) change of light from place to place.
        sharp: The transfer function, or None where too little is left.
    """

    def __init__(self, probe: Probe, shares: Array, where: Correspondence, *, labeled: bool) -> None:
        self.probe, self.shares, self.where, self.labeled = probe, shares, where, labeled
        self.expected = where.warp(probe.picture)
        self.gray = channels.mean(shares)
        self.plain = channels.mean(self.expected)
        self.run = pixelation(self.gray, self.plain, where.seen)
        self.other: Mask = np.zeros(where.seen.shape, np.bool_)
        self.lost: Mask = np.zeros(where.seen.shape, np.bool_)
        self.blurred = self.expected
        self._find_holes(0.0)
        self._read_tone(None)
        self._read_light()
        self.sharp: Sharpness | None = sharpness(self.gray, self.lit, self.usable)
        if self.sharp is not None and (self.sharp.blur > _BLURRED or self.sharp.motion_blur > 3):
            self._read_through_blur(self.sharp)
        self._find_other()

    @property
    def lit(self) -> Array:
        """What the output should be, (h, w), but for sharpness and noise."""
        return channels.mean(self.toned) + self.light

    @property
    def beyond_map(self) -> tuple[NDArray[np.float64], float] | None:
        """How far the picture moved beyond its map, and how sure that is; None when it is nothing or unclear.

        Returns:
            (3, 3) affine map of output pixels, and by how much blocks depart from it, px.
        """
        if self.sharp is None or len(self.sharp.shifts) < 5:
            return None
        places, shifts = self.sharp.places, self.sharp.shifts
        design = np.column_stack([places, np.ones(len(places))])
        solved = np.linalg.lstsq(design, shifts, rcond=None)[0]
        rest = float(np.median(np.linalg.norm(shifts - design @ solved, axis=1)))
        size = float(np.median(np.linalg.norm(design @ solved, axis=1)))
        if rest > 0.5 or not 0.15 < size < 12:
            return None
        return np.eye(3) + np.vstack([solved.T, np.zeros(3)]), rest

    def _find_holes(self, blur: float) -> None:
        self.holes = flat_patches(self.shares, self.plain, self.where.seen, run=self.run, blur=blur)
        near = self.lost
        if not self.labeled and not self.where.still:
            self._give_fill_outside()
            near = cv2.dilate(self.lost.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        self.usable = self.where.seen & ~self.holes & ~near & ~self.other

    def _give_fill_outside(self) -> None:
        """Where an earlier step left fill, a later one may bring it into what the map calls inside."""
        both = (self.holes | self.where.empty).astype(np.uint8)
        outer = _touching_rim(both) & self.holes
        known = outer | self.where.empty
        if not known.any():
            return
        fill = np.median(self.shares[known], axis=0)
        alike = (channels.largest(np.abs(self.shares - fill)) < 0.01) | known
        outer |= _touching_rim(alike.astype(np.uint8)) & self.where.seen
        self.lost, self.holes = outer, self.holes & ~outer

    def _read_tone(self, through: Array | None) -> None:
        self.reading: DiscReading | None = None
        self.judged = bool(self.usable.mean() > 0.3)
        curves = None
        if self.probe.discs is not None:
            hidden = self.holes | self.other | self.lost
            self.reading = read_discs(self.shares, self.where, self.probe.discs, hidden, through)
            curves = None if self.reading.hidden > 0.5 else curves_from_discs(self.reading)
            self.judged = curves is not None
        if curves is None:
            before = self.expected if through is None else through
            curves = curves_from_texture(self.shares, before, self.usable)
        self._set_curves(curves)

    def _set_curves(self, curves: NDArray[np.float64]) -> None:
        self.curves = curves
        self.toned = apply_curve(self.expected, curves)
        through = self.toned if self.blurred is self.expected else apply_curve(self.blurred, curves)
        colorless = self.usable & (channels.spread(self.expected) < 0.04)
        self.light, self.around = local_field(self.shares, through, colorless)

    def _read_light(self) -> None:
        """Take light that varies from place to place off the discs, and read the tone again."""
        if self.reading is None or not self.judged or not self.usable.any():
            return
        if float(np.quantile(np.abs(self.light[self.usable]), 0.98)) <= _LIT:
            return
        raw = self.reading
        for _ in range(2):
            best = None
            for factor in (False, True):
                reading = without_light(raw, self.light, self.around, factor=factor)
                curves = curves_from_discs(reading)
                if curves is not None:
                    misfit = disagreement(reading, curves)
                    if best is None or misfit < best[0]:
                        best = misfit, reading, curves
            if best is None:
                return
            self.reading = best[1]
            self._set_curves(best[2])

    def _read_through_blur(self, first: Sharpness) -> None:
        """Blur the picture as the output is, and read again what a blur disturbs: cover, tone, and the rest of it."""
        known = first
        for _ in range(1 if first.blur < 2.2 else 2):
            self.blurred = blurred(self.expected, known.covariance)
            self._find_holes(known.blur)
            self._read_tone(self.blurred)
            self._read_light()
            dull = channels.mean(apply_curve(self.blurred, self.curves)) + self.light
            again = sharpness(self.gray, dull, self.usable, positive(known.covariance))
            if again is None:
                break
            known = again
        self.sharp = known

    def _find_other(self) -> None:
        toned = self.toned if self.blurred is self.expected else apply_curve(self.blurred, self.curves)
        self.other = foreign(self.gray, channels.mean(toned), self.usable)
        if self.other.mean() < 0.003:
            return
        self.usable = self.usable & ~self.other
        if self.probe.discs is not None and self.judged:
            wide = cv2.dilate(self.other.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
            through = None if self.blurred is self.expected else self.blurred
            kept, self.other = self.other, np.asarray(wide)
            self._read_tone(through)
            self.other = kept
            self._read_light()


def _touching_rim(mask: NDArray[np.uint8]) -> Mask:
    """Return the connected parts of a mask that reach the edge of the frame."""
    _, labels = cv2.connectedComponents(mask, connectivity=4)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.isin(labels, np.unique(rim[rim > 0]))
