"""`VolumeMap`: where each voxel of an output volume looks in the input.

Volumes are (D, H, W); points are (x, y, z) with voxel centers at integers, the first voxel at (0, 0, 0). A map is
one matrix and, for elastic deformation, a lattice of displacements: both are evaluated row by row while a volume
is resampled, so that no field is ever held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.checks import check_matrix, check_shape, check_spacing
from domainaug.kernels.lattice import axis_weights, fit, lookup, on_grid
from domainaug.kernels.maps import PixelMap

__all__ = ["VolumeBorder", "VolumeMap"]

Array = NDArray[np.float64]
Shape = tuple[int, int, int]
VolumeBorder = Literal["constant", "replicate"]

_JOINED = 1e-3  # voxels: how far two joined maps may be off the two in a row
_FOUND = 1e-4  # voxels: how far from a point its preimage may lead
_ROUNDS = 60
_SAMPLES = 4  # a cell and axis, where folds are looked for
_MOST_SAMPLES = 65


@dataclass(frozen=True, slots=True, eq=False)
class VolumeMap:
    """Where each output voxel looks.

    Attributes:
        shape: (D, H, W) of the output.
        matrix: (4, 4) float64; takes output indices (x, y, z, 1) to input indices.
        frame: (D, H, W) of the input.
        mesh: None, or (3, gz, gy, gx) float32: displacements along x, y and z in input voxels at the control
            points of a cubic B-spline over the output, added after the matrix. See `lattice.py`.
        border: What lies outside the input: a constant, or its outermost voxels.

    Raises:
        ValueError: A shape is empty; the matrix is singular or not finite; the mesh has fewer than 4 control
            points along an axis or values that are not finite; the border has another name.
    """

    shape: Shape
    matrix: Array
    frame: Shape
    mesh: NDArray[np.float32] | None = None
    border: VolumeBorder = "constant"

    def __post_init__(self) -> None:
        for name in ("shape", "frame"):
            whole = check_shape(getattr(self, name), f"the map's {name}", planes=1, error=ValueError)
            if len(whole) != 3:
                raise ValueError(f"the map's {name} must be (D, H, W) and is {whole}")
            object.__setattr__(self, name, whole)
        matrix = check_matrix(self.matrix, 4, "the map's matrix")
        if not np.array_equal(matrix[3], (0, 0, 0, 1)):
            raise ValueError(f"the map's matrix must end in the row (0, 0, 0, 1), not {matrix[3].tolist()}")
        object.__setattr__(self, "matrix", matrix)
        if self.border not in ("constant", "replicate"):
            raise ValueError(f"a volume's border is 'constant' or 'replicate', not {self.border!r}")
        if self.mesh is not None:
            object.__setattr__(self, "mesh", _checked(self.mesh))

    @classmethod
    def identity(cls, shape: Sequence[int]) -> VolumeMap:
        """Return the map that leaves a volume of `shape` as it is."""
        whole = (int(shape[0]), int(shape[1]), int(shape[2]))
        return cls(whole, np.eye(4), whole)

    @classmethod
    def from_plane(cls, pixel_map: PixelMap, depth: int) -> VolumeMap:
        """Return the map that does to each of `depth` slices what an affine map does to a picture.

        Raises:
            ValueError: The map of the plane is not one affine matrix, or its border is a mirror or wraps around.
        """
        plane = pixel_map.matrix
        if plane is None or not np.array_equal(plane[2], (0, 0, 1)):
            raise ValueError("only one affine matrix can be done to every slice of a volume; give this map to `warp`")
        border = pixel_map.stages[-1].border
        if border != "constant" and border != "replicate":
            raise ValueError(f"a volume's border is 'constant' or 'replicate', not {border!r}")
        matrix = np.eye(4)
        matrix[:2, :2], matrix[:2, 3] = plane[:2, :2], plane[:2, 2]
        return cls((depth, *pixel_map.shape), matrix, (depth, *pixel_map.frame), None, border)

    @classmethod
    def from_physical(
        cls,
        shape: Sequence[int],
        spacing: Sequence[float] | float,
        rotation_deg: Sequence[float] = (0.0, 0.0, 0.0),
        scale: Sequence[float] | float = 1.0,
        translation_mm: Sequence[float] = (0.0, 0.0, 0.0),
        center_mm: Sequence[float] | None = None,
        *,
        shape_out: Sequence[int] | None = None,
        spacing_out: Sequence[float] | float | None = None,
        border: VolumeBorder = "constant",
    ) -> VolumeMap:
        """Return the map that turns, scales and shifts what a volume shows, in millimeters.

        A point p of the body goes to R S (p - c) + c + t. R = Rz Rx Ry by the right-hand rule, as SimpleITK's
        `Euler3DTransform` has it: a positive angle about z turns x towards y, clockwise on a screen whose y runs
        down. Everything is (x, y, z), along the axes of the array.

        Args:
            shape: (D, H, W) of the input.
            spacing: Millimeters between voxels along x, y and z.
            rotation_deg: About x, y and z, in degrees.
            scale: Factor along x, y and z before the rotation; above 1 what is shown grows.
            translation_mm: Along x, y and z.
            center_mm: The point that rotation and scale leave where it is, from the center of the first voxel;
                the middle of the volume when None.
            shape_out: (D, H, W) of the output; that of the input when None.
            spacing_out: Of the output; that of the input when None. Both volumes have their middle at one place.
            border: What lies outside the input.

        Raises:
            ValueError: A spacing or scale that is not above zero, or values that are not three finite numbers.
        """
        frame = (int(shape[0]), int(shape[1]), int(shape[2]))
        whole = frame if shape_out is None else (int(shape_out[0]), int(shape_out[1]), int(shape_out[2]))
        steps = np.array(check_spacing(spacing, 3))
        steps_out = steps if spacing_out is None else np.array(check_spacing(spacing_out, 3, "spacing_out"))
        middle = (np.array(frame[::-1]) - 1) / 2 * steps
        center = middle if center_mm is None else _three(center_mm, "center_mm")
        moved = np.eye(4)
        moved[:3, :3] = _rotation(_three(rotation_deg, "rotation_deg")) * np.array(check_spacing(scale, 3, "scale"))
        moved[:3, 3] = center + _three(translation_mm, "translation_mm") - moved[:3, :3] @ center
        to_mm = np.diag((*steps_out, 1.0))
        to_mm[:3, 3] = middle - (np.array(whole[::-1]) - 1) / 2 * steps_out
        return cls(whole, np.diag((*1 / steps, 1.0)) @ np.linalg.inv(moved) @ to_mm, frame, None, border)

    @property
    def in_plane(self) -> bool:
        """Whether every output slice shows the input slice of the same number, and nothing of its neighbors."""
        keeps = np.array_equal(self.matrix[2], (0, 0, 1, 0)) and self.shape[0] == self.frame[0]
        return bool(keeps and (self.mesh is None or not self.mesh[2].any()))

    @property
    def is_identity(self) -> bool:
        """Whether every output voxel is the input voxel of the same index."""
        same = self.shape == self.frame and np.array_equal(self.matrix, np.eye(4))
        return bool(same and (self.mesh is None or not self.mesh.any()))

    @property
    def footprint(self) -> tuple[float, float, float]:
        """Extent along x, y and z, in input voxels, of the box one output voxel sees; a mesh counts as even."""
        x, y, z = np.linalg.norm(self.matrix[:3, :3], axis=1).tolist()
        return x, y, z

    def looks_at(self, points: Any) -> Array:
        """Return the input points (N, 3) that output points (N, 3) look at, as (x, y, z)."""
        given = _listed(points)
        found = given @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return found if self.mesh is None else found + lookup(self.mesh, self.shape, given)

    def points(self, points: Any) -> Array:
        """Return where input points (N, 3) come to lie in the output, as (x, y, z) in float64.

        With a mesh this is Newton's iteration, to 1e-4 voxel of the input. A point that nothing in the output
        looks at, as a folding mesh has them, becomes NaN.
        """
        given = _listed(points)
        back = np.linalg.inv(self.matrix[:3, :3])
        found = (given - self.matrix[:3, 3]) @ back.T
        if self.mesh is None or not len(given):
            return found
        for _ in range(_ROUNDS):
            off = self.looks_at(found) - given
            far = np.abs(off).max(axis=1) > _FOUND / 10
            if not far.any():
                break
            step = np.linalg.solve(self._slopes(found[far]), off[far, :, None])[:, :, 0]
            longest = np.abs(step).max(axis=1, keepdims=True)
            cell = max((n - 1) / (g - 3) for n, g in zip(self.shape, self.mesh.shape[1:], strict=True)) + 1
            found[far] -= step * np.minimum(1, cell / np.maximum(longest, 1e-12))
        found[~(np.abs(self.looks_at(found) - given).max(axis=1) <= _FOUND)] = np.nan
        return found

    def _slopes(self, points: Array) -> Array:
        """Return the Jacobians (N, 3, 3) of `looks_at`, by central differences."""
        step = 1e-3
        columns = [
            (self.looks_at(points + step * e) - self.looks_at(points - step * e)) / (2 * step) for e in np.eye(3)
        ]
        slopes: Array = np.stack(columns, axis=-1)
        return slopes + 1e-9 * np.eye(3)  # where a fold is exactly flat, a solver still gets a step

    def folds(self) -> bool:
        """Return whether the mesh folds: whether two places of the output look at one of the input.

        Sure to be said no where the differences of control points are small; else the sign of the Jacobian
        determinant is looked at, at five points or more a cell and axis, up to 65 an axis.
        """
        if self.mesh is None:
            return False
        return _folding(self.mesh.tobytes(), self.mesh.shape, self.shape, self.matrix[:3, :3].tobytes())

    def then(self, following: VolumeMap) -> VolumeMap:
        """Return the map of the volume that `following` makes of what this map makes.

        Matrices multiply, and a mesh of `following` is moved by this map's matrix: both are exact. A mesh of this
        map is exact where `following` mirrors, swaps axes, or changes the number of voxels between the same ends;
        else a new lattice is fitted whose cells are made smaller until it is within 1e-3 voxel at 4 096 places
        between those it was fitted to. What the volume in between would have cut off is not cut off.

        Raises:
            ValueError: The sizes do not match, or the new lattice would need more than 96 cells along an axis.
        """
        if following.frame != self.shape:
            raise ValueError(f"a map of a {following.frame} volume cannot follow one that makes {self.shape}")
        joined = replace(following, matrix=self.matrix @ following.matrix, frame=self.frame, border=self.border)
        linear = self.matrix[:3, :3]
        if following.mesh is not None:
            mesh = np.tensordot(linear, following.mesh.astype(np.float64), (1, 0)).astype(np.float32)
            joined = replace(joined, mesh=mesh)
        if self.mesh is None or not self.mesh.any():
            return joined
        if following.mesh is None or not following.mesh.any():
            same = _reordered(self.mesh, following)
            if same is not None:
                return replace(joined, mesh=same)
        own = self.mesh

        def displacement(points: Array) -> Array:
            moved = lookup(own, self.shape, following.looks_at(points))
            return moved if joined.mesh is None else moved + lookup(joined.mesh, joined.shape, points)

        return replace(joined, mesh=fit(displacement, joined.shape, _first_cells(self, following), _JOINED))


def _checked(mesh: Any) -> NDArray[np.float32]:
    array: NDArray[np.float32] = np.ascontiguousarray(mesh, np.float32)
    if array.ndim != 4 or array.shape[0] != 3 or min(array.shape[1:]) < 4:
        raise ValueError(f"a mesh is (3, gz, gy, gx) with 4 or more control points along an axis, not {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("the mesh has values that are not finite: every displacement must be a number of voxels")
    return array


def _three(value: Any, name: str) -> Array:
    found = np.array(value, np.float64)
    if found.shape != (3,) or not np.isfinite(found).all():
        raise ValueError(f"{name} must be three finite numbers, along x, y and z, and is {value!r:.80}")
    return found


def _listed(points: Any) -> Array:
    found = np.asarray(points, np.float64)
    if found.ndim != 2 or found.shape[1] != 3:
        raise ValueError(f"points of a volume are (N, 3), each (x, y, z), and these have shape {found.shape}")
    return found


def _rotation(degrees: Array) -> Array:
    """Return Rz Rx Ry."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    turned: Array = about_z @ about_x @ about_y
    return turned


def _first_cells(one: VolumeMap, following: VolumeMap) -> tuple[int, int, int]:
    """Return cells for a joined lattice: along each axis twice as many as the finest old ones it runs through."""
    assert one.mesh is not None
    pace = np.array([(g - 3) / max(n - 1, 1) for g, n in zip(one.mesh.shape[1:], one.shape, strict=True)])[::-1]
    length = np.array(following.shape[::-1]) - 1
    through = (np.abs(following.matrix[:3, :3]) * length * pace[:, None]).max(axis=0)
    if following.mesh is not None:
        through = np.maximum(through, np.array(following.mesh.shape[:0:-1]) - 3)
    cells = [int(min(max(np.ceil(2 * t), 1), max(n, 1), 64)) for t, n in zip(through, length, strict=True)]
    return (cells[2], cells[1], cells[0])


def _reordered(mesh: NDArray[np.float32], following: VolumeMap) -> NDArray[np.float32] | None:
    """Return the control points as the map that follows sees them, where it takes corners to corners; else None."""
    inner, outer = np.array(following.shape[::-1]) - 1.0, np.array(following.frame[::-1]) - 1.0
    linear, shift = following.matrix[:3, :3], following.matrix[:3, 3]
    sources = np.abs(linear).argmax(axis=0)  # the axis of the frame that each output axis runs along
    mirrored = [bool(linear[source, axis] < 0) for axis, source in enumerate(sources)]
    if sorted(sources) != [0, 1, 2]:
        return None
    ideal, start = np.zeros((3, 3)), np.zeros(3)
    for axis, source in enumerate(sources):
        pace = outer[source] / inner[axis] if inner[axis] else 1.0
        ideal[source, axis] = -pace if mirrored[axis] else pace
        start[source] = outer[source] if mirrored[axis] else 0.0
    degenerate = (inner[np.argsort(sources)] == 0) & (outer > 0)
    if degenerate.any() or not (np.allclose(linear, ideal, 0, 1e-9) and np.allclose(shift, start, 0, 1e-6)):
        return None
    order = [3 - int(sources[2 - position]) for position in range(3)]  # axes of the array: z, y, x
    turned = mesh.transpose(0, *order)
    return np.ascontiguousarray(turned[(slice(None), *(slice(None, None, -1 if m else 1) for m in mirrored[::-1]))])


@lru_cache(maxsize=8)
def _folding(control: bytes, lattice: tuple[int, ...], shape: tuple[int, int, int], turn: bytes) -> bool:
    """Look for folds once for an image and its masks, however often their map is made."""
    mesh = np.frombuffer(control, np.float32).reshape(lattice)
    linear = np.frombuffer(turn, np.float64).reshape(3, 3)
    cells = np.array(mesh.shape[1:]) - 3
    pace = (cells / np.maximum(np.array(shape) - 1, 1))[::-1]
    steepest = [np.abs(np.diff(mesh, axis=3 - axis)).reshape(3, -1).max(axis=1) * pace[axis] for axis in range(3)]
    if (np.abs(np.linalg.inv(linear)) @ np.stack(steepest, axis=1)).sum(axis=1).max() < 1:
        return False  # the identity and a matrix of norm below 1: the determinant is above zero
    at = [
        np.linspace(0, n - 1, 1 if n == 1 else min(_SAMPLES * int(c) + 1, _MOST_SAMPLES))
        for n, c in zip(shape, cells, strict=True)
    ]
    values, slopes = (
        [axis_weights(p, n, g, slope=s) for p, n, g in zip(at, shape, mesh.shape[1:], strict=True)]
        for s in (False, True)
    )
    jacobian = []
    for axis in (2, 1, 0):  # along x, y, z
        z, y, x = (slopes[i] if i == axis and shape[i] > 1 else values[i] for i in range(3))
        along = on_grid(mesh, (z, y, x))
        jacobian.append(along if shape[axis] > 1 else np.zeros_like(along))
    whole = np.moveaxis(np.stack(jacobian, axis=1), (0, 1), (-2, -1)) + linear
    return bool((np.linalg.det(whole) / np.linalg.det(linear) <= 0).any())
