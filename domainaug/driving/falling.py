"""Drops and flakes in the air: where each one is in the world, and how much of every pixel they cover.

A field of them repeats in space with a period larger than one can see a drop of its size, and each has its own place
and fall; so the same field, looked at by any camera from any place at any time, is one world.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.driving.physics import drop_density, drop_slope, drop_speed, flake_density, flake_slope, flake_speed
from domainaug.driving.pinhole import Pinhole
from domainaug.kernels.random import uniforms

__all__ = ["Falling", "Flying", "covered"]

Floats = NDArray[np.float32]

_MELTED = 3.0
"""By how much an aggregate of snow is wider than the drop that it melts to: a density of 0.04 g/cm3 (Magono and
Nakamura 1965 have 0.02 to 0.2)."""

_NEAREST = 0.35  # meters: closer to the lens nothing passes, for the windscreen
_PIXEL = 0.1  # of a pixel: what is seen smaller is part of the veil
_SAMPLES = 96  # places along a streak at most
_BLADES = 0.0015  # meters of a camera's opening, which blurs what is closer than its focus at infinity


@dataclass(frozen=True, slots=True)
class Flying:
    """Drops or flakes near a camera.

    Attributes:
        places: (n, 3) meters in the world, relative to the camera.
        speeds: (n, 3) m/s.
        diameters: (n,) mm, as wide as they are seen.
    """

    places: NDArray[np.float64]
    speeds: NDArray[np.float64]
    diameters: Floats


@dataclass(frozen=True, slots=True)
class Falling:
    """Rain or snow: one state of the world, which every camera of a vehicle looks at.

    Attributes:
        rate: mm/h of water, above 0.
        key: Names the drops: from 0 to 2**64 - 1.
        snow: Whether flakes fall.
        wind: (x, y) m/s in the world.
    """

    rate: float
    key: int
    snow: bool = False
    wind: tuple[float, float] = (0.0, 0.0)

    def near(self, place: NDArray[np.float64], time: float) -> Iterator[Flying]:
        """Yield what flies around a place, one size after another.

        Args:
            place: (3,) meters in the world.
            time: Seconds.
        """
        edges = (0.25, 0.5, 1.0, 2.0, 5.0) if self.snow else (0.4, 0.8, 1.6, 3.2, 7.0)
        density, slope = (flake_density, flake_slope) if self.snow else (drop_density, drop_slope)
        for size, (least, most) in enumerate(pairwise(edges)):
            reach = (1.5, 3.0, 6.0, 12.0)[size] if self.snow else (2.0, 4.0, 8.0, 16.0)[size]
            count = round((density(self.rate, least) - density(self.rate, most)) * (2 * reach) ** 3)
            if count:
                yield self._of_one_size(count, (least, most), slope(self.rate), reach, size, place, time)

    def _of_one_size(
        self,
        count: int,
        ends: tuple[float, float],
        slope: float,
        reach: float,
        stream: int,
        place: NDArray[np.float64],
        time: float,
    ) -> Flying:
        drawn = uniforms((7 if self.snow else 4, count), self.key, stream)
        gone = 1 - np.exp(-slope * (ends[1] - ends[0]))
        melted = ends[0] - np.log1p(-drawn[3] * np.float32(gone)) / np.float32(slope)
        speeds = np.empty((3, count), np.float32)
        speeds[:2] = np.array(self.wind, np.float32)[:, None]
        speeds[2] = -flake_speed(melted * _MELTED) if self.snow else -drop_speed(melted)
        period = np.float32(2 * reach)
        places = drawn[:3] * period + np.float32(time) * speeds
        if self.snow:  # flakes flutter: a few centimeters to and fro, about once a second
            often = np.float32(0.5) + drawn[6]
            turn = np.float32(2 * np.pi) * (drawn[4:6] + np.float32(time) * often)
            places[:2] += np.float32(0.06) * np.sin(turn)
            speeds[:2] += np.float32(0.06 * 2 * np.pi) * often * np.cos(turn)
        around = places - np.mod(place, 2 * reach).astype(np.float32)[:, None]
        around -= period * np.floor(around / period + np.float32(0.5))
        within = (around**2).sum(axis=0) < reach**2
        wide = melted[within] * np.float32(_MELTED if self.snow else 1.0)
        return Flying(around[:, within].T.astype(np.float64), speeds[:, within].T.astype(np.float64), wide)


def covered(
    falling: Falling,
    camera: Pinhole,
    pose: NDArray[np.float64],
    velocity: NDArray[np.float64],
    *,
    time: float,
    exposure: float,
    depth: Floats,
) -> Floats:
    """Return how much of each pixel drops or flakes cover while the shutter is open, (height, width), 0 to 1.

    A drop covers the area of its disc, spread along the way it flies through the picture: a streak is the fainter the
    longer it is (Garg and Nayar 2007). What is behind a thing is not seen. Close ones are out of focus.

    Args:
        falling: What is in the air.
        camera: The calibration.
        pose: (4, 4) from optical axes to the world.
        velocity: (3,) m/s of the camera in the world.
        time: Seconds at which the shutter opens.
        exposure: Seconds that it stays open.
        depth: (height, width) meters along the optical axis.
    """
    turn = pose[:3, :3]
    sheets: dict[int, Floats] = {}
    for flying in falling.near(pose[:3, 3], time):
        first, last, pixels = _streaks(flying, camera, turn, velocity, exposure)
        octave = np.floor(np.log2(first[:, 2])).astype(int)
        for each in np.unique(octave).tolist():
            one = octave == each
            sheet = sheets.setdefault(each, np.zeros((camera.height, camera.width), np.float32))
            _spread(sheet, first[one], last[one], pixels[one], camera, depth)
    out = np.zeros((camera.height, camera.width), np.float32)
    for each, sheet in sheets.items():
        width = _BLADES * camera.focal_x / (2.0 ** (each + 0.5))  # pixels of the circle of confusion
        soft = float(np.hypot(0.5, 0.3 * width))
        out = 1 - (1 - out) * (1 - np.minimum(cv2.GaussianBlur(sheet, (0, 0), soft), 1))
    return np.asarray(out, np.float32)


def _streaks(
    flying: Flying, camera: Pinhole, turn: NDArray[np.float64], velocity: NDArray[np.float64], exposure: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
    """Return where those in view are as the shutter opens and closes, (n, 3) in optical axes, and how wide, pixels.

    Most of a field is behind the camera or too small to be seen: those go before anything else is worked out.
    """
    away = _combined(flying.places, turn[:, 2:])[:, 0]
    pixels = flying.diameters / 1000 * camera.focal_x / np.maximum(away, _NEAREST)
    kept = (away > _NEAREST) & (pixels > _PIXEL)
    first = _combined(flying.places[kept], turn)
    last = first + _combined((flying.speeds[kept] - velocity) * exposure, turn)
    seen = (last[:, 2] > _NEAREST) & _in_view(first, last, camera)
    return first[seen], last[seen], pixels[kept][seen]


def _combined(vectors: NDArray[np.float64], turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vectors (n, 3) times a matrix (3, k); sums in a fixed order, where BLAS sums as its build likes."""
    x, y, z = vectors.T
    return np.column_stack([x * right[0] + y * right[1] + z * right[2] for right in turn.T])


def _in_view(first: NDArray[np.float64], last: NDArray[np.float64], camera: Pinhole) -> NDArray[np.bool_]:
    inside = np.zeros(len(first), np.bool_)
    for ends in (first, last):
        z = np.maximum(ends[:, 2], 1e-3)
        x = ends[:, 0] / z * camera.focal_x + camera.center_x
        y = ends[:, 1] / z * camera.focal_y + camera.center_y
        inside |= (np.abs(x - camera.width / 2) < camera.width / 2 + 9) & (
            np.abs(y - camera.height / 2) < camera.height / 2 + 9
        )
    return inside


def _spread(
    sheet: Floats,
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    pixels: NDArray[Any],
    camera: Pinhole,
    depth: Floats,
) -> None:
    """Add what streaks cover, each between two places (n, 3) in optical axes, to a sheet."""
    (start, _), (end, _) = camera.seen(first), camera.seen(last)
    steps = int(np.clip(np.ceil(np.quantile(np.abs(end - start).max(axis=1), 0.98)) + 1, 2, _SAMPLES))
    at = ((np.arange(steps) + 0.5) / steps)[None, :]
    x = start[:, :1] + (end - start)[:, :1] * at
    y = start[:, 1:] + (end - start)[:, 1:] * at
    z = first[:, 2:] + (last - first)[:, 2:] * at
    mass = np.broadcast_to((np.pi / 4 * pixels**2)[:, None] / steps, x.shape)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    rows, columns = sheet.shape
    column, row = (
        np.clip(np.rint(x).astype(np.int64), 0, columns - 1),
        np.clip(np.rint(y).astype(np.int64), 0, rows - 1),
    )
    shown = mass * (depth[row, column] > z)
    total = np.zeros(rows * columns)
    for down in (0, 1):
        for right in (0, 1):
            share = (1 - np.abs(x - left - right)) * (1 - np.abs(y - top - down))
            inside = (left + right >= 0) & (left + right < columns) & (top + down >= 0) & (top + down < rows)
            place = ((top + down) * columns + left + right)[inside]
            total += np.bincount(place, (shown * share)[inside], rows * columns)
    sheet += total.reshape(rows, columns).astype(np.float32)
