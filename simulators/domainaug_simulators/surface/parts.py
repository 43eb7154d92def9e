"""Parts: a plane, a cylinder, or a mesh, each with a chart in millimeters that its surface is told by.

A chart is flat: right and up from its middle, in mm. Of a plane it is the plane; of a cylinder, length and
circumference, its middle at the line that faces the camera; of a mesh, its texture coordinates, or a view from above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import MissingExtra

__all__ = ["Cylinder", "Floats", "MeshPart", "Part", "Plane", "Seen", "Triangles", "View", "pose_of"]

Floats = NDArray[np.float64]
Seen = NDArray[np.float32]
"""(h, w, 12), as `seeing` fills it."""

_SIDES = 360  # of a cylinder that is told as triangles


@dataclass(frozen=True, slots=True)
class View:
    """How the camera looks: straight down on the origin, rows downward, at the plane z = 0.

    Attributes:
        rows: Of the picture.
        columns: Of the picture.
        pitch: Millimeters on that plane from pixel to pixel.
        distance: From the lens to the plane, in mm.
        telecentric: Whether all rays are parallel.
    """

    rows: int
    columns: int
    pitch: float
    distance: float
    telecentric: bool = False

    @property
    def numbers(self) -> Floats:
        """As kernels take it."""
        return np.array([self.rows, self.columns, self.pitch, self.distance, float(self.telecentric)])


@dataclass(frozen=True, slots=True, eq=False)
class Triangles:
    """A part as triangles, in its own millimeters.

    Attributes:
        corners: (n, 3, 3), counter-clockwise from outside.
        normals: (n, 3, 3) at the corners, outward.
        charts: (n, 3, 2) places of the corners on the chart.
    """

    corners: Floats
    normals: Floats
    charts: Floats

    def placed(self, pose: Floats) -> Triangles:
        """Return them in the station's millimeters."""
        turn, place = pose[:, :3], pose[:, 3]
        return Triangles(self.corners @ turn.T + place, self.normals @ turn.T, self.charts)


class Part(Protocol):
    """A surface with a chart."""

    @property
    def chart(self) -> tuple[float, float]:
        """Width and height, in mm."""

    @property
    def thickness(self) -> float:
        """How high it is before it is turned, in mm; its highest place is level with z = 0."""

    @property
    def half(self) -> tuple[float, float, float]:
        """Half of its length along each of its axes, in mm."""

    def seen(self, view: View, pose: Floats, box: tuple[int, int, int, int], fine: int) -> Seen:
        """Return which of its places a window of the picture shows.

        Args:
            view: The camera.
            pose: (3, 4) from the part's millimeters to the station's.
            box: First row, first column, and the ends of both.
            fine: Samples in a pixel along an axis.
        """

    def triangles(self) -> Triangles:
        """Return it as triangles."""


def pose_of(part: Part, tilt_across: float, tilt_down: float, spin: float, shift: tuple[float, float]) -> Floats:
    """Return (3, 4): the part turned about its middle, and moved.

    Args:
        part: The part.
        tilt_across: Degrees by which its right side sinks.
        tilt_down: Degrees by which its lower side (in the picture) sinks.
        spin: Degrees, counter-clockwise in the picture.
        shift: Millimeters to the right and up.
    """
    across, down, turn = np.radians([tilt_across, tilt_down, spin])
    about_y = np.array([[np.cos(across), 0, np.sin(across)], [0, 1, 0], [-np.sin(across), 0, np.cos(across)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(down), -np.sin(down)], [0, np.sin(down), np.cos(down)]])
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    place = np.array([shift[0], shift[1], -part.thickness / 2])
    return np.concatenate([about_x @ about_y @ about_z, place[:, None]], axis=1)


def _kernels() -> Any:
    try:
        from domainaug_simulators.surface import seeing
    except ModuleNotFoundError as error:
        raise MissingExtra("the surface simulator", "surface") from error
    return seeing


def _smooth(part: Part, half: Floats, radius: float, view: View, pose: Floats, box: Any, fine: int) -> Seen:
    out = np.zeros(((box[2] - box[0]) * fine, (box[3] - box[1]) * fine, 12), np.float32)
    window = np.array([box[0], box[1], fine], np.float64)
    _kernels().see_smooth(view.numbers, window, pose, half, radius, out)
    return out


@dataclass(frozen=True, slots=True)
class Plane:
    """A flat part.

    Attributes:
        width: mm.
        height: mm.
    """

    width: float
    height: float

    @property
    def chart(self) -> tuple[float, float]:
        """Its own sides."""
        return self.width, self.height

    @property
    def thickness(self) -> float:
        """None."""
        return 0.0

    @property
    def half(self) -> tuple[float, float, float]:
        """Half of its sides."""
        return self.width / 2, self.height / 2, 0.0

    def seen(self, view: View, pose: Floats, box: tuple[int, int, int, int], fine: int) -> Seen:
        """See `Part`."""
        return _smooth(self, np.array(self.chart) / 2, 0.0, view, pose, box, fine)

    def triangles(self) -> Triangles:
        """Return two."""
        x, y = self.width / 2, self.height / 2
        flat = np.array([[[-x, -y], [x, -y], [x, y]], [[-x, -y], [x, y], [-x, y]]])
        corners = np.concatenate([flat, np.zeros((2, 3, 1))], axis=2)
        normals = np.broadcast_to([0.0, 0.0, 1.0], corners.shape)
        return Triangles(corners, normals, flat)


@dataclass(frozen=True, slots=True)
class Cylinder:
    """A tube or shaft that lies across the picture, without ends.

    Attributes:
        diameter: mm.
        length: mm.
    """

    diameter: float
    length: float

    @property
    def chart(self) -> tuple[float, float]:
        """Length and circumference."""
        return self.length, float(np.pi * self.diameter)

    @property
    def thickness(self) -> float:
        """Its diameter."""
        return self.diameter

    @property
    def half(self) -> tuple[float, float, float]:
        """Half of its length, and its radius twice."""
        return self.length / 2, self.diameter / 2, self.diameter / 2

    def seen(self, view: View, pose: Floats, box: tuple[int, int, int, int], fine: int) -> Seen:
        """See `Part`."""
        return _smooth(self, np.array(self.chart) / 2, self.diameter / 2, view, pose, box, fine)

    def triangles(self) -> Triangles:
        """Return a ring of them."""
        angles = np.linspace(-np.pi, np.pi, _SIDES + 1)
        normal = np.stack([np.zeros_like(angles), np.sin(angles), np.cos(angles)], axis=1)
        ring = normal * self.diameter / 2
        half = np.array([self.length / 2, 0, 0])
        up = angles * self.diameter / 2
        corners, normals, charts = [], [], []
        for k in range(_SIDES):
            left, right = ring - half, ring + half
            for triple in (((left, k), (right, k), (right, k + 1)), ((left, k), (right, k + 1), (left, k + 1))):
                corners.append([side[n] for side, n in triple])
                normals.append([normal[n] for _, n in triple])
                charts.append([[side[n][0], up[n]] for side, n in triple])
        return Triangles(np.array(corners), np.array(normals), np.array(charts))


@dataclass(frozen=True, slots=True, eq=False)
class MeshPart:
    """A mesh that was read.

    Attributes:
        mesh: Its triangles, their middle at the origin.
        chart: Width and height, in mm.
        thickness: How high it is.
        half: Half of its length along each axis.
    """

    mesh: Triangles
    chart: tuple[float, float]
    thickness: float
    half: tuple[float, float, float]

    def seen(self, view: View, pose: Floats, box: tuple[int, int, int, int], fine: int) -> Seen:
        """See `Part`."""
        placed = self.mesh.placed(pose)
        tangents, hands = _tangents(placed)
        size = (box[2] - box[0]) * fine, (box[3] - box[1]) * fine
        out, depth = np.zeros((*size, 12), np.float32), np.full(size, np.inf)
        window = np.array([box[0], box[1], fine], np.float64)
        arrays = (np.ascontiguousarray(one) for one in (placed.corners, placed.normals, placed.charts))
        _kernels().see_mesh(view.numbers, window, *arrays, tangents, hands, depth, out)
        return out

    def triangles(self) -> Triangles:
        """Return its own."""
        return self.mesh


def _tangents(mesh: Triangles) -> tuple[Floats, Floats]:
    """Return (n, 3) directions along the chart's rows, and (n,) -1 where the chart is mirrored."""
    first, second = mesh.corners[:, 1] - mesh.corners[:, 0], mesh.corners[:, 2] - mesh.corners[:, 0]
    one, two = mesh.charts[:, 1] - mesh.charts[:, 0], mesh.charts[:, 2] - mesh.charts[:, 0]
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    safe = np.where(np.abs(area) > 1e-12, area, 1.0)[:, None]
    along = (first * two[:, 1:2] - second * one[:, 1:2]) / safe
    lost = (np.abs(area) <= 1e-12) | (np.linalg.norm(along, axis=1) < 1e-9)
    along[lost] = first[lost]
    along /= np.maximum(np.linalg.norm(along, axis=1), 1e-12)[:, None]
    return np.ascontiguousarray(along), np.where(area < 0, -1.0, 1.0)
