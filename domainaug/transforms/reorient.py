"""Turning an array round, and saying so: nothing moves in the patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.regrid import TurnedPicture, TurnedVolume
from domainaug.kernels.volume_map import VolumeMap
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.moving import Moving
from domainaug.transforms.orientation import checked_orientation, orientation_of, turned

__all__ = ["Reorient"]

Array = NDArray[Any]


class Reorient(Moving):
    """Brings arrays into one orientation: axes change places and are turned round, and the geometry goes along.

    A chest that is read from the head down and one from the feet up are then the same array, and nobody is mirrored:
    `orientation`, `spacing` and `phase_axis` beside the picture say how it lies afterwards, and DICOM copies have the
    position and orientation that follow. It is preparation and no augmentation, so it is no effect; `AnatomicalMirror`
    is the other one, which mirrors the patient.

    Args:
        to: Toward what (slices,) rows and columns are to count up, such as "SPL"; see `orientation.py`. Of three
            letters a picture takes the last two.
        orientation: How the array lies; "auto" is what `orientation` beside the picture says, which goes before in any
            case.
        p: How often it happens; 1 unless said otherwise.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the orientation, or a picture shows another plane.
    """

    regrids: ClassVar[bool] = True
    draws_from = "alone"  # steps after it are told how the array lies then

    def __init__(self, to: str, orientation: str = "auto", p: float = 1.0) -> None:
        super().__init__(p=p)
        self.moves_whole()
        self.to = checked_orientation("Reorient", to)
        auto = orientation == "auto"
        self.orientation = "auto" if auto else checked_orientation("Reorient", orientation)

    def apply_with_params(self, params: dict[str, Any], *args: Any, **data: Any) -> dict[str, Any]:
        """Return the call's data turned, and how it lies with it."""
        out: dict[str, Any] = super().apply_with_params(params, *args, **data)
        for name, follows in _LYING.items():
            if out.get(name) is not None:
                out[name] = follows(out[name], params)
        return out

    def draw(self, extent: tuple[int, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Find how the array lies; there is nothing to draw."""
        letters = orientation_of("Reorient", data, self.orientation, len(extent))
        wanted = self.to[-len(extent) :]
        linear = turned(letters, wanted)
        if len(wanted) < len(extent) or linear is None:
            raise ImageError(
                f"Reorient: an array of {len(extent)} axes that count up toward {letters} cannot become one of {wanted}"
            )
        return {"orientation": letters, "to": wanted}

    def pixel_map(self, params: Drawn, shape: tuple[int, int]) -> PixelMap | None:
        """Return the map of a picture; see `domainaug.transforms.fusing.MovesPixels`."""
        if len(params["to"]) != 2:
            return None
        matrix, size = _turn(params, shape)
        return TurnedPicture.of(matrix, shape, (size[0], size[1]))

    def volume_map(self, params: Drawn, shape: tuple[int, int, int]) -> VolumeMap | None:
        """Return the map of a volume; see `domainaug.transforms.fusing.MovesVoxels`."""
        if len(params["to"]) != 3:
            return None
        matrix, size = _turn(params, shape)
        return TurnedVolume((size[0], size[1], size[2]), matrix, shape)

    def apply_to_bboxes(self, bboxes: Array, **params: Any) -> Array:
        """Return boxes as shares of the picture as it lies then."""
        if not len(bboxes) or len(params["extent"]) == 3:
            return super().apply_to_bboxes(bboxes, **params)
        out = np.array(bboxes)
        linear = _linear(params)
        ends = np.stack([bboxes[:, :2], bboxes[:, 2:4]]) @ linear  # x, y of the result, its ends at 0 and 1
        ends = ends + (linear.sum(axis=0) < 0)
        out[:, :2], out[:, 2:4] = ends.min(axis=0), ends.max(axis=0)
        return out

    def declare_effects(self, frame: Frame) -> Generators:
        """Return nothing: it moves nothing in the patient."""
        return Generators.nothing()

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return nothing, as `declare_effects`."""
        return Generators.nothing()


def _linear(params: Drawn) -> NDArray[np.float64]:
    found = turned(params["orientation"], params["to"])
    assert found is not None
    return found


def _turn(params: Drawn, shape: Sequence[int]) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Return the matrix from indices of the result to those of the array, and the shape of the result."""
    linear, have = _linear(params), np.array(shape[::-1])
    axes = len(have)
    matrix = np.eye(axes + 1)
    matrix[:axes, :axes] = linear
    matrix[:axes, axes] = np.where(linear.sum(axis=1) < 0, have - 1, 0)
    return matrix, tuple(int(n) for n in (np.abs(linear).T @ have)[::-1])


# -- how the array lies afterwards --------------------------------------------------------------------------


def _orientation(orientation: str, params: Drawn) -> str:
    return orientation[: -len(params["to"])] + str(params["to"])


def _spacing(spacing: Sequence[float], params: Drawn) -> tuple[float, ...]:
    axes = len(params["to"])
    if len(spacing) < axes:
        return tuple(spacing)
    lying = list(spacing)[-axes:][::-1]
    along = np.abs(_linear(params)).argmax(axis=0)[::-1]  # for each axis of the result, that of the array, x as 0
    return (*spacing[:-axes], *(float(lying[at]) for at in along))


def _phase_axis(phase_axis: str, params: Drawn) -> str | None:
    along = {"columns": 0, "rows": 1}.get(phase_axis)
    if along is None:
        return phase_axis
    return ("columns", "rows", None)[int(np.abs(_linear(params))[along].argmax())]


_LYING: Mapping[str, Callable[[Any, Drawn], Any]] = {
    "orientation": _orientation,
    "spacing": _spacing,
    "phase_axis": _phase_axis,
}
