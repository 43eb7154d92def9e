"""`Grid`: where voxels lie in the patient; the one thing that images, masks, contours and landmarks share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.kernels.volume_map import VolumeMap
from domainaug.medical.series import Series
from domainaug.medical.stacks import StackGeometry

__all__ = ["Grid"]

Array = NDArray[np.float64]

_SINGLE = 1.0  # mm: how thick a single slice is taken to be, where nothing tells
_SAME = 1e-3  # voxels


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Voxels in the patient. Any spacing, direction and handedness; slices may lean.

    Attributes:
        shape: (D, H, W).
        matrix: (4, 4) float64; takes voxel indices (x, y, z, 1), centers at integers, to patient millimeters in
            DICOM's axes (left, back, up).

    Raises:
        LabelError: The matrix is not finite or singular, or the shape is empty.
    """

    shape: tuple[int, int, int]
    matrix: Array

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, np.float64)
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise LabelError(f"a grid is (slices, rows, columns), each 1 or more, and not {self.shape}")
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or not np.array_equal(matrix[3], (0, 0, 0, 1)):
            raise LabelError("a grid's matrix is (4, 4), of finite numbers, and ends in the row (0, 0, 0, 1)")
        if abs(np.linalg.det(matrix[:3, :3])) < 1e-12:
            raise LabelError("a grid's matrix is singular: its axes must point in three directions")
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        object.__setattr__(self, "matrix", matrix)

    @classmethod
    def of_stack(cls, geometry: StackGeometry, size: Sequence[int]) -> Grid:
        """Return the grid of a stack.

        Args:
            geometry: Where it lies; a single slice is taken to be 1 mm thick.
            size: Slices, rows, columns.
        """
        matrix = np.eye(4)
        matrix[:3, 0] = np.array(geometry.row) * geometry.spacing[1]
        matrix[:3, 1] = np.array(geometry.column) * geometry.spacing[0]
        matrix[:3, 2] = np.array(geometry.normal) * (geometry.slice_spacing or _SINGLE)
        matrix[:3, 3] = geometry.origin
        return cls((int(size[0]), int(size[1]), int(size[2])), matrix)

    @classmethod
    def of_series(cls, series: Series) -> Grid:
        """Return the grid of a series.

        Raises:
            LabelError: It is not a stack, or its slices are not evenly spaced one behind the other.
        """
        if series.geometry is None:
            raise LabelError(
                f"the {series.modality} series says not where it lies in the patient, so labels in patient "
                "coordinates cannot be brought onto it; position, orientation and spacing are needed"
            )
        if series.refusal is not None:
            raise LabelError(f"the series is no even grid: {series.refusal.message}")
        return cls.of_stack(series.geometry, series.size)

    @property
    def steps(self) -> tuple[float, float, float]:
        """Millimeters from one voxel to the next along x, y and z."""
        x, y, z = np.linalg.norm(self.matrix[:3, :3], axis=0).tolist()
        return x, y, z

    @property
    def voxel_mm3(self) -> float:
        """Volume of a voxel."""
        return float(abs(np.linalg.det(self.matrix[:3, :3])))

    def to_mm(self, indices: Any) -> Array:
        """Return where indices (N, 3), as (x, y, z), lie in the patient."""
        placed: Array = np.asarray(indices, np.float64).reshape(-1, 3) @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return placed

    def to_index(self, points: Any) -> Array:
        """Return the indices (N, 3), as (x, y, z), of points (N, 3) in the patient."""
        away = np.asarray(points, np.float64).reshape(-1, 3) - self.matrix[:3, 3]
        return np.asarray(np.linalg.solve(self.matrix[:3, :3], away.T).T)

    def holds(self, points: Any) -> NDArray[np.bool_]:
        """Return which points (N, 3) in the patient lie in a voxel of the grid."""
        places = self.to_index(points)
        inside: NDArray[np.bool_] = np.all((places >= -0.5) & (places < np.array(self.shape[::-1]) - 0.5), axis=1)
        return inside

    def is_same(self, other: Grid) -> bool:
        """Return whether both have the same voxels, to a thousandth of one."""
        if self.shape != other.shape:
            return False
        corners = np.stack(np.meshgrid(*((0, n - 1) for n in self.shape[::-1])), -1).reshape(-1, 3)
        return bool(np.abs(self.to_index(other.to_mm(corners)) - corners).max() <= _SAME)

    def seen_through(self, volume_map: VolumeMap) -> Grid:
        """Return the grid of what an affine map shows, if the patient stays: a crop, a reorientation, new voxels.

        Raises:
            LabelError: The map bends.
        """
        if volume_map.mesh is not None and volume_map.mesh.any():
            raise LabelError("a map that bends has no grid that leaves the patient where they are")
        return Grid(volume_map.shape, self.matrix @ volume_map.matrix)

    def onto(self, other: Grid) -> VolumeMap:
        """Return the map that shows what is on this grid on the voxels of another."""
        return VolumeMap(other.shape, _affine(np.linalg.solve(self.matrix, other.matrix)), self.shape)


def _affine(matrix: Any) -> Array:
    """Return a matrix with what solving is off by taken out of its last row."""
    found: Array = np.array(matrix, np.float64)
    found[3] = (0, 0, 0, 1)
    return found
