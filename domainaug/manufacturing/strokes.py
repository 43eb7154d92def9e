"""Lines of changing width, exactly: how far every pixel is from a polyline, and how far along."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError
from domainaug.manufacturing.defect import Floats

__all__ = ["Canvas", "Stroke", "canvas_around", "stroke", "wander"]

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Canvas:
    """A window that a defect is drawn in, around a point of its own.

    Attributes:
        shape: (height, width) in pixels of the picture.
        fine: Pixels of the maps in one of the picture, along an axis.
        pitch_mm: Millimeters from pixel to pixel of the picture.
        origin: (x, y) in mm of the point from the window's corner.
    """

    shape: tuple[int, int]
    fine: int
    pitch_mm: float
    origin: tuple[float, float]

    @property
    def step_mm(self) -> float:
        """Millimeters from pixel to pixel of the maps."""
        return self.pitch_mm / self.fine

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the maps."""
        return self.shape[0] * self.fine, self.shape[1] * self.fine

    def axes(self) -> tuple[Floats, Floats]:
        """Return x (1, width) and y (height, 1) of the middles of the maps' pixels, in mm from the point."""
        x = (np.arange(self.size[1], dtype=np.float32) + 0.5) * self.step_mm - self.origin[0]
        y = (np.arange(self.size[0], dtype=np.float32) + 0.5) * self.step_mm - self.origin[1]
        return x[None].astype(np.float32), y[:, None].astype(np.float32)

    def zeros(self) -> Floats:
        """Return a map of nothing."""
        return np.zeros(self.size, np.float32)

    def ones(self) -> Floats:
        """Return a map of factors that change nothing."""
        return np.ones(self.size, np.float32)


_MOST_FINE = 4
_LARGEST = 1 << 24  # pixels of a window
_MOST_PIXELS = 1 << 18  # of maps; larger windows are drawn less finely


def canvas_around(points: Points, reach_mm: float, detail_mm: float, pitch_mm: float) -> Canvas:
    """Return a window around points.

    Args:
        points: (n, 2) x and y in mm, around a point of their own.
        reach_mm: How far what is drawn goes beyond them.
        detail_mm: The thinnest that has a profile: three pixels of the maps go into it, if that can be.
        pitch_mm: Millimeters from pixel to pixel of the picture.

    Raises:
        ImageError: The window would have more pixels than photographs have: a size or the pitch is off.
    """
    low, high = points.min(axis=0) - reach_mm, points.max(axis=0) + reach_mm
    first, last = np.floor(low / pitch_mm).astype(int) - 1, np.ceil(high / pitch_mm).astype(int) + 1
    shape = int(last[1] - first[1]), int(last[0] - first[0])
    if shape[0] * shape[1] > _LARGEST:
        raise ImageError(
            f"a defect of {np.ptp(points, axis=0).max() + 2 * reach_mm:.4g} mm at {pitch_mm:g} mm a pixel takes a "
            f"window of {shape[0]} x {shape[1]} pixels, and {_LARGEST} is the most; look at its sizes, and at the pitch"
        )
    fine = int(np.clip(np.ceil(3 * pitch_mm / max(detail_mm, 1e-9)), 1, _MOST_FINE))
    while fine > 1 and shape[0] * shape[1] * fine**2 > _MOST_PIXELS:
        fine -= 1
    return Canvas(shape, fine, pitch_mm, (float(-first[0] * pitch_mm), float(-first[1] * pitch_mm)))


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """What a polyline is to every pixel near it.

    Attributes:
        distance: (h, w) mm from the line; infinite where it is further than `reach`.
        along: (h, w) share of the way along the line, 0 to 1.
        side: (h, w) 1 to the left of its direction, -1 to the right.
    """

    distance: Floats
    along: Floats
    side: Floats

    def coverage(self, width: Floats | float, step_mm: float) -> Floats:
        """Return how much of each pixel lies within half a width of the line.

        Exact for straight lines along pixels, and close at other angles.

        Args:
            width: mm, of the whole map or one for all.
            step_mm: Millimeters from pixel to pixel of the map.
        """
        half, pixel = np.asarray(width, np.float32) / 2, np.float32(step_mm / 2)
        inside = np.minimum(self.distance + pixel, half) - np.maximum(self.distance - pixel, -half)
        return np.asarray(np.clip(inside / (2 * pixel), 0.0, 1.0), np.float32)


def stroke(canvas: Canvas, points: Points, reach_mm: float) -> Stroke:
    """Return distance and place along a polyline of every pixel within `reach_mm`.

    Args:
        canvas: The window.
        points: (n, 2) x and y in mm from the canvas's point, n at least 2.
        reach_mm: How far to look.
    """
    x, y = canvas.axes()
    distance = np.full(canvas.size, np.inf, np.float32)
    along, side = canvas.zeros(), canvas.zeros()
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    total = max(float(lengths.sum()), 1e-9)
    begin = 0.0
    for (start, end), length in zip(pairwise(points), lengths.tolist(), strict=True):
        low, high = np.minimum(start, end) - reach_mm, np.maximum(start, end) + reach_mm
        columns = slice(*np.searchsorted(x[0], (low[0], high[0])).tolist())
        rows = slice(*np.searchsorted(y[:, 0], (low[1], high[1])).tolist())
        dx, dy = x[:, columns] - np.float32(start[0]), y[rows] - np.float32(start[1])
        way = (end - start) / max(length, 1e-9)
        t = np.clip(dx * np.float32(way[0]) + dy * np.float32(way[1]), 0.0, length)
        far = np.hypot(dx - t * np.float32(way[0]), dy - t * np.float32(way[1]))
        near = (far < distance[rows, columns]) & (far <= reach_mm)
        distance[rows, columns][near] = far[near]
        along[rows, columns][near] = ((begin + t) / total)[near]
        across = dy * np.float32(way[0]) - dx * np.float32(way[1])
        side[rows, columns][near] = np.sign(-across)[near]
        begin += length
    return Stroke(distance, along, side)


def wander(
    random: np.random.Generator,
    length_mm: float,
    heading_deg: float,
    *,
    step_mm: float,
    bend: float,
    pull: float,
    drift: float = 0.0,
) -> Points:
    """Return a path whose heading wanders: an Ornstein-Uhlenbeck process about the heading it began with.

    Args:
        random: Chance.
        length_mm: Of the path.
        heading_deg: Counter-clockwise from the picture's right.
        step_mm: From point to point.
        bend: Standard deviation of the change of heading per square root of mm, in degrees.
        drift: Degrees by which the heading itself turns per mm.
        pull: Share of the departure from the heading that is taken back per mm.

    Returns:
        (n, 2) x and y in mm, about their middle; y is down.
    """
    count = max(2, round(length_mm / step_mm) + 1)
    step = length_mm / (count - 1)
    kicks = random.normal(0.0, bend * np.sqrt(step), count - 1)
    kept = np.exp(-pull * step)
    off = np.empty(count - 1)
    turned = 0.0
    for place, kick in enumerate(kicks.tolist()):
        turned = turned * kept + kick
        off[place] = turned
    angles = np.radians(heading_deg + off + drift * step * (np.arange(count - 1) - (count - 2) / 2))
    steps = np.stack([np.cos(angles), -np.sin(angles)], axis=1) * step
    points = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    return np.asarray(points - (points.min(axis=0) + points.max(axis=0)) / 2)
