"""Turning, scaling and shifting volumes in space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from domainaug.declare.sets import box, turns, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.kernels.volume_map import VolumeMap
from domainaug.transforms.arguments import Range, distances, span, spans
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.moving import Moving
from domainaug.transforms.own import governed, spacing_of
from domainaug.transforms.space import in_view, linear_maps, side_mm, slice_maps, tilts

__all__ = ["VolumeAffine"]

Ranges = float | Sequence[float] | Sequence[Sequence[float]]


class VolumeAffine(Moving):
    """Turns, scales and shifts a volume in space, in millimeters: one matrix, one interpolation.

    What a voxel shows goes to R S (p - c) + c + t, with c the middle of the volume and R = Rz Rx Ry. Angles are
    true whatever the distance of slices. Masks, and key points with z, go along.

    Args:
        rotate: Degrees about x, y and z, three ranges; one range is about z, in the plane of slices. Positive is
            counter-clockwise, looking along the axis (x right, y down, z from slice to slice).
        scale: Factor along x, y and z, three ranges; one range is one factor for all; one number s is 1 - s to
            1 + s. Above 1 what is shown grows.
        translate_mm: Along x, y and z, three ranges; one range is for each of them.
        translate: Likewise as a share of the volume's length along the axis; in place of `translate_mm`.
        spacing: Millimeters from one voxel to the next, (slices, rows, columns); what the call says goes before.
            Needed for turns about x and y, and for millimeters.
        order: See `Moving`, as `fill`, `fill_mask` and `p`.
        fill: The value outside.
        fill_mask: The label outside.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: there is no volume, or nothing tells the spacing where it is needed.
    """

    neutral: ClassVar[Mapping[str, float]] = {"rotate": 0.0, "scale": 1.0, "translate_mm": 0.0, "translate": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **governed(("rotation", "tilt", "shear"), "rotate"),
        **governed(("scale", "aspect", "field_of_view", "outside"), "scale"),
        **governed(("shift",), "translate_mm", "translate"),
    }

    def __init__(
        self,
        rotate: Ranges = 5.0,
        scale: Ranges = (0.95, 1.05),
        translate_mm: Ranges | None = None,
        translate: Ranges | None = None,
        spacing: Sequence[float] | None = None,
        order: str = "linear",
        fill: float = 0.0,
        fill_mask: float = 0.0,
        p: float = 0.5,
    ) -> None:
        super().__init__(order=order, fill=fill, fill_mask=fill_mask, p=p)
        if translate is not None and translate_mm is not None:
            raise ValueError("VolumeAffine: one of translate_mm and translate is needed, got both")
        self.rotate = spans(self, "rotate", rotate, alone="z", least=-180.0, most=180.0)
        three = isinstance(scale, Sequence) and len(scale) == 3
        self.scale: Any = (spans if three else span)(self, "scale", scale, around=1.0, above=0.0)
        self.translate_mm = None if translate_mm is None else spans(self, "translate_mm", translate_mm)
        self.translate = None if translate is None else spans(self, "translate", translate, least=-1.0, most=1.0)
        self.spacing = distances(self, spacing)

    # -- drawing ---------------------------------------------------------------------------------------

    def draw(self, extent: tuple[int, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw angles, factors and shifts; see `Moving.draw`."""
        if len(extent) != 3:
            raise ImageError("VolumeAffine moves volumes: pass volume=, or use Affine for pictures")
        spacing = self._spacing(data)
        even = self.py_random.uniform
        scale = (even(*self.scale),) * 3 if len(self.scale) == 2 else tuple(even(*one) for one in self.scale)
        shift = [0.0, 0.0, 0.0]
        if self.translate_mm is not None:
            shift = [even(*one) for one in self.translate_mm]
        elif self.translate is not None:
            lengths = [size * step for size, step in zip(reversed(extent), reversed(spacing), strict=True)]
            shift = [even(*one) * length for one, length in zip(self.translate, lengths, strict=True)]
        return {
            "rotate": tuple(even(*one) for one in self.rotate),
            "scale": scale,
            "translate_mm": tuple(shift),
            "spacing": spacing,
        }

    def _spacing(self, data: Mapping[str, Any]) -> tuple[float, ...]:
        """Return (slices, rows, columns); 1 for what is not known and not needed."""
        known = spacing_of(data, self.spacing, 3)
        if known is not None:
            return known
        plane = spacing_of(data, self.spacing, 2)
        moved = self.translate_mm or ((0.0, 0.0),) * 3
        across = any(any(ends) for ends in (*self.rotate[:2], moved[2]))
        if across or (plane is None and any(any(ends) for ends in moved)):
            raise ImageError(
                f"VolumeAffine has to know the distance of {'slices' if across else 'pixels'} in mm: pass "
                "spacing=(slices, rows, columns) to the call or to the transform"
            )
        return (1.0, *(plane or (1.0, 1.0)))

    def volume_map(self, params: Drawn, shape: tuple[int, int, int]) -> VolumeMap:
        """Return the map; see `domainaug.transforms.fusing.MovesVoxels`."""
        # By the right-hand rule with y down, positive would be clockwise.
        return VolumeMap.from_physical(
            shape,
            params["spacing"][::-1],
            rotation_deg=[-angle for angle in params["rotate"]],
            scale=params["scale"],
            translation_mm=params["translate_mm"],
        )

    # -- effects ---------------------------------------------------------------------------------------

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most; the depth of the volume is not known here."""
        plane = (frame.spacing or self.spacing or ())[-2:] or None
        across = any(any(ends) for ends in self.rotate[:2])
        pixels = self._shifts(frame, plane)
        moved = [(low, high) for low, high in pixels or ((0.0, 0.0),) * 2]
        factors = [self.scale] * 3 if len(self.scale) == 2 else list(self.scale)
        axes = [*self.rotate[:2], turns(*self.rotate[2]), *factors[: 1 if len(self.scale) == 2 else 3], *moved]
        points = box(*axes)
        angles, shifts = points[:, :3], points[:, -2:]
        scales = np.repeat(points[:, 3:4], 3, axis=1) if len(self.scale) == 2 else points[:, 3:6]
        aspect = (plane[0] / plane[1]) if plane else 1.0
        made = Generators.geometric(slice_maps(linear_maps(angles, scales), shifts / frame.side, aspect), frame)
        ranges: dict[str, Interval] = {}
        if across:
            corners = [(x, y, 0.0) for x, y in box(*self.rotate[:2])]
            ranges["tilt"] = up_to(float(tilts(linear_maps(corners, 1.0)).max()))
        kept = self._kept_across(factors[2], across)
        ranges["field_of_view"] = Interval(made.ranges["field_of_view"].low * kept, 1.0)
        ranges["outside"] = Interval(0.0, min(1.0, 1 - kept + made.ranges["outside"].high))
        shift = self._shift_across(frame, plane)
        if pixels is None or shift is None:
            ranges["shift"] = EFFECTS["shift"].anything
        elif shift:
            ranges["shift"] = up_to(shift)
        return made.with_ranges(**ranges)

    def _shifts(self, frame: Frame, plane: Sequence[float] | None) -> list[Range] | None:
        """Return the shifts in the slice along x and y, in pixels; None where nothing tells the spacing."""
        if self.translate is not None:
            lengths = (frame.width, frame.height)
            return [(low * n, high * n) for (low, high), n in zip(self.translate, lengths, strict=False)]
        if self.translate_mm is None:
            return [(0.0, 0.0)] * 2
        if plane is None:
            return None
        return [(low / step, high / step) for (low, high), step in zip(self.translate_mm, plane[::-1], strict=False)]

    def _kept_across(self, factor: Range, across: bool) -> float:
        """Return how much of the slices stays at least; 0 where that depends on how many there are."""
        if across or (self.translate_mm is not None and any(self.translate_mm[2])):
            return 0.0
        shift = max(map(abs, self.translate[2])) if self.translate is not None else 0.0
        return max(0.0, min(1.0, 1 / factor[1]) - shift) * min(1.0, factor[0])

    def _shift_across(self, frame: Frame, plane: Sequence[float] | None) -> float | None:
        """Return the largest shift across slices, as a share of a slice's side in mm; None if not known."""
        if self.translate is not None:
            return None if any(self.translate[2]) else 0.0
        if self.translate_mm is None or not any(self.translate_mm[2]):
            return 0.0
        return max(map(abs, self.translate_mm[2])) / side_mm(frame, plane) if plane else None

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        _, height, width = extent = params["extent"]
        found = self.volume_map(params, extent)
        linear = linear_maps(params["rotate"], params["scale"])
        steps = params["spacing"]
        shift = np.array(params["translate_mm"]) / np.array(steps[::-1])
        maps = slice_maps(linear, shift[None, :2] / np.sqrt(height * width), steps[1] / steps[2])
        kept, empty = in_view(found)
        most = np.abs(shift[:2]) / (width, height)
        across = abs(params["translate_mm"][2]) / side_mm(frame, steps[1:])
        more = max(0.0, float(across - most.max()))
        tilt = float(tilts(linear)[0])
        return Generators.geometric(maps, frame).with_ranges(
            field_of_view=Interval(kept, kept),
            outside=Interval(empty, empty),
            tilt=Interval(tilt, tilt),
            shift=Interval(more, more),
        )
