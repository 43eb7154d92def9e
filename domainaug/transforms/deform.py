"""Bending pictures and volumes smoothly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.fields import from_field
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.kernels.maps import Mesh, PixelMap
from domainaug.kernels.volume_map import VolumeMap
from domainaug.transforms import lattice
from domainaug.transforms.arguments import choice, counts, distances, number, span
from domainaug.transforms.bending import bent_at_most
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.moving import Moving
from domainaug.transforms.own import governed, spacing_of

__all__ = ["Deform"]

Array = NDArray[np.float64]

_SLICES = 5  # of a volume, that the effects of a draw are read off
_SIDE = 128  # pixels that are enough to read them: effects are shares of the picture


class Deform(Moving):
    """Bends pictures and volumes smoothly, by a cubic B-spline through drawn control points; it never folds.

    Each component of each control point is drawn evenly within an amplitude, as TorchIO's elastic deformation
    does (Perez-Garcia et al. 2021). The amplitude is held to 0.48 of a cell in pictures and 0.40 in volumes,
    below which nothing folds (Choi and Lee 2000): asking for more in a small picture gets that.

    Args:
        control_points: Along each axis, 4 or more: a number, or one an axis, (slices,) rows, columns.
        displacement_px: Amplitude in pixels along each axis; a number, or a range it is drawn from.
        displacement_mm: Likewise in millimeters, in place of it; needs the spacing.
        locked_borders: Outer layers of control points that stay: 0, 1, or 2, which all but stills the border.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        border: What lies outside: "constant", the fill, or "replicate", the outermost pixels.
        order: See `Moving`, as `fill`, `fill_mask` and `p`.
        fill: The value outside.
        fill_mask: The label outside.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing and millimeters were asked for.
    """

    neutral: ClassVar[Mapping[str, float]] = {"displacement_px": 0.0, "displacement_mm": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("local_warp", "rotation", "shear", "scale", "aspect", "shift", "perspective", "field_of_view", "outside"),
        *("displacement_px", "displacement_mm"),
    )

    def __init__(
        self,
        control_points: int | Sequence[int] = 7,
        displacement_px: float | Sequence[float] | None = None,
        displacement_mm: float | Sequence[float] | None = None,
        locked_borders: int = 2,
        spacing: Sequence[float] | None = None,
        border: str = "constant",
        order: str = "linear",
        fill: float = 0.0,
        fill_mask: float = 0.0,
        p: float = 0.5,
    ) -> None:
        super().__init__(order=order, fill=fill, fill_mask=fill_mask, p=p)
        if (displacement_px is None) == (displacement_mm is None):
            got = "neither" if displacement_px is None else "both"
            raise ValueError(f"Deform: one of displacement_px and displacement_mm is needed, got {got}")
        self.control_points = counts(self, "control_points", control_points, least=4, most=64)
        self.displacement_px = (
            None if displacement_px is None else span(self, "displacement_px", displacement_px, least=0.0)
        )
        self.displacement_mm = (
            None if displacement_mm is None else span(self, "displacement_mm", displacement_mm, least=0.0)
        )
        self.locked_borders = int(number(self, "locked_borders", locked_borders, least=0, most=2))
        if self.locked_borders != locked_borders or 2 * self.locked_borders >= np.min(self.control_points):
            raise ValueError(
                f"Deform: locked_borders: 0, 1 or 2, and fewer than half of the control points, are needed, got "
                f"{locked_borders!r} of {control_points!r}"
            )
        self.border: Any = choice(self, "border", border, ("constant", "replicate"))
        self.spacing = distances(self, spacing)

    # -- drawing ---------------------------------------------------------------------------------------

    def draw(self, extent: tuple[int, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw an amplitude and the control points; see `Moving.draw`."""
        points = self._counts(len(extent))
        amplitude = self.py_random.uniform(*(self.displacement_px or self.displacement_mm or ()))
        reach = self._reach(extent, amplitude, spacing_of(data, self.spacing, len(extent)))
        control = lattice.control_points(self.random_generator, points, reach, self.locked_borders)
        return {"amplitude": tuple(reach.tolist()), "control": control}

    def _counts(self, axes: int) -> tuple[int, ...]:
        """Return the control points along each of the last `axes` axes."""
        told = self.control_points
        if isinstance(told, int):
            return (told,) * axes
        if len(told) < axes:
            raise ImageError(f"Deform was told control points along {len(told)} axes and is given {axes}: name all")
        return told[-axes:]

    def _reach(self, extent: Sequence[int], amplitude: float, spacing: tuple[float, ...] | None) -> Array:
        """Return how far control points may go along each axis, in pixels: as asked, and not so far that it folds."""
        most = lattice.MOST_OF_A_CELL[len(extent)] * lattice.cells(extent, self._counts(len(extent)))
        if self.displacement_mm is None:
            return np.minimum(most, amplitude)
        if spacing is None:
            raise ImageError(
                "Deform has to know how many mm a pixel is, for displacement_mm: pass spacing=([slices,] rows, "
                "columns) to the call or to the transform, or use displacement_px"
            )
        return np.minimum(most, amplitude / np.array(spacing))

    def pixel_map(self, params: Drawn, shape: tuple[int, int]) -> PixelMap | None:
        """Return the map of a picture; see `domainaug.transforms.fusing.MovesPixels`."""
        control = params["control"]
        return PixelMap(shape, (Mesh(control, shape, self.border),)) if control.ndim == 3 else None

    def volume_map(self, params: Drawn, shape: tuple[int, int, int]) -> VolumeMap | None:
        """Return the map of a volume; see `domainaug.transforms.fusing.MovesVoxels`."""
        control = params["control"]
        return VolumeMap(shape, np.eye(4), shape, control, self.border) if control.ndim == 4 else None

    def as_volume(self, params: Drawn) -> VolumeMap:
        """Return the map of a picture as that of one slice; see `Moving.as_volume`."""
        return lattice.as_volume(params["control"], params["extent"])

    # -- effects ---------------------------------------------------------------------------------------

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most; the depth of a volume is not known here, so shifts across slices are not in."""
        extent, spacing = (frame.height, frame.width), (frame.spacing or self.spacing or ())[-2:] or None
        if self.displacement_px is None and spacing is None:
            most = lattice.MOST_OF_A_CELL[2] * lattice.cells(extent, self._counts(2))
            return self._bent(most, frame)
        high = (self.displacement_px or self.displacement_mm or (0.0, 0.0))[1]
        return self._bent(self._reach(extent, high, spacing), frame)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did; of a volume, what it did within slices, read off a few of them."""
        control, extent = lattice.reduced(params["control"], params["extent"], _SIDE)
        frame = replace(frame, height=extent[-2], width=extent[-1])
        fills = self.border == "constant"
        if len(extent) == 2:
            return from_field(*lattice.looked_at(control, extent), frame, fills=fills)
        slices = np.unique(np.linspace(0, extent[0] - 1, _SLICES).round())
        did = [from_field(*lattice.looked_at(control, extent, at), frame, fills=fills) for at in slices]
        return replace(reduce(Generators.union, did), exact=False)

    def _bent(self, reach: Array, frame: Frame) -> Generators:
        """Return what control points that go so far along rows and columns may do, in pixels."""
        rows, columns = self._counts(2)
        down, across = reach / (frame.height, frame.width)
        fills = self.border == "constant"
        return bent_at_most((rows, columns), self.locked_borders, (down, across), aspect=frame.aspect, fills=fills)
