"""Three planes through a volume, each in true proportions, and what lies at a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError

__all__ = ["PLANES", "Plane", "middle_of", "plane_of", "value_at"]

PLANES = ("slice", "row", "column")
"""What a plane is called by the axis it is seen along: of an axial stack axial, coronal and sagittal."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """One plane of a volume.

    Attributes:
        axis: The axis it is seen along: 0 slices, 1 rows, 2 columns.
        index: Which one.
        values: (h, w) or (h, w, C), as they are in the volume.
        step: Millimeters (or pixels) from one row to the next, and from one column to the next.
    """

    axis: int
    index: int
    values: NDArray[Any]
    step: tuple[float, float]

    @property
    def flipped(self) -> bool:
        """Whether it is shown with its first row below: slices run upward, pictures downward."""
        return self.axis != 0

    def size(self, longest: int) -> tuple[int, int]:
        """Return (width, height) in true proportions, the longer of the two as told."""
        height, width = self.values.shape[0] * self.step[0], self.values.shape[1] * self.step[1]
        factor = longest / max(height, width)
        return max(1, round(width * factor)), max(1, round(height * factor))

    def fitted(self, picture: NDArray[Any], longest: int, *, labels: bool = False) -> NDArray[Any]:
        """Return a picture of the plane in true proportions.

        Args:
            picture: (h, w) or (h, w, C), on the pixels of the plane.
            longest: The longer side, in pixels.
            labels: Whether its values are numbers of labels, which have nothing between them.
        """
        size = self.size(longest)
        turned = picture[::-1] if self.flipped else picture
        smaller = size[0] < picture.shape[1]
        how = cv2.INTER_NEAREST_EXACT if labels else cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(np.ascontiguousarray(turned), size, interpolation=how))


def plane_of(volume: NDArray[Any], axis: int, index: int, spacing: Sequence[float] | None = None) -> Plane:
    """Return a plane of a volume.

    Args:
        volume: (D, H, W) or (D, H, W, C).
        axis: Along which it is seen.
        index: Which one, from 0.
        spacing: Millimeters between slices, rows and columns; None for a cube.

    Raises:
        ImageError: It is no volume, or has no such plane.
    """
    if volume.ndim not in (3, 4):
        raise ImageError(f"planes are those of a volume, (slices, rows, columns); got {volume.shape}")
    if not (0 <= axis <= 2 and 0 <= index < volume.shape[axis]):
        raise ImageError(f"a volume of {volume.shape[:3]} has no plane {index} along axis {axis}")
    steps = (1.0, 1.0, 1.0) if spacing is None else tuple(float(x) for x in spacing)
    across = tuple(steps[other] for other in range(3) if other != axis)
    return Plane(axis, index, np.take(volume, index, axis), (across[0], across[1]))


def middle_of(volume: NDArray[Any]) -> tuple[int, int, int]:
    """Return the point in the middle of a volume: slice, row, column."""
    depth, height, width = (length // 2 for length in volume.shape[:3])
    return depth, height, width


def value_at(values: NDArray[Any], point: Sequence[int], unit: str = "") -> str:
    """Return what lies at a point, in words: "-812 HU", "34, 60, 12".

    Args:
        values: An image or a volume.
        point: (row, column) or (slice, row, column); what lies outside is said to.
        unit: What values count.
    """
    inside = len(point) <= values.ndim and all(
        0 <= at < length for at, length in zip(point, values.shape, strict=False)
    )
    if not inside:
        return "outside"
    found = np.atleast_1d(values[tuple(int(at) for at in point)])
    told = ", ".join(f"{x:d}" if found.dtype.kind in "iu" else f"{float(x):.4g}" for x in found.tolist()[:4])
    return f"{told} {unit}".rstrip()
