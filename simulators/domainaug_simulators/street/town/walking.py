"""People on foot, by timetable: everybody walks the same way again and again, and nobody into anybody.

Each is tried at places and times that are drawn, and stays where they come near nobody who is there already, nor a
lamp or a bin. So where everybody is follows from the time alone. Who comes to a crossing waits for its green.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.town.paths import Path, path_of, stretch
from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.roads import CURB
from domainaug_simulators.street.town.signals import CYCLE

__all__ = ["PERIOD", "Crossing", "Stroll", "Walk", "crossings_busy", "strolls_of", "walks_of"]

PERIOD: Final = 9 * CYCLE
"""Seconds after which everybody does the same again."""

_EVERY: Final = 0.25  # seconds from one entry of a timetable to the next
_ALONG, _ACROSS, _ABOUT = 1.25, 0.8, 1.2  # meters that are left between two people
_THICK = 0.38  # meters from somebody's middle to a lamp post
_BESIDE = 0.5  # meters from who waits to the curb
_ZEBRA = 0.7 + 3.5 / 2  # meters from the sidewalks' corner to the middle of a crossing


@dataclass(frozen=True, slots=True)
class Crossing:
    """A crossing on a walk.

    Attributes:
        arm: Of which arm of the junction.
        group: With whose green people go.
        begin: Where the road begins, meters along the walk.
        end: Where it ends.
    """

    arm: int
    group: int
    begin: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A way on sidewalks.

    Attributes:
        path: Its middle.
        width: Of the sidewalk, meters.
        crossings: The roads it crosses.
    """

    path: Path
    width: float
    crossings: tuple[Crossing, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Stroll:
    """Somebody on a walk.

    Attributes:
        walk: The walk.
        aside: Meters left of its middle, at which they keep.
        speed: Meters a second.
        reached: (n,) how far they are at each entry of the timetable; NaN where they are not there.
    """

    walk: Walk
    aside: float
    speed: float
    reached: NDArray[np.float64]

    def at(self, time: float) -> tuple[float, float] | None:
        """Return how far they are and how fast they go, m and m/s, or None where they are not there."""
        turn = (time % PERIOD) / _EVERY
        low = int(turn) % len(self.reached)
        a, b = self.reached[low], self.reached[(low + 1) % len(self.reached)]
        if np.isnan(a) or np.isnan(b) or b < a:
            return None
        return float(a + (b - a) * (turn - int(turn))), float(b - a) / _EVERY

    def height(self, s: float) -> float:
        """Return how high the ground is there, meters."""
        for crossing in self.walk.crossings:
            inside = min(s - crossing.begin, crossing.end - s)
            if inside > 0:
                return CURB * max(1.0 - inside / 0.12, 0.0)
        return CURB


def walks_of(town: Town) -> list[Walk]:
    """Return the ways on the sidewalks of a town, both directions of each."""
    if town.junctions:
        walks = _about_junction(town)
    else:
        road = town.roads[0]
        walks = []
        for lane, middle in road.lanes:
            if lane.kind == "sidewalk":
                for ends in ((0.0, road.length), (road.length, 0.0)):
                    walks.append(Walk(path_of(stretch(road, *ends, middle)), lane.width))
    return walks


def _about_junction(town: Town) -> list[Walk]:
    main, cross = town.roads[:2]
    junction = town.junctions[0]
    wide, (x, y) = junction.corner, junction.middle
    ends_x, ends_y = (main.start[0], main.start[0] + main.length), (cross.start[1], cross.start[1] + cross.length)
    edge_x, edge_y = (x - junction.cross[1], x - junction.cross[0]), (y + junction.main[0], y + junction.main[1])

    def house(i: int, j: int) -> NDArray[np.float64]:
        """The corner of the houses: i is 0 west, 1 east, j is 0 south, 1 north."""
        return np.array([edge_x[i] + (2 * i - 1) * wide, edge_y[j] + (2 * j - 1) * wide])

    def along(i: int, j: int) -> NDArray[np.float64]:
        return np.array([[ends_x[i], house(i, j)[1] - (2 * j - 1) * wide / 2]])

    def beside(i: int, j: int) -> NDArray[np.float64]:
        return np.array([[house(i, j)[0] - (2 * i - 1) * wide / 2, ends_y[j]]])

    def around(i: int, j: int) -> NDArray[np.float64]:
        angle = np.linspace(0, np.pi / 2, 9)[:, None]
        arc = np.hstack([-(2 * i - 1) * np.sin(angle), -(2 * j - 1) * np.cos(angle)])
        return np.asarray(house(i, j) + arc * wide / 2)

    def over(i: int, j: int, to: int, *, main_road: bool) -> NDArray[np.float64]:
        """From the sidewalk over a road to the other side: `to` is the other's number."""
        a, b = (house(i, j), house(i, to)) if main_road else (house(i, j), house(to, j))
        if main_road:
            at = a[0] + (2 * i - 1) * _ZEBRA
            return np.array([[at, a[1] - (2 * j - 1) * wide / 2], [at, b[1] - (2 * to - 1) * wide / 2]])
        at = a[1] + (2 * j - 1) * _ZEBRA
        return np.array([[a[0] - (2 * i - 1) * wide / 2, at], [b[0] - (2 * to - 1) * wide / 2, at]])

    out: list[Walk] = []
    for i in (0, 1):
        for j in (0, 1):
            straight = [
                along(i, j),
                around(i, j),
                over(i, j, 1 - i, main_road=False),
                around(1 - i, j)[::-1],
                along(1 - i, j),
            ]
            out.append(_walk(straight, wide, 2 + j, 0, (edge_x[i], edge_x[1 - i]), 0))
            beyond = [
                beside(i, j),
                around(i, j)[::-1],
                over(i, j, 1 - j, main_road=True),
                around(i, 1 - j),
                beside(i, 1 - j),
            ]
            out.append(_walk(beyond, wide, i, 1, (edge_y[j], edge_y[1 - j]), 1))
            other = [along(i, j), over(i, j, 1 - j, main_road=True), along(i, 1 - j)]
            out.append(_walk(other, wide, i, 1, (edge_y[j], edge_y[1 - j]), 1))
            corner = np.concatenate([along(i, j), around(i, j), beside(i, j)])
            out += [Walk(path_of(points, rounding=1.0), wide) for points in (corner, corner[::-1])]
    return out


def _walk(
    parts: list[NDArray[np.float64]], wide: float, arm: int, group: int, edges: tuple[float, float], axis: int
) -> Walk:
    path = path_of(np.concatenate(parts), rounding=1.0)
    low, high = sorted(edges)
    inside = (path.points[:, axis] > low) & (path.points[:, axis] < high)
    at = np.flatnonzero(inside)
    return Walk(path, wide, (Crossing(arm, group, float(at[0]) * path.step, float(at[-1]) * path.step),))


def strolls_of(
    town: Town, walks: list[Walk], count: int, draw: np.random.Generator, standing: NDArray[np.float64]
) -> list[Stroll]:
    """Return people who come near nobody, as many of `count` as there is room for.

    Args:
        town: For its lights, and for what stands on its sidewalks.
        walks: Where they may go.
        count: How many to try.
        draw: Fixes them.
        standing: (n, 3) x, y and radius of what else stands in the way.
    """
    out: list[Stroll] = []
    ways = np.array([len(walk.path.points) for walk in walks], float)
    in_way = np.concatenate([np.array(town.obstacles, np.float64).reshape(-1, 3), standing.reshape(-1, 3)])
    posts = [_posts(walk, in_way) for walk in walks]
    others = _Others(count)
    for _ in range(count):
        for _ in range(12):
            pick = int(draw.choice(len(walks), p=ways / ways.sum()))
            stroll = _drawn(town, walks[pick], draw)
            if stroll is None or (np.abs(posts[pick][:, 0] - stroll.aside) < posts[pick][:, 1] + _THICK).any():
                continue
            if others.take(stroll):
                out.append(stroll)
                break
    return out


def _drawn(town: Town, walk: Walk, draw: np.random.Generator) -> Stroll | None:
    """Return somebody on a walk at a time; None where they would be too long on the way."""
    speed = float(np.clip(draw.normal(1.36, 0.12), 1.1, 1.65))
    aside = -walk.width * float(draw.uniform(0.02, 0.27))  # they keep to the right
    time, at = float(draw.uniform(0, PERIOD)), 0.0
    knots = [(time, 0.0)]
    for crossing in walk.crossings:
        before = crossing.begin - _BESIDE - float(draw.choice([0.0, 0.0, 1.3]))
        time += (before - at) / speed
        knots.append((time, before))
        assert town.signals is not None
        step = town.signals.walk(crossing.group, time, (crossing.end - before) / speed + 0.5)
        if step is None:
            return None
        if step > time:
            time = step + float(draw.uniform(0.2, 1.0))
            knots.append((time, before))
        at = before
    time += (walk.path.length - at) / speed
    knots.append((time, walk.path.length))
    if time - knots[0][0] > PERIOD - 2:
        return None
    turns = int(PERIOD / _EVERY)
    grid = np.arange(turns) * _EVERY
    times, ways = (np.array(column) for column in zip(*knots, strict=True))
    grid = grid + np.ceil((times[0] - grid) / PERIOD) * PERIOD  # the turn of the timetable that is on the way
    reached = np.interp(grid, times, ways)
    for _ in range(2):  # nobody stops dead
        reached = np.where(grid < times[-1], (np.roll(reached, 1) + 2 * reached + np.roll(reached, -1)) / 4, reached)
    gone = (grid > times[-1] - 1.0) | (grid < times[0] + 1.0)
    return Stroll(walk, aside, speed, np.where(gone, np.nan, reached))


def _posts(walk: Walk, in_way: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 2) how far left of the middle of a walk things stand in the way, and their radius."""
    path, out = walk.path, []
    left = np.stack([-np.sin(path.headings), np.cos(path.headings)], axis=-1)
    for x, y, radius in in_way:
        away = np.array([x, y]) - path.points
        near = np.flatnonzero(np.hypot(away[:, 0], away[:, 1]) < walk.width)
        if len(near):
            nearest = near[np.argmin(np.hypot(away[near, 0], away[near, 1]))]
            out.append((float(away[nearest] @ left[nearest]), radius))
    return np.array(out).reshape(-1, 2)


class _Others:
    """Where those are who have found room, at every entry of the timetable."""

    def __init__(self, most: int) -> None:
        self._x, self._y, self._heading = (np.full((most, int(PERIOD / _EVERY)), np.inf, np.float32) for _ in range(3))
        self._count = 0

    def take(self, stroll: Stroll) -> bool:
        """Add somebody, unless they come near those who are there."""
        when = np.flatnonzero(~np.isnan(stroll.reached))
        places, headings = stroll.walk.path.at(stroll.reached[when], stroll.aside)
        x, y, own = (values.astype(np.float32) for values in (places[:, 0], places[:, 1], headings))
        who, at = np.nonzero(np.abs(self._x[: self._count, when] - x) < 2.0)
        away_x, away_y = self._x[who, when[at]] - x[at], self._y[who, when[at]] - y[at]
        along = np.abs(away_x * np.cos(own[at]) + away_y * np.sin(own[at]))
        across = np.abs(away_y * np.cos(own[at]) - away_x * np.sin(own[at]))
        aligned = np.abs(np.cos(self._heading[who, when[at]] - own[at])) > 0.96
        clear = np.where(aligned, (along > _ALONG) | (across > _ACROSS), np.hypot(along, across) > _ABOUT)
        if not clear.all():
            return False
        self._x[self._count, when], self._y[self._count, when], self._heading[self._count, when] = x, y, own
        self._count += 1
        return True


def crossings_busy(strolls: list[Stroll], arms: int, dt: float) -> NDArray[np.int64]:
    """Return in how many of the steps before each somebody is on, or about to step on, the crossing of each arm."""
    turns = round(PERIOD / dt)
    busy = np.zeros((arms, turns), np.bool_)
    times = np.arange(turns) * dt
    for stroll in strolls:
        for crossing in stroll.walk.crossings:
            low = crossing.begin - 0.25 * _BESIDE
            on = (stroll.reached > low) & (stroll.reached < crossing.end + 0.6)
            if on.any():
                at = (times / _EVERY).astype(np.int64)
                now = on[at % len(on)] | on[(at + 1) % len(on)] | on[(at + 2) % len(on)]
                busy[crossing.arm] |= now
    return np.concatenate([np.zeros((arms, 1), np.int64), np.cumsum(busy, axis=1)], axis=1)
