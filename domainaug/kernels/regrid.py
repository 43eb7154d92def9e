"""`Regrid`: the pixels of a copy as places in its source, where a step cropped, padded or resized the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap

__all__ = ["Regrid", "regrid_of"]

_EVEN = 1e-6  # voxels
_WHOLE = 1e-4  # voxels: what is nearer to a whole number is one


@dataclass(frozen=True, slots=True)
class Regrid:
    """Another grid in the same place: voxel k of it lies at `start + k * step` in voxels of the first one.

    Attributes:
        shape: (D, H, W) of the copy.
        frame: (D, H, W) of its source.
        start: Where its first voxel lies, along z, y and x.
        step: How large its voxels are, along z, y and x; above zero.
        moved: Whether content left its place besides, in steps that kept the size.
    """

    shape: tuple[int, int, int]
    frame: tuple[int, int, int]
    start: tuple[float, float, float]
    step: tuple[float, float, float]
    moved: bool = False

    @property
    def whole(self) -> bool:
        """Whether its voxels are voxels of the source: a crop or a pad, and nothing in between."""
        on_voxels = all(abs(begin - round(begin)) < _WHOLE for begin in self.start)
        return on_voxels and all(abs(pace - 1) < _WHOLE for pace in self.step)

    @property
    def words(self) -> str:
        """What was done: "cropped or padded from 512 x 512 to 300 x 280, beginning at row 10 and column 20"."""
        size, old = (" x ".join(map(str, shape[0 if self._deep else 1 :])) for shape in (self.shape, self.frame))
        if self.whole:
            depth, row, column = (round(begin) for begin in self.start)
            first = f"row {row} and column {column}" + (f" of slice {depth}" if self._deep else "")
            return f"cropped or padded from {old} to {size}, beginning at {first}"
        return f"resampled from {old} to {size}"

    @property
    def _deep(self) -> bool:
        return self.shape[0] != self.frame[0] or abs(self.start[0]) > _EVEN

    @property
    def map(self) -> VolumeMap:
        """It, as the map from voxels of the copy to those of the source."""
        matrix = np.diag((*self.step[::-1], 1.0))
        matrix[:3, 3] = self.start[::-1]
        return VolumeMap(self.shape, matrix, self.frame)

    @property
    def nearest(self) -> tuple[int, ...]:
        """The slice of the source that lies nearest to each slice, the first or last one for those beyond."""
        last = self.frame[0] - 1
        return tuple(min(max(round(self.start[0] + at * self.step[0]), 0), last) for at in range(self.shape[0]))

    def as_record(self) -> dict[str, Any]:
        """Return it fit for JSON; `of_record` is the way back."""
        return {
            "shape": list(self.shape),
            "frame": list(self.frame),
            "start": list(self.start),
            "step": list(self.step),
        }

    @classmethod
    def of_record(cls, told: Mapping[str, Any]) -> Regrid:
        """Return what `as_record` told of."""
        (shape, frame), (start, step) = (
            [tuple(told[name]) for name in names] for names in (("shape", "frame"), ("start", "step"))
        )
        return cls(shape, frame, start, step)


def regrid_of(maps: Sequence[PixelMap | VolumeMap], shape: Sequence[int]) -> Regrid:
    """Return the grid of what maps make of a volume or a picture, where the patient stays.

    A step that changes the size shows the same content on other pixels, and the grid follows it. A step that keeps
    the size moves content over the grid, and the grid stays.

    Args:
        maps: What was applied, in turn; a map of a picture is done to every slice.
        shape: (D, H, W) of the source, or (H, W).

    Raises:
        LabelError: A step changes the size and does more than crop, pad or resize.
    """
    frame = (1, *shape) if len(shape) == 2 else tuple(shape)
    size, matrix, moved = frame, np.eye(4), False
    for one in maps:
        whole = (size[0], *one.shape) if isinstance(one, PixelMap) else one.shape
        if whole == size:
            moved = moved or not _is_still(one)
            continue
        matrix = matrix @ _grid_matrix(one)
        size = whole
    z, y, x = (2, 1, 0)
    return Regrid(
        (int(size[0]), int(size[1]), int(size[2])),
        (int(frame[0]), int(frame[1]), int(frame[2])),
        (_even(matrix[z, 3]), _even(matrix[y, 3]), _even(matrix[x, 3])),
        (_even(matrix[z, z]), _even(matrix[y, y]), _even(matrix[x, x])),
        moved,
    )


def _is_still(one: PixelMap | VolumeMap) -> bool:
    if isinstance(one, VolumeMap):
        return one.is_identity
    return one.matrix is not None and np.array_equal(one.matrix, np.eye(3))


def _grid_matrix(one: PixelMap | VolumeMap) -> NDArray[np.float64]:
    """Return the matrix of a crop, a pad or a resize."""
    if isinstance(one, PixelMap):
        plane = one.matrix
        if plane is None or not np.array_equal(plane[2], (0, 0, 1)):
            raise LabelError(_TANGLED)
        matrix = np.eye(4)
        matrix[:2, :2], matrix[:2, 3] = plane[:2, :2], plane[:2, 2]
    else:
        if one.mesh is not None and one.mesh.any():
            raise LabelError(_TANGLED)
        matrix = np.array(one.matrix)
    diagonal = np.diag(matrix)[:3]
    if np.abs(matrix[:3, :3] - np.diag(diagonal)).max() > _EVEN or (diagonal <= 0).any():
        raise LabelError(_TANGLED)
    return matrix


_TANGLED = (
    "one step changed the size of the picture and turned, mirrored or bent it too, so nobody can say where its pixels "
    "lie in the patient; crop, pad or resize in a step of its own"
)


def _even(number: float) -> float:
    """Return a number without what products of matrices are off by."""
    near = round(float(number), 9)
    return near + 0.0
