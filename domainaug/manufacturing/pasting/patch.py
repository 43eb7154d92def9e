"""A piece of a photograph with a defect, in light and at a scale, so that it fits other photographs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.manufacturing.response import to_light
from domainaug.manufacturing.sizes import binary
from domainaug.profile.part import Part

__all__ = ["Patch", "patches_of"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_LEAST_PX = 4  # smaller specks are left out
_RAW = 1.05  # a scale nearer to 1 than this needs no resampling, unless it is turned


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A defect cut out of a photograph, with a margin.

    Attributes:
        kind: Its class.
        light: (h, w) or (h, w, channels) float32: light as a share of white.
        mask: (h, w): which pixels are the defect.
        pitch_mm: Millimeters from pixel to pixel.
        place: Where its middle lay in the photograph, as shares of height and width.
        source: What it was cut from, for the record.
    """

    kind: str
    light: Floats
    mask: Mask
    pitch_mm: float
    place: tuple[float, float]
    source: str = ""

    @property
    def area_mm2(self) -> float:
        """Area of the defect."""
        return float(self.mask.sum()) * self.pitch_mm**2

    def turned(self, degrees: float = 0.0, *, mirrored: bool = False, pitch_mm: float | None = None) -> Patch:
        """Return it turned counter-clockwise, after a mirror of left and right, and at another pitch.

        What comes from beyond the piece repeats its edge; a defect keeps its size in mm.

        Args:
            degrees: Multiples of 90 move whole pixels.
            mirrored: Whether left and right are exchanged before.
            pitch_mm: Of the result; its own by default.
        """
        light, mask = (self.light[:, ::-1], self.mask[:, ::-1]) if mirrored else (self.light, self.mask)
        scale = self.pitch_mm / (pitch_mm or self.pitch_mm)
        if degrees % 90 == 0 and max(scale, 1 / scale) < _RAW:
            quarters = int(degrees // 90) % 4
            light, mask = np.rot90(light, quarters), np.rot90(mask, quarters)
        else:
            light, mask = _warped(np.ascontiguousarray(light), np.ascontiguousarray(mask), degrees, scale)
        again = np.ascontiguousarray(light), np.ascontiguousarray(mask)
        return replace(self, light=again[0], mask=again[1], pitch_mm=pitch_mm or self.pitch_mm)


def patches_of(
    picture: NDArray[Any],
    mask: NDArray[Any],
    part: Part,
    *,
    kind: str = "defect",
    margin_px: int = 6,
    value_range: tuple[float, float] | None = None,
    source: str = "",
) -> Iterator[Patch]:
    """Yield the connected defects of a labeled photograph, each with a margin.

    Those that the edge of the photograph cuts are left out: nobody knows the rest of them.

    Args:
        picture: (H, W) or (H, W, channels).
        mask: (H, W): what is marked.
        part: Its pitch and the response of its camera are needed.
        kind: The class of what is marked.
        margin_px: Pixels about a defect that are kept.
        value_range: Black and white; those of the type where nobody says.
        source: For the record.

    Raises:
        LabelError: Picture and mask are of two sizes, or nobody says how many mm a pixel is.
    """
    inside = binary(mask)
    if inside.shape != picture.shape[:2]:
        raise LabelError(f"the picture is {picture.shape[:2]} and its mask {inside.shape}; they must be of one size")
    if part.pixel_pitch_mm is None:
        raise LabelError("defects of a bank keep their size in mm; give the part pixel_pitch_mm")
    if value_range is None:
        value_range = (0.0, float(np.iinfo(picture.dtype).max)) if picture.dtype.kind == "u" else (0.0, 1.0)
    count, labels, stats, middles = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=8)
    height, width = inside.shape
    for label in range(1, count):
        left, top, wide, tall, area = stats[label].tolist()
        if area < _LEAST_PX or left == 0 or top == 0 or left + wide == width or top + tall == height:
            continue
        rows = slice(max(top - margin_px, 0), min(top + tall + margin_px, height))
        columns = slice(max(left - margin_px, 0), min(left + wide + margin_px, width))
        light = to_light(picture[rows, columns], part.response, value_range)
        place = (float(middles[label][1]) + 0.5) / height, (float(middles[label][0]) + 0.5) / width
        yield Patch(kind, light, labels[rows, columns] == label, part.pixel_pitch_mm, place, source)


def _warped(light: Floats, mask: Mask, degrees: float, scale: float) -> tuple[Floats, Mask]:
    height, width = mask.shape
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, scale)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    size = int(np.ceil(height * sine + width * cosine)), int(np.ceil(height * cosine + width * sine))
    turn[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    marked = mask.astype(np.float32)
    if scale < 1 / _RAW:  # what is made smaller is averaged first, or it would be sampled here and there
        light, marked = (cv2.GaussianBlur(one, (0, 0), 0.5 * np.sqrt(1 / scale**2 - 1)) for one in (light, marked))
    beyond = cv2.BORDER_REFLECT_101 if min(height, width) > 1 else cv2.BORDER_REPLICATE  # 101 of one pixel never ends
    how = {"flags": cv2.INTER_CUBIC, "borderMode": beyond}
    seen = np.clip(cv2.warpAffine(light, turn, size, **how), 0.0, 1.0)
    share = cv2.warpAffine(marked, turn, size, flags=cv2.INTER_LINEAR)
    least = min(0.5, 0.9 * float(share.max()))  # a line thinner than a pixel stays one
    return np.asarray(seen, np.float32).reshape(*size[::-1], *light.shape[2:]), share > least
