"""What a transform offers so that it can share one pass with its neighbors.

A pipeline asks for these methods by name, so a transform of anybody's may have them. A method gets what the
transform drew and returns a description, never pixels; None says that this draw has to be carried out as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, runtime_checkable

from domainaug.kernels.maps import PixelMap
from domainaug.kernels.point import Op
from domainaug.kernels.volume_map import VolumeMap

__all__ = ["ChangesValues", "Drawn", "MovesPixels", "MovesVoxels"]

Drawn = Mapping[str, Any]
"""The parameters of one draw, as they are handed to `apply`."""


@runtime_checkable
class MovesPixels(Protocol):
    """A transform whose draw is one map of a picture.

    Attributes:
        draws_from: "shape": drawing looks at the size of the picture and at nothing in it. "picture": it looks at
            the picture, so that what waits has to run before.
    """

    draws_from: Literal["shape", "picture", "alone"]

    def pixel_map(self, params: Drawn, shape: tuple[int, int]) -> PixelMap | None:
        """Return where each pixel of the output looks.

        Args:
            params: What was drawn.
            shape: (height, width) of the input.
        """
        ...


@runtime_checkable
class MovesVoxels(Protocol):
    """A transform whose draw is one map of a volume; attributes as of `MovesPixels`."""

    draws_from: Literal["shape", "picture", "alone"]

    def volume_map(self, params: Drawn, shape: tuple[int, int, int]) -> VolumeMap | None:
        """Return where each voxel of the output looks.

        Args:
            params: What was drawn.
            shape: (depth, height, width) of the input.
        """
        ...


@runtime_checkable
class ChangesValues(Protocol):
    """A transform whose draw is a short program for values.

    Attributes:
        draws_from: As of `MovesPixels`.
        clips: Whether values are held within the range, on entry and after every operation.
    """

    draws_from: Literal["shape", "picture", "alone"]
    clips: bool

    def point_ops(self, params: Drawn, *, low: float, high: float, channels: int) -> tuple[Op, ...]:
        """Return the program, on shares of the range.

        Args:
            params: What was drawn.
            low: The value of share 0.
            high: The value of share 1.
            channels: Channels; 1 is gray.
        """
        ...
