"""A grid of Hounsfield units to draw bodies on: shapes by rule, tubes along curves, thin vessels by volume."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Canvas", "along", "rotation"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Voxels about the origin, in DICOM's axes (left, back, up).

    Attributes:
        low: (x, y, z) of the first voxel's middle, in mm.
        step: Side of a voxel, in mm.
        hounsfield: (D, H, W) float32.
        labels: (D, H, W) uint8.
    """

    low: tuple[float, float, float]
    step: float
    hounsfield: NDArray[np.float32]
    labels: NDArray[np.uint8]
    axes: tuple[NDArray[np.float32], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        shape = self.hounsfield.shape[::-1]
        lines = [np.float32(low) + np.float32(self.step) * np.arange(n, dtype=np.float32)
                 for low, n in zip(self.low, shape, strict=True)]  # fmt: skip
        x, y, z = lines
        object.__setattr__(self, "axes", (x[None, None, :], y[None, :, None], z[:, None, None]))

    @classmethod
    def of(cls, reach: Sequence[tuple[float, float]], step: float) -> Canvas:
        """Return an empty one (air) from the lowest to the highest (x), (y), (z), in mm."""
        sizes = [round((high - low) / step) + 1 for low, high in reach][::-1]
        low = (reach[0][0], reach[1][0], reach[2][0])
        return cls(low, step, np.full(sizes, -1000.0, np.float32), np.zeros(sizes, np.uint8))

    def part(self, *reach: tuple[float, float]) -> Canvas:
        """Return what lies from the lowest to the highest (x), (y), (z), in mm; drawing there draws here."""
        middle = [(low + high) / 2 for low, high in reach]
        box = self._box(middle, [(high - low) / 2 for low, high in reach])
        x, y, z = (low + self.step * cut.start for low, cut in zip(self.low, box[::-1], strict=True))
        return Canvas((x, y, z), self.step, self.hounsfield[box], self.labels[box])

    @property
    def matrix(self) -> Array:
        """(4, 4) takes voxel indices (x, y, z, 1) to millimeters."""
        made = np.diag([self.step, self.step, self.step, 1.0])
        made[:3, 3] = self.low
        return made

    def fill(self, mask: NDArray[np.bool_], value: float, label: int | None = None) -> None:
        """Set voxels, and their label where one is given."""
        self.hounsfield[mask] = value
        if label is not None:
            self.labels[mask] = label

    def ellipsoid(
        self, middle: Sequence[float] | Array, radii: Sequence[float], value: float, label: int | None = None, *,
        turn: Array | None = None, where: NDArray[np.bool_] | None = None,
    ) -> None:  # fmt: skip
        """Draw an ellipsoid; the rows of `turn` are its axes. `where` (D, H, W) limits it."""
        reach = max(radii) if turn is not None else 0
        box = self._box(middle, [reach or radius for radius in radii])
        axes = [axis[tuple(slice(None) if n == 1 else part for n, part in zip(axis.shape, box, strict=True))]
                - np.float32(m) for axis, m in zip(self.axes, middle, strict=True)]  # fmt: skip
        frame = np.eye(3) if turn is None else turn
        depth: Any = 0.0
        for direction, radius in zip(frame.astype(np.float32), radii, strict=True):
            depth = depth + ((direction[0] * axes[0] + direction[1] * axes[1] + direction[2] * axes[2])
                             / np.float32(radius)) ** 2  # fmt: skip
        inside = depth <= 1
        if where is not None:
            inside &= where[box]
        self.hounsfield[box][inside] = value
        if label is not None:
            self.labels[box][inside] = label

    def tube(
        self, path: Array, radii: float | Array, value: float, label: int | None = None, *,
        flat: tuple[float, float, float] = (1.0, 1.0, 1.0), where: NDArray[np.bool_] | None = None,
    ) -> None:  # fmt: skip
        """Draw beads along a path (N, 3); `flat` stretches them along x, y and z."""
        radii = np.broadcast_to(np.asarray(radii, np.float64), (len(path),))
        apart = float(np.linalg.norm(path[1] - path[0])) if len(path) > 1 else self.step
        each = max(1, int(0.6 * self.step / max(apart, 1e-6)))
        path, radii = path[::each], radii[::each]
        for place, radius in zip(path, radii, strict=True):
            self.ellipsoid(place, [radius * stretch for stretch in flat], value, label, where=where)

    def thread(self, path: Array, radii: Array, value: float, where: NDArray[np.bool_]) -> None:
        """Add a thin tube by its volume: every point's share goes to the eight voxels around it.

        Args:
            path: (N, 3), in mm, evenly spaced.
            radii: (N,), in mm.
            value: HU of what the tube is made of.
            where: (D, H, W) the voxels that may change.
        """
        if len(path) < 2:
            return
        apart = float(np.linalg.norm(path[1] - path[0]))
        volume = np.pi * radii**2 * apart / self.step**3
        place = (path - np.array(self.low)) / self.step
        first = np.floor(place).astype(np.int64)
        rest = place - first
        size = np.array(self.hounsfield.shape[::-1])
        for corner in np.ndindex(2, 2, 2):
            at = first + corner
            weight = np.prod(np.where(corner, rest, 1 - rest), axis=1) * volume
            kept = ((at >= 0) & (at < size)).all(axis=1)
            x, y, z = at[kept].T
            fine = where[z, y, x]
            x, y, z, weight = x[fine], y[fine], z[fine], weight[kept][fine]
            np.add.at(self.hounsfield, (z, y, x), (weight * (value + 850)).astype(np.float32))

    def where(self, rule: Callable[..., Any]) -> NDArray[np.bool_]:
        """Return where a rule of x, y and z (arrays that broadcast) holds."""
        return np.broadcast_to(np.asarray(rule(*self.axes)), self.hounsfield.shape)

    def _box(self, middle: Sequence[float] | Array, radii: Sequence[float]) -> tuple[slice, slice, slice]:
        parts = []
        for low, size, m, radius in zip(self.low, self.hounsfield.shape[::-1], middle, radii, strict=True):
            first = int(np.ceil((m - radius - low) / self.step))
            last = int(np.floor((m + radius - low) / self.step)) + 1
            parts.append(slice(min(max(first, 0), size), max(min(last, size), 0)))
        return parts[2], parts[1], parts[0]


def along(points: Sequence[Sequence[float]], apart: float) -> Array:
    """Return a smooth curve through points (N, 3), as points about `apart` mm from each other."""
    from scipy.interpolate import CubicSpline

    given = np.asarray(points, np.float64)
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(given, axis=0), axis=1))])
    if len(given) == 2:
        share = np.linspace(0, 1, max(2, int(way[-1] / apart) + 1))[:, None]
        return np.asarray(given[0] + share * (given[1] - given[0]))
    places = np.linspace(0, way[-1], max(2, int(way[-1] / apart) + 1))
    return np.asarray(CubicSpline(way, given)(places))


def rotation(toward: Sequence[float]) -> Array:
    """Return axes (3, 3), one a row, the first of which points `toward`."""
    first = np.asarray(toward, np.float64)
    first = first / np.linalg.norm(first)
    helper = np.array([0.0, 0.0, 1.0]) if abs(first[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    second = np.cross(helper, first)
    second /= np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)])
