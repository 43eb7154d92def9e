"""The mirrored patient: what was on the left is on the right, and is called so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import affine_maps
from domainaug.effects import Interval
from domainaug.errors import ImageError, LabelError
from domainaug.generators import Frame, Generators
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap
from domainaug.transforms.arguments import choice
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.moving import Moving
from domainaug.transforms.orientation import AXES, checked_orientation, orientation_of, place_of

__all__ = ["AnatomicalMirror"]

Array = NDArray[Any]

_HAPPENS = Interval(1.0, 1.0)

_COLUMNS, _ROWS, _SLICES = 1, 2, 3
_NAMES = {_COLUMNS: "columns", _ROWS: "rows", _SLICES: "slices"}

_USUAL = {
    "left-right": (_COLUMNS, _SLICES),
    "anterior-posterior": (_COLUMNS, _ROWS, _SLICES),
    "superior-inferior": (_ROWS, _SLICES),
}
"""What the axes of the body run along in pictures as they are shown: heads up, or axial with the back below."""


class AnatomicalMirror(Moving):
    """Mirrors a patient along an axis of the body; labels that have a side change it.

    The axis is told by its name, and which axis of the array runs along it by the orientation (see `orientation.py`),
    which DICOM and NIfTI images bring along: `HorizontalFlip` is right for one orientation only. Pixels move whole. In
    an oblique stack the mirror lies along the slices' own axis, so the mirrored patient is turned as well, by twice the
    angle between the two.

    Every mirror makes a left hand a right one, whatever the axis. In masks, numbers that stand for the two sides change
    places (`pairs`); segmentations and structure sets of a study, and what a DICOM header says of the side, follow in a
    run. Names beside boxes and points are the caller's.

    Args:
        across: "left-right", "anterior-posterior" or "superior-inferior": what changes places.
        orientation: Toward what (slices,) rows and columns count up, such as "SPL", where `orientation` beside the
            picture does not say, which goes before; "auto" takes pictures as they are usually shown, and leaves it to
            the call. What is declared follows from it, so a picture that the axis runs through another way is refused.
        pairs: Of numbers in masks that stand for left and right, such as [[3, 4]]; [] says that none has a side. Masks
            are refused until it is given.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the orientation, the axis does not run along the picture, or in another
            way than was declared.
        LabelError: At the call: there is a mask, and nothing tells which labels have a side.
    """

    governs: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(
        self,
        across: str = "left-right",
        orientation: str = "auto",
        pairs: Sequence[Sequence[int]] | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=p)
        self.moves_whole()
        self.across = choice(self, "across", across, tuple(AXES))
        auto = orientation == "auto"
        self.orientation = "auto" if auto else checked_orientation("AnatomicalMirror", orientation)
        self.pairs = _checked_pairs(pairs)
        self.draws_from: Any = "shape" if self.pairs == () else "alone"  # a pass would move masks as they are

    def get_transform_init_args(self) -> dict[str, Any]:
        """Return what saves it; albumentations leaves out empty lists, and here they say something."""
        return {**super().get_transform_init_args(), "pairs": self.pairs}

    def draw(self, extent: tuple[int, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Find the axis of the array; there is nothing to draw."""
        letters = orientation_of("AnatomicalMirror", data, self.orientation, len(extent))
        place = place_of(self.across, letters)
        if place is None:
            raise ImageError(
                f"AnatomicalMirror: {self.across} does not run along a picture whose rows and columns count up toward "
                f"{' and '.join(letters)}; take it as a volume, or name another axis"
            )
        back = len(letters) - place
        if back not in self._along(len(letters)):
            raise ImageError(
                f"AnatomicalMirror: {self.across} runs along the {_NAMES[back]} of an array that lies {letters}, which "
                "it was not told, so nothing that was checked holds: use Reorient before it, or "
                f'give orientation="{letters}" to the transform'
            )
        return {"orientation": letters, "across": self.across, "axis": place}

    def _along(self, axes: int) -> tuple[int, ...]:
        """Return what the axis of the body may run along in pictures (2 axes) or volumes (3)."""
        if self.orientation == "auto" or len(self.orientation) < axes:
            return tuple(back for back in _USUAL[self.across] if back <= axes)
        place = place_of(self.across, self.orientation[-axes:])
        return () if place is None else (axes - place,)

    def pixel_map(self, params: Drawn, shape: tuple[int, int]) -> PixelMap | None:
        """Return the map of a picture; see `domainaug.transforms.fusing.MovesPixels`."""
        if len(params["orientation"]) != 2:
            return None
        return PixelMap.of(np.delete(np.delete(_mirror(params, (1, *shape)), 2, 0), 2, 1), shape)

    def volume_map(self, params: Drawn, shape: tuple[int, int, int]) -> VolumeMap | None:
        """Return the map of a volume; see `domainaug.transforms.fusing.MovesVoxels`."""
        return VolumeMap(shape, _mirror(params, shape), shape) if len(params["orientation"]) == 3 else None

    def apply_to_mask(self, mask: Array, **params: Any) -> Array:
        """Return a mask mirrored, its sides exchanged."""
        return self._exchanged(super().apply_to_mask(mask, **params))

    def apply_to_mask3d(self, mask3d: Array, **params: Any) -> Array:
        """Return a volume of labels mirrored, its sides exchanged."""
        return self._exchanged(super().apply_to_mask3d(mask3d, **params))

    def _exchanged(self, mask: Array) -> Array:
        if self.pairs is None:
            raise LabelError(
                "AnatomicalMirror: a mask is mirrored, and nothing tells which of its labels have a side: give "
                "pairs=[[left, right], ...], or pairs=[] where none has"
            )
        out = mask.copy()
        for left, right in self.pairs:
            out[mask == left], out[mask == right] = right, left
        return out

    # -- effects ---------------------------------------------------------------------------------------

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does; where nothing tells the orientation, along any axis of a usual picture."""
        made = [self._did(back, frame.volume) for back in self._along(3 if frame.volume else 2)]
        return reduce(Generators.union, made) if made else Generators.nothing()  # refused at the call

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        letters = params["orientation"]
        return self._did(len(letters) - params["axis"], len(letters) == 3)

    def _did(self, back: int, volume: bool) -> Generators:
        """Return what a mirror does along columns (1), rows (2) or slices (3)."""
        name = "mirror_" + self.across.replace("-", "_")
        ranges = {name: _HAPPENS} if volume else {}
        if back == _SLICES:
            return Generators(ranges=ranges)
        return Generators(
            maps=affine_maps(scale_x=-1.0) if back == _COLUMNS else affine_maps(scale_y=-1.0), ranges=ranges
        )


def _mirror(params: Drawn, shape: Sequence[int]) -> NDArray[np.float64]:
    """Return the (4, 4) matrix of a mirror along one axis of the array, which is its own inverse."""
    back = len(params["orientation"]) - params["axis"]  # columns are 1
    matrix = np.eye(4)
    matrix[back - 1, back - 1], matrix[back - 1, 3] = -1.0, shape[-back] - 1
    return matrix


def _checked_pairs(pairs: Any) -> tuple[tuple[int, int], ...] | None:
    """Return pairs of numbers, or None.

    Raises:
        ValueError: They are none, or a number is in two of them.
    """
    if pairs is None:
        return None
    listed = isinstance(pairs, Sequence) and not isinstance(pairs, str)
    kept = [tuple(one) for one in pairs if isinstance(one, Sequence) and not isinstance(one, str)] if listed else []
    numbers = [each for one in kept for each in one]
    whole = all(isinstance(each, int) and not isinstance(each, bool) and each > 0 for each in numbers)
    if not listed or len(kept) < len(pairs) or any(len(one) != 2 for one in kept) or not whole:
        raise ValueError(
            f"AnatomicalMirror: pairs: pairs of numbers above 0, [[left, right], ...], are needed, got {pairs!r}"
        )
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"AnatomicalMirror: pairs: a number has one other side, got {pairs!r}")
    return tuple((one[0], one[1]) for one in kept)
