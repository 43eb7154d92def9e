"""Another pose of the patient: turned, tilted, leaning, larger and shifted, about the middle of the body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import box, turns, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap
from domainaug.transforms.arguments import Range, choice, distances, span, spans
from domainaug.transforms.arrays import first_picture
from domainaug.transforms.body import body_center
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.moving import Moving
from domainaug.transforms.own import governed, spacing_of
from domainaug.transforms.space import in_view, linear_maps, side_mm, slice_maps, tilts, voxel_map

__all__ = ["Pose"]

Array = NDArray[np.float64]
Ranges = float | Sequence[float] | Sequence[Sequence[float]]

_OFF = 0.25  # share of a side that the middle of a body lies off that of the frame, at most


class Pose(Moving):
    """Poses a body anew, in pictures and in volumes: one matrix in millimeters, one interpolation.

    What is seen goes from p to R K S (p - c) + c + t: factors S, shears K, turns R = Rz Rx Ry, and a shift t. c is the
    middle of the body within the slice (see `body.py`), looked for in each picture or volume, and halfway between the
    first slice and the last; so a body that lies off the middle turns where it lies. It is held within a quarter of the
    frame to either side, and is the middle of the frame where nothing stands out against air.

    Args:
        rotate: Degrees about x, y and z, three ranges; one range is about z, in the plane of slices. Turns about x and
            y tilt slices, and are left out in pictures. Positive is counter-clockwise, looking along the axis (x
            right, y down, z from slice to slice).
        scale: Factor along x, y and z, three ranges; one range is one factor for all; one number s is 1 - s to 1 + s.
            Above 1 what is shown grows.
        shear: Degrees by which y leans toward x, z toward x, and z toward y, three ranges; one range is the first, in
            the plane of slices. Positive leans what is further along toward larger x, or y.
        shift_mm: Along x, y and z, three ranges; one range is for x and y.
        center: "body", or "field" for the middle of the frame.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
            Needed for millimeters, and for what tilts slices or shears across them.
        order: See `Moving`, as `fill`, `fill_mask` and `p`.
        fill: The value outside.
        fill_mask: The label outside.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing where it is needed.
    """

    neutral: ClassVar[Mapping[str, float]] = {"rotate": 0.0, "scale": 1.0, "shear": 0.0, "shift_mm": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **governed(("rotation", "tilt"), "rotate"),
        **governed(("shear",), "shear", "rotate"),
        **governed(("scale", "aspect", "field_of_view", "outside"), "scale", "shift_mm"),
        **governed(("shift",), "shift_mm", "rotate"),
    }

    def __init__(
        self,
        rotate: Ranges = 5.0,
        scale: Ranges = (0.95, 1.05),
        shear: Ranges = 0.0,
        shift_mm: Ranges = 0.0,
        center: str = "body",
        spacing: Sequence[float] | None = None,
        order: str = "linear",
        fill: float = 0.0,
        fill_mask: float = 0.0,
        p: float = 0.5,
    ) -> None:
        super().__init__(order=order, fill=fill, fill_mask=fill_mask, p=p)
        self.rotate = spans(self, "rotate", rotate, alone="z", least=-180.0, most=180.0)
        three = isinstance(scale, Sequence) and len(scale) == 3
        self.scale: Any = (spans if three else span)(self, "scale", scale, around=1.0, above=0.0)
        self.shear = spans(self, "shear", shear, alone="x", least=-60.0, most=60.0)
        self.shift_mm = spans(self, "shift_mm", shift_mm, alone="xy")
        self.center = choice(self, "center", center, ("body", "field"))
        self.spacing = distances(self, spacing)
        self.draws_from: Any = "picture" if self.center == "body" else "shape"

    # -- drawing ---------------------------------------------------------------------------------------

    def draw(self, extent: tuple[int, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw angles, factors and shifts, and find the body; see `Moving.draw`."""
        even = self.py_random.uniform
        scale = (even(*self.scale),) * 3 if len(self.scale) == 2 else tuple(even(*one) for one in self.scale)
        rotate, shear, shift = (tuple(even(*one) for one in each) for each in (self.rotate, self.shear, self.shift_mm))
        if len(extent) == 2:
            rotate, scale = (0.0, 0.0, rotate[2]), (*scale[:2], 1.0)
            shear, shift = (shear[0], 0.0, 0.0), (*shift[:2], 0.0)
        spacing = self._spacing(data, len(extent))
        middle = [(size - 1) / 2 for size in extent[::-1]]
        found = None
        if self.center == "body":
            found = body_center(first_picture(data), len(extent), spacing_of(data, self.spacing, len(extent)))
        for axis, place in enumerate((found or ())[:2]):
            off = _OFF * extent[::-1][axis]
            middle[axis] = min(max(place, middle[axis] - off), middle[axis] + off)
        return {
            "rotate": rotate,
            "scale": scale,
            "shear": shear,
            "shift_mm": shift,
            "center": tuple(middle),
            "found": found is not None,
            "spacing": spacing,
        }

    def _spacing(self, data: Mapping[str, Any], axes: int) -> tuple[float, ...]:
        """Return mm along the axes; 1 for what is not known and not needed."""
        known = spacing_of(data, self.spacing, axes)
        if known is not None:
            return known
        plane = spacing_of(data, self.spacing, 2)
        across = axes == 3 and self._crosses
        if across or (plane is None and any(any(ends) for ends in self.shift_mm[:2])):
            raise ImageError(
                f"Pose has to know the distance of {'slices' if across else 'pixels'} in mm: pass "
                "spacing=([slices,] rows, columns) to the call or to the transform"
            )
        return (*(1.0,) * (axes - 2), *(plane or (1.0, 1.0)))

    @property
    def _crosses(self) -> bool:
        """Whether slices of a volume tilt, or are shifted against each other or along z."""
        return any(any(ends) for ends in (*self.rotate[:2], *self.shear[1:], self.shift_mm[2]))

    def pixel_map(self, params: Drawn, shape: tuple[int, int]) -> PixelMap | None:
        """Return the map of a picture; see `domainaug.transforms.fusing.MovesPixels`."""
        if len(params["spacing"]) != 2:
            return None
        matrix = self._map(params, (1, *shape), (1.0, *params["spacing"]), (*params["center"], 0.0)).matrix
        return PixelMap.of(np.delete(np.delete(matrix, 2, 0), 2, 1), shape)

    def volume_map(self, params: Drawn, shape: tuple[int, int, int]) -> VolumeMap | None:
        """Return the map of a volume; see `domainaug.transforms.fusing.MovesVoxels`."""
        return self._map(params, shape, params["spacing"], params["center"]) if len(params["spacing"]) == 3 else None

    def _map(self, params: Drawn, shape: Any, spacing: Sequence[float], center: Sequence[float]) -> VolumeMap:
        return voxel_map(shape, spacing, _linear(params), center, params["shift_mm"])

    # -- effects ---------------------------------------------------------------------------------------

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most; the depth of a volume is not known here."""
        plane = (frame.spacing or self.spacing or ())[-2:] or None
        still = (0.0, 0.0)
        tilt = self.rotate[:2] if frame.volume else (still, still)
        scales = [self.scale] if len(self.scale) == 2 else list(self.scale)
        shifts = [_over(ends, step) for ends, step in zip(self.shift_mm, (plane or (1.0, 1.0))[::-1], strict=False)]
        points = box(*tilt, turns(*self.rotate[2]), *scales, self.shear[0], *(shifts if plane else (still, still)))
        factors = np.repeat(points[:, 3:4], 3, axis=1) if len(scales) == 1 else points[:, 3:6]
        shears = np.zeros((len(points), 3))
        shears[:, 0] = points[:, 3 + len(scales)]
        linear = linear_maps(points[:, :3], factors, shears)
        aspect = (plane[0] / plane[1]) if plane else 1.0
        off = _OFF * np.array([frame.width, frame.height]) / frame.side if self.center == "body" else np.zeros(2)
        places = np.unique([(x * off[0], y * off[1]) for x in (-1, 0, 1) for y in (-1, 0, 1)], axis=0)
        maps = [slice_maps(linear, points[:, -2:] / frame.side, aspect, away) for away in places]
        made = Generators.geometric(np.concatenate(maps), frame)
        if frame.volume:
            rise = np.abs(linear[:, 2, :2]) @ (off * np.sqrt([1 / aspect, aspect]))  # of the middle, by a tilt
            across = max(map(abs, self.shift_mm[2])) / side_mm(frame, plane) if plane else 0.0
            made = made.with_ranges(shift=up_to(float(rise.max()) + across), **self._across(made))
        if plane is None and any(any(ends) for ends in self.shift_mm):
            made = made.with_ranges(**{name: EFFECTS[name].anything for name in ("shift", "field_of_view", "outside")})
        return made

    def _across(self, made: Generators) -> dict[str, Interval]:
        """Return what happens across slices: of tilts, and of shears and shifts, the depth is not known."""
        ranges: dict[str, Interval] = {}
        factor = self.scale if len(self.scale) == 2 else self.scale[2]
        kept = 0.0 if self._crosses else min(1.0, 1 / factor[1])
        ranges["field_of_view"] = Interval(made.ranges["field_of_view"].low * kept, 1.0)
        filled = 1 - (0.0 if self._crosses else min(1.0, factor[0]))
        ranges["outside"] = Interval(0.0, min(1.0, filled + made.ranges["outside"].high))
        corners = linear_maps([(x, y, 0.0) for x, y in box(*self.rotate[:2])], 1.0)
        if self._crosses:
            ranges["tilt"] = up_to(float(tilts(corners).max()))
            lean = max(abs(end) for ends in self.shear[1:] for end in ends)
            ranges["shear"] = Interval(-lean, lean)
        return ranges

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        extent, steps = params["extent"], params["spacing"]
        linear, pace = _linear(params), np.array(steps[::-1])
        middle = (np.array(extent[::-1]) - 1) / 2
        axes = len(extent)
        away = (np.array(params["center"]) - middle) * pace
        moved = (away - linear[:axes, :axes] @ away + params["shift_mm"][:axes]) / pace  # of the middle, in pixels
        side = float(np.sqrt(extent[-2] * extent[-1]))
        maps = slice_maps(linear[None], moved[None, :2] / side, steps[-2] / steps[-1])
        made = Generators.geometric(maps, frame)
        if axes == 2:
            return made
        kept, empty = in_view(self._map(params, extent, steps, params["center"]))
        within = np.abs(moved[:2]) / (extent[2], extent[1])
        more = max(0.0, float(abs(moved[2]) * steps[0] / side_mm(frame, steps[1:]) - within.max()))
        tilt = float(tilts(linear[None])[0])
        lean = max(params["shear"][1:], key=abs)
        return made.with_ranges(
            field_of_view=Interval(kept, kept),
            outside=Interval(empty, empty),
            tilt=Interval(tilt, tilt),
            shear=Interval(lean, lean),
            shift=Interval(more, more),
        )


def _linear(params: Drawn) -> Array:
    return np.asarray(linear_maps(params["rotate"], params["scale"], params["shear"])[0])


def _over(ends: Range, step: float) -> Range:
    return ends[0] / step, ends[1] / step
