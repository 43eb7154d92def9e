"""`PixelMap`: where each pixel of an output picture looks in the input, through any number of steps.

Coordinates are (x, y) with pixel centers at integers, the first pixel at (0, 0). A map is a list of stages in
the order a coordinate passes them, from the output back to the input. Every stage says which frame it arrives
in and what lies outside that frame, so that a picture that was turned, cropped and turned back shows the same
fill as three pictures made one after the other, although it is interpolated once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Border", "Field", "Mesh", "PixelMap", "Projective", "Stage"]

Border = Literal["constant", "replicate", "reflect", "wrap", "reflect101"]
"""What lies outside a frame, named and ordered as OpenCV numbers its borders from 0."""

Array = NDArray[np.float64]
Size = tuple[int, int]

_SLACK = 1e-6  # pixels: what a product of matrices is off by


@dataclass(frozen=True, slots=True, eq=False)
class Projective:
    """A stage that is one matrix.

    Attributes:
        matrix: (3, 3) float64; takes (x, y, 1) to the frame.
        frame: (height, width) of the picture it arrives in.
        border: What lies outside of it.
    """

    matrix: Array
    frame: Size
    border: Border = "constant"

    @property
    def affine(self) -> bool:
        """Whether the last row is (0, 0, 1)."""
        return bool(self.matrix[2, 0] == 0 and self.matrix[2, 1] == 0 and self.matrix[2, 2] == 1)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A stage given for every pixel, interpolated linearly in between.

    Attributes:
        x: (h, w) float32, the column each pixel looks at.
        y: (h, w) float32, the row.
        frame: (height, width) of the picture it arrives in.
        border: What lies outside of it.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    frame: Size
    border: Border = "constant"


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A stage that adds a cubic B-spline displacement, evaluated on the fly.

    Knots are evenly spaced over the frame: with (ny, nx) control points there are nx - 3 cells across, the first
    beginning at pixel 0 and the last ending at pixel width - 1 (Rueckert et al. 1999, free-form deformations).

    Attributes:
        control: (2, ny, nx) float32, displacement along x and along y in pixels; ny, nx >= 4.
        frame: (height, width) of the picture it works in and arrives in.
        border: What lies outside of it.
    """

    control: NDArray[np.float32]
    frame: Size
    border: Border = "constant"


Stage = Projective | Field | Mesh


@dataclass(frozen=True, slots=True, eq=False)
class PixelMap:
    """Where each output pixel looks.

    Attributes:
        shape: (height, width) of the output.
        stages: One or more, in the order a coordinate passes them.
    """

    shape: Size
    stages: tuple[Stage, ...]

    @classmethod
    def identity(cls, shape: Size) -> PixelMap:
        """Return the map that leaves a picture of `shape` as it is."""
        return cls(shape, (Projective(np.eye(3), shape, "constant"),))

    @classmethod
    def of(cls, matrix: Any, frame: Size, shape: Size | None = None, border: Border = "constant") -> PixelMap:
        """Return the map of one matrix that takes output pixels to input pixels.

        Args:
            matrix: (2, 3) or (3, 3).
            frame: (height, width) of the input.
            shape: (height, width) of the output; that of the input when None.
            border: What lies outside the input.
        """
        whole = np.eye(3)
        given = np.asarray(matrix, dtype=np.float64)
        whole[: given.shape[0]] = given
        if whole[2, 2] not in (0.0, 1.0):
            whole = whole / whole[2, 2]
        return cls(shape or frame, (Projective(whole, frame, border),))

    @property
    def frame(self) -> Size:
        """(height, width) of the input."""
        return self.stages[-1].frame

    @property
    def matrix(self) -> Array | None:
        """The (3, 3) matrix, when the map is one."""
        (*before, last) = self.stages
        return last.matrix if not before and isinstance(last, Projective) else None

    @property
    def footprint(self) -> tuple[float, float]:
        """Width and height, in input pixels, of the box one output pixel sees.

        Of a map that is not affine, the one in the middle of the output, where fields and meshes count as even.
        """
        slope = np.eye(2)
        shape, x, y = self.shape, (self.shape[1] - 1) / 2, (self.shape[0] - 1) / 2
        for stage in self.stages:
            if isinstance(stage, Projective):
                m = stage.matrix
                moved = m @ (x, y, 1.0)
                w = moved[2] if moved[2] else 1.0
                here = (m[:2, :2] - np.outer(moved[:2] / w, m[2, :2])) / w
                x, y = moved[:2] / w
            elif isinstance(stage, Field):
                here = np.diag([stage.frame[1] / shape[1], stage.frame[0] / shape[0]])
                x, y = (stage.frame[1] - 1) / 2, (stage.frame[0] - 1) / 2
            else:
                here = np.eye(2)
            slope, shape = here @ slope, stage.frame
        wide, tall = np.hypot(slope[:, 0], slope[:, 1])
        return float(wide), float(tall)

    def then(self, following: PixelMap) -> PixelMap:
        """Return the map of the picture that `following` makes of what this map makes.

        Two matrices become one wherever the frame between them hides nothing: where the output shows only what
        is inside that frame, or where all of the input is inside it and the outside is the same constant.
        """
        if following.frame != self.shape:
            raise ValueError(f"a map of a {following.frame} picture cannot follow one that makes {self.shape}")
        (*early, meets), (met, *late) = following.stages, self.stages
        if isinstance(meets, Projective) and isinstance(met, Projective):
            alone = not early
            if (alone and _inside(meets.matrix, following.shape, self.shape)) or _hides_nothing(meets, met, self.shape):
                product = met.matrix @ meets.matrix
                return PixelMap(following.shape, (*early, replace(met, matrix=product), *late))
        return PixelMap(following.shape, (*following.stages, *self.stages))


def _corners(shape: Size) -> Array:
    bottom, right = shape[0] - 1.0, shape[1] - 1.0
    return np.array([[0.0, right, 0.0, right], [0.0, 0.0, bottom, bottom], [1.0, 1.0, 1.0, 1.0]])


def _inside(matrix: Array, shape: Size, frame: Size) -> bool:
    """Whether every pixel of `shape` lands in `frame`; the image of a rectangle is as convex as the frame."""
    x, y, w = matrix @ _corners(shape)
    if not (w > 0).all():
        return False
    x, y = x / w, y / w
    low, right, bottom = -_SLACK, frame[1] - 1 + _SLACK, frame[0] - 1 + _SLACK
    return bool((x >= low).all() and (x <= right).all() and (y >= low).all() and (y <= bottom).all())


def _hides_nothing(meets: Projective, met: Projective, between: Size) -> bool:
    """Whether the frame between two stages can be left out, as all of the input is inside it.

    An edge inside the frame is soft by a pixel, so the input may end on the very edge (a mirror) or a pixel in.
    """
    if meets.border != met.border or abs(np.linalg.det(met.matrix)) < 1e-12:
        return False
    back = np.linalg.inv(met.matrix)
    x, y, w = back @ _corners(met.frame)
    if not (w > 0).all():
        return False
    x, y = x / w, y / w
    whole = sorted(map(tuple, np.round(np.stack([x, y], axis=1), 6))) == sorted(
        map(tuple, np.round(_corners(between)[:2].T, 6))
    )
    if whole and met.affine:
        return bool(np.allclose(np.abs(met.matrix[:2, :2]).sum(axis=1), 1))  # a mirror or a quarter turn
    inside = (x >= 1).all() and (x <= between[1] - 2).all() and (y >= 1).all() and (y <= between[0] - 2).all()
    return meets.border == "constant" and bool(inside)
