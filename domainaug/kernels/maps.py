"""`PixelMap`: where each pixel of an output picture looks in the input, through any number of steps.

Coordinates are (x, y) with pixel centers at integers, the first pixel at (0, 0). A map is a list of stages in
the order a coordinate passes them, from the output back to the input. Every stage says which frame it arrives
in and what lies outside that frame, so that a picture that was turned, cropped and turned back shows the same
fill as three pictures made one after the other, although it is interpolated once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
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

    def folds(self) -> bool:
        """Whether two pixels look at one place; see `VolumeMap.folds`."""
        from domainaug.kernels.volume_map import VolumeMap

        flat = np.zeros((3, 4, *self.control.shape[1:]), np.float32)
        flat[:2] = self.control[:, None]
        shape = (1, *self.frame)
        return VolumeMap(shape, np.eye(4), shape, flat).folds()


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
        if len(self.stages) == 1 and isinstance(self.stages[0], Projective) and self.stages[0].affine:
            (a, b, _), (d, e, _), _ = self.stages[0].matrix.tolist()
            return math.hypot(a, b), math.hypot(d, e)
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
            border = _joint_border(meets, met, self.shape, None if early else following.shape)
            if border is not None:
                joined = Projective(met.matrix @ meets.matrix, met.frame, border)
                return PixelMap(following.shape, (*early, joined, *late))
        return PixelMap(following.shape, (*following.stages, *self.stages))


def _joint_border(meets: Projective, met: Projective, between: Size, shape: Size | None) -> Border | None:
    """Return the border of two stages as one, or None where the frame between them hides something.

    Args:
        meets: The stage that arrives in the frame between.
        met: The stage that goes on from there.
        between: (height, width) of that frame.
        shape: (height, width) of the output, where `meets` starts from it.
    """
    if shape is not None and _all_within(_corners(meets.matrix, shape), between, -_SLACK):
        return met.border  # nothing outside the frame is ever looked at
    if _turns_whole(met, between):
        return meets.border  # a mirror or a quarter turn: one frame is the other
    constant = meets.border == met.border == "constant"
    if not constant or abs(np.linalg.det(met.matrix)) < 1e-12:
        return None
    # All of the input is inside the frame. Its edges are soft by a pixel, so they need as much room.
    back = np.linalg.inv(met.matrix)
    return "constant" if _all_within(_corners(back, met.frame), between, 1.0) else None


def _corners(matrix: NDArray[Any], shape: Size) -> list[tuple[float, float]] | None:
    """Return where a matrix takes the corners of a picture, as plain numbers; None behind the horizon."""
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    bottom, right = shape[0] - 1.0, shape[1] - 1.0
    found = []
    for x, y in ((0.0, 0.0), (right, 0.0), (0.0, bottom), (right, bottom)):
        w = g * x + h * y + i
        if w <= 0:
            return None
        found.append(((a * x + b * y + c) / w, (d * x + e * y + f) / w))
    return found


def _all_within(points: list[tuple[float, float]] | None, frame: Size, margin: float) -> bool:
    """Whether points lie in a frame, at least `margin` from its edges; so does the convex hull of the points."""
    right, bottom = frame[1] - 1 - margin, frame[0] - 1 - margin
    return points is not None and all(margin <= x <= right and margin <= y <= bottom for x, y in points)


def _turns_whole(stage: Projective, shape: Size) -> bool:
    """Whether a stage takes a picture of `shape` onto its own frame, pixel by pixel."""
    if not stage.affine:
        return False
    (a, b, _), (d, e, _), _ = stage.matrix.tolist()
    if abs(abs(a) + abs(b) - 1) > _SLACK or abs(abs(d) + abs(e) - 1) > _SLACK:
        return False
    bottom, right = stage.frame[0] - 1, stage.frame[1] - 1
    landed = {(round(x, 6), round(y, 6)) for x, y in _corners(stage.matrix, shape) or ()}
    return landed == {(0, 0), (right, 0), (0, bottom), (right, bottom)}
