"""Turns and mirrors that map a part onto itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import affine_maps
from domainaug.generators import Frame, Generators
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap
from domainaug.transforms.arguments import number
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.moving import Moving

__all__ = ["SymmetryTurn"]

Array = NDArray[np.float64]


class SymmetryTurn(Moving):
    """Turns a part by a symmetry of its own, about the middle of the frame: every draw shows a good part again.

    Each of the 360 / `every` turns is as likely as another, the one that leaves the picture alone among them; with
    `mirror`, half of the draws are mirrored first. Quarter turns of square pictures move whole pixels.

    Args:
        every: Degrees between turns that map the part onto itself, such as 60; goes into 360.
        mirror: Whether the part has a mirror line.
        axis: Direction of that line, degrees counter-clockwise from the picture's right; 90 is up.
        order: See `Moving`, as `fill`, `fill_mask` and `p`.
        fill: The value outside.
        fill_mask: The label outside.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
    """

    neutral: ClassVar[Mapping[str, float]] = {}

    def __init__(
        self,
        every: float = 90.0,
        mirror: bool = False,
        axis: float = 90.0,
        order: str = "linear",
        fill: float = 0.0,
        fill_mask: float = 0.0,
        p: float = 0.5,
    ) -> None:
        super().__init__(order=order, fill=fill, fill_mask=fill_mask, p=p)
        self.every = number(self, "every", every, above=0.0, most=360.0)
        if abs(360 / self.every - round(360 / self.every)) > 1e-6:
            raise ValueError(f"SymmetryTurn: every: an angle that goes into 360 degrees is needed, got {every!r}")
        if not isinstance(mirror, bool):
            raise ValueError(f"SymmetryTurn: mirror: true or false is needed, got {mirror!r}")
        self.mirror = mirror
        self.axis = number(self, "axis", axis, least=-360.0, most=360.0)

    def draw(self, extent: tuple[int, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw which turn, and whether mirrored; see `Moving.draw`."""
        turn = self.py_random.randrange(round(360 / self.every)) * self.every
        return {"turn": turn, "mirrored": bool(self.mirror and self.py_random.random() < 0.5)}

    def pixel_map(self, params: Drawn, shape: tuple[int, int]) -> PixelMap:
        """Return the map; see `domainaug.transforms.fusing.MovesPixels`."""
        linear = self._linear([params["turn"]], [params["mirrored"]])[0, :2, :2]
        middle = (np.array(shape[::-1]) - 1) / 2
        matrix = np.eye(3)
        matrix[:2, :2] = linear.T  # back to where a pixel was
        matrix[:2, 2] = middle - linear.T @ middle
        return PixelMap.of(matrix, shape)

    def volume_map(self, params: Drawn, shape: tuple[int, int, int]) -> VolumeMap:
        """Return the map of a stack, every slice of which turns alike."""
        return VolumeMap.from_plane(self.pixel_map(params, (shape[1], shape[2])), shape[0])

    def _linear(self, turn: Sequence[float], mirrored: Sequence[bool]) -> Array:
        """Return (n, 3, 3) maps in frame units: mirrored along the axis where that is so, then turned."""
        across = affine_maps(scale_y=-1.0) @ affine_maps(rotation=-2 * self.axis)  # the line through the middle
        across = np.where(np.array(mirrored)[:, None, None], across, np.eye(3))
        return np.asarray(np.round(affine_maps(rotation=np.array(turn, np.float64)) @ across, 12))

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does: these turns and none between them."""
        turns = [turn * self.every for turn in range(round(360 / self.every))]
        hands = (False, True) if self.mirror else (False,)
        maps = [self._linear(turns, [hand] * len(turns)) for hand in hands]
        return self._made(np.concatenate(maps), frame)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        return self._made(self._linear([params["turn"]], [params["mirrored"]]), frame)

    def _made(self, maps: Array, frame: Frame) -> Generators:
        apart = Generators.each_of(maps)
        seen = Generators.geometric(maps, frame)
        return Generators(maps=seen.maps, ranges=seen.ranges, resamples=seen.resamples, turns=apart.turns)
