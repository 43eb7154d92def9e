"""Where the beam reaches: the collimator's four blades, and how far a scan is long enough to be projected whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.radiograph.geometry import Geometry

__all__ = ["LEAK", "Field", "whole_rows"]

LEAK = 0.002
"""Share of the beam that gets through the blades; an opinion."""

_BLADES_MM = 300.0
"""From the focal spot to the blades."""


@dataclass(frozen=True, slots=True)
class Field:
    """A rectangle of the detector.

    Attributes:
        left: In pixels from the picture's corner; likewise the others.
        top: Upper edge.
        right: Right edge.
        bottom: Lower edge.
    """

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, shape: tuple[int, int], width: float, height: float, rows: tuple[float, float]) -> Field:
        """Return a field about the middle.

        Args:
            shape: Rows and columns.
            width: Share of the columns.
            height: Share of the rows.
            rows: First and last (excluded) row that it may reach.
        """
        high, wide = shape
        top, bottom = (high - high * height) / 2, (high + high * height) / 2
        return cls((wide - wide * width) / 2, max(top, rows[0]), (wide + wide * width) / 2, min(bottom, rows[1]))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is lit."""
        return self.right - self.left < 1 or self.bottom - self.top < 1

    def lit(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Return which pixels the beam reaches, their middles deciding."""
        x, y = np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5
        return np.asarray(
            ((y >= self.top) & (y < self.bottom))[:, None] & ((x >= self.left) & (x < self.right))[None, :]
        )

    def opening(self, geometry: Geometry, focal_spot: float) -> NDArray[np.float32]:
        """Return the share of the beam at every pixel: a focal spot of some size makes edges soft.

        An edge a from the spot and b before the detector is as wide as the spot times b / a.
        """
        setup = geometry.setup
        soft = max(focal_spot * (setup.source_to_detector - _BLADES_MM) / _BLADES_MM / setup.pitch, 0.5)
        rows, columns = setup.shape
        x, y = (np.arange(size, dtype=np.float64) + 0.5 for size in (columns, rows))
        across = self._ramp(x, self.left, self.right, columns, soft)
        beneath = self._ramp(y, self.top, self.bottom, rows, soft)
        return np.asarray(LEAK + (1 - LEAK) * beneath[:, None] * across[None, :], np.float32)

    @staticmethod
    def _ramp(place: NDArray[Any], low: float, high: float, size: int, soft: float) -> NDArray[np.float64]:
        """Return the share that two blades leave; one beyond the detector's edge casts no shadow."""
        one = np.clip((place - low) / soft + 0.5, 0, 1) if low > 0 else np.ones_like(place)
        other = np.clip((high - place) / soft + 0.5, 0, 1) if high < size else np.ones_like(place)
        return np.asarray(one * other)


def whole_rows(
    geometry: Geometry, matrix: NDArray[np.float64], shape: tuple[int, int, int], body: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the longest run of rows of the picture whose rays all pass the body within the scan's slices.

    A ray that enters or leaves the body beyond the first or last slice would miss a part of it.

    Args:
        geometry: Where source and detector are.
        matrix: (4, 4) takes voxel indices (x, y, z, 1) to millimeters.
        shape: Of the scan, (slices, rows, columns).
        body: (2, 3) lowest and highest index (x, y, z) of the body.

    Returns:
        The first row and the one after the last, as edges; equal where there is none.
    """
    rays = geometry.rays.seen_from(matrix)
    rows, columns = rays.shape
    picked = np.linspace(0, columns - 1, min(columns, 65))
    ends = (rays.corner + np.arange(rows)[:, None, None] * rays.down + picked[:, None] * rays.across) - rays.source
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [(body[:, axis, None, None] - rays.source[axis]) / ends[..., axis] for axis in range(2)]
    low = np.maximum(*(np.nan_to_num(one.min(axis=0), nan=-np.inf) for one in shares))
    high = np.minimum(*(np.nan_to_num(one.max(axis=0), nan=np.inf) for one in shares))
    hit = low < high
    heights = [rays.source[2] + np.clip(share, 0, 1) * ends[..., 2] for share in (low, high)]
    fine = np.logical_and.reduce([(h >= -0.5) & (h <= shape[0] - 0.5) for h in heights])
    good = (fine | ~hit).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    runs = edges.reshape(-1, 2)
    if not len(runs):
        return 0.0, 0.0
    first, last = runs[(runs[:, 1] - runs[:, 0]).argmax()].tolist()
    return float(first), float(last)
