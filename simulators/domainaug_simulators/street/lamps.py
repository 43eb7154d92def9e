"""Lamps of streets and vehicles: which of them light a point most, and what they add.

Units are those of sky.py, and kcd for the lamps themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.grain import smoothstep
from domainaug_simulators.street.lighting import gloss_of
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.surfaces import Surfaces

__all__ = ["Lamps", "lamp_light", "low_beam", "matte_lamp_light", "strongest_lamps"]

_CELL = 12.0  # meters
_GLOSSY = np.float32(0.75)  # rougher surfaces have no gloss worth its price


@dataclass(frozen=True, slots=True)
class Lamps:
    """Lamps that burn.

    Attributes:
        rows: (lamps, 12) place (3), direction (3), color (3; kcd along the axis), kind (0 all around and down, 1 low
            beam), reach (m), 0.
    """

    rows: Floats

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def none(cls) -> Lamps:
        """Return no lamps."""
        return cls(np.zeros((0, 12), np.float32))


@compiled
def _grid(lamps: Any) -> Any:
    """Return the lamps that reach each cell of a grid on the ground: its corner, its sizes, where each list begins."""
    cell = np.float32(_CELL)
    low_x, low_y = np.float32(np.inf), np.float32(np.inf)
    high_x, high_y = np.float32(-np.inf), np.float32(-np.inf)
    for i in range(len(lamps)):
        low_x, high_x = min(low_x, lamps[i, 0] - lamps[i, 10]), max(high_x, lamps[i, 0] + lamps[i, 10])
        low_y, high_y = min(low_y, lamps[i, 1] - lamps[i, 10]), max(high_y, lamps[i, 1] + lamps[i, 10])
    wide, tall = int((high_x - low_x) / cell) + 1, int((high_y - low_y) / cell) + 1
    starts = np.zeros(wide * tall + 1, np.int64)
    lists = np.empty(0, np.int32)
    for turn in range(2):  # counted first, then written
        fill = starts.copy()
        for i in range(len(lamps)):
            reach = lamps[i, 10]
            left, right = int((lamps[i, 0] - reach - low_x) / cell), int((lamps[i, 0] + reach - low_x) / cell)
            near, far = int((lamps[i, 1] - reach - low_y) / cell), int((lamps[i, 1] + reach - low_y) / cell)
            for k in range(max(near, 0), min(far, tall - 1) + 1):
                for m in range(max(left, 0), min(right, wide - 1) + 1):
                    if turn:
                        lists[fill[k * wide + m]] = i
                    fill[k * wide + m + (1 - turn)] += 1
        if turn == 0:
            starts = np.cumsum(fill)
            lists = np.empty(starts[-1], np.int32)
    return low_x, low_y, wide, tall, starts, lists


@compiled
def low_beam(along: Any, side: Any, up: Any) -> Any:
    """Return the share of a low beam's peak in a direction of its own frame: flat top, wide, brightest just below.

    The further down, the weaker: the road is lit nearly alike near and far, as headlights are built to do.
    """
    if along <= np.float32(0):
        return np.float32(0)
    yaw, pitch = side / along, up / along
    wide = np.exp(-yaw * yaw * np.float32(7.0))
    if pitch > np.float32(0):
        return wide * np.float32(0.035) * np.exp(-pitch * np.float32(14))
    return (
        wide
        * (
            np.float32(0.02)
            + np.float32(0.10) * np.exp(-((pitch + np.float32(0.05)) ** 2) * np.float32(90.0))
            + np.float32(0.88) * np.exp(-((pitch + np.float32(0.03)) ** 2) * np.float32(700.0))
        )
        * smoothstep(np.float32(-0.6), np.float32(-0.25), pitch)
        + np.float32(0.02) * wide
    )


@compiled
def _from_lamp(lamp: Any, px: Any, py: Any, pz: Any, nx: Any, ny: Any, nz: Any) -> Any:
    """Return the irradiance (share of the lamp's color) at a point, and the unit vector and distance to the lamp."""
    lx, ly, lz = lamp[0] - px, lamp[1] - py, lamp[2] - pz
    squared = lx * lx + ly * ly + lz * lz
    if squared > lamp[10] * lamp[10]:
        return np.float32(0), lx, ly, lz, np.float32(1)
    away = np.sqrt(max(squared, np.float32(0.04)))
    lx, ly, lz = lx / away, ly / away, lz / away
    facing = nx * lx + ny * ly + nz * lz
    if facing <= np.float32(0):
        return np.float32(0), lx, ly, lz, away
    ax, ay, az = lamp[3], lamp[4], lamp[5]
    along = -(lx * ax + ly * ay + lz * az)
    if lamp[9] > np.float32(0.5):
        side = -(-lx * ay + ly * ax)
        up = -lz - along * az
        share = low_beam(along, side, up)
    else:
        share = np.float32(0.06) + np.float32(0.94) * smoothstep(np.float32(0.05), np.float32(0.55), along)
    ends = away / lamp[10]
    fade = np.float32(1) - ends * ends * ends * ends
    return facing * share * fade / max(squared, np.float32(0.25)), lx, ly, lz, away


@compiled
def _worth(row: Any, lamp: Any, share: Any, dx: Any, dy: Any, dz: Any, lx: Any, ly: Any, lz: Any) -> Any:
    """Return how much of a lamp's light a point sends to the eye, but for a factor that all lamps share."""
    body = (row[0] + row[1] + row[2]) / np.float32(3) + np.float32(0.01)
    if row[6] < _GLOSSY:
        body += np.float32(np.pi) * gloss_of(row, dx, dy, dz, lx, ly, lz)
    return share * body


@compiled
def _insert(chosen: Any, strength: Any, at: Any, one: Any) -> None:
    """Put a lamp where it belongs among the strongest; the weakest falls out."""
    for slot in range(len(chosen)):
        if one > strength[slot]:
            strength[slot], one = one, strength[slot]
            chosen[slot], at = at, chosen[slot]
            if one <= np.float32(0):
                break


@compiled
def _strongest(
    rows: Any, points: Any, directions: Any, lamps: Any, most: Any, chosen: Any, strength: Any, rest: Any
) -> None:
    low_x, low_y, wide, tall, starts, lists = _grid(lamps)
    for r in range(len(points)):
        row, x, y, z = rows[r], points[r, 0], points[r, 1], points[r, 2]
        if row[13] == 0 and row[14] == 0 and row[15] == 0:
            continue
        i, j = int(np.floor((y - low_y) / np.float32(_CELL))), int(np.floor((x - low_x) / np.float32(_CELL)))
        if i < 0 or j < 0 or i >= tall or j >= wide:
            continue
        total, taken = np.float32(0), np.float32(0)
        for at_list in range(starts[i * wide + j], starts[i * wide + j + 1]):
            at = lists[at_list]
            lamp = lamps[at]
            share, lx, ly, lz, _ = _from_lamp(lamp, x, y, z, row[3], row[4], row[5])
            share *= lamp[6] + lamp[7] + lamp[8]
            if share <= np.float32(1e-7):
                continue
            total += share
            dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
            _insert(chosen[r], strength[r], at, _worth(row, lamp, share, dx, dy, dz, lx, ly, lz))
        for slot in range(most):
            if chosen[r, slot] >= 0:
                lamp = lamps[chosen[r, slot]]
                taken += _from_lamp(lamp, x, y, z, row[3], row[4], row[5])[0] * (lamp[6] + lamp[7] + lamp[8])
        rest[r] = max(total - taken, np.float32(0)) / taken if taken > np.float32(0) else np.float32(0)


def strongest_lamps(
    surfaces: Surfaces, directions: Floats, lamps: Lamps, most: int
) -> tuple[NDArray[np.int32], Floats, Floats]:
    """Return which lamps add most to what is seen of each point, gloss included.

    Args:
        surfaces: The points.
        directions: (n, 3) of the rays that met them.
        lamps: The lamps.
        most: How many to name.

    Returns:
        (n, most) lamps, the strongest first, -1 for none; (n, most) what each adds; (n,) the light of all others as a
        share of the light of those.
    """
    count = len(surfaces.points)
    chosen = np.full((count, most), -1, np.int32)
    strength, rest = np.zeros((count, most), np.float32), np.zeros(count, np.float32)
    if len(lamps):
        _strongest(surfaces.rows, surfaces.points, directions, lamps.rows, most, chosen, strength, rest)
    return chosen, strength, rest


@compiled
def _matte(rows: Any, points: Any, lamps: Any, out: Any) -> None:
    low_x, low_y, wide, tall, starts, lists = _grid(lamps)
    for r in range(len(points)):
        row, x, y, z = rows[r], points[r, 0], points[r, 1], points[r, 2]
        if row[13] == 0 and row[14] == 0 and row[15] == 0:
            continue
        i, j = int(np.floor((y - low_y) / np.float32(_CELL))), int(np.floor((x - low_x) / np.float32(_CELL)))
        if i < 0 or j < 0 or i >= tall or j >= wide:
            continue
        for at in range(starts[i * wide + j], starts[i * wide + j + 1]):
            lamp = lamps[lists[at]]
            share = _from_lamp(lamp, x, y, z, row[3], row[4], row[5])[0] / np.float32(np.pi)
            if share > 0:
                for c in range(3):
                    out[r, c] += lamp[6 + c] * share * row[c]


def matte_lamp_light(surfaces: Surfaces, lamps: Lamps, out: Floats) -> None:
    """Add the light of all lamps to `out`, (n, 3), without gloss and shadows: enough for what is seen in a mirror."""
    if len(lamps):
        _matte(surfaces.rows, surfaces.points, lamps.rows, out)


@compiled
def _lamplight(
    rows: Any, points: Any, directions: Any, lamps: Any, chosen: Any, free: Any, rest: Any, out: Any
) -> None:
    for r in range(len(rows)):
        for slot in range(chosen.shape[1]):
            if chosen[r, slot] < 0 or free[r, slot] <= 0:
                continue
            lamp = lamps[chosen[r, slot]]
            share, lx, ly, lz, _ = _from_lamp(
                lamp, points[r, 0], points[r, 1], points[r, 2], rows[r, 3], rows[r, 4], rows[r, 5]
            )
            share *= free[r, slot]
            body = (np.float32(1) + rest[r]) / np.float32(np.pi)
            shine = np.float32(0)
            if rows[r, 6] < _GLOSSY:
                shine = gloss_of(rows[r], directions[r, 0], directions[r, 1], directions[r, 2], lx, ly, lz)
            for c in range(3):
                out[r, c] += lamp[6 + c] * share * (rows[r, c] * body + shine)


def lamp_light(
    surfaces: Surfaces,
    directions: Floats,
    lamps: Lamps,
    chosen: NDArray[np.int32],
    free: Floats,
    rest: Floats,
    out: Floats,
) -> None:
    """Add the light of lamps to `out`.

    Args:
        surfaces: The points.
        directions: (n, 3) of the rays that met them.
        lamps: The lamps.
        chosen: (n, most), as `strongest_lamps` gives them.
        free: (n, most) whether each shines there unhindered, 0 to 1.
        rest: (n,) the light of all others, as a share of theirs.
        out: (n, 3), added to.
    """
    _lamplight(surfaces.rows, surfaces.points, directions, lamps.rows, chosen, free, rest, out)
