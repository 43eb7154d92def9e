"""Where a defect is drawn: the picture in light, the part in it, and its scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError
from domainaug.manufacturing.defect import Defect, Floats, Mask
from domainaug.manufacturing.response import find_part, to_light
from domainaug.profile.part import Part

__all__ = ["Box", "Site"]

Box = tuple[int, int, int, int]
"""First row, first column, and the ends of both."""

_TRIES = 24  # places looked at before the best of them is taken
_ON_PART = 0.98  # of the mask: a place is good from there on


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A picture that defects are drawn on.

    Attributes:
        picture: (H, W) or (H, W, channels), as it came.
        pitch_mm: Millimeters from pixel to pixel.
        part: What is known of the part.
        value_range: Black and white.
        inside: (H, W): what belongs to the part; None where the part fills the picture.
        components: Boxes of what is mounted on the part, for kinds that take it away or move it.
        places: Middles of real defects, as shares of height and width: where new ones go. Anywhere without.
    """

    picture: NDArray[Any]
    pitch_mm: float
    part: Part = field(default_factory=Part)
    value_range: tuple[float, float] = (0.0, 255.0)
    inside: Mask | None = None
    components: tuple[Box, ...] = ()
    places: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(
        cls,
        picture: NDArray[Any],
        part: Part,
        *,
        value_range: tuple[float, float] | None = None,
        mask: NDArray[Any] | None = None,
        components: Sequence[Box] = (),
        places: Sequence[tuple[float, float]] = (),
    ) -> Site:
        """Return the site of a picture.

        Args:
            picture: (H, W) or (H, W, channels).
            part: Its `pixel_pitch_mm` is needed, since sizes are in mm.
            value_range: Black and white; those of the type of whole numbers without a sign, or 0 and 1, where nobody
                says.
            mask: (H, W): the part, where its foreground is told by masks.
            components: See the class.
            places: See the class.

        Raises:
            ImageError: The pitch is missing, it is no picture, or nothing in it belongs to the part.
        """
        if picture.ndim not in (2, 3) or 0 in picture.shape:
            raise ImageError(f"a picture is (height, width[, channels]), got an array of shape {picture.shape}")
        if part.pixel_pitch_mm is None:
            raise ImageError(
                "sizes of defects are in mm, and nobody says how many a pixel is; give the part pixel_pitch_mm"
            )
        if value_range is None:
            value_range = (0.0, float(np.iinfo(picture.dtype).max)) if picture.dtype.kind == "u" else (0.0, 1.0)
        whole = part.foreground.by == "none"
        inside = None if whole else find_part(picture, part.foreground, value_range, mask)
        return cls(picture, part.pixel_pitch_mm, part, value_range, inside, tuple(components), tuple(places))

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the picture."""
        return int(self.picture.shape[0]), int(self.picture.shape[1])

    @property
    def channels(self) -> int:
        """How many there are; 1 of a gray picture without an axis for them."""
        return 1 if self.picture.ndim == 2 else int(self.picture.shape[2])

    def light(self, box: Box) -> Floats:
        """Return light as a share of white in a box that lies inside the picture."""
        return to_light(self.picture[box[0] : box[2], box[1] : box[3]], self.part.response, self.value_range)

    def clipped(self, box: Box, margin: int = 0) -> Box:
        """Return what of a box and a margin around it lies inside the picture."""
        height, width = self.shape
        top, left = max(box[0] - margin, 0), max(box[1] - margin, 0)
        return top, left, max(min(box[2] + margin, height), top), max(min(box[3] + margin, width), left)

    def placed(self, defect: Defect, random: np.random.Generator) -> Defect:
        """Return a defect at a place on the part, as much of it as there is room for.

        Of places drawn one after the other, the first at which nearly all of the mask lies on the part and in the
        picture, or else the best.
        """
        best, most = defect, -1.0
        for _ in range(_TRIES):
            middle = self._somewhere(random)
            at = middle[0] - defect.shape[0] // 2, middle[1] - defect.shape[1] // 2
            moved = defect.moved(at)
            on = self.share_on_part(moved)
            if on > most:
                best, most = moved, on
            if on >= _ON_PART:
                break
        return best if self.inside is None or most >= 1.0 else best.only_on(self.inside)

    def share_on_part(self, defect: Defect) -> float:
        """Return how much of a mask lies on the part and in the picture; of an anchored defect, in the picture."""
        top, left, bottom, right = self.clipped(defect.box)
        if top >= bottom or left >= right or not defect.mask.any():
            return 0.0
        row, column = defect.at
        mask = defect.mask[top - row : bottom - row, left - column : right - column]
        if self.inside is not None and not defect.anchored:
            mask = mask & self.inside[top:bottom, left:right]
        return float(mask.sum()) / float(defect.mask.sum())

    def _somewhere(self, random: np.random.Generator) -> tuple[int, int]:
        height, width = self.shape
        if self.places:
            down, right = self.places[int(random.integers(len(self.places)))]
            spread = random.normal(0.0, 0.03, 2)  # no two defects lie at the very same place
            down, right = down + spread[0], right + spread[1]
        else:
            down, right = random.random(2)
        return int(np.clip(down * height, 0, height - 1)), int(np.clip(right * width, 0, width - 1))
