"""`Regrid`: the pixels of a copy as places in its source, where a step cropped, padded, resized or turned the picture.

A step that turns the picture round with its geometry, so that nothing moves in the patient, says so by its map: a
`TurnedPicture` or a `TurnedVolume`. The same matrix in any other map moves content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap

__all__ = ["Regrid", "TurnedPicture", "TurnedVolume", "regrid_of"]

_EVEN = 1e-6  # voxels
_WHOLE = 1e-4  # voxels: what is nearer to a whole number is one


class TurnedPicture(PixelMap):
    """The map of a picture whose grid goes along with it: nothing moves in the patient."""

    __slots__ = ()


class TurnedVolume(VolumeMap):
    """The map of a volume whose grid goes along with it: nothing moves in the patient."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Regrid:
    """Another grid in the same place: voxel k of it lies at `start + k * step` in voxels of the first one.

    Attributes:
        shape: (D, H, W) of the copy.
        frame: (D, H, W) of its source.
        start: Where its first voxel lies, along z, y and x of the source.
        step: How large its voxels are, along z, y and x of its own; below zero where the axis was turned round.
        moved: Whether content left its place besides, in steps that kept the size.
        along: The axis of the source that each of its own runs along, 0 for z.
    """

    shape: tuple[int, int, int]
    frame: tuple[int, int, int]
    start: tuple[float, float, float]
    step: tuple[float, float, float]
    moved: bool = False
    along: tuple[int, int, int] = (0, 1, 2)

    @property
    def whole(self) -> bool:
        """Whether its voxels are voxels of the source: a crop, a pad or a turn, and nothing in between."""
        on_voxels = all(abs(begin - round(begin)) < _WHOLE for begin in self.start)
        return on_voxels and all(abs(abs(pace) - 1) < _WHOLE for pace in self.step)

    @property
    def turned(self) -> bool:
        """Whether axes changed places or were turned round."""
        return self.along != (0, 1, 2) or min(self.step) < 0

    @property
    def only_turned(self) -> bool:
        """Whether it has the voxels of the source, all of them and no others, in another order."""
        every = all(self.shape[own] == self.frame[axis] for own, axis in enumerate(self.along))
        ends = (0.0 if pace > 0 else size - 1.0 for pace, size in zip(self.step, self.shape, strict=True))
        begins = all(abs(self.start[axis] - end) < _WHOLE for axis, end in zip(self.along, ends, strict=True))
        return self.turned and self.whole and every and begins

    @property
    def words(self) -> str:
        """What was done: "cropped or padded from 512 x 512 to 300 x 280, beginning at row 10 and column 20"."""
        size, old = (" x ".join(map(str, shape[0 if self._deep else 1 :])) for shape in (self.shape, self.frame))
        if self.only_turned:
            return f"reoriented with its geometry, from {old} to {size}"
        if self.turned:
            return f"reoriented with its geometry, and cropped, padded or resampled, from {old} to {size}"
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
        matrix = np.zeros((4, 4))
        matrix[3, 3] = 1.0
        matrix[:3, 3] = self.start[::-1]
        for own, axis in enumerate(self.along):
            matrix[2 - axis, 2 - own] = self.step[own]
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
            **({"along": list(self.along)} if self.turned else {}),
        }

    @classmethod
    def of_record(cls, told: Mapping[str, Any]) -> Regrid:
        """Return what `as_record` told of."""
        (shape, frame), (start, step) = (
            [tuple(told[name]) for name in names] for names in (("shape", "frame"), ("start", "step"))
        )
        z, y, x = told.get("along", (0, 1, 2))
        return cls(shape, frame, start, step, along=(z, y, x))


def regrid_of(maps: Sequence[PixelMap | VolumeMap], shape: Sequence[int]) -> Regrid:
    """Return the grid of what maps make of a volume or a picture, where the patient stays.

    A step that changes the size, or says that it turns the grid, shows the same content on other pixels, and the grid
    follows it. Any other step moves content over the grid, and the grid stays.

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
        if whole == size and not isinstance(one, TurnedPicture | TurnedVolume):
            moved = moved or not _is_still(one)
            continue
        matrix = matrix @ _grid_matrix(one)
        size = whole
    steps, start = matrix[2::-1, 2::-1], matrix[2::-1, 3]  # along z, y and x
    along = np.abs(steps).argmax(axis=0)
    return Regrid(
        (int(size[0]), int(size[1]), int(size[2])),
        (int(frame[0]), int(frame[1]), int(frame[2])),
        (_even(start[0]), _even(start[1]), _even(start[2])),
        (_even(steps[along[0], 0]), _even(steps[along[1], 1]), _even(steps[along[2], 2])),
        moved,
        (int(along[0]), int(along[1]), int(along[2])),
    )


def _is_still(one: PixelMap | VolumeMap) -> bool:
    if isinstance(one, VolumeMap):
        return one.is_identity
    return one.matrix is not None and np.array_equal(one.matrix, np.eye(3))


def _grid_matrix(one: PixelMap | VolumeMap) -> NDArray[np.float64]:
    """Return the matrix of a crop, a pad, a resize, or a turn that says it is one."""
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
    if isinstance(one, TurnedPicture | TurnedVolume):
        return matrix
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
