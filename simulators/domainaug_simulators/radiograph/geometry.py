"""Where the source and the detector stand, in the patient's millimeters (DICOM's axes: left, back, up).

The detector looks at the patient from a direction that two angles tell, as DICOM's positioner angles do (PS3.3
C.8.7.5): the primary one is 0 where the detector is in front of the patient (a PA projection), 90 degrees where it is
at the patient's left side; the secondary one is positive where it is moved toward the head. Rows of the picture run as
film is hung: seen from the detector, but from the source where the detector is behind the patient, so that a PA and an
AP chest both show the patient's left on the right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.rays import Rays

__all__ = ["VIEWS", "Geometry", "Setup"]

Array = NDArray[np.float64]

VIEWS: Mapping[str, float] = {"PA": 0.0, "AP": 180.0, "LL": 90.0, "RL": -90.0}
"""View to primary angle; LL is the left lateral: the left side is at the detector."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How tube, patient and detector are set up.

    Attributes:
        primary: Primary angle in degrees, as DICOM counts it.
        secondary: Secondary angle in degrees, positive toward the head.
        roll: Turn of the picture in its plane, in degrees, counter-clockwise: the anatomy appears turned by it.
        source_to_detector: In mm.
        source_to_center: From the source to `center`, in mm.
        center: (3,) the point of the patient on the central ray, in mm.
        offset: By how much the detector is moved along its rows and columns, in mm.
        shape: Rows and columns of the detector.
        pitch: From one pixel to the next, in mm.
    """

    primary: float = 0.0
    secondary: float = 0.0
    roll: float = 0.0
    source_to_detector: float = 1800.0
    source_to_center: float = 1600.0
    center: tuple[float, float, float] = (0.0, 0.0, 0.0)
    offset: tuple[float, float] = (0.0, 0.0)
    shape: tuple[int, int] = (512, 512)
    pitch: float = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """A setup as places and directions.

    Attributes:
        setup: What it was made of.
        toward: (3,) from the source to the detector along the central ray, length 1.
        across: (3,) along a row of the picture, length 1.
        down: (3,) along a column, length 1.
        source: (3,) the focal spot.
    """

    setup: Setup
    toward: Array
    across: Array
    down: Array
    source: Array

    @classmethod
    def of(cls, setup: Setup) -> Geometry:
        """Return the places and directions of a setup."""
        first, second = math.radians(setup.primary), math.radians(setup.secondary)
        toward = np.array([math.cos(second) * math.sin(first), -math.cos(second) * math.cos(first), math.sin(second)])
        up = np.array([-math.sin(second) * math.sin(first), math.sin(second) * math.cos(first), math.cos(second)])
        across = np.cross(-toward, up)
        if math.cos(first) < -1e-9:
            across = -across
        down = -up
        turn = math.radians(setup.roll)  # the detector turns clockwise, so that what it shows turns the other way
        across, down = (
            math.cos(turn) * across + math.sin(turn) * down,
            -math.sin(turn) * across + math.cos(turn) * down,
        )
        source = np.array(setup.center) - setup.source_to_center * toward
        return cls(setup, toward, across, down, source)

    @property
    def middle(self) -> Array:
        """(3,) the middle of the detector, in mm."""
        along, beneath = self.setup.offset
        foot = self.source + self.setup.source_to_detector * self.toward
        return np.asarray(foot + along * self.across + beneath * self.down)

    @property
    def rays(self) -> Rays:
        """A ray to the middle of every pixel."""
        rows, columns = self.setup.shape
        across, down = self.across * self.setup.pitch, self.down * self.setup.pitch
        corner = self.middle - (columns - 1) / 2 * across - (rows - 1) / 2 * down
        return Rays(self.source, corner, across, down, self.setup.shape)

    def project(self, points: Sequence[Sequence[float]] | Array) -> Array:
        """Return where points (N, 3) in mm are seen, (N, 2) as (column, row), middles of pixels being whole numbers.

        A point that is not before the source is nowhere: NaN.
        """
        away = np.asarray(points, np.float64).reshape(-1, 3) - self.source
        depth = away @ self.toward
        with np.errstate(divide="ignore", invalid="ignore"):
            reached = away * np.where(depth > 0, self.setup.source_to_detector / depth, np.nan)[:, None]
        rows, columns = self.setup.shape
        from_middle = self.source + reached - self.middle
        x = from_middle @ self.across / self.setup.pitch + (columns - 1) / 2
        y = from_middle @ self.down / self.setup.pitch + (rows - 1) / 2
        return np.stack([x, y], axis=1)

    def magnification(self, point: Sequence[float]) -> float:
        """Return by how much larger than life what lies at a point is shown."""
        depth = float((np.asarray(point, np.float64) - self.source) @ self.toward)
        return self.setup.source_to_detector / depth

    def obliquity(self) -> NDArray[np.float32]:
        """Return the fluence of the open beam at every pixel, 1 at the central ray, (rows, columns).

        A pixel at the angle a from the central ray is farther away by 1 / cos a and leans by a: cos³ a.
        """
        rows, columns = self.setup.shape
        along, beneath = self.setup.offset
        x = (np.arange(columns) - (columns - 1) / 2) * self.setup.pitch + along
        y = (np.arange(rows) - (rows - 1) / 2) * self.setup.pitch + beneath
        squared = (x[None, :] ** 2 + y[:, None] ** 2) / self.setup.source_to_detector**2
        return np.asarray((1 + squared) ** -1.5, np.float32)

    def orientation(self) -> tuple[str, str]:
        """Return Patient Orientation (PS3.3 C.7.6.1.1.1): where rows and columns run, the main direction first."""
        return _named(self.across), _named(self.down)


def _named(direction: Array) -> str:
    letters = [("R", "L"), ("A", "P"), ("F", "H")]
    order = np.argsort(-np.abs(direction))
    return "".join(letters[k][int(direction[k] > 0)] for k in order if abs(direction[k]) > 0.1)
