"""Vehicles of a town over time: driven once from their start in fixed steps, found at any time between.

Where everybody is at a time follows from the start alone, so frames can be made in any order and by any process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.town.driving import CAST, DT, ROUTES, STATE, advance
from domainaug_simulators.street.town.routes import Route, conflicts_of, limits_of
from domainaug_simulators.street.town.signals import CYCLE, Signals

__all__ = ["Driver", "Moving", "Traffic"]

_BEFORE: Final = 30.0  # seconds that traffic runs before time 0, so that it is as if it had always been there
_TRIPS: Final = 32
_MARK: Final = 100  # steps from one state that is kept to the next
_AXLES: Final = 0.3  # of a vehicle's length from its middle to either axle

_ON, _TRIP, _S, _V, _A, _IN, _CLEAR_AT, _ASKED, _BACK = range(len(STATE))


@dataclass(frozen=True, slots=True)
class Driver:
    """Somebody who drives.

    Attributes:
        length: Of their vehicle, meters.
        wish: How fast they would like to go, m/s.
        routes: Numbers of the routes they may take, the first of them first.
        start: Where on the first their front begins, meters.
        aside: Meters left of the middle of lanes.
        headway: Seconds they leave to who drives before them.
        acceleration: m/s2.
        braking: What they find comfortable, m/s2.
    """

    length: float
    wish: float
    routes: tuple[int, ...]
    start: float
    aside: float = 0.0
    headway: float = 1.3
    acceleration: float = 1.6
    braking: float = 2.0


@dataclass(frozen=True, slots=True)
class Moving:
    """Where a vehicle is, and what it does.

    Attributes:
        place: (2,) its middle, meters.
        yaw: Radians counter-clockwise from +x.
        speed: m/s.
        driven: Meters since its trip began: how far wheels have turned.
        steering: Radians that the front wheels are turned to the left.
        brakes: Whether its brake lights shine.
        turn: Which way it indicates: 0 none, 1 left, -1 right.
    """

    place: tuple[float, float]
    yaw: float
    speed: float
    driven: float
    steering: float
    brakes: bool
    turn: int

    @property
    def velocity(self) -> tuple[float, float, float]:
        """(3,) m/s."""
        return self.speed * float(np.cos(self.yaw)), self.speed * float(np.sin(self.yaw)), 0.0


class Traffic:
    """Everybody who drives, at any time from 0 on.

    The first driver is the one with the sensors: from time 0 on they are on the road, whatever was there before.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        drivers: Sequence[Driver],
        signals: Signals,
        people: NDArray[np.int64],
        draw: np.random.Generator,
        away: tuple[float, float] = (0.0, 4.0),
    ) -> None:
        """Set everybody on their way.

        Args:
            routes: All routes of the town.
            drivers: Who drives; the first one comes at time 0.
            signals: The lights.
            people: As `crossings_busy` gives it.
            draw: Fixes the trips.
            away: Shortest and longest time that somebody who left is away, seconds.
        """
        self.routes, self.drivers = list(routes), list(drivers)
        self._cast = np.array([[getattr(one, name) for name in CAST] for one in drivers])
        self._routes = np.array([_row(route) for route in routes])
        widest = max(len(route.path.points) for route in routes)
        self._limits = np.array(
            [np.pad(limits_of(route.path), (0, widest - len(route.path.points)), "edge") for route in routes]
        )
        self._conflicts = conflicts_of(self.routes)
        if not self._conflicts.size:
            self._conflicts = np.zeros((1, 1), np.bool_)
        steps = round(CYCLE / DT)
        self._lights = np.array([[signals.aspect(g, k * DT) == "green" for g in (0, 1)] for k in range(steps)], np.int8)
        self._people = people
        trips = [[one.routes[0], *draw.choice(one.routes, _TRIPS - 1)] for one in drivers]
        self._trips = np.array(trips, np.int64)
        self._pauses = draw.uniform(*away, self._trips.shape)
        self._pauses[0] = 0.0
        self._marks: dict[int, NDArray[np.float64]] = {0: self._started()}
        self._recent: OrderedDict[int, NDArray[np.float64]] = OrderedDict()

    def at(self, time: float) -> list[Moving | None]:
        """Return where each driver is at a time of 0 or more; None where they are somewhere else."""
        k = int(np.floor(time / DT + 1e-6))
        now, then = self._state(k), self._state(k + 1)
        return [self._moving(i, now[i], then[i], max(time - k * DT, 0.0), time) for i in range(len(now))]

    def _moving(
        self, i: int, now: NDArray[np.float64], then: NDArray[np.float64], later: float, time: float
    ) -> Moving | None:
        if now[_ON] == 0:
            return None
        same = then[_ON] > 0 and then[_TRIP] == now[_TRIP]
        slope = float(then[_A]) if same else 0.0
        one, route = self.drivers[i], self.routes[self._trips[i, int(now[_TRIP]) % _TRIPS]]
        s = float(now[_S] + now[_V] * later + 0.5 * slope * later**2)
        middle, half = s - one.length / 2, _AXLES * one.length
        (rear, front), (_, ahead) = route.path.at([middle - half, middle + half], one.aside)
        away = front - rear
        yaw = float(np.arctan2(away[1], away[0]))
        x, y = ((front + rear) / 2).tolist()
        speed = max(float(now[_V]) + slope * later, 0.0)
        near = route.stop - 35.0 < s < route.leaves
        return Moving(
            (x, y),
            yaw,
            speed,
            s,
            float((ahead - yaw + np.pi) % (2 * np.pi) - np.pi) * 2,
            slope < -0.6 or speed < 0.2,
            route.turn if near and (time + 0.13 * i) % 0.72 < 0.40 else 0,
        )

    def _state(self, k: int) -> NDArray[np.float64]:
        if k not in self._recent:
            self._recent[k] = self._made(k)
            while len(self._recent) > 8:
                self._recent.popitem(last=False)
        return self._recent[k]

    def _made(self, k: int) -> NDArray[np.float64]:
        near = [one for one in self._recent if one <= k]
        mark = max(one for one in self._marks if one <= k)
        begin = max([mark, *near])
        state = (self._recent[begin] if begin in near else self._marks[begin]).copy()
        while begin < k:
            steps = min(k, (begin // _MARK + 1) * _MARK) - begin
            self._step(begin, steps, state)
            begin += steps
            if begin % _MARK == 0:
                self._marks.setdefault(begin, state.copy())
        return state

    def _step(self, k: int, steps: int, state: NDArray[np.float64]) -> None:
        world = self._routes, self._limits, self._conflicts, self._lights, self._people
        advance(k, steps, state, self._cast, self._trips, self._pauses, *world)

    def _started(self) -> NDArray[np.float64]:
        """Return everybody at time 0: driven there from a plain start, then the first of them put in."""
        state = np.zeros((len(self.drivers), len(STATE)))
        state[:, _ASKED] = np.inf
        for i, one in enumerate(self.drivers[1:], 1):
            route = self.routes[one.routes[0]]
            left = route.stop - one.start
            fast = min(one.wish, float(np.sqrt(2 * 2.0 * left))) if left > 0 else one.wish
            state[i, [_ON, _S, _V]] = 1.0, one.start, fast
        state[0, _BACK] = np.inf
        begin = -round(_BEFORE / DT)
        # steps count from 0 in tables that repeat, so that time before 0 is told by whole turns of them
        turns = self._people.shape[1] - 1
        self._step(begin + turns * len(self._lights), -begin, state)
        state[:, [_CLEAR_AT, _BACK]] -= turns * len(self._lights) * DT
        state[:, _ASKED] -= turns * len(self._lights) * DT
        self._put_in(state)
        return state

    def _put_in(self, state: NDArray[np.float64]) -> None:
        """Put the first driver on the road, and send away who is too near."""
        ego = self.drivers[0]
        number = ego.routes[0]
        route = self.routes[number]
        limit = float(self._limits[number, int(ego.start / route.path.step)])
        v = min(ego.wish, limit)
        if self._lights[0, route.group] == 0:
            v = min(v, float(np.sqrt(2 * 1.5 * max(route.stop - ego.start - 1.0, 0.0))))
        rear = ego.start - ego.length
        behind: list[int] = []
        for i in range(1, len(state)):
            other = self.routes[self._trips[i, int(state[i, _TRIP]) % _TRIPS]]
            if state[i, _ON] == 0 or other.lane != route.lane:
                continue
            back = state[i, _S] - self.drivers[i].length
            if state[i, _S] <= ego.start:
                behind.append(i)
            elif back - ego.start < 7.0:
                state[i, [_ON, _BACK]] = 0.0, 4.0
            elif other.way == route.way or back < other.clear:
                v = min(v, float(np.sqrt(state[i, _V] ** 2 + 2 * 1.0 * (back - ego.start - 5.0))))
        for i in behind:
            u = state[i, _V]
            if rear - state[i, _S] < 4.0 + 1.2 * u + max(u * u - v * v, 0.0) / 5.0:
                state[i, [_ON, _BACK]] = 0.0, 4.0
        state[0] = [1.0, 0.0, ego.start, v, 0.0, 0.0, 0.0, np.inf, 0.0]


def _row(route: Route) -> list[float]:
    inside = limits_of(route.path)[
        int(min(route.stop, 1e6) / route.path.step) : int(min(route.clear, 1e6) / route.path.step)
    ]
    zebras = [*route.zebras, -1, -1][:2]
    told = {
        "lane": route.lane, "out": route.out, "way": route.way, "group": route.group, "stop": route.stop,
        "leaves": route.leaves, "clear": route.clear, "length": route.path.length,
        "slowest": float(inside.min()) if len(inside) else 60.0, "first": zebras[0], "second": zebras[1],
        "step": route.path.step,
    }  # fmt: skip
    return [float(told[name]) for name in ROUTES]
