"""Steps that were drawn and not yet carried out: one map, then one program, to be run in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.maps import PixelMap
from domainaug.kernels.point import Op
from domainaug.kernels.volume_map import VolumeMap

__all__ = ["Joined", "Move", "Order", "Pending", "Tone"]

Order = Literal["nearest", "linear", "cubic"]

_SHRINKS = 1.25  # pixels of the input in one of the output, along an axis, that are a loss of detail
_ENLARGES = 1.1  # what scaling jitter does after a crop was made small is no more than this
_RIM = 2.0  # voxels of a frame on the way that a volume's map may leave out; a deformation moves its faces by as much
_PLACES = 17  # along each axis of a volume


@dataclass(frozen=True, slots=True)
class Move:
    """What a geometric step offers.

    Attributes:
        map: Where each pixel or voxel of its output looks.
        order: How it interpolates; None where whole pixels move, which suits any.
        fill: What it puts outside the picture, in the unit of the values; None where nothing comes from outside.
        fill_mask: Likewise for masks.
    """

    map: PixelMap | VolumeMap
    order: Order | None
    fill: float | tuple[float, ...] | None
    fill_mask: float | None


@dataclass(frozen=True, slots=True)
class Tone:
    """What a pointwise step offers.

    Attributes:
        ops: On shares of the range.
        clips: Whether it holds values within the range.
    """

    ops: tuple[Op, ...]
    clips: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """A geometric step that waits; boxes may have to pass through it by its own method.

    Attributes:
        leaf: The transform.
        params: What it drew.
        shape: (height, width), and channels if any, of what it makes.
    """

    leaf: Any
    params: Mapping[str, Any]
    shape: tuple[int, ...]


@dataclass(slots=True)
class Pending:
    """A pass in the making.

    A step joins when doing it in this pass is doing it in its turn: geometry before any program, one
    interpolation, one fill. What does not join starts the next pass.

    Attributes:
        geometry: The map so far; None while nothing moves.
        order: The interpolation of the pass; None while whole pixels move.
        fill: What lies outside; None while nothing comes from there.
        fill_mask: Likewise for masks.
        ops: The program so far.
        clips: Whether the program holds values within the range.
        joined: The geometric steps, in order.
        leaf: The last transform that joined, to name in an error.
    """

    geometry: PixelMap | VolumeMap | None = None
    order: Order | None = None
    fill: float | tuple[float, ...] | None = None
    fill_mask: float | None = None
    ops: tuple[Op, ...] = ()
    clips: bool = True
    joined: list[Joined] = field(default_factory=list)
    leaf: Any = None

    def __bool__(self) -> bool:
        return self.geometry is not None or bool(self.ops)

    def add_move(self, move: Move) -> bool:
        """Take a geometric step into the pass; False, and nothing taken, when it has to start one of its own."""
        if self.ops or not (
            _agree(self.order, move.order) and _agree(self.fill, move.fill) and _agree(self.fill_mask, move.fill_mask)
        ):
            return False
        if self.geometry is not None and _loses_detail(self.geometry, move.map):
            return False
        geometry = move.map if self.geometry is None else _in_turn(self.geometry, move.map)
        if geometry is None:
            return False
        self.geometry = geometry
        self.order = self.order or move.order
        self.fill = move.fill if self.fill is None else self.fill
        self.fill_mask = move.fill_mask if self.fill_mask is None else self.fill_mask
        return True

    def add_tone(self, tone: Tone) -> bool:
        """Take a pointwise step into the pass; False when it has to start one of its own."""
        if self.ops and self.clips != tone.clips:
            return False
        self.ops, self.clips = (*self.ops, *tone.ops), tone.clips
        return True


def _agree(ours: Any, theirs: Any) -> bool:
    return ours is None or theirs is None or bool(np.all(np.equal(ours, theirs)) if ours != theirs else True)


def _loses_detail(first: PixelMap | VolumeMap, second: PixelMap | VolumeMap) -> bool:
    """Whether a picture is made small and then large again: what was lost on the way has to stay lost."""
    return max(first.footprint) > _SHRINKS and min(second.footprint) < 1 / _ENLARGES


def _in_turn(first: PixelMap | VolumeMap, second: PixelMap | VolumeMap) -> PixelMap | VolumeMap | None:
    """Return one map for two; None when a slice's map and a volume's cannot be one."""
    if isinstance(first, PixelMap) and isinstance(second, PixelMap):
        return first.then(second)
    depth = second.frame[0] if isinstance(second, VolumeMap) else first.shape[0]
    before, after = _of_slices(first, depth), _of_slices(second, depth)
    if before is None or after is None or not (_stays_inside(after) or _keeps_its_faces(before)):
        return None  # a volume's map does not remember what the frame on the way cut
    try:
        return before.then(after)
    except ValueError:  # a deformation too fine to be carried through what follows it
        return None


def _of_slices(one: PixelMap | VolumeMap, depth: int) -> VolumeMap | None:
    """Return a map of a volume as it is, and that of a slice for all of `depth` slices, where it is affine."""
    if isinstance(one, VolumeMap):
        return one
    matrix, border = one.matrix, one.stages[-1].border
    simple = matrix is not None and np.array_equal(matrix[2], (0, 0, 1)) and border in ("constant", "replicate")
    return VolumeMap.from_plane(one, depth) if simple else None


def _stays_inside(one: VolumeMap) -> bool:
    """Whether all that a map looks at is in its frame, but for a rim."""
    found = one.looks_at(_spread(one.shape))
    ends = np.array(one.frame[::-1]) - 1
    return bool((found >= -_RIM).all() and (found <= ends + _RIM).all())


def _keeps_its_faces(one: VolumeMap) -> bool:
    """Whether a map takes each face of a volume to a face of its frame: a mirror, or a locked deformation."""
    if one.shape != one.frame or one.border != "constant":
        return False
    linear = one.matrix[:3, :3]
    if not np.array_equal(np.abs(linear), np.eye(3)):
        return False
    places, ends = _spread(one.shape), np.array(one.frame[::-1]) - 1
    found = one.looks_at(places)
    for axis in range(3):
        for face in (0, ends[axis]):
            on = found[places[:, axis] == face, axis]
            if not (np.abs(on - (face if linear[axis, axis] > 0 else ends[axis] - face)) <= _RIM).all():
                return False
    return True


def _spread(shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return places (N, 3) as (x, y, z) all over a volume, its faces and corners among them."""
    axes = (np.linspace(0, n - 1, min(n, _PLACES)) for n in shape[::-1])
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
