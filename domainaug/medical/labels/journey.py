"""`Journey`: the way of an image through maps, as the one map that labels on any grid follow.

Maps of pictures and of volumes become one `VolumeMap` from the image's new voxels to its old ones. A grid that is
not the image's is put before and behind it as a matrix, so that labels are resampled once, from where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.kernels.lattice import fit
from domainaug.kernels.maps import Field, Mesh, PixelMap, Projective, Stage
from domainaug.kernels.resample import resample_labels
from domainaug.kernels.volume_map import VolumeMap
from domainaug.medical.grid import Grid

__all__ = ["Journey", "Step"]

Array = NDArray[np.float64]
Step = PixelMap | VolumeMap

_FITTED = 0.02  # pixels: how far a lattice may be off a field or a perspective that it stands for
_CELLS = 8  # a lattice to begin with, along each axis
_RIM = 1e-6  # voxels


@dataclass(frozen=True, slots=True, eq=False)
class Journey:
    """What happened to an image, in the patient.

    Attributes:
        steps: One map each, in the order they were applied.
        whole: All of them as one.
        source: Where the image's voxels lay.
        target: Where those of the result lie.
    """

    steps: tuple[VolumeMap, ...]
    whole: VolumeMap
    source: Grid
    target: Grid

    @classmethod
    def of(cls, maps: Step | Sequence[Step], source: Grid, target: Grid | None = None) -> Journey:
        """Return the journey of an image.

        Args:
            maps: What was applied, in turn; a map of a picture is done to every slice.
            source: The grid of the image.
            target: That of the result; where None, that of the image, which must then keep its size.

        Raises:
            LabelError: The maps do not fit the grids or each other, fold, repeat the picture at its border, or are
                too fine to be joined.
        """
        given = [maps] if isinstance(maps, PixelMap | VolumeMap) else list(maps)
        target = source if target is None else target
        steps: list[VolumeMap] = []
        depth = source.shape[0]
        for one in given:
            steps.extend(_of_pixels(one, depth) if isinstance(one, PixelMap) else (one,))
            depth = steps[-1].shape[0]
        whole = VolumeMap.identity(source.shape)
        for step in steps:
            whole = _joined(whole, step)
        if whole.shape != target.shape:
            raise LabelError(
                f"the maps make {whole.shape} voxels and the grid of the result has {target.shape}, as (slices, rows, "
                "columns): give the grid that the result has"
            )
        if whole.folds():
            raise LabelError("the map folds, so that one place would be shown twice: make its displacements smaller")
        return cls(tuple(steps) or (whole,), whole, source, target)

    @property
    def mirrors(self) -> bool:
        """Whether a left hand becomes a right one, in the patient."""
        turned = self.target.matrix @ np.linalg.inv(self.whole.matrix) @ np.linalg.inv(self.source.matrix)
        return bool(np.linalg.det(turned[:3, :3]) < 0)

    @property
    def keeps_planes(self) -> bool:
        """Whether each slice of the result shows one whole slice of the image."""
        row, mesh = self.whole.matrix[2], self.whole.mesh
        flat = mesh is None or not mesh[2].any()
        even = abs(abs(row[2]) - 1) < _RIM and abs(row[3] - round(row[3])) < _RIM
        return bool(flat and even and not row[:2].any())

    def between(self, old: Grid, new: Grid) -> VolumeMap:
        """Return the map that shows what lies on a grid of labels, after the journey, on another grid.

        Raises:
            LabelError: The deformation is too fine to be joined with the grids.
        """
        border = self.whole.border if old.is_same(self.source) else "constant"
        back = replace(old.onto(self.source), border=border)
        return _joined(_joined(back, self.whole), self.target.onto(new))

    def landed(self, points: Any) -> Array:
        """Return where points (N, 3) in the patient come to lie; NaN where nothing shows them."""
        return self.target.to_mm(self.whole.points(self.source.to_index(points)))

    def hidden(self, new: Grid) -> NDArray[np.bool_] | None:
        """Return which voxels of a grid show what lay outside the image, or was cut on the way; None for none.

        There the image shows its fill, and a label would name what is not to be seen.
        """
        through = self.target.onto(new)
        views = [] if _inside(through) else [through]
        for step in reversed(self.steps):
            through = _joined(step, through)
            if step.border == "constant" and not _inside(through):
                views.append(through)
        if not views:
            return None
        hidden = np.zeros(new.shape, bool)
        for view in views:
            hidden |= resample_labels(np.ones(view.frame, np.uint8), replace(view, border="constant")) == 0
        return hidden


def _joined(one: VolumeMap, following: VolumeMap) -> VolumeMap:
    try:
        return one.then(following)
    except ValueError as error:
        raise LabelError(f"the labels cannot follow the image: {error}") from error


def _inside(one: VolumeMap) -> bool:
    """Whether an affine map looks nowhere outside its frame; one that bends is not asked."""
    if one.mesh is not None and one.mesh.any():
        return False
    corners = np.stack(np.meshgrid(*((0.0, n - 1.0) for n in one.shape[::-1])), -1).reshape(-1, 3)
    places, size = one.looks_at(corners), np.array(one.frame[::-1], np.float64)
    return bool(((places >= -0.5 + _RIM) & (places < size - 0.5 - _RIM)).all())


# -- maps of pictures ---------------------------------------------------------------------------------------


def _of_pixels(pixel_map: PixelMap, depth: int) -> list[VolumeMap]:
    """Return what a map of a picture does to each of `depth` slices, in the order it is applied.

    Raises:
        LabelError: It repeats the picture beyond its border, or is too fine for a lattice.
    """
    shapes = [pixel_map.shape, *(stage.frame for stage in pixel_map.stages[:-1])]
    found = [_of_stage(stage, shape, depth) for stage, shape in zip(pixel_map.stages, shapes, strict=True)]
    return found[::-1]  # a coordinate passes the stages from the output back


def _of_stage(stage: Stage, shape: tuple[int, int], depth: int) -> VolumeMap:
    if stage.border not in ("constant", "replicate"):
        raise LabelError(
            f"the image goes on beyond its border ({stage.border}), and a label would be there twice; use a constant "
            "border, or 'replicate'"
        )
    border: Any = stage.border
    whole, frame = (depth, *shape), (depth, *stage.frame)
    if isinstance(stage, Projective) and stage.affine:
        return VolumeMap.from_plane(PixelMap(shape, (stage,)), depth)
    if isinstance(stage, Mesh):
        flat = np.concatenate([stage.control, np.zeros_like(stage.control[:1])])
        return VolumeMap(whole, np.eye(4), frame, np.repeat(flat[:, None], 4, axis=1), border)
    return _fitted(stage, whole, frame, border)


def _fitted(stage: Projective | Field, shape: Any, frame: Any, border: Any) -> VolumeMap:
    """Return a lattice that stands for a perspective or a field: both bend as a smooth displacement does."""

    def displacement(points: Array) -> Array:
        looked = _looked_at(stage, points[:, :2])
        return np.column_stack([looked - points[:, :2], np.zeros(len(points))])

    try:
        mesh = fit(displacement, shape, (1, _CELLS, _CELLS), _FITTED)
    except ValueError as error:
        raise LabelError(
            f"the labels cannot follow the image through a {type(stage).__name__.lower()} this fine: {error}"
        ) from error
    return VolumeMap(shape, np.eye(4), frame, mesh, border)


def _looked_at(stage: Projective | Field, points: Array) -> Array:
    if isinstance(stage, Projective):
        moved = np.column_stack([points, np.ones(len(points))]) @ stage.matrix.T
        if (moved[:, 2] <= 0).any():
            raise LabelError("a perspective that shows what lies behind the horizon has no labels")
        return np.asarray(moved[:, :2] / moved[:, 2:], np.float64)
    from scipy.ndimage import map_coordinates

    places = points[:, ::-1].T
    found = [map_coordinates(part.astype(np.float64), places, order=1, mode="nearest") for part in (stage.x, stage.y)]
    return np.stack(found, axis=1)
