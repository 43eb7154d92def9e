"""The blades of a radiograph's collimator: what they hide is not exposed, and no label is left there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.sets import up_to
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import distances, number, span
from domainaug.transforms.arrays import extent_of
from domainaug.transforms.detector import Exposed
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import governed
from domainaug.transforms.slicewise import Plane, needed_spacing

__all__ = ["Collimation"]

Array = NDArray[Any]


class Collimation(Exposed, A.DualTransform):  # type: ignore[misc]
    """Closes four blades about the picture: beyond them the detector is hardly exposed.

    What is fully exposed is a rectangle that may be turned and off the middle. Around it lies a ramp, the penumbra: a
    focal spot of f mm blurs an edge at the distance a from it, b before the detector, over f b / a. What is beyond the
    middle of the ramp becomes background in masks; boxes are cut to what is before it, and those with nothing left, and
    points beyond it, go. A volume (a stack of projections) has the same blades all along.

    Args:
        opening: Sides of what is fully exposed, as shares of those with which all of the picture would be; a number or
            a range that width and height are drawn from, or two, for either.
        shift: How far its middle may lie off, as a share of the room that the opening leaves to either side.
        angle: Degrees by which it is turned, counter-clockwise; one number n is -n to n.
        penumbra_mm: Width of the edge in mm; a number, or a range.
        leak: Share of the exposure that gets through or around the blades (scatter).
        fill_mask: The label outside.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        response: How values follow exposure: "log" or "linear".
        decades: Powers of ten of exposure that the value range spans, of "log".
        bright: "dense" where bones are white, "exposed" where they are black.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing, or what values mean.
    """

    _targets = A.core.type_definitions.ALL_TARGETS

    neutral: ClassVar[Mapping[str, float]] = {"opening": 1.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("outside", "field_of_view"), "opening")

    def __init__(
        self,
        opening: float | Sequence[Any] = (0.75, 1.0),
        shift: float = 0.5,
        angle: float | Sequence[float] = 2.0,
        penumbra_mm: float | Sequence[float] = (0.5, 3.0),
        leak: float = 0.005,
        fill_mask: float = 0.0,
        spacing: Sequence[float] | None = None,
        response: str = "log",
        decades: float = 2.0,
        bright: str = "dense",
        p: float = 0.5,
    ) -> None:
        super().__init__(response, decades, bright, p)
        sides: Sequence[Any] = (opening, opening)
        if isinstance(opening, Sequence) and len(opening) == 2 and isinstance(opening[0], Sequence):
            sides = opening
        self.opening = tuple(span(self, "opening", each, above=0.0, most=1.0) for each in sides)
        self.shift = number(self, "shift", shift, least=0.0, most=1.0)
        self.angle = span(self, "angle", angle, around=0.0, least=-45.0, most=45.0)
        self.penumbra_mm = span(self, "penumbra_mm", penumbra_mm, least=0.0)
        self.leak = number(self, "leak", leak, least=0.0, most=1.0)
        self.fill_mask = number(self, "fill_mask", fill_mask)
        self.spacing = distances(self, spacing)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the opening and its edge."""
        even = self.py_random.uniform
        return {
            "opening": tuple(even(*side) for side in self.opening),
            "middle": (even(-self.shift, self.shift), even(-self.shift, self.shift)),
            "angle": even(*self.angle),
            "penumbra": even(*self.penumbra_mm),
            "spacing": needed_spacing(self, data, self.spacing),
            "extent": extent_of(data)[-2:],
        }

    def exposed(self, exposure: Plane, params: Drawn, stream: int) -> Array:
        """Return the exposure behind the blades."""
        depth = self._depth(params, exposure.shape)
        opened = np.clip(depth / _ramp_mm(params) + 0.5, 0, 1)
        return np.asarray(exposure * (self.leak + (1 - self.leak) * opened).astype(np.float32))

    def _depth(self, params: Drawn, shape: Sequence[int]) -> NDArray[np.float64]:
        """Return how deep inside the opening the middle of each pixel lies, in mm; negative outside."""
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        return _inside(columns + 0.5, rows + 0.5, params, shape)

    # -- labels ----------------------------------------------------------------------------------------

    def apply_to_mask(self, mask: Array, **params: Any) -> Array:
        """Return a mask with background outside."""
        return self._cleared(mask, params, mask.shape[:2], 0)

    def apply_to_masks(self, masks: Array, **params: Any) -> Array:
        """Return masks with background outside."""
        return self._cleared(np.asarray(masks), params, masks.shape[1:3], 1)

    def apply_to_mask3d(self, mask3d: Array, **params: Any) -> Array:
        """Return a volume of labels with background outside, in every slice."""
        return self._cleared(mask3d, params, mask3d.shape[1:3], 1)

    def apply_to_masks3d(self, masks3d: Array, **params: Any) -> Array:
        """Return volumes of labels with background outside."""
        return self._cleared(np.asarray(masks3d), params, masks3d.shape[2:4], 2)

    def apply_to_keypoints(self, keypoints: Array, **params: Any) -> Array:
        """Return the points that are seen."""
        seen = _inside(keypoints[:, 0] + 0.5, keypoints[:, 1] + 0.5, params, params["extent"]) > 0
        return keypoints[seen]

    def apply_to_bboxes(self, bboxes: Array, **params: Any) -> Array:
        """Return boxes around what is seen of boxes."""
        if not len(bboxes):
            return bboxes
        size = np.array(params["extent"], np.float64)[::-1]
        kept = []
        for box in bboxes:
            corners = _cut(_corners(box[:4]) * size, params)
            if len(corners):
                ends = np.concatenate([corners.min(axis=0) / size, corners.max(axis=0) / size])
                kept.append(np.concatenate([np.clip(ends, 0, 1), box[4:]]))
        return np.array(kept, bboxes.dtype).reshape(-1, bboxes.shape[1])

    def _cleared(self, mask: Array, params: Drawn, shape: Sequence[int], leading: int) -> Array:
        hidden = self._depth(params, shape) < 0
        out = mask.copy()
        out[(slice(None),) * leading + (hidden,)] = self.fill_mask
        return out

    # -- effects ---------------------------------------------------------------------------------------

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it hides at most: the picture shrunk by the smaller side fits into the opening wherever it is."""
        hidden = 1 - min(side[0] for side in self.opening) ** 2
        return Generators.bounds(outside=up_to(hidden), field_of_view=Interval(1 - hidden, 1.0))

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        seen = float((self._depth(params, (frame.height, frame.width)) > 0).mean())
        return Generators.bounds(outside=Interval(1 - seen, 1 - seen))  # nothing left its place


def _frame(params: Drawn, shape: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the middle of the opening (x, y) in mm, its half sizes to the middle of the ramp, and the axes."""
    spacing, opening = np.array(params["spacing"])[::-1], np.array(params["opening"])
    size = np.array(shape, np.float64)[::-1] * spacing
    middle = size * (1 + np.array(params["middle"]) * (1 - opening)) / 2
    turn = np.radians(params["angle"])
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])  # y down: counter-clockwise
    whole = np.abs(axes) @ size  # sides of the turned rectangle around the picture
    return middle, (whole * opening + _ramp_mm(params)) / 2, axes


def _ramp_mm(params: Drawn) -> float:
    return float(max(params["penumbra"], 0.5 * min(params["spacing"])))  # no edge is sharper than half a pixel


def _inside(x: Any, y: Any, params: Drawn, shape: Sequence[int]) -> NDArray[np.float64]:
    """Return how deep inside the opening places lie, in mm; (x, y) in pixels from the picture's corner."""
    middle, half, axes = _frame(params, shape)
    across, down = x * params["spacing"][1] - middle[0], y * params["spacing"][0] - middle[1]
    away = [half[k] - np.abs(axes[k, 0] * across + axes[k, 1] * down) for k in range(2)]
    return np.asarray(np.minimum(*away), np.float64)


def _corners(box: Array) -> NDArray[np.float64]:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def _cut(polygon: NDArray[np.float64], params: Drawn) -> NDArray[np.float64]:
    """Return what the opening leaves of a polygon in pixels (Sutherland and Hodgman 1974)."""
    middle, half, axes = _frame(params, params["extent"])
    spacing = np.array(params["spacing"])[::-1]
    for axis, far in zip(axes, half, strict=True):
        for side in (1.0, -1.0):
            if not len(polygon):
                return polygon
            depth = far - side * ((polygon * spacing - middle) @ axis)
            made = []
            for k in range(len(polygon)):
                after = (k + 1) % len(polygon)
                if depth[k] >= 0:
                    made.append(polygon[k])
                if (depth[k] >= 0) != (depth[after] >= 0):
                    part = depth[k] / (depth[k] - depth[after])
                    made.append(polygon[k] + part * (polygon[after] - polygon[k]))
            polygon = np.array(made).reshape(-1, 2)
    return polygon
