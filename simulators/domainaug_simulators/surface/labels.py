"""Labels of defects in a picture: the same projection that the picture is made with, looked up on the chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.manufacturing import Defect
from domainaug.manufacturing.defect import Floats, Mask
from domainaug_simulators.surface.parts import Floats as Pose
from domainaug_simulators.surface.parts import Part, Seen, View

__all__ = ["Label", "Window", "label_of", "window_of"]

_SAMPLES: Final = 4  # in a pixel along an axis
_MARKED: Final = 0.5  # share of a pixel's samples that show the defect's mask, from which it counts
_THIN: Final = 0.25  # the same where no pixel beside it shows `_WIDE` of it
_WIDE: Final = 0.75
_EVERY: Final = 8  # of the rows and columns that spacing is looked at in
_NEAR: Final = 3.0  # pixels of the picture around what a first look finds

Window = tuple[int, int, int, int]
"""First row and column of a picture, and the ends of both."""


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """One defect, as a picture shows it.

    Attributes:
        number: From 1.
        defect: What it is.
        mask: (H, W) of the picture.
        box: Left, top, right, bottom edges, or None where none of it is seen.
        area_mm2: Of all of it, on the part.
    """

    number: int
    defect: Defect
    mask: Mask
    box: tuple[int, int, int, int] | None
    area_mm2: float

    @property
    def pixels(self) -> int:
        """How many show it."""
        return int(self.mask.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        parameters = {name: round(float(value), 6) for name, value in sorted(self.defect.parameters.items())}
        return {
            "number": self.number, "kind": self.defect.kind, "box": None if self.box is None else list(self.box),
            "pixels": self.pixels, "area_mm2": round(self.area_mm2, 6), "parameters": parameters,
            "seed": self.defect.seed,
        }  # fmt: skip


def window_of(seen: Seen, fine: int, defect: Defect, shape: tuple[int, int], detail: float) -> Window | None:
    """Return which part of a picture may show a defect, or None.

    Args:
        seen: (h fine, w fine, 12), of the whole picture.
        fine: Samples in a pixel along an axis.
        defect: On the chart.
        shape: (H, W) of the chart in texels.
        detail: Millimeters from texel to texel.
    """
    there = seen[..., 11] != 0
    if not there.any():
        return None
    across = seen[..., 9] / np.float32(detail) + np.float32(shape[1] / 2)
    down = np.float32(shape[0] / 2) - seen[..., 10] / np.float32(detail)
    margin = _NEAR * _texels_apart(seen, there, detail) * fine
    top, left, bottom, right = defect.box
    near = there & (across > left - margin) & (across < right + margin) & (down > top - margin)
    near &= down < bottom + margin
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if not len(rows):
        return None
    return (int(rows[0]) // fine, int(columns[0]) // fine, int(rows[-1]) // fine + 1, int(columns[-1]) // fine + 1)


def _texels_apart(seen: Seen, there: Mask, detail: float) -> float:
    """Return how far neighboring samples are apart on the chart where it is seen most aslant, in texels."""
    beside, below = (slice(None, None, _EVERY), slice(None)), (slice(None), slice(None, None, _EVERY))
    gaps = []
    for axis, few in ((1, beside), (0, below)):
        places, shown = seen[..., 9:11][few], there[few]
        both = shown[:, 1:] & shown[:, :-1] if axis else shown[1:] & shown[:-1]
        gaps.append(np.abs(np.diff(places, axis=axis)).max(axis=2)[both])
    steps = [float(np.quantile(one, 0.9)) for one in gaps if one.size]
    return max(1.0, max(steps, default=1.0) / detail)


def label_of(
    number: int, defect: Defect, part: Part, view: View, pose: Pose, window: Window | None, skin: tuple[int, int, float]
) -> Label:
    """Return the label of a defect, by finer samples of the window that shows it.

    A pixel is marked where half of its samples lie in the defect's mask, or a quarter where the defect is thinner than
    pixels; of what is smaller still, the pixel that shows most of it.

    Args:
        number: From 1.
        defect: On the chart.
        part: The part.
        view: The camera.
        pose: Of the part.
        window: As `window_of` says.
        skin: Rows and columns of the chart in texels, and millimeters from texel to texel.
    """
    mask = np.zeros((view.rows, view.columns), np.bool_)
    area = defect.area_mm2
    if window is None:
        return Label(number, defect, mask, None, area)
    seen = part.seen(view, pose, window, _SAMPLES)
    inside = _looked_up(defect, seen, skin)
    share = inside.reshape(window[2] - window[0], _SAMPLES, window[3] - window[1], _SAMPLES).mean(axis=(1, 3))
    marked = _marked(share.astype(np.float32))
    mask[window[0] : window[2], window[1] : window[3]] = marked
    if not marked.any():
        return Label(number, defect, mask, None, area)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    return Label(number, defect, mask, box, area)


def _marked(share: Floats) -> Mask:
    """Return which pixels count, by how much of each shows a defect."""
    around = cv2.dilate(share, np.ones((3, 3), np.uint8))
    marked = (share >= _MARKED) | ((share >= _THIN) & (around < _WIDE))
    if not marked.any() and share.max() > 0:
        marked = share >= share.max()
    return np.asarray(marked)


def _looked_up(defect: Defect, seen: Seen, skin: tuple[int, int, float]) -> NDArray[np.bool_]:
    """Return (h, w): whether samples lie in the mask of a defect."""
    across = np.floor(seen[..., 9] / skin[2] + skin[1] / 2).astype(np.int64) - defect.at[1]
    down = np.floor(skin[0] / 2 - seen[..., 10] / skin[2]).astype(np.int64) - defect.at[0]
    height, width = defect.shape
    there = seen[..., 11] != 0
    there &= (across >= 0) & (across < width) & (down >= 0) & (down < height)
    there &= defect.mask[np.clip(down, 0, height - 1), np.clip(across, 0, width - 1)]
    return np.asarray(there)
