"""Thick slices: resolution that is lost along one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choice, distances, span
from domainaug.transforms.arrays import extent_of
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.mri import AXES, GrayStack, Signal
from domainaug.transforms.own import governed, spacing_of

__all__ = ["ThickSlices", "slab_weights"]

Array = NDArray[np.float64]

PROFILES = ("box", "gaussian")
_SIGMAS_PER_FWHM = 2 * np.sqrt(2 * np.log(2))

_FINEST = 0.5  # mm

_FAINT = 1e-5
"""A weight below which a plane does not count: less than a level of 16 bits."""


class ThickSlices(GrayStack):
    """Shows what thick slices would have shown: means over slabs along an axis, and what lies between them on a line.

    A voxel is taken for the mean over its own thickness, so a slab no thicker than the spacing changes nothing. A slab
    weighs what it excites by its profile: the box of an ideal pulse, of which the thickness is the width, or the
    Gaussian of a short one, of which it is the full width at half maximum. Slabs lie one `distance` from the next,
    from a drawn place on, and the sizes of the picture stay: between the middles of two slabs values are on a line,
    and beyond the last they are its own.

    Args:
        thickness_mm: Of a slab; a number, or a range it is drawn from.
        axis: "slices" of a volume; "rows" or "columns" where slabs are cut along the axis of a reformatted picture.
        profile: "box" or "gaussian".
        distance: From the middle of a slab to that of the next, in thicknesses: above 1 there are gaps between them,
            below they overlap; a number, or a range.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing; the slices of a picture; color.
    """

    neutral: ClassVar[Mapping[str, float]] = {"thickness_mm": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("motion_blur", "noise", "contrast", "tone", "brightness", "local_gain"), "thickness_mm"
    )

    def __init__(
        self,
        thickness_mm: float | Sequence[float] = (2.0, 6.0),
        axis: str = "slices",
        profile: str = "box",
        distance: float | Sequence[float] = 1.0,
        spacing: Sequence[float] | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=p)
        self.thickness_mm = span(self, "thickness_mm", thickness_mm, least=0.0)
        self.axis = choice(self, "axis", axis, tuple(AXES))
        self.profile = choice(self, "profile", profile, PROFILES)
        self.distance = span(self, "distance", distance, above=0.0)
        self.spacing = distances(self, spacing)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw how thick slabs are, how far apart, and where they begin, all in voxels."""
        extent = extent_of(data)
        if self.axis == "slices" and len(extent) == 2:
            raise ImageError("ThickSlices: a picture has no slices; pass a volume, or axis='rows' or 'columns'")
        spacing = spacing_of(data, self.spacing, 3 if self.axis == "slices" else 2)
        if spacing is None:
            raise ImageError(
                "ThickSlices has to know how many mm a voxel is: pass spacing=(slices, rows, columns) to the call or "
                "to the transform"
            )
        size = spacing[AXES[self.axis] - 3]
        thickness = self.py_random.uniform(*self.thickness_mm)
        distance = max(1.0, thickness * self.py_random.uniform(*self.distance) / size)
        count = extent[AXES[self.axis] - 3]
        return {
            "thickness": thickness / size,
            "distance": distance,
            "begin": self.py_random.uniform(0.0, min(distance, count)),
        }

    def seen(self, stack: Signal, params: Drawn) -> Signal:
        """Return what slabs show, on the grid of the stack."""
        axis = AXES[self.axis]
        if params["thickness"] <= 1:
            return stack
        middles, weights = slab_weights(stack.shape[axis], params, self.profile)
        slabs = _weighted(np.moveaxis(stack, axis, 0), weights)
        return np.moveaxis(_weighted(slabs, _between(stack.shape[axis], middles)), 0, axis)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most: within slices when their axis is one of the picture."""
        size = self._size(frame)
        return self._did(self.thickness_mm[1] / size, max(1.0, self.thickness_mm[1] * self.distance[1] / size))

    def _size(self, frame: Frame) -> float:
        """Return mm from one voxel to the next along the axis, or the least that is likely."""
        if self.axis == "slices":
            return self.spacing[0] if self.spacing is not None and len(self.spacing) == 3 else _FINEST
        spacing = frame.spacing or (self.spacing or (_FINEST, _FINEST))[-2:]
        return spacing[AXES[self.axis] - 1]

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        return replace(self._did(params["thickness"], params["distance"]), exact=False)

    def _did(self, thickness: float, distance: float) -> Generators:
        """Return what slabs do, in voxels; along the slices nothing is lost within one, but they are no longer new."""
        if thickness <= 1:
            return Generators.nothing()
        # The variance of the profile and of the lines between slabs, as the length of a box.
        wide = np.hypot(thickness * (1.0 if self.profile == "box" else 1.5), 1.4 * distance)
        return Generators.bounds(
            motion_blur=up_to(0.0 if self.axis == "slices" else 1.1 * wide),
            noise=up_to(min(0.0015 * wide, 0.03)),
            contrast=Interval(max(1 - 0.02 * wide, 0.0), 1 + 0.01 * wide),
            tone=up_to(min(0.008 * wide, 1.0)),
            brightness=about(min(0.006 * wide, 1.0)),
            local_gain=up_to(0.01 * wide),
        )


def slab_weights(count: int, params: Drawn, profile: str) -> tuple[Array, Array]:
    """Return the middles of slabs, and how much each weighs every voxel along the axis.

    Args:
        count: Voxels along the axis; voxel i reaches from i - 1/2 to i + 1/2.
        params: `thickness`, `distance` and `begin`, in voxels; the first slab has its middle `begin` after the border.
        profile: "box" or "gaussian".

    Returns:
        (slabs,) middles in voxels, and weights (slabs, voxels), which add up to 1.
    """
    from scipy import special

    middles = np.arange(params["begin"] - 0.5, count - 0.5, params["distance"])
    far = (np.arange(count + 1) - 0.5 - middles[:, None]) / params["thickness"]
    reached = np.clip(far + 0.5, 0.0, 1.0) if profile == "box" else special.ndtr(far * _SIGMAS_PER_FWHM)
    weights = np.diff(reached, axis=1)
    weights[weights < _FAINT] = 0.0
    return middles, weights / weights.sum(axis=1, keepdims=True)


def _between(count: int, middles: Array) -> Array:
    """Return the weights (voxels, slabs) with which slabs make voxels: on a line between two, the last beyond."""
    places = np.clip(np.arange(count), middles[0], middles[-1])
    right = np.clip(np.searchsorted(middles, places), min(1, len(middles) - 1), len(middles) - 1)
    left = np.maximum(right - 1, 0)
    part = (places - middles[left]) / np.where(right > left, middles[right] - middles[left], 1.0)
    weights = np.zeros((count, len(middles)))
    weights[np.arange(count), left] += 1 - part
    weights[np.arange(count), right] += part
    return weights


def _weighted(planes: Signal, weights: Array) -> Signal:
    """Return sums of planes, (sums, ...), with weights (sums, planes), of which most are 0."""
    sums = np.zeros((len(weights), *planes.shape[1:]), np.float32)
    for each, row in zip(sums, weights.astype(np.float32), strict=True):
        for index in np.flatnonzero(row):
            each += row[index] * planes[index]
    return sums
