"""Labels of a projection: what of a segment lies in the way of each ray, its box, where landmarks are seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.rays import lengths
from domainaug.medical.labels.grid import Grid
from domainaug_simulators.radiograph.geometry import Geometry

__all__ = ["Shadow", "Solid", "shadow_of", "solids"]


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """One segment, cut out.

    Attributes:
        number: Its number.
        mask: (D, H, W) of what holds it.
        matrix: (4, 4) takes indices (x, y, z, 1) of the cut to millimeters.
    """

    number: int
    mask: NDArray[np.bool_]
    matrix: NDArray[np.float64]

    @property
    def corners(self) -> NDArray[np.float64]:
        """(8, 3) the corners of the cut, in mm."""
        ends = [(-0.5, size - 0.5) for size in self.mask.shape[::-1]]
        places = np.stack(np.meshgrid(*ends), -1).reshape(-1, 3)
        return np.asarray(places @ self.matrix[:3, :3].T + self.matrix[:3, 3])


def solids(values: NDArray[Any], grid: Grid, numbers: Sequence[int]) -> list[Solid]:
    """Return the segments of a mask that have a voxel.

    Args:
        values: (D, H, W) numbers of segments.
        grid: Where they lie.
        numbers: Which are wanted.
    """
    from scipy import ndimage

    found = []
    boxes = ndimage.find_objects(values.astype(np.int32, copy=False), max_label=max(numbers, default=0))
    for number in numbers:
        box = boxes[number - 1] if number - 1 < len(boxes) else None
        if box is not None:
            matrix = grid.matrix.copy()
            matrix[:3, 3] = grid.to_mm([[part.start for part in box[::-1]]])[0]
            found.append(Solid(number, np.ascontiguousarray(values[box] == number), matrix))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Shadow:
    """A segment in a projection.

    Attributes:
        number: Of the segment.
        thickness: (rows, columns) how much of it lies along each ray, in mm; 0 where blades keep the beam away.
        box: First and last column and row with any of it, as (left, top, right, bottom) in pixels from the picture's
            corner; None where nothing is seen.
        seen: Share of its shadow on the detector that blades leave, 0 to 1.
        cropped: Whether what may be part of its shadow lies beyond the detector's edge.
    """

    number: int
    thickness: NDArray[np.float32]
    box: tuple[int, int, int, int] | None
    seen: float
    cropped: bool

    def to_dict(self) -> Mapping[str, Any]:
        """Return what a sidecar file says of it."""
        return {
            "segment": self.number,
            "box": None if self.box is None else list(self.box),
            "pixels": int((self.thickness > 0).sum()),
            "thickest_mm": round(float(self.thickness.max()), 3),
            "seen": round(self.seen, 4),
            "cropped": self.cropped,
        }


def shadow_of(solid: Solid, geometry: Geometry, lit: NDArray[np.bool_]) -> Shadow:
    """Return the shadow of a segment.

    Args:
        solid: The segment.
        geometry: Where source and detector are.
        lit: (rows, columns) where the beam is not kept away by blades.
    """
    rays = geometry.rays
    thickness = np.zeros(rays.shape, np.float32)
    places = geometry.project(solid.corners)
    rows, columns = rays.shape
    if np.isfinite(places).all():
        left, top = np.floor(places.min(axis=0)).astype(int)
        right, bottom = np.ceil(places.max(axis=0)).astype(int) + 1
    else:
        left, top, right, bottom = 0, 0, columns, rows
    cut = slice(max(top, 0), min(bottom, rows)), slice(max(left, 0), min(right, columns))
    if cut[0].start < cut[0].stop and cut[1].start < cut[1].stop:
        thickness[cut] = lengths(solid.mask, solid.matrix, rays.part(*cut))
    whole = int((thickness > 0).sum())
    thickness[~lit] = 0
    kept = int((thickness > 0).sum())
    cropped = bool(min(left, top, columns - right, rows - bottom) < 0)
    return Shadow(solid.number, thickness, _box(thickness > 0), kept / max(whole, 1), cropped)


def _box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
