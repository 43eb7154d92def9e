"""What can be measured of a defect on a photograph, drawn or real: is it seen, is there a seam, is the mask true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing.defect import Floats, Mask
from domainaug.manufacturing.site import Box, Site
from domainaug.manufacturing.sizes import measure

__all__ = ["Made", "Measures", "contrast_of", "measures_of"]

_AROUND = 12  # pixels around a defect that it is compared with
_LEVELS = 255.0  # contrast counts in levels of 8 bits, whatever the type
_SEEN = 2.0  # levels: what counts as changed
_NEAR = 1  # pixel that a mask may be off the change


class Made(Protocol):
    """A photograph with a defect, drawn or pasted."""

    @property
    def picture(self) -> NDArray[Any]:
        """Like the one that came."""

    @property
    def mask(self) -> Mask:
        """(H, W): the defect, where it lies on the picture."""

    @property
    def box(self) -> Box:
        """The window that may have changed."""

    @property
    def blur_px(self) -> float:
        """How far the lens carries its change beyond its mask, as a standard deviation."""

    def share_on_part(self, site: Site) -> float:
        """Return how much of what was to be the defect lies on the part and in the picture."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of one defect.

    Attributes:
        on_part: How much of the mask lies on the part and in the picture.
        contrast: Mean change in the mask over the deviation of the surroundings plus one level of 255.
        seam: Steepness at the rim of what changed, over what it was there before; 1 is no seam.
        outside: Share of all change that lies beyond the mask and the reach of the lens.
        mask_changed: Share of the mask in which something changed, within a pixel.
        change_marked: Share of what clearly changed that the mask marks, within a pixel.
        length_mm: Of the whole mask.
        width_mm: Mean.
        area_mm2: Of the mask.
        sign: -1 darker than around, 1 lighter, or between.
    """

    on_part: float
    contrast: float
    seam: float
    outside: float
    mask_changed: float
    change_marked: float
    length_mm: float
    width_mm: float
    area_mm2: float
    sign: float

    @property
    def elongation(self) -> float:
        """Length over width."""
        return self.length_mm / max(self.width_mm, 1e-9)


def measures_of(drawn: Made, site: Site) -> Measures:
    """Measure a defect on the photograph it was put on.

    Args:
        drawn: The photograph with the defect.
        site: The photograph before.
    """
    on_part = drawn.share_on_part(site)
    box = site.clipped(drawn.box, _AROUND)
    mask = drawn.mask[box[0] : box[2], box[1] : box[3]]
    if not mask.any():
        return Measures(on_part, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    before, after = _levels(site.picture, box, site), _levels(drawn.picture, box, site)
    change = _strongest(after - before)
    contrast, sign = contrast_of(_gray(after) - _gray(before), _gray(before), mask)
    reach = 2 + round(2.5 * drawn.blur_px)
    near = _grown(mask, reach)
    size = np.abs(change)
    total = float(size.sum())
    changed = size > _SEEN
    grown = _grown(changed, _NEAR)
    clearly = size > max(_SEEN, 0.3 * float(np.quantile(size[mask], 0.9)))
    length, width, area = _size(mask, site.pitch_mm)
    return Measures(
        on_part=on_part,
        contrast=contrast,
        seam=_seam(_gray(before), _gray(after), size),
        outside=float(size[~near].sum()) / total if total > 0 else 0.0,
        mask_changed=float(grown[mask].mean()),
        change_marked=float(_grown(mask, _NEAR)[clearly].mean()) if clearly.any() else 0.0,
        length_mm=length,
        width_mm=width,
        area_mm2=area,
        sign=sign,
    )


def contrast_of(change: Floats, around: Floats, mask: Mask) -> tuple[float, float]:
    """Return how visible a change is, and which way it goes.

    Args:
        change: (h, w) levels by which the defect differs from what would be there.
        around: (h, w) levels without it.
        mask: (h, w): the defect.

    Returns:
        Mean size of the change in the mask, smoothed over a pixel, over the deviation around plus 1; and the mean over
        the mean size, -1 to 1.
    """
    smooth = cv2.GaussianBlur(change.astype(np.float32), (0, 0), 0.7)[mask]
    ring = _grown(mask, _AROUND) & ~_grown(mask, 2)
    deviation = float(around[ring].std()) if ring.sum() > 8 else float(around.std())
    size = float(np.abs(smooth).mean())
    return size / (deviation + 1.0), float(smooth.mean()) / max(size, 1e-6)


def _levels(picture: NDArray[Any], box: Box, site: Site) -> Floats:
    low, high = site.value_range
    part = picture[box[0] : box[2], box[1] : box[3]].astype(np.float32)
    return np.asarray((part - np.float32(low)) * np.float32(_LEVELS / (high - low)))


def _gray(levels: Floats) -> Floats:
    return levels if levels.ndim == 2 else np.asarray(levels.mean(axis=2))


def _strongest(change: Floats) -> Floats:
    """Return (h, w): of each pixel, the change of the channel that changed most."""
    if change.ndim == 2:
        return change
    index = np.abs(change).argmax(axis=2)[..., None]
    return np.asarray(np.take_along_axis(change, index, axis=2)[..., 0])


def _grown(mask: Mask, by: int) -> Mask:
    if by <= 0:
        return mask
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0)


def _seam(before: Floats, after: Floats, size: Floats) -> float:
    """Return the steepness along the rim of all that changed, after over before, a level of grace on both."""
    changed = size > 0.5
    rim = _grown(changed, 1) & ~changed
    if not rim.any():
        return 1.0
    return (_steepness(after, rim) + 1.0) / (_steepness(before, rim) + 1.0)


def _steepness(gray: Floats, where: Mask) -> float:
    steep = np.hypot(np.diff(gray, axis=0)[:, :-1], np.diff(gray, axis=1)[:-1])
    return float(steep[where[:-1, :-1]].mean()) if where[:-1, :-1].any() else 0.0


def _size(mask: Mask, pitch_mm: float) -> tuple[float, float, float]:
    """Return length, width and area of a mask as a whole, all its pieces together."""
    pieces = measure(mask, pitch_mm)
    area = sum(piece.area_mm2 for piece in pieces)
    if len(pieces) == 1:
        return pieces[0].length_mm, pieces[0].width_mm, area
    rows, columns = np.nonzero(mask)
    _, sides, _ = cv2.minAreaRect(np.stack([columns, rows], axis=1).astype(np.float32))
    length = (max(sides) + 1.0) * pitch_mm
    return length, min(area / length, (min(sides) + 1.0) * pitch_mm), area
