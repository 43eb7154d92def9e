"""A defect, whatever made it: a change of height, an albedo factor, a change of roughness, a coverage and a mask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError

__all__ = ["Defect", "Floats", "Mask", "averaged", "generator"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def generator(seed: int, stream: str = "") -> np.random.Generator:
    """Return the chance of one defect: a function of a seed and a name, on every machine."""
    name = int.from_bytes(stream.encode()[:8].ljust(8, b"\0"), "little")
    return np.random.Generator(np.random.Philox(key=[seed % 2**64, name]))


@dataclass(frozen=True, slots=True, eq=False)
class Defect:
    """One defect in a window of a picture.

    Maps may be finer than the picture: then `fine` of their pixels along each axis make one of the picture's, and a
    scratch that is thinner than a pixel has a profile all the same.

    Attributes:
        kind: "scratch", "dent" ...
        at: Row and column in the picture of the window's first pixel; may be outside.
        pitch_mm: Millimeters from pixel to pixel of the picture.
        height_mm: (h fine, w fine) float32; above 0 is more material. Of what X-rays pass, along the ray.
        albedo: (h fine, w fine) or (h fine, w fine, channels) float32: factor on what the surface gives back.
        roughness: (h fine, w fine) float32: change of the standard deviation of slopes.
        coverage: (h fine, w fine) float32 from 0 to 1: how much of it is defect.
        mask: (h, w): the pixels that count as defect.
        parameters: What was drawn: sizes in mm, angles in degrees, counts.
        seed: What it was drawn from.
        fine: Pixels of the maps in a pixel of the picture, along an axis.
        light: (h, w) or (h, w, channels) float32: light as a share of white that takes the place of what was there,
            as much as `coverage` says; None where factors do.
        worn: (h fine, w fine) float32 from 0 to 1: how much of the texture that the surface had is gone. The floor of a
            hole was never ground or brushed; None where all of it is left.
        anchored: Whether it is where it is because of an outline or a component, and so may reach beyond the part.
    """

    kind: str
    at: tuple[int, int]
    pitch_mm: float
    height_mm: Floats
    albedo: Floats
    roughness: Floats
    coverage: Floats
    mask: Mask
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    fine: int = 1
    light: Floats | None = None
    worn: Floats | None = None
    anchored: bool = False

    def __post_init__(self) -> None:
        size = tuple(side * self.fine for side in self.mask.shape)
        for name in ("height_mm", "albedo", "roughness", "coverage"):
            shape = getattr(self, name).shape[:2]
            if shape != size:
                raise ImageError(f"{self.kind}: {name} is {shape}, and {size} goes with its mask of {self.mask.shape}")
        if self.worn is not None and self.worn.shape != size:
            raise ImageError(
                f"{self.kind}: worn is {self.worn.shape}, and {size} goes with its mask of {self.mask.shape}"
            )
        if self.light is not None and self.light.shape[:2] != self.mask.shape:
            raise ImageError(f"{self.kind}: light is {self.light.shape[:2]}, and {self.mask.shape} goes with its mask")

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the window in pixels of the picture."""
        return int(self.mask.shape[0]), int(self.mask.shape[1])

    @property
    def box(self) -> tuple[int, int, int, int]:
        """First row, first column, and the ends of both, of the window."""
        return self.at[0], self.at[1], self.at[0] + self.shape[0], self.at[1] + self.shape[1]

    @property
    def area_mm2(self) -> float:
        """Area of the mask."""
        return float(self.mask.sum()) * self.pitch_mm**2

    def moved(self, at: tuple[int, int]) -> Defect:
        """Return the defect at another place."""
        return replace(self, at=at)

    def share(self) -> Floats:
        """Return (h, w): the coverage of each pixel of the picture."""
        return averaged(self.coverage, self.fine)

    def only_on(self, part: Mask) -> Defect:
        """Return the defect without what lies beside the part.

        Args:
            part: (H, W) of the picture: what belongs to the part.
        """
        seen = np.zeros(self.shape, np.float32)
        top, left, bottom, right = self.box
        rows, columns = slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))
        inside = part[rows, columns]
        seen[max(-top, 0) : max(-top, 0) + inside.shape[0], max(-left, 0) : max(-left, 0) + inside.shape[1]] = inside
        if seen.all():
            return self
        kept = np.kron(seen, np.ones((self.fine, self.fine), np.float32)) if self.fine > 1 else seen
        wide = kept[..., None] if self.albedo.ndim == 3 else kept
        return replace(
            self,
            height_mm=self.height_mm * kept,
            albedo=1 + (self.albedo - 1) * wide,
            roughness=self.roughness * kept,
            coverage=self.coverage * kept,
            worn=None if self.worn is None else self.worn * kept,
            mask=self.mask & (seen > 0),
        )


def averaged(fine: Floats, by: int) -> Floats:
    """Return (h fine, w fine[, channels]) averaged over blocks of `by` times `by`."""
    if by == 1:
        return fine
    size = fine.shape[1] // by, fine.shape[0] // by
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32)
